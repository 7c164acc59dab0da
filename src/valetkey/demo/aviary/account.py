"""Signing up, logging in and out; one's name, and the applications that one has let in."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from valetkey.demo.aviary.forms import LogIn, Name, SignUp
from valetkey.demo.aviary.models import LoginTry, User
from valetkey.demo.shared.headers import POLICY
from valetkey.django.models import Access, AccessToken, Application, RequestToken
from valetkey.django.pages import form_action
from valetkey.django.views import asking

BACKEND = "django.contrib.auth.backends.ModelBackend"


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """A new account, logged in at once."""
    form = SignUp(request.POST if request.method == "POST" else None)
    if form.is_valid() and (user := _signed_up(form)):
        login(request, user, backend=BACKEND)
        messages.success(request, gettext("Welcome, @%(name)s.") % {"name": user.screen_name})
        return redirect(_next(request))
    return _entrance(request, "aviary/sign_up.html", form)


def _signed_up(form: SignUp) -> User | None:
    typed = form.cleaned_data
    try:
        with transaction.atomic():
            return User.objects.sign_up(typed["username"], typed["password"], typed["name"])
    except IntegrityError:  # somebody else was faster
        form.add_error("username", form.taken(typed["username"]))
        return None


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Names the application that sent somebody here, if one did."""
    form = LogIn(request.POST if request.method == "POST" else None)
    if form.is_valid() and (user := _let_in(request, form)):
        login(request, user)
        return redirect(_next(request))
    return _entrance(request, "aviary/log_in.html", form)


def _let_in(request: HttpRequest, form: LogIn) -> Any:
    name, address = form.cleaned_data["username"], request.META.get("REMOTE_ADDR", "")
    if minutes := LoginTry.objects.wait(name, address):
        sentence = ngettext(
            "Too many tries. Wait %(minutes)d minute.", "Too many tries. Wait %(minutes)d minutes.", minutes
        )
        form.add_error(None, sentence % {"minutes": minutes})
        return None
    user = authenticate(request, username=name, password=form.cleaned_data["password"])
    if user is None:
        form.add_error(None, gettext("Screen name and password don’t match."))
        return None
    LoginTry.objects.forget(name, address)
    return user


def _entrance(request: HttpRequest, template: str, form: SignUp | LogIn) -> HttpResponse:
    given = request.POST.get("next") or request.GET.get("next") or ""
    onwards = given if _is_ours(given) else ""
    asked = asking(onwards) if onwards else None
    context = {"form": form, "next": onwards, "asking": asked.application if asked else None}
    response = render(request, template, context, status=422 if form.errors else 200)
    if asked:
        # Who has allowed this application before goes from this form straight on to its callback.
        policy = POLICY.replace("form-action 'self'", form_action(asked.callback))
        response.headers["Content-Security-Policy"] = policy
    return response


def _next(request: HttpRequest) -> str:
    """Where to go now: a page of this site, whatever the request says."""
    given = request.POST.get("next", "")
    return given if _is_ours(given) else reverse("aviary:home")


def _is_ours(address: str) -> bool:
    # A path, and nothing that a browser could take for a host.
    return address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.success(request, gettext("You are logged out."))
    return redirect("aviary:home")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """One's name, and the way out."""
    user: Any = request.user
    form = Name(request.POST if request.method == "POST" else None, initial={"name": user.name})
    if form.is_valid():
        User.objects.filter(pk=user.pk).update(name=form.cleaned_data["name"])
        messages.success(request, gettext("Saved."))
        return redirect("aviary:account")
    return render(request, "aviary/account.html", {"form": form}, status=422 if form.errors else 200)


class Grant:
    """What one application may do as one person: all their tokens together."""

    def __init__(self, tokens: list[AccessToken]) -> None:
        self.application = tokens[0].application
        self.access = Access.READ
        for token in tokens:
            if Access.covers(token.effective_access, self.access):
                self.access = Access(token.effective_access)
        self.allowed_at = min(token.created_at for token in tokens)
        self.last_used_at = max((token.last_used_at for token in tokens if token.last_used_at), default=None)


def grants(tokens: Iterable[AccessToken]) -> list[Grant]:
    """The applications of these tokens, in the order of the tokens."""
    together: dict[int, list[AccessToken]] = {}
    for token in tokens:
        together.setdefault(token.application_id, []).append(token)
    return [Grant(of_one) for of_one in together.values()]


@login_required
@require_safe
def applications(request: HttpRequest) -> HttpResponse:
    """The applications that can use one's account, last used first."""
    found = grants(AccessToken.objects.granted(request.user).select_related("application__owner"))
    return render(request, "aviary/applications.html", {"grants": found})


@login_required
@require_safe
def application(request: HttpRequest, number: int) -> HttpResponse:
    """One of them."""
    return render(request, "aviary/connected.html", {"grant": _granted(request, number)})


@login_required
@require_POST
def revoke(request: HttpRequest, number: int) -> HttpResponse:
    """Ends what one of them can do, at once."""
    application = _granted(request, number).application
    _end(request.user, application)
    sentence = gettext("%(app)s can no longer use your account. Its token stopped working at %(time)s UTC.")
    messages.success(request, sentence % {"app": application.name, "time": f"{timezone.now():%H:%M:%S}"})
    return redirect("aviary:applications")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke_all(request: HttpRequest) -> HttpResponse:
    """Asks, and ends all of them."""
    found = grants(AccessToken.objects.granted(request.user))
    if request.method == "POST":
        _end(request.user)
        sentence = gettext("No application can use your account any more, since %(time)s UTC.")
        messages.success(request, sentence % {"time": f"{timezone.now():%H:%M:%S}"})
    if request.method == "POST" or not found:
        return redirect("aviary:applications")
    return render(request, "aviary/revoke_all.html", {"grants": found})


def _granted(request: HttpRequest, number: int) -> Grant:
    tokens = AccessToken.objects.granted(request.user).filter(application_id=number)
    found = grants(tokens.select_related("application__owner"))
    if not found:
        raise Http404
    return found[0]


def _end(user: Any, application: Application | None = None) -> None:
    with transaction.atomic():
        # First what was allowed and not fetched yet, which would become a token a moment later.
        waiting = RequestToken.objects if application is None else application.request_tokens
        waiting.forget(user)
        AccessToken.objects.revoke(user, application)
