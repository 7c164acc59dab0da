"""The Authorization header (RFC 5849, section 3.5.1), and the challenge that answers it."""

import re
from collections.abc import Iterable

from valetkey.protocol.encoding import Malformed, percent_decode, percent_encode
from valetkey.protocol.values import Value

#: Of an Authorization header that a verifier reads.
MAX_HEADER_OCTETS = 32_768

# One pair, and what may stand around it: a realm's quotes can be escaped, and nothing else has a backslash.
# Folded lines are obsolete (RFC 9112, section 5.2), but the RFC itself prints them.
_PAIR = re.compile(r'[ \t\r\n]*(?:([^\s=",\\]+)="((?:[^"\\]|\\.)*)"[ \t\r\n]*)?(?:,|$)', re.DOTALL)
# Only where a name begins: tried from each of its letters, a long name would take the square of its length.
_CHALLENGE = re.compile(r'(?<![A-Za-z0-9_.~-])([A-Za-z0-9_.~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))')


class Authorization(Value):
    """What an ``Authorization: OAuth …`` header holds: the realm (None where there is none), and the decoded
    pairs in order.
    """

    __slots__ = ("realm", "parameters")
    # With PLAINTEXT, the signature among them is the secret itself.
    _hidden = frozenset({"parameters"})
    realm: str | None
    parameters: tuple[tuple[str, str], ...]

    def __init__(self, realm: str | None, parameters: Iterable[tuple[str, str]]) -> None:
        self._fill(realm=realm, parameters=tuple(parameters))


def is_oauth(value: str) -> bool:
    """Whether an Authorization header is of the OAuth scheme (whose name ignores case)."""
    return value[:6].lower().rstrip() == "oauth" and value[5:6] in ("", " ", "\t", "\r", "\n")


def parse_authorization(value: str) -> Authorization:
    """Reads an Authorization header of the OAuth scheme.

    :param value: the field's value, with its scheme.
    :raises Malformed: for another scheme, a pair that isn't ``name="value"``, no pair at all, a second
        realm, or what can't be decoded.
    """
    if not is_oauth(value):
        raise Malformed("the Authorization header isn't of the OAuth scheme: it must start with “OAuth ”")
    realm, pairs, position = None, [], 5
    while position < len(value):
        match = _PAIR.match(value, position)
        if not match:
            raise Malformed(
                f"the Authorization header can't be read from its character {position + 1} on: "
                'it must be a list of name="value", separated by commas'
            )
        position = match.end()
        if match[1] is None:
            continue
        if match[1].lower() == "realm":
            if realm is not None:
                raise Malformed("the Authorization header has two realms")
            realm = re.sub(r"\\(.)", r"\1", match[2], flags=re.DOTALL)
        else:
            pairs.append((_decoded(match[1]), _decoded(match[2])))
    if realm is None and not pairs:
        raise Malformed('the Authorization header holds no name="value"')
    return Authorization(realm, pairs)


def build_authorization(pairs: Iterable[tuple[str, str]], realm: str | None = None) -> str:
    """Decoded pairs as the value of an Authorization header; the inverse of :func:`parse_authorization`.

    :raises Malformed: for a realm with control characters or characters outside latin-1, which a header
        can't carry.
    """
    parts = [] if realm is None else [f'realm="{_quoted(realm)}"']
    parts += [f'{percent_encode(name)}="{percent_encode(value)}"' for name, value in pairs]
    return "OAuth " + ", ".join(parts)


def parse_challenge(value: str) -> dict[str, str]:
    """What a ``WWW-Authenticate: OAuth …`` header says, decoded: leniently, since it is read to help and
    decides nothing.

    Values may be quoted or not, and escaped or not; another scheme gives an empty dictionary.
    """
    found: dict[str, str] = {}
    if not is_oauth(value):
        return found
    for name, quoted, token in _CHALLENGE.findall(value[5:]):
        text = re.sub(r"\\(.)", r"\1", quoted or token)
        try:
            found.setdefault(name, text if name == "realm" else percent_decode(text))
        except Malformed:
            found.setdefault(name, text)
    return found


def _decoded(text: str) -> str:
    if "\\" in text or not text.isascii() or not text.isprintable():
        raise Malformed(
            "the Authorization header holds a backslash, a control character, or a character outside ASCII: "
            "percent-encode it"
        )
    try:
        return percent_decode(text)
    except Malformed as error:
        raise Malformed(f"the Authorization header can't be decoded: {error.reason}") from None


def _quoted(realm: str) -> str:
    if not realm.isprintable() or any(character > "\xff" for character in realm):
        raise Malformed("a header can't carry control characters, or characters outside latin-1")
    return realm.replace("\\", "\\\\").replace('"', '\\"')
