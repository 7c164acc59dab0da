"""What was refused is written down for the application's owner: enough to mend it, nothing to misuse."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import serializers
from django.db import connections, transaction
from django.db.models import F
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.django import walk
from valetkey import Consumer, Signer
from valetkey.django import refusals
from valetkey.django.decorators import OAuthRequest, oauth_required
from valetkey.django.models import AccessToken, Application, Nonce, Refusal

Broken = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def token(kestrel: Application) -> AccessToken:
    return walk.token_of(kestrel, walk.person())


def sent(token: AccessToken, url: str = "/api/write", signed_as: str = "", **options: Any) -> Any:
    """The answer to a request to `url` whose signature was made for another address."""
    signed = walk.signer(token.application, token).sign("POST", signed_as or walk.ORIGIN + url, **options)
    authorization = signed.headers["Authorization"]
    target = Signer(Consumer("k", "s")).sign("POST", walk.ORIGIN + url, **options)
    headers = target.headers.replacing("Authorization", authorization)
    return walk.send(type(signed)(**{**_parts(target), "headers": headers}))


def _parts(signed: Any) -> dict[str, Any]:
    names = ("method", "url", "headers", "body", "base_string", "signature", "parameters")
    return {name: getattr(signed, name) for name in names}


def only() -> Refusal:
    return Refusal.objects.get()


def test_a_refusal_has_one_id_in_the_answer_the_log_and_the_owner_s_list(
    token: AccessToken, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "valetkey.django"):
        answer = sent(token, signed_as="https://elsewhere.example/")
    identifier = walk.read_form(answer)["refusal"]
    assert f'refusal="{identifier}"' in answer["WWW-Authenticate"]
    assert caplog.messages[0].startswith(f"{identifier} signature_invalid (401): ")
    assert only().identifier == identifier


def test_the_owner_learns_what_was_verified_and_which_mistake_was_made(token: AccessToken) -> None:
    sent(token, "/api/write?count=20", signed_as="https://testserver/api/write?count=20")
    row = only()
    assert (row.application, row.status, row.problem) == (token.application, 401, "signature_invalid")
    assert (row.mistake, row.about) == ("scheme", "https")
    assert (row.method, row.address) == ("POST", "http://testserver/api/write?count=…")
    assert (row.signature_method, row.clock_difference) == ("HMAC-SHA1", 0)
    assert row.signed_names[:2] == ["count", "oauth_consumer_key"]
    assert (row.token, row.token_access) == (token.key[:8], "write")


def test_a_clock_that_is_off_is_told_in_seconds(token: AccessToken) -> None:
    now = int(timezone.now().timestamp())
    walk.send(
        walk.signer(token.application, token).sign("GET", f"{walk.ORIGIN}/api/read", timestamp=now - 1204)
    )
    assert only().problem == "timestamp_refused"
    assert -1206 <= (only().clock_difference or 0) <= -1203


def test_a_refusal_after_the_signature_proved_is_written_down_as_well(kestrel: Application) -> None:
    reader = walk.token_of(kestrel, walk.person(), access="read")
    walk.call("/api/write", kestrel, reader, method="POST")
    walk.call("/oauth/request_token", kestrel, method="POST", oauth={"oauth_callback": "https://a.example/"})
    denied, callback = Refusal.objects.order_by("pk")
    assert (denied.problem, denied.status, denied.token_access) == ("permission_denied", 403, "read")
    assert callback.problem == "parameter_rejected"
    assert callback.facts == {"oauth_parameters_rejected": "oauth_callback=https%3A%2F%2Fa.example%2F"}


@pytest.mark.rule(7)
@pytest.mark.abuse("A32")
def test_no_secret_no_signature_and_no_value_of_a_parameter_is_kept(token: AccessToken) -> None:
    form = "status=canary-value"
    answer = sent(
        token, "/api/write?q=canary-value", headers=walk.FORM, body=form, signed_as="https://canary.example/"
    )
    assert walk.problem(answer) == (401, "signature_invalid")
    kept = serializers.serialize("json", [only()])
    right = walk.signer(token.application, token).sign("POST", f"{walk.ORIGIN}/api/write")
    for secret in ("canary", token.secret, token.application.secret, token.key, right.signature):
        assert secret not in kept


def test_what_nobody_s_application_sent_is_kept_nowhere(token: AccessToken) -> None:
    stranger = Signer(Consumer("nobody", "s")).sign("GET", f"{walk.ORIGIN}/api/read")
    assert walk.read_form(walk.send(stranger))["refusal"]
    assert not Refusal.objects.exists()


@pytest.mark.abuse("A53")
def test_a_flood_is_answered_to_the_last_and_written_down_to_a_bound(token: AccessToken) -> None:
    answers = [sent(token, signed_as="https://elsewhere.example/") for _ in range(30)]
    assert {walk.problem(answer) for answer in answers} == {(401, "signature_invalid")}
    assert Refusal.objects.count() == refusals.MOST_IN_A_MINUTE
    assert walk.call("/api/write", token.application, token, method="POST").status_code == 200


@pytest.mark.abuse("A53")
def test_a_flood_of_one_kind_pushes_out_none_of_another(token: AccessToken) -> None:
    sent(token, signed_as="https://testserver/api/write")
    proved = only()
    for hours in range(refusals.MOST_OF_A_KIND + 5):
        # each in another minute, as a patient flood comes
        sent(token, signed_as="https://elsewhere.example/")
        Refusal.objects.exclude(pk=proved.pk).filter(at__gt=timezone.now() - timedelta(minutes=1)).update(
            at=timezone.now() - timedelta(hours=1 + hours)
        )
    assert Refusal.objects.filter(mistake="").count() == refusals.MOST_OF_A_KIND
    assert Refusal.objects.filter(pk=proved.pk).exists()


@pytest.mark.abuse("A53")
def test_a_stranger_s_flood_keeps_nothing_out_that_a_token_signed_and_pushes_none_of_it_out(
    token: AccessToken,
) -> None:
    stranger = Signer(Consumer(token.application.key, "a guess"))
    for minutes in range(refusals.MOST_OF_A_KIND // refusals.MOST_IN_A_MINUTE + 2):
        for _ in range(refusals.MOST_IN_A_MINUTE + 1):
            walk.send(stranger.sign("POST", f"{walk.ORIGIN}/oauth/request_token"))
        sent(token, signed_as="https://elsewhere.example/")
        sent(token, signed_as="https://testserver/api/write")
        if minutes == 0:
            first = set(Refusal.objects.exclude(token="").values_list("mistake", flat=True))
            assert first == {"", "scheme"}
        Refusal.objects.update(at=F("at") - timedelta(minutes=1))
    assert Refusal.objects.filter(token="").count() == refusals.MOST_OF_A_KIND
    assert Refusal.objects.exclude(token="").count() == 2 * (minutes + 1)


def test_a_clock_that_was_ahead_keeps_nothing_out_after_it_was_set(token: AccessToken) -> None:
    for _ in range(refusals.MOST_IN_A_MINUTE):
        sent(token, signed_as="https://elsewhere.example/")
    Refusal.objects.update(at=timezone.now() + timedelta(days=1))
    sent(token, signed_as="https://elsewhere.example/")
    assert Refusal.objects.count() == refusals.MOST_IN_A_MINUTE + 1


@pytest.mark.abuse("A15")
def test_writing_a_refusal_down_spends_no_nonce(token: AccessToken) -> None:
    right = walk.signer(token.application, token).sign("POST", f"{walk.ORIGIN}/api/write", nonce="n")
    wrong = right.headers["Authorization"].replace('oauth_signature="', 'oauth_signature="x')
    tampered = type(right)(**{**_parts(right), "headers": right.headers.replacing("Authorization", wrong)})
    assert walk.problem(walk.send(tampered)) == (401, "signature_invalid")
    assert not Nonce.objects.exists()
    assert walk.send(right).status_code == 200


@pytest.mark.abuse("A79")
def test_a_database_that_can_t_write_changes_nothing_for_whoever_waits(
    token: AccessToken, caplog: pytest.LogCaptureFixture, broken_tables: Broken
) -> None:
    with broken_tables("valetkey_refusal"):
        answer = sent(token, signed_as="https://elsewhere.example/")
    assert walk.problem(answer) == (401, "signature_invalid")
    assert f"{walk.read_form(answer)['refusal']} could not be written down" in caplog.text


def test_a_refusal_that_can_t_be_written_down_is_explained_all_the_same(token: AccessToken) -> None:
    fails = "CREATE TRIGGER full BEFORE INSERT ON valetkey_refusal BEGIN SELECT RAISE(ABORT, 'full'); END"
    connections["default"].cursor().execute(fails)
    try:
        with override_settings(VALETKEY={**settings.VALETKEY, "EXPLAIN": True}):
            said = walk.read_form(sent(token, signed_as="https://testserver/api/write"))
    finally:
        connections["default"].cursor().execute("DROP TRIGGER full")
    assert said["mistake"] == "scheme"
    assert not Refusal.objects.exists()


@pytest.mark.abuse("A79")
def test_a_refusal_that_can_t_be_written_down_takes_nothing_else_of_its_transaction_with_it(
    database: str, broken_tables: Broken
) -> None:
    token = walk.token_of(walk.register(), walk.person(), "read")

    @oauth_required
    def outer(request: OAuthRequest) -> HttpResponse:
        walk.remember("before")
        answer = oauth_required(access="write")(HttpResponse)(request)
        walk.remember("after")
        return HttpResponse(status=answer.status_code)

    header = walk.signer(token.application, token).sign("GET", f"{walk.ORIGIN}/x").headers["Authorization"]
    request: Any = RequestFactory().get("/x", RAW_URI="/x", headers={"Authorization": header})
    with broken_tables("valetkey_refusal"), transaction.atomic(using=token._state.db):
        assert outer(request).status_code == 403
    assert set(walk.User.objects.values_list("username", flat=True)) >= {"before", "after"}


def test_an_application_takes_its_refusals_with_it(database: str) -> None:
    token = walk.token_of(walk.register(), walk.person())
    sent(token, signed_as="https://elsewhere.example/")
    assert Refusal.objects.exists()
    token.application.delete()
    assert not Refusal.objects.exists()


@pytest.mark.usefixtures("postgresql")
def test_an_application_that_is_deleted_meanwhile_takes_no_answer_with_it() -> None:
    token = walk.token_of(walk.register(), walk.person(), "read")

    @oauth_required
    def outer(request: OAuthRequest) -> HttpResponse:
        walk.at_once(1, lambda index: token.application.delete())
        walk.remember("written")
        answer: HttpResponse = oauth_required(access="write")(HttpResponse)(request)
        return answer

    header = walk.signer(token.application, token).sign("GET", f"{walk.ORIGIN}/x").headers["Authorization"]
    request: Any = RequestFactory().get("/x", RAW_URI="/x", headers={"Authorization": header})
    with transaction.atomic(using="postgresql"):
        assert outer(request).status_code == 403
    assert walk.User.objects.filter(username="written").exists()
    assert list(Refusal.objects.select_related("application")) == []


@pytest.mark.abuse("A07")
@pytest.mark.parametrize("timestamp", ["9" * 12, "1" * 5_000, "-1"])
def test_a_time_that_is_none_is_answered_and_written_down(database: str, timestamp: str) -> None:
    token = walk.token_of(walk.register(), walk.person())
    signed = walk.signer(token.application, token).sign("GET", f"{walk.ORIGIN}/api/read", timestamp=1)
    header = signed.headers["Authorization"].replace('timestamp="1"', f'timestamp="{timestamp}"')
    headers = signed.headers.replacing("Authorization", header)
    assert walk.problem(walk.send(type(signed)(**{**_parts(signed), "headers": headers}))) == (
        400,
        "parameter_rejected",
    )
    assert only().clock_difference is None


@pytest.mark.rule(7)
@pytest.mark.abuse("A32")
def test_a_body_that_was_sent_as_a_form_is_no_name_to_keep_or_to_log(
    token: AccessToken, caplog: pytest.LogCaptureFixture
) -> None:
    signed = walk.signer(token.application, token).sign("POST", f"{walk.ORIGIN}/api/write")
    parts = {**_parts(signed), "headers": signed.headers.replacing("Content-Type", walk.FORM["Content-Type"])}
    with caplog.at_level(logging.INFO, "valetkey.django"):
        walk.send(type(signed)(**{**parts, "body": b'{"password": "canary"}'}))
        walk.send(type(signed)(**{**parts, "body": b"%0AERROR forged%1b%5b31m%e2%80%ae"}))
    assert Refusal.objects.filter(mistake="parameter").count() == 2
    kept = serializers.serialize("json", Refusal.objects.all())
    for text in (kept, *caplog.messages):
        assert "canary" not in text
        assert "forged" not in text
    assert all(message.isprintable() for message in caplog.messages)


@pytest.mark.usefixtures("postgresql")
def test_names_that_can_t_be_seen_are_written_so_that_they_can(token: AccessToken) -> None:
    signed = walk.signer(token.application, token).sign(
        "GET", f"{walk.ORIGIN}/api/read?a%01b=1&%F0%9F%90%A6=2"
    )
    walk.send(type(signed)(**{**_parts(signed), "url": signed.url + "&c=3"}))
    assert "a\N{REPLACEMENT CHARACTER}b" in only().signed_names


def test_mistakes_go_out_only_where_the_site_explains(token: AccessToken) -> None:
    said = walk.read_form(sent(token, signed_as="https://testserver/api/write"))
    assert "mistake" not in said
    with override_settings(VALETKEY={**settings.VALETKEY, "EXPLAIN": True}):
        said = walk.read_form(sent(token, signed_as="https://testserver/api/write"))
    assert (said["mistake"], said["mistake_about"]) == ("scheme", "https")


def test_refusals_are_shown_for_seven_days_and_then_deleted(token: AccessToken) -> None:
    sent(token, signed_as="https://elsewhere.example/")
    assert refusals.recent(token.application).count() == 1
    Refusal.objects.update(at=timezone.now() - refusals.KEPT - timedelta(seconds=1))
    assert refusals.recent(token.application).count() == 0
    assert refusals.prune(100) == 1
    assert not Refusal.objects.exists()


def test_a_request_that_is_accepted_asks_nothing_for_refusals(token: AccessToken) -> None:
    with CaptureQueriesContext(connections["default"]) as asked:
        assert walk.call("/api/read", token.application, token).status_code == 200
    assert asked.captured_queries
    assert not [query for query in asked.captured_queries if "refusal" in query["sql"]]
