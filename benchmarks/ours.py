"""Valetkey's two sides."""

from typing import Any

from benchmarks.contestants import Contestant, Keys
from benchmarks.samples import CONSUMER, TOKEN
from valetkey import AccessToken, Consumer, MemoryStore, Signer, Verifier

NAME = "Valetkey"


class Row:
    """What a database gives, anew for each request."""

    __slots__ = ("key", "rsa_key", "secret", "signature_methods")

    def __init__(self, key: str, secret: str, rsa_key: Any = None, signature_methods: Any = None) -> None:
        self.key = key
        self.secret = secret
        self.rsa_key = rsa_key
        self.signature_methods = signature_methods


class Rows:
    """A `MemoryStore` whose rows are never the same objects, so that none can be remembered."""

    def __init__(self, consumer: Consumer, token: AccessToken) -> None:
        self.kept = MemoryStore()
        self.kept.add(consumer, token)
        self.claim_nonce = self.kept.claim_nonce

    def find(self, consumer_key: str, token: str | None) -> tuple[Row | None, Row | None]:
        consumer, held = self.kept.find(consumer_key, token)
        if consumer is None or held is None:
            return None, None
        row = Row(consumer.key, consumer.secret, consumer.rsa_key, consumer.signature_methods)
        return row, Row(held.key, held.secret)


def signing(method: str, keys: Keys) -> Contestant:
    rsa_key = keys.private if method.startswith("RSA") else None
    signer = Signer(Consumer(*CONSUMER, rsa_key=rsa_key), AccessToken(*TOKEN), signature_method=method)

    def work(method: str, url: str, headers: Any, body: bytes | None) -> Any:
        return signer.sign(method, url, headers=headers, body=body)

    return Contestant(work, lambda sample: sample.bare, lambda signed: signed.headers["Authorization"])


def verifying(method: str, keys: Keys, max_parameters: int = 1_000) -> Contestant:
    rsa_key = keys.public_pem if method.startswith("RSA") else None
    # One that has a secret and an RSA key must say with which it signs.
    methods = [method] if rsa_key else None
    store = Rows(Consumer(*CONSUMER, rsa_key=rsa_key, signature_methods=methods), AccessToken(*TOKEN))
    verifier = Verifier(store, signature_methods=[method], max_parameters=max_parameters)

    def work(method: str, url: str, headers: Any, body: bytes | None) -> Any:
        return verifier.verify(method, url, headers=headers, body=body)

    return Contestant(work, lambda sample: sample.signed, lambda verified: verified is not None)
