"""What the Django adapter hands out tells no secret by itself: its rows, its settings, its errors."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any
from urllib.parse import quote

import pytest
from django import forms
from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import ModelAdmin
from django.db import connections, models
from django.test import RequestFactory, override_settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.throttling import BaseThrottle

import valetkey.django
from tests.canary import CANARY, told
from tests.django import walk
from valetkey import Refused
from valetkey import RequestToken as Held
from valetkey.django import conf, encryption, pages, requests, rest, views
from valetkey.django.models import Application, Nonce, Refusal, RequestToken
from valetkey.django.store import DjangoStore

KEY = f"{CANARY}{'A' * 29}="


@pytest.fixture
def holders() -> Iterator[dict[str, Any]]:
    with override_settings(VALETKEY={**settings.VALETKEY, "ENCRYPTION_KEYS": [KEY]}):
        ada, kestrel = walk.person(), walk.register(secret=f"{CANARY} older")
        kestrel.add_secret()
        kestrel.secret = CANARY
        token, request = walk.token_of(kestrel, ada), RequestToken(application=kestrel, callback="oob")
        token.secret = request.secret = CANARY
        signed = {"HTTP_AUTHORIZATION": f'OAuth oauth_verifier="{CANARY}"'}
        yield {
            "Application": kestrel,
            "AccessToken": token,
            "RequestToken": request,
            "Nonce": Nonce(digest="0" * 64, until=1),
            "Refusal": Refusal(application=kestrel, problem="signature_invalid"),
            "Settings": conf.current(),
            "Unreadable": unreadable(),
            "Presented": requests.presented(RequestFactory().get("/x", **signed)),  # type: ignore[arg-type]  # a header
            "CallbackRedirect": pages.CallbackRedirect(f"https://h/?oauth_verifier={CANARY}"),
            "Shown": views.Shown("1", "read", 1.0),
            "Destination": views.Destination("pin", ""),
            "DjangoStore": DjangoStore(),
            "RefusedByOAuth": rest.RefusedByOAuth(Refused("nonce_used", "Sign anew.").reply()),
        }


def unreadable() -> encryption.Unreadable:
    with pytest.raises(encryption.Unreadable) as caught:
        encryption.unseal("token", "key", encryption.seal("token", "another key", CANARY))
    return caught.value.with_traceback(None)


@pytest.mark.abuse("A80")
def test_what_holds_a_secret_tells_it_in_no_way(holders: dict[str, Any]) -> None:
    found = {name: ways for name, holder in holders.items() if (ways := told(holder))}
    assert found == {"CallbackRedirect": ["vars"]}, "among its headers, which are sent"
    assert holders["Application"].secrets == [CANARY, f"{CANARY} older"], "they hold it"
    assert holders["Settings"].encryption_keys == (KEY,)


#: What Django makes of a site's classes, and what nothing is made of.
OTHERS = (
    *(models.Manager, models.TextChoices, models.Field, AppConfig, ModelAdmin, forms.BaseForm, forms.Field),
    *(BaseAuthentication, BasePermission, BaseThrottle),
)
NEVER_MADE = {"OAuthRequest", "Sealed", "NonceRouter", "Verification"}


def kinds() -> Iterator[type]:
    for found in pkgutil.walk_packages(valetkey.django.__path__, "valetkey.django."):
        if not {"migrations", "management"} & set(found.name.split(".")):
            module = import_module(found.name)
            for name, kind in vars(module).items():
                if isinstance(kind, type) and kind.__module__ == module.__name__ and name[0] != "_":
                    yield kind


@pytest.mark.abuse("A80")
def test_no_public_class_is_left_out_here(holders: dict[str, Any]) -> None:
    left = {kind.__name__ for kind in kinds() if not issubclass(kind, OTHERS)}
    assert left - holders.keys() - NEVER_MADE == set()


@pytest.mark.abuse("A80")
def test_what_a_form_of_the_admin_holds_tells_no_secret(holders: dict[str, Any]) -> None:
    form = forms.modelform_factory(Application, fields="__all__")(instance=holders["Application"])
    assert told(form) == []
    assert CANARY not in form.as_p()


@pytest.mark.abuse("A81")
def test_a_log_at_its_most_talkative_tells_no_secret(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("", "django", "django.db.backends", "valetkey"):
        caplog.set_level(1, name)
    monkeypatch.setattr(connections["default"], "force_debug_cursor", True)  # else no statement is logged
    with override_settings(VALETKEY={**settings.VALETKEY, "EXPLAIN": True}):
        ada, kestrel = walk.person(), walk.register()
        request, pinned = walk.ask(kestrel), walk.ask(kestrel, "oob")
        verifier, pin = walk.allow(ada, request), walk.allow(ada, pinned)
        right = walk.signer(kestrel, request).sign(
            "POST", f"{walk.ORIGIN}/oauth/access_token", oauth={"oauth_verifier": verifier}
        )
        assert walk.send(right, RAW_URI="/oauth/access_token?changed").status_code == 401
        assert walk.exchange(kestrel, request, "guessed").status_code == 401
        said = walk.read_form(walk.send(right))
        walk.exchange(kestrel, pinned, pin)
        held = Held(said["oauth_token"], said["oauth_token_secret"])
        assert walk.call("/api/write", kestrel, held, method="POST").status_code == 200
        assert walk.call("/api/write", kestrel, Held(held.key, "another")).status_code == 401
    logged = caplog.text + "".join(repr(vars(record)) for record in caplog.records)
    for name in ("valetkey.django", "django.db.backends", "django.request"):
        assert name in {record.name for record in caplog.records}
    assert "signature_invalid" in logged
    hidden = [
        *(kestrel.secret, request.secret, pinned.secret, held.secret, verifier, right.signature, f"'{pin}'"),
        *(right.headers["Authorization"], settings.VALETKEY["ENCRYPTION_KEYS"][0]),
    ]
    for secret in hidden:
        for spelling in (secret, quote(secret, safe=""), quote(quote(secret, safe=""), safe="")):
            assert spelling not in logged
