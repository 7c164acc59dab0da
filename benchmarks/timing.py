"""Contestants take turns in one process, so that what slows the machine down slows all of them."""

import gc
import time
from collections.abc import Callable, Iterable, Mapping
from statistics import median
from typing import Any, NamedTuple

#: The arguments of one call.
Arguments = tuple[Any, ...]


class Turn(NamedTuple):
    """What is timed, and what makes its arguments, anew for each call and beforehand."""

    work: Callable[..., Any]
    make: Callable[[], Arguments]


class Pace(NamedTuple):
    """How many rounds, and about how many seconds a contestant's turn takes in each."""

    rounds: int
    turn: float
    #: Calls in a turn, at the most: for what is quick, making the arguments takes longest.
    most: int = 300
    #: How large is what is to be refused soon.
    octets: int = 1_000_000


class Times:
    """Seconds for one call, by contestant and round."""

    def __init__(self, rounds: Mapping[str, list[float]]) -> None:
        self.rounds = rounds

    def of(self, name: str) -> float:
        return median(self.rounds[name])

    def ratio(self, name: str, to: str) -> float:
        """How many times as long `name` takes as `to`: the median of the rounds' own ratios."""
        return median(a / b for a, b in zip(self.rounds[name], self.rounds[to], strict=True))

    def fastest(self, names: Iterable[str]) -> str | None:
        return min((name for name in names if name in self.rounds), key=self.of, default=None)


def seconds(work: Callable[..., Any], given: list[Arguments]) -> float:
    """For one call."""
    start = time.perf_counter()
    for arguments in given:
        work(*arguments)
    return (time.perf_counter() - start) / len(given)


def race(turns: Mapping[str, Turn], pace: Pace) -> Times:
    names = list(turns)
    calls = {name: _calls(turn, pace) for name, turn in turns.items()}
    rounds: dict[str, list[float]] = {name: [] for name in names}
    gc.collect()
    for number in range(pace.rounds):
        given = {name: [turns[name].make() for _ in range(calls[name])] for name in names}
        first = number % len(names)
        for name in names[first:] + names[:first]:
            rounds[name].append(seconds(turns[name].work, given[name]))
    return Times(rounds)


def _calls(turn: Turn, pace: Pace) -> int:
    """How many fill a turn. Warms up, too."""
    once = min(seconds(turn.work, [turn.make()]) for _ in range(min(5, pace.rounds)))
    return max(1, min(pace.most, round(pace.turn / once)))
