"""Signing with urllib, the standard library's own client."""

import time
from collections.abc import Callable
from http.client import HTTPException, HTTPMessage, HTTPResponse, IncompleteRead
from typing import IO, Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener
from weakref import WeakKeyDictionary, WeakSet

from valetkey.handshake import Handshake, check_channel
from valetkey.protocol.credentials import AccessToken
from valetkey.protocol.encoding import Malformed
from valetkey.protocol.errors import ServiceError, Unsignable
from valetkey.protocol.messages import Answer
from valetkey.protocol.origin import DEFAULT_PORTS, OUT_OF_BAND, Url
from valetkey.protocol.parameters import is_form
from valetkey.signer import Signed, Signer

#: Seconds for a whole request, and the largest answer of a token endpoint that is read.
TIMEOUT = 30.0
MAX_OCTETS = 1_000_000

# What belongs to the origin that it was meant for.
_ORIGIN_BOUND = ("Authorization", "Cookie", "Proxy-authorization")


def opener(signer: Signer, *, insecure: bool = False) -> OpenerDirector:
    """An opener that signs each request: ``opener(signer).open(url, data)``, with what
    :func:`urllib.request.urlopen` takes.

    A redirect to the same origin is signed anew; to another origin it is followed without a signature. A
    refusal is raised as
    :class:`urllib.error.HTTPError`, as urllib does.

    :param insecure: allows PLAINTEXT over http to another computer, where everybody on the way can read the
        secrets.
    """
    return build_opener(_Signing(signer, insecure))


def send(signed: Signed, *, timeout: float = TIMEOUT) -> Answer:
    """Sends `signed` as it is and gives the answer, whatever its status. Redirects aren't followed.

    :param timeout: seconds for the whole of it.
    :raises ServiceError: where there is no answer (`status` 0), or one of more than 1,000,000 octets.
    :raises Unsignable: for another scheme than https or http.
    """
    if Url(signed.url).scheme not in DEFAULT_PORTS:
        raise Unsignable("url", "it can't be sent: use https or http")
    request = Request(signed.url, data=signed.body, method=signed.method)  # noqa: S310  # checked above
    for name, value in signed.headers.pairs:
        request.add_unredirected_header(name, value)
    deadline = time.monotonic() + timeout
    try:
        try:
            response = build_opener(_NoRedirects()).open(request, timeout=timeout)
        except HTTPError as error:
            response = error
        with response:
            return Answer(response.status, response.headers.items(), _read(response, deadline))
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise ServiceError(f"{Url(signed.url).origin} doesn't answer: {reason}.") from error


def authorize(handshake: Handshake, ask: Callable[[str], str], *, timeout: float = TIMEOUT) -> AccessToken:
    """Walks the three legs.

    :param ask: is given the address of the page where the person decides, shows it to them, and returns what
        came back: the address of the callback with its query, or, where the handshake's callback is ``oob``,
        the PIN that they typed.
    :raises ServiceError: where the service refuses.
    :raises Denied: where the person says no.
    :raises BadCallback: where what came back belongs to another request.
    """
    leg = handshake.request_token()
    request_token = leg.read(send(leg.request, timeout=timeout))
    came_back = ask(handshake.authorize_url(request_token)).strip()
    by_pin = handshake.callback == OUT_OF_BAND
    verifier = came_back if by_pin else handshake.verifier(came_back, request_token)
    last = handshake.access_token(request_token, verifier)
    return last.read(send(last.request, timeout=timeout))


class _Signing(HTTPRedirectHandler):
    """Signs what is about to be sent, and each redirect as what it then is."""

    # After urllib's own handlers, which add the Content-Type that decides whether the body is signed.
    handler_order = 900

    def __init__(self, signer: Signer, insecure: bool) -> None:
        self._signer = signer
        self._insecure = insecure
        self._elsewhere: WeakSet[Request] = WeakSet()
        self._bare: WeakKeyDictionary[Request, tuple[Any, Any, Any, Any]] = WeakKeyDictionary()

    def https_request(self, request: Request) -> Request:
        if request in self._elsewhere:
            return request
        # A request that is opened again still has what was added for its last signature.
        url, data, *added = self._bare.get(request, (None, None, None, None))
        if added == [request.full_url, request.data]:
            request.full_url, request.data = url, data
        request.unredirected_hdrs.pop("Authorization", None)
        url, data = request.full_url, request.data
        signed = self._signer.sign(
            request.get_method(), url, headers=request.header_items(), body=_octets(request)
        )
        if self._signer.signature_method == "PLAINTEXT":
            check_channel("url", signed.url, insecure=self._insecure)
        request.full_url = signed.url
        if self._signer.placement == "header":
            request.add_unredirected_header("Authorization", signed.headers["Authorization"])
        elif self._signer.placement == "body":
            request.data = signed.body
            request.add_unredirected_header("Content-type", signed.headers["Content-Type"])
            request.add_unredirected_header("Content-length", str(len(signed.body or b"")))
        self._bare[request] = (url, data, request.full_url, request.data)
        return request

    http_request = https_request

    def redirect_request(
        self, request: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if self._signer.placement == "query":
            newurl = _unsigned(newurl)  # services like to repeat the query
        onward = super().redirect_request(request, fp, code, msg, headers, newurl)
        if onward is not None and (
            request in self._elsewhere or not _same_origin(request.full_url, onward.full_url)
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


def _octets(request: Request) -> bytes | None:
    data = request.data
    if data is None or isinstance(data, (bytes, bytearray)):
        return None if data is None else bytes(data)
    if is_form(request.get_header("Content-type")):
        raise Unsignable("data", "a form must be given as octets, since its parameters are signed")
    return None


def _unsigned(url: str) -> str:
    address, mark, query = url.partition("?")
    kept = [piece for piece in query.split("&") if not piece.startswith("oauth_")]
    return f"{address}{mark}{'&'.join(kept)}" if query != "&".join(kept) else url


def _same_origin(one: str, other: str) -> bool:
    try:
        return Url(one).origin == Url(other).origin
    except Malformed:
        return False


def _read(response: HTTPResponse | HTTPError, deadline: float) -> bytes:
    octets = bytearray()
    while piece := response.read1(65_536):
        octets += piece
        if len(octets) > MAX_OCTETS:
            raise ServiceError(
                f"The answer has more than {MAX_OCTETS} octets, and was not read further.",
                response.status or 0,
            )
        if time.monotonic() > deadline:
            raise TimeoutError("the answer took too long")
    if response.length:
        raise IncompleteRead(b"", response.length)
    return bytes(octets)
