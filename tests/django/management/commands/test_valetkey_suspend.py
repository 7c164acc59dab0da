"""`manage.py valetkey_suspend` stops an application at once, and lets it go on as it was."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.django import walk
from valetkey.django.models import Application


def suspend(key: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("valetkey_suspend", key, stdout=out, **options)
    return out.getvalue()


@pytest.mark.abuse("A52")
def test_an_application_is_stopped_and_goes_on_as_it_was(database: str) -> None:
    application = walk.register()
    token = walk.token_of(application, walk.person())
    said = suspend(application.key, reason="It posts without being asked.")
    assert said == "Kestrel is suspended: its requests are refused, until --resume.\n"
    assert walk.problem(walk.call("/api/read", application, token)) == (401, "consumer_key_refused")
    assert Application.objects.get().suspension_reason == "It posts without being asked."
    said = suspend(application.key, resume=True)
    assert said == "Kestrel is active again: its keys and tokens work as before.\n"
    assert walk.call("/api/read", application, token).status_code == 200


@pytest.mark.parametrize("key", ["nobody", "", "é", "x" * 300, "\x1b[2J\x00"])
def test_a_key_that_nobody_has_is_said_without_driving_the_terminal(key: str) -> None:
    walk.register()
    with pytest.raises(CommandError, match="No application has the consumer key") as caught:
        suspend(key)
    assert str(caught.value).isprintable()
    assert Application.objects.get().suspended_at is None
