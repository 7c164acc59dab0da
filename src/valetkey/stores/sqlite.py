"""A store in a file, by the standard library's SQLite: for a service on one machine, of any number of threads
and processes.

What must happen once is one statement, or one transaction that begins with the file's only write lock.
"""

import asyncio
import json
import logging
import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cache, update_wrapper
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar
from weakref import WeakSet

from valetkey.protocol.credentials import AccessToken, Consumer, RequestToken
from valetkey.protocol.rsa import check_strength, public_pem
from valetkey.protocol.values import Secret
from valetkey.stores.memory import GRACE, MAX_OPEN_REQUESTS, MemoryConsumer, MemoryRequestToken, MemoryToken
from valetkey.stores.nonces import digest
from valetkey.stores.sealing import Ring, Unreadable

log = logging.getLogger("valetkey.stores")

#: What marks the file as ours ("vkey", in the header of the file), and the version of its tables.
APPLICATION = 0x766B6579
SCHEMA = 1
#: One claim in so many also deletes old nonces, and so many at the most.
PRUNE_EVERY = 100
PRUNE_ROWS = 1_000

# Keys are compared as octets, SQLite's way unless it is told otherwise. A secret is a text; an encrypted one,
# octets.
_TABLES = (
    """CREATE TABLE consumer (
        key TEXT PRIMARY KEY, secret BLOB NOT NULL, rsa_key TEXT, signature_methods TEXT,
        callbacks TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE access_token (
        key TEXT PRIMARY KEY, consumer_key TEXT NOT NULL, secret BLOB NOT NULL, user TEXT NOT NULL,
        access TEXT, problem TEXT) WITHOUT ROWID""",
    "CREATE INDEX access_token_consumer ON access_token (consumer_key)",
    """CREATE TABLE request_token (
        key TEXT PRIMARY KEY, consumer_key TEXT NOT NULL, secret BLOB NOT NULL, callback TEXT NOT NULL,
        expires REAL NOT NULL, requested_access TEXT, state TEXT NOT NULL DEFAULT 'pending',
        verifier_hash TEXT NOT NULL DEFAULT '', tries INTEGER NOT NULL DEFAULT 0,
        user TEXT NOT NULL DEFAULT 'null', access TEXT) WITHOUT ROWID""",
    "CREATE INDEX request_token_open ON request_token (consumer_key, state, expires)",
    "CREATE INDEX request_token_expires ON request_token (expires)",
    "CREATE TABLE nonce (digest BLOB PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID",
    "CREATE INDEX nonce_until ON nonce (until)",
    # One row: until when nonces were forgotten, so that a clock that is set back brings none to life.
    "CREATE TABLE forgotten (until REAL NOT NULL)",
    "INSERT INTO forgotten VALUES (-9e999)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {SCHEMA}",
)
_SECRETS = {"consumer": "consumer", "access_token": "access token", "request_token": "request token"}

P = ParamSpec("P")
R = TypeVar("R")


class Unusable(Exception):
    """The file can't be the store: it is something else, or of another version."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path} {self.reason}"


class SQLiteStore:
    """A :class:`~valetkey.stores.ProviderStore` in a file, safe for threads and processes.

    It returns the values of :mod:`valetkey.stores.memory`. A person, as `decide` is given one, is anything
    that JSON can hold, usually an id. A failure (the file is locked, full, read-only, gone) is raised as
    SQLite has it, and the next call tries again.

    Accepted nonces survive the end of the process, but the last of them may not survive a power failure; all
    else does.

    :param path: of the file. It is made, with mode 0600, where there is none; its folder must be there, and
        must be on this machine's own disk.
    :param encryption_keys: encrypt the secrets, as :class:`~valetkey.stores.sealing.Ring` takes them;
        without, they stand in the file as they are.
    :param timeout: how many seconds a call waits for others that write.
    :param clock: gives unix time in seconds.
    :raises Unusable: for a directory, a file of something else, and one that a newer version wrote.
    :raises OSError: where the file can't be made; and :exc:`sqlite3.Error` where it can't be opened.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        encryption_keys: Sequence[str | bytes] | None = None,
        timeout: float = 5,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if os.fspath(path) in ("", ":memory:"):
            raise ValueError("name a file: for a store in memory, take MemoryStore")
        self._path = Path(path).absolute()
        self._ring = None if encryption_keys is None else Ring(encryption_keys)
        self._timeout = timeout
        self._clock = clock
        self._claims = 0
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._file = (0, 0)
        # One connection, and one call at a time: others would wait for the file's one write lock instead.
        self._lock = threading.RLock()
        _watch_forks()
        with _FORKING:
            _STORES.add(self)
        if self._path.is_dir():
            raise Unusable(self._path, "is a directory: name a file in it")
        with self._lock:
            if not self._path.exists():
                self._create()
            with self._using():
                pass  # opened, so that what can't be the store is told now

    def __repr__(self) -> str:
        return f"SQLiteStore({str(self._path)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file. The next call opens it again."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    # -- what an operator keeps

    def add(self, consumer: Consumer, *tokens: AccessToken | MemoryToken) -> None:
        """Keeps `consumer`, replacing the one with its key, and `tokens` as issued to it.

        :raises Unsignable: for an RSA key that can't be read, or is too short to be registered. Only its
            public half is kept.
        """
        rsa_key = None
        if consumer.rsa_key is not None:
            check_strength(consumer.rsa_key)
            rsa_key = public_pem(consumer.rsa_key)
        methods = consumer.signature_methods
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO consumer VALUES (?, ?, ?, ?, ?)",
                (
                    consumer.key,
                    self._seal("consumer", consumer.key, consumer.secret),
                    rsa_key,
                    None if methods is None else json.dumps(methods),
                    json.dumps(getattr(consumer, "callbacks", ())),
                ),
            )
            for token in tokens:
                self._keep(connection, consumer.key, token)

    def remove(self, consumer_key: str) -> bool:
        """Forgets a consumer, with all its tokens; False where there is none."""
        with self._writing() as connection:
            for table in ("access_token", "request_token"):
                connection.execute(f"DELETE FROM {table} WHERE consumer_key = ?", (consumer_key,))  # noqa: S608  # names of our own
            return connection.execute("DELETE FROM consumer WHERE key = ?", (consumer_key,)).rowcount == 1

    def seal_again(self) -> int:
        """Encrypts every secret with the newest key, those too that weren't encrypted; how many there are.
        Afterwards the older keys can go.

        :raises Unreadable: for a secret that none of the keys decrypts. Nothing is changed then.
        """
        count = 0
        with self._writing() as connection:
            for table, kind in _SECRETS.items():
                for key, kept in connection.execute(f"SELECT key, secret FROM {table}").fetchall():  # noqa: S608  # a name of our own
                    secret = kept if isinstance(kept, str) else self._unseal(kind, key, kept)
                    connection.execute(
                        f"UPDATE {table} SET secret = ? WHERE key = ?",  # noqa: S608  # likewise
                        (self._seal(kind, key, secret), key),
                    )
                    count += 1
        return count

    # -- one request

    def find(self, consumer_key: str, token: str | None) -> tuple[MemoryConsumer | None, MemoryToken | None]:
        with self._using() as connection:
            return self._consumer(connection, consumer_key), self._token(
                connection, consumer_key, token or ""
            )

    def claim_nonce(
        self, consumer_key: str, token: str | None, timestamp: int, nonce: str, *, until: float
    ) -> bool:
        name, last = digest(consumer_key, token, timestamp, nonce), float(until)
        with self._using() as connection:
            connection.execute("PRAGMA synchronous = NORMAL")
            claimed = connection.execute(
                "INSERT INTO nonce SELECT ?, ? WHERE ? > (SELECT until FROM forgotten)"
                " ON CONFLICT DO NOTHING",
                (name, last, last),
            )
            self._claims += 1
        if self._claims % PRUNE_EVERY == 1:
            self._prune_quietly()
        return claimed.rowcount == 1

    def prune(self, rows: int = PRUNE_ROWS) -> int:
        """Deletes up to `rows` nonces that need not be kept any more; how many those were. Claims do this now
        and then.
        """
        with self._writing("NORMAL") as connection:
            oldest = "FROM nonce WHERE until < ? ORDER BY until LIMIT ?"
            old = (self._clock() - GRACE, rows)
            newest = connection.execute(f"SELECT MAX(until) FROM (SELECT until {oldest})", old).fetchone()[0]  # noqa: S608  # words of our own
            if newest is None:
                return 0
            connection.execute("UPDATE forgotten SET until = MAX(until, ?)", (newest,))
            return connection.execute(
                f"DELETE FROM nonce WHERE digest IN (SELECT digest {oldest})",  # noqa: S608  # likewise
                old,
            ).rowcount

    # -- the three legs

    def find_request_token(
        self, consumer_key: str, token: str | None
    ) -> tuple[MemoryConsumer | None, MemoryRequestToken | None]:
        with self._using() as connection:
            request = self._request(connection, token or "")
            owned = request is not None and request.consumer_key == consumer_key
            return self._consumer(connection, consumer_key), request if owned else None

    def open_request_token(self, token: str) -> tuple[MemoryConsumer | None, MemoryRequestToken | None]:
        with self._using() as connection:
            request = self._request(connection, token)
            return self._consumer(connection, request.consumer_key) if request else None, request

    def add_request_token(
        self,
        consumer_key: str,
        token: RequestToken,
        *,
        callback: str,
        expires: float,
        access: str | None = None,
    ) -> bool:
        with self._writing() as connection:
            connection.execute("DELETE FROM request_token WHERE expires <= ?", (self._clock(),))
            opened = connection.execute(
                "SELECT COUNT(*) FROM request_token"
                " WHERE consumer_key = ? AND state IN ('pending', 'allowed')",
                (consumer_key,),
            ).fetchone()[0]
            if opened >= MAX_OPEN_REQUESTS:
                return False
            secret = self._seal("request token", token.key, token.secret)
            connection.execute(
                "INSERT INTO request_token (key, consumer_key, secret, callback, expires, requested_access)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (token.key, consumer_key, secret, callback, expires, access),
            )
            return True

    def decide(
        self, token: str, *, allowed: bool, user: Any, access: str | None, verifier_hash: str, expires: float
    ) -> bool:
        state = "allowed" if allowed else "denied"
        with self._writing() as connection:
            decided = connection.execute(
                "UPDATE request_token SET state = ?, user = ?, access = ?, verifier_hash = ?, expires = ?"
                " WHERE key = ? AND state = 'pending'",
                (state, json.dumps(user), access, verifier_hash, expires, token),
            )
            return decided.rowcount == 1

    def count_try(self, token: str) -> int:
        with self._writing() as connection:
            connection.execute("UPDATE request_token SET tries = tries + 1 WHERE key = ?", (token,))
            row = connection.execute("SELECT tries FROM request_token WHERE key = ?", (token,)).fetchone()
            return int(row[0]) if row else 0

    def exchange(self, request_token: str, access_token: AccessToken) -> MemoryToken | None:
        with self._writing() as connection:
            used = connection.execute(
                "UPDATE request_token SET state = 'used' WHERE key = ? AND state = 'allowed'",
                (request_token,),
            )
            if used.rowcount != 1:
                return None
            consumer_key, user, access = connection.execute(
                "SELECT consumer_key, user, access FROM request_token WHERE key = ?", (request_token,)
            ).fetchone()
            kept = MemoryToken(
                access_token.key, access_token.secret, user=json.loads(user), access=_shown(access)
            )
            self._keep(connection, consumer_key, kept)
            return kept

    def revoke(self, token: str) -> bool:
        with self._writing() as connection:
            revoked = connection.execute(
                "UPDATE access_token SET problem = 'token_revoked' WHERE key = ?", (token,)
            )
            return revoked.rowcount == 1

    # -- rows

    def _consumer(self, connection: sqlite3.Connection, key: str) -> MemoryConsumer | None:
        row = connection.execute(
            "SELECT secret, rsa_key, signature_methods, callbacks FROM consumer WHERE key = ?", (key,)
        ).fetchone()
        if row is None:
            return None
        secret, rsa_key, methods, callbacks = row
        return MemoryConsumer(
            key,
            self._unseal("consumer", key, secret),
            rsa_key=_shown(rsa_key),
            signature_methods=None if methods is None else json.loads(methods),
            callbacks=json.loads(callbacks),
        )

    def _token(self, connection: sqlite3.Connection, consumer_key: str, key: str) -> MemoryToken | None:
        row = connection.execute(
            "SELECT secret, user, access, problem FROM access_token WHERE key = ? AND consumer_key = ?",
            (key, consumer_key),
        ).fetchone()
        if row is None:
            return None
        secret, user, *rest = row
        secret, (access, problem) = self._unseal("access token", key, secret), map(_shown, rest)
        return MemoryToken(key, secret, user=json.loads(user), access=access, problem=problem)

    def _request(self, connection: sqlite3.Connection, key: str) -> MemoryRequestToken | None:
        row = connection.execute(
            "SELECT secret, expires, tries, user, consumer_key, callback, requested_access,"
            " state, verifier_hash, access FROM request_token WHERE key = ?",
            (key,),
        ).fetchone()
        if row is None:
            return None
        secret, expires, tries, user, *rest = row
        consumer_key, callback, requested, *decided = map(_shown, rest)
        token = RequestToken(key, self._unseal("request token", key, secret))
        made = MemoryRequestToken(token, consumer_key, callback, expires, requested)
        made.state, made.verifier_hash, made.access = decided
        made.tries, made.user = tries, json.loads(user)
        return made

    def _keep(
        self, connection: sqlite3.Connection, consumer_key: str, token: AccessToken | MemoryToken
    ) -> None:
        secret = self._seal("access token", token.key, Secret(token.secret))
        user, access, problem = (getattr(token, name, None) for name in ("user", "access", "problem"))
        connection.execute(
            "INSERT OR REPLACE INTO access_token VALUES (?, ?, ?, ?, ?, ?)",
            (token.key, consumer_key, secret, json.dumps(user), access, problem),
        )

    def _seal(self, kind: str, key: str, secret: str) -> str | bytes:
        return self._ring.seal(kind, key, secret) if self._ring else secret

    def _unseal(self, kind: str, key: str, kept: str | bytes) -> str:
        if isinstance(kept, str):
            # Else whoever can write to the file could put a secret there that they know.
            if self._ring:
                raise Unreadable(kind, key, "it isn't encrypted: call seal_again() once")
            return kept
        if self._ring is None:
            raise Unreadable(kind, key, "it is encrypted, and there are no encryption_keys")
        return self._ring.unseal(kind, key, kept)

    # -- the file

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        """The connection, where each statement is a transaction of its own."""
        with self._lock:
            connection = self._current() or self._opened()
            try:
                yield connection
            except sqlite3.Error:
                # Not used again: the file may have become another one.
                self.close()
                raise

    @contextmanager
    def _writing(self, synchronous: str = "FULL") -> Iterator[sqlite3.Connection]:
        """The connection in a transaction that has the write lock from its start, and is committed at the
        end; by default to the disk itself.
        """
        with self._using() as connection:
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.rollback()
                raise

    def _current(self) -> sqlite3.Connection | None:
        """The open connection, if it is still this process's, and still to the file of this name."""
        if self._connection is None:
            return None
        if self._process != os.getpid():
            # Neither it nor a new one beside it would hold the file's locks.
            raise RuntimeError(
                f"{self!r} was open while the process was forked behind Python's back: make it afterwards"
                " (uWSGI: lazy-apps = true)"
            )
        if self._file != _identity(self._path):
            self.close()
        return self._connection

    def _opened(self) -> sqlite3.Connection:
        # `rw`: a file that is gone is a failure, and no new and empty store.
        connection = sqlite3.connect(
            f"{self._path.as_uri()}?mode=rw",
            uri=True,
            timeout=self._timeout,
            isolation_level=None,
            check_same_thread=False,
        )
        # Any text of a row may be a secret: none is shown by a report of a crash with its variables.
        connection.text_factory = _hidden
        try:
            self._check(connection)
        except BaseException:
            connection.close()
            raise
        self._process, self._file, self._connection = os.getpid(), _identity(self._path), connection
        return connection

    def _create(self) -> None:
        """Makes the file, where there is none yet; complete, or not at all."""
        # Under another name, and then linked: of many processes that do so at once, one is first.
        made, name = tempfile.mkstemp(prefix=f"{self._path.name}-", dir=self._path.parent)
        os.close(made)
        try:
            with closing(sqlite3.connect(name, isolation_level=None)) as connection:
                # Readers and the one writer don't wait for each other then. The file remembers it.
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("BEGIN")
                for statement in _TABLES:
                    connection.execute(statement)
                connection.execute("COMMIT")
            with suppress(FileExistsError):
                os.link(name, self._path)
        finally:
            os.unlink(name)

    def _check(self, connection: sqlite3.Connection) -> None:
        try:
            application, version = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("application_id", "user_version")
            )
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
                raise
            raise Unusable(self._path, "is no SQLite database: name another file") from None
        if application != APPLICATION:
            raise Unusable(self._path, "is empty, or the database of something else: name another file")
        if version > SCHEMA:
            raise Unusable(
                self._path,
                f"was written by a newer version (its tables have number {version}, this one knows {SCHEMA}):"
                " update Valetkey",
            )

    def _prune_quietly(self) -> None:
        try:
            self.prune()
        except sqlite3.Error:
            log.warning("Old nonces could not be deleted; later claims try again.", exc_info=True)


def _identity(path: Path) -> tuple[int, int]:
    """Which file has this name: it may be deleted, or another one put in its place, while it is open."""
    found = os.stat(path)
    return found.st_dev, found.st_ino


def _hidden(octets: bytes) -> str:
    return Secret(octets.decode())


def _shown(text: str | None) -> Any:
    return text if text is None else str(text)


# -- a connection never crosses a fork: the child wouldn't hold the file's locks, and nobody would know

_STORES: WeakSet[SQLiteStore] = WeakSet()
_FORKING = threading.RLock()
_held: list[SQLiteStore] = []


@cache
def _watch_forks() -> None:
    os.register_at_fork(
        before=_close_before_fork, after_in_parent=_go_on_after_fork, after_in_child=_go_on_after_fork
    )


def _close_before_fork() -> None:
    _FORKING.acquire()
    for store in list(_STORES):
        store._lock.acquire()
        _held.append(store)
        with suppress(sqlite3.Error):
            store.close()


def _go_on_after_fork() -> None:
    while _held:
        _held.pop()._lock.release()
    _FORKING.release()


# -- the same, for coroutines


def _in_a_thread(
    method: Callable[Concatenate[SQLiteStore, P], R],
) -> Callable[Concatenate["AsyncSQLiteStore", P], Coroutine[Any, Any, R]]:
    async def call(self: "AsyncSQLiteStore", /, *args: P.args, **options: P.kwargs) -> R:
        return await asyncio.to_thread(method, self.store, *args, **options)

    update_wrapper(call, method)
    return call


class AsyncSQLiteStore:
    """:class:`SQLiteStore`, for coroutines: an :class:`~valetkey.stores.AsyncProviderStore`, whose calls run
    in a thread each, so that the loop goes on.

    :param store: what it is about; the methods that aren't here are there.
    """

    def __init__(self, store: SQLiteStore) -> None:
        self.store = store

    def __repr__(self) -> str:
        return f"AsyncSQLiteStore({self.store!r})"

    add = _in_a_thread(SQLiteStore.add)
    remove = _in_a_thread(SQLiteStore.remove)
    find = _in_a_thread(SQLiteStore.find)
    claim_nonce = _in_a_thread(SQLiteStore.claim_nonce)
    find_request_token = _in_a_thread(SQLiteStore.find_request_token)
    open_request_token = _in_a_thread(SQLiteStore.open_request_token)
    add_request_token = _in_a_thread(SQLiteStore.add_request_token)
    decide = _in_a_thread(SQLiteStore.decide)
    count_try = _in_a_thread(SQLiteStore.count_try)
    exchange = _in_a_thread(SQLiteStore.exchange)
    revoke = _in_a_thread(SQLiteStore.revoke)
    close = _in_a_thread(SQLiteStore.close)
