"""What a person has allowed, and how they end it."""

import re

from playwright.sync_api import expect

from tests.browser import administrator
from tests.browser.person import Person
from tests.demo.caller import Caller, problem
from tests.running import Demo


def refusal(program: Caller) -> str:
    return problem(program.get("/1.1/account/verify_credentials.json"))


def test_who_has_allowed_nothing_reads_how_an_application_comes_here(somebody: Person) -> None:
    somebody.sign_up()
    somebody.see("/account/applications/")
    somebody.is_at("Connected applications")
    somebody.reads("No application can use your account. When you allow one, it stands here")
    expect(somebody.page.get_by_role("button", name="Revoke")).to_have_count(0)
    somebody.see("/account/applications/revoke/")
    somebody.reads("No application can use your account.")


def test_one_is_revoked_at_once_and_the_others_go_on(wren: Person) -> None:
    kept, ended = wren.let_in(), wren.let_in()
    wren.see()
    wren.follow(f"@{wren.name}")
    wren.follow("Connected applications")
    card = wren.card(ended.name)
    expect(card).to_contain_text(f"Registered by @{wren.name}.")
    expect(card).to_contain_text("Read and write")
    expect(card).to_contain_text("Never used.")

    wren.press(f"Revoke {ended.name}")
    said = wren.page.get_by_role("status").first
    expect(said).to_contain_text(f"{ended.name} can no longer use your account. Its token stopped working at")
    expect(said).to_have_text(re.compile(r"\d\d:\d\d:\d\d UTC\.\s*$"))
    expect(wren.card(ended.name)).to_have_count(0)
    assert refusal(ended) == "token_revoked"
    assert kept.update("Still here")["text"] == "Still here"
    wren.page.reload()
    expect(wren.card(kept.name)).to_contain_text("Last used just now.")


def test_each_has_a_page_of_its_own_from_which_it_is_revoked_too(wren: Person) -> None:
    program = wren.let_in("read")
    wren.see("/account/applications/")
    wren.follow(program.name)
    wren.is_at(program.name)
    wren.reads("Read only", "Allowed on")
    wren.press(f"Revoke {program.name}")
    wren.reads(f"{program.name} can no longer use your account.")
    assert refusal(program) == "token_revoked"
    wren.page.go_back()
    wren.page.reload()
    wren.is_at("Aviary has no such page")


def test_all_are_revoked_together_once_that_is_confirmed(wren: Person) -> None:
    programs = [wren.let_in(), wren.let_in()]
    wren.see("/account/applications/")
    wren.follow("Revoke all…")
    number = wren.main.get_by_role("listitem").count()
    wren.is_at(f"Revoke all {number} applications?")
    wren.reads("Each stops at once.", *(program.name for program in programs))
    wren.follow("Keep them")
    wren.is_at("Connected applications")
    assert programs[0].update("Still here")["text"] == "Still here"

    wren.follow("Revoke all…")
    wren.press("Revoke all")
    wren.is_at("Connected applications")
    wren.reads("No application can use your account any more, since")
    assert [refusal(program) for program in programs] == ["token_revoked", "token_revoked"]


def test_a_program_that_ends_its_own_token_is_no_longer_connected(wren: Person) -> None:
    program = wren.let_in()
    wren.see("/account/applications/")
    expect(wren.card(program.name)).to_be_visible()
    assert program.post("/oauth/invalidate_token").status == 200
    assert refusal(program) == "token_revoked"
    wren.page.reload()
    expect(wren.card(program.name)).to_have_count(0)


def test_what_was_allowed_and_not_fetched_yet_ends_too(wren: Person) -> None:
    program = wren.let_in()
    token = wren.ask(program)
    wren.press("Allow")
    pin = wren.pin
    wren.see("/account/applications/")
    wren.press(f"Revoke {program.name}")
    wren.reads(f"{program.name} can no longer use your account.")
    assert program.access_token(token, pin).status == 401


def test_who_has_revoked_it_reads_so_when_it_asks_again(wren: Person) -> None:
    program = wren.let_in()
    wren.see("/account/applications/")
    wren.press(f"Revoke {program.name}")
    wren.ask(program)
    wren.reads("You revoked this application on")
    wren.press("Allow")
    wren.is_at(f"Type this PIN into {program.name}")


def test_a_suspended_application_says_so_in_its_card(wren: Person, demo: Demo) -> None:
    program = wren.let_in()
    administrator.suspend(demo, program.consumer)
    wren.see("/account/applications/")
    expect(wren.card(program.name)).to_contain_text("Suspended by Aviary’s administrator.")
    assert refusal(program) == "consumer_key_refused"
    wren.press(f"Revoke {program.name}")
    wren.reads(f"{program.name} can no longer use your account.")


def test_the_test_site_says_that_its_access_was_revoked_and_connects_again(wren: Person) -> None:
    wren.connect()
    wren.see("/account/applications/")
    wren.press("Revoke Tutorial test site")
    wren.visit("/tweet/")
    wren.type(Status="Too late")
    wren.press("Post it to Aviary")
    wren.is_at("Your access was revoked")
    wren.reads("You, or somebody with your account, revoked it at Aviary. Nothing was posted.")
    wren.follow("Connect again")
    wren.follow("Next: go to Aviary and decide")
    wren.press("Allow")
    wren.is_at(f"Connected as @{wren.name}")
    wren.follow("Next: write a status")
    expect(wren.field("Status")).to_have_value("Too late")
