"""Signed requests to a WSGI application (PEP 3333): Flask, Pyramid, Bottle, and whatever else is one."""

import logging
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from io import BytesIO
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from valetkey import serving
from valetkey.protocol.errors import Refused
from valetkey.protocol.messages import Answer, Headers
from valetkey.verifier import Verified, Verifier

log = logging.getLogger("valetkey.wsgi")

_PIECE = 65_536
_FIELDS = {name: f"HTTP_{name.upper().replace('-', '_')}" for name in serving.READ}
_FIELDS["Content-Type"] = "CONTENT_TYPE"


class OAuth1Middleware:
    """Lets signed requests through to `app`, which finds a :class:`~valetkey.Verified` in
    ``environ["oauth"]``. All other requests get their refusal, and `app` isn't called.

    What is verified is the request target as it was sent: ``RAW_URI`` or ``REQUEST_URI``, and the decoded
    path, encoded again, only where the server has neither. Of the body, forms are read, and what comes with
    an ``oauth_body_hash``, up to ``verifier.max_octets``; `app` gets the same octets. Any other body is left
    unread, and ``environ["oauth"].body_signed`` is false.

    :param app: the application to protect.
    :param verifier: with a synchronous store.
    :param origin: the public origin, ``https://api.example``: what clients sign. None: the scheme that the
        server names and the request's Host. Set it wherever a proxy stands in front, and wherever clients
        use their credentials at another service, too.
    :param optional: whether requests that don't claim to be signed go through, with None in
        ``environ["oauth"]``. What claims it and proves nothing is refused all the same.
    :raises ValueError: for an `origin` that is none.
    """

    def __init__(
        self,
        app: WSGIApplication,
        verifier: Verifier[Any, Any],
        *,
        origin: str | None = None,
        optional: bool = False,
    ) -> None:
        self._app = app
        self._verifier = verifier
        self._origin = serving.configured_origin(origin)
        self._optional = optional

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            environ["oauth"] = self._verified(environ)
        except Refused as refused:
            answer = serving.refusal(refused, log)
            return _answered(answer, environ["REQUEST_METHOD"], start_response)
        return self._app(environ, start_response)

    def _verified(self, environ: WSGIEnvironment) -> Verified[Any, Any] | None:
        request = _incoming(environ, self._verifier)
        body = _read(environ, request.length, self._verifier.max_octets) if request.must_be_read() else None
        if self._optional and not request.is_signed(body):
            return None
        url = request.address(self._origin)
        return self._verifier.verify(request.method, url, **request.keywords(body))


def _incoming(environ: WSGIEnvironment, verifier: Verifier[Any, Any]) -> serving.Incoming:
    length = serving.content_length([environ.get("CONTENT_LENGTH") or ""])
    return serving.Incoming(
        environ["REQUEST_METHOD"],
        _target(environ),
        environ["wsgi.url_scheme"],
        [environ["HTTP_HOST"]] if "HTTP_HOST" in environ else [],
        Headers(_fields(environ)),
        length,
        _has_body(environ, length),
        verifier.quirks,
    )


def _fields(environ: WSGIEnvironment) -> Iterator[tuple[str, str]]:
    for name, key in _FIELDS.items():
        value = environ.get(key) or ""
        media_type = value.partition(";")[0]
        if name == "Content-Type" and "," in media_type:
            yield name, ""  # several fields, joined: the verifier is to see that it isn't one
        if value:
            yield name, value


def _has_body(environ: WSGIEnvironment, length: int | None) -> bool | None:
    if length or environ.get("HTTP_TRANSFER_ENCODING"):
        return True
    # From HTTP/2 on, a body needs neither of the two; a stream that ends by itself can be asked.
    return None if length is None and environ.get("wsgi.input_terminated") else False


def _target(environ: WSGIEnvironment) -> bytes:
    mount = environ.get("SCRIPT_NAME", "")
    path = mount + environ.get("PATH_INFO", "")
    for name in ("RAW_URI", "REQUEST_URI"):  # gunicorn; waitress, uWSGI, mod_wsgi
        if environ.get(name):
            raw: bytes = environ[name].encode("latin-1")
            written, mark, query = raw.partition(b"?")
            return serving.whole_path(written, path, mount, "latin-1") + mark + query
    query_string: str = environ.get("QUERY_STRING", "")
    asked = b"?" + query_string.encode("latin-1") if query_string else b""
    return serving.encoded_path(path.encode("latin-1")) + asked


def _read(environ: WSGIEnvironment, length: int | None, most: int) -> bytes:
    """The whole body, which the application can read once more."""
    ends = environ.get("wsgi.input_terminated")
    if environ.get("HTTP_TRANSFER_ENCODING") and not ends:
        raise serving.no_length()
    # Without a length, WSGI has no body but one that is said to end by itself.
    reading = serving.Reading(length if length is not None or ends else 0, most)
    try:
        while reading.missing and (piece := environ["wsgi.input"].read(min(reading.missing, _PIECE))):
            reading.add(piece)
    except OSError:
        raise serving.cut_off() from None
    body = reading.whole()
    # It is no longer in chunks, and who reads no chunks can read it, too.
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["wsgi.input"] = BytesIO(body)
    return body


def _answered(answer: Answer, method: str, start_response: StartResponse) -> Iterable[bytes]:
    fields = [*answer.headers.pairs, ("Content-Length", str(len(answer.body)))]
    start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", fields)
    return [] if method == "HEAD" else [answer.body]
