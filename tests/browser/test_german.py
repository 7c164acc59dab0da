"""In a browser that prefers German: longer words fit, and the script speaks it too."""

import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import PATIENCE
from tests.demo.caller import Caller
from tests.running import Demo

NARROW = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    """Somebody with an account, on the narrowest of phones."""
    context = browser.new_context(
        locale="de-DE",
        viewport=ViewportSize(width=320, height=700),
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{demo.info['provider']}/signup/")
    page.get_by_label("Benutzername").fill(f"zaunkoenig_{secrets.token_hex(2)}")
    page.get_by_label("Passwort").fill("vier Regenpfeifer auf einem Draht")
    page.get_by_role("button", name="Konto anlegen").click()
    expect(page.get_by_text("Willkommen, @zaunkoenig_")).to_be_visible()
    yield page
    context.close()


def test_no_page_scrolls_sideways_with_longer_words(page: Page, demo: Demo) -> None:
    paths = ("/", "/account/", "/account/applications/", "/developers/", "/developers/new/", "/nirgends/")
    for path in paths:
        page.goto(f"{demo.info['provider']}{path}")
        expect(page.get_by_text("Seine Uhr zeigt")).to_be_visible()
        assert page.evaluate(NARROW), path


def test_both_answers_stand_side_by_side_and_each_in_one_piece(page: Page, demo: Demo) -> None:
    caller = Caller(demo)
    page.goto(caller.authorize_url(caller.request_token()))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Darf Tutorial test site als @zaunkoenig_")
    deny, allow = (page.get_by_role("button", name=name).bounding_box() for name in ("Ablehnen", "Erlauben"))
    assert deny
    assert allow
    assert deny["y"] == allow["y"]
    assert deny["x"] + deny["width"] < allow["x"]
    assert deny["height"] == allow["height"] == 44
    assert page.evaluate(NARROW)


def test_what_the_script_says_is_german(page: Page, demo: Demo) -> None:
    page.get_by_role("textbox", name="Neue Statusmeldung").fill("x" * 120)
    expect(page.locator("#announced")).to_have_text("noch 20 Zeichen")
    page.get_by_role("textbox", name="Neue Statusmeldung").fill("x" * 143)
    expect(page.get_by_text("3 zu viel: Das Ende wird abgeschnitten")).to_be_visible()
    page.goto(f"{demo.info['provider']}/developers/")
    copy = page.get_by_role("button", name="Adresse für Request-Tokens kopieren")
    copy.click()
    expect(copy).to_contain_text("Kopiert")
    expect(page.locator("#announced")).to_have_text("Adresse für Request-Tokens kopiert")
