"""What the test site protects, and one page that it doesn't."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View

from tests.django.walk import remember
from valetkey.django.decorators import OAuthRequest, oauth_required


def said(request: OAuthRequest) -> JsonResponse:
    token = request.oauth.token
    return JsonResponse(
        {
            "application": request.oauth.consumer.name,
            "user": request.user.get_username(),
            "parameters": list(request.oauth.parameters),
            "body_signed": request.oauth.body_signed,
            "token": token and token.key,
        }
    )


@oauth_required
def read(request: OAuthRequest, **kwargs: Any) -> JsonResponse:
    return said(request)


@oauth_required(access="write")
def write(request: OAuthRequest) -> JsonResponse:
    return said(request)


@oauth_required(require_token=False)
def two_legged(request: OAuthRequest) -> JsonResponse:
    return said(request)


@oauth_required(access="write", require_token=False)
def two_legged_write(request: OAuthRequest) -> JsonResponse:
    return said(request)


@oauth_required(access="write")
def fails(request: OAuthRequest) -> HttpResponse:
    """Writes, then fails: with ATOMIC_REQUESTS, what it wrote is rolled back."""
    remember("written by a view that fails")
    raise ZeroDivisionError


@oauth_required(access="write")
def remembers(request: OAuthRequest) -> JsonResponse:
    remember("remembered")
    return said(request)


@oauth_required
async def later(request: OAuthRequest) -> JsonResponse:
    return said(request)


@method_decorator(oauth_required, name="dispatch")
class Thing(View):
    def get(self, request: OAuthRequest) -> JsonResponse:
        return said(request)


@method_decorator(oauth_required, name="dispatch")
class LaterThing(View):
    async def get(self, request: OAuthRequest) -> JsonResponse:
        return said(request)


@login_required
def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.user.get_username())
