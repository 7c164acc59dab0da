"""PowerShell's ``Invoke-WebRequest`` and ``Invoke-RestMethod``, as browsers or people write them."""

import re
from collections.abc import Iterator

from valetkey.doctor.pasted.found import Found, Pair, assemble, octets, readdressed
from valetkey.doctor.pasted.unreadable import MAX_WORDS, Unreadable, count
from valetkey.doctor.pasted.words import VARIABLE, powershell_string

KIND = "PowerShell command"

_COMMAND = re.compile(r"(?<![\w-])(?:Invoke-WebRequest|Invoke-RestMethod|iwr|irm)(?=\s)", re.IGNORECASE)
_BLANK = re.compile(r"(?:[ \t]|`[ \t]*\r?\n)+")
_BYTES = re.compile(r"\(?\[System\.Text\.Encoding\]::\w+\.GetBytes\(\s*", re.IGNORECASE)
_PLAIN = re.compile(r"[^\s'\"`;|&(){}=,@]+")
_AGENT = re.compile(r"\$\w+\.UserAgent\s*=\s*(?=['\"])")

#: What takes a value and says something of the request; others that take one.
_TELLING = frozenset({"uri", "method", "custommethod", "headers", "contenttype", "body", "useragent"})
_SWITCHES = frozenset(
    {
        *(
            "usebasicparsing",
            "disablekeepalive",
            "skipcertificatecheck",
            "skipheadervalidation",
            "allowunencryptedauthentication",
        ),
        *(
            "skiphttperrorcheck",
            "passthru",
            "resume",
            "preserveauthorizationonredirect",
            "noproxy",
            "usedefaultcredentials",
        ),
    }
)

TABLE_BODY = "-Body was given as a table, which PowerShell sends as a form."
FILE = "-InFile takes the body from a file, which wasn't read: what it held is missing here."

Table = list[Pair]


def is_powershell(text: str) -> bool:
    """Whether there is such a command in it."""
    return bool(_COMMAND.search(text, 0, 20_000))


def request(text: str, url: str | None = None, method: str | None = None) -> Found:
    """:raises Unreadable: for a string or a table that isn't closed, or without a URL."""
    start = _COMMAND.search(text)
    notes: list[str] = []
    given = _arguments(text, start.end() if start else 0, notes)
    address = given.get("uri") or url
    if not isinstance(address, str):
        raise Unreadable(KIND, "there is no -Uri in it.", "Paste all of the command.", text, len(text))
    headers = _headers(given.get("headers"))
    agent = _AGENT.search(text, 0, start.start() if start else 0)
    if agent and "useragent" not in given:
        given["useragent"] = powershell_string(text, agent.end(), notes)[0]
    for name, field in (("useragent", "User-Agent"), ("contenttype", "Content-Type")):
        value = given.get(name)
        if isinstance(value, str):
            headers = [*(pair for pair in headers if pair[0].lower() != field.lower()), (field, value)]
    body = given.get("body")
    spoken = method or given.get("method") or given.get("custommethod") or "GET"
    spoken = spoken.upper() if isinstance(spoken, str) else "GET"
    if isinstance(body, list):
        notes.append(TABLE_BODY)
        body = "&".join(f"{name}={value}" for name, value in body)
    if isinstance(body, str) and body and spoken not in ("GET", "HEAD"):
        if all(name.lower() != "content-type" for name, _ in headers):
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        sent = octets(KIND, body)
    else:
        sent = None
        address += f"{'&' if '?' in address else '?'}{body}" if isinstance(body, str) and body else ""
    return assemble(KIND, spoken, readdressed(address, url), headers, sent, notes)


def _headers(table: str | Table | None) -> list[Pair]:
    """Without what a browser copies there though it is no header: HTTP/2's pseudo fields."""
    pairs = table if isinstance(table, list) else []
    pseudo = {"method", "authority", "scheme", "path"}
    copied = pseudo <= {name for name, _ in pairs}
    return [(name, value) for name, value in pairs if not (copied and name in pseudo)]


def _arguments(text: str, place: int, notes: list[str]) -> dict[str, str | Table]:
    given: dict[str, str | Table] = {}
    name = ""
    for number, (token, is_name) in enumerate(_tokens(text, place, notes)):
        count(KIND, "words", number, MAX_WORDS)
        if is_name and isinstance(token, str):
            name = token.lower()
            if name == "infile":
                notes.append(FILE)
            name = "" if name in _SWITCHES else name
        else:
            given.setdefault(name or "uri", token)
            name = ""
    return {key: value for key, value in given.items() if key in _TELLING}


def _tokens(text: str, place: int, notes: list[str]) -> Iterator[tuple[str | Table, bool]]:
    """The names (``-Uri``) and values of a command, in order; whether each is a name."""
    while place < len(text):
        if skipped := _BLANK.match(text, place) or _BYTES.match(text, place):
            place = skipped.end()
        elif text[place] in "'\"":
            value, place = powershell_string(text, place, notes)
            yield value, False
        elif text.startswith("@{", place):
            table, place = _table(text, place, notes)
            yield table, False
        elif text[place] == "-" and (found := _PLAIN.match(text, place)):
            place = found.end()
            yield found[0][1:].rstrip(":"), True
        elif found := _PLAIN.match(text, place):
            place = found.end()
            if found[0].startswith("$"):
                notes += [] if re.match(r"\$\w*session", found[0], re.IGNORECASE) else [VARIABLE]
            yield found[0], False
        elif text[place] in "\r\n;|&":
            return
        else:
            place += 1


_BETWEEN = re.compile(r"(?:[\s;]|`\r?\n)+")


def _table(text: str, place: int, notes: list[str]) -> tuple[Table, int]:
    """``@{"name"="value"; …}``, and where it ends."""
    opened, place = place, place + 2
    words: list[str] = []
    while place < len(text) and text[place] != "}":
        if gap := _BETWEEN.match(text, place):
            place = gap.end()
        elif text[place] in "'\"":
            value, place = powershell_string(text, place, notes)
            words.append(value)
        elif plain := _PLAIN.match(text, place):
            place = plain.end()
            notes += [VARIABLE] if plain[0].startswith("$") else []
            words.append(plain[0])
        else:
            place += 1
        count(KIND, "words", len(words), MAX_WORDS)
    if place >= len(text):
        raise Unreadable(KIND, "a table @{…} is never closed.", "Paste all of the command.", text, opened)
    return list(zip(words[::2], words[1::2], strict=False)), place + 1
