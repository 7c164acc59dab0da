"""A program that no browser can come back to: the person types a PIN into it."""

from playwright.sync_api import expect

from tests.browser.person import Person
from tests.demo.caller import Caller, granted, problem
from tests.running import Demo

APP = "Tutorial test site"


def test_a_pin_says_what_it_is_good_for_and_lets_the_program_in_once(wren: Person, demo: Demo) -> None:
    program = Caller(demo)
    token = wren.ask(program)
    wren.is_at(f"Allow {APP} to read and post as @{wren.name}?")
    wren.reads(f"a PIN of 8 digits, to type into {APP}.")
    wren.press("Allow")

    wren.is_at(f"Type this PIN into {APP}")
    wren.reads(f"You allowed it to read and post as @{wren.name}. One step is left.")
    wren.reads("Works once, until", "UTC (10 minutes).", "Give it to nobody.", "After 5 wrong tries")
    pin = wren.pin
    assert len(pin) == 8
    assert pin.isdecimal()
    token_of_wren = granted(program.access_token(token, pin))
    assert Caller(demo, token=token_of_wren).update("By PIN")["user"]["screen_name"] == wren.name
    assert program.access_token(token, pin).status == 401


def test_a_pin_is_read_out_digit_by_digit_and_copied_in_one_piece(wren: Person, demo: Demo) -> None:
    wren.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    wren.ask(Caller(demo))
    wren.press("Allow")
    pin = wren.pin
    spoken = ", ".join(" ".join(half) for half in (pin[:4], pin[4:]))
    expect(wren.page.get_by_role("img", name=spoken)).to_be_visible()
    wren.press("Copy the PIN")
    expect(wren.page.locator("#announced")).to_have_text("PIN copied")
    assert wren.page.evaluate("navigator.clipboard.readText()") == pin


def test_a_pin_is_not_shown_again_and_works_all_the_same(wren: Person, demo: Demo) -> None:
    program = Caller(demo)
    token = wren.ask(program)
    wren.press("Allow")
    pin = wren.pin
    wren.page.reload()
    wren.is_at("This PIN is not shown again")
    wren.reads(f"Lost it? Start again in {APP}.")
    wren.never_reads(pin)
    wren.open(program.authorize_url(token))
    wren.is_at("This PIN is not shown again")
    granted(program.access_token(token, pin))


def test_a_cancelled_pin_lets_nobody_in(wren: Person, demo: Demo) -> None:
    program = Caller(demo)
    token = wren.ask(program)
    wren.press("Allow")
    pin = wren.pin
    wren.press("Cancel this PIN")
    wren.is_at("PIN cancelled")
    wren.reads(f"{APP} got no access. You can close this page.")
    assert problem(program.access_token(token, pin)) == "permission_denied"


def test_five_wrong_tries_end_a_pin_and_its_person_reads_so(wren: Person, demo: Demo) -> None:
    program = Caller(demo)
    token = wren.ask(program)
    wren.press("Allow")
    pin = wren.pin
    wrong = f"{(int(pin) + 1) % 10**8:08}"
    for _ in range(5):
        assert program.access_token(token, wrong).status == 401
    assert program.access_token(token, pin).status == 401, "the right one, too late"
    wren.page.reload()
    wren.is_at("This PIN has stopped working")
    wren.reads(
        f"It was typed wrongly 5 times. Start again in {APP}.",
        "If that wasn’t you, somebody guessed in vain.",
    )
    expect(wren.page.get_by_role("link", name="Go to Aviary")).to_be_visible()
