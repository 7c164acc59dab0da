"""Consumers and tokens: what they hold, what they refuse to hold, and what they don't show."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from tests.canary import CANARY
from valetkey import AccessToken, Consumer, RequestToken, Signed, Signer, Unsignable
from valetkey.protocol.values import Value
from valetkey.stores.memory import MemoryConsumer

MAKERS: dict[str, Callable[[str], Value]] = {
    "consumer": lambda text: Consumer(text, "s"),
    "request token": lambda text: RequestToken(text, "s"),
    "access token": lambda text: AccessToken(text, "s"),
    "consumer's secret": lambda text: Consumer("k", text),
    "request token's secret": lambda text: RequestToken("k", text),
    "access token's secret": lambda text: AccessToken("k", text),
}


@pytest.mark.rfc("1.1-1")
def test_a_consumer_holds_key_secret_and_methods() -> None:
    consumer = Consumer("k", "s", signature_methods=["HMAC-SHA1"])
    assert (consumer.key, consumer.secret, consumer.rsa_key, consumer.signature_methods) == (
        "k",
        "s",
        None,
        ("HMAC-SHA1",),
    )
    assert Consumer("k").signature_methods is None
    assert Consumer("k").secret == ""


@pytest.mark.parametrize(
    ("extra", "handle", "seconds"),
    [
        ({}, "", None),
        ({"oauth_session_handle": "h", "oauth_expires_in": "3600"}, "h", 3600),
        ({"oauth_expires_in": "0"}, "", 0),
        ({"oauth_expires_in": "-1"}, "", None),
        ({"oauth_expires_in": "soon"}, "", None),
        ({"oauth_expires_in": "³"}, "", None),
        ({"oauth_expires_in": "9" * 5000}, "", None),
    ],
)
def test_an_access_token_knows_its_session_handle_and_how_long_it_lasts(
    extra: dict[str, str], handle: str, seconds: int | None
) -> None:
    token = AccessToken("k", "s", extra=extra)
    assert (token.session_handle, token.expires_in) == (handle, seconds)


@pytest.mark.rfc("1.1-1")
def test_a_token_holds_key_and_secret() -> None:
    assert (RequestToken("k", "s").key, RequestToken("k", "s").secret) == ("k", "s")
    assert (AccessToken("k", "s").key, AccessToken("k", "s").secret, AccessToken("k", "s").extra) == (
        "k",
        "s",
        {},
    )


def test_an_access_token_keeps_what_the_service_said_besides() -> None:
    said = {"user_id": "7"}
    token = AccessToken("k", "s", extra=said)
    said["user_id"] = "8"
    assert token.extra == {"user_id": "7"}
    assert hash(token) == hash(AccessToken("k", "s"))


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize("text", ["x\x00y", "x\ud800"], ids=ascii)
def test_what_no_request_can_carry_is_refused_without_being_shown(
    make: Callable[[str], Value], text: str
) -> None:
    with pytest.raises(Unsignable) as caught:
        make(CANARY + text)
    assert "copy it again" in str(caught.value) or "surrogate" in str(caught.value)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("make", list(MAKERS.values())[:3], ids=list(MAKERS)[:3])
def test_an_empty_key_is_refused(make: Callable[[str], Value]) -> None:
    with pytest.raises(Unsignable, match="it is empty"):
        make("")


def test_an_empty_secret_can_be_held() -> None:
    assert Consumer("k", "").secret == RequestToken("k", "").secret == AccessToken("k", "").secret == ""


@pytest.mark.parametrize("text", [None, b"k", 7])
def test_a_key_that_is_no_text_is_refused(text: Any) -> None:
    with pytest.raises(Unsignable, match="give it as text, not as "):
        Consumer(text)


@pytest.mark.parametrize("text", ["a b", " a ", "a\n", "日本語", "a&b=c%20", "é" * 300])
def test_any_other_text_can_be_a_key_blanks_around_it_included(text: str) -> None:
    assert Consumer(text).key == RequestToken(text, "s").key == text


SIGNED = Signer(Consumer("k", CANARY), AccessToken("t", CANARY), signature_method="PLAINTEXT").sign(
    "GET", "https://h/", oauth={"oauth_verifier": CANARY}
)


@pytest.mark.parametrize(
    "value",
    [
        Consumer("k", "s"),
        RequestToken("k", "s"),
        AccessToken("k", "s", extra={"a": "b"}),
        MemoryConsumer("k", "s"),
        SIGNED,
    ],
)
def test_a_value_is_kept_in_a_session_by_pickling(value: Value) -> None:
    thawed: Signed | Consumer = pickle.loads(pickle.dumps(value))  # just made
    assert thawed == value
    assert CANARY not in repr(thawed)
