"""What became of refused requests: for the owner of the application that sent them, and for the log.

Anybody can send a wrong signature in an application's name. So what is written down is bounded, for each kind
of refusal by itself: a flood of one kind pushes no other one out, and whoever knows none of the application's
tokens pushes out nothing that came with one. Answering is never bounded.
"""

import logging
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta

from django.db import Error, connections, models, router, transaction
from django.utils import timezone

from valetkey.django import conf
from valetkey.django.models import AccessToken, Application, Refusal
from valetkey.django.store import exactly
from valetkey.protocol import mistakes
from valetkey.protocol.cases import Case, shown_name
from valetkey.protocol.errors import Refused
from valetkey.protocol.mistakes import Mistake

KEPT = timedelta(days=7)
#: Rows that are kept of one application, problem, mistake and access of the token; the oldest go first.
MOST_OF_A_KIND = 50
#: Rows of one kind that are written in a minute.
MOST_IN_A_MINUTE = 10
LONGEST = 2_000
MOST_NAMES = 100

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
    mistake = None
    try:
        with _apart():
            application = _application(case)
            # Finding a mistake takes many signatures: not for each request of a flood.
            room = application is not None and _has_room(application, refused, case)
            search = refused.problem == "signature_invalid" and (room or explain)
            mistake = mistakes.find(case) if search else None
            if application is not None and room:
                _write(application, refused, case, mistake)
    except Error:
        log.warning("Refusal %s could not be written down.", refused.id, exc_info=True)
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
        return case.consumer  # type: ignore[no-any-return]  # the core says Any; our store finds rows
    key = case.oauth.get("oauth_consumer_key", "")
    return exactly(Application.objects.all(), key) if key else None


def _apart() -> AbstractContextManager[None]:
    """A savepoint, where the request has a transaction: on PostgreSQL, a failure would undo what else was
    written in it. Elsewhere nothing: on SQLite, each request of a flood would wait for the one write lock.
    """
    alias = router.db_for_write(Refusal)
    return transaction.atomic(using=alias) if connections[alias].in_atomic_block else nullcontext()


def _has_room(application: Application, refused: Refused, case: Case) -> bool:
    now = timezone.now()
    # The mistake isn't known yet, so the rate is that of the problem. Rows of the future, from a clock that
    # was set since, don't count.
    lately = application.refusals.filter(at__gt=now - timedelta(minutes=1), at__lte=now)
    kind = lately.filter(problem=_problem(refused), token_access=_token_access(case))
    return kind.count() < MOST_IN_A_MINUTE


def _write(application: Application, refused: Refused, case: Case, mistake: Mistake | None) -> None:
    oauth = case.oauth
    row = application.refusals.create(
        identifier=refused.id,
        status=refused.status,
        problem=_problem(refused),
        advice=_kept(refused.advice),
        facts={name: _kept(value) for name, value in refused.facts.items()},
        mistake=mistake.slug if mistake else "",
        about=_kept(mistake.about) if mistake else "",
        method=_kept(case.method, 50),
        address=_kept(case.address),
        signature_method=_kept(oauth.get("oauth_signature_method", ""), 50),
        signed_names=[shown_name(name) for name in case.signed_names[:MOST_NAMES]],
        clock_difference=case.clock_difference,
        token=_kept(oauth.get("oauth_token", ""), 8),
        token_access=_token_access(case),
    )
    alike = {"problem": row.problem, "mistake": row.mistake, "token_access": row.token_access}
    newest = application.refusals.filter(**alike).order_by("-pk").values_list("pk", flat=True)
    if beyond := list(newest[MOST_OF_A_KIND : MOST_OF_A_KIND + 20]):
        application.refusals.filter(pk__in=beyond).delete()


def _problem(refused: Refused) -> str:
    return _kept(refused.problem, 50)


def _token_access(case: Case) -> str:
    """What the token may do; empty for none, one that isn't known, and a request token."""
    return case.token.access if isinstance(case.token, AccessToken) else ""


def _kept(text: str, most: int = LONGEST) -> str:
    # No database takes a lone surrogate, and PostgreSQL no NUL.
    return "".join(mark if mark.isprintable() else "�" for mark in text[:most])
