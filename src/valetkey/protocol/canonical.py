"""Text that already stands as it is signed.

The plain reading (RFC 5849, section 3.4.1.3, in :mod:`~valetkey.protocol.parameters`) decodes each parameter
and encodes it again. Most clients write their queries and forms as the signature has them, so that nothing
changes by that. Here the question is asked once, of the whole text, by a few passes in C; what is odd is
rewritten without decoding it. Where that isn't plainly right, these functions say None and the plain reading
is taken. Tests hold both to be equal.
"""

import re
from bisect import bisect_left
from collections.abc import Callable
from operator import itemgetter
from typing import NamedTuple

from valetkey.protocol.encoding import UNRESERVED, Malformed, percent_decode, percent_encode
from valetkey.protocol.header import is_oauth, parse_authorization
from valetkey.protocol.origin import Url
from valetkey.protocol.parameters import KNOWN, SECRET
from valetkey.protocol.values import Secret

_UNRESERVED_OR_TRIPLE = UNRESERVED + b"%"
_IN_A_PATH = UNRESERVED + b"/"
_ALSO_IN_A_PATH = b"%!$&'()*+,;=:@"  # RFC 3986, section 3.3

#: What a query may hold (RFC 3986, section 3.4), and the brackets that many leave as they are.
IN_A_QUERY = _IN_A_PATH + _ALSO_IN_A_PATH + b"?[]"

# What is left of a query or a form without its unreserved characters, its triples and its pluses.
_SKELETON = b"=&" * 64

# Triples as they are signed: in capital letters, for no unreserved character and no NUL, and above ASCII only
# as UTF-8 (RFC 3629, section 4). Nothing is ever tried twice, so that of a million none takes longer.
_TAIL = rb"%[89AB][0-9A-F]"
_TRIPLES = re.compile(
    rb"[^%]*+(?:%(?:0[1-9A-F]|1[0-9A-F]|2[0-9ABCF]|3[A-F]|40|5[B-E]|60|7[BCDF]"
    rb"|C[2-9A-F]T|D[0-9A-F]T|E0%[AB][0-9A-F]T|E[1-9A-CEF]TT|ED%[89][0-9A-F]T"
    rb"|F0%[9AB][0-9A-F]TT|F[1-3]TTT|F4%8[0-9A-F]TT)[^%]*+)*+".replace(b"T", _TAIL)
)


# What is written in another way than it is signed: triples in small letters or of unreserved characters, and
# octets that should be triples.
_ODD = re.compile(
    rb"%(?:[a-f][0-9A-Fa-f]|[0-9A-F][a-f]|2[DE]|3[0-9]|[46][1-9A-F]|5[0-9AF]|7[0-9AE])|[^A-Za-z0-9._~%&=-]+"
)
_HEX = "0123456789ABCDEFabcdef"
_AS_SIGNED = {
    f"%{high}{low}".encode(): percent_encode(bytes([int(high + low, 16)])).encode()
    for high in _HEX
    for low in _HEX
}


def pairs(text: bytes) -> list[str] | None:
    """The pairs of a query or a form, sorted as section 3.4.1.3.2 has them, with ``!`` for ``=``.

    ``!`` comes before all that can stand in a name, as ``=`` doesn't: so the whole pairs sort as their names
    and then their values do. None for what can't be decoded, and where there is a NUL.
    """
    left = text.translate(None, UNRESERVED)
    if b"%" in left:
        if not _TRIPLES.fullmatch(text):
            return _rewritten(text)
        left = left.replace(b"%", b"")
    if b"+" in left:
        left, text = left.replace(b"+", b""), text.replace(b"+", b"%20")
    skeleton = _SKELETON if len(left) <= len(_SKELETON) else b"=&" * len(left)
    # An odd number of marks: the last one is the "=" of the last pair.
    if not len(left) & 1 or left != skeleton[: len(left)]:
        return _rewritten(text)
    found = text.decode("ascii").replace("=", "!").split("&")
    found.sort()
    return found


def _rewritten(text: bytes) -> list[str] | None:
    """:func:`pairs` of a text that isn't written as it is signed: ``a`` for ``a=``, a small letter in a
    triple, two ``=`` in a pair …
    """
    if not _is_utf8(text):  # by itself: octets and triples don't make a letter together
        return None
    written = _ODD.sub(_as_signed, text.replace(b"+", b"%20"))
    if not _TRIPLES.fullmatch(written):
        return None
    halves = [piece.partition("=") for piece in written.decode("ascii").split("&") if piece]
    return sorted([f"{name}!{value.replace('=', '%3D')}" for name, _, value in halves])


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _as_signed(odd: re.Match[bytes]) -> bytes:
    return _AS_SIGNED.get(odd[0]) or percent_encode(odd[0]).encode("ascii")


def around(found: list[str], name: str) -> tuple[str, str] | None:
    """The pairs before and after those whose names start with `name`, each part as it stands in a base
    string, with its joiner; None where one of the pairs has such a name itself.

    :param found: from :func:`pairs`.
    """
    place = bisect_left(found, name)
    if place < len(found) and found[place].startswith(name):
        return None
    before = f"{_twice(found[:place])}%26" if place else ""
    after = f"%26{_twice(found[place:])}" if place < len(found) else ""
    return before, after


def _twice(found: list[str]) -> str:
    """Pairs that are encoded once, encoded once more."""
    return "&".join(found).replace("%", "%25").replace("&", "%26").replace("!", "%3D")


def path(text: str) -> str | None:
    """A path as it stands in a base string; None where a character is in it that no URL should hold."""
    try:
        left = text.encode("ascii").translate(None, _IN_A_PATH)
    except UnicodeEncodeError:
        return None
    if not left:
        return text.replace("/", "%2F")
    return None if left.translate(None, _ALSO_IN_A_PATH) else percent_encode(text)


#: Origins, and shapes of headers, that are kept; when there are more, all are forgotten. A service has few of
#: its own, and each client library writes its header in its own way.
MOST_KEPT = 256

_origins: dict[str, str] = {}


def origin(text: str) -> str | None:
    """All of a URL before its path, as it stands in a base string; None where it isn't only that."""
    known = _origins.get(text)
    if known is not None:
        return known
    try:
        url = Url(text)
    except Malformed:
        return None
    if url.path or url.query is not None or url.fragment is not None:
        return None
    if len(_origins) >= MOST_KEPT:
        _origins.clear()
    _origins[text] = encoded = percent_encode(url.origin)
    return encoded


class _Shape(NamedTuple):
    """How a header is written, apart from its values.

    `names` belong to the values, in their order, without the realm's, whose place is `realm`; `left` is what
    the header without the realm's value has besides unreserved characters and triples. `ordered` takes the
    values that are signed, in the order of `template`, which holds them as they stand in a base string and
    has as many `triples` of its own. `secret` are the names whose values no traceback shows.
    """

    names: tuple[str, ...]
    realm: int | None
    left: bytes
    ordered: Callable[[list[str]], tuple[str, ...]]
    template: str
    triples: int
    secret: tuple[str, ...]


_shapes: dict[tuple[str, ...], _Shape] = {}


def header(text: str) -> tuple[dict[str, str], str] | None:
    """An Authorization header's protocol parameters, decoded; and all but the signature as they stand in a
    base string. None where it isn't written as it is signed, or holds other parameters, or one twice.
    """
    parts = text.split('"')
    shape = _shapes.get(tuple(parts[::2]))
    if shape is None:
        shape = _learnt(text, parts)
        if shape is None:
            return None
    values = parts[1::2]
    if shape.realm is not None:
        realm = values.pop(shape.realm)
        if "\\" in realm or not realm.isprintable():
            return None
        parts[2 * shape.realm + 1] = ""
        text = '"'.join(parts)
    try:
        octets = text.encode("ascii")
    except UnicodeEncodeError:
        return None
    if octets.translate(None, _UNRESERVED_OR_TRIPLE) != shape.left:
        return None
    if b"%" in octets and not _TRIPLES.fullmatch(octets):
        return None
    oauth = dict(zip(shape.names, values))  # noqa: B905  # as many: the shape has them; and strict costs
    signed = shape.ordered(values)
    block = shape.template % signed
    if block.count("%") != shape.triples:
        block = shape.template % tuple([value.replace("%", "%25") for value in signed])
        oauth = {name: percent_decode(value) for name, value in oauth.items()}
    else:
        oauth["oauth_signature"] = _decoded(oauth["oauth_signature"])
    for name in shape.secret:
        oauth[name] = Secret(oauth[name])
    return oauth, block


def _decoded(signature: str) -> str:
    """A signature that is written as it is signed, decoded; most are in base64."""
    plain = signature.replace("%3D", "=").replace("%2F", "/").replace("%2B", "+")
    return percent_decode(signature) if "%" in plain else plain


def _learnt(text: str, parts: list[str]) -> _Shape | None:
    """The shape of a header, by its plain reading."""
    try:
        read = parse_authorization(text) if is_oauth(text) else None
    except Malformed:
        return None
    values = parts[1::2]
    if read is None or len(values) != len(read.parameters) + (read.realm is not None):
        return None
    names = tuple(name for name, _ in read.parameters)
    place = _place_of_the_realm(parts) if read.realm is not None else None
    given = [value for number, value in enumerate(values) if number != place]
    same = [percent_encode(value) for _, value in read.parameters] == given
    signed = sorted((name, number) for number, name in enumerate(names) if name != "oauth_signature")
    if not same or len(set(names)) < len(names) or len(signed) < 2 or len(signed) == len(names):
        return None
    if not KNOWN.issuperset(names):
        return None
    template = "%%26".join(f"{name}%%3D%s" for name, _ in signed)
    shape = _Shape(
        names,
        place,
        '""'.join(parts[::2]).encode("ascii").translate(None, _UNRESERVED_OR_TRIPLE),
        itemgetter(*(number for _, number in signed)),
        template,
        template.count("%%"),  # each is one triple once it is filled in
        tuple(SECRET.intersection(names)),
    )
    if len(_shapes) >= MOST_KEPT:
        _shapes.clear()
    _shapes[tuple(parts[::2])] = shape
    return shape


def _place_of_the_realm(parts: list[str]) -> int | None:
    found = [number for number, before in enumerate(parts[::2]) if before.lower().endswith("realm=")]
    return found[0] if len(found) == 1 else None
