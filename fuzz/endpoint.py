"""The first leg at a Django site: what its server would hand on, changed on the way.

An input is query, form and decisions. Django runs in this process, on two SQLite files of its own. Whatever
arrives gets a request token or a documented refusal, never a 500; a refused one leaves no row, and costs its
original nothing.
"""

import io
import os
import sys
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from fuzz.changes import changed
from fuzz.choices import Choices, fields
from valetkey import Consumer, Signed, Signer, Unsignable
from valetkey.protocol.signatures import Key
from valetkey.signer import Placement

_STATUSES = {200, 400, 401, 403, 405, 411, 413, 431}
_CALLBACK = "https://app.example.com/ready?step=2"
_URL = "http://testserver/oauth/request_token"


class Failed(Exception):
    """A view raised; its exception is the cause."""


def request_token(data: bytes) -> None:
    site = _site()
    query, form, decisions = fields(data, 3)
    choices = Choices(decisions)
    nonce, now = os.urandom(12).hex(), int(time.time())
    twins = [
        _signed(site.consumer, query, form, Choices(decisions), nonce + end, now) for end in ("", "-twin")
    ]
    if twins[0] is None or twins[1] is None:
        return
    original, twin = twins[0], twins[1]
    choices.octets(_SIGNING)
    sent, anew = changed(original, choices, site.key)
    status, body = site.answer(sent)
    try:
        assert status in _STATUSES, status
        assert (site.rows() == 1) == (status == 200), f"{status}, and {site.rows()} request tokens"
        assert (b"oauth_callback_confirmed=true" in body) == (status == 200), body
        django_s_own = status == 405 or (status == 400 and "Host" in sent.headers)
        assert status == 200 or django_s_own or body.startswith(b"oauth_problem="), body
        # What the application itself signs, with a callback that isn't its own, say, may cost it the nonce.
        if status != 200 and not anew:
            found, expected = site.answer(original), site.answer(twin)
            assert found[0] == expected[0], f"after a refused one: {found[1]!r}; its twin gets {expected[0]}"
    finally:
        site.empty()


_PLACEMENTS: tuple[Placement, ...] = ("header", "header", "query", "body")
#: Octets of the decisions that say how the original is signed.
_SIGNING = 4


def _signed(
    consumer: Consumer, query: bytes, form: bytes, choices: Choices, nonce: str, now: int
) -> Signed | None:
    method = choices.one_of(["POST", "GET"])
    placement = choices.one_of(_PLACEMENTS)
    signature_method = choices.one_of(["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"])
    callback = choices.one_of([_CALLBACK, "oob"])
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form or placement == "body" else None
    url = f"{_URL}?{query.decode('utf-8', 'replace')}" if query else _URL
    signer = Signer(consumer, signature_method=signature_method, placement=placement)
    oauth = {"oauth_callback": callback}
    try:
        return signer.sign(
            method, url, headers=headers, body=form or None, oauth=oauth, nonce=nonce, timestamp=now
        )
    except Unsignable:
        return None


@cache
def _site() -> "_Site":
    return _Site()


class _Site:
    """The tests' own small site, in this process, and one application of it."""

    def __init__(self) -> None:
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.django.settings"
        import django

        django.setup()
        from django.conf import settings
        from django.core.handlers.wsgi import WSGIHandler
        from django.core.management import call_command
        from django.core.signals import got_request_exception

        # So that the search for the mistake behind a wrong signature runs each time.
        settings.VALETKEY = {**settings.VALETKEY, "EXPLAIN": True}
        for alias in ("default", "nonces"):
            call_command("migrate", database=alias, verbosity=0)
        from valetkey.django.models import Application

        application = Application.objects.register(None, "Kestrel", access="write", callbacks=[_CALLBACK])
        self.consumer = Consumer(application.key, application.secret)
        self.key = Key(application.secret, "")
        self._handler = WSGIHandler()
        self._raised: BaseException | None = None
        got_request_exception.connect(self._note)

    def _note(self, **_: Any) -> None:
        self._raised = sys.exc_info()[1]

    def answer(self, signed: Signed) -> tuple[int, bytes]:
        """Status and body.

        :raises Failed: where a view raised.
        """
        self._raised = None
        response = self._handler(_environ(signed), _start)
        body = b"".join(response)
        response.close()
        if self._raised is not None:
            raise Failed(f"{type(self._raised).__name__}: {self._raised}") from self._raised
        return response.status_code, body

    def rows(self) -> int:
        from valetkey.django.models import RequestToken

        return RequestToken.objects.count()

    def empty(self) -> None:
        from valetkey.django.models import Refusal, RequestToken

        RequestToken.objects.all().delete()
        Refusal.objects.all().delete()


def _start(status: str, headers: object, failure: object = None, /) -> Callable[[bytes], object]:
    """What a server calls `start_response`; the answer itself says the same."""
    return io.BytesIO().write


def _environ(signed: Signed) -> dict[str, Any]:
    """As gunicorn makes it: octets as latin-1, and the raw target beside the decoded path."""
    target = signed.url.partition("#")[0].removeprefix("http://testserver")
    raw = target.encode("utf-8", "surrogatepass").decode("latin-1")
    body = signed.body or b""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": signed.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": "/oauth/request_token",  # whatever is sent, it is this view that gets it
        "QUERY_STRING": raw.partition("?")[2],
        "RAW_URI": raw,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in signed.headers.pairs:
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        given = value.encode("utf-8", "surrogatepass").decode("latin-1")
        # Of several fields with one name, a server makes one.
        environ[key] = f"{environ[key]},{given}" if key.startswith("HTTP_") and key in environ else given
    return environ
