"""The core's `Provider` and `Verifier` are made from the settings, once."""

from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from valetkey.django.provider import get_provider, get_verifier

GIVEN = {
    "SIGNATURE_METHODS": ["HMAC-SHA256"],
    "WINDOW": 7,
    "MAX_PARAMETERS": 8,
    "MAX_OCTETS": 9,
    "REQUEST_TOKEN_LIFETIME": 10,
    "VERIFIER_TRIES": 11,
}


def limits(verifier: Any) -> list[Any]:
    names = ("signature_methods", "window", "max_parameters", "max_octets")
    return [getattr(verifier, name) for name in names]


def test_every_limit_of_the_settings_reaches_the_core() -> None:
    with override_settings(VALETKEY={**settings.VALETKEY, **GIVEN}):
        provider = get_provider()
        assert (provider.lifetime, provider.tries) == (10, 11)
        for verifier in (provider.verifier, get_verifier(), get_verifier(False)):
            assert limits(verifier) == [("HMAC-SHA256",), 7, 8, 9]


@pytest.mark.parametrize("require_token", [True, False])
def test_they_are_made_once(require_token: bool) -> None:
    assert get_provider() is get_provider()
    assert get_verifier(require_token) is get_verifier(require_token)
    assert get_verifier(require_token).require_token is require_token
