"""The accounts that the test site keeps, in the demo that is really running."""

import sqlite3
from contextlib import closing

from tests.demo.site.walker import Walker
from tests.running import Demo


def test_a_row_that_was_given_anothers_token_is_not_believed(demo: Demo) -> None:
    one, other = Walker.new(demo), Walker.new(demo)
    for walker in (one, other):
        walker.connect()
    with closing(sqlite3.connect(demo.folder / "data" / "site.sqlite3", timeout=20)) as database, database:
        sealed = dict(database.execute("SELECT screen_name, sealed FROM testsite_account"))
        for name, given in ((one.name, sealed[other.name]), (other.name, sealed[one.name])):
            database.execute("UPDATE testsite_account SET sealed = ? WHERE screen_name = ?", (given, name))
    for walker in (one, other):
        assert walker.token() == ("", "")
        assert "Welcome back" not in walker.visit("/").text
        walker.connect()
        assert all(walker.token()), "connecting again mends it"


def test_a_person_who_connects_again_has_one_row_and_the_newest_token(demo: Demo) -> None:
    walker = Walker.new(demo)
    walker.connect()
    before = walker.token()
    walker.connect()
    assert walker.token() != before
    assert walker.update("with the newest").title == "Aviary posted your status"
    with closing(sqlite3.connect(demo.folder / "data" / "site.sqlite3", timeout=20)) as database:
        rows = database.execute("SELECT 1 FROM testsite_account WHERE screen_name = ?", (walker.name,))
        assert len(rows.fetchall()) == 1
