"""The libraries that Valetkey is measured against, each used as its documentation shows, and given what it
takes most quickly.

Their stores of nonces are sets that forget nothing, which is quicker than a store that does. What isn't
installed takes no part.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from benchmarks.contestants import Contestant, Keys
from benchmarks.samples import CONSUMER, TOKEN, Request

Maker = Callable[[str, Keys], Contestant | None]

#: By name, as the makers of contestants for a signature method. One gives None for a method that it hasn't.
SIGNING: dict[str, Maker] = {}
VERIFYING: dict[str, Maker] = {}


def _text(request: Request) -> str | None:
    return None if request.body is None else request.body.decode()


def _header(signed: tuple[Any, Any, Any]) -> str:
    header: str = signed[1]["Authorization"]
    return header


with suppress(ImportError):
    from oauthlib.oauth1 import Client, RequestValidator, ResourceEndpoint

    def _oauthlib_signs(method: str, keys: Keys) -> Contestant | None:
        rsa_key = keys.private_pem if method.startswith("RSA") else None
        if rsa_key and not _has_jwt():
            return None
        client = Client(*CONSUMER, *TOKEN, signature_method=method, rsa_key=rsa_key)
        return Contestant(
            client.sign,
            lambda sample: (
                *(sample.bare.url, sample.bare.method, _text(sample.bare)),
                dict(sample.bare.headers),
            ),
            _header,
        )

    class Validator(RequestValidator):  # type: ignore[misc]  # oauthlib has no types
        # A service would look at the shape of keys and nonces, too.
        check_client_key = check_access_token = check_nonce = staticmethod(lambda key: True)

        def __init__(self, method: str, keys: Keys) -> None:
            super().__init__()
            self.method = method
            self.public_pem = keys.public_pem
            self.nonces: set[tuple[str, ...]] = set()

        @property
        def allowed_signature_methods(self) -> tuple[str, ...]:
            return (self.method,)

        def validate_client_key(self, client_key: str, request: Any) -> bool:
            return client_key == CONSUMER[0]

        def validate_access_token(self, client_key: str, token: str, request: Any) -> bool:
            return (client_key, token) == (CONSUMER[0], TOKEN[0])

        def validate_realms(self, *args: Any, **options: Any) -> bool:
            return True

        def validate_timestamp_and_nonce(
            self, client_key: str, timestamp: str, nonce: str, request: Any, access_token: str = ""
        ) -> bool:
            claim = (client_key, access_token, timestamp, nonce)
            first = claim not in self.nonces
            self.nonces.add(claim)
            return first

        def get_client_secret(self, client_key: str, request: Any) -> str:
            return CONSUMER[1]

        def get_access_token_secret(self, client_key: str, token: str, request: Any) -> str:
            return TOKEN[1]

        def get_rsa_key(self, client_key: str, request: Any) -> str:
            return self.public_pem

    def _oauthlib_verifies(method: str, keys: Keys) -> Contestant | None:
        if method.startswith("RSA") and not _has_jwt():
            return None
        endpoint = ResourceEndpoint(Validator(method, keys))
        return Contestant(
            endpoint.validate_protected_resource_request,
            lambda sample: (
                *(sample.signed.url, sample.signed.method, _text(sample.signed)),
                dict(sample.signed.headers),
            ),
            lambda answer: answer[0],
        )

    def _has_jwt() -> bool:
        """What oauthlib reads RSA keys with."""
        try:
            import jwt  # noqa: F401  # only to see that it is there
        except ImportError:
            return False
        return True

    SIGNING["oauthlib"] = _oauthlib_signs
    VERIFYING["oauthlib"] = _oauthlib_verifies


with suppress(ImportError):
    from authlib.oauth1 import ClientAuth
    from authlib.oauth1.rfc5849.models import ClientMixin, TokenCredentialMixin
    from authlib.oauth1.rfc5849.resource_protector import ResourceProtector

    def _authlib_signs(method: str, keys: Keys) -> Contestant | None:
        if method not in ClientAuth.SIGNATURE_METHODS:
            return None
        client = ClientAuth(*CONSUMER, *TOKEN, signature_method=method)
        return Contestant(
            client.prepare,
            lambda sample: (
                *(sample.bare.method, sample.bare.url),
                *(dict(sample.bare.headers), _text(sample.bare) or ""),
            ),
            _header,
        )

    class AuthlibClient(ClientMixin):  # type: ignore[misc]  # Authlib has no types
        def get_client_secret(self) -> str:
            return CONSUMER[1]

    class AuthlibToken(TokenCredentialMixin):  # type: ignore[misc]  # likewise
        def get_oauth_token_secret(self) -> str:
            return TOKEN[1]

    class Protector(ResourceProtector):  # type: ignore[misc]  # likewise
        def __init__(self, method: str) -> None:
            super().__init__()
            self.SUPPORTED_SIGNATURE_METHODS = [method]
            self.nonces: set[tuple[str, ...]] = set()

        def get_client_by_id(self, client_id: str) -> AuthlibClient | None:
            return AuthlibClient() if client_id == CONSUMER[0] else None

        def get_token_credential(self, request: Any) -> AuthlibToken | None:
            return AuthlibToken() if request.token == TOKEN[0] else None

        def exists_nonce(self, nonce: str, request: Any) -> bool:
            claim = (request.client_id, request.token, request.timestamp, nonce)
            known = claim in self.nonces
            self.nonces.add(claim)
            return known

    def _authlib_verifies(method: str, keys: Keys) -> Contestant | None:
        if method not in Protector.SIGNATURE_METHODS:
            return None
        return Contestant(
            Protector(method).validate_request,
            lambda sample: (
                *(sample.signed.method, sample.signed.url),
                *(_text(sample.signed), dict(sample.signed.headers)),
            ),
            lambda request: request is not None,
        )

    SIGNING["Authlib"] = _authlib_signs
    VERIFYING["Authlib"] = _authlib_verifies


with suppress(ImportError):
    from oauth1.oauth import OAuth

    def _mastercard_signs(method: str, keys: Keys) -> Contestant | None:
        """It signs with RSA alone, without a token, and always with a body hash, of nothing here."""
        if method != "RSA-SHA256":
            return None
        return Contestant(
            OAuth.get_authorization_header,
            lambda sample: (
                *(sample.bare.url, sample.bare.method, sample.bare.body),
                *(CONSUMER[0], keys.private),
            ),
            str,
            # The body hash that it signs is encoded once, and not twice.
            lambda text: re.sub("(?<=body_hash%3D).*?(?=%26)", lambda found: unquote(found[0]), text),
        )

    SIGNING["mastercard-oauth1-signer"] = _mastercard_signs
