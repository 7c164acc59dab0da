"""What the server adapters share: the address that is verified, how much of a body is read for it, and what
is done with a refusal.

A framework hands out a path that it has decoded, and could only guess how it was written; the signature is
over what was written. So all here begins with the request target as it was sent. Nothing reads
``X-Forwarded-…``: the public origin is an argument, or what the server itself says.
"""

import logging
from collections.abc import Collection
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, unquote_plus

from valetkey.protocol.encoding import Malformed
from valetkey.protocol.errors import Refused
from valetkey.protocol.header import MAX_HEADER_OCTETS, is_oauth, parse_authorization
from valetkey.protocol.messages import Answer, Headers
from valetkey.protocol.origin import DEFAULT_PORTS, Url
from valetkey.protocol.parameters import collect, is_form
from valetkey.protocol.values import HIDDEN, SecretOctets
from valetkey.verifier import authorizations_in, concern, malformed, too_large

# All that prints in ASCII stays as it was sent, legal in a URL or not: this is what the client signed.
_AS_WRITTEN = "".join(map(chr, range(0x21, 0x7F)))
# For a path that was decoded on the way, "%" is a character of its own.
_DECODED_PATH = "/:@!$&'()*+,;=~-._"
_MOST_DIGITS = 18  # of a Content-Length; Python itself raises beyond 4,300

#: What claims to be signed. Other parameters of the protocol don't: a person who comes back to a callback
#: brings some.
CLAIMS = frozenset({"oauth_consumer_key", "oauth_signature"})


#: The header fields that a verifier reads.
READ = ("Authorization", "Content-Type", "X-Oauth1-Authorization")


class Incoming(NamedTuple):
    """A request before its body is read.

    :param target: the request target (RFC 9112, section 3.2), as octets.
    :param scheme: of the connection, as the server says.
    :param hosts: every Host field.
    :param headers: every field of :data:`READ`, and no other.
    :param length: the octets of the body, where that is said.
    :param has_body: whether a body follows; None where nobody knows until it is read.
    :param quirks: the verifier's.
    """

    method: str
    target: bytes
    scheme: str
    hosts: list[str]
    headers: Headers
    length: int | None
    has_body: bool | None
    quirks: Collection[str] = ()

    def __repr__(self) -> str:
        return HIDDEN  # with PLAINTEXT, the signature in a query is the secrets themselves

    def address(self, origin: str | None) -> str:
        """:func:`address`, at the public `origin`, or at the one that the request itself names."""
        return address(origin or asked_origin(self.scheme, self.hosts), spelled(self.target))

    def must_be_read(self) -> bool:
        """Whether the signature can't be checked without the body: a form, or a body whose hash was sent; and
        what might be one.
        """
        return self.has_body is None or self.is_form() or (self.has_body and self._is_hashed())

    def is_form(self) -> bool:
        types = self.headers.every("Content-Type")
        try:
            return len(types) == 1 and is_form(types[0])
        except Malformed:  # which the verifier refuses
            return False

    def is_signed(self, form: bytes | None) -> bool:
        """Whether it claims to be signed, rightly or not: it has an Authorization of the OAuth scheme, or a
        consumer key or a signature in its query or its `form`.
        """
        # WSGI has several fields joined, and no scheme that is to be found in them may be overlooked.
        schemes = ",".join(self._authorizations).split(",")
        named = _names(self.target.partition(b"?")[2]) | _names(form or b"")
        return any(is_oauth(scheme.strip()) for scheme in schemes) or not named.isdisjoint(CLAIMS)

    def keywords(self, body: bytes | None) -> dict[str, Any]:
        """Headers and body, as the core takes them; `body` is None where it wasn't read."""
        headers = self.headers
        if not (self.has_body if body is None else body):
            # Some servers name a type for bodies that aren't there (wsgiref: text/plain).
            headers = Headers(pair for pair in headers.pairs if pair[0].lower() != "content-type")
        elif body is None and "Content-Type" not in headers:
            # The type of a body without one (RFC 9110, section 8.3). A body that isn't there would be signed.
            headers = headers.replacing("Content-Type", "application/octet-stream")
        return {"headers": headers, "body": body}

    @property
    def _authorizations(self) -> list[str]:
        return authorizations_in(self.headers, self.quirks)

    def _is_hashed(self) -> bool:
        # Read as the verifier does, which refuses whatever can't be read so.
        values = self._authorizations
        if sum(map(len, values)) > MAX_HEADER_OCTETS:
            return False
        try:
            header = [
                pair for value in values if is_oauth(value) for pair in parse_authorization(value).parameters
            ]
            query = spelled(self.target.partition(b"?")[2])
            return any(pair.name == "oauth_body_hash" for pair in collect(query=query, header=header))
        except Malformed:
            return False


class Reading:
    """Takes a body as it comes, and no more of it than is allowed.

    :param length: what its Content-Length says; None where it says nothing.
    :param most: how many octets it may have.
    :raises Refused: 413, where it would be more.
    """

    def __init__(self, length: int | None, most: int) -> None:
        self._length = length
        self._most = most
        self._octets = bytearray()
        self._check(length or 0)

    @property
    def missing(self) -> int:
        """How many octets there may still be: one more than is allowed shows that it is too much."""
        whole = self._most + 1 if self._length is None else self._length
        return whole - len(self._octets)

    def add(self, piece: bytes) -> None:
        """:raises Refused: 413, where that is too much."""
        self._check(len(self._octets) + len(piece))
        self._octets += piece

    def whole(self) -> bytes:
        """All of it, at its end.

        :raises Refused: where it is shorter or longer than its Content-Length.
        """
        check_length(self._length, self._octets)
        return SecretOctets(self._octets)  # a verifier may be in it, or whatever people post

    def _check(self, size: int) -> None:
        if size > self._most:
            raise too_large("The body", self._most)


def content_length(values: list[str]) -> int | None:
    """What the Content-Length fields say; None where there is none, or an empty one.

    :raises Refused: for anything but one number. Servers differ in what they let through.
    """
    if not any(values):
        return None
    text = values[0]
    if len(values) > 1 or not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise malformed("its Content-Length isn't a number of octets")
    return int(text)


def check_length(length: int | None, body: bytes | bytearray) -> None:
    """:raises Refused: where `body` was cut off, or isn't all that was sent."""
    if length is not None and length != len(body):
        raise malformed("its body hasn't the length that its Content-Length says")


def no_length() -> Refused:
    """The refusal of a body that a server in front hides, since it doesn't say where it ends."""
    return Refused(
        "parameter_rejected",
        "The body has no Content-Length: send one, since chunked bodies aren't read here.",
        411,
    )


def cut_off() -> Refused:
    """The refusal of a body whose connection broke."""
    return malformed("its body was cut off")


def spelled(octets: bytes) -> str:
    """A raw target as text. Blanks, controls and octets beyond ASCII, which lenient servers let through, get
    the one spelling that they have in a URL.
    """
    return quote(octets, safe=_AS_WRITTEN)


def encoded_path(path: str | bytes) -> bytes:
    """A path that was decoded on the way, encoded again: a guess, for servers that keep the raw one to
    themselves.
    """
    return quote(path, safe=_DECODED_PATH).encode()


def whole_path(raw: bytes, path: str, mount: str, encoding: str) -> bytes:
    """A raw path as the client wrote it: with `mount` in front, where a proxy has taken that off.

    :param path: what the application sees, decoded with `encoding`: `mount`, and the rest.
    :param mount: where the application stands, decoded (``root_path``, ``SCRIPT_NAME``).
    """
    seen = unquote(raw.decode("latin-1"), encoding)
    taken_off = path.removesuffix(seen)
    # No more than the mount: what is mounted in what is mounted may have moved a part of the path into it.
    if taken_off and taken_off != path and mount.startswith(taken_off):
        return encoded_path(taken_off.encode(encoding)) + raw
    return raw


def address(origin: str, target: str) -> str:
    """The absolute URL of a request target at `origin`.

    :raises Refused: for another host's address, an asterisk, and the like.
    """
    if "#" in target:
        # No client sends one, and what stands behind it isn't signed; some servers hand it on all the same.
        raise malformed("there is a “#” in its target: write it as “%23”, or leave it out")
    if target.startswith("/"):
        return origin + target
    try:
        absolute = Url(target)
        ours = absolute.scheme in DEFAULT_PORTS and absolute.authority == Url(origin).authority
    except Malformed:
        ours = False
    if not ours:
        raise malformed("its target is the address of another host")
    query = "" if absolute.query is None else f"?{absolute.query}"
    return f"{origin}{absolute.path or '/'}{query}"


def asked_origin(scheme: str, hosts: list[str]) -> str:
    """The origin that a request names by its Host.

    :raises Refused: where there isn't exactly one, or it is no host.
    """
    try:
        if len(hosts) != 1 or "," in hosts[0]:  # WSGI has several fields joined
            raise ValueError("there must be one")
        return checked_origin(f"{scheme}://{hosts[0]}")
    except ValueError:
        raise malformed("its Host is missing, is there twice, or isn't a host") from None


def configured_origin(origin: str | None) -> str | None:
    """The `origin` that somebody has given as an argument, in its one spelling.

    :raises ValueError: where it is none.
    """
    try:
        return None if origin is None else checked_origin(origin)
    except ValueError as error:
        raise ValueError(f"origin: it must be {error}") from None


def checked_origin(origin: str) -> str:
    """`origin` in its one spelling: ``https://api.example``.

    :raises ValueError: where it is none, in words that go on after “It must be”.
    """
    try:
        url = Url(origin)
    except Malformed as error:
        raise ValueError(f"an origin such as https://api.example ({error.reason})") from None
    # A path here would be a mistake that breaks every signature: the paths come from the requests.
    if (
        url.scheme not in DEFAULT_PORTS
        or url.path.strip("/")
        or url.query is not None
        or url.fragment is not None
        or "@" in origin
    ):
        raise ValueError(
            "an origin such as https://api.example: scheme, host and port, and nothing after them"
        )
    return url.origin


def refusal(refused: Refused, log: logging.Logger) -> Answer:
    """What `refused` is answered with; noted in `log` on the way."""
    concern(refused)
    note(refused, log)
    return refused.reply()


def note(refused: Refused, log: logging.Logger, more: str = "") -> None:
    """Writes `refused` to `log`, and `more` behind it. Its detail goes to the log alone, at DEBUG."""
    # The id stands first, as in the answer: who reports a refusal names it.
    if refused.status == 503:
        # The one refusal that is this side's fault; its cause is the store's own exception.
        log.error("%s %s %s", refused.id, refused, refused.detail, exc_info=refused.__cause__)
        return
    log.info("%s %s%s", refused.id, refused, more)
    log.debug("%s %s", refused.id, refused.detail)


def _names(form: bytes) -> set[str]:
    # Leniently: what we would refuse to read may claim something, too.
    return {unquote_plus(pair.partition(b"=")[0].decode("latin-1")) for pair in form.split(b"&")}
