"""What other sites' pages, and names that are scripts, do to somebody who is logged in: nothing."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.browser.conftest import new_context
from tests.browser.person import WIDTHS, Person, Program
from tests.demo.caller import Caller, form_of, granted, problem
from tests.loopback import always, serving
from tests.running import Demo
from valetkey.urllib import send

# -- another site's pages. On this computer sites differ by their ports alone, and a port is no border for
# cookies: what SameSite keeps back elsewhere comes along here.


@pytest.fixture
def victim(browser: Browser, demo: Demo) -> Iterator[Person]:
    """Somebody who is logged in, in a browser that may complain of what it is shown."""
    context = new_context(browser, WIDTHS["desktop"])
    person = Person(context.new_page(), demo)
    person.sign_up()
    yield person
    context.close()


def lured(victim: Person, html: str) -> Page:
    """What the victim sees who opens another site's page, in a new tab."""
    page = victim.page.context.new_page()
    with serving(always(200, html, {"Content-Type": "text/html"})) as hostile:
        page.goto(hostile.origin)
        page.wait_for_load_state("networkidle")
    return page


@pytest.mark.abuse("A56")
def test_no_page_shows_inside_another_site_s_frame(victim: Person, demo: Demo) -> None:
    program = victim.register()
    pinned = Caller(demo)
    victim.open(pinned.authorize_url(pinned.request_token()))
    victim.press("Allow")
    victim.is_at("Type this PIN into Tutorial test site")
    addresses = [
        *(victim.page.url, pinned.authorize_url(pinned.request_token())),
        *(f"{victim.aviary}{path}" for path in ("/", "/login/", "/signup/", "/account/applications/")),
        *(f"{victim.aviary}{program.path}{path}" for path in ("", "reset/", "edit/")),
        *(f"{victim.site}{path}" for path in ("/", "/auth/", "/tweet/")),
    ]
    frames = "".join(f'<iframe src="{address}"></iframe>' for address in addresses)
    page = lured(victim, f"<!doctype html><p>Win a bird</p>{frames}")
    assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"] * len(addresses)
    assert page.frames[1].locator("button").count() == 0


FORMS = {
    "Allow": ("/oauth/authorize", {"decision": "allow"}),
    "Deny": ("/oauth/authorize", {"decision": "deny"}),
    "Revoke": ("/account/applications/revoke/", {}),
    "post": ("/", {"status": "I was here"}),
    "reset": ("{program}reset/", {}),
    "log out": ("/logout/", {}),
}


@pytest.mark.abuse("A55")
@pytest.mark.parametrize("button", FORMS)
def test_no_form_of_another_site_presses_a_button(victim: Person, demo: Demo, button: str) -> None:
    own, program = victim.register(), Caller(demo)
    token = program.request_token()
    path, fields = FORMS[button]
    action = victim.aviary + path.format(program=own.path)
    inputs = "".join(
        f'<input name="{name}" value="{value}">'
        for name, value in {"oauth_token": token.key, **fields}.items()
    )
    page = lured(
        victim,
        f'<!doctype html><form method="post" action="{action}">{inputs}</form>'
        "<script>document.forms[0].submit()</script>",
    )
    expect(page.get_by_role("heading", level=1)).to_contain_text("didn’t arrive")
    assert problem(program.access_token(token, "00000000")) == "permission_unknown", "nothing is decided"
    assert own.request_token(), "and nothing reset"
    victim.see("/account/")
    victim.is_at("Your account")
    victim.see()
    victim.never_reads("I was here")


# -- names that are scripts

SCRIPT = "<img src=x onerror=alert(1)>"


@pytest.mark.abuse("A58")
@pytest.mark.abuse("A40")
def test_a_name_or_a_text_that_is_a_script_is_text_on_every_page(somebody: Person, demo: Demo) -> None:
    somebody = somebody.another_tab()
    ran: list[str] = []

    def note(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    somebody.page.on("dialog", note)
    somebody.sign_up()
    somebody.send("/account/", name=SCRIPT)
    callbacks = f"https://example.com/?q={quote(SCRIPT)}\nhttps://example.com/'onclick='alert(1)'"
    said = {"name": SCRIPT, "description": SCRIPT, "website": "https://example.com/?q='onclick='alert(1)'"}
    page = somebody.send("/developers/new/", access="write", callbacks=callbacks, **said)
    program = Program(demo, SCRIPT, page)
    token = program.request_token()
    program.token = granted(program.access_token(token, somebody.allow(program, token)))
    posted = program.update(f"{SCRIPT} {SCRIPT}")
    wrong = program.signed("GET", f"/1/feed/timeline.json?{quote(SCRIPT)}=1", timestamp=1_000_000_000)
    refusal = form_of(send(wrong))["refusal"]
    number = program.path.split("/")[2]
    paths = [
        *("/", f"/status/{posted['id']}/", "/account/", "/account/applications/", "/developers/"),
        *(f"/account/applications/{number}/", "/account/applications/revoke/"),
        *(f"{program.path}{part}" for part in ("", "edit/", "reset/", "secret/retire/", "refusals/")),
        f"{program.path}refusals/{refusal}/",
    ]
    asking = program.authorize_url(program.request_token())
    for address in [*(f"{somebody.aviary}{path}" for path in paths), asking]:
        somebody.open(address)
        nothing_runs(somebody.page)
        assert "onerror=alert(1)" in somebody.page.content(), "it is there, as text"
    for button in ("Allow", "Cancel this PIN"):
        somebody.press(button)
        nothing_runs(somebody.page)
        somebody.reads(SCRIPT)
    another = program.authorize_url(program.request_token())
    somebody.page.context.clear_cookies()
    somebody.open(another)
    nothing_runs(somebody.page)
    somebody.reads(f"{SCRIPT} asks for access to your account.")
    assert ran == []


def nothing_runs(page: Page) -> None:
    """Nothing on `page` is the markup that somebody wrote into a field. (What the policy had to forbid, the
    browser would complain of: see the fixture `context`.)
    """
    assert page.locator("main img").count() == 0, page.url
    protocols = page.eval_on_selector_all("a[href]", "links => links.map(link => link.protocol)")
    assert set(protocols) <= {"http:", "https:"}, page.url
    handlers = (
        "nodes => nodes.flatMap(node => [...node.attributes]).filter(one => /^on/.test(one.name)).length"
    )
    assert page.eval_on_selector_all("*", handlers) == 0, page.url
