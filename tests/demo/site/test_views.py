"""The test site's pages, of the demo that is really running."""

import os
import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import quote
from urllib.request import Request

import pytest

from tests.demo.caller import Caller, as_json
from tests.demo.site.walker import STEPS, Walker, link_to, read, shown_on, signed_by
from tests.running import Demo

AWKWARD = "Emoji 🐦 + & = % ~ * \"quotes\" 'and' \\ <b>tags</b>\nline, صباح الخير, e\u0301, %2520"


@pytest.fixture(scope="module")
def robin(demo: Demo) -> Walker:
    """The demo's own person, who has connected."""
    walker = Walker.robin(demo)
    walker.connect()
    walker.update("the first")
    return walker


@pytest.fixture
def stranger(demo: Demo) -> Walker:
    """A new person at Aviary, in a browser that the test site hasn't seen."""
    return Walker.new(demo)


def latest(demo: Demo) -> dict[str, str]:
    """The newest status at Aviary."""
    found: dict[str, str] = as_json(Caller(demo).get("/1/feed/timeline.json", count=1))[0]
    return found


# --- The main job ---------------------------------------------------------------------------------


def test_a_person_connects_writes_and_sees_the_status_with_the_applications_name(
    stranger: Walker, demo: Demo
) -> None:
    start = stranger.visit("/")
    assert start.title == "Post a status, and see every byte of it"
    assert link_to(start, "/auth/") == "/auth/"

    connect = stranger.visit("/auth/")
    assert connect.title == "Connect to Aviary"
    url = link_to(connect, stranger.origin)
    assert url.startswith(f"{stranger.origin}/oauth/authorize?oauth_token=")
    assert f'<a class="b main" href="{url}">Next: go to Aviary and decide' in connect.text

    back = stranger.allowed(url)
    assert back.startswith(f"{stranger.site}/verify/?oauth_token=")
    exchanged = stranger._open(Request(back))
    assert (exchanged.status, exchanged.location) == (302, "/verify/"), "the verifier leaves the address"
    verify = stranger.visit("/verify/")
    assert verify.title == f"Connected as @{stranger.name}"
    assert 'href="/tweet/">Next: write a status' in verify.text

    result = stranger.update("Tea & toast")
    assert (result.status, result.url) == (200, f"{stranger.site}/update/")
    assert result.title == "Aviary posted your status"
    status = latest(demo)
    assert f"As @{stranger.name}, at {status['created_at'][11:19]} UTC. Status {status['id_str']}." in read(
        result
    )
    assert status["text"] == "Tea & toast"
    assert ">Tutorial test site</a>" in status["source"]
    assert link_to(result, stranger.origin) == f"{stranger.origin}/"


def test_whatever_is_written_arrives_as_it_was_written(robin: Walker, demo: Demo) -> None:
    assert robin.update(AWKWARD).title == "Aviary posted your status"
    assert latest(demo)["text"] == AWKWARD.replace("e\u0301", "é"), "Aviary composes (NFC)"


def test_a_browsers_line_breaks_count_once(robin: Walker, demo: Demo) -> None:
    robin.update("one\r\ntwo")
    assert latest(demo)["text"] == "one\ntwo"


def test_a_long_status_is_said_to_be_cut(robin: Walker) -> None:
    page = robin.update("x" * 141)
    assert page.title == "Aviary posted your status, and cut it"
    assert "A status has 140 characters." in read(page)


def test_the_callback_works_without_its_last_slash_too(stranger: Walker) -> None:
    page = stranger.get(stranger.allowed().replace("/verify/?", "/verify?"))
    assert (page.title, page.url) == (f"Connected as @{stranger.name}", f"{stranger.site}/verify/")


def test_two_tabs_both_arrive(stranger: Walker) -> None:
    one, other = stranger.ask(), stranger.ask()
    assert stranger.get(stranger.allowed(one)).title == f"Connected as @{stranger.name}"
    assert stranger.get(stranger.allowed(other)).title == f"Connected as @{stranger.name}"


# --- The wire -------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
def test_the_wire_is_true_on_every_step(robin: Walker, step: str) -> None:
    if step == "/update/":
        robin.update(AWKWARD)
    shown = shown_on(robin.visit(step))
    assert shown.base_string == shown.whole == shown.recomputed
    assert f'oauth_signature="{quote(shown.signature, safe="")}"' in shown.authorization


def test_the_signatures_are_those_of_the_demos_secrets(robin: Walker, demo: Demo) -> None:
    secret = demo.info["consumer_secret"]
    connect, update = shown_on(robin.visit("/auth/")), shown_on(robin.update("signed"))
    assert signed_by(connect.base_string, secret, "") == connect.signature
    assert signed_by(update.base_string, secret, robin.token()[1]) == update.signature


def test_another_request_gives_another_page(robin: Walker, demo: Demo) -> None:
    one, other = shown_on(robin.update("the first")), shown_on(robin.update("the second one"))
    assert "status%3Dthe%2520first" in one.base_string
    assert "status%3Dthe%2520second%2520one" in other.base_string
    assert one.signature != other.signature
    secrets = demo.info["consumer_secret"], robin.token()[1]
    for shown in (one, other):
        assert shown.base_string == shown.recomputed
        assert signed_by(shown.base_string, *secrets) == shown.signature
    assert '"text": "the second one"' in other.answer


def test_no_page_and_no_file_of_the_session_holds_a_secret(robin: Walker, demo: Demo) -> None:
    robin.update("no secrets")
    token, token_secret = robin.token()
    started = [secret for _, secret in robin.session()["started"].items()]
    for step in STEPS:
        text = robin.visit(step).text
        for secret in (demo.info["consumer_secret"], token_secret, *started):
            assert secret not in text, step
    assert token in robin.visit("/update/").text
    kept = str(robin.session())
    assert demo.info["consumer_secret"] not in kept
    assert token_secret not in kept
    assert stat.S_IMODE(robin.session_file.stat().st_mode) == 0o600


def test_a_secret_in_an_answer_is_its_length(robin: Walker) -> None:
    answer = shown_on(robin.visit("/auth/")).answer
    assert re.search(r"oauth_token_secret=•+ hidden, 32 characters&", answer), answer


def run(code: str, **secrets: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, **secrets}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60
    )


def in_shell(code: str) -> str:
    return subprocess.run(
        ["/bin/sh", "-c", code], capture_output=True, text=True, timeout=60, check=True
    ).stdout


def test_the_code_on_the_first_step_runs(robin: Walker, demo: Demo) -> None:
    with_oauth, with_urllib, with_curl = shown_on(robin.visit("/auth/")).code
    for code in (with_oauth, with_urllib):
        done = run(code, CONSUMER_SECRET=demo.info["consumer_secret"])
        assert done.stdout.startswith(f"{robin.origin}/oauth/authorize?oauth_token="), done.stderr
    assert "nonce_used" in in_shell(with_curl)


def test_the_code_on_the_second_step_runs_and_the_verifier_is_used_up(stranger: Walker, demo: Demo) -> None:
    back = stranger.allowed()
    ((key, secret),) = stranger.session()["started"].items()
    page = stranger.get(back)
    assert key in page.text
    with_oauth, with_urllib, with_curl = shown_on(page).code
    for code in (with_oauth, with_urllib):
        done = run(code, CONSUMER_SECRET=demo.info["consumer_secret"], TOKEN_SECRET=secret)
        assert "token_used" in done.stderr.splitlines()[-1], done.stderr
    assert "nonce_used" in in_shell(with_curl)


def test_the_code_on_the_last_step_runs(robin: Walker, demo: Demo) -> None:
    with_oauth, with_urllib, with_curl = shown_on(robin.update(AWKWARD)).code
    number = int(latest(demo)["id_str"])
    secrets = {"CONSUMER_SECRET": demo.info["consumer_secret"], "TOKEN_SECRET": robin.token()[1]}
    for code in (with_oauth, with_urllib):
        done = run(code, **secrets)
        assert '"screen_name": "robin"' in done.stdout, done.stderr
        status = latest(demo)
        assert int(status["id_str"]) > number
        assert status["text"] == AWKWARD.replace("e\u0301", "é")
        number = int(status["id_str"])
    assert "nonce_used" in in_shell(with_curl)
    assert int(latest(demo)["id_str"]) == number, "it was refused, so nothing was posted"


# --- The callback ---------------------------------------------------------------------------------


@pytest.mark.abuse("A91")
def test_somebody_elses_answer_is_not_exchanged(stranger: Walker, demo: Demo) -> None:
    attacker = Walker.new(demo)
    planted = attacker.allowed()
    stranger.ask()
    page = stranger.get(planted)
    assert (page.status, page.title) == (400, "This answer belongs to another request")
    assert "account" not in stranger.session()
    assert attacker.get(planted).title == f"Connected as @{attacker.name}", "it is still unused"


@pytest.mark.abuse("A91")
def test_a_browser_without_a_session_exchanges_nothing(stranger: Walker, demo: Demo) -> None:
    back = stranger.allowed()
    page = Walker(demo).get(back)
    assert (page.status, page.title) == (400, "This browser hasn’t started anything")
    assert stranger.get(back).title == f"Connected as @{stranger.name}", "it is still unused"


def test_a_callback_that_is_loaded_again_is_used_up(stranger: Walker) -> None:
    back = stranger.allowed()
    stranger.get(back)
    page = stranger.get(back)
    assert (page.status, page.title) == (409, "This verifier is used up")
    assert "You are connected already." in read(page)
    assert stranger.visit("/verify/").title == f"Connected as @{stranger.name}", "and nothing is lost"


def test_a_person_who_denies_is_told_so_however_often_they_look(stranger: Walker) -> None:
    back = stranger.allowed(decision="deny")
    for _ in range(2):
        page = stranger.get(back)
        assert (page.status, page.title) == (200, "You said no")
        assert ">Connect after all<" in page.text
    assert "account" not in stranger.session()
    assert stranger.connect()


@pytest.mark.parametrize(
    ("changed", "title"),
    [
        (lambda back: back.partition("&")[0], "The verifier is missing"),
        (lambda back: back.partition("?")[0], "The verifier is missing"),
        (lambda back: f"{back}&oauth_verifier=another", "This answer can’t be read"),
        (lambda back: f"{back}&oauth_token=another", "This answer belongs to another request"),
        (lambda back: back.replace("oauth_token=", "token="), "This answer can’t be read"),
        (lambda back: f"{back}%zz", "This answer can’t be read"),
    ],
    ids=["no verifier", "nothing", "two verifiers", "two tokens", "no token", "mangled"],
)
def test_a_callback_that_is_not_whole_exchanges_nothing(
    stranger: Walker, changed: object, title: str
) -> None:
    assert callable(changed)
    back = stranger.allowed()
    page = stranger.get(changed(back))
    assert (page.status, page.title) == (400, title)
    assert "Nothing was exchanged." in read(page)
    assert stranger.get(back).title == f"Connected as @{stranger.name}", "it is still unused"


def test_a_verifier_that_is_not_the_one_is_refused_by_aviary(stranger: Walker) -> None:
    back = stranger.allowed()
    page = stranger.get(f"{back[:-4]}wrong")
    assert (page.status, page.title) == (502, "The verifier isn’t the right one")
    shown = shown_on(page)
    assert shown.base_string == shown.recomputed, "the wire view stays where a request was sent"
    assert "account" not in stranger.session()


def test_without_anything_the_callback_says_so(demo: Demo) -> None:
    page = Walker(demo).visit("/verify/")
    assert (page.status, page.title) == (400, "This browser hasn’t started anything")


# --- Who one is -----------------------------------------------------------------------------------


def test_the_sessions_id_changes_when_a_person_connects(stranger: Walker) -> None:
    back = stranger.allowed()
    before, planted = stranger.cookie("site_sessionid"), stranger.session_file
    stranger.get(back)
    assert stranger.cookie("site_sessionid") != before
    assert not planted.exists()


def test_a_returning_visitor_writes_at_once(stranger: Walker) -> None:
    stranger.connect()
    page = stranger.visit("/")
    assert f"Welcome back, @{stranger.name}. Your access token is kept, so you can write at once." in read(
        page
    )
    assert 'href="/tweet/">Next: write a status' in page.text


def test_who_has_lost_the_session_signs_in_with_one_click(stranger: Walker) -> None:
    stranger.connect()
    stranger.forget_site()
    start = stranger.visit("/")
    assert "Welcome back" not in start.text
    assert re.search(
        r'<form action="/auth/"[^>]*><button[^>]* name="signin" value="1">Sign in with Aviary<', start.text
    )

    page = stranger._open(Request(f"{stranger.site}/auth/?signin=1"))
    for expected in (f"{stranger.origin}/oauth/authenticate?", f"{stranger.site}/verify/?", "/verify/"):
        assert page.location, page.text
        assert page.location.startswith(expected)
        page = stranger._open(
            Request(page.location if "//" in page.location else f"{stranger.site}{page.location}")
        )
    assert page.title == f"Connected as @{stranger.name}"


def test_the_access_token_is_kept_encrypted_under_the_services_user_id(stranger: Walker, demo: Demo) -> None:
    stranger.connect()
    key, secret = stranger.token()
    files = list((demo.folder / "data").glob("site.sqlite3*"))
    assert files
    for file in files:
        octets = file.read_bytes()
        assert key.encode() not in octets
        assert secret.encode() not in octets
    with closing(sqlite3.connect(demo.folder / "data" / "site.sqlite3")) as database:
        rows = database.execute(
            "SELECT user_id FROM testsite_account WHERE screen_name = ?", (stranger.name,)
        )
        ((user_id,),) = rows.fetchall()
    me = as_json(Caller(demo, token=None).get("/1.1/account/verify_credentials.json"))
    assert user_id.isdecimal()
    assert user_id != me["id_str"]


def test_a_token_that_is_typed_by_hand_posts_as_its_own_person(demo: Demo) -> None:
    nobody = Walker(demo)
    text = read(nobody.visit("/tweet/"))
    assert "Not connected. Connect to Aviary, or type a token from its developers’ corner." in text
    info = demo.info
    page = nobody.update("by hand", access=info["access_token"], secret=info["access_token_secret"])
    assert "As @robin" in read(page)
    assert "by hand" in latest(demo)["text"]
    assert "account" not in nobody.session()


def test_a_typed_token_wins_over_the_kept_one(stranger: Walker, demo: Demo) -> None:
    stranger.connect()
    page = stranger.update("mine?", access=demo.info["access_token"], secret=demo.info["access_token_secret"])
    assert "As @robin" in read(page)
    assert "As @" + stranger.name in read(stranger.update("mine"))


def test_a_typed_secret_is_not_sent_back(stranger: Walker) -> None:
    stranger.connect()
    page = stranger.update("", access="another", secret="typed-by-hand")
    assert "Write something first." in page.text
    assert "typed-by-hand" not in page.text


@pytest.mark.abuse("A92")
def test_many_visitors_at_once_each_post_as_themselves(demo: Demo) -> None:
    """The site has eight threads, and they are pooled: each serves everybody in turn."""
    walkers = [Walker.new(demo) for _ in range(4)]
    for walker in walkers:
        walker.connect()

    def post(number: int) -> None:
        walker = walkers[number % len(walkers)]
        page = walker.update(f"number {number} of {walker.name}")
        assert f"As @{walker.name}, " in read(page)
        assert f"number {number} of {walker.name}" in read(page)
        assert walker.token()[0] in shown_on(page).authorization

    with ThreadPoolExecutor(len(walkers)) as pool:
        list(pool.map(post, range(48)))


# --- What Aviary doesn't take ---------------------------------------------------------------------


@pytest.mark.parametrize("status", ["", "  \n ", "\u3000"])
def test_an_empty_status_is_not_sent(robin: Walker, demo: Demo, status: str) -> None:
    before = latest(demo)
    page = robin.update(status)
    assert "<title>Error: Write a status" in page.text
    assert "Write something first." in page.text
    assert latest(demo) == before


def test_a_wrong_secret_is_refused_and_explained(robin: Walker, demo: Demo) -> None:
    before = latest(demo)
    page = robin.update("kept for later", access=robin.token()[0], secret="wrong")
    assert (page.status, page.title) == (200, "The signature doesn’t match")
    text = read(page)
    assert "401 Unauthorized · signature_invalid" in text
    assert "Its base string was the same, to the letter, so one of the two secrets differs." in text
    assert "hidden, 5 characters" in text, "a pasted blank would show here"
    assert shown_on(page).base_string == shown_on(page).recomputed
    assert latest(demo) == before
    assert "kept for later" in robin.visit("/tweet/").text, "one needn't write it again"
    assert robin.visit("/update/").title == "The signature doesn’t match", "loading it again sends nothing"


def test_loading_the_result_again_posts_nothing(robin: Walker, demo: Demo) -> None:
    posted = robin.update("only once")
    before = latest(demo)
    assert robin.visit("/update/").title == posted.title
    assert latest(demo) == before


def test_without_a_result_its_page_leads_to_the_form(demo: Demo) -> None:
    assert Walker(demo).visit("/update/").url.endswith("/tweet/")


def test_a_revoked_token_is_said_to_be_revoked(stranger: Walker) -> None:
    stranger.connect()
    stranger.press(stranger.see("/account/applications/"), "Revoke")
    page = stranger.update("too late")
    assert page.title == "Your access was revoked"
    assert ">Connect again<" in page.text
    stranger.connect()
    assert stranger.update("again").title == "Aviary posted your status"


@pytest.fixture
def read_only(demo: Demo) -> Iterator[None]:
    """The demo's application may only read, for as long as a test takes."""
    owner = Walker.robin(demo)
    found = re.search(
        r'href="(/developers/[0-9]+/)"[^>]*>(?:<bdi>)?Tutorial test site', owner.see("/developers/").text
    )
    assert found
    owner.fill(owner.see(found[1]), access="read")
    yield
    owner.fill(owner.see(found[1]), access="write")


@pytest.mark.usefixtures("read_only")
def test_a_read_only_application_is_told_that_it_may_not_post(robin: Walker, demo: Demo) -> None:
    before = latest(demo)
    page = robin.update("may I?")
    assert page.title == "Aviary may read for you, not post"
    assert "403 Forbidden · permission_denied" in read(page)
    assert latest(demo) == before


def test_a_status_that_aviary_cannot_keep_is_refused_in_its_own_words(robin: Walker) -> None:
    page = robin.update("a\x00b")
    assert "NUL" in read(page) or "Null characters are not allowed." in read(page)


# --- What a browser is told -----------------------------------------------------------------------


@pytest.mark.abuse("A91")
def test_a_form_from_elsewhere_posts_nothing(robin: Walker, demo: Demo) -> None:
    before = latest(demo)
    request = Request(f"{robin.site}/update/", b"status=forged")
    page = robin._open(request)
    assert (page.status, page.title) == (403, "What you sent didn’t arrive")
    assert latest(demo) == before


def test_the_cookies_have_names_of_their_own_and_no_script_sees_them(demo: Demo) -> None:
    walker = Walker(demo)
    walker.visit("/auth/")
    walker.visit("/tweet/")
    cookies = {cookie.name: cookie for cookie in walker._cookies}
    assert set(cookies) == {"site_sessionid", "site_csrftoken"}
    for cookie in cookies.values():
        assert cookie.has_nonstandard_attr("HttpOnly")
        assert cookie.get_nonstandard_attr("SameSite") == "Lax"


@pytest.mark.parametrize("path", ["/", "/auth/", "/verify/", "/tweet/", "/update/", "/nowhere/"])
def test_every_page_is_kept_by_nobody_and_runs_nothing_of_its_own(robin: Walker, path: str) -> None:
    headers = robin.headers(path)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert ("form-action 'self' http" in policy) == (path == "/"), (
        "only the button to sign in leads elsewhere"
    )
    assert "no-store" in headers["Cache-Control"]
    assert headers["Referrer-Policy"] == "same-origin"
    text = robin.visit(path).text
    assert not re.search(
        r"<[^>]+ style=|<script(?! src=)|<[^>]+ on[a-z]+=|https?://(?!127\.0\.0\.1)[^<\s]*\.(css|js)", text
    )


@pytest.mark.abuse("A61")
def test_the_page_of_a_callback_sends_its_address_to_nobody(stranger: Walker) -> None:
    back = stranger.allowed()
    headers = stranger.headers(back.removeprefix(stranger.site) + "broken")
    assert headers["Referrer-Policy"] == "no-referrer"


def test_another_host_is_not_answered(demo: Demo) -> None:
    walker = Walker(demo)
    page = walker._open(Request(f"{walker.site}/", headers={"Host": "localhost:1"}))
    assert (page.status, page.title) == (400, "This site doesn’t answer to this address")
