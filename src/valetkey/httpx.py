"""Signing with httpx2 and with httpx, sync and async: whichever of the two is installed, or both."""

import socket
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio

from valetkey.clock import Clock
from valetkey.flow import arun, run
from valetkey.handshake import Handshake
from valetkey.protocol.credentials import AccessToken, RequestToken
from valetkey.protocol.errors import Unsignable
from valetkey.protocol.messages import Answer
from valetkey.sending import TIMEOUT, Reading, check_sendable, no_answer
from valetkey.signer import Signed, Signer
from valetkey.signing import Signing

_LIBRARIES = [import_module(name) for name in ("httpx2", "httpx") if find_spec(name)]
if not _LIBRARIES:
    raise ModuleNotFoundError("valetkey.httpx needs httpx2 or httpx: install valetkey[httpx2]", name="httpx2")

# What both have under one name. The two libraries share no base class, so each of ours has both as bases.
_FAILURES: tuple[type[Exception], ...] = (
    OSError,
    *(library.HTTPError for library in _LIBRARIES),
    *(library.InvalidURL for library in _LIBRARIES),
)
_OCTETS: tuple[type, ...] = tuple(library.ByteStream for library in _LIBRARIES)

if TYPE_CHECKING:
    import httpx
    import httpx2

    Client: TypeAlias = httpx.Client | httpx2.Client
    AsyncClient: TypeAlias = httpx.AsyncClient | httpx2.AsyncClient
    Transport: TypeAlias = httpx.BaseTransport | httpx2.BaseTransport
    AsyncTransport: TypeAlias = httpx.AsyncBaseTransport | httpx2.AsyncBaseTransport

    # misc: a method takes its own library's request. Ours stand in for both, and take either.
    class _Auth(httpx.Auth, httpx2.Auth): ...  # type: ignore[misc]  # each takes its own requests

    class _BaseTransport(  # type: ignore[misc]  # each takes its own requests
        httpx.BaseTransport, httpx2.BaseTransport
    ): ...

    class _AsyncBaseTransport(  # type: ignore[misc]  # each takes its own requests
        httpx.AsyncBaseTransport, httpx2.AsyncBaseTransport
    ): ...

else:
    _Auth, _BaseTransport, _AsyncBaseTransport = (
        type(name, tuple(getattr(library, name) for library in _LIBRARIES), {})
        for name in ("Auth", "BaseTransport", "AsyncBaseTransport")
    )


class OAuth1(_Auth):
    """Signs what a client sends: ``httpx.get(url, auth=OAuth1(signer))``, or as a client's `auth`.

    A client that follows redirects shows them to no auth. So what a redirect to the same origin led to is
    signed once it was refused, where its body can be sent again; :class:`OAuth1Transport` signs each hop. At
    another origin there is no signature; a form that carries one isn't sent there at all.

    :param insecure: allows PLAINTEXT over http to another computer, where everybody on the way can read the
        secrets.
    :param clock: what the time is; where a request is refused because of it, the answer sets it, and the
        request is signed once more.
    """

    def __init__(self, signer: Signer, *, insecure: bool = False, clock: Clock | None = None) -> None:
        self._signing = Signing(signer, insecure=insecure, clock=clock)

    # `Any`, since a request of the one library is none of the other's.
    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        sent = self._start(request, _Guard)
        response = yield sent
        if (again := self._again(sent, response)) is not None:
            yield again

    async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        sent = self._start(request, _AsyncGuard)
        response = yield sent
        if (again := self._again(sent, response)) is not None:
            yield again

    def _start(self, request: Any, guard: type["_Guard"]) -> Any:
        sent = _signed(self._signing, request)
        url = request.url
        if self._signing.signer.placement != "header" or (url.scheme == "http" and url.port in (None, 80)):
            # A header leaves only for https at the same host, which httpx takes for the same origin.
            sent.extensions = {**sent.extensions, "trace": guard.around(self._signing, sent)}
        return sent

    def _again(self, sent: Any, response: Any) -> Any:
        if response.status_code != 401:
            return None
        hops = [str(hop.request.url) for hop in (*response.history, response)]
        last = response.request
        if not isinstance(last.stream, _OCTETS):
            return None
        if not all(self._signing.stays(str(sent.url), hop) for hop in hops):
            return None
        redirected = len(hops) > 1 and hops[-1] != str(sent.url)
        if redirected or self._signing.again(hops[-1], response.status_code, response.headers):
            return _signed(self._signing, last)
        return None


class _Guard:
    """Looks at each request as it goes to the network, and keeps a signature from leaving its origin.

    httpx calls what stands at `trace` in a request's extensions, and takes the extensions along.
    """

    def __init__(self, signing: Signing, url: str, after: Callable[..., Any] | None) -> None:
        self._signing = signing
        self._url = url
        self._after = after

    @classmethod
    def around(cls, signing: Signing, request: Any) -> "_Guard":
        """One for `request`, which calls what the caller put there."""
        before = request.extensions.get("trace")
        return cls(signing, str(request.url), before._after if isinstance(before, _Guard) else before)

    def __call__(self, event: str, info: dict[str, Any]) -> Any:
        self._look(event, info)
        return self._after(event, info) if self._after else None

    def _look(self, event: str, info: dict[str, Any]) -> None:
        if not event.endswith(".send_request_headers.started"):
            return
        hop = info["request"]
        target: bytes = hop.url.target
        url = target if target.startswith((b"http:", b"https:")) else bytes(hop.url)  # the first to a proxy
        if hop.method == b"CONNECT" or self._signing.stays(self._url, url.decode("latin-1")):
            return
        headers = {name.lower(): value for name, value in hop.headers}
        if self._signing.signer.placement == "body" and headers.get(b"content-length", b"0") != b"0":
            raise Unsignable(
                "url", "it redirects the signed form to another origin: call that one, or use OAuth1Transport"
            )
        hop.url.target = self._signing.unsigned(target.decode("latin-1")).encode("latin-1")
        if self._signing.signer.placement == "header":
            hop.headers[:] = [pair for pair in hop.headers if pair[0].lower() != b"authorization"]


class _AsyncGuard(_Guard):
    async def __call__(self, event: str, info: dict[str, Any]) -> Any:
        self._look(event, info)
        return await self._after(event, info) if self._after else None


class OAuth1Transport(_BaseTransport):
    """Signs each hop of what a client sends: ``httpx.Client(transport=OAuth1Transport(signer,
    httpx.HTTPTransport()))``. A client that has it needs no `auth`.

    :param transport: what it sends with.
    :param insecure: as :class:`OAuth1` takes it, and `clock` too.
    """

    def __init__(
        self, signer: Signer, transport: "Transport", *, insecure: bool = False, clock: Clock | None = None
    ) -> None:
        self._signing = Signing(signer, insecure=insecure, clock=clock)
        self._transport: Any = transport

    def handle_request(self, request: Any) -> Any:
        sent, here = _hop(self._signing, request)
        response = self._transport.handle_request(sent)
        if here and _is_worth_it(self._signing, sent, response):
            response.close()
            response = self._transport.handle_request(_signed(self._signing, sent))
        return response

    def close(self) -> None:
        self._transport.close()


class AsyncOAuth1Transport(_AsyncBaseTransport):
    """The same for an asynchronous client: ``httpx.AsyncClient(transport=AsyncOAuth1Transport(signer,
    httpx.AsyncHTTPTransport()))``.
    """

    def __init__(
        self,
        signer: Signer,
        transport: "AsyncTransport",
        *,
        insecure: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self._signing = Signing(signer, insecure=insecure, clock=clock)
        self._transport: Any = transport

    async def handle_async_request(self, request: Any) -> Any:
        sent, here = _hop(self._signing, request)
        response = await self._transport.handle_async_request(sent)
        if here and _is_worth_it(self._signing, sent, response):
            await response.aclose()
            response = await self._transport.handle_async_request(_signed(self._signing, sent))
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()


def send(signed: Signed, *, client: "Client | None" = None, timeout: float = TIMEOUT) -> Answer:
    """Sends `signed` as it is and gives the answer, whatever its status. Redirects aren't followed.

    :param client: whose proxies and certificates are used; nothing else of it is sent along.
    :param timeout: seconds for the whole of it. A connection of your own client that is open already bounds
        each part of an answer instead.
    :raises ServiceError: where there is no answer (`status` 0), or one of more than 1,000,000 octets.
    :raises Unsignable: for another scheme than https or http, or where httpx would send another address than
        was signed.
    """
    if client is None:
        check_sendable(signed)
        with _made("Client", signed) as made:
            return send(signed, client=made, timeout=timeout)
    request = _prepared(signed, client, timeout)
    with _Alarm(timeout) as alarm:
        request.extensions["trace"] = alarm.see
        sender: Any = client
        try:
            response = sender.send(request, stream=True, auth=None, follow_redirects=False)
            try:
                reading = Reading(response.status_code, response.headers.get("Content-Encoding"))
                for piece in response.iter_raw():
                    reading.add(piece)
                    alarm.check()
            finally:
                response.close()
        except _FAILURES as error:
            raise no_answer(signed.url, _LATE if alarm.rang else error or type(error).__name__) from error
    return Answer(response.status_code, response.headers.multi_items(), reading.body)


async def asend(signed: Signed, *, client: "AsyncClient | None" = None, timeout: float = TIMEOUT) -> Answer:
    """:func:`send`, asynchronous."""
    if client is None:
        check_sendable(signed)
        async with _made("AsyncClient", signed) as made:
            return await asend(signed, client=made, timeout=timeout)
    request = _prepared(signed, client, timeout)
    sender: Any = client
    try:
        with anyio.fail_after(timeout):
            response = await sender.send(request, stream=True, auth=None, follow_redirects=False)
            try:
                reading = Reading(response.status_code, response.headers.get("Content-Encoding"))
                async for piece in response.aiter_raw():
                    reading.add(piece)
            finally:
                await response.aclose()
    except TimeoutError as error:
        raise no_answer(signed.url, _LATE) from error
    except _FAILURES as error:
        raise no_answer(signed.url, error or type(error).__name__) from error
    return Answer(response.status_code, response.headers.multi_items(), reading.body)


def fetch_request_token(
    handshake: Handshake, *, client: "Client | None" = None, timeout: float = TIMEOUT
) -> RequestToken:
    """The first leg (section 2.1).

    :param client: as :func:`send` takes it, and `timeout` too.
    :raises ServiceError: where the service refuses.
    """
    return run(handshake.requesting(partial(send, client=client, timeout=timeout)))


async def afetch_request_token(
    handshake: Handshake, *, client: "AsyncClient | None" = None, timeout: float = TIMEOUT
) -> RequestToken:
    """:func:`fetch_request_token`, asynchronous."""
    return await arun(handshake.requesting(partial(asend, client=client, timeout=timeout)))


def fetch_access_token(
    handshake: Handshake,
    request_token: RequestToken,
    verifier: str,
    *,
    client: "Client | None" = None,
    timeout: float = TIMEOUT,
) -> AccessToken:
    """The third leg (section 2.3), likewise.

    :param verifier: from :meth:`Handshake.verifier`, or the PIN that the person typed.
    """
    sending = partial(send, client=client, timeout=timeout)
    return run(handshake.exchanging(sending, request_token, verifier))


async def afetch_access_token(
    handshake: Handshake,
    request_token: RequestToken,
    verifier: str,
    *,
    client: "AsyncClient | None" = None,
    timeout: float = TIMEOUT,
) -> AccessToken:
    """:func:`fetch_access_token`, asynchronous."""
    sending = partial(asend, client=client, timeout=timeout)
    return await arun(handshake.exchanging(sending, request_token, verifier))


def authorize(
    handshake: Handshake,
    ask: Callable[[str], str],
    *,
    client: "Client | None" = None,
    timeout: float = TIMEOUT,
) -> AccessToken:
    """Walks the three legs, as :func:`valetkey.urllib.authorize` does.

    :param ask: is given the address of the page where the person decides, shows it to them, and returns what
        came back: the address of the callback with its query, or, where the handshake's callback is ``oob``,
        the PIN that they typed.
    :raises ServiceError: where the service refuses.
    :raises Denied: where the person says no.
    :raises BadCallback: where what came back belongs to another request.
    """
    return run(handshake.walking(partial(send, client=client, timeout=timeout), ask))


async def aauthorize(
    handshake: Handshake,
    ask: Callable[[str], Awaitable[str]],
    *,
    client: "AsyncClient | None" = None,
    timeout: float = TIMEOUT,
) -> AccessToken:
    """:func:`authorize`, asynchronous; `ask` is awaited, so that others go on while a person decides."""
    return await arun(handshake.walking(partial(asend, client=client, timeout=timeout), ask))


_LATE = "the answer took too long"


def _signed(signing: Signing, request: Any) -> Any:
    """`request`, signed: itself where that changes only a header, another where it changes more."""
    headers, octets = request.headers, isinstance(request.stream, _OCTETS)
    body = b"".join(request.stream) if octets else None
    signed = signing.sign(
        request.method,
        str(request.url),
        content_type=headers.get("Content-Type"),
        authorization=headers.get("Authorization"),
        body=body or None,
        streamed=not octets,
    )
    placement = signing.signer.placement
    if placement == "header":
        headers["Authorization"] = signed.authorization
        return request
    if placement == "query":
        return _other(request, url=signed.url)
    other = _other(request, stream=_library_of(request).ByteStream(signed.body))
    other.headers["Content-Type"] = signed.headers["Content-Type"]
    other.headers["Content-Length"] = str(len(signed.body or b""))
    return other


def _hop(signing: Signing, request: Any) -> tuple[Any, bool]:
    """What goes to the network for `request`, and whether it is signed: a redirect to elsewhere isn't, nor
    what follows it.

    A client takes a request's extensions along to where it is redirected.
    """
    started = request.extensions.get("valetkey")
    if started is None:
        started = request.extensions["valetkey"] = {"at": str(request.url)}
    elif started["at"] and not signing.stays(started["at"], str(request.url)):
        started["at"] = ""
    if started["at"]:
        return _signed(signing, request), True
    if signing.signer.placement == "header":
        request.headers.pop("Authorization", None)
    return _other(request, url=signing.unsigned(str(request.url))), False


def _is_worth_it(signing: Signing, sent: Any, response: Any) -> bool:
    if response.status_code != 401 or not isinstance(sent.stream, _OCTETS):
        return False
    return signing.again(str(sent.url), response.status_code, response.headers)


def _other(request: Any, *, url: str | None = None, stream: Any = None) -> Any:
    """The same request with another address, or another body."""
    return type(request)(
        request.method,
        request.url if url is None else url,
        headers=request.headers,
        stream=request.stream if stream is None else stream,
        extensions=request.extensions,
    )


def _library_of(value: Any) -> Any:
    name = type(value).__module__.partition(".")[0]
    return next((library for library in _LIBRARIES if library.__name__ == name), _LIBRARIES[0])


def _made(kind: str, signed: Signed) -> Any:
    try:
        return getattr(_LIBRARIES[0], kind)()
    except OSError as error:  # the environment names certificates that aren't there
        raise no_answer(signed.url, error) from error


def _prepared(signed: Signed, client: Any, timeout: float) -> Any:
    library = next(
        library for library in _LIBRARIES if isinstance(client, (library.Client, library.AsyncClient))
    )
    check_sendable(signed)
    request = library.Request(
        signed.method,
        signed.url,
        headers=[*signed.headers.pairs, ("Accept-Encoding", "identity")],
        content=signed.body,
        extensions={"timeout": library.Timeout(timeout).as_dict()},
    )
    request.headers.setdefault("User-Agent", client.headers.get("User-Agent", "valetkey"))
    check_sendable(signed, str(request.url))
    return request


class _Alarm:
    """Cuts a connection when its time is over. A library's own timeout begins anew with each octet."""

    def __init__(self, seconds: float) -> None:
        self.rang = False
        self._streams: list[Any] = []
        self._timer = threading.Timer(seconds, self._ring)

    def __enter__(self) -> "_Alarm":
        self._timer.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()
        self._timer.join()

    def see(self, event: str, info: dict[str, Any]) -> None:
        """httpx's `trace`: tells of each connection that is made."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._streams.append(info["return_value"])

    def check(self) -> None:
        if self.rang:
            raise TimeoutError(_LATE)

    def _ring(self) -> None:
        self.rang = True
        for stream in self._streams:
            try:
                # Not the method of a TLS socket, which would forget the session under the reader's hands.
                socket.socket.shutdown(stream.get_extra_info("socket"), socket.SHUT_RDWR)
            except OSError:
                continue  # closed by now
