"""The developers' corner's pages about refused requests."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from valetkey.demo.aviary.refused import difference, words_of
from valetkey.django import conf, refusals
from valetkey.django.models import Application, Refusal

# Refused before a nonce was claimed.
_CLAIMED_NOTHING = {"signature_invalid", "timestamp_refused"}
A_PAGE = 50
LATEST = 5


def told(rows: Any) -> list[tuple[Refusal, str]]:
    """Each row, with the name of its mistake."""
    return [(row, words_of(row).title) for row in rows]


def latest(application: Application) -> list[tuple[Refusal, str]]:
    """The last few of an application."""
    return told(refusals.recent(application)[:LATEST])


@login_required
@require_safe
def listing(request: HttpRequest, number: int) -> HttpResponse:
    """All that are kept of one of one's applications."""
    mine = get_object_or_404(Application, pk=number, owner=request.user)
    page = Paginator(refusals.recent(mine), A_PAGE).get_page(request.GET.get("page"))
    context = {"application": mine, "page": page, "rows": told(page.object_list)}
    return render(request, "aviary/refusals.html", context)


@login_required
@require_safe
def one(request: HttpRequest, number: int, identifier: str) -> HttpResponse:
    """What was wrong with a request, and what to do."""
    mine = get_object_or_404(Application, pk=number, owner=request.user)
    row = refusals.recent(mine).filter(identifier=identifier).first()
    if row is None:
        return render(request, "aviary/no_refusal.html", {"application": mine}, status=404)
    context = {
        "application": mine,
        "row": row,
        "words": words_of(row),
        "difference": difference(row),
        "nonce_unused": row.problem in _CLAIMED_NOTHING,
        "window": conf.current().window,
        "off": abs(row.clock_difference or 0),
    }
    return render(request, "aviary/refusal.html", context)


@login_required
@require_safe
def by_id(request: HttpRequest, identifier: str) -> HttpResponse:
    """To the page of a refusal whose id somebody has from an answer or a log."""
    row = Refusal.objects.filter(identifier=identifier, application__owner_id=request.user.pk).first()
    if row is None:
        return render(request, "aviary/no_refusal.html", status=404)
    return redirect("aviary:refusal", row.application_id, row.identifier)
