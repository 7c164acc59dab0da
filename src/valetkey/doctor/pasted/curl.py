"""A curl command, read as curl itself reads it (its manual: https://curl.se/docs/manpage.html).

Nothing is read or run: where the command names a file, its content is missing, and a note says so.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from itertools import chain

from valetkey.doctor.pasted.curl_options import LONG, TAKES_ARGUMENT
from valetkey.doctor.pasted.found import Found, assemble, is_absolute, octets, readdressed
from valetkey.doctor.pasted.unreadable import Unreadable
from valetkey.doctor.pasted.words import Word
from valetkey.protocol.encoding import percent_encode
from valetkey.protocol.parameters import FORM

KIND = "curl command"

FILE = "{option} takes what it sends from a file, which wasn't read: what it held is missing here."
GLOB = (
    "curl takes the [ ] or { } in the URL for a range unless --globoff is given: they were read as they are."
)
NO_SCHEME = "The URL has no scheme: curl takes http://."
UNKNOWN = "An option that curl doesn't have was left out: {option}."
CONFIG = "-K reads more options from a file, which wasn't read: paste them too."

#: The boundary of a multipart body that is made here; no signature covers it.
BOUNDARY = "------------------------valetkey"


class Options:
    """What the options before one ``--next`` say."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.method = ""
        self.headers: list[str] = []
        self.given: dict[str, str] = {}  # the last argument of each option that may stand once
        self.data: list[str] | None = None  # with the "&" between them
        self.query: list[str] = []
        self.parts: list[tuple[str, str]] = []  # of a multipart body: the option's name and its argument
        self.flags: set[str] = set()
        self.notes: list[str] = []


def requests(
    words: list[Word], notes: list[str], text: str, url: str | None, method: str | None
) -> list[Found]:
    """The requests that a command sends: one for each URL.

    :param words: after the word ``curl``.
    :param url: what was called really, where a person says so (:func:`readdressed`); likewise `method`.
    :raises Unreadable: without a URL.
    """
    found = []
    for options in _taken(words, text):
        addresses = options.urls or ([url] if url and is_absolute(url) else [])
        for address in addresses:
            found.append(_request(options, notes, address, url, method))
    if not found:
        hint = "Paste all of the command: its URL, its headers and its data."
        raise Unreadable(KIND, "there is no URL in it.", hint, text, len(text))
    return found


def _taken(words: list[Word], text: str) -> Iterator[Options]:
    options = Options()
    rest: Iterator[Word] = iter(words)
    literal = False
    while word := next(rest, None):
        if literal or not word.text.startswith("-") or word.text == "-":
            options.urls.append(word.text)
        elif word.text == "--":
            literal = True
        else:
            name = ""
            for name, inline in _named(word):
                if name == "next":
                    yield options
                    options = Options()
                    continue
                if TAKES_ARGUMENT.get(name) and inline is None:
                    inline = _next(rest, name, text)
                _take(options, name, inline or "")
            if name.startswith("?"):
                rest = _without_argument(rest)
    yield options


def _next(rest: Iterator[Word], name: str, text: str) -> str:
    following = next(rest, None)
    if following is None:
        raise Unreadable(KIND, f"--{name} lacks its argument.", "Paste all of the command.", text, len(text))
    return following.text


def _without_argument(rest: Iterator[Word]) -> Iterator[Word]:
    """The words after an unknown option: the next one may be its argument, unless it is plainly something
    else.
    """
    following = next(rest, None)
    if following is None or following.text.startswith("-") or is_absolute(following.text):
        return chain([following] if following else [], rest)
    return rest


def _named(word: Word) -> Iterator[tuple[str, str | None]]:
    """The options in one word: their long names, and an argument that stands in the same word."""
    if word.text.startswith("--"):
        name, equals, argument = word.text[2:].partition("=")
        yield _long(name), argument if equals else None
        return
    rest = word.text[1:]
    while rest:
        name, rest = LONG.get(rest[0], f"?{rest[0]}"), rest[1:]
        if TAKES_ARGUMENT.get(name):
            yield name, rest or None
            return
        yield name, ""


def _long(name: str) -> str:
    """The option that is meant by a long name, which may be cut as long as it stays clear."""
    plain = name.removeprefix("expand-")
    if plain in TAKES_ARGUMENT:
        return plain
    if plain.startswith("no-") and not TAKES_ARGUMENT.get(plain[3:], True):
        return plain
    starting = [option for option in TAKES_ARGUMENT if plain and option.startswith(plain)]
    return starting[0] if len(starting) == 1 else f"?{name}"


_DATA = frozenset({"data", "data-ascii", "data-binary", "data-raw", "data-urlencode", "json"})
_PARTS = frozenset({"form", "form-string"})
#: For these, an argument that starts with "@" is a file's name.
_FROM_FILE = frozenset({"data", "data-ascii", "data-binary", "json"})


def _take(options: Options, name: str, argument: str) -> None:
    if name.startswith("?"):
        options.notes.append(UNKNOWN.format(option=ascii(name[1:])[1:-1]))
    elif name in _DATA:
        _take_data(options, name, argument)
    elif name in _PARTS:
        options.parts.append((name, argument))
    elif name == "url":
        options.urls.append(argument)
    elif name == "url-query":
        plain = argument[1:] if argument.startswith("+") else _urlencoded(options, name, argument)
        options.query.append(plain)
    elif name == "header":
        options.headers.append(argument)
        if argument.startswith("@"):
            options.headers.pop()
            options.notes.append(FILE.format(option="--header @…"))
    elif name == "config":
        options.notes.append(CONFIG)
    elif TAKES_ARGUMENT.get(name):
        options.given[name] = argument
    else:
        options.flags.discard(name.removeprefix("no-"))
        options.flags.add(name)


def _take_data(options: Options, name: str, argument: str) -> None:
    if name in _FROM_FILE and argument.startswith("@"):
        options.notes.append(FILE.format(option=f"--{name} @…"))
        argument = ""
    elif name == "data-urlencode":
        argument = _urlencoded(options, name, argument)
    if name == "json":
        options.flags.add("json")
    before = options.data or []
    joiner = ["&"] if "".join(before) and name != "json" else []
    options.data = [*before, *joiner, argument]


def _urlencoded(options: Options, name: str, argument: str) -> str:
    """``content``, ``=content``, ``name=content``, ``@file`` or ``name@file``: the content is encoded."""
    before, mark, content = argument.partition("=")
    if not mark:
        before, mark, content = argument.partition("@")
        if mark:
            options.notes.append(FILE.format(option=f"--{name} …@…"))
            return f"{before}=" if before else ""
        before, content = "", argument
    encoded = percent_encode(octets(KIND, content)).replace("%20", "+")
    return f"{before}={encoded}" if before else encoded


def _request(options: Options, said: list[str], address: str, url: str | None, method: str | None) -> Found:
    notes = [*said, *options.notes]
    if re.search(r"[\[{]", address.partition("://")[2].partition("/")[2]) and "globoff" not in options.flags:
        notes.append(GLOB)
    written, user = _parted(_url(options, address, notes))
    content_type, body = _body(options, notes)
    if "get" in options.flags:
        content_type = content_type if "json" in options.flags else ""
        written, body = _with_query(written, "".join(options.data or [])), None
    headers = _headers(options, content_type, user, notes)
    spoken = method or options.given.get("request") or _method(options, body)
    return assemble(KIND, spoken, readdressed(written, url), headers, body, notes)


def _method(options: Options, body: bytes | None) -> str:
    if "head" in options.flags:
        return "HEAD"
    if "get" in options.flags:
        return "GET"
    if "upload-file" in options.given:
        return "PUT"
    return "GET" if body is None else "POST"


def _url(options: Options, address: str, notes: list[str]) -> str:
    if not is_absolute(address):
        scheme = options.given.get("proto-default", "")
        notes += [] if scheme else [NO_SCHEME]
        address = f"{scheme or 'http'}://{address}"
    origin, target = _split(address.partition("#")[0])
    if "path-as-is" not in options.flags:
        path, mark, query = target.partition("?")
        target = f"{_without_dots(path)}{mark}{query}"
    asked = options.given.get("request-target", "")
    if asked:
        target = asked if asked.startswith("/") else f"/{asked}"
    if "upload-file" in options.given:
        notes.append(FILE.format(option="--upload-file"))
    for query in options.query:
        target = _with_query(target, query)
    return f"{origin}{target}"


def _split(address: str) -> tuple[str, str]:
    found = re.match(r"[^:/?#]*://[^/?#]*", address)
    end = found.end() if found else 0
    return address[:end], address[end:] if address[end : end + 1] == "/" else f"/{address[end:]}"


def _with_query(target: str, query: str) -> str:
    if not query:
        return target
    return f"{target}{'&' if '?' in target else '?'}{query}"


def _without_dots(path: str) -> str:
    """RFC 3986, section 5.2.4, which curl follows unless ``--path-as-is`` is given."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for number, segment in enumerate(segments):
        last = number == len(segments) - 1
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
            kept += [""] if last else []
        elif segment == ".":
            kept += [""] if last else []
        else:
            kept.append(segment)
    return "/".join(kept) or "/"


def _parted(written: str) -> tuple[str, str]:
    """A URL without its user name and password, and those."""
    scheme, slashes, rest = written.partition("://")
    authority, slash, path = rest.partition("/")
    user, _, host = authority.rpartition("@")
    return f"{scheme}{slashes}{host}{slash}{path}", user


def _body(options: Options, notes: list[str]) -> tuple[str, bytes | None]:
    """The body, and the Content-Type that curl gives it by itself."""
    if options.data is not None:
        own = "application/json" if "json" in options.flags else FORM
        return own, octets(KIND, "".join(options.data))
    if options.parts:
        made = b"".join(_part(name, argument, notes) for name, argument in options.parts)
        return f"multipart/form-data; boundary={BOUNDARY}", made + f"--{BOUNDARY}--\r\n".encode()
    return "", None


def _part(name: str, argument: str, notes: list[str]) -> bytes:
    field, _, content = argument.partition("=")
    lines = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"']
    if name == "form":
        content, *parameters = content.split(";") if content[:1] in ("@", "<") else _typed(content)
        if content[:1] in ("@", "<"):
            notes.append(FILE.format(option="--form …=@…"))
            lines[0] += '; filename="(not read)"' if content[0] == "@" else ""
            content = ""
        lines += [f"Content-Type: {one[5:]}" for one in parameters if one.startswith("type=")]
    return octets(KIND, "\r\n".join([*lines, "", content, ""]))


def _typed(content: str) -> list[str]:
    value, mark, type_ = content.rpartition(";type=")
    return [value, f"type={type_}"] if mark else [content]


def _headers(options: Options, content_type: str, user: str, notes: list[str]) -> list[tuple[str, str]]:
    """The fields that were given, and curl's own where none of the same name was given or removed."""
    fields: list[tuple[str, str]] = []
    touched: set[str] = set()
    for header in options.headers:
        name, colon, value = header.partition(":")
        bare = header.strip()
        if not colon and bare.endswith(";"):
            name, value = bare[:-1], ""
        elif not value.strip():
            touched.add(name.strip().lower())  # "Name:" removes curl's own
            continue
        touched.add(name.strip().lower())
        if name.strip().lower() == "content-type" and content_type.startswith("multipart/"):
            value += "" if "boundary=" in value else f"; boundary={BOUNDARY}"
        fields.append((name.strip(), value.strip()))
    own = [(name, value) for name, value in _own(options, content_type, user, notes) if value]
    return [*((name, value) for name, value in own if name.lower() not in touched), *fields]


def _own(options: Options, content_type: str, user: str, notes: list[str]) -> Iterator[tuple[str, str]]:
    given = options.given
    yield "User-Agent", given.get("user-agent", "")
    yield "Referer", given.get("referer", "").removesuffix(";auto")
    cookie = given.get("cookie", "")
    if cookie and "=" not in cookie:
        notes.append(FILE.format(option="--cookie"))
        cookie = ""
    yield "Cookie", cookie
    bearer, person = given.get("oauth2-bearer", ""), given.get("user", user)
    basic = b64encode(octets(KIND, person)).decode() if person else ""
    yield "Authorization", f"Bearer {bearer}" if bearer else f"Basic {basic}" if basic else ""
    yield "Range", f"bytes={given['range']}" if "range" in given else ""
    yield "Accept", "application/json" if "json" in options.flags else ""
    yield "Content-Type", content_type
