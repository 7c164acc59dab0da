"""The core's answers as Django sends them."""

import logging

import pytest
from django.conf import settings
from django.test import override_settings

from valetkey import Refused
from valetkey.django import answers
from valetkey.protocol.messages import Answer


def body(refused: Refused) -> str:
    return answers.refusal(refused).body.decode()


@pytest.mark.rfc("3.5.1-9")
def test_the_realm_stands_first_in_the_challenge() -> None:
    with override_settings(VALETKEY={**settings.VALETKEY, "REALM": "Photos"}):
        challenge = answers.refusal(Refused("nonce_used", "Sign anew.")).headers["WWW-Authenticate"]
    assert challenge.startswith('OAuth realm="Photos", oauth_problem="nonce_used", ')
    without = answers.refusal(Refused("nonce_used", "Sign anew.")).headers["WWW-Authenticate"]
    assert without.startswith('OAuth oauth_problem="nonce_used", ')


@pytest.mark.rule(7)
def test_the_detail_goes_out_only_where_the_site_says_so() -> None:
    refused = Refused("signature_invalid", "Check.", detail="the base string")
    assert "base" not in body(refused)
    with override_settings(VALETKEY={**settings.VALETKEY, "EXPLAIN": True}):
        assert body(refused).endswith("&oauth_problem_detail=the%20base%20string")
        assert "oauth_problem_detail" not in body(Refused("nonce_used", "Sign anew."))


def test_a_refusal_is_logged_and_its_detail_for_developers_only(caplog: pytest.LogCaptureFixture) -> None:
    refused = Refused("signature_invalid", "Check.", detail="the base string")
    with caplog.at_level(logging.INFO, "valetkey.django"):
        answers.refusal(refused)
    assert refused.id
    assert caplog.messages == [f"{refused.id} signature_invalid (401): Check."]


def test_a_store_s_failure_is_logged_as_an_error_with_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    refused = Refused("consumer_key_refused", "Later.", 503, detail="the store failed", retry_after=5)
    refused.__cause__ = OSError("disk full")
    assert answers.refusal(refused).headers["Retry-After"] == "5"
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "disk full" in caplog.text


@pytest.mark.abuse("A62")
def test_no_cache_keeps_an_answer_and_its_fields_are_as_the_core_gave_them() -> None:
    made = answers.response(Answer(401, {"Content-Type": "text/x", "WWW-Authenticate": "OAuth x"}, b"body"))
    assert (made.status_code, made.content, made["Content-Type"]) == (401, b"body", "text/x")
    assert {"private", "no-store"} <= set(made["Cache-Control"].split(", "))
    assert made["Vary"] == "Authorization"
