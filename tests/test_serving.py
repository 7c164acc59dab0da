"""What the server adapters share. What both middlewares make of it stands in tests/middlewares.py."""

import pytest

from tests.wire import refusal
from valetkey import Headers
from valetkey.serving import Incoming, Reading, whole_path

PLACES = [
    ("as the client wrote it", b"/a%2Fb", "/a/b", "", b"/a%2Fb"),
    ("the mount is in it", b"/v1/a%2Fb", "/v1/a/b", "/v1", b"/v1/a%2Fb"),
    ("a proxy has taken the mount off", b"/a%2Fb", "/v1/a/b", "/v1", b"/v1/a%2Fb"),
    ("a proxy has taken one of two off", b"/v1/x", "/v1/v1/x", "/v1", b"/v1/v1/x"),
    ("a second mount is in it", b"/api/x", "/v1/api/x", "/v1/api", b"/v1/api/x"),
    ("another path altogether", b"/a", "/b", "/v1", b"/a"),
    ("no mount of that name", b"/x", "/v1/x", "/v2", b"/x"),
    ("no mount at all", b"/x", "/v1/x", "", b"/x"),
    ("slashes that a server has merged", b"//x", "/x", "/v1", b"//x"),
]


@pytest.mark.rule(2)
@pytest.mark.parametrize(
    ("raw", "path", "mount", "whole"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES]
)
def test_only_a_mount_that_was_taken_off_is_put_back(raw: bytes, path: str, mount: str, whole: bytes) -> None:
    assert whole_path(raw, path, mount, "utf-8") == whole


@pytest.mark.abuse("A80")
def test_a_request_and_its_body_print_no_secret() -> None:
    target = b"/?oauth_signature=canary%26canary"
    request = Incoming("POST", target, "https", ["h"], Headers({"Authorization": "canary"}), 6, True)
    reading = Reading(6, 10)
    reading.add(b"canary")
    assert "canary" not in f"{request!r} {request.keywords(reading.whole())!r} {reading!r}"


@pytest.mark.abuse("A84")
def test_no_more_is_kept_than_is_allowed() -> None:
    reading = Reading(None, 10)
    reading.add(b"x" * 10)
    assert reading.missing == 1, "one more octet would show that it is too much"
    assert refusal(lambda: reading.add(b"x")).status == 413
    assert reading.whole() == b"x" * 10
