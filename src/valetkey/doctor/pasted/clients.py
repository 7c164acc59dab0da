"""The command lines of HTTPie (``http``, ``https``) and of wget, as far as they say what is sent."""

import re

from valetkey.doctor.pasted.found import Found, Pair, assemble, is_absolute, octets, readdressed
from valetkey.doctor.pasted.unreadable import Unreadable
from valetkey.doctor.pasted.words import Word
from valetkey.protocol.encoding import percent_encode
from valetkey.protocol.parameters import FORM

FILE = "A file is named as what is sent, and wasn't read: what it held is missing here."

# HTTPie's items (its manual, section "Request Items"); the first mark in an item counts.
_ITEM = re.compile(r"((?:[^\\=:@;]|\\.)*?)(:=@|=@|==|:=|=|:|@|;$)(.*)", re.DOTALL)
#: Options of each that take an argument in the next word.
_HTTPIE_TAKES = frozenset(
    {
        *("--auth", "-a", "--auth-type", "-A", "--session", "--timeout", "--output", "-o", "--print", "-p"),
        *(
            "--verify",
            "--cert",
            "--cert-key",
            "--proxy",
            "--pretty",
            "--style",
            "-s",
            "--raw",
            "--default-scheme",
        ),
        *(
            "--boundary",
            "--format-options",
            "--max-redirects",
            "--response-charset",
            "--response-mime",
            "--ssl",
        ),
    }
)
_WGET_TAKES = frozenset(
    {"-O", "-o", "-P", "-t", "-T", "-U", "-a", "-i", "-w", "-e", "-D", "-A", "-R", "-Q", "-l"}
)
_WGET_TAKES |= {"--header", "--post-data", "--body-data", "--method", "--user-agent", "--referer"}


def httpie(
    program: str, words: list[Word], notes: list[str], text: str, url: str | None, method: str | None
) -> Found:
    """:raises Unreadable: without a URL."""
    kind = "HTTPie command"
    options, plain = _divided(words, _HTTPIE_TAKES)
    spoken = plain.pop(0) if plain and re.fullmatch(r"[A-Za-z]{1,20}", plain[0]) and len(plain) > 1 else ""
    if not plain:
        raise Unreadable(kind, "there is no URL in it.", "Paste all of the command.", text, len(text))
    address, *items = plain
    if not is_absolute(address):
        scheme = "https" if program == "https" else options.get("--default-scheme", "http")
        address = f"{scheme}://{'localhost' if address.startswith((':', '/')) else ''}{address}"
    headers: list[Pair] = []
    query: list[str] = []
    fields: list[tuple[str, str, str]] = []
    for item in items:
        _sort_item(item, headers, query, fields, notes)
    if query:
        address += f"{'&' if '?' in address else '?'}{'&'.join(query)}"
    form = "--form" in options or "-f" in options
    raw = options.get("--raw", "")
    body = octets(kind, raw) if raw else _httpie_body(fields, form) if fields else None
    if body is not None and all(name.lower() != "content-type" for name, _ in headers):
        headers.append(("Content-Type", f"{FORM}; charset=utf-8" if form else "application/json"))
    spoken = method or spoken or ("GET" if body is None else "POST")
    return assemble(kind, spoken.upper(), readdressed(address, url), headers, body, notes)


def _sort_item(
    item: str, headers: list[Pair], query: list[str], fields: list[tuple[str, str, str]], notes: list[str]
) -> None:
    found = _ITEM.fullmatch(item)
    if not found:
        return
    name, mark, value = re.sub(r"\\(.)", r"\1", found[1]), found[2], found[3]
    if "@" in mark:
        notes.append(FILE)
    elif mark == "==":
        query.append(f"{_plus(name)}={_plus(value)}")
    elif mark == ":":
        headers += [(name, value)] if value else []
    elif mark == ";":
        headers.append((name, ""))
    else:
        fields.append((name, mark, value))


def _plus(text: str) -> str:
    return percent_encode(octets("HTTPie command", text)).replace("%20", "+")


def _httpie_body(fields: list[tuple[str, str, str]], form: bool) -> bytes:
    if form:
        return "&".join(f"{_plus(name)}={_plus(value)}" for name, _, value in fields).encode()
    from json import dumps  # few need it

    members = [f"{dumps(name)}: {value if mark == ':=' else dumps(value)}" for name, mark, value in fields]
    return octets("HTTPie command", f"{{{', '.join(members)}}}")


def wget(words: list[Word], notes: list[str], text: str, url: str | None, method: str | None) -> Found:
    """:raises Unreadable: without a URL."""
    kind = "wget command"
    headers: list[Pair] = []
    options, plain = _divided(words, _WGET_TAKES, headers)
    address = plain[0] if plain else url or ""
    if not address:
        raise Unreadable(kind, "there is no URL in it.", "Paste all of the command.", text, len(text))
    if not is_absolute(address):
        address = f"http://{address}"
    data = options.get("--post-data", options.get("--body-data"))
    if "--post-file" in options or "--body-file" in options:
        notes.append(FILE)
        data = ""
    if data is not None and all(name.lower() != "content-type" for name, _ in headers):
        headers.append(("Content-Type", FORM))
    for option, field in (("--user-agent", "User-Agent"), ("-U", "User-Agent"), ("--referer", "Referer")):
        headers += [(field, options[option])] if option in options else []
    spoken = method or options.get("--method") or ("GET" if data is None else "POST")
    body = None if data is None else octets(kind, data)
    return assemble(kind, spoken, readdressed(address, url), headers, body, notes)


def _divided(
    words: list[Word], takes: frozenset[str], headers: list[Pair] | None = None
) -> tuple[dict[str, str], list[str]]:
    """Options with their arguments, and the other words; wget's ``--header`` goes to `headers`."""
    options: dict[str, str] = {}
    plain: list[str] = []
    rest = iter([word.text for word in words])
    for word in rest:
        if not word.startswith("-") or word == "-":
            plain.append(word)
            continue
        name, equals, argument = word.partition("=") if word.startswith("--") else (word, "", "")
        if not equals and name in takes:
            argument = next(rest, "")
        if name == "--header" and headers is not None:
            field, _, value = argument.partition(":")
            headers.append((field.strip(), value.strip()))
        else:
            options[name] = argument
    return options, plain
