"""The sheet and the script."""

import http.client
from urllib.parse import urlsplit

import pytest

from tests.running import Demo


def get(origin: str, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    address = urlsplit(origin)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("site", ["site", "provider"])
@pytest.mark.parametrize(("name", "kind"), [("pages.css", "text/css"), ("pages.js", "text/javascript")])
def test_both_sites_serve_the_sheet_and_the_script(demo: Demo, site: str, name: str, kind: str) -> None:
    status, headers, octets = get(demo.info[site], f"/static/demo/{name}")
    assert status == 200
    assert headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert octets
    assert get(demo.info[site], f"/static/demo/{name}", **{"If-None-Match": headers["ETag"]})[0] == 304


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/../settings.py",
        "/static/%2e%2e/settings.py",
        "/static//etc/passwd",
        "/static/demo",
    ],
)
def test_nothing_else_is_served(demo: Demo, path: str) -> None:
    assert get(demo.info["provider"], path)[0] == 404
