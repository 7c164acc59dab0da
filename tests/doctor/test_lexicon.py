"""What providers say, and what it means."""

import re

import pytest

from valetkey.doctor.lexicon import ANY, HOSTS, MEANINGS, SOURCES, TABLE, look_up, retired, service_of
from valetkey.doctor.reply import read

ANSWERS = {
    "oauth_problem=signature_invalid": (ANY, "signature"),
    "oauth_problem=nonce_used&oauth_problem_advice=x": (ANY, "nonce"),
    '{"oauth_problem": "timestamp_refused"}': (ANY, "clock"),
    "<h1>oauth_problem=token_rejected</h1>": (ANY, "token"),
    'WWW-Authenticate: OAuth oauth_problem="parameter_absent"': (ANY, "missing"),
    "oauth_problem%3Dpermission_denied": (ANY, "permission"),
    '{"errors":[{"code":32,"message":"Could not authenticate you."}]}': ("X", "signature"),
    '{"errors":[{"code":453,"message":"x"}]}': ("X", "tier"),
    '<?xml version="1.0"?><errors><error code="415">Callback URL not approved</error></errors>': (
        "X",
        "callback",
    ),
    '{"type":"https://api.twitter.com/2/problems/oauth1-permissions"}': ("X", "permission"),
    "oauth_problem=signature_invalid&debug_sbs=GET": ("Flickr", "signature"),
    '<rsp stat="fail"><err code="100" msg="Invalid API Key" /></rsp>': ("Flickr", "key"),
    '{"error":{"code":"INVALID_LOGIN_ATTEMPT","message":"Invalid login attempt."}}': (
        "NetSuite",
        "signature",
    ),
    '{"message":"The signature is invalid. Verify and try again."}': ("Magento", "signature"),
    '{"message":"Consumer is not authorized to access %resources"}': ("Magento", "permission"),
    '{"code":"woocommerce_rest_authentication_error","message":"provided signature does not match"}': (
        "WooCommerce",
        "signature",
    ),
    '{"Errors":{"Error":[{"ReasonCode":"INVALID_BODY_HASH"}]}}': ("Mastercard", "signature"),
    '{"error":"mwoauth-oauth-exception","message":"Expired timestamp, yours 1, ours 2"}': (
        "MediaWiki",
        "clock",
    ),
    '{"error":{"reason_stack":["bad_request","invalid_oauth_request","nonce_already_used"]}}': (
        "OKAPI",
        "nonce",
    ),
    '{"errorId":"x","errorCode":401300}': ("HERE", "signature"),
    '{"meta":{"message":"BAD_OAUTH_REQUEST","description":"TOKEN_IP_MISMATCHED: x"}}': (
        "BrickLink",
        "permission",
    ),
    '{"error": {"code": 8, "message": "Invalid signature"}}': ("FatSecret", "signature"),
    "Duplicate nonce detected": ("Canvas", "nonce"),
    "HTTP/1.1 429 Too Many\n\n": (ANY, "throttle"),
    "HTTP/1.1 410 Gone\n\n": (ANY, "token"),
    "HTTP/1.1 401 No\nWWW-Authenticate: Basic realm=x\n\n": (ANY, "header"),
    "HTTP/1.1 200 OK\n\n<html><form><input type='password'></form>": (ANY, "header"),
}


@pytest.mark.parametrize(("text", "expected"), ANSWERS.items(), ids=[text[:60] for text in ANSWERS])
def test_an_answer_is_looked_up_by_its_words(text: str, expected: tuple[str, str]) -> None:
    reply = read(text)
    found = look_up(reply.text, reply.answer.status)
    assert expected in [(entry.service, entry.meaning) for entry in found]


@pytest.mark.parametrize("text", ["", "no", '{"code": 200}', "HTTP/1.1 401 No\n\n", '{"message": "invalid"}'])
def test_an_answer_that_says_nothing_has_no_entry(text: str) -> None:
    reply = read(text)
    assert look_up(reply.text, reply.answer.status) == []


def test_where_the_service_is_known_others_words_do_not_count() -> None:
    text = 'Invalid timestamp, "code":32, oauth_problem=nonce_used'
    assert [(entry.service, entry.meaning) for entry in look_up(text, service="WooCommerce")] == [
        ("WooCommerce", "clock"),
        (ANY, "nonce"),
    ]
    assert [entry.service for entry in look_up(text)] == ["X", ANY]


def test_each_entry_says_what_it_means_and_what_to_do() -> None:
    for entry in TABLE:
        re.compile(entry.pattern)
        assert entry.meaning in MEANINGS
        assert entry.source
        assert entry.pattern or entry.status
        assert not entry.says.endswith(".")
        assert entry.mend.endswith(".")


def test_no_two_entries_are_about_the_same_words() -> None:
    keys = [(entry.service, entry.pattern, entry.status) for entry in TABLE]
    assert len(set(keys)) == len(keys)


def test_a_service_is_known_by_its_host() -> None:
    assert service_of("api.x.com") == "X"
    assert service_of("123456-sb1.restlets.api.netsuite.com") == "NetSuite"
    assert service_of("notx.com") is None
    assert set(HOSTS.values()) <= set(SOURCES)


def test_an_address_where_oauth_1_has_ended_is_known() -> None:
    assert "OAuth 2.0" in (retired("https://www.openstreetmap.org/oauth/request_token") or "")
    assert retired("https://www.openstreetmap.org/api/0.6/map") is None


@pytest.mark.abuse("A102")
@pytest.mark.parametrize(
    "piece",
    ["mwoauth", '"reason_stack"', "<input ", "consumer", '"yours"', "Signature method ", "oauth_problem"],
)
def test_a_long_answer_is_looked_through_in_one_pass(piece: str) -> None:
    """With the square of its length, this would take minutes."""
    assert look_up(piece * (200_000 // len(piece))) == []
