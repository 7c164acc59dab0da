"""What a person reads at Aviary is translated: every page, in every state, in the language of marks."""

import http.client
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import Message
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from tests.demo.caller import Caller, granted
from tests.demo.pseudo import LANGUAGE, unmarked
from tests.demo.visitor import PASSWORD, Visitor
from tests.person import Page
from tests.running import Demo
from tests.vectors import rsa_key
from valetkey import Consumer
from valetkey.django.keys import shown
from valetkey.protocol import mistakes
from valetkey.protocol.rsa import public_pem
from valetkey.urllib import send

TEXT = "é"
NOW = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
METHODS = [f"{kind}-SHA{size}" for kind in ("HMAC", "RSA") for size in (512, 256, 1)]
KNOWN = ("Aviary", "Tutorial test site", "robin", TEXT, *METHODS)


class Reader(Visitor):
    """A visitor who reads the language of marks, and stops at a page with something outside of them."""

    def read(self, page: Page, *known: str) -> Page:
        assert unmarked(page.text, (*KNOWN, self.name, *known)) == [], page.url
        assert f'<html lang="{LANGUAGE}"' in page.text, page.url
        return page

    def reads(self, *paths: str, known: str = "") -> None:
        for path in paths:
            self.read(self.see(path), *filter(None, [known]))

    def press(self, page: Page, button: str) -> Page:
        return super().press(page, f"⟦{button}")

    def sends(self, path: str, **typed: str) -> Page:
        return self.read(self.send(path, **typed), *typed.values())


@pytest.fixture
def stranger(marked_demo: Demo) -> Reader:
    reader = Reader(marked_demo)
    reader.prefer(LANGUAGE)
    return reader


@pytest.fixture
def reader(stranger: Reader) -> Reader:
    """Somebody with an account, logged in."""
    stranger.sends("/signup/", username=stranger.name, password=PASSWORD, name="Wren")
    return stranger


@contextmanager
def rows(demo: Demo) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(demo.folder / "data" / "aviary.sqlite3")) as database, database:
        yield database


def aged(demo: Demo, table: str, column: str, seconds: int, where: str, *values: object) -> None:
    """Puts a time of some rows back."""
    moved = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() - seconds))
    with rows(demo) as database:
        database.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (moved, *values))


def test_pages_for_everybody(stranger: Reader) -> None:
    stranger.reads("/", "/signup/", "/login/", "/developers/", "/nowhere/", "/oauth/authorize")


SIGN_UPS = [
    {"username": "", "password": ""},
    {"username": "robin", "password": "short"},
    {"username": "much_too_long_a_name", "password": "password1234"},
    {"username": "rоbin", "password": PASSWORD},
    {"username": "a-b", "password": "x" * 300},
    {"username": "ok", "name": "Wren\u202e", "password": PASSWORD},
    {"username": "ok", "name": "x" * 60, "password": PASSWORD},
]


@pytest.mark.parametrize("typed", SIGN_UPS)
def test_what_cant_be_signed_up(stranger: Reader, typed: dict[str, str]) -> None:
    assert stranger.sends("/signup/", **typed).status == 422


def test_logging_in(marked_demo: Demo, stranger: Reader) -> None:
    stranger.sends("/login/", username="", password="")
    for _ in range(6):
        page = stranger.sends("/login/", username="nobody", password="wrong password")
    assert "⟪10⟫" in page.text
    caller = Caller(marked_demo)
    stranger.read(stranger.get(caller.authorize_url(caller.request_token())))


def test_statuses(marked_demo: Demo, reader: Reader) -> None:
    reader.reads("/")
    for text in ("", TEXT, TEXT * 200):
        reader.sends("/", status=text)
    posted = Caller(marked_demo).update(TEXT)
    for seconds in (0, 100, 200, 8_000, 100_000, 300_000, 9_000_000):
        aged(marked_demo, "aviary_status", "created_at", seconds, "id = ?", posted["id"])
        reader.reads("/", f"/status/{posted['id']}/")
    for number in range(21):
        Caller(marked_demo).update(f"{TEXT} {number}")
    page = reader.see("/")
    older = re.search(r'href="(/\?before=\d+)"', page.text)
    assert older
    reader.reads(older[1], f"/?after={posted['id']}")


def test_the_account(marked_demo: Demo, reader: Reader) -> None:
    reader.reads("/account/", "/account/applications/")
    for name in ("Wren", "\u202e", "x" * 60):
        reader.sends("/account/", name=name)
    mine = reader.register(access="write")
    granted_to(marked_demo, reader)
    granted_to(marked_demo, reader, mine.consumer).get("/1/feed/timeline.json")
    page = reader.see("/account/applications/")
    reader.read(page, mine.name)
    with rows(marked_demo) as database:
        database.execute("UPDATE valetkey_application SET suspended_at = ? WHERE name = ?", (NOW, mine.name))
    reader.reads("/account/applications/", known=mine.name)
    numbers = re.findall(r'href="/account/applications/(\d+)/"', page.text)
    reader.reads(*(f"/account/applications/{number}/" for number in numbers), known=mine.name)
    reader.reads("/account/applications/revoke/", "/")
    reader.read(reader.press(page, "Revoke"), mine.name)
    reader.reads("/account/applications/revoke/")
    reader.read(reader.press(reader.see("/account/applications/revoke/"), "Revoke all"))
    reader.read(reader.press(reader.see("/account/"), "Log out"))


def granted_to(demo: Demo, reader: Reader, consumer: Consumer | None = None) -> Caller:
    caller = Caller(demo, consumer)
    request_token = caller.request_token()
    pin = reader.pin(caller.authorize_url(request_token))
    return Caller(demo, consumer, granted(caller.access_token(request_token, pin)))


CALLBACKS = ["oob", "http://127.0.0.1/back", "https://heron.example/back", "heron://back"]


@pytest.mark.parametrize("callback", CALLBACKS)
@pytest.mark.parametrize("access", ["read", "write"])
def test_the_question(marked_demo: Demo, reader: Reader, access: str, callback: str) -> None:
    asked = Asked(marked_demo, reader, access, callback)
    reader.read(reader.get(asked.url), asked.name)
    reader.read(reader.get(asked.url.replace("authorize?", "authenticate?")), asked.name)
    reader.read(reader.get(f"{asked.url}&force_login=1"), asked.name)


class Asked:
    """An application of the reader's own that asks."""

    def __init__(self, demo: Demo, reader: Reader, access: str = "write", callback: str = "oob") -> None:
        self.demo = demo
        mine = reader.register(access=access, callbacks="" if callback == "oob" else callback)
        self.name, self.path, self.consumer = mine.name, mine.path, mine.consumer
        self.caller = Caller(demo, mine.consumer)
        self.request_token = self.caller.request_token(callback)
        self.url = self.caller.authorize_url(self.request_token)

    def again(self) -> str:
        """Another request; the address where it is decided."""
        return self.caller.authorize_url(self.caller.request_token())

    def tokens(self, change: str, *values: object) -> None:
        with rows(self.demo) as database:
            where = "key = ?"
            database.execute(
                f"UPDATE valetkey_requesttoken SET {change} WHERE {where}", (*values, self.request_token.key)
            )


def test_the_question_to_somebody_who_has_answered_it_before(marked_demo: Demo, reader: Reader) -> None:
    asked = Asked(marked_demo, reader, "read")
    granted_to(marked_demo, reader, asked.consumer)
    reader.read(reader.get(asked.again()), asked.name)
    waiting = reader.get(asked.again())
    reader.fill(reader.see(asked.path), access="write")
    reader.read(reader.submit(waiting, ("decision", "allow")), asked.name)
    reader.read(reader.get(asked.again()), asked.name)
    reader.press(reader.see("/account/applications/"), "Revoke")
    reader.read(reader.get(asked.again()), asked.name)


@pytest.mark.parametrize("access", ["read", "write"])
def test_the_pin_and_what_becomes_of_it(marked_demo: Demo, reader: Reader, access: str) -> None:
    asked = Asked(marked_demo, reader, access)
    pin = reader.read(reader.decide(asked.url), asked.name)
    reader.read(reader.get(asked.url), asked.name)
    asked.tokens("tries = 5")
    reader.read(reader.get(asked.url), asked.name)
    asked.tokens("tries = 0")
    reader.read(reader.submit(pin, ("decision", "cancel")), asked.name)
    reader.read(reader.get(asked.url), asked.name)


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_what_has_been_decided_already(marked_demo: Demo, reader: Reader, decision: str) -> None:
    asked = Asked(marked_demo, reader, callback="heron://back")
    reader.decide(asked.url, decision)
    reader.read(reader.get(asked.url), asked.name)


def test_where_there_is_nothing_to_decide(marked_demo: Demo, reader: Reader) -> None:
    asked = Asked(marked_demo, reader)
    page = reader.get(asked.url)
    reader.read(reader.post(page, f'<form action="{asked.url}">', {"decision": "allow"}))
    reader.read(reader.decide(asked.again(), "deny"), asked.name)
    expired = Asked(marked_demo, reader)
    expired.tokens("expires_at = ?", NOW)
    reader.read(reader.get(expired.url), expired.name)
    theirs = Asked(marked_demo, reader)
    Visitor.robin(marked_demo).decide(theirs.url, "deny")
    reader.read(reader.get(theirs.url), theirs.name)
    with rows(marked_demo) as database:
        database.execute("UPDATE valetkey_application SET suspended_at = ? WHERE name = ?", (NOW, asked.name))
        database.execute("ALTER TABLE valetkey_requesttoken RENAME TO gone")
    try:
        assert reader.read(reader.get(asked.url)).status in (500, 503)
    finally:
        with rows(marked_demo) as database:
            database.execute("ALTER TABLE gone RENAME TO valetkey_requesttoken")
    reader.read(reader.get(asked.url), asked.name)


REGISTRATIONS = [
    {"name": ""},
    {"name": "ab"},
    {"name": "x" * 50},
    {"name": "Aviary"},
    {"name": "Tutorial test site"},
    {"name": "Pаypal"},
    {"name": "Heron", "description": "x" * 300, "access": ""},
    {"name": "Heron", "website": "heron"},
    {"name": "Heron", "access": "all"},
    {"name": "Heron", "callbacks": "nowhere\nhttps:///x\nhttp://heron.example/\njavascript:x\noob"},
    {"name": "Heron", "callbacks": "https://h.example/#a\nhttps://a@h.example/\nhttps://h.example/?denied=1"},
    {"name": "Heron", "callbacks": "https://h.example/ é\nhttps://h.example/?a=%ff"},
    {"name": "Heron", "callbacks": "x" * 20_001},
]


@pytest.mark.parametrize("typed", REGISTRATIONS, ids=range(len(REGISTRATIONS)))
def test_what_cant_be_registered(reader: Reader, typed: dict[str, str]) -> None:
    known = ["javascript", *(line for value in typed.values() for line in value.splitlines())]
    page = reader.read(reader.send("/developers/new/", **{"access": "read"} | typed), *known)
    assert page.status == 422


def test_the_developers_corner(marked_demo: Demo, reader: Reader) -> None:
    reader.reads("/developers/", "/developers/new/")
    mine = reader.register(access="read", callbacks="http://127.0.0.1/back\nheron://back")

    def reads(page: Page | None = None) -> Page:
        return reader.read(page or mine.page, mine.name)

    reads()
    reads(reader.send(mine.path, access="write"))
    reads(reader.send(mine.path, access="read"))
    reads(reader.see(f"{mine.path}edit/"))
    reads(reader.send(f"{mine.path}edit/", name=mine.name))
    reads(reader.send(f"{mine.path}edit/", name="Tutorial test site"))
    granted_to(marked_demo, reader, mine.consumer).get("/1/feed/timeline.json")
    token = mine.own_token()
    reads(reader.send(mine.path, access="write"))
    Caller(marked_demo, mine.consumer, token).get("/1/feed/timeline.json")
    reads()
    reads(reader.send(mine.path, access="read"))
    reads(reader.press(mine.page, "Add a second secret"))
    retire = f"{mine.path}secret/retire/"
    reads(reader.see(retire))
    with rows(marked_demo) as database:
        database.execute(
            "UPDATE valetkey_application SET older_secret_used_at = ? WHERE name = ?", (NOW, mine.name)
        )
    reads()
    reads(reader.see(retire))
    reads(reader.press(reader.see(retire), "Retire the older secret"))
    reads(reader.see(f"{mine.path}reset/"))
    reads(reader.press(mine.page, "Revoke"))
    reads(reader.press(reader.see(f"{mine.path}reset/"), "Reset key and secret"))
    reads(reader.press(reader.see(f"{mine.path}reset/"), "Reset key and secret"))
    reads(reader.press(mine.page, "Make an access token"))
    reads(reader.see("/developers/"))


def test_signing_with_rsa(reader: Reader) -> None:
    pem, other = (public_pem(rsa_key(name, "private_pem")) for name in ("mastercard", "requests-oauthlib"))
    mine, known = reader.register(), [shown(key).fingerprint for key in (pem, other)]
    place = f"{mine.path}rsa/"

    def reads(page: Page) -> None:
        reader.read(page, mine.name, *known)

    reads(reader.see(place))
    for wrong in ("", "junk", rsa_key("mastercard", "private_pem") or "", pem + other, "x" * 30_000):
        reads(reader.send(place, rsa_public_key=wrong))
    reads(reader.send(place, rsa_public_key=pem))
    reads(reader.see(place))
    reads(reader.send(place, rsa_public_key=other))
    reads(reader.see(f"{place}remove/"))
    reads(reader.see(f"{mine.path}reset/"))
    page = reader.see(f"{place}remove/")
    reader.send(place, rsa_public_key=pem)
    reads(reader.press(page, "Remove the public RSA key"))
    reads(reader.press(reader.see(f"{place}remove/"), "Remove the public RSA key"))


@pytest.mark.parametrize("reason", ["", TEXT])
def test_a_suspended_application(marked_demo: Demo, reader: Reader, reason: str) -> None:
    mine = reader.register()
    with rows(marked_demo) as database:
        database.execute(
            "UPDATE valetkey_application SET suspended_at = ?, suspension_reason = ? WHERE name = ?",
            (NOW, reason, mine.name),
        )
    reader.reads(mine.path, "/developers/", known=mine.name)


REFUSALS = [
    *(("signature_invalid", mistake) for mistake in ("", *mistakes.SENTENCES)),
    *((problem, "") for problem in ("timestamp_refused", "nonce_used", "token_revoked", "permission_denied")),
]


@pytest.mark.parametrize(("problem", "mistake"), REFUSALS)
def test_a_refusal(marked_demo: Demo, reader: Reader, problem: str, mistake: str) -> None:
    mine = reader.register()
    reader.reads(f"{mine.path}refusals/", f"{mine.path}refusals/none/", known=mine.name)
    caller = Caller(marked_demo, mine.consumer, mine.own_token())
    send(caller.signed("GET", "/1/feed/timeline.json", timestamp=1))
    with rows(marked_demo) as database:
        (identifier,) = database.execute(
            "UPDATE valetkey_refusal SET problem = ?, mistake = ?, about = ?, token_access = 'read'"
            " WHERE application_id = (SELECT id FROM valetkey_application WHERE name = ?)"
            " RETURNING identifier",
            (problem, mistake, "https" if mistake == "scheme" else "name", mine.name),
        ).fetchone()
    reader.reads(mine.path, f"{mine.path}refusals/", known=mine.name)
    page = reader.see(f"{mine.path}refusals/{identifier}/")
    assert page.status == 200
    reader.read(page, mine.name, "name")


LANGUAGES = {"de": "de", "de-AT, en;q=0.5": "de", "fr, de;q=0.1": "de", "fr": "en", "en-GB, de;q=0.9": "en"}


@pytest.mark.parametrize(("wanted", "got"), LANGUAGES.items())
def test_the_browser_s_language_decides_and_caches_are_told_so(demo: Demo, wanted: str, got: str) -> None:
    answer = fetched(demo, "/developers/", wanted)
    assert f'<html lang="{got}" dir="ltr"' in answer.text
    assert ("Wohin Anfragen gehen" if got == "de" else "Where to send requests") in answer.text
    assert answer.headers["Content-Language"] == got
    assert "Accept-Language" in answer.headers["Vary"]


def test_a_date_is_written_as_the_language_writes_it(demo: Demo) -> None:
    english, german = (fetched(demo, "/", language).text for language in ("en", "de"))
    assert re.search(
        r"Its clock says <time[^>]*>\d\d:\d\d:\d\d UTC, \d{1,2} [A-Z][a-z]+ \d{4}</time>", english
    )
    assert re.search(r"Seine Uhr zeigt <time[^>]*>\d\d:\d\d:\d\d UTC, \d{1,2}\. [^ ]+ \d{4}</time>", german)


def test_programs_are_answered_in_english_whatever_they_ask_for(demo: Demo) -> None:
    for path in ("/oauth/request_token", "/1/feed/timeline.json", "/1/nothing.json"):
        english, german = (fetched(demo, path, language).text for language in ("en", "de"))
        assert re.sub("refusal=[A-Z0-9-]+", "", german) == re.sub("refusal=[A-Z0-9-]+", "", english)


class Fetched(NamedTuple):
    text: str
    headers: Message


def fetched(demo: Demo, path: str, language: str) -> Fetched:
    request = Request(f"{demo.info['provider']}{path}", headers={"Accept-Language": language})
    try:
        answer = urlopen(request, timeout=30)
    except HTTPError as error:
        answer = error
    with answer:
        return Fetched(answer.read().decode(), answer.headers)


def test_errors(marked_demo: Demo, stranger: Reader) -> None:
    page = stranger.see("/signup/")
    answer = stranger.read(stranger.post(page, '<form method="post">', {"username": "x"}))
    assert answer.status == 403
    assert send(Caller(marked_demo).signed("GET", "/1/feed/timeline.json")).status == 200
    address = urlsplit(marked_demo.info["provider"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    connection.request("GET", "/", headers={"Host": "localhost", "Accept-Language": LANGUAGE})
    got = connection.getresponse()
    stranger.read(Page(got.status, "another host", got.read().decode(), None))
    connection.close()
    with rows(marked_demo) as database:
        database.execute("ALTER TABLE aviary_status RENAME TO gone")
    try:
        assert stranger.read(stranger.see("/")).status == 500
    finally:
        with rows(marked_demo) as database:
            database.execute("ALTER TABLE gone RENAME TO aviary_status")
