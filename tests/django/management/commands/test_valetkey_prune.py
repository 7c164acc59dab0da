"""`manage.py valetkey_prune` deletes what has ended, and nothing else."""

import io
import time
from datetime import timedelta

from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from tests.django import walk
from valetkey.django import nonces
from valetkey.django.models import RequestToken


def prune() -> str:
    out = io.StringIO()
    call_command("valetkey_prune", stdout=out)
    return out.getvalue()


def claim(nonce: str, timestamp: int) -> bool:
    return nonces.claim("key", None, timestamp, nonce, until=timestamp + 300)


def test_old_nonces_and_request_tokens_are_deleted_and_counted(database: str) -> None:
    application = walk.register()
    old, new = walk.ask(application), walk.ask(application)
    RequestToken.objects.filter(key=old.key).update(expires_at=timezone.now() - timedelta(hours=2))
    for age in (timedelta(days=6), timedelta(days=8)):
        application.refusals.create(status=401, at=timezone.now() - age)
    now = int(time.time())
    assert claim("old", now - 7_200)
    assert claim("older", now - 7_201)
    assert claim("new", now)
    assert prune() == "Deleted 1 request tokens, 1 refusals and 2 nonces.\n"
    assert prune() == "Deleted 0 request tokens, 0 refusals and 0 nonces.\n"
    assert RequestToken.objects.get().key == new.key
    assert application.refusals.count() == 1
    assert not claim("new", now)


def test_nonces_in_a_cache_are_left_to_it() -> None:
    assert claim("old", int(time.time()) - 7_200)
    with override_settings(VALETKEY={**settings.VALETKEY, "NONCE_CACHE": "default"}):
        assert prune() == "Deleted 0 request tokens, 0 refusals and 0 nonces.\n"
