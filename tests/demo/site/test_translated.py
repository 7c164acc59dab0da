"""What a person reads at the test site is translated: every page, every state, in the language of marks."""

import re
from urllib.request import Request

import pytest

from tests.demo.pseudo import LANGUAGE, unmarked
from tests.demo.site.walker import Walker, link_to
from tests.demo.visitor import PASSWORD
from tests.person import Page
from tests.running import Demo

TEXT = "é & ü"
KNOWN = (
    *("Aviary", "Tutorial test site", "valetkey.urllib", "curl", "robin", TEXT),
    *("HMAC-SHA1", "base64", "oauth_verifier"),
)


class Reader(Walker):
    """A walker who reads the language of marks, and stops at a page with something outside of them."""

    def read(self, page: Page, *known: str) -> Page:
        assert unmarked(page.text, (*KNOWN, self.name, *known)) == [], page.url
        assert f'<html lang="{LANGUAGE}"' in page.text, page.url
        return page

    def reads(self, *paths: str) -> None:
        for path in paths:
            self.read(self.visit(path))


def somebody(demo: Demo) -> Reader:
    reader = Reader(demo)
    reader.prefer(LANGUAGE)
    return reader


@pytest.fixture(scope="module")
def reader(marked_demo: Demo) -> Reader:
    """Somebody who has connected, and posted."""
    reader = somebody(marked_demo)
    reader.send("/signup/", username=reader.name, password=PASSWORD)
    reader.read(reader.get(reader.allowed()))
    reader.read(reader.update(TEXT))
    return reader


def test_pages_for_everybody(marked_demo: Demo) -> None:
    somebody(marked_demo).reads("/", "/auth/", "/verify/", "/tweet/", "/update/", "/nowhere/")


def test_pages_for_who_has_connected(reader: Reader) -> None:
    reader.reads("/", "/auth/", "/verify/", "/tweet/", "/update/")
    reader.read(reader.update(f"{TEXT} \t\n\u200b" * 50))


def test_what_cannot_be_posted(reader: Reader) -> None:
    for status, typed in (("", {}), ("x" * 6000, {}), (TEXT, {"access": "another", "secret": ""})):
        reader.read(reader.update(status, **typed), "x" * 6000, "another")
    page = reader.update(TEXT, access=reader.token()[0], secret="wrong")
    assert "⟦The signature doesn’t match⟧" in page.text
    reader.read(page)


@pytest.mark.parametrize("step", ["/auth/", "/verify/", "/update/"])
@pytest.mark.parametrize("slug", ["scheme", "clock", "nonce", "secret", "left-out", "twice", "none"])
def test_what_was_sent_with_a_mistake(reader: Reader, step: str, slug: str) -> None:
    if step == "/update/":
        reader.update(TEXT)
    reader.read(reader.fill(reader.visit(step), mistake=slug))


def test_an_access_that_was_revoked(reader: Reader) -> None:
    reader.press(reader.see("/account/applications/"), "⟦Revoke")
    page = reader.update(TEXT)
    assert "⟦Your access was revoked⟧" in page.text
    reader.read(page)


def test_what_can_come_back_from_aviary(reader: Reader) -> None:
    reader.read(reader.get(reader.allowed(decision="deny")))
    back = reader.allowed()
    for changed in (
        back.partition("&")[0],
        f"{back}&oauth_verifier=2",
        back.replace("token=", "token=x"),
        f"{back}x",
        back,
        back,
    ):
        reader.read(reader.get(changed))


def test_a_form_from_elsewhere_and_another_host(reader: Reader) -> None:
    assert link_to(reader.visit("/"), "/tweet/")
    reader.read(reader._open(Request(f"{reader.site}/update/", b"status=x")))
    page = reader._open(Request(f"{reader.site}/", headers={"Host": "localhost:1"}))
    assert re.search("⟦This site doesn’t answer to this address⟧", page.text)
    reader.read(page)
