"""What is shown of Aviary's answer to a mistake."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.demo.site import made
from valetkey import Answer
from valetkey.demo.site.difference import Part
from valetkey.demo.site.exchange import Exchange
from valetkey.demo.site.mistakes import Mistake, Slug, broken
from valetkey.demo.site.refusals import Refusal
from valetkey.demo.site.sent import octets
from valetkey.protocol.header import build_authorization

NOW = 1_795_529_318


def refused(
    slug: Slug, problem: str = "signature_invalid", *, explained: bool = True, **said: str
) -> Refusal:
    """A status that was sent with this mistake, and what Aviary says to that."""
    exchange = made.posted()
    make: dict[str, Any] = {"nonce": "n", "timestamp": NOW, "other_secret": "another's"}
    right = broken("nonce", exchange, made.CONSUMER, made.ACCESS_TOKEN, **make)
    signed = broken(slug, exchange, made.CONSUMER, made.ACCESS_TOKEN, **make)
    body = {"oauth_problem": problem, **said}
    if explained and problem == "signature_invalid":
        body["oauth_problem_detail"] = f"HMAC-SHA1 verified over the base string: {right.base_string}"
    answer = Answer(401, made.FORM, urlencode(body))
    kept = Exchange.of(
        signed,
        answer,
        octets(signed),
        consumer_secret=made.CONSUMER.secret,
        token_secret=made.ACCESS_TOKEN.secret,
    )
    mistake = Mistake(slug, "label", "hint", "In real life", "%2520")
    return Refusal.of(kept, mistake, NOW if slug == "nonce" else None)


def differing(parts: tuple[Part, ...]) -> str:
    return "".join(f"[{part.text}]" if part.differs else part.text for part in parts)


def test_a_proved_mistake_is_told_with_its_proof_and_the_lines_that_differ() -> None:
    refusal = refused("scheme", mistake="scheme", mistake_about="https")
    assert (refusal.said, refusal.problem) == ("401 Unauthorized", "signature_invalid")
    assert refusal.words.title == "Signed for https, verified http"
    assert refusal.sentences[-1] == "That is proof, not a guess."
    assert refusal.difference
    assert differing(refusal.difference.signed) == "POST&http[s]%3A%2F%2F127.0.0.1…"
    assert differing(refusal.difference.verified) == "POST&http%3A%2F%2F127.0.0.1…"
    assert not refusal.likely


def test_another_secret_is_likely_and_nothing_differs() -> None:
    refusal = refused("secret")
    assert refusal.words.title == "The signature doesn’t match"
    assert refusal.likely == "Another secret than this application’s."
    assert refusal.difference is None
    assert "the same, to the letter" in refusal.sentences[-1]


def test_an_encoding_is_named_by_what_this_request_holds() -> None:
    refusal = refused("twice", mistake="encoding")
    assert refusal.sentences[0] == "`%2520` was signed as `%252520`."
    assert refusal.difference
    assert "[%252520]" in differing(refusal.difference.signed)
    assert "[%2520]" in differing(refusal.difference.verified)


def test_a_nonce_is_said_to_have_been_used_when_it_was() -> None:
    refusal = refused("nonce", "nonce_used")
    assert refusal.words.title == "Nonce used before"
    assert refusal.sentences == ["This request came before, at 14:08:38."]
    assert refusal.is_explained
    assert not refusal.signature, "it was right"


def test_a_service_that_explains_nothing_is_said_to() -> None:
    refusal = refused("scheme", explained=False)
    assert not refusal.is_explained
    assert refusal.difference is None
    assert not refusal.likely
    assert refusal.sentences == [
        "Aviary signed the request as it arrived, with its own copies of the secrets, and got another"
        " signature."
    ]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("7QK3-9MXD", "7QK3-9MXD"),
        ("7qk3-9mxd", ""),
        ("../../7QK3-9MXD", ""),
        ('7QK3-9MXD"><script>', ""),
        ("7QK3-9MXD\n", ""),
        ("", ""),
    ],
)
def test_only_what_is_a_refusals_id_becomes_a_link(said: str, shown: str) -> None:
    assert refused("clock", "timestamp_refused", refusal=said).identifier == shown


def test_a_refusals_id_is_read_from_the_header_too() -> None:
    fields = {"WWW-Authenticate": build_authorization([("refusal", "7QK3-9MXD")], None)}
    exchange = made.posted(answer=Answer(401, fields, ""))
    assert exchange.besides == {"refusal": "7QK3-9MXD", "mistake": "", "mistake_about": ""}


def test_the_verifier_is_hidden_where_aviary_hides_it() -> None:
    exchange = made.third_leg(Answer(401, made.FORM, "oauth_problem=signature_invalid"))
    hidden = exchange.base_string.replace("theverifier", "…")
    detail = urlencode({"oauth_problem_detail": f"HMAC-SHA1 verified over the base string: {hidden}"})
    exchange = replace(exchange, answer_body=f"{exchange.answer_body}&{detail}")
    refusal = Refusal.of(exchange, Mistake("secret", "", "", ""))
    assert refusal.difference is None, "they differ in nothing else"
