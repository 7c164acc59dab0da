"""What a provider's answer tells of a refusal: its problem, its clock, and the base string that it made.

Read to help, so nothing but the size is an error: what can't be read isn't there.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from valetkey.doctor.pasted import har, raw
from valetkey.doctor.pasted.unreadable import MAX_CHARACTERS, Unreadable, count
from valetkey.protocol.answers import acceptable_timestamps, parse_complaint, parse_problem
from valetkey.protocol.encoding import Malformed, form_decode, percent_decode
from valetkey.protocol.messages import Answer
from valetkey.protocol.values import Value

#: Of an answer's body; an error is short.
MAX_BODY = 1_000_000
#: Base strings of one answer; a provider gives one.
MAX_ECHOES = 8
#: How deep a body's JSON is looked into.
_DEPTH = 8
#: What is looked at of a body for a base string.
_MOST_TEXTS = 2_000


class Clock(Value):
    """What an answer says of time; None where it doesn't.

    :param server_time: the provider's, in seconds of unix time.
    :param difference: provider's time less the request's timestamp, in seconds.
    :param acceptable: first and last timestamp that it takes.
    :param threshold: how far off it lets a timestamp be, in seconds.
    """

    __slots__ = ("server_time", "difference", "acceptable", "threshold")
    server_time: int | None
    difference: int | None
    acceptable: tuple[int, int] | None
    threshold: int | None

    def __init__(
        self,
        server_time: int | None = None,
        difference: int | None = None,
        acceptable: tuple[int, int] | None = None,
        threshold: int | None = None,
    ) -> None:
        self._fill(server_time=server_time, difference=difference, acceptable=acceptable, threshold=threshold)

    def skew(self, timestamp: int | None = None) -> int | None:
        """By how many seconds a request's clock is behind the provider's (negative: ahead), as far as it can
        be told.

        :param timestamp: the request's; where the answer gives no difference itself, the middle of what it
            takes, or its date, is compared with it.
        """
        if self.difference is not None or timestamp is None:
            return self.difference
        if self.acceptable is not None:
            return sum(self.acceptable) // 2 - timestamp
        return None if self.server_time is None else self.server_time - timestamp


class Reply(Value):
    """An answer, taken apart.

    :param answer: as it was read; its status is 0 where the paste has none.
    :param problem: the ``oauth_*`` parameters of the Problem Reporting extension, decoded.
    :param complaint: what went wrong, in the provider's own words; ``""`` where that can't be told.
    :param echoes: base strings that the provider made, each as it signs it: three parts, joined with ``&``,
        where it follows the RFC.
    :param clock: what it says of time.
    """

    __slots__ = ("answer", "problem", "complaint", "echoes", "clock")
    # A base string holds what was sent, a verifier among it; and a body may hold anything.
    _hidden = frozenset({"problem", "complaint", "echoes"})
    answer: Answer
    problem: dict[str, str]
    complaint: str
    echoes: tuple[str, ...]
    clock: Clock

    def __init__(self, answer: Answer) -> None:
        problem = parse_problem(answer.headers, answer.body[:MAX_BODY])
        texts = list(_texts(answer))
        self._fill(
            answer=answer,
            problem=problem,
            complaint=parse_complaint(answer.body[:MAX_BODY]),
            echoes=tuple(_echoes(texts)),
            clock=_clock(answer, problem, texts),
        )

    @property
    def text(self) -> str:
        """Status, header fields and body as one text, as they came and form-decoded once: what a lexicon
        looks through.
        """
        fields = "\n".join(f"{name}: {value}" for name, value in self.answer.headers.pairs)
        body = self.answer.body[:MAX_BODY].decode("utf-8", "replace")
        problem = "&".join(f"{name}={value}" for name, value in self.problem.items())
        return "\n".join([f"HTTP {self.answer.status}", fields, problem, body, _loosely(body)])


def read(text: str | bytes) -> Reply:
    """The answer in a paste: raw HTTP with or without its status line and header fields, the output of
    ``curl -i`` or ``-v``, a HAR with one answer or several (the last refusal counts), or a body alone.

    :raises Unreadable: where it is too large.
    """
    count("reply", "characters", len(text), MAX_CHARACTERS)
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    text = text.lstrip("\ufeff")
    if re.match(r"[*<>] ", text):
        said = "\n".join(line.rstrip("\r") for line in re.findall(r"^< ?(.*)", text, re.MULTILINE))
        text = said or text
    return Reply(raw.answer(text) or _of_a_har(text) or _without_status(text))


def _of_a_har(text: str) -> Answer | None:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        answers = har.answers(text)
    except Unreadable:
        return None
    refused = [answer for answer in answers if answer.status >= 400]
    return next(reversed(refused or answers), None)


def _without_status(text: str) -> Answer:
    """Header fields and a body, where the text starts with a field of an answer; else a body alone."""
    if re.match(r"(?:WWW-Authenticate|Date|Content-Type|Server)[ \t]*:", text, re.IGNORECASE):
        answer = raw.answer(f"HTTP/1.1 999 -\r\n{text}")
    else:
        answer = raw.answer(f"HTTP/1.1 999 -\r\n\r\n{text}")
    return Answer(0, answer.headers, answer.body) if answer else Answer(0)


# --- what the provider signed -------------------------------------------------------------------------------

# A base string as it is, encoded once more, and twice more (a form in a form).
_ENCODED = tuple(
    re.compile(
        rf"(?<![A-Za-z0-9%])[A-Za-z]{{3,10}}{amp}[Hh][Tt][Tt][Pp][Ss]?{colon}[A-Za-z0-9%._~+*!'(),-]{{1,100000}}"
        rf"{amp}[A-Za-z0-9%._~+*!'(),-]{{0,500000}}"
    )
    for amp, colon in (("&", "%3[Aa]"), ("%26", "%253[Aa]"), ("%2526", "%25253[Aa]"))
)


def _echoes(texts: Iterable[str]) -> Iterator[str]:
    seen: dict[str, None] = {}
    for text in texts:
        for times, pattern in enumerate(_ENCODED):
            for found in pattern.findall(text):
                base_string = _decoded(found.rstrip(".,'()!"), times)
                if base_string and base_string not in seen and len(seen) < MAX_ECHOES:
                    seen[base_string] = None
                    yield base_string


def _decoded(text: str, times: int) -> str:
    try:
        for _ in range(times):
            text = percent_decode(text.replace("+", " "))
    except Malformed:
        return ""
    return text


def _texts(answer: Answer) -> Iterator[str]:
    """Each text that may be or hold something: header values, the body, and what is written in the body as
    JSON, a form or a page.
    """
    yield from (value for _, value in answer.headers.pairs)
    body = answer.body[:MAX_BODY].decode("utf-8", "replace").strip()
    if body[:1] in ("{", "[", '"'):
        yield from list(_strings(_json(body)))[:_MOST_TEXTS]
    with suppress(Malformed):
        yield from [value for _, value in form_decode(body)][:_MOST_TEXTS]
    yield _unescaped(body)


def _json(text: str) -> object:
    try:
        return har.load("reply", text)
    except Unreadable:
        return None


def _strings(value: object, depth: int = _DEPTH) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner, depth - 1)


# What a page writes of what a base string is made of.
_ENTITIES = {"&amp;": "&", "&#38;": "&", "&#x26;": "&", "&#37;": "%", "\\u0026": "&", "\\/": "/"}


def _unescaped(text: str) -> str:
    return re.sub("|".join(map(re.escape, _ENTITIES)), lambda found: _ENTITIES[found[0]], text, flags=re.I)


def _loosely(text: str) -> str:
    """`text` decoded once, where that can be done."""
    try:
        return percent_decode(text.replace("+", " ")) if "%" in text or "+" in text else ""
    except Malformed:
        return ""


# --- what it says of time -----------------------------------------------------------------------------------

_NUMBER = r"[\"']?\s{0,9}(?:[:=]\s{0,9})?[\"']?(-?[0-9]{1,12})"
_YOURS = re.compile(rf"\byours{_NUMBER}", re.IGNORECASE)
_OURS = re.compile(rf"\bours{_NUMBER}", re.IGNORECASE)
_DIFFERENCE = re.compile(rf"\"difference{_NUMBER}", re.IGNORECASE)
_THRESHOLD = re.compile(rf"\bthreshold{_NUMBER}", re.IGNORECASE)

_DATE = re.compile(
    r"[A-Z][a-z]{2}, ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _clock(answer: Answer, problem: dict[str, str], texts: list[str]) -> Clock:
    body = "\n".join([answer.body[:MAX_BODY].decode("utf-8", "replace"), *texts])
    yours, ours = _number(_YOURS, body), _number(_OURS, body)
    both = ours - yours if ours is not None and yours is not None else _number(_DIFFERENCE, body)
    date = _seconds(answer.headers.get("Date", ""))
    return Clock(
        ours if ours is not None and yours is not None else date,
        both,
        acceptable_timestamps(problem),
        _number(_THRESHOLD, body),
    )


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return int(found[1]) if found else None


def _seconds(date: str) -> int | None:
    """The one form of a date that may be sent (RFC 9110, section 5.6.7), in seconds of unix time."""
    found = _DATE.fullmatch(date.strip())
    if not found or found[2] not in _MONTHS:
        return None
    from datetime import UTC, datetime  # few need it

    day, _, year, hour, minute, second = found.groups()
    month = _MONTHS.index(found[2]) + 1
    try:
        moment = datetime(int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp())
