"""A second reading of RFC 5849, section 3.4: slow, plain, and independent.

It was written from the document and not from our code, of which it imports nothing. It works on octets from
end to end, and says with each step which section asks for it. What can't be read is an :class:`Unreadable`.
"""

import base64
import hashlib
from typing import NamedTuple

UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"  # section 3.6
HEX = b"0123456789ABCDEFabcdef"
SPACES = " \t\r\n"

Octets = tuple[bytes, bytes]


class Unreadable(Exception):
    """The RFC gives these octets no meaning."""


class Sent(NamedTuple):
    """A request as it went over the wire. `url` is the origin and the request target; all is encoded."""

    method: str
    url: str
    authorization: str | None = None
    content_type: str | None = None
    body: bytes | None = None


# -- 3.6: percent-encoding


def encoded(octets: bytes) -> str:
    written = ""
    for octet in octets:
        if octet in UNRESERVED:
            written += chr(octet)  # "MUST NOT be encoded"
        else:
            written += f"%{octet:02X}"  # all others MUST, in upper case
    return written


def decoded(text: bytes) -> bytes:
    octets = b""
    position = 0
    while position < len(text):
        if text[position] != ord("%"):
            octets += text[position : position + 1]
            position += 1
            continue
        digits = text[position + 1 : position + 3]
        if len(digits) != 2 or digits[0] not in HEX or digits[1] not in HEX:
            raise Unreadable("% without two hexadecimal digits")
        octets += bytes([int(digits, 16)])
        position += 3
    try:
        octets.decode("utf-8")  # "text values are first encoded as UTF-8"
    except UnicodeDecodeError:
        raise Unreadable("octets that are no UTF-8") from None
    return octets


# -- 3.4.1.3.1: where parameters come from


def parameters(sent: Sent) -> list[Octets]:
    """All of them, decoded, ``oauth_signature`` among them."""
    found = []
    query = query_of(sent.url)
    if query is not None:
        found += form(query.encode("ascii"))
    if sent.authorization is not None:
        found += header(sent.authorization)
    if sent.body is not None and is_form(sent.content_type):
        found += form(sent.body)
    return found


def form(text: bytes) -> list[Octets]:
    """``application/x-www-form-urlencoded`` (HTML 4.0, section 17.13.4), taken apart."""
    found = []
    for piece in text.split(b"&"):
        if piece == b"":
            continue
        name, _, value = piece.partition(b"=")  # "c2" has the value ""
        found.append((decoded(name.replace(b"+", b" ")), decoded(value.replace(b"+", b" "))))
    return found


def is_form(content_type: str | None) -> bool:
    """Whether the Content-Type is "set to application/x-www-form-urlencoded"; it may have parameters."""
    media_type = (content_type or "").split(";")[0]
    return media_type.strip().lower() == "application/x-www-form-urlencoded"


def header(text: str) -> list[Octets]:
    """The Authorization header's parameters (section 3.5.1), without the realm."""
    scheme, rest = text[:5], text[5:]
    if scheme.lower() != "oauth" or rest[:1] not in SPACES:
        raise Unreadable("another scheme")
    found = []
    realms = 0
    while rest.strip(SPACES + ","):
        rest = rest.lstrip(SPACES + ",")
        name, equals, rest = rest.partition('="')
        if not equals or not name or any(mark in name for mark in SPACES + '",=\\'):
            raise Unreadable('a parameter that isn\'t name="value"')
        is_realm = name.lower() == "realm"
        value, rest = quoted(rest, escapes=is_realm)
        if rest.strip(SPACES) and not rest.lstrip(SPACES).startswith(","):
            raise Unreadable("no comma between two parameters")
        if is_realm:
            realms += 1  # "excluding the realm parameter if present"
        else:
            found.append((decoded(ascii_of(name)), decoded(ascii_of(value))))
    if realms > 1 or not (realms or found):
        raise Unreadable("two realms, or nothing at all")
    return found


def quoted(text: str, *, escapes: bool) -> tuple[str, str]:
    """What stands before the closing quotation mark, and after it. Only the realm has escapes (RFC 2617)."""
    position = 0
    while position < len(text):
        if text[position] == '"':
            return text[:position], text[position + 1 :]
        if text[position] == "\\":
            if not escapes:
                raise Unreadable("a backslash, which section 3.6 would have encoded")
            position += 1
        position += 1
    raise Unreadable("a quotation mark that is never closed")


def ascii_of(text: str) -> bytes:
    if not text.isascii() or not text.isprintable():
        raise Unreadable("a character that section 3.6 would have encoded")
    return text.encode("ascii")


# -- 3.4.1.3.2: how they are put together


def normalised(pairs: list[Octets]) -> str:
    # 3.4.1.3.1: "MUST be excluded"; step 1
    kept = [pair for pair in pairs if pair[0] != b"oauth_signature"]
    written = [(encoded(name), encoded(value)) for name, value in kept]
    written.sort(key=lambda pair: (pair[0].encode("ascii"), pair[1].encode("ascii")))  # step 2: by octets
    return "&".join(name + "=" + value for name, value in written)  # steps 3 and 4


# -- 3.4.1.2: the base string URI


def taken_apart(url: str) -> tuple[str, str, str, str | None]:
    """Scheme, authority, path and query (RFC 3986, section 3)."""
    scheme, slashes, rest = url.split("#")[0].partition("://")
    if not slashes or not scheme:
        raise Unreadable("no absolute URL")
    end = len(rest)
    for mark in "/?":
        if mark in rest:
            end = min(end, rest.index(mark))
    authority, tail = rest[:end], rest[end:]
    path, mark, query = tail.partition("?")
    return scheme, authority, path, query if mark else None


def query_of(url: str) -> str | None:
    return taken_apart(url)[3]


def uri(url: str) -> str:
    scheme, authority, path, _ = taken_apart(url)
    scheme, host = (
        scheme.lower(),
        authority.split("@")[-1].lower(),
    )  # item 1; item 2: as the Host header has it
    port = ""
    if ":" in host.split("]")[-1]:  # the colons of an IPv6 address stand in brackets
        host, _, port = host.rpartition(":")
    if not host:
        raise Unreadable("no host")
    if port != "" and (scheme, port) not in (("http", "80"), ("https", "443")):  # item 3
        host += ":" + port
    return scheme + "://" + host + (path or "/")  # RFC 2616, section 5.1.2: an empty path is "/"


# -- 3.4.1.1


def base_string(sent: Sent) -> str:
    method = encoded(sent.method.upper().encode("ascii"))
    return "&".join(
        [method, encoded(uri(sent.url).encode("ascii")), encoded(normalised(parameters(sent)).encode())]
    )


# -- 3.4.2 to 3.4.4: signatures


def key(consumer_secret: str, token_secret: str) -> bytes:
    """Both, encoded, with an ``&`` between them "even when either secret is empty"."""
    return (encoded(consumer_secret.encode()) + "&" + encoded(token_secret.encode())).encode("ascii")


def hmac(hash_name: str, secret: bytes, text: str) -> str:
    """HMAC (RFC 2104, section 2) with one of its hashes, in base64."""
    block = 128 if hash_name == "sha512" else 64
    if len(secret) > block:
        secret = hashlib.new(hash_name, secret).digest()
    secret += bytes(block - len(secret))
    inner = hashlib.new(hash_name, bytes(octet ^ 0x36 for octet in secret) + text.encode("ascii")).digest()
    outer = hashlib.new(hash_name, bytes(octet ^ 0x5C for octet in secret) + inner).digest()
    return base64.b64encode(outer).decode("ascii")


# What stands before the hash (RFC 3447, section 9.2, note 1).
DIGEST_INFO = {
    "sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


def rsa(hash_name: str, modulus: int, private_exponent: int, text: str) -> str:
    """RSASSA-PKCS1-v1_5 (RFC 3447, section 8.2.1), in base64."""
    size = (modulus.bit_length() + 7) // 8
    info = DIGEST_INFO[hash_name] + hashlib.new(hash_name, text.encode("ascii")).digest()
    message = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
    signature = pow(int.from_bytes(message), private_exponent, modulus)
    return base64.b64encode(signature.to_bytes(size)).decode("ascii")


def signature(method: str, text: str, consumer_secret: str = "", token_secret: str = "") -> str:
    """The signature of a base string by a `method` that works with secrets."""
    secret = key(consumer_secret, token_secret)
    if method == "PLAINTEXT":
        return secret.decode("ascii")  # section 3.4.4
    name = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256", "HMAC-SHA512": "sha512"}[method]
    return hmac(name, secret, text)
