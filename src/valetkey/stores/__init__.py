"""What `Verifier` and `Provider` ask of a store.

A store keeps consumers, tokens and nonces. :class:`Store` is all that verifying takes;
:class:`ProviderStore` adds what the three legs keep. The asynchronous protocols have the same names and say
the same; their methods are coroutines.

Any failure of a store may be raised as the exception that it is: the request is then refused with 503,
never accepted.
"""

from collections.abc import Awaitable, Iterable
from typing import Any, Protocol, TypeVar

from valetkey.protocol.credentials import AccessToken, RequestToken


class StoredConsumer(Protocol):
    """A consumer, as a store returns it: :class:`~valetkey.Consumer` is one, and a row of yours may be.

    It may offer more, and each is looked for only where it stands: ``secrets``, several valid secrets,
    newest first, in place of `secret`; ``problem``, a Problem Reporting code where it is refused whatever it
    signs (``consumer_key_refused``); ``callbacks``, the registered callbacks, without which a `Provider`
    gives it request tokens for ``oob`` only.
    """

    @property
    def key(self) -> str: ...
    @property
    def secret(self) -> str: ...
    @property
    def rsa_key(self) -> Any: ...
    @property
    def signature_methods(self) -> Iterable[str] | None: ...


class StoredToken(Protocol):
    """A token, as a store returns it.

    It may offer ``problem``, a Problem Reporting code where the right signature isn't enough
    (``token_revoked``, ``token_expired`` …).
    """

    @property
    def key(self) -> str: ...
    @property
    def secret(self) -> str: ...


class StoredRequestToken(StoredToken, Protocol):
    """A request token, as a provider's store returns it.

    It may offer ``requested_access``, what its first leg asked for, where that was less than all.
    """

    @property
    def callback(self) -> str:
        """Where the person goes on to; ``oob`` for a PIN."""

    @property
    def expires(self) -> float:
        """Unix time from which on it is worth nothing."""

    @property
    def state(self) -> str:
        """``pending``, then ``allowed`` or ``denied`` by the person's decision; an allowed one becomes
        ``used`` by the exchange.
        """

    @property
    def verifier_hash(self) -> str:
        """The hash that the decision stored; ``""`` before."""


C = TypeVar("C", bound=StoredConsumer)
T = TypeVar("T", bound=StoredToken)
C_co = TypeVar("C_co", bound=StoredConsumer, covariant=True)
T_co = TypeVar("T_co", bound=StoredToken, covariant=True)


class Store(Protocol[C_co, T_co]):
    """What verifying a request takes."""

    def find(self, consumer_key: str, token: str | None) -> tuple[C_co | None, T_co | None]:
        """The consumer with this key, and the access token `token` if it was issued to this consumer.

        Keys are compared exactly: no folding of case, no trimming. A token that was revoked or has expired
        may be returned with its ``problem``, so that its owner learns why; it may also be None. Without a
        token, the second is None.
        """

    def claim_nonce(
        self, consumer_key: str, token: str | None, timestamp: int, nonce: str, *, until: float
    ) -> bool:
        """True for the first claim of this very combination, False for every later one.

        Atomic across threads, processes and machines. Kept at least while the clock shows `until` (unix
        time) or less, and beyond a roll-back of the request's own transaction. Exact: combinations that
        differ in one octet never meet.
        """


class ProviderStore(Store[C_co, T_co], Protocol[C_co, T_co]):
    """What the three legs keep, besides."""

    def find_request_token(
        self, consumer_key: str, token: str | None
    ) -> tuple[C_co | None, StoredRequestToken | None]:
        """As :meth:`find`, among request tokens, in whatever state they are."""

    def open_request_token(self, token: str) -> tuple[C_co | None, StoredRequestToken | None]:
        """The request token with this key, and its consumer: for the person who comes with nothing but the
        address.
        """

    def add_request_token(
        self,
        consumer_key: str,
        token: RequestToken,
        *,
        callback: str,
        expires: float,
        access: str | None = None,
    ) -> bool:
        """Keeps a new, pending request token, and as its ``requested_access`` what it asks for (None: all
        that the consumer may have).

        False, and nothing kept, where this consumer has too many open ones (a store allows at least 1,000),
        so that one consumer can't fill the table; others are unharmed. Those past `expires` may be deleted.
        """

    def decide(
        self, token: str, *, allowed: bool, user: Any, access: str | None, verifier_hash: str, expires: float
    ) -> bool:
        """Turns a pending request token into an allowed or a denied one, with the person who decided and
        what they saw.

        Atomic, and once: True for the first decision, False where it was no longer pending; the loser
        changes nothing.
        """

    def count_try(self, token: str) -> int:
        """Counts one more try to exchange this request token, and gives the number so far, this one included;
        0 where there is no such token any more.

        Atomic: of many tries at once, no two get the same number. Committed before it returns, whatever
        becomes of the request.
        """

    def exchange(self, request_token: str, access_token: AccessToken) -> T_co | None:
        """Turns an allowed request token into a used one and keeps `access_token` for its person, with the
        access that they saw.

        Both or neither, and once: the kept token for the first call, None for every later one. Durable
        before it returns. The kept token may offer ``extra``, a mapping that the answer carries besides
        (``user_id`` …).
        """

    def revoke(self, token: str) -> bool:
        """Ends an access token: from the return on, :meth:`find` gives it to nobody without a ``problem``.
        False where there is none.
        """


class AsyncStore(Protocol[C_co, T_co]):
    """:class:`Store`, for coroutines."""

    # `async def` would say more than is needed: that it is a coroutine, and pyright means Python's own kind.
    def find(self, consumer_key: str, token: str | None) -> Awaitable[tuple[C_co | None, T_co | None]]: ...
    def claim_nonce(
        self, consumer_key: str, token: str | None, timestamp: int, nonce: str, *, until: float
    ) -> Awaitable[bool]: ...


class AsyncProviderStore(AsyncStore[C_co, T_co], Protocol[C_co, T_co]):
    """:class:`ProviderStore`, for coroutines."""

    def find_request_token(
        self, consumer_key: str, token: str | None
    ) -> Awaitable[tuple[C_co | None, StoredRequestToken | None]]: ...
    def open_request_token(self, token: str) -> Awaitable[tuple[C_co | None, StoredRequestToken | None]]: ...
    def add_request_token(
        self,
        consumer_key: str,
        token: RequestToken,
        *,
        callback: str,
        expires: float,
        access: str | None = None,
    ) -> Awaitable[bool]: ...
    def decide(
        self, token: str, *, allowed: bool, user: Any, access: str | None, verifier_hash: str, expires: float
    ) -> Awaitable[bool]: ...
    def count_try(self, token: str) -> Awaitable[int]: ...
    def exchange(self, request_token: str, access_token: AccessToken) -> Awaitable[T_co | None]: ...
    def revoke(self, token: str) -> Awaitable[bool]: ...
