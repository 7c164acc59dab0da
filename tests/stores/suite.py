"""What every store keeps to: one set of tests, run with each store.

A store's own test file says how the store is made, and gets these tests by a subclass of :class:`Claims`, for
nonces, and of :class:`Keeps`, for the three legs.
"""

import asyncio
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

import pytest

from tests import wire
from tests.vectors import rsa_key
from tests.wire import CALLBACK, NOW, SERVICE, URL, refusal
from valetkey import (
    AccessToken,
    Consumer,
    Handshake,
    Provider,
    RequestToken,
    Signed,
    Signer,
    Unsignable,
    Verified,
    Verifier,
)
from valetkey.stores.memory import MemoryConsumer, MemoryToken
from valetkey.stores.nonces import Nonces

R = TypeVar("R")
Claim = tuple[str, str | None, int, str]

# By the clock that all stores share, whatever the timestamps of the tests.
TODAY = int(time.time())
LATER = TODAY + 3_600

PAIRS: list[tuple[Claim, Claim]] = [
    (("a", "b:c", NOW, "n"), ("a:b", "c", NOW, "n")),
    (("a", "1", 23, "n"), ("a", "12", 3, "n")),
    (("a", "t", 1, "1n"), ("a", "t", 11, "n")),
    (("a", None, NOW, "n"), ("a", "", NOW, "n")),
    (("a", None, NOW, "n"), ("a", "None", NOW, "n")),
    (("a", "=", NOW, "n"), ("a", "", NOW, "n")),
    (("a", "t", NOW, "n"), ("a", "t", NOW, "N")),
    (("a", "t", NOW, "n"), ("a", "t", NOW, "n ")),
    (("a", "t", NOW, "n"), ("a", "t", NOW, "n\n")),
    (("a", "t", NOW, "n"), ("a", "t", NOW, "n\x00")),
    (("a", "t", NOW, "é"), ("a", "t", NOW, "e\u0301")),
    (("a", "t", NOW, "ß"), ("a", "t", NOW, "ss")),
    (("a", "t", NOW, "x" * 255), ("a", "t", NOW, "x" * 254 + "y")),
    (("a", "t", NOW, "😀" * 63), ("a", "t", NOW, "😀" * 62 + "😁")),
    (("a", "t", NOW, "a\r\nSET b c"), ("a", "t", NOW, "a\r\nSET b d")),
    (("a", "t", NOW, "n"), ("A", "t", NOW, "n")),
    (("a", "t", NOW, "n"), ("a", "T", NOW, "n")),
    (("a", "t", NOW, "n"), ("a", "t", NOW + 1, "n")),
    (("a", "t", 0, "n"), ("a", "t", -1, "n")),
    (("a", "t", 10**15, "n"), ("a", "t", 10**15 + 1, "n")),
    (("a", "t", 2**64, "n"), ("a", "t", 2**64 + 1, "n")),
]


class Claims:
    """A nonce is good once, whoever asks."""

    threads = 100

    @pytest.fixture
    def nonces(self) -> Any:
        raise NotImplementedError

    def together(self, number: int, call: Callable[[int], R]) -> list[R]:
        return wire.together(number, call)

    @pytest.mark.rule(1)
    def test_the_first_claim_wins_and_no_later_one_does(self, nonces: Nonces) -> None:
        claims = [nonces.claim_nonce("c", "t", NOW, "n", until=LATER) for _ in range(3)]
        assert claims == [True, False, False]

    @pytest.mark.rule(1)
    @pytest.mark.abuse("A28")
    @pytest.mark.abuse("A76")
    @pytest.mark.abuse("A77")
    @pytest.mark.parametrize(("one", "other"), PAIRS, ids=range(len(PAIRS)))
    def test_claims_that_differ_in_one_octet_never_meet(
        self, nonces: Nonces, one: Claim, other: Claim
    ) -> None:
        assert nonces.claim_nonce(*one, until=LATER)
        assert nonces.claim_nonce(*other, until=LATER)
        assert not nonces.claim_nonce(*one, until=LATER)
        assert not nonces.claim_nonce(*other, until=LATER)

    def test_at_the_far_edge_of_the_window_every_new_nonce_is_claimed(self, nonces: Nonces) -> None:
        now = time.time()  # not when this file was read: the other tests take their time
        assert nonces.claim_nonce("c", "t", NOW - 300, "n", until=now)
        assert nonces.claim_nonce("c", "t", NOW - 300, "another", until=now)

    @pytest.mark.rule(1)
    @pytest.mark.abuse("A17")
    def test_of_many_threads_that_claim_one_nonce_one_wins(self, nonces: Nonces) -> None:
        won = self.together(self.threads, lambda _: nonces.claim_nonce("c", "t", NOW, "n", until=LATER))
        assert Counter(won) == {True: 1, False: self.threads - 1}

    @pytest.mark.abuse("A17")
    def test_of_many_threads_that_claim_a_nonce_each_all_win(self, nonces: Nonces) -> None:
        won = self.together(
            self.threads, lambda index: nonces.claim_nonce("c", "t", NOW, f"n{index}", until=LATER)
        )
        assert all(won)


class Keeps:
    """Consumers, tokens and the three legs."""

    threads = 20

    @pytest.fixture
    def store(self) -> Any:
        raise NotImplementedError

    def register(self, store: Any, name: str = "Kestrel") -> Consumer:
        """A new consumer with :data:`CALLBACK`, as its owner knows it."""
        raise NotImplementedError

    def grant(self, store: Any, consumer: Consumer, person: Any) -> AccessToken:
        """A new token of `person`, with the access ``read``."""
        raise NotImplementedError

    def person(self, name: str) -> Any:
        return name

    def together(self, number: int, call: Callable[[int], R]) -> list[R]:
        return wire.together(number, call)

    def ask(self, store: Any, consumer: Consumer, key: str = "request") -> str:
        """The key of a new request token."""
        token = RequestToken(key, "its secret")
        assert store.add_request_token(consumer.key, token, callback=CALLBACK, expires=LATER, access="read")
        return key

    def decide(self, store: Any, request: str, user: Any, **given: Any) -> bool:
        decision = {"allowed": True, "access": "read", "verifier_hash": "hash", **given}
        decided: bool = store.decide(request, user=user, expires=LATER + 300, **decision)
        return decided

    # -- consumers and tokens

    @pytest.mark.abuse("A21")
    def test_a_consumer_is_found_with_its_own_token_only(self, store: Any) -> None:
        kestrel, merlin, ada = self.register(store), self.register(store, "Merlin"), self.person("ada")
        token = self.grant(store, kestrel, ada)
        consumer, found = store.find(kestrel.key, token.key)
        assert (consumer.key, consumer.secret) == (kestrel.key, kestrel.secret)
        assert (found.key, found.secret, found.user, found.access) == (token.key, token.secret, ada, "read")
        assert store.find(merlin.key, token.key)[1] is None
        assert store.find(kestrel.key, None)[1] is None
        assert store.find(kestrel.key, "")[1] is None
        assert store.find("unknown", token.key) == (None, None)

    @pytest.mark.abuse("A76")
    @pytest.mark.parametrize(
        "twist",
        [
            *(str.swapcase, lambda key: key + " ", lambda key: " " + key, lambda key: key + "\x00"),
            *(lambda key: key[:-1] + "%", lambda key: key[:-1] + "_", lambda key: key + "\u0301"),
            *(lambda key: key * 20, lambda key: key[:-1] + "😀", lambda key: key + "\n", lambda key: "\x00"),
            *(lambda key: "", lambda key: key[:-1], lambda key: f"{key}' OR '1'='1"),
        ],
        ids=range(14),
    )
    def test_a_key_that_is_not_the_very_same_finds_nothing(
        self, store: Any, twist: Callable[[str], str]
    ) -> None:
        consumer = self.register(store)
        token = self.grant(store, consumer, self.person("ada"))
        request = self.ask(store, consumer)
        assert store.find(twist(consumer.key), token.key) == (None, None)
        assert store.find(consumer.key, twist(token.key))[1] is None
        assert store.find_request_token(consumer.key, twist(request))[1] is None
        assert store.find_request_token(twist(consumer.key), request) == (None, None)
        assert store.open_request_token(twist(request)) == (None, None)
        assert not store.revoke(twist(token.key))

    @pytest.mark.abuse("A20")
    def test_a_request_token_is_no_access_token_and_the_reverse(self, store: Any) -> None:
        kestrel, merlin = self.register(store), self.register(store, "Merlin")
        token, request = self.grant(store, kestrel, self.person("ada")), self.ask(store, kestrel)
        assert store.find(kestrel.key, request)[1] is None
        assert store.find_request_token(kestrel.key, token.key)[1] is None
        assert store.find_request_token(kestrel.key, None)[1] is None
        assert store.find_request_token(merlin.key, request)[1] is None

    def test_a_revoked_token_is_returned_with_its_problem(self, store: Any) -> None:
        consumer = self.register(store)
        token = self.grant(store, consumer, self.person("ada"))
        assert store.find(consumer.key, token.key)[1].problem is None
        assert store.revoke(token.key)
        assert store.revoke(token.key), "once more does no harm"
        assert store.find(consumer.key, token.key)[1].problem == "token_revoked"

    # -- request tokens

    def test_a_request_token_is_found_in_whatever_state_with_what_it_was_asked_for(self, store: Any) -> None:
        consumer = self.register(store)
        request = self.ask(store, consumer)
        for state, expires, verifier_hash in [
            ("pending", LATER, ""),
            ("allowed", LATER + 300, "hash"),
            ("used", LATER + 300, "hash"),
        ]:
            for owner, found in [
                store.find_request_token(consumer.key, request),
                store.open_request_token(request),
            ]:
                assert (owner.key, found.key, found.secret) == (consumer.key, request, "its secret")
                assert (found.callback, found.requested_access) == (CALLBACK, "read")
                assert (found.state, found.expires, found.verifier_hash) == (state, expires, verifier_hash)
            if state == "pending":
                assert self.decide(store, request, self.person("ada"))
            else:
                store.exchange(request, AccessToken("a", "as"))

    @pytest.mark.parametrize("first", [True, False])
    @pytest.mark.parametrize("second", [True, False])
    def test_a_request_is_decided_once(self, store: Any, first: bool, second: bool) -> None:
        request = self.ask(store, self.register(store))
        assert self.decide(store, request, self.person("ada"), allowed=first)
        assert not self.decide(store, request, self.person("eve"), allowed=second)
        assert store.open_request_token(request)[1].state == ("allowed" if first else "denied")
        assert not self.decide(store, "unknown", self.person("ian"))

    @pytest.mark.abuse("A49")
    def test_of_many_decisions_at_once_one_counts(self, store: Any) -> None:
        request = self.ask(store, self.register(store))
        people = [self.person(f"person{index}") for index in range(self.threads)]
        won = self.together(
            self.threads,
            lambda index: self.decide(
                store, request, people[index], allowed=index % 2 == 0, verifier_hash=str(index)
            ),
        )
        assert Counter(won) == {True: 1, False: self.threads - 1}
        found: Any = store.open_request_token(request)[1]
        winner = won.index(True)
        assert (found.user, found.verifier_hash) == (people[winner], str(winner))
        assert found.state == ("denied" if winner % 2 else "allowed")

    @pytest.mark.abuse("A42")
    def test_of_many_tries_at_once_no_two_get_one_number(self, store: Any) -> None:
        request = self.ask(store, self.register(store))
        tries = self.together(self.threads, lambda _: store.count_try(request))
        assert sorted(tries) == list(range(1, self.threads + 1))

    def test_a_try_for_a_token_that_is_gone_counts_nothing(self, store: Any) -> None:
        assert store.count_try("gone") == 0

    @pytest.mark.abuse("A41")
    def test_of_many_exchanges_at_once_one_makes_a_token(self, store: Any) -> None:
        consumer, ada = self.register(store), self.person("ada")
        request = self.ask(store, consumer)
        assert self.decide(store, request, ada)
        made = self.together(
            self.threads, lambda index: store.exchange(request, AccessToken(f"token{index}", f"s{index}"))
        )
        (kept,) = [token for token in made if token]
        found = [store.find(consumer.key, f"token{index}")[1] for index in range(self.threads)]
        assert [token.key for token in found if token] == [kept.key]
        for token in (kept, next(token for token in found if token)):
            assert (token.user, token.access, token.secret) == (ada, "read", kept.secret)

    @pytest.mark.rfc("2.3-8")
    @pytest.mark.abuse("A20")
    @pytest.mark.parametrize("state", ["pending", "denied", "unknown"])
    def test_what_was_not_allowed_is_not_exchanged(self, store: Any, state: str) -> None:
        consumer = self.register(store)
        request = self.ask(store, consumer)
        if state == "denied":
            assert self.decide(store, request, self.person("ada"), allowed=False)
        assert store.exchange("unknown" if state == "unknown" else request, AccessToken("a", "s")) is None
        assert store.find(consumer.key, "a")[1] is None

    def test_the_three_legs_end_with_a_token_that_works_until_it_is_revoked(self, store: Any) -> None:
        consumer, ada = self.register(store), self.person("ada")
        provider: Provider[Any, Any] = Provider(store)
        send, kestrel = wire.sender(provider), Handshake(consumer, SERVICE, callback=CALLBACK)
        leg = kestrel.request_token()
        request = leg.read(send(leg.request))
        decision = provider.allow(request.key, ada, access="read")
        last = kestrel.access_token(request, kestrel.verifier(str(decision.redirect), request))
        token = last.read(send(last.request))

        def proved(signed: Signed) -> Verified[Any, Any]:
            return Verifier(store).verify(signed.method, signed.url, headers=signed.headers)

        signed = Signer(consumer, token).sign("GET", URL)
        assert wire.person(proved(signed)) == ada
        assert refusal(lambda: proved(signed)).problem == "nonce_used"
        assert provider.revoke(token.key)
        assert refusal(lambda: proved(Signer(consumer, token).sign("GET", URL))).problem == "token_revoked"


class IsGiven(Keeps):
    """Besides, for stores that an operator gives consumers and tokens to, with `add`."""

    def register(self, store: Any, name: str = "Kestrel") -> Consumer:
        consumer = MemoryConsumer(f"{name}Key", f"{name}'s secret", callbacks=[CALLBACK])
        store.add(consumer)
        return consumer

    def grant(self, store: Any, consumer: Consumer, person: Any) -> AccessToken:
        store.add(consumer, MemoryToken("aToken", "its secret", user=person, access="read"))
        return AccessToken("aToken", "its secret")

    def test_what_was_added_is_found_and_replaced_and_keeps_its_tokens(self, store: Any) -> None:
        store.add(Consumer("c", "s"), AccessToken("t", "ts"), AccessToken("u", "us"))
        store.add(MemoryConsumer("c", "new", signature_methods=["HMAC-SHA256"], callbacks=[CALLBACK]))
        consumer, token = store.find("c", "u")
        assert (consumer.secret, consumer.signature_methods) == ("new", ("HMAC-SHA256",))
        assert consumer.callbacks == (CALLBACK,)
        assert (token.key, token.secret) == ("u", "us")
        assert not store.revoke("unknown")

    def test_a_removed_consumer_leaves_nothing_behind(self, store: Any) -> None:
        kestrel, merlin = self.register(store), self.register(store, "Merlin")
        token, request = self.grant(store, kestrel, "ada"), self.ask(store, kestrel)
        kept = self.ask(store, merlin, "kept")
        assert store.remove(kestrel.key)
        assert not store.remove(kestrel.key)
        store.add(kestrel)
        assert store.find(kestrel.key, token.key)[1] is None
        assert store.find_request_token(kestrel.key, request)[1] is None
        assert store.find_request_token(merlin.key, kept)[1] is not None

    @pytest.mark.abuse("A36")
    def test_a_weak_rsa_key_is_not_registered(self, store: Any) -> None:
        with pytest.raises(Unsignable, match="it has 1024 bits"):
            store.add(Consumer("c", rsa_key=rsa_key("node-oauth", "public_pem")))
        with pytest.raises(Unsignable, match="RSA public key is needed"):
            store.add(Consumer("c", rsa_key="no key"))
        assert store.find("c", None)[0] is None

    def test_a_request_that_is_signed_with_rsa_is_verified_with_the_key_that_was_added(
        self, store: Any
    ) -> None:
        store.add(Consumer("c", rsa_key=rsa_key("mastercard", "public_pem")), AccessToken("t", ""))
        private = Consumer("c", rsa_key=rsa_key("mastercard", "private_pem"))
        signed = Signer(private, AccessToken("t", ""), signature_method="RSA-SHA256").sign("GET", URL)
        verifier: Verifier[Any, Any] = Verifier(store, signature_methods=["RSA-SHA256"])
        assert verifier.verify("GET", signed.url, headers=signed.headers).consumer.key == "c"


def refused_while(
    trouble: AbstractContextManager[object], verifier: Verifier[Any, Any], signed: Signed
) -> None:
    """While there is trouble, the request is answered with 503; then the very same is accepted, once."""

    def verify() -> Verified[Any, Any]:
        return verifier.verify(signed.method, signed.url, headers=signed.headers)

    with trouble:
        refused = refusal(verify)
        assert refused.status == 503
        assert int(refused.reply().headers["Retry-After"]) > 0
    assert verify()
    assert refusal(verify).problem == "nonce_used"


class Blocking:
    """An asynchronous store, called from threads: each call runs on one loop, whoever waits for it."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._store = self._wait(self._made(make))

    async def _made(self, make: Callable[[], Any]) -> Any:
        return make()

    def _wait(self, coroutine: Coroutine[Any, Any, R]) -> R:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        return lambda *args, **options: self._wait(method(*args, **options))

    @classmethod
    @contextmanager
    def around(
        cls, make: Callable[[], Any], end: Callable[[Any], Coroutine[Any, Any, object]]
    ) -> "Iterator[Any]":
        made = cls(make)
        try:
            yield made
        finally:
            made._wait(end(made._store))
            made._loop.call_soon_threadsafe(made._loop.stop)
            made._thread.join()
            made._loop.close()


FORKING = """
import os, sys
{before}
readable, writable = os.pipe()
gate, opens = os.pipe()
children = []
for index in range(8):
    child = os.fork()
    if child == 0:
        os.close(opens)
        os.read(gate, 1)  # the end of the file, when the parent opens the gate
        try:
            os.write(writable, b"%d" % {call})
        except BaseException as error:
            sys.stderr.write(repr(error))
        os._exit(0)
    children.append(child)
os.close(opens)
for child in children:
    os.waitpid(child, 0)
os.close(writable)
print(os.read(readable, 100).decode())
"""


def in_eight_processes(before: str, call: str) -> list[int]:
    """What `call`, an expression that knows `index`, gives in each of eight processes that were forked after
    `before` ran, and start at the same moment.
    """
    code = FORKING.format(before=before, call=call)
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return [int(digit) for digit in done.stdout.strip()]
