"""Consumers and tokens.

RFC 5849, section 1.1, calls them *client credentials* (a :class:`Consumer`), *temporary credentials* (a
:class:`RequestToken`) and *token credentials* (an :class:`AccessToken`). Everybody else uses the words of
OAuth Core 1.0, and so does this package.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from valetkey.protocol.encoding import Malformed, utf8
from valetkey.protocol.errors import Unsignable
from valetkey.protocol.values import Secret, Value


class Consumer(Value):
    """An application: its key, and what it signs with.

    :param key: the consumer key, decoded.
    :param secret: the consumer secret, decoded; ``""`` where there is none.
    :param rsa_key: a private key to sign, a public key to verify: PEM, as text or octets; DER or PKCS#12, as
        octets; or one of `cryptography`'s own (:func:`valetkey.protocol.rsa.private_key` opens one that has
        a password).
    :param signature_methods: the methods that it may use. ``None``: those that the verifier allows and that
        it has a key for.
    :raises Unsignable: for an empty key, a NUL, and text that UTF-8 can't hold.
    """

    __slots__ = ("key", "secret", "rsa_key", "signature_methods")
    _hidden = frozenset({"secret", "rsa_key"})
    key: str
    secret: str
    rsa_key: Any
    signature_methods: tuple[str, ...] | None

    def __init__(
        self,
        key: str,
        secret: str = "",
        *,
        rsa_key: Any = None,
        signature_methods: Iterable[str] | None = None,
    ) -> None:
        self._fill(
            key=_checked("consumer key", key, required=True),
            secret=Secret(_checked("consumer secret", secret)),
            rsa_key=rsa_key,
            signature_methods=None if signature_methods is None else tuple(signature_methods),
        )


class RequestToken(Value):
    """The token of a request for access, before the person has decided (section 2.1).

    :raises Unsignable: as :class:`Consumer` does.
    """

    __slots__ = ("key", "secret")
    _hidden = frozenset({"secret"})
    key: str
    secret: str

    def __init__(self, key: str, secret: str) -> None:
        self._fill(
            key=_checked("request token", key, required=True),
            secret=Secret(_checked("request token's secret", secret)),
        )


class AccessToken(Value):
    """The token that the person granted (section 2.3).

    :param extra: what else the service's answer said (``user_id``, ``screen_name`` …), decoded.
    :raises Unsignable: as :class:`Consumer` does.
    """

    __slots__ = ("key", "secret", "extra")
    # `extra` too: a session handle (E*TRADE, Yahoo) renews the token, and nobody can know what else a
    # service puts there.
    _hidden = frozenset({"secret", "extra"})
    key: str
    secret: str
    extra: Mapping[str, str]

    def __init__(self, key: str, secret: str, *, extra: Mapping[str, str] | None = None) -> None:
        self._fill(
            key=_checked("access token", key, required=True),
            secret=Secret(_checked("access token's secret", secret)),
            extra=dict(extra or {}),
        )

    @property
    def session_handle(self) -> str:
        """What renews the token (the Session extension); ``""`` where it came with none."""
        return self.extra.get("oauth_session_handle", "")

    @property
    def expires_in(self) -> int | None:
        """How many seconds it lasts from when it was granted; None where the service didn't say."""
        seconds = self.extra.get("oauth_expires_in", "")
        # As many digits as Python reads without asking.
        return int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 16 else None


def secrets_of(consumer: Any) -> list[str]:
    """The valid secrets of a consumer as a store has it, newest first: its ``.secrets``, where it offers
    several, or its ``.secret``.
    """
    several = getattr(consumer, "secrets", None)
    return [Secret(secret) for secret in several] if several else [Secret(consumer.secret)]


def _checked(what: str, text: str, *, required: bool = False) -> str:
    if not isinstance(text, str):
        raise Unsignable(what, f"give it as text, not as {type(text).__name__}")
    if required and not text:
        raise Unsignable(what, "it is empty")
    # Blanks and line breaks aren't refused: RFC 5849 allows them, and published vectors have them. One that
    # was pasted along shows as a signature that another secret made.
    if "\x00" in text:
        raise Unsignable(what, "there is a NUL in it: copy it again")
    try:
        utf8(text)
    except Malformed as error:
        raise Unsignable(what, error.reason) from None
    return text
