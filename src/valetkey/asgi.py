"""Signed requests to an ASGI application: FastAPI, Starlette, Quart, and whatever else is one."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from inspect import iscoroutinefunction
from typing import Any

from valetkey import serving
from valetkey.protocol.errors import Refused
from valetkey.protocol.messages import Answer, Headers
from valetkey.stores.memory import MemoryStore
from valetkey.verifier import Verified, Verifier

log = logging.getLogger("valetkey.asgi")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class OAuth1Middleware:
    """Lets signed requests through to `app`, which finds a :class:`~valetkey.Verified` in
    ``scope["oauth"]``. All other requests get their refusal, and `app` isn't called.

    Only HTTP requests are looked at. Websockets and the lifespan go through as they are, without
    ``scope["oauth"]``: a websocket is nobody's until `app` has asked who it is.

    What is verified is the request target as it was sent, ``raw_path``, and the decoded path, encoded again,
    only where the server has none. Of the body, forms are read, and what comes with an ``oauth_body_hash``,
    up to ``verifier.max_octets``; `app` gets the same octets. Any other body is left unread, and
    ``scope["oauth"].body_signed`` is false.

    A store whose `find` is a coroutine function is awaited. Any other one is asked in a thread, so that the
    loop goes on meanwhile; but a :class:`~valetkey.MemoryStore`, which waits for nothing, at once.

    :param app: the application to protect.
    :param verifier: with a synchronous or an asynchronous store.
    :param origin: the public origin, ``https://api.example``: what clients sign. None: the scheme that the
        server names and the request's Host. Set it wherever a proxy stands in front, and wherever clients
        use their credentials at another service, too.
    :param optional: whether requests that don't claim to be signed go through, with None in
        ``scope["oauth"]``. What claims it and proves nothing is refused all the same.
    :raises ValueError: for an `origin` that is none.
    """

    def __init__(
        self,
        app: Application,
        verifier: Verifier[Any, Any],
        *,
        origin: str | None = None,
        optional: bool = False,
    ) -> None:
        self._app = app
        self._verifier = verifier
        self._verify = _verifying(verifier)
        self._origin = serving.configured_origin(origin)
        self._optional = optional

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        incoming = _Received(receive)
        try:
            verified = await self._verified(scope, incoming)
        except Refused as refused:
            closes = not incoming.ended and _goes_on(scope, self._verifier.max_octets)
            await _answer(serving.refusal(refused, log), scope["method"], send, closes)
            return
        # A copy, as the specification wants it: whoever stands outside keeps theirs.
        await self._app({**scope, "oauth": verified}, incoming.again, send)

    async def _verified(self, scope: Scope, incoming: "_Received") -> Verified[Any, Any] | None:
        request = await _incoming(scope, incoming, self._verifier)
        body = None
        if request.must_be_read():
            body = await incoming.whole(serving.Reading(request.length, self._verifier.max_octets))
        if self._optional and not request.is_signed(body):
            return None
        url = request.address(self._origin)
        return await self._verify(request.method, url, **request.keywords(body))


class _Received:
    """What the server sends of a request: read here, and then given to the application from the start."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._kept: list[Message] = []
        self.ended = False

    async def again(self) -> Message:
        """What the application calls for the next message."""
        return self._kept.pop(0) if self._kept else await self._receive()

    async def has_body(self) -> bool:
        """Whether any body comes, as its first message says."""
        first = await self._next()
        self._kept.append(first)
        return bool(first.get("body")) or first.get("more_body", False)

    async def whole(self, reading: serving.Reading) -> bytes:
        """The body to its end."""
        message: Message = {"more_body": True}
        while message.get("more_body", False):
            message = self._kept.pop(0) if self._kept else await self._next()
            reading.add(message.get("body", b""))
        self.ended = True
        body = reading.whole()
        self._kept = [{"type": "http.request", "body": bytes(body), "more_body": False}]
        return body

    async def _next(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise serving.cut_off()
        return message


def _verifying(verifier: Verifier[Any, Any]) -> Callable[..., Awaitable[Verified[Any, Any]]]:
    """`verifier`, to be awaited, whatever its store is."""
    if iscoroutinefunction(verifier.store.find):
        return verifier.averify

    async def at_once(*args: Any, **keywords: Any) -> Verified[Any, Any]:
        return verifier.verify(*args, **keywords)

    async def in_a_thread(*args: Any, **keywords: Any) -> Verified[Any, Any]:
        import asyncio  # heavy, and not needed otherwise

        return await asyncio.to_thread(verifier.verify, *args, **keywords)

    return at_once if type(verifier.store) is MemoryStore else in_a_thread


async def _incoming(scope: Scope, incoming: _Received, verifier: Verifier[Any, Any]) -> serving.Incoming:
    fields = Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    length = serving.content_length(fields.every("Content-Length"))
    has_body = bool(length) or "Transfer-Encoding" in fields
    if length is None and not has_body:
        # From HTTP/2 on, a body needs neither of the two; and gateways may have left them behind.
        has_body = await incoming.has_body()
    return serving.Incoming(
        scope["method"],
        _target(scope),
        scope.get("scheme", "http"),
        fields.every("Host"),
        Headers(pair for pair in fields.pairs if pair[0].lower() in _READ),
        length,
        has_body,
        verifier.quirks,
    )


_READ = frozenset(map(str.lower, serving.READ))


def _target(scope: Scope) -> bytes:
    path, raw = scope["path"], scope.get("raw_path")
    if raw:
        raw = raw.partition(b"?")[0]  # some have the query in it, too
        raw = serving.whole_path(raw, path, scope.get("root_path", ""), "utf-8")
    else:
        raw = serving.encoded_path(path)
    query = scope.get("query_string", b"")
    return bytes(raw) + (b"?" + query if query else b"")


def _goes_on(scope: Scope, most: int) -> bool:
    """Whether a body that wasn't read may have more than `most` octets. Servers would read it to its end, to
    keep the connection.
    """
    if not _is_http_1(scope):
        return False  # there, one stream ends, and not the connection
    fields = dict(scope["headers"])
    length = fields.get(b"content-length", b"0")
    return b"transfer-encoding" in fields or not (
        length.isdigit() and len(length) < 19 and int(length) <= most
    )


async def _answer(answer: Answer, method: str, send: Send, closes: bool) -> None:
    fields = [*answer.headers.pairs, ("Content-Length", str(len(answer.body)))]
    if closes:
        fields.append(("Connection", "close"))
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in fields]
    with suppress(OSError):  # who is gone
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})


def _is_http_1(scope: Scope) -> bool:
    return str(scope.get("http_version", "1.1")).startswith("1")
