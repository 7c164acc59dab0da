"""Somebody at a browser, and what they do on the pages of both sites."""

import re
import secrets

from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.demo.caller import Caller
from tests.running import Demo
from valetkey import Consumer

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
        self.page.goto(f"{self.aviary}{path}")

    def visit(self, path: str = "/") -> None:
        """A page of the test site's."""
        self.page.goto(f"{self.site}{path}")

    def open(self, address: str) -> None:
        self.page.goto(address)

    def another_tab(self) -> "Person":
        return Person(self.page.context.new_page(), self.demo, self.name)

    # What they do

    def press(self, button: str, within: Locator | None = None) -> None:
        self.click((within or self.page).get_by_role("button", name=button, exact=True).first)

    def follow(self, link: str) -> None:
        self.click(self.page.get_by_role("link", name=link).first)

    def click(self, target: Locator) -> None:
        for size in WIDTHS.values():
            self.page.set_viewport_size(size)
            target.click(trial=True)
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

    def sign_up(self) -> None:
        self.name = f"wren_{secrets.token_hex(4)}"
        self.see("/signup/")
        self.type(Screen_name=self.name, Name="Wren Castellanos", Password=PASSWORD)
        self.press("Sign up")
        self.reads(f"Welcome, @{self.name}.")

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

    def register(self, access: str = "Read and write", callbacks: str = "") -> "Program":
        """An application of their own; they are at its page."""
        name = f"Heron {secrets.token_hex(4)}"
        self.see("/developers/new/")
        self.type(Name=name, Callback_addresses=callbacks)
        self.page.get_by_label(access).check()
        self.press("Register")
        self.is_at(name)
        return Program(self, name)

    def allow(self, program: Caller) -> str:
        """The PIN that comes of letting a program in."""
        self.open(program.authorize_url(program.request_token()))
        self.press("Allow")
        return self.pin

    @property
    def pin(self) -> str:
        return self.page.locator("#pin").get_attribute("value") or ""


class Program(Caller):
    """A program with the key and secret that stand on the page where its owner is."""

    def __init__(self, owner: Person, name: str) -> None:
        super().__init__(owner.demo, consumer_on(owner.page))
        self.name = name
        self.path = owner.page.url.removeprefix(owner.aviary)


def consumer_on(page: Page) -> Consumer:
    return Consumer(*(page.locator(f"#{part}").text_content() or "" for part in ("ck", "cs")))
