"""What an application's owner reads about its refused requests."""

import pytest

from tests.demo.caller import Caller, form_of, replaced
from tests.demo.visitor import Registered, Visitor, text_of
from tests.running import Demo
from valetkey import AccessToken, Consumer, Signed, Signer
from valetkey.protocol.encoding import percent_encode
from valetkey.protocol.mistakes import SENTENCES
from valetkey.protocol.signatures import METHODS, Key
from valetkey.urllib import send

UPDATE = "/1/statuses/update.json"


@pytest.fixture
def mine(demo: Demo) -> Registered:
    return Visitor.new(demo).register(access="write")


def refused(demo: Demo, mine: Registered, wrong: str = "scheme") -> dict[str, str]:
    """A request with a mistake: what Aviary answered."""
    caller = Caller(demo, mine.consumer, mine.own_token())
    signed = caller.signed("POST", UPDATE, {"status": "canary"})
    if wrong == "scheme":
        signed = wrong_signature("scheme", caller)
    elif wrong == "clock":
        signed = caller.signed("POST", UPDATE, {"status": "canary"}, timestamp=1_000_000_000)
    elif wrong == "secret":
        caller = Caller(demo, Consumer(mine.consumer.key, "another"), mine.own_token())
        signed = caller.signed("POST", UPDATE, {"status": "canary"})
    answer = send(signed)
    assert answer.status == 401, answer.body
    return form_of(answer)


def test_a_refusal_stands_on_the_application_s_page_in_the_list_and_on_a_page_of_its_own(
    demo: Demo, mine: Registered
) -> None:
    said = refused(demo, mine)
    for path in (mine.path, f"{mine.path}refusals/"):
        page = mine.owner.see(path)
        assert "Signed for https, verified http" in text_of(page.text)
        assert f"{mine.path}refusals/{said['refusal']}/" in page.text
    page = mine.owner.see(f"{mine.path}refusals/{said['refusal']}/")
    assert page.title == "Signed for https, verified http"
    text = text_of(page.text)
    assert "it fits https, and the request arrived by http" in text
    assert "Proved." in text
    assert "POST&http<mark>s</mark>%3A" in page.text.replace("&amp;", "&")
    assert f"Address verified{demo.info['provider']}{UPDATE}" in text
    assert "401, and the nonce stays unused" in text


def test_who_has_only_the_id_finds_the_page(demo: Demo, mine: Registered) -> None:
    said = refused(demo, mine)
    page = mine.owner.see(f"/developers/refusals/{said['refusal']}/")
    assert page.url.endswith(f"{mine.path}refusals/{said['refusal']}/")


def test_a_wrong_clock_is_told_with_its_times(demo: Demo, mine: Registered) -> None:
    said = refused(demo, mine, "clock")
    text = text_of(mine.owner.see(f"{mine.path}refusals/{said['refusal']}/").text)
    assert "days slow" in text
    assert "Set the clock by the network." in text


@pytest.mark.rule(7)
@pytest.mark.abuse("A32")
def test_a_page_shows_no_secret_no_value_and_no_signature(demo: Demo, mine: Registered) -> None:
    token, consumer = mine.own_token(), mine.consumer
    said = refused(demo, mine, "secret")
    page = mine.owner.see(f"{mine.path}refusals/{said['refusal']}/").text
    assert "The signature doesn’t match" in page
    assert "Likely." in page
    right = Signer(consumer, token).sign("POST", f"{demo.info['provider']}{UPDATE}").signature
    for hidden in ("canary", token.secret, token.key, consumer.secret, right):
        assert hidden not in page


def wrong_signature(slug: str, caller: Caller) -> Signed:
    """A request whose signature this mistake made."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    sent = caller.signed(
        "POST", f"{UPDATE}?lat=1" if slug == "query" else UPDATE, {"status": "a b", "x": "1"}
    )
    token = AccessToken(caller.token.key, "") if slug == "token-secret" else caller.token
    signer = Signer(caller.consumer, token)
    url, body = sent.url, sent.body
    if slug == "scheme":
        url = url.replace("http:", "https:")
    elif slug == "port":
        url = f"http://127.0.0.1{UPDATE}"
    elif slug == "query":
        url = url.partition("?")[0]
    elif slug == "form":
        body = None
    elif slug == "parameter":
        body = b"x=1"
    elif slug == "encoding":
        body = b"status=a%2520b&x=1"
    made = signer.sign("POST", url, headers=form if body else None, body=body)
    if slug == "method":
        text = made.base_string.replace("POST", "post", 1)
        signature = METHODS["HMAC-SHA1"].sign(text, Key(caller.consumer.secret, caller.token.secret))
        right, wrong = percent_encode(made.signature), percent_encode(signature)
        made = replaced(
            made,
            headers=made.headers.replacing(
                "Authorization", made.headers["Authorization"].replace(right, wrong)
            ),
        )
    authorization = made.headers["Authorization"]
    return replaced(sent, headers=sent.headers.replacing("Authorization", authorization))


TITLES = {
    "scheme": "Signed for https, verified http",
    "port": "Signed with another port",
    "query": "The query was left out",
    "form": "The form was left out",
    "parameter": "status was sent, but not signed",
    "encoding": "Encoded once too often",
    "method": "The method was signed as post",
    "token-secret": "The token’s secret was left out",
}


def test_each_mistake_that_can_be_proved_has_its_words_and_the_two_lines_that_differ(
    demo: Demo, mine: Registered
) -> None:
    assert TITLES.keys() == SENTENCES.keys()
    caller = Caller(demo, mine.consumer, mine.own_token())
    for slug, title in TITLES.items():
        answer = send(wrong_signature(slug, caller))
        said = form_of(answer)
        assert said["mistake"] == slug, slug
        page = mine.owner.see(f"{mine.path}refusals/{said['refusal']}/")
        assert text_of(page.text[page.text.index("<h1") : page.text.index("</h1>")]) == title
        assert "Proved." in page.text
        assert "<mark>" in page.text, slug
        assert "What to do" in page.text


def test_an_application_that_may_not_do_it_itself_is_not_told_of_a_token(demo: Demo) -> None:
    mine = Visitor.new(demo).register(access="read")
    reader = Caller(demo, mine.consumer, mine.own_token())
    for answer, told, not_told in (
        (reader.first_leg("oob", "write"), "x_auth_access_type asks for read and write", "The token was"),
        (reader.post(UPDATE, status="x"), "The token was allowed to read.", "Aviary refused it"),
    ):
        assert answer.status == 403
        text = text_of(mine.owner.see(f"{mine.path}refusals/{form_of(answer)['refusal']}/").text)
        assert told in text
        assert not_told not in text


@pytest.mark.abuse("A63")
def test_somebody_else_s_refusals_are_not_there(demo: Demo, mine: Registered) -> None:
    said = refused(demo, mine)
    other = Visitor.new(demo)
    theirs = other.register()
    for path in (
        f"{mine.path}refusals/",
        f"{mine.path}refusals/{said['refusal']}/",
        f"{theirs.path}refusals/{said['refusal']}/",
        f"/developers/refusals/{said['refusal']}/",
    ):
        page = other.see(path)
        assert page.status == 404
        assert "verified http" not in page.text


def test_without_refusals_the_page_says_so(mine: Registered) -> None:
    for path in (mine.path, f"{mine.path}refusals/"):
        assert "None in the last 7 days." in text_of(mine.owner.see(path).text)


def test_the_list_of_one_s_applications_counts_what_was_refused_in_a_day(
    demo: Demo, mine: Registered
) -> None:
    assert "refused in the last 24 hours" not in text_of(mine.owner.see("/developers/").text)
    refused(demo, mine)
    assert "1 request was refused in the last 24 hours." in text_of(mine.owner.see("/developers/").text)
    refused(demo, mine, "clock")
    assert "2 requests were refused in the last 24 hours." in text_of(mine.owner.see("/developers/").text)


@pytest.mark.parametrize("identifier", ["0000-0000", "nonsense", "%00", "x" * 300])
def test_an_id_that_nobody_gave_leads_to_a_plain_page(mine: Registered, identifier: str) -> None:
    for path in (f"{mine.path}refusals/{identifier}/", f"/developers/refusals/{identifier}/"):
        page = mine.owner.see(path)
        assert (page.status, page.title) == (404, "Aviary doesn’t keep this refusal")
