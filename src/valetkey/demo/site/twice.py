"""Which characters of a request are encoded twice on their way into the base string. Pure.

Once for itself (RFC 5849, section 3.4.1.3.2), and once more with the rest (section 3.4.1.1).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from valetkey.demo.site.exchange import Exchange
from valetkey.protocol.encoding import percent_encode

_MOST = 8
_ENCODED = re.compile(r"((?:%[0-9A-Fa-f]{2})+)|\+")
_IN_HEADER = re.compile(r'(\w+)="([^"]*)"')
_PLACES = {"form": "In the body", "query": "In the query", "header": "In the header"}
_NAMES = {" ": "a space", "\n": "a line break", "\r": "a return", "\t": "a tab", "\xa0": "a hard space"}


@dataclass(frozen=True, slots=True)
class Twice:
    """A character: how it reads, how it was sent, and how it stands in the base string."""

    character: str
    sent: str
    signed: str


def twice(exchange: Exchange) -> list[Twice]:
    """The characters that are encoded in this very request, as they turn up, eight at the most."""
    found: dict[str, Twice] = {}
    for raw in _raw_values(exchange):
        for character, sent in _encodings(raw):
            signed = percent_encode(percent_encode(character))
            found.setdefault(character, Twice(spelled(character), sent, signed))
    return list(found.values())[:_MOST]


def example(rows: list[Twice]) -> Twice | None:
    """The one to ask about: a space, where there is one."""
    return next((row for row in rows if row.character == _NAMES[" "]), rows[0] if rows else None)


def place(exchange: Exchange) -> str:
    """Where the characters were sent."""
    sources = {source for _, value, source in exchange.parameters if percent_encode(value) != value}
    return _PLACES[sources.pop()] if len(sources) == 1 else "In the request"


def spelled(character: str) -> str:
    """A character as a person can see it."""
    if character in _NAMES:
        return _NAMES[character]
    if unicodedata.combining(character):
        return f"\u25cc{character}"  # a dotted circle to stand on
    return character if character.isprintable() else f"U+{ord(character):04X}"


def _raw_values(exchange: Exchange) -> Iterator[str]:
    """The values that are signed, encoded as they were sent."""
    query = exchange.url.partition("?")[2]
    for pair in [*query.split("&"), *(exchange.body.split("&") if exchange.is_form else ())]:
        name, _, value = pair.partition("=")
        if name != "oauth_signature":
            yield value
    for name, value in _IN_HEADER.findall(exchange.authorization):
        if name not in ("realm", "oauth_signature"):
            yield value.replace("+", "%2B")  # there, + is no space


def _encodings(raw: str) -> Iterator[tuple[str, str]]:
    """The encoded characters of `raw`, each with its encoding as it stands there."""
    for found in _ENCODED.finditer(raw):
        if not found[1]:
            yield " ", "+"
            continue
        rest = found[1]
        for character in bytes.fromhex(rest.replace("%", "")).decode("utf-8", "replace"):
            length = 3 * len(character.encode())
            yield character, rest[:length]
            rest = rest[length:]
