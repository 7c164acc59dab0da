"""Verifying one request (RFC 5849, section 3.2)."""

import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from typing import Any, Generic, NamedTuple

from valetkey.flow import Flow, arun, run
from valetkey.protocol.base_string import base_string, base_string_uri, without_verifier
from valetkey.protocol.cases import Case, shown_name
from valetkey.protocol.credentials import secrets_of
from valetkey.protocol.encoding import Malformed, utf8
from valetkey.protocol.errors import Refused, Unsignable, named
from valetkey.protocol.header import MAX_HEADER_OCTETS, is_oauth, parse_authorization
from valetkey.protocol.messages import Headers, HeadersLike
from valetkey.protocol.origin import Url
from valetkey.protocol.parameters import (
    KNOWN,
    MAX_NONCE_OCTETS,
    MAX_TIMESTAMP_DIGITS,
    Pair,
    Parameter,
    collect,
    is_form,
    normalise,
)
from valetkey.protocol.signatures import METHODS, SignatureMethod, body_hash, same_text, verifies
from valetkey.protocol.values import Secret, Value
from valetkey.quick import read
from valetkey.stores import AsyncStore, C, Store, T

_PROBLEMS = {
    "consumer_key_refused": "This application is suspended: ask the administrator of this service.",
    "consumer_key_rejected": "This application can't be used any more: register another one.",
    "token_revoked": "The person revoked this token: walk the three legs again.",
    "token_expired": "This token has expired: walk the three legs again.",
    "token_used": "This token was used already: walk the three legs again.",
    "token_rejected": "This token can't be used here: walk the three legs again.",
    "user_refused": "The account behind this token is closed or suspended.",
}

#: What some clients do against the RFC, and a `Verifier` accepts where it is named. None makes a request mean
#: anything that its sender didn't sign.
QUIRKS = {
    "repeated-query": "the form repeats the pairs of the query, and they were signed once (Canvas, LTI 1.1)",
    "x-oauth1-authorization": (
        "X-Oauth1-Authorization is read where there is no Authorization header, which some proxies drop (LTI)"
    ),
    "empty-token": "an oauth_token that is empty is signed, and is no token (Schoology)",
}

# What an unknown consumer's or token's signature is checked against, so that it takes the same work. Random
# and never shown, so it proves nothing.
_NOBODY = Secret(os.urandom(32).hex())
_NOBODYS: list[str] = [_NOBODY]


class Verified(Value, Generic[C, T]):
    """What was proved about a request.

    `consumer` and `token` are the very objects that the store returned (`token` is None for a request signed
    by the consumer alone). `parameters` are the decoded pairs that were signed, without ``oauth_*``, from
    wherever they travelled; `oauth` are the protocol parameters, decoded, without the signature.
    `body_signed` says whether the signature covers the body: it covers a form, a body whose
    ``oauth_body_hash`` was right, and a body that isn't there. `secret_index` is the place in
    ``consumer.secrets`` of the secret that signed. `method` and `url` are what was verified.
    """

    # What the request says is taken from it when somebody asks.
    __slots__ = ("consumer", "token", "body_signed", "secret_index", "_request")
    _names = ("consumer", "token", "parameters", "oauth", "body_signed", "secret_index", "method", "url")
    _hidden = frozenset({"consumer", "token", "parameters", "oauth", "url"})
    consumer: C
    token: T | None
    body_signed: bool
    secret_index: int
    _request: "_Presented | _Told"

    def __init__(
        self,
        consumer: C,
        token: T | None,
        parameters: Iterable[Pair],
        oauth: Mapping[str, str],
        body_signed: bool,
        secret_index: int = 0,
        method: str = "",
        url: str = "",
    ) -> None:
        told = _Told(method, url, tuple(parameters), oauth)
        self._fill(
            consumer=consumer, token=token, body_signed=body_signed, secret_index=secret_index, _request=told
        )

    @classmethod
    def of(
        cls, request: "_Presented", consumer: C, token: T | None, body_signed: bool, secret_index: int
    ) -> "Verified[C, T]":
        verified = cls.__new__(cls)
        set_consumer, set_token, set_body_signed, set_index, set_request = _SETTERS
        set_consumer(verified, consumer)
        set_token(verified, token)
        set_body_signed(verified, body_signed)
        set_index(verified, secret_index)
        set_request(verified, request)
        return verified

    @property
    def method(self) -> str:
        return self._request.method

    @property
    def url(self) -> str:
        return self._request.url

    @property
    def parameters(self) -> tuple[Pair, ...]:
        return self._request.others

    @property
    def oauth(self) -> Mapping[str, str]:
        return self._request.shown_oauth

    def __reduce__(self) -> tuple[Any, ...]:
        return Verified, self._fields()

    def case(self, arrived: float) -> Case:
        """What a refusal is about that comes after the signature proved. `arrived` is unix time in
        seconds.
        """
        parameters = [Parameter(*pair, "header") for pair in (*self.oauth.items(), *self.parameters)]
        return Case(self.method, self.url, parameters, self.consumer, self.token, arrived)


class _Told(NamedTuple):
    """What a request says, by whoever makes a `Verified` of it."""

    method: str
    url: str
    others: tuple[Pair, ...]
    shown_oauth: Mapping[str, str]


# Past the guard of a frozen value, which would cost as much as a signature.
_SETTERS = [getattr(Verified, name).__set__ for name in Verified.__slots__]


class Verifier(Generic[C, T]):
    """Verifies signed requests against a store.

    :param store: a :class:`~valetkey.stores.Store`, or an :class:`~valetkey.stores.AsyncStore` for
        :meth:`averify`.
    :param signature_methods: the methods that this service allows. PLAINTEXT, where named, works over https
        and on loopback only.
    :param window: how many seconds a timestamp may differ from the clock, either way.
    :param require_token: whether a request without a token is refused; False admits requests signed by the
        consumer alone.
    :param max_parameters: how many parameters a request may have, in all places together.
    :param max_octets: how large its URL and its form body may be, each, in octets.
    :param quirks: names of :data:`QUIRKS`, which clients that can't be mended need.
    :param require_body_hash: whether a body that is no form must come with its ``oauth_body_hash``; otherwise
        :attr:`Verified.body_signed` says what the signature covers.
    :raises ValueError: for a method or a quirk that isn't known.
    """

    def __init__(
        self,
        store: Store[C, T] | AsyncStore[C, T],
        *,
        signature_methods: Iterable[str] = ("HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"),
        window: int = 300,
        require_token: bool = True,
        max_parameters: int = 1000,
        max_octets: int = 1_000_000,
        quirks: Iterable[str] = (),
        require_body_hash: bool = False,
    ) -> None:
        self.store = store
        self.signature_methods: tuple[str, ...] = tuple(signature_methods)
        self.quirks: frozenset[str] = frozenset(quirks)
        for what, given, known in (
            ("signature_methods", self.signature_methods, METHODS),
            ("quirks", self.quirks, QUIRKS),
        ):
            if unknown := sorted(name for name in given if name not in known):
                raise ValueError(f"{what}: {named(unknown)} not known here: use {named(known)}")
        self.require_body_hash = require_body_hash
        self.window = window
        self.require_token = require_token
        self.max_parameters = max_parameters
        self.max_octets = max_octets

    def verify(
        self,
        method: str,
        url: str,
        *,
        headers: HeadersLike = None,
        body: bytes | None = None,
        now: float | None = None,
    ) -> Verified[C, T]:
        """What the request proves.

        :param method: as on the wire.
        :param url: absolute: the public origin, and the request target as it was sent, encoded.
        :param headers: a mapping, or pairs where a field is repeated.
        :param body: the octets of the body; None where there is none.
        :param now: unix time in seconds; the system's clock, if not given.
        :raises Refused: where it proves nothing, and nothing else, whatever the input. No nonce is spent
            then.
        """
        return run(self.checks(method, url, headers, body, now))

    async def averify(
        self,
        method: str,
        url: str,
        *,
        headers: HeadersLike = None,
        body: bytes | None = None,
        now: float | None = None,
    ) -> Verified[C, T]:
        """:meth:`verify`, for an asynchronous store."""
        return await arun(self.checks(method, url, headers, body, now))

    def checks(
        self,
        method: str,
        url: str,
        headers: HeadersLike,
        body: bytes | None,
        now: float | None,
        find: Callable[[str, str | None], Any] | None = None,
    ) -> Flow[Verified[C, T]]:
        """The checks, in their order: shape, version, method, time, identity, signature, standing, and only
        then the nonce.

        `find` stands in for the store's own, where request tokens are looked for.
        """
        now = time.time() if now is None else now
        request = consumer = token = None
        try:
            request = _Presented(method, url, headers, body, self)
            request.check_version()
            signature_method = request.signature_method(self.signature_methods)
            stamp = request.stamp(now, self.window, optional=not signature_method.covers_request)
            key, token_key = request.identity(self.require_token)
            try:
                consumer, token = yield (find or self.store.find)(key, token_key)
            except Exception as failure:  # a store's own, of whatever kind: fail closed
                raise unavailable("consumers and tokens", failure) from failure

            secrets = _NOBODYS if consumer is None else secrets_of(consumer)
            try:
                index = _matching_secret(request, signature_method, consumer, secrets, token)
            except Unsignable as failure:
                raise _unusable_key(failure) from failure
            _check_identity(request, consumer, token)
            _check_method(request.oauth["oauth_signature_method"], consumer, secrets, self.signature_methods)
            if index is None:
                raise _wrong_signature(request)
            _check_standing(consumer, token)
            body_signed = request.check_body(self.require_body_hash) and signature_method.covers_request

            if stamp:
                timestamp, nonce = stamp
                try:
                    first = yield self.store.claim_nonce(
                        key, token_key, timestamp, nonce, until=timestamp + self.window
                    )
                except Exception as failure:  # likewise: never accepted
                    raise unavailable("nonces", failure) from failure
                if not first:
                    raise Refused(
                        "nonce_used",
                        "A request with this nonce and timestamp was accepted before: sign a retry anew.",
                    )
        except Refused as refused:
            parameters = () if request is None else request.parameters
            concern(refused, Case(method, url, parameters, consumer, token, now))
            raise
        return Verified.of(request, consumer, token, body_signed, index)


def concern(refused: Refused, case: Case | None = None) -> None:
    """Gives `refused` an id, if it has none, and lets it say what it is about."""
    refused.id = refused.id or new_refusal_id()
    refused.case = refused.case or case


def new_refusal_id() -> str:
    """Eight random characters that are read out without a mistake: ``7QK3-9MXD``."""
    text = "".join(_READ_OUT[octet % 32] for octet in os.urandom(8))
    return f"{text[:4]}-{text[4:]}"


# Crockford's alphabet: no letter is taken for a digit.
_READ_OUT = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class _Presented:
    """A request's parameters, read and checked for shape; what it claims, and nothing proved yet."""

    oauth: dict[str, str]
    authorization: str
    is_form: bool
    has_content_type: bool
    quirks: frozenset[str]

    def __init__(
        self, method: str, url: str, headers: HeadersLike, body: bytes | None, limits: "Verifier[Any, Any]"
    ) -> None:
        self.method = method
        self.body = body
        self.url = url
        self.quirks = limits.quirks
        quick = read(method, url, headers, body, limits.max_octets, limits.max_parameters)
        if quick is not None:
            self.oauth, self.text, self.authorization, self.is_form, self.has_content_type = quick
        else:
            self._read(Headers(headers), limits)

    def _read(self, fields: Headers, limits: "Verifier[Any, Any]") -> None:
        url = self.url
        authorizations = authorizations_in(fields, self.quirks)
        content_types = fields.every("Content-Type")
        if len(url) > limits.max_octets:
            raise too_large("The URL", limits.max_octets)
        if sum(map(len, authorizations)) > MAX_HEADER_OCTETS:
            raise Refused(
                "parameter_rejected", f"The Authorization header may have {MAX_HEADER_OCTETS} octets.", 431
            )
        if len(authorizations) > 1 or len(content_types) > 1:
            raise malformed("there is more than one Authorization or Content-Type header")
        try:
            target = Url(url)
            self.is_form = is_form(content_types[0] if content_types else None)
            form = self.body if self.is_form else None
            if form is not None and len(form) > limits.max_octets:
                raise too_large("A form", limits.max_octets)
            _check_count(limits.max_parameters, target.query, form, authorizations)
            self.authorization = authorizations[0] if authorizations else ""
            self.parameters = self._collected(target, form)
            utf8(url)
            if not self.method.isascii():  # “POſT” in upper case is “POST”
                raise Malformed("the method isn't ASCII")
        except Malformed as error:
            raise malformed(error.reason) from None
        self.has_content_type = bool(content_types)
        self.oauth = _protocol_parameters(self.parameters)

    @property
    def is_private(self) -> bool:
        # Most are https, and reading a URL takes as long as all else that is checked.
        return self.url.startswith("https:") or Url(self.url).is_private_channel

    @cached_property
    def text(self) -> str:
        """The base string."""
        return base_string(self.method, base_string_uri(self.url), normalise(self.parameters))

    @property
    def texts(self) -> list[str]:
        """The base strings that its signature may be over: the RFC's, and what a quirk makes of it."""
        texts = [Secret(self.text) if "oauth_verifier" in self.oauth else self.text]
        if "repeated-query" in self.quirks and self.is_form:
            once = normalise(_once(self.parameters))
            texts.append(Secret(base_string(self.method, base_string_uri(self.url), once)))
        return texts

    @cached_property
    def parameters(self) -> list[Parameter]:
        """All of them, for whoever asks, where the quick way had no need to take them apart."""
        return self._collected(Url(self.url), self.body if self.is_form else None)

    def _collected(self, url: Url, form: bytes | None) -> list[Parameter]:
        header: Iterable[Pair] = ()
        if is_oauth(self.authorization):
            header = parse_authorization(self.authorization).parameters
        return collect(query=url.query, header=header, form=form)

    @cached_property
    def others(self) -> tuple[Pair, ...]:
        return tuple([(name, value) for name, value in self.parameters if name not in self.oauth])

    @cached_property
    def shown_oauth(self) -> dict[str, str]:
        return {name: value for name, value in self.oauth.items() if name != "oauth_signature"}

    def need(self, name: str, status: int = 400) -> str:
        value = self.oauth.get(name, "")
        if not value:
            raise Refused(
                "parameter_absent",
                f"{name} is missing or empty: send it.",
                status,
                facts={"oauth_parameters_absent": name},
            )
        return value

    def check_version(self) -> None:
        if not self.oauth:
            # RFC 7235 asks for 401 where no credentials came at all, and this is the one problem that a
            # browser may run into.
            self.need("oauth_consumer_key", 401)
        version = self.oauth.get("oauth_version", "1.0")
        if version != "1.0":
            raise Refused(
                "version_rejected",
                "This version of OAuth is not known here: send oauth_version=1.0, or none.",
                facts={"oauth_acceptable_versions": "1.0-1.0"},
            )

    def signature_method(self, allowed: Iterable[str]) -> SignatureMethod:
        name = self.oauth.get("oauth_signature_method") or self.need("oauth_signature_method")
        if name not in allowed:
            raise _method_rejected(allowed)
        method = METHODS[name]
        if not (method.covers_request or self.is_private):
            raise Refused(
                "signature_method_rejected",
                "PLAINTEXT shows the secrets to everybody on the way: use it over https only.",
            )
        if not self.oauth.get("oauth_signature"):
            self.need("oauth_signature")
        return method

    def stamp(self, now: float, window: int, *, optional: bool) -> tuple[int, str] | None:
        """Timestamp and nonce (section 3.3); None where both are left out and may be (section 3.1)."""
        oauth = self.oauth
        if optional and "oauth_timestamp" not in oauth and "oauth_nonce" not in oauth:
            return None
        text = oauth.get("oauth_timestamp") or self.need("oauth_timestamp")
        nonce = oauth.get("oauth_nonce") or self.need("oauth_nonce")
        if len(nonce.encode()) > MAX_NONCE_OCTETS:
            raise malformed(f"oauth_nonce may have {MAX_NONCE_OCTETS} octets")
        digits = text.isascii() and text.isdecimal() and len(text) <= MAX_TIMESTAMP_DIGITS
        timestamp = int(text) if digits else 0
        if timestamp <= 0:
            raise malformed(
                "oauth_timestamp must be a positive whole number of seconds since 1970, in ASCII digits"
            )
        if abs(now - timestamp) > window:
            raise _wrong_time(timestamp, now, window)
        return timestamp, nonce

    def identity(self, require_token: bool) -> tuple[str, str | None]:
        token = self.token
        if require_token and not token:
            self.need("oauth_token", 401)
        if token == "":
            raise malformed("oauth_token is empty: leave it out where there is no token")
        return self.oauth.get("oauth_consumer_key") or self.need("oauth_consumer_key"), token

    @property
    def token(self) -> str | None:
        """The token that was sent; None where there is none."""
        token = self.oauth.get("oauth_token")
        return None if token == "" and "empty-token" in self.quirks else token

    def check_body(self, required: bool) -> bool:
        """Whether the signature covers the body, whose hash is checked where it was sent (the Request Body
        Hash draft).
        """
        sent = self.oauth.get("oauth_body_hash")
        if sent is None:
            covered = self.is_form or not (self.body or self.has_content_type)
            if required and not covered:
                self.need("oauth_body_hash", 401)
            return covered
        if self.is_form:
            raise malformed("oauth_body_hash is not for forms, whose parameters are signed themselves")
        if not same_text(body_hash(self.oauth["oauth_signature_method"], self.body or b""), sent):
            raise Refused(
                "signature_invalid",
                "oauth_body_hash isn't that of the body that arrived: was it changed after signing?",
            )
        return True


def authorizations_in(fields: Headers, quirks: Collection[str]) -> list[str]:
    """Every value of the field that a signature may stand in."""
    found = fields.every("Authorization")
    return found or (fields.every("X-Oauth1-Authorization") if "x-oauth1-authorization" in quirks else found)


def _check_count(limit: int, query: str | None, form: bytes | None, authorizations: list[str]) -> None:
    # Counted before anything is decoded, so that a million parameters cost a million nothing.
    count = (
        (query or "").count("&")
        + (form or b"").count(b"&")
        + sum(value.count(",") for value in authorizations)
    )
    if count >= limit:
        raise Refused("parameter_rejected", f"A request may have {limit} parameters.", 413)


def _protocol_parameters(parameters: Iterable[Parameter]) -> dict[str, str]:
    found: dict[str, Parameter] = {}
    for parameter in parameters:
        name = parameter.name
        if "\x00" in name:
            raise malformed("a parameter's name holds a NUL")
        if not name.startswith("oauth_"):
            continue
        if name in found:
            raise malformed(f"{shown_name(name)} is there twice: each protocol parameter may be there once")
        if "\x00" in parameter.value:
            raise malformed(f"{name} holds a NUL")
        found[name] = parameter
    if len({parameter.source for name, parameter in found.items() if name in KNOWN}) > 1:
        raise malformed(
            "protocol parameters are in several places: put all in the header, the query or the form"
        )
    return {name: parameter.value for name, parameter in found.items()}


def _once(parameters: Iterable[Parameter]) -> list[Parameter]:
    """`parameters` without those pairs of the query that the form repeats."""
    parameters = list(parameters)
    repeated = Counter(parameter for parameter in parameters if parameter.source == "form")
    kept = []
    for parameter in parameters:
        if parameter.source == "query" and repeated[parameter]:
            repeated[parameter] -= 1
        else:
            kept.append(parameter)
    return kept


def _matching_secret(
    request: _Presented, method: SignatureMethod, consumer: Any, secrets: list[str], token: Any
) -> int | None:
    """The index of the secret among `secrets`, the consumer's, that made the signature; None where none did.

    The same work for a consumer or a token that doesn't exist.
    """
    signature = request.oauth["oauth_signature"]
    if token is not None:
        token_secret = Secret(token.secret)
    else:
        token_secret = Secret() if request.token is None else _NOBODY
    rsa_key = None if consumer is None else consumer.rsa_key
    texts = request.texts
    for index, secret in enumerate(secrets):
        for text in texts:
            if verifies(method, text, secret, token_secret, rsa_key, signature):
                return index
    return None


def _check_identity(request: _Presented, consumer: Any, token: Any) -> None:
    # Keys and tokens are random identifiers, not secrets: naming the unknown one helps, and gives nothing
    # away.
    if consumer is None:
        raise Refused(
            "consumer_key_unknown", "This consumer key is not known here: copy it again. Was it reset?"
        )
    if token is None and request.token is not None:
        raise Refused(
            "token_rejected",
            "This token is not known here, or was not given to this consumer: walk the three legs again.",
        )


def _check_method(name: str, consumer: Any, secrets: list[str], allowed: Iterable[str]) -> None:
    if not _may_use(name, consumer, secrets):
        raise _method_rejected([method for method in allowed if _may_use(method, consumer, secrets)])


def _may_use(name: str, consumer: Any, secrets: list[str]) -> bool:
    """Whether `consumer` may use this method: one that it names, or that it has the one kind of key for.

    Never an HMAC keyed with what isn't a secret, and never a choice between two kinds of key: a consumer
    with an empty secret, or with a secret and an RSA key, must name its methods.
    """
    own = consumer.signature_methods
    if own is not None:
        return name in own
    has_rsa_key = consumer.rsa_key is not None
    has_secret = "" not in secrets
    return has_secret != has_rsa_key and METHODS[name].uses_rsa_key == has_rsa_key


def _check_standing(consumer: Any, token: Any) -> None:
    # Asked only now: a stranger who knows nothing but a key learns nothing of what became of it.
    problem = getattr(consumer, "problem", None) or getattr(token, "problem", None)
    if problem:
        raise Refused(problem, _PROBLEMS.get(problem, "This request can't be accepted."))


def _wrong_signature(request: _Presented) -> Refused:
    name = request.oauth["oauth_signature_method"]
    key = (
        "that the private key belongs to the registered public one"
        if METHODS[name].uses_rsa_key
        else "both secrets"
    )
    # Looked for only where one is, so that a wrong signature is told as soon as an unknown consumer.
    text = without_verifier(request.text) if "oauth_verifier" in request.oauth else request.text
    return Refused(
        "signature_invalid",
        f"The signature doesn't match this request. Check {key}, and that the URL, the query and the form"
        " were signed as they were sent.",
        detail=f"{name} verified over the base string: {text}",
    )


def _wrong_time(timestamp: int, now: float, window: int) -> Refused:
    clock = int(now)
    off = timestamp - clock
    direction = "ahead of" if off > 0 else "behind"
    return Refused(
        "timestamp_refused",
        f"oauth_timestamp {timestamp} is {abs(off)} seconds {direction} this server's clock ({clock});"
        f" {window} are accepted. Set the clock by the network.",
        facts={"oauth_acceptable_timestamps": f"{clock - window}-{clock + window}"},
    )


def _method_rejected(allowed: Iterable[str]) -> Refused:
    methods = tuple(allowed)
    use = f"use {named(methods)}" if methods else "its registration names no method that could be used"
    return Refused("signature_method_rejected", f"This signature method isn't allowed here: {use}.")


def _unusable_key(failure: Unsignable) -> Refused:
    if failure.what == "signature_method":  # this platform forbids it, whatever the settings say
        return Refused("signature_method_rejected", f"This server can't check it: {failure.reason}.")
    return unavailable("this consumer's key", failure)


def too_large(what: str, limit: int) -> Refused:
    """The refusal of `what`, which has more than `limit` octets."""
    return Refused("parameter_rejected", f"{what} may have {limit} octets.", 413)


def malformed(reason: str) -> Refused:
    """The refusal of a request that can't be read as what was signed."""
    return Refused("parameter_rejected", f"The request can't be read: {reason}.")


def unavailable(what: str, failure: Exception) -> Refused:
    """The refusal for a store that can't answer: fail closed, and say when to come again."""
    return Refused(
        "consumer_key_refused",
        f"This service can't look up {what} at the moment: try again soon.",
        503,
        detail=f"the store failed: {type(failure).__name__}",
        retry_after=5,
    )
