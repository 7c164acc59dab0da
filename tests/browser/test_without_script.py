"""Without JavaScript everything works but copying and counting, which then aren't there."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.conftest import new_context
from tests.browser.person import WIDTHS, Person
from tests.demo.caller import Caller, granted
from tests.running import Demo


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = new_context(browser, WIDTHS["phone"], java_script_enabled=False)
    yield context
    context.close()


def test_the_main_path_is_walked(somebody: Person, demo: Demo) -> None:
    page = somebody.page
    somebody.sign_up()
    program = somebody.register()
    somebody.see(program.path)
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    page.get_by_text("Show the consumer secret").click()
    expect(page.locator("#cs")).to_be_visible()

    somebody.connect()
    somebody.follow("Next: write a status")
    somebody.type(Status="Without a script")
    somebody.press("Post it to Aviary")
    somebody.is_at("Aviary posted your status")
    page.get_by_text("The whole string in one piece").click()
    expect(page.locator("#base-string")).to_be_visible()
    page.locator("summary").filter(has_text="curl").click()
    expect(page.get_by_text("curl ").last).to_be_visible()

    somebody.follow("Next: see it on Aviary")
    somebody.reads("Without a script")
    page.get_by_role("textbox", name="New status").fill("And by hand")
    somebody.press("Post")
    somebody.reads("Posted.", "And by hand")

    token = somebody.ask(program)
    somebody.press("Allow")
    assert Caller(demo, program.consumer, granted(program.access_token(token, somebody.pin))).update("PIN")
    somebody.see("/account/applications/")
    somebody.press(f"Revoke {program.name}")
    somebody.reads(f"{program.name} can no longer use your account.")


def test_what_to_mend_is_said(somebody: Person) -> None:
    somebody.see("/signup/")
    somebody.press("Sign up")
    expect(somebody.page.get_by_role("alert")).to_be_focused()
    somebody.reads("Not saved. Mend what is marked:", "Choose a screen name.", "Type a password.")
