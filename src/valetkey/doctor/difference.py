"""Two base strings compared: the method, the URL part by part, and parameter by parameter.

What is compared needn't be a base string of RFC 5849, section 3.4.1: where one can't be taken apart, the
first place where both differ is still told.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal, NamedTuple

from valetkey.protocol.encoding import Malformed, percent_decode, percent_encode
from valetkey.protocol.values import HIDDEN, Value

What = Literal[
    "parts",
    "method",
    "scheme",
    "host",
    "port",
    "path",
    "query",
    "missing",
    "extra",
    "value",
    "name",
    "order",
    "text",
]

#: Of one base string, in characters; what is longer is only compared as a text.
MAX_TEXT = 500_000
#: Differences that are told.
MAX_DIFFERENCES = 50
#: How much of both texts is shown around the first place.
_AROUND = 32


class Difference(Value):
    """One difference between `ours` and `theirs`.

    :param what: which part differs; ``missing`` is a parameter that ours lacks, ``extra`` one that theirs
        lacks, ``text`` where nothing better can be said.
    :param name: of the parameter, as it stands in the base string, decoded once; ``""`` for other parts.
    :param ours: what stands in ours, as it is encoded in the parameters; None where it isn't there.
    :param theirs: likewise.
    :param how: how the one is made from the other, where that is plain: ``theirs is encoded once more`` …
    """

    __slots__ = ("what", "name", "ours", "theirs", "how")
    # A value may be a verifier.
    _hidden = frozenset({"ours", "theirs"})
    what: What
    name: str
    ours: str | None
    theirs: str | None
    how: str

    def __init__(
        self, what: What, ours: str | None, theirs: str | None, name: str = "", how: str = ""
    ) -> None:
        self._fill(what=what, name=name, ours=ours, theirs=theirs, how=how)

    def __str__(self) -> str:
        subject = f"{_WORDS[self.what]} {self.name}".strip()
        shown = f"{subject}: ours {_shown(self, self.ours)}, theirs {_shown(self, self.theirs)}"
        return f"{shown} ({self.how})" if self.how else shown


_WORDS: dict[str, str] = {
    "parts": "the number of parts",
    "missing": "parameter",
    "extra": "parameter",
    "value": "parameter",
    "name": "the name of a parameter",
    "order": "the order of the parameters",
    "text": "the text",
}
_WORDS |= {part: f"the {part}" for part in ("method", "scheme", "host", "port", "path", "query")}
#: Not shown as text.
_PRIVATE = frozenset({"oauth_verifier", "oauth_signature", "oauth_token_secret", "oauth_consumer_secret"})


def _shown(difference: Difference, value: str | None) -> str:
    if value is None:
        return "has none"
    if difference.name in _PRIVATE:
        return f"has {HIDDEN}"
    return f"has “{value if len(value) <= 200 else f'{value[:200]}…'}”"


class Comparison(Value):
    """Two base strings, and what differs.

    :param ours: the first text, without blanks around it; likewise `theirs`.
    :param differences: at most :data:`MAX_DIFFERENCES`; none where both are equal.
    :param place: the index of the first character that differs; None where none does.
    """

    __slots__ = ("ours", "theirs", "differences", "place")
    _hidden = frozenset({"ours", "theirs"})
    ours: str
    theirs: str
    differences: tuple[Difference, ...]
    place: int | None

    @property
    def equal(self) -> bool:
        return self.place is None

    def __init__(self, ours: str, theirs: str) -> None:
        ours, theirs = ours.strip(), theirs.strip()
        place = first_difference(ours, theirs)
        found = [] if place is None else list(_differences(ours, theirs))[:MAX_DIFFERENCES]
        if place is not None and not found:
            found = [Difference("text", _window(ours, place), _window(theirs, place))]
        self._fill(ours=ours, theirs=theirs, differences=tuple(found), place=place)

    def text(self, ours: str = "ours", theirs: str = "theirs") -> str:
        """For a person: each difference in a line; then both texts around the first place, with a caret.

        :param ours: what the first text is called; likewise `theirs`.
        """
        if self.place is None:
            return "Both base strings are equal."
        width = max(len(ours), len(theirs)) + 2
        start = max(self.place - _AROUND, 0)
        lines = [f"{str(one)[:1].upper()}{str(one)[1:]}." for one in self.differences]
        shown = [
            f"{f'{label}:':<{width}}{'…' if start else ''}{_masked(text, start, self.place + _AROUND)}"
            for label, text in ((ours, self.ours), (theirs, self.theirs))
        ]
        gap = " " * (width + bool(start) + self.place - start)
        where = f"They differ from character {self.place + 1} on:"
        return "\n".join([*lines, "", where, *shown, f"{gap}^"])


def compare(ours: str, theirs: str) -> Comparison:
    """`ours` is the base string that was computed here, or the first one; `theirs` the provider's."""
    return Comparison(ours, theirs)


def first_difference(one: str, other: str) -> int | None:
    """The index of the first character that differs; None where both are equal."""
    if one == other:
        return None
    low, high = 0, min(len(one), len(other))
    while low < high:  # slices are compared in C
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def _window(text: str, place: int) -> str:
    return text[place : place + _AROUND]


def _masked(text: str, start: int, end: int) -> str:
    """A piece of a base string, as long as it is, with the values of what is private as stars."""
    whole = _VALUE.sub(lambda found: found[1] + "*" * len(found[2]), text)
    return whole[start:end]


_VALUE = re.compile(
    r"((?:oauth_verifier|oauth_signature|oauth_token_secret|oauth_consumer_secret)(?:=|%3D|%253D))"
    r"([^&]*?)(?=&|%26|%2526|$)"
)


# --- taken apart --------------------------------------------------------------------------------------------


class Parts(NamedTuple):
    """A base string taken apart: the method; the URI, decoded; the pairs as they stand in it, decoded
    once.
    """

    method: str
    uri: str
    pairs: list[tuple[str, str]]


def parted(text: str) -> Parts | None:
    """A base string taken apart; None where it isn't three parts that can be decoded."""
    parts = text.split("&")
    if len(parts) != 3 or len(text) > MAX_TEXT:
        return None
    try:
        uri, joined = percent_decode(parts[1]), percent_decode(parts[2])
    except Malformed:
        return None
    pairs = [piece.partition("=") for piece in joined.split("&") if piece]
    return Parts(parts[0], uri, [(name, value) for name, _, value in pairs])


def _differences(ours: str, theirs: str) -> Iterator[Difference]:
    counts = ours.count("&") + 1, theirs.count("&") + 1
    if counts != (3, 3) and counts[0] != counts[1]:
        yield Difference("parts", str(counts[0]), str(counts[1]), how=_about_parts(*counts))
    one, other = parted(ours), parted(theirs)
    if one is None or other is None:
        return
    if one.method != other.method:
        how = "only the case differs" if one.method.upper() == other.method.upper() else ""
        yield Difference("method", one.method, other.method, how=how)
    yield from _of_the_uri(one.uri, other.uri)
    yield from _of_the_pairs(one.pairs, other.pairs)


def _about_parts(ours: int, theirs: int) -> str:
    whose, number = ("theirs", theirs) if ours == 3 else ("ours", ours)
    if number > 3:
        return f"the parameters of {whose} weren't encoded once more before they were joined"
    return f"a part of {whose} is missing, or its “&” was encoded"


_URI = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#:]*|\[[^\]/?#]*\])(?::([0-9]*))?([^?#]*)(?:\?(.*))?", re.DOTALL
)


def _of_the_uri(ours: str, theirs: str) -> Iterator[Difference]:
    if ours == theirs:
        return
    one, other = _URI.fullmatch(ours), _URI.fullmatch(theirs)
    if one is None or other is None:
        yield Difference("path", ours, theirs, how=_relation(ours, theirs))
        return
    names: tuple[What, ...] = ("scheme", "host", "port", "path", "query")
    for name, mine, other_one in zip(names, one.groups(), other.groups(), strict=True):
        if mine != other_one:
            yield Difference(name, mine, other_one, how=_about_uri(name, mine or "", other_one or ""))


def _about_uri(name: str, mine: str, other: str) -> str:
    if mine.lower() == other.lower():
        return "only the case differs"
    if name == "port":
        return (
            "a default port is left out" if {mine or other} <= {"80", "443"} and not (mine and other) else ""
        )
    if name == "scheme":
        return "a proxy in front may end TLS"
    if name == "query":
        return "the query belongs to the parameters"
    if mine.rstrip("/") == other.rstrip("/"):
        return "only the last slash differs"
    return _relation(mine, other)


def _of_the_pairs(ours: list[tuple[str, str]], theirs: list[tuple[str, str]]) -> Iterator[Difference]:
    only_ours, only_theirs = Counter(ours), Counter(theirs)
    both = only_ours & only_theirs
    only_ours -= both
    only_theirs -= both
    left = list(only_theirs.elements())
    by_name: dict[str, list[str]] = {}
    for name, value in left:
        by_name.setdefault(name, []).append(value)
    lone: list[tuple[str, str]] = []
    for name, value in only_ours.elements():
        if by_name.get(name):
            other = by_name[name].pop(0)
            yield Difference("value", value, other, _name(name), _relation(value, other))
        else:
            lone.append((name, value))
    rest = [(name, value) for name, values in by_name.items() for value in values]
    yield from _without_a_match(lone, rest)
    if not only_ours and not only_theirs and ours != theirs:
        first = next(i for i, (one, other) in enumerate(zip(ours, theirs, strict=True)) if one != other)
        yield Difference(
            "order", _name(ours[first][0]), _name(theirs[first][0]), how=_about_order(ours, theirs)
        )


def _without_a_match(ours: list[tuple[str, str]], theirs: list[tuple[str, str]]) -> Iterator[Difference]:
    """Names that one of both lacks; a name that is only encoded otherwise belongs to its other writing."""
    plain: dict[str, list[tuple[str, str]]] = {}
    for pair in theirs:
        plain.setdefault(_bare(pair[0]), []).append(pair)
    for name, value in ours:
        if others := plain.get(_bare(name)):
            other = others.pop(0)
            yield Difference("name", name, other[0], how=_relation(name, other[0]))
        else:
            yield Difference("extra", value, None, _name(name))
    for pairs in plain.values():
        yield from (Difference("missing", None, value, _name(name)) for name, value in pairs)


def _about_order(ours: list[tuple[str, str]], theirs: list[tuple[str, str]]) -> str:
    sorted_ones = [whose for whose, pairs in (("ours", ours), ("theirs", theirs)) if pairs == sorted(pairs)]
    return f"{sorted_ones[0]} is sorted, the other isn't" if len(sorted_ones) == 1 else ""


def _name(name: str) -> str:
    try:
        return percent_decode(name)
    except Malformed:
        return name


def _bare(text: str) -> str:
    """`text` decoded as often as that changes something, in small letters: what all writings share."""
    for _ in range(3):
        decoded = _name(text.replace("+", " "))
        if decoded == text:
            break
        text = decoded
    return text.lower()


def _relation(ours: str, theirs: str) -> str:
    """How one text is made from the other, where that is plain."""
    for first, second, text in ((ours, theirs, "theirs"), (theirs, ours, "ours")):
        if second == _encoded(first):
            return f"{text} is encoded once more"
        if second in (first.replace("%20", "+"), first.replace("%20", "%2B")):
            return f"{text} has “+” for a blank"
        if second == first.strip() or second == first.removesuffix("%20").removesuffix("%0A"):
            return f"{text} lacks a blank at its end"
        if first and not second:
            return f"{text} is empty"
    if ours.lower() == theirs.lower():
        return "only the case differs"
    if _name(ours) == _name(theirs):
        return "the same text, encoded otherwise"
    if _bare(ours) == _bare(theirs):
        return "the same text, encoded another number of times"
    return ""


def _encoded(text: str) -> str:
    try:
        return percent_encode(text)
    except Malformed:
        return ""
