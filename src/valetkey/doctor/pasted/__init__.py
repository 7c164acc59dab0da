"""Requests as people have them: a pasted command, a HAR, a raw request, or an Authorization header alone.

Nothing here runs, reads, opens or sends anything: what a paste names besides (a file, a variable, a command)
stays unread, and a note says so. How much is read is bounded, in :mod:`~valetkey.doctor.pasted.unreadable`.
"""

import re
from collections.abc import Callable

from valetkey.doctor.pasted import clients, curl, har, powershell, raw, words
from valetkey.doctor.pasted.found import Found, assemble, carries_oauth, is_absolute
from valetkey.doctor.pasted.unreadable import MAX_CHARACTERS, MAX_REQUESTS, Unreadable, count
from valetkey.doctor.sent import Sent

__all__ = ["Found", "Unreadable", "find", "read"]

#: Of a command, in characters.
MAX_COMMAND = 4_000_000

_PROGRAM = re.compile(
    r"(?:^|[\s;&|(])(?:[^\s'\"=]{0,200}[/\\])?(curl|https?|wget)(?:\.exe)?(?=[ \t]|\\\r?\n|\^\r?\n)",
    re.MULTILINE,
)
_PROMPT = re.compile(
    r"(?:\$|%|#|>|PS [^>\n]{0,200}>|[A-Z]:\\[^>\n]{0,200}>|[\w.@:~/ -]{0,200}[$#])[ \t]+(?=\S)"
)
_ONLY_HEADER = re.compile(
    r"(?:authori[sz]ation[ \t]*:)?[ \t]*(oauth\b.*|oauth_[a-z_]+=\".*)", re.IGNORECASE | re.DOTALL
)
_BASE_STRING = re.compile(r"[A-Za-z]{3,10}&https?%3a", re.IGNORECASE)
_ANOTHER = re.compile(r"[\s;&]*(?:[$%#>][ \t]+)?curl(?:\.exe)?(?=[ \t])")
_SINGLE = re.compile(r"(?:^|\s)\$?'")
_CMD = re.compile(r"\^[ \t]*\r?\n|\s\^\"")
_POWERSHELL = re.compile(r"`[ \t]*\r?\n")

_HINT = "Paste a curl command, a raw HTTP request, a HAR, or an Authorization header with its method and URL."


def read(text: str | bytes, *, method: str | None = None, url: str | None = None) -> Sent | list[Sent]:
    """The request in a paste; a list where it holds several (:func:`find` says more of each).

    :param text: whatever was copied, octets in UTF-8.
    :param method: the method that was used really, or that the paste lacks; likewise `url`, where an origin
        alone (``http://host``) replaces scheme, host and port.
    :raises Unreadable: where no request can be made of it.
    """
    found = [one.sent for one in find(text, method=method, url=url)]
    return found[0] if len(found) == 1 else found


def find(text: str | bytes, *, method: str | None = None, url: str | None = None) -> list[Found]:
    """The requests in a paste, each with what is to be said of how it was read; at least one.

    Parameters and errors as for :func:`read`.
    """
    count("paste", "characters", len(text), MAX_CHARACTERS)
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    text = _bare(text)
    if not text:
        raise Unreadable("paste", "it is empty.", _HINT)
    for reader in _READERS:
        if found := reader(text, url, method):
            return found
    raise Unreadable("paste", "no request was recognised in it.", _HINT, text, 0)


def _bare(text: str) -> str:
    """Without what surrounds a copied text: a byte order mark, a fence of Markdown, blank lines."""
    text = text.lstrip("\ufeff").lstrip("\r\n")  # a body may end in line breaks
    if text.startswith("```"):
        inner = text.partition("\n")[2]
        text = inner.rpartition("```")[0] or inner
    return text if text.strip() else ""


def _har(text: str, url: str | None, method: str | None) -> list[Found]:
    return har.requests(text, url, method) if text.lstrip()[:1] in ("{", "[") else []


def _fetch(text: str, url: str | None, method: str | None) -> list[Found]:
    found = har.fetched(text, url, method)
    return [found] if found else []


def _raw(text: str, url: str | None, method: str | None) -> list[Found]:
    return [raw.request(text, url, method)] if raw.starts_request(text) else []


def _powershell(text: str, url: str | None, method: str | None) -> list[Found]:
    if not powershell.is_powershell(text):
        return []
    count(powershell.KIND, "characters", len(text), MAX_COMMAND)
    return [powershell.request(text, url, method)]


def _verbose(text: str, url: str | None, method: str | None) -> list[Found]:
    if not text.startswith(("* ", "> ", "< ", "{ [", "} [")):
        return []
    found = raw.verbose(text, url, method)
    return [found] if found else []


def _command(text: str, url: str | None, method: str | None) -> list[Found]:
    start = _program(text)
    if start is None:
        return []
    count(words.KIND, "characters", len(text), MAX_COMMAND)
    notes: list[str] = []
    text = words.straightened(text, notes)
    program, place = start
    found: list[Found] = []
    while program:
        command = _shell(text, place)(text, place)
        said = [*notes, *command.notes]
        if program == "curl":
            found += curl.requests(command.words, said, text, url, method)
        elif program == "wget":
            found.append(clients.wget(command.words, said, text, url, method))
        else:
            found.append(clients.httpie(program, command.words, said, text, url, method))
        count(words.KIND, "requests", len(found), MAX_REQUESTS)
        program, place = _following(text, command.end)
    return found


def _program(text: str) -> tuple[str, int] | None:
    """The first program that is known, and where its arguments start; it must stand in the first lines."""
    prompt = _PROMPT.match(text)
    found = _PROGRAM.search(text, prompt.end() - 1 if prompt else 0, 5_000)
    if found is None:
        return None
    return (found[1], found.end()) if _is_a_command(text[: found.start(1)], found[1]) else None


def _is_a_command(before: str, program: str) -> bool:
    """Whether only comments, prompts and settings stand before a program's name."""
    line = before.rpartition("\n")[2].strip()
    if program == "curl":
        return len(line) < 300
    return not line or bool(_PROMPT.fullmatch(f"{line} x", 0, len(line) + 1))


def _following(text: str, end: int) -> tuple[str, int]:
    """Another curl command in the lines below."""
    found = _ANOTHER.match(text, end)
    return ("curl", found.end()) if found else ("", end)


def _shell(text: str, place: int) -> Callable[[str, int], words.Command]:
    end = place + 100_000
    if _CMD.search(text, place, end) and not _SINGLE.search(text, place, end):
        return words.cmd
    return words.powershell if _POWERSHELL.search(text, place, end) else words.posix


def _header(text: str, url: str | None, method: str | None) -> list[Found]:
    found = _ONLY_HEADER.match(text.strip())
    if not found:
        return []
    if not url or not method:
        hint = (
            "Give its method and its URL with it (--method POST --url https://…), or paste the whole request."
        )
        raise Unreadable("Authorization header", "a header alone doesn't say what was called.", hint)
    value = " ".join(line.strip() for line in found[1].splitlines())
    value = value if value[:5].lower() == "oauth" and value[5:6] != "_" else f"OAuth {value}"
    return [assemble("Authorization header", method, url, [("Authorization", value)], None)]


def _url(text: str, url: str | None, method: str | None) -> list[Found]:
    address = text.strip()
    if not is_absolute(address) or re.search(r"\s", address):
        return []
    found = assemble("URL", method or "GET", url or address, [], None)
    return [found] if carries_oauth(found.sent) else []


def _base_string(text: str, url: str | None, method: str | None) -> list[Found]:
    if _BASE_STRING.match(text.strip()):
        hint = "Compare it with another (valetkey diff), or paste the request that it was made for."
        raise Unreadable("base string", "it is no request.", hint)
    return []


_READERS = (_har, _fetch, _raw, _verbose, _powershell, _command, _header, _url, _base_string)
