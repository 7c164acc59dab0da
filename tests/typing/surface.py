"""The types of what needs nothing installed, as a user's type checker must see them.

Nothing here runs. `test_users.py` has it checked by mypy and by pyright, as if a user had written it.
"""

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NamedTuple, assert_type

import oauth
import valetkey.urllib
from valetkey import (
    AccessToken,
    Answer,
    AsyncProviderStore,
    AsyncStore,
    BadCallback,
    Clock,
    Consumer,
    Decision,
    Denied,
    Error,
    Handshake,
    Headers,
    Leg,
    MemoryStore,
    Parameter,
    Pending,
    Provider,
    ProviderStore,
    Refused,
    Reply,
    RequestToken,
    Service,
    ServiceError,
    Signed,
    Signer,
    Store,
    Unsignable,
    Verified,
    Verifier,
    asgi,
    register_signature_method,
    services,
    wsgi,
)
from valetkey.flow import Flow
from valetkey.protocol.cases import Case
from valetkey.protocol.signatures import Hmac
from valetkey.services import Legs, Quirks
from valetkey.stores import StoredRequestToken
from valetkey.stores.memory import MemoryConsumer, MemoryRequestToken, MemoryToken
from valetkey.stores.nonces import Nonces, digest, with_nonces
from valetkey.stores.sqlite import AsyncSQLiteStore, SQLiteStore, Unusable

# --- The values -----------------------------------------------------------------------------------


def credentials(token: AccessToken, request_token: RequestToken) -> None:
    consumer = Consumer("heron", "a secret")
    assert_type(Consumer("heron", rsa_key="a PEM", signature_methods=["RSA-SHA256"]), Consumer)
    assert_type((consumer.key, consumer.secret), tuple[str, str])
    assert_type(consumer.rsa_key, Any)
    assert_type(consumer.signature_methods, tuple[str, ...] | None)
    assert_type(AccessToken("a token", "its secret", extra={"user_id": "1"}), AccessToken)
    assert_type((token.key, token.secret), tuple[str, str])
    assert_type(token.extra, Mapping[str, str])
    assert_type((token.session_handle, token.expires_in), tuple[str, int | None])
    assert_type(RequestToken("a token", "its secret"), RequestToken)
    assert_type((request_token.key, request_token.secret), tuple[str, str])


def messages(headers: Headers, parameter: Parameter) -> None:
    assert_type(Headers(), Headers)
    assert_type(Headers({"Accept": "*/*"}), Headers)
    assert_type(Headers([("Accept", "text/html"), ("Accept", "*/*")]), Headers)
    assert_type((headers["Accept"], headers.get("Accept")), tuple[str, str | None])
    assert_type(headers.pairs, tuple[tuple[str, str], ...])
    assert_type(headers.every("Accept"), list[str])
    assert_type(headers.replacing("Accept", "*/*"), Headers)
    answer = Answer(200, {"Content-Type": "text/plain"}, "text")
    assert_type((answer.status, answer.headers, answer.body), tuple[int, Headers, bytes])
    reply: Reply = answer
    assert_type(reply, Answer)
    assert_type(Parameter("page", "2", "query"), Parameter)
    assert_type((parameter.name, parameter.value), tuple[str, str])
    assert_type(parameter.source, Literal["query", "header", "form"])


def errors(refused: Refused, service: ServiceError, denied: Denied, bad: BadCallback) -> None:
    def every(*errors: Error) -> None: ...

    def wrong(error: ValueError) -> None: ...

    every(refused, service, denied, bad, Unsignable("url", "it isn't absolute"))
    wrong(Unsignable("url", "it isn't absolute"))
    assert_type((refused.problem, refused.advice, refused.detail, refused.id), tuple[str, str, str, str])
    assert_type((refused.status, refused.retry_after), tuple[int, int | None])
    assert_type(refused.facts, dict[str, str])
    assert_type(refused.case, Case | None)
    assert_type(refused.parameters, list[tuple[str, str]])
    assert_type((refused.headers, refused.reply()), tuple[Headers, Answer])
    assert_type((service.message, service.status, service.problem), tuple[str, int, str])
    assert_type((service.headers, service.body), tuple[Headers, bytes])
    assert_type((denied.token, bad.missing), tuple[str, str])
    unsignable = Unsignable("url", "it isn't absolute")
    assert_type((unsignable.what, unsignable.reason), tuple[str, str])


# --- The client's side ----------------------------------------------------------------------------


def signing(consumer: Consumer, token: AccessToken, request_token: RequestToken) -> Signed:
    signer = Signer(consumer, token, signature_method="HMAC-SHA256", realm="Birds", placement="header")
    assert_type(Signer(consumer, request_token, placement="query", body_hash=False, version=False), Signer)
    assert_type(Signer(consumer, placement="body"), Signer)
    assert_type(signer.consumer, Consumer)
    assert_type(signer.token, AccessToken | RequestToken | None)
    assert_type((signer.signature_method, signer.realm), tuple[str, str | None])
    assert_type(signer.placement, Literal["header", "query", "body"])
    assert_type((signer.body_hash, signer.version), tuple[bool, bool])
    assert_type(signer.sign("GET", "https://api.example/"), Signed)
    assert_type(signer.sign("POST", "https://api.example/", body=b"octets"), Signed)
    assert_type(signer.sign("POST", "https://api.example/", headers=[("Accept", "*/*")], body="text"), Signed)
    signed = signer.sign(
        "GET", "https://api.example/", oauth={"oauth_callback": "oob"}, nonce="n", timestamp=1
    )
    assert_type((signed.method, signed.url), tuple[str, str])
    assert_type((signed.headers, signed.body), tuple[Headers, bytes | None])
    assert_type((signed.base_string, signed.signature, signed.authorization), tuple[str, str, str])
    assert_type(signed.parameters, tuple[Parameter, ...])
    register_signature_method("HMAC-SHA384", Hmac("sha384"))
    return signed


def walking(consumer: Consumer, service: Service, answer: Answer, clock: Clock) -> None:
    handshake = Handshake(
        consumer, service, callback="oob", insecure=False, headers={"User-Agent": "Heron"}, clock=clock
    )
    assert_type((handshake.consumer, handshake.service), tuple[Consumer, Service])
    assert_type((handshake.callback, handshake.insecure), tuple[str, bool])
    assert_type((handshake.headers, handshake.clock), tuple[dict[str, str], Clock | None])
    first = handshake.request_token(x_auth_access_type="read")
    assert_type(first, Leg[RequestToken])
    assert_type(first.request, Signed)
    request_token = first.read(answer)
    assert_type(request_token, RequestToken)
    assert_type(handshake.authorize_url(request_token, force_login="true"), str)
    verifier = handshake.verifier("https://heron.example/?oauth_token=t", request_token)
    assert_type(verifier, str)
    third = handshake.access_token(request_token, verifier)
    assert_type(third, Leg[AccessToken])
    assert_type(third.read(answer), AccessToken)
    assert_type(handshake.renew(third.read(answer)), Leg[AccessToken])
    ended = handshake.revoke(third.read(answer))
    assert_type(ended, Leg[None])
    reader: Callable[[Answer], None] = ended.read
    assert_type(Leg(first.request, reader), Leg[None])


def sending(handshake: Handshake, send: Callable[[Signed], Answer], request_token: RequestToken) -> None:
    assert_type(handshake.requesting(send), Flow[RequestToken])
    assert_type(handshake.exchanging(send, request_token, "a verifier"), Flow[AccessToken])
    assert_type(handshake.walking(send, input), Flow[AccessToken])


def clocks(answer: Answer) -> None:
    clock = Clock(most=3600, time=lambda: 1_795_500_000.0)
    assert_type(clock(), int)
    assert_type((clock.offset, clock.most), tuple[float, float])
    assert_type(clock.hear("https://api.example/", answer.headers), bool)


def by_urllib(
    signer: Signer, signed: Signed, handshake: Handshake, token: RequestToken, clock: Clock
) -> None:
    with valetkey.urllib.opener(signer, insecure=False, clock=clock).open("https://api.example/") as opened:
        opened.read()
    assert_type(valetkey.urllib.send(signed, timeout=30), Answer)
    assert_type(valetkey.urllib.fetch_request_token(handshake, timeout=30), RequestToken)
    assert_type(valetkey.urllib.fetch_access_token(handshake, token, "a verifier"), AccessToken)
    assert_type(valetkey.urllib.authorize(handshake, lambda url: input(url)), AccessToken)


# --- Services -------------------------------------------------------------------------------------


def presets(consumer: Consumer, token: AccessToken) -> None:
    known = [
        *(services.BRICKLINK, services.CARDMARKET, services.DISCOGS, services.ETRADE, services.FATSECRET),
        *(services.FLICKR, services.HERE, services.LAUNCHPAD, services.LTI_LAUNCH, services.LTI_OUTCOMES),
        *(services.MASTERCARD, services.MEDIAWIKI, services.NOUN_PROJECT, services.SCHOOLOGY),
        *(services.SMUGMUG, services.TUMBLR, services.ZOTERO, services.X),
        *(services.jira("https://jira.example"), services.maas("https://maas.example/MAAS")),
        *(services.magento("https://shop.example", signature_method="HMAC-SHA1"),),
        *(services.mediawiki("https://wiki.example/w/index.php"), services.okapi("https://okapi.example")),
        *(services.netsuite("1234567_SB1"), services.woocommerce("http://shop.example", legacy=True)),
    ]
    assert_type(known, list[Service])
    assert_type(services.X.signer(consumer, token), Signer)
    assert_type(services.X.leg_signer(consumer), Signer)
    assert_type(services.X.replace(realm="Birds"), Service)


def service() -> None:
    made = Service(
        "https://api.example/request_token",
        "https://api.example/authorize",
        "https://api.example/access_token",
        signature_method="HMAC-SHA256",
        placement="query",
        legs=Legs(extras="body", denials=[("oauth_verifier", "")]),
        quirks=Quirks(body_hash="sha256", multipart=["file"]),
        urls={"api": "https://api.example/"},
    )
    assert_type((made.request_token_url, made.authorize_url, made.access_token_url), tuple[str, str, str])
    assert_type((made.signature_method, made.realm, made.method), tuple[str, str | None, str])
    assert_type(made.placement, Literal["header", "query", "body"])
    assert_type((made.body_hash, made.version), tuple[bool, bool])
    assert_type((made.urls, made.source), tuple[Mapping[str, str], str])
    assert_type((made.legs, made.quirks), tuple[Legs, Quirks | None])
    legs = made.legs
    assert_type((legs.without_revision_a, legs.unconfirmed_callback, legs.only_oob), tuple[bool, bool, bool])
    assert_type(legs.placement, Literal["header", "query", "body"] | None)
    assert_type(legs.extras, Literal["query", "body"])
    assert_type((legs.headers, legs.authorize), tuple[Mapping[str, str], Mapping[str, str]])
    assert_type((legs.callback_name, legs.return_name), tuple[str, str])
    assert_type((legs.token_name, legs.key_name), tuple[str, str])
    assert_type(legs.denials, frozenset[tuple[str, str]])
    assert_type((legs.renew_url, legs.revoke_url), tuple[str, str])
    quirks = Quirks()
    assert_type(quirks.realm, Callable[[str], str] | None)
    assert_type((quirks.oauth, quirks.multipart), tuple[Mapping[str, str], frozenset[str] | None])
    assert_type((quirks.body_hash, quirks.hash_all), tuple[str, bool])
    assert_type((quirks.raw_header, quirks.secret_alone), tuple[bool, bool])
    assert_type(quirks.join("page=2", [], []), list[tuple[Parameter, str]])


# --- The server's side ----------------------------------------------------------------------------


class Row(NamedTuple):
    """A consumer of a user's own, which knows nothing of this package."""

    key: str
    secret: str
    name: str
    rsa_key: None = None
    signature_methods: None = None


class Grant(NamedTuple):
    """Likewise, a token."""

    key: str
    secret: str
    person: str


class Rows:
    """A user's own store, for verifying."""

    def find(self, consumer_key: str, token: str | None) -> tuple[Row | None, Grant | None]:
        return None, None

    def claim_nonce(
        self, consumer_key: str, token: str | None, timestamp: int, nonce: str, *, until: float
    ) -> bool:
        return True


class LaterRows:
    """Likewise, for coroutines."""

    async def find(self, consumer_key: str, token: str | None) -> tuple[Row | None, Grant | None]:
        return None, None

    async def claim_nonce(
        self, consumer_key: str, token: str | None, timestamp: int, nonce: str, *, until: float
    ) -> bool:
        return True


def stores_of_ones_own() -> None:
    store: Store[Row, Grant] = Rows()
    later: AsyncStore[Row, Grant] = LaterRows()
    assert_type(Verifier(store), Verifier[Row, Grant])
    assert_type(Verifier(later), Verifier[Row, Grant])


def verifying(request: Signed) -> None:
    verifier = Verifier(
        Rows(),
        signature_methods=["HMAC-SHA256"],
        window=300,
        require_token=False,
        max_parameters=100,
        max_octets=1_000_000,
        quirks=["empty-token"],
        require_body_hash=True,
    )
    assert_type(verifier, Verifier[Row, Grant])
    assert_type(verifier.store, Store[Row, Grant] | AsyncStore[Row, Grant])
    assert_type((verifier.signature_methods, verifier.quirks), tuple[tuple[str, ...], frozenset[str]])
    assert_type((verifier.window, verifier.max_parameters, verifier.max_octets), tuple[int, int, int])
    assert_type((verifier.require_token, verifier.require_body_hash), tuple[bool, bool])
    verified = verifier.verify("GET", request.url, headers=request.headers, body=request.body, now=0.0)
    assert_type(verified, Verified[Row, Grant])
    assert_type(verified.consumer, Row)
    assert_type(verified.consumer.name, str)
    assert_type(verified.token, Grant | None)
    assert_type((verified.method, verified.url), tuple[str, str])
    assert_type(verified.parameters, tuple[tuple[str, str], ...])
    assert_type(verified.oauth, Mapping[str, str])
    assert_type((verified.body_signed, verified.secret_index), tuple[bool, int])
    assert_type(verified.case(0.0), Case)
    assert_type(verifier.checks("GET", request.url, None, None, None), Flow[Verified[Row, Grant]])


async def verifying_later(request: Signed) -> None:
    verified = await Verifier(LaterRows()).averify("GET", request.url, headers=request.headers)
    assert_type(verified, Verified[Row, Grant])


def in_front_of_applications(app: asgi.Application) -> None:
    assert_type(asgi.OAuth1Middleware(app, Verifier(Rows()), origin=None), asgi.OAuth1Middleware)
    assert_type(
        asgi.OAuth1Middleware(app, verifier=Verifier(LaterRows()), optional=True), asgi.OAuth1Middleware
    )
    twice = asgi.OAuth1Middleware(asgi.OAuth1Middleware(app, Verifier(Rows())), Verifier(Rows()))
    wrapped = wsgi.OAuth1Middleware(lambda environ, start_response: [b""], Verifier(Rows()), optional=True)
    again = wsgi.OAuth1Middleware(wrapped, Verifier(Rows()), origin="https://api.example")
    assert_type((twice, again), tuple[asgi.OAuth1Middleware, wsgi.OAuth1Middleware])


async def asgi_parts(
    scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send, message: asgi.Message
) -> None:
    assert_type(await receive(), asgi.Message)
    await send(message)
    assert_type(scope["oauth"], Any)


# --- The stores that there are --------------------------------------------------------------------


def in_memory(consumer: Consumer, token: AccessToken, request_token: RequestToken) -> None:
    store = MemoryStore(clock=lambda: 0.0, max_nonces=10)
    as_provider_store: ProviderStore[Consumer, AccessToken | MemoryToken] = store
    store.add(consumer, token, MemoryToken("a token", "its secret", user="robin", access="read"))
    assert_type(store.remove("heron"), bool)
    assert_type(store.find("heron", None), tuple[Consumer | None, AccessToken | MemoryToken | None])
    assert_type(store.claim_nonce("heron", None, 1, "n", until=2.0), bool)
    assert_type(store.find_request_token("heron", "t"), tuple[Consumer | None, MemoryRequestToken | None])
    assert_type(store.open_request_token("t"), tuple[Consumer | None, MemoryRequestToken | None])
    assert_type(store.add_request_token("heron", request_token, callback="oob", expires=1.0), bool)
    decided = store.decide("t", allowed=True, user=1, access=None, verifier_hash="", expires=1.0)
    assert_type((decided, store.count_try("t")), tuple[bool, int])
    assert_type(store.exchange("t", token), MemoryToken | None)
    assert_type(store.revoke("t"), bool)
    assert_type(Verifier(store), Verifier[Consumer, AccessToken | MemoryToken])
    assert_type(Provider(as_provider_store), Provider[Consumer, AccessToken | MemoryToken])
    kept = MemoryConsumer("heron", callbacks=["https://heron.example/"])
    assert_type(kept.callbacks, tuple[str, ...])


def in_a_file(path: PathLike[str], nonces: Nonces, unusable: Unusable) -> None:
    store = SQLiteStore(path, encryption_keys=["…"], timeout=5)
    assert_type(store.find("heron", None), tuple[MemoryConsumer | None, MemoryToken | None])
    assert_type((store.seal_again(), store.prune(100)), tuple[int, int])
    assert_type(Verifier(store), Verifier[MemoryConsumer, MemoryToken])
    assert_type(Provider(store), Provider[MemoryConsumer, MemoryToken])
    assert_type(with_nonces(store, nonces), SQLiteStore)
    assert_type(digest("heron", None, 1, "n"), bytes)
    assert_type((unusable.path, unusable.reason), tuple[Path, str])
    store.close()


async def in_a_file_later(store: SQLiteStore, consumer: Consumer, token: AccessToken) -> None:
    later = AsyncSQLiteStore(store)
    as_provider_store: AsyncProviderStore[MemoryConsumer, MemoryToken] = later
    assert_type(later.store, SQLiteStore)
    await later.add(consumer, token)
    assert_type(await later.remove("heron"), bool)
    assert_type(await later.find("heron", "t"), tuple[MemoryConsumer | None, MemoryToken | None])
    assert_type(await later.claim_nonce("heron", None, 1, "n", until=2.0), bool)
    assert_type(await later.exchange("t", token), MemoryToken | None)
    assert_type(Verifier(later), Verifier[MemoryConsumer, MemoryToken])
    assert_type(Provider(as_provider_store), Provider[MemoryConsumer, MemoryToken])
    await later.close()


# --- The three legs, at the service ---------------------------------------------------------------


def providing(
    provider: Provider[Consumer, MemoryToken], request: Signed, random: Callable[[int], bytes]
) -> None:
    def asked_access(verified: Verified[MemoryConsumer, Any]) -> str | None:
        return verified.consumer.callbacks[0]

    made = Provider(
        SQLiteStore("birds"),
        lifetime=600,
        tries=5,
        random=random,
        asked_access=asked_access,
        reply=Refused.reply,
    )
    assert_type(made, Provider[MemoryConsumer, MemoryToken])
    assert_type(
        provider.store, ProviderStore[Consumer, MemoryToken] | AsyncProviderStore[Consumer, MemoryToken]
    )
    assert_type(provider.verifier, Verifier[Consumer, MemoryToken])
    assert_type((provider.lifetime, provider.tries), tuple[int, int])
    assert_type((provider.clock(), provider.random(16)), tuple[float, bytes])
    assert_type(provider.reply(Refused("token_rejected", "…")), Answer)
    assert_type(provider.asked_access, Callable[[Verified[Consumer, Any]], str | None])
    assert_type(
        provider.request_token("POST", request.url, headers=request.headers, body=request.body), Answer
    )
    pending = provider.pending("t")
    assert_type(pending, Pending[Consumer])
    assert_type((pending.consumer, pending.token), tuple[Consumer, StoredRequestToken])
    assert_type((pending.callback, pending.access), tuple[str, str | None])
    decision = provider.allow("t", "robin", access="read")
    assert_type((decision, provider.deny("t")), tuple[Decision, Decision])
    assert_type((decision.redirect, decision.pin), tuple[str | None, str | None])
    assert_type(provider.access_token("POST", request.url, headers=request.headers), Answer)
    assert_type(provider.invalidate_token("POST", request.url), Answer)
    assert_type(provider.revoke("t"), bool)


async def providing_later(provider: Provider[Row, Grant], request: Signed) -> None:
    assert_type(await provider.arequest_token("POST", request.url, headers=request.headers), Answer)
    assert_type(await provider.apending("t"), Pending[Row])
    assert_type(await provider.aallow("t", "robin"), Decision)
    assert_type(await provider.adeny("t", "robin"), Decision)
    assert_type(await provider.aaccess_token("POST", request.url), Answer)
    assert_type(await provider.ainvalidate_token("POST", request.url), Answer)
    assert_type(await provider.arevoke("t"), bool)


# --- The tutorial's module ------------------------------------------------------------------------


def tutorial(error: oauth.OAuthError, values: oauth.Values) -> None:
    oauth.setConsumerCreds("heron", "a secret")
    assert_type(oauth.get_authorization_url("https://a/", "https://b/", "oob"), str)
    oauth.get_access_token("https://c/", oauth.requestToken, oauth.requestTokenSecret, "a verifier")
    oauth.set_access_token(oauth.accessToken, oauth.accessTokenSecret)
    assert_type((oauth.requestToken, oauth.accessTokenSecret), tuple[str, str])
    assert_type(oauth.get_api_response("https://d/", "POST", {"status": "Hello", "ids": [1, 2]}), str)
    assert_type((oauth.consumerKey, oauth.consumerSecret), tuple[str, str])
    assert_type((oauth.signatureMethod, oauth.timeout), tuple[str, float])
    assert_type(oauth.get_api_response("https://d/", parameters=values), str)
    assert_type((error.status, error.body), tuple[int, str])
    with oauth.fresh(), oauth.watched(lambda signed, answer: (signed.url, answer.status)):
        assert_type(oauth.url_encode("a b"), str)
