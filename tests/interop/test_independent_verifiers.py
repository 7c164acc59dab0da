"""oauthlib's and Authlib's verifiers accept what our `Signer` signs, and refuse it changed."""

import time

import pytest

from tests.interop.peers import Authlib, Oauthlib
from tests.vectors import rsa_key
from valetkey import AccessToken, Consumer, Signer
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
    assert Oauthlib(CONSUMER, TOKEN).accepts(signed)
    # Authlib knows no SHA-2.
    assert Authlib(CONSUMER, TOKEN).accepts(signed) == (signature_method == "HMAC-SHA1")


@pytest.mark.parametrize(("method", "url", "headers", "body", "placement"), CASES)
def test_both_refuse_it_signed_with_another_secret(
    method: str, url: str, headers: dict[str, str], body: str | None, placement: Placement
) -> None:
    stranger = Signer(Consumer(CONSUMER.key, "another"), TOKEN, placement=placement)
    signed = stranger.sign(method, url, headers=headers, body=body)
    assert not Oauthlib(CONSUMER, TOKEN).accepts(signed)
    assert not Authlib(CONSUMER, TOKEN).accepts(signed)


@pytest.mark.parametrize(("method", "url", "headers", "body", "placement"), CASES)
def test_authlib_accepts_what_our_signer_signs_with_rsa_sha1(
    method: str, url: str, headers: dict[str, str], body: str | None, placement: Placement
) -> None:
    # oauthlib has RSA only where PyJWT is installed as well.
    private, public = (rsa_key("mastercard", kind) for kind in ("private_pem", "public_pem"))
    signer = Signer(
        Consumer("heron", rsa_key=private), TOKEN, signature_method="RSA-SHA1", placement=placement
    )
    signed = signer.sign(method, url, headers=headers, body=body)
    assert Authlib(Consumer("heron", rsa_key=public), TOKEN).accepts(signed)
