"""With the keyboard alone. The order is the one in which a page is read."""

from playwright.sync_api import Page, expect

from tests.browser.person import PASSWORD, Person
from tests.demo.caller import Caller
from tests.running import Demo

NAME = """element => {
  if (element === document.body) return "";
  const label = element.labels && element.labels.length ? element.labels[0].innerText : "";
  return (element.ariaLabel || label || element.innerText).trim().split(/\\n|,/)[0];
}"""


def tabbed(page: Page, times: int) -> list[str]:
    """What has the focus, one after the other, on a page that is all there."""
    page.wait_for_load_state()
    names = []
    for _ in range(times):
        page.keyboard.press("Tab")
        names.append(page.evaluate(f"({NAME})(document.activeElement)"))
    return names


def test_the_log_in_is_walked(somebody: Person, demo: Demo) -> None:
    page = somebody.page
    somebody.see("/login/")
    header = ["Skip to content", "Aviary", "Timeline", "Developers", "Log in", "Sign up"]
    assert tabbed(page, 7) == [*header, "Screen name"]
    page.keyboard.type(demo.info["username"])
    assert tabbed(page, 1) == ["Password"]
    page.keyboard.type(demo.info["password"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="New status")).to_be_visible()


def test_skipping_leads_to_the_content(somebody: Person) -> None:
    page = somebody.page
    somebody.see("/signup/")
    assert tabbed(page, 1) == ["Skip to content"]
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert tabbed(page, 1) == ["Screen name"]


def test_the_question_is_answered_and_nothing_is_chosen_beforehand(wren: Person) -> None:
    page = wren.page
    wren.start()
    question = page.url
    expect(page.locator("[autofocus]")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Allow")).to_be_visible()
    assert page.url == question
    order = ["Skip to content", "Not you? Use another account", "Deny", "Allow"]
    assert tabbed(page, 4) == order
    page.keyboard.press("Enter")
    wren.is_at(f"Connected as @{wren.name}")


def test_the_question_is_denied(wren: Person, demo: Demo) -> None:
    wren.ask(Caller(demo))
    tabbed(wren.page, 3)
    wren.page.keyboard.press("Space")
    wren.is_at("You denied it")


def test_a_pin_is_cancelled(wren: Person, demo: Demo) -> None:
    wren.ask(Caller(demo))
    wren.press("Allow")
    wren.is_at("Type this PIN into Tutorial test site")
    assert tabbed(wren.page, 3) == ["Skip to content", "Copy the PIN", "Cancel this PIN"]
    wren.page.keyboard.press("Enter")
    wren.is_at("PIN cancelled")


def test_the_timeline_is_walked_in_the_order_in_which_it_is_read(wren: Person) -> None:
    page = wren.page
    wren.see()
    assert tabbed(page, 1) == ["Skip to content"]
    page.keyboard.press("Enter")
    assert tabbed(page, 1) == ["New status"]
    page.keyboard.type("By keyboard")
    assert tabbed(page, 1) == ["Post"]
    page.keyboard.press("Enter")
    wren.reads("Posted.", "By keyboard")
    # What was skipped before stays so: the browser keeps #main.
    assert tabbed(page, 3) == ["New status", "Post", "just now"]


def test_the_test_site_is_walked_to_the_result(wren: Person) -> None:
    page = wren.page
    wren.connect()
    steps = ["Connect", "Verify", "Write"]
    header = ["Skip to content", "Tutorial test site"]
    assert tabbed(page, 6) == [*header, *steps, "Next: write a status"]
    page.keyboard.press("Enter")
    wren.is_at("Write a status")
    assert tabbed(page, 6) == [*header, *steps, "Status"]
    page.keyboard.type("By keyboard, too")
    assert tabbed(page, 3) == ["Access token", "Access token secret", "Post it to Aviary"]
    page.keyboard.press("Enter")
    wren.is_at("Aviary posted your status")


def test_who_comes_back_after_the_log_in_has_nothing_chosen(somebody: Person) -> None:
    somebody.sign_up()
    somebody.page.context.clear_cookies()
    somebody.start()
    tabbed(somebody.page, 2)
    somebody.page.keyboard.type(somebody.name)
    tabbed(somebody.page, 1)
    somebody.page.keyboard.type(PASSWORD)
    somebody.page.keyboard.press("Enter")
    somebody.is_at(f"Allow Tutorial test site to read and post as @{somebody.name}?")
    assert somebody.page.evaluate("document.activeElement === document.body")
