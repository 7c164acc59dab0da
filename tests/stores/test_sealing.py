"""Secrets at rest."""

import sys

import pytest
from cryptography.fernet import Fernet

from valetkey.stores.sealing import Ring, Unreadable

OLD, NEW = Fernet.generate_key(), Fernet.generate_key().decode()


@pytest.mark.abuse("A71")
@pytest.mark.parametrize("secret", ["a secret", "", "é 😀 \n\"'\\"])
def test_what_was_sealed_is_read_again_and_not_seen(secret: str) -> None:
    sealed = Ring([NEW]).seal("consumer", "c", secret)
    assert Ring([NEW]).unseal("consumer", "c", sealed) == secret
    assert not secret or secret.encode() not in sealed
    assert sealed != Ring([NEW]).seal("consumer", "c", secret), "nor is it seen which are the same"


@pytest.mark.abuse("A71")
def test_the_newest_key_seals_and_every_key_reads() -> None:
    old = Ring([OLD]).seal("consumer", "c", "s")
    both = Ring([NEW, OLD])
    assert both.unseal("consumer", "c", old) == "s"
    assert Ring([NEW]).unseal("consumer", "c", both.seal("consumer", "c", "s")) == "s"


@pytest.mark.abuse("A71")
@pytest.mark.parametrize(
    ("kind", "key", "reason"),
    [("access token", "c", "for another row"), ("consumer", "d", "for another row")],
)
def test_what_was_sealed_for_one_row_is_of_no_use_in_another(kind: str, key: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        Ring([NEW]).unseal(kind, key, Ring([NEW]).seal("consumer", "c", "s"))


@pytest.mark.parametrize(
    "sealed",
    [b"", b"x", Fernet(NEW).encrypt(b"not JSON"), Fernet(NEW).encrypt(b"[1]"), b"\xff"],
    ids=range(5),
)
def test_what_is_not_ours_is_said_without_showing_it(sealed: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        Ring([NEW]).unseal("consumer", "c", sealed)
    assert (
        str(caught.value)
        == "the secret of the consumer 'c' can't be read: none of the encryption keys decrypts it"
    )


@pytest.mark.parametrize("keys", [[], ["too short"], NEW], ids=["none", "short", "text"])
def test_keys_that_are_none_are_refused(keys: list[str]) -> None:
    with pytest.raises(ValueError, match=r"encryption_keys|32 url-safe"):
        Ring(keys)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.fernet", None)
    with pytest.raises(ImportError, match=r"pip install 'valetkey\[encryption\]'"):
        Ring([NEW])


def test_a_ring_shows_no_key() -> None:
    assert repr(Ring([NEW])) == "Ring(…)"
