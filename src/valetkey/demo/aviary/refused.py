"""What the developers' corner tells of a refusal: its words, and the two lines that differ. Pure."""

from collections.abc import Callable, Container, Iterable
from typing import NamedTuple

from valetkey.demo.shared.words import Words, words
from valetkey.django import conf
from valetkey.django.models import Access, Refusal
from valetkey.protocol.encoding import percent_encode

SHOWN_OF_AN_ADDRESS = 40


class Piece(NamedTuple):
    """Of a line; `marked` is what the other line hasn't."""

    text: str
    marked: bool = False


Line = list[Piece]


class Difference(NamedTuple):
    """What was signed, and what Aviary verified."""

    signed: Line
    verified: Line


def words_of(row: Refusal) -> Words:
    """What was wrong, and what to do."""
    known = conf.current()
    facts = {
        "oauth_problem_advice": row.advice,
        "oauth_signature_method": row.signature_method,
        "methods": ", ".join(row.application.usable_methods),
        "status": str(row.status),
        **row.facts,
    }
    if row.clock_difference is not None:
        arrived = int(row.at.timestamp())
        sent = arrived + row.clock_difference
        facts |= {"sent": str(sent), "arrived": str(arrived), "window": str(known.window)}
    # The words of this problem are about a token that may only read; of others, its advice tells.
    other = row.problem == "permission_denied" and row.token_access != Access.READ
    return words("" if other else row.problem, row.mistake, row.about, facts)


def difference(row: Refusal) -> Difference | None:
    """The two lines that differ, where a mistake was proved. No value of a parameter is in them."""
    make = _DIFFERENCES.get(row.mistake)
    return make(row) if make else None


def _address(text: str) -> str:
    encoded = percent_encode(text.partition("?")[0])
    return encoded if len(encoded) <= SHOWN_OF_AN_ADDRESS else f"{encoded[:SHOWN_OF_AN_ADDRESS]}…"


def _scheme(row: Refusal) -> Difference:
    start, _, place = _address(row.address).partition("%3A")
    ends = [Piece(f"{row.method.upper()}&http"), Piece(f"%3A{place}")]
    plain, secure = ends, [ends[0], Piece("s", marked=True), ends[1]]
    return Difference(secure, plain) if start == "http" else Difference(plain, secure)


def _port(row: Refusal) -> Difference:
    method = Piece(f"{row.method.upper()}&")
    return Difference(
        [method, Piece(percent_encode(row.about), True)], [method, Piece(_address(row.address))]
    )


def _method(row: Refusal) -> Difference:
    rest = Piece(f"&{_address(row.address)}")
    return Difference([Piece(row.about, True), rest], [Piece(row.method.upper(), True), rest])


def _parameter(row: Refusal) -> Difference:
    return _left_out(row.signed_names, {row.about})


def _others(row: Refusal) -> Difference:
    return _left_out(row.signed_names, {name for name in row.signed_names if name[:6] != "oauth_"})


def _left_out(names: list[str], missing: set[str]) -> Difference:
    """The parameters around those that were left out, by their names."""
    places = [place for place, name in enumerate(names) if name in missing]
    near = names[max(places[0] - 2, 0) : places[-1] + 2] if places else names[:2]
    return Difference(_pairs(name for name in near if name not in missing), _pairs(near, missing))


def _pairs(names: Iterable[str], marked: Container[str] = ()) -> Line:
    line = [Piece("…%26")]
    for name in names:
        line += [Piece(f"{percent_encode(name)}%3D…", name in marked), Piece("%26")]
    return line[:-1] if len(line) > 1 else line


def _encoding(row: Refusal) -> Difference:
    return Difference([Piece("%25"), Piece("25", marked=True), Piece("20")], [Piece("%2520")])


def _token_secret(row: Refusal) -> Difference:
    return Difference([Piece("…&")], [Piece("…&"), Piece("…", marked=True)])


_DIFFERENCES: dict[str, Callable[[Refusal], Difference]] = {
    "scheme": _scheme,
    "port": _port,
    "method": _method,
    "parameter": _parameter,
    "query": _others,
    "form": _others,
    "encoding": _encoding,
    "token-secret": _token_secret,
}
