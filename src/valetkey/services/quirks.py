"""What some services' signatures have that RFC 5849's haven't, and the signer that makes such signatures.

A service without quirks is signed for by :class:`~valetkey.Signer`, which knows nothing of them. The signer
here reads and places a request with the same functions, and does between them what the service does.
"""

import re
from binascii import b2a_base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import new as new_hash
from typing import Any

from valetkey.protocol.base_string import base_string, base_string_uri
from valetkey.protocol.credentials import AccessToken, Consumer, RequestToken
from valetkey.protocol.encoding import percent_encode
from valetkey.protocol.errors import Unsignable
from valetkey.protocol.messages import Headers, HeadersLike
from valetkey.protocol.parameters import Pair, Parameter, in_order
from valetkey.protocol.signatures import Key, signing
from valetkey.protocol.values import Value
from valetkey.signer import SOURCES, Bare, Signed, Signer, bare, no_collision, placed

#: A parameter, and its text in the base string before that is encoded as a whole.
Joined = list[tuple[Parameter, str]]
#: Takes the encoded query, the decoded parameters of the request, and the protocol's; gives all in order.
Join = Callable[[str, Sequence[Parameter], Sequence[Parameter]], Joined]


def rfc5849(query: str, given: Sequence[Parameter], protocol: Sequence[Parameter]) -> Joined:
    """As section 3.4.1.3.2 has it."""
    return [(parameter, encoded(parameter)) for parameter in in_order([*given, *protocol])]


def encoded(pair: Pair) -> str:
    """A decoded pair, as it stands among the sorted ones."""
    return f"{percent_encode(pair[0])}={percent_encode(pair[1])}"


class Quirks(Value):
    """What a service's signatures have that RFC 5849's haven't. Left out, each is as the RFC has it.

    :param realm: makes the realm from the URL that is sent.
    :param oauth: protocol parameters that each request has, unless it has them otherwise: ``oauth_token``,
        empty, for a service that wants one where there is no token.
    :param body_hash: the hash of ``oauth_body_hash``, whatever the signature method (``sha1`` …).
    :param hash_all: whether ``oauth_body_hash`` is on every request: of a form too, whose parameters are then
        not signed, and where there is no body, of an empty one.
    :param multipart: the names of what isn't signed in a ``multipart/form-data`` body, where all else is but
        files; None where nothing of it is.
    :param join: which parameters are signed, in which order and encoding.
    :param raw_header: whether the protocol parameters go into the header as they are, the signature alone
        encoded.
    :param secret_alone: whether the key of an HMAC is the consumer secret and nothing else.
    """

    __slots__ = (
        *("realm", "oauth", "body_hash", "hash_all", "multipart", "join", "raw_header", "secret_alone"),
    )
    realm: Callable[[str], str] | None
    oauth: Mapping[str, str]
    body_hash: str
    hash_all: bool
    multipart: frozenset[str] | None
    join: Join
    raw_header: bool
    secret_alone: bool

    def __init__(
        self,
        *,
        realm: Callable[[str], str] | None = None,
        oauth: Mapping[str, str] | None = None,
        body_hash: str = "",
        hash_all: bool = False,
        multipart: Iterable[str] | None = None,
        join: Join = rfc5849,
        raw_header: bool = False,
        secret_alone: bool = False,
    ) -> None:
        self._fill(
            realm=realm,
            oauth=dict(oauth or {}),
            body_hash=body_hash,
            hash_all=hash_all,
            multipart=None if multipart is None else frozenset(multipart),
            join=join,
            raw_header=raw_header,
            secret_alone=secret_alone,
        )


class QuirkySigner(Signer):
    """Signs as a service with `quirks` wants it; otherwise it is a :class:`~valetkey.Signer`."""

    def __init__(
        self,
        consumer: Consumer,
        token: AccessToken | RequestToken | None,
        quirks: Quirks,
        **options: Any,
    ) -> None:
        super().__init__(consumer, token, **options)
        self.quirks = quirks
        if quirks.secret_alone:
            self._sign = signing(self._method, _SecretAlone(consumer.secret))

    def _quick_signer(self) -> None:
        """The quick way is the RFC's."""

    def sign(
        self,
        method: str,
        url: str,
        *,
        headers: HeadersLike = None,
        body: bytes | str | None = None,
        oauth: Mapping[str, str] | None = None,
        nonce: str | None = None,
        timestamp: int | str | None = None,
    ) -> Signed:
        """As :meth:`Signer.sign <valetkey.Signer.sign>`."""
        request = bare(method, url, headers, body, self.placement)
        given = self._given(request)
        more = {**self._always(request), **(oauth or {})}
        protocol = self._protocol_parameters(more, nonce, timestamp, None)
        no_collision(given, protocol)
        source = SOURCES[self.placement]
        joined = self.quirks.join(
            request.query or "", given, [Parameter(name, value, source) for name, value in protocol]
        )
        text = base_string(method, base_string_uri(request.url), "&".join(text for _, text in joined))
        signature = self._sign(text)
        protocol.append(("oauth_signature", signature))
        url, fields, octets = self._placed(request, protocol)
        return Signed(method, url, fields, octets, text, signature, (parameter for parameter, _ in joined))

    def _given(self, request: Bare) -> list[Parameter]:
        if self.quirks.hash_all:
            return [parameter for parameter in request.given if parameter.source == "query"]
        if self.quirks.multipart is not None and _is_multipart(request.headers):
            return [*request.given, *_fields(request, self.quirks.multipart)]
        return request.given

    def _always(self, request: Bare) -> dict[str, str]:
        always = {name: value for name, value in self.quirks.oauth.items() if name != "oauth_token"}
        if "oauth_token" in self.quirks.oauth and not self.token:
            always["oauth_token"] = self.quirks.oauth["oauth_token"]
        octets = request.body
        if self.quirks.hash_all:
            octets = octets or b""
        elif request.is_form:
            octets = None
        if self.body_hash and octets is not None:
            name = self.quirks.body_hash or self._method.hash_name
            digest = new_hash(name, octets).digest()
            always["oauth_body_hash"] = b2a_base64(digest, newline=False).decode("ascii")
        return always

    def _placed(self, request: Bare, protocol: list[Pair]) -> tuple[str, Headers, bytes | None]:
        if self.quirks.raw_header:
            fields = request.headers.replacing("Authorization", _raw_authorization(protocol))
            return request.url, fields, request.body
        realm = self.quirks.realm(request.url) if self.quirks.realm else self.realm
        return placed(request, protocol, self.placement, realm)


class _SecretAlone(Key):
    __slots__ = ()

    @property
    def text(self) -> str:
        return percent_encode(self.consumer_secret)


def _raw_authorization(protocol: list[Pair]) -> str:
    for name, value in protocol:
        # What would end the value, or the header.
        if not re.fullmatch(r"[ !#-\[\]-~]*", value):
            raise Unsignable(
                name, "this service takes it as it is: no quotes, backslashes, or letters outside ASCII"
            )
    signature = percent_encode(dict(protocol)["oauth_signature"])
    pairs = [*(pair for pair in protocol if pair[0] != "oauth_signature"), ("oauth_signature", signature)]
    return "OAuth " + ", ".join(f'{name}="{value}"' for name, value in pairs)


# -- multipart/form-data (RFC 7578), as far as a signature needs it

# As text, since they are seldom needed, and importing this package shouldn't wait for them to be compiled.
_BOUNDARY = r'(?i);\s*boundary=(?:"([^"]+)"|([^\s;]+))'
_DISPOSITION = rb"(?im)^content-disposition:[^\r\n]*"
_NAME = rb'(?i)[;\s]name=(?:"([^"]*)"|([^\s;]+))'
_FILE_NAME = rb"(?i)[;\s]filename\*?="


def _is_multipart(headers: Headers) -> bool:
    return headers.get("Content-Type", "").partition(";")[0].strip().lower() == "multipart/form-data"


def _fields(request: Bare, files: frozenset[str]) -> list[Parameter]:
    boundary = re.search(_BOUNDARY, request.headers["Content-Type"])
    if request.body is None or not boundary:
        raise Unsignable(
            "body", "this service signs its fields: give it as octets, and its boundary in the Content-Type"
        )
    mark = b"\r\n--" + (boundary[1] or boundary[2]).encode("latin-1")
    found = []
    for part in (b"\r\n" + request.body).split(mark)[1:]:
        if part.startswith(b"--"):
            break
        name, value = _field(part)
        if name is not None and name not in files:
            found.append(Parameter(name, value, "form"))
    return found


def _field(part: bytes) -> tuple[str | None, str]:
    """A part's name and text; no name where it is a file."""
    head, blank, content = part.partition(b"\r\n\r\n")
    disposition = re.search(_DISPOSITION, head)
    name = re.search(_NAME, disposition[0]) if disposition else None
    if not blank or not disposition or not name:
        raise Unsignable("body", "it can't be read as multipart/form-data")
    if re.search(_FILE_NAME, disposition[0]):
        return None, ""
    try:
        return (name[1] or name[2] or b"").decode("utf-8"), content.decode("utf-8")
    except UnicodeDecodeError:
        raise Unsignable("body", "one of its fields isn't UTF-8, and this service signs them") from None
