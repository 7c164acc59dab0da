"""What Aviary's administrator does, and what time does: neither has a page of its own in the demo."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

from tests.running import Demo
from valetkey import Consumer, RequestToken

PATIENCE = 20  # seconds; Aviary may be writing


def _write(demo: Demo, statement: str, *values: object) -> None:
    path = demo.folder / "data" / "aviary.sqlite3"
    with closing(sqlite3.connect(path, timeout=PATIENCE)) as database, database:
        assert database.execute(statement, values).rowcount, "there is no such row"


def _ago(**units: float) -> str:
    return f"{datetime.now(UTC) - timedelta(**units):%Y-%m-%d %H:%M:%S.%f}"


def suspend(demo: Demo, consumer: Consumer, reason: str = "") -> None:
    statement = "UPDATE valetkey_application SET suspended_at = ?, suspension_reason = ? WHERE key = ?"
    _write(demo, statement, _ago(), reason, consumer.key)


def resume(demo: Demo, consumer: Consumer) -> None:
    statement = "UPDATE valetkey_application SET suspended_at = NULL, suspension_reason = '' WHERE key = ?"
    _write(demo, statement, consumer.key)


def let_expire(demo: Demo, token: RequestToken) -> None:
    statement = "UPDATE valetkey_requesttoken SET expires_at = ? WHERE key = ?"
    _write(demo, statement, _ago(seconds=1), token.key)


def let_be_used(demo: Demo, consumer: Consumer, **ago: float) -> None:
    """The older of the two secrets was last used so long ago."""
    statement = "UPDATE valetkey_application SET older_secret_used_at = ? WHERE key = ?"
    _write(demo, statement, _ago(**ago), consumer.key)


@contextmanager
def broken(demo: Demo) -> Iterator[None]:
    """While Aviary's table of statuses is missing."""
    _rename(demo, "aviary_status", "gone")
    yield
    _rename(demo, "gone", "aviary_status")


def _rename(demo: Demo, before: str, after: str) -> None:
    path = demo.folder / "data" / "aviary.sqlite3"
    with closing(sqlite3.connect(path, timeout=PATIENCE)) as database:
        database.execute(f"ALTER TABLE {before} RENAME TO {after}")
