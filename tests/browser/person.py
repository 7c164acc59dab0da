"""Somebody at a browser, and what they do on the pages of both sites."""

import re
import secrets
from html import unescape
from urllib.parse import urljoin

from playwright.sync_api import APIRequestContext, Locator, Page, ViewportSize, expect

from tests.demo.caller import Caller, granted
from tests.running import Demo
from valetkey import Consumer, RequestToken

PASSWORD = "four plovers on a wire"
WIDTHS = {"phone": ViewportSize(width=390, height=844), "desktop": ViewportSize(width=1280, height=900)}


class Person:
    """A person, at one tab, on a phone and at a desk: what they click is looked for at both widths. Buttons,
    links and fields are found as a reader finds them, by their words.
    """

    def __init__(self, page: Page, demo: Demo, name: str = "") -> None:
        self.page, self.demo, self.name = page, demo, name
        self.aviary, self.site = demo.info["provider"], demo.info["site"]

    # Where they go

    def see(self, path: str = "/") -> None:
        """A page of Aviary's."""
        self.open(f"{self.aviary}{path}")

    def visit(self, path: str = "/") -> None:
        """A page of the test site's."""
        self.open(f"{self.site}{path}")

    def open(self, address: str) -> None:
        # Its sheet and script are there by then: the script waits for the sheet, and this for the script.
        self.page.goto(address, wait_until="domcontentloaded")

    def another_tab(self) -> "Person":
        return Person(self.page.context.new_page(), self.demo, self.name)

    # What they do

    def press(self, button: str, within: Locator | None = None) -> None:
        self.click((within or self.page).get_by_role("button", name=button, exact=True).first)

    def follow(self, link: str) -> None:
        self.click(self.page.get_by_role("link", name=link).first)

    def click(self, target: Locator) -> None:
        target.click(trial=True)
        at_desk = self.page.viewport_size == WIDTHS["desktop"]
        self.page.set_viewport_size(WIDTHS["phone" if at_desk else "desktop"])
        target.click()

    def type(self, **fields: str) -> None:
        """Each by its label: `Screen_name="robin"`."""
        for label, text in fields.items():
            self.field(label.replace("_", " ")).fill(text)

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=True).and_(self.page.locator("input, textarea"))

    # What they read

    def is_at(self, heading: str) -> None:
        expect(self.heading).to_have_text(re.compile(rf"^\s*{re.escape(heading)}\s*$"))

    def reads(self, *sentences: str) -> None:
        for sentence in sentences:
            expect(self.main).to_contain_text(sentence)

    def never_reads(self, sentence: str) -> None:
        expect(self.main).not_to_contain_text(sentence)

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def focused(self) -> Locator:
        return self.page.locator(":focus")

    def card(self, name: str) -> Locator:
        """What stands about one application in a list."""
        return self.page.get_by_role("listitem").filter(has=self.page.get_by_role("heading", name=name))

    # What takes several pages

    def log_in(self, name: str, password: str) -> None:
        """On the page that asks for it."""
        self.name = name
        self.type(Screen_name=name, Password=password)
        self.press("Log in")

    def start(self) -> None:
        """From the test site's first page to Aviary's question."""
        self.visit("/auth/")
        self.follow("Next: go to Aviary and decide")

    def connect(self) -> None:
        """The test site, with their account."""
        self.start()
        self.press("Allow")
        self.is_at(f"Connected as @{self.name}")

    def ask(self, program: Caller, asked: str = "") -> RequestToken:
        """The person is asked by a program that wants a PIN; its request token."""
        token = program.request_token(asked=asked)
        self.open(program.authorize_url(token))
        return token

    @property
    def pin(self) -> str:
        return self.page.locator("#pin").get_attribute("value") or ""

    # What a test needs before it starts: done with the browser's cookies, and without its eyes

    def sign_up(self) -> None:
        self.name = f"wren_{secrets.token_hex(4)}"
        page = self.send("/signup/", username=self.name, name="Wren Castellanos", password=PASSWORD)
        assert f"Welcome, @{self.name}." in page, page

    def register(self, access: str = "write", callbacks: str = "") -> "Program":
        """An application of their own."""
        name = f"Heron {secrets.token_hex(4)}"
        return Program(
            self.demo, name, self.send("/developers/new/", name=name, access=access, callbacks=callbacks)
        )

    def let_in(self, access: str = "write") -> "Program":
        """A program of their own that they have allowed, with its access token."""
        program = self.register(access)
        token = program.request_token()
        program.token = granted(program.access_token(token, self.allow(program, token)))
        return program

    def allow(self, program: Caller, token: RequestToken) -> str:
        """The PIN that comes of it."""
        return _found(r'<data value="(\d{8})"', self.send(program.authorize_url(token), decision="allow"))

    def send(self, address: str, **typed: str) -> str:
        """Fills the form with these fields on that page of Aviary's, and sends it; the page after that."""
        address = urljoin(self.aviary, address)
        page = self._request.get(address).text()
        forms = re.findall(r"<form\b.*?</form>", page, re.DOTALL)
        form = next(form for form in forms if all(f'name="{name}"' in form for name in typed))
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        action = re.match(r'<form[^>]*? action="([^"]*)"', form)
        sent = urljoin(address, action[1] if action else "")
        return self._request.post(sent, form={**hidden, **typed}).text()

    @property
    def _request(self) -> APIRequestContext:
        return self.page.context.request


class Program(Caller):
    """A program with the key and secret that stand on its owner's page about it."""

    def __init__(self, demo: Demo, name: str, page: str) -> None:
        super().__init__(demo, consumer_on(page))
        self.name = name
        self.path = f"/developers/{_found(r'/developers/([0-9]+)/edit/', page)}/"


def consumer_on(page: str) -> Consumer:
    return Consumer(*(_found(rf'id="{part}">([^<]*)<', page) for part in ("ck", "cs")))


def _found(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    assert found, f"no {pattern} in {page}"
    return unescape(found[1])
