"""Claims of nonces that outlive the request's transaction.

Whoever could make a view fail after its nonce was claimed would, with the view's transaction, roll back the
claim, and could send the request again. So a claim is never part of that transaction. It is made on a
connection of its own, or in a cache.
"""

# ruff: noqa: S608  # what is put into the statements are names of our own, quoted by the database's own rules

import logging
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.cache import caches
from django.core.signals import request_finished, request_started
from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.constants import OnConflict

from valetkey.django import conf
from valetkey.django.models import Nonce
from valetkey.stores.nonces import digest

log = logging.getLogger("valetkey.django")

#: One claim in so many also prunes, and so many rows at the most: a handful of milliseconds, whatever has
#: piled up.
PRUNE_EVERY = 200
PRUNE_ROWS = 500
#: Rows are kept this many seconds longer than they must be. So a claim that is on its way while they are
#: deleted can't be one of theirs.
GRACE = 60
#: In a cache nothing remembers what was forgotten; so nonces stay an hour longer, in case the clock is set
#: back by up to that.
CACHE_GRACE = 3_600

# The row that remembers until when nonces have been forgotten; no digest is as short.
_MARK = "forgotten"


def claim(consumer_key: str, token: str | None, timestamp: int, nonce: str, *, until: float) -> bool:
    """True for the first claim, as :meth:`valetkey.stores.Store.claim_nonce` demands it."""
    name = digest(consumer_key, token, timestamp, nonce).hex()
    alias = conf.current().nonce_cache
    if alias is not None:
        # `add` is one command that only one caller can win, on every server that caches are shared by.
        return bool(
            caches[alias].add(f"valetkey:nonce:{name}", 1, timeout=max(until - time.time(), 0) + CACHE_GRACE)
        )
    first = _insert(name, int(until) + 1)
    if random.randrange(PRUNE_EVERY) == 0:  # noqa: S311  # chance spreads the work; it guards nothing
        _prune_quietly()
    return first


def prune(now: float | None = None, rows: int = PRUNE_ROWS) -> int:
    """Deletes up to `rows` nonces that need not be kept any more; how many those were.

    First it is written down until when nonces are forgotten, and :func:`claim` refuses what lies before: a
    clock that is set back can't bring a forgotten nonce to life. The rows that are deleted are old, so nobody
    waits for them, and those that another worker deletes at the moment are left to it where the database can
    do that.
    """
    now = time.time() if now is None else now
    with _own_connection() as connection, connection.cursor() as cursor:
        sql = _Sql(connection)
        cursor.execute(sql.newest_of_the_old, {"until": int(now) - GRACE, "mark": _MARK, "rows": rows})
        newest = cursor.fetchone()[0]
        if newest is None:
            return 0
        cursor.execute(sql.make_mark, {"mark": _MARK, "until": newest})
        cursor.execute(sql.raise_mark, {"mark": _MARK, "until": newest})
        cursor.execute(sql.delete, {"until": newest, "mark": _MARK, "rows": rows})
        return int(cursor.rowcount)


def close() -> None:
    """Closes this thread's connection for nonces, if there is one."""
    connection: BaseDatabaseWrapper | None = getattr(_local, "connection", None)
    if connection is not None:
        del _local.connection
        connection.close()


def close_with_requests() -> None:
    """Gives the connection the life of Django's own: closed after a request once it is older than
    ``CONN_MAX_AGE``, or broken.
    """
    request_started.connect(_close_if_old, dispatch_uid="valetkey.django.nonces")
    request_finished.connect(_close_if_old, dispatch_uid="valetkey.django.nonces")


_local = threading.local()


def _close_if_old(**kwargs: Any) -> None:
    connection: BaseDatabaseWrapper | None = getattr(_local, "connection", None)
    if connection is not None:
        connection.close_if_unusable_or_obsolete()


@contextmanager
def _own_connection() -> Iterator[BaseDatabaseWrapper]:
    """A connection that no transaction of the request is open on: a copy of the alias's, for this thread,
    that commits each statement.

    It is the thread's and not the request's: a thread serves one request at a time.
    """
    alias = conf.current().nonce_database
    connection: BaseDatabaseWrapper | None = getattr(_local, "connection", None)
    if connection is None or connection.alias != alias:
        close()
        connection = connections[alias].copy()
        connection.settings_dict |= {"AUTOCOMMIT": True, "ATOMIC_REQUESTS": False}
        _local.connection = connection
    try:
        yield connection
    except Error:
        # Not used again: a connection that was cut stays cut.
        close()
        raise


def _insert(name: str, until: int) -> bool:
    with _own_connection() as connection, connection.cursor() as cursor:
        cursor.execute(_Sql(connection).claim, {"digest": name, "until": until, "mark": _MARK})
        return bool(cursor.rowcount == 1)


class _Sql:
    """The statements, in the words of one database.

    The ORM's `bulk_create(ignore_conflicts=True)` doesn't tell who was first, and a failed `create` would
    break the connection's transaction and be logged by PostgreSQL as an error.
    """

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        ops, quote = connection.ops, connection.ops.quote_name
        table, digest, until = quote(Nonce._meta.db_table), quote("digest"), quote("until")
        insert = f"{ops.insert_statement(OnConflict.IGNORE)} {table} ({digest}, {until})"
        ignore = ops.on_conflict_suffix_sql([], OnConflict.IGNORE, [], [])
        dual = "FROM DUAL" if connection.vendor == "mysql" else ""
        skip = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
        old = f"FROM {table} WHERE {until} <= %(until)s AND {digest} <> %(mark)s"
        oldest = f"{old} ORDER BY {until} LIMIT %(rows)s"
        # One statement, so that the database itself decides who was first, and looks at the mark at the same
        # moment.
        self.claim = (
            f"{insert} SELECT %(digest)s, %(until)s {dual} WHERE NOT EXISTS"
            f" (SELECT 1 FROM {table} WHERE {digest} = %(mark)s AND {until} >= %(until)s) {ignore}"
        )
        self.newest_of_the_old = f"SELECT MAX({until}) FROM (SELECT {until} {oldest}) AS oldest"
        self.make_mark = f"{insert} VALUES (%(mark)s, %(until)s) {ignore}"
        self.raise_mark = (
            f"UPDATE {table} SET {until} = %(until)s WHERE {digest} = %(mark)s AND {until} < %(until)s"
        )
        # The subquery stands inside another, since MySQL knows no LIMIT right below an IN.
        doomed = f"SELECT {digest} FROM (SELECT {digest} {oldest} {skip}) AS oldest"
        self.delete = f"DELETE FROM {table} WHERE {digest} IN ({doomed})"


def _prune_quietly() -> None:
    try:
        prune()
    except Error:
        log.warning("Old nonces could not be deleted; the next claims try again.", exc_info=True)
