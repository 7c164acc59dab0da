"""Percent-encoding (RFC 5849, section 3.6), and the form encoding that bodies and queries use."""

from collections.abc import Iterable

#: All that no percent-encoding changes (section 3.6; RFC 3986, section 2.3).
UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_ENCODED = [chr(octet) if octet in UNRESERVED else f"%{octet:02X}" for octet in range(256)]
_HEX = b"0123456789ABCDEFabcdef"
_DECODED = {bytes((high, low)): bytes((int(chr(high) + chr(low), 16),)) for high in _HEX for low in _HEX}


class Malformed(ValueError):
    """Text from the wire can't be read.

    Raised by this package's readers and caught by the four classes, each of which turns it into its own kind
    of
    :class:`~valetkey.protocol.errors.Error`. `reason` says what is wrong without showing more of the text
        than the
    few characters at fault, since the rest may be secret.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def percent_encode(text: str | bytes) -> str:
    """`text` as section 3.6 encodes it: all but ``A-Z a-z 0-9 - . _ ~`` as ``%XX``, in upper case.

    :param text: decoded text (encoded here as UTF-8), or octets.
    :raises Malformed: for text that UTF-8 can't hold (a lone surrogate).
    """
    octets = utf8(text) if isinstance(text, str) else text
    if not octets.translate(None, UNRESERVED):
        return octets.decode("ascii")
    return "".join([_ENCODED[octet] for octet in octets])


def percent_decode(text: str) -> str:
    """The inverse of :func:`percent_encode`, strict: ``+`` stays ``+``, hexadecimal digits in either case.

    :raises Malformed: for ``%`` without two hexadecimal digits (RFC 3986, section 2.1), and for octets that
        aren't UTF-8.
    """
    octets = utf8(text)
    if b"%" not in octets:
        return text
    head, *rest = octets.split(b"%")
    pieces = [head]
    for part in rest:
        octet = _DECODED.get(part[:2])
        if octet is None:
            shown = ascii(part[:2].decode("latin-1"))[1:-1]
            raise Malformed(f"“%{shown}” is not a percent escape: write a literal “%” as “%25”")
        pieces += octet, part[2:]
    try:
        return b"".join(pieces).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(
            f"an escape decodes to octets that aren't UTF-8 (0x{error.object[error.start]:02X})"
        ) from None


def form_encode(pairs: Iterable[tuple[str, str]]) -> str:
    """Decoded pairs as ``application/x-www-form-urlencoded``, with ``%20`` for a space: every decoder reads
    it alike.
    """
    return "&".join([f"{percent_encode(name)}={percent_encode(value)}" for name, value in pairs])


def form_decode(text: str | bytes) -> list[tuple[str, str]]:
    """The decoded pairs of a query or of a form body (RFC 5849, section 3.4.1.3.1; HTML's form encoding).

    Only ``&`` separates; empty pieces are no pair; a name without ``=`` has the value ``""``; ``+`` is a
    space. Order and repeats stay.

    :param text: encoded text, or its octets.
    :raises Malformed: where it can't be decoded. What can't be decoded must be refused, never skipped: the
        application behind may read what was left out of the signature.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed(
                f"it holds octets that aren't UTF-8 (0x{error.object[error.start]:02X})"
            ) from None
    pairs = []
    for piece in text.split("&"):
        if piece:
            name, _, value = piece.replace("+", " ").partition("=")
            pairs.append((percent_decode(name), percent_decode(value)))
    return pairs


def utf8(text: str) -> bytes:
    """`text` as UTF-8.

    :raises Malformed: for a lone surrogate, which UTF-8 can't hold.
    """
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Malformed(f"it holds a lone surrogate (U+{ord(error.object[error.start]):04X})") from None
