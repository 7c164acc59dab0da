"""Nonces, and nothing but nonces, live in their own database."""

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from django.test import override_settings

from valetkey.django.models import Application, Nonce
from valetkey.django.routers import NonceRouter

ROUTER = NonceRouter()


def test_nonces_are_read_and_written_in_their_database_and_others_left_to_others() -> None:
    assert (ROUTER.db_for_read(Nonce), ROUTER.db_for_write(Nonce)) == ("nonces", "nonces")
    assert ROUTER.db_for_read(Application) is ROUTER.db_for_write(User) is None


def test_the_nonces_database_holds_their_table_and_no_other() -> None:
    tables = {alias: set(connections[alias].introspection.table_names()) for alias in ("default", "nonces")}
    assert tables["nonces"] == {"valetkey_nonce", "django_migrations"}
    assert "valetkey_nonce" not in tables["default"]
    assert "valetkey_application" in tables["default"]


def test_without_a_database_of_their_own_nonces_are_in_the_default_one() -> None:
    with override_settings(VALETKEY={**settings.VALETKEY, "NONCE_DATABASE": "default"}):
        assert ROUTER.db_for_write(Nonce) == "default"
        assert ROUTER.allow_migrate("default", "valetkey", "nonce")
        assert ROUTER.allow_migrate("default", "valetkey", "application") is None
        assert ROUTER.allow_migrate("other", "valetkey", "nonce") is False


def test_a_wrong_setting_is_left_to_the_checks_that_say_which() -> None:
    with override_settings(VALETKEY={**settings.VALETKEY, "ORIGIN": "x"}):
        assert ROUTER.allow_migrate("nonces", "valetkey", "nonce") is None
