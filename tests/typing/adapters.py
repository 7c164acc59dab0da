"""The types of the client adapters and of Django's, as a user's type checker must see them.

Nothing here runs; see `surface.py`.
"""

from typing import Any, assert_type

import aiohttp
import httpx
import httpx2
import requests
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework.permissions import BasePermission
from rest_framework.response import Response
from rest_framework.views import APIView
from urllib3 import Retry
from valkey import Valkey
from valkey.asyncio import Valkey as AsyncValkey

import valetkey.aiohttp
import valetkey.httpx
import valetkey.requests
from valetkey import (
    AccessToken,
    Answer,
    Clock,
    Handshake,
    Provider,
    RequestToken,
    Signed,
    Signer,
    Verified,
    Verifier,
)
from valetkey.django.access import DjangoVerified
from valetkey.django.decorators import OAuthRequest, oauth_required
from valetkey.django.models import Access, Application
from valetkey.django.models import AccessToken as TokenRow
from valetkey.django.provider import get_provider, get_verifier
from valetkey.django.rest import (
    ConsumerRateThrottle,
    IsSigned,
    OAuth1Authentication,
    TokenRateThrottle,
)
from valetkey.django.rest import OAuthRequest as OAuthRestRequest
from valetkey.signing import Signing
from valetkey.stores.valkey import AsyncValkeyNonces, ValkeyNonces

# --- requests -------------------------------------------------------------------------------------


def by_requests(signer: Signer, clock: Clock) -> None:
    auth = valetkey.requests.OAuth1(signer, insecure=False, clock=clock)
    assert_type(requests.get("https://api.example/", auth=auth, timeout=30), requests.Response)
    with requests.Session() as session:
        session.auth = auth
        session.mount("https://", valetkey.requests.OAuth1Adapter(max_retries=3))
    assert_type((auth.client, auth.clock), tuple[valetkey.requests.Client, Clock | None])
    assert_type((auth.insecure, auth.force_include_body), tuple[bool, bool])
    assert_type(auth.signing, Signing)
    assert_type(valetkey.requests.OAuth1Adapter(max_retries=3).retries, Retry)
    assert_type(valetkey.requests.Client.of(signer).signer, Signer)


def clients(client: valetkey.requests.Client) -> None:
    assert_type((client.client_key, client.client_secret), tuple[str, str | None])
    assert_type((client.resource_owner_key, client.resource_owner_secret), tuple[str | None, str | None])
    assert_type(
        (client.callback_uri, client.verifier, client.realm), tuple[str | None, str | None, str | None]
    )
    assert_type((client.signature_method, client.signature_type), tuple[str, str])
    assert_type((client.nonce, client.timestamp), tuple[str | None, int | str | None])
    assert_type((client.body_hash, client.rsa_key), tuple[bool, Any])
    assert_type(client.oauth, dict[str, str])
    names = [
        *(valetkey.requests.SIGNATURE_HMAC, valetkey.requests.SIGNATURE_HMAC_SHA1),
        *(valetkey.requests.SIGNATURE_HMAC_SHA256, valetkey.requests.SIGNATURE_HMAC_SHA512),
        *(valetkey.requests.SIGNATURE_RSA, valetkey.requests.SIGNATURE_RSA_SHA1),
        *(valetkey.requests.SIGNATURE_RSA_SHA256, valetkey.requests.SIGNATURE_RSA_SHA512),
        *(valetkey.requests.SIGNATURE_PLAINTEXT, valetkey.requests.SIGNATURE_TYPE_AUTH_HEADER),
        *(valetkey.requests.SIGNATURE_TYPE_QUERY, valetkey.requests.SIGNATURE_TYPE_BODY),
    ]
    assert_type(names, list[str])


def legs_session(session: requests.Session) -> requests.Response:
    return session.get("https://api.example/")


def as_with_requests_oauthlib(prepared: requests.PreparedRequest, response: requests.Response) -> None:
    auth = valetkey.requests.OAuth1(
        "heron", client_secret="…", signature_type="QUERY", verifier=b"v", realm="Birds"
    )
    assert_type(auth(prepared), requests.PreparedRequest)
    auth.sign(prepared)
    auth.unsign(prepared)
    session = valetkey.requests.OAuth1Session(
        "heron",
        client_secret="…",
        callback_uri="oob",
        signature_method=valetkey.requests.SIGNATURE_HMAC_SHA256,
        signature_type=valetkey.requests.SIGNATURE_TYPE_AUTH_HEADER,
    )
    assert_type(session.auth, valetkey.requests.OAuth1)
    assert_type(session.fetch_request_token("https://api.example/", realm=["Birds"]), dict[str, str])
    assert_type(session.authorization_url("https://api.example/", force_login="true"), str)
    assert_type(session.parse_authorization_response("https://heron.example/?…"), dict[str, str])
    assert_type(session.fetch_access_token("https://api.example/", verifier="v"), dict[str, str])
    assert_type((session.token, session.authorized), tuple[dict[str, str], bool])
    session.token = {"oauth_token": "t", "oauth_token_secret": "…"}
    session.rebuild_auth(prepared, response)
    assert_type(legs_session(session), requests.Response)
    assert_type(valetkey.requests.TokenRequestDenied("…", response).status_code, int)
    assert_type(valetkey.requests.TokenRequestDenied("…", response).response, requests.Response)

    def wrong(*kinds: type[ValueError]) -> None: ...

    wrong(valetkey.requests.TokenMissing, valetkey.requests.VerifierMissing)


def legs_by_requests(
    signed: Signed, handshake: Handshake, token: RequestToken, session: requests.Session
) -> None:
    assert_type(valetkey.requests.send(signed, session=session, timeout=30), Answer)
    assert_type(valetkey.requests.fetch_request_token(handshake, session=session), RequestToken)
    assert_type(valetkey.requests.fetch_access_token(handshake, token, "a verifier"), AccessToken)
    assert_type(valetkey.requests.authorize(handshake, input), AccessToken)


# --- httpx and httpx2 -----------------------------------------------------------------------------


def by_httpx(signer: Signer, clock: Clock, signed: Signed, handshake: Handshake, token: RequestToken) -> None:
    auth = valetkey.httpx.OAuth1(signer, insecure=False, clock=clock)
    assert_type(httpx.Client(auth=auth).get("https://api.example/"), httpx.Response)
    assert_type(httpx2.Client(auth=auth).get("https://api.example/"), httpx2.Response)
    older = valetkey.httpx.OAuth1Transport(signer, httpx.HTTPTransport(), clock=clock)
    newer = valetkey.httpx.OAuth1Transport(signer, httpx2.HTTPTransport())
    with httpx.Client(transport=older) as client, httpx2.Client(transport=newer) as client2:
        assert_type(valetkey.httpx.send(signed, client=client, timeout=30), Answer)
        assert_type(valetkey.httpx.send(signed, client=client2), Answer)
        assert_type(valetkey.httpx.fetch_request_token(handshake, client=client), RequestToken)
        assert_type(
            valetkey.httpx.fetch_access_token(handshake, token, "a verifier", client=client2), AccessToken
        )
        assert_type(valetkey.httpx.authorize(handshake, input, client=client2), AccessToken)


def whichever(signer: Signer, transport: valetkey.httpx.Transport) -> None:
    assert_type(valetkey.httpx.OAuth1Transport(signer, transport), valetkey.httpx.OAuth1Transport)


def whichever_later(signer: Signer, transport: valetkey.httpx.AsyncTransport) -> None:
    assert_type(valetkey.httpx.AsyncOAuth1Transport(signer, transport), valetkey.httpx.AsyncOAuth1Transport)


async def ask(page: str) -> str:
    return page


async def by_httpx_later(signer: Signer, signed: Signed, handshake: Handshake, token: RequestToken) -> None:
    older = valetkey.httpx.AsyncOAuth1Transport(signer, httpx.AsyncHTTPTransport())
    newer = valetkey.httpx.AsyncOAuth1Transport(signer, httpx2.AsyncHTTPTransport())
    auth = valetkey.httpx.OAuth1(signer)
    async with httpx.AsyncClient(transport=older, auth=auth) as client:
        assert_type(await valetkey.httpx.asend(signed, client=client), Answer)
        assert_type(await valetkey.httpx.afetch_request_token(handshake, client=client), RequestToken)
    async with httpx2.AsyncClient(transport=newer, auth=auth) as client2:
        fetched = await valetkey.httpx.afetch_access_token(handshake, token, "a verifier", client=client2)
        assert_type(fetched, AccessToken)
        assert_type(await valetkey.httpx.aauthorize(handshake, ask, client=client2), AccessToken)


# --- aiohttp --------------------------------------------------------------------------------------


async def by_aiohttp(signer: Signer, signed: Signed, handshake: Handshake, token: RequestToken) -> None:
    async with aiohttp.ClientSession(middlewares=[valetkey.aiohttp.OAuth1(signer, clock=Clock())]) as session:
        assert_type(await valetkey.aiohttp.send(signed, session=session), Answer)
        assert_type(await valetkey.aiohttp.fetch_request_token(handshake, session=session), RequestToken)
        fetched = await valetkey.aiohttp.fetch_access_token(handshake, token, "a verifier", timeout=30)
        assert_type(fetched, AccessToken)
        assert_type(await valetkey.aiohttp.authorize(handshake, ask, session=session), AccessToken)


# --- Valkey ---------------------------------------------------------------------------------------


def nonces(client: Valkey) -> None:
    store = ValkeyNonces(client)
    store.check()
    assert_type(store.claim_nonce("heron", None, 1, "n", until=2.0), bool)


async def nonces_later(client: AsyncValkey) -> None:
    store = AsyncValkeyNonces(client)
    await store.check()
    assert_type(await store.claim_nonce("heron", None, 1, "n", until=2.0), bool)


# --- Django ---------------------------------------------------------------------------------------


@oauth_required
def plain(request: OAuthRequest, page: int) -> JsonResponse:
    assert_type(request.oauth, Verified[Application, TokenRow])
    assert_type((request.oauth.consumer, request.oauth.token), tuple[Application, TokenRow | None])
    assert_type((request.oauth.consumer.name, request.oauth.consumer.access), tuple[str, str])
    return JsonResponse({"page": page})


@oauth_required(access="write", require_token=False)
async def with_arguments(request: OAuthRequest) -> HttpResponse:
    return HttpResponse()


@oauth_required(access=Access.READ)
def of_any_request(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@method_decorator(oauth_required(access="read"), name="dispatch")
class Birds(View):
    def get(self, request: OAuthRequest) -> HttpResponse:
        return HttpResponse(request.oauth.url)


urlpatterns = [
    path("plain/<int:page>", plain),
    path("arguments", with_arguments),
    path("any", of_any_request),
    path("birds", Birds.as_view()),
]


async def views_keep_their_types(request: OAuthRequest, sent: HttpRequest) -> None:
    assert_type(plain(request, 2), JsonResponse)
    assert_type(plain(request, page=2), JsonResponse)
    assert_type(await with_arguments(request), HttpResponse)
    assert_type(of_any_request(sent), HttpResponse)


def rows(application: Application, token: TokenRow, verified: DjangoVerified) -> None:
    assert_type(get_provider(), Provider[Application, TokenRow])
    assert_type(get_verifier(), Verifier[Application, TokenRow])
    assert_type((application.key, application.secret), tuple[str, str])
    assert_type((application.name, application.description, application.website), tuple[str, str, str])
    assert_type((application.access, application.problem), tuple[str, str | None])
    assert_type((application.callbacks, application.secrets), tuple[tuple[str, ...], list[str]])
    made = Application.objects.register(1, "Heron", callbacks=["oob"], access="write")
    assert_type(made, Application)
    assert_type(made.create_token(1), TokenRow)
    assert_type((token.key, token.secret, token.access), tuple[str, str, str])
    assert_type((token.problem, token.revoke()), tuple[str | None, bool])
    assert_type(verified.consumer, Application)


class Statuses(APIView):
    authentication_classes = (OAuth1Authentication,)
    throttle_classes = (ConsumerRateThrottle, TokenRateThrottle)
    oauth_access = "read"

    def post(self, request: OAuthRestRequest) -> Response:
        assert_type(request.auth, Verified[Application, TokenRow])
        return Response({"by": request.user.get_username(), "for": request.auth.consumer.name})


permission: type[BasePermission] = IsSigned
