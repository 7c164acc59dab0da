"""Signed requests to a WSGI application."""

import io
from collections import defaultdict
from typing import Any
from urllib.parse import unquote
from wsgiref.validate import validator

import pytest

from tests.demo.sockets import Octets
from tests.middlewares import CHUNKED, Keeps, Outcome, Seen, form, octets, store
from valetkey import Answer, Verifier
from valetkey.wsgi import OAuth1Middleware


class Stream(io.RawIOBase):
    """A body on its way: counts what is read of it, and may break."""

    def __init__(self, body: bytes, breaks: bool = False, length: int | None = None) -> None:
        self.body, self.breaks, self.length, self.count = body, breaks, length, 0

    def read(self, size: int = -1) -> bytes:
        if self.length is not None:
            piece = b" " * min(size, self.length - self.count)
        else:
            piece = self.body[self.count :][: size if size >= 0 else None]
        if self.breaks and not piece:
            raise OSError("gone")
        self.count += len(piece)
        return piece


def environ(sent: Octets, mount: str = "", seen_path: str | None = None, raw: bool = True) -> dict[str, Any]:
    """As gunicorn makes it; without `raw`, as a server of old does."""
    path, _, query = sent.target.partition("?")
    joined = defaultdict(list)
    for name, value in sent.fields:
        joined[name.upper().replace("-", "_")].append(value)
    fields = {f"HTTP_{name}": ",".join(values) for name, values in joined.items()}
    made = {
        "REQUEST_METHOD": sent.method,
        "SCRIPT_NAME": mount.encode().decode("latin-1"),
        "PATH_INFO": unquote(path, "latin-1") if seen_path is None else seen_path,
        "QUERY_STRING": query,
        "SERVER_NAME": "somewhere",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": Stream(sent.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **fields,
    }
    for name in ("CONTENT_LENGTH", "CONTENT_TYPE"):
        if f"HTTP_{name}" in made:
            made[name] = made.pop(f"HTTP_{name}")
    return made | ({"RAW_URI": sent.target} if raw else {})


def call(given: dict[str, Any], verifier: Verifier[Any, Any] | None = None, **options: Any) -> Outcome:
    stream, outcome = given["wsgi.input"], Outcome(None)
    started: list[tuple[str, Any]] = []

    def start_response(status: str, headers: Any, exc_info: Any = None, /) -> Any:
        started.append((status, headers))

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        count = stream.count
        body = environ["wsgi.input"].read(
            int(environ["CONTENT_LENGTH"]) if environ.get("CONTENT_LENGTH") else -1
        )
        outcome.seen.append(Seen(environ["oauth"], body, count))
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"well"]

    middleware = OAuth1Middleware(application, verifier or Verifier(store()), **options)
    body = b"".join(middleware(given, start_response))
    ((status, headers),) = started
    outcome.answer, outcome.read = Answer(int(status[:3]), headers, body), stream.count
    return outcome


class TestWSGI(Keeps):
    def call(
        self,
        sent: Octets,
        verifier: Verifier[Any, Any] | None = None,
        *,
        mount: str = "",
        seen_path: str | None = None,
        raw: bool = True,
        cut: bool = False,
        length: int | None = None,
        **options: Any,
    ) -> Outcome:
        given = environ(sent, mount, seen_path, raw)
        given["wsgi.input"] = Stream(sent.body, cut, length)
        return call(given, verifier, **options)


@pytest.mark.parametrize("name", ["RAW_URI", "REQUEST_URI"])
@pytest.mark.rule(2)
@pytest.mark.abuse("A08")
def test_either_name_of_the_raw_target_is_heeded(name: str) -> None:
    given = environ(octets("GET", "/a%2Fb?c=%7E"), raw=False)
    assert call(given | {name: "/a%2Fb?c=%7E"}).status == 200


@pytest.mark.abuse("A82")
def test_a_chunked_form_that_the_server_hides_is_asked_for_its_length() -> None:
    verifier, whole = Verifier(store()), form()
    for sent in (whole.without("Content-Length").plus(CHUNKED), whole.plus(CHUNKED)):
        given = environ(sent)
        del given["wsgi.input_terminated"]
        outcome = call(given, verifier)
        assert (outcome.status, outcome.seen) == (411, [])
    assert call(environ(whole), verifier).status == 200


@pytest.mark.abuse("A82")
def test_a_chunked_form_can_be_read_by_applications_that_read_no_chunks() -> None:
    given = environ(form("a=1").without("Content-Length").plus(CHUNKED))
    assert call(given).body == b"a=1"
    assert given["CONTENT_LENGTH"] == "3"
    assert "HTTP_TRANSFER_ENCODING" not in given


@pytest.mark.abuse("A82")
def test_a_form_without_a_length_is_empty_for_both() -> None:
    """WSGI has no body then. One that the application read all the same would be none of the signature's."""
    given = environ(form("").without("Content-Length"))
    given["wsgi.input"] = Stream(b"a=1")
    del given["wsgi.input_terminated"]
    outcome = call(given)
    assert (outcome.status, outcome.body) == (200, b"")


@pytest.mark.abuse("A82")
@pytest.mark.parametrize("body", [b"", b"{}"])
def test_a_body_that_no_header_tells_of_is_found_by_reading_it(body: bytes) -> None:
    """In HTTP/2 it needs neither a length nor a coding."""
    outcome = call(environ(octets("POST", body=body).without("Content-Length")))
    assert (outcome.body, outcome.oauth.body_signed) == (body, not body)


@pytest.mark.abuse("A88")
def test_no_octet_beyond_the_content_length_is_read() -> None:
    """It would be the next request's, or one that never comes."""
    given = environ(form("a=1"))
    given["wsgi.input"] = Stream(b"a=1" + b"POST / HTTP/1.1")
    outcome = call(given)
    assert (outcome.body, outcome.read) == (b"a=1", 3)


def test_the_form_can_be_read_by_lines_too() -> None:
    lines = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        lines.extend([environ["wsgi.input"].readline(), *environ["wsgi.input"]])
        return []

    OAuth1Middleware(application, Verifier(store()))(
        environ(form("a=1%0A&b=\n&c=3")), lambda *_: lambda _: None
    )
    assert lines == [b"a=1%0A&b=\n", b"&c=3"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("is_signed", [True, False])
def test_it_keeps_to_wsgi_towards_the_server(method: str, is_signed: bool) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [] if method == "HEAD" else [b"well"]

    sent = form() if method == "POST" else octets(method)
    given = environ(sent if is_signed else sent.without("Authorization"))
    statuses: list[str] = []

    def start_response(status: str, headers: Any, exc_info: Any = None, /) -> Any:
        statuses.append(status)
        return lambda octets: None

    answer: Any = validator(OAuth1Middleware(application, Verifier(store())))(given, start_response)
    list(answer)
    answer.close()
    assert statuses == ["200 OK" if is_signed else "401 Unauthorized"]
