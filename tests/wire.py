"""Both ends of the wire in one process: a consumer, a token, a fixed clock, and stores that do what a test
needs.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar, cast

import pytest

from valetkey import (
    AccessToken,
    Answer,
    Handshake,
    Headers,
    MemoryStore,
    Provider,
    Refused,
    Service,
    Signed,
    Signer,
    Verified,
    Verifier,
)
from valetkey.protocol.base_string import base_string, base_string_uri
from valetkey.protocol.encoding import form_encode
from valetkey.protocol.header import build_authorization
from valetkey.protocol.messages import HeadersLike
from valetkey.protocol.origin import Url
from valetkey.protocol.parameters import collect, normalise
from valetkey.protocol.signatures import METHODS, Key
from valetkey.stores import AsyncProviderStore, ProviderStore
from valetkey.stores.memory import MemoryConsumer, MemoryToken

R = TypeVar("R")

NOW = 1_800_000_000
URL = "https://api.example.com/1/statuses"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

CALLBACK = "https://app.example.com/ready?step=2"
CONSUMER = MemoryConsumer("the-consumer-key", "the-consumer-secret", callbacks=[CALLBACK])
TOKEN = MemoryToken("the-token", "the-token-secret", user="ada", access="read")
HELD = AccessToken(TOKEN.key, TOKEN.secret)


ORIGIN = "https://provider.example.com"
SERVICE = Service(f"{ORIGIN}/request_token", f"{ORIGIN}/authorize", f"{ORIGIN}/access_token")


class Clock:
    """Stands still until a test moves it."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Tapped:
    """A store whose calls run through `tap`, which sees each name and its arguments, and may raise."""

    def __init__(self, store: object, tap: Callable[[str, tuple[Any, ...]], None]) -> None:
        self._store = store
        self._tap = tap

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def call(*args: Any, **options: Any) -> Any:
            self._tap(name, args)
            return method(*args, **options)

        return call


class Awaited:
    """A store whose calls are coroutines, which let others run before they answer."""

    def __init__(self, store: object) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def call(*args: Any, **options: Any) -> Any:
            await asyncio.sleep(0)
            return method(*args, **options)

        return call


def tapped(store: object, tap: Callable[[str, tuple[Any, ...]], None]) -> ProviderStore[Any, Any]:
    return cast(ProviderStore[Any, Any], Tapped(store, tap))


def awaited(store: object) -> AsyncProviderStore[Any, Any]:
    return cast(AsyncProviderStore[Any, Any], Awaited(store))


def memory(clock: Callable[[], float] | None = None) -> MemoryStore:
    """A store with the consumer and its token, whose clock stands at :data:`NOW`."""
    store = MemoryStore(clock=clock or Clock())
    store.add(CONSUMER, TOKEN)
    return store


def signer(**options: Any) -> Signer:
    return Signer(CONSUMER, HELD, **options)


def sign(method: str = "GET", url: str = URL, **options: Any) -> Signed:
    """The request, signed by the consumer with its token, at :data:`NOW`."""
    return signer().sign(method, url, **{"timestamp": NOW, **options})


def forged(
    method: str = "GET",
    url: str = URL,
    *,
    place: str = "header",
    headers: HeadersLike = None,
    body: bytes | None = None,
    key: Key | None = None,
    without: Iterable[str] = (),
    more: Iterable[tuple[str, str]] = (),
    **oauth: str,
) -> Signed:
    """A request by hand, with whatever protocol parameters, signed rightly with `key`: what :class:`Signer`
    won't make.

    :param without: names left out, before signing.
    :param more: further pairs beside the protocol parameters, repeated ones too.
    :param oauth: other values, by their names without ``oauth_``; a `signature` stands in for the right one.
    """
    given = {
        "oauth_consumer_key": CONSUMER.key,
        "oauth_token": TOKEN.key,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(NOW),
        "oauth_nonce": "nonce",
        **{f"oauth_{name}": value for name, value in oauth.items() if name != "signature"},
    }
    protocol = [(name, value) for name, value in given.items() if name not in without] + list(more)
    is_signed_form = Headers(headers).get("Content-Type") == FORM["Content-Type"]
    parameters = collect(query=Url(url).query, header=protocol, form=body if is_signed_form else None)
    text = base_string(method, base_string_uri(url), normalise(parameters))
    made = METHODS.get(given["oauth_signature_method"], METHODS["HMAC-SHA1"])
    signature = oauth.get("signature", made.sign(text, key or Key(CONSUMER.secret, TOKEN.secret)))
    if "oauth_signature" not in without:
        protocol.append(("oauth_signature", signature))
    fields = Headers(headers)
    if place == "header":
        fields = fields.replacing("Authorization", build_authorization(protocol))
    elif place == "query":
        url += ("&" if "?" in url else "?") + form_encode(protocol)
    else:
        fields = fields.replacing("Content-Type", FORM["Content-Type"])
        body = b"&".join(part for part in (body, form_encode(protocol).encode()) if part)
    return Signed(method, url, fields, body, text, signature, parameters)


def verify(verifier: Verifier[Any, Any], signed: Signed, now: float = NOW) -> Verified[Any, Any]:
    """What `signed` proves, sent as it is."""
    return verifier.verify(signed.method, signed.url, headers=signed.headers, body=signed.body, now=now)


def refusal(call: Callable[[], object]) -> Refused:
    """The refusal that `call` ends in."""
    with pytest.raises(Refused) as caught:
        call()
    return caught.value


def problem(verifier: Verifier[Any, Any], signed: Signed, now: float = NOW) -> tuple[str, int]:
    """The problem and the status that `signed` is refused with."""
    refused = refusal(lambda: verify(verifier, signed, now))
    return refused.problem, refused.status


def run(coroutine: Coroutine[Any, Any, R]) -> R:
    return asyncio.run(coroutine)


def together(number: int, call: Callable[[int], R]) -> list[R]:
    """What `call` returns in each of `number` threads that start at the same time."""
    barrier = Barrier(number)

    def one(index: int) -> R:
        barrier.wait()
        return call(index)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def sender(provider: Provider[Any, Any]) -> Callable[[Signed], Answer]:
    """What sends a leg's request to `provider`, and gives its answer."""
    endpoints = {
        SERVICE.request_token_url: provider.request_token,
        SERVICE.access_token_url: provider.access_token,
        f"{ORIGIN}/invalidate_token": provider.invalidate_token,
    }

    def send(signed: Signed) -> Answer:
        endpoint = endpoints[signed.url.partition("?")[0]]
        return endpoint(signed.method, signed.url, headers=signed.headers, body=signed.body)

    return send


def asender(provider: Provider[Any, Any]) -> Callable[[Signed], Coroutine[Any, Any, Answer]]:
    """:func:`sender`, for a provider with an asynchronous store."""
    endpoints = {
        SERVICE.request_token_url: provider.arequest_token,
        SERVICE.access_token_url: provider.aaccess_token,
        f"{ORIGIN}/invalidate_token": provider.ainvalidate_token,
    }

    async def send(signed: Signed) -> Answer:
        endpoint = endpoints[signed.url.partition("?")[0]]
        return await endpoint(signed.method, signed.url, headers=signed.headers, body=signed.body)

    return send


def handshake(callback: str = CALLBACK) -> Handshake:
    """The application's side of :data:`SERVICE`."""
    return Handshake(CONSUMER, SERVICE, callback=callback)


def person(verified: Verified[Any, Any]) -> Any:
    """Whose token it was."""
    assert verified.token is not None
    return verified.token.user
