"""``manage.py valetkey_prune``: for a daily job; the site also prunes a little as it goes."""

from typing import Any

from django.core.management.base import BaseCommand

from valetkey.django import conf, nonces, refusals, store

BATCH = 1_000


class Command(BaseCommand):
    help = (
        "Deletes nonces that need not be remembered any more, request tokens that ended over an hour ago, and"
        " refusals that are older than seven days."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        tokens = _repeat(store.prune_request_tokens)
        shown = _repeat(refusals.prune)
        # Nonces in a cache leave it by themselves.
        forgotten = (
            0 if conf.current().nonce_cache is not None else _repeat(lambda rows: nonces.prune(rows=rows))
        )
        nonces.close()
        self.stdout.write(f"Deleted {tokens} request tokens, {shown} refusals and {forgotten} nonces.")


def _repeat(prune: Any) -> int:
    """In batches, so that no lock is held for long."""
    total = 0
    while count := prune(BATCH):
        total += count
    return total
