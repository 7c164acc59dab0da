"""Secrets at rest: encrypted, and bound to the row that they belong to.

The package `cryptography` (the extra ``encryption``) is imported when the first ring of keys is made.
"""

import json
from collections.abc import Sequence

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


class Ring:
    """The keys that secrets are encrypted with (Fernet: AES-128-CBC under HMAC-SHA256).

    The kind and the key of a row travel inside the ciphertext, so that whoever can write to the database, but
    doesn't know the keys, can't give one row the secret of another.

    :param keys: of ``cryptography.fernet.Fernet.generate_key()``, newest first: the first encrypts, all
        decrypt.
    :raises ValueError: for none, and for one that isn't such a key.
    """

    def __init__(self, keys: Sequence[str | bytes]) -> None:
        try:
            from cryptography.fernet import Fernet, InvalidToken, MultiFernet
        except ImportError:
            raise ImportError(
                "encryption_keys need the package “cryptography”: pip install 'valetkey[encryption]'"
            ) from None
        if isinstance(keys, str | bytes) or not keys:
            raise ValueError("encryption_keys: give a list of keys, newest first")
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._invalid = InvalidToken

    def __repr__(self) -> str:
        return "Ring(…)"

    def seal(self, kind: str, key: str, secret: str) -> bytes:
        """`secret`, encrypted with the newest key, for the row of this `kind` and `key` only."""
        return self._fernet.encrypt(json.dumps([kind, key, secret]).encode())

    def unseal(self, kind: str, key: str, sealed: bytes) -> str:
        """The secret that :meth:`seal` was given.

        :raises Unreadable: where no key decrypts it, or it was sealed for another row.
        """
        try:
            sealed_kind, sealed_key, secret = map(Secret, json.loads(self._fernet.decrypt(sealed)))
        except (self._invalid, ValueError, TypeError):  # the latter two: what isn't ours
            raise Unreadable(kind, key, "none of the encryption keys decrypts it") from None
        if (sealed_kind, sealed_key) != (kind, key):
            raise Unreadable(kind, key, "it was encrypted for another row")
        return secret
