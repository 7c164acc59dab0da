"""The store in a file."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from traceback import TracebackException
from typing import Any

import pytest
from cryptography.fernet import Fernet

from tests.canary import CANARY
from tests.stores.suite import LATER, Blocking, Claims, IsGiven, in_eight_processes, refused_while
from tests.vectors import rsa_key
from tests.wire import CALLBACK, CONSUMER, HELD, NOW, URL, Clock, run
from valetkey import (
    AccessToken,
    AsyncProviderStore,
    Consumer,
    ProviderStore,
    Refused,
    RequestToken,
    Signer,
    Verifier,
)
from valetkey.stores import sqlite
from valetkey.stores.memory import GRACE, MAX_OPEN_REQUESTS, MemoryConsumer, MemoryToken
from valetkey.stores.sealing import Unreadable
from valetkey.stores.sqlite import PRUNE_EVERY, AsyncSQLiteStore, SQLiteStore, Unusable

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a store? 100% #1.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    """With the consumer and its token."""
    with SQLiteStore(path, timeout=0.05) as made:
        made.add(CONSUMER, HELD)
        yield made


class TestNonces(Claims):
    @pytest.fixture
    def nonces(self, path: Path) -> Iterator[SQLiteStore]:
        with SQLiteStore(path) as made:
            yield made


class TestStore(IsGiven):
    @pytest.fixture(params=[None, (NEW, OLD)], ids=["plain", "encrypted"])
    def store(self, path: Path, request: pytest.FixtureRequest) -> Iterator[SQLiteStore]:
        with SQLiteStore(path, encryption_keys=request.param) as made:
            yield made


class TestAsynchronous(IsGiven, Claims):
    threads = 20

    @pytest.fixture
    def store(self, path: Path) -> Iterator[Any]:
        with Blocking.around(lambda: AsyncSQLiteStore(SQLiteStore(path)), AsyncSQLiteStore.close) as made:
            yield made

    @pytest.fixture
    def nonces(self, store: Any) -> Any:
        return store


def test_both_keep_the_protocols_of_a_providers_store(store: SQLiteStore) -> None:
    one: ProviderStore[Consumer, MemoryToken] = store
    other: AsyncProviderStore[Consumer, MemoryToken] = AsyncSQLiteStore(store)
    assert repr(one).startswith("SQLiteStore('/")
    assert repr(other) == f"AsyncSQLiteStore({one!r})"


def test_a_verifier_awaits_it(store: SQLiteStore) -> None:
    verifier: Verifier[Any, Any] = Verifier(AsyncSQLiteStore(store))
    signed = Signer(CONSUMER, HELD).sign("GET", URL)

    async def walk() -> None:
        verified = await verifier.averify("GET", signed.url, headers=signed.headers)
        assert (verified.consumer, verified.token) == store.find(CONSUMER.key, HELD.key)
        with pytest.raises(Refused, match="nonce_used"):
            await verifier.averify("GET", signed.url, headers=signed.headers)

    run(walk())


# -- the file


def test_what_one_process_kept_the_next_finds(store: SQLiteStore, path: Path) -> None:
    assert store.claim_nonce("c", None, NOW, "n", until=time.time() + 300)
    store.close()
    with SQLiteStore(path) as again:
        consumer, token = again.find(CONSUMER.key, HELD.key)
        assert consumer == CONSUMER
        assert token == MemoryToken(HELD.key, HELD.secret)
        assert not again.claim_nonce("c", None, NOW, "n", until=time.time() + 300)


def test_a_closed_store_opens_again_when_it_is_asked(store: SQLiteStore) -> None:
    store.close()
    store.close()
    assert store.find(CONSUMER.key, None)[0] == CONSUMER


@pytest.mark.abuse("A71")
@pytest.mark.abuse("A100")
def test_nobody_else_may_read_the_file_nor_those_beside_it(store: SQLiteStore, path: Path) -> None:
    names = sorted(file.name.removeprefix(path.name) for file in path.parent.iterdir())
    assert names == ["", "-shm", "-wal"]
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


def test_it_stays_in_its_folder_when_the_process_goes_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with SQLiteStore("store.sqlite3") as store:
        store.add(CONSUMER)
        store.close()
        monkeypatch.chdir("/")
        assert store.find(CONSUMER.key, None)[0]


@pytest.mark.parametrize("octets", [b"", b"A letter to Ada.", b"\x00" * 5_000, b"SQLite format 3\x00" * 500])
def test_a_file_of_something_else_is_refused_and_left_as_it_is(path: Path, octets: bytes) -> None:
    path.write_bytes(octets)
    with pytest.raises(Unusable, match=r"is no SQLite database|is empty, or the database of something else"):
        SQLiteStore(path)
    assert path.read_bytes() == octets


def test_another_programs_database_is_refused_and_left_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE letters (text)")
    before = path.read_bytes()
    with pytest.raises(Unusable, match="is empty, or the database of something else: name another file"):
        SQLiteStore(path)
    assert path.read_bytes() == before


def test_a_directory_a_missing_folder_and_a_newer_file_are_refused_by_name(
    store: SQLiteStore, path: Path
) -> None:
    with pytest.raises(Unusable, match=f"{path.parent} is a directory: name a file in it"):
        SQLiteStore(path.parent)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        SQLiteStore(path.parent / "nowhere" / "file")
    with pytest.raises(ValueError, match="take MemoryStore"):
        SQLiteStore(":memory:")
    store.close()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute(f"PRAGMA user_version = {sqlite.SCHEMA + 1}")
    with pytest.raises(Unusable, match=r"newer version .* update Valetkey"):
        SQLiteStore(path)
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name], "and nothing is left over"


# -- nonces


@pytest.mark.abuse("A26")
def test_a_nonce_is_kept_until_its_time_and_a_while_and_then_deleted(path: Path) -> None:
    clock = Clock()
    with SQLiteStore(path, clock=clock) as store:
        assert store.claim_nonce("c", "t", NOW, "n", until=NOW + 300)
        clock.now = NOW + 300 + GRACE
        assert store.prune() == 0
        assert not store.claim_nonce("c", "t", NOW, "n", until=NOW + 300)
        clock.now += 0.5
        assert store.prune() == 1


@pytest.mark.rule(1)
@pytest.mark.abuse("A35")
def test_a_clock_that_is_set_back_brings_no_forgotten_nonce_to_life(path: Path) -> None:
    clock = Clock(NOW + 4_000)
    with SQLiteStore(path, clock=clock) as store, SQLiteStore(path, clock=Clock()) as behind:
        assert behind.claim_nonce("c", "t", NOW, "n", until=NOW + 300)
        assert store.prune() == 1
        for one in (store, behind):
            assert not one.claim_nonce("c", "t", NOW, "n", until=NOW + 300)
            assert not one.claim_nonce("c", "t", NOW, "another, as old", until=NOW + 300)
        assert behind.claim_nonce("c", "t", NOW + 1, "newer", until=NOW + 301)


@pytest.mark.rfc("4.10-1")
@pytest.mark.abuse("A53")
def test_claims_delete_what_is_old_so_that_the_file_is_bounded_by_the_window(path: Path) -> None:
    clock = Clock()
    with SQLiteStore(path, clock=clock) as store:
        for number in range(10 * PRUNE_EVERY):
            clock.now = NOW + number
            assert store.claim_nonce("c", "t", int(clock.now), "n", until=clock.now + 300)
        with store._using() as connection:
            (kept,) = connection.execute("SELECT COUNT(*) FROM nonce").fetchone()
        assert 300 + GRACE < kept <= 300 + GRACE + PRUNE_EVERY + 1


@pytest.mark.abuse("A53")
def test_pruning_deletes_no_more_than_it_is_told_and_the_oldest_first(path: Path) -> None:
    clock = Clock()
    with SQLiteStore(path, clock=clock) as store:
        for number in range(5):
            assert store.claim_nonce("c", "t", NOW, str(number), until=NOW + number)
        clock.now = NOW + 1_000
        assert [store.prune(rows=2), store.prune(rows=2), store.prune(rows=2), store.prune()] == [2, 2, 1, 0]


# -- request tokens


@pytest.mark.abuse("A53")
def test_a_consumers_open_request_tokens_are_capped_and_the_expired_ones_deleted(path: Path) -> None:
    clock = Clock()
    with SQLiteStore(path, clock=clock) as store:

        def add(name: str, consumer: str = "c") -> bool:
            token = RequestToken(name, "s")
            return store.add_request_token(consumer, token, callback="oob", expires=clock.now + 600)

        assert add("first")
        with store._using() as connection:
            connection.execute(
                "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)"
                " INSERT INTO request_token (key, consumer_key, secret, callback, expires)"
                " SELECT 'r' || n, 'c', 's', 'oob', ? FROM number",
                (MAX_OPEN_REQUESTS - 1, NOW + 600),
            )
        assert not add("one too many")
        assert store.open_request_token("one too many")[1] is None
        assert add("theirs", "another")
        assert store.decide(
            "first", allowed=True, user=None, access=None, verifier_hash="h", expires=NOW + 600
        )
        assert not add("allowed, but not exchanged yet")
        assert store.exchange("first", AccessToken("a", "s"))
        assert add("room again")
        clock.now += 600
        assert add("later")
        with store._using() as connection:
            assert connection.execute("SELECT COUNT(*) FROM request_token").fetchone() == (1,)


@pytest.mark.parametrize("user", ["ada", 7, None, {"id": 7, "name": "ada"}])
def test_a_person_is_whatever_json_can_hold(store: SQLiteStore, user: Any) -> None:
    store.add_request_token(CONSUMER.key, RequestToken("r", "rs"), callback="oob", expires=NOW + 600)
    assert store.decide("r", allowed=True, user=user, access=None, verifier_hash="h", expires=NOW + 600)
    made = store.exchange("r", AccessToken("a", "as"))
    assert made
    assert made.user == user
    assert store.find(CONSUMER.key, "a")[1] == made


def test_a_person_that_json_cannot_hold_is_refused_and_nothing_decided(store: SQLiteStore) -> None:
    store.add_request_token(CONSUMER.key, RequestToken("r", "rs"), callback="oob", expires=NOW + 600)
    with pytest.raises(TypeError, match="not JSON serializable"):
        store.decide("r", allowed=True, user=object(), access=None, verifier_hash="h", expires=NOW + 600)
    assert store.open_request_token("r")[1].state == "pending"  # type: ignore[union-attr]  # it is there


@pytest.mark.abuse("A41")
@pytest.mark.abuse("A73")
def test_an_exchange_that_fails_half_way_changes_nothing(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add_request_token(CONSUMER.key, RequestToken("r", "rs"), callback="oob", expires=NOW + 600)
    assert store.decide("r", allowed=True, user="ada", access=None, verifier_hash="h", expires=NOW + 600)
    with monkeypatch.context() as patch:
        patch.setattr(SQLiteStore, "_keep", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            store.exchange("r", AccessToken("a", "as"))
    assert store.exchange("r", AccessToken("a", "as"))


# -- secrets


@pytest.mark.abuse("A71")
@pytest.mark.rule(5)
def test_with_keys_no_secret_stands_in_the_file(path: Path) -> None:
    with SQLiteStore(path, encryption_keys=[NEW]) as store:
        store.add(
            MemoryConsumer("c", "consumer's secret", callbacks=[CALLBACK]), AccessToken("t", "token's secret")
        )
        store.add_request_token("c", RequestToken("r", "request's secret"), callback="oob", expires=NOW)
    octets = path.read_bytes()
    assert b"https://app.example.com/ready" in octets
    assert not [secret for secret in (b"consumer's", b"token's", b"request's") if secret in octets]


def test_of_an_rsa_key_only_the_public_half_is_kept(path: Path) -> None:
    with SQLiteStore(path) as store:
        store.add(Consumer("c", rsa_key=rsa_key("mastercard", "private_pem")))
        consumer = store.find("c", None)[0]
    assert consumer
    assert consumer.rsa_key.startswith("-----BEGIN PUBLIC KEY-----")
    assert b"PRIVATE KEY" not in path.read_bytes()


def test_keys_are_rotated_and_a_plain_file_is_encrypted_by_sealing_again(
    store: SQLiteStore, path: Path
) -> None:
    with SQLiteStore(path, encryption_keys=[OLD]) as first:
        with pytest.raises(Unreadable, match=r"it isn't encrypted: call seal_again\(\) once"):
            first.find(CONSUMER.key, HELD.key)
        assert first.seal_again() == 2
    with SQLiteStore(path, encryption_keys=[NEW, OLD]) as both:
        assert both.find(CONSUMER.key, HELD.key)[0] == CONSUMER
        assert both.seal_again() == 2
    with SQLiteStore(path, encryption_keys=[NEW]) as newest:
        assert newest.find(CONSUMER.key, HELD.key)[0] == CONSUMER
    with SQLiteStore(path, encryption_keys=[OLD]) as wrong, pytest.raises(Unreadable, match="none of the"):
        wrong.find(CONSUMER.key, HELD.key)
    with pytest.raises(Unreadable, match="there are no encryption_keys"):
        store.find(CONSUMER.key, HELD.key)


@pytest.mark.abuse("A71")
def test_an_encrypted_secret_is_of_no_use_in_another_row(path: Path) -> None:
    with SQLiteStore(path, encryption_keys=[NEW]) as store:
        store.add(Consumer("c", "s"), AccessToken("mine", "a"), AccessToken("theirs", "b"))
        with store._using() as connection:
            connection.execute(
                "UPDATE access_token SET secret = (SELECT secret FROM access_token WHERE key = 'mine')"
            )
        with pytest.raises(Unreadable, match="it was encrypted for another row"):
            store.find("c", "theirs")


@pytest.mark.abuse("A64")
@pytest.mark.abuse("A80")
@pytest.mark.parametrize("keys", [None, [NEW]], ids=["plain", "encrypted"])
def test_a_failure_shows_no_secret_to_whoever_looks_at_every_variable(
    path: Path, keys: list[str] | None
) -> None:
    with SQLiteStore(path, encryption_keys=keys) as store:
        store.add(Consumer("c", CANARY), AccessToken("t", CANARY))
        with store._using() as connection:  # what no version of this ever wrote
            connection.execute("UPDATE consumer SET callbacks = '[\"javascript:x\"]'")
            connection.execute("UPDATE access_token SET user = 'no JSON'")
        with pytest.raises(ValueError, match="not allowed") as of_consumer:
            store.find("c", None)
        with store._using() as connection:
            connection.execute("UPDATE consumer SET callbacks = '[]'")
        with pytest.raises(ValueError, match="Expecting value") as of_token:
            store.find("c", "t")
    with SQLiteStore(path, encryption_keys=[OLD]) as other, pytest.raises(Unreadable) as of_secret:
        other.find("c", "t")
    for caught in (of_consumer, of_token, of_secret):
        report = TracebackException.from_exception(caught.value, capture_locals=True)
        assert CANARY not in "".join(report.format())


# -- trouble


@contextmanager
def locked(store: SQLiteStore, path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as somebody:
        somebody.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def full(store: SQLiteStore, path: Path) -> Iterator[None]:
    """As many pages as it has, and the last one filled up."""

    def limit() -> None:
        with store._using() as connection:
            connection.execute(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        for number in range(1_000):
            store.claim_nonce("filling", None, NOW, str(number), until=time.time() + 300)

    with store._using() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    limit()
    with pytest.raises(sqlite3.OperationalError, match="full"):
        fill()
    limit()
    yield
    store.close()


@contextmanager
def read_only(store: SQLiteStore, path: Path) -> Iterator[None]:
    with store._using() as connection:
        connection.execute("PRAGMA query_only = ON")
    yield


@contextmanager
def gone(store: SQLiteStore, path: Path) -> Iterator[None]:
    store.close()
    path.rename(path.with_name("elsewhere"))
    yield
    path.with_name("elsewhere").rename(path)


@pytest.mark.abuse("A34")
@pytest.mark.abuse("A79")
@pytest.mark.rule(1)
@pytest.mark.parametrize("trouble", [locked, full, read_only, gone])
def test_a_file_that_cannot_be_written_is_503_and_spends_nothing_and_recovers_by_itself(
    store: SQLiteStore, path: Path, trouble: Callable[[SQLiteStore, Path], Any]
) -> None:
    signed = Signer(CONSUMER, HELD).sign("GET", URL)
    refused_while(trouble(store, path), Verifier(store), signed)


@pytest.mark.abuse("A79")
def test_a_file_that_is_gone_is_a_failure_and_no_empty_store(store: SQLiteStore, path: Path) -> None:
    with gone(store, path), pytest.raises(sqlite3.OperationalError, match="unable to open"):
        store.find(CONSUMER.key, None)
    assert not list(path.parent.glob("*-*-*")), "nothing was made in its place"


@pytest.mark.abuse("A79")
@pytest.mark.rule(1)
def test_a_file_that_is_deleted_or_replaced_while_it_is_open_is_noticed(
    store: SQLiteStore, path: Path
) -> None:
    with SQLiteStore(path.with_name("another")) as another:
        another.add(Consumer("c", "s"))
    for file in (path, *(path.with_name(f"{path.name}-{kind}") for kind in ("wal", "shm"))):
        file.unlink()
    for _ in range(2):
        with pytest.raises(FileNotFoundError, match="a store"):
            store.claim_nonce("c", None, NOW, "n", until=LATER)
    path.with_name("another").replace(path)
    assert store.find("c", None)[0]
    with SQLiteStore(path.with_name("a third")) as third:
        third.add(Consumer("d", "s"))
    path.with_name("a third").replace(path)
    assert not store.find("c", None)[0]


def test_nonces_that_cannot_be_deleted_at_the_moment_refuse_nobody(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(self: SQLiteStore) -> int:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(SQLiteStore, "prune", fail)
    for number in range(PRUNE_EVERY + 1):
        assert store.claim_nonce("c", None, NOW, str(number), until=time.time() + 300)
    assert "Old nonces could not be deleted" in caplog.text


# -- processes

OPEN = "from valetkey.stores.sqlite import SQLiteStore; store = SQLiteStore({path!r})"
CLAIM = "store.claim_nonce('c', 't', 1, {nonce}, until=9e9)"


@pytest.mark.rule(1)
@pytest.mark.abuse("A17")
def test_of_eight_processes_that_share_a_store_and_claim_one_nonce_one_wins(path: Path) -> None:
    before = f"{OPEN.format(path=str(path))}; {CLAIM.format(nonce=repr('before'))}"
    assert sorted(in_eight_processes(before, CLAIM.format(nonce=repr("n")))) == [0] * 7 + [1]
    with SQLiteStore(path) as store:
        for nonce in ("n", "before"):
            assert not store.claim_nonce("c", "t", 1, nonce, until=9e9), "none of it was lost"


def test_eight_processes_make_the_file_at_once_and_lose_no_claim(path: Path) -> None:
    call = f"(exec({OPEN.format(path=str(path))!r}, globals()), {CLAIM.format(nonce='str(index)')})[1]"
    assert in_eight_processes("", call) == [1] * 8
    with SQLiteStore(path) as store:
        assert not any(store.claim_nonce("c", "t", 1, str(index), until=9e9) for index in range(8))


BEHIND = """
import ctypes, os, sys
{open}
{claim}
if ctypes.PyDLL(None).fork() == 0:
    try:
        store.find("c", "t")
    except RuntimeError as error:
        print(error, flush=True)
    os._exit(0)
os.wait()
print({claim})
store.close()
"""


def test_a_fork_behind_pythons_back_is_refused_in_the_child_and_harms_nobody(path: Path) -> None:
    code = BEHIND.format(open=OPEN.format(path=str(path)), claim=CLAIM.format(nonce=repr("n")))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    said, claimed = done.stdout.splitlines()
    assert "lazy-apps = true" in said
    assert claimed == "False"


KILLED = """
import itertools, os
{open}
for number in itertools.count():
    assert store.claim_nonce("c", "t", 1, str(number), until=9e9)
    os.write(1, b"%d\\n" % number)
"""


@pytest.mark.rule(1)
@pytest.mark.abuse("A73")
def test_what_was_accepted_before_the_process_was_killed_is_not_accepted_again(path: Path) -> None:
    code = KILLED.format(open=OPEN.format(path=str(path)))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        seen = [process.stdout.readline() for _ in range(300)]
        process.kill()
        seen += process.stdout.readlines()
    accepted = [line.strip() for line in seen if line.endswith("\n")]
    with SQLiteStore(path) as store:
        assert not any(store.claim_nonce("c", "t", 1, nonce, until=9e9) for nonce in accepted)
        assert store.claim_nonce("c", "t", 1, "new", until=9e9)
