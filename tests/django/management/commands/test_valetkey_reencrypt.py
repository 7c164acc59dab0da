"""`manage.py valetkey_reencrypt` puts every secret under the newest key, while the site works."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings

from tests.django import walk
from valetkey.django import encryption
from valetkey.django.management.commands import valetkey_reencrypt
from valetkey.django.models import AccessToken, Application, RequestToken

ROOT = Path(__file__).parents[4]
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def keys(*names: str) -> override_settings:
    return override_settings(VALETKEY={**settings.VALETKEY, "ENCRYPTION_KEYS": list(names)})


def reencrypt() -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("valetkey_reencrypt", stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def token() -> Iterator[AccessToken]:
    """A token, with all that was sealed on the way to it, under the old key."""
    with keys(OLD):
        application = walk.register()
        application.add_secret()
        application.open()
        walk.ask(application)
        yield walk.token_of(application, walk.person())


def sealed() -> list[str]:
    columns: list[tuple[Any, str]] = [(Application, "sealed_secret"), (Application, "sealed_older_secret")]
    columns += [(RequestToken, "sealed_secret"), (AccessToken, "sealed_secret")]
    return [text for model, column in columns for text in model.objects.values_list(column, flat=True)]


@pytest.mark.abuse("A74")
@pytest.mark.rule(8)
def test_afterwards_the_old_key_is_needed_no_more(token: AccessToken) -> None:
    with keys(NEW, OLD):
        assert reencrypt() == ("Encrypted 4 secrets anew.\n", "")
        assert all(encryption.is_current(text) for text in sealed())
        assert reencrypt() == ("Encrypted 0 secrets anew.\n", "")
    with keys(NEW):
        assert walk.call("/api/read", token.application, token).status_code == 200
        assert Application.objects.get().secrets == token.application.secrets


@pytest.mark.abuse("A74")
def test_it_can_be_stopped_half_way_and_started_again(token: AccessToken) -> None:
    with keys(NEW, OLD):
        application = Application.objects.get()
        application.retire_older_secret()
        application.add_secret()  # one of the four is under the new key
        assert walk.call("/api/read", application, token).status_code == 200
        assert reencrypt() == ("Encrypted 3 secrets anew.\n", "")


@pytest.mark.abuse("A74")
def test_what_no_key_reads_is_named_passed_over_and_left_as_it_is(token: AccessToken) -> None:
    AccessToken.objects.update(sealed_secret="gone")
    with keys(NEW, OLD):
        out, err = io.StringIO(), io.StringIO()
        with pytest.raises(CommandError, match="1 secrets can't be read"):
            call_command("valetkey_reencrypt", stdout=out, stderr=err)
    assert out.getvalue() == "Encrypted 3 secrets anew.\n"
    assert token.key in err.getvalue()
    assert AccessToken.objects.get().sealed_secret == "gone"


@pytest.mark.abuse("A75")
def test_it_never_moves_a_secret_to_its_row_that_was_sealed_for_another(token: AccessToken) -> None:
    AccessToken.objects.update(sealed_secret=RequestToken.objects.get().sealed_secret)
    with keys(NEW, OLD), pytest.raises(CommandError):
        reencrypt()


def test_many_rows_are_done_in_batches(token: AccessToken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valetkey_reencrypt, "BATCH", 2)
    for index in range(5):
        walk.token_of(token.application, walk.person(f"person{index}"))
    with keys(NEW, OLD):
        assert reencrypt() == ("Encrypted 9 secrets anew.\n", "")


#: The command in a process of its own, on the same files, which ends itself before the third row.
KILLED = """
import os, signal, sys
from tests.django import settings

site, nonces, *keys = sys.argv[1:]
settings.DATABASES["default"]["NAME"], settings.DATABASES["nonces"]["NAME"] = site, nonces
settings.VALETKEY["ENCRYPTION_KEYS"] = keys
import django

django.setup()
from django.core.management import call_command
from valetkey.django import encryption

seal, rows = encryption.seal, []


def sealing(*row):
    rows.append(row)
    if len(rows) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return seal(*row)


encryption.seal = sealing
call_command("valetkey_reencrypt")
"""


@pytest.mark.abuse("A74")
@pytest.mark.abuse("A73")
def test_it_can_be_killed_between_two_rows(token: AccessToken, tmp_path: Path) -> None:
    files = [str(settings.DATABASES[alias]["NAME"]) for alias in ("default", "nonces")]
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, *files, NEW, OLD],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.django.settings", "TMPDIR": str(tmp_path)},
    )
    assert ended.returncode == -signal.SIGKILL
    with keys(NEW, OLD):
        assert [encryption.is_current(text) for text in sealed()].count(True) == 2
        assert walk.call("/api/read", token.application, token).status_code == 200
        assert reencrypt() == ("Encrypted 2 secrets anew.\n", "")
    with keys(NEW):
        assert walk.call("/api/read", token.application, token).status_code == 200


@pytest.mark.abuse("A74")
def test_a_secret_that_is_replaced_meanwhile_is_left_as_it_is(
    token: AccessToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    unseal = encryption.unseal

    def slow(kind: str, key: str, sealed: str) -> str:
        secret = unseal(kind, key, sealed)
        if kind == "access token":
            AccessToken.objects.update(sealed_secret=encryption.seal(kind, key, "newer"))
        return secret

    with keys(NEW, OLD):
        with monkeypatch.context() as patch:
            patch.setattr(encryption, "unseal", slow)
            assert reencrypt() == ("Encrypted 3 secrets anew.\n", "")
        assert AccessToken.objects.get().secret == "newer"
