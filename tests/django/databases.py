"""Which database a test is about: SQLite's files, or PostgreSQL."""

from typing import Any

from django.db.models import Model

from valetkey.django.models import Nonce


class Router:
    """Leads everything but nonces to :attr:`chosen`; theirs is ``VALETKEY["NONCE_DATABASE"]``."""

    chosen = "default"

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return None if model is Nonce else Router.chosen

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return True if db == "postgresql" else None
