"""Nonces in Valkey, or in Redis: for services of many machines.

It takes a client that you make, of valkey-py or of redis-py, and imports neither. All else is in a store of
your own: :func:`~valetkey.stores.nonces.with_nonces` joins the two.
"""

import math
import os
import time
from collections.abc import Callable
from typing import Any, Protocol

from valetkey.flow import Flow, arun, run
from valetkey.stores.nonces import digest

#: What every name in the server begins with; the digest of the claim follows.
PREFIX = "valetkey:nonce:"
#: Seconds that a nonce stays longer than it must. Nothing remembers which were forgotten, so this is by how
#: much a clock, this machine's or the server's, may be wrong or be set.
GRACE = 3_600
#: After so many seconds, a claim asks anew whether the server evicts.
RECHECK = 60


class Client(Protocol):
    """What is used of a client: ``valkey.Valkey``, ``redis.Redis``, or the asynchronous one of either."""

    def set(self, name: Any, value: Any, *, ex: int, nx: bool) -> Any: ...
    def get(self, name: Any) -> Any: ...
    def info(self, section: Any) -> Any: ...


class Evicts(Exception):
    """The server may forget a nonce when its memory is full, so no request is accepted on its word."""

    def __init__(self, policy: str) -> None:
        super().__init__(policy)
        self.policy = policy

    def __str__(self) -> str:
        return (
            f"this server's maxmemory-policy is {self.policy}, so it may forget nonces when it is full:"
            " set it to noeviction"
        )


class _Nonces:
    def __init__(
        self,
        client: Client,
        *,
        prefix: str = PREFIX,
        grace: int = GRACE,
        check_eviction: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._prefix = prefix
        self._grace = grace
        self._check_eviction = check_eviction
        self._clock = clock
        self._checked = -math.inf

    def __repr__(self) -> str:
        # Not the client's own, which may show a password.
        return f"{type(self).__name__}({type(self._client).__name__}, prefix={self._prefix!r})"

    def _claim(
        self, consumer_key: str, token: str | None, timestamp: int, nonce: str, until: float
    ) -> Flow[bool]:
        now = self._clock()
        if self._check_eviction and abs(now - self._checked) >= RECHECK:
            yield from self._check()
            self._checked = now
        name = self._prefix + digest(consumer_key, token, timestamp, nonce).hex()
        mine = os.urandom(16).hex()
        seconds = math.ceil(max(until - now, 0)) + self._grace
        made = yield self._client.set(name, mine, ex=seconds, nx=True)
        if made is True:
            return True
        # A client that saw no answer may have asked twice, and run into its own first claim.
        held = yield self._client.get(name)
        return held in (mine, mine.encode())

    def _check(self) -> Flow[None]:
        told = yield self._client.info("memory")
        policy = told.get("maxmemory_policy", "not told")
        if policy != "noeviction":
            raise Evicts(policy)


class ValkeyNonces(_Nonces):
    """Claims of nonces in Valkey or Redis.

    A claim is one ``SET … NX EX``: the server decides who was first. Whatever the client raises (no
    connection, a timeout, a server without memory) goes on to the caller, and a `Verifier` refuses the
    request with 503.

    :param client: made by you. Give it a timeout: a server that hangs holds up each request until then.
    :param prefix: what every name begins with, of your own where several services share a server.
    :param grace: seconds that a nonce stays longer than it must: how wrong a clock may be.
    :param check_eviction: whether a server is refused that may evict keys. The client needs the right to
        ``INFO memory`` for that.
    :param clock: gives unix time in seconds.
    """

    def claim_nonce(
        self, consumer_key: str, token: str | None, timestamp: int, nonce: str, *, until: float
    ) -> bool:
        """As :meth:`valetkey.stores.Store.claim_nonce` says.

        :raises Evicts: where the server may evict what it was given.
        """
        return run(self._claim(consumer_key, token, timestamp, nonce, until))

    def check(self) -> None:
        """Asks the server whether it evicts: for the start of a service. Claims do so once a minute.

        :raises Evicts: where it may.
        """
        run(self._check())


class AsyncValkeyNonces(_Nonces):
    """:class:`ValkeyNonces`, for coroutines: it takes the same, but an asynchronous client."""

    async def claim_nonce(
        self, consumer_key: str, token: str | None, timestamp: int, nonce: str, *, until: float
    ) -> bool:
        """As :meth:`ValkeyNonces.claim_nonce`."""
        return await arun(self._claim(consumer_key, token, timestamp, nonce, until))

    async def check(self) -> None:
        """As :meth:`ValkeyNonces.check`."""
        await arun(self._check())
