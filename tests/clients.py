"""What every client adapter keeps to, over real sockets: one set of tests, run with each adapter.

An adapter's own test file says how a call is made with its library, and gets these tests by a subclass of
:class:`Signs` and of :class:`Walks`.
"""

import asyncio
import gzip
import json
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import pytest
import trustme
from oauthlib.oauth1 import RequestValidator, ResourceEndpoint

from tests.hostile import HOSTILE, IN_TIME, SAID, Speaking, speaking
from tests.loopback import Answering, Arrived, Loopback, always, serving
from tests.wire import CALLBACK, CONSUMER, FORM, HELD, TOKEN, memory, signer
from valetkey import (
    AccessToken,
    Answer,
    BadCallback,
    Clock,
    Denied,
    Handshake,
    MemoryStore,
    Provider,
    Refused,
    RequestToken,
    Service,
    ServiceError,
    Signed,
    Signer,
    Unsignable,
    Verified,
    Verifier,
)
from valetkey.protocol.encoding import form_decode
from valetkey.protocol.header import parse_authorization
from valetkey.sending import MAX_OCTETS
from valetkey.signer import Placement
from valetkey.stores.memory import MemoryConsumer

PLACEMENTS: list[Placement] = ["header", "query", "body"]
CODES = [301, 302, 303, 307, 308]


# -- how a call is made


@dataclass(frozen=True)
class Call:
    """A request in a library's own terms: what each of them can be asked for."""

    signer: Signer
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    form: tuple[tuple[str, str], ...] | None = None
    json: object = None
    octets: bytes | None = None
    file: bytes | None = None  # in a multipart body
    stream: bytes | None = None  # from a file
    pieces: tuple[bytes, ...] | None = None  # from a generator
    follow: bool = True
    insecure: bool = False
    clock: Clock | None = None
    proxy: str | None = None
    bundle: str | None = None  # the certificates to trust


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes


class Caller(Protocol):
    """Makes a call with one library."""

    def __call__(self, call: Call) -> Reply: ...


class Legs(Protocol):
    """An adapter's helpers for the three legs; those of an asynchronous one, run to their end."""

    def send(self, signed: Signed, *, timeout: float = 30) -> Answer: ...
    def fetch_request_token(self, handshake: Handshake) -> RequestToken: ...
    def fetch_access_token(self, handshake: Handshake, token: RequestToken, verifier: str) -> AccessToken: ...
    def authorize(self, handshake: Handshake, ask: Callable[[str], str]) -> AccessToken: ...


# -- what the far end says


def proved(
    service: Loopback, arrived: Arrived, store: MemoryStore | None = None, **options: Any
) -> Verified[Any, Any]:
    """What our own verifier says of what arrived."""
    url = arrived.target if arrived.target.startswith("http") else f"{service.origin}{arrived.target}"
    return Verifier(store or memory(time.time), **options).verify(
        arrived.method, url, headers=arrived.headers, body=arrived.body
    )


class OauthlibStore(RequestValidator):  # type: ignore[misc]  # oauthlib has no types
    """The same consumer and token, for oauthlib's verifier."""

    enforce_ssl = False
    allowed_signature_methods = ("HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "PLAINTEXT")
    dummy_client = dummy_access_token = "nobody"
    nonce_length = (1, 255)

    def check_client_key(self, client_key: str) -> bool:
        return client_key == CONSUMER.key

    def check_access_token(self, request_token: str) -> bool:
        return request_token == TOKEN.key

    validate_client_key = validate_access_token = validate_timestamp_and_nonce = validate_realms = (
        lambda self, *claim, **options: True
    )

    def get_client_secret(self, client_key: str, request: object) -> str:
        return CONSUMER.secret

    def get_access_token_secret(self, client_key: str, token: str, request: object) -> str:
        return TOKEN.secret


def oauthlib_accepts(service: Loopback, arrived: Arrived) -> bool:
    body = arrived.body.decode() if FORM["Content-Type"] in arrived.headers.get("Content-Type", "") else None
    valid, _ = ResourceEndpoint(OauthlibStore()).validate_protected_resource_request(
        f"{service.origin}{arrived.target}", arrived.method, body, dict(arrived.headers)
    )
    return bool(valid)


def protocol(arrived: Arrived) -> dict[str, str]:
    """The protocol parameters of what arrived, wherever they are."""
    header = arrived.headers.get("Authorization")
    pairs = [
        *(parse_authorization(header).parameters if header else ()),
        *parse_qsl(urlsplit(arrived.target).query),
        *parse_qsl(arrived.body.decode("latin-1")),
    ]
    return {name: value for name, value in pairs if name.startswith("oauth_")}


def is_bare(arrived: Arrived) -> bool:
    """Whether nothing of a signature arrived."""
    return b"oauth" not in arrived.octets.lower() and "Authorization" not in arrived.headers


def guarded(service: Callable[[], Loopback], store: MemoryStore, then: Answering) -> Answering:
    """Answers only what our verifier proves, each nonce once; all else with its refusal."""

    def answer(arrived: Arrived) -> Answer | None:
        try:
            proved(service(), arrived, store)
        except Refused as refused:
            return refused.reply()
        return then(arrived)

    return answer


@contextmanager
def guarding(then: Answering, store: MemoryStore | None = None) -> Iterator[Loopback]:
    """A service that has :func:`guarded` for all that it answers, and says what time it is."""
    place: list[Loopback] = []
    with serving(_dated(guarded(lambda: place[0], store or memory(time.time), then))) as service:
        place.append(service)
        yield service


def redirecting(code: int, location: Callable[[], str]) -> Callable[[Arrived], Answer]:
    """Redirects whatever asks for ``/first``; answers all else with 200."""

    def answer(arrived: Arrived) -> Answer:
        if arrived.target.startswith("/first"):
            return Answer(code, {"Location": location()})
        return Answer(200, {}, b"arrived")

    return answer


@contextmanager
def certified(**options: Any) -> Iterator[tuple[ssl.SSLContext, str]]:
    """A certificate for this computer, and the file that makes it trusted."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", **options).configure_cert(context)
    with authority.cert_pem.tempfile() as bundle:
        yield context, bundle


@contextmanager
def upgrading(host: str) -> Iterator[tuple[Loopback, str]]:
    """A proxy to a `host` that redirects from http to https, both at their default ports; and the file that
    makes its certificate trusted.
    """
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    onward = {"Location": f"https://{host}/second"}

    def answer(arrived: Arrived) -> Answer:
        return Answer(301, onward) if arrived.target.startswith("http://") else Answer(200)

    with authority.cert_pem.tempfile() as bundle, serving(answer, tunnel=context) as proxy:
        yield proxy, bundle


# What each library makes of a body: the fields of a call, the octets that are to arrive, and the parameters.
BODIES: dict[str, tuple[dict[str, Any], bytes | None, tuple[tuple[str, str], ...]]] = {
    "no body": ({}, b"", ()),
    "a form": (
        {"form": (("status", "héllo w~'+&=%"), ("a[]", "1"), ("a[]", ""), ("x", "1"))},
        None,
        (("status", "héllo w~'+&=%"), ("a[]", "1"), ("a[]", ""), ("x", "1")),
    ),
    "JSON": ({"json": {"status": "é"}}, None, ()),
    "octets": ({"octets": b"\x00\xff&a=1"}, b"\x00\xff&a=1", ()),
    "a file in a multipart": ({"file": b"\x89PNG\r\n"}, None, ()),
    "a file": ({"stream": b"\x89PNG\r\n" * 9}, b"\x89PNG\r\n" * 9, ()),
    "a generator": ({"pieces": (b"one", b"two")}, b"onetwo", ()),
}
SENDING = [
    pytest.param(method, placement, kind, id=f"{method}, {kind}, signed in the {placement}")
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
    for placement in PLACEMENTS
    for kind in BODIES
    if (kind == "no body" or method in ("POST", "PUT", "PATCH"))
    and (placement != "body" or (kind in ("no body", "a form") and method in ("POST", "PUT", "PATCH")))
]

# Addresses as people write them, and the parameters that they mean.
ADDRESSES: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "brackets": ("/x?f[]=1&s[a][b]=2", (("f[]", "1"), ("s[a][b]", "2"))),
    "an apostrophe": ("/x'y?q=it's", (("q", "it's"),)),
    "a tilde that is escaped": ("/%7Ex?q=%7E~", (("q", "~~"),)),
    "blanks": ("/a%20b?q=a+b%20c", (("q", "a b c"),)),
    "letters outside ASCII": ("/é/%C3%A9?q=é%C3%A9", (("q", "éé"),)),
    "small letters in an escape": ("/%c3%a9/%2f?q=%c3%a9", (("q", "é"),)),
    "reserved characters": ("/a(b)!*,;=@:$?q=(!*,;:@$/?)", (("q", "(!*,;:@$/?)"),)),
    "an empty query": ("/x?", ()),
    "empty values": ("/x?a&b=&&c==", (("a", ""), ("b", ""), ("c", "="))),
    "a fragment": ("/x?a=1#b", (("a", "1"),)),
    "double slashes": ("//a//b/?a=1", (("a", "1"),)),
    "the same name twice, not sorted": ("/x?b=2&a=&b=1", (("b", "2"), ("a", ""), ("b", "1"))),
}


class Signs:
    """What an adapter signs, and where its signatures go. A subclass gives the fixture `call`."""

    #: What the library raises for a header that can't be sent.
    refusals: tuple[type[Exception], ...] = (ValueError,)
    #: What it raises for a certificate that it doesn't trust.
    distrust: tuple[type[Exception], ...] = (OSError,)
    #: Whether a form signed in its body goes on to another origin, without the signature, or is held back.
    forms_go_elsewhere = True

    # -- signing what is sent

    @pytest.mark.parametrize(("method", "placement", "kind"), SENDING)
    def test_what_is_sent_is_what_was_signed(
        self, call: Caller, method: str, placement: Placement, kind: str
    ) -> None:
        body, octets, parameters = BODIES[kind]
        with serving(always(200, "" if method == "HEAD" else "hello")) as service:
            reply = call(Call(signer(placement=placement), method, f"{service.origin}/x?q=1", **body))
            assert reply.status == 200
            verified = proved(service, service.last)
            assert oauthlib_accepts(service, service.last)
        arrived = service.last
        assert arrived.method == method
        assert verified.parameters == (("q", "1"), *parameters)
        if arrived.body:
            assert verified.body_signed is (kind == "a form" or placement == "body")
        assert ("Authorization" in arrived.headers) is (placement == "header")
        if octets is not None and placement != "body":
            assert arrived.body == octets
        if kind == "JSON":
            assert json.loads(arrived.body) == body["json"]
        if kind == "a file in a multipart":
            assert arrived.headers["Content-Type"].startswith("multipart/form-data")
            assert body["file"] in arrived.body

    @pytest.mark.parametrize("placement", ["header", "query"])
    @pytest.mark.parametrize("name", ADDRESSES)
    def test_an_address_is_signed_as_the_library_sends_it(
        self, call: Caller, placement: Placement, name: str
    ) -> None:
        address, parameters = ADDRESSES[name]
        with serving(always(200)) as service:
            call(Call(signer(placement=placement), "GET", f"{service.origin}{address}"))
            assert proved(service, service.last).parameters == parameters
            readable = "[" not in service.last.target  # oauthlib refuses a query with a bracket in it
            assert not readable or oauthlib_accepts(service, service.last)

    @pytest.mark.parametrize("placement", ["header", "query"])
    def test_what_the_library_adds_to_the_query_is_signed(self, call: Caller, placement: Placement) -> None:
        query = (("f[]", "x'"), ("q", "a b~&"), ("f[]", "é"))
        with serving(always(200)) as service:
            call(Call(signer(placement=placement), "GET", f"{service.origin}/x", query=query))
            assert sorted(proved(service, service.last).parameters) == sorted(query)

    @pytest.mark.parametrize("placement", ["header", "query"])
    def test_a_host_outside_ascii_is_signed_as_it_is_sent(self, call: Caller, placement: Placement) -> None:
        with serving(always(200)) as proxy:
            call(Call(signer(placement=placement), "GET", "http://bücher.example/x?q=1", proxy=proxy.origin))
            assert proxy.last.headers["Host"] == "xn--bcher-kva.example"
            assert proxy.last.target.startswith("http://xn--bcher-kva.example/x?q=1")
            assert proved(proxy, proxy.last).parameters == (("q", "1"),)

    @pytest.mark.parametrize("kind", ["JSON", "octets"])
    def test_a_body_that_is_no_form_is_covered_by_its_hash_where_it_is_asked_for(
        self, call: Caller, kind: str
    ) -> None:
        with serving(always(200)) as service:
            call(Call(signer(body_hash=True), "POST", f"{service.origin}/x", **BODIES[kind][0]))
            assert proved(service, service.last).body_signed

    @pytest.mark.parametrize("kind", ["a file", "a generator"])
    def test_a_body_that_cannot_be_read_beforehand_is_not_hashed(self, call: Caller, kind: str) -> None:
        with serving(always(200)) as service:
            with pytest.raises(Unsignable, match="body_hash covers what is known beforehand"):
                call(Call(signer(body_hash=True), "POST", f"{service.origin}/x", **BODIES[kind][0]))
        assert service.arrived == []

    @pytest.mark.parametrize("kind", ["a file", "a generator"])
    def test_a_form_has_to_be_readable(self, call: Caller, kind: str) -> None:
        with serving(always(200)) as service:
            with pytest.raises(Unsignable, match="a form must be given as octets"):
                call(Call(signer(), "POST", f"{service.origin}/x", headers=FORM, **BODIES[kind][0]))
        assert service.arrived == []

    def test_what_the_caller_adds_arrives_beside_the_signature(self, call: Caller) -> None:
        with serving(always(200)) as service:
            headers = {"X-One": "1", "Accept": "text/plain"}
            call(Call(signer(realm="R"), "GET", f"{service.origin}/x", headers=headers))
        assert (service.last.headers["X-One"], service.last.headers["Accept"]) == ("1", "text/plain")
        assert parse_authorization(service.last.headers["Authorization"]).realm == "R"

    def test_a_form_with_nothing_in_it_carries_the_parameters(self, call: Caller) -> None:
        with serving(always(200)) as service:
            call(Call(signer(placement="body"), "POST", f"{service.origin}/x", headers=FORM))
            assert proved(service, service.last).parameters == ()
        assert "Authorization" not in service.last.headers

    def test_another_authorization_header_is_not_overwritten(self, call: Caller) -> None:
        headers = {"Authorization": "Bearer canary"}
        with serving(always(200)) as service, pytest.raises(Unsignable, match="Authorization header already"):
            call(Call(signer(), "GET", f"{service.origin}/x", headers=headers))
        assert service.arrived == []

    @pytest.mark.abuse("A95")
    def test_each_call_is_signed_afresh(self, call: Caller) -> None:
        with guarding(always(200)) as service:
            made = Call(signer(), "GET", f"{service.origin}/x")
            assert [call(made).status for _ in range(3)] == [200] * 3
        assert len({protocol(arrived)["oauth_nonce"] for arrived in service.arrived}) == 3

    @pytest.mark.abuse("A95")
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_refusal_is_answered_once_and_not_tried_again(self, call: Caller, method: str) -> None:
        with serving(lambda arrived: Refused("token_revoked", "Ask again.").reply()) as service:
            assert call(Call(signer(), method, f"{service.origin}/x")).status == 401
        assert len(service.arrived) == 1

    # -- redirects

    @pytest.mark.abuse("A90")
    @pytest.mark.abuse("A95")
    @pytest.mark.parametrize("code", CODES)
    @pytest.mark.parametrize("placement", ["header", "query"])
    @pytest.mark.parametrize(
        "location", ["/second?x=1", "//{host}/second?x=1", "{origin}/second?x=1", "second?x=1"]
    )
    def test_a_redirect_to_the_same_origin_is_signed_afresh(
        self, call: Caller, code: int, placement: Placement, location: str
    ) -> None:
        place = [""]
        with guarding(redirecting(code, lambda: place[0])) as service:
            place[0] = location.format(origin=service.origin, host=service.origin.partition("//")[2])
            reply = call(Call(signer(placement=placement), "GET", f"{service.origin}/first?q=1"))
        assert (reply.status, reply.body) == (200, b"arrived")
        assert service.last.target.startswith("/second?x=1")
        assert protocol(service.last)["oauth_nonce"] != protocol(service.arrived[0])["oauth_nonce"]

    @pytest.mark.abuse("A90")
    @pytest.mark.abuse("A95")
    @pytest.mark.parametrize("placement", PLACEMENTS)
    @pytest.mark.parametrize("code", [307, 308])
    def test_a_form_is_signed_afresh_where_it_is_redirected_with_its_body(
        self, call: Caller, placement: Placement, code: int
    ) -> None:
        with guarding(redirecting(code, lambda: "/second")) as service:
            form = (("a", "1"), ("b", "é"))
            reply = call(Call(signer(placement=placement), "POST", f"{service.origin}/first", form=form))
            assert (reply.status, reply.body) == (200, b"arrived")
            assert proved(service, service.last).parameters == form
        assert (service.last.method, service.last.target.partition("?")[0]) == ("POST", "/second")

    @pytest.mark.abuse("A90")
    @pytest.mark.parametrize("code", CODES)
    @pytest.mark.parametrize("placement", PLACEMENTS)
    @pytest.mark.parametrize("kind", ["port", "host", "scheme"])
    def test_a_redirect_to_another_origin_carries_nothing_of_ours(
        self, call: Caller, code: int, placement: Placement, kind: str
    ) -> None:
        with ExitStack() as stack:
            tls, bundle = stack.enter_context(certified()) if kind == "scheme" else (None, None)
            other = stack.enter_context(serving(always(200), tls=tls))
            onward = other.origin.replace("127.0.0.1", "localhost") if kind == "host" else other.origin
            service = stack.enter_context(
                serving(redirecting(code, lambda: f"{onward}/second?x=1&oauth_token=t"))
            )
            form = (("a", "1"),)
            made = Call(signer(placement=placement), "POST", f"{service.origin}/first", form=form)
            made = replace(made, headers={"X-Kept": "1"}, bundle=bundle)
            if placement == "body" and code in (307, 308) and not self.forms_go_elsewhere:
                with pytest.raises(Unsignable, match="redirects the signed form to another origin"):
                    call(made)
                assert other.arrived == []
                return
            call(made)
            assert proved(service, service.last).token is TOKEN
        assert other.last.target == "/second?x=1&oauth_token=t", "what the service wrote there stays"
        assert other.last.headers["X-Kept"] == "1"
        assert "Authorization" not in other.last.headers
        assert other.last.body == (b"a=1" if code in (307, 308) else b"")
        assert b"oauth_signature" not in other.last.octets
        assert len(other.arrived) == len(service.arrived) == 1

    @pytest.mark.abuse("A90")
    def test_a_form_that_is_nothing_but_a_signature_goes_to_another_origin_empty(self, call: Caller) -> None:
        with serving(always(200)) as other:
            with serving(redirecting(307, lambda: f"{other.origin}/second")) as service:
                made = Call(signer(placement="body"), "POST", f"{service.origin}/first")
                if self.forms_go_elsewhere:
                    assert call(made).status == 200
                    assert (other.last.body, other.last.headers["Content-Length"]) == (b"", "0")
                else:
                    with pytest.raises(Unsignable, match="redirects the signed form to another origin"):
                        call(made)

    @pytest.mark.abuse("A90")
    @pytest.mark.parametrize("placement", ["header", "query"])
    def test_what_went_to_another_origin_and_comes_back_is_not_signed(
        self, call: Caller, placement: Placement
    ) -> None:
        back = [""]
        with serving(lambda arrived: Answer(302, {"Location": back[0]})) as other:
            with serving(redirecting(302, lambda: f"{other.origin}/there")) as service:
                back[0] = f"{service.origin}/second"
                call(Call(signer(placement=placement), "GET", f"{service.origin}/first"))
        assert not is_bare(service.arrived[0])
        assert is_bare(other.last)
        assert (service.last.target, is_bare(service.last)) == ("/second", True)

    @pytest.mark.abuse("A90")
    @pytest.mark.parametrize("placement", ["header", "query"])
    def test_another_origin_that_refuses_or_redirects_within_itself_sees_no_signature(
        self, call: Caller, placement: Placement
    ) -> None:
        def refuse(arrived: Arrived) -> Answer:
            if arrived.target == "/first":
                return Answer(302, {"Location": "/second"})
            return Refused("parameter_absent", "Sign it.", 401).reply()

        with serving(refuse) as other, serving(redirecting(302, lambda: f"{other.origin}/first")) as service:
            assert call(Call(signer(placement=placement), "GET", f"{service.origin}/first")).status == 401
        assert [arrived.target for arrived in other.arrived] == ["/first", "/second"]
        assert all(is_bare(arrived) for arrived in other.arrived)

    @pytest.mark.abuse("A90")
    @pytest.mark.parametrize("elsewhere", [False, True], ids=["same origin", "another origin"])
    def test_a_redirect_that_repeats_the_query_repeats_no_signature(
        self, call: Caller, elsewhere: bool
    ) -> None:
        with serving(always(200)) as other:

            def echo(arrived: Arrived) -> Answer:
                if not arrived.target.startswith("/first?"):
                    return Answer(200)
                origin = other.origin if elsewhere else ""
                return Answer(302, {"Location": f"{origin}/second?{arrived.target.partition('?')[2]}"})

            with guarding(echo) as service:
                made = Call(signer(placement="query"), "GET", f"{service.origin}/first?q=1")
                assert call(made).status == 200
                seen = other if elsewhere else service
                if not elsewhere:
                    assert proved(service, service.last).parameters == (("q", "1"),)
        assert seen.last.target.startswith("/second?q=1")
        assert seen.last.target.count("oauth_signature=") == (0 if elsewhere else 1)

    def test_a_redirect_that_is_not_to_be_followed_is_not(self, call: Caller) -> None:
        with serving(redirecting(302, lambda: "/second")) as service:
            assert call(Call(signer(), "GET", f"{service.origin}/first", follow=False)).status == 302
        assert len(service.arrived) == 1

    # -- what can't go over this wire

    @pytest.mark.abuse("A97")
    @pytest.mark.rule(3)
    @pytest.mark.parametrize("placement", PLACEMENTS)
    def test_plaintext_is_not_sent_over_http_to_another_computer(
        self, call: Caller, placement: Placement
    ) -> None:
        plain = signer(signature_method="PLAINTEXT", placement=placement)
        with serving(always(200)) as proxy:
            made = Call(plain, "POST", "http://api.example.com/x", form=(("a", "1"),), proxy=proxy.origin)
            with pytest.raises(Unsignable, match="everybody on the way can read the secrets"):
                call(made)
            assert proxy.arrived == []
            call(replace(made, insecure=True))
            call(replace(made, signer=signer(placement=placement)))
        assert [protocol(arrived)["oauth_signature_method"] for arrived in proxy.arrived] == [
            "PLAINTEXT",
            "HMAC-SHA1",
        ]

    def test_plaintext_is_sent_to_this_very_computer(self, call: Caller) -> None:
        with serving(always(200)) as service:
            call(Call(signer(signature_method="PLAINTEXT"), "GET", f"{service.origin}/x"))
            assert proved(service, service.last, signature_methods=["PLAINTEXT"]).token is TOKEN

    @pytest.mark.abuse("A96")
    @pytest.mark.parametrize("placement", ["header", "query"])
    @pytest.mark.parametrize("value", ["1\r\nX-Evil: 1", "1\nX-Evil: 1", "1\r"])
    @pytest.mark.parametrize("where", ["header", "name of a header", "method"])
    def test_a_line_break_is_refused_before_anything_is_sent(
        self, call: Caller, placement: Placement, value: str, where: str
    ) -> None:
        with serving(always(200)) as service:
            made = Call(signer(placement=placement), "GET", f"{service.origin}/x")
            broken: dict[str, dict[str, Any]] = {
                "header": {"headers": {"X-One": value}},
                "name of a header": {"headers": {f"X-{value}": "1"}},
                "method": {"method": f"GET {value}"},
            }
            with pytest.raises(self.refusals) as caught:
                call(replace(made, **broken[where]))
        assert service.arrived == []
        assert not [secret for secret in (CONSUMER.secret, HELD.secret) if secret in str(caught.value)]

    @pytest.mark.abuse("A96")
    @pytest.mark.parametrize("tail", ["/x?a=1\r\nX-Evil: 1", "/x\r\nX-Evil: 1", "/x?a=1 HTTP/1.1\r\n\r\n"])
    def test_a_line_break_in_an_address_reaches_no_header(self, call: Caller, tail: str) -> None:
        with serving(always(200)) as service:
            with ExitStack() as stack:
                stack.enter_context(_unless_sent(service, (*self.refusals, Unsignable)))
                call(Call(signer(), "GET", f"{service.origin}{tail}"))
        for arrived in service.arrived:
            assert "X-Evil" not in arrived.headers
            assert proved(service, arrived)

    @pytest.mark.abuse("A97")
    @pytest.mark.parametrize("kind", ["of nobody we know", "expired", "of another name"])
    def test_a_certificate_that_proves_nothing_is_refused(self, call: Caller, kind: str) -> None:
        expired = {"not_before": _ago(2), "not_after": _ago(1)} if kind == "expired" else {}
        with certified(**expired) as (tls, bundle), serving(always(200), tls=tls) as service:
            made = Call(signer(), "GET", f"{service.origin}/x", bundle=bundle)
            if kind == "of nobody we know":
                made = replace(made, bundle=None)
            if kind == "of another name":
                made = replace(made, url=made.url.replace("127.0.0.1", "localhost"))
            with pytest.raises(self.distrust):
                call(made)
        assert service.arrived == []

    def test_a_certificate_that_is_trusted_is_accepted(self, call: Caller) -> None:
        with certified() as (tls, bundle), serving(always(200), tls=tls) as service:
            assert call(Call(signer(), "GET", f"{service.origin}/x", bundle=bundle)).status == 200
            assert proved(service, service.last).token is TOKEN

    # -- a clock that is off

    @pytest.mark.parametrize("placement", PLACEMENTS)
    @pytest.mark.parametrize("off", [-7200, 7200])
    def test_a_clock_that_is_off_is_set_by_the_refusal_and_stays_so(
        self, call: Caller, placement: Placement, off: int
    ) -> None:
        clock = Clock(time=lambda: time.time() + off)
        with guarding(always(200)) as service:
            made = Call(signer(placement=placement), "POST", f"{service.origin}/x", form=(("a", "1"),))
            statuses = [call(replace(made, clock=clock)).status for _ in range(2)]
        assert statuses == [200, 200]
        assert len(service.arrived) == 3, "the first call twice, the second once"

    def test_a_clock_is_not_set_unless_it_is_asked_for(self, call: Caller) -> None:
        def refuse(arrived: Arrived) -> Answer:
            return Answer(401, {"Date": _date(3600)})

        with serving(refuse) as service:
            assert call(Call(signer(), "GET", f"{service.origin}/x")).status == 401
        assert len(service.arrived) == 1

    @pytest.mark.abuse("A94")
    def test_a_service_whose_time_jumps_is_asked_twice_and_no_more(self, call: Caller) -> None:
        dates = iter([3600, -3600, 7200, -7200, 10_800])
        with serving(lambda arrived: Answer(401, {"Date": _date(next(dates))})) as service:
            made = Call(signer(), "GET", f"{service.origin}/x", clock=Clock())
            assert call(made).status == 401
        assert len(service.arrived) == 2

    @pytest.mark.abuse("A90")
    def test_another_origin_sets_no_clock(self, call: Caller) -> None:
        clock = Clock()
        with serving(always(401, headers={"Date": _date(3600)})) as other:
            with serving(redirecting(302, lambda: f"{other.origin}/there")) as service:
                made = Call(signer(), "GET", f"{service.origin}/first", clock=clock)
                assert call(made).status == 401
        assert clock.offset == 0
        assert len(other.arrived) == 1

    def test_a_stream_that_was_sent_is_not_sent_again(self, call: Caller) -> None:
        clock = Clock()
        with serving(always(401, headers={"Date": _date(3600)})) as service:
            made = Call(signer(), "POST", f"{service.origin}/x", pieces=(b"one", b"two"), clock=clock)
            assert call(made).status == 401
        assert len(service.arrived) == 1


class Walks:
    """An adapter's helpers for the three legs. A subclass gives the fixture `legs`."""

    @pytest.mark.parametrize("placement", PLACEMENTS)
    def test_what_was_signed_is_sent_as_it_is(self, legs: Legs, placement: Placement) -> None:
        with serving(always(200, "answer", {"X-One": "1"})) as service:
            signed = _asking(service, placement=placement)
            answer = legs.send(signed)
            assert proved(service, service.last).oauth["oauth_callback"] == "oob"
        assert (answer.status, answer.headers["X-One"], answer.body) == (200, "1", b"answer")
        assert f"{service.origin}{service.last.target}" == signed.url
        assert (service.last.method, service.last.body) == (signed.method, signed.body)
        for name, value in signed.headers.pairs:
            assert service.last.headers[name] == value

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_request_without_a_body_is_sent_without_one(self, legs: Legs, method: str) -> None:
        with serving(always(200)) as service:
            legs.send(signer().sign(method, f"{service.origin}/token"))
        assert service.last.body == b""
        assert "application/x-www-form-urlencoded" not in service.last.headers.get("Content-Type", "")

    @pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 500, 503])
    def test_every_status_is_an_answer(self, legs: Legs, status: int) -> None:
        with serving(always(status, "" if status == 204 else "why")) as service:
            answer = legs.send(_asking(service))
        assert (answer.status, answer.body) == (status, b"" if status == 204 else b"why")

    @pytest.mark.abuse("A90")
    @pytest.mark.parametrize("code", CODES)
    def test_no_redirect_of_a_leg_is_followed(self, legs: Legs, code: int) -> None:
        with (
            serving(always(200)) as other,
            serving(redirecting(code, lambda: f"{other.origin}/x")) as service,
        ):
            answer = legs.send(signer().sign("POST", f"{service.origin}/first"))
        assert (answer.status, answer.headers["Location"]) == (code, f"{other.origin}/x")
        assert other.arrived == []

    @pytest.mark.abuse("A94")
    @pytest.mark.parametrize("speak", HOSTILE.values(), ids=HOSTILE)
    def test_what_is_no_answer_is_a_service_error_in_time(self, legs: Legs, speak: Speaking) -> None:
        start = time.monotonic()
        with speaking(speak) as origin:
            signed = signer().sign("GET", f"{origin}/token", oauth={"oauth_verifier": "canary"})
            with pytest.raises(ServiceError) as caught:
                legs.send(signed, timeout=30 if speak in SAID else 0.5)
        assert time.monotonic() - start < IN_TIME
        assert not [text for text in (CONSUMER.secret, HELD.secret, "canary") if text in str(caught.value)]
        assert SAID.get(speak, f"{origin} doesn't answer: ") in str(caught.value)
        assert caught.value.body == b""

    @pytest.mark.abuse("A94")
    @pytest.mark.parametrize(("size", "fits"), [(MAX_OCTETS, True), (MAX_OCTETS + 1, False)])
    def test_an_answer_is_read_up_to_the_limit(self, legs: Legs, size: int, fits: bool) -> None:
        with serving(always(200, "x" * size)) as service:
            if fits:
                assert len(legs.send(_asking(service)).body) == size
            else:
                with pytest.raises(ServiceError, match="more than 1000000 octets") as caught:
                    legs.send(_asking(service))
                assert caught.value.status == 200

    def test_an_answer_that_is_compressed_all_the_same_is_read(self, legs: Legs) -> None:
        body = gzip.compress(b"oauth_token=t&oauth_token_secret=s")
        with serving(lambda arrived: Answer(200, {"Content-Encoding": "gzip"}, body)) as service:
            assert legs.send(_asking(service)).body == b"oauth_token=t&oauth_token_secret=s"

    def test_a_host_that_does_not_exist_is_a_service_error(self, legs: Legs) -> None:
        with pytest.raises(ServiceError, match=r"https://nobody\.invalid doesn't answer: "):
            legs.send(signer().sign("GET", "https://nobody.invalid/"))

    @pytest.mark.abuse("A97")
    def test_a_certificate_that_proves_nothing_is_a_service_error(self, legs: Legs) -> None:
        with certified() as (tls, _), serving(always(200), tls=tls) as service:
            with pytest.raises(ServiceError, match="doesn't answer"):
                legs.send(_asking(service))
        assert service.arrived == []

    @pytest.mark.abuse("A97")
    def test_without_any_certificates_to_trust_nobody_is_trusted(
        self, legs: Legs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.setenv(name, "/nonexistent")
        with certified() as (tls, _), serving(always(200), tls=tls) as service:
            with pytest.raises(ServiceError, match="doesn't answer"):
                legs.send(_asking(service))
        assert service.arrived == []

    @pytest.mark.abuse("A99")
    @pytest.mark.parametrize("url", ["ftp://localhost/x", "file://localhost/etc/passwd"])
    def test_only_http_is_sent(self, legs: Legs, url: str) -> None:
        with pytest.raises(Unsignable, match="url: it can't be sent: use https or http"):
            legs.send(signer().sign("GET", url))

    @pytest.mark.parametrize("callback", [CALLBACK, "oob"])
    def test_authorize_walks_the_three_legs(self, legs: Legs, callback: str) -> None:
        store = MemoryStore()
        with providing(store, [CALLBACK]) as (service, provider, addresses):

            def ask(page: str) -> str:
                assert page.startswith(f"{service.origin}/a?oauth_token=")
                decision = provider.allow(token_in(page), "ada", access="read")
                return f" {decision.pin or decision.redirect}\n"

            token = legs.authorize(Handshake(CONSUMER, addresses, callback=callback), ask)
        found = store.find(CONSUMER.key, token.key)[1]
        assert found is not None
        assert (found.secret, getattr(found, "user", "")) == (token.secret, "ada")
        assert [arrived.target for arrived in service.arrived] == ["/r", "/t"]

    def test_the_legs_can_be_walked_one_by_one(self, legs: Legs) -> None:
        with providing(MemoryStore(), [CALLBACK]) as (_, provider, addresses):
            handshake = Handshake(CONSUMER, addresses)
            request_token = legs.fetch_request_token(handshake)
            pin = provider.allow(request_token.key, "ada", access="read").pin or ""
            token = legs.fetch_access_token(handshake, request_token, pin)
        assert isinstance(token, AccessToken)

    def test_a_clock_that_is_off_is_set_by_the_first_leg(self, legs: Legs) -> None:
        clock = Clock(time=lambda: time.time() - 7200)
        with providing(MemoryStore(), [CALLBACK]) as (service, provider, addresses):
            handshake = Handshake(CONSUMER, addresses, clock=clock)
            assert legs.authorize(handshake, lambda page: provider.allow(token_in(page), "ada").pin or "")
        assert [arrived.target for arrived in service.arrived] == ["/r", "/r", "/t"]

    @pytest.mark.abuse("A95")
    def test_a_leg_that_is_refused_for_another_reason_is_not_sent_again(self, legs: Legs) -> None:
        with serving(always(403, headers={"Date": _date(3600)})) as service:
            addresses = Service(f"{service.origin}/r", f"{service.origin}/a", f"{service.origin}/t")
            with pytest.raises(ServiceError, match="it answered 403"):
                legs.fetch_request_token(Handshake(CONSUMER, addresses, clock=Clock()))
        assert len(service.arrived) == 1

    def test_authorize_says_so_when_the_person_says_no(self, legs: Legs) -> None:
        with providing(MemoryStore(), [CALLBACK]) as (service, provider, addresses):
            with pytest.raises(Denied):
                legs.authorize(
                    Handshake(CONSUMER, addresses, callback=CALLBACK),
                    lambda page: str(provider.deny(token_in(page)).redirect),
                )
            assert len(service.arrived) == 1

    @pytest.mark.abuse("A91")
    def test_authorize_takes_no_strangers_callback(self, legs: Legs) -> None:
        with providing(MemoryStore(), [CALLBACK]) as (service, _, addresses):
            with pytest.raises(BadCallback):
                legs.authorize(
                    Handshake(CONSUMER, addresses, callback=CALLBACK),
                    lambda page: "/?oauth_token=another&oauth_verifier=v",
                )
            assert len(service.arrived) == 1

    @pytest.mark.abuse("A94")
    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ("<html>Sorry</html>", "holds no request token"),
            ("oauth_token=t", "it has no oauth_token_secret"),
            ("oauth_token=t&oauth_token=u&oauth_token_secret=canary", "it has oauth_token twice"),
            ("oauth_token=%00&oauth_token_secret=canary&oauth_callback_confirmed=true", "can't be used"),
            ("oauth_problem=token_rejected&oauth_token_secret=canary", "token_rejected"),
            ("oauth_token=t&oauth_token_secret=canary", "didn't confirm the callback"),
            ("", "it has no oauth_token"),
        ],
        ids=["HTML", "no secret", "a doubled token", "NUL", "200 with an error", "not confirmed", "nothing"],
    )
    def test_an_answer_without_a_token_is_a_service_error(self, legs: Legs, body: str, reason: str) -> None:
        with serving(always(200, body)) as service:
            addresses = Service(f"{service.origin}/r", f"{service.origin}/a", f"{service.origin}/t")
            with pytest.raises(ServiceError, match=reason) as caught:
                legs.fetch_request_token(Handshake(CONSUMER, addresses))
        assert "canary" not in str(caught.value)

    def test_what_the_provider_refused_is_told(self, legs: Legs) -> None:
        with providing(MemoryStore(), []) as (_, provider, addresses):
            with pytest.raises(ServiceError, match="The callback can't be used") as caught:
                legs.fetch_request_token(Handshake(CONSUMER, addresses, callback=CALLBACK))
            assert (caught.value.status, caught.value.problem) == (400, "parameter_rejected")
            request_token = legs.fetch_request_token(Handshake(CONSUMER, addresses))
            provider.allow(request_token.key, "ada")
            with pytest.raises(ServiceError, match="oauth_verifier isn't the one") as caught:
                legs.fetch_access_token(Handshake(CONSUMER, addresses), request_token, "0")
            assert caught.value.status == 401


# -- helpers of the tests above


@contextmanager
def providing(
    store: MemoryStore, callbacks: list[str]
) -> Iterator[tuple[Loopback, Provider[Any, Any], Service]]:
    """A provider behind a socket, as it is and as an application knows it."""
    store.add(MemoryConsumer(CONSUMER.key, CONSUMER.secret, callbacks=callbacks))
    provider: Provider[Any, Any] = Provider(store)

    def answer(arrived: Arrived) -> Answer:
        endpoint = {"/r": provider.request_token, "/t": provider.access_token}[urlsplit(arrived.target).path]
        url = f"{service.origin}{arrived.target}"
        return endpoint(arrived.method, url, headers=arrived.headers, body=arrived.body)

    with serving(_dated(answer)) as service:
        yield service, provider, Service(f"{service.origin}/r", f"{service.origin}/a", f"{service.origin}/t")


def token_in(page: str) -> str:
    return dict(form_decode(urlsplit(page).query))["oauth_token"]


def _asking(service: Loopback, **options: Any) -> Signed:
    return signer(**options).sign(
        "POST", f"{service.origin}/token", headers=FORM, body="a=1", oauth={"oauth_callback": "oob"}
    )


def _date(off: float = 0) -> str:
    return format_datetime(datetime.fromtimestamp(time.time() + off, UTC), usegmt=True)


def _dated(answering: Answering) -> Answering:
    def answer(arrived: Arrived) -> Answer:
        made = answering(arrived)
        assert made is not None
        return Answer(made.status, [*made.headers.pairs, ("Date", _date())], made.body)

    return answer


def _ago(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


@contextmanager
def _unless_sent(service: Loopback, refusals: tuple[type[Exception], ...]) -> Iterator[None]:
    """Either something arrives, or the call is refused: both are well."""
    try:
        yield
    except refusals:
        assert service.arrived == []


def steps_while_a_person_decides(authorize: Callable[..., Awaitable[object]]) -> list[str]:
    """What happens, in its order, where one task waits for a person and another one has something to do."""
    with providing(MemoryStore(), []) as (_, provider, addresses):

        async def both() -> list[str]:
            steps: list[str] = []
            decided = asyncio.Event()

            async def ask(page: str) -> str:
                steps.append("asked")
                await decided.wait()
                return provider.allow(token_in(page), "ada").pin or ""

            async def other() -> None:
                while "asked" not in steps:
                    await asyncio.sleep(0)
                steps.append("another")
                decided.set()

            async def walk() -> None:
                await authorize(Handshake(CONSUMER, addresses), ask)

            await asyncio.gather(walk(), other())
            return steps

        return asyncio.run(both())
