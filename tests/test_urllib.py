"""Signing and sending with urllib, over real sockets."""

import io
import json
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPCookieProcessor, Request

import pytest
import trustme

import valetkey.urllib
from tests.clients import Legs, Walks, guarding
from tests.interop.tls import TlsProxy
from tests.loopback import Arrived, Loopback, always, serving
from tests.wire import CONSUMER, FORM, HELD, TOKEN, memory
from valetkey import (
    Answer,
    Clock,
    MemoryStore,
    Refused,
    ServiceError,
    Signed,
    Signer,
    Unsignable,
    Verified,
    Verifier,
)
from valetkey.protocol.encoding import form_decode
from valetkey.protocol.header import parse_authorization
from valetkey.sending import TIMEOUT
from valetkey.signer import Placement
from valetkey.urllib import opener, send

PLACEMENTS: list[Placement] = ["header", "query", "body"]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


def proved(
    service: Loopback, arrived: Arrived, store: MemoryStore | None = None, **options: Any
) -> Verified[Any, Any]:
    """What our own verifier says of what arrived."""
    return Verifier(store or memory(time.time), **options).verify(
        arrived.method, f"{service.origin}{arrived.target}", headers=arrived.headers, body=arrived.body
    )


def nonce(arrived: Arrived) -> str:
    return dict(parse_authorization(arrived.headers["Authorization"]).parameters)["oauth_nonce"]


def signer(**options: Any) -> Signer:
    return Signer(CONSUMER, HELD, **options)


# -- signing what is sent


@pytest.mark.rfc("3.4.1.2-2")
@pytest.mark.parametrize("placement", ["header", "query"])
def test_a_get_arrives_signed(placement: Placement) -> None:
    with serving(always(200, "hello")) as service:
        response = opener(signer(placement=placement)).open(
            f"{service.origin}/a%20b/%C3%A9?q=1&q=%26&f[]=x'", timeout=5
        )
        assert (response.status, response.read()) == (200, b"hello")
        verified = proved(service, service.last)
    assert service.last.method == "GET"
    assert service.last.headers["Host"] == urlsplit(service.origin).netloc
    assert service.last.body == b""
    assert verified.parameters == (("q", "1"), ("q", "&"), ("f[]", "x'"))
    assert ("Authorization" in service.last.headers) is (placement == "header")


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_form_arrives_signed_in_every_place(placement: Placement, method: str) -> None:
    with serving(always(200)) as service:
        request = Request(f"{service.origin}/x?q=1", data=b"status=h%C3%A9llo+w&x", method=method)
        opener(signer(placement=placement)).open(request, timeout=5).close()
        verified = proved(service, service.last)
    assert verified.parameters == (("q", "1"), ("status", "héllo w"), ("x", ""))
    assert verified.body_signed
    assert service.last.headers["Content-Length"] == str(len(service.last.body))


@pytest.mark.parametrize("placement", ["header", "query"])
def test_json_arrives_as_it_is_and_its_hash_where_it_is_asked_for(placement: Placement) -> None:
    body = json.dumps({"status": "é"}).encode()
    with serving(always(200)) as service:
        for hashed in (False, True):
            request = Request(f"{service.origin}/x", data=body, headers={"Content-Type": "application/json"})
            opener(signer(placement=placement, body_hash=hashed)).open(request, timeout=5).close()
            assert service.last.body == body
            assert proved(service, service.last).body_signed is hashed


def test_a_body_alone_carries_the_parameters_as_a_form() -> None:
    with serving(always(200)) as service:
        opener(signer(placement="body")).open(
            Request(f"{service.origin}/x", method="POST"), timeout=5
        ).close()
        assert proved(service, service.last).token is TOKEN
    assert service.last.headers["Content-Type"] == FORM["Content-Type"]


def test_what_the_caller_adds_arrives_beside_the_signature() -> None:
    with serving(always(200)) as service:
        request = Request(f"{service.origin}/x", headers={"X-One": "1", "Accept": "text/plain"})
        opener(signer(realm="R")).open(request, timeout=5).close()
    assert (service.last.headers["X-One"], service.last.headers["Accept"]) == ("1", "text/plain")
    assert parse_authorization(service.last.headers["Authorization"]).realm == "R"


def test_a_file_is_sent_where_it_is_no_form() -> None:
    with serving(always(200)) as service:
        headers = {"Content-Type": "image/png", "Content-Length": "3"}
        opener(signer()).open(
            Request(f"{service.origin}/x", data=io.BytesIO(b"png"), headers=headers), timeout=5
        ).close()
        assert service.last.body == b"png"
        assert not proved(service, service.last).body_signed


def test_a_form_has_to_be_octets() -> None:
    with serving(always(200)) as service:
        request = Request(f"{service.origin}/x", data=io.BytesIO(b"a=1"), headers={"Content-Length": "3"})
        with pytest.raises(Unsignable, match="body: a form must be given as octets"):
            opener(signer()).open(request, timeout=5)
    assert service.arrived == []


@pytest.mark.rfc("3.3-4")
@pytest.mark.abuse("A95")
def test_each_request_is_signed_afresh() -> None:
    with serving(always(200)) as service:
        client, store = opener(signer()), memory(time.time)
        for _ in range(3):
            client.open(f"{service.origin}/x", timeout=5).close()
            proved(service, service.last, store)
    assert len({nonce(arrived) for arrived in service.arrived}) == 3


@pytest.mark.abuse("A95")
def test_one_request_can_be_opened_again_and_is_signed_afresh() -> None:
    with serving(always(200)) as service:
        client, store = opener(signer()), memory(time.time)
        request = Request(f"{service.origin}/x", data=b"a=1")
        for _ in range(3):
            client.open(request, timeout=5).close()
            assert proved(service, service.last, store).parameters == (("a", "1"),)
    assert len({nonce(arrived) for arrived in service.arrived}) == 3


def test_a_refusal_is_raised_as_urllib_does() -> None:
    refused = Refused("nonce_used", "Sign again.")
    with serving(lambda arrived: refused.reply()) as service, pytest.raises(HTTPError) as caught:
        opener(signer()).open(f"{service.origin}/x", timeout=5)
    with caught.value as error:
        assert error.code == 401
        assert dict(form_decode(error.read()))["oauth_problem"] == "nonce_used"
    assert len(service.arrived) == 1


@pytest.mark.rfc("3.4.4-1")
@pytest.mark.abuse("A97")
@pytest.mark.rule(3)
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_plaintext_is_not_sent_over_http_to_another_computer(
    placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def refuse(*arguments: object, **options: object) -> None:
        asked.append(arguments)
        raise OSError("no network here")

    monkeypatch.setattr(socket, "create_connection", refuse)
    request = Request("http://api.example.com/x", data=b"a=1")
    with pytest.raises(Unsignable, match="everybody on the way can read the secrets"):
        opener(signer(signature_method="PLAINTEXT", placement=placement)).open(request, timeout=5)
    assert asked == []
    with pytest.raises(OSError, match="no network here"):
        opener(signer(signature_method="PLAINTEXT", placement=placement), insecure=True).open(
            Request("http://api.example.com/x", data=b"a=1"), timeout=5
        )
    with pytest.raises(OSError, match="no network here"):
        opener(signer(placement=placement)).open(Request("http://api.example.com/x", data=b"a=1"), timeout=5)


@pytest.mark.rfc("3.4.4-1")
def test_plaintext_is_sent_to_this_very_computer() -> None:
    with serving(always(200)) as service:
        opener(signer(signature_method="PLAINTEXT")).open(f"{service.origin}/x", timeout=5).close()
        assert proved(service, service.last, signature_methods=["PLAINTEXT"]).token is TOKEN


# -- redirects


def redirecting(code: int, location: str) -> Callable[[Arrived], Answer]:
    """Redirects whatever asks for ``/first``; answers all else with 200."""

    def answer(arrived: Arrived) -> Answer:
        if arrived.target.startswith("/first"):
            return Answer(code, {"Location": location})
        return Answer(200, {}, b"arrived")

    return answer


@pytest.mark.abuse("A90")
@pytest.mark.abuse("A95")
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("placement", ["header", "query"])
@pytest.mark.parametrize(
    "location", ["/second?x=1", "//{host}/second?x=1", "{origin}/second?x=1", "second?x=1"]
)
def test_a_redirect_to_the_same_origin_is_signed_afresh(
    code: int, placement: Placement, location: str
) -> None:
    place = [""]
    with serving(lambda arrived: redirecting(code, place[0])(arrived)) as service:
        place[0] = location.format(origin=service.origin, host=service.origin.partition("//")[2])
        response = opener(signer(placement=placement)).open(f"{service.origin}/first?q=1", timeout=5)
        assert response.read() == b"arrived"
        store = memory(time.time)
        first, second = service.arrived
        assert proved(service, first, store).parameters == (("q", "1"),)
        assert proved(service, second, store).parameters == (("x", "1"),)


@pytest.mark.abuse("A90")
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("placement", ["header", "query"])
def test_a_redirect_to_another_origin_carries_nothing_of_ours(code: int, placement: Placement) -> None:
    with serving(always(200)) as other:
        with serving(redirecting(code, f"{other.origin}/second?x=1")) as service:
            request = Request(f"{service.origin}/first", headers={"Cookie": "session=canary", "X-Kept": "1"})
            client = opener(signer(placement=placement))
            client.add_handler(HTTPCookieProcessor())
            assert client.open(request, timeout=5).status == 200
        assert len(service.arrived) == 1
        assert proved(service, service.last).token is TOKEN
        assert "Cookie" in service.last.headers
    assert other.last.target == "/second?x=1"
    assert other.last.headers["X-Kept"] == "1"
    assert b"oauth" not in other.last.octets.lower()
    assert b"canary" not in other.last.octets


@pytest.mark.abuse("A90")
@pytest.mark.parametrize("kind", ["host", "scheme in another case and port"])
def test_another_name_of_this_computer_is_another_origin(kind: str) -> None:
    with serving(always(200)) as other:
        port = other.origin.rpartition(":")[2]
        location = f"http://localhost:{port}/second" if kind == "host" else f"HTTP://127.0.0.1:{port}/second"
        with serving(redirecting(302, location)) as service:
            opener(signer()).open(f"{service.origin}/first", timeout=5).close()
    assert "Authorization" not in other.last.headers


@pytest.mark.abuse("A90")
def test_what_went_to_another_origin_and_comes_back_is_not_signed() -> None:
    back = [""]
    with serving(lambda arrived: Answer(302, {"Location": back[0]})) as other:
        with serving(redirecting(302, f"{other.origin}/there")) as service:
            back[0] = f"{service.origin}/second"
            opener(signer()).open(f"{service.origin}/first", timeout=5).close()
    assert "Authorization" in service.arrived[0].headers
    assert "Authorization" not in other.last.headers
    assert service.last.target == "/second"
    assert "Authorization" not in service.last.headers


@pytest.mark.abuse("A90")
def test_another_origin_that_redirects_within_itself_sees_no_signature() -> None:
    with serving(redirecting(302, "/second")) as other:
        with serving(redirecting(302, f"{other.origin}/first")) as service:
            opener(signer()).open(f"{service.origin}/first", timeout=5).close()
    assert [arrived.target for arrived in other.arrived] == ["/first", "/second"]
    assert not [arrived for arrived in other.arrived if "Authorization" in arrived.headers]


@pytest.mark.abuse("A90")
@pytest.mark.parametrize("code", [301, 302, 303])
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_a_form_that_is_redirected_becomes_a_get_without_its_body(code: int, placement: Placement) -> None:
    with serving(always(200)) as other, serving(redirecting(code, f"{other.origin}/second")) as service:
        opener(signer(placement=placement)).open(
            f"{service.origin}/first", b"secret=canary", timeout=5
        ).close()
    assert (other.last.method, other.last.body) == ("GET", b"")
    assert b"oauth" not in other.last.octets.lower()
    assert b"canary" not in other.last.octets


@pytest.mark.abuse("A90")
@pytest.mark.abuse("A95")
@pytest.mark.parametrize("code", [307, 308])
def test_a_form_is_never_posted_a_second_time_by_us(code: int) -> None:
    with serving(redirecting(code, "/second")) as service, pytest.raises(HTTPError) as caught:
        opener(signer()).open(f"{service.origin}/first", b"a=1", timeout=5)
    caught.value.close()
    assert [arrived.target for arrived in service.arrived] == ["/first"]


@pytest.mark.abuse("A90")
@pytest.mark.parametrize("elsewhere", [False, True], ids=["same origin", "another origin"])
def test_a_redirect_that_repeats_the_query_repeats_no_signature(elsewhere: bool) -> None:
    with serving(always(200)) as other:

        def echo(arrived: Arrived) -> Answer:
            if not arrived.target.startswith("/first?"):
                return Answer(200)
            origin = other.origin if elsewhere else ""
            return Answer(302, {"Location": f"{origin}/second?{arrived.target.partition('?')[2]}"})

        with serving(echo) as service:
            opener(signer(placement="query")).open(f"{service.origin}/first?q=1", timeout=5).close()
            if not elsewhere:
                store = memory(time.time)
                assert [proved(service, arrived, store).parameters for arrived in service.arrived] == [
                    (("q", "1"),)
                ] * 2
    if elsewhere:
        assert other.last.target == "/second?q=1"


def test_a_redirect_keeps_the_token_in_its_address_where_the_signature_is_in_the_header() -> None:
    with serving(always(200)) as other:
        onward = f"{other.origin}/authorize?oauth_token=t"
        with serving(always(302, headers={"Location": onward})) as service:
            opener(signer()).open(f"{service.origin}/first", timeout=5).close()
    assert other.last.target == "/authorize?oauth_token=t"


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_a_request_that_its_caller_changed_is_signed_as_it_then_is(placement: Placement) -> None:
    with serving(always(200)) as service:
        client = opener(signer(placement=placement))
        request = Request(f"{service.origin}/x?page=1", data=b"a=1")
        client.open(request, timeout=5).close()
        request.full_url, request.data = f"{service.origin}/x?page=2", b"a=2"
        client.open(request, timeout=5).close()
        parameters = proved(service, service.last).parameters
    assert sorted(parameters) == [("a", "2"), ("page", "2")]


# -- send


def asking(service: Loopback, **options: Any) -> Signed:
    return signer(**options).sign(
        "POST", f"{service.origin}/token", headers=FORM, body="a=1", oauth={"oauth_callback": "oob"}
    )


@pytest.mark.abuse("A94")
@pytest.mark.parametrize("location", ["http://[oops", "//", "javascript:1", "/x y"])
def test_a_redirect_to_nowhere_is_an_answer_like_any_other(location: str) -> None:
    with serving(always(302, headers={"Location": location})) as service:
        assert send(asking(service)).status == 302


def test_a_connection_that_is_refused_is_a_service_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(ServiceError, match=f"{origin} doesn't answer: .*refused") as caught:
        send(signer().sign("GET", f"{origin}/token"))
    assert isinstance(caught.value.__cause__, OSError)


def test_a_host_that_does_not_exist_is_a_service_error() -> None:
    with pytest.raises(ServiceError, match=r"https://nobody\.invalid doesn't answer: "):
        send(signer().sign("GET", "https://nobody.invalid/"))


@pytest.mark.rfc("4.3-1")
def test_only_a_server_whose_certificate_names_it_is_sent_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with (
        authority.cert_pem.tempfile() as bundle,
        serving(always(200, "hello")) as service,
        TlsProxy(context) as proxy,
    ):
        proxy.forward_to(service.origin)
        signed = signer().sign("GET", f"{proxy.origin}/token")
        with pytest.raises(ServiceError, match="certificate verify failed"):
            send(signed)
        monkeypatch.setenv("SSL_CERT_FILE", bundle)
        with pytest.raises(ServiceError, match=r"certificate verify failed.*127"):
            send(signer().sign("GET", f"{proxy.origin.replace('localhost', '127.0.0.1')}/token"))
        assert service.arrived == []
        assert send(signed).body == b"hello"


@pytest.mark.rfc("1-1")
@pytest.mark.abuse("A99")
@pytest.mark.parametrize("url", ["ftp://localhost/x", "file://localhost/etc/passwd", "gopher://localhost/"])
def test_only_http_is_sent(url: str) -> None:
    with pytest.raises(Unsignable, match="url: it can't be sent: use https or http"):
        send(signer().sign("GET", url))


def test_the_default_timeout_is_half_a_minute() -> None:
    assert TIMEOUT == 30


# -- all three legs


class TestLegs(Walks):
    @pytest.fixture
    def legs(self) -> Legs:
        return valetkey.urllib


# -- a clock that is off


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("off", [-7200, 7200])
def test_a_clock_that_is_off_is_set_by_the_refusal_and_stays_so(placement: Placement, off: int) -> None:
    clock = Clock(time=lambda: time.time() + off)
    client = opener(signer(placement=placement), clock=clock)
    with guarding(always(200)) as service:
        for _ in range(2):
            client.open(f"{service.origin}/x", b"a=1", timeout=5).close()
    assert len(service.arrived) == 3, "the first call twice, the second once"


@pytest.mark.abuse("A94")
def test_a_service_whose_time_jumps_is_asked_twice_and_no_more() -> None:
    dates = iter([f"Tue, 01 Dec 2026 {hour}:00:00 GMT" for hour in ("08", "10", "12")])
    clock = Clock(time=lambda: 1_796_104_800)  # 06:00 of that day
    with serving(lambda arrived: Answer(401, {"Date": next(dates)})) as service:
        with pytest.raises(HTTPError) as caught:
            opener(signer(), clock=clock).open(f"{service.origin}/x", timeout=5)
        caught.value.close()
    assert len(service.arrived) == 2


@pytest.mark.abuse("A90")
def test_another_origin_sets_no_clock() -> None:
    clock = Clock(time=lambda: 1_796_104_800)
    with serving(always(401, headers={"Date": "Tue, 01 Dec 2026 08:00:00 GMT"})) as other:
        with serving(redirecting(302, f"{other.origin}/there")) as service:
            with pytest.raises(HTTPError) as caught:
                opener(signer(), clock=clock).open(f"{service.origin}/first", timeout=5)
            caught.value.close()
    assert (clock.offset, len(other.arrived)) == (0, 1)
