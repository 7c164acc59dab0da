"""The developers' corner: one's applications, their keys, and what they may ask for."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from valetkey.demo.aviary import refusals
from valetkey.demo.aviary.forms import (
    ACCESS_HINTS,
    AccessForm,
    ApplicationForm,
    Registration,
    RsaKey,
    initial_of,
)
from valetkey.django import conf
from valetkey.django.models import Access, Application
from valetkey.protocol.signatures import METHODS

MINUTES_IN_USE = 60

View = Callable[[HttpRequest, int], HttpResponse]


def unless_suspended(view: View) -> View:
    """Keys and tokens stay as the administrator has found them; the application's page says why."""

    @wraps(view)
    def guarded(request: HttpRequest, number: int) -> HttpResponse:
        mine = _mine(request, number)
        return redirect("aviary:application", mine.pk) if mine.problem else view(request, number)

    return guarded


class People(NamedTuple):
    """How many have let an application in, and how many of them to read only. An own token is no grant."""

    all: int
    read_only: int

    @classmethod
    def of(cls, application: Application) -> "People":
        tokens = application.access_tokens.filter(revoked_at=None, own=False)
        everybody = set(tokens.values_list("user", flat=True))
        writing = set(tokens.filter(access=Access.WRITE).values_list("user", flat=True))
        return cls(len(everybody), len(everybody - writing))


@require_safe
def developers(request: HttpRequest) -> HttpResponse:
    """One's applications, and where to send requests."""
    valetkey = conf.current()
    context: dict[str, Any] = {
        "origin": valetkey.origin,
        "methods": valetkey.signature_methods,
        "window": valetkey.window,
        "limits": valetkey,
        "minutes": valetkey.request_token_lifetime // 60,
    }
    if request.user.is_authenticated:
        people = Count(
            "access_tokens__user",
            filter=Q(access_tokens__revoked_at=None, access_tokens__own=False),
            distinct=True,
        )
        refused = Count(
            "refusals", filter=Q(refusals__at__gt=timezone.now() - timedelta(hours=24)), distinct=True
        )
        mine = Application.objects.filter(owner=request.user)
        context["applications"] = mine.annotate(people=people, refused=refused)
    return render(request, "aviary/developers.html", context)


@sensitive_post_parameters("rsa_public_key")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """A new application."""
    form = Registration(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            new = Application.objects.register(request.user, **form.fields_of())
        except ValidationError as error:
            form.refuse(error)
        else:
            sentence = gettext("Registered. Key and secret stand below.")
            messages.success(request, gettext("Registered.") if new.rsa_public_key else sentence)
            return redirect("aviary:application", new.pk)
    context = {"form": form, "hints": ACCESS_HINTS}
    return render(request, "aviary/register.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def application(request: HttpRequest, number: int) -> HttpResponse:
    """Everything about one of one's applications."""
    mine = _mine(request, number)
    people = People.of(mine)
    methods = mine.usable_methods
    context = {
        "application": mine,
        "rsa": mine.rsa_key_shown,
        "rsa_address": reverse("aviary:rsa_key", args=[mine.pk]),
        "rsa_methods": [method for method in methods if METHODS[method].uses_rsa_key],
        "by_secret": not (mine.rsa_public_key and all(METHODS[method].uses_rsa_key for method in methods)),
        "people": people.all,
        "behind": people.read_only if mine.access == Access.WRITE else 0,
        "token": mine.own_token(request.user),
        "hints": ACCESS_HINTS,
        "rows": refusals.latest(mine),
    }
    return render(request, "aviary/application.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, number: int) -> HttpResponse:
    """What people are shown of it, and where they may be sent back to."""
    mine = _mine(request, number)
    form = ApplicationForm(request.POST if request.method == "POST" else None, initial=initial_of(mine))
    if form.is_valid():
        typed = form.fields_of()
        before = mine.name
        mine.callback_lines = "\n".join(typed.pop("callbacks"))
        for name, value in typed.items():
            setattr(mine, name, value)
        try:
            mine.full_clean(exclude=["owner"])
            with transaction.atomic():
                mine.save()
        except ValidationError as error:
            form.refuse(error)
            mine.name = before
        except IntegrityError:  # somebody else took the name since it was looked for
            form.add_error("name", gettext("Another application has this name, or one that looks like it."))
            mine.name = before
        else:
            messages.success(request, gettext("Saved."))
            return redirect("aviary:application", mine.pk)
    context = {"form": form, "application": mine}
    return render(request, "aviary/edit.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def change_access(request: HttpRequest, number: int) -> HttpResponse:
    """What it asks people for, from now on."""
    mine = _mine(request, number)
    form = AccessForm(request.POST)
    if form.is_valid() and form.cleaned_data["access"] != mine.access:
        mine.change_access(form.cleaned_data["access"])
        messages.success(request, _access_changed(mine))
    return redirect("aviary:application", mine.pk)


def _access_changed(mine: Application) -> str:
    if mine.access == Access.READ:
        return gettext("Access is now read only. Posting is refused from now on, with every token.")
    people = People.of(mine)
    if not people.read_only:
        return gettext("Access is now read and write.")
    sentence = ngettext(
        "Access is now read and write. Nobody’s token grew: %(behind)d of %(people)d person must allow it"
        " again to be posted for.",
        "Access is now read and write. Nobody’s token grew: %(behind)d of %(people)d people must allow it"
        " again to be posted for.",
        people.all,
    )
    return sentence % {"behind": people.read_only, "people": people.all}


@login_required
@require_POST
@unless_suspended
def add_secret(request: HttpRequest, number: int) -> HttpResponse:
    """A second secret; both work. A third would end the first, so there is none."""
    mine = _mine(request, number)
    if mine.add_secret():
        messages.success(request, gettext("Added. Both secrets work until you retire the older one."))
    return redirect("aviary:application", mine.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@unless_suspended
def retire_secret(request: HttpRequest, number: int) -> HttpResponse:
    """Asks, and ends the older of two secrets."""
    mine = _mine(request, number)
    if len(mine.secrets) == 1:
        return redirect("aviary:application", mine.pk)
    if request.method == "POST":
        mine.retire_older_secret()
        messages.success(request, gettext("Retired. One secret is left."))
        return redirect("aviary:application", mine.pk)
    used = mine.older_secret_used_at
    in_use = used is not None and timezone.now() - used < timedelta(minutes=MINUTES_IN_USE)
    return render(request, "aviary/retire.html", {"application": mine, "in_use": in_use})


@sensitive_post_parameters("rsa_public_key")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@unless_suspended
def rsa_key(request: HttpRequest, number: int) -> HttpResponse:
    """Says what a public key changes, and takes one: the first, or one in place of another."""
    mine = _mine(request, number)
    shown = mine.rsa_key_shown
    form = RsaKey(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            mine.use_rsa_key(form.cleaned_data["rsa_public_key"])
        except ValidationError as error:
            form.add_error("rsa_public_key", error)
        else:
            replaced = gettext("Replaced. The old key stopped working at %(time)s UTC.")
            given = gettext("Given. The consumer secret stopped working at %(time)s UTC.")
            sentence = replaced if shown else given
            messages.success(request, sentence % {"time": f"{timezone.now():%H:%M:%S}"})
            return redirect("aviary:application", mine.pk)
    context = {"form": form, "application": mine, "rsa": shown}
    return render(request, "aviary/rsa_key.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@unless_suspended
def remove_rsa_key(request: HttpRequest, number: int) -> HttpResponse:
    """Asks, and goes back to the consumer secret."""
    mine = _mine(request, number)
    shown = mine.rsa_key_shown
    if shown is None or mine.has_own_methods:
        return redirect("aviary:application", mine.pk)
    if request.method == "POST":
        # The page may have been opened before another key took this one's place.
        if request.POST.get("shown") == shown.fingerprint and mine.remove_rsa_key():
            messages.success(request, gettext("Removed. The consumer secret signs from now on."))
        else:
            messages.warning(request, gettext("The key changed while you were reading. Nothing was removed."))
        return redirect("aviary:application", mine.pk)
    return render(request, "aviary/rsa_remove.html", {"application": mine, "rsa": shown})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@unless_suspended
def reset(request: HttpRequest, number: int) -> HttpResponse:
    """Says what a new key and secret break, and makes them."""
    mine = _mine(request, number)
    people = People.of(mine).all
    if request.method == "POST":
        mine.reset()
        messages.success(request, _reset(mine, people))
        return redirect("aviary:application", mine.pk)
    return render(
        request,
        "aviary/reset.html",
        {"application": mine, "people": people, "token": mine.own_token(request.user)},
    )


def _reset(mine: Application, people: int) -> str:
    ended = f"{timezone.now():%H:%M:%S}"
    if not people:
        sentence = gettext("New key and secret. The old ones stopped working at %(time)s UTC.")
        return sentence % {"time": ended}
    sentence = ngettext(
        "New key and secret. The old ones stopped working at %(time)s UTC. %(people)d person must allow"
        " %(app)s again.",
        "New key and secret. The old ones stopped working at %(time)s UTC. %(people)d people must allow"
        " %(app)s again.",
        people,
    )
    return sentence % {"time": ended, "people": people, "app": mine.name}


@login_required
@require_POST
@unless_suspended
def make_token(request: HttpRequest, number: int) -> HttpResponse:
    """One's own access token, without the three legs."""
    mine = _mine(request, number)
    if mine.ensure_own_token(request.user)[1]:
        messages.success(request, gettext("Made. Token and secret stand below."))
    return redirect("aviary:application", mine.pk)


@login_required
@require_POST
@unless_suspended
def revoke_token(request: HttpRequest, number: int) -> HttpResponse:
    """Ends it, at once."""
    if _mine(request, number).revoke_own_tokens(request.user):
        sentence = gettext("Your access token stopped working at %(time)s UTC.")
        messages.success(request, sentence % {"time": f"{timezone.now():%H:%M:%S}"})
    return redirect("aviary:application", number)


def _mine(request: HttpRequest, number: int) -> Application:
    # Somebody else's is not there: 404, as for a number that nobody has.
    return get_object_or_404(Application, pk=number, owner=request.user)
