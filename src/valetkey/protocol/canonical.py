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
_IN_A_VALUE = UNRESERVED + b"%+"
_IN_A_PATH = UNRESERVED + b"/"
_ALSO_IN_A_PATH = b"%!$&'()*+,;=:@"  # RFC 3986, section 3.3

#: What a query may hold (RFC 3986, section 3.4), and the brackets that many leave as they are.
IN_A_QUERY = _IN_A_PATH + _ALSO_IN_A_PATH + b"?[]"

# What is left of a query or a form without its unreserved characters, its triples and its pluses.
_SKELETON = b"=&" * 64

# Above this, a text is hardly one pair, and asking costs more than it saves.
_SHORT = 64

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
    rb"(%(?:[a-f][0-9A-Fa-f]|[0-9A-F][a-f]|2[DE]|3[0-9]|[46][1-9A-F]|5[0-9AF]|7[0-9AE])"
    rb"|[^A-Za-z0-9._~%&=-]+)"
)
_HEX = "0123456789ABCDEFabcdef"
_AS_SIGNED = {
    f"%{high}{low}".encode(): percent_encode(bytes([int(high + low, 16)])).encode()
    for high in _HEX
    for low in _HEX
}


def pairs(text: bytes, allowed: bytes | None = None) -> list[str] | None:
    """The pairs of a query or a form as they stand in a base string, encoded twice and sorted as section
    3.4.1.3.2 has them, but with ``!`` for ``=``.

    ``!`` comes before all that can stand in a name, as ``=`` doesn't: so the whole pairs sort as their names
    and then their values do. None for what can't be decoded, and where there is a NUL.

    :param allowed: the octets that may stand in it; None for all.
    """
    if len(text) < _SHORT and text.translate(None, UNRESERVED) == b"=":  # one pair, as most queries have
        return [text.decode("ascii").replace("=", "!")]
    if b"%" in text and not _TRIPLES.fullmatch(text):
        return _rewritten(text, allowed)
    left = text.translate(None, _IN_A_VALUE)
    skeleton = _SKELETON if len(left) <= len(_SKELETON) else b"=&" * len(left)
    # An odd number of marks: the last one is the "=" of the last pair.
    if not len(left) & 1 or left != skeleton[: len(left)]:
        return _rewritten(text, allowed)
    found = _twice(text).replace("=", "!").split("&")
    found.sort()
    return found


def _rewritten(text: bytes, allowed: bytes | None) -> list[str] | None:
    """:func:`pairs` of a text that isn't written as it is signed: ``a`` for ``a=``, a small letter in a
    triple, two ``=`` in a pair …
    """
    if allowed is not None and text.translate(None, allowed):
        return None
    if not _is_utf8(text):  # by itself: octets and triples don't make a letter together
        return None
    pieces = _ODD.split(text.replace(b"+", b"%20"))  # each second one is odd
    pieces[1::2] = [_AS_SIGNED.get(odd) or percent_encode(odd).encode() for odd in pieces[1::2]]
    written = b"".join(pieces)
    if not _TRIPLES.fullmatch(written):
        return None
    halves = [piece.partition("=") for piece in _twice(written).split("&") if piece]
    return sorted([f"{name}!{value.replace('=', '%253D')}" for name, _, value in halves])


def _twice(text: bytes) -> str:
    """Pairs that are encoded once (but for a ``+``), encoded once more; their marks stay."""
    if b"%" in text:
        text = text.replace(b"%", b"%25")
    if b"+" in text:
        text = text.replace(b"+", b"%2520")
    return text.decode("ascii")


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def around(found: list[str], name: str) -> tuple[str, str] | None:
    """The pairs before and after those whose names start with `name`, each part as it stands in a base
    string, with its joiner; None where one of the pairs has such a name itself.

    :param found: from :func:`pairs`.
    """
    if not found:
        return "", ""
    place = bisect_left(found, name)
    if place == len(found):
        return f"{_joined(found)}%26", ""
    if found[place].startswith(name):
        return None
    if not place:
        return "", f"%26{_joined(found)}"
    return f"{_joined(found[:place])}%26", f"%26{_joined(found[place:])}"


def _joined(found: list[str]) -> str:
    return "%26".join(found).replace("!", "%3D")


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

    `names` belong to the values, in their order, without the realm's, whose place in the header's parts is
    `realm`; `left` is what the header without the realm's value has besides unreserved characters and
    triples. `ordered` takes the values that are signed, in the order of `template`, which holds them as they
    stand in a base string and has as many `triples` of its own. `secret` are the names whose values no
    traceback shows.
    """

    names: tuple[str, ...]
    realm: int | None
    left: bytes
    ordered: Callable[[list[str]], tuple[str, ...]]
    template: str
    triples: int
    secret: tuple[str, ...]


# By all of a header but what stands between its quotation marks.
_shapes: dict[str, _Shape] = {}


def header(text: str) -> tuple[dict[str, str], str] | None:
    """An Authorization header's protocol parameters, decoded; and all but the signature as they stand in a
    base string. None where it isn't written as it is signed, or holds other parameters, or one twice.
    """
    parts = text.split('"')
    shape = _shapes.get('"'.join(parts[::2])) or _learnt(text, parts)
    if shape is None:
        return None
    names, realm, left, ordered, template, triples, secret = shape
    if realm is not None:
        if "\\" in parts[realm] or not parts[realm].isprintable():
            return None
        parts[realm] = ""
        text = '"'.join(parts)
        del parts[realm - 1 : realm + 1]
    try:
        octets = text.encode("ascii")
    except UnicodeEncodeError:
        return None
    if octets.translate(None, _UNRESERVED_OR_TRIPLE) != left:
        return None
    values = parts[1::2]
    oauth = dict(zip(names, values))  # noqa: B905  # as many: the shape has them; and strict costs
    signed = ordered(values)
    block = template % signed
    signature, others = _from_base64(oauth["oauth_signature"]), block.count("%") > triples
    if ("%" in signature or others) and not _TRIPLES.fullmatch(octets):
        return None
    if others:  # seldom
        block = template % tuple([value.replace("%", "%25") for value in signed])
        oauth = {name: percent_decode(value) for name, value in oauth.items()}
    else:
        oauth["oauth_signature"] = percent_decode(signature) if "%" in signature else signature
    for name in secret:
        oauth[name] = Secret(oauth[name])
    return oauth, block


def _from_base64(signature: str) -> str:
    """A signature that was written as it is signed, decoded, if it is in base64."""
    return signature.replace("%3D", "=").replace("%2F", "/").replace("%2B", "+")


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
        None if place is None else 2 * place + 1,
        '""'.join(parts[::2]).encode("ascii").translate(None, _UNRESERVED_OR_TRIPLE),
        itemgetter(*(number for _, number in signed)),
        template,
        template.count("%%"),  # each is one triple once it is filled in
        tuple(SECRET.intersection(names)),
    )
    if len(_shapes) >= MOST_KEPT:
        _shapes.clear()
    _shapes['"'.join(parts[::2])] = shape
    return shape


def _place_of_the_realm(parts: list[str]) -> int | None:
    found = [number for number, before in enumerate(parts[::2]) if before.lower().endswith("realm=")]
    return found[0] if len(found) == 1 else None
