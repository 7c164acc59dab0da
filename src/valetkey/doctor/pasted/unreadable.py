"""The one error of the readers, and how much they read."""

import re

from valetkey.protocol.errors import masked
from valetkey.protocol.values import HIDDEN

#: Of a paste, in characters. A browser's HAR of a busy page has some ten million.
MAX_CHARACTERS = 30_000_000
#: Lists and objects of JSON; each takes some twenty times the room of its two characters.
MAX_OBJECTS = 1_000_000
#: Of a command; a browser's has about fifty.
MAX_WORDS = 5_000
#: Of one request; servers take a hundred.
MAX_HEADERS = 1_000
#: Of one request, in its query, its form and its header together.
MAX_PARAMETERS = 10_000
#: That are given back of one paste.
MAX_REQUESTS = 100

#: How much of a line is shown before the place where it can't be read.
_SHOWN = 60

_PRIVATE = re.compile(
    r"((?:-u|--user|-U|--proxy-user|-b|--cookie|--oauth2-bearer|--pass)[ =]*|Cookie: *|Basic +|Bearer +)\S+",
    re.IGNORECASE,
)


class Unreadable(ValueError):
    """A paste that can't be read.

    :param kind: what it was read as: ``curl command``, ``HAR`` …
    :param reason: what is wrong with it.
    :param hint: what to paste instead.
    :param text: all that was read, where the place is known.
    :param place: the index in it where reading stopped.
    """

    def __init__(
        self, kind: str, reason: str, hint: str = "", text: str | None = None, place: int | None = None
    ) -> None:
        super().__init__(kind, reason, hint)
        self.kind = kind
        self.reason = reason
        self.hint = hint
        self.excerpt = "" if text is None or place is None else excerpt(text, place)

    def __str__(self) -> str:
        lines = [f"This was read as a {self.kind}: {self.reason}", self.excerpt, self.hint]
        return "\n".join(line for line in lines if line)


def excerpt(text: str, place: int) -> str:
    """Where a text can't be read: the place's line up to it, its character, and a caret below, with the
    number of the line. Secrets are hidden, and what a terminal would obey is written out.
    """
    place = min(max(place, 0), len(text))
    start = max(text.rfind("\n", 0, place) + 1, place - 2_000)
    before = _private(text[start:place])
    cut = "…" if (start and text[start - 1] != "\n") or len(before) > _SHOWN else ""
    label = f"line {text.count(chr(10), 0, place) + 1}: {cut}"
    shown = before[-_SHOWN:]
    return f"{label}{shown}{_private(text[place : place + 1]).strip(chr(10))}\n{' ' * len(label + shown)}^"


def _private(text: str) -> str:
    return masked(_PRIVATE.sub(rf"\1{HIDDEN}", text).encode("utf-8", "replace"))


def count(kind: str, what: str, number: int, most: int) -> None:
    """:raises Unreadable: where there are more than `most` of `what`."""
    if number > most:
        raise Unreadable(
            kind, f"it has {number:,} {what}, and at most {most:,} are read.", "Paste less of it."
        )
