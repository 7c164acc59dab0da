"""Two base strings, cut to where they differ. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

# A character as it stands there: encoded once, twice, or more often than it should be.
_TOKEN = re.compile(r"%(?:25)*[0-9A-F]{2}|.", re.DOTALL)
_BEFORE, _DIFFERING, _AFTER = 30, 48, 12
_JOINERS = ("&", "%26")
_MORE = "…"


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """What was signed, and what was verified, in parts."""

    signed: tuple[Part, ...]
    verified: tuple[Part, ...]


def difference(signed: str, verified: str) -> Difference | None:
    """Where the two differ first, with a little around it; None where they don't."""
    if signed == verified:
        return None
    one, other = _TOKEN.findall(signed), _TOKEN.findall(verified)
    first = _common(one, other)
    last = _common(one[first:][::-1], other[first:][::-1])
    back = _to_a_joiner(max(one, other, key=len), first, abs(len(one) - len(other)))
    if first + last == min(len(one), len(other)):
        # One of them holds more, and nothing else differs: it is shown as whole parameters.
        first, last = first - back, last + back
    middles = one[first : len(one) - last], other[first : len(other) - last]
    before = _from_a_joiner(one[:first])
    after = one[len(one) - last :]
    after = after if last <= _AFTER else [*after[:_AFTER], _MORE]
    return Difference(_parts(before, *middles, after), _parts(before, *middles[::-1], after))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many tokens both start with."""
    pairs = zip(one, other, strict=False)
    return next((number for number, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _to_a_joiner(tokens: list[str], start: int, length: int) -> int:
    """How much earlier `length` tokens can start, right after a joiner, and leave the same around them."""
    if tokens[start] in _JOINERS:
        return 0
    for back in range(start):
        before, within = start - back - 1, start - back - 1 + length
        if tokens[before] in _JOINERS:
            return back
        if tokens[before] != tokens[within]:
            break
    return 0


def _from_a_joiner(tokens: list[str]) -> list[str]:
    """The last of them, from where a parameter starts."""
    if len(tokens) <= _BEFORE:
        return tokens
    near = tokens[-_BEFORE:]
    start = next((number for number, token in enumerate(near) if token in _JOINERS), 0)
    return [_MORE, *near[start:]]


def _parts(
    before: Sequence[str], middle: Sequence[str], twin: Sequence[str], after: Sequence[str]
) -> tuple[Part, ...]:
    # Token by token, where the other has as many.
    aligned = len(middle) == len(twin)
    pairs = [(token, not aligned or token != twin[number]) for number, token in enumerate(middle)]
    if len(pairs) > _DIFFERING:
        # What follows is far from here.
        pairs, after = pairs[:_DIFFERING], [_MORE]
    around = [[(token, False) for token in tokens] for tokens in (before, after)]
    grouped = groupby([*around[0], *pairs, *around[1]], key=lambda pair: pair[1])
    return tuple(Part("".join(token for token, _ in group), differs) for differs, group in grouped)
