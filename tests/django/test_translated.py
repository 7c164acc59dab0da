"""What a person reads is translated: the pages where they decide, and the admin's names."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.template.loader import render_to_string
from django.test import override_settings
from django.utils import translation

from tests.demo import pseudo
from tools import messages

WHEN = datetime(2026, 11, 3, 14, 7, 31, tzinfo=UTC)
KNOWN = ("Rookery", "ada", "Kestrel")


@pytest.fixture(autouse=True)
def marks(tmp_path: Path) -> Iterator[None]:
    """German is the language of marks."""
    folder = tmp_path / pseudo.LANGUAGE / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalog = pseudo.marked(messages.extracted(messages.SRC / "valetkey/django"))
    (folder / "django.mo").write_bytes(messages.compiled(catalog))
    with override_settings(LOCALE_PATHS=[tmp_path]), translation.override(pseudo.LANGUAGE):
        yield


def named(name: str, **more: Any) -> Any:
    return SimpleNamespace(name=name, get_username=lambda: name, created_at=WHEN, revoked_at=WHEN, **more)


def shown(template: str, **context: Any) -> list[str]:
    owned = named("Kestrel", owner=named("ada"))
    always = {"service": "Rookery", "person": named("ada"), "application": owned, "pin": "12345678"}
    return pseudo.unmarked(render_to_string(f"valetkey/{template}.html", always | context), KNOWN)


BEFORE = [
    {},
    {"before": named("Kestrel")},
    {"before": named("Kestrel"), "asks_more": True},
    {"revoked": named("Kestrel"), "changed": True},
    {"signing_in": True, "application": named("Kestrel", owner=None)},
]


@pytest.mark.parametrize("before", BEFORE, ids=range(len(BEFORE)))
@pytest.mark.parametrize("access", ["read", "write"])
@pytest.mark.parametrize("kind", ["pin", "loopback", "web", "insecure", "device"])
def test_the_question_is_translated(before: dict[str, Any], access: str, kind: str) -> None:
    destination = SimpleNamespace(kind=kind, address="heron.example")
    assert shown("authorize", access=access, destination=destination, **before) == []


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("access", ["read", "write"])
def test_the_pin_is_translated(number: int, access: str) -> None:
    assert shown("pin", access=access, until=WHEN, minutes=number, tries=number) == []


SITUATIONS = [
    *("denied", "expired", "decided", "another_account", "suspended", "not_arrived", "broken"),
    *("pin_gone", "pin_cancelled", "pin_stopped", "unknown"),
]


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("state", ["denied", "allowed"])
def test_why_there_is_nothing_to_decide_is_translated(situation: str, state: str, number: int) -> None:
    numbers = dict.fromkeys(("minutes", "seconds", "tries"), number)
    row = SimpleNamespace(state=state, decided_at=WHEN)
    assert shown("nothing", situation=situation, request_token=row, **numbers) == []


def test_logging_in_again_is_translated() -> None:
    assert shown("login_again") == []


def described(action: Any) -> object:
    """What an action of the admin is called: of a tuple up to Django 6.0, of an object from then on."""
    return action.description if hasattr(action, "description") else action[2]


def test_the_admin_names_models_fields_and_actions_in_the_language() -> None:
    said: list[object] = [apps.get_app_config("valetkey").verbose_name]
    for model, shown_as in admin.site._registry.items():
        if model._meta.app_label == "valetkey":
            names = {*shown_as.list_display, *(shown_as.fields or ())}
            said += [model._meta.verbose_name, model._meta.verbose_name_plural]
            said += [label_for_field(str(name), model, shown_as) for name in names]
            said += [described(found) for found in map(shown_as.get_action, shown_as.actions or ()) if found]
    assert [str(words) for words in said if not str(words).startswith("⟦")] == []
