"""One Chromium for all browser tests, a fresh context for each, and a picture of the page where one fails.

Playwright is stopped when the folder is done: while its synchronous interface is open, its thread counts as
inside a running event loop, and neither `asyncio.run` nor Django's database would work there.
"""

import os
import re
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from tests.browser.chromium import chromium

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
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()  # Chromium refuses to sandbox root
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=[*QUIET, *sandbox])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="en-GB", timezone_id="UTC")
    context.set_default_timeout(PATIENCE)
    yield context
    if request.node.stash.get(FAILED, False):
        photograph(context, request.node.nodeid)
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


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
