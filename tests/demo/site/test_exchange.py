import json
from urllib.parse import quote, quote_plus

import pytest

from tests.demo.site import made
from valetkey.demo.site.exchange import Exchange

EXCHANGES = [made.first_leg(), made.third_leg(), made.posted(), made.got(f"{made.ORIGIN}/1/x.json?count=2")]


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_it_comes_back_from_json_as_it_was(exchange: Exchange) -> None:
    assert Exchange.from_json(json.loads(json.dumps(exchange.as_json()))) == exchange


@pytest.mark.parametrize("exchange", [*EXCHANGES, made.posted(signature_method="PLAINTEXT")])
def test_no_secret_is_kept(exchange: Exchange) -> None:
    kept = json.dumps(exchange.as_json(), ensure_ascii=False)
    for secret in made.SECRETS:
        for written in (secret, quote(secret), quote_plus(secret), quote(quote(secret))):
            assert written not in kept


def test_each_knows_which_call_it_is() -> None:
    assert [exchange.call for exchange in EXCHANGES] == ["request_token", "access_token", "api", "api"]


def test_a_secret_in_an_answer_keeps_its_length() -> None:
    exchange = made.third_leg()
    assert exchange.answer_body == "oauth_token=accesskey&oauth_token_secret=…"
    assert exchange.hidden == {"oauth_token_secret": len(made.ACCESS_TOKEN.secret)}


def test_the_key_is_known_by_lengths_alone() -> None:
    assert made.first_leg().secrets == (len(made.CONSUMER.secret), None)
    assert made.posted().secrets == (len(made.CONSUMER.secret), len(made.ACCESS_TOKEN.secret))


def test_a_refusal_tells_its_problem() -> None:
    assert made.refused("nonce_used").problem == {"oauth_problem": "nonce_used"}
    assert not made.refused("nonce_used").accepted
    assert made.posted().problem == {}
