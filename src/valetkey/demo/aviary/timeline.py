"""The page `/`: everybody's statuses, and a field for a new one."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from valetkey.demo.aviary.forms import Compose
from valetkey.demo.aviary.models import Status
from valetkey.django.models import AccessToken

PAGE = 20
#: Applications that the page names beside the timeline.
NAMED = 3


@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """Everybody's statuses; whoever is logged in posts here too."""
    if request.method == "POST":
        return _post(request)
    return _show(request, Compose())


@require_safe
def status(request: HttpRequest, number: int) -> HttpResponse:
    """One status."""
    found = get_object_or_404(Status.objects.listed(), pk=number)
    return render(request, "aviary/status_page.html", {"status": found})


def _post(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect("aviary:login")
    form = Compose(request.POST)
    if not form.is_valid():
        return _show(request, form, 422)
    posted = Status.objects.post(request.user, form.cleaned_data["status"])
    if posted.truncated:
        messages.warning(request, gettext("Posted, and cut: a status has 140 characters."))
    else:
        messages.success(request, gettext("Posted."))
    return redirect("aviary:home")


def _show(request: HttpRequest, form: Compose, code: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"form": form, **_page(request)}
    if request.user.is_authenticated:
        context["posting"] = _posting(request.user)
        context["count"] = Status.objects.filter(author=request.user).count()
    template = "aviary/timeline.html" if request.user.is_authenticated else "aviary/welcome.html"
    return render(request, template, context, status=code)


def _page(request: HttpRequest) -> dict[str, Any]:
    """The statuses of the page that `before` or `after` names, and the addresses of the pages around it."""
    before, after = _number(request, "before"), _number(request, "after")
    statuses: QuerySet[Status] = Status.objects.listed()
    if after is not None:
        # Those just after, not the newest: going back leads through the same pages.
        shown = list(reversed(statuses.filter(pk__gt=after).order_by("pk")[:PAGE]))
    else:
        shown = list((statuses if before is None else statuses.filter(pk__lt=before))[:PAGE])
    home = reverse("aviary:home")
    context: dict[str, Any] = {"statuses": shown}
    if shown and statuses.filter(pk__lt=shown[-1].pk).exists():
        context["older"] = f"{home}?before={shown[-1].pk}"
    if shown and (before or after) and statuses.filter(pk__gt=shown[0].pk).exists():
        context["newer"] = f"{home}?after={shown[0].pk}"
    return context


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Http404(name)
    return int(text)


def _posting(user: Any) -> list[AccessToken]:
    """The newest token of each application that may post as `user`, last used first."""
    newest: dict[int, AccessToken] = {}
    for token in AccessToken.objects.granted(user).filter(access="write"):
        newest.setdefault(token.application_id, token)
    return list(newest.values())[:NAMED]
