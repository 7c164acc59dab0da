"""Applications and tokens as rows: what is made, changed, ended, and what is never shown."""

import copy
import pickle
import random
import time
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError
from django.test import override_settings
from django.utils import timezone

from tests.django import walk
from valetkey.django.models import (
    Access,
    AccessToken,
    Application,
    RequestToken,
    new_key,
    new_secret,
)


def fields(**given: Any) -> set[str]:
    """The fields for which an application of this kind can't be registered."""
    with pytest.raises(ValidationError) as caught:
        walk.register(**given)
    return set(caught.value.message_dict)


@pytest.mark.rfc("4.9-1")
@pytest.mark.abuse("A72")
def test_keys_and_secrets_are_random_letters_and_digits() -> None:
    made = {new_key() for _ in range(100)} | {new_secret() for _ in range(100)}
    assert len(made) == 200
    assert all(text.isascii() and text.isalnum() and len(text) >= 24 for text in made)


@pytest.mark.abuse("A72")
def test_chance_owes_nothing_to_the_clock_or_the_seeded_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("random", "getrandbits", "randrange", "choice", "randbytes"):
        monkeypatch.setattr(random, name, lambda *_: 4)
    for name in ("time", "time_ns", "monotonic", "perf_counter"):
        monkeypatch.setattr(time, name, lambda: 1_800_000_000)
    made = []
    for _ in range(100):
        random.seed(4)
        made += [new_key(), new_secret()]
    assert len(set(made)) == 200


@pytest.mark.parametrize(
    ("granted", "asked", "covers"),
    [
        ("read", "read", True),
        ("write", "read", True),
        ("write", "write", True),
        ("read", "write", False),
        ("", "read", False),
        ("admin", "read", False),
    ],
)
def test_access_covers_the_same_and_less(granted: str, asked: str, covers: bool) -> None:
    assert Access.covers(granted, asked) is covers


def test_a_registered_application_has_a_key_and_a_secret_that_can_be_read_again() -> None:
    made = walk.register()
    found = Application.objects.get(key=made.key)
    assert found.secret == made.secret
    assert found.secrets == [made.secret]
    assert found.callbacks == (walk.CALLBACK,)


@pytest.mark.abuse("A39")
@pytest.mark.abuse("A40")
@pytest.mark.abuse("A51")
@pytest.mark.parametrize(
    "callback",
    [
        *("javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", " javascript:alert(1)"),
        *("data:text/html,x", "file:///etc/passwd", "vbscript:x", "blob:https://a/b", "about:blank"),
        *("//evil.example/", "/path", "https://", "https:///x", "https://a b/", "oob"),
        *("https://app.example.com@evil.example/", "https://app.example.com\\@evil.example/"),
        *("https://app.example.com/#fragment", "https://app.example.com/?oauth_token=x"),
        *("https://app.example.com/?denied=1", "https://äpp.example.com/", "https://app.example.com:99999/"),
        "https://app.example.com/" + "x" * 1_000,
    ],
)
@pytest.mark.rule(6)
def test_a_callback_to_nowhere_or_into_the_browser_cannot_be_registered(callback: str) -> None:
    assert fields(callbacks=[callback]) == {"callback_lines"}


@pytest.mark.parametrize(
    "callback",
    ["https://a.example/x?y=1", "http://127.0.0.1:12000/verify/", "http://a.example/", "com.example.app:/x"],
)
def test_https_http_and_private_schemes_can_be_registered(callback: str) -> None:
    assert walk.register(callbacks=[callback]).callbacks == (callback,)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "Kеstrel"}, "name"),
        ({"access": "admin"}, "access"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"website": "ftp://example.com"}, "website"),
        ({"description": "x" * 2_001}, "description"),
        ({"signature_methods": []}, "signature_methods"),
        ({"signature_methods": ["HMAC-MD5"]}, "signature_methods"),
        ({"key": "schlüssel"}, "__all__"),
        ({"key": " key"}, "__all__"),
        ({"key": "k" * 256}, "key"),
    ],
)
def test_what_cannot_be_registered_is_named_by_its_field(given: dict[str, Any], field: str) -> None:
    assert fields(**given) == {field}


@pytest.mark.rule(3)
def test_an_application_without_a_secret_must_name_its_methods() -> None:
    assert fields(secret="") == {"signature_methods"}
    assert walk.register(secret="", signature_methods=["PLAINTEXT"]).secret == ""


@pytest.mark.abuse("A57")
def test_two_applications_cannot_look_alike() -> None:
    walk.register("Kestrel")
    assert fields(name="kestrei") == {"name"}
    assert fields(name="K.e.s.t.r.e.l") == {"name"}


LIES = {
    "Cyrillic letters": "K\u0435strel",
    "a text turned around": "\u202elrtseK",
    "what can't be seen": "Kes\u200btrel",
    "a line break": "Kestrel\nby Rookery",
    "300 characters": "K" * 300,
    "the service's own name": "Rookery Official",
    "the service's own name, drawn": "R00kery",
    "another's name with a dot": "Merlin.",
    "another's name with a blank": "Mer lin",
    "another's name with an accent": "M\u00e9rlin",
}


@pytest.mark.abuse("A57")
@pytest.mark.parametrize("name", LIES.values(), ids=LIES)
def test_a_name_that_lies_is_refused_at_the_registration_and_at_a_change(name: str) -> None:
    with override_settings(VALETKEY={**settings.VALETKEY, "RESERVED_NAMES": ["Rookery"]}):
        walk.register("Merlin")
        assert fields(name=name) == {"name"}
        kestrel = walk.register()
        kestrel.name = name
        with pytest.raises(ValidationError) as caught:
            kestrel.full_clean()
    assert set(caught.value.message_dict) == {"name"}


def test_two_registrations_of_one_name_at_once_make_one_application(database: str) -> None:
    def register(_: int) -> str:
        try:
            walk.register()
        except (ValidationError, IntegrityError):
            return "refused"
        return "made"

    assert sorted(walk.at_once(8, register)) == ["made"] + ["refused"] * 7


@pytest.mark.abuse("A48")
@pytest.mark.rule(5)
def test_a_reset_retires_key_secrets_request_tokens_and_access_tokens_at_once(database: str) -> None:
    application, user = walk.register(), walk.person()
    application.add_secret()
    old = copy.copy(application)
    old_consumer = walk.consumer(application)
    waiting = walk.ask(application)
    ready = walk.ask(application)
    verifier = walk.allow(user, ready)
    token = walk.token_of(application, user)
    application.reset()
    assert application.key != old_consumer.key
    assert application.secrets == [application.secret]
    assert not RequestToken.objects.exists()
    assert AccessToken.objects.get(pk=token.pk).revoked_at
    old_application = Application(key=old_consumer.key)
    old_application.secret = old_consumer.secret
    for answer in (
        walk.call("/oauth/request_token", old_application, oauth={"oauth_callback": "oob"}),
        walk.exchange(old_application, ready, verifier),
        walk.call("/api/read", old_application, token),
    ):
        assert walk.problem(answer) == (401, "consumer_key_unknown")
    assert walk.problem(walk.exchange(application, ready, verifier)) == (401, "token_rejected")
    assert walk.problem(walk.call("/api/read", application, token)) == (401, "token_revoked")
    assert walk.open_page(walk.browser(user), waiting.key).status_code == 400
    assert walk.ask(application)
    assert old.pk == application.pk


@pytest.mark.abuse("A48")
def test_a_form_that_was_opened_before_a_reset_does_not_bring_the_old_secret_back() -> None:
    application = walk.register()
    stale = Application.objects.get(pk=application.pk)
    application.reset()
    application.suspend("abuse")
    stale.description = "Saved a moment later."
    stale.save()
    found = Application.objects.get(pk=application.pk)
    assert found.key == application.key
    assert found.secret == application.secret
    assert found.description == "Saved a moment later."


@pytest.mark.rule(5)
def test_a_second_secret_is_the_way_without_an_outage() -> None:
    application, user = walk.register(), walk.person()
    token = walk.token_of(application, user)
    before = Application.objects.get(pk=application.pk)
    before.secret  # noqa: B018  # read, and so kept
    application.add_secret()
    for one in (before, application):
        assert walk.call("/api/read", one, token).status_code == 200
    found = Application.objects.get(pk=application.pk)
    assert found.secrets == [application.secret, before.secret]
    assert found.older_secret_used_at
    assert found.secret_used_at
    application.retire_older_secret()
    assert walk.problem(walk.call("/api/read", before, token)) == (401, "signature_invalid")
    assert walk.call("/api/read", application, token).status_code == 200


@pytest.mark.abuse("A44")
@pytest.mark.rule(5)
def test_raising_the_access_of_an_application_changes_no_token() -> None:
    application, user = walk.register(access="read"), walk.person()
    token = walk.token_of(application, user, "read")
    application.change_access("write")
    token.refresh_from_db()
    assert token.access == token.effective_access == "read"
    assert walk.problem(walk.call("/api/write", application, token)) == (403, "permission_denied")


def test_lowering_the_access_of_an_application_holds_for_all_its_tokens_at_once() -> None:
    application, user = walk.register(access="write"), walk.person()
    token = walk.token_of(application, user, "write")
    assert walk.call("/api/write", application, token).status_code == 200
    application.change_access("read")
    assert walk.problem(walk.call("/api/write", application, token)) == (403, "permission_denied")
    assert walk.call("/api/read", application, token).status_code == 200


def test_changed_at_follows_what_people_are_shown_and_nothing_else() -> None:
    application = walk.register()
    before = application.changed_at
    application.change_access("read")
    application.mark_used()
    application.save()
    assert Application.objects.get(pk=application.pk).changed_at == before
    application.description = "new"
    application.save(update_fields=["description"])
    assert Application.objects.get(pk=application.pk).changed_at > before


def test_the_time_of_last_use_is_written_once_a_minute() -> None:
    token, now = walk.token_of(walk.register(), walk.person()), timezone.now()
    for seconds, noted in [(0, 0), (30, 0), (61, 61), (90, 61), (-3600, -3600)]:
        token.mark_used(now + timedelta(seconds=seconds))
        assert AccessToken.objects.get(pk=token.pk).last_used_at == now + timedelta(seconds=noted)


def test_what_the_owner_makes_for_themself_needs_no_dialog_and_is_found_again() -> None:
    owner = walk.person()
    application = walk.register(owner=owner, access="read")
    token = application.create_token(owner)
    assert application.own_token(owner) == token
    assert walk.call("/api/read", application, token).json()["user"] == "ada"
    assert token.access == "read"
    assert token.revoke()
    assert not token.revoke()
    assert application.own_token(owner) is None


@pytest.mark.abuse("A80")
def test_no_secret_is_in_repr_str_vars_pickle_or_copy() -> None:
    application, user = walk.register(), walk.person()
    application.add_secret()
    rows = (application, walk.token_of(application, user))
    for row in rows:
        secrets = [row.secret, *getattr(row, "secrets", [])]
        texts = [repr(row), str(row), repr(vars(row)), repr(pickle.dumps(row)), repr(vars(copy.copy(row)))]
        for text in texts:
            assert not [secret for secret in secrets if secret in text]
        assert pickle.loads(pickle.dumps(row)).secret == row.secret  # just made


def test_a_row_that_is_read_anew_forgets_the_secret_it_had() -> None:
    application = walk.register()
    other = Application.objects.get(pk=application.pk)
    assert other.secret == application.secret
    application.reset()
    other.refresh_from_db()
    assert other.secret == application.secret


@pytest.mark.rfc("2-3")
@pytest.mark.abuse("A54")
def test_revoking_ends_all_tokens_of_one_application_or_of_all() -> None:
    user, other = walk.person(), walk.person("bob")
    kestrel, merlin = walk.register(), walk.register("Merlin")
    tokens = [walk.token_of(kestrel, user), walk.token_of(kestrel, user), walk.token_of(merlin, user)]
    theirs = walk.token_of(kestrel, other)
    assert list(AccessToken.objects.granted(user)) == tokens[::-1]
    assert AccessToken.objects.revoke(user, kestrel) == 2
    assert AccessToken.objects.revoke(user) == 1
    assert not AccessToken.objects.granted(user)
    assert walk.call("/api/read", kestrel, theirs).status_code == 200


@pytest.mark.abuse("A52")
def test_an_application_goes_with_its_owner_and_its_tokens_with_it() -> None:
    owner, user = walk.person("olga"), walk.person()
    application = walk.register(owner=owner)
    token = walk.token_of(application, user)
    owner.delete()
    assert walk.problem(walk.call("/api/read", application, token)) == (401, "consumer_key_unknown")


def test_the_migrations_hold_all_that_the_models_say() -> None:
    call_command("makemigrations", "valetkey", check=True, dry_run=True, verbosity=0)


@pytest.mark.abuse("A48")
def test_a_second_secret_from_before_a_reset_does_not_bring_the_old_one_back() -> None:
    application = walk.register()
    stale = Application.objects.get(pk=application.pk)
    application.reset()
    stale.add_secret()
    found = Application.objects.get(pk=application.pk)
    assert found.key == stale.key == application.key
    assert found.secrets == [stale.secret, application.secret]


def test_a_form_that_was_opened_before_undoes_no_suspension_and_no_change_of_access() -> None:
    application = walk.register()
    stale = Application.objects.get(pk=application.pk)
    application.change_access("read")
    application.suspend("spam")
    stale.description = "Another"
    stale.save()
    found = Application.objects.get(pk=application.pk)
    assert (found.description, found.access, found.problem) == ("Another", "read", "consumer_key_refused")


def test_what_was_changed_on_the_row_itself_is_saved_access_included() -> None:
    application = walk.register()
    application.access = "read"
    application.save()
    assert Application.objects.get(pk=application.pk).access == "read"


def test_a_third_secret_ends_none_of_the_two() -> None:
    application = walk.register()
    assert application.add_secret()
    secrets = Application.objects.get(pk=application.pk).secrets
    assert not application.add_secret()
    assert Application.objects.get(pk=application.pk).secrets == secrets


def test_many_who_ask_for_their_own_token_at_once_get_one() -> None:
    application, user = walk.register(), walk.person()
    made = walk.at_once(8, lambda _: Application.objects.get(pk=application.pk).ensure_own_token(user)[1])
    assert sum(made) == 1
    assert application.access_tokens.filter(own=True, revoked_at=None).count() == 1
    assert application.revoke_own_tokens(user) == 1
    assert application.own_token(user) is None
