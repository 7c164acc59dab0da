"""Secrets at rest: encrypted, and bound to the row that they belong to.

A copy of the database gives nobody a secret without ``VALETKEY["ENCRYPTION_KEYS"]``. The kind and the key of
the row travel inside the ciphertext, so that whoever can write to the database, but doesn't know the keys,
can't give one row the secret of another.
"""

import json
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.core.exceptions import ImproperlyConfigured
from django.views.decorators.debug import sensitive_variables

from valetkey.django import conf
from valetkey.protocol.values import Secret


class Unreadable(Exception):
    """A secret can't be decrypted, or belongs to another row.

    It is the store's failure and no fault of the request: the answer is 503, never "wrong signature".
    """

    def __init__(self, kind: str, key: str, reason: str) -> None:
        super().__init__(kind, key, reason)
        self.kind = kind
        self.key = key
        self.reason = reason

    def __str__(self) -> str:
        return f"the secret of the {self.kind} {self.key!r} can't be read: {self.reason}"


@sensitive_variables()
def seal(kind: str, key: str, secret: str) -> str:
    """`secret` encrypted with the newest key, for the row of this `kind` and `key` only."""
    ring, _ = _rings(conf.current().encryption_keys)
    return ring.encrypt(json.dumps([kind, key, secret]).encode()).decode("ascii")


@sensitive_variables()
def unseal(kind: str, key: str, sealed: str) -> str:
    """The secret that :func:`seal` was given.

    :raises Unreadable: where no key decrypts it, or it was sealed for another row.
    """
    ring, _ = _rings(conf.current().encryption_keys)
    try:
        sealed_kind, sealed_key, secret = json.loads(ring.decrypt(sealed))
    except (InvalidToken, ValueError, TypeError):  # the latter two: what isn't ours, or isn't even ASCII
        raise Unreadable(kind, key, "none of ENCRYPTION_KEYS decrypts it") from None
    if (sealed_kind, sealed_key) != (kind, key):
        raise Unreadable(kind, key, "it was encrypted for another row")
    return Secret(secret)


def is_current(sealed: str) -> bool:
    """Whether it is the newest key that decrypts `sealed`."""
    _, newest = _rings(conf.current().encryption_keys)
    try:
        newest.decrypt(sealed)
    except (InvalidToken, ValueError):
        return False
    return True


@lru_cache(maxsize=4)
def _rings(keys: Sequence[str]) -> tuple[MultiFernet, Fernet]:
    if not keys:
        raise ImproperlyConfigured(
            'VALETKEY["ENCRYPTION_KEYS"] is empty: only in DEBUG are keys made from SECRET_KEY.'
        )
    ring = [Fernet(key) for key in keys]
    return MultiFernet(ring), ring[0]
