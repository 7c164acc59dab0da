import ast
import shlex

import pytest

from tests.demo.site import made
from valetkey.demo.site.calls import literal, snippets
from valetkey.demo.site.exchange import Exchange

EXCHANGES = [made.first_leg(), made.third_leg(), made.posted(), made.got(f"{made.ORIGIN}/x.json?a=1&a=2")]


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_the_code_is_python_and_holds_no_secret(exchange: Exchange) -> None:
    with_oauth, with_urllib, curl = snippets(exchange, made.ADDRESSES)
    ast.parse(with_oauth.code)
    ast.parse(with_urllib.code)
    for snippet in (with_oauth, with_urllib, curl):
        assert not any(secret in snippet.code for secret in made.SECRETS)
        assert 'os.environ["CONSUMER_SECRET"]' in snippet.code or snippet is curl


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_curl_sends_the_very_request(exchange: Exchange) -> None:
    words = shlex.split(snippets(exchange, made.ADDRESSES)[2].code.replace("\\\n", ""))
    assert exchange.url in words
    assert f"Authorization: {exchange.authorization}" in words
    if exchange.body:
        assert words[-2:] == ["--data-raw", exchange.body]


def test_plaintext_takes_the_key_from_the_environment() -> None:
    curl = snippets(made.posted(signature_method="PLAINTEXT"), made.ADDRESSES)[2].code
    assert "${CONSUMER_SECRET}%26${TOKEN_SECRET}" in curl


@pytest.mark.parametrize("text", ['"; import os #', "\\", "\n\x00\u202e", "𝄞\U000e0001", "🐦"])
def test_a_literal_reads_back_as_the_text_it_was(text: str) -> None:
    assert ast.literal_eval(literal(text)) == text
    assert literal(text).isprintable()
