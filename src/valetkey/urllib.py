"""Signing with urllib, the standard library's own client."""

from collections.abc import Callable
from functools import partial
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPMessage,
    HTTPResponse,
    HTTPSConnection,
    IncompleteRead,
)
from typing import IO, Any
from urllib.error import HTTPError
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    Request,
    build_opener,
)
from weakref import WeakKeyDictionary, WeakSet

from valetkey.clock import Clock
from valetkey.flow import run
from valetkey.handshake import Handshake
from valetkey.protocol.credentials import AccessToken, RequestToken
from valetkey.protocol.messages import Answer, Headers
from valetkey.sending import TIMEOUT, Reading, check_sendable, no_answer
from valetkey.signer import Signed, Signer
from valetkey.signing import Signing
from valetkey.timely import TimelyResponse, within

# What belongs to the origin that it was meant for.
_ORIGIN_BOUND = ("Authorization", "Cookie", "Proxy-authorization")


def opener(signer: Signer, *, insecure: bool = False, clock: Clock | None = None) -> OpenerDirector:
    """An opener that signs each request: ``opener(signer).open(url, data)``, with what
    :func:`urllib.request.urlopen` takes.

    A redirect to the same origin is signed anew; to another origin it is followed without a signature. A
    refusal is raised as
    :class:`urllib.error.HTTPError`, as urllib does.

    :param insecure: allows PLAINTEXT over http to another computer, where everybody on the way can read the
        secrets.
    :param clock: what the time is; where a request is refused because of it, the answer sets it, and the
        request is signed once more.
    """
    return build_opener(_Signing(Signing(signer, insecure=insecure, clock=clock)))


def send(signed: Signed, *, timeout: float = TIMEOUT) -> Answer:
    """Sends `signed` as it is and gives the answer, whatever its status. Redirects aren't followed.

    :param timeout: seconds for the whole of it.
    :raises ServiceError: where there is no answer (`status` 0), or one of more than 1,000,000 octets.
    :raises Unsignable: for another scheme than https or http.
    """
    check_sendable(signed)
    request = Request(signed.url, data=signed.body, method=signed.method)  # noqa: S310  # checked above
    for name, value in signed.headers.pairs:
        request.add_unredirected_header(name, value)
    try:
        with within(timeout):
            try:
                response = build_opener(_NoRedirects(), _Http(), _Https()).open(request, timeout=timeout)
            except HTTPError as error:
                response = error
            with response:
                return Answer(response.status, response.headers.items(), _read(response))
    except (OSError, HTTPException) as error:
        raise no_answer(signed.url, getattr(error, "reason", None) or error) from error


def fetch_request_token(handshake: Handshake, *, timeout: float = TIMEOUT) -> RequestToken:
    """The first leg (section 2.1).

    :param timeout: seconds for the whole of it.
    :raises ServiceError: where the service refuses.
    """
    return run(handshake.requesting(partial(send, timeout=timeout)))


def fetch_access_token(
    handshake: Handshake, request_token: RequestToken, verifier: str, *, timeout: float = TIMEOUT
) -> AccessToken:
    """The third leg (section 2.3), likewise.

    :param verifier: from :meth:`Handshake.verifier`, or the PIN that the person typed.
    """
    return run(handshake.exchanging(partial(send, timeout=timeout), request_token, verifier))


def authorize(handshake: Handshake, ask: Callable[[str], str], *, timeout: float = TIMEOUT) -> AccessToken:
    """Walks the three legs.

    :param ask: is given the address of the page where the person decides, shows it to them, and returns what
        came back: the address of the callback with its query, or, where the handshake's callback is ``oob``,
        the PIN that they typed.
    :param timeout: seconds for each of the two requests.
    :raises ServiceError: where the service refuses.
    :raises Denied: where the person says no.
    :raises BadCallback: where what came back belongs to another request.
    """
    return run(handshake.walking(partial(send, timeout=timeout), ask))


class _Signing(HTTPRedirectHandler):
    """Signs what is about to be sent, and each redirect as what it then is."""

    # After urllib's own handlers, which add the Content-Type that decides whether the body is signed.
    handler_order = 900

    def __init__(self, signing: Signing) -> None:
        self._signing = signing
        self._elsewhere: WeakSet[Request] = WeakSet()
        self._again: WeakSet[Request] = WeakSet()
        self._bare: WeakKeyDictionary[Request, tuple[Any, Any, Any, Any]] = WeakKeyDictionary()

    def https_request(self, request: Request) -> Request:
        if request in self._elsewhere:
            return request
        # A request that is opened again still has what was added for its last signature.
        url, data, *added = self._bare.get(request, (None, None, None, None))
        if added == [request.full_url, request.data]:
            request.full_url, request.data = url, data
        url, data = request.full_url, request.data
        signed = self._signing.sign(
            request.get_method(),
            url,
            content_type=request.get_header("Content-type"),
            authorization=request.get_header("Authorization"),
            body=bytes(data) if isinstance(data, (bytes, bytearray)) else None,
            streamed=not isinstance(data, (bytes, bytearray, type(None))),
        )
        request.full_url = signed.url
        placement = self._signing.signer.placement
        if placement == "header":
            request.add_unredirected_header("Authorization", signed.authorization)
        elif placement == "body":
            request.data = signed.body
            request.add_unredirected_header("Content-type", signed.headers["Content-Type"])
            request.add_unredirected_header("Content-length", str(len(signed.body or b"")))
        self._bare[request] = (url, data, request.full_url, request.data)
        return request

    http_request = https_request

    def http_error_401(
        self, request: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> HTTPResponse | None:
        once = request not in self._again and request not in self._elsewhere
        sendable = isinstance(request.data, (bytes, bytearray, type(None)))
        if once and sendable and self._signing.again(request.full_url, code, Headers(headers.items())):
            self._again.add(request)
            fp.close()
            answer: HTTPResponse = self.parent.open(request, timeout=request.timeout)
            return answer
        return None

    def redirect_request(
        self, request: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        newurl = self._signing.unsigned(newurl)
        onward = super().redirect_request(request, fp, code, msg, headers, newurl)
        if onward is not None and (
            request in self._elsewhere or not self._signing.stays(request.full_url, onward.full_url)
        ):
            self._elsewhere.add(onward)
            for name in _ORIGIN_BOUND:
                onward.remove_header(name)
        return onward


class _NoRedirects(HTTPRedirectHandler):
    def http_error_302(self, *args: object, **kwargs: object) -> None:
        # Above `redirect_request`, since urllib reads the address before it asks whether to follow.
        return None

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class _TimelyHttp(HTTPConnection):
    response_class = TimelyResponse


class _TimelyHttps(HTTPSConnection):
    response_class = TimelyResponse


class _Http(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_TimelyHttp, req)


class _Https(HTTPSHandler):
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_TimelyHttps, req)


def _read(response: HTTPResponse | HTTPError) -> bytes:
    reading = Reading(response.status or 0, response.headers.get("Content-Encoding"))
    while piece := response.read1(65_536):
        reading.add(piece)
    if response.length:
        raise IncompleteRead(b"", response.length)
    return reading.body
