"""What went over the wire, taken apart for a person to look at. Pure: made from an :class:`Exchange` alone.

A part of a request keeps its letter wherever it turns up: M method, U URL, Q query, F form body, H
Authorization header, S signature.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from valetkey.demo.site.exchange import Exchange
from valetkey.demo.site.lines import Line, Mark, answer_lines, counted, request_lines
from valetkey.demo.site.twice import Twice, example, place, twice
from valetkey.protocol.encoding import percent_decode, percent_encode

_LETTERS: Mapping[str, Mark] = {"query": "q", "form": "f", "header": "h"}
_SHORT: Mapping[str, str] = {"query": "Query", "form": "Form body", "header": "Header"}
_LABELS: Mapping[Mark, str] = {
    "m": "Method",
    "u": "URL",
    "q": "Query",
    "f": "Form body",
    "h": "Authorization header",
}
_MEANINGS = {
    "oauth_callback": "where Aviary sends your browser back to",
    "oauth_consumer_key": "which application",
    "oauth_nonce": "never used before",
    "oauth_signature_method": "how it is signed",
    "oauth_verifier": "what came back with your browser",
    "oauth_version": "always 1.0",
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
    `means`.
    """

    mark: Mark
    place: str
    text: str
    joiner: str
    means: str
    note: str
    kind: Literal["text", "code"]


@dataclass(frozen=True, slots=True)
class Half:
    """Half of the key: a secret's name and its length, None where there is no secret yet."""

    name: str
    length: int | None

    @property
    def said(self) -> str:
        if self.length is None:
            return "nothing yet: there is no token"
        return f"hidden, {counted(self.length, 'character')}" if self.length else "empty"


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
            Letter(mark, label, "" if mark in there else "(none in this request)")
            for mark, label in _LABELS.items()
        ]
        return [
            *letters,
            Letter("s", "Signature", "(the key itself)" if self.is_key else "(never signs itself)"),
        ]

    @property
    def pieces(self) -> list[Piece]:
        """The base string, piece by piece: with their joiners, in this order, they are the string."""
        method, uri, parameters = self.exchange.base_string.split("&")
        address = percent_decode(uri)
        head = [
            Piece("m", "Method", method, "&", percent_decode(method), "always in capitals", "code"),
            Piece("u", "URL", uri, "&", address, self._about_address(address), "code"),
        ]
        # An ampersand within a value is %2526 here: it was encoded before it was joined.
        texts = parameters.split("%26")
        joiners = ["%26"] * (len(texts) - 1) + [""]
        rows = zip(texts, joiners, self.exchange.parameters, strict=True)
        return head + [self._piece(text, joiner, *parameter) for text, joiner, parameter in rows]

    def _piece(self, text: str, joiner: str, name: str, value: str, source: str) -> Piece:
        ours = name.startswith("oauth_")
        note = self._about_ours(name, value) if ours else self._about_theirs(name, value)
        return Piece(_LETTERS[source], _SHORT[source], text, joiner, value, note, "code" if ours else "text")

    def _about_address(self, address: str) -> str:
        note = "the scheme from the connection, the host from the Host line, the path from the first line"
        as_given = self.exchange.url.partition("?")[0] == address
        return note if as_given else f"{note}; the host in small letters, without the default port"

    def _about_ours(self, name: str, value: str) -> str:
        if name == "oauth_token":
            return "which request" if self.exchange.call == "access_token" else "whose account"
        if name == "oauth_timestamp":
            return f"{clock(int(value))} UTC"
        return _MEANINGS.get(name, "")

    def _about_theirs(self, name: str, value: str) -> str:
        note = f"{counted(len(value), 'character')}, as typed" if value else "empty, and signed all the same"
        twins = sum(other == name for other, _, _ in self.exchange.parameters)
        return note if twins == 1 else f"{note}; one of {twins} with this name"

    @property
    def length(self) -> str:
        return counted(len(self.exchange.base_string), "character")

    @property
    def twice(self) -> list[Twice]:
        return twice(self.exchange)

    @property
    def twice_example(self) -> Twice | None:
        return example(self.twice)

    @property
    def twice_place(self) -> str:
        return place(self.exchange)

    @property
    def key(self) -> tuple[Half, Half]:
        consumer, token = self.exchange.secrets
        kind = "Request token secret" if self.exchange.call == "access_token" else "Access token secret"
        return Half("Consumer secret", consumer), Half("Token secret" if token is None else kind, token)

    @property
    def is_key(self) -> bool:
        """Whether the signature is the key itself (PLAINTEXT): nothing is computed then, nor shown."""
        return not self.exchange.signature

    @property
    def signature_octets(self) -> int:
        return _OCTETS[self.exchange.signature_method]

    @property
    def signature_sent(self) -> str:
        return percent_encode(self.exchange.signature)

    @property
    def signature_place(self) -> str:
        """Where the protocol parameters travelled."""
        sources = {source for name, _, source in self.exchange.parameters if name == "oauth_consumer_key"}
        return {"query": "In the query", "form": "In the body"}.get(sources.pop(), "In the header")

    @property
    def signature_changes(self) -> list[tuple[str, str]]:
        """The characters of the signature that are encoded where it is sent, and what they become."""
        return [(mark, percent_encode(mark)) for mark in "+/=" if mark in self.exchange.signature]


def clock(timestamp: float) -> str:
    """The time of day, in UTC: ``14:07:31``."""
    return f"{datetime.fromtimestamp(timestamp, UTC):%H:%M:%S}"
