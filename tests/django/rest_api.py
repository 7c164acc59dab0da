"""Views of Django REST framework, as a project writes them."""

from typing import Any

from django.http import HttpResponse
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.decorators import (
    action,
    api_view,
    authentication_classes,
    parser_classes,
)
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from tests.django.walk import remember
from valetkey.django.rest import (
    ConsumerRateThrottle,
    IsSigned,
    OAuth1Authentication,
    TokenRateThrottle,
)


def said(request: Request) -> Response:
    """What the view sees of a request, and who sent it."""
    verified: Any = request.auth
    return Response(
        {
            "user": request.user.get_username(),
            "application": verified and verified.consumer.name,
            "token": verified and verified.token and verified.token.key,
            "body_signed": verified and verified.body_signed,
            "data": request.data,
            "query": request.query_params.dict(),
        }
    )


class Things(APIView):
    """What a project writes that forgets about permissions: for every method, and for whoever comes."""

    authentication_classes: Any = (OAuth1Authentication,)

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        return said(request)

    post = put = patch = delete = trace = get


class NoPermissions(Things):
    permission_classes = ()


class Anybody(Things):
    permission_classes = (AllowAny,)


class People(Things):
    permission_classes = (IsAuthenticated,)


class Search(Things):
    """Reads, by whatever method."""

    oauth_access = "read"


class Counter(Things):
    """A GET that changes something."""

    oauth_access = "write"


class Misspelt(Things):
    oauth_access = "wirte"


class ForApplications(Things):
    oauth_require_token = False
    permission_classes = (IsSigned,)


class Sealed(Things):
    oauth_signed_body = True


class Both(Things):
    """For programs and for the site's own pages."""

    authentication_classes = (OAuth1Authentication, SessionAuthentication)
    permission_classes: Any = (IsAuthenticated,)


class SignedAlone(Both):
    permission_classes = (IsSigned,)


class Lazy(Things):
    """As the framework's own docs suggest, for views that need not always know who is there."""

    def perform_authentication(self, request: Request) -> None:
        remember("written before anybody was looked for")


class Overridden(Things):
    """A habit from before the framework's version 3.3."""

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        made = super().initialize_request(request, *args, **kwargs)
        made.method = request.headers.get("X-HTTP-Method-Override", made.method)
        return made


class FirstParser(DefaultContentNegotiation):
    """From the framework's docs: the first parser, whatever the Content-Type."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]


class Forms(Things):
    parser_classes = (FormParser, JSONParser)


class FirstForms(Forms):
    content_negotiation_class = FirstParser


class Fails(Things):
    def post(self, request: Request, **kwargs: Any) -> Response:
        remember("written by a view that fails")
        raise ZeroDivisionError

    def put(self, request: Request, **kwargs: Any) -> Response:
        remember("written by a view that refuses")
        raise ValidationError("no")


class Slow(Things):
    throttle_classes = (ConsumerRateThrottle, TokenRateThrottle)


class Outer(Things):
    """Hands its request on to another view."""

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        return Things.as_view()(request._request)

    post = get


class Twins(BaseAuthentication):
    """Asks ours twice, as two wrappers of one project might."""

    def authenticate(self, request: Request) -> Any:
        OAuth1Authentication().authenticate(request)
        return OAuth1Authentication().authenticate(request)


class Twice(Things):
    authentication_classes = (Twins,)


@api_view(["GET", "POST"])
@authentication_classes([OAuth1Authentication])
def function(request: Request) -> Response:
    return said(request)


@api_view(["POST"])
@authentication_classes([OAuth1Authentication])
@parser_classes([FormParser])
def search(request: Request) -> Response:
    return said(request)


search.cls.oauth_access = "read"  # type: ignore[attr-defined]  # no class of the framework's has it


class ThingSet(ViewSet):
    authentication_classes = (OAuth1Authentication,)
    oauth_access: str | None = None

    def list(self, request: Request) -> Response:
        return said(request)

    create = list

    @action(detail=False, methods=["post"], oauth_access="read")
    def find(self, request: Request) -> Response:
        return said(request)


router = SimpleRouter(trailing_slash=False)
router.register("set", ThingSet, basename="set")
CLASSES: list[Any] = [Things, *Things.__subclasses__(), SignedAlone, FirstForms]
VIEWS = {view.__name__.lower(): view for view in CLASSES}
