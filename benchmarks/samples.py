"""Requests to sign and to verify, each another one, so that no cache can answer for it.

They are signed here by a slow reading of RFC 5849 that shares no code with any contestant, and that also
judges what the contestants sign.
"""

import hmac
import random
import re
import secrets
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode

CONSUMER = ("heron-4711", "Pp0ZBdtcOnSrVkkUjQcG3xAcBYWLOnl8vYbvNLT7")
TOKEN = ("819797-Jxq8aYUDRmykzVKrgoLhXSq67TEa5ruc", "GJC2rafUFWGYSr0LOnTJZUlGVVZPOXP6vYJ3Nv8u")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HASHES = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}

_WORDS = (
    *("tea", "toast", "on", "the", "canal", "a", "heron", "this", "morning", "at", "50%", "a&b"),
    *("Zürich", "café", "naïve", "北京", "привет", "🐦"),
)
_FIELDS = ("status", "display_name", "place", "media_ids", "lang", "card", "in_reply_to", "z")
# The same requests in each run, but for nonce and timestamp: nobody guards anything with them.
_chance = random.Random(5849)  # noqa: S311  # to be repeated, not to be unguessable

Pairs = list[tuple[str, str]]


class Request(NamedTuple):
    """A request, as it will be sent. `body` is in octets, or None."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


class Sample(NamedTuple):
    """A request, bare and signed, with what its signature is made of."""

    bare: Request
    signed: Request
    base_string: str
    signature: str
    nonce: str


# What is signed. `small` knows a few hundred paths, as a client of one service does.
_PATHS = [f"/1.1/statuses/{number}/replies.json" for number in range(300)]


def small() -> Request:
    return _get(_chance.choice(_PATHS))


def unseen() -> Request:
    """Its path is never seen again, as where the path holds an id."""
    return _get(f"/1.1/users/{secrets.token_hex(6)}/timeline.json")


def medium() -> Request:
    """A form of 8, its values with letters from everywhere."""
    return _post(urlencode([(name, _text()) for name in _FIELDS]))


def fifty() -> Request:
    return _post(_form_of(50))


def of(number: int) -> Callable[[], Request]:
    """A form of so many."""
    return lambda: _post(_form_of(number))


def odd() -> Request:
    """A form of 4 that is legal, but not written as it is signed."""
    number = _chance.randrange(10**6)
    return _post(f"q=caf%c3%a9+{number}&user=%7Eheron&path=~/{number}&star=a*b")


def _get(path: str) -> Request:
    return Request("GET", f"https://api.example.com{path}?page={_chance.randrange(10**6)}", {})


def _post(form: str) -> Request:
    url = f"https://api.example.com/1.1/lists/{_chance.randrange(10**6)}/members.json"
    return Request("POST", url, dict(FORM), form.encode())


def _form_of(number: int) -> str:
    return urlencode([(f"field_{n}", f"value {_chance.randrange(10**6)}") for n in range(number)])


def _text() -> str:
    return f"{' '.join(_chance.sample(_WORDS, 4))} {_chance.randrange(10**6)}"


# A slow reading of RFC 5849.


def encoded(text: str) -> str:
    return quote(text, safe="~")


def base_string(request: Request, oauth: Pairs) -> str:
    resource, _, query = request.url.partition("?")
    form = (request.body or b"").decode() if request.headers.get("Content-Type") else ""
    pairs = [*oauth, *(pair for text in (query, form) for pair in parse_qsl(text, keep_blank_values=True))]
    normal = sorted((encoded(name), encoded(value)) for name, value in pairs)
    parameters = "&".join(f"{name}={value}" for name, value in normal)
    return "&".join(map(encoded, (request.method, resource, parameters)))


def key() -> bytes:
    return f"{encoded(CONSUMER[1])}&{encoded(TOKEN[1])}".encode()


def signature(method: str, text: str, rsa_key: Any = None) -> str:
    if method == "PLAINTEXT":
        return key().decode()
    if method in HASHES:
        return b64encode(hmac.digest(key(), text.encode(), HASHES[method])).decode()
    return b64encode(rsa_key.sign(text.encode(), *scheme())).decode()


def scheme() -> tuple[Any, Any]:
    """RSA-SHA256's padding and hash, as `cryptography` has them."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    return PKCS1v15(), SHA256()


def oauth_of(header: str) -> Pairs:
    return [(name, unquote(value)) for name, value in re.findall(r'([a-z_]+)="([^"]*)"', header)]


# What is verified, in the shapes in which headers come: our own order, the two peers', and some by chance.
_FIRST = ("oauth_consumer_key", "oauth_token", "oauth_signature_method", "oauth_timestamp", "oauth_nonce")
_SECOND = ("oauth_nonce", "oauth_timestamp", "oauth_version", "oauth_signature_method", "oauth_consumer_key")
_SHAPES = [
    ((*_FIRST, "oauth_version", "oauth_signature"), ", "),
    ((*_SECOND, "oauth_token", "oauth_signature"), ", "),
    (tuple(sorted((*_SECOND, "oauth_token", "oauth_signature"))), ","),
    ((*_FIRST, "oauth_signature"), ","),
    ((*_SECOND, "oauth_signature", "oauth_token"), ","),
    (("oauth_signature", *_FIRST), ", "),
]


def sample(shape: Callable[[], Request], method: str, rsa_key: Any = None, **changed: str) -> Sample:
    """A request of this shape, signed. `changed` are protocol parameters that are sent otherwise."""
    request = shape()
    names, comma = _chance.choice(_SHAPES)
    values = {
        "oauth_consumer_key": CONSUMER[0],
        "oauth_token": TOKEN[0],
        "oauth_signature_method": method,
        "oauth_timestamp": str(int(time.time())),
        "oauth_nonce": secrets.token_hex(16),
        "oauth_version": "1.0",
    } | changed
    oauth = [(name, values[name]) for name in names if name != "oauth_signature"]
    text = base_string(request, oauth)
    values.setdefault("oauth_signature", signature(method, text, rsa_key))
    header = "OAuth " + comma.join(f'{name}="{encoded(values[name])}"' for name in names)
    sent = request._replace(headers={**request.headers, "Authorization": header})
    return Sample(request, sent, text, values["oauth_signature"], values["oauth_nonce"])
