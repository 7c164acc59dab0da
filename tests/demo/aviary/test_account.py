"""Signing up, logging in and out, and connected applications."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.demo.caller import Caller, granted, problem
from tests.demo.test_launcher import processes
from tests.demo.visitor import PASSWORD, Visitor, text_of
from tests.running import Demo
from valetkey.urllib import send

MIXED = "This name mixes alphabets or holds invisible characters. Choose another."

REFUSED = [
    ({"username": ""}, "Choose a screen name."),
    ({"username": "ROBIN"}, "@ROBIN is taken."),
    ({"username": "a-b"}, "Use letters, digits and _ only."),
    ({"username": "a" * 16}, "Use 15 characters or fewer."),
    ({"username": "r\u043ebin"}, MIXED),
    ({"username": "rob\u200bin"}, MIXED),
    ({"username": "\u202enibor"}, MIXED),
    ({"name": "Robin\u202e"}, "This name holds invisible characters. Choose another."),
    ({"name": "x" * 51}, "Use 50 characters or fewer."),
    ({"password": "short"}, "Use 12 characters or more."),
    ({"password": "qwerty123456"}, "This password is on lists of stolen ones. Choose another."),
    ({"password": ""}, "Type a password."),
]


@pytest.mark.parametrize(("typed", "words"), REFUSED)
def test_who_cant_sign_up_is_told_why_at_the_field(demo: Demo, typed: dict[str, str], words: str) -> None:
    page = Visitor(demo).send(
        "/signup/", **{"username": "newcomer", "name": "", "password": PASSWORD} | typed
    )
    assert page.status == 422
    assert "<title>Error: Sign up · Aviary</title>" in page.text
    assert "Not saved. Mend what is marked:" in page.text
    assert words in text_of(page.text)
    assert PASSWORD not in page.text


def test_who_signs_up_is_logged_in_and_needs_no_name(demo: Demo) -> None:
    visitor = Visitor.new(demo)
    assert f"@{visitor.name}" in visitor.see("/").text


def test_who_logs_in_may_write_the_screen_name_in_any_case(demo: Demo) -> None:
    visitor = Visitor.new(demo)
    again = Visitor(demo)
    page = again.send("/login/", username=visitor.name.upper(), password=PASSWORD)
    assert f"@{visitor.name}" in page.text


def test_wrong_name_and_wrong_password_read_alike(demo: Demo) -> None:
    visitor = Visitor.new(demo)
    for name in (visitor.name, "nobody_at_all"):
        page = Visitor(demo).send("/login/", username=name, password="wrong password")
        assert page.status == 422
        assert "Screen name and password don’t match." in page.text


@pytest.mark.abuse("A60")
def test_a_session_gets_a_new_id_at_the_log_in_and_ends_at_the_log_out(demo: Demo) -> None:
    visitor = Visitor.new(demo)
    first = visitor.cookie("aviary_sessionid")
    page = visitor.press(visitor.see("/account/"), "Log out")
    assert "You are logged out." in page.text
    assert visitor.see("/account/").title == "Log in"
    visitor.send("/login/", username=visitor.name, password=PASSWORD)
    assert visitor.cookie("aviary_sessionid") != first


@pytest.mark.abuse("A55")
def test_logging_out_takes_a_post(demo: Demo) -> None:
    visitor = Visitor.new(demo)
    assert visitor.see("/logout/").status == 405
    assert visitor.see("/account/").title == "Your account"


def test_many_wrong_passwords_must_wait_and_lock_out_nobody_else(demo: Demo) -> None:
    victim, other = Visitor.new(demo), Visitor.new(demo)
    stranger = Visitor(demo)
    for _ in range(5):
        stranger.send("/login/", username=victim.name, password="wrong password")
    page = stranger.send("/login/", username=victim.name, password=PASSWORD)
    assert page.status == 422
    assert "Too many tries. Wait 10 minutes." in page.text
    assert victim.see("/account/").title == "Your account"
    page = stranger.send("/login/", username=other.name, password=PASSWORD)
    assert f"@{other.name}" in page.text


ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "http:evil.example",
    "evil.example",
    "/%0d%0aSet-Cookie:a=b",
]


@pytest.mark.abuse("A60")
@pytest.mark.parametrize("address", ELSEWHERE)
def test_logging_in_never_leads_to_another_site(demo: Demo, address: str) -> None:
    visitor = Visitor.new(demo)
    visitor.press(visitor.see("/account/"), "Log out")
    page = visitor.see("/login/")
    form = page.text[page.text.index("<form") : page.text.index("</form>")]
    answer = visitor.post(page, form, {"next": address, "username": visitor.name, "password": PASSWORD})
    assert answer.location in ("/", "/%0d%0aSet-Cookie:a=b")


@pytest.mark.abuse("A60")
@pytest.mark.parametrize("address", ELSEWHERE)
def test_signing_up_never_leads_to_another_site(demo: Demo, address: str) -> None:
    visitor = Visitor(demo)
    page = visitor.see("/signup/")
    form = page.text[page.text.index("<form") : page.text.index("</form>")]
    typed = {"username": visitor.name, "password": PASSWORD, "name": "", "next": address}
    assert visitor.post(page, form, typed).location in ("/", "/%0d%0aSet-Cookie:a=b")


@pytest.mark.abuse("A60")
@pytest.mark.abuse("A55")
def test_nobody_is_logged_in_by_a_form_of_another_site(demo: Demo) -> None:
    mallory, victim = Visitor.new(demo), Visitor(demo)
    page = victim.see("/login/")
    typed = {"username": mallory.name, "password": PASSWORD}
    for forged in ({}, {"csrfmiddlewaretoken": "x" * 64}):
        assert victim.post(page, "<form>", typed | forged).status == 403
    assert victim.see("/account/").title == "Log in"


@pytest.mark.abuse("A60")
def test_no_cookie_comes_along_with_another_site_s_form_and_none_is_read_by_a_script(demo: Demo) -> None:
    visitor = Visitor.new(demo)
    again = Visitor(demo)
    page = again.see("/login/")
    cookies = [
        *page.headers.every("Set-Cookie"),
        *again.fill(page, username=visitor.name, password=PASSWORD).headers.every("Set-Cookie"),
    ]
    assert {cookie.partition("=")[0] for cookie in cookies} == {"aviary_csrftoken", "aviary_sessionid"}
    for cookie in cookies:
        assert {"SameSite=Lax", "HttpOnly", "Path=/"} <= set(cookie.split("; "))


def test_logging_in_leads_back_to_where_one_was_sent_from(demo: Demo) -> None:
    visitor = Visitor.new(demo)
    visitor.press(visitor.see("/account/"), "Log out")
    page = visitor.see("/developers/new/")
    assert page.title == "Log in"
    assert (
        visitor.follow(visitor.fill(page, username=visitor.name, password=PASSWORD)).title
        == "Register an application"
    )


def test_an_application_that_asks_is_named_where_one_logs_in_and_signs_up(demo: Demo) -> None:
    caller = Caller(demo)
    url = caller.authorize_url(caller.request_token())
    visitor = Visitor(demo)
    page = visitor.get(url)
    assert "Tutorial test site asks for access to your account. Log in first; then you decide." in text_of(
        page.text
    )
    assert "<nav" not in page.text
    page = visitor.see(page.text.partition('New here? <a href="')[2].partition('"')[0])
    assert page.title == "Sign up"
    page = visitor.follow(visitor.fill(page, username=visitor.name, password=PASSWORD))
    assert page.title == f"Allow Tutorial test site to read and post as @{visitor.name}?"


@pytest.mark.abuse("A58")
def test_a_name_can_be_changed(demo: Demo) -> None:
    visitor = Visitor.new(demo)
    page = visitor.send("/account/", name="Wren <i>Castellanos</i>")
    assert "Saved." in page.text
    assert "Wren &lt;i&gt;Castellanos&lt;/i&gt;" in visitor.see("/").text


def walk(demo: Demo, visitor: Visitor) -> Caller:
    """The demo's application, with a token of this visitor."""
    caller = Caller(demo)
    request_token = caller.request_token()
    pin = visitor.pin(caller.authorize_url(request_token))
    return Caller(demo, token=granted(caller.access_token(request_token, pin)))


@pytest.mark.rfc("2-3")
@pytest.mark.abuse("A47")
def test_a_revoked_application_stops_at_once_on_both_workers(demo: Demo) -> None:
    visitor = Visitor.new(demo)
    caller = walk(demo, visitor)
    for _ in range(10):
        assert caller.get("/1.1/account/verify_credentials.json").status == 200
    page = visitor.see("/account/applications/")
    text = text_of(page.text)
    assert "Tutorial test site" in text
    assert "Read and write" in text
    assert "Last used just now." in text
    assert "Registered by @robin." in text

    page = visitor.press(page, "Revoke Tutorial test site")

    assert "Tutorial test site can no longer use your account. Its token stopped working at" in page.text
    for _ in range(20):
        answer = caller.post("/1/statuses/update.json", status="no")
        assert (answer.status, problem(answer)) == (401, "token_revoked")
    assert "No application can use your account." in page.text


WORKERS, THREADS, ENOUGH = 4, 8, 40


def aviary(demo: Demo) -> list[int]:
    """Aviary's processes: the arbiter, which is the oldest, and its workers."""
    return [
        process
        for process in sorted(processes(demo.process.pid))
        if b"serve\0aviary" in Path(f"/proc/{process}/cmdline").read_bytes()
    ]


class Load:
    """Requests without a pause, from several threads: when each began, and the status of its answer."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.seen: list[tuple[float, int]] = []
        self.over = threading.Event()

    def go_on(self) -> None:
        try:
            while not self.over.is_set():
                signed = self.caller.signed("POST", "/1/statuses/update.json", {"status": "under load"})
                began = time.monotonic()
                self.seen.append((began, send(signed).status))
        finally:
            self.over.set()

    def since(self, moment: float) -> list[int]:
        """What those were answered that began later, as soon as there are enough."""
        while len(found := [status for began, status in self.seen if began > moment]) < ENOUGH:
            assert not self.over.wait(0.05)
        return found


@pytest.fixture(scope="module")
def many_workers() -> Iterator[Demo]:
    with Demo.started() as demo:
        while len(aviary(demo)) < 1 + WORKERS:
            os.kill(aviary(demo)[0], signal.SIGTTIN)  # one worker more
            time.sleep(1)
        yield demo


@pytest.mark.abuse("A47")
@pytest.mark.parametrize("way", ["a page", "the program itself"])
def test_no_request_that_begins_after_a_revocation_was_answered_succeeds_in_any_of_four_workers(
    many_workers: Demo, way: str
) -> None:
    visitor = Visitor.new(many_workers)
    caller = walk(many_workers, visitor)
    page = visitor.see("/account/applications/")
    form = page.text.partition('action="/account/applications/')[2].partition("</form>")[0]
    load = Load(caller)
    with ThreadPoolExecutor(THREADS) as pool:
        running = [pool.submit(load.go_on) for _ in range(THREADS)]
        assert set(load.since(0)) == {200}
        if way == "a page":
            assert visitor.post(page, f'<form action="/account/applications/{form}', {}).status == 302
        else:
            assert caller.post("/oauth/invalidate_token").status == 200
        answered = time.monotonic()
        load.since(answered)
        load.over.set()
    for thread in running:
        thread.result()
    assert set(load.since(answered)) == {401}


def test_revoking_also_ends_what_was_allowed_and_not_fetched_yet(demo: Demo) -> None:
    visitor = Visitor.new(demo)
    walk(demo, visitor)
    caller = Caller(demo)
    request_token = caller.request_token()
    pin = visitor.pin(caller.authorize_url(request_token))
    visitor.press(visitor.see("/account/applications/"), "Revoke")
    assert caller.access_token(request_token, pin).status == 401


def test_all_applications_can_be_revoked_with_one_question(demo: Demo) -> None:
    visitor = Visitor.new(demo)
    mine = visitor.register(access="read")
    callers = [walk(demo, visitor), Caller(demo, mine.consumer, mine.own_token())]
    page = visitor.see("/account/applications/")
    assert "Revoke all…" in page.text
    page = visitor.see("/account/applications/revoke/")
    assert page.title == "Revoke all 2 applications?"
    assert all(caller.get("/1/feed/timeline.json").status == 200 for caller in callers)
    visitor.press(page, "Revoke all")
    assert all(caller.get("/1/feed/timeline.json").status == 401 for caller in callers)


@pytest.mark.abuse("A63")
def test_a_connected_application_has_an_address_of_its_own_which_others_dont_see(demo: Demo) -> None:
    visitor, other = Visitor.new(demo), Visitor.new(demo)
    walk(demo, visitor)
    path = (
        visitor.see("/account/applications/")
        .text.partition('<a href="/account/applications/')[2]
        .partition('"')[0]
    )
    address = f"/account/applications/{path}"
    assert visitor.see(address).title == "Tutorial test site"
    assert other.see(address).status == 404
    page = visitor.see(address)
    form = page.text[page.text.index("<form") : page.text.index("</form>")]
    other.see("/account/")
    token = other.see("/account/").text.partition('csrfmiddlewaretoken" value="')[2].partition('"')[0]
    assert other.post(page, form, {"csrfmiddlewaretoken": token}).status == 404
