"""Each mistake with the protocol parameters, against base strings put together by hand."""

import base64
import hashlib
from urllib.parse import quote

import pytest

from tests.doctor.mistakes.wrong import JSON, PROTOCOL, base, line, sent, told
from valetkey.doctor.mistakes.protocol import PROTOCOL as FAMILY

Values = dict[str, str | None]

# What was sent otherwise than usual; which mistake; what was signed otherwise; a word of the sentence.
WRONG: list[tuple[Values, str, Values, str]] = [
    (
        {"oauth_token": None},
        "empty-token",
        {"oauth_token": ""},
        "empty oauth_token was signed that is not sent",
    ),
    ({"oauth_token": None}, "empty-token", {"oauth_token": "null"}, "null"),
    ({}, "version-unsent", {"oauth_version": "1.0"}, "oauth_version was signed that is not sent"),
    ({"oauth_version": "1.0"}, "version", {"oauth_version": "1.0a"}, "1.0a"),
    ({"oauth_version": "1.0a"}, "version", {"oauth_version": "1.0"}, "oauth_version"),
    ({}, "unsent-signed", {"oauth_callback": "oob"}, "oob"),
    ({}, "unsent-signed", {"oauth_callback": ""}, "oauth_callback"),
    ({}, "unsent-signed", {"oauth_verifier": ""}, "oauth_verifier"),
    ({}, "realm-unsent", {"realm": ""}, "realm"),
    ({}, "realm-unsent", {"realm": "https://api.example/photos"}, "realm"),
    ({}, "unsent-signed", {"oauth_callback": "", "oauth_verifier": ""}, "oauth_verifier"),
    ({"oauth_token": None}, "unsent-signed", {"oauth_token": "", "oauth_verifier": ""}, "oauth_token"),
    (
        {"oauth_nonse": "n0nce", "oauth_nonce": None},
        "misspelt",
        {"oauth_nonse": None, "oauth_nonce": "n0nce"},
        "misspelt: “oauth_nonse” was sent, “oauth_nonce” was signed",
    ),
    (
        {"oauth_signaturemethod": "HMAC-SHA1", "oauth_signature_method": None},
        "misspelt",
        {"oauth_signaturemethod": None, "oauth_signature_method": "HMAC-SHA1"},
        "oauth_signature_method",
    ),
    (
        {"oauth-token": "tok", "oauth_token": None},
        "misspelt",
        {"oauth-token": None, "oauth_token": "tok"},
        "“oauth_token” was signed",
    ),
    (
        {"token": "tok", "oauth_token": None},
        "misspelt",
        {"token": None, "oauth_token": "tok"},
        "“token” was sent",
    ),
    ({}, "signature-signed", {"oauth_signature": ""}, "oauth_signature"),
    ({}, "secret-signed", {"oauth_consumer_secret": "s3cret"}, "oauth_consumer_secret"),
    ({}, "secret-signed", {"oauth_token_secret": "t0ken"}, "oauth_token_secret"),
    ({}, "secret-signed", {"oauth_consumer_secret": "s3cret", "oauth_token_secret": "t0ken"}, "and"),
    ({}, "method-name", {"oauth_signature_method": "HMAC-SHA256"}, "HMAC-SHA256"),
    ({}, "method-name", {"oauth_signature_method": "hmac-sha1"}, "signature method"),
    ({}, "method-name", {"oauth_signature_method": "HMAC_SHA1"}, "signature method"),
    (
        {"oauth_signature_method": "HMAC-SHA256"},
        "method-name",
        {"oauth_signature_method": "HMAC-SHA1"},
        "HMAC-SHA1",
    ),
    (
        {"oauth_signature_method": None},
        "method-name",
        {"oauth_signature_method": "HMAC-SHA1"},
        "not sent at all",
    ),
    ({"oauth_nonce": "a+b="}, "header-not-decoded", {"oauth_nonce": "a%2Bb%3D"}, "not decoded"),
    (
        {"oauth_callback": "https://c.example/?a=1"},
        "callback",
        {"oauth_callback": "https://c.example/"},
        "query",
    ),
    (
        {"oauth_callback": "https://c.example/"},
        "callback",
        {"oauth_callback": "https%3A%2F%2Fc.example%2F"},
        "encoded twice",
    ),
    ({"oauth_callback": "x%2Fy"}, "callback", {"oauth_callback": "x/y"}, "decoded"),
    ({}, "timestamp", {"oauth_timestamp": "1700000001"}, "+1 s"),
    ({}, "timestamp", {"oauth_timestamp": "1699999995"}, "-5 s"),
    ({}, "timestamp", {"oauth_timestamp": "1700000000000"}, "milliseconds"),
    ({}, "timestamp", {"oauth_timestamp": "1700000000.0"}, ".0"),
    ({"oauth_timestamp": "1700000000123"}, "timestamp", {"oauth_timestamp": "1700000000"}, "in seconds"),
    (
        {},
        "unprefixed",
        {**dict.fromkeys(PROTOCOL), **{n[6:]: v for n, v in PROTOCOL.items()}},
        "without “oauth_”",
    ),
    ({}, "protocol-unsigned", dict.fromkeys(PROTOCOL), "not signed at all"),
    ({}, "keys-exchanged", {"oauth_consumer_key": "tok", "oauth_token": "key"}, "exchanged"),
    ({}, "blank-signed", {"oauth_token": "tok\n"}, "oauth_token was signed with other white space"),
    ({"oauth_token": "tok "}, "blank-signed", {"oauth_token": "tok"}, "white space"),
    ({}, "value-missing", {"oauth_token": ""}, "empty oauth_token"),
    ({}, "value-missing", {"oauth_nonce": "undefined"}, "undefined"),
]


@pytest.mark.parametrize(("values", "slug", "signed", "word"), WRONG)
def test_protocol_parameters_signed_wrong_give_this_base_string(
    values: Values, slug: str, signed: Values, word: str
) -> None:
    assert word in told(FAMILY, sent(more=values))[slug, base(line(**{**values, **signed}))]


@pytest.mark.parametrize("realm", ["Photos", ""])
def test_the_realm_may_have_been_signed(realm: str) -> None:
    fields = ", ".join(f'{name}="{quote(value)}"' for name, value in PROTOCOL.items())
    headers = {"Authorization": f'OAuth realm="{realm}", {fields}, oauth_signature="c2ln"'}
    found = told(FAMILY, sent(headers=headers))
    assert "realm" in found["realm-signed", base(line(f"realm={realm}"))]
    assert "realm" in found["realm-signed", base(line("realm="))]


@pytest.mark.parametrize("hash_name", ["sha1", "sha256"])
def test_the_hash_of_the_body_may_have_been_signed_unsent(hash_name: str) -> None:
    body_hash = base64.b64encode(hashlib.new(hash_name, b'{"a":1}').digest()).decode()
    found = told(FAMILY, sent(method="POST", headers=JSON, body='{"a":1}'))
    says = found["body-hash-unsent", base(line(oauth_body_hash=body_hash), method="POST")]
    assert "oauth_body_hash" in says
    assert hash_name in says


def test_another_hash_of_the_body_than_was_sent_may_have_been_signed() -> None:
    body_hash = base64.b64encode(hashlib.sha256(b"{}").digest()).decode()
    found = told(FAMILY, sent(method="POST", headers=JSON, body="{}", oauth_body_hash="c2hvcnQ="))
    assert ("body-hash", base(line(oauth_body_hash=body_hash), method="POST")) in found


def test_protocol_parameters_in_the_query_may_have_been_signed_without_those_of_the_header() -> None:
    found = told(FAMILY, sent("https://api.example/photos?oauth_token=tok", oauth_token=None))
    assert "header" in found["protocol-unsigned", base("oauth_token=tok")]


def test_protocol_parameters_may_have_been_signed_twice() -> None:
    twice = "&".join(f"{name}={value}&{name}={value}" for name, value in PROTOCOL.items())
    assert "twice" in told(FAMILY, sent())["protocol-unsigned", base(twice)]


def test_an_ordinary_parameter_is_not_taken_for_a_misspelt_one() -> None:
    assert "misspelt" not in {slug for slug, _ in told(FAMILY, sent("https://api.example/photos?order=asc"))}


def test_other_parameters_of_the_header_may_have_been_left_out() -> None:
    recipe = sent(more={"x_auth_mode": "client_auth", "x_auth_username": "ann"})
    assert "header" in told(FAMILY, recipe)["header-left-out", base(line())]


def test_unknown_oauth_parameters_may_have_been_left_out() -> None:
    recipe = sent(oauth_session_handle="s", oauth_expires_in="9")
    assert "doesn't know" in told(FAMILY, recipe)["extensions-left-out", base(line())]
