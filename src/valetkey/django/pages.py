"""What the pages where a person decides have in common: who may frame, cache, post to and leave them."""

import re
from collections.abc import Callable, Mapping
from functools import wraps
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render
from django.utils.decorators import decorator_from_middleware
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from valetkey.django import conf
from valetkey.protocol.origin import DEFAULT_PORTS, OUT_OF_BAND, Url

PageView = Callable[[HttpRequest], HttpResponse]
Guarded = Callable[..., HttpResponseBase]


def page(view: PageView) -> Guarded:
    """Makes `view` one of these pages: for the browser of a person, never framed or cached, and changed only
    by its own form.
    """

    checked = require_http_methods(["GET", "HEAD", "POST"])(_csrf_checked(view))

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        response = checked(request)
        for name, value in _HEADERS.items():
            response.headers[name] = value
        response.headers.setdefault("Content-Security-Policy", policy())
        return response

    # For LoginRequiredMiddleware: the view itself asks people to log in, and keeps the token for them.
    guarded.login_required = False  # type: ignore[attr-defined]  # how Django marks views
    # The site's own middleware would refuse the form (see below), so it is told to leave it to ours, which is
    # always there.
    return csrf_exempt(guarded)


_HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class _Csrf(CsrfViewMiddleware):
    """Django's own check, for pages with ``Referrer-Policy: no-referrer``.

    With that policy, a browser writes ``Origin: null`` even when a page's form is sent to the page itself
    (Fetch, "append a request Origin header"), and Django refuses it. So "null" passes here, unless the
    browser says that another site sent it; the token, which no other site can read, is asked for as ever.
    """

    def _origin_verified(self, request: HttpRequest) -> bool:
        if request.META["HTTP_ORIGIN"] == "null":
            # Browsers send this field to https and to loopback; where it is absent, the token stands alone,
            # as in Django before 4.0.
            return str(request.META.get("HTTP_SEC_FETCH_SITE", "same-origin")) == "same-origin"
        return bool(super()._origin_verified(request))  # type: ignore[misc]  # not in the stubs

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return nothing(request, "not_arrived", 403)


_csrf_checked = decorator_from_middleware(_Csrf)


def policy(callback: str = OUT_OF_BAND) -> str:
    """The Content-Security-Policy of a page whose form leads on to `callback`.

    Chromium checks ``form-action`` on every step of the redirects that follow a form, so that the callback's
    origin must be named, on this page and for this callback only.
    """
    ours = " ".join(filter(None, ["'self'", _static_origin()]))
    directives = (
        f"default-src {ours}",
        f"img-src {ours} data:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        form_action(callback),
    )
    return "; ".join(directives)


def form_action(callback: str) -> str:
    """The ``form-action`` directive of a page whose form may lead on to `callback`."""
    return " ".join(filter(None, ["form-action 'self'", _source(callback)]))


def _source(callback: str) -> str:
    if callback == OUT_OF_BAND:
        return ""
    scheme = callback.partition(":")[0].lower()
    if scheme not in DEFAULT_PORTS:
        return f"{scheme}:"
    origin = Url(callback).origin
    # No IPv6 address is known to CSP, and a host may hold characters that end a directive; both are covered
    # by their scheme.
    return origin if re.fullmatch(r"https?://[a-z0-9.-]+(:\d+)?", origin) else f"{scheme}:"


def _static_origin() -> str:
    url = urlsplit(settings.STATIC_URL or "")
    return f"{url.scheme}://{url.netloc}" if url.scheme and url.netloc else ""


class CallbackRedirect(HttpResponseRedirect):
    """A redirect to a callback that is known to be good, private schemes included. Django's own knows http,
    https and ftp.
    """

    #: Longer than a callback with token and verifier can be.
    max_length = 4_096

    def __init__(self, callback: str) -> None:
        self.allowed_schemes = [callback.partition(":")[0].lower()]
        super().__init__(callback)

    def __repr__(self) -> str:
        # Django's own shows the address, and so the verifier.
        return f"<{type(self).__name__} status_code={self.status_code}>"


def show(
    request: HttpRequest, template: str, context: Mapping[str, object], status: int = 200
) -> HttpResponse:
    """A page, rendered now, so that what fails in a template fails before anything is answered."""
    return render(
        request, f"valetkey/{template}.html", {"service": conf.current().name, **context}, status=status
    )


def nothing(request: HttpRequest, situation: str, status: int, **context: object) -> HttpResponse:
    """A page that says why there is nothing to decide. `situation` is the name of its words in
    ``valetkey/nothing.html``.
    """
    return show(request, "nothing", {"situation": situation, **context}, status)
