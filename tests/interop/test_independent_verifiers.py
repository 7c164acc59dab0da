"""oauthlib's and Authlib's verifiers accept what our `Signer` signs, and refuse it changed."""

import time
from typing import Any

import pytest
from authlib.oauth1.rfc5849.errors import OAuth1Error
from authlib.oauth1.rfc5849.models import ClientMixin, TokenCredentialMixin
from authlib.oauth1.rfc5849.resource_protector import ResourceProtector
from authlib.oauth1.rfc5849.wrapper import OAuth1Request
from oauthlib.oauth1 import RequestValidator, ResourceEndpoint

from valetkey import AccessToken, Consumer, Signed, Signer
from valetkey.signer import Placement

CONSUMER = Consumer("heron&co", "c/onsumer+secret")
TOKEN = AccessToken("t=oken", "tok%en sécret")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

REQUESTS = {
    "a query": ("GET", "https://api.example/1/birds?page=2&page=1&q=caf%C3%A9+au%20lait&flag", {}, None),
    "a form": (
        "POST",
        "https://api.example/1/birds",
        FORM,
        "status=50%25+of+%7Eall%26more&a%5B%5D=1&a%5B%5D=&z",
    ),
    "a form and a query": ("POST", "https://API.example:443/x?b5=%3D%253D&a3=a", FORM, "c2=&a3=2+q"),
    "a port": ("PUT", "http://localhost:8080/", FORM, "x=%E2%9C%93"),
    "JSON": ("POST", "https://api.example/1/birds?x=1", {"Content-Type": "application/json"}, '{"a": 1}'),
}
PLACEMENTS: list[Placement] = ["header", "query", "body"]
CASES = [
    pytest.param(method, url, headers, body, placement, id=f"{name}, signed in the {placement}")
    for name, (method, url, headers, body) in REQUESTS.items()
    for placement in PLACEMENTS
    if placement != "body" or headers == FORM
]
METHODS = ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"]


class OauthlibStore(RequestValidator):  # type: ignore[misc]  # oauthlib has no types
    enforce_ssl = False
    allowed_signature_methods = METHODS
    dummy_client = "nobody"
    dummy_access_token = "nothing"

    def __init__(self) -> None:
        super().__init__()
        self.nonces: set[tuple[str, ...]] = set()

    # What keys, tokens and nonces look like is a policy that oauthlib's documentation leaves to each service.
    def check_client_key(self, client_key: str) -> bool:
        return True

    def check_access_token(self, request_token: str) -> bool:
        return True

    def check_nonce(self, nonce: str) -> bool:
        return True

    def validate_client_key(self, client_key: str, request: object) -> bool:
        return client_key == CONSUMER.key

    def validate_access_token(self, client_key: str, token: str, request: object) -> bool:
        return (client_key, token) == (CONSUMER.key, TOKEN.key)

    def validate_timestamp_and_nonce(self, *claim: Any, **options: Any) -> bool:
        key = tuple(str(part) for part in claim[:3])
        first = key not in self.nonces
        self.nonces.add(key)
        return first

    def validate_realms(self, *args: Any, **options: Any) -> bool:
        return True

    def get_client_secret(self, client_key: str, request: object) -> str:
        return CONSUMER.secret

    def get_access_token_secret(self, client_key: str, token: str, request: object) -> str:
        return TOKEN.secret


class AuthlibClient(ClientMixin):  # type: ignore[misc]  # Authlib has no types
    def get_default_redirect_uri(self) -> str:
        return "oob"

    def get_client_secret(self) -> str:
        return CONSUMER.secret

    def get_rsa_public_key(self) -> None:
        return None


class AuthlibToken(TokenCredentialMixin):  # type: ignore[misc]
    def get_oauth_token(self) -> str:
        return TOKEN.key

    def get_oauth_token_secret(self) -> str:
        return TOKEN.secret


class AuthlibProtector(ResourceProtector):  # type: ignore[misc]
    SUPPORTED_SIGNATURE_METHODS = METHODS

    def __init__(self) -> None:
        super().__init__()
        self.nonces: set[tuple[object, ...]] = set()

    def get_client_by_id(self, client_id: str) -> AuthlibClient | None:
        return AuthlibClient() if client_id == CONSUMER.key else None

    def get_token_credential(self, request: OAuth1Request) -> AuthlibToken | None:
        return AuthlibToken() if request.token == TOKEN.key else None

    def exists_nonce(self, nonce: str, request: OAuth1Request) -> bool:
        claim = (request.client_id, request.token, request.timestamp, nonce)
        known = claim in self.nonces
        self.nonces.add(claim)
        return known


def oauthlib_accepts(signed: Signed) -> bool:
    body = (signed.body or b"").decode()
    valid, _ = ResourceEndpoint(OauthlibStore()).validate_protected_resource_request(
        signed.url, signed.method, body, dict(signed.headers)
    )
    return bool(valid)


def authlib_accepts(signed: Signed) -> bool:
    is_form = signed.headers.get("Content-Type") == FORM["Content-Type"]
    # Authlib's own adapters hand it a form's decoded parameters, and None for any other body.
    body = (signed.body or b"").decode() if is_form else None
    try:
        AuthlibProtector().validate_request(signed.method, signed.url, body, dict(signed.headers))
    except OAuth1Error:
        return False
    return True


@pytest.mark.parametrize("signature_method", METHODS)
@pytest.mark.parametrize(("method", "url", "headers", "body", "placement"), CASES)
def test_they_accept_what_our_signer_signs(
    method: str,
    url: str,
    headers: dict[str, str],
    body: str | None,
    placement: Placement,
    signature_method: str,
) -> None:
    signer = Signer(CONSUMER, TOKEN, signature_method=signature_method, placement=placement)
    signed = signer.sign(method, url, headers=headers, body=body, timestamp=int(time.time()))
    assert oauthlib_accepts(signed)
    # Authlib knows no SHA-2.
    assert authlib_accepts(signed) == (signature_method == "HMAC-SHA1")


@pytest.mark.parametrize(("method", "url", "headers", "body", "placement"), CASES)
def test_both_refuse_it_signed_with_another_secret(
    method: str, url: str, headers: dict[str, str], body: str | None, placement: Placement
) -> None:
    stranger = Signer(Consumer(CONSUMER.key, "another"), TOKEN, placement=placement)
    signed = stranger.sign(method, url, headers=headers, body=body)
    assert not oauthlib_accepts(signed)
    assert not authlib_accepts(signed)
