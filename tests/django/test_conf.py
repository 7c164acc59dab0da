"""What a site sets is read once, and what is wrong with it is said in a sentence."""

import base64
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from valetkey.django import conf

# The same in each worker of pytest-xdist, since it is part of a test's name.
KEY = base64.urlsafe_b64encode(bytes(32)).decode()


def setting(name: str, value: Any) -> Any:
    with override_settings(VALETKEY={**settings.VALETKEY, name: value}):
        return getattr(conf.current(), name.lower())


def fault(name: str, value: Any) -> str:
    with override_settings(VALETKEY={**settings.VALETKEY, name: value}):
        with pytest.raises(ImproperlyConfigured) as caught:
            conf.current()
        assert [found for found, _ in conf.faults()] == [name]
    return str(caught.value)


def test_what_a_site_does_not_name_has_its_default() -> None:
    with override_settings(VALETKEY={"ENCRYPTION_KEYS": [KEY]}):
        ours = conf.current()
    assert (ours.window, ours.request_token_lifetime, ours.verifier_tries) == (300, 600, 5)
    assert ours.origin is None
    assert not ours.explain


@pytest.mark.rule(3)
def test_plaintext_is_off_by_default() -> None:
    assert conf.Settings().signature_methods == ("HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512")


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("ORIGIN", "https://API.example:443/", "https://api.example"),
        ("ORIGIN", "http://[::1]:8000", "http://[::1]:8000"),
        ("ORIGIN", None, None),
        ("REALM", "Photos", "Photos"),
        ("SIGNATURE_METHODS", ["PLAINTEXT"], ("PLAINTEXT",)),
        ("QUIRKS", ["repeated-query"], ("repeated-query",)),
        ("REQUIRE_BODY_HASH", True, True),
        ("WINDOW", 60, 60),
        ("NONCE_CACHE", "shared", "shared"),
        ("ACCESS_TOKEN_EXTRA", "builtins.dict", dict),
        ("RESERVED_NAMES", ["Rookery"], ("Rookery",)),
    ],
)
def test_a_setting_is_read(name: str, value: Any, read: Any) -> None:
    assert setting(name, value) == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("ORIGIN", value)
            for value in ("api.example", "https://a/x", "https://a?", "https://u@a", "ftp://a", 3, "")
        ),
        *(("REALM", value) for value in ('a"b', "a\\b", "é", "a\nb", "")),
        *(("ENCRYPTION_KEYS", value) for value in (KEY, ["x"], [3], [KEY, ""], None)),
        *(("SIGNATURE_METHODS", value) for value in ([], ["HMAC-MD5"], "HMAC-SHA1")),
        *(("QUIRKS", value) for value in (["lax"], "empty-token", None)),
        *(("REQUIRE_BODY_HASH", value) for value in ("yes", 1)),
        *(("WINDOW", value) for value in (0, -1, True, "300", 1.5)),
        *(("MAX_OPEN_REQUEST_TOKENS", value) for value in (0, 999)),
        *(("ACCESS_TOKEN_EXTRA", value) for value in ("no.such", "math.pi", 3)),
        *(("EXPLAIN", value) for value in ("yes", 1)),
        *(("NAME", value) for value in ("", None)),
        ("NO_SUCH", 1),
        ("origin", "https://a"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_by_its_setting(name: str, value: Any) -> None:
    assert f'VALETKEY["{name}"]' in fault(name, value)


@pytest.mark.abuse("A80")
@pytest.mark.rule(8)
def test_no_sentence_and_no_repr_shows_a_key() -> None:
    almost = KEY[:-3]
    assert almost not in fault("ENCRYPTION_KEYS", [almost])
    with override_settings(VALETKEY={"ENCRYPTION_KEYS": [KEY]}):
        assert KEY not in repr(conf.current())


def test_settings_that_are_no_dictionary_are_a_fault() -> None:
    with override_settings(VALETKEY=[1]):
        assert conf.faults() == [("", "VALETKEY must be a dictionary.")]


def test_every_setting_has_a_reader() -> None:
    assert set(conf.names()) == set(conf._READERS)


@pytest.mark.parametrize(("debug", "explains"), [(True, True), (False, False)])
def test_refusals_are_explained_in_debug_only(debug: bool, explains: bool) -> None:
    with override_settings(DEBUG=debug):
        assert conf.current().explain is explains
