"""oauthlib's and Authlib's verifiers, as a service would build one: what each takes for a base string, and
whether it accepts a request.

What goes wrong inside them comes out as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from authlib.oauth1.rfc5849.errors import OAuth1Error
from authlib.oauth1.rfc5849.models import ClientMixin, TokenCredentialMixin
from authlib.oauth1.rfc5849.resource_protector import ResourceProtector
from authlib.oauth1.rfc5849.signature import generate_signature_base_string
from authlib.oauth1.rfc5849.wrapper import OAuth1Request
from oauthlib.oauth1 import RequestValidator, ResourceEndpoint
from oauthlib.oauth1.rfc5849.signature import base_string_uri, normalize_parameters, signature_base_string

from tests.reading import is_form
from valetkey import AccessToken, Consumer, Signed

METHODS = ("HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "PLAINTEXT")


class OauthlibStore(RequestValidator):  # type: ignore[misc]  # oauthlib has no types
    enforce_ssl = False
    allowed_signature_methods = METHODS
    dummy_client = "nobody"
    dummy_access_token = "nothing"

    def __init__(self, consumer: Consumer, token: AccessToken) -> None:
        super().__init__()
        self.consumer = consumer
        self.held = token
        self.nonces: set[tuple[str, ...]] = set()

    # What keys, tokens and nonces look like is a policy that oauthlib's documentation leaves to each service.
    def check_client_key(self, client_key: str) -> bool:
        return True

    def check_access_token(self, request_token: str) -> bool:
        return True

    def check_nonce(self, nonce: str) -> bool:
        return True

    def validate_client_key(self, client_key: str, request: object) -> bool:
        return client_key == self.consumer.key

    def validate_access_token(self, client_key: str, token: str, request: object) -> bool:
        return (client_key, token) == (self.consumer.key, self.held.key)

    def validate_timestamp_and_nonce(self, *claim: Any, **options: Any) -> bool:
        key = tuple(str(part) for part in claim[:3])
        first = key not in self.nonces
        self.nonces.add(key)
        return first

    def validate_realms(self, *args: Any, **options: Any) -> bool:
        return True

    def get_client_secret(self, client_key: str, request: object) -> str:
        return self.consumer.secret

    def get_access_token_secret(self, client_key: str, token: str, request: object) -> str:
        return self.held.secret


class AuthlibClient(ClientMixin):  # type: ignore[misc]  # Authlib has no types
    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer

    def get_default_redirect_uri(self) -> str:
        return "oob"

    def get_client_secret(self) -> str:
        return self.consumer.secret

    def get_rsa_public_key(self) -> Any:
        return self.consumer.rsa_key


class AuthlibToken(TokenCredentialMixin):  # type: ignore[misc]  # likewise
    def __init__(self, token: AccessToken) -> None:
        self.held = token

    def get_oauth_token(self) -> str:
        return self.held.key

    def get_oauth_token_secret(self) -> str:
        return self.held.secret


class AuthlibProtector(ResourceProtector):  # type: ignore[misc]  # likewise
    # It knows no SHA-2, and says so.
    SUPPORTED_SIGNATURE_METHODS = (*METHODS, "RSA-SHA1")

    def __init__(self, consumer: Consumer, token: AccessToken) -> None:
        super().__init__()
        self.consumer = consumer
        self.held = token
        self.nonces: set[tuple[object, ...]] = set()

    def get_client_by_id(self, client_id: str) -> AuthlibClient | None:
        return AuthlibClient(self.consumer) if client_id == self.consumer.key else None

    def get_token_credential(self, request: OAuth1Request) -> AuthlibToken | None:
        return AuthlibToken(self.held) if request.token == self.held.key else None

    def exists_nonce(self, nonce: str, request: OAuth1Request) -> bool:
        claim = (request.client_id, request.token, request.timestamp, nonce)
        known = claim in self.nonces
        self.nonces.add(claim)
        return known


class Oauthlib:
    """Its verifier, for one consumer and one token."""

    name = "oauthlib"

    def __init__(self, consumer: Consumer, token: AccessToken) -> None:
        self.endpoint = ResourceEndpoint(OauthlibStore(consumer, token))

    def accepts(self, signed: Signed) -> bool:
        body = (signed.body or b"").decode()
        valid, _ = self.endpoint.validate_protected_resource_request(
            signed.url, signed.method, body, dict(signed.headers)
        )
        return bool(valid)

    @staticmethod
    def base_string(signed: Signed) -> str:
        body = (signed.body or b"").decode()
        endpoint = ResourceEndpoint(None)
        request = endpoint._create_request(signed.url, signed.method, body, dict(signed.headers))
        uri, parameters = base_string_uri(request.uri), normalize_parameters(request.params)
        return str(signature_base_string(request.http_method, uri, parameters))


class Authlib:
    """Its verifier, likewise."""

    name = "Authlib"

    def __init__(self, consumer: Consumer, token: AccessToken) -> None:
        self.protector = AuthlibProtector(consumer, token)

    def accepts(self, signed: Signed) -> bool:
        body = form_of(signed)
        with over_http():
            try:
                self.protector.validate_request(signed.method, signed.url, body, dict(signed.headers))
            except OAuth1Error:
                return False
        return True

    @staticmethod
    def base_string(signed: Signed) -> str:
        with over_http():
            request = OAuth1Request(signed.method, signed.url, form_of(signed), dict(signed.headers))
        return str(generate_signature_base_string(request))


def form_of(signed: Signed) -> str | None:
    """Authlib is given a form, and None for any other body: what is one, its adapters decide."""
    return (signed.body or b"").decode() if is_form(signed.headers.get("Content-Type")) else None


@contextmanager
def over_http() -> Iterator[None]:
    """Authlib wants https unless it is told otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        yield
