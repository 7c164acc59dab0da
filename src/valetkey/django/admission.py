"""A signed request on its way in and out: who sent it, put on it; and that it was there, noted.

The decorator and Django REST framework's authentication share it.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import Error, connections, models, router
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject

from valetkey.django import answers, requests
from valetkey.django.access import DjangoVerified, check_access
from valetkey.django.models import Application
from valetkey.django.provider import get_verifier
from valetkey.protocol.signatures import METHODS
from valetkey.verifier import Verified

log = logging.getLogger("valetkey.django")


def admit(
    request: HttpRequest, access: str, *, require_token: bool = True, method: str | None = None
) -> DjangoVerified:
    """What `request` proves, put on it as ``request.oauth``; and its person as ``request.user``, whoever a
    session's cookie names.

    A request that was let in before, and that one view hands on to another, isn't verified a second time: its
    nonce is used. What the other view needs is still asked for.

    :param access: ``read`` or ``write``: what the token must be allowed to do, and its application still.
    :param require_token: False also lets in what an application signs without a token.
    :param method: the method that decides what is done, where that isn't ``request.method``.
    :raises Refused: where it proves nothing, or not enough.
    """
    method = method or request.method
    verified = _proved_before(request, require_token, method)
    if verified is None:
        set_user(request, AnonymousUser())
        sent = requests.presented(request, method)
        verified = get_verifier(require_token).verify(sent.method, sent.url, **sent.keywords())
    check_access(verified, access)
    request.oauth = verified  # type: ignore[attr-defined]  # an HttpRequest has none until now; OAuthRequest says so to views
    set_user(request, AnonymousUser() if verified.token is None else verified.token.user)
    return verified


def _proved_before(request: HttpRequest, require_token: bool, method: str | None) -> DjangoVerified | None:
    verified = getattr(request, "oauth", None)
    # `oauth` is a name that somebody else may use, too.
    if not isinstance(verified, Verified) or verified.method.upper() != method:
        return None
    return verified if verified.token is not None or not require_token else None


def set_user(request: HttpRequest, user: Any) -> None:
    """Makes `user` the request's, in place of whoever a session's cookie names."""

    async def auser() -> Any:
        return user

    # Lazy as the session's would be, so that code which looks at its type finds the same.
    request.user = SimpleLazyObject(lambda: user)  # type: ignore[assignment]  # it stands for a user
    request.auser = auser


def finish(request: HttpRequest, response: HttpResponseBase) -> None:
    """Keeps the answer to an admitted request out of caches, and notes that token and application were used:
    after the view, so that the rows aren't locked while it works.
    """
    answers.keep_private(response)
    verified: DjangoVerified = request.oauth  # type: ignore[attr-defined]  # `admit` has put it there
    if is_rolled_back(Application):
        when_closed(response, lambda: _note_use(verified))
    else:
        _note_use(verified)


def is_rolled_back(model: type[models.Model]) -> bool:
    """Whether what is written to the table of `model` now will be undone with the request's own
    transaction.
    """
    connection = connections[router.db_for_write(model)]
    return connection.in_atomic_block and connection.needs_rollback


def when_closed(response: HttpResponseBase, work: Callable[[], Any]) -> None:
    """Calls `work` after `response` was sent, when no transaction of the request is open any more."""
    close = response.close

    def work_and_close() -> None:
        try:
            work()
        finally:
            close()

    response.close = work_and_close  # type: ignore[method-assign]  # Django has no signal for it


def _note_use(verified: DjangoVerified) -> None:
    try:
        method = METHODS[verified.oauth["oauth_signature_method"]]
        verified.consumer.mark_used(verified.secret_index, by_rsa_key=method.uses_rsa_key)
        if verified.token is not None:
            verified.token.mark_used()
    except Error:
        log.warning("The time of last use could not be noted.", exc_info=True)
