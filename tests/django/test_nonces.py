"""A nonce is good once: whoever asks, wherever the request's own transaction went."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connections, transaction
from django.test import override_settings

from tests.django import walk
from tests.django.databases import Router
from tests.stores.servers import Address
from tests.stores.suite import Claims, in_eight_processes
from valetkey.django import conf, nonces
from valetkey.django.models import Application, Nonce
from valetkey.django.store import DjangoStore

R = TypeVar("R")

NOW = 1_800_000_000
UNTIL = NOW + 300


def claim(nonce: str = "n", timestamp: int = NOW, key: str = "key", token: str | None = "token") -> bool:
    return nonces.claim(key, token, timestamp, nonce, until=timestamp + 300)


class TestDatabase(Claims):
    # PostgreSQL takes a hundred connections, and keeps a few of them for itself.
    threads = 50

    @pytest.fixture
    def nonces(self, database: str) -> DjangoStore:
        return DjangoStore()

    def together(self, number: int, call: Callable[[int], R]) -> list[R]:
        return walk.at_once(number, call)


class TestCache(Claims):
    """Where the cache is Valkey, and where it is one process's own memory."""

    @pytest.fixture(params=["valkey", "memory"])
    def nonces(self, request: pytest.FixtureRequest) -> Iterator[DjangoStore]:
        backend, location = "django.core.cache.backends.locmem.LocMemCache", "nonces"
        if request.param == "valkey":
            server = request.getfixturevalue("valkey_server")
            backend, location = (
                "django.core.cache.backends.redis.RedisCache",
                f"redis://{server.host}:{server.port}",
            )
        cache = {"BACKEND": backend, "LOCATION": location}
        valetkey = {**settings.VALETKEY, "NONCE_CACHE": "nonces"}
        with override_settings(CACHES={**settings.CACHES, "nonces": cache}, VALETKEY=valetkey):
            yield DjangoStore()
            caches["nonces"].clear()

    def together(self, number: int, call: Callable[[int], R]) -> list[R]:
        return walk.at_once(number, call)


FORKED = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.django.settings"
import django
django.setup()
from django.conf import settings
from django.db import connections
connections.settings["postgresql"]["HOST"] = {host!r}
settings.VALETKEY = {{**settings.VALETKEY, "NONCE_DATABASE": "postgresql"}}
from valetkey.django.store import DjangoStore
store = DjangoStore()
"""


@pytest.mark.rule(1)
@pytest.mark.abuse("A17")
def test_of_eight_processes_that_claim_one_nonce_one_wins(postgresql: None) -> None:
    before = FORKED.format(host=connections.settings["postgresql"]["HOST"])
    call = f"store.claim_nonce('key', 'token', {NOW}, 'n', until={UNTIL})"
    assert sorted(in_eight_processes(before, call)) == [0] * 7 + [1]
    assert not claim()


@pytest.mark.abuse("A70")
@pytest.mark.rule(1)
def test_a_claim_outlives_the_transaction_that_it_was_made_in(database: str) -> None:
    with transaction.atomic(using=Router.chosen):
        walk.register()
        assert claim()
        transaction.set_rollback(True, using=Router.chosen)
    assert not Application.objects.exists()
    assert not claim()


@pytest.mark.abuse("A26")
def test_a_nonce_is_kept_until_its_time_has_passed_and_then_deleted(database: str) -> None:
    assert claim()
    assert nonces.prune(UNTIL) == 0
    assert not claim()
    assert nonces.prune(UNTIL + 2 * nonces.GRACE) == 1


@pytest.mark.rule(1)
@pytest.mark.abuse("A35")
def test_a_clock_that_is_set_back_brings_no_forgotten_nonce_to_life(database: str) -> None:
    assert claim()
    assert nonces.prune(UNTIL + 3600) == 1
    assert not claim()
    assert not claim("another, as old")
    assert claim("a newer one", NOW + 3600)


@pytest.mark.rfc("4.10-1")
@pytest.mark.abuse("A53")
def test_pruning_deletes_no_more_than_it_is_told_and_the_oldest_first(database: str) -> None:
    for index in range(5):
        assert claim(str(index), NOW + index)
    assert nonces.prune(UNTIL + 3600, rows=2) == 2
    assert nonces.prune(UNTIL + 3600, rows=10) == 3
    assert nonces.prune(UNTIL + 3600) == 0
    assert Nonce.objects.using(_alias()).count() == 1  # the mark


@pytest.mark.abuse("A53")
def test_claims_go_on_while_old_nonces_are_deleted(database: str) -> None:
    for index in range(200):
        claim(f"old {index}")

    def work(index: int) -> int:
        if index % 2:
            return nonces.prune(UNTIL + 3600, rows=30)
        return claim(f"new {index}", NOW + 7200)

    results = walk.at_once(20, work)
    assert results[::2] == [True] * 10
    assert sum(results[1::2]) <= 200


@pytest.mark.abuse("A71")
def test_the_row_shows_nothing_of_the_request() -> None:
    claim("a nonce that means something", key="a key", token="a token")
    assert all(len(row.digest) == 64 for row in Nonce.objects.all())


@pytest.mark.rule(1)
@pytest.mark.abuse("A77")
def test_a_cache_keeps_a_nonce_for_the_whole_window_and_the_database_nothing(valkey_server: Address) -> None:
    cache = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"redis://{valkey_server.host}:{valkey_server.port}",
    }
    valetkey = {**settings.VALETKEY, "NONCE_CACHE": "nonces"}
    now = int(time.time())
    with override_settings(CACHES={**settings.CACHES, "nonces": cache}, VALETKEY=valetkey):
        assert claim(timestamp=now)
        caches["nonces"].close()
    with valkey_server.client() as operator:
        (name,) = operator.keys("*")
        assert 300 < operator.ttl(name) <= 300 + nonces.CACHE_GRACE
    assert not Nonce.objects.exists()


def _alias() -> str:
    return conf.current().nonce_database
