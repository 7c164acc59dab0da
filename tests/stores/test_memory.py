"""The store in memory."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stores.suite import Claims, IsGiven
from tests.wire import CALLBACK, CONSUMER, NOW, TOKEN, Clock, memory
from valetkey import AccessToken, Consumer, MemoryStore, RequestToken, Unsignable
from valetkey.protocol.encoding import Malformed
from valetkey.stores import ProviderStore
from valetkey.stores.memory import GRACE, MAX_OPEN_REQUESTS, Full, MemoryConsumer, MemoryToken


def with_request(clock: Clock | None = None) -> MemoryStore:
    store = memory(clock)
    assert store.add_request_token(
        CONSUMER.key, RequestToken("r", "rs"), callback=CALLBACK, expires=NOW + 600
    )
    return store


def decide(store: MemoryStore, token: str = "r", *, allowed: bool = True, user: str = "ada") -> bool:
    return store.decide(
        token, allowed=allowed, user=user, access="read", verifier_hash="h", expires=NOW + 900
    )


def test_it_keeps_the_protocol_of_a_providers_store() -> None:
    store: ProviderStore[Consumer, AccessToken | MemoryToken] = MemoryStore()
    assert store.find("x", None) == (None, None)


class TestNonces(Claims):
    @pytest.fixture
    def nonces(self) -> MemoryStore:
        return MemoryStore()


class TestStore(IsGiven):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


# -- consumers and tokens


def test_what_was_added_is_found_as_the_very_object() -> None:
    found = memory().find(CONSUMER.key, TOKEN.key)
    assert found[0] is CONSUMER
    assert found[1] is TOKEN


def test_plain_consumers_and_tokens_can_be_added() -> None:
    store, consumer, token = MemoryStore(), Consumer("c", "s"), AccessToken("t", "ts")
    store.add(consumer, token, AccessToken("u", "us"))
    assert store.find("c", "t") == (consumer, token)
    assert store.find("c", "u")[1] == AccessToken("u", "us")


def test_adding_again_replaces_the_consumer_and_keeps_its_tokens() -> None:
    store = memory()
    store.add(Consumer(CONSUMER.key, "another secret"))
    consumer, token = store.find(CONSUMER.key, TOKEN.key)
    assert consumer is not None
    assert consumer.secret == "another secret"
    assert token is TOKEN


def test_a_revoked_token_is_found_with_its_problem() -> None:
    store = memory()
    store.add(CONSUMER, AccessToken("plain", "s"))
    assert store.revoke(TOKEN.key)
    assert store.revoke("plain")
    assert store.find(CONSUMER.key, TOKEN.key)[1] == MemoryToken(
        TOKEN.key, TOKEN.secret, user="ada", access="read", problem="token_revoked"
    )
    assert store.find(CONSUMER.key, "plain")[1] == MemoryToken("plain", "s", problem="token_revoked")
    assert not store.revoke("unknown")


@pytest.mark.abuse("A39")
@pytest.mark.rule(6)
def test_a_consumer_registers_good_callbacks_alone() -> None:
    assert MemoryConsumer("k", "s", callbacks=[CALLBACK, "com.example:/x"]).callbacks == (
        CALLBACK,
        "com.example:/x",
    )
    with pytest.raises(Malformed):
        MemoryConsumer("k", "s", callbacks=[CALLBACK, "javascript:x"])
    with pytest.raises(Unsignable):
        MemoryConsumer("")


# -- nonces


CLAIM = ("c", "t", NOW, "n")


@pytest.mark.abuse("A28")
@given(
    st.lists(
        st.tuples(st.text(":ab", max_size=2), st.text(":ab", max_size=2), st.text(":ab", max_size=2)),
        max_size=30,
    )
)
def test_no_two_different_claims_meet(claims: list[tuple[str, str, str]]) -> None:
    store = memory()
    first = [
        store.claim_nonce(consumer, token, NOW, nonce, until=NOW + 300) for consumer, token, nonce in claims
    ]
    assert sum(first) == len(set(claims))


@pytest.mark.abuse("A26")
def test_a_nonce_is_kept_until_its_time_and_then_forgotten() -> None:
    clock = Clock()
    store = memory(clock)
    assert store.claim_nonce(*CLAIM, until=NOW + 300)
    clock.now = NOW + 300 + GRACE
    assert not store.claim_nonce(*CLAIM, until=NOW + 300)
    clock.now += 0.5
    store.claim_nonce("other", None, NOW, "n", until=NOW + 600)
    assert store._kept == len(store._nonces) == len(store._expiry) == 1


@pytest.mark.rule(1)
@pytest.mark.abuse("A26")
def test_a_claim_that_is_to_be_kept_longer_keeps_all_of_its_timestamp() -> None:
    clock = Clock()
    store = memory(clock)
    assert store.claim_nonce("c", "t", NOW, "short", until=NOW + 300)
    assert store.claim_nonce("c", "t", NOW, "long", until=NOW + 900)
    clock.now = NOW + 900 + GRACE
    assert not store.claim_nonce("c", "t", NOW, "long", until=NOW + 900)
    clock.now += 1
    assert store.claim_nonce("c", "t", int(clock.now), "n", until=clock.now + 300)
    assert store._kept == 1


@pytest.mark.abuse("A35")
def test_what_was_forgotten_is_refused_when_the_clock_steps_back() -> None:
    clock = Clock()
    store = memory(clock)
    store.claim_nonce(*CLAIM, until=NOW + 300)
    clock.now = NOW + 4_000
    assert store.claim_nonce("c", "t", NOW + 4_000, "later", until=NOW + 4_300)
    clock.now = NOW
    assert not store.claim_nonce(*CLAIM, until=NOW + 300)
    assert store.claim_nonce("c", "t", NOW + 1, "new", until=NOW + 301)


@pytest.mark.rfc("4.10-1")
@pytest.mark.abuse("A78")
def test_a_full_store_refuses_and_forgets_nothing() -> None:
    clock = Clock()
    store = MemoryStore(clock=clock, max_nonces=3)
    for nonce in "abc":
        assert store.claim_nonce("c", None, NOW, nonce, until=NOW + 300)
    with pytest.raises(Full, match="3 nonces are younger than the window"):
        store.claim_nonce("c", None, NOW, "d", until=NOW + 300)
    assert not [nonce for nonce in "abc" if store.claim_nonce("c", None, NOW, nonce, until=NOW + 300)]
    clock.now = NOW + 301 + GRACE
    assert store.claim_nonce("c", None, int(clock.now), "d", until=clock.now + 300)


@pytest.mark.rfc("4.10-1")
@pytest.mark.abuse("A78")
@pytest.mark.abuse("A53")
def test_a_million_claims_are_bounded_by_the_window() -> None:
    clock = Clock()
    store = memory(clock)
    for number in range(1_000_000):
        clock.now = NOW + number // 1_000
        assert store.claim_nonce("c", "t", int(clock.now), str(number), until=clock.now + 300)
    assert (store._kept, len(store._nonces), len(store._expiry)) == (361_000, 361, 361)
    assert not store.claim_nonce("c", "t", int(clock.now), "999999", until=clock.now + 300)


# -- request tokens


@pytest.mark.parametrize("access", ["read", None])
def test_a_request_token_keeps_what_it_asks_for(access: str | None) -> None:
    store = memory()
    token = RequestToken("r", "rs")
    store.add_request_token(CONSUMER.key, token, callback=CALLBACK, access=access, expires=NOW + 600)
    found = store.open_request_token("r")[1]
    assert found is not None
    assert found.requested_access == access
    assert found.access is None, "nobody has allowed it yet"


def test_a_request_token_without_its_consumer_is_found_alone() -> None:
    store = MemoryStore(clock=Clock())
    store.add_request_token("gone", RequestToken("r", "rs"), callback="oob", expires=NOW + 600)
    assert store.open_request_token("r")[0] is None


@pytest.mark.abuse("A53")
def test_a_consumers_open_request_tokens_are_capped_and_the_expired_ones_deleted() -> None:
    clock = Clock()
    store = memory(clock)

    def add(number: int, consumer: str = CONSUMER.key) -> bool:
        return store.add_request_token(
            consumer, RequestToken(f"r{consumer}{number}", "s"), callback="oob", expires=clock.now + 600
        )

    assert all(add(number) for number in range(MAX_OPEN_REQUESTS))
    assert not add(MAX_OPEN_REQUESTS)
    assert store.open_request_token(f"r{CONSUMER.key}{MAX_OPEN_REQUESTS}")[1] is None
    assert add(0, "another")
    clock.now += 600
    assert add(MAX_OPEN_REQUESTS)
    assert len(store._requests) == 1


@pytest.mark.abuse("A53")
def test_a_request_that_was_allowed_is_open_until_it_is_exchanged() -> None:
    store = memory()

    def add(number: int) -> bool:
        token = RequestToken(f"r{number}", "s")
        return store.add_request_token(CONSUMER.key, token, callback="oob", expires=NOW + 600)

    for number in range(MAX_OPEN_REQUESTS):
        assert add(number)
        assert decide(store, f"r{number}")
    assert not add(MAX_OPEN_REQUESTS)
    store.exchange("r0", AccessToken("a", "s"))
    assert add(MAX_OPEN_REQUESTS)


# -- what it shows


@pytest.mark.abuse("A80")
def test_it_prints_numbers_alone(caplog: pytest.LogCaptureFixture) -> None:
    store = with_request()
    assert repr(store) == "MemoryStore(1 consumers, 1 tokens)"
    logging.getLogger("test").warning("%s %r", store, vars(store))
    assert TOKEN.secret not in caplog.text
    assert CONSUMER.secret not in caplog.text
    assert "MemoryRequestToken('r', pending)" in caplog.text
