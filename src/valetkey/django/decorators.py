"""Views that OAuth protects: ``@oauth_required``."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast, overload

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.db import connections, router, transaction
from django.http import HttpRequest, HttpResponse

from valetkey.django import answers
from valetkey.django.access import DjangoVerified
from valetkey.django.admission import admit, finish
from valetkey.django.models import Access, Application
from valetkey.protocol.errors import Refused

View = TypeVar("View", bound=Callable[..., Any])


class OAuthRequest(HttpRequest):
    """What a protected view gets: a request with `oauth`, for type checkers. No request is made of this
    class.
    """

    oauth: DjangoVerified


@overload
def oauth_required(view: View) -> View: ...
@overload
def oauth_required(*, access: str = ..., require_token: bool = ...) -> Callable[[View], View]: ...
def oauth_required(
    view: View | None = None, *, access: str = Access.READ, require_token: bool = True
) -> View | Callable[[View], View]:
    """Lets a view be called by signed requests only. For functions, sync and async; for classes, with
    ``method_decorator``.

    The view gets ``request.oauth`` (a :class:`~valetkey.Verified`, whose ``parameters`` are what was signed)
    and ``request.user`` (the token's person). A session's cookie counts for nothing here, so that no page of
    another site can borrow it, and no CSRF token is asked for. All other requests get their refusal, and the
    view is not called.

    :param access: ``read`` or ``write``: what the token must be allowed to do, and its application still.
        Otherwise 403.
    :param require_token: False also lets in what an application signs without a token; ``request.user`` is
        then AnonymousUser.
    :raises ValueError: for an access that isn't known.
    """
    Access(access)
    if view is None:
        return lambda view: _protected(view, access, require_token)
    return _protected(view, access, require_token)


def _protected(view: View, access: str, require_token: bool) -> View:
    @wraps(view)
    def protected(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if _is_async(view):
            return _answer_later(request, view, args, kwargs)
        if refused := _let_in(request, access, require_token):
            return refused
        response = view(request, *args, **kwargs)
        finish(request, response)
        return response

    async def _answer_later(request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse:
        if refused := await sync_to_async(_let_in)(request, access, require_token):
            return refused
        response = await view(request, *args, **kwargs)
        await sync_to_async(finish)(request, response)
        return cast(HttpResponse, response)

    if iscoroutinefunction(view):
        markcoroutinefunction(protected)
    protected.csrf_exempt = True  # type: ignore[attr-defined]  # how Django marks views
    # For LoginRequiredMiddleware, which would ask a program to log in.
    protected.login_required = False  # type: ignore[attr-defined]  # likewise
    return cast(View, protected)


def _let_in(request: HttpRequest, access: str, require_token: bool) -> HttpResponse | None:
    """Puts on `request` who sent it; or the answer that refuses it."""
    try:
        admit(request, access, require_token=require_token)
    except Refused as refused:
        if refused.status == 503:
            _give_up_transaction()
        return answers.response(answers.refusal(refused))
    return None


def _give_up_transaction() -> None:
    """Where the request's own transaction (ATOMIC_REQUESTS) is on a database that failed, its commit would
    fail as well, and make a 500 of the answer. Nothing has been done in it: the view isn't called.
    """
    alias = router.db_for_read(Application)
    if connections[alias].in_atomic_block:
        transaction.set_rollback(True, using=alias)


def _is_async(view: Any) -> bool:
    """Whether Django awaits what `view` gives: a coroutine function, or the `dispatch` of a class with async
    methods, which gives a coroutine without being such a function. Under other decorators, the class is found
    by going inwards.
    """
    if iscoroutinefunction(view):
        return True
    while view is not None:
        owner = getattr(getattr(view, "func", view), "__self__", None)
        if getattr(owner, "view_is_async", False):
            return True
        view = getattr(view, "__wrapped__", None)
    return False
