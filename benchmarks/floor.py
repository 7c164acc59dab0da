"""The floor: what nobody can do without in pure Python, whatever else a request costs.

It is given what the others must work out first, the key and the base string. With RSA it is the bare
`key.sign` and `key.verify`.
"""

import hmac
import secrets
import time
from base64 import b64decode, b64encode
from typing import Any

from benchmarks import samples
from benchmarks.contestants import Contestant, Keys
from benchmarks.samples import HASHES

NAME = "floor"

_claims: dict[str, float] = {}


def sign_plaintext() -> tuple[str, int]:
    return secrets.token_hex(16), int(time.time())


def sign_hmac(key: bytes, text: bytes, hash_name: str) -> tuple[bytes, str, int]:
    return b64encode(hmac.digest(key, text, hash_name)), secrets.token_hex(16), int(time.time())


def verify_hmac(key: bytes, text: bytes, hash_name: str, sent: bytes, nonce: str) -> bool:
    right = hmac.compare_digest(b64encode(hmac.digest(key, text, hash_name)), sent)
    now = time.time()
    return right and _claims.setdefault(nonce, now) is now


def sign_rsa(private: Any, text: bytes, padding: Any, algorithm: Any) -> None:
    private.sign(text, padding, algorithm)


def verify_rsa(public: Any, signature: bytes, text: bytes, padding: Any, algorithm: Any) -> None:
    public.verify(signature, text, padding, algorithm)


def signing(method: str, keys: Keys) -> Contestant:
    if method == "PLAINTEXT":
        return Contestant(sign_plaintext, lambda sample: (), str)
    if method in HASHES:
        return Contestant(
            sign_hmac, lambda sample: (samples.key(), sample.base_string.encode(), HASHES[method]), str
        )
    return Contestant(
        sign_rsa, lambda sample: (keys.private, sample.base_string.encode(), *samples.scheme()), str
    )


def verifying(method: str, keys: Keys) -> Contestant | None:
    if method == "PLAINTEXT":
        return None
    if method in HASHES:
        return Contestant(
            verify_hmac,
            lambda sample: (
                *(samples.key(), sample.base_string.encode(), HASHES[method]),
                *(sample.signature.encode(), sample.nonce),
            ),
            bool,
        )
    return Contestant(
        verify_rsa,
        lambda sample: (
            *(keys.public, b64decode(sample.signature), sample.base_string.encode()),
            *samples.scheme(),
        ),
        bool,
    )
