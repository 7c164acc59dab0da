"""What a first leg asks for, as Twitter's clients write it: ``x_auth_access_type``."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.django import walk
from valetkey.django.models import AccessToken, Application, RequestToken

ADDRESS = "/oauth/request_token"
ASKED = "x_auth_access_type"


@pytest.fixture
def kestrel() -> Application:
    return walk.register(access="write")


def first_leg(application: Application, path: str = ADDRESS, **options: Any) -> Any:
    return walk.call(path, application, method="POST", oauth={"oauth_callback": walk.CALLBACK}, **options)


def in_header(application: Application) -> Any:
    """As a library does that puts every parameter beside the protocol's."""
    url = f"{walk.ORIGIN}{ADDRESS}?{ASKED}=read"
    signed = walk.signer(application).sign("POST", url, oauth={"oauth_callback": walk.CALLBACK})
    header = f'{signed.headers["Authorization"]}, {ASKED}="read"'
    return Client().post(ADDRESS, headers={"Authorization": header}, RAW_URI=ADDRESS)


def in_query(application: Application) -> Any:
    return first_leg(application, f"{ADDRESS}?{ASKED}=read")


def in_form(application: Application) -> Any:
    return first_leg(application, headers=walk.FORM, body=f"{ASKED}=read")


@pytest.mark.parametrize("sent", [in_query, in_form, in_header])
def test_it_counts_wherever_in_what_was_signed_it_stands(kestrel: Application, sent: Any) -> None:
    answer = sent(kestrel)
    assert answer.status_code == 200, answer.content
    assert RequestToken.objects.get().requested_access == "read"


@pytest.mark.abuse("A01")
@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data; boundary=x"])
def test_it_counts_for_nothing_where_no_signature_covers_it(kestrel: Application, kind: str) -> None:
    answer = first_leg(kestrel, headers={"Content-Type": kind}, body=f"{ASKED}=nonsense".encode())
    assert answer.status_code == 200, answer.content
    assert RequestToken.objects.get().requested_access is None


@pytest.mark.abuse("A01")
@pytest.mark.parametrize(("signed", "sent"), [("", f"?{ASKED}=read"), (f"?{ASKED}=read", "")])
def test_it_can_not_be_added_or_taken_away_on_the_way(kestrel: Application, signed: str, sent: str) -> None:
    request = walk.signer(kestrel).sign(
        "POST", walk.ORIGIN + ADDRESS + signed, oauth={"oauth_callback": walk.CALLBACK}
    )
    assert walk.problem(walk.send(request, RAW_URI=ADDRESS + sent)) == (401, "signature_invalid")
    assert not RequestToken.objects.exists()


@pytest.mark.parametrize("asked", ["", "READ", "admin", "read%20", "read,write", f"read&{ASKED}=read", "%00"])
def test_another_word_is_refused_with_the_two_that_there_are(kestrel: Application, asked: str) -> None:
    answer = first_leg(kestrel, f"{ADDRESS}?{ASKED}={asked}")
    assert walk.problem(answer) == (400, "parameter_rejected")
    said = walk.read_form(answer)
    assert said["oauth_parameters_rejected"] == ASKED
    assert "“read” or “write”" in said["oauth_problem_advice"]
    assert not RequestToken.objects.exists()


@pytest.mark.rule(5)
def test_more_than_the_application_may_have_is_refused_before_anybody_is_asked(kestrel: Application) -> None:
    kestrel.change_access("read")
    answer = walk.first_leg(kestrel, asked="write")
    assert walk.problem(answer) == (403, "permission_denied")
    assert "This application is read only" in walk.read_form(answer)["oauth_problem_advice"]
    assert not RequestToken.objects.exists()


@pytest.mark.rfc("4.8-1")
@pytest.mark.parametrize("asked", [None, "write", "read"])
def test_the_dialog_shows_and_the_token_gets_what_was_asked_for(
    kestrel: Application, asked: str | None
) -> None:
    ada, request = walk.person(), walk.ask(kestrel, asked=asked)
    client = walk.browser(ada)
    page = walk.open_page(client, request.key)
    title = "read as" if asked == "read" else "read and write as"
    assert f"Allow Kestrel to {title} ada?" in page.content.decode()
    verifier = walk.came_back(walk.press(client, page))["oauth_verifier"]
    assert walk.exchange(kestrel, request, verifier).status_code == 200
    token = AccessToken.objects.get()
    assert token.access == (asked or "write")
    answer = walk.call("/api/write", kestrel, token, method="POST")
    assert answer.status_code == (403 if asked == "read" else 200)


def test_the_page_with_the_pin_says_what_was_allowed(kestrel: Application) -> None:
    client = walk.browser(walk.person())
    page = walk.open_page(client, walk.ask(kestrel, "oob", "read").key)
    assert "You allowed it to read as ada." in walk.press(client, page).content.decode()
    assert RequestToken.objects.get().access == "read"


@pytest.mark.rule(5)
@pytest.mark.parametrize(("asked", "granted"), [("read", "read"), ("write", "read"), (None, "read")])
def test_an_application_that_may_less_since_gets_no_more_than_it_may(
    kestrel: Application, asked: str | None, granted: str
) -> None:
    client = walk.browser(walk.person())
    request = walk.ask(kestrel, asked=asked)
    page = walk.open_page(client, request.key)
    kestrel.change_access("read")
    again = walk.press(client, page)
    if asked != "read":
        assert "The request changed while you were reading." in again.content.decode()
        again = walk.press(client, again)
    walk.came_back(again)
    assert RequestToken.objects.get().access == granted


@pytest.mark.rule(5)
def test_an_application_that_may_more_since_gets_what_it_asked_for(kestrel: Application) -> None:
    kestrel.change_access("read")
    client = walk.browser(walk.person())
    page = walk.open_page(client, walk.ask(kestrel, asked="read").key)
    kestrel.change_access("write")
    walk.came_back(walk.press(client, page))
    assert RequestToken.objects.get().access == "read"


@pytest.mark.rule(5)
def test_a_page_that_asked_to_read_allows_no_other_request_to_write(kestrel: Application) -> None:
    client = walk.browser(walk.person())
    harmless, other = walk.ask(kestrel, asked="read"), walk.ask(kestrel, asked="write")
    shown = walk.field(walk.open_page(client, harmless.key), "shown")
    sent = {"oauth_token": other.key, "shown": shown, "decision": "allow"}
    assert client.post("/oauth/authorize", sent).status_code == 200
    assert RequestToken.objects.get(key=other.key).state == "pending"


def granted(application: Application, user: User, asked: str) -> AccessToken:
    request = walk.ask(application, asked=asked)
    assert walk.exchange(application, request, walk.allow(user, request)).status_code == 200
    return AccessToken.objects.latest("pk")


@pytest.mark.rule(5)
@pytest.mark.parametrize(
    ("before", "asked", "skips"),
    [
        *(("read", "read", True), ("read", "write", False), ("read", None, False)),
        *(("write", "read", True), ("write", "write", True), ("write", None, True)),
    ],
)
def test_signing_in_asks_only_for_more_than_was_allowed(
    kestrel: Application, before: str, asked: str | None, skips: bool
) -> None:
    ada = walk.person()
    granted(kestrel, ada, before)
    page = walk.open_page(walk.browser(ada), walk.ask(kestrel, asked=asked).key, "/oauth/authenticate")
    assert page.status_code == (302 if skips else 200)
    if skips:
        assert RequestToken.objects.latest("pk").access == (asked or "write")
    else:
        assert "It asks for more than before." in page.content.decode()


def test_the_dialog_remembers_the_most_that_was_allowed_and_not_the_last(kestrel: Application) -> None:
    ada = walk.person()
    granted(kestrel, ada, "write")
    granted(kestrel, ada, "read")
    page = walk.open_page(walk.browser(ada), walk.ask(kestrel).key)
    assert "It asks for more than before." not in page.content.decode()
    assert "You allowed this on" in page.content.decode()


@pytest.mark.parametrize(
    ("word", "asks"), [("true", 1), ("TRUE", 1), ("1", 1), ("t", 1), ("false", 0), ("", 0)]
)
def test_force_login_is_read_in_the_spellings_that_clients_use(
    kestrel: Application, word: str, asks: int
) -> None:
    given = {"oauth_token": walk.ask(kestrel).key, "force_login": word}
    page = walk.browser(walk.person()).get("/oauth/authorize", given)
    assert page.content.decode().count("asks you to log in again") == asks
    assert Client().get("/oauth/authorize", given)["Location"].startswith("/login/")
