"""Somebody with an account at the running Aviary."""

import re
import secrets
from html import unescape
from urllib.parse import urlencode, urljoin
from urllib.request import Request

from tests.person import Page, Person
from tests.running import Demo
from valetkey import AccessToken, Consumer

PASSWORD = "four plovers on a wire"

_BUTTON = r"<button\b[^>]*>(.*?)</button>"
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')


class Visitor(Person):
    """A person, new at Aviary. What they submit, they follow to the page that it leads to."""

    def __init__(self, demo: Demo, name: str | None = None) -> None:
        super().__init__()
        self.origin = demo.info["provider"]
        self.name = name or f"v{secrets.token_hex(5)}"

    @classmethod
    def new(cls, demo: Demo) -> "Visitor":
        visitor = cls(demo)
        page = visitor.send("/signup/", username=visitor.name, password=PASSWORD)
        assert f"Welcome, @{visitor.name}." in page.text, page.text
        return visitor

    @classmethod
    def robin(cls, demo: Demo) -> "Visitor":
        visitor = cls(demo, demo.info["username"])
        visitor.log_in(visitor.origin, visitor.name, demo.info["password"])
        return visitor

    def cookie(self, name: str) -> str:
        (value,) = (cookie.value for cookie in self._cookies if cookie.name == name)
        return value or ""

    def see(self, path: str) -> Page:
        return self.get(urljoin(self.origin, path))

    def send(self, path: str, **typed: str) -> Page:
        """Fills the form on the page at `path`, sends it, and goes where it leads."""
        return self.follow(self.fill(self.see(path), **typed))

    def fill(self, page: Page, **typed: str) -> Page:
        """Sends the first form of `page` that has all of these fields; what is answered, not followed."""
        for form in re.findall(r"<form\b.*?</form>", page.text, re.DOTALL):
            if all(f'name="{name}"' in form for name in typed):
                return self.post(page, form, typed)
        raise AssertionError(f"no form with {sorted(typed)} on {page.url}: {page.text}")

    def press(self, page: Page, button: str) -> Page:
        """Sends the form with the button that reads `button`, and goes where it leads."""
        for form in re.findall(r"<form\b.*?</form>", page.text, re.DOTALL):
            if any(text_of(label).startswith(button) for label in re.findall(_BUTTON, form, re.DOTALL)):
                return self.follow(self.post(page, form, {}))
        raise AssertionError(f"no button {button!r} on {page.url}: {page.text}")

    def post(self, page: Page, form: str, typed: dict[str, str]) -> Page:
        """Sends `form`, a part of `page`, as it stands, except for what is typed."""
        inputs = [dict(_ATTRIBUTE.findall(tag)) for tag in re.findall(r"<input\b[^>]*>", form)]
        hidden = {tag["name"]: unescape(tag["value"]) for tag in inputs if tag["type"] == "hidden"}
        action = unescape(dict(_ATTRIBUTE.findall(form.partition(">")[0])).get("action", ""))
        return self._open(Request(urljoin(page.url, action), urlencode(hidden | typed).encode()))

    def follow(self, page: Page) -> Page:
        return self.get(urljoin(page.url, page.location)) if page.location else page

    def register(self, name: str | None = None, access: str = "read", callbacks: str = "") -> "Registered":
        """An application of theirs."""
        name = name or f"Program {secrets.token_hex(5)}"
        page = self.fill(self.see("/developers/new/"), name=name, access=access, callbacks=callbacks)
        assert page.location, page.text
        return Registered(self, name, page.location)


class Registered:
    """An application of a visitor's, by the address of its page."""

    def __init__(self, owner: Visitor, name: str, path: str) -> None:
        self.owner, self.name, self.path = owner, name, path

    @property
    def page(self) -> Page:
        return self.owner.see(self.path)

    @property
    def consumer(self) -> Consumer:
        return Consumer(shown(self.page, "ck"), shown(self.page, "cs"))

    def own_token(self) -> AccessToken:
        """Their own access token, made where there is none."""
        page = self.page
        if 'id="tk"' not in page.text:
            page = self.owner.press(page, "Make an access token")
        return AccessToken(shown(page, "tk"), shown(page, "ts"))


def shown(page: Page, identifier: str) -> str:
    """The text of the element with this id."""
    found = re.search(rf'id="{identifier}">([^<]*)<', page.text)
    assert found, f"no {identifier} on {page.url}: {page.text}"
    return unescape(found[1])


def text_of(html: str) -> str:
    """What is read on a page: without markup, and with single blanks."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html))).strip()
