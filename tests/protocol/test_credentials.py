"""Consumers and tokens: what they hold, what they refuse to hold, and what they don't show."""

import copy
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from valetkey import (
    AccessToken,
    Answer,
    Consumer,
    Decision,
    Pending,
    RequestToken,
    Signed,
    Signer,
    Unsignable,
    Verified,
)
from valetkey.protocol.header import Authorization
from valetkey.protocol.signatures import Key
from valetkey.protocol.values import Value
from valetkey.stores.memory import MemoryConsumer, MemoryRequestToken, MemoryStore, MemoryToken

CANARY = "canary-5EC12E7"

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
SIGNED_IN_QUERY = Signer(Consumer("k", CANARY), signature_method="PLAINTEXT", placement="query").sign(
    "GET", "https://h/"
)
REQUEST = MemoryRequestToken(RequestToken("k", CANARY), "c", "oob", 1.0)
REQUEST.verifier_hash = CANARY

HOLDERS: dict[str, object] = {
    "Consumer": Consumer("k", CANARY, rsa_key=CANARY),
    "RequestToken": RequestToken("k", CANARY),
    "AccessToken": AccessToken("k", CANARY, extra={"oauth_session_handle": CANARY}),
    "Key": Key(CANARY, CANARY, CANARY),
    "Signer": Signer(Consumer("k", CANARY), AccessToken("t", CANARY), signature_method="PLAINTEXT"),
    "Signed": SIGNED,
    "Signed in the query": SIGNED_IN_QUERY,
    "Headers": SIGNED.headers,
    "Authorization": Authorization(None, [("oauth_signature", CANARY)]),
    "Answer": Answer(200, body=f"oauth_token_secret={CANARY}"),
    "Verified": Verified(
        Consumer("k", CANARY),
        AccessToken("t", CANARY),
        [("password", CANARY)],
        {"oauth_verifier": CANARY},
        True,
    ),
    "Decision": Decision(f"https://h/?oauth_verifier={CANARY}", CANARY),
    "Pending": Pending(Consumer("k", CANARY), REQUEST),
    "MemoryConsumer": MemoryConsumer("k", CANARY),
    "MemoryRequestToken": REQUEST,
    "MemoryToken": MemoryToken("k", CANARY),
    "MemoryStore": MemoryStore(),
}
HOLDERS["MemoryStore"].add(Consumer("k", CANARY), MemoryToken("k", CANARY))  # type: ignore[attr-defined]  # it is one


@pytest.mark.abuse("A80")
@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
def test_what_holds_a_secret_does_not_print_it(holder: object) -> None:
    shown = [
        repr(holder),
        str(holder),
        f"{holder}",
        f"{[holder]}",
        f"{({'a': holder},)!r}",
        f"{copy.copy(holder)}",
    ]
    assert not [text for text in shown if CANARY in text]


@pytest.mark.abuse("A81")
@pytest.mark.abuse("A80")
@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
def test_what_holds_a_secret_does_not_log_it(holder: object, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("test").debug("%s %r", holder, holder, extra={"holder": holder})
    assert len(caplog.records) == 1
    assert CANARY not in caplog.text + str(vars(caplog.records[0]))


@pytest.mark.abuse("A64")
@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
def test_what_holds_a_secret_does_not_show_it_in_a_traceback_with_locals(holder: object) -> None:
    def fail(holder: object) -> None:
        raise RuntimeError(holder)

    try:
        fail(holder)
    except RuntimeError as error:
        text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "holder = " in text
    assert CANARY not in text


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
