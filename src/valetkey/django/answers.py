"""From the core's answers to Django's."""

import logging

from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import patch_cache_control, patch_vary_headers

from valetkey import serving
from valetkey.django import conf, refusals
from valetkey.protocol.encoding import form_encode
from valetkey.protocol.errors import Refused
from valetkey.protocol.messages import Answer
from valetkey.verifier import concern

log = logging.getLogger("valetkey.django")


def refusal(refused: Refused) -> Answer:
    """What `refused` is answered with; logged on the way, and noted for the application's owner.

    What explains it goes out only where ``VALETKEY["EXPLAIN"]`` says so, in the body: the detail as
    ``oauth_problem_detail``, and a mistake that was proved as ``mistake`` and ``mistake_about``.
    """
    concern(refused)
    mistake = refusals.note(refused)
    serving.note(refused, log, f" Proved: {mistake}." if mistake else "")
    settings = conf.current()
    headers, body = refused.headers, form_encode(refused.parameters)
    if settings.realm is not None:
        challenge = headers["WWW-Authenticate"].replace("OAuth ", f'OAuth realm="{settings.realm}", ', 1)
        headers = headers.replacing("WWW-Authenticate", challenge)
    if settings.explain:
        explained = [("oauth_problem_detail", refused.detail)] if refused.detail else []
        if mistake is not None:
            explained += [("mistake", mistake.slug), ("mistake_about", mistake.about)]
        body = "&".join(filter(None, [body, form_encode(explained)]))
    return Answer(refused.status, headers, body)


def response(answer: Answer) -> HttpResponse:
    """`answer` as Django sends it; no cache keeps it."""
    made = HttpResponse(answer.body, status=answer.status)
    del made.headers["Content-Type"]
    for name, value in answer.headers.pairs:
        made.headers[name] = value
    keep_private(made)
    return made


def keep_private(made: HttpResponseBase) -> None:
    """Tells every cache that this answer is one person's: another Authorization header would have got another
    one.
    """
    patch_cache_control(made, private=True, no_store=True)
    patch_vary_headers(made, ["Authorization"])
