"""What a site sets: ``VALETKEY = {…}``, read once into one typed object.

Nothing else in this package reads ``settings.VALETKEY``.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from valetkey.protocol.origin import Url
from valetkey.protocol.signatures import METHODS
from valetkey.protocol.values import Secret
from valetkey.serving import checked_origin
from valetkey.verifier import QUIRKS

#: A store may not allow fewer: an honest application with many people at once would be locked out
#: (valetkey.stores).
LEAST_OPEN_REQUEST_TOKENS = 1_000


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One site's settings. Each is ``VALETKEY["NAME"]``, in capitals; a site names only what it wants
    otherwise.
    """

    #: The public origin, ``https://api.example``: what clients sign. None: Django's own ``request.scheme``
    #: and ``get_host()``. Set it wherever a proxy stands in front; then no header of a request can choose the
    #: address that is verified.
    origin: str | None = None
    #: The realm of ``WWW-Authenticate: OAuth realm="…"``. Clients may ignore it; some show it to people.
    realm: str | None = None
    #: What the pages call this service: "{name} has not checked who that is."
    name: str = "This service"
    #: Fernet keys, newest first: the first encrypts, all decrypt. A copy of the database is worth nothing
    #: without them. Empty in DEBUG: derived from SECRET_KEY, so that a first try needs no key; elsewhere that
    #: is an error, since SECRET_KEY is rotated for other reasons.
    encryption_keys: tuple[str, ...] = field(default=(), repr=False)
    #: The methods that requests may use. PLAINTEXT is not among them: it shows the secrets to whoever reads
    #: along.
    signature_methods: tuple[str, ...] = ("HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512")
    #: What some clients do against the RFC and this site accepts: names of ``valetkey.verifier.QUIRKS``.
    quirks: tuple[str, ...] = ()
    #: Whether a signed request with a body that is no form must bring its ``oauth_body_hash``.
    require_body_hash: bool = False
    #: Seconds that a timestamp may differ from this clock, either way. Five minutes is what most services
    #: take; nonces are kept as long.
    window: int = 300
    #: Seconds that a request token lives, and after the decision its verifier: time to log in and read, and
    #: no more to guess a PIN.
    request_token_lifetime: int = 600
    #: Wrong verifiers that may be tried for one request token. With 10^8 PINs, five tries guess one in 20
    #: million.
    verifier_tries: int = 5
    #: Open request tokens of one application; more get 429, and no other application notices.
    max_open_request_tokens: int = LEAST_OPEN_REQUEST_TOKENS
    #: Parameters of one request, in all places together.
    max_parameters: int = 1_000
    #: Octets of a request's URL, and of its form.
    max_octets: int = 1_000_000
    #: The database alias that nonces live in. On SQLite a file of their own (see ``routers``).
    nonce_database: str = "default"
    #: The cache alias that nonces live in instead. One that all workers share and that forgets nothing early:
    #: Valkey or Redis with ``maxmemory-policy noeviction``.
    nonce_cache: str | None = None
    #: Whether ``Refused.detail`` goes out with a refusal: for developers on a machine of their own. Default:
    #: DEBUG.
    explain: bool = False
    #: The dotted name of a function from an access token's row to a mapping of texts, which the answer of the
    #: third leg carries besides (``user_id``, ``screen_name``).
    access_token_extra: Callable[[Any], Mapping[str, str]] | None = None
    #: Whether a new password ends the person's access tokens: whoever changes it because somebody else knew
    #: it expects that.
    revoke_on_password_change: bool = True
    #: Whether two applications may not have names that look alike. Off: for a service that takes over a list
    #: with doubles.
    unique_names: bool = True
    #: Words that no application's name may contain, whatever the spelling: the service's own name, say.
    reserved_names: tuple[str, ...] = ()


def current() -> Settings:
    """This site's settings.

    :raises ImproperlyConfigured: where one of them is wrong; the system checks say the same, earlier.
    """
    return _current()


@cache
def _current() -> Settings:
    given, wrong = _read()
    if wrong:
        raise ImproperlyConfigured(" ".join(f'VALETKEY["{name}"]: {fault}' for name, fault in wrong))
    return given


def forget() -> None:
    """Reads the settings anew at the next use: for tests that override them."""
    _current.cache_clear()


def faults() -> list[tuple[str, str]]:
    """What is wrong with the settings: pairs of a setting's name and a sentence."""
    return _read()[1]


def is_loopback(origin: str) -> bool:
    """Whether `origin` leads to this very computer."""
    return Url(origin).is_loopback


def _read() -> tuple[Settings, list[tuple[str, str]]]:
    raw = getattr(settings, "VALETKEY", {})
    if not isinstance(raw, Mapping):
        return Settings(), [("", "VALETKEY must be a dictionary.")]
    values: dict[str, Any] = {"explain": settings.DEBUG, "encryption_keys": _development_keys()}
    wrong = [
        (str(name), f"There is no such setting. Known are {', '.join(_READERS)}.")
        for name in raw
        if name not in _READERS
    ]
    for name, reader in _READERS.items():
        if name in raw:
            try:
                values[name.lower()] = reader(raw[name])
            except ValueError as error:
                wrong.append((name, f"It must be {error}."))
    return Settings(**values), wrong


def _development_keys() -> tuple[str, ...]:
    if not settings.DEBUG:
        return ()
    return tuple(_derived(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


def _derived(secret: str | bytes) -> str:
    octets = secret.encode() if isinstance(secret, str) else secret
    key = hashlib.sha256(b"valetkey.django.encryption:" + octets).digest()
    return Secret(base64.urlsafe_b64encode(key).decode())


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError("a text of printable characters")
    return value


def _origin(value: Any) -> str | None:
    return None if value is None else checked_origin(_text(value))


def _optional_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _realm(value: Any) -> str | None:
    if value is not None and not (_text(value).isascii() and '"' not in value and "\\" not in value):
        raise ValueError("a text of ASCII characters without quotation marks and backslashes")
    return _optional_text(value)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        raise ValueError("a list of texts")
    return tuple(_text(item) for item in value)


def _keys(value: Any) -> tuple[str, ...]:
    keys = tuple(map(Secret, _texts(value)))
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            # Not the key itself: this sentence is printed by `check` and lands in logs.
            raise ValueError(
                "a list of Fernet keys, as cryptography.fernet.Fernet.generate_key() makes them"
            ) from None
    return keys


def _methods(value: Any) -> tuple[str, ...]:
    methods = _texts(value)
    if not methods or any(method not in METHODS for method in methods):
        raise ValueError(f"a list of signature methods, each one of {', '.join(METHODS)}")
    return methods


def _quirks(value: Any) -> tuple[str, ...]:
    quirks = _texts(value)
    if any(quirk not in QUIRKS for quirk in quirks):
        raise ValueError(f"a list of quirks, each one of {', '.join(QUIRKS)}")
    return quirks


def _at_least(least: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ValueError(f"a whole number, {least} or more")
        return value

    return read


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("True or False")
    return value


def _function(value: Any) -> Callable[..., Any] | None:
    if value is None:
        return None
    try:
        found = import_string(value) if isinstance(value, str) else value
    except ImportError as error:
        raise ValueError(f"the dotted name of a function ({error})") from None
    if not callable(found):
        raise ValueError("a function, or its dotted name")
    return found  # type: ignore[no-any-return]  # callable() doesn't tell mypy what it returns


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "ORIGIN": _origin,
    "REALM": _realm,
    "NAME": _text,
    "ENCRYPTION_KEYS": _keys,
    "SIGNATURE_METHODS": _methods,
    "QUIRKS": _quirks,
    "REQUIRE_BODY_HASH": _switch,
    "WINDOW": _at_least(1),
    "REQUEST_TOKEN_LIFETIME": _at_least(1),
    "VERIFIER_TRIES": _at_least(1),
    "MAX_OPEN_REQUEST_TOKENS": _at_least(LEAST_OPEN_REQUEST_TOKENS),
    "MAX_PARAMETERS": _at_least(1),
    "MAX_OCTETS": _at_least(1),
    "NONCE_DATABASE": _text,
    "NONCE_CACHE": _optional_text,
    "EXPLAIN": _switch,
    "ACCESS_TOKEN_EXTRA": _function,
    "REVOKE_ON_PASSWORD_CHANGE": _switch,
    "UNIQUE_NAMES": _switch,
    "RESERVED_NAMES": _texts,
}


def names() -> Iterator[str]:
    """The names of all settings, as a site writes them."""
    return (item.name.upper() for item in fields(Settings))
