"""What we sign and what we verify is what another reading of the RFC says, and what oauthlib and Authlib say
where they are right.

Where they aren't, a predicate of :data:`BEYOND_OAUTHLIB` or :data:`BEYOND_AUTHLIB` keeps the request out. It
has the name of the test in test_peers.py that shows their answer and ours.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import oauthlib.oauth1
import pytest
from authlib.oauth1 import ClientAuth
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests import reading
from tests.interop.peers import Authlib, Oauthlib, over_http
from tests.reading import Sent, Unreadable
from tests.vectors import Vector, load, name, rsa_key
from tests.wire import NOW, Clock, refusal
from valetkey import AccessToken, Consumer, Headers, MemoryStore, Parameter, Signed, Signer, Verifier
from valetkey.protocol.rsa import private_key
from valetkey.quick import read
from valetkey.signer import Placement

# -- the reading itself


@pytest.mark.parametrize("vector", load("generated"), ids=name)
def test_the_reading_says_what_the_vectors_say(vector: Vector) -> None:
    request, oauth, expected = vector["request"], dict(vector["oauth"]["params"]), vector["expected"]
    body = None if request["body"] is None else request["body"].encode()
    kind = Headers(request["headers"]).get("Content-Type")
    pairs = reading.parameters(Sent(request["method"], request["url"], None, kind, body))
    pairs += [(key.encode(), value.encode()) for key, value in oauth.items()]
    said = {
        "normalized_parameters": reading.normalised(pairs),
        "base_string_uri": reading.uri(request["url"]),
    }
    assert all(said[part] == text for part, text in expected.items() if part in said)
    assert signature_of(vector, oauth["oauth_signature_method"]) == expected["signature"]


def signature_of(vector: Vector, method: str) -> str:
    secrets, text = vector["secrets"], vector["expected"].get("base_string", "")
    if not method.startswith("RSA-"):
        return reading.signature(method, text, secrets["client_secret"], secrets["token_secret"])
    numbers = private_key(rsa_key(secrets["rsa_key"], "private_pem")).private_numbers()
    hash_name = method.removeprefix("RSA-").lower()
    return reading.rsa(hash_name, numbers.public_numbers.n, numbers.d, text)


# -- requests


FORM = "application/x-www-form-urlencoded"
CREDENTIALS = {
    "plain": (Consumer("heron", "a-secret"), AccessToken("t1", "token-secret")),
    "odd": (Consumer("héron & co/+~", "s%cr&t=é "), AccessToken("🐦!*'()", "=&%41+")),
    "escaped": (Consumer("%41%2F", "secret"), AccessToken("a%20b", "s")),
    "alone": (Consumer("wren", "another"), None),
}
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "get", "Post", "PURGE", "x-a!b~c"]
ORIGINS = st.tuples(
    st.sampled_from(["http://", "https://", "HTTP://", "hTTps://"]),
    st.sampled_from(["", "", "", "user:pass@"]),
    st.sampled_from(
        [
            *("a.example", "A.Example", "127.0.0.1", "xn--bcher-kva.example", "a_b.example"),
            *("[::1]", "[2001:DB8::A]", "[2001:0db8:0:0::1]"),
        ]
    ),
    st.sampled_from(["", "", ":80", ":443", ":8080", ":"]),
).map("".join)
PATHS = st.one_of(
    st.sampled_from(["", "/", "/1/statuses.json"]),
    st.lists(
        st.sampled_from(
            [
                "/",
                "/a",
                "//b",
                "/%7E",
                "/~",
                "/%c3%a9",
                "/%C3%A9",
                "/%2F",
                "/..",
                "/.",
                ";c=d",
                ";",
                "+",
                "@:$,!*'()",
            ]
        ),
        max_size=5,
    ).map(lambda parts: "/" + "".join(parts).removeprefix("/")),
)
# As they go over the wire: usual ones, and ones that are legal and odd.
WORDS = st.one_of(
    st.text("abz01-._~", max_size=3),
    st.text(max_size=4)
    .filter(lambda text: "\x00" not in text and text.isprintable())
    .map(lambda text: reading.encoded(text.encode())),
    st.lists(
        st.sampled_from(
            [
                *("a", "b", "+", "%20", "%2B", "%7E", "~", "%41", "%c3%a9", "%C3%A9", "%F0%9F%90%A6", "%25"),
                *("%2525", "%26", "%3D", "%0A", "!", "*", "(", ")", "/", "?", ":", "@", ",", ";", "'", "$"),
                "realm",
            ]
        ),
        max_size=4,
    ).map("".join),
)
PAIRS = st.one_of(
    st.tuples(WORDS, st.just("="), WORDS).map("".join),
    WORDS,  # no "="
    st.tuples(WORDS, st.sampled_from(["=", "==", "=a=b"])).map("".join),
    st.sampled_from(["", "a=1", "a=", "a", "=", "=a", "a=1&a=1", "a=2&a=1", "b[]=1", "realm=x"]),
)
# Names that start with "oauth_" are the signer's.
TEXTS = st.lists(PAIRS, max_size=6).map("&".join).filter(lambda text: "oauth" not in text)
KINDS = [None, FORM, FORM, f"{FORM}; charset=UTF-8", "Application/X-WWW-Form-URLEncoded", "application/json"]


class Made(NamedTuple):
    """A request, and who signs it how."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    who: str
    options: dict[str, Any]

    @property
    def secrets(self) -> tuple[str, str]:
        consumer, token = CREDENTIALS[self.who]
        return consumer.secret, token.secret if token else ""

    def signer(self, *, secret: str | None = None) -> Signer:
        consumer, token = CREDENTIALS[self.who]
        return Signer(Consumer(consumer.key, secret or consumer.secret), token, **self.options)

    def sign(self, *, stamped: bool, secret: str | None = None) -> Signed:
        """Signed; the plain way, where nonce and timestamp are given."""
        stamp: dict[str, Any] = {"nonce": "n~1", "timestamp": NOW} if stamped else {}
        request: dict[str, Any] = {"headers": self.headers, "body": self.body}
        return self.signer(secret=secret).sign(self.method, self.url, **request, **stamp)


@st.composite
def requests(draw: st.DrawFn) -> Made:
    query, kind = draw(st.one_of(st.none(), TEXTS)), draw(st.sampled_from(KINDS))
    body = draw(st.one_of(st.none(), TEXTS.map(str.encode))) if kind else None
    url = draw(ORIGINS) + draw(PATHS) + ("" if query is None else f"?{query}")
    placements: list[Placement] = ["header", "header", "query"]
    if body is not None and kind and kind.lower().startswith(FORM):
        placements.append("body")
    options = {
        "placement": draw(st.sampled_from(placements)),
        "signature_method": draw(st.sampled_from(["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"])),
        "version": draw(st.booleans()),
    }
    if options["placement"] == "header":
        options["realm"] = draw(st.sampled_from([None, None, "Photos", 'a "b", c\\']))
    headers = {} if kind is None else {"Content-Type": kind}
    return Made(
        draw(st.sampled_from(METHODS)), url, headers, body, draw(st.sampled_from([*CREDENTIALS])), options
    )


def sent(signed: Signed) -> Sent:
    headers = signed.headers
    kind = headers.get("Content-Type")
    return Sent(signed.method, signed.url, headers.get("Authorization"), kind, signed.body)


def verifier() -> Verifier[Any, Any]:
    store = MemoryStore(clock=Clock())
    for consumer, token in CREDENTIALS.values():
        store.add(consumer, *([token] if token else []))
    return Verifier(store, require_token=False)


# How headers are given decides which way they may go: `tuple` leaves them to the plain one.
WAYS: list[Callable[..., Any]] = [list, tuple]


def verify(signed: Signed, way: Callable[..., Any]) -> Any:
    now = int(dict(signed.parameters)["oauth_timestamp"])
    headers = way(signed.headers.pairs)
    return verifier().verify(signed.method, signed.url, headers=headers, body=signed.body, now=now)


# -- ours


@settings(max_examples=300)
@given(requests(), st.booleans())
def test_a_signer_signs_what_the_reading_says(made: Made, stamped: bool) -> None:
    signed = made.sign(stamped=stamped)
    assert signed.base_string == reading.base_string(sent(signed))
    method = made.options["signature_method"]
    assert signed.signature == reading.signature(method, signed.base_string, *made.secrets)


@settings(max_examples=150)
@given(requests())
def test_a_verifier_verifies_what_the_reading_says_in_each_of_its_two_ways(made: Made) -> None:
    signed, wrong = made.sign(stamped=True), made.sign(stamped=True, secret="of another")
    for way in WAYS:
        assert verify(signed, way)
        detail = refusal(lambda way=way: verify(wrong, way)).detail  # type: ignore[misc]  # mypy infers no lambda with a default
        assert detail is not None
        assert detail.endswith(f" {reading.base_string(sent(wrong))}")


CANONICAL = st.lists(
    st.tuples(st.text(max_size=4), st.text(max_size=4)).filter(lambda pair: "\x00" not in pair[0] + pair[1])
).map(
    lambda pairs: "&".join(f"{reading.encoded(a.encode())}={reading.encoded(b.encode())}" for a, b in pairs)
)


@settings(max_examples=150)
@given(CANONICAL, st.one_of(st.none(), CANONICAL), st.sampled_from([*CREDENTIALS]))
def test_what_a_verifier_reads_quickly_is_what_the_reading_says(
    query: str, form: str | None, who: str
) -> None:
    url = f"https://a.example:8080/1/~x{f'?{query}' if query else ''}"
    headers = {} if form is None else {"Content-Type": FORM}
    body = None if form is None else form.encode()
    signed = Made("POST", url, headers, body, who, {}).sign(stamped=False)
    found = read(signed.method, signed.url, signed.headers, signed.body, 1_000_000, 1_000)
    assert found is not None
    assert found[1] == reading.base_string(sent(signed)) == signed.base_string


# What others write into a header, and into a query and a form: readable or not.
VALUES = st.lists(
    st.sampled_from(["a", "~", "%7E", "%c3%a9", "%2B", "+", "/", "%20", "%", "%4", "%zz", "%FF", "é", "\\"]),
    max_size=3,
).map("".join)
AROUND = st.sampled_from(["", " ", "\t", ", ", ",,", ";", "x"])
RAW = st.lists(
    st.sampled_from(
        ["a", "=", "&", "+", "%20", "%c3%a9", "%7E", "%41", "b", "%", "%4", "%zz", "%ff", "%C3", "'", "[]"]
    ),
    max_size=8,
).map("".join)


@settings(max_examples=400)
@given(
    *(
        RAW,
        st.one_of(st.none(), RAW),
        st.sampled_from(["OAuth ", "oauth\t", "OAUTH  ", 'OAuth realm="a,b",']),
    ),
    st.lists(st.tuples(st.sampled_from(["x", "y%7E", "z z", "oauth_x"]), VALUES, AROUND), max_size=2),
    st.sampled_from(WAYS),
)
def test_what_the_reading_can_read_is_verified_and_nothing_else_is(
    query: str,
    form: str | None,
    start: str,
    more: list[tuple[str, str, str]],
    way: Callable[..., Any],
) -> None:
    consumer, _ = CREDENTIALS["alone"]
    protocol = (
        f'oauth_consumer_key="{consumer.key}",oauth_timestamp="{NOW}" , oauth_nonce="%6E%c3%a9",\r\n'
        ' oauth_signature_method="HMAC-SHA1"'
    )
    header = start + protocol + "".join(f',{name}="{value}"{around}' for name, value, around in more)
    kind = None if form is None else FORM
    bare = Sent("POST", f"http://a.example/p?{query}", header, kind, None if form is None else form.encode())
    try:
        text = reading.base_string(bare)
    except Unreadable:
        text = ""
    signature = reading.encoded(reading.signature("HMAC-SHA1", text, consumer.secret).encode())
    headers = [("Authorization", f'{header}, oauth_signature="{signature}"')]
    headers += [] if kind is None else [("Content-Type", kind)]
    twice = [name for name, _, _ in more].count("oauth_x") > 1  # section 3.1

    def call() -> Any:
        return verifier().verify(bare.method, bare.url, headers=way(headers), body=bare.body, now=NOW)

    if text and not twice:
        assert call().consumer is consumer
    else:
        assert refusal(call).problem == "parameter_rejected"


# -- oauthlib and Authlib


Predicate = Callable[[Signed], bool]


def is_a_form(signed: Signed) -> bool:
    return reading.is_form(signed.headers.get("Content-Type"))


def query_holds(characters: str) -> Predicate:
    return lambda signed: any(mark in (reading.query_of(signed.url) or "") for mark in characters)


def form_holds(characters: str) -> Predicate:
    return lambda signed: (
        is_a_form(signed) and any(mark.encode() in (signed.body or b"") for mark in characters)
    )


def host_holds(pattern: str) -> Predicate:
    return lambda signed: bool(re.search(pattern, reading.taken_apart(signed.url.lower())[1]))


def has_a_percent_sign(where: tuple[str, ...]) -> Predicate:
    """Whether a protocol parameter that travels there holds a “%” when it is decoded."""
    return lambda signed: any(
        parameter.name.startswith("oauth_") and "%" in parameter.value and parameter.source in where
        for parameter in signed.parameters
    )


def has_a_realm(signed: Signed) -> bool:
    return any(name == "realm" for name, _ in signed.parameters)


def has_two_realms(signed: Signed) -> bool:
    return has_a_realm(signed) and "realm" in signed.headers.get("Authorization", "")


def path_ends_in_a_semicolon(signed: Signed) -> bool:
    return reading.taken_apart(signed.url)[2].endswith(";")


def type_is_in_capitals(signed: Signed) -> bool:
    return is_a_form(signed) and "application/x-www-form-urlencoded" not in signed.headers["Content-Type"]


BEYOND_OAUTHLIB: dict[str, Predicate] = {
    "test_brackets_are_no_query": query_holds("[]"),
    "test_a_form_that_they_cannot_read_is_left_out": form_holds("[]"),
    "test_protocol_parameters_are_decoded_twice": has_a_percent_sign(("query", "form")),
    "test_an_ipv6_address_is_rewritten": host_holds(r"0db8|:0:"),
    "test_a_semicolon_at_the_end_of_a_path_is_lost": path_ends_in_a_semicolon,
    "test_a_realm_in_the_query_is_not_signed": has_two_realms,
    "test_a_content_type_in_capitals_is_no_form": type_is_in_capitals,
}
BEYOND_AUTHLIB: dict[str, Predicate] = {
    "test_brackets_are_no_query": query_holds("[]"),
    "test_an_apostrophe_or_a_dollar_is_no_query": query_holds("'$"),
    "test_a_form_that_they_cannot_read_is_left_out": form_holds("[]'$"),
    "test_protocol_parameters_are_decoded_twice": has_a_percent_sign(("header", "query", "form")),
    "test_an_ipv6_address_keeps_its_default_port": host_holds(r"\]:(80|443)?$"),
    "test_user_and_password_stay_in_the_uri": host_holds("@"),
    "test_an_empty_port_stays_in_the_uri": host_holds(":$"),
    "test_a_semicolon_at_the_end_of_a_path_is_lost": path_ends_in_a_semicolon,
    "test_a_realm_in_the_query_is_not_signed": has_a_realm,
}
PEERS: dict[str, tuple[Any, dict[str, Predicate]]] = {
    "oauthlib": (Oauthlib, BEYOND_OAUTHLIB),
    "Authlib": (Authlib, BEYOND_AUTHLIB),
}


@pytest.mark.parametrize("peer", PEERS)
@settings(max_examples=300, suppress_health_check=[HealthCheck.filter_too_much])
@given(made=requests())
def test_what_we_sign_is_what_a_peer_would_verify_where_it_is_right(peer: str, made: Made) -> None:
    verifier, beyond = PEERS[peer]
    signed = made.sign(stamped=True)
    assume(not any(predicate(signed) for predicate in beyond.values()))
    assert verifier.base_string(signed) == signed.base_string


def signed_by_oauthlib(made: Made) -> Signed:
    consumer, token = CREDENTIALS[made.who]
    kinds = {"header": "AUTH_HEADER", "query": "QUERY", "body": "BODY"}
    client = oauthlib.oauth1.Client(
        *(consumer.key, consumer.secret, token and token.key, token and token.secret),
        signature_method=made.options["signature_method"],
        signature_type=kinds[made.options["placement"]],
        realm=made.options.get("realm"),
        timestamp=str(NOW),
    )
    body = None if made.body is None else made.body.decode()
    url, headers, body = client.sign(made.url, made.method, body, made.headers)
    return sent_by_another(made.method, url, headers, body)


def signed_by_authlib(made: Made) -> Signed:
    consumer, token = CREDENTIALS[made.who]
    client = ClientAuth(
        *(consumer.key, consumer.secret, token and token.key, token and token.secret),
        signature_type={"header": "HEADER"}.get(made.options["placement"], made.options["placement"].upper()),
        realm=made.options.get("realm"),
    )
    body = "" if made.body is None else made.body.decode()
    with over_http():
        return sent_by_another(made.method, *client.sign(made.method, made.url, dict(made.headers), body))


def sent_by_another(method: str, url: str, headers: dict[str, str], body: str | None) -> Signed:
    octets = None if body is None else body.encode()
    given = reading.parameters(
        Sent(method, url, headers.get("Authorization"), headers.get("Content-Type"), octets)
    )
    pairs = [Parameter(name.decode(), value.decode(), "query") for name, value in given]
    return Signed(method, url, Headers(headers), octets, "", "", pairs)


CLIENTS: dict[str, tuple[Callable[[Made], Signed], dict[str, Predicate]]] = {
    "oauthlib": (signed_by_oauthlib, BEYOND_OAUTHLIB),
    "Authlib": (signed_by_authlib, BEYOND_AUTHLIB),
}


def usual(made: Made) -> Made:
    """As their clients take it: a POST with a form that has no charset, or no body at all."""
    if made.body is None or not reading.is_form(made.headers.get("Content-Type")):
        return made._replace(headers={}, body=None)
    return made._replace(method="POST", headers={"Content-Type": FORM})


def has_a_quotation_mark_in_its_realm(signed: Signed) -> bool:
    return '\\"' in signed.headers.get("Authorization", "")


BEYOND_CLIENTS: dict[str, Predicate] = {
    "test_a_realm_with_a_quotation_mark_breaks_the_header": has_a_quotation_mark_in_its_realm,
}


@pytest.mark.parametrize("peer", CLIENTS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.filter_too_much])
@given(made=requests().map(usual))
def test_what_a_peer_signs_where_it_is_right_is_verified(peer: str, made: Made) -> None:
    sign, beyond = CLIENTS[peer]
    ours = made.sign(stamped=True)
    assume(not any(predicate(ours) for predicate in (beyond | BEYOND_CLIENTS).values()))
    for way in WAYS:
        assert verify(sign(made), way).consumer
