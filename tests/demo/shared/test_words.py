"""The words for a refusal, as the list of pages has them."""

from datetime import UTC, datetime

import pytest

from valetkey.demo.shared.words import Words, words
from valetkey.protocol.encoding import form_encode
from valetkey.protocol.errors import STATUS
from valetkey.protocol.mistakes import SENTENCES


def at(time: str) -> str:
    return str(int(datetime.fromisoformat(f"2026-11-24T{time}+00:00").timestamp()))


CALLBACK = form_encode([("oauth_callback", "https://elsewhere.example/back?a=1")])
# By Aviary, though the extension has words for them.
NEVER_SAID = {"permission_unknown", "additional_authorization_required"}

TITLES = [
    ("signature_invalid", "scheme", "https", {}, "Signed for https, verified http"),
    ("signature_invalid", "scheme", "http", {}, "Signed for http, verified https"),
    ("signature_invalid", "query", "", {}, "The query was left out"),
    ("signature_invalid", "parameter", "status", {}, "`status` was sent, but not signed"),
    ("signature_invalid", "encoding", "", {}, "Encoded once too often"),
    ("signature_invalid", "form", "", {}, "The form was left out"),
    ("signature_invalid", "port", "http://127.0.0.1/", {}, "Signed with another port"),
    ("signature_invalid", "method", "post", {}, "The method was signed as `post`"),
    ("signature_invalid", "token-secret", "", {}, "The token’s secret was left out"),
    ("signature_invalid", "", "", {}, "The signature doesn’t match"),
    ("signature_invalid", "unheard-of", "https", {}, "The signature doesn’t match"),
    ("timestamp_refused", "", "", {}, "The clock is wrong"),
    ("nonce_used", "", "", {}, "Nonce used before"),
    ("token_revoked", "", "", {}, "The person revoked this token"),
    ("token_rejected", "", "", {}, "Unknown token"),
    ("token_expired", "", "", {}, "The request token expired"),
    ("token_used", "", "", {}, "The request token was used already"),
    ("permission_denied", "", "", {}, "Read only, and tried to post"),
    ("consumer_key_refused", "", "", {}, "The application is suspended"),
    ("consumer_key_refused", "", "", {"status": "503"}, "Aviary can’t check nonces at the moment"),
    ("consumer_key_refused", "", "", {"status": "429"}, "Too many requests"),
    ("consumer_key_unknown", "", "", {}, "Unknown consumer key"),
    ("parameter_absent", "", "", {}, "A parameter is missing"),
    ("parameter_absent", "", "", {"oauth_parameters_absent": "oauth_nonce"}, "`oauth_nonce` is missing"),
    ("parameter_absent", "", "", {"oauth_parameters_absent": "a&b"}, "`a`, `b` are missing"),
    ("parameter_rejected", "", "", {}, "A parameter was rejected"),
    (
        *("parameter_rejected", "", "", {"oauth_parameters_rejected": CALLBACK}),
        "The callback isn’t registered",
    ),
    (
        *("parameter_rejected", "", "", {"oauth_parameters_rejected": "oauth_verifier"}),
        "The verifier isn’t the right one",
    ),
    ("signature_method_rejected", "", "", {}, "This signature method isn’t allowed here"),
    (
        *("signature_method_rejected", "", "", {"oauth_signature_method": "HMAC-SHA512"}),
        "HMAC-SHA512 isn’t allowed here",
    ),
    ("version_rejected", "", "", {}, "This version isn’t known"),
    ("version_rejected", "", "", {"oauth_version": "1.1"}, "Version 1.1 isn’t known"),
    ("something_new", "", "", {}, "Aviary refused it"),
]


@pytest.mark.parametrize(("problem", "mistake", "about", "facts", "title"), TITLES)
def test_the_title_is_the_mistake(
    problem: str, mistake: str, about: str, facts: dict[str, str], title: str
) -> None:
    assert words(problem, mistake, about, facts).title == title


@pytest.mark.parametrize("problem", sorted(STATUS.keys() - NEVER_SAID))
def test_every_problem_says_what_was_wrong_and_what_to_do(problem: str) -> None:
    found = words(problem)
    assert found.wrong.endswith(".")
    assert all(line.endswith((".", "?")) for line in found.todo)
    assert found.todo


@pytest.mark.parametrize("mistake", sorted(SENTENCES))
def test_every_mistake_that_can_be_proved_is_named_and_says_how_it_was_proved(mistake: str) -> None:
    found = words("signature_invalid", mistake, "https")
    assert found.title != words("signature_invalid").title
    assert found.proved
    assert found.proof.endswith("got exactly your signature.")


@pytest.mark.parametrize(
    ("sent", "arrived", "title"),
    [
        ("13:30:58", "13:51:02", "Clock 20 min 4 s slow"),
        ("13:30:58", "13:50:58", "Clock 20 min slow"),
        ("13:51:02", "13:30:58", "Clock 20 min 4 s fast"),
        ("08:30:58", "13:51:02", "Clock 5 h 20 min slow"),
    ],
)
def test_a_clock_is_said_by_how_much_it_is_off(sent: str, arrived: str, title: str) -> None:
    facts = {"sent": at(sent), "arrived": at(arrived), "window": "300"}
    assert words("timestamp_refused", facts=facts).title == title


def test_a_clock_is_said_by_what_is_accepted_too() -> None:
    facts = {"sent": at("13:30:58"), "arrived": at("13:51:02"), "window": "300"}
    told = words("timestamp_refused", facts=facts)
    assert told.wrong == "Sent 13:30:58, arrived 13:51:02; accepted 13:46:02 to 13:56:02 UTC."
    assert told.todo == ("Set the clock by the network.",)
    wire = {
        "oauth_timestamp": at("13:30:58"),
        "oauth_acceptable_timestamps": f"{at('13:46:02')}-{at('13:56:02')}",
    }
    assert words("timestamp_refused", facts=wire) == told


def test_a_clock_that_is_days_off_is_said_with_its_day() -> None:
    facts = {"sent": "0", "arrived": at("13:51:02"), "window": "300"}
    told = words("timestamp_refused", facts=facts)
    days = (datetime(2026, 11, 24, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days
    assert told.title == f"Clock {days} days slow"
    assert told.wrong.startswith("Sent 1970-01-01 00:00:00, arrived 2026-11-24 13:51:02;")


@pytest.mark.parametrize(
    "facts",
    [
        {"sent": "1", "oauth_acceptable_timestamps": "1-999999999999999"},
        {"sent": "9" * 5000, "arrived": "1", "window": "300"},
        {"sent": "-1", "arrived": "now", "window": ""},
        {"oauth_timestamp": "٣", "oauth_acceptable_timestamps": "9-1"},
    ],
)
def test_times_that_are_none_say_nothing_of_how_much(facts: dict[str, str]) -> None:
    assert words("timestamp_refused", facts=facts).title == "The clock is wrong"


def test_only_a_mistake_that_gave_the_signature_is_proved() -> None:
    assert words("signature_invalid", "encoding").proved is True
    assert words("signature_invalid").proved is False
    assert words("nonce_used").proved is None


def test_a_wrong_scheme_says_who_can_mend_it() -> None:
    assert words("signature_invalid", "scheme", "https") == Words(
        "Signed for https, verified http",
        "The signature is right, for another address: it fits `https`, and the request arrived by `http`.",
        (
            "If your program calls `http://`, let it sign `http://`: sign the address that you send to,"
            " character by character.",
            "If it does call `https://`, something in front of Aviary takes off TLS, and Aviary hasn’t been"
            " told its public address. Only Aviary’s administrator can mend that; give them the refusal’s"
            " id.",
        ),
        True,
        "Aviary signed the request that arrived as if it had come by `https`, and got exactly your"
        " signature.",
    )


def test_what_is_known_besides_stands_in_the_sentence() -> None:
    assert words("signature_invalid", "query", facts={"query": "count=20"}).wrong == (
        "The address had `?count=20`, and it wasn’t signed."
    )
    assert words("signature_invalid", "encoding").wrong == "`%2520` was signed as `%252520`."
    assert words("signature_invalid", "encoding", facts={"encoded": "%253A"}).wrong == (
        "`%253A` was signed as `%25253A`."
    )
    assert words("nonce_used", facts={"earlier": at("14:07:31")}).wrong == (
        "This request came before, at 14:07:31."
    )
    assert words("parameter_rejected", facts={"oauth_parameters_rejected": CALLBACK}).todo == (
        "Register “https://elsewhere.example/back?a=1”, or send a registered one.",
    )
    assert words("signature_method_rejected", facts={"methods": "HMAC-SHA1, HMAC-SHA256"}).todo == (
        "Use one of HMAC-SHA1, HMAC-SHA256.",
    )


def test_where_there_are_no_words_aviarys_own_are_told() -> None:
    advice = {"oauth_problem_advice": "The request can't be read: 100% wrong %(name)s."}
    assert words("parameter_rejected", facts=advice).wrong == advice["oauth_problem_advice"]
    assert words("something_new", facts=advice).wrong == advice["oauth_problem_advice"]


def test_a_name_that_somebody_sent_is_short_and_hides_nothing() -> None:
    title = words("signature_invalid", "parameter", "a`b\u202e%(x)s" + "c" * 1000).title
    assert title.startswith("`a’b·%(x)sc")
    assert title.endswith("c…` was sent, but not signed")
    assert len(title) < 120
