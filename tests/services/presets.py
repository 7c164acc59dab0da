"""Signing through a preset, as a vector or a base string that was written by hand has it."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from tests.vectors import Vector, load, name, rsa_key
from valetkey import AccessToken, Consumer, Handshake, Service, Signed
from valetkey.protocol.encoding import form_decode
from valetkey.protocol.header import parse_authorization
from valetkey.protocol.rsa import public_key

VECTORS = {name(vector): vector for vector in load("end_to_end")}

CONSUMER = Consumer("ck", "cs", rsa_key=rsa_key("mastercard", "private_pem"))
TOKEN = AccessToken("tk", "ts")
NOW = 1_800_000_000
STAMP: dict[str, Any] = {"nonce": "n", "timestamp": NOW}

GRANTED = b"oauth_token=t&oauth_token_secret=ts"
CONFIRMED = GRANTED + b"&oauth_callback_confirmed=true"


def through(service: Service, vector: Vector) -> Signed:
    """The vector's request, signed by the preset, which gets the secrets and no option at all."""
    oauth, secrets, request = dict(vector["oauth"]["params"]), vector["secrets"], vector["request"]
    key = rsa_key(secrets.get("rsa_key"), "private_pem")
    consumer = Consumer(oauth.pop("oauth_consumer_key"), secrets["client_secret"], rsa_key=key)
    token = oauth.pop("oauth_token", "")
    made = {"oauth_signature_method", "oauth_version", "oauth_body_hash"}
    return service.signer(consumer, AccessToken(token, secrets["token_secret"]) if token else None).sign(
        request["method"],
        request["url"],
        headers=request["headers"],
        body=request["body"],
        nonce=oauth.pop("oauth_nonce"),
        timestamp=oauth.pop("oauth_timestamp"),
        oauth={name: value for name, value in oauth.items() if name not in made},
    )


def signed(
    service: Service,
    method: str,
    url: str,
    *,
    consumer: Consumer = CONSUMER,
    token: AccessToken | None = TOKEN,
    **request: Any,
) -> Signed:
    """A request at :data:`NOW`, with the nonce ``n``."""
    return service.signer(consumer, token).sign(method, url, **STAMP, **request)


def base_string(method: str, uri: str, *texts: str) -> str:
    """What is signed, from the sorted pairs of name and value, each encoded as it stands there."""
    return "&".join([method, *(with_a_pencil(text) for text in (uri, "&".join(texts)))])


def with_a_pencil(text: str) -> str:
    """`text`, encoded letter by letter: section 3.6 as one would do it with a pencil."""
    unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    return "".join(chr(octet) if chr(octet) in unreserved else f"%{octet:02X}" for octet in text.encode())


def by_hmac(text: str, key: str, hash_name: str = "sha1") -> str:
    """The signature of a base string, from the standard library alone."""
    return b64encode(hmac.digest(key.encode(), text.encode(), hash_name)).decode()


def proves(signature: str, text: str, hash_: hashes.HashAlgorithm) -> bool:
    """Whether the RSA `signature` is :data:`CONSUMER`'s; raises where it isn't."""
    key = public_key(CONSUMER.rsa_key)
    key.verify(b64decode(signature), text.encode(), PKCS1v15(), hash_)
    return True


def sent(made: Signed) -> dict[str, str]:
    """The protocol parameters, from where they travel."""
    if "Authorization" in made.headers:
        return dict(parse_authorization(made.headers["Authorization"]).parameters)
    pairs = form_decode(made.url.partition("?")[2]) + form_decode(made.body or b"")
    return {name: value for name, value in pairs if name.startswith("oauth_")}


def realm(made: Signed) -> str | None:
    return parse_authorization(made.headers["Authorization"]).realm


def handshake(service: Service, callback: str = "oob", headers: Mapping[str, str] | None = None) -> Handshake:
    return Handshake(CONSUMER, service, callback=callback, headers=headers)
