"""The tutorial's pages: connect, verify, write, and what became of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from valetkey import AccessToken, BadCallback, Denied, RequestToken
from valetkey.demo.shared.headers import POLICY
from valetkey.demo.site import posted, service, troubles
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


@require_safe
def connect(request: HttpRequest) -> HttpResponse:
    """The first leg. Who has been here before goes straight to Aviary, which then need not ask."""
    kept = Kept(request.session)
    try:
        address, token, exchange = service.get_request_token()
    except Unanswered as unanswered:
        return _unanswered(request, "connect", unanswered)
    kept.start(token)
    kept.keep("connect", Done(exchange, {}))
    if "signin" in request.GET:
        return redirect(service.sign_in_url(token))
    return _page(request, "connect", "connect", {"address": address}, exchange)


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """The callback: the third leg. Then once more, without the verifier in the address."""
    kept = Kept(request.session)
    if not request.META["QUERY_STRING"]:
        done = kept.done("verify")
        if done is None:
            return _trouble(request, "verify", troubles.NO_VERIFIER if kept.newest else troubles.NO_SESSION)
        return _page(request, "verify", "verify", {"told": done.told}, done.exchange)
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
    kept.finish(token.key)
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
    kept = Kept(request.session)
    if request.method != "POST":
        done = kept.done("update")
        return _updated(request, done.exchange) if done else redirect("testsite:write")
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
    kept.keep("update", Done(exchange, {}))
    kept.draft = ""
    return _updated(request, exchange)


def _updated(request: HttpRequest, exchange: Exchange) -> HttpResponse:
    status = posted.read(exchange)
    if status is None:
        return _trouble(request, "update", troubles.refused(exchange), exchange)
    return _page(request, "update", "update", {"status": status}, exchange)


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
    response = _page(request, "trouble", step, context, exchange, status)
    if trouble.retry_after is not None:
        response.headers["Retry-After"] = str(trouble.retry_after)
    return response


def _page(
    request: HttpRequest,
    name: str,
    step: str,
    context: dict[str, Any],
    exchange: Exchange | None = None,
    status: int = 200,
) -> HttpResponse:
    wire = None if exchange is None else Wire(exchange)
    shown = {
        "provider": service.config().provider_origin,
        "step": step,
        "steps": _steps(Kept(request.session), step),
        "wire": wire,
        "snippets": [] if exchange is None else snippets(exchange, service.addresses()),
    }
    response = render(request, f"testsite/{name}.html", {**shown, **context}, status=status)
    if step == "verify":
        # Its address may hold a verifier, which is nobody's business, not even this site's own sheet's.
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


#: The steps: the page's name, its words, and what has to be kept for it to be done.
_STEPS: list[tuple[str, str, Step]] = [
    ("connect", "Connect", "connect"),
    ("verify", "Verify", "verify"),
    ("write", "Write", "update"),
    ("update", "Result", "update"),
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
