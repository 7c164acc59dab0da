"""Mistakes with the order of the parameters (RFC 5849, section 3.4.1.3.2)."""

import re
from collections.abc import Callable, Sequence
from itertools import permutations

from valetkey.doctor.mistakes.encoding import Departures, departing
from valetkey.doctor.mistakes.mistake import Family
from valetkey.doctor.recipe import Encoded, Recipe, by_encoded_pair

SORTING = Family("Sorting")
SORTED = "Encode names and values first, then sort by encoded name, then by encoded value (3.4.1.3.2)."

Order = Callable[[Sequence[Encoded]], list[Encoded]]
SOURCES = ("header", "query", "form")


def _by(key: Callable[[Encoded], object], *, reverse: bool = False) -> Order:
    return lambda pairs: sorted(pairs, key=key, reverse=reverse)  # type: ignore[arg-type]  # each key compares


def _natural(text: str) -> list[tuple[int, int, str]]:
    pieces = re.findall(r"[0-9]{1,18}|[^0-9]+", text)
    return [(0, int(piece), "") if piece[0] in "0123456789" else (1, 0, piece) for piece in pieces]


def _letters(text: str) -> tuple[str, str]:
    return re.sub(r"[\W_]", "", text).lower(), text.swapcase()


ORDERS: dict[str, Order] = {
    "before they were encoded, not after": _by(lambda pair: pair[2][:2]),
    "before they were encoded, by name alone": _by(lambda pair: pair[2].name),
    "before they were encoded, as strings joined with “=”": _by(
        lambda pair: f"{pair[2].name}={pair[2].value}"
    ),
    "as strings joined with “=”, not by name first": _by(lambda pair: f"{pair[0]}={pair[1]}"),
    "as strings joined with nothing": _by(lambda pair: pair[0] + pair[1]),
    "by name alone: values of one name are in the order of the request": _by(lambda pair: pair[0]),
    "by the name before its bracket alone": _by(lambda pair: pair[2].name.partition("[")[0]),
    "by the name before its bracket, then by value": _by(
        lambda pair: (pair[2].name.partition("[")[0], pair[1])
    ),
    "without regard to case (capitals and small letters alike)": _by(
        lambda pair: (pair[0].lower(), pair[1].lower())
    ),
    "without regard to case, by name alone": _by(lambda pair: pair[0].lower()),
    "before they were encoded, without regard to case": _by(
        lambda pair: (pair[2].name.lower(), pair[2].value.lower())
    ),
    "as strings joined with “=”, without regard to case": _by(lambda pair: f"{pair[0]}={pair[1]}".lower()),
    "as a dictionary would be, by the rules of a language (a locale)": _by(
        lambda pair: (_letters(pair[2].name), _letters(pair[2].value))
    ),
    "before they were encoded, by UTF-16 (Java, JavaScript, C#)": _by(
        lambda pair: [text.encode("utf-16-be", "surrogatepass") for text in pair[2][:2]]
    ),
    "with numbers as numbers (natural order)": _by(lambda pair: (_natural(pair[2].name), pair[1])),
    "by name, and values as numbers": _by(lambda pair: (pair[0], _natural(pair[2].value))),
    "backwards": _by(lambda pair: pair[:2], reverse=True),
    "by name, and values of one name backwards": lambda pairs: sorted(
        sorted(pairs, key=lambda pair: pair[1], reverse=True), key=lambda pair: pair[0]
    ),
    "by value, not by name": _by(lambda pair: (pair[1], pair[0])),
    "by length": _by(lambda pair: (len(pair[0]), pair[0], pair[1])),
}


@SORTING.mistake("sorted-wrong", "the parameters were sorted in another order: {about}", SORTED)
def sorted_wrong(recipe: Recipe) -> Departures:
    yield from departing(recipe, [(about, recipe.but(order=order)) for about, order in ORDERS.items()])


def _concatenated(sources: Sequence[str], each: Order) -> Order:
    """One source behind the other; what was added travels with the header's."""

    def order(pairs: Sequence[Encoded]) -> list[Encoded]:
        made: list[Encoded] = []
        for source in sources:
            made += each([pair for pair in pairs if _source(pair) == source])
        return made

    return order


def _source(pair: Encoded) -> str:
    source = pair[2].source
    return source if source in SOURCES else "header"


def _apart(is_first: Callable[[Encoded], bool], one: Order, other: Order) -> Order:
    return lambda pairs: [
        *one([pair for pair in pairs if is_first(pair)]),
        *other([pair for pair in pairs if not is_first(pair)]),
    ]


def _is_protocol(pair: Encoded) -> bool:
    return pair[2].is_protocol


def _is_other(pair: Encoded) -> bool:
    return not pair[2].is_protocol


@SORTING.mistake(
    "sorted-apart", "the parameters were sorted in groups, each by itself, not all together: {about}", SORTED
)
def sorted_apart(recipe: Recipe) -> Departures:
    made = [
        ("the protocol parameters first", _apart(_is_protocol, by_encoded_pair, by_encoded_pair)),
        ("the protocol parameters last", _apart(_is_other, by_encoded_pair, by_encoded_pair)),
        ("the protocol parameters first, the others unsorted", _apart(_is_protocol, by_encoded_pair, list)),
        ("the protocol parameters last, the others unsorted", _apart(_is_other, list, by_encoded_pair)),
        ("the protocol parameters first, unsorted", _apart(_is_protocol, list, by_encoded_pair)),
        ("the protocol parameters last, unsorted", _apart(_is_other, by_encoded_pair, list)),
    ]
    made += [
        (" then ".join(sources), _concatenated(sources, by_encoded_pair)) for sources in permutations(SOURCES)
    ]
    yield from departing(recipe, [(about, recipe.but(order=order)) for about, order in made])


@SORTING.mistake(
    "not-sorted", "the parameters were not sorted: they were signed in the order {about}", SORTED
)
def not_sorted(recipe: Recipe) -> Departures:
    made: list[tuple[str, Order]] = [("of the request", list)]
    for sources in permutations(SOURCES):
        made.append((" then ".join(sources), _concatenated(sources, list)))
    made.append(("of the protocol parameters, then the others", _apart(_is_protocol, list, list)))
    made.append(("of the others, then the protocol parameters", _apart(_is_other, list, list)))
    made.append(("of the request, backwards", lambda pairs: list(pairs)[::-1]))
    names = (
        *("oauth_consumer_key", "oauth_token", "oauth_signature_method", "oauth_timestamp"),
        *("oauth_nonce", "oauth_version"),
    )
    rank = {name: index for index, name in enumerate(names)}
    section = _by(lambda pair: rank.get(pair[2].name, len(rank)))
    made.append(("of section 3.1, then the others", _apart(_is_protocol, section, list)))
    made.append(("of the others, then that of section 3.1", _apart(_is_other, list, section)))
    yield from departing(recipe, [(about, recipe.but(order=order)) for about, order in made])
