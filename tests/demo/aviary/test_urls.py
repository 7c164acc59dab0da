"""Every page of Aviary, one after the other: who gets in, and what it takes to change something there."""

import ast
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode
from urllib.request import Request

import pytest

from tests.demo.caller import FORM, Caller, form_of
from tests.demo.visitor import Registered, Visitor
from tests.person import Page
from tests.running import Demo
from valetkey import Signed, Signer
from valetkey.urllib import send

FILE = Path(__file__).parents[3] / "src" / "valetkey" / "demo" / "aviary" / "urls.py"
#: What some page or other does something with.
FIELDS = {"status": "forged", "name": "Forged", "username": "forged", "access": "write", "callbacks": ""}


def patterns() -> list[str]:
    """Of all pages, read from the source: Aviary's settings are those of another process."""
    (pages,) = (
        node.value
        for node in ast.parse(FILE.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pages"
    )
    assert isinstance(pages, ast.List)
    return [ast.literal_eval(call.args[0]) for call in pages.elts if isinstance(call, ast.Call)]


PAGES = [f"/{pattern}" for pattern in patterns()]
NUMBERED = [page for page in PAGES if "<" in page and not page.startswith("/status/")]


class Wren(NamedTuple):
    """Somebody with an application, its token, and a request of it that was refused."""

    application: Registered
    program: Caller
    refusal: str

    @property
    def person(self) -> Visitor:
        return self.application.owner

    def address(self, page: str) -> str:
        number = self.application.path.split("/")[2]
        return page.replace("<row:number>", number).replace("<str:identifier>", self.refusal)


@pytest.fixture(scope="module")
def wren(demo: Demo) -> Wren:
    application = Visitor.new(demo).register(access="write")
    program = Caller(demo, application.consumer, application.own_token())
    refused = send(program.signed("GET", "/1/feed/timeline.json", timestamp=1_000_000_000))
    application.owner.see("/")  # reads what the last pages had to say
    return Wren(application, program, form_of(refused)["refusal"])


@pytest.fixture(scope="module")
def mallory(demo: Demo) -> Visitor:
    visitor = Visitor.new(demo)
    visitor.see("/")
    return visitor


def rows(demo: Demo) -> list[str]:
    """All that Aviary keeps, but for sessions."""
    found = []
    for name in ("aviary.sqlite3", "aviary-nonces.sqlite3"):
        with closing(sqlite3.connect(demo.folder / "data" / name)) as database:
            found += [line for line in database.iterdump() if "django_session" not in line]
    return found


def csrf_token(visitor: Visitor, page: str) -> str:
    """The one that a form on this page carries."""
    return visitor.see(page).text.partition('csrfmiddlewaretoken" value="')[2].partition('"')[0]


def posted(visitor: Visitor, path: str, **fields: str) -> Page:
    return visitor._open(Request(visitor.origin + path, urlencode(FIELDS | fields).encode()))


def sent(visitor: Visitor, signed: Signed) -> Page:
    fields = dict(signed.headers.pairs)
    return visitor._open(Request(signed.url, signed.body, fields, method=signed.method))


@pytest.mark.abuse("A45")
@pytest.mark.abuse("A59")
@pytest.mark.rule(9)
@pytest.mark.parametrize("placement", ["header", "query", "body"])
@pytest.mark.parametrize("page", PAGES)
def test_who_brings_a_token_to_a_page_is_a_stranger_there(
    demo: Demo, wren: Wren, page: str, placement: Any
) -> None:
    stranger, address = Visitor(demo), wren.address(page)
    signer = Signer(wren.program.consumer, wren.program.token, placement=placement)
    form = urlencode(FIELDS | {"csrfmiddlewaretoken": csrf_token(stranger, "/login/")})
    url, before = stranger.origin + address, rows(demo)
    requests = [signer.sign("POST", url, headers=FORM, body=form)]
    requests += [] if placement == "body" else [signer.sign("GET", url)]
    for signed in requests:
        unsigned = Request(url, form.encode() if signed.method == "POST" else None)
        answer, plain = sent(stranger, signed), stranger._open(unsigned)
        assert (answer.status, _path(answer)) == (plain.status, _path(plain))
        assert answer.status != 403, "the form's own token was right"
        for hidden in (wren.person.name, wren.application.name, wren.program.consumer.key):
            assert hidden not in answer.text
    assert rows(demo) == before, "nothing was done, and no nonce was claimed"


def _path(page: Page) -> str:
    return (page.location or "").partition("?")[0]


@pytest.mark.abuse("A55")
@pytest.mark.parametrize("page", PAGES)
def test_a_page_changes_nothing_by_a_get_and_nothing_without_its_own_token(
    demo: Demo, wren: Wren, page: str
) -> None:
    before, address = rows(demo), wren.address(page)
    wren.person.see(address)
    for forged in ({}, {"csrfmiddlewaretoken": ""}, {"csrfmiddlewaretoken": "x" * 64}):
        assert posted(wren.person, address, **forged).status == 403
    assert rows(demo) == before
    assert wren.person.see("/account/").title == "Your account", "still logged in"


@pytest.mark.abuse("A63")
@pytest.mark.parametrize("page", NUMBERED)
def test_what_is_somebody_else_s_is_not_there(demo: Demo, wren: Wren, mallory: Visitor, page: str) -> None:
    before, address = rows(demo), wren.address(page)
    assert wren.person.see(address).status in (200, 405)
    token = csrf_token(mallory, "/account/")
    assert token
    answers = mallory.see(address), posted(mallory, address, csrfmiddlewaretoken=token)
    for answer in answers:
        assert answer.status in (404, 405)
        assert wren.application.name not in answer.text
    assert 404 in [answer.status for answer in answers]
    assert rows(demo) == before


@pytest.mark.abuse("A56")
@pytest.mark.abuse("A61")
@pytest.mark.abuse("A62")
@pytest.mark.parametrize("page", [*PAGES, "/oauth/authorize", "/oauth/authenticate", "/nowhere/"])
def test_no_page_is_framed_or_kept_or_named_in_a_referer(demo: Demo, wren: Wren, page: str) -> None:
    for visitor in (wren.person, Visitor(demo)):
        for answer in (visitor.see(wren.address(page)), posted(visitor, wren.address(page))):
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["Cache-Control"] == "private, no-store"
            assert answer.headers["Referrer-Policy"] in ("no-referrer", "same-origin")
