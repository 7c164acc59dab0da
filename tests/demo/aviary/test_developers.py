"""The developers' corner."""

import re
import secrets
from urllib.parse import urljoin

import pytest

from tests.demo.caller import Caller, granted, problem
from tests.demo.visitor import PASSWORD, Visitor, shown, text_of
from tests.running import Demo
from tests.vectors import rsa_key
from valetkey import AccessToken, Consumer, Signer
from valetkey.django import keys
from valetkey.protocol.rsa import public_pem
from valetkey.urllib import send

REFUSED = [
    ({"name": ""}, "Give it a name."),
    ({"name": "He"}, "Use 3 characters or more."),
    ({"name": "x" * 41}, "Use 40 characters or fewer."),
    ({"name": "Tutorial test site"}, "Another application has this name, or one that looks like it."),
    ({"name": "TUTORIAL TEST-S1TE"}, "Another application has this name, or one that looks like it."),
    ({"name": "H\u0435ron"}, "This name mixes alphabets or holds invisible characters."),
    ({"name": "Her\u200bon"}, "This name mixes alphabets or holds invisible characters."),
    ({"name": "Aviary Official"}, "This name is reserved. Choose another."),
    ({"website": "javascript:alert(1)"}, "This isn’t an address like https://example.com/."),
    ({"callbacks": "nowhere"}, "“nowhere” isn’t an address with a host."),
    ({"callbacks": "https:///verify/"}, "“https:///verify/” isn’t an address with a host."),
    ({"callbacks": "http://example.com/"}, "“http://example.com/” is http on another computer. Use https."),
    ({"callbacks": "javascript:alert(1)"}, "“javascript:” is not allowed."),
    ({"callbacks": "data:text/html,x"}, "“data:” is not allowed."),
    ({"callbacks": "https://a.example/#x"}, "Leave out what follows #."),
    ({"callbacks": "oob"}, "“oob” needs no registration: every application may ask for a PIN."),
]


@pytest.mark.abuse("A57")
@pytest.mark.abuse("A40")
@pytest.mark.parametrize(("typed", "words"), REFUSED)
def test_what_cant_be_registered_is_said_at_the_field(demo: Demo, typed: dict[str, str], words: str) -> None:
    visitor = Visitor.new(demo)
    form = {"name": "Ringing log", "website": "", "callbacks": "", "access": "read"}
    page = visitor.fill(visitor.see("/developers/new/"), **form | typed)
    assert page.status == 422
    assert words in text_of(page.text)
    assert "Ringing log" not in visitor.see("/developers/").text


@pytest.mark.abuse("A57")
@pytest.mark.abuse("A40")
@pytest.mark.parametrize(("typed", "words"), REFUSED)
def test_what_cant_be_registered_cant_be_had_by_a_change_either(
    demo: Demo, typed: dict[str, str], words: str
) -> None:
    application = Visitor.new(demo).register(callbacks="https://heron.example/")
    form = {"name": application.name, "website": "", "callbacks": ""}
    page = application.owner.fill(application.owner.see(f"{application.path}edit/"), **form | typed)
    assert page.status == 422
    assert words in text_of(page.text)
    assert application.page.title == application.name
    assert "Callback https://heron.example/" in text_of(application.page.text)


def test_a_registered_application_shows_its_key_and_hides_its_secret(demo: Demo) -> None:
    visitor = Visitor.new(demo)
    name = f"Heron {secrets.token_hex(4)}"
    form = {"name": name, "callbacks": "https://heron.example/back\r\nheron://back", "access": "write"}
    page = visitor.send("/developers/new/", **form)
    text = text_of(page.text)
    assert page.title == name
    assert "Registered. Key and secret stand below." in text
    assert "Read and write" in text
    assert "Callback https://heron.example/back" in text
    assert "Callback heron://back" in text
    assert len(shown(page, "ck")) >= 22
    assert len(shown(page, "cs")) >= 32
    assert '<details class="secret">' in page.text
    assert name in visitor.see("/developers/").text
    assert Caller(demo, Consumer(shown(page, "ck"), shown(page, "cs"))).request_token()


def test_a_stranger_is_asked_to_log_in_before_registering(demo: Demo) -> None:
    stranger = Visitor(demo)
    assert stranger.see("/developers/").status == 200
    assert stranger.see("/developers/new/").title == "Log in"


@pytest.mark.abuse("A63")
def test_somebody_elses_application_is_not_there(demo: Demo) -> None:
    mine = Visitor.new(demo).register()
    other = Visitor.new(demo)
    page = other.see("/account/")
    form = page.text[page.text.index("<form") : page.text.index("</form>")]
    for path in ("", "edit/", "reset/", "secret/retire/"):
        answer = other.see(f"{mine.path}{path}")
        assert answer.status == 404, path
        assert answer.title == "Aviary has no such page"
    for path in ("edit/", "access/", "secret/", "secret/retire/", "reset/", "token/", "token/revoke/"):
        sent = other.post(page._replace(url=f"{other.origin}{mine.path}{path}"), form, {})
        assert sent.status == 404, path


@pytest.mark.abuse("A44")
def test_raised_access_changes_no_token_that_is_there(demo: Demo) -> None:
    application = Visitor.new(demo).register(access="read")
    person = Visitor.new(demo)
    caller = Caller(demo, application.consumer)
    request_token = caller.request_token()
    pin = person.pin(caller.authorize_url(request_token))
    caller.token = granted(caller.access_token(request_token, pin))
    own = Caller(demo, application.consumer, application.own_token())

    page = application.owner.fill(application.page, access="write")
    text = text_of(application.page.text)

    assert page.location == application.path
    assert "Nobody’s token grew: 1 of 1 person must allow it again to be posted for." in text
    assert "1 of 1 person allowed read only. To be posted for, they must allow it again." in text
    assert "This token is still read only. Revoke it and make a new one to post." in text
    for one in (caller, own):
        assert one.get("/1/feed/timeline.json").status == 200
        assert one.post("/1/statuses/update.json", status="x").status == 403


def test_lowered_access_holds_for_every_token_at_once(demo: Demo) -> None:
    application = Visitor.new(demo).register(access="write")
    caller = Caller(demo, application.consumer, application.own_token())
    caller.update("while it could")
    application.owner.fill(application.page, access="read")
    assert (
        "Access is now read only. Posting is refused from now on, with every token." in application.page.text
    )
    for _ in range(10):
        assert caller.post("/1/statuses/update.json", status="x").status == 403


def test_callbacks_can_be_edited(demo: Demo) -> None:
    application = Visitor.new(demo).register(callbacks="https://a.example/")
    page = application.owner.send(
        f"{application.path}edit/",
        name=application.name,
        callbacks="https://b.example/",
        website="https://b.example/",
    )
    assert "Saved." in page.text
    caller = Caller(demo, application.consumer)
    assert caller.request_token("https://b.example/")
    answer = caller.first_leg("https://a.example/")
    assert (answer.status, problem(answer)) == (400, "parameter_rejected")


def test_a_second_secret_works_beside_the_first_until_that_one_is_retired(demo: Demo) -> None:
    application = Visitor.new(demo).register()
    first = application.consumer
    token = application.own_token()
    application.owner.press(application.page, "Add a second secret")
    second = application.consumer
    assert second.key == first.key
    assert second.secret != first.secret
    for consumer in (first, second):
        assert Caller(demo, consumer, token).get("/1/feed/timeline.json").status == 200

    page = application.owner.see(f"{application.path}secret/retire/")
    assert page.title == "Retire the older secret?"
    assert "It is in use: last just now." in text_of(page.text)
    assert "Retired. One secret is left." in application.owner.press(page, "Retire the older secret").text

    assert Caller(demo, second, token).get("/1/feed/timeline.json").status == 200
    answer = Caller(demo, first, token).get("/1/feed/timeline.json")
    assert (answer.status, problem(answer)) == (401, "signature_invalid")


PRIVATE = rsa_key("mastercard", "private_pem") or ""
PUBLIC, OTHER = (public_pem(rsa_key(name, "private_pem")) for name in ("mastercard", "requests-oauthlib"))


def by_rsa(consumer: Consumer, private: str = PRIVATE) -> Consumer:
    return Consumer(consumer.key, rsa_key=private)


def told(demo: Demo, consumer: Consumer, token: AccessToken, method: str = "RSA-SHA256") -> object:
    """Status and problem, or the status alone, of what `consumer` asks with `token`."""
    url = f"{demo.info['provider']}/1/feed/timeline.json"
    answer = send(Signer(consumer, token, signature_method=method).sign("GET", url))
    return 200 if answer.status == 200 else (answer.status, problem(answer))


@pytest.mark.abuse("A14")
def test_a_public_key_takes_the_place_of_the_secret(demo: Demo) -> None:
    application = Visitor.new(demo).register()
    secret, token, owner = application.consumer, application.own_token(), application.owner
    place = f"{application.path}rsa/"
    assert told(demo, by_rsa(secret), token) == (400, "signature_method_rejected")

    page = owner.send(place, rsa_public_key=PUBLIC)
    assert "Given. The consumer secret stopped working at" in page.text
    assert shown(page, "rk") == keys.shown(PUBLIC).fingerprint
    assert "2048 bits, SHA-256:" in text_of(page.text)
    assert 'id="cs"' not in page.text
    assert told(demo, by_rsa(secret), token) == 200
    for guess in (secret.secret, PUBLIC, PUBLIC.replace("\n", "\r\n"), ""):
        for method in ("HMAC-SHA1", "HMAC-SHA256"):
            forged = Consumer(secret.key, guess)
            assert told(demo, forged, token, method) == (400, "signature_method_rejected")

    page = owner.send(place, rsa_public_key=OTHER)
    assert "Replaced. The old key stopped working at" in page.text
    assert told(demo, by_rsa(secret), token) == (401, "signature_invalid")
    assert "Another private key than the registered one’s." in _refusal(owner, application.path)
    assert told(demo, by_rsa(secret, rsa_key("requests-oauthlib", "private_pem") or ""), token) == 200

    page = owner.press(owner.see(f"{place}remove/"), "Remove the public RSA key")
    assert "Removed. The consumer secret signs from now on." in page.text
    assert application.consumer == secret
    assert told(demo, secret, token, "HMAC-SHA1") == 200


def _refusal(owner: Visitor, path: str) -> str:
    """The newest refusal's page."""
    found = re.search(rf'href="({path}refusals/[0-9A-Z-]+/)"', owner.see(f"{path}refusals/").text)
    assert found
    return owner.see(found[1]).text


@pytest.mark.abuse("A36")
@pytest.mark.parametrize("place", ["/developers/new/", "rsa/"])
def test_a_private_key_is_refused_and_kept_and_shown_nowhere(demo: Demo, place: str) -> None:
    owner = Visitor.new(demo)
    application = owner.register()
    typed = {"name": "Ringing log", "access": "read"} if place.startswith("/") else {}
    page = owner.fill(owner.see(urljoin(application.path, place)), **typed, rsa_public_key=PRIVATE)
    assert page.status == 422
    assert "This is a private key, which must never leave its owner." in text_of(page.text)
    canary = PRIVATE.splitlines()[5]
    assert canary not in page.text
    assert "rk" not in application.page.text.split('id="')
    assert not [
        file for file in demo.folder.rglob("*.*") if file.is_file() and canary.encode() in file.read_bytes()
    ]


@pytest.mark.abuse("A36")
def test_what_is_no_good_key_is_said_at_the_field(demo: Demo) -> None:
    owner = Visitor.new(demo)
    application = owner.register()
    weak = rsa_key("wiki-test-principal", "public_pem") or ""
    for text, words in (
        (weak, "This key has 1024 bits. Give one of 2048 to 8192."),
        (PUBLIC + OTHER, "These are several keys: give one."),
        ("A" * 1_000_000, "This is too long for a key"),
        (PUBLIC[:80] + "\x00" + PUBLIC[80:], "This is no public key."),
        ("", "Paste a public key."),
    ):
        page = owner.fill(owner.see(f"{application.path}rsa/"), rsa_public_key=text)
        assert page.status == 422
        assert words in text_of(page.text)
        assert len(page.text) < 20_000
    assert shown(application.page, "cs")


def test_an_application_is_registered_with_a_public_key(demo: Demo) -> None:
    owner = Visitor.new(demo)
    named = {"name": f"Heron {secrets.token_hex(4)}", "access": "read"}
    page = owner.send("/developers/new/", **named, rsa_public_key=PUBLIC)
    assert shown(page, "rk") == keys.shown(PUBLIC).fingerprint
    assert 'id="cs"' not in page.text
    consumer = Consumer(shown(page, "ck"), rsa_key=PRIVATE)
    page = owner.press(page, "Make an access token")
    assert told(demo, consumer, AccessToken(shown(page, "tk"), shown(page, "ts"))) == 200


@pytest.mark.abuse("A14")
def test_no_form_that_was_opened_earlier_undoes_what_a_key_changed(demo: Demo) -> None:
    owner = Visitor.new(demo)
    application = owner.register()
    place, token = f"{application.path}rsa/", application.own_token()
    consumer = by_rsa(application.consumer)
    edit = owner.see(f"{application.path}edit/")
    owner.send(place, rsa_public_key=OTHER)
    remove = owner.see(f"{place}remove/")
    owner.send(place, rsa_public_key=PUBLIC)

    forged = {"signature_methods": "", "rsa_public_key": "", "rsa_key_given_at": "", "key": "x"}
    form = re.search(r"<form\b.*?</form>", edit.text, re.DOTALL)
    assert form
    owner.follow(owner.post(edit, form[0], {"name": application.name, **forged}))
    page = owner.press(remove, "Remove the public RSA key")
    assert "The key changed while you were reading. Nothing was removed." in page.text
    assert told(demo, consumer, token) == 200


def test_nobody_else_gives_or_removes_a_key(demo: Demo) -> None:
    application = Visitor.new(demo).register()
    application.owner.send(f"{application.path}rsa/", rsa_public_key=PUBLIC)
    for path in ("rsa/", "rsa/remove/"):
        assert Visitor.new(demo).see(f"{application.path}{path}").status == 404
    page = application.owner.see(f"{application.path}rsa/")
    assert application.owner.post(page, "<form>", {"rsa_public_key": OTHER}).status == 403


@pytest.mark.abuse("A48")
def test_a_reset_says_what_it_breaks_and_breaks_it_at_once(demo: Demo) -> None:
    application = Visitor.new(demo).register(access="write", callbacks="http://127.0.0.1/")
    person = Visitor.new(demo)
    old = Caller(demo, application.consumer)
    request_token = old.request_token()
    granted_token = granted(old.access_token(request_token, person.pin(old.authorize_url(request_token))))
    own = application.own_token()
    waiting = old.request_token()

    page = application.owner.see(f"{application.path}reset/")
    text = text_of(page.text)
    assert page.title == f"Reset key and secret of {application.name}?"
    assert "requests signed with the old key are refused, until you install the new one;" in text
    assert (
        "the access tokens of 1 person stop working, and that person must allow the application again;"
        in text
    )
    assert "your own access token stops working;" in text
    assert Caller(demo, application.consumer, granted_token).get("/1/feed/timeline.json").status == 200

    page = application.owner.press(page, "Reset key and secret")

    said = text_of(page.text)
    assert "New key and secret. The old ones stopped working at" in said
    assert f"1 person must allow {application.name} again." in said
    for token in (granted_token, own):
        for consumer in (old.consumer, application.consumer):
            assert Caller(demo, consumer, token).get("/1/feed/timeline.json").status == 401
    assert person.get(old.authorize_url(waiting)).title == "Aviary doesn’t know this request"
    with pytest.raises(AssertionError, match="consumer_key_unknown"):
        old.request_token()
    assert Caller(demo, application.consumer).request_token()


def test_an_own_access_token_works_until_its_owner_revokes_it(demo: Demo) -> None:
    application = Visitor.new(demo).register(access="write")
    caller = Caller(demo, application.consumer, application.own_token())
    assert caller.update("mine")["user"]["screen_name"] == application.owner.name
    page = application.owner.press(application.page, "Revoke")
    assert "Your access token stopped working at" in page.text
    for _ in range(10):
        assert caller.get("/1/feed/timeline.json").status == 401
    assert application.own_token() != caller.token


@pytest.mark.abuse("A55")
def test_what_changes_something_takes_a_post_with_the_pages_token(demo: Demo) -> None:
    application = Visitor.new(demo).register()
    for path in ("access/", "secret/", "token/", "token/revoke/"):
        assert application.owner.see(f"{application.path}{path}").status == 405
    page = application.owner.see(f"{application.path}reset/")
    answer = application.owner.post(page, "<form>", {})
    assert answer.status == 403
    assert answer.title == "What you sent didn’t arrive"
    assert Caller(demo, application.consumer).request_token()


@pytest.mark.rule(9)
def test_pages_never_accept_oauth(demo: Demo) -> None:
    """A token can't make itself more powerful: account and developers' pages take the session only."""
    robin = Caller(demo)
    for path in ("/account/", "/account/applications/", "/developers/new/", "/developers/1/"):
        answer = robin.get(path)
        assert answer.status == 302, path
        assert (answer.headers["Location"] or "").startswith("/login/")


def test_the_addresses_for_requests_stand_on_the_page(demo: Demo) -> None:
    page = Visitor(demo).see("/developers/")
    origin = demo.info["provider"]
    assert shown(page, "rt") == f"{origin}/oauth/request_token"
    assert shown(page, "au") == f"{origin}/oauth/authorize"
    assert shown(page, "at") == f"{origin}/oauth/access_token"
    assert PASSWORD not in page.text


def test_a_number_that_no_database_holds_is_not_there(demo: Demo) -> None:
    visitor = Visitor.new(demo)
    for path in (f"/developers/{10**20}/", f"/account/applications/{10**20}/", f"/status/{10**20}/"):
        assert visitor.see(path).status == 404


def test_many_bad_callbacks_are_named_five_at_a_time(demo: Demo) -> None:
    page = Visitor.new(demo).send(
        "/developers/new/", name="Heron", callbacks="nowhere\n" * 2_000, access="read"
    )
    assert page.status == 422
    assert len(page.text) < 60_000
