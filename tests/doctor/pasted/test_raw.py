"""An HTTP message as text."""

import pytest

from valetkey.doctor.pasted import Unreadable, find
from valetkey.doctor.pasted.raw import ASSUMED_HTTPS, HOLE, LONG_BODY, NO_BODY, SHORT_BODY, answer
from valetkey.protocol.messages import Answer

HEAD = "POST /a HTTP/1.1\r\nHost: a.test\r\n"

BODIES = {
    "a=1": b"a=1",
    "a=1\n": b"a=1",
    "a=1\r\n\r\n": b"a=1",
    "a=1\r\nb=2\n": b"a=1\r\nb=2",
    "": None,
    "\n": None,
    "é": "é".encode(),
}


@pytest.mark.parametrize(("text", "body"), BODIES.items(), ids=map(repr, BODIES))
def test_the_line_break_that_a_paste_adds_is_no_part_of_the_body(text: str, body: bytes | None) -> None:
    assert find(f"{HEAD}\r\n{text}")[0].sent.body == body


@pytest.mark.parametrize(
    ("length", "text", "body", "notes"),
    [
        (3, "a=1", b"a=1", []),
        (5, "a=1\r\n", b"a=1\r\n", []),
        (3, "a=1\n", b"a=1", []),
        (9, "a=1", b"a=1", [SHORT_BODY]),
        (3, "a=1&b=2", b"a=1", [LONG_BODY]),
        (2, "é", "é".encode(), []),
    ],
)
def test_a_content_length_says_where_the_body_ends(
    length: int, text: str, body: bytes, notes: list[str]
) -> None:
    (found,) = find(f"{HEAD}Content-Length: {length}\r\n\r\n{text}")
    assert found.sent.body == body
    assert list(found.notes) == [ASSUMED_HTTPS, *notes]


def test_a_chunked_body_is_put_together() -> None:
    chunked = "3\r\na=1\r\n4;x=y\r\n&b=2\r\n0\r\n\r\n"
    assert find(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n{chunked}")[0].sent.body == b"a=1&b=2"
    assert find(f"{HEAD}Transfer-Encoding: chunked\r\n\r\na=1")[0].sent.body == b"a=1"


@pytest.mark.parametrize(
    "lines",
    [
        'Authorization: OAuth realm="r",\r\n  oauth_token="t",\r\n\toauth_nonce="n"',
        'Authorization: OAuth\n realm="r",\n oauth_token="t", oauth_nonce="n"',
        'Authorization: OAuth realm="r",\noauth_token="t",\noauth_nonce="n"',
    ],
)
def test_a_header_over_several_lines_is_one(lines: str) -> None:
    sent = find(f"GET / HTTP/1.1\nHost: a.test\n{lines}\n\n")[0].sent
    assert sent.headers["Authorization"] == 'OAuth realm="r", oauth_token="t", oauth_nonce="n"'


URLS = {
    "GET /a?b HTTP/1.1\nHost: a.test": "https://a.test/a?b",
    "GET /a HTTP/1.1\nHost: A.test:8443": "https://A.test:8443/a",
    "GET http://b.test/a HTTP/1.1\nHost: b.test": "http://b.test/a",
    "GET /a HTTP/2\nhost: a.test": "https://a.test/a",
    "GET /a\nHost: a.test": "https://a.test/a",
    "GET https://a.test/a\nX: y": "https://a.test/a",
    "GET /a b HTTP/1.1\nHost: a.test": "https://a.test/a%20b",
    ":authority\na.test\n:method\nGET\n:path\n/a\n:scheme\nhttp": "http://a.test/a",
}


@pytest.mark.parametrize(("text", "url"), URLS.items(), ids=URLS)
def test_the_url_is_put_together_from_target_and_host(text: str, url: str) -> None:
    (found,) = find(text)
    assert found.sent.url == url
    assert "host" not in found.sent.headers
    assert (ASSUMED_HTTPS in found.notes) == (text.startswith("GET /"))


def test_a_host_is_told_by_a_person_where_there_is_none() -> None:
    assert find("GET /a HTTP/1.1\n\n", url="http://a.test")[0].sent.url == "http://a.test/a"


def test_the_answer_that_follows_a_request_is_kept() -> None:
    (found,) = find(f"{HEAD}\r\na=1\r\n\r\nHTTP/1.1 401 No\r\nDate: x\r\n\r\nwhy\n")
    assert found.sent.body == b"a=1"
    assert found.answer == Answer(401, {"Date": "x"}, b"why\n")


def test_the_output_of_curl_tells_the_scheme_and_says_that_the_body_is_missing() -> None:
    (found,) = find(
        "* Connected to a.test (192.0.2.1) port 80 (#0)\n> POST /a HTTP/1.1\n> Host: a.test\n"
        "> Content-Type: x\n> \n} [7 bytes data]\n< HTTP/1.1 401 No\n< Date: y\n< \n"
    )
    assert found.sent.url == "http://a.test/a"
    assert found.notes == (NO_BODY,)
    assert found.answer is not None
    assert found.answer.status == 401


def test_a_placeholder_is_noted() -> None:
    assert HOLE in find("GET /a?k={{key}} HTTP/1.1\nHost: a.test")[0].notes


def test_a_line_that_is_no_header_is_refused_with_its_place() -> None:
    with pytest.raises(Unreadable) as caught:
        find("GET / HTTP/1.1\nHost: a.test\nnot a header\n")
    assert caught.value.excerpt.startswith("line 3: n")


def test_an_answer_is_read_with_its_status() -> None:
    assert answer("HTTP/2 403\ncontent-type: x\n\nno") == Answer(403, {"content-type": "x"}, b"no")
    assert answer("no answer") is None
