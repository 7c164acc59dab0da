"""Every page in every state: axe finds nothing that shuts people out, nothing scrolls sideways, and the
browser complains of nothing.
"""

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.complaints import Complaints
from tests.browser.conftest import new_context
from tests.browser.pages import STATES, Cast, State
from tests.browser.person import WIDTHS
from tests.running import Demo

DEMO = Path(__file__).parents[2] / "src" / "valetkey" / "demo"
#: What each site serves, and what stands before it.
URLS = {
    DEMO / "aviary" / "urls.py": "aviary:",
    DEMO / "site" / "urls.py": "site:",
    DEMO.parent / "django" / "urls.py": "aviary:oauth/",
}
#: Patterns that serve no page.
NO_PAGE = {
    "aviary:logout/": "leads to the home page",
    "aviary:account/applications/<row:number>/revoke/": "leads to the list",
    "aviary:developers/<row:number>/access/": "leads to the application",
    "aviary:developers/<row:number>/secret/": "leads to the application",
    "aviary:developers/<row:number>/token/": "leads to the application",
    "aviary:developers/<row:number>/token/revoke/": "leads to the application",
    "aviary:developers/refusals/<str:identifier>/": "leads to the refusal",
    "aviary:oauth/request_token": "for programs",
    "aviary:oauth/access_token": "for programs",
    "aviary:oauth/invalidate_token": "for programs",
    "aviary:oauth/": "what valetkey.django serves",
    "aviary:1/statuses/update.json": "for programs",
    "aviary:1/feed/timeline.json": "for programs",
    "aviary:1.1/statuses/update.json": "for programs",
    "aviary:1.1/statuses/home_timeline.json": "for programs",
    "aviary:1.1/statuses/public_timeline.json": "for programs",
    "aviary:1.1/statuses/user_timeline.json": "for programs",
    "aviary:1.1/account/verify_credentials.json": "for programs",
    "aviary:static/<path:name>": "files",
    "site:static/<path:name>": "files",
    "site:verify": "the same as with a slash at the end",
}

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RUN = "rules => axe.run(document, {...rules, resultTypes: ['violations']}).then(result => result.violations)"
ALL = {"rules": {"target-size": {"enabled": True}}}
#: What colours and widths decide.
LOOK = {"runOnly": ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"]}

NARROW, WIDE = ViewportSize(width=320, height=640), WIDTHS["desktop"]
#: Each state in both schemes and at both widths; from one state to the next, the pairs change places.
LOOKS: tuple[tuple[tuple[Literal["light", "dark"], ViewportSize], ...], ...] = (
    (("light", WIDE), ("dark", NARROW)),
    (("light", NARROW), ("dark", WIDE)),
)
#: Widths at which the sheet changes, and those of devices between them.
ALL_WIDTHS = (320, 390, 641, 736, 961, 1280, 1920)
OPEN_ALL = "document.querySelectorAll('details').forEach(element => { element.open = true; })"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def players(browser: Browser) -> Iterator[tuple[Cast, Complaints]]:
    """In a demo of their own, which begins empty."""
    with Demo.started() as demo:
        context = new_context(browser, WIDE)
        complaints = Complaints(context)
        yield Cast(context.new_page(), demo), complaints
        context.close()


@pytest.fixture(scope="module", params=STATES, ids=[state.name for state in STATES])
def shown(players: tuple[Cast, Complaints], request: pytest.FixtureRequest) -> tuple[State, Page]:
    cast, complaints = players
    complaints.heard.clear()
    cast.page.set_viewport_size(WIDE)
    cast.page.emulate_media(color_scheme="light")
    request.param.show(cast)
    cast.page.wait_for_load_state()
    return request.param, cast.page


def test_the_browser_complains_of_nothing(
    shown: tuple[State, Page], players: tuple[Cast, Complaints]
) -> None:
    assert players[1].heard == []


def test_the_state_is_where_it_says(shown: tuple[State, Page]) -> None:
    state, page = shown
    pattern = re.sub(r"<[^>]+>", "[^/]+", state.address.partition(":")[2])
    assert re.fullmatch(f"/{pattern}", urlsplit(page.url).path), page.url


def test_axe_finds_nothing_in_either_scheme_narrow_or_wide(shown: tuple[State, Page]) -> None:
    state, page = shown
    page.evaluate(AXE)
    found = {}
    for rules, (scheme, size) in zip((ALL, LOOK), LOOKS[STATES.index(state) % len(LOOKS)], strict=True):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        found[f"{scheme}, {size['width']}"] = told(page.evaluate(RUN, rules))
    assert not any(found.values()), found


def told(violations: Any) -> list[str]:
    return [
        f"{rule['id']}, {rule['impact']}: {node['html']}: {node['failureSummary']}"
        for rule in violations
        for node in rule["nodes"]
    ]


def test_nothing_scrolls_sideways(shown: tuple[State, Page]) -> None:
    _, page = shown
    page.evaluate(OPEN_ALL)
    too_wide = {}
    for width in ALL_WIDTHS:
        page.set_viewport_size(ViewportSize(width=width, height=900))
        if over := page.evaluate(SIDEWAYS):
            too_wide[width] = over
    assert too_wide == {}


def patterns(urls: Path) -> Iterator[str]:
    """What stands in the calls of `path`."""
    for node in ast.walk(ast.parse(urls.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "path":
            yield ast.literal_eval(node.args[0])


def test_each_address_that_serves_a_page_is_looked_at() -> None:
    served = {before + pattern for urls, before in URLS.items() for pattern in patterns(urls)}
    assert served - NO_PAGE.keys() == {state.address for state in STATES}
    assert served >= NO_PAGE.keys(), "an exception that is none any more"
