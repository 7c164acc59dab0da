"""``manage.py valetkey_reencrypt``: after a new key was put first in ``VALETKEY["ENCRYPTION_KEYS"]``.

When it has said that nothing is left, the old key can be taken out of the list.
"""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from valetkey.django import encryption
from valetkey.django.models import AccessToken, Application, RequestToken, Sealed

BATCH = 500


class Command(BaseCommand):
    help = (
        "Encrypts all secrets with the first of ENCRYPTION_KEYS. It can be stopped at any moment and started"
        " again: rows that are done are passed over, and the site works all the while."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = unreadable = 0
        for model, column in _COLUMNS:
            for row in _rows(model, column):
                sealed = getattr(row, column)
                if encryption.is_current(sealed):
                    continue
                try:
                    fresh = encryption.seal(row.kind, row.key, encryption.unseal(row.kind, row.key, sealed))
                except encryption.Unreadable as failure:
                    self.stderr.write(f"Passed over: {failure}")
                    unreadable += 1
                    continue
                # Only if it is still the same: a reset that happened meanwhile has written a newer secret.
                done += model._base_manager.filter(Q(**{column: sealed}), pk=row.pk).update(**{column: fresh})
        self.stdout.write(f"Encrypted {done} secrets anew.")
        if unreadable:
            raise CommandError(
                f"{unreadable} secrets can't be read with any of ENCRYPTION_KEYS: put the missing key back,"
                " and start again."
            )


_COLUMNS: tuple[tuple[type[Sealed], str], ...] = (
    (Application, "sealed_secret"),
    (Application, "sealed_older_secret"),
    (RequestToken, "sealed_secret"),
    (AccessToken, "sealed_secret"),
)


def _rows(model: type[Sealed], column: str) -> Iterator[Sealed]:
    """All rows that hold something there, batch by batch, by primary key: rows may come and go meanwhile."""
    last: Any = 0
    while batch := list(
        model._base_manager.filter(pk__gt=last)
        .exclude(**{column: ""})
        .only("pk", "key", column)
        .order_by("pk")[:BATCH]
    ):
        yield from batch
        last = batch[-1].pk
