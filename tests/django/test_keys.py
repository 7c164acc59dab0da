"""A public RSA key is taken in whatever form people have it; a private one never, and nothing keeps it."""

import base64
import hashlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import override_settings

from tests.django import walk
from tests.vectors import rsa_key
from valetkey import Consumer, RequestToken, Signer
from valetkey.django import keys
from valetkey.django.models import AccessToken, Application
from valetkey.protocol.rsa import private_key, public_key, public_pem
from valetkey.protocol.signatures import METHODS

PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
PRIVATE: rsa.RSAPrivateKey = private_key(rsa_key("mastercard", "private_pem"))
PUBLIC = PRIVATE.public_key()
SPKI = public_pem(PUBLIC)
OTHER = public_pem(rsa_key("requests-oauthlib", "private_pem"))
METHODS_ALLOWED = ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", *keys.RSA_METHODS]
WITH_RSA = {**settings.VALETKEY, "SIGNATURE_METHODS": METHODS_ALLOWED}
CANARY = "MIIEcanary"


def written(key: Any, old: bool = False) -> str:
    kind = serialization.PublicFormat.PKCS1 if old else serialization.PublicFormat.SubjectPublicKeyInfo
    text: str = key.public_bytes(PEM, kind).decode()
    return text


def certificate(key: Any) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "heron.example")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    day = datetime(2020, 1, 1, tzinfo=UTC)
    made = builder.not_valid_before(day).not_valid_after(day).sign(key, hashes.SHA256())
    return made.public_bytes(PEM).decode()


def private(key: Any = PRIVATE, old: bool = False, password: bytes | None = None) -> str:
    kind = serialization.PrivateFormat.TraditionalOpenSSL if old else serialization.PrivateFormat.PKCS8
    secrecy = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    text: str = key.private_bytes(PEM, kind, secrecy).decode()
    return text


def labelled(text: str, label: str) -> str:
    """`text` below another label; below none where it is empty."""
    body = "\n".join(text.splitlines()[1:-1])
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n" if label else body


def code(text: str) -> str:
    """Why `text` is refused."""
    with pytest.raises(ValidationError) as caught:
        keys.read(text)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    return str(caught.value.code)


FORMS: dict[str, str] = {
    "a public key": SPKI,
    "PKCS#1": written(PUBLIC, old=True),
    "a certificate": certificate(PRIVATE),
    "lines as Windows ends them": SPKI.replace("\n", "\r\n"),
    "a byte order mark": "\ufeff" + SPKI,
    "blanks around and before each line": "\n\n  " + SPKI.replace("\n", "\n  ") + "\n\n",
    "words around it": f"subject=CN=Grüße\n{SPKI}\nsent from my phone",
    "one line": SPKI.replace("\n", " "),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_key_is_kept_in_one_spelling_without_what_stood_around_it(form: str) -> None:
    assert keys.read(FORMS[form]) == SPKI
    assert keys.read(SPKI) == SPKI


@pytest.mark.parametrize("blank", ["", " \r\n\t", "\ufeff"])
def test_a_blank_text_is_no_key(blank: str) -> None:
    assert keys.read(blank) == ""


EC = ec.generate_private_key(ec.SECP256R1())
OPENSSH = PRIVATE.private_bytes(
    PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
).decode()
PRIVATE_KEYS: dict[str, str] = {
    "PKCS#8": private(),
    "PKCS#1": private(old=True),
    "with a password": private(password=b"p"),
    "of another kind": private(EC),
    "OpenSSH": OPENSSH,
    "PuTTY": "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none",
    "JWK": '{"kty": "RSA", "n": "x", "e": "AQAB", "d": "x"}',
    "cut short": private()[:300],
    "behind a public key": SPKI + private(),
    "before its certificate": private() + certificate(PRIVATE),
    "said to be public": labelled(private(), "PUBLIC KEY"),
    "said to be a certificate": labelled(private(old=True), "CERTIFICATE"),
    "with a password, said to be public": labelled(private(password=b"p"), "PUBLIC KEY"),
    "without a label": labelled(private(), ""),
    "in small letters": private().lower(),
    "after a megabyte": "x" * 1_000_000 + private(),
}


@pytest.mark.abuse("A36")
@pytest.mark.parametrize("form", PRIVATE_KEYS)
def test_a_private_key_is_known_in_whatever_dress_it_comes(form: str) -> None:
    assert code(PRIVATE_KEYS[form]) == "private"


def test_whoever_sent_a_private_key_is_told_to_replace_it() -> None:
    with pytest.raises(ValidationError, match=r"must never leave its owner.* make a new pair of keys"):
        keys.read(private())


def numbered(exponent: int, bits: int = 2_048) -> str:
    modulus = PUBLIC.public_numbers().n if bits == 2_048 else (1 << bits - 1) + 1
    return written(rsa.RSAPublicNumbers(exponent, modulus).public_key())


def _of_version(number: int) -> str:
    """A certificate, but for its version."""
    octets = base64.b64decode("".join(certificate(PRIVATE).splitlines()[1:-1]))
    changed = octets.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01" + bytes([number]), 1)
    assert changed != octets
    return labelled(f"-\n{base64.b64encode(changed).decode()}\n-", "CERTIFICATE")


WRONG: dict[str, tuple[str, str]] = {
    "a megabyte": ("A" * 1_000_000, "long"),
    "a key and a megabyte": (SPKI + "\n" * 1_000_000, "long"),
    "two keys": (SPKI + OTHER, "several"),
    "one key twice": (SPKI + SPKI, "several"),
    "a chain of certificates": (certificate(PRIVATE) * 2, "several"),
    "a key and the start of another one": (SPKI + "-----BEGIN PUBLIC KEY-----", "several"),
    "EC": (written(EC.public_key()), "kind"),
    "Ed25519": (written(ed25519.Ed25519PrivateKey.generate().public_key()), "kind"),
    "a certificate with an EC key": (certificate(EC), "kind"),
    "junk": (CANARY * 30, "unreadable"),
    "junk in the right dress": (labelled(f"-\n{CANARY * 30}\n-", "PUBLIC KEY"), "unreadable"),
    "a request for a certificate": (labelled(SPKI, "CERTIFICATE REQUEST"), "unreadable"),
    "a NUL inside": (SPKI.replace("A", "A\x00", 1), "unreadable"),
    "a lone surrogate": (SPKI.replace("\n", "\ud800", 1), "unreadable"),
    "SSH's own form": ("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ== wren@hide", "unreadable"),
    "another end": (SPKI.replace("END PUBLIC", "END RSA PUBLIC"), "unreadable"),
    "cut short": (SPKI[:200], "unreadable"),
    "short of some octets": (labelled(SPKI[:200] + "\n-", "PUBLIC KEY"), "unreadable"),
    "a certificate of a version that there isn't": (_of_version(6), "unreadable"),
    "1024 bits": (rsa_key("wiki-test-principal", "public_pem", "certificate_pem") or "", "length"),
    "512 bits": (numbered(65_537, 512), "length"),
    "16384 bits": (numbered(65_537, 16_384), "length"),
    "exponent 3": (numbered(3), "exponent"),
    "an exponent as long as the key": (numbered((1 << 2_040) + 1), "exponent"),
}


@pytest.mark.abuse("A36")
@pytest.mark.parametrize("form", WRONG)
def test_what_cannot_be_taken_is_refused_by_its_own_sentence(form: str) -> None:
    text, reason = WRONG[form]
    assert code(text) == reason


def test_a_key_is_known_by_the_hash_that_openssl_prints() -> None:
    octets = PUBLIC.public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert keys.shown(SPKI) == (2_048, hashlib.sha256(octets).hexdigest())


class Registration(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no parameter at run time
    class Meta:
        model = Application
        fields = ("name", "signature_methods", "rsa_public_key")


@pytest.mark.abuse("A36")
@pytest.mark.parametrize("text", [private(), SPKI + private(), "A" * 1_000, "\x00", OTHER + SPKI])
def test_what_was_refused_does_not_stand_in_the_form_again(text: str) -> None:
    form = Registration({"name": "Kestrel", "rsa_public_key": text})
    assert set(form.errors) == {"rsa_public_key"}
    assert form["rsa_public_key"].value() == ""
    assert text[200:260] not in str(form) or len(text) < 200


def test_a_key_that_can_be_taken_stays_in_a_form_with_another_mistake() -> None:
    form = Registration({"name": "", "rsa_public_key": SPKI.replace("\n", "\r\n")})
    assert set(form.errors) == {"name", "signature_methods"}
    assert form["rsa_public_key"].value() == SPKI


def in_memory(row: Application, text: str) -> Application:
    row.rsa_public_key = text
    return row


WAYS: dict[str, Callable[[Application, str], object]] = {
    "register": lambda row, text: walk.register("Merlin", rsa_public_key=text),
    "use_rsa_key": lambda row, text: row.use_rsa_key(text),
    "save": lambda row, text: in_memory(row, text).save(),
    "create": lambda row, text: Application.objects.create(name="Merlin", rsa_public_key=text),
    "update": lambda row, text: Application.objects.update(rsa_public_key=text),
    "bulk_update": lambda row, text: Application.objects.bulk_update(
        [in_memory(row, text)], ["rsa_public_key"]
    ),
    "bulk_create": lambda row, text: Application.objects.bulk_create(
        [in_memory(Application(name="Merlin"), text)]
    ),
}


@override_settings(VALETKEY=WITH_RSA)
@pytest.mark.abuse("A36")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("text", [private(), numbered(3), "junk"], ids=["private", "exponent 3", "junk"])
def test_no_way_to_save_keeps_what_cannot_be_taken(
    way: str, text: str, kestrel: Application, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ValidationError):
        WAYS[way](kestrel, text)
    assert [row.rsa_public_key for row in Application.objects.all()] == [""]
    assert text[200:260] not in caplog.text or len(text) < 200


# Which methods count

URL = f"{walk.ORIGIN}/api/read"


def signer(application: Application, token: Any, method: str, key: str | None = None) -> Signer:
    """Signs with what `method` takes: the private key, or a text in place of the secret."""
    held = RequestToken(token.key, token.secret)
    uses_rsa_key = METHODS[method].uses_rsa_key
    consumer = (
        Consumer(application.key, rsa_key=PRIVATE)
        if uses_rsa_key
        else Consumer(application.key, application.secret if key is None else key)
    )
    return Signer(consumer, held, signature_method=method)


REGISTERED = [None, ["RSA-SHA256"], ["RSA-SHA1", "RSA-SHA512"], ["HMAC-SHA256", "RSA-SHA256"], ["HMAC-SHA1"]]


@override_settings(VALETKEY=WITH_RSA)
@pytest.mark.abuse("A14")
@pytest.mark.rule(3)
@pytest.mark.parametrize("sent", METHODS)
@pytest.mark.parametrize("registered", REGISTERED, ids=str)
def test_a_method_counts_where_the_registration_names_it(
    registered: list[str] | None, sent: str, ada: Any
) -> None:
    kestrel = walk.register(rsa_public_key=SPKI, signature_methods=registered)
    answer = walk.send(signer(kestrel, walk.token_of(kestrel, ada), sent).sign("GET", URL))
    if sent in (registered or keys.RSA_METHODS):
        assert answer.status_code == 200
    else:
        assert walk.problem(answer) == (400, "signature_method_rejected")


GUESSES = {
    "PEM": SPKI,
    "PEM, stripped": SPKI.strip(),
    "PEM, as it was sent": SPKI.replace("\n", "\r\n"),
    "DER": "".join(SPKI.splitlines()[1:-1]),
    "the consumer key": None,
    "nothing": "",
}


@override_settings(VALETKEY=WITH_RSA)
@pytest.mark.abuse("A14")
@pytest.mark.rule(3)
@pytest.mark.parametrize("sent", ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "PLAINTEXT"])
@pytest.mark.parametrize("registered", REGISTERED, ids=str)
def test_no_secret_is_read_from_the_public_key(registered: list[str] | None, sent: str, ada: Any) -> None:
    kestrel = walk.register(rsa_public_key=SPKI, signature_methods=registered)
    token = walk.token_of(kestrel, ada)
    # Where the registration names an HMAC, it is keyed with the secret alone.
    refused = (401, "signature_invalid") if sent in (registered or ()) else (400, "signature_method_rejected")
    for guess in GUESSES.values():
        forged = signer(kestrel, token, sent, kestrel.key if guess is None else guess).sign("GET", URL)
        assert walk.problem(walk.send(forged)) == refused


@pytest.mark.abuse("A14")
@pytest.mark.parametrize("method", keys.RSA_METHODS)
def test_an_application_without_a_key_is_verified_with_no_rsa(method: str, token: AccessToken) -> None:
    with override_settings(VALETKEY=WITH_RSA):
        signed = signer(token.application, token, method).sign("GET", URL)
        assert walk.problem(walk.send(signed)) == (400, "signature_method_rejected")


@override_settings(VALETKEY=WITH_RSA)
def test_a_signature_of_another_key_is_refused_and_written_down(ada: Any) -> None:
    kestrel = walk.register(rsa_public_key=OTHER)
    signed = signer(kestrel, walk.token_of(kestrel, ada), "RSA-SHA256").sign("GET", URL)
    answer = walk.send(signed)
    assert walk.problem(answer) == (401, "signature_invalid")
    assert (
        "private key belongs to the registered public one" in walk.read_form(answer)["oauth_problem_advice"]
    )
    row = kestrel.refusals.get()
    assert (row.problem, row.mistake, row.signature_method) == ("signature_invalid", "", "RSA-SHA256")


@override_settings(VALETKEY=WITH_RSA)
def test_the_legs_are_walked_with_rsa_and_no_secret(ada: Any) -> None:
    kestrel = walk.register(rsa_public_key=SPKI, secret="")
    consumer = Consumer(kestrel.key, rsa_key=PRIVATE)

    def post(leg: str, token: Any = None, **oauth: str) -> dict[str, str]:
        signer = Signer(consumer, token, signature_method="RSA-SHA256")
        return walk.read_form(walk.send(signer.sign("POST", f"{walk.ORIGIN}/oauth/{leg}", oauth=oauth)))

    said = post("request_token", oauth_callback=walk.CALLBACK)
    request = RequestToken(said["oauth_token"], said["oauth_token_secret"])
    said = post("access_token", request, oauth_verifier=walk.allow(ada, request))
    token = AccessToken.objects.get(key=said["oauth_token"])
    assert walk.send(signer(kestrel, token, "RSA-SHA1").sign("GET", URL)).status_code == 200


@override_settings(VALETKEY=WITH_RSA)
@pytest.mark.abuse("A14")
def test_a_key_that_is_replaced_between_two_legs_ends_at_once_and_the_token_stays(ada: Any) -> None:
    kestrel = walk.register(rsa_public_key=OTHER)
    theirs = private_key(rsa_key("requests-oauthlib", "private_pem"))
    token = walk.token_of(kestrel, ada)
    held = RequestToken(token.key, token.secret)

    def status(key: Any) -> int:
        signed = Signer(Consumer(kestrel.key, rsa_key=key), held, signature_method="RSA-SHA256")
        return int(walk.send(signed.sign("GET", URL)).status_code)

    assert (status(theirs), status(PRIVATE)) == (200, 401)
    kestrel.use_rsa_key(SPKI)
    assert (status(theirs), status(PRIVATE)) == (401, 200)


def test_a_registration_says_where_the_service_takes_no_rsa() -> None:
    with pytest.raises(ValidationError, match="takes no RSA") as caught:
        walk.register(rsa_public_key=SPKI)
    assert set(caught.value.message_dict) == {"rsa_public_key"}


def test_an_application_can_be_changed_though_the_service_takes_no_rsa_any_more() -> None:
    with override_settings(VALETKEY=WITH_RSA):
        walk.register(rsa_public_key=SPKI)
    kestrel = Application.objects.get()
    kestrel.name = "Merlin"
    kestrel.full_clean()
    assert kestrel.usable_methods == []


@override_settings(VALETKEY=WITH_RSA)
@pytest.mark.rule(3)
@pytest.mark.abuse("A14")
@pytest.mark.parametrize(("key", "methods"), [(SPKI, None), (SPKI, []), ("", ["RSA-SHA256"])])
def test_key_and_methods_must_fit_each_other(key: str, methods: list[str] | None) -> None:
    kestrel = walk.register()
    kestrel.rsa_public_key, kestrel.signature_methods = key, methods
    with pytest.raises(ValidationError) as caught:
        kestrel.full_clean()
    assert set(caught.value.message_dict) == {"signature_methods"}


@override_settings(VALETKEY=WITH_RSA)
@pytest.mark.rule(3)
@pytest.mark.abuse("A14")
def test_who_has_a_key_and_no_secret_names_no_method_that_takes_one() -> None:
    kestrel = walk.register(rsa_public_key=SPKI, secret="")
    kestrel.signature_methods = ["RSA-SHA256", "HMAC-SHA256"]
    with pytest.raises(ValidationError, match=r"It has no secret: name methods with RSA only\."):
        kestrel.full_clean()


# Giving, replacing, removing


@override_settings(VALETKEY=WITH_RSA)
def test_a_key_takes_the_place_of_the_secret_until_it_is_removed(kestrel: Application) -> None:
    secret = kestrel.secret
    kestrel.use_rsa_key(SPKI.replace("\n", "\r\n"))
    found = Application.objects.get()
    assert (found.rsa_key, found.usable_methods) == (SPKI, list(keys.RSA_METHODS))
    assert found.rsa_key_given_at
    assert found.remove_rsa_key()
    found = Application.objects.get()
    assert (found.rsa_key, found.signature_methods, found.rsa_key_given_at) == (None, None, None)
    assert found.secret == secret
    assert not found.remove_rsa_key()


@override_settings(VALETKEY=WITH_RSA)
def test_who_has_no_secret_gets_one_where_the_key_is_removed() -> None:
    kestrel = walk.register(rsa_public_key=SPKI, secret="")
    assert kestrel.remove_rsa_key()
    assert len(Application.objects.get().secret) == 43


@override_settings(VALETKEY=WITH_RSA)
@pytest.mark.abuse("A14")
def test_methods_that_somebody_named_outlive_what_the_owner_does_with_the_key() -> None:
    strict = walk.register(signature_methods=["HMAC-SHA256"])
    with pytest.raises(ValidationError, match="HMAC-SHA256, and only the administrator"):
        strict.use_rsa_key(SPKI)
    named = walk.register("Merlin", rsa_public_key=SPKI, signature_methods=["RSA-SHA512"])
    assert not named.remove_rsa_key()
    named.use_rsa_key(OTHER)
    named.reset()
    named = Application.objects.get(name="Merlin")
    assert (named.rsa_key, named.signature_methods) == (None, ["RSA-SHA512"])
    named.description = "Waits for a key."
    named.full_clean()
    assert Application.objects.get(name="Kestrel").signature_methods == ["HMAC-SHA256"]


@override_settings(VALETKEY=WITH_RSA)
def test_a_reset_ends_the_key_too(ada: Any) -> None:
    kestrel = walk.register(rsa_public_key=SPKI)
    token = walk.token_of(kestrel, ada)
    kestrel.reset()
    found = Application.objects.get()
    assert (found.rsa_key, found.signature_methods) == (None, None)
    signed = signer(found, token, "RSA-SHA256").sign("GET", URL)
    assert walk.problem(walk.send(signed)) == (400, "signature_method_rejected")


@override_settings(VALETKEY=WITH_RSA)
@pytest.mark.abuse("A14")
def test_what_was_read_before_a_key_was_given_undoes_it_not(kestrel: Application) -> None:
    stale = Application.objects.get()
    kestrel.use_rsa_key(SPKI)
    stale.name = "Merlin"
    stale.save()
    found = Application.objects.get()
    assert (found.name, found.rsa_key, found.usable_methods) == ("Merlin", SPKI, list(keys.RSA_METHODS))
    stale.reset()
    assert Application.objects.get().signature_methods is None


@override_settings(VALETKEY=WITH_RSA)
def test_the_use_of_a_key_is_noted_as_its_own(ada: Any) -> None:
    kestrel = walk.register(rsa_public_key=SPKI)
    walk.send(signer(kestrel, walk.token_of(kestrel, ada), "RSA-SHA256").sign("GET", URL))
    found = Application.objects.get()
    assert found.rsa_key_used_at
    assert found.secret_used_at is None
    assert found.last_used_at == found.rsa_key_used_at
    found.use_rsa_key(OTHER)
    assert Application.objects.get().rsa_key_used_at is None


@override_settings(VALETKEY=WITH_RSA)
def test_a_key_is_read_once_for_many_requests(kestrel: Application) -> None:
    kestrel.use_rsa_key(SPKI)
    assert public_key(Application.objects.get().rsa_key) is public_key(Application.objects.get().rsa_key)
