"""The three legs, from the first request to the token that works, and everything that may come between."""

import re
import sys
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from functools import partial
from html import unescape
from traceback import TracebackException
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.utils import timezone
from django.views.debug import ExceptionReporter

from tests.django import walk
from valetkey import RequestToken as Held
from valetkey.django import views
from valetkey.django.models import AccessToken, Application, RequestToken
from valetkey.django.provider import get_provider

DENIED = "oauth_problem=permission_denied&denied="


@pytest.fixture
def kestrel() -> Application:
    return walk.register(owner=walk.person("olga"))


def test_three_legs_lead_to_a_token_that_works(database: str) -> None:
    ada, kestrel = walk.person(), walk.register()
    request = walk.ask(kestrel)
    client = walk.browser(ada)
    answer = walk.press(client, walk.open_page(client, request.key))
    assert answer["Location"].startswith(f"{walk.CALLBACK}&")
    back = walk.came_back(answer)
    assert back["oauth_token"] == request.key
    answer = walk.exchange(kestrel, request, back["oauth_verifier"])
    said = walk.read_form(answer)
    assert said.keys() == {"oauth_token", "oauth_token_secret"}
    held = Held(said["oauth_token"], said["oauth_token_secret"])
    assert walk.call("/api/write", kestrel, held, method="POST").json()["user"] == "ada"
    row = AccessToken.objects.get()
    assert (row.user, row.access, row.application) == (ada, "write", kestrel)


def test_an_independent_client_walks_the_three_legs(ada: User, kestrel: Application) -> None:
    asking = walk.independent(kestrel, callback_uri=walk.CALLBACK)
    said = walk.read_form(walk.send_independently(asking, "POST", "/oauth/request_token"))
    assert said["oauth_callback_confirmed"] == "true"
    request = Held(said["oauth_token"], said["oauth_token_secret"])
    fetching = walk.independent(kestrel, request, verifier=walk.allow(ada, request))
    said = walk.read_form(walk.send_independently(fetching, "POST", "/oauth/access_token"))
    held = Held(said["oauth_token"], said["oauth_token_secret"])
    answer = walk.send_independently(walk.independent(kestrel, held), "POST", "/api/write", "status=hello")
    assert (answer.status_code, answer.json()["user"]) == (200, "ada")


@pytest.mark.rfc("2.2-6")
def test_whoever_is_not_logged_in_logs_in_and_comes_back_to_the_request(kestrel: Application) -> None:
    request = walk.ask(kestrel)
    answer = walk.open_page(Client(), request.key)
    assert answer.status_code == 302
    assert answer["Location"] == f"/login/?next=/oauth/authorize%3Foauth_token%3D{quote(request.key)}"
    assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.rule(6)
def test_deny_comes_back_with_the_problem_and_the_token(ada: User, kestrel: Application) -> None:
    request = walk.ask(kestrel)
    client = walk.browser(ada)
    answer = walk.press(client, walk.open_page(client, request.key), "deny")
    assert answer["Location"] == f"{walk.CALLBACK}&{DENIED}{quote(request.key)}"
    assert walk.problem(walk.exchange(kestrel, request, "guessed")) == (401, "permission_denied")
    assert not AccessToken.objects.exists()


@pytest.mark.rfc("2.2-14", "2.2-15", "4.7-1")
@pytest.mark.rule(4)
def test_a_pin_is_eight_digits_on_a_page_that_says_whom_not_to_give_it_to(
    ada: User, kestrel: Application
) -> None:
    request = walk.ask(kestrel, "oob")
    client = walk.browser(ada)
    page = walk.press(client, walk.open_page(client, request.key))
    assert re.fullmatch("[0-9]{8}", walk.pin(page))
    assert "Give it to nobody." in page.content.decode()
    assert "not by mail, not by phone, not in a chat" in page.content.decode()
    assert walk.exchange(kestrel, request, walk.pin(page)).status_code == 200
    assert walk.open_page(client, request.key).status_code == 409  # shown once


@pytest.mark.abuse("A42")
@pytest.mark.rule(4)
def test_a_pin_stops_after_five_wrong_tries_and_strangers_cannot_use_them_up(
    ada: User, kestrel: Application
) -> None:
    request = walk.ask(kestrel, "oob")
    pin = walk.allow(ada, request)
    stranger = Held(request.key, "not its secret")
    for _ in range(9):
        assert walk.problem(walk.exchange(kestrel, stranger, pin)) == (401, "signature_invalid")
    for _ in range(4):
        assert walk.problem(walk.exchange(kestrel, request, "00000000")) == (401, "parameter_rejected")
    assert RequestToken.objects.get().tries == 4
    assert walk.problem(walk.exchange(kestrel, request, "00000000")) == (401, "parameter_rejected")
    assert walk.problem(walk.exchange(kestrel, request, pin)) == (401, "token_rejected")
    page = walk.open_page(walk.browser(ada), request.key)
    assert page.status_code == 410
    assert "This PIN has stopped working" in page.content.decode()


@pytest.mark.abuse("A42")
@pytest.mark.rule(4)
def test_of_twenty_guesses_at_once_five_are_compared(database: str) -> None:
    kestrel = walk.register()
    request = walk.ask(kestrel, "oob")
    pin = walk.allow(walk.person(), request)
    guesses = [f"{(int(pin) + 1 + index) % 10**8:08}" for index in range(20)]
    answers = walk.at_once(20, lambda index: walk.problem(walk.exchange(kestrel, request, guesses[index])))
    assert Counter(answers) == {(401, "parameter_rejected"): 5, (401, "token_rejected"): 15}
    assert walk.problem(walk.exchange(kestrel, request, pin)) == (401, "token_rejected")


def test_a_pin_can_be_cancelled(ada: User, kestrel: Application) -> None:
    request = walk.ask(kestrel, "oob")
    client = walk.browser(ada)
    page = walk.press(client, walk.open_page(client, request.key))
    cancelled = walk.press(client, page, "cancel")
    assert (cancelled.status_code, "PIN cancelled" in cancelled.content.decode()) == (200, True)
    assert walk.problem(walk.exchange(kestrel, request, walk.pin(page))) == (401, "permission_denied")


@pytest.mark.abuse("A37")
@pytest.mark.rule(4)
def test_nothing_is_exchanged_without_the_verifier_that_the_person_s_browser_got(
    ada: User, kestrel: Application
) -> None:
    request = walk.ask(kestrel)
    assert walk.problem(walk.exchange(kestrel, request, "guess")) == (401, "permission_unknown")
    verifier = walk.allow(ada, request)
    absent = walk.call("/oauth/access_token", kestrel, request, method="POST")
    for answer in (absent, walk.exchange(kestrel, request, "")):
        assert walk.problem(answer) == (401, "parameter_absent")
    for guess in ("None", "null", verifier.lower(), verifier[:-1], verifier + " "):
        if guess != verifier:
            RequestToken.objects.update(tries=0)
            assert walk.problem(walk.exchange(kestrel, request, guess)) == (401, "parameter_rejected")
    assert walk.exchange(kestrel, request, verifier).status_code == 200


@pytest.mark.abuse("A43")
@pytest.mark.abuse("A41")
@pytest.mark.rule(4)
def test_a_verifier_works_once_and_for_its_own_token_and_consumer(ada: User, kestrel: Application) -> None:
    merlin = walk.register("Merlin")
    mine, other, theirs = walk.ask(kestrel), walk.ask(kestrel), walk.ask(merlin)
    bob = walk.person("bob")
    verifiers = [walk.allow(ada, mine), walk.allow(bob, other), walk.allow(ada, theirs)]
    assert len({len(verifier) for verifier in verifiers}) == 1
    assert len(verifiers[0]) >= 32
    assert walk.problem(walk.exchange(kestrel, mine, verifiers[1])) == (401, "parameter_rejected")
    assert walk.problem(walk.exchange(kestrel, other, verifiers[0])) == (401, "parameter_rejected")
    assert walk.problem(walk.exchange(merlin, mine, verifiers[0])) == (401, "token_rejected")
    assert walk.exchange(kestrel, mine, verifiers[0]).status_code == 200
    assert walk.problem(walk.exchange(kestrel, mine, verifiers[0])) == (401, "token_used")
    assert walk.exchange(kestrel, other, verifiers[1]).status_code == 200
    assert walk.exchange(merlin, theirs, verifiers[2]).status_code == 200
    assert [token.user for token in AccessToken.objects.order_by("pk")] == [ada, bob, ada]


@pytest.mark.rfc("2-1")
@pytest.mark.abuse("A41")
@pytest.mark.rule(4)
def test_twenty_exchanges_at_once_give_one_token(database: str) -> None:
    kestrel = walk.register()
    request = walk.ask(kestrel)
    verifier = walk.allow(walk.person(), request)
    with override_settings(VALETKEY={**settings.VALETKEY, "VERIFIER_TRIES": 100}):
        answers = walk.at_once(20, lambda _: walk.exchange(kestrel, request, verifier))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19
    assert AccessToken.objects.count() == 1


@pytest.mark.abuse("A49")
def test_twenty_decisions_at_once_are_one(database: str) -> None:
    ada, request = walk.person(), walk.ask(walk.register())
    clients = [walk.browser(ada) for _ in range(20)]
    pages = [walk.open_page(client, request.key) for client in clients]
    choices = ["allow", "deny"] * 10
    answers = walk.at_once(20, lambda index: walk.press(clients[index], pages[index], choices[index]))
    assert sorted(answer.status_code for answer in answers) == [302] + [409] * 19
    winner = [answer.status_code for answer in answers].index(302)
    assert ("denied=" in answers[winner]["Location"]) is (choices[winner] == "deny")


@pytest.mark.abuse("A49")
@pytest.mark.parametrize("again", ["allow", "deny", "reload"])
@pytest.mark.parametrize("state", ["allowed", "denied", "used"])
def test_what_was_decided_is_not_decided_again(
    ada: User, kestrel: Application, state: str, again: str
) -> None:
    request = walk.ask(kestrel)
    client = walk.browser(ada)
    page = walk.open_page(client, request.key)
    answer = walk.press(client, page, "deny" if state == "denied" else "allow")
    if state == "used":
        walk.exchange(kestrel, request, walk.came_back(answer)["oauth_verifier"])
    before = RequestToken.objects.values().get()
    second = walk.open_page(client, request.key) if again == "reload" else walk.press(client, page, again)
    assert second.status_code == 409
    assert "You have decided this already" in second.content.decode()
    assert RequestToken.objects.values().get() == before
    theirs = walk.open_page(walk.browser(walk.person("mallory")), request.key)
    assert (theirs.status_code, "another account" in theirs.content.decode()) == (403, True)


@pytest.mark.abuse("A49")
def test_a_request_that_has_expired_is_a_page_and_its_token_is_worth_nothing(
    ada: User, kestrel: Application
) -> None:
    request = walk.ask(kestrel)
    client = walk.browser(ada)
    page = walk.open_page(client, request.key)
    RequestToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    for answer in (walk.open_page(client, request.key), walk.press(client, page)):
        assert (answer.status_code, "has expired" in answer.content.decode()) == (410, True)
    RequestToken.objects.update(expires_at=timezone.now() + timedelta(seconds=60))
    verifier = walk.came_back(walk.press(client, page))["oauth_verifier"]
    RequestToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert walk.problem(walk.exchange(kestrel, request, verifier)) == (401, "token_expired")


@pytest.mark.rfc("2.1-2")
@pytest.mark.parametrize(("method", "status"), [("POST", 200), ("GET", 200), ("PUT", 405), ("DELETE", 405)])
def test_the_endpoints_of_the_legs_take_post_and_get(kestrel: Application, method: str, status: int) -> None:
    answer = walk.call("/oauth/request_token", kestrel, method=method, oauth={"oauth_callback": "oob"})
    assert answer.status_code == status


HOSTILE = {"oauth_callback": "https://evil.example/", "next": "//evil.example", "callback": "javascript:x"}


@pytest.mark.rfc("2.2-3")
@pytest.mark.abuse("A50")
@pytest.mark.parametrize("token", ["", "unknown", "\x00", "x" * 5_000, "é", "<script>"])
@pytest.mark.rule(6)
def test_an_unknown_request_is_a_page_and_never_a_redirect(ada: User, token: str) -> None:
    for client in (Client(), walk.browser(ada)):
        for answer in (
            client.get("/oauth/authorize", {"oauth_token": token, **HOSTILE}),
            client.post("/oauth/authorize", {"oauth_token": token, "decision": "allow", **HOSTILE}),
        ):
            assert answer.status_code == 400
            assert "Location" not in answer
            assert "<script>" not in answer.content.decode()
            assert "evil.example" not in answer.content.decode()


@pytest.mark.abuse("A50")
@pytest.mark.parametrize("path", ["/oauth/authorize", "/oauth/authenticate"])
@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("unknown", 400),
        ("expired", 410),
        ("decided", 409),
        ("somebody else's", 403),
        ("suspended", 403),
        ("callback gone", 400),
        ("person not known", 302),
        ("store broken", 503),
    ],
)
def test_no_failing_check_sends_the_browser_where_its_sender_wants(
    ada: User, kestrel: Application, broken_tables: Any, state: str, status: int, path: str
) -> None:
    request = walk.ask(kestrel)
    client = walk.browser(ada)
    if state in ("decided", "somebody else's"):
        walk.press(client, walk.open_page(client, request.key))
    if state == "somebody else's":
        client = walk.browser(walk.person("mallory"))
    elif state == "person not known":
        client = Client()
    elif state == "expired":
        RequestToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif state == "suspended":
        kestrel.suspend()
    elif state == "callback gone":
        Application.objects.update(callback_lines="https://evil.example/")
    given = {"oauth_token": "unknown" if state == "unknown" else request.key, **HOSTILE}
    with broken_tables("valetkey_requesttoken") if state == "store broken" else nullcontext():
        for answer in (client.get(path, given), client.post(path, given | {"decision": "allow"})):
            assert answer.status_code == status
            assert answer.get("Location", "/login/").startswith("/login/")
            assert "evil.example" not in answer.get("Location", "") + answer.content.decode()


@pytest.mark.abuse("A39")
@pytest.mark.abuse("A40")
@pytest.mark.abuse("A51")
@pytest.mark.parametrize(
    "callback",
    [
        *(
            "https://app.example.com/ready",
            "https://app.example.com/ready?step=3",
            "https://app.example.com/",
        ),
        *("http://app.example.com/ready?step=2", "https://app.example.com:444/ready?step=2"),
        *(
            "https://app.example.com@evil.example/ready?step=2",
            "https://app.example.com.evil.example/ready?step=2",
        ),
        *(
            "https://app.example.com/../ready?step=2",
            "https://app.example.com/ready?step=2#x",
            "//app.example.com/",
        ),
        *("https://app.example.com\\@evil.example/ready?step=2", "javascript:alert(1)", "data:,x", "", "OOB"),
        *(
            "https://app.example.com/ready?step=2&oauth_token=x",
            "https://app.example.com/ready?step=2\r\nX: y",
        ),
        *("https://app.example.com/Ready?step=2", "https://аpp.example.com/ready?step=2"),
    ],
)
@pytest.mark.rule(6)
def test_a_callback_that_is_not_registered_to_the_letter_is_refused(
    kestrel: Application, callback: str
) -> None:
    answer = walk.call("/oauth/request_token", kestrel, method="POST", oauth={"oauth_callback": callback})
    assert (answer.status_code, RequestToken.objects.count()) == (400, 0)
    assert "\r" not in answer["WWW-Authenticate"]


@pytest.mark.rfc("2.2-9")
@pytest.mark.abuse("A51")
@pytest.mark.parametrize(
    ("registered", "callback"),
    [
        (walk.CALLBACK, "HTTPS://APP.example.com:443/ready?step=2"),
        ("http://127.0.0.1:12000/verify/", "http://127.0.0.1:54321/verify/"),
        ("http://[::1]/verify/", "http://[::1]:54321/verify/"),
        ("http://lan.example/verify/", "http://lan.example/verify/"),
        ("com.example.app:/ready", "com.example.app:/ready"),
    ],
)
@pytest.mark.rule(6)
def test_the_person_comes_back_to_the_callback_that_was_asked_for(
    ada: User, registered: str, callback: str
) -> None:
    application = walk.register(callbacks=[registered])
    request = walk.ask(application, callback)
    client = walk.browser(ada)
    page = walk.open_page(client, request.key)
    answer = walk.press(client, page)
    joint = "&" if "?" in callback else "?"
    assert answer["Location"].startswith(f"{callback}{joint}oauth_token={quote(request.key)}&oauth_verifier=")


@pytest.mark.rfc("2.2-9")
@pytest.mark.abuse("A38")
@pytest.mark.abuse("A39")
@pytest.mark.rule(6)
def test_a_callback_that_is_sent_to_the_page_is_ignored(ada: User, kestrel: Application) -> None:
    request = walk.ask(kestrel)
    client = walk.browser(ada)
    page = client.get("/oauth/authorize", {"oauth_token": request.key, **HOSTILE})
    assert "evil.example" not in page.content.decode()
    shown = {"oauth_token": request.key, "shown": walk.field(page, "shown"), "decision": "allow"}
    answer = client.post(
        "/oauth/authorize", shown | HOSTILE | {"user": "2", "user_id": "2", "access": "admin"}
    )
    assert answer["Location"].startswith(walk.CALLBACK)
    row = RequestToken.objects.get()
    assert (row.user_id, row.access) == (ada.pk, "write")


#: Who somebody would like to be, wherever a careless service might read it.
PARAMETERS = (
    *("user", "user_id", "username", "owner", "screen_name", "as_user", "on_behalf_of"),
    *("x_auth_username", "xoauth_requestor_id", "oauth_user", "oauth_username"),
)
CLAIMS = dict.fromkeys(PARAMETERS, "mallory")
CLAIMED = dict.fromkeys(("Remote-User", "X-Remote-User", "X-User", "X-Forwarded-User", "From"), "mallory")


@pytest.mark.abuse("A38")
def test_no_parameter_and_no_header_says_who_the_person_is(ada: User, kestrel: Application) -> None:
    walk.person("mallory")
    claims, client = urlencode(CLAIMS), walk.browser(ada)

    def leg(name: str, token: Held | None = None, **oauth: str) -> Held:
        url = f"{walk.ORIGIN}/oauth/{name}?{claims}"
        signed = walk.signer(kestrel, token).sign("POST", url, headers=CLAIMED, oauth=oauth)
        said = walk.read_form(walk.send(signed))
        return Held(said["oauth_token"], said["oauth_token_secret"])

    request = leg("request_token", oauth_callback=walk.CALLBACK)
    given = {"oauth_token": request.key, **CLAIMS}
    page = client.get("/oauth/authorize", given, headers=CLAIMED)
    assert "as ada" in page.content.decode().replace('<span class="nowrap">', "")
    shown = {"shown": walk.field(page, "shown"), "decision": "allow"}
    back = walk.came_back(client.post("/oauth/authorize", given | shown, headers=CLAIMED))
    token = leg("access_token", request, oauth_verifier=back["oauth_verifier"])
    assert AccessToken.objects.get().user_id == ada.pk
    used = walk.signer(kestrel, token).sign("GET", f"{walk.ORIGIN}/api/read?{claims}", headers=CLAIMED)
    assert walk.send(used).json()["user"] == "ada"


@pytest.mark.abuse("A39")
@pytest.mark.parametrize("decision", ["allow", "deny"])
@pytest.mark.rule(6)
def test_nobody_is_sent_to_a_callback_that_is_registered_no_more(
    ada: User, kestrel: Application, decision: str
) -> None:
    request = walk.ask(kestrel)
    client = walk.browser(ada)
    page = walk.open_page(client, request.key)
    kestrel.callback_lines = "https://another.example/"
    kestrel.save()
    for answer in (walk.press(client, page, decision), walk.open_page(client, request.key)):
        assert answer.status_code == 400
    assert RequestToken.objects.get().state == "pending"


@pytest.mark.abuse("A40")
@pytest.mark.parametrize("callback", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "feed:x"])
def test_nobody_is_sent_to_a_callback_that_came_into_the_database_past_its_checks(
    ada: User, kestrel: Application, callback: str
) -> None:
    request = walk.ask(kestrel)
    client = walk.browser(ada)
    page = walk.open_page(client, request.key)
    Application.objects.update(callback_lines=callback)
    RequestToken.objects.update(callback=callback)
    for answer in (walk.open_page(client, request.key), walk.press(client, page), sign_page(client, request)):
        assert (answer.status_code, "Location" in answer) == (400, False)
    assert RequestToken.objects.get().state == "pending"


@pytest.mark.abuse("A39")
@pytest.mark.parametrize(
    "callback",
    [
        "http://127.0.0.1:12000@evil.example/verify/",
        "http://127.0.0.1:12000.evil.example/verify/",
        "http://127.0.0.1:12000\\@evil.example/verify/",
        "http://127.0.0.1.evil.example:12000/verify/",
        "http://127.0.0.1:12000/verify/../evil/",
        "http://127.0.0.1:12000/verify/%2e%2e/evil/",
        "http://127.0.0.1:12000/verify/x",
        "http://127.0.0.1:12000/verify",
        "http://localhost:12000/verify/",
        "https://127.0.0.1:12000/verify/",
        "http://0x7f.1:12000/verify/",
        "http://127.0.0.1:12000/verify/?next=//evil.example",
        "//evil.example/verify/",
    ],
)
@pytest.mark.rule(6)
def test_a_callback_that_only_begins_like_the_registered_one_is_refused(callback: str) -> None:
    application = walk.register(callbacks=["http://127.0.0.1:12000/verify/"])
    assert walk.problem(walk.first_leg(application, callback)) == (400, "parameter_rejected")
    assert not RequestToken.objects.exists()
    assert walk.ask(application, "http://127.0.0.1:12000/verify/")


@pytest.mark.abuse("A44")
@pytest.mark.parametrize("callback", [walk.CALLBACK, "oob"])
@pytest.mark.parametrize("moment", ["first leg", "page", "Allow", "exchange", "use"])
@pytest.mark.rule(5)
def test_access_that_is_raised_on_the_way_is_what_the_page_said_and_no_more(
    ada: User, moment: str, callback: str
) -> None:
    kestrel, client = walk.register(access="read"), walk.browser(ada)

    def comes(step: str) -> None:
        if step == moment:
            kestrel.change_access("write")

    comes("first leg")
    request = walk.ask(kestrel, callback)
    comes("page")
    page = walk.open_page(client, request.key)
    comes("Allow")
    answer = walk.press(client, page)
    if moment == "Allow":
        assert RequestToken.objects.get().state == "pending"
        page = answer
        answer = walk.press(client, page)
    comes("exchange")
    verifier = walk.pin(answer) if callback == "oob" else walk.came_back(answer)["oauth_verifier"]
    said = walk.read_form(walk.exchange(kestrel, request, verifier))
    comes("use")
    held = Held(said["oauth_token"], said["oauth_token_secret"])
    said_write = "to read and write as" in page.content.decode()
    assert said_write is (moment in ("first leg", "page", "Allow"))
    posted = walk.call("/api/write", kestrel, held, method="POST")
    assert posted.status_code == (200 if said_write else 403)
    assert walk.call("/api/read", kestrel, held).status_code == 200


@pytest.mark.abuse("A44")
@pytest.mark.parametrize("change", ["access", "name", "callbacks", "website", "description"])
@pytest.mark.rule(5)
def test_a_change_between_the_page_and_allow_shows_the_page_again(
    ada: User, kestrel: Application, change: str
) -> None:
    kestrel.change_access("read")
    request = walk.ask(kestrel)
    client = walk.browser(ada)
    page = walk.open_page(client, request.key)
    if change == "access":
        kestrel.change_access("write")
    else:
        new = "https://another.example/"
        one_more = {"callbacks": ("callback_lines", f"{walk.CALLBACK}\n{new}")}
        setattr(kestrel, *one_more.get(change, (change, new)))
        kestrel.save()
    again = walk.press(client, page)
    assert again.status_code == 200
    assert "The request changed while you were reading." in again.content.decode()
    assert RequestToken.objects.get().state == "pending"
    walk.came_back(walk.press(client, again))
    assert RequestToken.objects.get().access == ("write" if change == "access" else "read")


@pytest.mark.rule(4)
def test_allow_without_what_the_page_said_shows_the_page_again(ada: User, kestrel: Application) -> None:
    request, other = walk.ask(kestrel), walk.ask(kestrel)
    client = walk.browser(ada)
    shown = walk.field(walk.open_page(client, other.key), "shown")
    for forged in ("", "x", shown, shown + "x"):
        sent = {"oauth_token": request.key, "shown": forged, "decision": "allow"}
        answer = client.post("/oauth/authorize", sent)
        assert answer.status_code == 200
    assert RequestToken.objects.get(key=request.key).state == "pending"
    for decision in ("", "ALLOW", "yes"):
        sent = {"oauth_token": request.key, "shown": shown, "decision": decision}
        assert client.post("/oauth/authorize", sent).status_code == 200
    assert RequestToken.objects.get(key=request.key).state == "pending"


@pytest.mark.abuse("A49")
@pytest.mark.abuse("A60")
@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_a_page_that_another_account_opened_decides_nothing(
    ada: User, kestrel: Application, decision: str
) -> None:
    request = walk.ask(kestrel)
    client = walk.browser(ada)
    page = walk.open_page(client, request.key)
    client.force_login(walk.person("mallory"))
    answer = walk.press(client, page, decision)
    assert (answer.status_code, "another account" in answer.content.decode()) == (403, True)
    assert RequestToken.objects.get().state == "pending"


@pytest.mark.abuse("A60")
def test_another_account_is_one_button_away_and_keeps_the_request(ada: User, kestrel: Application) -> None:
    request = walk.ask(kestrel)
    client = walk.browser(ada)
    page = walk.open_page(client, request.key)
    answer = walk.press(client, page, "another")
    assert answer["Location"].startswith("/login/?next=/oauth/authorize%3Foauth_token%3D")
    assert client.get("/page/").status_code == 302  # logged out


@pytest.mark.rfc("2.2-4")
def test_an_application_can_ask_that_the_person_logs_in_again_by_a_button_only(
    ada: User, kestrel: Application
) -> None:
    request = walk.ask(kestrel)
    client = walk.browser(ada)
    page = client.get("/oauth/authorize", {"oauth_token": request.key, "force_login": "true"})
    assert "Log in again" in page.content.decode()
    assert client.get("/page/").status_code == 200
    assert walk.press(client, page, "another").status_code == 302
    assert client.get("/page/").status_code == 302


def sign_in(client: Client, application: Application, callback: str = walk.CALLBACK) -> Any:
    return walk.open_page(client, walk.ask(application, callback).key, "/oauth/authenticate")


def grant(ada: User, application: Application) -> AccessToken:
    request = walk.ask(application)
    walk.exchange(application, request, walk.allow(ada, request))
    return AccessToken.objects.latest("pk")


@pytest.mark.rfc("4.15-1")
@pytest.mark.abuse("A46")
@pytest.mark.rule(5)
def test_authenticate_skips_the_dialog_for_what_was_allowed_before(ada: User, kestrel: Application) -> None:
    client = walk.browser(ada)
    assert sign_in(client, kestrel).status_code == 200  # never allowed
    grant(ada, kestrel)
    assert "oauth_verifier" in walk.came_back(sign_in(client, kestrel))
    kestrel.change_access("read")
    assert "oauth_verifier" in walk.came_back(sign_in(client, kestrel))
    assert RequestToken.objects.latest("pk").access == "read"


@pytest.mark.rfc("4.15-1")
@pytest.mark.abuse("A46")
@pytest.mark.parametrize(
    "change",
    ["more access", "revoked", "another name", "a PIN", "own token", "another person", "authorize", "denied"],
)
@pytest.mark.rule(5)
def test_authenticate_asks_where_anything_is_new(ada: User, kestrel: Application, change: str) -> None:
    kestrel.change_access("read")
    token = grant(ada, kestrel)
    client, callback = walk.browser(ada), walk.CALLBACK
    walk.came_back(sign_in(client, kestrel))
    if change == "more access":
        kestrel.change_access("write")
    elif change == "revoked":
        token.revoke()
    elif change == "another name":
        kestrel.name = "Merlin"
        kestrel.save()
    elif change == "a PIN":
        callback = "oob"
    elif change == "own token":
        token.delete()
        kestrel.create_token(ada)
    elif change == "another person":
        client = walk.browser(walk.person("bob"))
    elif change == "authorize":
        assert walk.open_page(client, walk.ask(kestrel).key).status_code == 200
        return
    else:
        token.delete()
        walk.press(client, walk.open_page(client, walk.ask(kestrel).key), "deny")
    page = sign_in(client, kestrel, callback)
    assert page.status_code == 200
    assert "Sign in to" in page.content.decode()


NEW: dict[str, Any] = {
    "name": "Merlin",
    "description": "Now with mail.",
    "website": "https://merlin.example/",
    "callback_lines": f"{walk.CALLBACK}\nhttps://merlin.example/",
    "owner": lambda: walk.person("new_owner"),
}


@pytest.mark.abuse("A46")
@pytest.mark.parametrize("field", NEW)
@pytest.mark.rule(5)
def test_authenticate_asks_where_the_application_is_not_what_the_person_saw(
    ada: User, kestrel: Application, field: str
) -> None:
    grant(ada, kestrel)
    client = walk.browser(ada)
    walk.came_back(sign_in(client, kestrel))
    value = NEW[field]
    setattr(kestrel, field, value() if callable(value) else value)
    kestrel.save()
    assert sign_in(client, kestrel).status_code == 200
    grant(ada, kestrel)
    walk.came_back(sign_in(client, kestrel))  # allowed as it is now


@pytest.mark.abuse("A46")
def test_authenticate_asks_after_a_reset_and_in_every_browser_that_is_not_logged_in(
    ada: User, kestrel: Application
) -> None:
    grant(ada, kestrel)
    assert sign_in(Client(), kestrel)["Location"].startswith("/login/")
    kestrel.reset()
    assert sign_in(walk.browser(ada), kestrel).status_code == 200


@pytest.mark.abuse("A52")
def test_a_suspended_application_is_a_page_and_gets_no_token(ada: User, kestrel: Application) -> None:
    request = walk.ask(kestrel)
    client = walk.browser(ada)
    page = walk.open_page(client, request.key)
    verifier = walk.allow(ada, ready := walk.ask(kestrel))
    kestrel.suspend()
    for answer in (walk.open_page(client, request.key), walk.press(client, page), sign_page(client, request)):
        assert (answer.status_code, "is suspended" in answer.content.decode()) == (403, True)
    assert walk.problem(walk.exchange(kestrel, ready, verifier)) == (401, "consumer_key_refused")


def sign_page(client: Client, request: Held) -> Any:
    return walk.open_page(client, request.key, "/oauth/authenticate")


@pytest.mark.abuse("A52")
def test_the_request_of_a_person_who_became_inactive_is_not_exchanged(
    ada: User, kestrel: Application
) -> None:
    request = walk.ask(kestrel)
    verifier = walk.allow(ada, request)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert walk.problem(walk.exchange(kestrel, request, verifier)) == (401, "user_refused")


@pytest.mark.rfc("2.3-14", "4.8-1")
@pytest.mark.abuse("A44")
def test_a_token_keeps_the_access_that_the_person_saw(ada: User, kestrel: Application) -> None:
    kestrel.change_access("read")
    request = walk.ask(kestrel)
    verifier = walk.allow(ada, request)
    kestrel.change_access("write")
    said = walk.read_form(walk.exchange(kestrel, request, verifier))
    held = Held(said["oauth_token"], said["oauth_token_secret"])
    assert walk.problem(walk.call("/api/write", kestrel, held)) == (403, "permission_denied")


@pytest.mark.abuse("A47")
def test_invalidating_a_token_ends_it_at_once(ada: User, kestrel: Application) -> None:
    token = grant(ada, kestrel)
    answer = walk.call("/oauth/invalidate_token", kestrel, token, method="POST")
    assert walk.read_form(answer) == {"oauth_token": token.key}
    assert walk.problem(walk.call("/api/read", kestrel, token)) == (401, "token_revoked")
    assert walk.problem(walk.call("/oauth/invalidate_token", kestrel, token)) == (401, "token_revoked")


@pytest.mark.abuse("A59")
@pytest.mark.parametrize("endpoint", ["request_token", "access_token", "invalidate_token"])
@pytest.mark.rule(9)
def test_an_endpoint_of_the_legs_knows_no_cookie(ada: User, kestrel: Application, endpoint: str) -> None:
    client = walk.browser(ada, enforce_csrf_checks=True)
    for answer in (client.get(f"/oauth/{endpoint}"), client.post(f"/oauth/{endpoint}", {"oauth_token": "x"})):
        assert answer.status_code in (400, 401)
        assert "no-store" in answer["Cache-Control"]
    assert client.put(f"/oauth/{endpoint}").status_code == 405


@pytest.mark.abuse("A59")
@pytest.mark.abuse("A45")
@pytest.mark.parametrize("path", ["/oauth/authorize", "/oauth/authenticate"])
@pytest.mark.rule(9)
def test_a_page_never_accepts_oauth(ada: User, kestrel: Application, path: str) -> None:
    request, token = walk.ask(kestrel), walk.token_of(kestrel, ada)
    given = {"oauth_token": request.key, "decision": "allow"}
    for held in (token, request, None):
        for send in (Client().get, Client().post):
            method = send.__name__.upper()
            signed = walk.signer(kestrel, held).sign(method, f"{walk.ORIGIN}{path}")
            headers = {"Authorization": signed.headers["Authorization"]}
            assert send(path, given, headers=headers)["Location"].startswith("/login/")
    assert RequestToken.objects.get().state == "pending"


def test_a_request_token_opens_no_api_view_in_any_state(ada: User, kestrel: Application) -> None:
    request = walk.ask(kestrel)
    assert walk.problem(walk.call("/api/read", kestrel, request)) == (401, "token_rejected")
    verifier = walk.allow(ada, request)
    assert walk.problem(walk.call("/api/read", kestrel, request)) == (401, "token_rejected")
    walk.exchange(kestrel, request, verifier)
    assert walk.problem(walk.call("/api/read", kestrel, request)) == (401, "token_rejected")
    token = AccessToken.objects.get()
    assert walk.problem(walk.exchange(kestrel, Held(token.key, token.secret), verifier)) == (
        401,
        "token_rejected",
    )


@pytest.mark.abuse("A79")
def test_a_store_that_cannot_answer_is_503_on_endpoints_and_pages(
    ada: User, kestrel: Application, broken_tables: Any
) -> None:
    request = walk.ask(kestrel)
    client = walk.browser(ada)
    page = walk.open_page(client, request.key)
    with broken_tables("valetkey_requesttoken"):
        for answer in (walk.open_page(client, request.key), walk.press(client, page)):
            assert (answer.status_code, "Something broke" in answer.content.decode()) == (503, True)
        for answer in (
            walk.exchange(kestrel, request, "x"),
            walk.call("/oauth/request_token", kestrel, oauth={"oauth_callback": "oob"}),
        ):
            assert answer.status_code == 503
            assert int(answer["Retry-After"]) > 0
    assert walk.press(client, page).status_code == 302


@pytest.mark.abuse("A79")
@pytest.mark.parametrize("path", ["/oauth/authorize", "/oauth/authenticate"])
def test_a_page_that_cannot_look_up_what_was_allowed_before_is_503_and_allows_nothing(
    database: str, broken_tables: Any, path: str
) -> None:
    request, client = walk.ask(walk.register()), walk.browser(walk.person())
    with broken_tables("valetkey_accesstoken"):
        page = walk.open_page(client, request.key, path)
    assert (page.status_code, "Something broke" in page.content.decode()) == (503, True)
    assert RequestToken.objects.get().state == "pending"
    assert walk.open_page(client, request.key, path).status_code == 200


def test_the_answer_of_the_third_leg_carries_what_the_site_adds(ada: User, kestrel: Application) -> None:
    with override_settings(VALETKEY={**settings.VALETKEY, "ACCESS_TOKEN_EXTRA": f"{__name__}.extra"}):
        request = walk.ask(kestrel)
        said = walk.read_form(walk.exchange(kestrel, request, walk.allow(ada, request)))
    assert (said["user_id"], said["screen_name"]) == (str(ada.pk), "ada")


def extra(token: AccessToken) -> dict[str, Any]:
    return {"user_id": token.user.pk, "screen_name": token.user.get_username()}


def test_a_login_page_can_say_which_application_asks(kestrel: Application) -> None:
    request = walk.ask(kestrel)
    asked = views.asking(f"/oauth/authorize?oauth_token={request.key}")
    assert asked is not None
    assert (asked.application, asked.callback) == (kestrel, walk.CALLBACK)
    for elsewhere in (
        "/page/?oauth_token=" + request.key,
        "https://evil.example/",
        "",
        "/nowhere",
        "/oauth/authorize",
    ):
        assert views.asking(elsewhere) is None


# -- what a crash shows


def breaks_afterwards(get_response: Any) -> Any:
    """Middleware that fails when the view is done."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        raise ZeroDivisionError(response)

    return middleware


AFTERWARDS = [f"{__name__}.breaks_afterwards", *settings.MIDDLEWARE]
#: Fails in C, so that no variable of the test's own is in the report.
FAILS = partial(int, "no", "number")
CHANCE = b"\x51" * 24

#: What fails, and what was asked for then.
CRASHES = {
    "the hash, at a request": ("hmac.digest", "request"),
    "the hash, at the third leg": ("hmac.digest", "exchange"),
    "the comparison, at a request": ("hmac.compare_digest", "request"),
    "the comparison, at the third leg": ("hmac.compare_digest", "exchange"),
    "the view": ("", "failing view"),
    "a middleware, after the first leg": ("middleware", "ask"),
    "a middleware, after the third leg": ("middleware", "exchange"),
    "a middleware, after Allow": ("middleware", "allow"),
    "a middleware, after Allow for a PIN": ("middleware", "allow for a PIN"),
    "the page with the PIN": ("django.shortcuts.loader.render_to_string", "allow for a PIN"),
}


@pytest.mark.abuse("A64")
@pytest.mark.parametrize("debug", [True, False], ids=["debug", "production"])
@pytest.mark.parametrize("crash", CRASHES)
def test_no_report_of_a_crash_shows_a_secret(
    ada: User, kestrel: Application, monkeypatch: pytest.MonkeyPatch, crash: str, debug: bool
) -> None:
    broken, what = CRASHES[crash]
    kestrel.add_secret()
    token, request, pinned = walk.token_of(kestrel, ada), walk.ask(kestrel), walk.ask(kestrel, "oob")
    verifier = walk.allow(ada, walked := walk.ask(kestrel))
    client = walk.browser(ada, raise_request_exception=False)
    signed = {
        "request": walk.signer(kestrel, token).sign("GET", f"{walk.ORIGIN}/api/read"),
        "failing view": walk.signer(kestrel, token).sign("POST", f"{walk.ORIGIN}/api/fails"),
        "ask": walk.signer(kestrel).sign(
            "POST", f"{walk.ORIGIN}/oauth/request_token", oauth={"oauth_callback": "oob"}
        ),
        "exchange": walk.signer(kestrel, walked).sign(
            "POST", f"{walk.ORIGIN}/oauth/access_token", oauth={"oauth_verifier": verifier}
        ),
    }
    page = walk.open_page(client, pinned.key if what.endswith("PIN") else request.key)
    if broken == "middleware":
        monkeypatch.setattr(settings, "MIDDLEWARE", AFTERWARDS)
    elif broken:
        monkeypatch.setattr(broken, FAILS)
    with override_settings(DEBUG=debug), crashes() as reports:
        monkeypatch.setattr(get_provider(), "random", lambda octets: CHANCE[:octets])
        client = walk.browser(ada, raise_request_exception=False)
        answer = walk.send(signed[what], client) if what in signed else walk.press(client, page)
    monkeypatch.undo()
    assert answer.status_code == 500
    assert len(reports) == 3
    drawn, pin = urlsafe_b64encode(CHANCE).decode(), str(int.from_bytes(CHANCE[:8]) % 10**8)
    hidden = [
        *(*kestrel.secrets, token.secret, request.secret, pinned.secret, walked.secret, verifier),
        *(settings.VALETKEY["ENCRYPTION_KEYS"][0], settings.SECRET_KEY, drawn, pin, " ".join(pin[:4])),
        *(signed[what].signature for what in ("request", "exchange")),
    ]
    for report in (unescape(answer.content.decode()), *reports):
        assert not [text for text in hidden if text in report or quote(text, safe="") in report]


@pytest.mark.abuse("A64")
@pytest.mark.parametrize("broken", ["hmac.digest", "hmac.compare_digest"])
def test_no_report_of_a_crash_in_production_shows_what_a_request_carried_in_its_form(
    ada: User, kestrel: Application, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    verifier = walk.allow(ada, request := walk.ask(kestrel))
    signer = walk.signer(kestrel, request, placement="body")
    url = f"{walk.ORIGIN}/oauth/access_token"
    signed = signer.sign("POST", url, oauth={"oauth_verifier": verifier})
    with monkeypatch.context() as patch, crashes() as reports:
        patch.setattr(broken, FAILS)
        assert walk.send(signed, Client(raise_request_exception=False)).status_code == 500
    assert len(reports) == 3
    for text in (verifier, signed.signature, quote(signed.signature, safe="")):
        assert not [report for report in reports if text in report]
    assert walk.send(signed).status_code == 200


@contextmanager
def crashes() -> Iterator[list[str]]:
    """What Django mails to the administrators of each crash, as text and as a page, and what a reporter of
    crashes gets that looks at every variable.
    """
    reports: list[str] = []

    def report(request: HttpRequest, **kwargs: Any) -> None:
        kind, error, trace = sys.exc_info()
        assert error
        mail = ExceptionReporter(request, kind, error, trace, is_email=True)
        every = TracebackException.from_exception(error, capture_locals=True)
        reports.extend(
            [unescape(mail.get_traceback_html()), mail.get_traceback_text(), "".join(every.format())]
        )

    got_request_exception.connect(report)
    try:
        yield reports
    finally:
        got_request_exception.disconnect(report)


@pytest.mark.abuse("A64")
def test_a_site_s_function_that_fails_shows_the_log_no_secret(
    ada: User, kestrel: Application, caplog: pytest.LogCaptureFixture
) -> None:
    request = walk.ask(kestrel)
    verifier = walk.allow(ada, request)
    with override_settings(VALETKEY={**settings.VALETKEY, "ACCESS_TOKEN_EXTRA": FAILS}):
        assert walk.exchange(kestrel, request, verifier).status_code == 503
    (error,) = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert error
    every = "".join(TracebackException.from_exception(error, capture_locals=True).format())
    assert "token = <AccessToken: " in every  # it shows variables
    assert not [text for text in (kestrel.secret, request.secret, verifier) if text in every]
    assert walk.exchange(kestrel, request, verifier).status_code == 200
