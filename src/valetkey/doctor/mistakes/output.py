"""Mistakes with what comes last: the hash, and how the signature is written (RFC 5849, sections 3.4.2 to
3.4.4). The ways to write it are found by reading backwards what was sent.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from valetkey.doctor.mistakes.encoding import Departures
from valetkey.doctor.mistakes.mistake import Family, Mistake
from valetkey.doctor.recipe import HASHES, Recipe, digest, hmac_of, percent_decode

OUTPUT = Family("The signature")
OF_TEXT = "Compute the HMAC with the key as its key and the base string as its text (3.4.2)."
BASE64 = "Send the octets of the digest in base64, with its padding, encoded once for the header (3.4.2)."
DECLARE = "Declare in oauth_signature_method the method that you sign with (3.4)."

MACS: dict[str, Callable[[bytes, bytes, str], bytes]] = {
    "base string and key were exchanged (swapped)": lambda key, text, name: hmac_of(text, key, name),
    "a plain hash of the base string and the key": lambda key, text, name: digest(name, text, key),
    "a plain hash of the base string, “&” and the key": lambda key, text, name: digest(name, text, b"&", key),
    "a plain hash of the key and the base string": lambda key, text, name: digest(name, key, text),
    "a plain hash of the key, “&” and the base string": lambda key, text, name: digest(name, key, b"&", text),
    "a plain hash of the base string alone, without a key": lambda key, text, name: digest(name, text),
    "an HMAC of the hash of the base string": lambda key, text, name: hmac_of(key, digest(name, text), name),
    "an HMAC of the hash of the base string, in hexadecimal": lambda key, text, name: hmac_of(
        key, digest(name, text).hex().encode(), name
    ),
    "an HMAC with the hash of the key as its key": lambda key, text, name: hmac_of(
        digest(name, key), text, name
    ),
    "an HMAC with an empty key": lambda key, text, name: hmac_of(b"", text, name),
    "an HMAC of the base string in UTF-16": lambda key, text, name: hmac_of(key, _utf16(text), name),
    "an HMAC with the key in UTF-16": lambda key, text, name: hmac_of(_utf16(key), text, name),
    "an HMAC with key and base string in UTF-16": lambda key, text, name: hmac_of(
        _utf16(key), _utf16(text), name
    ),
    "an HMAC of the hash of the base string, in base64": lambda key, text, name: hmac_of(
        key, _base64_of(digest(name, text)), name
    ),
    "an HMAC with the key cut at 64 octets": lambda key, text, name: hmac_of(key[:64], text, name),
    "an HMAC with a key of 64 octets at least, filled up with blanks": lambda key, text, name: hmac_of(
        key.ljust(64), text, name
    ),
    "an HMAC made twice (of an HMAC)": lambda key, text, name: hmac_of(key, hmac_of(key, text, name), name),
}


def _utf16(octets: bytes) -> bytes:
    return octets.decode("utf-8", "replace").encode("utf-16-le", "replace")


def _base64_of(octets: bytes) -> bytes:
    from base64 import b64encode

    return b64encode(octets)


@OUTPUT.mistake("mac", "the signature is another function of key and base string than HMAC: {about}", OF_TEXT)
def mac(recipe: Recipe) -> Departures:
    if recipe.mac is hmac_of:
        for about, made in MACS.items():
            yield about, recipe.but(mac=made)


def _read_backwards(recipe: Recipe) -> Departures:
    yield from ()


SPELT = Mistake(
    "signature-spelling",
    "the signature was not sent as plain base64, but {about}",
    BASE64,
    _read_backwards,
)
OTHER_METHOD = Mistake(
    "signature-method",
    "another signature method was used than declared in oauth_signature_method: {about}",
    DECLARE,
    _read_backwards,
)
OUTPUT += (SPELT, OTHER_METHOD)


class Reading(NamedTuple):
    """What a signature may stand for.

    :param mistake: in how it was written; None for the right way.
    :param hash_name: None where the octets are no digest, but a key (PLAINTEXT).
    """

    mistake: Mistake | None
    about: str
    octets: bytes
    hash_name: str | None


def _decoded(text: str) -> bytes | None:
    try:
        return b64decode(text.encode("ascii"), validate=True)
    except (NotBase64, ValueError):
        return None


def _url_safe(text: str) -> str:
    return text.replace("-", "+").replace("_", "/")


def _padded(text: str) -> str:
    return text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)


def _unquoted(text: str) -> str:
    match = re.fullmatch(r"""b?(['"])(.*)\1""", text, re.DOTALL)
    return match[2] if match else text


SPELLINGS: dict[str, Callable[[str], str]] = {
    "": lambda text: text,
    "without its padding (“=”)": _padded,
    "URL-safe, with “-” and “_” for “+” and “/”": _url_safe,
    "URL-safe and without its padding": lambda text: _padded(_url_safe(text)),
    "with a line break or other white space": lambda text: "".join(text.split()),
    "with “+” that arrived as a space (not encoded as %2B)": lambda text: text.replace(" ", "+"),
    "percent-encoded once more (twice)": lambda text: percent_decode(text).strip(),
    "percent-encoded twice more": lambda text: percent_decode(percent_decode(text)).strip(),
    "as Python prints bytes (b'…'), or in quotes": _unquoted,
    "with characters of its own before or behind it": lambda text: text.strip("\"'<>,;& \r\n"),
}


def _hexadecimal(text: str) -> bytes | None:
    match = re.fullmatch(r"(?:0x)?((?:[0-9A-Fa-f]{2})+)", re.sub(r"[\s:-]", "", text))
    return bytes.fromhex(match[1]) if match else None


def _spelt(signature: str) -> Iterator[tuple[str, bytes]]:
    """Every way to read it, and the octets then."""
    for about, rewrite in SPELLINGS.items():
        octets = _decoded(rewrite(signature))
        if octets:
            yield about, octets
            inner = octets.decode("latin-1")
            again = _hexadecimal(inner)
            if again:
                yield "in base64 of hexadecimal", again
            again = _decoded(inner)
            if again:
                yield "in base64 twice", again
    for about, text in {
        "in hexadecimal": signature,
        "in hexadecimal, escaped": percent_decode(signature),
    }.items():
        octets = _hexadecimal(text)
        if octets:
            yield about, octets
    yield "as raw octets", signature.encode("latin-1", "replace")
    yield "as raw octets", signature.encode("utf-8", "surrogateescape" if _is_plain(signature) else "replace")
    reversed_octets = _decoded(signature)
    if reversed_octets:
        yield "with its octets backwards", reversed_octets[::-1]


def _is_plain(text: str) -> bool:
    return not any("\ud800" <= one <= "\udc7f" or "\udd00" <= one <= "\udfff" for one in text)


def hash_of(method: str) -> str | None:
    """The hash that a signature method names."""
    named = re.search(r"(SHA|MD)-?(\d+)$", method, re.IGNORECASE)
    name = f"{named[1]}{named[2]}".lower() if named else ""
    return name if name in HASHES.values() else None


def readings(signature: str, declared_method: str) -> list[Reading]:
    """What a signature may stand for, the right way first.

    :param signature: decoded, as it was sent.
    :param declared_method: what ``oauth_signature_method`` holds.
    """
    found: dict[tuple[bytes, str | None], Reading] = {}

    def add(mistake: Mistake | None, about: str, octets: bytes, hash_name: str | None) -> None:
        found.setdefault((octets, hash_name), Reading(mistake, about, octets, hash_name))

    raw = signature.encode("utf-8", "replace")
    declared = hash_of(declared_method)
    if declared_method.upper() == "PLAINTEXT":
        add(None, "", raw, None)
        add(
            SPELT,
            "percent-encoded once more (PLAINTEXT)",
            percent_decode(signature).encode("utf-8", "replace"),
            None,
        )
    for about, octets in _spelt(signature):
        hash_name = HASHES.get(len(octets))
        if hash_name is not None:
            is_as_declared = hash_name == declared and declared_method.upper().startswith("HMAC")
            if not is_as_declared:
                used = f"signed with HMAC-{hash_name.upper()}, declared {declared_method or 'none'}"
                add(OTHER_METHOD, used + (f"; and sent {about}" if about else ""), octets, hash_name)
            else:
                add(SPELT if about else None, about, octets, hash_name)
        elif declared is not None and 8 <= len(octets) < 64 and about in ("", "in hexadecimal"):
            add(SPELT, f"cut (truncated) to {len(octets)} octets", octets, declared)
    if declared_method.upper() != "PLAINTEXT":
        used = f"the key itself was sent (PLAINTEXT), declared {declared_method or 'none'}"
        add(OTHER_METHOD, used, raw, None)
        add(OTHER_METHOD, used, percent_decode(signature).encode("utf-8", "replace"), None)
        inner = _decoded(signature)
        if inner:
            add(OTHER_METHOD, f"{used}, in base64", inner, None)
    return list(found.values())


def rsa_readings(signature: str, declared_method: str, key: Any) -> list[Reading]:
    """The digest inside of an RSA signature, read with the public key.

    :param key: as :func:`valetkey.protocol.rsa.public_key` takes it.
    """
    from valetkey.protocol.rsa import public_key

    numbers = public_key(key).public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    found: list[Reading] = []
    for about, octets in _spelt(signature):
        opened = pow(int.from_bytes(octets, "big"), numbers.e, numbers.n).to_bytes(size, "big")
        match = re.fullmatch(rb"\x00\x01\xff{8,}\x00(.+)", opened, re.DOTALL)
        for length, hash_name in HASHES.items() if match and len(octets) == size else ():
            info = match[1] if match else b""
            if len(info) in (length, *(length + more for more in (15, 18, 19))):
                right = declared_method.upper() == f"RSA-{hash_name.upper()}"
                used = f"signed with RSA-{hash_name.upper()}, declared {declared_method or 'none'}"
                mistake = (SPELT if about else None) if right else OTHER_METHOD
                found.append(Reading(mistake, about if right else used, info[-length:], hash_name))
    return found
