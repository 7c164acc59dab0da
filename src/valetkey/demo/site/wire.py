"""What went over the wire, taken apart for a person to look at. Pure: made from an :class:`Exchange` alone.

A part of a request keeps its letter wherever it turns up: M method, U URL, Q query, F form body, H
Authorization header, S signature.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from valetkey.demo.shared.words import clock
from valetkey.demo.site.exchange import Exchange
from valetkey.demo.site.lines import Line, Mark, answer_lines, hidden, request_lines
from valetkey.demo.site.twice import Twice, example, place, twice
from valetkey.protocol.encoding import percent_decode, percent_encode

_LETTERS: Mapping[str, Mark] = {"query": "q", "form": "f", "header": "h"}
_SHORT: Mapping[str, Promise] = {"query": _("Query"), "form": _("Form body"), "header": _("Header")}
_LABELS: Mapping[Mark, Promise] = {
    "m": _("Method"),
    "u": _("URL"),
    "q": _("Query"),
    "f": _("Form body"),
    "h": _("Authorization header"),
}
_MEANINGS = {
    "oauth_callback": _("where Aviary sends your browser back to"),
    "oauth_consumer_key": _("which application"),
    "oauth_nonce": _("never used before"),
    "oauth_signature_method": _("how it is signed"),
    "oauth_verifier": _("what came back with your browser"),
    "oauth_version": _("always 1.0"),
}
_ENCODED_ONCE = {
    "query": _("In the query, encoded once"),
    "form": _("In the body, encoded once"),
    "header": _("In the header, encoded once"),
}
_OCTETS = {"HMAC-SHA1": 20, "HMAC-SHA256": 32, "HMAC-SHA512": 64}


@dataclass(frozen=True, slots=True)
class Letter:
    """A line of the legend."""

    mark: Mark
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A row of the base string: where the piece came from, the piece with its joiner, and what it means.

    `text` and `joiner`, read downwards, are the base string. `kind` says whether a person or a program wrote
    `means`, and `notes` are about it.
    """

    mark: Mark
    place: str
    text: str
    joiner: str
    means: str
    notes: tuple[str, ...]
    kind: Literal["text", "code"]


@dataclass(frozen=True, slots=True)
class Half:
    """Half of the key: a secret's name and its length, None where there is no secret yet."""

    name: str
    length: int | None

    @property
    def said(self) -> str:
        if self.length is None:
            return gettext("nothing yet: there is no token")
        return hidden(self.length) if self.length else gettext("empty")


class Wire:
    """The parts of the wire view, in their order."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    @property
    def request(self) -> list[Line]:
        return request_lines(self.exchange)

    @property
    def answer(self) -> list[Line]:
        return answer_lines(self.exchange)

    @property
    def legend(self) -> list[Letter]:
        there = {"m", "u", *(_LETTERS[source] for _, _, source in self.exchange.parameters)}
        letters = [
            Letter(mark, str(label), "" if mark in there else gettext("(none in this request)"))
            for mark, label in _LABELS.items()
        ]
        note = gettext("(the key itself)") if self.is_key else gettext("(never signs itself)")
        return [*letters, Letter("s", gettext("Signature"), note)]

    @property
    def pieces(self) -> list[Piece]:
        """The base string, piece by piece: with their joiners, in this order, they are the string."""
        method, uri, parameters = self.exchange.base_string.split("&")
        address = percent_decode(uri)
        head = [
            Piece(
                *("m", gettext("Method"), method, "&", percent_decode(method)),
                (gettext("always in capitals"),),
                "code",
            ),
            Piece("u", gettext("URL"), uri, "&", address, self._about_address(address), "code"),
        ]
        # An ampersand within a value is %2526 here: it was encoded before it was joined.
        texts = parameters.split("%26")
        joiners = ["%26"] * (len(texts) - 1) + [""]
        rows = zip(texts, joiners, self.exchange.parameters, strict=True)
        return head + [self._piece(text, joiner, *parameter) for text, joiner, parameter in rows]

    def _piece(self, text: str, joiner: str, name: str, value: str, source: str) -> Piece:
        ours = name.startswith("oauth_")
        notes = self._about_ours(name, value) if ours else self._about_theirs(name, value)
        kind: Literal["text", "code"] = "code" if ours else "text"
        return Piece(_LETTERS[source], str(_SHORT[source]), text, joiner, value, notes, kind)

    def _about_address(self, address: str) -> tuple[str, ...]:
        note = gettext(
            "the scheme from the connection, the host from the Host line, the path from the first line"
        )
        as_given = self.exchange.url.partition("?")[0] == address
        if as_given:
            return (note,)
        return note, gettext("the host in small letters, without the default port")

    def _about_ours(self, name: str, value: str) -> tuple[str, ...]:
        if name == "oauth_token":
            by_request = self.exchange.call == "access_token"
            return (gettext("which request") if by_request else gettext("whose account"),)
        if name == "oauth_timestamp":
            return (f"{clock(int(value))} UTC",)
        return (str(_MEANINGS[name]),) if name in _MEANINGS else ()

    def _about_theirs(self, name: str, value: str) -> tuple[str, ...]:
        length = ngettext("%(number)d character, as typed", "%(number)d characters, as typed", len(value)) % {
            "number": len(value)
        }
        note = length if value else gettext("empty, and signed all the same")
        twins = sum(other == name for other, _, _ in self.exchange.parameters)
        if twins == 1:
            return (note,)
        return note, gettext("one of %(number)d with this name") % {"number": twins}

    @property
    def whole(self) -> str:
        length = len(self.exchange.base_string)
        return ngettext(
            "The whole string in one piece, %(number)d character",
            "The whole string in one piece, %(number)d characters",
            length,
        ) % {"number": length}

    @property
    def twice(self) -> list[Twice]:
        return twice(self.exchange)

    @property
    def question(self) -> str:
        """About the character that is most worth one; empty where none is encoded."""
        found = example(self.twice)
        return found.question if found else ""

    @property
    def twice_place(self) -> str:
        return place(self.exchange)

    @property
    def key(self) -> tuple[Half, Half]:
        consumer, token = self.exchange.secrets
        by_request = self.exchange.call == "access_token"
        kind = gettext("Request token secret") if by_request else gettext("Access token secret")
        name = gettext("Token secret") if token is None else kind
        return Half(gettext("Consumer secret"), consumer), Half(name, token)

    @property
    def is_key(self) -> bool:
        """Whether the signature is the key itself (PLAINTEXT): nothing is computed then, nor shown."""
        return not self.exchange.signature

    @property
    def how_signed(self) -> str:
        method = self.exchange.signature_method
        return gettext(
            "%(method)s of the base string with that key: %(number)d bytes, written in base64."
        ) % {"method": method, "number": _OCTETS[method]}

    @property
    def signature_sent(self) -> str:
        return percent_encode(self.exchange.signature)

    @property
    def signature_place(self) -> str:
        """Where the signature travelled, with the other protocol parameters."""
        sources = {source for name, _, source in self.exchange.parameters if name == "oauth_consumer_key"}
        return str(_ENCODED_ONCE[sources.pop()])

    @property
    def signature_changes(self) -> list[tuple[str, str]]:
        """The characters of the signature that are encoded where it is sent, and what they become."""
        return [(mark, percent_encode(mark)) for mark in "+/=" if mark in self.exchange.signature]
