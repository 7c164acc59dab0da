"""A person with a browser that keeps cookies, as far as walking the three legs takes one."""

import re
from html import unescape
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, OpenerDirector, Request, build_opener

from valetkey import Headers


class Page(NamedTuple):
    """What came back: the address it came from, and where it leads, if it is a redirect."""

    status: int
    url: str
    text: str
    location: str | None
    headers: Headers = Headers()

    @property
    def title(self) -> str:
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.text, re.DOTALL)
        return unescape(re.sub(r"<[^>]*>", "", found[1])).strip() if found else ""


class Form(NamedTuple):
    action: str
    fields: dict[str, str]
    buttons: list[tuple[str, str]]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.forms.append(Form(found.get("action", ""), {}, []))
        elif (
            self.forms
            and tag == "input"
            and "name" in found
            and found.get("type") not in ("radio", "checkbox")
        ):
            self.forms[-1].fields[found["name"]] = found.get("value", "")
        elif self.forms and tag == "button" and "name" in found:
            self.forms[-1].buttons.append((found["name"], found.get("value", "")))


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


class Person:
    """Walks pages by their forms, as a person with a browser does."""

    def __init__(self) -> None:
        self._cookies = CookieJar()
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(self._cookies), _Stay())

    def prefer(self, language: str) -> None:
        """From now on, every request names this language."""
        self._opener.addheaders = [("Accept-Language", language)]

    def get(self, url: str) -> Page:
        """The page at `url`, redirects on the same site followed."""
        page = self._open(Request(url))
        while page.location and urljoin(page.url, page.location).startswith(_origin(url)):
            page = self._open(Request(urljoin(page.url, page.location)))
        return page

    def submit(self, page: Page, button: tuple[str, str] | None = None, **typed: str) -> Page:
        """What the form on `page` leads to, the one that has all of the `typed` fields and the `button`. Not
        followed further.
        """
        form = self.form(page, button, typed)
        fields = form.fields | typed | (dict([button]) if button else {})
        return self._open(Request(urljoin(page.url, form.action or page.url), urlencode(fields).encode()))

    def form(self, page: Page, button: tuple[str, str] | None, typed: dict[str, str]) -> Form:
        parser = _Forms()
        parser.feed(page.text)
        for form in parser.forms:
            if typed.keys() <= form.fields.keys() and (button is None or button in form.buttons):
                return form
        raise AssertionError(
            f"No form with {sorted(typed)} and {button} on {page.url}: {page.status} {page.text}"
        )

    def log_in(self, origin: str, username: str, password: str) -> None:
        page = self.submit(self.get(f"{origin}/login/"), username=username, password=password)
        assert page.location, f"could not log in: {page.text}"

    def decide(self, url: str, decision: str = "allow") -> Page:
        """What the authorize page at `url` leads to: a redirect to the callback, or the page with the PIN."""
        return self.submit(self.get(url), ("decision", decision))

    def pin(self, url: str) -> str:
        """The PIN that comes of allowing the request at `url`."""
        page = self.decide(url)
        found = re.search(r"\b[0-9]{8}\b", page.text)
        assert found, f"no PIN: {page.text}"
        return found[0]

    def _open(self, request: Request) -> Page:
        # A browser says where a form was sent from; Django asks for it over https only.
        try:
            answer = self._opener.open(request, timeout=30)
        except HTTPError as error:
            answer = error
        with answer:
            headers = Headers(answer.headers.items())
            text = answer.read().decode()
            return Page(answer.status, request.full_url, text, headers.get("Location"), headers)


def _origin(url: str) -> str:
    return "/".join(url.split("/")[:3])
