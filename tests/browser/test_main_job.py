"""What the whole project is for: a person authorizes the test site at Aviary, and posts a status."""

import re
import secrets

import pytest
from playwright.sync_api import expect

from tests.browser.person import PASSWORD, Person


@pytest.mark.abuse("A61")
@pytest.mark.abuse("A68")
def test_a_person_signs_up_authorizes_the_test_site_posts_and_sees_the_status(somebody: Person) -> None:
    page = somebody.page
    somebody.see()
    somebody.follow("Sign up")
    name = somebody.name = f"robin_{secrets.token_hex(3)}"
    somebody.type(Screen_name=name, Name="Robin Okafor", Password=PASSWORD)
    somebody.press("Sign up")
    somebody.reads(f"Welcome, @{name}.")

    somebody.see("/developers/new/")
    somebody.type(Name=f"Heron {name}", Callback_addresses="http://127.0.0.1:8000/verify/")
    page.get_by_label("Read and write").check()
    somebody.press("Register")
    somebody.is_at(f"Heron {name}")
    somebody.reads("Registered. Key and secret stand below.", "Consumer key")

    somebody.visit()
    somebody.follow("Next: connect")
    somebody.follow("Next: go to Aviary and decide")
    somebody.is_at(f"Allow Tutorial test site to read and post as @{name}?")
    assert page.url.startswith(f"{somebody.aviary}/oauth/authorize")
    somebody.press("Allow")

    somebody.is_at(f"Connected as @{name}")
    assert page.url == f"{somebody.site}/verify/", "the verifier must not stay in the address"
    somebody.follow("Next: write a status")

    status = f"Hello from {name} & friends"
    somebody.type(Status=status)
    somebody.press("Post it to Aviary")
    somebody.is_at("Aviary posted your status")
    expect(page.get_by_role("heading", name="What went over the wire")).to_be_visible()

    somebody.follow("Next: see it on Aviary")
    post = page.get_by_role("article").filter(has_text=status)
    expect(post).to_contain_text("Tutorial test site")
    expect(post).to_contain_text(f"@{name}")


def test_a_person_who_is_not_logged_in_logs_in_first_and_then_decides(somebody: Person) -> None:
    somebody.start()
    somebody.is_at("Log in")
    somebody.reads("Tutorial test site asks for access to your account. Log in first; then you decide.")
    somebody.log_in(somebody.demo.info["username"], somebody.demo.info["password"])
    somebody.press("Allow")
    somebody.is_at(f"Connected as @{somebody.name}")


def test_who_has_allowed_it_before_signs_in_with_one_click_after_the_log_in(somebody: Person) -> None:
    somebody.sign_up()
    somebody.connect()
    somebody.page.context.clear_cookies()

    somebody.visit()
    somebody.press("Sign in with Aviary")
    somebody.log_in(somebody.name, PASSWORD)
    expect(somebody.heading).to_have_text(re.compile(f"Connected as @{somebody.name}"))
