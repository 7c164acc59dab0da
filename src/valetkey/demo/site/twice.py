"""Which characters of a request are encoded twice on their way into the base string. Pure.

Once for itself (RFC 5849, section 3.4.1.3.2), and once more with the rest (section 3.4.1.1).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from valetkey.demo.site.exchange import Exchange
from valetkey.protocol.encoding import percent_encode

_MOST = 8
_ENCODED = re.compile(r"((?:%[0-9A-Fa-f]{2})+)|\+")
_IN_HEADER = re.compile(r'(\w+)="([^"]*)"')
_PLACES = {"form": _("In the body"), "query": _("In the query"), "header": _("In the header")}
_SEVERAL_PLACES = _("In the request")
#: What can't be seen: its name, and the question about it.
_UNSEEN = {
    " ": (_("a space"), _("Why does a space become `%(signed)s`?")),
    "\n": (_("a line break"), _("Why does a line break become `%(signed)s`?")),
    "\r": (_("a return"), _("Why does a return become `%(signed)s`?")),
    "\t": (_("a tab"), _("Why does a tab become `%(signed)s`?")),
    "\xa0": (_("a hard space"), _("Why does a hard space become `%(signed)s`?")),
}
_QUESTION = _("Why does %(character)s become `%(signed)s`?")


@dataclass(frozen=True, slots=True)
class Twice:
    """A character: how it was sent, and how it stands in the base string."""

    character: str
    sent: str
    signed: str

    @property
    def spelled(self) -> str:
        """The character as a person can see it."""
        if self.character in _UNSEEN:
            return str(_UNSEEN[self.character][0])
        if unicodedata.combining(self.character):
            return f"\u25cc{self.character}"  # a dotted circle to stand on
        return self.character if self.character.isprintable() else f"U+{ord(self.character):04X}"

    @property
    def question(self) -> str:
        _spelled, question = _UNSEEN.get(self.character, ("", _QUESTION))
        return str(question) % {"character": self.spelled, "signed": self.signed}


def twice(exchange: Exchange) -> list[Twice]:
    """The characters that are encoded in this very request, as they turn up, eight at the most."""
    found: dict[str, Twice] = {}
    for raw in _raw_values(exchange):
        for character, sent in _encodings(raw):
            signed = percent_encode(percent_encode(character))
            found.setdefault(character, Twice(character, sent, signed))
    return list(found.values())[:_MOST]


def example(rows: list[Twice]) -> Twice | None:
    """The one to ask about: a space, where there is one."""
    return next((row for row in rows if row.character == " "), rows[0] if rows else None)


def place(exchange: Exchange) -> str:
    """Where the characters were sent."""
    sources = {source for _, value, source in exchange.parameters if percent_encode(value) != value}
    return str(_PLACES[sources.pop()] if len(sources) == 1 else _SEVERAL_PLACES)


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
