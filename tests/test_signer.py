"""Signing one request."""

import os
import pickle
import random
import re
import time
from typing import Any, NamedTuple

import oauthlib.oauth1
import pytest
from authlib.oauth1.rfc5849 import signature
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vectors import Vector, assert_all_used, load, name, rsa_key
from tests.wire import CONSUMER, FORM, HELD, NOW, URL, problem, refusal, sign, signer
from valetkey import (
    AccessToken,
    Consumer,
    Headers,
    Parameter,
    RequestToken,
    Signed,
    Signer,
    Unsignable,
    Verified,
    Verifier,
)
from valetkey.protocol.base_string import base_string, base_string_uri
from valetkey.protocol.encoding import form_decode, form_encode, percent_decode
from valetkey.protocol.header import build_authorization, parse_authorization
from valetkey.protocol.origin import Url
from valetkey.protocol.parameters import collect, is_form, normalise
from valetkey.protocol.signatures import METHODS, Key
from valetkey.signer import Placement

END_TO_END = load("end_to_end")
GENERATED = load("generated")
VECTORS = [*END_TO_END, *GENERATED]

PLACEMENTS: dict[str, Placement] = {"header": "header", "query": "query", "form": "body"}

# What a vector holds that Signer doesn't make: these are signed by the pure functions alone.
NO_STAMP = "no nonce and timestamp"
NO_DIGITS = "a timestamp that is no number"
VERSION = "version 1.0A"
RAW_PATH = "a raw path, which no request line carries"
FOREIGN = "a header parameter that isn't oauth_…"
OTHER_HASH = "a body hash by another hash than the method's"
EMPTY_TOKEN = "an empty oauth_token"
NO_TOKEN = "a token's secret without a token"
BEYOND_SIGNER = {
    **dict.fromkeys(["e2e-rfc-2.1-plaintext", "e2e-rfc-2.3-plaintext", "e2e-gomodule-plaintext"], NO_STAMP),
    **dict.fromkeys(["gen-114", "gen-230", "gen-254", "gen-291"], NO_STAMP),
    **dict.fromkeys(["e2e-oauthlib-unicode-1", "e2e-oauthlib-unicode-2"], NO_DIGITS),
    "e2e-node-echo": VERSION,
    "e2e-oauth2-matrix-utf8-path": RAW_PATH,
    **dict.fromkeys(["gen-059", "gen-083", "gen-111", "gen-113", "gen-217", "gen-245", "gen-271"], FOREIGN),
    **dict.fromkeys(["gen-160", "gen-199"], OTHER_HASH),
    **dict.fromkeys(["e2e-mkm-public", "gen-028", "gen-105", "gen-118", "gen-121", "gen-131"], EMPTY_TOKEN),
    **dict.fromkeys(["gen-198", "gen-250", "gen-293"], EMPTY_TOKEN),
    **dict.fromkeys(["e2e-oauthlib-plaintext", "e2e-flickr-wackylabs-2"], NO_TOKEN),
    **dict.fromkeys(
        ["gen-032", "gen-117", "gen-147", "gen-161", "gen-187", "gen-203", "gen-280", "gen-295"], NO_TOKEN
    ),
}

# And what Verifier refuses by design though the signature is right.
BEYOND_VERIFIER = {
    VERSION: ("version_rejected", 400),
    NO_DIGITS: ("parameter_rejected", 400),
    EMPTY_TOKEN: ("parameter_rejected", 400),
    OTHER_HASH: ("signature_invalid", 401),
    NO_TOKEN: ("signature_invalid", 401),
}


def sent(vector: Vector) -> dict[str, str]:
    params = vector["oauth"]["params"]
    assert len(dict(params)) == len(params)
    return dict(params)


def octets(vector: Vector) -> bytes | None:
    body = vector["request"]["body"]
    return None if body is None else body.encode()


def form(vector: Vector) -> bytes | None:
    return octets(vector) if is_form(vector["request"]["headers"].get("Content-Type")) else None


def collected(vector: Vector) -> list[Parameter]:
    return collect(query=Url(vector["request"]["url"]).query, header=sent(vector).items(), form=form(vector))


def expected(vector: Vector) -> dict[str, str]:
    """What the RFC gives, also where a provider's profile departs from it."""
    found: dict[str, str] = vector["rfc5849"] if "rfc5849" in vector else vector["expected"]
    assert "base_string" in found or sent(vector)["oauth_signature_method"] == "PLAINTEXT"
    return found


def signed_by_signer(vector: Vector) -> Signed:
    request, oauth, secrets = vector["request"], sent(vector), vector["secrets"]
    token = oauth.pop("oauth_token", None)
    body = octets(vector)
    hashed = oauth.pop("oauth_body_hash", None) is not None
    if hashed and body is None:
        body = b""
    return Signer(
        Consumer(
            oauth.pop("oauth_consumer_key"),
            secrets["client_secret"],
            rsa_key=rsa_key(secrets.get("rsa_key"), "private_pem"),
        ),
        None if token is None else AccessToken(token, secrets["token_secret"]),
        signature_method=oauth.pop("oauth_signature_method"),
        realm=vector["oauth"].get("realm"),
        placement=PLACEMENTS[vector["oauth"]["transmit"]],
        body_hash=hashed,
        version=oauth.pop("oauth_version", None) is not None,
    ).sign(
        request["method"],
        request["url"],
        headers=request["headers"],
        body=body,
        nonce=oauth.pop("oauth_nonce"),
        timestamp=oauth.pop("oauth_timestamp"),
        oauth=oauth,
    )


def signed_by_hand(vector: Vector) -> Signed:
    """The same, by the pure functions."""
    request, protocol, secrets = vector["request"], list(sent(vector).items()), vector["secrets"]
    url, headers, body = request["url"].partition("#")[0], Headers(request["headers"]), octets(vector)
    text = base_string(request["method"], base_string_uri(url), normalise(collected(vector)))
    private = rsa_key(secrets.get("rsa_key"), "private_pem")
    key = Key(secrets["client_secret"], secrets["token_secret"], private)
    signature = METHODS[sent(vector)["oauth_signature_method"]].sign(text, key)
    protocol.append(("oauth_signature", signature))
    if vector["oauth"]["transmit"] == "header":
        headers = headers.replacing(
            "Authorization", build_authorization(protocol, vector["oauth"].get("realm"))
        )
    elif vector["oauth"]["transmit"] == "query":
        url += ("&" if "?" in url else "?") + form_encode(protocol)
    else:
        body = b"&".join(part for part in (body, form_encode(protocol).encode()) if part)
    return Signed(request["method"], url, headers, body, text, signature, collected(vector))


def signed(vector: Vector) -> Signed:
    return signed_by_hand(vector) if name(vector) in BEYOND_SIGNER else signed_by_signer(vector)


def test_every_vector_is_used() -> None:
    assert_all_used("end_to_end", END_TO_END)
    assert_all_used("generated", GENERATED)
    assert set(BEYOND_SIGNER) <= set(map(name, VECTORS))


@pytest.mark.parametrize("vector", [vector for vector in VECTORS if name(vector) in BEYOND_SIGNER], ids=name)
def test_what_is_said_to_be_beyond_signer_is(vector: Vector) -> None:
    try:
        made = signed_by_signer(vector)
    except (KeyError, Unsignable):
        return
    assert made.signature != expected(vector)["signature"] or made.url != vector["request"]["url"]


@pytest.mark.rfc("2.1-10", "3.4.1-1", "A-3", "E-2550")
@pytest.mark.parametrize("vector", VECTORS, ids=name)
def test_a_whole_request_is_signed_as_the_vector_has_it(vector: Vector) -> None:
    made = signed(vector)
    pieces = {
        "base_string_uri": base_string_uri(vector["request"]["url"]),
        "normalized_parameters": normalise(collected(vector)),
        "base_string": made.base_string,
        "signature": made.signature,
    }
    assert {piece: pieces[piece] for piece in expected(vector)} == expected(vector)


@pytest.mark.rfc("3.1-12", "3.4-5", "3.5-1")
@pytest.mark.parametrize("vector", VECTORS, ids=name)
def test_the_request_that_is_sent_holds_what_the_bare_one_held_and_the_protocol_parameters(
    vector: Vector,
) -> None:
    made, request, oauth = signed(vector), vector["request"], vector["oauth"]
    protocol = sorted([*sent(vector).items(), ("oauth_signature", expected(vector)["signature"])])
    query, body = form_decode(Url(request["url"]).query or ""), octets(vector) or b""
    assert made.method == request["method"]
    assert {*Headers(request["headers"]).pairs} <= {*made.headers.pairs}
    if oauth["transmit"] == "header":
        authorization = parse_authorization(made.headers["Authorization"])
        assert authorization.realm == oauth.get("realm")
        assert sorted(authorization.parameters) == protocol
    else:
        assert "Authorization" not in made.headers
    if oauth["transmit"] == "query":
        sent_query = form_decode(Url(made.url).query or "")
        assert sent_query[: len(query)] == query
        assert sorted(sent_query[len(query) :]) == protocol
        assert made.url.startswith(request["url"])
    else:
        assert made.url == request["url"].partition("#")[0]
    if oauth["transmit"] == "form":
        sent_form = form_decode(made.body or b"")
        assert sent_form[: len(form_decode(body))] == form_decode(body)
        assert sorted(sent_form[len(form_decode(body)) :]) == protocol
        assert (made.body or b"").startswith(body)
    else:
        assert (made.body or b"") == body


PUBLISHED = [vector for vector in VECTORS if "published_header" in vector and "rfc5849" not in vector]


@pytest.mark.parametrize("vector", PUBLISHED, ids=name)
def test_the_header_says_what_the_published_one_says(vector: Vector) -> None:
    theirs = parse_authorization(vector["published_header"])
    ours = parse_authorization(signed(vector).headers["Authorization"])
    assert sorted(ours.parameters) == sorted(theirs.parameters)


class Row(NamedTuple):
    """A consumer or a token as a database has it: with whatever key and secret."""

    key: str
    secret: str
    rsa_key: str | None = None
    signature_methods: tuple[str, ...] | None = None


class Rows:
    """A store of one consumer and one token."""

    def __init__(self, consumer: Row, token: Row | None) -> None:
        self.consumer, self.token = consumer, token

    def find(self, consumer_key: str, token: str | None) -> tuple[Row | None, Row | None]:
        return (
            self.consumer if consumer_key == self.consumer.key else None,
            self.token if self.token and token == self.token.key else None,
        )

    def claim_nonce(
        self, consumer_key: str, token: str | None, timestamp: int, nonce: str, *, until: float
    ) -> bool:
        return True


@pytest.mark.rfc("3.2-1")
@pytest.mark.parametrize("vector", VECTORS, ids=name)
def test_verifier_accepts_what_the_vectors_sign(vector: Vector) -> None:
    made, oauth, secrets = signed(vector), sent(vector), vector["secrets"]
    reason = BEYOND_SIGNER.get(name(vector), "")
    now = NOW if reason in (NO_STAMP, NO_DIGITS) else int(oauth["oauth_timestamp"])
    method = oauth["oauth_signature_method"]
    public = rsa_key(secrets.get("rsa_key"), "public_pem", "certificate_pem")
    consumer = Row(oauth["oauth_consumer_key"], secrets["client_secret"], public, signature_methods=(method,))
    token = Row(oauth["oauth_token"], secrets["token_secret"]) if "oauth_token" in oauth else None
    verifier = Verifier(Rows(consumer, token), signature_methods=METHODS, require_token=False)
    url = made.url
    if method == "PLAINTEXT" and not Url(url).is_private_channel:
        assert problem(verifier, made, now) == ("signature_method_rejected", 400)
        # The same signature over https.
        url = re.sub("^http:", "https:", url, flags=re.IGNORECASE)

    def verify() -> Verified[Row, Row]:
        return verifier.verify(made.method, url, headers=made.headers, body=made.body, now=now)

    if reason in BEYOND_VERIFIER:
        refused = refusal(verify)
        assert (refused.problem, refused.status) == BEYOND_VERIFIER[reason]
        return
    verified = verify()
    assert verified.consumer is consumer
    assert verified.token is token
    assert verified.oauth == {key: value for key, value in oauth.items() if key.startswith("oauth_")}
    assert sorted(verified.parameters) == sorted(
        pair for pair in collected(vector) if not pair.name.startswith("oauth_")
    )


# -- what is sent


@pytest.mark.rfc("3.1-2", "3.1-9", "3.5-4")
def test_the_header_is_the_default_place() -> None:
    made = sign("POST", body="x", headers={"Content-Type": "text/plain"}, nonce="n")
    assert made.headers["Authorization"] == build_authorization(
        [
            ("oauth_consumer_key", CONSUMER.key),
            ("oauth_token", HELD.key),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", str(NOW)),
            ("oauth_nonce", "n"),
            ("oauth_version", "1.0"),
            ("oauth_signature", made.signature),
        ]
    )
    assert (made.method, made.url, made.body) == ("POST", URL, b"x")
    assert made.headers["Content-Type"] == "text/plain"


@pytest.mark.parametrize("nonce", [None, "n"], ids=["quickly", "plainly"])
def test_the_authorization_is_the_header_that_signing_adds(nonce: str | None) -> None:
    made = signer().sign("GET", URL, headers={"X": "1"}, nonce=nonce)
    assert made.authorization == made.headers["Authorization"] != ""


def test_there_is_no_authorization_where_the_signature_travels_elsewhere() -> None:
    assert signer(placement="query").sign("GET", URL).authorization == ""


QUERIES = {"": "?{}", "?": "?{}", "?a=1": "?a=1&{}", "?a=1&": "?a=1&&{}", "#x": "?{}", "?a=1#x": "?a=1&{}"}


@pytest.mark.rfc("2-4", "3.5.3-2")
@pytest.mark.parametrize(("query", "shape"), QUERIES.items())
def test_the_query_is_what_it_was_and_the_protocol_parameters(query: str, shape: str) -> None:
    made = signer(placement="query").sign("GET", URL + query, timestamp=NOW, nonce="n")
    protocol = made.url[made.url.index("oauth_consumer_key") :]
    assert made.url == URL + shape.format(protocol)
    assert dict(form_decode(protocol))["oauth_signature"] == made.signature
    assert "Authorization" not in made.headers


@pytest.mark.rfc("3.5.2-3")
@pytest.mark.parametrize("body", [None, b"", b"status=a+b&x", "status=a+b&x"], ids=repr)
def test_the_form_is_what_it_was_and_the_protocol_parameters(body: bytes | str | None) -> None:
    made = signer(placement="body").sign(
        "POST", URL, headers={} if body is None else FORM, body=body, timestamp=NOW
    )
    before = (body or b"") if isinstance(body, bytes | None) else body.encode()
    assert made.body is not None
    assert made.body.startswith(before + b"&oauth_consumer_key=" if before else b"oauth_consumer_key=")
    assert dict(form_decode(made.body))["oauth_signature"] == made.signature
    assert made.headers == FORM
    assert made.url == URL


@pytest.mark.rfc("3.5.2-1")
def test_a_body_without_a_type_can_not_carry_the_parameters() -> None:
    with pytest.raises(
        Unsignable,
        match='body: with placement="body" it must be a form: set Content-Type to application/x-www-form-',
    ):
        signer(placement="body").sign("POST", URL, body=b"a=1")


@pytest.mark.rfc("3.5.2-1")
def test_a_json_body_can_not_carry_the_parameters() -> None:
    with pytest.raises(Unsignable, match="must be a form"):
        signer(placement="body").sign("POST", URL, headers={"Content-Type": "application/json"}, body=b"{}")


def test_repeats_in_query_form_and_headers_are_kept() -> None:
    made = sign(
        "POST", f"{URL}?a=1&a=1&a=0", headers=[*FORM.items(), ("X-A", "1"), ("X-A", "2")], body="a=1&b&b="
    )
    assert made.headers.every("X-A") == ["1", "2"]
    assert [tuple(pair) for pair in made.parameters if not pair.name.startswith("oauth_")] == [
        *(("a", "0"), ("a", "1"), ("a", "1"), ("a", "1")),
        *(("b", ""), ("b", "")),
    ]


def test_parameters_are_shown_in_the_order_of_the_base_string_with_their_place() -> None:
    made = sign("POST", f"{URL}?z=1", headers=FORM, body="a=%26", nonce="n")
    assert made.parameters[0] == Parameter("a", "&", "form")
    assert [pair.source for pair in made.parameters if pair.name in ("a", "z", "oauth_nonce")] == [
        "form",
        "header",
        "query",
    ]
    assert percent_decode(made.base_string.split("&")[2]) == normalise(made.parameters)
    assert "oauth_signature" not in dict(made.parameters)


@pytest.mark.rfc("3.4.1.3.1-3")
@pytest.mark.parametrize(
    ("content_type", "is_signed"),
    [
        (FORM["Content-Type"], True),
        (FORM["Content-Type"] + "; charset=UTF-8", True),
        ("text/plain", False),
        (None, False),
    ],
)
def test_a_body_is_signed_only_where_it_is_a_form(content_type: str | None, is_signed: bool) -> None:
    made = sign("POST", headers={"Content-Type": content_type} if content_type else None, body="a=1")
    assert (("a", "1") in made.parameters) is is_signed
    assert made.body == b"a=1"


def test_text_is_sent_as_utf8() -> None:
    assert sign("POST", headers={"Content-Type": "text/plain"}, body="é").body == b"\xc3\xa9"


@pytest.mark.rfc("2-7", "3.6-1")
def test_unicode_is_signed_and_sent_wherever_it_stands() -> None:
    made = sign(
        "POST",
        "https://h/é/日?q=ü&%E2%82%AC=1",
        headers=FORM,
        body="s=\N{PILE OF POO} é",
        oauth={"oauth_callback": "ÿ"},
        nonce="ß",
    )
    assert made.url == "https://h/%C3%A9/%E6%97%A5?q=%C3%BC&%E2%82%AC=1"
    assert {
        ("q", "ü"),
        ("€", "1"),
        ("s", "\N{PILE OF POO} é"),
        ("oauth_callback", "ÿ"),
        ("oauth_nonce", "ß"),
    } <= {*made.parameters}
    assert made.headers["Authorization"].isascii()


URLS = {
    "https://h": "https://h",
    "https://h/": "https://h/",
    "https://h/a b?c d=e f": "https://h/a%20b?c%20d=e%20f",
    "https://h/%c3%a9?%7e=%C3%A9": "https://h/%c3%a9?%7e=%C3%A9",
    "https://h/a'b(c)!*;,=@:&?f[]='": "https://h/a'b(c)!*;,=@:&?f[]='",
    'https://h/"<>\\^`{|}': "https://h/%22%3C%3E%5C%5E%60%7B%7C%7D",
    "https://h/100%": "https://h/100%",
    "https://h?é#é": "https://h?%C3%A9",
    "https://[::1]:8000/[x]": "https://[::1]:8000/[x]",
    "HTTPS://User:Pw@H:443/": "HTTPS://User:Pw@H:443/",
}


@pytest.mark.parametrize(("url", "written"), URLS.items())
def test_a_url_is_sent_with_what_no_request_line_carries_percent_encoded(url: str, written: str) -> None:
    assert sign("GET", url).url == written


def test_what_is_signed_is_the_url_that_is_sent() -> None:
    made = sign("GET", "https://h/a b?c d=é")
    assert made.base_string.startswith("GET&https%3A%2F%2Fh%2Fa%2520b&c%2520d%3D%25C3%25A9%26oauth_")


@pytest.mark.rfc("3.5.1-7")
def test_a_realm_stands_in_the_header_and_nowhere_else() -> None:
    made = signer(realm='a "b"').sign("GET", URL)
    assert parse_authorization(made.headers["Authorization"]).realm == 'a "b"'
    assert "realm" not in made.base_string


@pytest.mark.rfc("3.1-8", "3.4.1.3.1-6")
def test_oauth_version_can_be_left_out() -> None:
    assert "oauth_version" in dict(sign().parameters)
    assert "oauth_version" not in dict(signer(version=False).sign("GET", URL).parameters)


@pytest.mark.rfc("2.1-11", "3.1-4")
def test_without_a_token_there_is_no_oauth_token() -> None:
    assert "oauth_token" not in dict(Signer(CONSUMER).sign("GET", URL).parameters)


@pytest.mark.rfc("2.3-4")
def test_a_request_token_signs_the_last_leg() -> None:
    made = Signer(CONSUMER, RequestToken("r", "rs")).sign("POST", URL, oauth={"oauth_verifier": "v"})
    assert {("oauth_token", "r"), ("oauth_verifier", "v")} <= {*made.parameters}
    assert METHODS["HMAC-SHA1"].verify(made.base_string, Key(CONSUMER.secret, "rs"), made.signature)


@pytest.mark.rfc("3.4-3")
@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_named_in_what_it_signs(method: str) -> None:
    private = rsa_key("mastercard", "private_pem")
    consumer = Consumer(CONSUMER.key, CONSUMER.secret, rsa_key=private)
    made = Signer(consumer, HELD, signature_method=method).sign("GET", URL)
    assert dict(made.parameters)["oauth_signature_method"] == method
    key = Key(CONSUMER.secret, HELD.secret, private)
    assert made.signature == METHODS[method].sign(made.base_string, key)


@pytest.mark.rfc("BH-1", "BH-3")
def test_a_body_hash_covers_a_body_that_is_no_form() -> None:
    json = {"Content-Type": "application/json"}
    made = signer(body_hash=True).sign("POST", URL, headers=json, body="Hello World!")
    assert dict(made.parameters)["oauth_body_hash"] == "Lve95gjOVATpfV8EL5X4nxwjKHE="
    assert "oauth_body_hash" not in dict(
        signer(body_hash=True).sign("POST", URL, headers=FORM, body="a=1").parameters
    )
    assert "oauth_body_hash" not in dict(signer().sign("POST", URL, headers=json, body="{}").parameters)
    assert "oauth_body_hash" not in dict(signer(body_hash=True).sign("GET", URL).parameters)


def test_timestamp_and_nonce_are_the_ones_given() -> None:
    made = sign(timestamp="0137131200", nonce="a nonce & more")
    assert {("oauth_timestamp", "0137131200"), ("oauth_nonce", "a nonce & more")} <= {*made.parameters}
    assert ("oauth_timestamp", "5") in sign(timestamp=5).parameters


@pytest.mark.rfc("3.3-1", "3.3-3")
def test_without_a_timestamp_it_is_now() -> None:
    before = int(time.time())
    stamped = int(dict(signer().sign("GET", URL).parameters)["oauth_timestamp"])
    assert before <= stamped <= time.time()


@pytest.mark.rfc("3.3-4")
@pytest.mark.abuse("A72")
def test_a_nonce_is_128_random_bits_and_never_the_same() -> None:
    nonces = [dict(sign().parameters)["oauth_nonce"] for _ in range(1000)]
    assert len(set(nonces)) == 1000
    assert all(re.fullmatch("[0-9a-f]{32}", nonce) for nonce in nonces)


@pytest.mark.rfc("4.9-2")
@pytest.mark.abuse("A72")
def test_a_nonce_owes_nothing_to_the_clock_or_the_seeded_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: float(NOW))
    made = []
    for _ in range(2):
        random.seed(1)
        made.append(dict(signer().sign("GET", URL).parameters)["oauth_nonce"])
    assert made[0] != made[1]
    monkeypatch.setattr(os, "urandom", lambda number: bytes(range(number)))
    assert dict(sign().parameters)["oauth_nonce"] == "000102030405060708090a0b0c0d0e0f"


def test_nothing_that_is_passed_in_is_changed() -> None:
    headers, oauth = {**FORM, "X": "1"}, {"oauth_verifier": "v"}
    pairs = [("X", "1")]
    signer().sign("POST", URL, headers=headers, body="a=1", oauth=oauth)
    signer(placement="body").sign("POST", URL, headers=headers, body="a=1", oauth=oauth)
    signer(placement="query").sign("POST", URL, headers=pairs, oauth=oauth)
    assert (headers, oauth, pairs) == ({**FORM, "X": "1"}, {"oauth_verifier": "v"}, [("X", "1")])


def test_one_signer_signs_many_requests_and_keeps_nothing_of_them() -> None:
    one = signer()
    first = one.sign("GET", URL, nonce="n", timestamp=NOW)
    one.sign("POST", f"{URL}?x=1", oauth={"oauth_verifier": "v"})
    assert one.sign("GET", URL, nonce="n", timestamp=NOW) == first


def test_a_signer_and_what_it_signed_print_without_secrets() -> None:
    assert repr(signer()) == "Signer('the-consumer-key', token='the-token', HMAC-SHA1, in the header)"
    assert repr(Signer(CONSUMER, placement="query")) == "Signer('the-consumer-key', HMAC-SHA1, in the query)"
    assert repr(sign("GET", f"{URL}?password=x")) == f"Signed(GET {URL}, signature=…)"


def test_a_signed_request_survives_pickling() -> None:
    made = sign("POST", headers=FORM, body="a=1")
    thawed = pickle.loads(pickle.dumps(made))  # just made
    assert thawed == made
    assert [pair.source for pair in thawed.parameters] == [pair.source for pair in made.parameters]


# -- what is refused, and how


OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "a method that isn't known": (
        {"signature_method": "HMAC-MD5"},
        "signature_method: “HMAC-MD5” is not known here:"
        " use HMAC-SHA1, HMAC-SHA256, HMAC-SHA512, RSA-SHA1, RSA-SHA256, RSA-SHA512 and PLAINTEXT",
    ),
    "a method in another case": ({"signature_method": "hmac-sha1"}, "is not known here"),
    "a place that isn't one": (
        {"placement": "form"},
        "placement: “form” is not a place: use header, query or body",
    ),
    "a realm in the query": ({"realm": "r", "placement": "query"}, "realm: only a header has a realm"),
    "a realm with a line break": ({"realm": "a\r\nX: 1"}, "realm: a header can't carry control characters"),
    "a realm outside latin-1": ({"realm": "日本"}, "realm: a header can't carry"),
}


@pytest.mark.rfc("3.1-1")
@pytest.mark.abuse("A96")
@pytest.mark.parametrize(("options", "message"), OPTIONS.values(), ids=OPTIONS)
def test_a_signer_that_could_sign_nothing_is_not_made(options: dict[str, Any], message: str) -> None:
    with pytest.raises(Unsignable, match=re.escape(message)):
        signer(**options)


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a method that is no word": (
        {"method": "GET /"},
        "method",
        "an HTTP method is a word such as GET or POST",
    ),
    "a method with a line break": ({"method": "GET\r\n"}, "method", "an HTTP method is a word"),
    "no method": ({"method": ""}, "method", "an HTTP method is a word"),
    "a relative URL": ({"url": "/1/statuses"}, "url", "it must start like https://host/"),
    "a URL without a host": ({"url": "https:///x"}, "url", "host or port is impossible"),
    "a URL with an impossible port": ({"url": "https://h:99999/"}, "url", "host or port is impossible"),
    "a URL with a host outside ASCII": ({"url": "https://münchen.example/"}, "url", "in ASCII"),
    "a URL with a blank around": ({"url": f" {URL}"}, "url", "there is a blank around it"),
    "a URL with a line break": ({"url": f"{URL}\r\nX: 1"}, "url", "a line break in it: remove it"),
    "a URL with a NUL": ({"url": f"{URL}?\x00"}, "url", "control character"),
    "a URL with a blank in its host": ({"url": "https://a b/"}, "url", "blank or a control character"),
    "a URL with a lone surrogate": ({"url": f"{URL}?\ud800"}, "url", "lone surrogate"),
    "a query that can't be decoded": (
        {"url": f"{URL}?q=100%"},
        "url or body",
        "the query can't be decoded: “%” is not a percent escape: write a literal “%” as “%25”",
    ),
    "a query that isn't UTF-8": ({"url": f"{URL}?q=%FF"}, "url or body", "aren't UTF-8"),
    "a form that can't be decoded": (
        {"headers": FORM, "body": b"q=\xff"},
        "url or body",
        "the form body can't be decoded",
    ),
    "a form in another charset": (
        {"headers": {"Content-Type": f"{FORM['Content-Type']}; charset=latin-1"}, "body": "a"},
        "body",
        "send it as UTF-8",
    ),
    "a body with a lone surrogate": ({"body": "\ud800"}, "body", "lone surrogate"),
    "an Authorization header": (
        {"headers": {"authorization": "Basic x"}},
        "headers",
        "there is an Authorization header already",
    ),
    "a signed query": (
        {"url": f"{URL}?oauth_nonce=1"},
        "url",
        "it holds oauth_nonce already: was it signed before? Sign the bare request",
    ),
    "a signature in the query": (
        {"url": f"{URL}?oauth_signature=1"},
        "url",
        "it holds oauth_signature already",
    ),
    "an encoded signature in the query": (
        {"url": f"{URL}?oauth%5Fsignature=1"},
        "url",
        "it holds oauth_signature already",
    ),
    "a signed form": ({"headers": FORM, "body": "oauth_token=1"}, "body", "it holds oauth_token already"),
    "a parameter that isn't OAuth's": (
        {"oauth": {"callback": "x"}},
        "oauth",
        "“callback” can't be given here",
    ),
    "the signature": ({"oauth": {"oauth_signature": "x"}}, "oauth", "“oauth_signature” can't be given here"),
    "another consumer key": (
        {"oauth": {"oauth_consumer_key": "x"}},
        "oauth",
        "“oauth_consumer_key” can't be given here",
    ),
    "a parameter with a lone surrogate": (
        {"oauth": {"oauth_callback": "\ud800"}},
        "oauth",
        "oauth_callback: it holds a lone surrogate",
    ),
    "an empty nonce": ({"nonce": ""}, "nonce", "it must have 1 to 255 octets"),
    "a long nonce": ({"nonce": "é" * 128}, "nonce", "it must have 1 to 255 octets"),
    "a nonce with a lone surrogate": ({"nonce": "\ud800"}, "nonce", "lone surrogate"),
    "a timestamp with a fraction": (
        {"timestamp": 1.5},
        "timestamp",
        "it must be a positive whole number of seconds since 1970, in ASCII digits",
    ),
    "a timestamp before 1970": ({"timestamp": -1}, "timestamp", "whole number"),
    "the first second of 1970": ({"timestamp": 0}, "timestamp", "positive"),
    "the same with more digits": ({"timestamp": "00"}, "timestamp", "positive"),
    "a timestamp that is a truth value": ({"timestamp": True}, "timestamp", "whole number"),
    "no timestamp's text": ({"timestamp": ""}, "timestamp", "whole number"),
    "a timestamp in Arabic digits": ({"timestamp": "١٢٣"}, "timestamp", "in ASCII digits"),
    "a timestamp with a sign": ({"timestamp": "+1"}, "timestamp", "in ASCII digits"),
    "a timestamp with a line break": ({"timestamp": "1\n"}, "timestamp", "in ASCII digits"),
}


@pytest.mark.rfc("3.1-10", "3.3-1", "3.5-1")
@pytest.mark.abuse("A96")
@pytest.mark.parametrize(("change", "what", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_signed_is_refused_with_what_to_write_instead(
    change: dict[str, Any], what: str, reason: str
) -> None:
    with pytest.raises(Unsignable) as caught:
        signer().sign(**{"method": "POST", "url": URL, **change})
    assert caught.value.what == what
    assert reason in caught.value.reason
    assert CONSUMER.secret not in str(caught.value)
    assert HELD.secret not in str(caught.value)


@pytest.mark.abuse("A96")
@pytest.mark.parametrize("placement", PLACEMENTS.values())
@pytest.mark.parametrize("text", ["a\r\nX-Injected: 1", 'a", oauth_token="b', "a&oauth_token=b"], ids=ascii)
def test_what_would_break_out_of_its_place_is_encoded(placement: Placement, text: str) -> None:
    made = signer(placement=placement).sign("POST", URL, nonce=text, oauth={"oauth_callback": text})
    shown = f"{made.url}{made.headers.pairs}{(made.body or b'').decode()}"
    assert "X-Injected:" not in shown
    assert shown.count('oauth_token="') + shown.count("oauth_token=t") == 1


def test_a_nonce_may_have_255_octets_of_anything() -> None:
    assert ("oauth_nonce", "é" * 127 + "\n") in sign(nonce="é" * 127 + "\n").parameters


def test_an_authorization_header_of_another_scheme_stands_beside_a_signed_query() -> None:
    made = signer(placement="query").sign("GET", URL, headers={"Authorization": "Basic x"})
    assert made.headers["Authorization"] == "Basic x"


# -- independent readings agree: tests/interop walks whole flows

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=4)
# Without `;`, whose path parameters oauthlib drops where they are empty, and without an empty segment at the
# beginning.
URL_PATHS = st.lists(st.text("abAB09-._~!$&'()*+,=:@", min_size=1, max_size=5), max_size=3).map(
    lambda parts: "/" + "/".join(parts)
)


@settings(max_examples=100)
@given(
    method=st.sampled_from(["GET", "POST", "DELETE"]),
    path=URL_PATHS,
    query=PAIRS,
    form=PAIRS,
    secrets=st.tuples(TEXT, TEXT).filter(lambda pair: all(text == text.strip() for text in pair)),
    nonce=TEXT,
)
def test_oauthlib_and_authlib_make_the_same_signature(
    method: str,
    path: str,
    query: list[tuple[str, str]],
    form: list[tuple[str, str]],
    secrets: tuple[str, str],
    nonce: str,
) -> None:
    consumer, token = Consumer("key", secrets[0]), AccessToken("token", secrets[1])
    url = f"https://h.example{path}" + (f"?{form_encode(query)}" if query else "")
    made = Signer(consumer, token).sign(
        method, url, headers=FORM, body=form_encode(form), nonce=nonce, timestamp=NOW
    )

    client = oauthlib.oauth1.Client("key", secrets[0], "token", secrets[1], nonce=nonce, timestamp=str(NOW))
    request = oauthlib.common.Request(url, method, form_encode(form), FORM)
    request.oauth_params = client.get_oauth_params(request)
    assert client.get_oauth_signature(request) == made.signature

    text = signature.construct_base_string(
        method, url, [tuple(pair) for pair in made.parameters], "h.example"
    )
    assert text == made.base_string
    assert signature.hmac_sha1_signature(text, *secrets) == made.signature


@pytest.mark.abuse("A96")
@pytest.mark.parametrize("field", [("X-A", "b\r\nX-Evil: 1"), ("X-A\n", "b"), ("X-A", "b\x00")], ids=ascii)
def test_a_header_that_breaks_out_is_refused(field: tuple[str, str]) -> None:
    with pytest.raises(Unsignable, match="headers: there is a line break or a NUL"):
        sign(headers=[field])


def test_a_length_that_was_given_is_that_of_the_signed_form() -> None:
    made = signer(placement="body").sign("POST", URL, headers={**FORM, "Content-Length": "3"}, body="a=1")
    assert made.headers["Content-Length"] == str(len(made.body or b""))
