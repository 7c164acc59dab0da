"""RSA-SHA1 (RFC 5849, section 3.4.3) and its SHA-2 siblings: RSASSA-PKCS1-v1_5, with the padding left to the
library.

The package `cryptography` (the extra ``rsa``) is imported when the first key is read.
"""

from binascii import Error as NotBase64
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from valetkey.protocol.errors import Unsignable

#: NIST's least, and every service's. Shorter keys of old services can sign; no consumer may register one.
LEAST_BITS = 2048
#: A signature by a longer key takes a verifier milliseconds, and nobody needs one.
MOST_BITS = 8192
#: NIST's bounds for the exponent, which is odd. With 3, a reader that is lax about padding takes forgeries;
#: one as long as the key itself makes each check as slow as a signature.
LEAST_EXPONENT, MOST_EXPONENT_BITS = 65_537, 256


class Rsa:
    """RSA with a hash over the base string, in base64."""

    covers_request = True
    uses_rsa_key = True

    def __init__(self, hash_name: str) -> None:
        self.hash_name = hash_name

    def sign(self, base_string: str, key: Any) -> str:
        """
        :param key: a :class:`~valetkey.protocol.signatures.Key` with a private key.
        :raises Unsignable: where it isn't one, and where this platform forbids the hash.
        """
        private = private_key(key.rsa_key)
        try:
            octets = private.sign(base_string.encode("ascii"), *_scheme(self.hash_name))
        except _library().forbidden:
            raise self._forbidden() from None
        return b2a_base64(octets, newline=False).decode("ascii")

    def verify(self, base_string: str, key: Any, signature: str) -> bool:
        """
        :param key: a :class:`~valetkey.protocol.signatures.Key` with a public key, or with none.
        :raises Unsignable: where it can't be read, and where this platform forbids the hash.
        """
        octets = _canonical(signature)
        if octets is None or key.rsa_key is None:
            return False
        kinds, public = _library(), public_key(key.rsa_key)
        try:
            public.verify(octets, base_string.encode("ascii"), *_scheme(self.hash_name))
        except kinds.wrong:
            return False
        except kinds.forbidden:
            raise self._forbidden() from None
        return True

    def _forbidden(self) -> Unsignable:
        name = self.hash_name.upper()
        return Unsignable(
            "signature_method", f"this platform forbids RSA with {name}: use RSA-SHA256 or RSA-SHA512"
        )


def private_key(key: Any, password: str | bytes | None = None) -> Any:
    """An RSA private key, as `cryptography` has it.

    :param key: PEM, as text or octets; DER or PKCS#12, as octets; or one of `cryptography`'s own.
    :param password: that of an encrypted PEM, or of a PKCS#12 container.
    :raises Unsignable: where it isn't one, or can't be opened.
    """
    kinds = _library()
    if isinstance(key, str | bytes):
        secret = password.encode() if isinstance(password, str) else password
        loaders = kinds.private_pem if _is_pem(key) else kinds.private_binary
        key = _first(loaders, _octets(key), secret)
    if not isinstance(key, kinds.private):
        raise Unsignable(
            "rsa_key",
            "an RSA private key is needed to sign: PEM, DER or PKCS#12, with its password where it has one",
        )
    return key


def public_key(key: Any) -> Any:
    """An RSA public key, as `cryptography` has it.

    :param key: PEM or DER of a public key, or of a certificate that holds it, or of a private key, whose
        public half is taken; or one of `cryptography`'s own.
    :raises Unsignable: where it isn't one.
    """
    if isinstance(key, str | bytes):
        return _read_public(key)
    kinds = _library()
    if isinstance(key, kinds.private):
        key = key.public_key()
    if not isinstance(key, kinds.public):
        raise Unsignable("rsa_key", "an RSA public key is needed to verify: as PEM or DER, or a certificate")
    return key


def check_strength(key: Any) -> None:
    """
    :param key: as :func:`public_key` takes it.
    :raises Unsignable: where it can't be read, or isn't to be registered: too short, far too long, or with an
        exponent outside NIST's bounds (FIPS 186-5, A.1.1).
    """
    public = public_key(key)
    bits, exponent = public.key_size, public.public_numbers().e
    if bits < LEAST_BITS:
        raise Unsignable("rsa_key", f"it has {bits} bits, and such keys get broken: use {LEAST_BITS} or more")
    if bits > MOST_BITS:
        raise Unsignable("rsa_key", f"it has {bits} bits, and is slow to check: use {MOST_BITS} or fewer")
    if exponent < LEAST_EXPONENT or exponent.bit_length() > MOST_EXPONENT_BITS or exponent % 2 == 0:
        raise Unsignable("rsa_key", f"its exponent is unsafe: make a key with the usual {LEAST_EXPONENT}")


def public_pem(key: Any) -> str:
    """The public half of a key, as PEM: what a store keeps of it.

    :param key: as :func:`public_key` takes it.
    :raises Unsignable: where it can't be read.
    """
    public = public_key(key)
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    octets: bytes = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return octets.decode("ascii")


# A consumer comes from its store anew with each request, and its key as text. A public key may be kept.
@lru_cache(maxsize=256)
def _read_public(key: str | bytes) -> Any:
    kinds = _library()
    loaders = kinds.public_pem if _is_pem(key) else kinds.public_binary
    return public_key(_first(loaders, _octets(key)))


class _Library:
    """What is used of `cryptography`."""

    def __init__(self) -> None:
        try:
            from cryptography import x509
            from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
            from cryptography.hazmat.primitives import serialization
            from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
            from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates
        except ImportError:
            raise Unsignable(
                "rsa_key", "RSA needs the package “cryptography”: pip install 'valetkey[rsa]'"
            ) from None
        self.private, self.public = RSAPrivateKey, RSAPublicKey
        self.wrong, self.forbidden = InvalidSignature, UnsupportedAlgorithm
        self.private_pem: list[Callable[..., Any]] = [serialization.load_pem_private_key]
        self.private_binary: list[Callable[..., Any]] = [
            serialization.load_der_private_key,
            lambda octets, password: load_key_and_certificates(octets, password)[0],
        ]
        self.public_pem: list[Callable[..., Any]] = [
            serialization.load_pem_public_key,
            lambda octets: x509.load_pem_x509_certificate(octets).public_key(),
            lambda octets: serialization.load_pem_private_key(octets, None),
        ]
        self.public_binary: list[Callable[..., Any]] = [
            serialization.load_der_public_key,
            lambda octets: x509.load_der_x509_certificate(octets).public_key(),
            lambda octets: serialization.load_der_private_key(octets, None),
        ]


_library = cache(_Library)


@cache
def _scheme(hash_name: str) -> tuple[Any, Any]:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    return PKCS1v15(), getattr(hashes, hash_name.upper())()


def _first(loaders: list[Callable[..., Any]], *arguments: Any) -> Any:
    """What the first loader makes that can read it; None where none can."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import InvalidVersion

    for load in loaders:
        try:
            return load(*arguments)
        # Not of its kind; a password is missing, wrong, or too much; a certificate of no known version.
        except (ValueError, TypeError, UnsupportedAlgorithm, InvalidVersion):
            continue
    return None


def _is_pem(key: str | bytes) -> bool:
    return isinstance(key, str) or b"-----BEGIN" in key


def _octets(key: str | bytes) -> bytes:
    return key.encode() if isinstance(key, str) else key


def _canonical(signature: str) -> bytes | None:
    """The octets of a signature; None where it isn't their one spelling in base64."""
    try:
        octets = a2b_base64(signature.encode("ascii"))
    except (UnicodeEncodeError, NotBase64):
        return None
    return octets if b2a_base64(octets, newline=False).decode("ascii") == signature else None
