"""The answers where nothing went as meant: a page for people, JSON for programs."""

import logging
import secrets
import sqlite3
import sys
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from valetkey.demo.aviary.api import answer
from valetkey.demo.shared.headers import POLICY
from valetkey.django import conf

#: A file that is locked, full, or can't be written for now: nothing is lost, and the next try may succeed.
_PASSING = {
    *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL),
    *(sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN),
}

log = logging.getLogger("valetkey.demo.aviary")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A host that isn't Aviary's, most of the time: “localhost” for “127.0.0.1”."""
    origin = conf.current().origin
    response = _answer(request, 400, 214, "Bad request.", {"elsewhere": origin})
    # The sheet and the script have to come from where Aviary does answer.
    response.headers["Content-Security-Policy"] = POLICY.replace("src 'self'", f"src {origin}")
    return response


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, 200, "Forbidden.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, 34, "Sorry, that page does not exist.")


def broken(request: HttpRequest) -> HttpResponse:
    """Django writes down what failed next; the id before it lets a person say which."""
    number = secrets.token_hex(4)
    log.error("What is written next, for %s, has the id %s.", request.path, number)
    response = _answer(request, 500, 131, f"Internal error {number}.", {"number": number})
    cause = getattr(sys.exception(), "__cause__", None)
    if getattr(cause, "sqlite_errorcode", 0) & 0xFF in _PASSING:
        response.status_code, response.headers["Retry-After"] = 503, "5"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "aviary/csrf.html", status=403)


def _answer(
    request: HttpRequest, status: int, code: int, message: str, context: dict[str, Any] | None = None
) -> HttpResponse:
    if request.path.startswith(("/1/", "/1.1/")):
        return answer({"errors": [{"code": code, "message": message}]}, status)
    # Without the request: who is logged in is asked of the database, which may be what failed.
    whole = None if status in (400, 500) else request
    return render(whole, f"aviary/{status}.html", context, status=status)
