"""The tutorial's pages: connect, verify, write, and what became of it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from valetkey import AccessToken, BadCallback, Denied, RequestToken
from valetkey.demo.shared.headers import POLICY
from valetkey.demo.site import breaking, posted, service, troubles
from valetkey.demo.site.breaking import Breaking
from valetkey.demo.site.calls import snippets
from valetkey.demo.site.exchange import Exchange
from valetkey.demo.site.forms import StatusForm
from valetkey.demo.site.kept import Done, Kept, Step
from valetkey.demo.site.models import Account
from valetkey.demo.site.service import Unanswered
from valetkey.demo.site.troubles import WAYS, Trouble
from valetkey.demo.site.wire import Wire


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    kept = Kept(request.session)
    response = _page(request, "start", "", {"account": kept.account if _own(kept) else None})
    # The button to sign in with leads to Aviary, and browsers ask this policy at each redirect on the way.
    provider = service.config().provider_origin
    response.headers["Content-Security-Policy"] = POLICY.replace(
        "form-action 'self'", f"form-action 'self' {provider}"
    )
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: HttpRequest) -> HttpResponse:
    """The first leg. Who has been here before goes straight to Aviary, which then need not ask."""
    if request.method == "POST":
        return _break(request, "connect")
    kept = Kept(request.session)
    try:
        address, token, exchange = service.get_request_token()
    except Unanswered as unanswered:
        return _unanswered(request, "connect", unanswered)
    kept.start(token)
    done = Done(exchange, {"address": address})
    kept.keep("connect", done)
    if "signin" in request.GET:
        return redirect(service.sign_in_url(token))
    return _connected(request, done)


def _connected(request: HttpRequest, done: Done, broken: Breaking | None = None) -> HttpResponse:
    address = done.told.get("address") or reverse("testsite:connect")
    return _page(request, "connect", "connect", {"address": address}, done.exchange, broken)


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The callback: the third leg. Then once more, without the verifier in the address."""
    if request.method == "POST":
        return _break(request, "verify")
    kept = Kept(request.session)
    if not request.META["QUERY_STRING"]:
        done = kept.done("verify")
        if done is None:
            return _trouble(request, "verify", troubles.NO_VERIFIER if kept.newest else troubles.NO_SESSION)
        return _verified(request, done)
    key = request.GET.get("oauth_token") or request.GET.get("denied", "")
    token = kept.started(key) or kept.newest
    if kept.has_used(key):
        return _trouble(request, "verify", _used(request, kept))
    if token is None:
        return _trouble(request, "verify", troubles.NO_SESSION)
    try:
        verifier = service.verifier(f"{request.path}?{request.META['QUERY_STRING']}", token)
    except Denied as denied:
        kept.finish(denied.token)
        return _trouble(request, "verify", troubles.DENIED)
    except BadCallback as bad:
        return _trouble(request, "verify", _bad_callback(bad, key, token))
    return _exchange(request, kept, token, verifier)


def _verified(request: HttpRequest, done: Done, broken: Breaking | None = None) -> HttpResponse:
    return _page(request, "verify", "verify", {"told": done.told}, done.exchange, broken)


def _used(request: HttpRequest, kept: Kept) -> Trouble:
    if "denied" in request.GET:
        return troubles.DENIED
    return troubles.USED_AND_CONNECTED if kept.account else troubles.USED


def _bad_callback(bad: BadCallback, key: str, token: RequestToken) -> Trouble:
    if bad.missing == "oauth_verifier":
        return troubles.NO_VERIFIER
    return troubles.FOREIGN if key and key != token.key else troubles.MANGLED


def _exchange(request: HttpRequest, kept: Kept, token: RequestToken, verifier: str) -> HttpResponse:
    try:
        access_token, exchange = service.get_access_token(token, verifier)
    except Unanswered as unanswered:
        return _unanswered(request, "verify", unanswered)
    extra = access_token.extra
    account = Account.keep(extra["user_id"], extra["screen_name"], access_token)
    kept.spend(token)
    kept.connect(account)
    told = {"screen_name": account.screen_name, "oauth_token": token.key, "oauth_verifier": verifier}
    kept.keep("verify", Done(exchange, told))
    return redirect("testsite:verify")


@require_safe
def write(request: HttpRequest) -> HttpResponse:
    """The form, filled with the visitor's own token."""
    kept = Kept(request.session)
    return _form(request, StatusForm(own=_own(kept), draft=kept.draft))


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
def update(request: HttpRequest) -> HttpResponse:
    """Posts the status, and shows what Aviary said; by GET, what it said last."""
    if "mistake" in request.POST:
        return _break(request, "update")
    kept = Kept(request.session)
    if request.method != "POST":
        done = kept.done("update")
        return _updated(request, done) if done else redirect("testsite:write")
    form = StatusForm(request.POST, own=_own(kept))
    if not form.is_valid():
        return _form(request, form)
    status: str = form.cleaned_data["status"]
    try:
        exchange = service.post(status, *form.token)
    except Unanswered as unanswered:
        kept.draft = status
        if unanswered.exchange:
            kept.keep("update", Done(unanswered.exchange, {}))
        return _unanswered(request, "update", unanswered)
    done = Done(exchange, {})
    kept.keep("update", done)
    kept.draft = ""
    return _updated(request, done)


def _updated(request: HttpRequest, done: Done, broken: Breaking | None = None) -> HttpResponse:
    status = posted.read(done.exchange)
    if status is None:
        return _trouble(request, "update", troubles.refused(done.exchange), done.exchange)
    return _page(request, "update", "update", {"status": status}, done.exchange, broken)


_SHOWING: dict[Step, Callable[[HttpRequest, Done, Breaking | None], HttpResponse]] = {
    "connect": _connected,
    "verify": _verified,
    "update": _updated,
}


def _break(request: HttpRequest, step: Step) -> HttpResponse:
    """Sends this step's last request with a mistake; the step's page again, with what Aviary said."""
    kept = Kept(request.session)
    done = kept.done(step)
    broken = breaking.sent(kept, done.exchange, request.POST.get("mistake", "")) if done else None
    if done is None or broken is None:
        # Nothing was sent from here that could be broken.
        return redirect(f"testsite:{step}")
    return _SHOWING[step](request, done, broken)


def _form(request: HttpRequest, form: StatusForm) -> HttpResponse:
    kept = Kept(request.session)
    return _page(request, "write", "write", {"form": form, "connected": _own(kept) is not None})


def _own(kept: Kept) -> AccessToken | None:
    """The visitor's access token, if it can still be read."""
    account = kept.account
    return account.token if account else None


def _unanswered(request: HttpRequest, step: str, unanswered: Unanswered) -> HttpResponse:
    exchange = unanswered.exchange
    if exchange is not None:
        return _trouble(request, step, troubles.refused(exchange), exchange)
    nothing = troubles.no_answer(service.config().provider_origin)
    return _trouble(request, step, troubles.INSECURE if unanswered.insecure else nothing)


def _trouble(
    request: HttpRequest, step: str, trouble: Trouble, exchange: Exchange | None = None
) -> HttpResponse:
    page, words = WAYS[trouble.way]
    # Back to where it happened; what was sent by POST starts at the form, and an answer of Aviary's at the
    # start of its request.
    again = {"update": "testsite:write"}.get(step, "testsite:connect")
    context = {"trouble": trouble, "way": page or again, "words": words}
    # The result shows what Aviary answered, whatever that is; and Django keeps no session of a 5xx.
    status = 200 if step == "update" else trouble.status
    response = _page(request, "trouble", step, context, exchange, status=status)
    if trouble.retry_after is not None:
        response.headers["Retry-After"] = str(trouble.retry_after)
    return response


def _page(
    request: HttpRequest,
    name: str,
    step: str,
    context: dict[str, Any],
    exchange: Exchange | None = None,
    broken: Breaking | None = None,
    status: int = 200,
) -> HttpResponse:
    kept = Kept(request.session)
    shown: dict[str, Any] = {
        "provider": service.config().provider_origin,
        "steps": _steps(kept, step),
        "own_page": f"testsite:{step or 'start'}",
    }
    if exchange is not None:
        shown["wire"] = Wire(exchange)
        shown["snippets"] = snippets(exchange, service.addresses())
        # An error page is about a request that went wrong already.
        shown["breaking"] = None if name == "trouble" else broken or breaking.prepared(kept, exchange)
    response = render(request, f"testsite/{name}.html", {**shown, **context}, status=status)
    if step == "verify" and request.META["QUERY_STRING"]:
        # The address may hold a verifier, which is nobody's business, not even this site's own sheet's.
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


#: The steps: the page's name, its words, and what has to be kept for it to be done.
_STEPS: list[tuple[str, Promise, Step]] = [
    ("connect", _("Connect"), "connect"),
    ("verify", _("Verify"), "verify"),
    ("write", _("Write"), "update"),
    ("update", _("Result"), "update"),
]


def _steps(kept: Kept, here: str) -> list[dict[str, Any]]:
    """The steps of the way: where the visitor is, what they have done, and where they can go."""
    found = []
    for page, words, key in _STEPS:
        done = page != here and kept.done(key) is not None
        # One can connect and write at any time; the other two pages show what was done.
        is_open = done or page in ("connect", "write")
        found.append(
            {"page": f"testsite:{page}", "words": words, "here": page == here, "done": done, "open": is_open}
        )
    return found
