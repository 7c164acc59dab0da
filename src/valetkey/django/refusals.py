"""What became of refused requests: for the owner of the application that sent them, and for the log.

Anybody can send a wrong signature in an application's name. So what is written down is bounded, for each kind
of refusal by itself: a flood of one kind pushes no other one out. Answering is never bounded.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import Error, models, router, transaction
from django.utils import timezone

from valetkey.django import conf
from valetkey.django.models import AccessToken, Application, Refusal
from valetkey.django.store import exactly
from valetkey.protocol import mistakes
from valetkey.protocol.cases import Case
from valetkey.protocol.errors import Refused
from valetkey.protocol.mistakes import Mistake

KEPT = timedelta(days=7)
#: Rows that are kept of one application, problem and mistake; the oldest go first.
MOST_OF_A_KIND = 50
#: Rows of one kind that are written in a minute.
MOST_IN_A_MINUTE = 10
LONGEST = 2_000

log = logging.getLogger("valetkey.django")


def note(refused: Refused) -> Mistake | None:
    """Writes `refused` down for the owner of its application, if it is about one; the mistake that made its
    signature wrong, if one of the usual ones did.

    A failure to write is logged, and changes nothing for whoever waits for the answer.
    """
    case, explain = refused.case, conf.current().explain
    # 503 is this side's fault, and 429 nobody's mistake.
    if case is None or refused.status in (503, 429):
        return None
    try:
        application = _application(case)
        # Finding a mistake takes many signatures: not for each request of a flood.
        room = application is not None and _has_room(application, refused)
        mistake = (
            mistakes.find(case) if refused.problem == "signature_invalid" and (room or explain) else None
        )
        if application is not None and room:
            _write(application, refused, case, mistake)
    except Error:
        log.warning("Refusal %s could not be written down.", refused.id, exc_info=True)
        return None
    return mistake


def recent(application: Application) -> models.QuerySet[Refusal]:
    """What is shown of an application's refusals, newest first."""
    return application.refusals.filter(at__gt=timezone.now() - KEPT)


def prune(rows: int) -> int:
    """Deletes up to `rows` refusals that are shown no more; how many those were."""
    old = Refusal.objects.filter(at__lt=timezone.now() - KEPT).order_by("pk")
    keys = list(old.values_list("pk", flat=True)[:rows])
    return Refusal.objects.filter(pk__in=keys).delete()[0]


def _application(case: Case) -> Application | None:
    """Whose request it was, or claims to be: it may have been refused before anybody was looked for."""
    if case.consumer is not None:
        return case.consumer  # type: ignore[no-any-return]  # the store's own objects are rows
    key = case.oauth.get("oauth_consumer_key", "")
    return exactly(Application.objects.all(), key) if key else None


def _has_room(application: Application, refused: Refused) -> bool:
    lately = timezone.now() - timedelta(minutes=1)
    # The mistake isn't known yet, so the rate is that of the problem.
    kind = application.refusals.filter(problem=refused.problem, at__gt=lately)
    return kind.count() < MOST_IN_A_MINUTE


def _write(application: Application, refused: Refused, case: Case, mistake: Mistake | None) -> None:
    oauth, token = case.oauth, case.token
    with transaction.atomic(using=router.db_for_write(Refusal)):
        row = application.refusals.create(
            identifier=refused.id,
            status=refused.status,
            problem=refused.problem[:50],
            advice=refused.advice[:LONGEST],
            facts=_facts(refused.facts),
            mistake=mistake.slug if mistake else "",
            about=mistake.about[:LONGEST] if mistake else "",
            method=_printable(case.method)[:50],
            address=_printable(case.address)[:LONGEST],
            signature_method=_printable(oauth.get("oauth_signature_method", ""))[:50],
            signed_names=[_printable(name)[:100] for name in case.signed_names[:100]],
            clock_difference=_storable(case.clock_difference),
            token=_printable(oauth.get("oauth_token", ""))[:8],
            token_access=token.access if isinstance(token, AccessToken) else "",
        )
        kind = application.refusals.filter(problem=row.problem, mistake=row.mistake)
        newest = kind.order_by("-pk").values_list("pk", flat=True)
        if len(beyond := list(newest[MOST_OF_A_KIND : MOST_OF_A_KIND + 20])):
            application.refusals.filter(pk__in=beyond).delete()


def _facts(facts: Mapping[str, str]) -> dict[str, Any]:
    return {name: _printable(value)[:LONGEST] for name, value in facts.items()}


def _printable(text: str) -> str:
    # No database takes a lone surrogate, and PostgreSQL no NUL.
    return "".join(mark if mark.isprintable() else "�" for mark in text)


def _storable(seconds: int | None) -> int | None:
    return seconds if seconds is not None and abs(seconds) < 2**62 else None
