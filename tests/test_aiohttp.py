"""Signing with aiohttp, over real sockets."""

import asyncio
import io
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import aiohttp
import pytest

import valetkey.aiohttp
from tests.clients import (
    CODES,
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
from tests.wire import FORM, signer
from valetkey import AccessToken, Answer, Handshake, RequestToken, Signed, Unsignable
from valetkey.aiohttp import OAuth1
from valetkey.signer import Placement


async def pieces_of(pieces: tuple[bytes, ...]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def body_of(call: Call) -> dict[str, Any]:
    """The call's body, as aiohttp takes it."""
    if call.file is not None:
        form = aiohttp.FormData()
        form.add_field("media", io.BytesIO(call.file), filename="a.png")
        return {"data": form}
    if call.pieces is not None:
        return {"data": pieces_of(call.pieces)}
    if call.stream is not None:
        return {"data": io.BytesIO(call.stream)}
    return {"json": call.json} if call.json is not None else {"data": call.form or call.octets}


def options_of(call: Call) -> dict[str, Any]:
    trusting = ssl.create_default_context(cafile=call.bundle) if call.bundle else True
    return {
        "params": call.query,
        "headers": dict(call.headers),
        "allow_redirects": call.follow,
        "proxy": call.proxy,
        "ssl": trusting,
        **body_of(call),
    }


def middleware_of(call: Call) -> OAuth1:
    return OAuth1(call.signer, insecure=call.insecure, clock=call.clock)


def with_a_sessions_middleware(call: Call) -> Reply:
    async def send() -> Reply:
        async with aiohttp.ClientSession(middlewares=[middleware_of(call)]) as session:
            async with session.request(call.method, call.url, **options_of(call)) as answer:
                return Reply(answer.status, await answer.read())

    return asyncio.run(send())


def with_a_calls_middleware(call: Call) -> Reply:
    async def send() -> Reply:
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            options = options_of(call) | {"middlewares": [middleware_of(call)]}
            async with session.request(call.method, call.url, **options) as answer:
                return Reply(answer.status, await answer.read())

    return asyncio.run(send())


CALLERS: dict[str, Caller] = {
    "a session's middleware": with_a_sessions_middleware,
    "a call's middleware, without a timeout": with_a_calls_middleware,
}


@pytest.fixture(params=CALLERS.values(), ids=list(CALLERS))
def call(request: pytest.FixtureRequest) -> Caller:
    made: Caller = request.param
    return made


class Helpers:
    """The helpers, each run to its end."""

    def send(self, signed: Signed, *, timeout: float = 30) -> Answer:
        return asyncio.run(valetkey.aiohttp.send(signed, timeout=timeout))

    def fetch_request_token(self, handshake: Handshake) -> RequestToken:
        return asyncio.run(valetkey.aiohttp.fetch_request_token(handshake))

    def fetch_access_token(self, handshake: Handshake, token: RequestToken, verifier: str) -> AccessToken:
        return asyncio.run(valetkey.aiohttp.fetch_access_token(handshake, token, verifier))

    def authorize(self, handshake: Handshake, ask: Callable[[str], str]) -> AccessToken:
        async def asked(page: str) -> str:
            return ask(page)

        return asyncio.run(valetkey.aiohttp.authorize(handshake, asked))


@pytest.fixture
def legs() -> Legs:
    return Helpers()


class TestSigning(Signs):
    refusals = (ValueError, aiohttp.ClientError)
    distrust = (aiohttp.ClientConnectorError,)


class TestLegs(Walks):
    pass


# -- what is aiohttp's own


@pytest.mark.abuse("A90")
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_each_hop_is_signed_before_it_is_refused(call: Caller, code: int, placement: Placement) -> None:
    with guarding(redirecting(code, lambda: "/second")) as service:
        made = Call(signer(placement=placement), "POST", f"{service.origin}/first", form=(("a", "1"),))
        assert call(made).status == 200
    assert len(service.arrived) == 2


@pytest.mark.abuse("A90")
def test_a_redirect_from_http_to_https_at_the_same_host_carries_no_header(call: Caller) -> None:
    with upgrading("a.example") as (proxy, bundle):
        made = Call(signer(), "GET", "http://a.example/first", proxy=proxy.origin, bundle=bundle)
        assert call(made).status == 200
    assert [arrived.method for arrived in proxy.arrived] == ["GET", "CONNECT", "GET"]
    assert "Authorization" in proxy.arrived[0].headers
    assert is_bare(proxy.last)


def test_a_new_call_to_another_origin_is_signed_even_after_a_redirect_there() -> None:
    with serving(always(200)) as other:
        with serving(redirecting(302, lambda: f"{other.origin}/there")) as service:

            async def calls() -> None:
                async with aiohttp.ClientSession(middlewares=[OAuth1(signer())]) as session:
                    for follow in (True, False):
                        url = f"{service.origin}/first"
                        async with session.get(url, allow_redirects=follow) as answer:
                            location = answer.headers.get("Location", f"{other.origin}/there")
                        async with session.get(location):
                            pass

            asyncio.run(calls())
    assert [is_bare(arrived) for arrived in other.arrived] == [True, False, False]


@pytest.mark.abuse("A90")
def test_calls_at_the_same_time_do_not_mix_up_where_they_are() -> None:
    with serving(always(200)) as other:
        with serving(redirecting(302, lambda: f"{other.origin}/there")) as service:

            async def calls() -> None:
                async with aiohttp.ClientSession(middlewares=[OAuth1(signer())]) as session:

                    async def get(path: str) -> None:
                        async with session.get(f"{service.origin}{path}") as answer:
                            assert answer.status == 200

                    await asyncio.gather(*(get(path) for path in ["/first", "/second"] * 20))

            asyncio.run(calls())
    assert len(other.arrived) == 20
    assert all(is_bare(arrived) for arrived in other.arrived)
    assert not [arrived for arrived in service.arrived if is_bare(arrived)]


def test_a_form_that_is_compressed_is_refused() -> None:
    async def compressed(origin: str) -> None:
        async with aiohttp.ClientSession(middlewares=[OAuth1(signer())]) as session:
            await session.post(f"{origin}/x", data={"a": "1"}, compress="gzip")

    with serving(always(200)) as service, pytest.raises(Unsignable, match="a form must be given as octets"):
        asyncio.run(compressed(service.origin))
    assert service.arrived == []


def test_a_form_that_is_given_as_text_with_its_type_is_signed(call: Caller) -> None:
    with serving(always(200)) as service:
        call(Call(signer(), "POST", f"{service.origin}/x", headers=FORM, octets=b"a=1&b=%C3%A9"))
        assert proved(service, service.last).parameters == (("a", "1"), ("b", "é"))


def test_a_session_lends_a_leg_no_middleware() -> None:
    async def leg(origin: str) -> None:
        async with aiohttp.ClientSession(middlewares=[OAuth1(signer())]) as session:
            await valetkey.aiohttp.send(signer().sign("POST", f"{origin}/token"), session=session)

    with serving(always(200)) as service:
        asyncio.run(leg(service.origin))
        assert proved(service, service.last)


@pytest.mark.parametrize("path", ["/x|y", "/x?q=a'b", "/x?q=[", "/%c3%a9?q=%c3%a9", "/a/../b", "/x?q=`^"])
def test_an_address_is_sent_as_it_was_signed_or_not_at_all(path: str) -> None:
    with serving(always(200)) as service:
        with suppress(Unsignable):
            asyncio.run(valetkey.aiohttp.send(signer().sign("POST", f"{service.origin}{path}")))
        for arrived in service.arrived:
            assert proved(service, arrived)


def test_others_go_on_while_a_person_decides() -> None:
    assert steps_while_a_person_decides(valetkey.aiohttp.authorize) == ["asked", "another"]
