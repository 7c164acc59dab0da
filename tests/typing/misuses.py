"""What a user's type checker must call an error: each line that says so, and no other.

mypy itself complains of a `type: ignore` where there is nothing to ignore; pyright is told to heed none, and
its complaints are compared with these lines. Nothing here runs; see `surface.py`.
"""

import httpx

import oauth
import valetkey.aiohttp
import valetkey.httpx
import valetkey.requests
from valetkey import (
    AccessToken,
    Answer,
    AsyncStore,
    Consumer,
    Handshake,
    Leg,
    MemoryStore,
    Parameter,
    Provider,
    RequestToken,
    Service,
    Signed,
    Signer,
    Store,
    Verifier,
    services,
)
from valetkey.django.decorators import OAuthRequest, oauth_required
from valetkey.services import Legs
from valetkey.wsgi import OAuth1Middleware

URL = "https://api.example/"


def credentials() -> None:
    Consumer(b"heron", "a secret")  # type: ignore[arg-type]  # text, not octets
    AccessToken("a token")  # type: ignore[call-arg]  # each token has a secret
    Parameter("page", "2", "cookie")  # type: ignore[arg-type]  # no such source
    Answer("200")  # type: ignore[arg-type]  # a status is a number


def signing(consumer: Consumer, token: AccessToken, signer: Signer) -> None:
    Signer("heron")  # type: ignore[arg-type]  # a Consumer, not its key
    Signer(consumer, "a token")  # type: ignore[arg-type]  # likewise
    Signer(consumer, token, "HMAC-SHA256")  # type: ignore[call-arg]  # by name only
    Signer(consumer, placement="cookie")  # type: ignore[arg-type]  # no such place
    Signer(consumer, realm=7)  # type: ignore[arg-type]  # text
    signer.sign("GET")  # type: ignore[call-arg]  # to where?
    signer.sign("GET", b"https://api.example/")  # type: ignore[arg-type]  # text, not octets
    signer.sign("POST", URL, body=7)  # type: ignore[arg-type]  # neither octets nor text
    signer.sign("POST", URL, body={"status": "Hello"})  # type: ignore[arg-type]  # not encoded
    signer.sign("GET", URL, headers={"X-Count": 7})  # type: ignore[arg-type]  # text
    signer.sign("GET", URL, oauth={"oauth_verifier": 7})  # type: ignore[dict-item]  # text


def walking(consumer: Consumer, handshake: Handshake, leg: Leg[RequestToken], answer: Answer) -> None:
    Handshake(consumer, URL)  # type: ignore[arg-type]  # a Service, not its address
    handshake.request_token(count=7)  # type: ignore[arg-type]  # text
    handshake.access_token("a token", "a verifier")  # type: ignore[arg-type]  # a RequestToken, not its key
    handshake.access_token(leg)  # type: ignore[arg-type]  # what the leg reads
    handshake.renew(leg.read(answer))  # type: ignore[arg-type]  # an access token
    leg.read(answer.body)  # type: ignore[arg-type]  # the whole answer
    services.netsuite(1234567)  # type: ignore[arg-type]  # text
    Service(URL, placement="form")  # type: ignore[arg-type]  # it is called body
    Legs(extras="header")  # type: ignore[arg-type]  # no such place


def verifying(
    store: Store[Consumer, AccessToken], later: AsyncStore[Consumer, AccessToken], sent: Signed
) -> None:
    Verifier(Consumer("heron"))  # type: ignore[arg-type]  # a store
    Verifier(store).verify(sent)  # type: ignore[call-arg, arg-type]  # what it consists of
    Verifier(store).verify("GET", URL, body="text")  # type: ignore[arg-type]  # octets, as they came
    verified = Verifier(store).verify("GET", URL)
    print(verified.token.key)  # type: ignore[union-attr]  # there may be none
    print(verified.consumer.name)  # type: ignore[attr-defined]  # the store's class hasn't got it
    print(Verifier(later).averify("GET", URL).consumer)  # type: ignore[attr-defined]  # not awaited
    Provider(store)  # type: ignore[arg-type]  # keeps no request tokens
    MemoryStore().add("heron")  # type: ignore[arg-type]  # a Consumer
    OAuth1Middleware(store, Verifier(store))  # type: ignore[arg-type]  # an application


async def adapters(signer: Signer, consumer: Consumer, handshake: Handshake) -> None:
    async def ask(page: str) -> str:
        return page

    valetkey.requests.OAuth1(consumer)  # type: ignore[arg-type]  # a Signer
    httpx.Client(auth=valetkey.requests.OAuth1(signer))  # type: ignore[arg-type]  # another library's
    valetkey.httpx.OAuth1(consumer)  # type: ignore[arg-type]  # a Signer
    valetkey.httpx.OAuth1Transport(signer, signer)  # type: ignore[arg-type]  # a transport of httpx
    valetkey.requests.authorize(handshake, ask)  # type: ignore[arg-type]  # it isn't awaited
    await valetkey.aiohttp.authorize(handshake, input)  # type: ignore[arg-type]  # it is awaited
    oauth.get_api_response(URL, "POST", [("status", "Hello")])  # type: ignore[arg-type]  # a mapping


@oauth_required
def view(request: OAuthRequest, page: int) -> str:
    print(request.oauth.consumer.nickname)  # type: ignore[attr-defined]  # no such field
    return ""


def views(request: OAuthRequest) -> None:
    oauth_required("write")  # type: ignore[call-overload]  # by name only
    oauth_required(acces="write")  # type: ignore[call-overload]  # misspelt
    view(request, "two")  # type: ignore[arg-type]  # the view's own types
    view(request)  # type: ignore[call-arg]  # likewise
