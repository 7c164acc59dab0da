"""An application's public RSA key, as somebody hands it over: what is taken, and what is refused.

What was refused is kept nowhere and shown nowhere, not even in the form that it was typed in: it may be a
private key.
"""

import hashlib
import re
from base64 import b64decode
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from valetkey.protocol.errors import Unsignable
from valetkey.protocol.rsa import LEAST_BITS, MOST_BITS, check_strength, public_key, public_pem

#: The methods of an application that was given a key and names none. The settings say which of them count.
RSA_METHODS = ("RSA-SHA1", "RSA-SHA256", "RSA-SHA512")
#: Characters of what is read. The longest key has 1,500, and a certificate may be some times as long.
MOST_CHARACTERS = 20_000

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----")
_ARMOUR = re.compile(r"-----[^-]*-----|\s")
#: PEM, OpenSSH and PGP; PuTTY; JWK.
_PRIVATE = re.compile(r"PRIVATE KEY|PuTTY-User-Key|Private-Lines|[\"']d[\"']\s*:", re.IGNORECASE)
_LABELS = {"PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"}

_SENTENCES = {
    "private": _(
        "This is a private key, which must never leave its owner. It was not kept, but take it for lost: make"
        " a new pair of keys, and give the public one here."
    ),
    "long": _("This is too long for a key: give one public key as PEM."),
    "several": _("These are several keys: give one."),
    "unreadable": _(
        "This is no public key. Give one as PEM, which begins with -----BEGIN PUBLIC KEY----- or"
        " -----BEGIN CERTIFICATE-----."
    ),
    "kind": _("This is a key of another kind (EC or Ed25519, say). OAuth 1.0 signs with RSA."),
    "length": _("This key has %(bits)s bits. Give one of %(least)s to %(most)s."),
    "exponent": _("This key’s exponent is unsafe. Make a key with the usual one, 65537."),
}


class Shown(NamedTuple):
    """What people compare a key by: its length, and SHA-256 over its DER (SubjectPublicKeyInfo), in hex."""

    bits: int
    fingerprint: str


def shown(pem: str) -> Shown:
    """:raises Unsignable: where `pem` holds no RSA key."""
    key = public_key(pem)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    octets = key.public_bytes(serialization.Encoding.DER, form)
    return Shown(key.key_size, hashlib.sha256(octets).hexdigest())


@sensitive_variables()
def read(text: str) -> str:
    """The one public RSA key in `text`, as PEM, written in one way and without anything that stood around it;
    ``""`` for a blank text.

    :param text: PEM of a public key, or of a certificate that holds it.
    :raises ValidationError: for anything else, and for a key that is too weak. Its words and its `params`
        repeat nothing of `text`.
    """
    if not text.strip("\ufeff \t\r\n"):
        return ""
    if _PRIVATE.search(text):
        raise _fault("private")
    if len(text) > MOST_CHARACTERS:
        raise _fault("long")
    if _is_private(text):
        raise _fault("private")
    if text.count("-----BEGIN") > 1:
        raise _fault("several")
    key = _loaded(text)
    if not isinstance(key, RSAPublicKey):
        raise _fault("kind")
    try:
        check_strength(key)
    except Unsignable:
        sound = LEAST_BITS <= key.key_size <= MOST_BITS
        raise _fault("exponent" if sound else "length", bits=key.key_size) from None
    return public_pem(key)


def _fault(code: str, **facts: int) -> ValidationError:
    params = {"least": LEAST_BITS, "most": MOST_BITS, **facts}
    return ValidationError(_SENTENCES[code], code=code, params=params)


@sensitive_variables()
def _loaded(text: str) -> Any:
    block = _BLOCK.search(text)
    if block is None or block[1] not in _LABELS:
        raise _fault("unreadable")
    try:
        octets = b64decode("".join(block[2].split()), validate=True)
        if block[1] == "CERTIFICATE":
            return x509.load_der_x509_certificate(octets).public_key()
        return serialization.load_der_public_key(octets)
    except UnsupportedAlgorithm:
        raise _fault("kind") from None
    except (ValueError, x509.InvalidVersion):
        raise _fault("unreadable") from None


@sensitive_variables()
def _is_private(text: str) -> bool:
    """Whether it is a private key below another label, or below none."""
    try:
        octets = b64decode(_ARMOUR.sub("", text), validate=True)
        # Whether its numbers fit each other doesn't matter, and would take seconds to find out.
        serialization.load_der_private_key(octets, None, unsafe_skip_rsa_key_validation=True)
    except TypeError:  # it has a password
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


class PublicKeyFormField(forms.CharField):
    """A field for a public key. What was refused doesn't stand in it again."""

    widget = forms.Textarea

    @sensitive_variables()
    def to_python(self, value: Any) -> str:
        return read(super().to_python(value) or "")

    @sensitive_variables()
    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return self.to_python(data)
        except ValidationError:
            return ""


class PublicKeyField(models.TextField):  # type: ignore[type-arg]  # TextField takes no parameter at run time
    """A public key's PEM, or ``""``. Whatever else is saved to it raises a ValidationError, by whichever way
    it comes: a form, `save()` or `update()`.
    """

    @sensitive_variables()
    def clean(self, value: Any, model_instance: models.Model | None) -> str:
        return read(super().clean(value, model_instance))

    @sensitive_variables()
    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return super().get_db_prep_save(read(value) if isinstance(value, str) else value, connection)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": PublicKeyFormField, **kwargs})

    def deconstruct(self) -> Any:
        # A text, for a migration: its checks are of the code as it is, and not as it once was.
        name, _path, arguments, options = super().deconstruct()
        return name, "django.db.models.TextField", arguments, options
