"""A store in memory: for tests, for tools, and for a service of one process that may forget when it ends."""

import threading
import time
from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from typing import Any

from valetkey.protocol.credentials import AccessToken, Consumer, RequestToken
from valetkey.protocol.origin import check_callback
from valetkey.protocol.rsa import check_strength
from valetkey.protocol.values import Value
from valetkey.stores import ProviderStore

MAX_OPEN_REQUESTS = 1_000
#: Nonces are kept this many seconds longer than they must be, so that a claim which took long to arrive isn't
#: taken for one of those that were forgotten.
GRACE = 60


class Full(Exception):
    """The store can't take another nonce. It never forgets one to make room, so requests are refused until
    some have expired.
    """


class MemoryConsumer(Consumer):
    """A consumer with the callbacks that it registered, each as it will be sent, for a `Provider`."""

    __slots__ = ("callbacks",)
    callbacks: tuple[str, ...]

    def __init__(
        self,
        key: str,
        secret: str = "",
        *,
        rsa_key: Any = None,
        signature_methods: Iterable[str] | None = None,
        callbacks: Iterable[str] = (),
    ) -> None:
        checked = tuple(check_callback(callback) for callback in callbacks)
        super().__init__(key, secret, rsa_key=rsa_key, signature_methods=signature_methods)
        self._fill(callbacks=checked)


class MemoryRequestToken:
    """A request token and what became of it."""

    def __init__(
        self,
        token: RequestToken,
        consumer_key: str,
        callback: str,
        expires: float,
        requested_access: str | None = None,
    ) -> None:
        self.key: str = token.key
        self.secret: str = token.secret
        self.consumer_key = consumer_key
        self.callback = callback
        self.expires = expires
        self.requested_access = requested_access
        self.state = "pending"
        self.verifier_hash = ""
        self.tries = 0
        self.user: Any = None
        self.access: str | None = None

    def __repr__(self) -> str:
        return f"MemoryRequestToken({self.key!r}, {self.state})"


class MemoryToken(Value):
    """An access token with the person who granted it and the access that they saw. `problem` is set once it
    is revoked.
    """

    __slots__ = ("key", "secret", "user", "access", "problem")
    _hidden = frozenset({"secret"})
    key: str
    secret: str
    user: Any
    access: str | None
    problem: str | None

    def __init__(
        self,
        key: str,
        secret: str,
        *,
        user: Any = None,
        access: str | None = None,
        problem: str | None = None,
    ) -> None:
        self._fill(key=key, secret=secret, user=user, access=access, problem=problem)


class _Nonces:
    """The nonces of one timestamp, and until when the latest of them must be kept."""

    __slots__ = ("claims", "until")

    def __init__(self, until: float) -> None:
        self.claims: set[tuple[str, str | None, str]] = set()
        self.until = until


class MemoryStore(ProviderStore[Consumer, AccessToken | MemoryToken]):
    """A :class:`~valetkey.stores.ProviderStore` in memory, safe for threads.

    :param clock: gives unix time in seconds.
    :param max_nonces: how many nonces it keeps at the most. When so many are younger than the window,
        :exc:`Full` is raised.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time, max_nonces: int = 1_000_000) -> None:
        self._clock = clock
        self._max_nonces = max_nonces
        self._lock = threading.Lock()
        self._consumers: dict[str, Consumer] = {}
        self._tokens: dict[str, tuple[str, AccessToken | MemoryToken]] = {}
        self._requests: dict[str, MemoryRequestToken] = {}
        # By timestamp, since the same claim has the same one: they are forgotten together, and a claim costs
        # the same however many there are.
        self._nonces: dict[int, _Nonces] = {}
        self._expiry: list[tuple[float, int]] = []
        self._kept = 0
        self._forgotten_until = float("-inf")

    def __repr__(self) -> str:
        return f"MemoryStore({len(self._consumers)} consumers, {len(self._tokens)} tokens)"

    def add(self, consumer: Consumer, *tokens: AccessToken | MemoryToken) -> None:
        """Keeps `consumer`, replacing the one with its key, and `tokens` as issued to it.

        :raises Unsignable: for an RSA key that can't be read, or is too short to be registered.
        """
        if consumer.rsa_key is not None:
            check_strength(consumer.rsa_key)
        with self._lock:
            self._consumers[consumer.key] = consumer
            for token in tokens:
                self._tokens[token.key] = consumer.key, token

    def remove(self, consumer_key: str) -> bool:
        """Forgets a consumer, with all its tokens; False where there is none."""
        with self._lock:
            for token in [key for key, (owner, _) in self._tokens.items() if owner == consumer_key]:
                del self._tokens[token]
            requests = self._requests.items()
            self._requests = {key: kept for key, kept in requests if kept.consumer_key != consumer_key}
            return self._consumers.pop(consumer_key, None) is not None

    def find(
        self, consumer_key: str, token: str | None
    ) -> tuple[Consumer | None, AccessToken | MemoryToken | None]:
        # Without the lock: each is one look into a dictionary, and whatever changes them replaces an entry.
        owner, found = self._tokens.get(token or "", _NO_TOKEN)
        return self._consumers.get(consumer_key), found if owner == consumer_key else None

    def claim_nonce(
        self, consumer_key: str, token: str | None, timestamp: int, nonce: str, *, until: float
    ) -> bool:
        claim = (consumer_key, token, nonce)
        with self._lock:
            if self._expiry and self._expiry[0][0] < (end := self._clock() - GRACE):
                self._forget(end)
            # After the clock was set back, what was forgotten might be claimed again; such a claim is
            # refused instead.
            if until <= self._forgotten_until:
                return False
            nonces = self._nonces.get(timestamp)
            if nonces is not None and claim in nonces.claims:
                return False
            if self._kept >= self._max_nonces:
                raise Full(f"{self._max_nonces} nonces are younger than the window")
            if nonces is None:
                nonces = self._nonces[timestamp] = _Nonces(until)
                heappush(self._expiry, (until, timestamp))
            elif until > nonces.until:
                nonces.until = until
            nonces.claims.add(claim)
            self._kept += 1
            return True

    def find_request_token(
        self, consumer_key: str, token: str | None
    ) -> tuple[Consumer | None, MemoryRequestToken | None]:
        with self._lock:
            request = self._requests.get(token or "")
            owned = request is not None and request.consumer_key == consumer_key
            return self._consumers.get(consumer_key), request if owned else None

    def open_request_token(self, token: str) -> tuple[Consumer | None, MemoryRequestToken | None]:
        with self._lock:
            request = self._requests.get(token)
            return self._consumers.get(request.consumer_key) if request else None, request

    def add_request_token(
        self,
        consumer_key: str,
        token: RequestToken,
        *,
        callback: str,
        expires: float,
        access: str | None = None,
    ) -> bool:
        with self._lock:
            now = self._clock()
            self._requests = {
                key: request for key, request in self._requests.items() if request.expires > now
            }
            opened = (
                request for request in self._requests.values() if request.state in ("pending", "allowed")
            )
            if sum(request.consumer_key == consumer_key for request in opened) >= MAX_OPEN_REQUESTS:
                return False
            self._requests[token.key] = MemoryRequestToken(token, consumer_key, callback, expires, access)
            return True

    def decide(
        self, token: str, *, allowed: bool, user: Any, access: str | None, verifier_hash: str, expires: float
    ) -> bool:
        with self._lock:
            request = self._requests.get(token)
            if request is None or request.state != "pending":
                return False
            request.state = "allowed" if allowed else "denied"
            request.user, request.access = user, access
            request.verifier_hash, request.expires = verifier_hash, expires
            return True

    def count_try(self, token: str) -> int:
        with self._lock:
            request = self._requests.get(token)
            if request is None:
                return 0
            request.tries += 1
            return request.tries

    def exchange(self, request_token: str, access_token: AccessToken) -> MemoryToken | None:
        with self._lock:
            request = self._requests.get(request_token)
            if request is None or request.state != "allowed":
                return None
            request.state = "used"
            kept = MemoryToken(
                access_token.key, access_token.secret, user=request.user, access=request.access
            )
            self._tokens[kept.key] = request.consumer_key, kept
            return kept

    def revoke(self, token: str) -> bool:
        with self._lock:
            owner, found = self._tokens.get(token, ("", None))
            if found is None:
                return False
            self._tokens[token] = (
                owner,
                MemoryToken(
                    found.key,
                    found.secret,
                    user=getattr(found, "user", None),
                    access=getattr(found, "access", None),
                    problem="token_revoked",
                ),
            )
            return True

    def _forget(self, end: float) -> None:
        while self._expiry and self._expiry[0][0] < end:
            _, timestamp = heappop(self._expiry)
            nonces = self._nonces[timestamp]
            if nonces.until >= end:
                heappush(self._expiry, (nonces.until, timestamp))
                continue
            del self._nonces[timestamp]
            self._kept -= len(nonces.claims)
            self._forgotten_until = max(self._forgotten_until, nonces.until)


_NO_TOKEN: tuple[str, None] = ("", None)
