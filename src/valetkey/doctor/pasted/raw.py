"""An HTTP message as text: a request as an editor, a proxy or a browser's tools show it, or ``curl -v``; and
an answer.
"""

import re
from typing import NamedTuple

from valetkey.doctor.pasted.found import Found, Pair, assemble, is_absolute, octets, readdressed
from valetkey.doctor.pasted.unreadable import MAX_HEADERS, Unreadable, count
from valetkey.protocol.messages import Answer

KIND = "HTTP request"

_METHOD = re.compile(r"[!#$%&'*+.^_`|~A-Za-z0-9-]{1,40}")
_STATUS = re.compile(r"HTTP/[0-9](?:\.[0-9])?[ \t]+([0-9]{3})(?:[ \t][^\r\n]*)?")
_NEXT_MESSAGE = re.compile(r"^(?:HTTP/[0-9](?:\.[0-9])? [0-9]{3}\b|###)", re.MULTILINE)
_FIELD = re.compile(r"(:?[!#$%&'*+.^_`|~A-Za-z0-9-]+)[ \t]*:[ \t]*(.*)")
# A line that goes on with an Authorization header whose indentation was lost.
_LOST_INDENT = re.compile(r"[ \t]*(?:oauth_[a-z_]+|realm)[ \t]*=", re.IGNORECASE)
_VERBOSE = re.compile(r"^> ?(.*)", re.MULTILINE)
_VERBOSE_ANSWER = re.compile(r"^< ?(.*)", re.MULTILINE)

ASSUMED_HTTPS = "The request line has no scheme: https was taken. Give the URL where it was http."
NO_BODY = "curl -v doesn't show a body: if there was one, it is missing here."
SHORT_BODY = "The body is shorter than its Content-Length says: a part of it, or its CRs, may be missing."
LONG_BODY = "What stands after the end of the body, by its Content-Length, was left out."
HOLE = "There is a {{placeholder}} in it: it was taken as it is written."


def starts_request(text: str) -> bool:
    """Whether the first line is a request line, or HTTP/2's pseudo fields stand for it."""
    first = text.lstrip().split("\n", 1)[0].rstrip()
    if re.match(r":(?:authority|method|path|scheme)\b", first):
        return True
    method, target, version = _start(first)
    if not method.isupper() or not target:
        return False
    return bool(version) or (" " not in target and (target.startswith("/") or is_absolute(target)))


def _start(line: str) -> tuple[str, str, str]:
    """Method, target and version of a request line; empty where there is none."""
    method, _, rest = line.strip().partition(" ")
    before, mark, version = rest.rpartition("HTTP/")
    if not mark or not re.fullmatch(r"[0-9](?:\.[0-9])?", version) or not before[-1:].isspace():
        before, version = rest, ""
    return (method, before.strip(), version) if _METHOD.fullmatch(method) else ("", "", "")


def request(text: str, url: str | None = None, method: str | None = None) -> Found:
    """:raises Unreadable: without a method, a target and a host."""
    notes: list[str] = []
    text = text.lstrip("\r\n \t")
    if "{{" in text:
        notes.append(HOLE)
    head, rest = _divided(text)
    lines = _lines(head)
    pseudo = lines[0].startswith(":")
    first, target, _ = ("", "", "") if pseudo else _start(lines[0])
    fields = _fields(text, _paired(lines) if pseudo else lines[1:])
    named = {name.lower(): value for name, value in fields if name.startswith(":")}
    spoken = method or first or named.get(":method", "")
    target = target or named.get(":path", "")
    if not spoken or not (target or url):
        hint = "Paste it from its first line on, such as: GET /path HTTP/1.1"
        raise Unreadable(KIND, "its request line lacks a method or a target.", hint, text, 0)
    host = next((value for name, value in fields if name.lower() == "host"), named.get(":authority", ""))
    address = readdressed(_absolute(text, target, host, named.get(":scheme", ""), url, notes), url)
    body, answer = _body_and_answer(fields, rest, notes)
    return assemble(KIND, spoken, address, fields, body, notes, answer)


def verbose(text: str, url: str | None = None, method: str | None = None) -> Found | None:
    """The request in the output of ``curl -v``; None where there is none. The last one counts, since a
    redirect or a retry comes after what it repeats.
    """
    sent = "\n".join(line.rstrip("\r") for line in _VERBOSE.findall(text))
    messages = [message for message in re.split(r"\n\n+", sent) if starts_request(message)]
    if not messages:
        return None
    plain = url is None and re.search(
        r"^\* +(?:Connected to|Established connection) .*\bport 80\b", text, re.M
    )
    found = request(messages[-1], url, method)
    sent_, notes = found.sent, [note for note in found.notes if not (plain and note == ASSUMED_HTTPS)]
    address = re.sub(r"^https:", "http:", sent_.url) if plain else sent_.url
    said = "\n".join(line.rstrip("\r") for line in _VERBOSE_ANSWER.findall(text))
    return assemble(
        "curl -v output",
        sent_.method,
        address,
        sent_.headers.pairs,
        sent_.body,
        [*notes, NO_BODY],
        answer(said) if _STATUS.match(said) else None,
    )


def answer(text: str) -> Answer | None:
    """An answer with its status line; None where the text doesn't start with one."""
    text = text.lstrip("\r\n \t")
    head, rest = _divided(text)
    lines = _lines(head)
    status = _STATUS.fullmatch(lines[0])
    if not status:
        return None
    # Read to help: a line that is no field isn't there, and half a character is any character.
    fields = [(found[1], found[2].strip()) for line in lines[1:] if (found := _FIELD.fullmatch(line))]
    return Answer(int(status[1]), fields, _octets_of_an_answer(rest))


def _octets_of_an_answer(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


class _Parts(NamedTuple):
    head: str
    rest: str


def _divided(text: str) -> _Parts:
    blank = re.search(r"\r?\n[ \t]*\r?\n", text)
    return _Parts(text[: blank.start()], text[blank.end() :]) if blank else _Parts(text, "")


def _lines(head: str) -> list[str]:
    """Its lines, with those that are folded put together (RFC 9112, section 5.2)."""
    lines: list[list[str]] = []
    for line in head.split("\n"):
        line = line.rstrip("\r")
        if lines and (line[:1] in (" ", "\t") or _LOST_INDENT.match(line)):
            lines[-1].append(line.strip())
        else:
            lines.append([line.rstrip()])
    count(KIND, "lines before its body", len(lines), MAX_HEADERS)
    return [" ".join(pieces) for pieces in lines]


def _paired(lines: list[str]) -> list[str]:
    """Fields that a browser copied with the name in one line and the value in the next."""
    if not re.fullmatch(r":[a-z]+:?", lines[0]):
        return lines
    pairs = zip(lines[::2], lines[1::2], strict=False)
    return [f"{name.removesuffix(':')}: {value}" for name, value in pairs]


def _fields(text: str, lines: list[str]) -> list[Pair]:
    fields = []
    for line in lines:
        if not line.strip():
            continue
        found = _FIELD.fullmatch(line)
        if not found:
            place = max(text.find(line[:20]), 0)
            reason = "a line among its header fields isn't “Name: value”."
            raise Unreadable(KIND, reason, "An empty line stands before the body.", text, place)
        fields.append((found[1], found[2].strip()))
    return fields


def _absolute(text: str, target: str, host: str, scheme: str, url: str | None, notes: list[str]) -> str:
    if is_absolute(target):
        return target
    if not host and not url:
        hint = "Paste its Host field too, or give the URL."
        raise Unreadable(KIND, "it doesn't say which host it was sent to.", hint, text, 0)
    if not scheme and not url:
        notes.append(ASSUMED_HTTPS)
    path = target if target.startswith("/") else f"/{target}"
    return f"{scheme or 'https'}://{host or 'host.invalid'}{path}"


def _body_and_answer(fields: list[Pair], rest: str, notes: list[str]) -> tuple[bytes | None, Answer | None]:
    said: Answer | None = None
    if following := _NEXT_MESSAGE.search(rest):
        said = answer(rest[following.start() :])
        rest = rest[: following.start()].rstrip("\r\n")
    named = {name.lower(): value for name, value in fields}
    if "chunked" in named.get("transfer-encoding", "").lower():
        return _unchunked(octets(KIND, rest)), said
    length = named.get("content-length", "")
    if not re.fullmatch("[0-9]{1,12}", length):
        return octets(KIND, rest.rstrip("\r\n")), said
    return _cut(octets(KIND, rest), int(length), notes), said


def _cut(body: bytes, length: int, notes: list[str]) -> bytes:
    if len(body) < length:
        notes.append(SHORT_BODY)
    elif body[length:].strip(b"\r\n"):
        notes.append(LONG_BODY)
    return body[:length]


def _unchunked(body: bytes) -> bytes:
    """A chunked body put together (RFC 9112, section 7.1); as it is where it isn't chunked any more."""
    pieces: list[bytes] = []
    place = 0
    while size := re.compile(rb"([0-9A-Fa-f]{1,7})[^\r\n]{0,200}\r?\n").match(body, place):
        length = int(size[1], 16)
        if not length:
            return b"".join(pieces)
        pieces.append(body[size.end() : size.end() + length])
        gap = re.compile(rb"\r?\n").match(body, size.end() + length)
        if not gap:
            break
        place = gap.end()
    return body.rstrip(b"\r\n")
