"""What a mistake is here: its name, what was done, what to do instead, and what was signed then."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from valetkey.doctor.recipe import Recipe

#: From a recipe to others that each have the mistake in them, and what it is about (``""``: all there is).
Departures = Callable[[Recipe], Iterator[tuple[str, Recipe]]]


class Mistake(NamedTuple):
    """A mistake.

    :param slug: its name, for programs.
    :param says: what was done; ``{about}`` stands for what of the request it was done to.
    :param fix: what to do instead, with the section of RFC 5849 that says so.
    """

    slug: str
    says: str
    fix: str
    departures: Departures


class Family(list[Mistake]):
    """Mistakes of one kind, in the order in which they are looked for."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title

    def mistake(self, slug: str, says: str, fix: str) -> Callable[[Departures], Departures]:
        """Adds one, whose departures are those of the function that follows."""

        def add(departures: Departures) -> Departures:
            self.append(Mistake(slug, says, fix, departures))
            return departures

        return add
