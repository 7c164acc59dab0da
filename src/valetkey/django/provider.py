"""The core's `Provider` and `Verifier`, built from the settings, once."""

from functools import cache

from valetkey.django import answers, conf
from valetkey.django.access import asked_access
from valetkey.django.models import AccessToken, Application
from valetkey.django.store import DjangoStore
from valetkey.provider import Provider
from valetkey.verifier import Verifier

DjangoProvider = Provider[Application, AccessToken]
DjangoVerifier = Verifier[Application, AccessToken]


@cache
def get_provider() -> DjangoProvider:
    """What gives out tokens here."""
    settings = conf.current()
    return Provider(
        DjangoStore(),
        lifetime=settings.request_token_lifetime,
        tries=settings.verifier_tries,
        signature_methods=settings.signature_methods,
        window=settings.window,
        max_parameters=settings.max_parameters,
        max_octets=settings.max_octets,
        asked_access=asked_access,
        reply=answers.refusal,
    )


@cache
def get_verifier(require_token: bool = True) -> DjangoVerifier:
    """What verifies requests here; without `require_token`, also those that an application signs with no
    person behind it.
    """
    settings = conf.current()
    return Verifier(
        DjangoStore(),
        signature_methods=settings.signature_methods,
        window=settings.window,
        require_token=require_token,
        max_parameters=settings.max_parameters,
        max_octets=settings.max_octets,
        quirks=settings.quirks,
        require_body_hash=settings.require_body_hash,
    )


def forget() -> None:
    """Builds them anew at the next use: for tests that override the settings."""
    get_provider.cache_clear()
    get_verifier.cache_clear()
