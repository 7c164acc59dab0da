"""Who may frame, cache, post to and leave the pages where a person decides."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings

from tests.django import walk
from valetkey.django import pages
from valetkey.django.models import Application, RequestToken

BARE = [name for name in settings.MIDDLEWARE if "Csrf" not in name and "XFrame" not in name]


@pytest.fixture(params=["the site's middleware", "none"])
def middleware(request: pytest.FixtureRequest) -> Iterator[None]:
    """The site's own CSRF and framing middleware, there and not there."""
    with override_settings(MIDDLEWARE=BARE if request.param == "none" else settings.MIDDLEWARE):
        yield


def every_page(ada: User, kestrel: Application) -> dict[str, Any]:
    request, pinned = walk.ask(kestrel), walk.ask(kestrel, "oob")
    client = walk.browser(ada)
    strict = walk.browser(ada, enforce_csrf_checks=True)
    page = walk.open_page(client, request.key)
    return {
        "dialog": page,
        "PIN": walk.press(client, walk.open_page(client, pinned.key)),
        "PIN gone": walk.open_page(client, pinned.key),
        "log in again": client.get("/oauth/authorize", {"oauth_token": request.key, "force_login": "1"}),
        "to the login": walk.open_page(Client(), request.key),
        "unknown": walk.open_page(client, "unknown"),
        "without a CSRF token": strict.post("/oauth/authorize", {"oauth_token": request.key}),
        "wrong method": client.put("/oauth/authorize"),
        "on to the callback": walk.press(client, page),
        "decided": walk.press(client, page),
    }


@pytest.mark.rfc("4.14-1")
@pytest.mark.abuse("A56")
@pytest.mark.abuse("A61")
@pytest.mark.abuse("A62")
@pytest.mark.rule(4)
@pytest.mark.usefixtures("middleware")
def test_every_page_forbids_frames_caches_and_referrers(ada: User, kestrel: Application) -> None:
    for name, page in every_page(ada, kestrel).items():
        directives = page["Content-Security-Policy"].split("; ")
        assert "frame-ancestors 'none'" in directives, name
        assert "default-src 'self'" in directives, name
        assert "base-uri 'none'" in directives, name
        assert page["X-Frame-Options"] == "DENY", name
        assert page["Cache-Control"] == "private, no-store", name
        assert page["Referrer-Policy"] == "no-referrer", name
        assert page["X-Content-Type-Options"] == "nosniff", name


@pytest.mark.abuse("A58")
@pytest.mark.abuse("A61")
def test_the_pages_hold_no_script_no_style_and_nothing_of_other_sites(
    ada: User, kestrel: Application
) -> None:
    for page in every_page(ada, kestrel).values():
        text = page.content.decode().lower()
        for forbidden in ("<script", "style=", "<style", "onclick", 'src="http', 'href="http', "//cdn"):
            assert forbidden not in text


@pytest.mark.abuse("A54")
def test_no_page_vouches_for_an_application(ada: User, kestrel: Application) -> None:
    for name, page in every_page(ada, kestrel).items():
        text = re.sub(r"<[^>]*>", " ", page.content.decode()).lower()
        said = text.replace("rookery has not checked who that is", "")
        assert not re.search("verif(?!ier)|official|trust|approved|certified|checked|secure|safe", said), name


@pytest.mark.abuse("A68")
@pytest.mark.parametrize(
    ("callback", "source"),
    [
        ("oob", "form-action 'self'"),
        ("https://app.example.com/x?y", "form-action 'self' https://app.example.com"),
        ("https://APP.example.com:444/x", "form-action 'self' https://app.example.com:444"),
        ("http://127.0.0.1:12000/verify/", "form-action 'self' http://127.0.0.1:12000"),
        ("http://[::1]:12000/verify/", "form-action 'self' http:"),
        ("https://a;b.example/", "form-action 'self' https:"),
        ("com.example.app:/ready", "form-action 'self' com.example.app:"),
    ],
)
@pytest.mark.rule(4)
def test_form_action_names_the_callback_s_origin(callback: str, source: str) -> None:
    assert pages.policy(callback).split("; ")[-1] == source


@pytest.mark.abuse("A68")
@pytest.mark.rule(4)
def test_form_action_names_the_callback_s_origin_on_its_own_page_only(
    ada: User, kestrel: Application
) -> None:
    for name, page in every_page(ada, kestrel).items():
        expected = "form-action 'self'" + (" https://app.example.com" if name == "dialog" else "")
        assert page["Content-Security-Policy"].split("; ")[-1] == expected, name


def test_static_files_of_another_origin_may_be_loaded() -> None:
    with override_settings(STATIC_URL="https://static.example/x/"):
        assert pages.policy().startswith("default-src 'self' https://static.example;")


@pytest.mark.rfc("4.13-1")
@pytest.mark.abuse("A55")
@pytest.mark.parametrize("decision", ["allow", "deny", "another", "cancel"])
@pytest.mark.rule(4)
@pytest.mark.usefixtures("middleware")
def test_a_decision_needs_the_page_s_own_token(ada: User, kestrel: Application, decision: str) -> None:
    request = walk.ask(kestrel, "oob" if decision == "cancel" else walk.CALLBACK)
    client = walk.browser(ada, enforce_csrf_checks=True)
    page = walk.open_page(client, request.key)
    token = walk.field(page, "csrfmiddlewaretoken")
    sent = {"oauth_token": request.key, "shown": walk.field(page, "shown")}
    if decision == "cancel":
        client.post("/oauth/authorize", sent | {"decision": "allow", "csrfmiddlewaretoken": token})
    sent["decision"] = decision
    before = RequestToken.objects.values().get()
    for forged in ({}, {"csrfmiddlewaretoken": ""}, {"csrfmiddlewaretoken": "x" * 64}):
        answer = client.post("/oauth/authorize", sent | forged)
        assert (answer.status_code, "Your decision didn’t arrive" in answer.content.decode()) == (403, True)
        assert RequestToken.objects.values().get() == before
        assert client.get("/page/").status_code == 200
    answer = client.post("/oauth/authorize", sent | {"csrfmiddlewaretoken": token})
    assert answer.status_code == (200 if decision == "cancel" else 302)


@pytest.mark.rfc("2.2-5")
@pytest.mark.abuse("A55")
@pytest.mark.rule(4)
def test_a_get_decides_nothing(ada: User, kestrel: Application) -> None:
    request = walk.ask(kestrel)
    client = walk.browser(ada)
    shown = walk.field(walk.open_page(client, request.key), "shown")
    for decision in ("allow", "deny"):
        given = {"oauth_token": request.key, "shown": shown, "decision": decision}
        assert client.get("/oauth/authorize", given).status_code == 200
        assert client.head("/oauth/authenticate", given).status_code == 200
    assert RequestToken.objects.get().state == "pending"


@pytest.mark.rfc("4.13-1")
@pytest.mark.abuse("A55")
@pytest.mark.parametrize(
    ("origin", "site", "arrives"),
    [
        ("null", "same-origin", True),
        ("null", None, True),
        ("http://testserver", "same-origin", True),
        ("null", "cross-site", False),
        ("null", "same-site", False),
        ("null", "none", False),
        ("https://evil.example", None, False),
        ("http://testserver.evil.example", "cross-site", False),
    ],
)
@pytest.mark.usefixtures("middleware")
def test_a_form_comes_from_this_site_even_where_the_browser_hides_its_origin(
    ada: User, kestrel: Application, origin: str, site: str | None, arrives: bool
) -> None:
    request = walk.ask(kestrel)
    client = walk.browser(ada, enforce_csrf_checks=True)
    page = walk.open_page(client, request.key)
    sent = {name: walk.field(page, name) for name in ("oauth_token", "shown", "csrfmiddlewaretoken")}
    headers = {"Origin": origin} | ({} if site is None else {"Sec-Fetch-Site": site})
    answer = client.post("/oauth/authorize", sent | {"decision": "allow"}, headers=headers)
    assert answer.status_code == (302 if arrives else 403)


NASTY = "<script>alert(1)</script>\"'&{{ x }}"


@pytest.mark.abuse("A58")
@pytest.mark.abuse("A57")
def test_what_an_application_says_of_itself_is_shown_as_text(ada: User) -> None:
    owner = walk.person("<b>olga</b>")
    application = walk.register("a<b>&\"'", owner=owner, description=NASTY, callbacks=())
    request = walk.ask(application, "oob")
    client = walk.browser(ada)
    page = walk.open_page(client, request.key)
    pin = walk.press(client, page)
    for text in (page.content.decode(), pin.content.decode()):
        assert "<script>" not in text
        assert "<b>olga" not in text
        assert "a<b>&" not in text
        assert "<bdi>a&lt;b&gt;&amp;&quot;&#x27;</bdi>" in text


@pytest.mark.rfc("2.2-7", "2.2-8", "4.6-1", "4.8-2")
@pytest.mark.abuse("A54")
@pytest.mark.abuse("A57")
@pytest.mark.abuse("A60")
def test_the_dialog_names_the_account_the_owner_and_where_it_goes_on_to(ada: User) -> None:
    application = walk.register(
        owner=walk.person("olga"), callbacks=[walk.CALLBACK, "http://127.0.0.1:8000/"]
    )
    client = walk.browser(ada)
    text = walk.open_page(client, walk.ask(application).key).content.decode()
    for words in ("Kestrel", "as ada", "olga", "app.example.com", "A web site.", "Rookery has not checked"):
        assert words in text.replace('<span class="nowrap">', "")
    text = walk.open_page(client, walk.ask(application, "http://127.0.0.1:9/").key).content.decode()
    assert "127.0.0.1:9" in text
    assert "A program on this computer." in text


@pytest.mark.rfc("4.8-2")
def test_the_dialog_says_that_it_asks_for_more_than_before(ada: User) -> None:
    application = walk.register(access="read")
    request = walk.ask(application)
    walk.exchange(application, request, walk.allow(ada, request))
    client = walk.browser(ada)
    text = walk.open_page(client, walk.ask(application).key).content.decode()
    assert "You allowed this on" in text
    application.change_access("write")
    text = walk.open_page(client, walk.ask(application).key).content.decode()
    assert "It asks for more than before." in text
    application.access_tokens.get().revoke()
    text = walk.open_page(client, walk.ask(application).key).content.decode()
    assert "You revoked this application on" in text


def test_a_page_of_a_site_s_own_gets_the_same_headers() -> None:
    @pages.page
    def own(request: HttpRequest) -> HttpResponse:
        response = HttpResponse("x")
        response.headers["Content-Security-Policy"] = "default-src 'none'"
        return response

    request = HttpRequest()
    request.method = "GET"
    answer = own(request)
    assert answer["Content-Security-Policy"] == "default-src 'none'"
    assert answer["X-Frame-Options"] == "DENY"


def test_a_callback_is_followed_whatever_its_scheme() -> None:
    for callback in ("https://a.example/?b=c", "com.example.app:/ready?x=1", "http://[::1]:8000/"):
        answer = pages.CallbackRedirect(callback)
        assert (answer.status_code, answer["Location"]) == (302, callback)
