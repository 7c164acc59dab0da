"""Signing with requests, and the two classes of requests-oauthlib: a project moves by changing one import."""

import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, cast

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.models import PreparedRequest, Response
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from valetkey.clock import Clock
from valetkey.flow import run
from valetkey.handshake import Handshake, check_channel
from valetkey.protocol.credentials import AccessToken, Consumer, RequestToken
from valetkey.protocol.encoding import Malformed, form_decode, form_encode
from valetkey.protocol.errors import Error, ServiceError, Unsignable, masked, named
from valetkey.protocol.messages import Answer
from valetkey.protocol.parameters import FORM
from valetkey.sending import TIMEOUT, Reading, check_sendable, no_answer
from valetkey.signer import Placement, Signed, Signer
from valetkey.signing import Signing
from valetkey.timely import TimelyResponse, within

PLACEMENTS: Mapping[str, Placement] = {"AUTH_HEADER": "header", "QUERY": "query", "BODY": "body"}

# What oauthlib calls them, for code that imports these names.
SIGNATURE_HMAC = SIGNATURE_HMAC_SHA1 = "HMAC-SHA1"
SIGNATURE_HMAC_SHA256, SIGNATURE_HMAC_SHA512 = "HMAC-SHA256", "HMAC-SHA512"
SIGNATURE_RSA = SIGNATURE_RSA_SHA1 = "RSA-SHA1"
SIGNATURE_RSA_SHA256, SIGNATURE_RSA_SHA512 = "RSA-SHA256", "RSA-SHA512"
SIGNATURE_PLAINTEXT = "PLAINTEXT"
SIGNATURE_TYPE_AUTH_HEADER, SIGNATURE_TYPE_QUERY, SIGNATURE_TYPE_BODY = PLACEMENTS


# What a client has besides: changing it changes no signer.
_BESIDE_THE_SIGNER = ("callback_uri", "verifier", "nonce", "timestamp", "_signer")


class Client:
    """What requests-oauthlib's classes are given, and keep at `client`: to read, and to change between two
    requests.

    Keys, secrets and the like may be text or UTF-8; `signature_type` is ``auth_header``, ``query`` or
    ``body``, in any case. A fixed `nonce` or `timestamp` is for tests.
    """

    def __init__(
        self,
        client_key: str | bytes,
        client_secret: str | bytes | None = None,
        resource_owner_key: str | bytes | None = None,
        resource_owner_secret: str | bytes | None = None,
        callback_uri: str | bytes | None = None,
        signature_method: str = "HMAC-SHA1",
        signature_type: str = "AUTH_HEADER",
        rsa_key: Any = None,
        verifier: str | bytes | None = None,
        *,
        realm: str | bytes | None = None,
        nonce: str | None = None,
        timestamp: int | str | None = None,
        body_hash: bool = False,
    ) -> None:
        self.client_key: str = _text(client_key) or ""
        self.client_secret: str | None = _text(client_secret)
        self.resource_owner_key: str | None = _text(resource_owner_key)
        self.resource_owner_secret: str | None = _text(resource_owner_secret)
        self.callback_uri: str | None = _text(callback_uri)
        self.signature_method = signature_method
        self.signature_type: str = signature_type.upper()
        self.rsa_key = rsa_key
        self.verifier: str | None = _text(verifier)
        self.realm: str | None = _text(realm)
        self.nonce = nonce
        self.timestamp = timestamp
        self.body_hash = body_hash
        self._signer: Signer | None = None

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name not in _BESIDE_THE_SIGNER:
            self._signer = None

    def __repr__(self) -> str:
        return f"Client({self.client_key!r}, {self.signature_method}, {self.signature_type})"

    @classmethod
    def of(cls, signer: Signer) -> "Client":
        """The same for a signer that is there already."""
        consumer, token = signer.consumer, signer.token
        client = cls(
            consumer.key,
            consumer.secret,
            token.key if token else None,
            token.secret if token else None,
            signature_method=signer.signature_method,
            signature_type={place: kind for kind, place in PLACEMENTS.items()}[signer.placement],
            rsa_key=consumer.rsa_key,
            realm=signer.realm,
            body_hash=signer.body_hash,
        )
        client._signer = signer
        return client

    @property
    def signer(self) -> Signer:
        """What signs with all this."""
        if self._signer is None:
            key = self.resource_owner_key
            self._signer = Signer(
                Consumer(self.client_key, self.client_secret or "", rsa_key=self.rsa_key),
                AccessToken(key, self.resource_owner_secret or "") if key else None,
                signature_method=self.signature_method,
                realm=self.realm if self.signature_type == "AUTH_HEADER" else None,
                placement=_placement(self.signature_type),
                body_hash=self.body_hash,
            )
        return self._signer

    @property
    def oauth(self) -> dict[str, str]:
        """The protocol parameters of a leg."""
        legs = {"oauth_callback": self.callback_uri, "oauth_verifier": getattr(self, "verifier", None)}
        return {name: value for name, value in legs.items() if value}


class OAuth1(AuthBase):
    """Signs what requests sends: ``requests.get(url, auth=OAuth1(signer))``, or as a session's `auth`.

    Takes a :class:`~valetkey.Signer`, or the arguments of requests-oauthlib's class of this name. A redirect
    to the same origin is signed anew; to another origin it goes without a signature.

    :param decoding: with requests-oauthlib's arguments the Authorization header is octets, as there; None
        makes it text.
    :param client_class: is refused, with what to write instead.
    :param force_include_body: as there: a body that isn't a form is covered by ``oauth_body_hash``.
    :param realm: the Authorization header's; `nonce` and `timestamp` are for tests.
    :param insecure: allows PLAINTEXT and the token legs over http to another computer, where everybody on
        the way can read the secrets.
    :param clock: what the time is; where a request is refused because of it, the answer sets it, and the
        request is signed once more.
    :raises Unsignable: (also a ValueError) for what can't be signed with.
    """

    #: Where requests-oauthlib's subclasses say how to sign otherwise. It is refused as the argument is.
    client_class: Any = None

    def __init__(
        self,
        client_key: Signer | str | bytes,
        client_secret: str | bytes | None = None,
        resource_owner_key: str | bytes | None = None,
        resource_owner_secret: str | bytes | None = None,
        callback_uri: str | bytes | None = None,
        signature_method: str = "HMAC-SHA1",
        signature_type: str = "AUTH_HEADER",
        rsa_key: Any = None,
        verifier: str | bytes | None = None,
        decoding: str | None = "utf-8",
        client_class: Any = None,
        force_include_body: bool = False,
        *,
        realm: str | bytes | None = None,
        nonce: str | None = None,
        timestamp: int | str | None = None,
        insecure: bool = False,
        clock: Clock | None = None,
    ) -> None:
        if client_class or self.client_class:
            raise Unsignable(
                "client_class",
                "oauthlib's classes don't sign here: give a valetkey.Signer as the first argument; it has"
                " body_hash=True, and takes signature methods of your own",
            )
        self.force_include_body = force_include_body
        self.insecure = insecure
        self.clock = clock
        self.client: Client
        self._decoding: str | None
        if isinstance(client_key, Signer):
            others = (client_secret, resource_owner_key, resource_owner_secret, rsa_key, realm)
            if any((*others, force_include_body)):
                raise Unsignable("client_secret", "a Signer has all that it signs with: give it alone")
            self.client, self._decoding, self._guesses = Client.of(client_key), None, False
            self.client.callback_uri, self.client.verifier = _text(callback_uri), _text(verifier)
            self.client.nonce, self.client.timestamp = nonce, timestamp
            return
        self._decoding, self._guesses = decoding, True
        self.client = Client(
            client_key,
            client_secret,
            resource_owner_key,
            resource_owner_secret,
            callback_uri,
            signature_method,
            signature_type,
            rsa_key,
            verifier,
            realm=realm,
            nonce=nonce,
            timestamp=timestamp,
            body_hash=force_include_body,
        )
        _ = self.client.signer  # what can't be signed with is said now, not at the first request

    def __repr__(self) -> str:
        return f"OAuth1({self.client!r})"

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        self.sign(r)
        hooks = r.hooks["response"]
        # Where it was signed before, that way is over.
        hooks[:] = [_Way(self, r), *(hook for hook in hooks if not isinstance(hook, _Way))]
        return r

    @property
    def signing(self) -> Signing:
        return Signing(self.client.signer, insecure=self.insecure, clock=self.clock)

    def sign(self, request: PreparedRequest) -> None:
        """Signs a prepared request, as it is to be sent; an earlier signature is replaced."""
        client, headers, body = self.client, request.headers, request.body
        content_type = _text(headers.get("Content-Type"))
        if self._guesses and content_type is None and isinstance(body, str) and _LIKE_A_FORM.fullmatch(body):
            content_type = headers["Content-Type"] = FORM
        readable = body is None or isinstance(body, (bytes, str))
        signed = self.signing.sign(
            request.method or "",
            request.url or "",
            content_type=content_type,
            authorization=_text(headers.get("Authorization")),
            body=body if isinstance(body, (bytes, str)) else None,
            streamed=not readable,
            oauth=client.oauth,
            nonce=client.nonce,
            timestamp=client.timestamp,
        )
        placement = client.signer.placement
        if placement == "header":
            value = signed.authorization
            headers["Authorization"] = value.encode(self._decoding) if self._decoding else value
        elif placement == "query":
            request.url = signed.url
        else:
            headers["Content-Type"] = signed.headers["Content-Type"]
            _put(request, signed.body)

    def unsign(self, request: PreparedRequest) -> None:
        """Takes away what :meth:`sign` added."""
        signing, headers = self.signing, request.headers
        if signing.signer.placement == "header":
            headers.pop("Authorization", None)
        request.url = signing.unsigned(request.url or "")
        if isinstance(request.body, bytes):
            _put(request, signing.unsigned_form(request.body))


class _Way:
    """Sees each answer to one request, so that redirects carry the right signature or none."""

    def __init__(self, auth: OAuth1, request: PreparedRequest) -> None:
        self._auth = auth
        self._here: str | None = request.url  # where it is signed; None once it has left
        self._signed = _marks(request)

    @classmethod
    def of(cls, request: PreparedRequest) -> "_Way | None":
        hooks: Iterable[object] = request.hooks.get("response", ())
        return next((hook for hook in hooks if isinstance(hook, cls)), None)

    def __reduce__(self) -> tuple[Callable[[], Callable[..., Response]], tuple[()]]:
        # requests pickles an answer with its request and that one's hooks; a signer's secrets stay here.
        return _no_way, ()

    def __call__(self, response: Response, **options: Any) -> Response:
        request = response.request
        if response.status_code == 401 and self._is_worth_it(response):
            response = self._sent_again(response, **options)
        if response.is_redirect:
            self._redirected(response, request)
        return response

    def arrive(self, request: PreparedRequest) -> None:
        """Signs `request`, which a redirect led to, or leaves it bare, and all that follow it."""
        self._auth.unsign(request)
        if self._here is None or not self._auth.signing.stays(self._here, request.url or ""):
            self._here = None
            return
        self._auth.sign(request)
        self._signed = _marks(request)

    def renew(self, request: PreparedRequest) -> None:
        """Signs `request` once more where it stands, if it is signed."""
        if self._here and self._auth.signing.stays(self._here, request.url or ""):
            self.arrive(request)

    def _redirected(self, response: Response, request: PreparedRequest) -> None:
        # requests copies `request` and asks nobody before it sends the copy. So the next request is made
        # here first, by requests' own code, and its signature put where the copy takes it from.
        if location := response.headers.get("Location"):
            response.headers["Location"] = self._auth.signing.unsigned(location)
        with requests.Session() as session:
            session.trust_env = False
            made = next(session.resolve_redirects(response, request, yield_requests=True), None)
        onward = cast(PreparedRequest | None, made)  # what it yields, whatever its signature says
        if onward is None:
            return
        response.request = request.copy()  # so that the history shows what was sent
        self._auth.unsign(request)
        self.arrive(onward)
        if self._here and self._auth.client.signer.placement == "header":
            request.headers["Authorization"] = onward.headers["Authorization"]
        elif self._here and isinstance(request.body, bytes) and isinstance(onward.body, bytes):
            _put(request, onward.body)

    def _is_worth_it(self, response: Response) -> bool:
        request = response.request
        known = isinstance(request.body, (bytes, str, type(None))) and _is_sync(response)
        if not (known and self._here and self._auth.signing.stays(self._here, request.url or "")):
            return False
        # Signed in the query, a redirect that requests followed by itself arrived without a signature.
        bare = _marks(request) != self._signed
        return bare or self._auth.signing.again(response.url, response.status_code, _texts(response))

    def _sent_again(self, response: Response, **options: Any) -> Response:
        _ = response.content  # read to its end, so that the connection can be used again
        response.close()
        request = response.request.copy()
        self._auth.unsign(request)
        self._auth.sign(request)
        self._signed = _marks(request)
        answer: Response = response.connection.send(request, **options)
        answer.history.append(response)
        answer.request = request
        return answer


class TokenRequestDenied(Error, ValueError):
    """The service gave no token. `response` is its answer."""

    def __init__(self, message: str, response: Response) -> None:
        super().__init__(message)
        self.response = response

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), _without_content(self.response))

    @property
    def status_code(self) -> int:
        return self.response.status_code


class TokenMissing(Error, ValueError):
    """There is no token in what should hold one. `response` is what was there."""

    def __init__(self, message: str, response: Any) -> None:
        super().__init__(message)
        self.response = response

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), None)


def _without_content(response: Response) -> Response:
    """What of an answer a pickled error keeps: its status, and no token that might be in it."""
    kept = Response()
    kept.status_code = response.status_code
    return kept


class VerifierMissing(Error, ValueError):
    """The third leg needs the verifier, and there is none."""


class OAuth1Session(requests.Session):
    """A session that signs each request and walks the three legs: requests-oauthlib's class of this name.

    It keeps what it is given and the tokens that it gets, and so belongs to one person at a time. For more
    than one, and for what is checked between the legs, see :class:`~valetkey.Handshake`.

    :param insecure: allows the token legs, and PLAINTEXT, over http to another computer.
    :param clock: as :class:`OAuth1` takes it, and the other arguments too.
    """

    auth: OAuth1

    def __init__(
        self,
        client_key: str | bytes,
        client_secret: str | bytes | None = None,
        resource_owner_key: str | bytes | None = None,
        resource_owner_secret: str | bytes | None = None,
        callback_uri: str | bytes | None = None,
        signature_method: str = "HMAC-SHA1",
        signature_type: str = "AUTH_HEADER",
        rsa_key: Any = None,
        verifier: str | bytes | None = None,
        client_class: Any = None,
        force_include_body: bool = False,
        *,
        decoding: str | None = "utf-8",
        realm: str | bytes | None = None,
        nonce: str | None = None,
        timestamp: int | str | None = None,
        insecure: bool = False,
        clock: Clock | None = None,
    ) -> None:
        super().__init__()
        self._client = self.auth = OAuth1(
            client_key,
            client_secret,
            resource_owner_key,
            resource_owner_secret,
            callback_uri,
            signature_method,
            signature_type,
            rsa_key,
            verifier,
            decoding,
            client_class,
            force_include_body,
            realm=realm,
            nonce=nonce,
            timestamp=timestamp,
            insecure=insecure,
            clock=clock,
        )
        for scheme in ("https://", "http://"):
            self.mount(scheme, OAuth1Adapter())

    @property
    def token(self) -> dict[str, str]:
        """The token that it signs with, by the names that it had in an answer; a request token's verifier
        too. Setting it takes such a dictionary.
        """
        client = self._client.client
        held = {
            "oauth_token": client.resource_owner_key,
            "oauth_token_secret": client.resource_owner_secret,
            "oauth_verifier": getattr(client, "verifier", None),
        }
        return {name: value for name, value in held.items() if value}

    @token.setter
    def token(self, value: Mapping[str, str]) -> None:
        if "oauth_token" not in value:
            raise TokenMissing(f"There is no oauth_token among {_named(value)}.", value)
        client = self._client.client
        client.resource_owner_key = value["oauth_token"]
        if "oauth_token_secret" in value:
            client.resource_owner_secret = value["oauth_token_secret"]
        if "oauth_verifier" in value:
            client.verifier = value["oauth_verifier"]

    @property
    def authorized(self) -> bool:
        """Whether it has all that it takes to sign with a token."""
        client = self._client.client
        if client.signature_method.startswith("RSA-"):
            return bool(client.resource_owner_key)
        return bool(client.client_secret and client.resource_owner_key and client.resource_owner_secret)

    def fetch_request_token(
        self, url: str, realm: str | Iterable[str] | None = None, **request_kwargs: Any
    ) -> dict[str, str]:
        """The first leg (section 2.1): asks the service for a request token, and keeps it.

        :param realm: what access is asked for, in the header of this request.
        :param request_kwargs: as ``Session.post`` takes them.
        :raises TokenRequestDenied: where the service refuses.
        :raises TokenMissing: where its answer has no token; ValueError, where it can't be read.
        """
        client = self._client.client
        before = client.realm
        if realm:
            client.realm = realm if isinstance(realm, str) else " ".join(realm)
        try:
            token = self._fetch_token(url, **request_kwargs)
        finally:
            client.realm = before
        client.callback_uri = None
        return token

    def authorization_url(self, url: str, request_token: str | None = None, **kwargs: str) -> str:
        """The second leg (section 2.2): the page to send the person to.

        :param kwargs: further parameters of the service, decoded.
        :raises TokenMissing: where there is no request token yet.
        """
        token = request_token or self._client.client.resource_owner_key
        if not token:
            raise TokenMissing("There is no request token yet: call fetch_request_token first.", {})
        address, mark, fragment = url.partition("#")
        added = form_encode([*((name, str(value)) for name, value in kwargs.items()), ("oauth_token", token)])
        return f"{address}{'&' if '?' in address else '?'}{added}{mark}{fragment}"

    def parse_authorization_response(self, url: str) -> dict[str, str]:
        """What the address holds that the person came back to; the verifier is kept.

        :raises TokenMissing: where it has no token, or another than this session started with: a stranger's
            link would connect a stranger's account.
        """
        token = _members(url.partition("#")[0].partition("?")[2])
        started = self._client.client.resource_owner_key
        if started and token.get("oauth_token", started) != started:
            raise TokenMissing("The address belongs to another request token than this session's.", token)
        self.token = token
        return token

    def fetch_access_token(
        self, url: str, verifier: str | None = None, **request_kwargs: Any
    ) -> dict[str, str]:
        """The third leg (section 2.3): exchanges the request token for an access token, and keeps it.

        :param verifier: where :meth:`parse_authorization_response` hasn't read it.
        :raises VerifierMissing: where there is none.
        :raises TokenRequestDenied: as :meth:`fetch_request_token` does.
        """
        client = self._client.client
        if verifier:
            client.verifier = verifier
        if not getattr(client, "verifier", None):
            raise VerifierMissing("No client verifier has been set.")
        token = self._fetch_token(url, **request_kwargs)
        client.verifier = None
        return token

    def rebuild_auth(self, prepared_request: PreparedRequest, response: Response) -> None:
        """Signs the request that follows a redirect anew at the same origin, and bares it at another."""
        way = _Way.of(prepared_request)
        if way is None:
            super().rebuild_auth(prepared_request, response)
        else:
            way.arrive(prepared_request)

    def _fetch_token(self, url: str, **request_kwargs: Any) -> dict[str, str]:
        check_channel("url", url, insecure=self._client.insecure)
        options = {"timeout": TIMEOUT, "allow_redirects": False, "stream": True} | request_kwargs
        options["headers"] = {"Accept-Encoding": "identity", **(options.get("headers") or {})}
        with within(_total(options["timeout"])):
            response = self.post(url, **options)
            try:
                _bound(response)
            except (ServiceError, HTTPError) as error:
                raise TokenRequestDenied(f"The token's answer can't be used: {error}", response) from error
        if response.status_code >= 300:
            raise TokenRequestDenied(
                f"The service gave no token: it answered {response.status_code},"
                f" “{masked(response.text.encode())[:300].strip()}”.",
                response,
            )
        token = _members(response.text.strip())
        self.token = token
        return token


class OAuth1Adapter(HTTPAdapter):
    """requests' way to the network, which signs each try anew: ``session.mount("https://",
    OAuth1Adapter(max_retries=3))``. urllib3 alone would send the old signature again, and be refused.

    It also bounds the whole of an answer where the legs need that. :class:`OAuth1Session` has one.

    :param max_retries: a number, or a urllib3 ``Retry``, whose rules hold: a POST isn't tried again unless it
        says so.
    """

    def __init__(self, *, max_retries: Retry | int = 0, **options: Any) -> None:
        super().__init__(max_retries=0, **options)
        self.retries: Retry = (
            max_retries if isinstance(max_retries, Retry) else Retry(max_retries, read=False)
        )

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        retries, way = self.retries, _Way.of(request)
        while True:
            response, failure = self._try(request, *args, **options)
            raw = None if response is None else response.raw
            if response is not None and not self._wants_more(retries, request, response):
                return response
            try:
                retries = retries.increment(request.method, request.url, raw, _reason(failure))
            except HTTPError as error:
                raise failure or requests.exceptions.RetryError(error, request=request) from error
            if response is not None:
                response.close()
            retries.sleep(raw)
            if way:
                way.renew(request)

    def _try(
        self, request: PreparedRequest, *args: Any, **options: Any
    ) -> tuple[Response | None, Exception | None]:
        try:
            return super().send(request, *args, **options), None
        except (requests.ConnectionError, requests.Timeout) as error:
            if isinstance(request.body, (bytes, str, type(None))):
                return None, error
            raise

    def _wants_more(self, retries: Retry, request: PreparedRequest, response: Response) -> bool:
        known = isinstance(request.body, (bytes, str, type(None)))
        told = "Retry-After" in response.headers
        return known and retries.is_retry(request.method or "", response.status_code, told)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager


def _reason(failure: Exception | None) -> Exception | None:
    """What urllib3 raised, which requests wraps: by it a ``Retry`` counts."""
    inner = failure.args[0] if failure and failure.args else failure
    inner = getattr(inner, "reason", inner)
    return inner if isinstance(inner, Exception) else failure


class _Http(HTTPConnection):
    response_class = TimelyResponse


class _Https(HTTPSConnection):
    response_class = TimelyResponse


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


_POOLS = {"http": _HttpPool, "https": _HttpsPool}


def send(signed: Signed, *, session: requests.Session | None = None, timeout: float = TIMEOUT) -> Answer:
    """Sends `signed` as it is and gives the answer, whatever its status. Redirects aren't followed.

    :param session: whose proxies, certificates and adapters are used; nothing else of it is sent along.
        One of your own bounds an answer whose headers drip only with :class:`OAuth1Adapter`.
    :param timeout: seconds for the whole of it.
    :raises ServiceError: where there is no answer (`status` 0), or one of more than 1,000,000 octets.
    :raises Unsignable: for another scheme than https or http, or where requests would send another address
        than was signed.
    """
    if session is None:
        with requests.Session() as session:
            for scheme in ("https://", "http://"):
                session.mount(scheme, OAuth1Adapter())
            return send(signed, session=session, timeout=timeout)
    request = PreparedRequest()
    request.prepare(signed.method, signed.url, dict(signed.headers), data=signed.body)
    check_sendable(signed, request.url)
    request.headers.setdefault("Accept-Encoding", "identity")
    # Given outright, since requests lets the environment's bundle win over a session's own.
    verify = None if session.verify is True else session.verify
    settings = session.merge_environment_settings(signed.url, {}, True, verify, None)
    try:
        with within(timeout):
            response = session.send(request, allow_redirects=False, timeout=timeout, **settings)
            with response:
                _bound(response)
                return Answer(response.status_code, _texts(response), response.content)
    except (requests.RequestException, HTTPError, OSError) as error:
        raise no_answer(signed.url, error) from error


def fetch_request_token(
    handshake: Handshake, *, session: requests.Session | None = None, timeout: float = TIMEOUT
) -> RequestToken:
    """The first leg (section 2.1).

    :param session: as :func:`send` takes it, and `timeout` too.
    :raises ServiceError: where the service refuses.
    """
    return run(handshake.requesting(partial(send, session=session, timeout=timeout)))


def fetch_access_token(
    handshake: Handshake,
    request_token: RequestToken,
    verifier: str,
    *,
    session: requests.Session | None = None,
    timeout: float = TIMEOUT,
) -> AccessToken:
    """The third leg (section 2.3), likewise.

    :param verifier: from :meth:`Handshake.verifier`, or the PIN that the person typed.
    """
    sending = partial(send, session=session, timeout=timeout)
    return run(handshake.exchanging(sending, request_token, verifier))


def authorize(
    handshake: Handshake,
    ask: Callable[[str], str],
    *,
    session: requests.Session | None = None,
    timeout: float = TIMEOUT,
) -> AccessToken:
    """Walks the three legs, as :func:`valetkey.urllib.authorize` does.

    :param ask: is given the address of the page where the person decides, shows it to them, and returns what
        came back: the address of the callback with its query, or, where the handshake's callback is ``oob``,
        the PIN that they typed.
    :raises ServiceError: where the service refuses.
    :raises Denied: where the person says no.
    :raises BadCallback: where what came back belongs to another request.
    """
    return run(handshake.walking(partial(send, session=session, timeout=timeout), ask))


# What requests-oauthlib takes for a form, where nothing says what it is.
_LIKE_A_FORM = re.compile(r"[A-Za-z0-9_.\-=&;:%+~,*@!()/?'$]+")


def _placement(signature_type: str) -> Placement:
    if signature_type not in PLACEMENTS:
        raise Unsignable("signature_type", f"“{signature_type}” is no place: use {named(PLACEMENTS)}")
    return PLACEMENTS[signature_type]


def _text(value: str | bytes | None) -> str | None:
    return value.decode() if isinstance(value, bytes) else value


def _texts(response: Response) -> dict[str, str]:
    return {name: _text(value) or "" for name, value in response.headers.items()}


def _put(request: PreparedRequest, body: bytes | None) -> None:
    # Not by requests' own method, which keeps the old length where the new one is 0.
    request.body = body
    request.headers["Content-Length"] = str(len(body or b""))


def _marks(request: PreparedRequest) -> tuple[object, ...]:
    return request.url, request.body, request.headers.get("Authorization")


def _is_sync(response: Response) -> bool:
    """Whether there is a way to send again: not for what was made up, nor where niquests awaits it."""
    send = getattr(getattr(response, "connection", None), "send", None)
    return send is not None and not iscoroutinefunction(send)


def _no_way() -> Callable[..., Response]:
    return _passing


def _passing(response: Response, **options: Any) -> Response:
    return response


def _members(text: str) -> dict[str, str]:
    """The decoded members of a form, or of a JSON object where it isn't one."""
    try:
        if _LIKE_A_FORM.fullmatch(text):
            pairs = form_decode(text)
        else:
            found = json.loads(text or "{}")
            pairs = [(str(name), str(value)) for name, value in found.items()]
    except (Malformed, ValueError, AttributeError):
        raise ValueError(f"There is no token to be read: “{masked(text.encode())[:300]}”.") from None
    names = [name for name, _ in pairs if name.startswith("oauth_")]
    if len(names) != len(set(names)):
        raise ValueError("The token's answer says the same twice.")
    return dict(pairs)


def _named(members: Mapping[str, str]) -> str:
    return named(members) if members else "nothing"


def _bound(response: Response) -> None:
    """Reads the answer to its end, or to the limit."""
    raw = getattr(response, "raw", None)
    if raw is None:
        return
    reading = Reading(response.status_code, response.headers.get("Content-Encoding"))
    try:
        while piece := raw.read(65_536, decode_content=False):
            reading.add(piece)
    finally:
        raw.close()
    response.raw = io.BytesIO(reading.body)


def _total(timeout: Any) -> float:
    parts = timeout if isinstance(timeout, tuple) else (timeout,)
    return sum(part for part in parts if part is not None) or TIMEOUT
