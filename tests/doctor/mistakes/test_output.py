"""How a signature may be written, and what may have been computed in place of an HMAC."""

import hashlib
import hmac
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest

from tests.doctor.mistakes.wrong import sent
from valetkey.doctor.mistakes.output import OUTPUT, readings


def sha1(octets: bytes) -> "hashlib._Hash":
    return hashlib.sha1(octets, usedforsecurity=False)


DIGEST = sha1(b"\xff\xfe~").digest()
RIGHT = b64encode(DIGEST).decode()


@pytest.mark.parametrize(
    ("signature", "about"),
    [
        (RIGHT.rstrip("="), "without its padding"),
        (urlsafe_b64encode(sha1(b"5").digest()).decode(), ""),
        (f"{RIGHT}\n", "line break"),
        (DIGEST.hex(), "hexadecimal"),
        (DIGEST.hex().upper(), "hexadecimal"),
        (b64encode(DIGEST.hex().encode()).decode(), "base64 of hexadecimal"),
        (b64encode(RIGHT.encode()).decode(), "base64 twice"),
        (quote(RIGHT, safe=""), "percent-encoded once more"),
        (f"b'{RIGHT}'", "Python prints bytes"),
        (f'"{RIGHT}"', "in quotes"),
        (b64encode(DIGEST[:10]).decode(), "truncated"),
    ],
)
def test_a_signature_written_otherwise_is_read(signature: str, about: str) -> None:
    found = readings(signature, "HMAC-SHA1")
    assert any(about in reading.about and reading.hash_name == "sha1" for reading in found)


def test_a_right_signature_is_read_as_right() -> None:
    first = readings(RIGHT, "HMAC-SHA1")[0]
    assert (first.mistake, first.octets, first.hash_name) == (None, DIGEST, "sha1")


def test_plus_that_arrived_as_a_space_is_read() -> None:
    digest = b"\xfb\xef\xbe" * 6 + b"ab"
    signature = b64encode(digest).decode()
    assert "+" in signature
    found = readings(signature.replace("+", " "), "HMAC-SHA1")
    assert any(reading.octets == digest and "space" in reading.about for reading in found)


def test_the_length_tells_another_hash() -> None:
    found = readings(b64encode(bytes(32)).decode(), "HMAC-SHA1")
    assert "HMAC-SHA256, declared HMAC-SHA1" in found[0].about


@pytest.mark.parametrize(
    ("about", "made"),
    [
        ("exchanged", hmac.digest(b"text", b"key", "sha1")),
        ("plain hash of the base string and", sha1(b"textkey").digest()),
        ("plain hash of the key and", sha1(b"keytext").digest()),
        ("base string alone", sha1(b"text").digest()),
    ],
)
def test_what_is_no_hmac_is_known(about: str, made: bytes) -> None:
    found = {
        told: recipe.mac(b"key", b"text", "sha1")
        for mistake in OUTPUT
        for told, recipe in mistake.departures(sent())
    }
    assert made in [digest for told, digest in found.items() if about in told]
