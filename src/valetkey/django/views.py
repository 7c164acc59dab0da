"""The endpoints of the three legs, and the page where the person decides."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.db import Error, connections, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from valetkey.django import answers, conf, pages, requests
from valetkey.django.encryption import Unreadable
from valetkey.django.models import Access, Application, RequestState, RequestToken
from valetkey.django.provider import get_provider
from valetkey.django.store import DjangoStore
from valetkey.protocol.errors import Refused
from valetkey.protocol.messages import Answer
from valetkey.protocol.origin import DEFAULT_PORTS, OUT_OF_BAND, Url
from valetkey.protocol.values import Secret
from valetkey.provider import Decision, Pending
from valetkey.verifier import unavailable

Leg = Callable[[requests.Presented], Answer]
View = Callable[..., HttpResponseBase]
DjangoPending = Pending[Application]


def _endpoint(leg: Leg) -> View:
    """A view for programs: it knows no cookie, and commits what it writes before it answers, whatever
    ATOMIC_REQUESTS says.
    """

    def view(request: HttpRequest) -> HttpResponse:
        try:
            answer = leg(requests.presented(request))
        except Refused as refused:
            answer = answers.refusal(refused)
        return answers.response(answer)

    view.__doc__ = leg.__doc__
    view.__name__ = leg.__name__
    # For LoginRequiredMiddleware, which would ask a program to log in.
    view.login_required = False  # type: ignore[attr-defined]  # how Django marks views
    checked: View = require_http_methods(["GET", "POST"])(view)
    # On each database: a router may have put the tokens on any of them.
    for alias in connections:
        checked = transaction.non_atomic_requests(using=alias)(checked)
    return csrf_exempt(sensitive_post_parameters()(checked))


@_endpoint
def request_token(presented: requests.Presented) -> Answer:
    """The first leg: gives an application a request token."""
    return get_provider().request_token(presented.method, presented.url, **presented.keywords())


@_endpoint
def access_token(presented: requests.Presented) -> Answer:
    """The third leg: exchanges a request token and its verifier for an access token."""
    return get_provider().access_token(presented.method, presented.url, **presented.keywords())


@_endpoint
def invalidate_token(presented: requests.Presented) -> Answer:
    """Ends the access token that the request is signed with."""
    return get_provider().invalidate_token(presented.method, presented.url, **presented.keywords())


@pages.page
def authorize(request: HttpRequest) -> HttpResponse:
    """The second leg: asks the person, always."""
    return _decide(request, signing_in=False)


@pages.page
def authenticate(request: HttpRequest) -> HttpResponse:
    """The second leg, to sign in with: asks the person, unless they have allowed the same application as much
    before.
    """
    return _decide(request, signing_in=True)


def asking(next_url: str) -> RequestToken | None:
    """The request that somebody was sent to log in for, where `next_url` leads back to one of the two pages
    above; None elsewhere. For a login page that says which application asks, and whose policy lets its form
    lead on to the callback (:func:`valetkey.django.pages.form_action`).
    """
    path, _, query = next_url.partition("?")
    try:
        view = resolve(path).func
    except Resolver404:
        return None
    if view not in (authorize, authenticate):
        return None
    try:
        return DjangoStore().open_request_token(QueryDict(query).get("oauth_token", ""))[1]
    except Unreadable:
        return None  # the page itself, after the login, says what is wrong


def _decide(request: HttpRequest, signing_in: bool) -> HttpResponse:
    try:
        return _step(request, signing_in)
    except Error as failure:  # of what the page looks up besides
        return _broken(request, unavailable("requests", failure))


def _step(request: HttpRequest, signing_in: bool) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    token = given.get("oauth_token", "")
    try:
        pending = get_provider().pending(token)
        if not request.user.is_authenticated:
            return _log_in(request, token)
        if request.method == "POST":
            return _hear(request, pending, signing_in)
        if given.get("force_login", "").lower() in ("1", "t", "true"):
            return _ask_to_log_in_again(request, pending)
        if signing_in and request.method == "GET" and _skips(request.user, pending):
            return _go_on(request, pending, get_provider().allow(token, request.user, access=_asked(pending)))
        return _ask(request, pending, signing_in)
    except Refused as refused:
        return _nothing(request, token, refused)


def _log_in(request: HttpRequest, token: str) -> HttpResponse:
    return redirect_to_login(f"{request.path}?{urlencode({'oauth_token': token})}")


def _asked(pending: DjangoPending) -> str:
    """What the person is asked for."""
    return cast(RequestToken, pending.token).asked_access


def _skips(user: Any, pending: DjangoPending) -> bool:
    """Whether the person has already given this application, as it is today, all that it asks for this time;
    never for a PIN, which must be shown.
    """
    application = pending.consumer
    if pending.callback == OUT_OF_BAND:
        return False
    granted = application.access_tokens.filter(
        user=user, own=False, revoked_at=None, created_at__gte=application.changed_at
    )
    return any(Access.covers(access, _asked(pending)) for access in granted.values_list("access", flat=True))


class Shown(NamedTuple):
    """What the page said when the person chose: who they are there, and what was asked for."""

    user: str
    access: str
    changed_at: float

    @classmethod
    def now(cls, user: Any, pending: DjangoPending) -> "Shown":
        return cls(str(user.pk), _asked(pending), pending.consumer.changed_at.timestamp())

    def signed(self, token: str) -> str:
        return signing.dumps(list(self), salt=_salt(token))

    @classmethod
    def read(cls, token: str, text: str) -> "Shown | None":
        try:
            return cls(*signing.loads(text, salt=_salt(token)))
        except (signing.BadSignature, TypeError):
            return None


def _salt(token: str) -> str:
    return f"valetkey.django.views:{token}"


def _hear(request: HttpRequest, pending: DjangoPending, signing_in: bool) -> HttpResponse:
    token, user = pending.token.key, request.user
    decision = request.POST.get("decision", "")
    if decision == "another":
        logout(request)
        return _log_in(request, token)
    shown, now = Shown.read(token, request.POST.get("shown", "")), Shown.now(user, pending)
    if shown is not None and shown.user != now.user:
        return pages.nothing(request, "another_account", 403, application=pending.consumer)
    if decision == "deny":
        return _go_on(request, pending, get_provider().deny(token, user))
    if decision != "allow" or shown != now:
        return _ask(request, pending, signing_in, changed=decision == "allow")
    return _go_on(request, pending, get_provider().allow(token, user, access=shown.access))


def _go_on(request: HttpRequest, pending: DjangoPending, decision: Decision) -> HttpResponse:
    if decision.redirect is not None:
        return pages.CallbackRedirect(decision.redirect)
    if decision.pin is None:
        return pages.nothing(request, "denied", 200, application=pending.consumer)
    settings = conf.current()
    context = {
        "application": pending.consumer,
        "person": request.user,
        "access": _asked(pending),
        "pin": decision.pin,
        "pin_spoken": Secret(", ".join(" ".join(half) for half in (decision.pin[:4], decision.pin[4:]))),
        "until": timezone.now() + timedelta(seconds=settings.request_token_lifetime),
        "minutes": settings.request_token_lifetime // 60,
        "tries": settings.verifier_tries,
        "oauth_token": pending.token.key,
    }
    return pages.show(request, "pin", context)


def _ask(
    request: HttpRequest, pending: DjangoPending, signing_in: bool, changed: bool = False
) -> HttpResponse:
    application, person, asked = pending.consumer, cast(Any, request.user), _asked(pending)
    tokens = application.access_tokens.filter(user=person, own=False).order_by("-created_at")
    # The newest of those with which it can do as much already; else the newest.
    before = max(
        tokens.filter(revoked_at=None), key=lambda token: Access.covers(token.access, asked), default=None
    )
    context = {
        "application": application,
        "person": request.user,
        "access": asked,
        "destination": _destination(pending.callback),
        "before": before,
        "asks_more": before is not None and not Access.covers(before.access, asked),
        "revoked": None if before else tokens.first(),
        "changed": changed,
        "signing_in": signing_in,
        "oauth_token": pending.token.key,
        "shown": Shown.now(person, pending).signed(pending.token.key),
    }
    response = pages.show(request, "authorize", context)
    response.headers["Content-Security-Policy"] = pages.policy(pending.callback)
    return response


def _ask_to_log_in_again(request: HttpRequest, pending: DjangoPending) -> HttpResponse:
    # A page with a button, and no log-out by GET: a link could end anybody's session.
    context = {"application": pending.consumer, "person": request.user, "oauth_token": pending.token.key}
    return pages.show(request, "login_again", context)


class Destination(NamedTuple):
    """Where a person goes on to. `kind` is ``pin``, ``loopback``, ``web``, ``insecure`` or ``device``."""

    kind: str
    address: str


def _destination(callback: str) -> Destination:
    if callback == OUT_OF_BAND:
        return Destination("pin", "")
    scheme = callback.partition(":")[0].lower()
    if scheme not in DEFAULT_PORTS:
        return Destination("device", f"{scheme}:")
    url = Url(callback)
    kind = "loopback" if url.is_loopback else "web" if url.scheme == "https" else "insecure"
    return Destination(kind, url.authority)


def _nothing(request: HttpRequest, token: str, refused: Refused) -> HttpResponse:
    """Why there is nothing to decide; never a redirect to a place that the sender of the link could have
    named.
    """
    if refused.status == 503:
        return _broken(request, refused)
    application, row = DjangoStore().open_request_token(token)
    if application is None or row is None:
        return pages.nothing(request, "unknown", 400)
    if application.problem:
        return pages.nothing(request, "suspended", 403, application=application)
    if refused.problem == "token_expired":
        minutes = conf.current().request_token_lifetime // 60
        return pages.nothing(request, "expired", 410, application=application, minutes=minutes)
    if row.state == RequestState.PENDING:
        return pages.nothing(request, "unknown", 400)
    if not request.user.is_authenticated:
        return _log_in(request, token)
    if row.user_id != request.user.pk:
        return pages.nothing(request, "another_account", 403, application=application)
    return _decided(request, row)


def _broken(request: HttpRequest, refused: Refused) -> HttpResponse:
    answers.refusal(refused)
    return pages.nothing(request, "broken", 503, seconds=refused.retry_after)


def _decided(request: HttpRequest, row: RequestToken) -> HttpResponse:
    waits_for_pin = row.callback == OUT_OF_BAND and row.state == RequestState.ALLOWED
    context: dict[str, Any] = {"application": row.application, "request_token": row}
    if waits_for_pin and request.POST.get("decision") == "cancel" and row.cancel():
        return pages.nothing(request, "pin_cancelled", 200, **context)
    tries = conf.current().verifier_tries
    if waits_for_pin and row.tries >= tries:
        return pages.nothing(request, "pin_stopped", 410, tries=tries, **context)
    return pages.nothing(request, "pin_gone" if waits_for_pin else "decided", 409, **context)
