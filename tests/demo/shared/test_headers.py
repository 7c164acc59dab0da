"""What every page tells the browser."""

import pytest

from tests.demo.caller import Caller
from tests.demo.shared.test_files import get
from tests.running import Demo


@pytest.mark.abuse("A56")
@pytest.mark.abuse("A62")
@pytest.mark.parametrize("site", ["site", "provider"])
@pytest.mark.parametrize("path", ["/", "/login/", "/developers/", "/nowhere/"])
def test_pages_load_nothing_from_elsewhere_and_stay_in_no_frame_and_no_cache(
    demo: Demo, site: str, path: str
) -> None:
    _, headers, _ = get(demo.info[site], path)
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    # A form of the test site's may lead on to Aviary.
    assert policy.pop("form-action") in ("'self'", f"'self' {demo.info['provider']}")
    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "img-src": "'self'",
        "script-src": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "private, no-store"


def test_the_authorize_pages_own_headers_are_left_alone(demo: Demo) -> None:
    url = Caller(demo).authorize_url(Caller(demo).request_token())
    _, headers, _ = get(demo.info["provider"], url.removeprefix(demo.info["provider"]))
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
