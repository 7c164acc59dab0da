"""A database of their own for nonces.

A nonce is claimed while the request's own transaction may be open. On SQLite, where a second writer waits
until the first is done, that claim would wait for the very request that waits for it. So nonces get a file of
their own there::

    DATABASES = {
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "site.sqlite3"},
        "nonces": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": "nonces.sqlite3",
            "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"},
        },
    }
    DATABASE_ROUTERS = ["valetkey.django.routers.NonceRouter"]
    VALETKEY = {"NONCE_DATABASE": "nonces", …}

and ``migrate --database nonces`` beside ``migrate``. Elsewhere nonces may stay in the default database, and
no router is needed.
"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

from valetkey.django import conf


class NonceRouter:
    """Keeps nonces, and nothing but nonces, in ``VALETKEY["NONCE_DATABASE"]``."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return (
            conf.current().nonce_database
            if _is_nonce(model._meta.app_label, model._meta.model_name)
            else None
        )

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        return self.db_for_read(model)

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **hints: Any
    ) -> bool | None:
        try:
            nonces = conf.current().nonce_database
        except ImproperlyConfigured:
            # Django asks routers while it checks; what is wrong is said by our own checks, with their ids.
            return None
        if _is_nonce(app_label, model_name):
            return db == nonces
        return False if db == nonces != DEFAULT_DB_ALIAS else None


def _is_nonce(app_label: str, model_name: str | None) -> bool:
    return (app_label, model_name) == ("valetkey", "nonce")
