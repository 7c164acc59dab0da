from dataclasses import replace
from urllib.parse import urlencode

import pytest

from tests.demo.site import made
from valetkey import Answer
from valetkey.demo.site import troubles
from valetkey.demo.site.troubles import refused


@pytest.mark.parametrize(
    ("problem", "status", "title", "way"),
    [
        ("signature_invalid", 502, "The signature doesn’t match", "try again"),
        ("nonce_used", 502, "Nonce used before", "try again"),
        ("token_rejected", 502, "Unknown token", "try again"),
        ("token_revoked", 403, "Your access was revoked", "connect again"),
        ("permission_denied", 403, "Aviary may read for you, not post", "connect again"),
        ("consumer_key_refused", 502, "The application is suspended", "try again"),
        ("consumer_key_unknown", 502, "Unknown consumer key", "try again"),
        ("something_new", 502, "Aviary refused it", "try again"),
    ],
)
def test_each_refusal_has_its_words(problem: str, status: int, title: str, way: str) -> None:
    trouble = refused(made.refused(problem))
    assert (trouble.status, trouble.title, trouble.way) == (status, title, way)
    assert (trouble.said, trouble.problem) == ("401 Unauthorized", problem)
    assert "Nothing was posted." in trouble.text


@pytest.mark.parametrize(
    ("problem", "status", "title"),
    [
        ("token_expired", 410, "It took too long"),
        ("token_used", 409, "This verifier is used up"),
        ("token_rejected", 410, "Aviary doesn’t know this request any more"),
        ("parameter_rejected", 502, "A parameter was rejected"),
    ],
)
def test_an_exchange_that_was_refused_starts_anew(problem: str, status: int, title: str) -> None:
    trouble = refused(made.third_leg(Answer(401, made.FORM, f"oauth_problem={problem}")))
    assert (trouble.status, trouble.title, trouble.way) == (status, title, "start anew")
    assert "Nothing was exchanged." in trouble.text


def test_a_clock_is_said_by_how_much_it_is_off() -> None:
    sent = int(made.posted().oauth["oauth_timestamp"])
    accepted = f"{sent + 1204 - 300}-{sent + 1204 + 300}"
    trouble = refused(made.refused("timestamp_refused", oauth_acceptable_timestamps=accepted))
    assert trouble.title == "Clock 20 min 4 s slow"


def test_what_is_missing_is_named() -> None:
    absent = made.refused("parameter_absent", 400, oauth_parameters_absent="oauth_nonce")
    assert refused(absent).title == "`oauth_nonce` is missing"


def test_what_to_do_is_said_in_our_own_words_where_there_are_some() -> None:
    known = made.refused("nonce_used", oauth_problem_advice="Sign a retry anew.")
    assert refused(known).todo == ("Make a new nonce and sign again, for a retry too.",)
    novel = made.refused("something_new", oauth_problem_advice="Come back tomorrow.")
    assert refused(novel).text.startswith("Come back tomorrow.")


def test_a_mistake_that_aviary_has_proved_is_named_with_its_proof() -> None:
    trouble = refused(made.refused("signature_invalid", mistake="token-secret", mistake_about=""))
    assert trouble.title == "The token’s secret was left out"
    assert trouble.text == (
        "The key ended at `&`. Aviary signed with the consumer secret and `&` alone, and got exactly your"
        " signature. Nothing was posted."
    )
    assert trouble.todo == ("Use consumer secret, `&`, token secret.",)
    assert not trouble.likely


@pytest.mark.parametrize(
    ("detail", "sentence", "likely"),
    [
        (None, "Aviary signed the request as it arrived", False),
        ("the same", "Its base string was the same, to the letter", True),
        ("another", "Its base string, in the answer below, was another one", True),
    ],
)
def test_a_mistake_that_nothing_proves_is_only_likely(
    detail: str | None, sentence: str, likely: bool
) -> None:
    exchange = made.refused("signature_invalid")
    if detail:
        string = exchange.base_string if detail == "the same" else "POST&x&y"
        explained = urlencode({"oauth_problem_detail": f"verified over the base string: {string}"})
        exchange = replace(exchange, answer_body=f"{exchange.answer_body}&{explained}")
    trouble = refused(exchange)
    assert trouble.title == "The signature doesn’t match"
    assert sentence in trouble.text
    assert bool(trouble.likely) == likely


def test_a_store_that_fails_says_when_to_come_again() -> None:
    answer = Answer(503, {**made.FORM, "Retry-After": "5"}, "oauth_problem=consumer_key_refused")
    trouble = refused(made.posted(answer=answer))
    assert (trouble.status, trouble.retry_after) == (503, 5)
    assert trouble.text == "Nothing was posted. Try again in 5 seconds."


def test_a_refusal_in_json_is_quoted() -> None:
    body = '{"errors": [{"code": 186, "message": "A status can\'t hold a NUL."}]}'
    assert "A status can't hold a NUL." in refused(made.posted(answer=Answer(403, made.JSON, body))).text


def test_a_yes_without_what_was_asked_for_is_no_answer() -> None:
    assert refused(made.posted()).title == "Aviary’s answer can’t be used"


def test_no_answer_names_the_address() -> None:
    assert "http://127.0.0.1:1" in troubles.no_answer("http://127.0.0.1:1").text
