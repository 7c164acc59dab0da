"""What a case gives: figures, each with its goal."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Figure(NamedTuple):
    """A value, what it is (``× Authlib``), and its goal: at least, or at most, or none."""

    value: float
    what: str
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool:
        return (self.least is None or self.value >= self.least) and (
            self.most is None or self.value <= self.most
        )

    @property
    def goal(self) -> str:
        if self.least is not None:
            return f"at least {self.least:g}"
        return "" if self.most is None else f"at most {self.most:g}"

    def __str__(self) -> str:
        return f"{self.value:.3g} {self.what}"


class Result(NamedTuple):
    """A case's name, figures, and the seconds that each contestant took."""

    name: str
    figures: Sequence[Figure]
    seconds: Mapping[str, float]
