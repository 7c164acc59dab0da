"""Allow, Deny, and every reason why there is nothing to decide: each page says what happened, and what to do
next.
"""

import re
import secrets
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser import administrator
from tests.browser.person import Person
from tests.demo.caller import Caller, granted, problem
from tests.loopback import always, serving
from tests.running import Demo
from valetkey import RequestToken

APP = "Tutorial test site"


# Deny


def test_a_person_who_denies_is_told_so_at_the_test_site_and_can_connect_after_all(wren: Person) -> None:
    wren.start()
    wren.press("Deny")
    wren.is_at("You said no")
    wren.reads("Aviary told this site, and gave it nothing.")
    assert wren.page.url.startswith(wren.site)

    wren.follow("Connect after all")
    wren.follow("Next: go to Aviary and decide")
    wren.press("Allow")
    wren.is_at(f"Connected as @{wren.name}")


def test_who_denies_a_program_that_asks_for_a_pin_reads_that_it_got_nothing(wren: Person, demo: Demo) -> None:
    program = Caller(demo)
    token = wren.ask(program)
    wren.press("Deny")
    wren.is_at("You denied it")
    wren.reads(f"{APP} got no access, and was not told who you are. You can close this page.")
    assert problem(program.access_token(token, "00000000")) == "permission_denied"


@pytest.mark.abuse("A68")
def test_a_program_on_this_computer_gets_its_answer_at_its_callback(wren: Person) -> None:
    with serving(always(200, "Back at the program", {"Content-Type": "text/plain"})) as loopback:
        program = wren.register(callbacks="http://127.0.0.1/ready")
        for decision in ("Deny", "Allow"):
            token = program.request_token(f"{loopback.origin}/ready")
            wren.open(program.authorize_url(token))
            wren.reads(loopback.origin.removeprefix("http://"), "A program on this computer.")
            wren.press(decision)
            expect(wren.page.get_by_text("Back at the program")).to_be_visible()
            found = re.fullmatch(r".*[?&]oauth_verifier=([\w-]+)", wren.page.url)
            assert bool(found) == (decision == "Allow")
        assert found
        granted(program.access_token(token, found[1]))


# What is asked


def test_who_is_asked_to_let_it_read_only_reads_that_it_cant_post(wren: Person, demo: Demo) -> None:
    program = Caller(demo)
    wren.ask(program, "read")
    wren.is_at(f"Allow {APP} to read as @{wren.name}?")
    can, cannot = (wren.main.locator("dd").filter(has=wren.page.locator(kind)) for kind in (".yes", ".no"))
    expect(can).not_to_contain_text("post statuses")
    expect(cannot).to_contain_text("post statuses in your name")


def test_who_is_asked_for_more_than_before_reads_what_is_new(wren: Person) -> None:
    program = wren.register()
    token = wren.ask(program, "read")
    wren.press("Allow")
    granted(program.access_token(token, wren.pin))

    wren.ask(program, "read")
    wren.reads("You allowed this on", f"Allow again only if {program.name} asked you to; revoking ends both.")
    wren.ask(program)
    wren.reads("It asks for more than before.", "you allowed it to read.")
    wren.reads("New: post statuses in your name")


@pytest.mark.abuse("A44")
def test_a_request_that_changes_while_somebody_reads_is_asked_again(wren: Person) -> None:
    program = wren.register("read")
    token = wren.ask(program)
    owner = wren.another_tab()
    owner.see(program.path)
    owner.page.get_by_label("Read and write").check()
    owner.press("Save access")
    owner.reads("Access is now read and write.")

    wren.press("Allow")
    wren.reads("The request changed while you were reading. Read it again, then decide.")
    wren.is_at(f"Allow {program.name} to read and post as @{wren.name}?")
    assert problem(program.access_token(token, "00000000")) == "permission_unknown"


@pytest.mark.abuse("A60")
def test_another_account_is_asked_for_with_one_button_and_comes_back_here(
    somebody: Person, demo: Demo
) -> None:
    somebody.sign_up()
    program = Caller(demo)
    somebody.ask(program)
    somebody.press("Not you? Use another account")
    somebody.is_at("Log in")
    somebody.reads(f"{APP} asks for access to your account. Log in first; then you decide.")
    somebody.log_in(demo.info["username"], demo.info["password"])
    somebody.is_at(f"Allow {APP} to read and post as @{somebody.name}?")


def test_where_somebody_decides_there_is_nothing_else_to_do(wren: Person) -> None:
    wren.start()
    expect(wren.page.get_by_role("banner").get_by_role("link")).to_have_count(0)
    expect(wren.main.get_by_role("link")).to_have_count(0)
    expect(wren.main.get_by_role("button")).to_have_text(["Not you? Use another account", "Deny", "Allow"])


# Nothing to decide


def test_an_expired_request_says_how_long_one_is_good_for(wren: Person, demo: Demo) -> None:
    program = Caller(demo)
    token = wren.ask(program)
    administrator.let_expire(demo, token)
    wren.press("Allow")
    wren.is_at("This request has expired")
    wren.reads(f"A request is good for 10 minutes. Nothing was allowed. Start again in {APP}.")


def test_a_guessed_or_mangled_address_starts_nothing(wren: Person) -> None:
    for token in ("", "no such token", "x" * 32, "ключ", "a&oauth_token=b"):
        wren.see(f"/oauth/authorize?oauth_token={token}")
        wren.is_at("Aviary doesn’t know this request")
        wren.reads("The address is incomplete or old. Nothing was allowed.")
        wren.reads("Start again in the application that sent you.")
    wren.follow("Go to Aviary")
    expect(wren.field("New status")).to_be_visible()


@pytest.mark.abuse("A49")
@pytest.mark.parametrize("decision", ["Allow", "Deny"])
def test_the_back_button_leads_to_a_decision_that_was_made_already(wren: Person, decision: str) -> None:
    wren.start()
    question = wren.page.url
    wren.press(decision)
    wren.is_at(f"Connected as @{wren.name}" if decision == "Allow" else "You said no")
    wren.open(question)
    wren.is_at("You have decided this already")
    wren.reads(f"You chose {decision} at", "UTC. Nothing was done again.")
    wren.follow("Connected applications")
    wren.is_at("Connected applications")


@pytest.mark.abuse("A49")
def test_two_tabs_with_one_request_decide_once(wren: Person) -> None:
    wren.start()
    other = wren.another_tab()
    other.open(wren.page.url)
    wren.press("Allow")
    wren.is_at(f"Connected as @{wren.name}")
    other.press("Deny")
    other.is_at("You have decided this already")
    other.reads("You chose Allow at")
    wren.visit()
    wren.reads(f"Welcome back, @{wren.name}.")


def test_two_tabs_with_a_request_each_are_both_answered(wren: Person) -> None:
    other = wren.another_tab()
    wren.start()
    other.start()
    for tab in (wren, other):
        tab.press("Allow")
        tab.is_at(f"Connected as @{wren.name}")


@pytest.mark.abuse("A60")
def test_who_changes_accounts_between_two_tabs_decides_for_nobody(somebody: Person, demo: Demo) -> None:
    somebody.sign_up()
    program = Caller(demo)
    somebody.ask(program)
    other = somebody.another_tab()
    other.sign_up()
    somebody.press("Allow")
    somebody.is_at("Your decision didn’t arrive")
    somebody.reads("Nothing was decided.", "go back, load the page again, and choose once more.")
    somebody.page.go_back()
    somebody.page.reload()
    somebody.is_at(f"Allow {APP} to read and post as @{other.name}?")


def test_another_persons_request_is_nobody_elses_to_see(wren: Person, demo: Demo) -> None:
    program = Caller(demo)
    address = program.authorize_url(program.request_token())
    wren.open(address)
    wren.press("Deny")
    wren.page.context.clear_cookies()
    wren.sign_up()
    wren.open(address)
    wren.is_at("This request belongs to another account")


def test_a_suspended_application_can_be_allowed_by_nobody(wren: Person, demo: Demo) -> None:
    program = wren.let_in()
    address = program.authorize_url(program.request_token())
    administrator.suspend(demo, program.consumer, "Sends spam.")
    wren.open(address)
    wren.is_at(f"{program.name} is suspended")
    wren.reads("The administrator of Aviary has stopped it. Nothing was allowed")
    wren.reads("what you allowed earlier doesn’t work for now.")

    wren.see(program.path)
    wren.reads("Suspended by Aviary’s administrator on", "Sends spam.", "consumer_key_refused")


def test_without_its_cookies_a_decision_does_not_arrive(wren: Person, demo: Demo) -> None:
    program = Caller(demo)
    wren.ask(program)
    wren.page.context.clear_cookies(name="aviary_csrftoken")
    wren.press("Allow")
    wren.is_at("Your decision didn’t arrive")
    wren.reads("Nothing was decided. Allow cookies for this site, go back, load the page again")
    wren.page.go_back()
    wren.page.reload()
    wren.press("Allow")
    wren.is_at(f"Type this PIN into {APP}")


# At the test site


def test_a_link_from_somebody_else_exchanges_nothing(wren: Person, demo: Demo) -> None:
    wren.start()
    wren.visit(f"/verify/?oauth_token={secrets.token_urlsafe(24)}&oauth_verifier=guessed")
    wren.is_at("This answer belongs to another request")
    wren.reads("Somebody may have sent you the link. Nothing was exchanged.")
    expect(wren.page.get_by_role("link", name="Start anew")).to_be_visible()


def test_a_guessed_verifier_exchanges_nothing_and_spends_no_try_of_the_person(wren: Person) -> None:
    wren.start()
    key = token_in(wren.page.url)
    wren.visit(f"/verify/?oauth_token={key}&oauth_verifier=guessed")
    wren.reads("401 Unauthorized", "Nothing was exchanged.")
    wren.page.go_back()
    wren.press("Allow")
    wren.is_at(f"Connected as @{wren.name}")


def test_a_browser_that_started_nothing_is_told_so(somebody: Person) -> None:
    somebody.visit("/verify/?oauth_token=some&oauth_verifier=thing")
    somebody.is_at("This browser hasn’t started anything")
    somebody.reads("another browser, or cookies are off", "Nothing was exchanged.")
    somebody.follow("Start anew")
    somebody.is_at("Connect to Aviary")


def test_a_callback_without_its_verifier_is_told_so(wren: Person) -> None:
    wren.start()
    key = token_in(wren.page.url)
    wren.visit(f"/verify/?oauth_token={key}")
    wren.is_at("The verifier is missing")
    wren.reads("Nothing was exchanged.")


def test_a_verifier_that_comes_too_late_exchanges_nothing(wren: Person, demo: Demo) -> None:
    callback = allowed_without_going_there(wren)
    administrator.let_expire(demo, RequestToken(token_in(callback), "which the test site knows"))
    wren.open(callback)
    wren.is_at("It took too long")
    wren.reads("The request token has expired.", "Nothing was exchanged.")
    wren.follow("Start anew")
    wren.is_at("Connect to Aviary")


def test_a_callback_that_is_loaded_twice_says_that_its_verifier_is_used_up(wren: Person) -> None:
    callback = allowed_without_going_there(wren)
    wren.open(callback)
    wren.is_at(f"Connected as @{wren.name}")
    wren.open(callback)
    wren.is_at("This verifier is used up")
    wren.reads("You are connected already.")
    wren.follow("Next: write a status")
    wren.is_at("Write a status")


def allowed_without_going_there(person: Person) -> str:
    """The address that Allow leads to."""
    person.start()
    form = person.page.locator("form[aria-labelledby]").evaluate(
        "form => Object.fromEntries(new FormData(form))"
    )
    answer = person.page.context.request.post(
        person.page.url, form={**form, "decision": "allow"}, max_redirects=0
    )
    return answer.headers["location"]


def token_in(address: str) -> str:
    (key,) = parse_qs(urlsplit(address).query)["oauth_token"]
    return key
