"""Lines of text whose parts are marked: what the wire view shows of a request and of an answer. Pure."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from django.utils.translation import ngettext

from valetkey.demo.site.exchange import Exchange
from valetkey.protocol.header import is_oauth

#: Where a part comes from: method, URL, query, form body, header, signature. Or what else a span is: dimmed,
#: a name, a text in whatever language, the place of a secret, a good status or a bad one.
Mark = Literal["", "m", "u", "q", "f", "h", "s", "dim", "name", "text", "hidden", "good", "bad"]

# Header fields that mean something to OAuth; the others are dimmed.
_TELLING = {"host", "content-type", "authorization", "www-authenticate", "retry-after", "location"}
_INDENT = "  "
_JSON = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|\s+|[^"{}\[\]:,\s]+')


@dataclass(frozen=True, slots=True)
class Span:
    text: str
    mark: Mark = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line. `block`: a box of its own, set in or not, whose text breaks wherever it must."""

    spans: tuple[Span, ...]
    block: Literal["", "line", "line in"] = ""

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)


EMPTY = Line(())


def request_lines(exchange: Exchange) -> list[Line]:
    """The request as it was sent; only the line breaks within Authorization are ours."""
    first, *fields = exchange.head
    lines = [_request_line(first), *(line for field in fields for line in _field_lines(field))]
    if not exchange.body:
        return lines
    spans = tuple(_pairs(exchange.body, "f")) if exchange.is_form else (Span(exchange.body, "dim"),)
    return [*lines, EMPTY, Line(spans, "line")]


def answer_lines(exchange: Exchange) -> list[Line]:
    """The answer as it came; only the line breaks of JSON and of a form are ours."""
    phrase = next((known.phrase for known in HTTPStatus if known == exchange.status), "")
    status = Span(f"{exchange.status} {phrase}".strip(), "good" if exchange.accepted else "bad")
    lines = [Line((status,)), *(Line((_field(name, value),)) for name, value in exchange.answer_head)]
    if not exchange.answer_body:
        return lines
    if exchange.answers_form:
        return [*lines, EMPTY, *_members(exchange)]
    return [*lines, EMPTY, *(json_lines(exchange.answer_body) or [Line((Span(exchange.answer_body),))])]


def json_lines(text: str) -> list[Line]:
    """JSON with a line for each member of its outermost object or array, and nothing else changed.

    Empty where it isn't JSON, or has line breaks of its own.
    """
    if "\n" in text.strip() or not _is_json(text):
        return []
    lines: list[Line] = []
    spans: list[Span] = []
    depth = 0

    def end_line() -> None:
        lines.append(Line(tuple(spans)))
        spans.clear()

    for piece, following in _tokens(text.strip()):
        if piece in ("}", "]"):
            depth -= 1
            if depth == 0 and spans:
                end_line()
        if not spans and piece.isspace():
            continue
        if not spans and depth > 0:
            spans.append(Span(_INDENT))
        spans.append(_json_span(piece, following))
        if piece in ("{", "["):
            depth += 1
        if depth == 1 and piece in ("{", "[", ","):
            end_line()
    end_line()
    return lines


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """The pieces of JSON, each with the one that follows it, blanks aside."""
    found: Sequence[str] = _JSON.findall(text)
    for number, piece in enumerate(found):
        yield piece, next((other for other in found[number + 1 :] if not other.isspace()), "")


def _json_span(piece: str, following: str) -> Span:
    if not piece.startswith('"'):
        return Span(piece)
    return Span(piece, "name" if following == ":" else "text")


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), (dict, list))
    except (ValueError, RecursionError):
        return False


def _members(exchange: Exchange) -> Iterator[Line]:
    """A form that was answered, a member a line."""
    *others, last = exchange.answer_body.split("&")
    for piece, joiner in [*((other, "&") for other in others), (last, "")]:
        name, equals, value = piece.partition("=")
        shown = Span(value)
        if name in exchange.hidden:
            shown = Span(hidden(exchange.hidden[name]), "hidden")
        yield Line((Span(name, "name"), Span(equals), shown, Span(joiner)), "line")


def _request_line(first: str) -> Line:
    method, target, version = first.split(" ")
    path, mark, query = target.partition("?")
    spans = [
        Span(method, "m"),
        Span(" "),
        Span(path, "u"),
        Span(mark),
        *_pairs(query, "q"),
        Span(f" {version}"),
    ]
    return Line(tuple(span for span in spans if span.text))


def _field(name: str, value: str) -> Span:
    return Span(f"{name}: {value}", "" if name.lower() in _TELLING else "dim")


def _field_lines(field: str) -> Iterator[Line]:
    name, _, value = field.partition(": ")
    if name == "Host":
        yield Line((Span("Host: "), Span(value, "u")))
    elif name == "Authorization" and is_oauth(value):
        scheme, _, rest = value.partition(" ")
        yield Line((Span(f"Authorization: {scheme}"),))
        *others, last = rest.split(", ")
        yield from (Line((_parameter(pair), Span(",")), "line in") for pair in others)
        yield Line((_parameter(last),), "line in")
    else:
        yield Line((_field(name, value),))


def _parameter(pair: str) -> Span:
    name = pair.partition("=")[0]
    return Span(pair, "s" if name == "oauth_signature" else "dim" if name == "realm" else "h")


def _pairs(raw: str, mark: Mark) -> Iterator[Span]:
    """The pairs of a query or a form, as they were sent, each a part of its own."""
    for number, piece in enumerate(raw.split("&") if raw else ()):
        if number:
            yield Span("&")
        yield Span(piece, "s" if piece.startswith("oauth_signature=") else mark)


def hidden(length: int) -> str:
    """What is said of a secret: its length, which betrays a blank that was pasted along."""
    return ngettext("hidden, %(number)d character", "hidden, %(number)d characters", length) % {
        "number": length
    }


def joined(lines: Iterable[Line]) -> str:
    """The lines' text, for who reads them without marks."""
    return "\n".join(line.text for line in lines)
