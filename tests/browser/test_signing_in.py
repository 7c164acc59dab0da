"""“Sign in with Aviary”: `/oauth/authenticate`, which asks nobody twice for the same."""

from urllib.parse import urlencode

from playwright.sync_api import expect

from tests.browser.person import PASSWORD, Person
from tests.demo.caller import Caller
from tests.loopback import always, serving
from tests.running import Demo
from valetkey import RequestToken

HOME = {"Content-Type": "text/plain"}


def sign_in_at(program: Caller, token: RequestToken, **options: str) -> str:
    return f"{program.origin}/oauth/authenticate?{urlencode({'oauth_token': token.key, **options})}"


def test_who_signs_in_for_the_first_time_is_asked_and_the_second_time_is_not(wren: Person) -> None:
    wren.page.context.clear_cookies(name="site_sessionid")
    with serving(always(200, "At home", HOME)) as loopback:
        home = f"{loopback.origin}/home"
        program = wren.register(callbacks="http://127.0.0.1/home")
        wren.open(sign_in_at(program, program.request_token(home)))
        wren.is_at(f"Sign in to {program.name} as @{wren.name}?")
        wren.press("Allow")
        expect(wren.page.get_by_text("At home")).to_be_visible()
        oauth_verifier = wren.page.url.rpartition("=")[2]
        assert oauth_verifier

        granted_before = program.request_token(home)
        wren.open(sign_in_at(program, granted_before))
        wren.is_at(f"Sign in to {program.name} as @{wren.name}?")  # no access token came of it yet
        wren.press("Allow")
        assert program.access_token(granted_before, wren.page.url.rpartition("=")[2]).status == 200

        for asked in ("", "read"):
            wren.open(sign_in_at(program, program.request_token(home, asked)))
            expect(wren.page.get_by_text("At home")).to_be_visible()
        assert "oauth_verifier=" in wren.page.url


def test_who_is_asked_for_more_than_they_granted_decides_again(wren: Person) -> None:
    with serving(always(200, "At home", HOME)) as loopback:
        home = f"{loopback.origin}/home"
        program = wren.register(callbacks="http://127.0.0.1/home")
        token = program.request_token(home, "read")
        wren.open(sign_in_at(program, token))
        wren.press("Allow")
        assert program.access_token(token, wren.page.url.rpartition("=")[2]).status == 200
        wren.open(sign_in_at(program, program.request_token(home)))
        wren.is_at(f"Sign in to {program.name} as @{wren.name}?")
        wren.reads("It asks for more than before.")


def test_authorize_asks_always(wren: Person) -> None:
    wren.connect()
    wren.start()
    wren.is_at(f"Allow Tutorial test site to read and post as @{wren.name}?")
    wren.reads("You allowed this on")


def test_who_is_sent_to_log_in_again_does_so_and_then_decides(somebody: Person, demo: Demo) -> None:
    somebody.sign_up()
    program = Caller(demo)
    somebody.open(sign_in_at(program, program.request_token(), force_login="true"))
    somebody.is_at("Log in again")
    somebody.reads("Tutorial test site asks you to log in again.", f"You are logged in as @{somebody.name}.")
    somebody.press("Log in again")
    somebody.is_at("Log in")
    somebody.log_in(somebody.name, PASSWORD)
    somebody.is_at(f"Sign in to Tutorial test site as @{somebody.name}?")


def test_the_test_site_knows_who_comes_back(wren: Person) -> None:
    wren.connect()
    wren.page.context.clear_cookies(name="site_sessionid")
    wren.visit()
    wren.is_at("Post a status, and see every byte of it")
    wren.press("Sign in with Aviary")
    wren.is_at(f"Connected as @{wren.name}")
    wren.visit()
    wren.reads(f"Welcome back, @{wren.name}. Your access token is kept, so you can write at once.")
