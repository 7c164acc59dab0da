"""The signature methods and the body hash."""

import base64
import re

import pytest

import valetkey
from tests.vectors import Vector, assert_all_used, load, name
from valetkey.protocol import signatures
from valetkey.protocol.encoding import percent_encode
from valetkey.protocol.signatures import METHODS, Hmac, Key, body_hash, same_text

HMAC = load("signatures_hmac")
PLAINTEXT = load("signatures_plaintext")
BODY_HASHES = load("body_hash")


def test_every_vector_is_used() -> None:
    assert_all_used("signatures_hmac", HMAC)
    assert_all_used("signatures_plaintext", PLAINTEXT)
    assert_all_used("body_hash", BODY_HASHES)


@pytest.mark.rfc("3.4.2-1")
@pytest.mark.parametrize("vector", HMAC, ids=name)
def test_hmac_signs_the_base_string(vector: Vector) -> None:
    method = METHODS[vector["signature_method"]]
    key = Key(vector["client_secret"], vector["token_secret"])
    assert method.sign(vector["base_string"], key) == vector["expected"]
    assert method.verify(vector["base_string"], key, vector["expected"])


@pytest.mark.rfc("3.4.4-3", "3.4.4-4", "3.4.4-5")
@pytest.mark.parametrize("vector", PLAINTEXT, ids=name)
def test_plaintext_is_the_two_secrets(vector: Vector) -> None:
    method = METHODS["PLAINTEXT"]
    key = Key(vector["client_secret"], vector["token_secret"])
    assert method.sign("any base string", key) == vector["expected"]
    assert method.verify("any other", key, vector["expected"])
    if "transmitted" in vector:
        assert percent_encode(vector["expected"]) == vector["transmitted"]


@pytest.mark.rfc("BH-4", "BH-6")
@pytest.mark.parametrize("vector", BODY_HASHES, ids=name)
def test_a_body_is_hashed_with_the_hash_of_the_signature_method(vector: Vector) -> None:
    body = base64.b64decode(vector["body_base64"]) if "body_base64" in vector else vector["body"].encode()
    assert body_hash(f"HMAC-{vector['hash']}", body) == vector["expected"]
    if vector["hash"] == "SHA1":
        assert body_hash("PLAINTEXT", body) == vector["expected"]


@pytest.mark.rfc("3.4-2")
def test_the_methods_are_those_of_the_rfc_and_their_siblings() -> None:
    hashes = ("SHA1", "SHA256", "SHA512")
    assert list(METHODS) == [f"{kind}-{name}" for kind in ("HMAC", "RSA") for name in hashes] + ["PLAINTEXT"]
    assert [name for name, method in METHODS.items() if method.uses_rsa_key] == [
        f"RSA-{name}" for name in hashes
    ]
    assert [name for name, method in METHODS.items() if not method.covers_request] == ["PLAINTEXT"]


@pytest.mark.parametrize("method", [name for name, method in METHODS.items() if not method.uses_rsa_key])
@pytest.mark.parametrize(
    "key",
    [Key("x", "token"), Key("consumer", "x"), Key("consumer"), Key("", "token"), Key("")],
    ids=lambda key: key.text,
)
def test_another_secret_makes_another_signature(method: str, key: Key) -> None:
    right = METHODS[method].sign("base", Key("consumer", "token"))
    assert not METHODS[method].verify("base", key, right)


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"])
def test_another_base_string_makes_another_signature(method: str) -> None:
    assert not METHODS[method].verify("other", Key("c"), METHODS[method].sign("base", Key("c")))


@pytest.mark.rfc("3.4.2-2", "3.4.2-3", "3.4.4-4", "3.4.4-5")
def test_secrets_are_encoded_before_they_are_joined() -> None:
    assert Key("a&b", "c d").text == "a%26b&c%20d"
    assert Key("a", "b&c").text != Key("a&b", "c").text
    assert Key("a").text == "a&"
    assert Key("").text == "&"


MALLEABLE = {
    "no padding": lambda text: text.rstrip("="),
    "more padding": lambda text: text + "=",
    "other unused bits": lambda text: re.sub(".(?==*$)", lambda last: chr(ord(last[0]) + 1), text, count=1),
    "a line break after": lambda text: text + "\n",
    "a line break within": lambda text: text[:10] + "\n" + text[10:],
    "a blank before": lambda text: " " + text,
    "a character that base64 skips": lambda text: text[:5] + "!" + text[5:],
    "the URL-safe alphabet": lambda text: text.replace("+", "-").replace("/", "_"),
    "hexadecimal": lambda text: base64.b64decode(text).hex(),
    "encoded once more": percent_encode,
    "another case": str.swapcase,
    "twice": lambda text: text + text,
    "nothing": lambda text: "",
    "a letter outside ASCII": lambda text: text + "é",
    "a lone surrogate": lambda text: text + "\ud800",
    "a NUL": lambda text: text + "\x00",
    "30 KB": lambda text: text * 1000,
}


@pytest.mark.abuse("A29")
@pytest.mark.abuse("A25")
@pytest.mark.parametrize("change", MALLEABLE.values(), ids=MALLEABLE)
@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"])
def test_a_signature_is_right_to_the_character_or_wrong(method: str, change: object) -> None:
    assert callable(change)
    # One whose base64 holds both `+` and `/`, and unused bits that could be set.
    texts = (str(number) for number in range(10_000))
    base = next(text for text in texts if {"+", "/"} <= set(METHODS[method].sign(text, Key("c", "t"))))
    right = METHODS[method].sign(base, Key("c", "t"))
    assert change(right) != right
    assert METHODS[method].verify(base, Key("c", "t"), right)
    assert not METHODS[method].verify(base, Key("c", "t"), change(right))


@pytest.mark.abuse("A25")
@pytest.mark.rule(7)
@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a", "a", True),
        ("é", "é", True),
        ("a", "b", False),
        ("a", "", False),
        ("", "", True),
        ("é", "e\u0301", False),
        ("\ud800", "\ud800", False),
    ],
    ids=ascii,
)
def test_texts_are_compared_as_octets(one: str, other: str, same: bool) -> None:
    assert same_text(one, other) is same


def test_a_method_of_one_s_own_is_known_to_both_sides_once_it_is_registered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("valetkey.protocol.signatures.METHODS", METHODS.copy())
    for user in ("valetkey.signer", "valetkey.verifier"):
        monkeypatch.setattr(f"{user}.METHODS", signatures.METHODS)
    valetkey.register_signature_method("HMAC-SHA3-256", Hmac("sha3_256"))
    consumer, token = valetkey.Consumer("k", "s"), valetkey.AccessToken("t", "ts")
    store = valetkey.MemoryStore()
    store.add(consumer, token)
    made = valetkey.Signer(consumer, token, signature_method="HMAC-SHA3-256").sign(
        "GET", "https://a.example/"
    )
    verifier = valetkey.Verifier(store, signature_methods=["HMAC-SHA3-256"])
    assert verifier.verify(made.method, made.url, headers=made.headers).consumer is consumer
    with pytest.raises(valetkey.Refused, match="signature_method_rejected"):
        valetkey.Verifier(store).verify(made.method, made.url, headers=made.headers)


@pytest.mark.parametrize("name", ["HMAC-SHA1", "PLAINTEXT", "", "é", "a\nb"])
def test_a_name_that_is_taken_or_that_no_header_carries_is_not_registered(name: str) -> None:
    with pytest.raises(ValueError, match=r"choose another name|printable ASCII"):
        valetkey.register_signature_method(name, Hmac("sha256"))
    assert len(METHODS) == 7
