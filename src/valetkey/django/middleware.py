"""The tutorial's module, for sites that serve more than one visitor."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware

import oauth

# A function, or a coroutine function.
Handler = Callable[[HttpRequest], Any]


@sync_and_async_middleware
def FreshOAuthMiddleware(get_response: Handler) -> Handler:  # Django's settings name middleware like classes
    """Starts each web request with an empty ``oauth`` module: no visitor sees the tokens that another left in
    a thread.

    Put ``"valetkey.django.middleware.FreshOAuthMiddleware"`` anywhere in ``MIDDLEWARE``, before whatever uses
    ``oauth``.
    """
    if iscoroutinefunction(get_response):

        async def fresh_later(request: HttpRequest) -> Any:
            with oauth.fresh():
                return await get_response(request)

        return fresh_later

    def fresh(request: HttpRequest) -> Any:
        with oauth.fresh():
            return get_response(request)

    return fresh
