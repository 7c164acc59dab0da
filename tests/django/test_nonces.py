"""A nonce is good once: whoever asks, wherever the request's own transaction went."""

import time

import pytest
from django.conf import settings
from django.db import transaction
from django.test import override_settings

from tests.django import walk
from tests.django.databases import Router
from valetkey.django import conf, nonces
from valetkey.django.models import Application, Nonce

NOW = 1_800_000_000
UNTIL = NOW + 300


def claim(nonce: str = "n", timestamp: int = NOW, key: str = "key", token: str | None = "token") -> bool:
    return nonces.claim(key, token, timestamp, nonce, until=timestamp + 300)


def test_the_first_claim_wins_and_the_second_does_not() -> None:
    assert claim()
    assert not claim()


@pytest.mark.abuse("A76")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b:c", NOW, "n"), ("a:b", "c", NOW, "n")),
        (("a", "1", 23, "n"), ("a", "12", 3, "n")),
        (("a", None, NOW, "n"), ("a", "", NOW, "n")),
        (("a", None, NOW, "n"), ("a", "None", NOW, "n")),
        (("a", "t", NOW, "n"), ("a", "t", NOW, "N")),
        (("a", "t", NOW, "n"), ("a", "t", NOW, "n ")),
        (("a", "t", NOW, "é"), ("a", "t", NOW, "e\u0301")),
        (("a", "t", NOW, "x" * 255), ("a", "t", NOW, "x" * 254 + "y")),
        (("a", "t", NOW, "n"), ("b", "t", NOW, "n")),
        (("a", "t", NOW, "n"), ("a", "u", NOW, "n")),
        (("a", "t", NOW, "n"), ("a", "t", NOW + 1, "n")),
    ],
)
@pytest.mark.rule(1)
@pytest.mark.abuse("A28")
def test_claims_that_differ_in_one_octet_never_meet(
    one: tuple[str, str | None, int, str], other: tuple[str, str | None, int, str]
) -> None:
    assert nonces.claim(*one, until=UNTIL)
    assert nonces.claim(*other, until=UNTIL)


@pytest.mark.rule(1)
@pytest.mark.abuse("A17")
def test_fifty_threads_claim_one_nonce_and_one_wins(database: str) -> None:
    assert sum(walk.at_once(50, lambda _: claim())) == 1


@pytest.mark.abuse("A17")
def test_fifty_threads_claim_fifty_nonces_and_all_win(database: str) -> None:
    assert sum(walk.at_once(50, lambda index: claim(f"nonce {index}"))) == 50


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
def test_a_cache_claims_as_well_and_keeps_it_for_the_whole_window() -> None:
    now = int(time.time())
    with override_settings(VALETKEY={**settings.VALETKEY, "NONCE_CACHE": "default"}):
        assert claim(timestamp=now)
        assert not claim(timestamp=now)
        assert claim(timestamp=now, key="another")
        assert sum(walk.at_once(20, lambda _: claim("one of twenty", now))) == 1
    assert not Nonce.objects.exists()


def _alias() -> str:
    return conf.current().nonce_database
