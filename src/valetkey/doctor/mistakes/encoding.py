"""Mistakes with percent-encoding (RFC 5849, sections 3.4.1.1, 3.4.1.3.2 and 3.6)."""

import html
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from valetkey.doctor.mistakes.mistake import Family
from valetkey.doctor.recipe import Encoder, Item, Recipe, encoder, octets, percent_encode
from valetkey.protocol.encoding import UNRESERVED

ENCODING = Family("Encoding")
STRICTLY = "Encode as section 3.6 does: all but A-Z a-z 0-9 - . _ ~ as %XX, in capitals, of UTF-8 (3.6)."
ONCE = "Encode each name and value once, and the joined parameters once more, as a whole (3.4.1.3.2)."
THREE = "Join the method, the encoded URI and the encoded parameters with “&” (3.4.1.1)."

Departures = Iterator[tuple[str, Recipe]]

_NO_TILDE = UNRESERVED.replace(b"~", b"")
_MARKS = b"!'()*"
_URI = b";,/?:@&=+$!*'()#"


def departing(recipe: Recipe, departures: Iterable[tuple[str, Recipe]]) -> Departures:
    """Those that sign another text; each text once."""
    seen = {recipe.text}
    for about, made in departures:
        text = made.text
        if text not in seen:
            seen.add(text)
            yield about, made


def _values(encode: Encoder) -> Callable[[Item], str]:
    return lambda item: encode(item.value)


def _encoded(recipe: Recipe, encode: Encoder) -> Recipe:
    return recipe.but(names=encode, values=_values(encode))


def _each_way(recipe: Recipe, about: str, encode: Encoder) -> list[tuple[str, Recipe]]:
    """In names and values, in either alone, and wherever the base string is encoded."""
    both = _encoded(recipe, encode)
    return [
        (about, both),
        (f"{about}, in values alone", recipe.but(values=_values(encode))),
        (f"{about}, in names alone", recipe.but(names=encode)),
        (f"{about}, in the second encoding too", both.but(assemble=_assembled(encode))),
        (f"{about}, in the second encoding alone", recipe.but(assemble=_assembled(encode))),
    ]


def _assembled(encode: Encoder) -> Callable[[str, str, str], str]:
    return lambda method, uri, parameters: f"{method}&{encode(uri)}&{encode(parameters)}"


def _javascript_escape(text: str) -> str:
    safe = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@*_+-./")
    units = text.encode("utf-16-be", "surrogatepass")
    codes = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
    return "".join(
        [
            chr(code) if chr(code) in safe else f"%{code:02X}" if code < 256 else f"%u{code:04X}"
            for code in codes
        ]
    )


FORM_ENCODERS: dict[str, Encoder] = {
    "": encoder(space="+"),
    ", “~” as %7E (PHP's urlencode)": encoder(_NO_TILDE, space="+"),
    ", “*” left and “~” as %7E (Java's URLEncoder, URLSearchParams)": encoder(_NO_TILDE + b"*", space="+"),
    ", with !'()* left as they are": encoder(UNRESERVED + _MARKS, space="+"),
    ", with escapes in lower case (.NET's UrlEncode)": encoder(_NO_TILDE + b"!()*", space="+", lower=True),
    ", with all escapes in lower case": encoder(space="+", lower=True),
    ", with “/” left as it is": encoder(UNRESERVED + b"/", space="+"),
    ", with Latin-1 in place of UTF-8": encoder(space="+", charset="latin-1"),
}


@ENCODING.mistake(
    "space-as-plus",
    "form encoding (urlencode, quote_plus) was used, which writes a space as “+”, not as %20{about}",
    STRICTLY,
)
def space_as_plus(recipe: Recipe) -> Departures:
    if any(" " in item.name + item.value for item in recipe.items):
        made = [
            one for about, encode in FORM_ENCODERS.items() for one in _each_way(recipe, about, encode)[:-1]
        ]
        yield from departing(recipe, made)


@ENCODING.mistake("tilde-encoded", "“~” was encoded as %7E{about}", STRICTLY)
def tilde_encoded(recipe: Recipe) -> Departures:
    yield from departing(recipe, _each_way(recipe, "", encoder(_NO_TILDE)))


@ENCODING.mistake("slash-unencoded", "“/” was left unencoded (Python's quote, as it comes){about}", STRICTLY)
def slash_unencoded(recipe: Recipe) -> Departures:
    made = _each_way(recipe, "", encoder(UNRESERVED + b"/"))
    made += _each_way(recipe, ", and “~” encoded", encoder(_NO_TILDE + b"/"))
    yield from departing(recipe, made)


@ENCODING.mistake(
    "lower-case-escapes",
    "escapes were written in lower case (%2f), not in capitals (%2F, upper case){about}",
    STRICTLY,
)
def lower_case_escapes(recipe: Recipe) -> Departures:
    encode = encoder(lower=True)
    everywhere = _encoded(recipe, encode).but(assemble=_assembled(encode))
    yield from departing(recipe, [("", everywhere), *_each_way(recipe, " (partly)", encode)])


#: Reserved characters that JavaScript's encodeURIComponent leaves, and libraries that repair it in part.
@ENCODING.mistake(
    "marks-unencoded",
    "reserved characters ({about}) were left unencoded, as encodeURIComponent does with !'()*",
    STRICTLY,
)
def marks_unencoded(recipe: Recipe) -> Departures:
    held = "".join([item.name + item.value for item in recipe.items]) + recipe.place.text
    there = [mark for mark in "!'()*" if mark in held]
    made: list[tuple[str, Recipe]] = []
    for count in range(len(there), 0, -1):
        for some in combinations(there, count):
            left = "".join(some)
            encode = encoder(UNRESERVED + left.encode())
            made += _each_way(recipe, left, encode) if count == len(there) else []
            made.append((left, _encoded(recipe, encode)))
    yield from departing(recipe, made)


OTHER_ENCODERS: dict[str, Encoder] = {
    "JavaScript's encodeURI": encoder(UNRESERVED + _URI),
    "JavaScript's escape": _javascript_escape,
    "Ruby's URI.escape": encoder(UNRESERVED + _URI.replace(b"#", b"") + b"[]"),
    "Java's URLEncoder, with “+” replaced by %20": encoder(_NO_TILDE + b"*"),
    "Go's PathEscape": encoder(UNRESERVED + b"$&+=:@"),
    "Swift's urlQueryAllowed": encoder(UNRESERVED + b"!$&'()*+,;=:@/?"),
    "a list of what a path may hold": encoder(UNRESERVED + b"!$&'()*+,;=:@"),
    ".NET's UrlPathEncode": encoder(bytes(range(0x21, 0x7F)), lower=True),
    "one that leaves letters and digits alone": encoder(UNRESERVED.translate(None, b"-._~")),
    "one that leaves letters, digits and “_” alone": encoder(UNRESERVED.translate(None, b"-.~")),
    "one that escapes nothing but blanks": lambda text: text.replace(" ", "%20"),
    "one that leaves a space as it is": encoder(UNRESERVED + b" ", space=" "),
    "encodeURIComponent, with escapes in lower case": encoder(UNRESERVED + _MARKS, lower=True),
    "encodeURIComponent, with “~” encoded": encoder(_NO_TILDE + _MARKS),
    "one that writes escapes within escapes (%2520)": encoder(space="%2520"),
}


@ENCODING.mistake("other-encoder", "another encoding was used than percent-encoding: {about}", STRICTLY)
def other_encoder(recipe: Recipe) -> Departures:
    yield from departing(
        recipe, [one for about, encode in OTHER_ENCODERS.items() for one in _each_way(recipe, about, encode)]
    )


@ENCODING.mistake("reserved-unencoded", "the reserved character “{about}” was left unencoded", STRICTLY)
def reserved_unencoded(recipe: Recipe) -> Departures:
    held = "".join([item.name + item.value for item in recipe.items])
    there = sorted(
        {mark for mark in held if "!" <= mark <= "~" and not mark.isalnum() and mark not in "-._~"}
    )
    yield from departing(
        recipe,
        [one for mark in there for one in _each_way(recipe, mark, encoder(UNRESERVED + mark.encode()))[:3]],
    )


def _again(charset: str) -> Encoder:
    return lambda text: percent_encode(octets(text).decode(charset, "replace"))


CHARSETS: dict[str, Encoder] = {
    "as Latin-1 (ISO 8859-1), not as UTF-8": encoder(charset="latin-1"),
    "as Windows-1252, not as UTF-8": encoder(charset="cp1252"),
    "as UTF-8 twice (mojibake): their octets were taken for Latin-1": _again("latin-1"),
    "as UTF-8 twice (mojibake): their octets were taken for Windows-1252": _again("cp1252"),
    "as “?”": encoder(charset="ascii"),
    "as nothing: they were left out": lambda text: percent_encode(text.encode("ascii", "ignore").decode()),
    "as they are, unencoded": lambda text: "".join(
        [percent_encode(one) if one.isascii() else one for one in text]
    ),
    "as HTML's &#…;": lambda text: percent_encode(text.encode("ascii", "xmlcharrefreplace").decode()),
    "as JSON's \\u…": lambda text: percent_encode(text.encode("ascii", "backslashreplace").decode()),
    "as U+FFFD (�)": lambda text: (
        percent_encode(text.encode("ascii", "replace").decode())
        if text.isascii()
        else percent_encode("".join([one if one.isascii() else "\ufffd" for one in text]))
    ),
    "with their accents apart (Unicode's NFD)": lambda text: percent_encode(_normal("NFD", text)),
    "with their accents joined (Unicode's NFC)": lambda text: percent_encode(_normal("NFC", text)),
    "in compatible form (Unicode's NFKC)": lambda text: percent_encode(_normal("NFKC", text)),
}


def _normal(form: str, text: str) -> str:
    if text.isascii():
        return text
    from unicodedata import normalize  # seldom needed

    return normalize(form, text)  # type: ignore[arg-type]  # one of the forms above


@ENCODING.mistake(
    "charset", "characters beyond ASCII (accents, umlauts, signs) were encoded {about}", STRICTLY
)
def charset(recipe: Recipe) -> Departures:
    if all(item.name.isascii() and item.value.isascii() for item in recipe.items):
        return
    yield from departing(
        recipe,
        [one for about, encode in CHARSETS.items() for one in _each_way(recipe, about, encode)[:3]],
    )


@ENCODING.mistake(
    "not-encoded", "{about} were not encoded before they were joined (encoded too little)", ONCE
)
def not_encoded(recipe: Recipe) -> Departures:
    made: list[tuple[str, Recipe]] = [
        ("values", recipe.but(values=_values(str))),
        ("names", recipe.but(names=str)),
        ("names and values", _encoded(recipe, str)),
    ]
    for whose, is_of in WHOSE.items():
        made.append((f"{whose} names and values", _only(recipe, str, is_of)))
    yield from departing(recipe, made)


def _is_protocol(name: str) -> bool:
    return name.startswith("oauth_")


WHOSE: dict[str, Callable[[str], bool]] = {
    "the protocol parameters'": _is_protocol,
    "the other parameters'": lambda name: not _is_protocol(name),
}


def _only(recipe: Recipe, encode: Encoder, is_of: Callable[[str], bool]) -> Recipe:
    def one(name: str, text: str) -> str:
        return encode(text) if is_of(name) else percent_encode(text)

    return recipe.but(names=lambda name: one(name, name), values=lambda item: one(item.name, item.value))


def _twice(text: str) -> str:
    return percent_encode(percent_encode(text))


@ENCODING.mistake("encoded-twice", "{about} encoded twice before the base string was put together", ONCE)
def encoded_twice(recipe: Recipe) -> Departures:
    made: list[tuple[str, Recipe]] = [
        ("values were", recipe.but(values=_values(_twice))),
        ("names and values were", _encoded(recipe, _twice)),
        ("names were", recipe.but(names=_twice)),
    ]
    for whose, is_of in WHOSE.items():
        twice = _only(recipe, _twice, is_of)
        made.append((f"{whose} values were", twice.but(names=percent_encode)))
        made.append((f"{whose} names and values were", twice))
    for name in dict.fromkeys(item.name for item in recipe.items):
        made.append(
            (f"the value of “{name}” was", _only(recipe, _twice, name.__eq__).but(names=recipe.names))
        )
    plus = encoder(space="+")
    made.append(("values were (first with a space as “+”)", recipe.but(values=_values(_after(plus)))))
    made.append(("names and values were (first with a space as “+”)", _encoded(recipe, _after(plus))))
    marks = encoder(UNRESERVED + _MARKS)
    made.append(("names and values were (first by encodeURIComponent)", _encoded(recipe, _after(marks))))
    yield from departing(recipe, made)


def _after(first: Encoder) -> Encoder:
    return lambda text: percent_encode(first(text))


Assembly = Callable[[str, str, str], str]

TWICE: dict[str, Assembly] = {
    "the whole parameter string was": lambda method, uri, parameters: (
        f"{method}&{percent_encode(uri)}&{_twice(parameters)}"
    ),
    "the URL was": lambda method, uri, parameters: f"{method}&{_twice(uri)}&{percent_encode(parameters)}",
    "the URL and the parameter string were": lambda method, uri, parameters: (
        f"{method}&{_twice(uri)}&{_twice(parameters)}"
    ),
    "the whole base string was": lambda method, uri, parameters: percent_encode(
        f"{method}&{percent_encode(uri)}&{percent_encode(parameters)}"
    ),
    "all but the method was": lambda method, uri, parameters: (
        f"{method}&{percent_encode(f'{percent_encode(uri)}&{percent_encode(parameters)}')}"
    ),
}
ONE_TOO_FEW: dict[str, Assembly] = {
    "the parameter string was": lambda method, uri, parameters: (
        f"{method}&{percent_encode(uri)}&{parameters}"
    ),
    "the URL was": lambda method, uri, parameters: f"{method}&{uri}&{percent_encode(parameters)}",
    "the URL and the parameter string were": lambda method, uri, parameters: f"{method}&{uri}&{parameters}",
}


@ENCODING.mistake("part-encoded-twice", "{about} encoded twice (once too often)", THREE)
def part_encoded_twice(recipe: Recipe) -> Departures:
    yield from departing(recipe, [(about, recipe.but(assemble=made)) for about, made in TWICE.items()])


@ENCODING.mistake(
    "part-not-encoded", "{about} not encoded in the base string (once too few; the second encoding)", THREE
)
def part_not_encoded(recipe: Recipe) -> Departures:
    yield from departing(recipe, [(about, recipe.but(assemble=made)) for about, made in ONE_TOO_FEW.items()])


SHAPES: dict[str, Assembly] = {
    "its parts were joined by nothing, without “&”": lambda method, uri, parameters: (
        f"{method}{percent_encode(uri)}{percent_encode(parameters)}"
    ),
    "its “&” were encoded too (%26): all was encoded as one": lambda method, uri, parameters: percent_encode(
        f"{method}&{uri}&{parameters}"
    ),
    "URL and parameters were encoded as one": lambda method, uri, parameters: (
        f"{method}&{percent_encode(f'{uri}&{parameters}')}"
    ),
    "the parameters were put behind the URL with “?”": lambda method, uri, parameters: (
        f"{method}&{percent_encode(f'{uri}?{parameters}')}"
    ),
    "the method is missing, with its “&”": lambda method, uri, parameters: (
        f"{percent_encode(uri)}&{percent_encode(parameters)}"
    ),
    "the URL is missing": lambda method, uri, parameters: f"{method}&{percent_encode(parameters)}",
    "the parameters alone were signed, encoded": lambda method, uri, parameters: percent_encode(parameters),
    "the parameters alone were signed, unencoded": lambda method, uri, parameters: parameters,
    "the parameters are missing": lambda method, uri, parameters: f"{method}&{percent_encode(uri)}",
    "the parameters are missing, but not their “&”": lambda method, uri, parameters: (
        f"{method}&{percent_encode(uri)}&"
    ),
    "“&” stands at its end": lambda method, uri, parameters: (
        f"{method}&{percent_encode(uri)}&{percent_encode(parameters)}&"
    ),
    "the parameters end with “&”": lambda method, uri, parameters: (
        f"{method}&{percent_encode(uri)}&{percent_encode(f'{parameters}&')}"
    ),
    "the parameters begin with “&”": lambda method, uri, parameters: (
        f"{method}&{percent_encode(uri)}&{percent_encode(f'&{parameters}')}"
    ),
    "a line break stands at its end": lambda method, uri, parameters: (
        f"{method}&{percent_encode(uri)}&{percent_encode(parameters)}\n"
    ),
    "its parts are in lines": lambda method, uri, parameters: (
        f"{method}\n{percent_encode(uri)}\n{percent_encode(parameters)}"
    ),
    "parameters and URL were exchanged": lambda method, uri, parameters: (
        f"{method}&{percent_encode(parameters)}&{percent_encode(uri)}"
    ),
    "it was lower-cased": lambda method, uri, parameters: (
        f"{method}&{percent_encode(uri)}&{percent_encode(parameters)}".lower()
    ),
}


@ENCODING.mistake("shape", "the base string was put together in another way: {about}", THREE)
def shape(recipe: Recipe) -> Departures:
    yield from departing(recipe, [(about, recipe.but(assemble=made)) for about, made in SHAPES.items()])


JOINS: dict[str, tuple[str, str]] = {
    "by “,”": ("=", ","),
    "by nothing": ("=", ""),
    "by “;”": ("=", ";"),
    "by “&amp;”": ("=", "&amp;"),
    "without “=” and “&”": ("", ""),
    "by “&”, names and values by “:”": (":", "&"),
    "by a line break": ("=", "\n"),
    "by “, ”": ("=", ", "),
    "by “=” and “&” that were encoded already (%3D, %26)": ("%3D", "%26"),
}


@ENCODING.mistake(
    "parameters-joined", "the parameters were joined {about}", "Join pairs with “=” and “&” (3.4.1.3.2)."
)
def parameters_joined(recipe: Recipe) -> Departures:
    yield from departing(
        recipe, [(about, recipe.but(join=_joined(*signs))) for about, signs in JOINS.items()]
    )
    yield from departing(
        recipe,
        [
            (
                "with quotes around values",
                recipe.but(join=lambda pairs: "&".join([f'{n}="{v}"' for n, v, _ in pairs])),
            )
        ],
    )


def _joined(equals: str, separator: str) -> Callable[[Iterable[tuple[str, str, Item]]], str]:
    return lambda pairs: separator.join([f"{name}{equals}{value}" for name, value, _ in pairs])


@ENCODING.mistake("html-escaped", "values were escaped for HTML before they were encoded", STRICTLY)
def html_escaped(recipe: Recipe) -> Departures:
    def escaped(item: Item) -> str:
        return percent_encode(html.escape(item.value))

    yield from departing(recipe, [("", recipe.but(values=escaped))])
