"""The answers where it isn't OAuth that went wrong."""

import logging
import secrets
from typing import Any

from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from valetkey.demo.shared.headers import POLICY
from valetkey.demo.site.service import config

_TITLES = {
    "broken": _("Something broke here"),
    "csrf": _("What you sent didn’t arrive"),
    "elsewhere": _("This site doesn’t answer to this address"),
    "missing": _("This site has no such page"),
    "overtaken": _("Another tab was faster"),
    "unread": _("This request can’t be read"),
}

log = logging.getLogger("valetkey.demo.site")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A host that isn't this site's, most of the time: “localhost” for “127.0.0.1”."""
    if isinstance(exception, SessionInterrupted):
        return _answer(409, "overtaken")
    if not isinstance(exception, DisallowedHost):
        return _answer(400, "unread")
    origin = config().site_origin
    response = _answer(400, "elsewhere", {"elsewhere": origin})
    # The sheet and the script have to come from where this site does answer.
    response.headers["Content-Security-Policy"] = POLICY.replace("src 'self'", f"src {origin}")
    return response


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(403, "unread")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(403, "csrf")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(404, "missing")


def broken(request: HttpRequest) -> HttpResponse:
    """What failed is in the log already; the id beside it lets a person say which."""
    number = secrets.token_hex(4)
    log.error("The error above has the id %s.", number)
    return _answer(500, "broken", {"number": number})


def _answer(status: int, case: str, context: dict[str, Any] | None = None) -> HttpResponse:
    # Without the request: the session is read from a file, which may be what failed.
    shown = {"provider": config().provider_origin, "case": case, "title": _TITLES[case]}
    return render(None, "testsite/off.html", {**shown, **(context or {})}, status=status)
