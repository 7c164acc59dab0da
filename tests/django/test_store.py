"""The database as a store: what happens once happens once, and keys are compared exactly."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction
from django.test import override_settings
from django.utils import timezone

from tests import wire
from tests.django import walk
from tests.django.databases import Router
from tests.stores.suite import Keeps
from valetkey import AccessToken as CoreAccessToken
from valetkey import Consumer, Signed
from valetkey import RequestToken as CoreRequestToken
from valetkey.django import nonces
from valetkey.django import store as module
from valetkey.django.models import AccessToken, Application, RequestToken
from valetkey.django.store import DjangoStore

R = TypeVar("R")

STORE = DjangoStore()


def waiting(application: Application, key: str = "waiting") -> str:
    token = CoreRequestToken(key, "a secret")
    assert STORE.add_request_token(application.key, token, callback=walk.CALLBACK, expires=time.time() + 600)
    return key


def decide(key: str, user: Any, **given: Any) -> bool:
    given = {"allowed": True, "access": "read", "verifier_hash": "hash", **given}
    return STORE.decide(key, user=user, expires=time.time() + 600, **given)


class TestStore(Keeps):
    @pytest.fixture
    def store(self, database: str) -> DjangoStore:
        return STORE

    def register(self, store: Any, name: str = "Kestrel") -> Consumer:
        return walk.consumer(walk.register(name, callbacks=[wire.CALLBACK]))

    def grant(self, store: Any, consumer: Consumer, person: Any) -> CoreAccessToken:
        token = walk.token_of(Application.objects.get(key=consumer.key), person, "read")
        return CoreAccessToken(token.key, token.secret)

    def person(self, name: str) -> Any:
        return walk.person(name)

    def together(self, number: int, call: Callable[[int], R]) -> list[R]:
        return walk.at_once(number, call)


@pytest.mark.abuse("A24")
def test_one_query_finds_both_whether_they_exist_or_not(database: str, queries: Any) -> None:
    application, user = walk.register(), walk.person()
    token = walk.token_of(application, user)
    for keys in [(application.key, token.key), (application.key, "no"), ("no", token.key), ("no", None)]:
        with queries(1):
            found = STORE.find(*keys)[1]
            assert found is None or (found.user, found.secret) == (user, token.secret)


@pytest.mark.parametrize("access", ["read", "write"])
def test_a_decision_that_names_no_access_is_about_all_that_the_application_may_have(
    database: str, access: str
) -> None:
    request = waiting(walk.register(access=access))
    assert decide(request, walk.person(), access=None)
    token = STORE.exchange(request, CoreAccessToken("key", "secret"))
    assert token
    assert token.access == access


def test_a_denial_allows_no_access() -> None:
    request = waiting(walk.register())
    assert decide(request, walk.person(), access=None, allowed=False)
    assert RequestToken.objects.get().access == ""


@pytest.mark.abuse("A41")
def test_an_exchange_that_fails_half_way_changes_nothing(database: str) -> None:
    request, user = waiting(walk.register()), walk.person()
    assert decide(request, user)

    def fail(token: AccessToken) -> dict[str, str]:
        raise ZeroDivisionError

    with override_settings(VALETKEY={**settings.VALETKEY, **_here(), "ACCESS_TOKEN_EXTRA": fail}):
        with pytest.raises(ZeroDivisionError):
            STORE.exchange(request, CoreAccessToken("key", "secret"))
    assert not AccessToken.objects.exists()
    assert STORE.exchange(request, CoreAccessToken("key", "secret"))


def test_an_exchange_inside_another_transaction_fails_loudly() -> None:
    request, user = waiting(walk.register()), walk.person()
    assert decide(request, user)
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        STORE.exchange(request, CoreAccessToken("key", "secret"))


@pytest.mark.abuse("A48")
def test_a_reset_and_twenty_exchanges_at_once_leave_no_token_that_works(database: str) -> None:
    application, user = walk.register(), walk.person()
    requests = [waiting(application, f"request {index}") for index in range(20)]
    for request in requests:
        assert decide(request, user)

    def work(index: int) -> None:
        if index == 10:
            Application.objects.get(pk=application.pk).reset()
        else:
            STORE.exchange(requests[index], CoreAccessToken(f"token {index}", "secret"))

    walk.at_once(20, work)
    assert not AccessToken.objects.filter(revoked_at=None).exists()
    assert not RequestToken.objects.exists()


@pytest.mark.abuse("A53")
def test_one_application_cannot_open_more_than_its_share_and_others_are_unharmed() -> None:
    kestrel, merlin = walk.register(), walk.register("Merlin")
    now = timezone.now()
    rows = [
        RequestToken(application=kestrel, key=f"open {index}", expires_at=now + timedelta(minutes=10))
        for index in range(1_000)
    ]
    RequestToken.objects.bulk_create(rows)
    answer = walk.call("/oauth/request_token", kestrel, oauth={"oauth_callback": "oob"})
    assert walk.problem(answer) == (429, "consumer_key_refused")
    assert answer["Retry-After"] == "600"
    assert walk.ask(merlin)
    RequestToken.objects.filter(key="open 1").update(expires_at=now)
    assert walk.ask(kestrel)


@pytest.mark.abuse("A53")
def test_a_hundred_thousand_request_tokens_of_others_are_passed_over_by_an_index() -> None:
    flooding = [walk.register(f"Flood {index}") for index in range(100)]
    one = RequestToken(application=flooding[0], key="one", expires_at=timezone.now() + timedelta(minutes=10))
    one.save()
    others = [field.attname for field in RequestToken._meta.fields if field.attname not in ("id", "key")]
    copied = ["a.id" if name == "application_id" else f"one.{name}" for name in others]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 1000)"
            f" INSERT INTO valetkey_requesttoken (key, {', '.join(others)})"
            f" SELECT a.id || ' ' || n, {', '.join(copied)}"
            " FROM valetkey_requesttoken one, valetkey_application a, number WHERE one.key = 'one'"
        )
    assert RequestToken.objects.count() == 100_001
    honest, user = walk.register("Honest"), walk.person()
    request = walk.ask(honest)
    assert walk.exchange(honest, request, walk.allow(user, request)).status_code == 200
    assert walk.first_leg(flooding[0]).status_code == 429
    open_ones = honest.request_tokens.filter(expires_at__gt=timezone.now())
    for plan in (open_ones.explain(), RequestToken.objects.filter(key=request.key).explain()):
        assert "USING INDEX" in plan, plan
        assert "SCAN" not in plan, plan


@pytest.mark.abuse("A53")
def test_old_request_tokens_are_deleted_an_hour_after_their_end_and_no_more_than_told() -> None:
    application = walk.register()
    now = timezone.now()
    ages = [7200, 7201, 7202, 3000, -600]
    for index in range(len(ages)):
        waiting(application, str(index))
    for index, age in enumerate(ages):
        RequestToken.objects.filter(key=index).update(expires_at=now - timedelta(seconds=age))
    assert module.prune_request_tokens(2) == 2
    assert module.prune_request_tokens(2) == 1
    assert module.prune_request_tokens(2) == 0
    assert sorted(RequestToken.objects.values_list("key", flat=True)) == ["3", "4"]


def test_a_revoked_token_is_returned_with_its_problem_and_revoked_once() -> None:
    application, user = walk.register(), walk.person()
    token = walk.token_of(application, user)
    assert STORE.revoke(token.key)
    first = AccessToken.objects.get(pk=token.pk).revoked_at
    assert STORE.revoke(token.key)
    assert AccessToken.objects.get(pk=token.pk).revoked_at == first
    found = STORE.find(application.key, token.key)[1]
    assert found
    assert found.problem == "token_revoked"


@pytest.mark.abuse("A79")
def test_a_broken_database_raises_and_is_never_taken_for_an_unknown_key(
    database: str, broken_tables: Any
) -> None:
    with broken_tables(), pytest.raises(DatabaseError):
        STORE.find("key", "token")


def _here() -> dict[str, str]:
    return {"NONCE_DATABASE": "nonces" if Router.chosen == "default" else Router.chosen}


# -- a database that can't write


@contextmanager
def in_trouble(kind: str, alias: str) -> Iterator[None]:
    """While the file of `alias` is locked by somebody else, full, or can't be written."""
    database, path = connections[alias], settings.DATABASES[alias]["NAME"]
    with connections[alias].cursor() as cursor:
        cursor.execute("VACUUM")
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
    before, options = database.settings_dict["NAME"], dict(database.settings_dict["OPTIONS"])
    database.settings_dict["OPTIONS"]["timeout"] = 0.05
    with closing(sqlite3.connect(path, isolation_level=None)) as somebody:
        if kind == "locked":
            somebody.execute("BEGIN EXCLUSIVE")
        elif kind == "full":
            database.settings_dict["OPTIONS"]["init_command"] += f" PRAGMA max_page_count={pages};"
        else:
            database.settings_dict["OPTIONS"] |= {"uri": True}
            database.settings_dict["NAME"] = f"file:{path}?mode=ro"
        _connect_anew()
        try:
            yield
        finally:
            database.settings_dict["NAME"], database.settings_dict["OPTIONS"] = before, options
            _connect_anew()


def _connect_anew() -> None:
    nonces.close()
    connections.close_all()


@pytest.mark.abuse("A79")
@pytest.mark.parametrize("alias", ["default", "nonces"])
@pytest.mark.parametrize("kind", ["locked", "full", "read-only"])
@pytest.mark.rule(1)
def test_a_database_that_cannot_write_is_503_and_loses_nothing_and_recovers_by_itself(
    kind: str, alias: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where a request's own transaction begins with a lock, Django fails before any of our code is called.
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", False)
    application, user = walk.register(), walk.person()
    token, request, undecided = walk.token_of(application, user), walk.ask(application), walk.ask(application)
    verifier, client = walk.allow(user, request), walk.browser(user)
    page = walk.open_page(client, undecided.key)

    def signs() -> Signed:
        if alias == "nonces":
            return walk.signer(application, token).sign("GET", f"{walk.ORIGIN}/api/read")
        oauth = {"oauth_callback": walk.CALLBACK}
        return walk.signer(application).sign("POST", f"{walk.ORIGIN}/oauth/request_token", oauth=oauth)

    with in_trouble(kind, alias):
        accepted, refused = until_503(signs)
        if kind != "full":  # a page of the file may have room for this and not for that
            assert walk.exchange(application, request, verifier).status_code == 503
            assert walk.press(client, page).status_code == (503 if alias == "default" else 302)
    assert RequestToken.objects.count() == 2 + (accepted if alias == "default" else 0), "all, and no more"
    again = walk.send(refused if alias == "nonces" else signs())
    assert again.status_code == 200, "it goes on, and no nonce was lost"
    assert walk.exchange(application, request, verifier).status_code == 200
    assert walk.press(client, page).status_code in (302, 409)


def until_503(signs: Callable[[], Signed]) -> tuple[int, Signed]:
    """Sends requests until one is refused: how many weren't, and the one that was."""
    for accepted in range(1_000):
        answer = walk.send(signed := signs())
        if answer.status_code != 200:
            assert (answer.status_code, int(answer["Retry-After"]) > 0) == (503, True)
            return accepted, signed
    raise AssertionError("it never ran out of room")
