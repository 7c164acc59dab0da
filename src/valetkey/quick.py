"""Signing and reading, as they go most of the time: the plain way's answer, many times sooner.

A signer's own parameters are the same in each request but for nonce and timestamp, and most requests are
written as they are signed (:mod:`~valetkey.protocol.canonical`). So everything of the signer is encoded once,
by the plain functions themselves, with holes where a request differs. Whatever isn't usual (further protocol
parameters, another place, an odd URL, a header that must be looked at) is None here, and `Signer` and
`Verifier` take the plain way, which alone raises errors. Tests hold both to be equal.
"""

import os
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from valetkey.protocol import canonical
from valetkey.protocol.encoding import percent_encode
from valetkey.protocol.header import MAX_HEADER_OCTETS, build_authorization
from valetkey.protocol.messages import Headers
from valetkey.protocol.parameters import FORM, Pair, normalise
from valetkey.protocol.values import HIDDEN

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="


class Quick(NamedTuple):
    """A request signed the quick way. `body` is in octets; `headers` are those that were given, as they
    were then.
    """

    body: bytes | None
    base_string: str
    signature: str
    authorization: str
    headers: tuple[Pair, ...]
    is_form: bool

    def __repr__(self) -> str:
        return HIDDEN  # a PLAINTEXT signature is the secrets themselves


class QuickSigner:
    """
    :param protocol: gives the signer's own parameters, decoded, for a nonce and a timestamp.
    :param realm: that of the Authorization header, decoded.
    :param sign: from a base string to its signature.
    """

    def __init__(
        self, protocol: Callable[[str, str], Iterable[Pair]], realm: str | None, sign: Callable[[str], str]
    ) -> None:
        # Marks that no other text here holds, in a character that no encoding changes.
        mark = "~"
        while mark in f"{realm}{protocol('', '')}":
            mark += "~"
        nonce, timestamp, signature = (f"{name}{mark}" for name in "nts")
        pairs = list(protocol(nonce, timestamp))
        header = build_authorization([*pairs, ("oauth_signature", signature)], realm)
        # Each in the order of its text: the header's is Signer's own, the base string's is sorted.
        start, rest = header.split(timestamp)
        middle, rest = rest.split(nonce)
        version, end = rest.split(signature)
        self._header = (start, middle, version, end)
        start, rest = percent_encode(normalise(pairs)).split(nonce)
        self._block = (start, *rest.split(timestamp))
        self._sign = sign
        self._odd = ("", "")  # the last signature that isn't base64: PLAINTEXT's is always the same

    def sign(self, method: str, url: str, headers: Any, body: bytes | str | None) -> Quick | None:
        target = _target(method, url)
        if target is None:
            return None
        start, query = target
        fields = _fields(headers) if headers else _NO_FIELDS
        if fields is None:
            return None
        given, authorized, content_type = fields
        if authorized or (given and not _is_printable(given)):
            return None
        is_form = content_type == FORM
        try:
            octets = body.encode() if isinstance(body, str) else body
        except UnicodeEncodeError:  # a lone surrogate
            return None
        around = _around(query, octets if is_form else None)
        if around is None:
            return None
        timestamp, nonce = int(time.time()), os.urandom(16).hex()
        before, middle, end = self._block
        text = f"{start}{around[0]}{before}{nonce}{middle}{timestamp}{end}{around[1]}"
        signature = self._sign(text)
        start, middle, version, end = self._header
        last, sent = self._odd  # at once, since another thread may sign meanwhile
        if signature != last:
            if signature.encode().translate(None, _BASE64):  # PLAINTEXT's, or that of somebody's own method
                sent = percent_encode(signature)
                self._odd = (signature, sent)
            else:
                sent = signature.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
        authorization = f"{start}{timestamp}{middle}{nonce}{version}{sent}{end}"
        return Quick(octets, text, signature, authorization, given, is_form)


#: A request read the quick way: its protocol parameters, decoded, its base string, its Authorization header,
#: whether its body is a form, and whether it has a Content-Type.
Reading = tuple[dict[str, str], str, str, bool, bool]


def read(
    method: str, url: str, headers: Any, body: bytes | None, max_octets: int, max_parameters: int
) -> Reading | None:
    """A request that is signed in its header; None, too, for one that is beyond a limit."""
    fields = _fields(headers)
    if fields is None:
        return None
    _, authorization, content_type = fields
    form = body if content_type == FORM else None
    # Another type's methods may raise, and the header here would be seen.
    if type(authorization) is not str or (form is not None and type(form) is not bytes):
        return None
    size = len(authorization) + len(url) + (len(form) if form else 0)
    if (size >= max_parameters or size > max_octets or size > MAX_HEADER_OCTETS) and (
        len(authorization) > MAX_HEADER_OCTETS
        or len(url) > max_octets
        or len(form or b"") > max_octets
        or authorization.count(",") + url.count("&") + (form or b"").count(b"&") >= max_parameters
    ):
        return None
    target = _target(method, url) if authorization else None
    header = canonical.header(authorization) if target else None
    around = _around(target[1], form) if target and header else None
    if not (target and header and around):
        return None
    oauth, block = header
    text = f"{target[0]}{around[0]}{block}{around[1]}"
    return oauth, text, authorization, content_type == FORM, content_type != ""


def _target(method: str, url: str) -> tuple[str, bytes] | None:
    """What a base string starts with, up to the parameters; and the query, encoded."""
    place = url.find("/", 8)  # behind https://
    if place < 0:
        return None
    origin = canonical.origin(url[:place])
    path, mark, query = url[place:].partition("?")
    resource = canonical.path(path)
    if method not in METHODS or origin is None or resource is None or (mark and not query):
        return None
    if not query.isascii():
        return None
    return f"{method}&{origin}{resource}&", query.encode()


def _around(query: bytes, form: bytes | None) -> tuple[str, str] | None:
    """The other parameters, in two parts, as they stand around the signer's own in the base string."""
    if form is not None and type(form) is not bytes:  # octets that somebody may change meanwhile
        return None
    if not query and not form:
        return "", ""
    found = canonical.pairs(query, canonical.IN_A_QUERY) if query else []
    more = canonical.pairs(form) if form else []
    if found is None or more is None:
        return None
    return canonical.around(sorted(found + more) if found and more else found or more, "oauth_")


# The types that say for themselves whether a body is a form; another one is read the plain way.
_KNOWN_TYPES = frozenset({FORM, "application/json"})


# Header fields, as they were given; and the two that matter here, each "" where there is none.
_Fields = tuple[tuple[Pair, ...], str, str]

_NO_FIELDS: _Fields = ((), "", "")


def _fields(headers: Any) -> _Fields | None:
    # Kept as they are now: a caller may change a mapping or a list of theirs.
    if type(headers) is Headers:
        pairs = headers.pairs
    elif type(headers) is dict:
        pairs = tuple(headers.items())
    elif type(headers) is list:
        pairs = tuple(headers)
    else:
        return None
    authorization = content_type = ""
    for name, value in pairs:
        lower = name.lower()
        if lower == "authorization":
            if authorization:
                return None
            authorization = value
        elif lower == "content-type":
            if content_type or value not in _KNOWN_TYPES:
                return None
            content_type = value
    return pairs, authorization, content_type


def _is_printable(pairs: tuple[Pair, ...]) -> bool:
    return all(name.isprintable() and value.isprintable() for name, value in pairs)
