"""Each mistake is one mistake: the request as it was, and one thing about its signature that is wrong."""

import re
from collections.abc import Callable
from typing import get_args

import pytest

from tests.demo.site import made
from valetkey import AccessToken, Consumer, RequestToken, Signed
from valetkey.demo.site.exchange import Exchange
from valetkey.demo.site.mistakes import SLOW_BY, Slug, broken, offered, replayed
from valetkey.demo.site.sent import octets

NOW = 1_795_529_318
SLUGS: tuple[Slug, ...] = get_args(Slug)
TOKENS: dict[str, AccessToken | RequestToken | None] = {
    "request_token": None,
    "access_token": made.REQUEST_TOKEN,
    "api": made.ACCESS_TOKEN,
}
STEPS = {"connect": made.first_leg, "verify": made.third_leg, "update": made.posted}


def sent(slug: Slug, exchange: Exchange, consumer: Consumer = made.CONSUMER) -> Signed:
    return broken(
        slug,
        exchange,
        consumer,
        TOKENS[exchange.call],
        nonce="fresh",
        timestamp=NOW,
        other_secret="another's",
    )


def without_signature(signed: Signed) -> bytes:
    return re.sub(rb'oauth_signature="[^"]*"', b"", octets(signed))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("slug", ["scheme", "secret", "left-out", "twice"])
def test_only_the_signature_differs_from_the_right_request(step: str, slug: Slug) -> None:
    exchange = STEPS[step]()
    right, wrong = sent("nonce", exchange), sent(slug, exchange)
    assert without_signature(wrong) == without_signature(right)
    assert wrong.signature != right.signature
    assert wrong.parameters == right.parameters
    assert (wrong.base_string == right.base_string) == (slug == "secret")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("slug", SLUGS)
def test_all_but_the_authorization_is_sent_as_it_was(step: str, slug: Slug) -> None:
    exchange = STEPS[step]()
    head, _, body = octets(sent(slug, exchange)).decode().partition("\r\n\r\n")
    assert body == exchange.body
    assert [line for line in head.split("\r\n") if not line.startswith("Authorization")] == [
        line for line in exchange.head if not line.startswith("Authorization")
    ]


@pytest.mark.parametrize(
    ("slug", "step", "signed", "verified"),
    [
        ("scheme", made.posted, "POST&https%3A%2F%2F127", "POST&http%3A%2F%2F127"),
        ("left-out", made.posted, "oauth_version%3D1.0", "%26status%3D"),
        ("left-out", made.first_leg, "&oauth_consumer_key", "&oauth_callback%3D"),
        ("left-out", made.third_leg, "requestkey%26oauth_version", "%26oauth_verifier%3Dtheverifier"),
        ("twice", made.posted, "Tea%252520%252526", "Tea%2520%2526"),
        ("twice", made.first_leg, "http%25253A%25252F", "http%253A%252F"),
        ("twice", made.third_leg, "%2526oauth_nonce%253Dfresh", "%26oauth_nonce%3Dfresh"),
        ("twice", lambda: made.posted("plain"), "%2526status%253Dplain", "%26status%3Dplain"),
    ],
)
def test_what_is_signed_is_wrong_in_the_way_that_is_named(
    slug: Slug, step: Callable[[], Exchange], signed: str, verified: str
) -> None:
    exchange = step()
    right, wrong = sent("nonce", exchange).base_string, sent(slug, exchange).base_string
    assert verified in right
    assert verified not in wrong
    assert signed in wrong


def test_a_slow_clock_signs_rightly_at_the_wrong_time() -> None:
    timestamps = {item.name: item.value for item in sent("clock", made.posted()).parameters}
    assert int(timestamps["oauth_timestamp"]) == NOW - SLOW_BY


@pytest.mark.parametrize("step", STEPS)
def test_a_request_is_replayed_to_the_octet(step: str) -> None:
    exchange = STEPS[step]()
    assert octets(replayed(exchange)).decode().split("\r\n\r\n")[0].split("\r\n") == list(exchange.head)
    assert octets(replayed(exchange)).decode().split("\r\n\r\n")[1] == exchange.body


@pytest.mark.parametrize("step", STEPS)
def test_every_step_can_make_every_mistake(step: str) -> None:
    assert tuple(found.slug for found in offered(STEPS[step](), knows_secret=True)) == SLUGS


def test_without_the_tokens_secret_nothing_is_offered_that_must_be_signed_with_it() -> None:
    found = offered(made.posted(), knows_secret=False)
    assert [mistake.slug for mistake in found] == ["clock", "nonce", "secret"]


def test_https_can_only_be_signed_for_http() -> None:
    exchange = made.posted(url="https://aviary.example/1/statuses/update.json")
    assert "scheme" not in [mistake.slug for mistake in offered(exchange, knows_secret=True)]


def test_the_hints_name_what_this_very_request_holds() -> None:
    hints = {
        name: {mistake.slug: mistake.hint for mistake in offered(step(), knows_secret=True)}
        for name, step in STEPS.items()
    }
    assert hints["update"]["left-out"] == "`status` is sent, but not signed."
    assert hints["connect"]["left-out"] == "`oauth_callback` is sent, but not signed."
    assert hints["verify"]["left-out"] == "`oauth_verifier` is sent, but not signed."
    assert hints["update"]["twice"] == "`%2520` becomes `%252520`."
    assert hints["connect"]["twice"] == "`%253A` becomes `%25253A`."
    assert hints["verify"]["twice"] == "`%3D` becomes `%253D`."


@pytest.mark.parametrize("step", STEPS)
def test_each_mistake_is_said_to_happen_in_real_life(step: str) -> None:
    for mistake in offered(STEPS[step](), knows_secret=True):
        assert mistake.in_real_life.startswith("**In real life** ")
        assert mistake.in_real_life.endswith(".")
