"""What the whole project is for: a person authorizes the test site at Aviary, and posts a status."""

import re
import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from tests.running import Demo

PASSWORD = "four plovers on a wire"
WIDTHS = {"phone": ViewportSize(width=390, height=844), "desktop": ViewportSize(width=1280, height=900)}


@pytest.fixture(params=WIDTHS)
def page(context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that fails its test at the first error in its console: a blocked script, style or form."""
    page = context.new_page()
    page.set_viewport_size(WIDTHS[request.param])
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


def sign_up(page: Page, demo: Demo) -> str:
    name = f"robin_{secrets.token_hex(3)}"
    page.goto(demo.info["provider"])
    page.get_by_role("link", name="Sign up").first.click()
    page.get_by_label("Screen name").fill(name)
    page.get_by_label("Name", exact=True).fill("Robin Okafor")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text(f"Welcome, @{name}.")).to_be_visible()
    return name


def start(page: Page, demo: Demo) -> None:
    """From the test site's first page to Aviary's question."""
    page.goto(f"{demo.info['site']}/auth/")
    page.get_by_role("link", name="Next: go to Aviary and decide").click()


def test_a_person_signs_up_authorizes_the_test_site_posts_and_sees_the_status(page: Page, demo: Demo) -> None:
    name = sign_up(page, demo)

    page.goto(f"{demo.info['provider']}/developers/new/")
    page.get_by_label("Name", exact=True).fill(f"Heron {name}")
    page.get_by_label("Callback addresses").fill("http://127.0.0.1:8000/verify/")
    page.get_by_label("Read and write").check()
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Heron {name}")
    expect(page.get_by_text("Consumer key", exact=True)).to_be_visible()

    start(page, demo)
    expect(page.get_by_role("heading", level=1)).to_have_text(
        re.compile(rf"Allow .*Tutorial test site.* to read and post as @{name}\?")
    )
    assert page.url.startswith(f"{demo.info['provider']}/oauth/authorize")
    page.get_by_role("button", name="Allow").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(f"Connected as @{name}")
    assert page.url == f"{demo.info['site']}/verify/", "the verifier must not stay in the address"
    page.get_by_role("link", name="Next: write a status").click()

    status = f"Hello from {name} & friends"
    page.get_by_label("Status").fill(status)
    page.get_by_role("button", name="Post it to Aviary").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Aviary posted your status")
    expect(page.get_by_role("heading", name="What went over the wire")).to_be_visible()

    page.get_by_role("link", name="Next: see it on Aviary").click()
    post = page.get_by_role("article").filter(has_text=status)
    expect(post).to_contain_text("Tutorial test site")
    expect(post).to_contain_text(f"@{name}")


def test_a_person_who_denies_is_told_so_and_can_start_again(page: Page, demo: Demo) -> None:
    sign_up(page, demo)
    start(page, demo)
    page.get_by_role("button", name="Deny").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("You said no")
    assert page.url.startswith(demo.info["site"])

    start(page, demo)
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Connected as @robin_"))


def test_a_person_who_is_not_logged_in_logs_in_first_and_then_decides(page: Page, demo: Demo) -> None:
    start(page, demo)
    expect(page.get_by_text("asks for access to your account")).to_be_visible()
    page.get_by_label("Screen name").fill(demo.info["username"])
    page.get_by_label("Password").fill(demo.info["password"])
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Connected as @{demo.info['username']}")


def test_the_enter_key_decides_nothing(page: Page, demo: Demo) -> None:
    sign_up(page, demo)
    start(page, demo)
    question = page.url
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Allow")).to_be_visible()
    assert page.url == question


def test_nothing_scrolls_sideways_on_any_step(page: Page, demo: Demo) -> None:
    sign_up(page, demo)
    page.set_viewport_size(ViewportSize(width=320, height=700))
    start(page, demo)
    narrow = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    expect(page.get_by_role("button", name="Allow")).to_be_visible()
    assert page.evaluate(narrow), "the question"
    page.get_by_role("button", name="Allow").click()
    page.get_by_role("link", name="Next: write a status").click()
    page.get_by_label("Status").fill("x" * 140)
    page.get_by_role("button", name="Post it to Aviary").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Aviary posted your status")
    assert page.evaluate(narrow), "the wire view"
    for path in ("/", "/developers/", "/account/applications/"):
        page.goto(f"{demo.info['provider']}{path}")
        expect(page.get_by_role("contentinfo")).to_be_visible()
        assert page.evaluate(narrow), path


def test_who_has_allowed_it_before_signs_in_with_one_click_after_the_log_in(page: Page, demo: Demo) -> None:
    name = sign_up(page, demo)
    start(page, demo)
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Connected as @{name}")
    page.context.clear_cookies()

    page.goto(demo.info["site"])
    page.get_by_role("button", name="Sign in with Aviary").click()
    page.get_by_label("Screen name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Connected as @{name}")
