"""Signing one request (RFC 5849, section 3)."""

import os
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple, cast

from valetkey.protocol.base_string import base_string, base_string_uri
from valetkey.protocol.credentials import AccessToken, Consumer, RequestToken
from valetkey.protocol.encoding import Malformed, form_encode, percent_encode, utf8
from valetkey.protocol.errors import Unsignable, named
from valetkey.protocol.header import build_authorization, parse_authorization
from valetkey.protocol.messages import Headers, HeadersLike
from valetkey.protocol.origin import Url, written
from valetkey.protocol.parameters import (
    FORM,
    MAX_NONCE_OCTETS,
    Pair,
    Parameter,
    Source,
    added_twice,
    collect,
    in_order,
    is_form,
    normalise,
)
from valetkey.protocol.rsa import private_key
from valetkey.protocol.signatures import METHODS, Key, body_hash, signing
from valetkey.protocol.values import HIDDEN, Value
from valetkey.quick import Quick, QuickSigner

Placement = Literal["header", "query", "body"]

SOURCES: Mapping[str, Source] = {"header": "header", "query": "query", "body": "form"}
_METHOD = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class Signed(Value):
    """A signed request: what to send, and how its signature came about.

    `method`, `url`, `headers` and `body` (octets, or None) are to be sent as they are. `base_string` and
    `signature` (not yet percent-encoded) are for a person to look at, and so are the `parameters`: the
    decoded pairs that were signed, in the order of the base string, each with its `source` (``query``,
    ``header`` or ``form``).
    """

    # Headers and parameters are made when somebody asks for them, from what was signed.
    __slots__ = ("method", "url", "body", "base_string", "signature", "_headers", "_parameters", "_quick")
    _names = ("method", "url", "headers", "body", "base_string", "signature", "parameters")
    method: str
    url: str
    body: bytes | None
    base_string: str
    signature: str
    _headers: Headers | None
    _parameters: tuple[Parameter, ...] | None
    _quick: Quick | None

    def __init__(
        self,
        method: str,
        url: str,
        headers: Headers,
        body: bytes | None,
        base_string: str,
        signature: str,
        parameters: Iterable[Parameter],
    ) -> None:
        self._fill(
            method=method,
            url=url,
            body=body,
            base_string=base_string,
            signature=signature,
            _headers=headers,
            _parameters=tuple(parameters),
            _quick=None,
        )

    @classmethod
    def quickly(cls, method: str, url: str, quick: Quick) -> "Signed":
        """What was signed the quick way."""
        signed = cls.__new__(cls)
        set_method, set_url, set_body, set_text, set_signature, set_headers, set_parameters, set_quick = (
            _SETTERS
        )
        set_method(signed, method)
        set_url(signed, url)
        set_body(signed, quick.body)
        set_text(signed, quick.base_string)
        set_signature(signed, quick.signature)
        set_headers(signed, None)
        set_parameters(signed, None)
        set_quick(signed, quick)
        return signed

    @property
    def headers(self) -> Headers:
        if self._headers is None:
            assert self._quick is not None
            given = Headers(self._quick.headers)
            self._fill(_headers=given.replacing("Authorization", self._quick.authorization))
        return cast(Headers, self._headers)

    @property
    def authorization(self) -> str:
        """The value of the Authorization header, ``""`` where there is none: for an adapter, which sets it
        and needs no other.
        """
        if self._quick is not None:
            return self._quick.authorization
        return self.headers.get("Authorization", "")

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        if self._parameters is None:
            assert self._quick is not None
            header = parse_authorization(self._quick.authorization).parameters
            form = self.body if self._quick.is_form else None
            everything = collect(query=Url(self.url).query, header=header, form=form)
            self._fill(_parameters=tuple(in_order(everything)))
        return cast("tuple[Parameter, ...]", self._parameters)

    def __reduce__(self) -> tuple[Any, ...]:
        return Signed, self._fields()

    def __repr__(self) -> str:
        return f"Signed({self.method} {self.url.partition('?')[0]}, signature={HIDDEN})"


# Past the guard of a frozen value, which would cost as much as all else that is done to make one.
_SETTERS = [getattr(Signed, name).__set__ for name in Signed.__slots__]


class Signer:
    """Signs requests as one consumer, with or without a token.

    :param consumer: the application.
    :param token: the access token; in the last leg of the flow, the request token.
    :param signature_method: ``HMAC-SHA1``, ``HMAC-SHA256``, ``HMAC-SHA512``, ``RSA-SHA1``, ``RSA-SHA256``,
        ``RSA-SHA512`` or ``PLAINTEXT``.
    :param realm: the Authorization header's realm, decoded.
    :param placement: where the protocol parameters travel (section 3.5): ``header``, ``query`` or ``body``
        (a form).
    :param body_hash: whether a body that isn't a form is covered by ``oauth_body_hash``.
    :param version: whether to send ``oauth_version=1.0``, which section 3.1 makes optional.
    :raises Unsignable: for an unknown method or placement, a realm that no header can carry, or an RSA key
        that can't be read.
    """

    def __init__(
        self,
        consumer: Consumer,
        token: AccessToken | RequestToken | None = None,
        *,
        signature_method: str = "HMAC-SHA1",
        realm: str | None = None,
        placement: Placement = "header",
        body_hash: bool = False,
        version: bool = True,
    ) -> None:
        if signature_method not in METHODS:
            raise Unsignable(
                "signature_method", f"“{signature_method}” is not known here: use {named(METHODS)}"
            )
        if placement not in SOURCES:
            raise Unsignable("placement", f"“{placement}” is not a place: use header, query or body")
        if realm is not None and placement != "header":
            raise Unsignable("realm", 'only a header has a realm: leave it out, or use placement="header"')
        try:
            build_authorization((), realm)
        except Malformed as error:
            raise Unsignable("realm", error.reason) from None
        self.consumer = consumer
        self.token = token
        self.signature_method = signature_method
        self.realm = realm
        self.placement: Placement = placement
        self.body_hash = body_hash
        self.version = version
        self._method = METHODS[signature_method]
        # Read here, so that a wrong key is said now, and read once.
        rsa_key = private_key(consumer.rsa_key) if self._method.uses_rsa_key else None
        self._key = Key(consumer.secret, token.secret if token else "", rsa_key)
        self._sign = signing(self._method, self._key)
        self._quick = self._quick_signer()

    def _quick_signer(self) -> QuickSigner | None:
        if self.placement != "header" or self.body_hash:
            return None
        return QuickSigner(
            lambda nonce, timestamp: self._own_parameters(timestamp, nonce), self.realm, self._sign
        )

    def __repr__(self) -> str:
        token = f", token={self.token.key!r}" if self.token else ""
        return f"Signer({self.consumer.key!r}{token}, {self.signature_method}, in the {self.placement})"

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
        """The request, signed.

        :param method: the HTTP method.
        :param url: absolute. What a request line can't carry (blanks, letters outside ASCII) is
            percent-encoded as UTF-8; all else stays as it is, since the signature holds for the octets that
            are sent. A fragment is dropped.
        :param headers: a mapping, or pairs where a field is repeated.
        :param body: octets, or text to be sent as UTF-8. Signed only where the Content-Type is
            ``application/x-www-form-urlencoded``.
        :param oauth: further protocol parameters, decoded (``oauth_callback``, ``oauth_verifier`` …).
        :param nonce: for tests, and for replays of old requests; otherwise 128 random bits.
        :param timestamp: unix time in seconds; likewise, otherwise now.
        :raises Unsignable: where the request can't be signed, or would be read differently by the other side.
        """
        if self._quick is not None and oauth is None and nonce is None and timestamp is None:
            quick = self._quick.sign(method, url, headers, body)
            if quick is not None:
                return Signed.quickly(method, url, quick)
        request = bare(method, url, headers, body, self.placement)
        protocol = self._protocol_parameters(
            oauth, nonce, timestamp, None if request.is_form else request.body
        )
        no_collision(request.given, protocol)
        source = SOURCES[self.placement]
        parameters = [*request.given, *(Parameter(name, value, source) for name, value in protocol)]
        text = base_string(method, base_string_uri(request.url), normalise(parameters))
        signature = self._sign(text)
        protocol.append(("oauth_signature", signature))
        url, fields, octets = placed(request, protocol, self.placement, self.realm)
        return Signed(method, url, fields, octets, text, signature, in_order(parameters))

    def _own_parameters(self, timestamp: str, nonce: str) -> list[Pair]:
        token = [("oauth_token", self.token.key)] if self.token else []
        version = [("oauth_version", "1.0")] if self.version else []
        return [
            ("oauth_consumer_key", self.consumer.key),
            *token,
            ("oauth_signature_method", self.signature_method),
            ("oauth_timestamp", timestamp),
            ("oauth_nonce", nonce),
            *version,
        ]

    def _protocol_parameters(
        self,
        oauth: Mapping[str, str] | None,
        nonce: str | None,
        timestamp: int | str | None,
        hashed: bytes | None,
    ) -> list[Pair]:
        parameters = self._own_parameters(
            _checked_timestamp(timestamp), os.urandom(16).hex() if nonce is None else _checked_nonce(nonce)
        )
        if self.body_hash and hashed is not None:
            parameters.append(("oauth_body_hash", body_hash(self.signature_method, hashed)))
        names = {name for name, _ in parameters}
        for name, value in (oauth or {}).items():
            if not name.startswith("oauth_") or name == "oauth_signature" or name in names:
                raise Unsignable(
                    "oauth", f"“{name}” can't be given here: it takes further oauth_… parameters"
                )
            try:
                percent_encode(name + value)
            except Malformed as error:
                raise Unsignable("oauth", f"{name}: {error.reason}") from None
            parameters.append((name, value))
        return parameters


class Bare(NamedTuple):
    """A request that can be signed: checked, and as it will be sent, apart from what signing adds.

    `query` is encoded; `given` are the parameters of the query and of a form, decoded.
    """

    method: str
    url: str
    query: str | None
    headers: Headers
    body: bytes | None
    is_form: bool
    given: list[Parameter]


def bare(method: str, url: str, headers: HeadersLike, body: bytes | str | None, placement: Placement) -> Bare:
    """The arguments of :meth:`Signer.sign`, read.

    :raises Unsignable: as it does.
    """
    if not _METHOD.fullmatch(method):
        raise Unsignable("method", "an HTTP method is a word such as GET or POST")
    fields = Headers(headers)
    if any(mark in name + value for name, value in fields.pairs for mark in "\r\n\x00"):
        raise Unsignable("headers", "there is a line break or a NUL in one: no header can carry it")
    if placement == "header" and "Authorization" in fields:
        raise Unsignable(
            "headers",
            "there is an Authorization header already: remove it, or sign in the query or the body",
        )
    try:
        octets = utf8(body) if isinstance(body, str) else body
        if placement == "body" and octets is None and "Content-Type" not in fields:
            octets, fields = b"", fields.replacing("Content-Type", FORM)
        form = octets if is_form(fields.get("Content-Type")) else None
    except Malformed as error:
        raise Unsignable("body", error.reason) from None
    if placement == "body" and form is None:
        raise Unsignable("body", f'with placement="body" it must be a form: set Content-Type to {FORM}')
    url, target = _target(url)
    try:
        given = collect(query=target.query, form=form)
    except Malformed as error:
        raise Unsignable("url or body", error.reason) from None
    return Bare(method, url, target.query, fields, octets, form is not None, given)


def no_collision(given: Iterable[Parameter], protocol: Iterable[Pair]) -> None:
    """:raises Unsignable: where a request holds already what signing adds."""
    twice = added_twice(given, (name for name, _ in protocol))
    if twice:
        where = "url" if twice.source == "query" else "body"
        raise Unsignable(where, f"it holds {twice.name} already: was it signed before? Sign the bare request")


def placed(
    request: Bare, protocol: list[Pair], placement: Placement, realm: str | None = None
) -> tuple[str, Headers, bytes | None]:
    """URL, headers and body of a request with the protocol parameters in their place (section 3.5)."""
    url, fields, octets = request.url, request.headers, request.body
    if placement == "header":
        return url, fields.replacing("Authorization", build_authorization(protocol, realm)), octets
    if placement == "query":
        mark = "?" if request.query is None else "&" if request.query else ""
        return f"{url}{mark}{form_encode(protocol)}", fields, octets
    octets = b"&".join(part for part in (octets, form_encode(protocol).encode("ascii")) if part)
    if "Content-Length" in fields:
        fields = fields.replacing("Content-Length", str(len(octets)))
    return url, fields, octets


def _target(url: str) -> tuple[str, Url]:
    try:
        sent = written(url)
        return sent, Url(sent)
    except Malformed as error:
        raise Unsignable("url", error.reason) from None


def _checked_nonce(nonce: str) -> str:
    try:
        if not 0 < len(utf8(nonce)) <= MAX_NONCE_OCTETS:
            raise Unsignable("nonce", f"it must have 1 to {MAX_NONCE_OCTETS} octets")
    except Malformed as error:
        raise Unsignable("nonce", error.reason) from None
    return nonce


def _checked_timestamp(timestamp: int | str | None) -> str:
    text = str(int(time.time()) if timestamp is None else timestamp)
    if isinstance(timestamp, (bool, float)) or not (text.isascii() and text.isdecimal() and text.strip("0")):
        raise Unsignable(
            "timestamp", "it must be a positive whole number of seconds since 1970, in ASCII digits"
        )
    return text
