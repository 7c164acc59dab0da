"""One Chromium for all browser tests, emptied after each, and a picture of the page where one fails.

Playwright is stopped when the folder is done: while its synchronous interface is open, its thread counts as
inside a running event loop, and neither `asyncio.run` nor Django's database would work there.
"""

import os
import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Playwright,
    StorageState,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.browser.chromium import chromium
from tests.browser.complaints import Complaints
from tests.browser.person import WIDTHS, Person
from tests.running import Demo

SCREENSHOTS = Path(__file__).parents[2] / ".screenshots"
PATIENCE = 15_000  # milliseconds; two workers and four servers share two cores
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = report.failed or item.stash.get(FAILED, False)
    return report


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = chromium()
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright, launch(playwright, path) as browser:
        yield browser


def launch(playwright: Playwright, path: str) -> Browser:
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()  # Chromium refuses to sandbox root
    return playwright.chromium.launch(executable_path=path, headless=True, args=[*QUIET, *sandbox])


def new_context(browser: Browser, size: ViewportSize, **options: Any) -> BrowserContext:
    context = browser.new_context(locale="en-GB", timezone_id="UTC", viewport=size, **options)
    context.set_default_timeout(PATIENCE)
    return context


@pytest.fixture(scope="package")
def shared_context(browser: Browser) -> Iterator[tuple[BrowserContext, Complaints]]:
    """One for all tests of this folder: making one takes Chromium half a second."""
    context = new_context(browser, WIDTHS["desktop"])
    complaints = Complaints(context)
    context.new_page()
    yield context, complaints
    context.close()


@pytest.fixture
def context(
    shared_context: tuple[BrowserContext, Complaints], request: pytest.FixtureRequest
) -> Iterator[BrowserContext]:
    """A browser that remembers nobody. A test fails where it complains of a page."""
    context, complaints = shared_context
    complaints.heard.clear()
    yield context
    if request.node.stash.get(FAILED, False):
        photograph(context, request.node.nodeid)
    for page in context.pages[1:]:
        page.close()
    context.clear_cookies()
    context.clear_permissions()
    assert complaints.heard == []


@pytest.fixture
def somebody(context: BrowserContext, demo: Demo) -> Person:
    """Whom no site knows yet."""
    return Person(context.pages[0] if context.pages else context.new_page(), demo)


@pytest.fixture(scope="package")
def wrens_cookies(browser: Browser, demo: Demo) -> tuple[str, StorageState]:
    """Of somebody who has signed up, once for all tests: hashing a password takes half a second."""
    context = new_context(browser, WIDTHS["desktop"])
    wren = Person(context.new_page(), demo)
    wren.sign_up()
    cookies = context.storage_state()
    context.close()
    return wren.name, cookies


@pytest.fixture
def wren(somebody: Person, wrens_cookies: tuple[str, StorageState]) -> Person:
    """Who is logged in at Aviary, and mustn't log out."""
    somebody.name, cookies = wrens_cookies
    somebody.page.context.add_cookies(cookies["cookies"])  # type: ignore[arg-type]  # Playwright gives StorageStateCookie and takes SetCookieParam, with the same keys
    return somebody


def photograph(context: BrowserContext, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    stem = re.sub(r"[^\w.-]+", "_", name.removeprefix("tests/"))
    for number, page in enumerate(context.pages):
        path = SCREENSHOTS / f"{stem}{f'.{number}' if number else ''}.png"
        try:
            page.screenshot(path=path, full_page=True)
        except Error as error:
            print(f"No picture of {page.url}: {error}")
        else:
            print(f"{page.url}: {path}")
