"""Mistakes with the base string URI: scheme, host, port and path (RFC 5849, section 3.4.1.2)."""

import re
from collections.abc import Callable, Iterable, Iterator

from valetkey.doctor.mistakes.mistake import Family
from valetkey.doctor.mistakes.query import Departures
from valetkey.doctor.recipe import Place, Recipe, encoder, form_decode, percent_decode
from valetkey.protocol.encoding import UNRESERVED
from valetkey.protocol.origin import DEFAULT_PORTS

URL = Family("The URL")
PORT = "Leave out port 80 of http and port 443 of https, and sign any other port (3.4.1.2)."
PROXY = "Sign the URL that the client sends to; behind a proxy, the server must build it from that (3.4.1.2)."
PATH = "Sign the path as it stands in the request line, to the character (3.4.1.2)."


def placed(recipe: Recipe, places: Iterable[tuple[str, Place]]) -> Departures:
    seen = {recipe.place.text}
    for about, place in places:
        if place.text not in seen:
            seen.add(place.text)
            yield about, recipe.but(place=place)


def _default_port(scheme: str) -> str:
    return f":{DEFAULT_PORTS[scheme]}" if scheme in DEFAULT_PORTS else ""


@URL.mistake("default-port", "the default port ({about}) was signed, which belongs left out", PORT)
def default_port(recipe: Recipe) -> Departures:
    place = recipe.place
    port = _default_port(place.scheme)
    if not place.port:
        yield from placed(recipe, [(port[1:], place._replace(port=port))])


@URL.mistake("port-left-out", "the port ({about}) was left out of the URL, not signed", PORT)
def port_left_out(recipe: Recipe) -> Departures:
    place = recipe.place
    yield from placed(recipe, [(place.port[1:], place._replace(port=""))])


@URL.mistake("other-port", "another port was signed than that of the URL: {about}", PROXY)
def other_port(recipe: Recipe) -> Departures:
    place = recipe.place
    default = _default_port(place.scheme)
    ports = [(f"{port[1:]}, as {header} has it", port) for header, _, port in _authorities(recipe)]
    if recipe.facts.authority.endswith(":"):
        ports.append(("an empty one (a bare colon)", ":"))
    if re.fullmatch(r":0+\d+", place.port):
        ports.append(("without its leading zeros", f":{place.port[1:].lstrip('0')}"))
    ports += [(f"{port[1:]}, as of a server behind a proxy", port) for port in INNER_PORTS]
    yield from placed(
        recipe, [(about, place._replace(port=port)) for about, port in ports if port not in ("", default)]
    )


#: Where a server listens of which the client sees another port.
INNER_PORTS = (":80", ":443", ":8080", ":8000", ":8443", ":3000", ":5000")


@URL.mistake(
    "host-case",
    "the host was not lower-cased: it was signed as “{about}”, with its capitals (upper case)",
    "Write the host in lower case (3.4.1.2).",
)
def host_case(recipe: Recipe) -> Departures:
    place = recipe.place
    written = [recipe.facts.host, *(host for _, host, _ in _authorities(recipe)), place.host.upper()]
    for host in dict.fromkeys(written):
        if host.lower() == place.host:
            yield from placed(recipe, [(host, place._replace(host=host))])


def _authorities(recipe: Recipe) -> Iterator[tuple[str, str, str]]:
    """Host and port (``:80``), as the headers have them."""
    headers = recipe.facts.sent.headers
    for name in ("Host", "X-Forwarded-Host", "X-Forwarded-Server", "X-Original-Host", ":authority"):
        for value in headers.every(name):
            host, port = _authority(value.split(",")[0].strip())
            yield name, host, port
    for name in ("Origin", "Referer"):
        for value in headers.every(name):
            host, port = _authority(value.partition("://")[2].partition("/")[0])
            yield name, host, port
    for value in headers.every("Forwarded"):
        for host in re.findall(r'host="?([^";,\s]+)', value, re.IGNORECASE):
            yield "Forwarded", *_authority(host)
    for value in headers.every("X-Forwarded-Port"):
        yield "X-Forwarded-Port", "", f":{value.strip()}"


def _authority(text: str) -> tuple[str, str]:
    match = re.fullmatch(r"(.*?)(:\d+)?", text, re.DOTALL)
    return (match[1], match[2] or "") if match else (text, "")


@URL.mistake("other-host", "another host was signed than that of the URL: “{about}”", PROXY)
def other_host(recipe: Recipe) -> Departures:
    place = recipe.place
    for _, host, port in _authorities(recipe):
        if host and host.lower() != place.host:
            default = _default_port(place.scheme)
            for as_signed in dict.fromkeys(("" if port == default else port, port, place.port)):
                moved = place._replace(host=host.lower(), port=as_signed)
                yield f"{host.lower()}{as_signed}", recipe.but(place=moved)
    for host in _near_hosts(place.host):
        yield from placed(recipe, [(host, place._replace(host=host))])


def _near_hosts(host: str) -> Iterator[str]:
    yield host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"
    local = ("localhost", "127.0.0.1", "[::1]", "host.docker.internal")
    yield from local if host in local else ()
    yield host.rstrip(".") if host.endswith(".") else f"{host}."
    yield host.strip("[]")
    yield host.partition(".")[2] or host
    for rewrite in (_unicode, _ascii, percent_decode):
        yield rewrite(host)


def _unicode(host: str) -> str:
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host


def _ascii(host: str) -> str:
    try:
        return percent_decode(host).encode("idna").decode("ascii")
    except UnicodeError:
        return host


@URL.mistake(
    "userinfo",
    "user name and password before the host (“…@”) were signed",
    "Sign the host alone, with its port where that isn't the default one (3.4.1.2).",
)
def userinfo(recipe: Recipe) -> Departures:
    place = recipe.place
    yield from placed(recipe, [("", place._replace(host=recipe.facts.userinfo + place.host))])


OTHER_SCHEME = {"http": "https", "https": "http"}


@URL.mistake("scheme", "the URL was signed for {about}, which is another scheme than it was sent with", PROXY)
def scheme(recipe: Recipe) -> Departures:
    place = recipe.place
    other = OTHER_SCHEME.get(place.scheme, "https")
    own, its = _default_port(place.scheme), _default_port(other)
    ports = {"": place.port, f" with port {own[1:]}": place.port or own, f" with port {its[1:]}": its}
    ports[" without the port"] = ""
    for about, port in ports.items():
        yield f"{other}{about}", recipe.but(place=place._replace(scheme=other, port=port))


@URL.mistake(
    "redirect",
    "the URL was signed that leads here by a redirect ({about}), not the one the request went to",
    "Sign each request for its own URL: sign again after a redirect, or send to the last URL (3.4.1.2).",
)
def redirect(recipe: Recipe) -> Departures:
    place = recipe.place
    other = OTHER_SCHEME.get(place.scheme, "https")
    slash = place.path.removesuffix("/") if place.path.endswith("/") else f"{place.path}/"
    www = next(_near_hosts(place.host))
    yield f"{other}, and the slash", recipe.but(place=place._replace(scheme=other, path=slash))
    yield f"{other}, and the host {www}", recipe.but(place=place._replace(scheme=other, host=www))
    yield f"the host {www}, and the slash", recipe.but(place=place._replace(host=www, path=slash))


@URL.mistake(
    "scheme-case",
    "the scheme was signed as “{about}”, not in lower case",
    "Write the scheme in lower case (3.4.1.2).",
)
def scheme_case(recipe: Recipe) -> Departures:
    place = recipe.place
    for written in dict.fromkeys((recipe.facts.scheme, place.scheme.upper(), place.scheme.capitalize())):
        yield from placed(recipe, [(written, place._replace(scheme=written))])


@URL.mistake(
    "relative-url",
    "the URL was not signed whole, but {about}",
    "Sign the absolute URL: scheme, host, port if need be, and path (3.4.1.2).",
)
def relative_url(recipe: Recipe) -> Departures:
    place = recipe.place
    path = place._replace(scheme="", slashes="", host="", port="")
    origin = f"{place.scheme}://{place.host}{place.port}"
    query = recipe.facts.query
    places = [
        ("without the scheme, from the slashes on", place._replace(scheme="", slashes="//")),
        ("without the scheme, from the colon on", place._replace(scheme="")),
        ("without the scheme, from the host on", place._replace(scheme="", slashes="")),
        ("the host and the path, without the port", place._replace(scheme="", slashes="", port="")),
        ("the host alone", place._replace(scheme="", slashes="", path="")),
        ("the path alone", path),
        ("the path alone, without its slash", path._replace(path=place.path.removeprefix("/"))),
        ("without the host: scheme and path", place._replace(host="", port="")),
        (
            "with the URL twice",
            place._replace(host="", slashes="", port="", scheme=origin, path=f"/{place.text}"),
        ),
        ("as nothing", path._replace(path="")),
    ]
    if query:
        places.append(("the path with the query", path._replace(tail=f"?{query}")))
    yield from placed(recipe, places)
    for name in ("X-Original-URL", "X-Rewrite-URL", "X-Original-URI", "X-Forwarded-Uri"):
        for value in recipe.facts.sent.headers.every(name):
            cut = value.partition("?")[0]
            yield from placed(recipe, [(f"the path of {name}", place._replace(path=cut))])


@URL.mistake(
    "empty-path",
    "the URL's empty path was signed as nothing, without the slash",
    "Sign an empty path as “/” (3.4.1.2).",
)
def empty_path(recipe: Recipe) -> Departures:
    if recipe.facts.path in ("", "/"):
        yield from placed(recipe, [("", recipe.place._replace(path=""))])


def repathed(recipe: Recipe, rewrites: dict[str, Callable[[str], str]]) -> Departures:
    """With each rewritten path; the same one once."""
    # An empty path is a mistake of its own.
    seen = {recipe.place.path} | ({""} if recipe.place.path == "/" else set())
    for about, rewrite in rewrites.items():
        path = rewrite(recipe.place.path)
        if path not in seen:
            seen.add(path)
            yield about, recipe.but(place=recipe.place._replace(path=path))


@URL.mistake("slash-at-end", "the path was signed {about}", PATH)
def slash_at_end(recipe: Recipe) -> Departures:
    yield from repathed(
        recipe,
        {
            "with a slash at its end (a trailing slash), which it was not sent with": lambda path: (
                f"{path.rstrip('/')}/"
            ),
            "without the slash at its end (a trailing slash)": lambda path: path.rstrip("/"),
            "with one more slash at its end": lambda path: f"{path}/",
            "with one more slash at its beginning": lambda path: f"/{path}",
        },
    )


@URL.mistake("path-part-lost", "a part of the path was not signed: {about}", PROXY)
def path_part_lost(recipe: Recipe) -> Departures:
    yield from repathed(
        recipe,
        {
            "its first segment (a prefix)": lambda path: _from_segment(path, 1),
            "its first two segments (a prefix)": lambda path: _from_segment(path, 2),
            "its first three segments (a prefix)": lambda path: _from_segment(path, 3),
            "its last segment": lambda path: path.rpartition("/")[0],
            "its last segment, up to the slash": lambda path: f"{path.rpartition('/')[0]}/",
            "the version in it": lambda path: re.sub(r"/v?\d[\d.]*(?=/|$)", "", path, count=1),
            "all of it (the path is left out)": lambda path: "",
            "all of it but the slash": lambda path: "/",
            "its parameters, from “;” (a semicolon) on": lambda path: path.partition(";")[0],
            "the parameters of its segments, after “;” (a semicolon)": lambda path: re.sub(
                ";[^/]*", "", path
            ),
            "its extension": lambda path: re.sub(r"\.[A-Za-z]\w{0,4}$", "", path),
            "what follows “%”, an escape": lambda path: path.partition("%")[0],
            "what follows “%3F”, a question mark": lambda path: re.split("%3f", path, flags=re.IGNORECASE)[0],
            "what follows “%23”, a number sign": lambda path: path.partition("%23")[0],
        },
    )


def _from_segment(path: str, index: int) -> str:
    segments = path.removeprefix("/").split("/")
    return f"/{'/'.join(segments[index:])}" if len(segments) > index else path


@URL.mistake("path-case", "the path was signed in {about}: its capitals count", PATH)
def path_case(recipe: Recipe) -> Departures:
    yield from repathed(recipe, {"lower case": str.lower, "upper case": str.upper})


@URL.mistake("path-normalised", "the path was put in order before it was signed: {about}", PATH)
def path_normalised(recipe: Recipe) -> Departures:
    yield from repathed(
        recipe,
        {
            "double slashes became one": lambda path: re.sub("/{2,}", "/", path),
            "double slashes at its beginning became one": lambda path: re.sub("^/{2,}", "/", path),
            "dot segments (“..”, “.”) were resolved": _without_dots,
            "dot segments and double slashes were resolved": lambda path: _without_dots(
                re.sub("/{2,}", "/", path)
            ),
            "backslashes became slashes": lambda path: path.replace("\\", "/").replace("%5C", "/"),
        },
    )


def _without_dots(path: str) -> str:
    """RFC 3986, section 5.2.4."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            kept = kept[:-1] if len(kept) > 1 else kept
        elif segment != ".":
            kept.append(segment)
    return "/".join([*kept, ""] if segments[-1] in (".", "..") else kept) or "/"


@URL.mistake("path-decoded", "the path was decoded before it was signed{about}", PATH)
def path_decoded(recipe: Recipe) -> Departures:
    yield from repathed(
        recipe,
        {
            "": percent_decode,
            ", with “+” read as a space": form_decode,
            ", twice": lambda path: percent_decode(percent_decode(path)),
            ", but for the characters that need no escape (such as %7E for “~”)": _unreserved_decoded,
            ", with “%2F” read as a slash": lambda path: path.replace("%2F", "/").replace("%2f", "/"),
            ", with its escapes read as Latin-1": lambda path: (
                percent_decode(path).encode("utf-8", "surrogateescape").decode("latin-1")
            ),
        },
    )


def _unreserved_decoded(path: str) -> str:
    return re.sub("%[0-9A-Fa-f]{2}", lambda match: _if_unreserved(match[0]), path)


def _if_unreserved(triple: str) -> str:
    return chr(int(triple[1:], 16)) if int(triple[1:], 16) in UNRESERVED else triple


#: What each leaves as it is, of a path.
_SAFE = {
    "as a slash and the unreserved characters allow": b"/",
    "as encodeURI does": b"/;,?:@&=+$!*'()#",
    "as encodeURIComponent does": b"/!*'()",
    "as Java and Go do": b"/$&+,:;=@",
    "as RFC 3986 allows": b"/!$&'()*+,;=:@",
    "with the colon left as it is": b"/:",
    "with “:” and “@” left as they are": b"/:@",
    "with the comma left as it is": b"/,",
    "with slashes encoded too": b"",
}


@URL.mistake("path-encoded-again", "the path was decoded and encoded in another way: {about}", PATH)
def path_encoded_again(recipe: Recipe) -> Departures:
    rewrites: dict[str, Callable[[str], str]] = {
        "its escapes in lower case (%2f)": lambda path: _escapes(path, str.lower),
        "its escapes in upper case (%2F)": lambda path: _escapes(path, str.upper),
        "“~” as %7E": lambda path: path.replace("~", "%7E"),
        "“+” as %20, a space": lambda path: path.replace("+", "%20"),
        "a space as “+”": lambda path: path.replace("%20", "+"),
        "“+” as %2B": lambda path: path.replace("+", "%2B"),
    }
    for about, safe in _SAFE.items():
        rewrites[about] = _again(encoder(UNRESERVED + safe))
        rewrites[f"{about}, in lower case"] = _again(encoder(UNRESERVED + safe, lower=True))
        rewrites[f"{about}, and “~” encoded"] = _again(encoder(UNRESERVED.replace(b"~", b"") + safe))
        rewrites[f"{about}, and a space as “+”"] = _again(encoder(UNRESERVED + safe, space="+"))
        rewrites[f"{about}, in Latin-1"] = _again(encoder(UNRESERVED + safe, charset="latin-1"))
    yield from repathed(recipe, rewrites)


def _again(encode: Callable[[str], str]) -> Callable[[str], str]:
    return lambda path: encode(percent_decode(path))


def _escapes(path: str, case: Callable[[str], str]) -> str:
    return re.sub("%[0-9A-Fa-f]{2}", lambda match: case(match[0]), path)


@URL.mistake("path-encoded-twice", "the path was encoded once more, which was encoded already: {about}", PATH)
def path_encoded_twice(recipe: Recipe) -> Departures:
    rewrites: dict[str, Callable[[str], str]] = {
        "all but the characters that need no escape (encoded twice)": encoder(UNRESERVED + b"/"),
        "“%” became %25": lambda path: path.replace("%", "%25"),
        "what a path may not hold": encoder(UNRESERVED + b"/!$&'()*+,;=:@%"),
        "all but “%”, slashes and the characters that need no escape": encoder(UNRESERVED + b"/%"),
        "all of it, with its slashes": encoder(UNRESERVED),
    }
    yield from repathed(recipe, rewrites)
