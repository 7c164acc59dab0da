"""Signing up, logging in and out, and one's name; and what is said where something is missing."""

import re
import secrets

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.person import PASSWORD, Person


def notice_of(person: Person) -> Locator:
    """The notice that says what to mend: it is where the reader is, and its title says so first."""
    notice = person.page.get_by_role("alert")
    expect(notice).to_be_focused()
    expect(person.page).to_have_title(re.compile("^Error: "))
    return notice


def test_who_signs_up_is_welcomed_on_the_timeline(somebody: Person) -> None:
    somebody.see()
    somebody.is_at("Aviary")
    somebody.reads("A small place for short statuses. It runs as the provider in Valetkey’s demo.")
    somebody.follow("Sign up")
    name = f"wren_{secrets.token_hex(4)}"
    somebody.type(Screen_name=name, Name="Wren", Password=PASSWORD)
    somebody.press("Sign up")
    somebody.reads(f"Welcome, @{name}.")
    expect(somebody.page).to_have_title("Timeline · Aviary")
    expect(somebody.page.get_by_role("link", name=f"@{name}")).to_be_visible()


def test_who_cant_be_signed_up_is_led_to_what_to_mend(somebody: Person) -> None:
    page = somebody.page
    somebody.see("/signup/")
    somebody.type(Name="Wren", Password="short")
    somebody.press("Sign up")
    notice = notice_of(somebody)
    expect(notice).to_contain_text("Not saved. Mend what is marked:")
    expect(notice.get_by_role("listitem")).to_have_text(
        [
            re.compile("Screen name: Choose a screen name."),
            re.compile("Password: Use 12 characters or more."),
        ]
    )
    notice.get_by_role("link", name="Password").click()
    field = page.get_by_label("Password")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("Use 12 characters or more."))
    expect(field).to_have_value("")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Wren")

    notice.get_by_role("link", name="Screen name").click()
    name = f"wren_{secrets.token_hex(4)}"
    page.keyboard.type(name)
    somebody.type(Password=PASSWORD)
    somebody.press("Sign up")
    somebody.reads(f"Welcome, @{name}.")


def test_a_screen_name_that_is_taken_is_said_to_be(somebody: Person) -> None:
    somebody.see("/signup/")
    somebody.type(Screen_name="robin", Password=PASSWORD)
    somebody.press("Sign up")
    expect(notice_of(somebody)).to_contain_text("@robin is taken.")


def test_wrong_name_and_wrong_password_read_alike_and_a_sixth_try_waits(somebody: Person) -> None:
    somebody.see("/login/")
    name = f"nobody_{secrets.token_hex(3)}"
    for _ in range(5):
        somebody.log_in(name, "not the password")
        expect(notice_of(somebody)).to_have_text(
            re.compile(r"^\s*Screen name and password don’t match\.\s*$")
        )
        expect(somebody.field("Screen name")).to_have_value(name)
    somebody.log_in(name, "not the password")
    expect(notice_of(somebody)).to_contain_text("Too many tries. Wait 10 minutes.")


def test_who_logs_out_reads_so_and_their_pages_ask_to_log_in(somebody: Person) -> None:
    somebody.sign_up()
    somebody.see("/account/")
    somebody.reads(f"@{somebody.name}, since", "Applications that you have allowed go on working.")
    somebody.press("Log out")
    somebody.reads("You are logged out.")
    somebody.is_at("Aviary")
    somebody.page.go_back()
    somebody.page.reload()
    somebody.is_at("Log in")
    somebody.log_in(somebody.name, PASSWORD)
    somebody.is_at("Your account")


def test_who_changes_their_name_reads_that_it_is_saved(wren: Person) -> None:
    wren.see("/account/")
    wren.type(Name="Wren\u202e")
    wren.press("Save name")
    expect(notice_of(wren)).to_contain_text("This name holds invisible characters. Choose another.")
    wren.type(Name="سلمى الحداد")
    wren.press("Save name")
    wren.reads("Saved.")
    expect(wren.field("Name")).to_have_value("سلمى الحداد")


def test_a_page_that_somebody_was_on_the_way_to_comes_after_the_log_in(somebody: Person) -> None:
    somebody.see("/developers/new/")
    somebody.is_at("Log in")
    somebody.log_in(somebody.demo.info["username"], somebody.demo.info["password"])
    somebody.is_at("Register an application")


# The timeline


def test_a_status_is_posted_counted_and_cut(wren: Person) -> None:
    page = wren.page
    wren.see()
    field, hint = page.get_by_role("textbox", name="New status"), page.locator("#id_status_helptext")
    expect(hint).to_have_text("Up to 140 characters. Longer ones are cut.")
    field.fill("x" * 128)
    expect(hint).to_have_text("12 left")
    field.fill("Short enough")
    wren.press("Post")
    wren.reads("Posted.", "Short enough", "via the web")
    field.fill("🐦" * 143)
    expect(hint).to_have_text("3 too many: the end will be cut")
    wren.press("Post")
    wren.reads("Posted, and cut: a status has 140 characters.")
    post = page.get_by_role("article").first
    expect(post).to_contain_text("🐦" * 140 + "…")
    expect(post).to_contain_text("cut at 140 characters")


def test_how_much_is_left_is_read_aloud_at_twenty_and_at_none_only(wren: Person) -> None:
    wren.see()
    field, aloud = wren.field("New status"), wren.page.locator("#announced")
    for number, said in ((100, ""), (120, "20 left"), (121, "20 left"), (140, "0 left")):
        field.fill("x" * number)
        expect(aloud).to_have_text(said)


@pytest.mark.parametrize("text", ["", "   "], ids=["nothing", "blanks"])
def test_an_empty_status_is_asked_for_at_the_field(wren: Person, text: str) -> None:
    wren.see()
    field = wren.field("New status")
    field.fill(text)
    wren.press("Post")
    notice = notice_of(wren)
    expect(notice).to_contain_text("Write something first.")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("Write something first."))
    notice.get_by_role("link", name="New status").click()
    expect(field).to_be_focused()


def test_an_empty_status_at_the_test_site_leads_to_the_field(somebody: Person) -> None:
    somebody.visit("/tweet/")
    somebody.reads("Not connected. Connect to Aviary, or type a token from its developers’ corner.")
    somebody.press("Post it to Aviary")
    notice = notice_of(somebody)
    expect(notice).to_contain_text("Write something first.")
    notice.get_by_role("link").first.click()
    expect(somebody.field("Status")).to_be_focused()
