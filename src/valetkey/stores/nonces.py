"""What stores of nonces share: the name of a claim, and how such a store goes with another for the rest."""

import hashlib
from collections.abc import Awaitable
from typing import Any, Protocol, TypeVar, cast

S = TypeVar("S")


class Nonces(Protocol):
    """The one method of a :class:`~valetkey.stores.Store` that is about nonces."""

    def claim_nonce(
        self, consumer_key: str, token: str | None, timestamp: int, nonce: str, *, until: float
    ) -> bool | Awaitable[bool]: ...


def digest(consumer_key: str, token: str | None, timestamp: int, nonce: str) -> bytes:
    """The name that a claim is kept under, 32 octets: no two claims have the same, and none shows its parts.

    Each part stands behind its length, so that no two lists of parts read alike; no token and an empty one
    differ.

    :raises UnicodeEncodeError: for text that UTF-8 can't hold.
    """
    parts = [consumer_key, "" if token is None else f"={token}", str(timestamp), nonce]
    octets = [part.encode() for part in parts]
    return hashlib.sha256(b"".join(b"%d:%b" % (len(part), part) for part in octets)).digest()


def with_nonces(store: S, nonces: Nonces) -> S:
    """`store` for everything but nonces, which `nonces` keeps: consumers and tokens in your database, say,
    and nonces in Valkey.

    An asynchronous one may stand beside a synchronous one, for the methods of `Verifier` and `Provider` that
    start with “a”; the synchronous one then holds up the others while it works.
    """
    return cast(S, _Joined(store, nonces))


class _Joined:
    def __init__(self, store: object, nonces: Nonces) -> None:
        self._store = store
        self.claim_nonce = nonces.claim_nonce
        self._nonces = nonces

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def __repr__(self) -> str:
        return f"with_nonces({self._store!r}, {self._nonces!r})"
