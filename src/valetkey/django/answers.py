"""From the core's answers to Django's."""

import logging

from django.http import HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

from valetkey.django import conf
from valetkey.protocol.encoding import form_encode
from valetkey.protocol.errors import Refused
from valetkey.protocol.messages import Answer

log = logging.getLogger("valetkey.django")


def refusal(refused: Refused) -> Answer:
    """What `refused` is answered with; logged on the way.

    The detail goes out only where ``VALETKEY["EXPLAIN"]`` says so, in the body, as ``oauth_problem_detail``.
    """
    _log(refused)
    settings = conf.current()
    headers, body = refused.headers, form_encode(refused.parameters)
    if settings.realm is not None:
        challenge = headers["WWW-Authenticate"].replace("OAuth ", f'OAuth realm="{settings.realm}", ', 1)
        headers = headers.replacing("WWW-Authenticate", challenge)
    if settings.explain and refused.detail:
        body += "&" + form_encode([("oauth_problem_detail", refused.detail)])
    return Answer(refused.status, headers, body)


def response(answer: Answer) -> HttpResponse:
    """`answer` as Django sends it; no cache keeps it."""
    made = HttpResponse(answer.body, status=answer.status)
    del made.headers["Content-Type"]
    for name, value in answer.headers.pairs:
        made.headers[name] = value
    keep_private(made)
    return made


def keep_private(made: HttpResponse) -> None:
    """Tells every cache that this answer is one person's: another Authorization header would have got another
    one.
    """
    patch_cache_control(made, private=True, no_store=True)
    patch_vary_headers(made, ["Authorization"])


def _log(refused: Refused) -> None:
    if refused.status == 503:
        # The one refusal that is this side's fault; its cause is the store's own exception.
        log.error("%s %s", refused, refused.detail, exc_info=refused.__cause__)
    else:
        log.info("%s", refused)
        log.debug("%s", refused.detail)
