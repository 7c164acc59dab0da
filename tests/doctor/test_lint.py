"""What can be said of a request, or of a base string, without any secret."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valetkey import AccessToken, Consumer, Signer
from valetkey.doctor.lint import RULES, lint, lint_base_string
from valetkey.doctor.pasted import read
from valetkey.doctor.sent import Sent
from valetkey.protocol.encoding import form_encode, percent_encode
from valetkey.protocol.parameters import FORM

CASES = json.loads((Path(__file__).parent / "cases.json").read_text(encoding="utf-8"))
SHA1 = "c2lnbmF0dXJlc2lnbmF0dXJlc2k="  # as long as a digest's base64
RIGHT = {
    "oauth_consumer_key": "ck",
    "oauth_token": "tok",
    "oauth_signature_method": "HMAC-SHA1",
    "oauth_signature": SHA1,
    "oauth_timestamp": "1795503600",
    "oauth_nonce": "n0ncen0ncen0nce",
    "oauth_version": "1.0",
}
URL = "https://api.test/a?x=1"


def header(**changes: str | None) -> str:
    values = {name: value for name, value in {**RIGHT, **changes}.items() if value is not None}
    return "OAuth " + ", ".join(f'{name}="{percent_encode(value)}"' for name, value in values.items())


def signed(**changes: str | None) -> Sent:
    return Sent("GET", URL, {"Authorization": header(**changes)})


def slugs(sent: Sent) -> list[str]:
    return [remark.slug for remark in lint(sent)]


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "PLAINTEXT"])
@pytest.mark.parametrize("placement", ["header", "query", "body"])
def test_of_what_our_own_signer_sends_nothing_is_said(method: str, placement: str) -> None:
    signer = Signer(
        Consumer("ck", "cs"),
        AccessToken("tok", "ts"),
        signature_method=method,
        placement=placement,  # type: ignore[arg-type]  # one of the three
    )
    made = signer.sign(
        "POST",
        "https://api.test/a?x=%C3%A9+b",
        headers={"Content-Type": FORM},
        body="a=1&b=%2F",
        timestamp=1795503600,
    )
    sent = Sent(made.method, made.url, made.headers, made.body)
    assert lint(sent, now=1795503600) == []


HEADERS: dict[str, list[str]] = {
    header().replace("OAuth ", "Oauth "): [],
    header().replace("OAuth ", "OAuth: "): ["scheme"],
    header().replace("OAuth ", "OAuth1 "): ["scheme"],
    header().replace("OAuth ", "Bearer OAuth "): ["scheme"],
    header().replace(", ", "; "): ["header-form"],
    header().replace('"', "'"): ["header-form", "header-quotes"],
    header().replace('"ck"', "ck"): ["header-form", "header-quotes"],
    header() + ', oauth_token="tok"': ["twice"],
    header().replace("oauth_token", "OAuth_Token"): ["name-case"],
    header().replace("oauth_nonce", "oauth_nonse"): ["missing", "unknown-parameter"],
    header().replace("%3D", "%3d"): ["small-hex"],
    header().replace("oauth_version", "oauth_token_secret"): ["secret-sent"],
    "OAuth": ["header-form", "no-oauth"],
}


@pytest.mark.parametrize(("value", "expected"), HEADERS.items(), ids=range(len(HEADERS)))
def test_a_header_that_is_written_otherwise_is_told(value: str, expected: list[str]) -> None:
    assert slugs(Sent("GET", URL, {"Authorization": value})) == expected


VALUES: list[tuple[dict[str, str | None], list[str]]] = [
    ({}, []),
    ({"oauth_token": None, "oauth_version": None}, []),
    ({"oauth_nonce": None, "oauth_timestamp": None}, ["missing", "missing"]),
    ({"oauth_token": ""}, ["empty-token"]),
    ({"oauth_consumer_key": ""}, ["empty"]),
    ({"oauth_version": "1.0a"}, ["version"]),
    ({"oauth_signature_method": "HMAC_SHA1"}, ["method-name"]),
    ({"oauth_signature_method": "hmac-sha256"}, ["method-name"]),
    ({"oauth_signature_method": "MD5"}, ["method-unknown"]),
    ({"oauth_timestamp": "1795503600000"}, ["timestamp-milliseconds"]),
    ({"oauth_timestamp": "1795503600.5"}, ["timestamp-form"]),
    ({"oauth_timestamp": "٣"}, ["timestamp-form"]),
    ({"oauth_nonce": "abc"}, ["nonce-short"]),
    ({"oauth_nonce": "a+b/c=d+e"}, ["nonce-characters"]),
    ({"oauth_nonce": "1795503600"}, ["nonce-is-time"]),
    ({"oauth_consumer_key": "ck\n"}, ["key-blank"]),
    ({"oauth_token": '"tok"'}, ["key-blank"]),
    ({"oauth_callback": "oob"}, ["callback-oob"]),
    ({"oauth_callback": "OOB"}, ["callback-case"]),
    ({"oauth_callback": "localhost/back"}, ["callback-form"]),
    ({"oauth_callback": "https://me.test/back"}, []),
    ({"oauth_callback": "about:blank"}, []),
    ({"oauth_signature": SHA1 + "\n"}, ["signature-break"]),
    ({"oauth_signature": "0a" * 20}, ["signature-hex"]),
    ({"oauth_signature": percent_encode(SHA1)}, ["signature-escaped"]),
    ({"oauth_signature": "ab cdefghijklmnopqrstuvwxyz="}, ["signature-plus"]),
    ({"oauth_signature": "ab-cdefghijklmnopqrstuvwxyz="}, ["signature-url-safe"]),
    ({"oauth_signature": "not base64!"}, ["signature-plus"]),
    ({"oauth_signature": "nobase64!"}, ["signature-form"]),
    ({"oauth_signature": "YWJj"}, ["signature-length"]),
    ({"oauth_signature_method": "HMAC-SHA256"}, ["signature-length"]),
    ({"oauth_signature_method": "RSA-SHA256"}, ["signature-length"]),
    ({"oauth_signature_method": "PLAINTEXT", "oauth_signature": "a&b"}, []),
    ({"oauth_signature_method": "PLAINTEXT", "oauth_signature": "a%26b"}, ["plaintext-form"]),
    (
        {"oauth_signature_method": "PLAINTEXT", "oauth_signature": "a", "oauth_nonce": None},
        ["plaintext-form"],
    ),
    ({"oauth_body_hash": "x"}, ["body-hash"]),
    ({"oauth_body_hash": "2jmj7l5rSw0yVb/vlWAYkK/YBwk="}, []),
]


@pytest.mark.parametrize(("changes", "expected"), VALUES, ids=[str(changes) for changes, _ in VALUES])
def test_a_value_that_is_wrong_or_unusual_is_told(
    changes: dict[str, str | None], expected: list[str]
) -> None:
    assert slugs(signed(**changes)) == expected


AUTH = {"Authorization": header()}
FORMED = {**AUTH, "Content-Type": FORM}
REQUESTS: dict[str, tuple[Sent, list[str]]] = {
    "nothing of OAuth": (Sent("GET", URL), ["no-oauth"]),
    "in the query": (Sent("GET", f"https://api.test/?{form_encode(RIGHT.items())}"), []),
    "a raw plus in the query": (
        Sent("GET", f"https://api.test/?{form_encode(RIGHT.items()).replace(SHA1[:4], 'a+b/')}"),
        ["signature-plus"],
    ),
    "in two places": (Sent("GET", f"{URL}&oauth_token=tok", AUTH), ["two-places"]),
    "a realm in the query": (Sent("GET", f"{URL}&realm=x", AUTH), ["realm"]),
    "another header": (Sent("GET", URL, {"X-Authorization": header()}), ["header-name", "no-oauth"]),
    "two headers": (Sent("GET", URL, [("Authorization", "Basic x"), *AUTH.items()]), ["two-headers"]),
    "a default port": (Sent("GET", "https://api.test:443/", AUTH), ["default-port"]),
    "another host": (Sent("GET", URL, {**AUTH, "Host": "b.test"}), ["host-differs"]),
    "plain secrets": (
        Sent(
            "GET",
            "http://api.test/",
            {"Authorization": header(oauth_signature_method="PLAINTEXT", oauth_signature="a&")},
        ),
        ["plain-http"],
    ),
    "no UTF-8": (Sent("GET", "https://api.test/?a=%E9", AUTH), ["undecodable"]),
    "a small escape": (Sent("GET", "https://api.test/a%2fb", AUTH), ["small-hex"]),
    "a form": (Sent("POST", URL, FORMED, b"a=1&b=2"), []),
    "a form without its type": (Sent("POST", URL, AUTH, b"a=1&b=2"), ["form-type"]),
    "JSON": (Sent("POST", URL, {**AUTH, "Content-Type": "application/json"}, b'{"a": "b=c"}'), []),
    "JSON as a form": (Sent("POST", URL, FORMED, b'{"a": 1}'), ["json-as-form"]),
    "a form of latin-1": (
        Sent("POST", URL, {**AUTH, "Content-Type": f"{FORM}; charset=ISO-8859-1"}, b"a=1"),
        ["form-charset"],
    ),
    "a form with GET": (Sent("GET", URL, FORMED, b"a=1"), ["body-on-get"]),
    "a form that is hashed": (
        Sent("POST", URL, {"Authorization": header(oauth_body_hash="x"), "Content-Type": FORM}, b"a=1"),
        ["body-hash-on-form"],
    ),
}


@pytest.mark.parametrize(("sent", "expected"), REQUESTS.values(), ids=REQUESTS)
def test_a_request_that_is_unusual_is_told(sent: Sent, expected: list[str]) -> None:
    assert slugs(sent) == expected


def test_a_timestamp_is_held_against_a_clock_only_where_one_is_given() -> None:
    sent = signed()
    assert lint(sent, now=1795503600 + 300) == []
    (far,) = lint(sent, now=1795503600 - 7_200)
    assert far.sentence == "oauth_timestamp is 2 hours off this machine's clock."
    assert far.guess


def test_a_nonce_that_another_request_has_is_told() -> None:
    one, other = signed(), signed(oauth_timestamp="1795503601")
    assert [remark.slug for remark in lint(one, others=[one, other])] == ["nonce-repeated"]
    assert lint(one, others=[one, signed(oauth_nonce="another0nonce")]) == []


URI = "https%3A%2F%2Fapi.test%2Fa"
NEEDED = "oauth_consumer_key%3Dck%26oauth_signature_method%3DHMAC-SHA1"
BASE_STRINGS: dict[str, list[str]] = {
    f"GET&{URI}&a%3Db%2520c%26{NEEDED}": [],
    f"GET&{URI}&{NEEDED}\n": ["base-blank"],
    f"GET&{URI}": ["base-parts"],
    "GET&https://api.test/&a=1&b=2": ["base-parts"],
    f"get&{URI}&{NEEDED}": ["base-method"],
    f"GET&{URI}&{NEEDED.replace('%3D', '%3d')}": ["base-small-hex"],
    f"GET&{URI}&{NEEDED}%26z%3D%FF": ["base-undecodable"],
    f"GET&api.test&{NEEDED}": ["base-url"],
    f"GET&https%3A%2F%2FAPI.test%2F&{NEEDED}": ["base-url-case"],
    f"GET&https%3A%2F%2Fapi.test%3A443%2F&{NEEDED}": ["base-url-port"],
    f"GET&https%3A%2F%2Fapi.test&{NEEDED}": ["base-url-path"],
    f"GET&{URI}%3Fx%3D1&{NEEDED}": ["base-url-query"],
    f"GET&{URI}&z%3D1%26{NEEDED}": ["base-order"],
    f"GET&{URI}&{NEEDED}%26realm%3Dx": ["base-realm"],
    f"GET&{URI}&oauth_consumer_key%3Dck%26oauth_signature%3Dx%26oauth_signature_method%3DHMAC-SHA1": [
        "base-signature"
    ],
    f"GET&{URI}&a%3Db%20c%26{NEEDED}": ["base-raw"],
    f"GET&{URI}&a%5Bb%5D%3Dc%26{NEEDED}": ["base-raw"],
    f"GET&{URI}&a%3Db%2Bc%26{NEEDED}": ["base-plus"],
    f"GET&{URI}&a%3Db%252520c%26{NEEDED}": ["base-often"],
    f"GET&{URI}&a%3Db": ["missing", "missing"],
    f"GET&{URI}&oauth_consumer_key%3Dck%26{NEEDED}": ["twice"],
    f"GET&{URI}&{NEEDED}%26oauth_token_secret%3Dx": ["secret-sent"],
}


@pytest.mark.parametrize(("text", "expected"), BASE_STRINGS.items(), ids=BASE_STRINGS)
def test_a_base_string_that_is_made_otherwise_is_told(text: str, expected: list[str]) -> None:
    assert [remark.slug for remark in lint_base_string(text)] == expected


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["truth"]["correct"]], ids=lambda case: case["id"]
)
def test_of_a_right_request_nothing_is_said_but_guesses(case: dict[str, dict[str, str]]) -> None:
    sent = read(case["input"]["curl"])
    assert isinstance(sent, Sent)
    assert [remark for remark in lint(sent) if not remark.guess] == []


def test_each_rule_is_a_sentence_and_a_way_out() -> None:
    for rule in RULES.values():
        assert rule.sentence.endswith(".")
        assert rule.mend.endswith(".")


def test_each_rule_is_met_in_a_test() -> None:
    met = {slug for expected in HEADERS.values() for slug in expected}
    met |= {slug for _, expected in VALUES for slug in expected}
    met |= {slug for _, expected in REQUESTS.values() for slug in expected}
    met |= {slug for expected in BASE_STRINGS.values() for slug in expected}
    assert set(RULES) - met == {"timestamp-far", "nonce-repeated"}


@pytest.mark.abuse("A98")
def test_no_value_of_a_request_is_in_a_remark() -> None:
    sent = Sent(
        "GET",
        f"{URL}&oauth_hunter%1b2%20=hunter2",
        {"Authorization": header(oauth_signature="hunter2 hunter2")},
    )
    said = " ".join(map(str, lint(sent)))
    assert "hunter2" not in said
    assert "\x1b" not in said


PIECES = st.sampled_from(
    [
        "OAuth ",
        "oauth_token=",
        '"',
        ",",
        "%",
        "%2",
        "%ff",
        "&",
        "=",
        " ",
        "oauth_nonce",
        "\n",
        "https://",
        "%3A",
        "GET&",
        "realm",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=4), max_size=12).map("".join)


@pytest.mark.abuse("A102")
@given(TEXTS, TEXTS, TEXTS)
def test_anything_can_be_looked_at(value: str, url: str, body: str) -> None:
    sent = Sent("GET", url, {"Authorization": value, "Content-Type": FORM}, body.encode())
    assert all(remark.slug in RULES for remark in [*lint(sent, now=0), *lint_base_string(value)])


@pytest.mark.abuse("A102")
def test_much_is_looked_at_in_one_pass() -> None:
    """With the square of its length, this would take minutes."""
    body = b"a=1&" * 200_000
    sent = Sent("POST", URL, {"Authorization": "OAuth " + "oauth_x=1 ," * 20_000, "Content-Type": FORM}, body)
    assert "header-form" in slugs(sent)
    assert lint_base_string("GET&a&" + "a%3D1%26" * 200_000) == []
