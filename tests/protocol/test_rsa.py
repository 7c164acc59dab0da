"""RSA: keys in every form that people have them in, and signatures in the one form that they may have."""

import base64
import sys
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.vectors import Vector, assert_all_used, load, name, rsa_key
from valetkey import Unsignable
from valetkey.protocol.rsa import LEAST_BITS, Rsa, check_strength, private_key, public_key
from valetkey.protocol.signatures import METHODS, Key

VECTORS = load("signatures_rsa")
PRIVATE: rsa.RSAPrivateKey = private_key(rsa_key("mastercard", "private_pem"))
PUBLIC = PRIVATE.public_key()
TEXT = "GET&http%3A%2F%2Fa.example%2F&a%3D1"
SIGNATURE = METHODS["RSA-SHA256"].sign(TEXT, Key("", "", PRIVATE))


def private(encoding: serialization.Encoding, password: bytes | None = None, old: bool = False) -> bytes:
    kind = serialization.PrivateFormat.TraditionalOpenSSL if old else serialization.PrivateFormat.PKCS8
    secrecy = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return PRIVATE.private_bytes(encoding, kind, secrecy)


def public(encoding: serialization.Encoding, old: bool = False) -> bytes:
    kind = serialization.PublicFormat.PKCS1 if old else serialization.PublicFormat.SubjectPublicKeyInfo
    return PUBLIC.public_bytes(encoding, kind)


CERTIFICATE = x509.load_pem_x509_certificate((rsa_key("league", "certificate_pem") or "").encode())
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


def test_every_vector_is_used() -> None:
    assert_all_used("signatures_rsa", VECTORS)


@pytest.mark.rfc("3.4-1", "3.4.3-1", "3.4.3-2")
@pytest.mark.parametrize("vector", VECTORS, ids=name)
def test_rsa_signs_the_base_string_and_verifies_it(vector: Vector) -> None:
    method, key = METHODS[vector["signature_method"]], vector["rsa_key"]
    own, theirs = rsa_key(key, "private_pem"), rsa_key(key, "public_pem", "certificate_pem")
    assert method.sign(vector["base_string"], Key("", "", own)) == vector["expected"]
    assert method.verify(vector["base_string"], Key("", "", theirs), vector["expected"])
    assert not method.verify(vector["base_string"] + "x", Key("", "", theirs), vector["expected"])
    other = rsa_key("oauthlib-other", "public_pem")
    assert not method.verify(vector["base_string"], Key("", "", other), vector["expected"])


PRIVATE_KEYS: dict[str, tuple[Any, str | bytes | None]] = {
    "PEM as text": (private(PEM).decode(), None),
    "PEM as octets": (private(PEM), None),
    "PEM of the old kind": (private(PEM, old=True), None),
    "PEM with blank lines around it": (f"\n\n{private(PEM).decode()}\n\n", None),
    "PEM with a password": (private(PEM, b"geheim \xc3\xa9"), "geheim é"),
    "DER": (private(DER), None),
    "DER with a password": (private(DER, b"p"), b"p"),
    "PKCS#12": (
        pkcs12.serialize_key_and_certificates(b"n", PRIVATE, None, None, serialization.NoEncryption()),
        None,
    ),
    "PKCS#12 with a password": (
        base64.b64decode(rsa_key("mastercard", "p12_base64") or ""),
        rsa_key("mastercard", "p12_password"),
    ),
    "a key object": (PRIVATE, None),
}


@pytest.mark.parametrize("form", PRIVATE_KEYS)
def test_a_private_key_is_read_in_every_form(form: str) -> None:
    assert private_key(*PRIVATE_KEYS[form]).private_numbers() == PRIVATE.private_numbers()


PUBLIC_KEYS: dict[str, Any] = {
    "PEM as text": public(PEM).decode(),
    "PEM as octets": public(PEM),
    "PEM of the old kind": public(PEM, old=True),
    "DER": public(DER),
    "a private key": private(PEM),
    "a private key, as DER": private(DER),
    "a key object": PUBLIC,
    "a private key object": PRIVATE,
}


@pytest.mark.parametrize("form", PUBLIC_KEYS)
def test_a_public_key_is_read_in_every_form(form: str) -> None:
    assert public_key(PUBLIC_KEYS[form]).public_numbers() == PUBLIC.public_numbers()


def test_a_certificate_gives_its_key() -> None:
    for form in (CERTIFICATE.public_bytes(PEM), CERTIFICATE.public_bytes(DER)):
        assert (
            public_key(form).public_numbers() == public_key(rsa_key("league", "public_pem")).public_numbers()
        )


EC = ec.generate_private_key(ec.SECP256R1())
NO_KEYS: dict[str, Any] = {
    "a certificate of a version that there isn't": CERTIFICATE.public_bytes(DER).replace(
        b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x06", 1
    ),
    "nothing": None,
    "an empty text": "",
    "a file's name": "/etc/key.pem",
    "junk": b"\x00\xff" * 50,
    "another kind of key": EC,
    "another kind of key, as PEM": EC.private_bytes(
        PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ),
    "a secret": "canary-secret",
    "PEM cut short": private(PEM)[:300],
    "an object of no kind": object(),
}


@pytest.mark.abuse("A80")
@pytest.mark.parametrize("read", [private_key, public_key])
@pytest.mark.parametrize("form", NO_KEYS)
def test_what_is_no_rsa_key_is_refused_with_a_sentence_that_does_not_repeat_it(
    form: str, read: Callable[[Any], Any]
) -> None:
    with pytest.raises(Unsignable, match=r"^rsa_key: an RSA (private|public) key is needed to ") as caught:
        read(NO_KEYS[form])
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_public_key_can_t_sign() -> None:
    with pytest.raises(Unsignable, match="an RSA private key is needed to sign"):
        METHODS["RSA-SHA256"].sign(TEXT, Key("", "", public(PEM)))


@pytest.mark.parametrize("password", [None, "wrong", ""])
def test_a_key_with_a_password_is_not_opened_without_it(password: str | None) -> None:
    with pytest.raises(Unsignable, match="with its password where it has one"):
        private_key(private(PEM, b"right"), password)


@pytest.mark.abuse("A29")
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.rstrip("="),
        lambda text: text + "=",
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text[:9] + "!" + text[9:],
        lambda text: text.replace("+", "-").replace("/", "_") if set(text) & set("+/") else text + "-",
        lambda text: base64.b64decode(text).hex(),
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: text[:-3] + chr(ord(text[-3]) + 1) + "==",
        lambda text: text + "é",
        lambda text: "",
    ],
    ids=range(11),
)
def test_a_signature_has_one_spelling(change: Callable[[str], str]) -> None:
    changed = change(SIGNATURE)
    assert changed != SIGNATURE
    assert not METHODS["RSA-SHA256"].verify(TEXT, Key("", "", PUBLIC), changed)
    assert METHODS["RSA-SHA256"].verify(TEXT, Key("", "", PUBLIC), SIGNATURE)


@pytest.mark.abuse("A36")
def test_a_forgery_for_a_low_exponent_is_refused() -> None:
    """Bleichenbacher's of 2006: a cube root of a block whose padding stops early."""
    weak = rsa.generate_private_key(3, LEAST_BITS)
    digest = bytes.fromhex("3031300d060960864801650304020105000420") + _sha256(TEXT)
    block = b"\x00\x01" + b"\xff" * 8 + b"\x00" + digest
    value = int.from_bytes(block + b"\xff" * (LEAST_BITS // 8 - len(block)))
    root = _cube_root(value)
    forged = root.to_bytes(LEAST_BITS // 8)
    # What a lenient reader would see: padding, the right hash, and rubbish.
    assert (root**3).to_bytes(LEAST_BITS // 8).startswith(block)
    forged_text = base64.b64encode(forged).decode()
    assert not METHODS["RSA-SHA256"].verify(TEXT, Key("", "", weak.public_key()), forged_text)


def _sha256(text: str) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(text.encode())
    return digest.finalize()


def _cube_root(value: int) -> int:
    low, high = 0, 1 << (value.bit_length() // 3 + 2)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= value else (low, middle - 1)
    return low


@pytest.mark.abuse("A36")
def test_another_padding_is_refused() -> None:
    pss = PRIVATE.sign(TEXT.encode(), padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    assert not METHODS["RSA-SHA256"].verify(TEXT, Key("", "", PUBLIC), base64.b64encode(pss).decode())


@pytest.mark.abuse("A36")
def test_a_key_that_can_be_broken_is_too_weak_to_be_registered() -> None:
    check_strength(PUBLIC)
    with pytest.raises(Unsignable, match="1024 bits, and such keys get broken: use 2048 or more"):
        check_strength(rsa_key("wiki-test-principal", "public_pem"))
    with pytest.raises(Unsignable, match="8200 bits, and is slow to check: use 8192 or fewer"):
        check_strength(rsa.RSAPublicNumbers(65_537, (1 << 8_199) + 1).public_key())


@pytest.mark.abuse("A36")
@pytest.mark.parametrize("exponent", [3, 17, 65_535, (1 << 256) + 1, (1 << 2_040) + 1])
def test_an_exponent_that_helps_forgers_or_takes_long_is_not_registered(exponent: int) -> None:
    with pytest.raises(Unsignable, match="its exponent is unsafe: make a key with the usual 65537"):
        check_strength(rsa.RSAPublicNumbers(exponent, PUBLIC.public_numbers().n).public_key())


@pytest.mark.abuse("A36")
@pytest.mark.parametrize("exponent", [1, 2, 65_536])
def test_an_exponent_that_the_library_refuses_is_no_key(exponent: int) -> None:
    assert _with_exponent(65_537) == public(DER, old=True)
    with pytest.raises(Unsignable, match="an RSA public key is needed"):
        check_strength(_with_exponent(exponent))


def _with_exponent(exponent: int) -> bytes:
    """The public key as PKCS#1 writes it, with this exponent of up to three octets."""
    digits = exponent.to_bytes(exponent.bit_length() // 8 + 1)
    modulus = public(DER, old=True)[4:-5]
    body = modulus + bytes([2, len(digits)]) + digits
    return b"\x30\x82" + len(body).to_bytes(2) + body


@pytest.mark.abuse("A36")
def test_a_hash_that_the_platform_forbids_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.exceptions import UnsupportedAlgorithm

    class Strict:
        def sign(self, *request: Any) -> bytes:
            raise UnsupportedAlgorithm("sha1 is not allowed here")

        verify = sign

    monkeypatch.setattr("valetkey.protocol.rsa.private_key", lambda key: key)
    monkeypatch.setattr("valetkey.protocol.rsa.public_key", lambda key: key)
    for use in (
        lambda: Rsa("sha1").sign(TEXT, Key("", "", Strict())),
        lambda: Rsa("sha1").verify(TEXT, Key("", "", Strict()), SIGNATURE),
    ):
        with pytest.raises(
            Unsignable, match="this platform forbids RSA with SHA1: use RSA-SHA256 or RSA-SHA512"
        ):
            use()


def test_without_cryptography_the_way_to_get_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from valetkey.protocol import rsa as module

    monkeypatch.setitem(sys.modules, "cryptography", None)
    monkeypatch.setattr(module, "_library", module._Library)
    with pytest.raises(Unsignable, match=r"pip install 'valetkey\[rsa\]'"):
        private_key("anything")


def test_a_consumer_without_a_key_is_not_verified() -> None:
    assert not METHODS["RSA-SHA256"].verify(TEXT, Key("secret", "token"), SIGNATURE)
