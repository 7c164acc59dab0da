"""Signing with httpx and httpx2, sync and async, over real sockets."""

import asyncio
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import httpx
import httpx2
import pytest

import valetkey.httpx
from tests.clients import (
    PLACEMENTS,
    Call,
    Caller,
    Legs,
    Reply,
    Signs,
    Walks,
    guarding,
    is_bare,
    proved,
    redirecting,
    steps_while_a_person_decides,
    upgrading,
)
from tests.loopback import always, serving
from tests.wire import signer
from valetkey import AccessToken, Answer, Handshake, RequestToken, Signed, Unsignable
from valetkey.httpx import AsyncOAuth1Transport, OAuth1, OAuth1Transport
from valetkey.signer import Placement

LIBRARIES: dict[str, Any] = {"httpx": httpx, "httpx2": httpx2}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")


async def pieces_of(pieces: tuple[bytes, ...]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def body_of(call: Call, *, is_async: bool) -> dict[str, Any]:
    """The call's body, as httpx takes it."""
    if call.file is not None:
        return {"files": {"media": ("a.png", call.file)}}
    if call.form is not None:
        names = dict.fromkeys(name for name, _ in call.form)
        return {"data": {name: [value for key, value in call.form if key == name] for name in names}}
    streamed = (call.stream,) if call.stream is not None else call.pieces
    if streamed is not None:
        content = pieces_of(streamed) if is_async else iter(streamed)
        return {"content": content}
    return {"content": call.octets, "json": call.json}


def request_of(call: Call, *, is_async: bool = False) -> dict[str, Any]:
    return {
        "method": call.method,
        "url": call.url,
        "params": call.query or None,
        "headers": dict(call.headers),
        "follow_redirects": call.follow,
        **body_of(call, is_async=is_async),
    }


# Made once: each client would read all certificates of this machine, and most tests need none.
NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def options_of(call: Call) -> dict[str, Any]:
    if call.bundle:
        return {"timeout": 10, "verify": ssl.create_default_context(cafile=call.bundle)}
    return {"timeout": 10, "verify": True if call.url.startswith("https:") else NOBODY}


def with_auth(library: Any) -> Caller:
    def call(call: Call) -> Reply:
        auth = OAuth1(call.signer, insecure=call.insecure, clock=call.clock)
        with library.Client(auth=auth, proxy=call.proxy, **options_of(call)) as client:
            answer = client.request(**request_of(call))
            return Reply(answer.status_code, answer.content)

    return call


def with_async_auth(library: Any) -> Caller:
    async def send(call: Call) -> Reply:
        auth = OAuth1(call.signer, insecure=call.insecure, clock=call.clock)
        async with library.AsyncClient(auth=auth, proxy=call.proxy, **options_of(call)) as client:
            answer = await client.request(**request_of(call, is_async=True))
            return Reply(answer.status_code, answer.content)

    return lambda call: asyncio.run(send(call))


def with_transport(library: Any) -> Caller:
    def call(call: Call) -> Reply:
        options = options_of(call)
        plain = library.HTTPTransport(verify=options["verify"], proxy=call.proxy)
        signing = OAuth1Transport(call.signer, plain, insecure=call.insecure, clock=call.clock)
        with library.Client(transport=signing, timeout=10) as client:
            answer = client.request(**request_of(call))
            return Reply(answer.status_code, answer.content)

    return call


def with_async_transport(library: Any) -> Caller:
    async def send(call: Call) -> Reply:
        options = options_of(call)
        plain = library.AsyncHTTPTransport(verify=options["verify"], proxy=call.proxy)
        signing = AsyncOAuth1Transport(call.signer, plain, insecure=call.insecure, clock=call.clock)
        async with library.AsyncClient(transport=signing, timeout=10) as client:
            answer = await client.request(**request_of(call, is_async=True))
            return Reply(answer.status_code, answer.content)

    return lambda call: asyncio.run(send(call))


def callers(*makers: Callable[[Any], Caller]) -> list[Any]:
    return [
        pytest.param(make(library), id=f"{name} {make.__name__.removeprefix('with_')}")
        for name, library in LIBRARIES.items()
        for make in makers
    ]


FAILURES = (httpx.HTTPError, httpx2.HTTPError, httpx.InvalidURL, httpx2.InvalidURL)


class TestAuth(Signs):
    refusals = (ValueError, *FAILURES)
    distrust = (httpx.ConnectError, httpx2.ConnectError)
    forms_go_elsewhere = False

    @pytest.fixture(params=callers(with_auth, with_async_auth))
    def call(self, request: pytest.FixtureRequest) -> Caller:
        made: Caller = request.param
        return made


class TestTransport(Signs):
    refusals = (ValueError, *FAILURES)
    distrust = (httpx.ConnectError, httpx2.ConnectError)

    @pytest.fixture(params=callers(with_transport, with_async_transport))
    def call(self, request: pytest.FixtureRequest) -> Caller:
        made: Caller = request.param
        return made


class Async:
    """The asynchronous helpers, each run to its end."""

    def send(self, signed: Signed, *, timeout: float = 30) -> Answer:
        return asyncio.run(valetkey.httpx.asend(signed, timeout=timeout))

    def fetch_request_token(self, handshake: Handshake) -> RequestToken:
        return asyncio.run(valetkey.httpx.afetch_request_token(handshake))

    def fetch_access_token(self, handshake: Handshake, token: RequestToken, verifier: str) -> AccessToken:
        return asyncio.run(valetkey.httpx.afetch_access_token(handshake, token, verifier))

    def authorize(self, handshake: Handshake, ask: Callable[[str], str]) -> AccessToken:
        async def aask(page: str) -> str:
            return ask(page)

        return asyncio.run(valetkey.httpx.aauthorize(handshake, aask))


class TestLegs(Walks):
    @pytest.fixture
    def legs(self) -> Legs:
        return valetkey.httpx


class TestAsyncLegs(Walks):
    @pytest.fixture
    def legs(self) -> Legs:
        return Async()


# -- what is httpx's own


@pytest.mark.parametrize("library", LIBRARIES.values(), ids=list(LIBRARIES))
def test_it_is_an_auth_and_a_transport_of_each_library(library: Any) -> None:
    assert isinstance(OAuth1(signer()), library.Auth)
    assert isinstance(OAuth1Transport(signer(), library.HTTPTransport()), library.BaseTransport)
    asynchronous = AsyncOAuth1Transport(signer(), library.AsyncHTTPTransport())
    assert isinstance(asynchronous, library.AsyncBaseTransport)


@pytest.mark.parametrize("name", ["httpx", "httpx2"])
def test_one_of_the_two_libraries_is_enough(name: str) -> None:
    other = {"httpx": "httpx2", "httpx2": "httpx"}[name]
    code = f"""
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda wanted, *rest: None if wanted == {other!r} else find(wanted, *rest)
sys.modules[{other!r}] = None
import valetkey.httpx, {name}
from valetkey import Consumer, Signer
auth = valetkey.httpx.OAuth1(Signer(Consumer("k", "s")))
assert isinstance(auth, {name}.Auth)
print(next(auth.sync_auth_flow({name}.Request("GET", "https://a.example/"))).headers["Authorization"][:5])
"""
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("OAuth\n", "")


def test_without_either_library_it_says_what_to_install() -> None:
    code = """
import importlib.util
importlib.util.find_spec = lambda *wanted: None
import valetkey.httpx
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "valetkey.httpx needs httpx2 or httpx: install valetkey[httpx2]" in run.stderr


@pytest.mark.abuse("A90")
@pytest.mark.parametrize("make", [with_transport, with_async_transport])
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_the_transport_signs_each_hop_before_it_is_refused(
    make: Callable[[Any], Caller], placement: Placement
) -> None:
    with guarding(redirecting(307, lambda: "/second")) as service:
        made = Call(signer(placement=placement), "POST", f"{service.origin}/first", form=(("a", "1"),))
        assert make(httpx2)(made).status == 200
    assert len(service.arrived) == 2


@pytest.mark.abuse("A95")
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_a_request_that_is_sent_again_is_signed_afresh(placement: Placement) -> None:
    auth = OAuth1(signer(placement=placement))
    with guarding(always(200)) as service, httpx2.Client(auth=auth) as client:
        request = client.build_request("POST", f"{service.origin}/x?q=1", data={"a": "1"})
        assert [client.send(request).status_code for _ in range(3)] == [200] * 3


def test_what_the_caller_traces_is_traced_still() -> None:
    events: list[str] = []
    auth = OAuth1(signer(placement="query"))
    with serving(always(200)) as service, httpx2.Client(auth=auth) as client:
        trace = {"trace": lambda event, info: events.append(event)}
        client.get(f"{service.origin}/x", extensions=trace)
    assert "http11.send_request_headers.started" in events


@pytest.mark.abuse("A90")
@pytest.mark.parametrize("make", [with_auth, with_async_auth, with_transport, with_async_transport])
@pytest.mark.parametrize("library", LIBRARIES.values(), ids=list(LIBRARIES))
def test_a_redirect_from_http_to_https_at_the_same_host_carries_no_header(
    library: Any, make: Callable[[Any], Caller]
) -> None:
    with upgrading("a.example") as (proxy, bundle):
        made = Call(signer(), "GET", "http://a.example/first", proxy=proxy.origin, bundle=bundle)
        assert make(library)(made).status == 200
    assert [arrived.method for arrived in proxy.arrived] == ["GET", "CONNECT", "GET"]
    assert "Authorization" in proxy.arrived[0].headers
    assert is_bare(proxy.last)


def test_a_client_lends_a_leg_neither_its_headers_nor_its_auth() -> None:
    canary: dict[str, Any] = {
        "headers": {"X-Canary": "c"},
        "auth": ("canary", "c"),
        "cookies": {"canary": "c"},
    }
    with serving(always(200)) as service, httpx2.Client(**canary) as client:
        valetkey.httpx.send(signer().sign("POST", f"{service.origin}/token"), client=client)
        assert proved(service, service.last)
    assert b"canary" not in service.last.octets.lower()


@pytest.mark.parametrize("path", ["/x|y", "/x?q=a'b", "/x?q=[", "/%c3%a9?q=%c3%a9", "/a/../b", "/x?q=`^"])
def test_an_address_is_sent_as_it_was_signed_or_not_at_all(path: str) -> None:
    with serving(always(200)) as service:
        with suppress(Unsignable):
            valetkey.httpx.send(signer().sign("POST", f"{service.origin}{path}"))
        for arrived in service.arrived:
            assert proved(service, arrived)


def test_an_address_that_httpx_would_change_is_not_sent() -> None:
    with serving(always(200)) as service, pytest.raises(Unsignable, match="it would be sent as"):
        valetkey.httpx.send(signer().sign("POST", f"{service.origin.replace('http', 'HTTP')}/x"))
    assert service.arrived == []


def test_others_go_on_while_a_person_decides() -> None:
    assert steps_while_a_person_decides(valetkey.httpx.aauthorize) == ["asked", "another"]
