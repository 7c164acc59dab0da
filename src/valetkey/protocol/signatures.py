"""The signature methods (RFC 5849, sections 3.4.2 to 3.4.4, and their SHA-2 siblings), and the body hash.

A signature is text, not yet percent-encoded.
"""

import hashlib
import hmac
from binascii import b2a_base64
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from valetkey.protocol.encoding import UNRESERVED, Malformed, percent_encode, utf8
from valetkey.protocol.rsa import Rsa
from valetkey.protocol.values import Secret, Value


class Key(Value):
    """What a signature is made with: the decoded secrets, or an RSA key."""

    __slots__ = ("consumer_secret", "token_secret", "rsa_key")
    _hidden = frozenset({"consumer_secret", "token_secret", "rsa_key"})
    consumer_secret: str
    token_secret: str
    rsa_key: Any

    def __init__(self, consumer_secret: str, token_secret: str = "", rsa_key: Any = None) -> None:
        self._fill(consumer_secret=consumer_secret, token_secret=token_secret, rsa_key=rsa_key)

    @property
    def text(self) -> str:
        """Both secrets, encoded and joined with ``&``, even where one is empty (section 3.4.2)."""
        return joined(self.consumer_secret, self.token_secret)


def joined(consumer_secret: str, token_secret: str) -> str:
    """:attr:`Key.text` of two decoded secrets."""
    # Most are letters and digits, and one look at both is half of one at each. Neither has another name here,
    # which a traceback would show.
    if (
        consumer_secret.isascii()
        and token_secret.isascii()
        and not (consumer_secret + token_secret).encode().translate(None, UNRESERVED)
    ):
        return f"{consumer_secret}&{token_secret}"
    return f"{percent_encode(consumer_secret)}&{percent_encode(token_secret)}"


class SignatureMethod(Protocol):
    """A signature method: the same two questions for each."""

    #: Whether a signature proves the request (and not only that the sender knows the secrets).
    covers_request: bool
    #: The hash that ``oauth_body_hash`` uses with it.
    hash_name: str
    #: Whether the key is the consumer's RSA key, and not the two secrets.
    uses_rsa_key: bool

    def sign(self, base_string: str, key: Key) -> str:
        """The signature of `base_string`."""

    def verify(self, base_string: str, key: Key, signature: str) -> bool:
        """Whether `signature` is that of `base_string`, to the character, in constant time."""


class Hmac:
    """HMAC with a hash over the base string, in base64 (section 3.4.2)."""

    covers_request = True
    uses_rsa_key = False

    def __init__(self, hash_name: str) -> None:
        self.hash_name = hash_name

    def sign(self, base_string: str, key: Key) -> str:
        made = hmac.digest(key.text.encode("ascii"), base_string.encode("ascii"), self.hash_name)
        return b2a_base64(made, newline=False).decode("ascii")

    def signing(self, key: Key) -> Callable[[str], str]:
        """:meth:`sign` for one key: what depends on the key alone is computed once (RFC 2104, section 4)."""
        start = hashlib.new(self.hash_name)
        octets = key.text.encode("ascii")
        if len(octets) > start.block_size:
            octets = hashlib.new(self.hash_name, octets).digest()
        padded = octets.ljust(start.block_size, b"\0")
        inner = hashlib.new(self.hash_name, bytes(octet ^ 0x36 for octet in padded))
        outer = hashlib.new(self.hash_name, bytes(octet ^ 0x5C for octet in padded))

        def sign(base_string: str) -> str:
            first, second = inner.copy(), outer.copy()
            first.update(base_string.encode("ascii"))
            second.update(first.digest())
            return b2a_base64(second.digest(), newline=False).decode("ascii")

        return sign

    def verify(self, base_string: str, key: Key, signature: str) -> bool:
        return same_text(Secret(self.sign(base_string, key)), signature)


def verifies(
    method: SignatureMethod, base_string: str, secret: str, token_secret: str, rsa_key: Any, signature: str
) -> bool:
    """`method.verify` with the key that these make."""
    # The usual ones, for which a `Key` would cost as much again. Neither the secrets' text nor the right
    # signature has a name here, which a traceback would show.
    if type(method) is Plaintext and signature.isascii():
        return hmac.compare_digest(joined(secret, token_secret), signature)
    if type(method) is Hmac and signature.isascii():
        return hmac.compare_digest(
            b2a_base64(
                hmac.digest(
                    joined(secret, token_secret).encode("ascii"),
                    base_string.encode("ascii"),
                    method.hash_name,
                ),
                newline=False,
            ),
            signature.encode("ascii"),
        )
    return method.verify(base_string, Key(secret, token_secret, rsa_key), signature)


def signing(method: SignatureMethod, key: Key) -> Callable[[str], str]:
    """A function from base strings to signatures, with one key."""
    if type(method) is Hmac:  # one of somebody's own may sign in another way
        return method.signing(key)
    if type(method) is Plaintext:
        text = Secret(key.text)
        return lambda base_string: text
    return partial(method.sign, key=key)


class Plaintext:
    """The key itself as the signature, for a channel that nobody else can read (section 3.4.4)."""

    covers_request = False
    uses_rsa_key = False
    hash_name = "sha1"

    def sign(self, base_string: str, key: Key) -> str:
        return key.text

    def verify(self, base_string: str, key: Key, signature: str) -> bool:
        return same_text(Secret(key.text), signature)


METHODS: dict[str, SignatureMethod] = {
    "HMAC-SHA1": Hmac("sha1"),
    "HMAC-SHA256": Hmac("sha256"),
    "HMAC-SHA512": Hmac("sha512"),
    "RSA-SHA1": Rsa("sha1"),
    "RSA-SHA256": Rsa("sha256"),
    "RSA-SHA512": Rsa("sha512"),
    "PLAINTEXT": Plaintext(),
}


def register_signature_method(name: str, method: SignatureMethod) -> None:
    """Makes `method` known, to signers and verifiers alike, as the ``oauth_signature_method`` `name`.

    A hash that a service invented is one line: ``register_signature_method("HMAC-SHA3-256",
    Hmac("sha3_256"))``. A verifier uses it only where its ``signature_methods`` name it.

    :raises ValueError: where the name is taken, or no header can carry it.
    """
    if not name or not name.isascii() or not name.isprintable():
        raise ValueError(f"signature method {name!a}: give it a name of printable ASCII characters")
    if name in METHODS:
        raise ValueError(f"{name} is known already: choose another name")
    METHODS[name] = method


def body_hash(method: str, body: bytes) -> str:
    """``oauth_body_hash`` of a body that isn't a form (the Request Body Hash draft): base64, by the hash of
    the signature `method`.
    """
    digest = hashlib.new(METHODS[method].hash_name, body).digest()
    return b2a_base64(digest, newline=False).decode("ascii")


def same_text(expected: str, given: str) -> bool:
    """Whether two texts are equal, in a time that doesn't tell where they differ."""
    try:
        # Octets, since compare_digest raises a TypeError for text outside ASCII.
        return hmac.compare_digest(utf8(expected), utf8(given))
    except Malformed:
        return False
