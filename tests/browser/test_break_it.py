"""*Break it*: a person sends a step's request with one mistake, and reads how Aviary refuses it."""

import re

import pytest
from playwright.sync_api import Browser, Locator, StorageState, expect

from tests.browser.conftest import new_context
from tests.browser.person import WIDTHS, Person
from tests.running import Demo

TEXT = "Tea & toast + a kingfisher on the canal 🐦 صباح الخير"
#: Each mistake's label, with the heading of its answer and the beginning of what it is in real life.
MISTAKES = {
    "https signed for http": ("Signed for https, verified http", "a proxy takes off TLS"),
    "A clock that is 20 minutes slow": (r"Clock 20 min( \d+ s)? slow", "a laptop slept"),
    "A nonce used before": ("Nonce used before", "a retry sends the signed request again"),
    "The secret of another application": ("The signature doesn’t match", "keys of test and production"),
    "A parameter left out": (r"\w+ was sent, but not signed", "a library"),
    "Encoded once too often": ("Encoded once too often", "a value was encoded before"),
}
SEND = "Send it with this mistake"


def part(person: Person) -> Locator:
    return person.page.get_by_role("region", name="Break it")


def breaks(person: Person, mistake: str) -> None:
    part(person).get_by_role("radio", name=re.compile(rf"^{mistake}")).check()
    person.press(SEND)


def is_refused(person: Person, mistake: str) -> None:
    """The person is at the answer to this mistake, and can go on from there."""
    heading, in_real_life = MISTAKES[mistake]
    answer = part(person).get_by_role("heading", level=3)
    expect(answer).to_have_text(re.compile(rf"^{heading}$"))
    expect(answer).to_be_focused()
    expect(answer).to_be_in_viewport()
    expect(part(person)).to_contain_text(f"In real life {in_real_life}")
    expect(part(person).get_by_role("radio", checked=True)).to_have_accessible_name(
        re.compile(rf"^{mistake}")
    )
    assert person.page.url.endswith("/#break")
    for size in (WIDTHS["phone"], WIDTHS["desktop"]):
        person.page.set_viewport_size(size)
        assert person.page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), "nothing scrolls sideways"


def connected(person: Person) -> None:
    """With a step behind each page."""
    person.connect()
    person.follow("Next: write a status")
    person.type(Status=TEXT)
    person.press("Post it to Aviary")
    person.is_at("Aviary posted your status")


@pytest.mark.parametrize(
    ("step", "title"),
    [
        ("/auth/", "Connect to Aviary"),
        ("/verify/", "Connected as @"),
        ("/update/", "Aviary posted your status"),
    ],
)
def test_a_person_walks_through_every_mistake_of_a_step(wren: Person, step: str, title: str) -> None:
    connected(wren)
    wren.visit(step)
    expect(part(wren)).to_contain_text("Choose a mistake, and send it. The answer appears here.")
    for mistake in MISTAKES:
        breaks(wren, mistake)
        is_refused(wren, mistake)
        expect(wren.heading).to_contain_text(title)


@pytest.mark.parametrize("size", WIDTHS)
def test_the_answer_stands_beside_the_form_where_there_is_room_and_below_where_there_is_none(
    wren: Person, size: str
) -> None:
    wren.visit("/auth/")
    breaks(wren, "https signed for http")
    wren.page.set_viewport_size(WIDTHS[size])
    form = part(wren).locator("form").bounding_box()
    answer = part(wren).get_by_role("region").bounding_box()
    assert form
    assert answer
    if size == "desktop":
        assert answer["x"] >= form["x"] + form["width"]
        assert answer["y"] == form["y"]
    else:
        assert answer["x"] == form["x"]
        assert answer["y"] >= form["y"] + form["height"]


def test_what_differs_is_marked_and_the_broken_request_can_be_looked_at(wren: Person) -> None:
    wren.visit("/auth/")
    breaks(wren, "https signed for http")
    assert part(wren).locator("mark").all_inner_texts() == ["s"]
    shown = part(wren).locator("details")
    expect(shown.locator("pre")).to_be_hidden()
    shown.locator("summary").click()
    expect(shown.locator("pre")).to_contain_text("POST /oauth/request_token HTTP/1.1")
    expect(shown.locator("pre")).to_contain_text("401 Unauthorized")
    expect(shown).to_contain_text("Aviary never tells the right one.")


def test_a_mistake_is_chosen_and_sent_by_keyboard_alone(wren: Person) -> None:
    wren.visit("/auth/")
    part(wren).get_by_role("radio").first.focus()
    wren.page.keyboard.press("ArrowDown")
    wren.page.keyboard.press("Tab")
    expect(part(wren).get_by_role("button", name=SEND)).to_be_focused()
    wren.page.keyboard.press("Enter")
    is_refused(wren, "A clock that is 20 minutes slow")
    # The next stop is in the answer.
    wren.page.keyboard.press("Tab")
    expect(wren.focused).to_have_text("The broken request and its answer")


@pytest.mark.parametrize("size", WIDTHS)
def test_without_script_it_is_the_same(
    browser: Browser, demo: Demo, wrens_cookies: tuple[str, StorageState], size: str
) -> None:
    name, cookies = wrens_cookies
    context = new_context(browser, WIDTHS[size], java_script_enabled=False, storage_state=cookies)
    wren = Person(context.new_page(), demo, name)
    wren.visit("/auth/")
    for mistake in ("A nonce used before", "Encoded once too often"):
        breaks(wren, mistake)
        is_refused(wren, mistake)
    context.close()


def test_going_back_leads_to_the_step_as_it_was(wren: Person) -> None:
    connected(wren)
    wren.visit("/update/")
    breaks(wren, "A nonce used before")
    is_refused(wren, "A nonce used before")
    wren.page.go_back()
    wren.is_at("Aviary posted your status")
    expect(part(wren)).to_contain_text("The answer appears here.")
