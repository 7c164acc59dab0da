"""What the demo starts with, and what of it comes back at the next start."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.caller import Caller
from tests.demo.visitor import Registered, Visitor
from tests.running import Demo

KEPT = ("consumer_key", "consumer_secret", "username", "password", "access_token", "access_token_secret")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Demo]:
    with Demo.started(folder=tmp_path) as demo:
        yield demo


def application_of(robin: Visitor) -> Registered:
    return Registered(robin, "Tutorial test site", "/developers/1/")


def test_keys_and_passwords_stay_the_same_whatever_the_ports(own: Demo) -> None:
    before = own.info
    Caller(own).update("yesterday")
    own.stop()
    own.start()
    assert own.info["provider"] != before["provider"]
    assert [own.info[name] for name in KEPT] == [before[name] for name in KEPT]
    robin = Visitor.robin(own)
    assert "yesterday" in robin.see("/").text
    caller = Caller(own)
    for path in ("/verify/", "/verify"):
        assert caller.request_token(f"{own.info['site']}{path}")


def test_what_was_changed_in_the_developers_corner_is_found_again(own: Demo) -> None:
    """The key is the one of the reset, the token is a new one, and it may read and write again."""
    before = own.info
    robin = Visitor.robin(own)
    application = application_of(robin)
    robin.press(robin.see(f"{application.path}reset/"), "Reset key and secret")
    robin.send(f"{application.path}edit/", name="Renamed", callbacks="https://a.example/back")
    robin.fill(application.page, access="read")
    own.stop()
    own.start()
    assert own.info["consumer_key"] == application_of(Visitor.robin(own)).consumer.key
    assert all(own.info[name] != before[name] for name in KEPT if name not in ("username", "password"))
    caller = Caller(own)
    assert caller.update("again")["source"].endswith(">Renamed</a>")
    for callback in (f"{own.info['site']}/verify/", "https://a.example/back"):
        assert caller.request_token(callback)


def test_a_token_that_works_is_not_replaced(own: Demo) -> None:
    before = own.info["access_token"]
    own.stop()
    own.start()
    assert own.info["access_token"] == before
