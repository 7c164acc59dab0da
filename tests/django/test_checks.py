"""The system checks name what is unsafe before the first request, each by its stable id."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings
from django.urls import include, path
from rest_framework.authentication import SessionAuthentication

from tests.django import rest_api
from tests.django.settings import FOLDER
from valetkey.django import checks
from valetkey.django.rest import OAuth1Authentication

VALETKEY = dict(settings.VALETKEY)
REDIS = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://localhost"}


def found(valetkey: dict[str, Any] | None = None, **others: Any) -> list[str]:
    """The ids of what the checks say about these settings."""
    given = {name: value for name, value in (VALETKEY | (valetkey or {})).items() if value is not ...}
    with override_settings(VALETKEY=given, **others):
        messages = checks.check_settings(None)
    assert all(message.id in checks.IDS and message.msg.endswith(".") for message in messages)
    return [str(message.id).removeprefix("valetkey.") for message in messages]


def cache(backend: str) -> list[str]:
    return found({"NONCE_CACHE": "shared"}, CACHES={"default": REDIS, "shared": {"BACKEND": backend}})


def test_the_test_site_is_right_as_it_is() -> None:
    assert found() == []
    assert [message for message in run_checks() if str(message.id).startswith("valetkey")] == []


@pytest.mark.rfc("2.1-13", "2.3-5")
@pytest.mark.abuse("A67")
@pytest.mark.parametrize(
    ("valetkey", "ids"),
    [
        ({"NO_SUCH": 1}, ["E001"]),
        ({"WINDOW": 0}, ["E002"]),
        ({"ORIGIN": "api.example"}, ["E003"]),
        ({"NONCE_DATABASE": "nowhere"}, ["E005"]),
        ({"NONCE_DATABASE": "default"}, ["E006"]),
        ({"NONCE_CACHE": "nowhere"}, ["E009"]),
        ({"ORIGIN": "http://api.example"}, ["W002"]),
        ({"ORIGIN": "http://127.0.0.1:8000"}, []),
        ({"ORIGIN": "https://api.example"}, []),
        ({"SIGNATURE_METHODS": ["PLAINTEXT"]}, ["W005"]),
        ({"EXPLAIN": True}, ["W006"]),
        ({"NO_SUCH": 1, "WINDOW": 0}, ["E001", "E002"]),
    ],
)
def test_a_setting_of_ours_that_is_unsafe_is_found(valetkey: dict[str, Any], ids: list[str]) -> None:
    assert found(valetkey) == ids


@pytest.mark.abuse("A67")
@pytest.mark.rule(8)
def test_missing_encryption_keys_are_an_error_outside_debug() -> None:
    assert found({"ENCRYPTION_KEYS": ...}) == ["E004"]
    assert found({"ENCRYPTION_KEYS": []}) == ["E004"]
    assert found({"ENCRYPTION_KEYS": ...}, DEBUG=True) == []


@pytest.mark.abuse("A67")
@pytest.mark.parametrize(
    ("others", "ids"),
    [
        ({"ALLOWED_HOSTS": ["*"]}, ["W001"]),
        ({"USE_X_FORWARDED_HOST": True}, ["W004"]),
        ({"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}, ["W004"]),
        ({"MIDDLEWARE": []}, ["E011", "E011"]),
        ({"LOGIN_URL": ""}, ["E011"]),
        ({"DATABASE_ROUTERS": []}, []),
    ],
)
def test_a_setting_of_django_s_that_is_unsafe_is_found(others: dict[str, Any], ids: list[str]) -> None:
    assert found(**others) == ids


@pytest.mark.rule(2)
def test_a_configured_origin_makes_the_hosts_harmless() -> None:
    assert found({"ORIGIN": "https://api.example"}, ALLOWED_HOSTS=["*"], USE_X_FORWARDED_HOST=True) == []


@pytest.mark.abuse("A67")
@pytest.mark.parametrize(
    "name", ["locmem.LocMemCache", "dummy.DummyCache", "filebased.FileBasedCache", "db.DatabaseCache"]
)
@pytest.mark.rule(1)
@pytest.mark.abuse("A77")
def test_a_cache_that_forgets_or_is_not_shared_cannot_keep_nonces(name: str) -> None:
    assert cache(f"django.core.cache.backends.{name}") == ["E010"]


@pytest.mark.abuse("A67")
@pytest.mark.abuse("A77")
def test_a_cache_that_may_throw_nonces_out_is_a_warning() -> None:
    assert cache("django.core.cache.backends.memcached.PyMemcacheCache") == ["W003"]
    assert cache(REDIS["BACKEND"]) == []


@pytest.mark.rule(1)
def test_nonces_without_a_table_of_their_own_are_an_error() -> None:
    class Nothing:
        def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
            return app_label != "valetkey"

    with override_settings(DATABASE_ROUTERS=[Nothing()]):
        assert found() == ["E007"]


@pytest.mark.rule(1)
def test_an_alias_of_its_own_for_the_same_file_is_no_file_of_its_own() -> None:
    for name in (FOLDER / "site.sqlite3", str(FOLDER / "site.sqlite3"), FOLDER / "x" / ".." / "site.sqlite3"):
        databases = {**settings.DATABASES, "nonces": {**settings.DATABASES["nonces"], "NAME": name}}
        # Not by override_settings, which warns that Django's connections can't follow.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(settings, "DATABASES", databases)
            assert found() == ["E006"]


@pytest.mark.abuse("A67")
@pytest.mark.parametrize(
    ("unsafe", "identifier"),
    [({"ENCRYPTION_KEYS": []}, "E004"), ({"NONCE_CACHE": "default"}, "E010"), ({"ORIGIN": "x"}, "E003")],
)
def test_the_command_that_every_deployment_runs_stops_at_what_is_unsafe(
    unsafe: dict[str, Any], identifier: str
) -> None:
    memory = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    with override_settings(VALETKEY=VALETKEY | unsafe, CACHES=memory):
        with pytest.raises(SystemCheckError, match=f"valetkey.{identifier}"):
            call_command("check")


class Sessions(SessionMiddleware):
    """A site's own kind of middleware, which is as good."""


class People(AuthenticationMiddleware):
    """Likewise."""


def test_a_site_s_own_kind_of_middleware_is_as_good() -> None:
    assert found(MIDDLEWARE=[f"{__name__}.Sessions", f"{__name__}.People"]) == []
    assert found(MIDDLEWARE=[f"{__name__}.Sessions"]) == ["E011"]


SESSIONS_FIRST = (SessionAuthentication, OAuth1Authentication)


class SessionsFirst(rest_api.Things):
    authentication_classes = SESSIONS_FIRST


urlpatterns = [
    path("good", rest_api.Both.as_view()),
    path("bad", SessionsFirst.as_view()),
    path("without", rest_api.Both.as_view(authentication_classes=[SessionAuthentication])),
    path("deeper/", include([path("bad", rest_api.Both.as_view(authentication_classes=SESSIONS_FIRST))])),
]


@pytest.mark.abuse("A59")
def test_a_view_that_looks_for_a_cookie_before_a_signature_is_found() -> None:
    assert found(ROOT_URLCONF=__name__) == ["W007", "W007"]
    with override_settings(ROOT_URLCONF=__name__):
        messages = [str(message.msg) for message in checks.check_settings(None)]
    assert messages[0].startswith("SessionsFirst looks for something else before it looks for a signature")
