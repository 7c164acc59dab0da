"""Views of Django REST framework that signed requests may call."""

import codecs
from abc import ABC, abstractmethod
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.parsers import FormParser
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from valetkey.django import answers, conf, refusals, requests
from valetkey.django.access import DjangoVerified, check_body
from valetkey.django.admission import admit, finish, is_rolled_back, when_closed
from valetkey.django.models import Access, Refusal
from valetkey.protocol.encoding import Malformed, form_decode
from valetkey.protocol.errors import Refused
from valetkey.protocol.messages import Answer
from valetkey.protocol.parameters import is_form
from valetkey.verifier import Verified, malformed


class OAuth1Authentication(BaseAuthentication):
    """Signed requests, as Django REST framework authenticates: ``request.user`` is the token's person and
    ``request.auth`` a :class:`~valetkey.Verified`.

    Name it first in ``authentication_classes``: then a signed request is its token's person's or refused,
    whatever cookies come with it, and who sends no credentials gets OAuth's challenge. What the token and its
    application may do is asked here, so that no list of permission classes can forget it; and where neither
    the view nor the settings name a permission class, somebody must be there at all. A view may say
    otherwise, by these attributes:

    ``oauth_access``
        ``read`` or ``write``: what it takes. By default ``read`` for GET, HEAD and OPTIONS, and ``write`` for
        every other method.
    ``oauth_require_token``
        False also lets in what an application signs without a token; ``request.user`` is then AnonymousUser.
    ``oauth_signed_body``
        True refuses a body that the signature doesn't cover: JSON and files, unless their hash was sent.

    Refusals have OAuth's own status and ``WWW-Authenticate``; their body is in the API's format, with
    ``detail`` for who knows nothing of OAuth, and the Problem Reporting extension's parameters beside it.
    """

    def authenticate(self, request: Request) -> tuple[Any, DjangoVerified] | None:
        """The token's person, and what was verified; None where nothing claims to be signed.

        :raises RefusedByOAuth: where it proves nothing, or not enough.
        """
        http: HttpRequest = request._request
        needs = _Needs.of(request)
        try:
            if not requests.is_signed(http):
                _ask_for_somebody(request)
                return None
            _check_reading(request)
            verified = admit(http, needs.access, require_token=needs.token, method=request.method)
            if needs.signed_body:
                check_body(verified)
        except Refused as refused:
            raise _refusal(request, refused) from refused
        _at_the_end(request, lambda response: finish(http, response))
        return http.user, verified

    def authenticate_header(self, request: Request) -> str:
        """The challenge for who sends no credentials."""
        realm = conf.current().realm
        return "OAuth" if realm is None else f'OAuth realm="{realm}"'


class OAuthRequest(Request):
    """What a view gets that lets in signed requests and nothing else: a request whose `auth` is what was
    verified, for type checkers. No request is made of this class.
    """

    auth: DjangoVerified


class IsSigned(BasePermission):
    """Lets in signed requests and nothing else: for a view that has other ways of authentication, and for one
    that applications may call for themselves.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, Verified)


class RefusedByOAuth(APIException):
    """A :exc:`~valetkey.Refused`, as the framework answers it."""

    def __init__(self, answer: Answer) -> None:
        said = dict(form_decode(answer.body))
        super().__init__({"detail": said["oauth_problem_advice"], **said}, said["oauth_problem"])
        self.status_code = answer.status


class _SignedRateThrottle(SimpleRateThrottle, ABC):
    """Counts signed requests only, by who signed them: no address that a header of the request names."""

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if not isinstance(request.auth, Verified):
            return None
        return self.cache_format % {"scope": self.scope, "ident": self.whose(request.auth)}

    @abstractmethod
    def whose(self, verified: DjangoVerified) -> str:
        """By whom the request is counted."""


class ConsumerRateThrottle(_SignedRateThrottle):
    """So many requests of one application, whoever they are for. Its rate is that of ``oauth_consumer``."""

    scope = "oauth_consumer"

    def whose(self, verified: DjangoVerified) -> str:
        return str(verified.consumer.pk)


class TokenRateThrottle(_SignedRateThrottle):
    """So many requests of one application for one person; and so many for nobody, without a token. Its rate
    is that of ``oauth_token``.
    """

    scope = "oauth_token"

    def whose(self, verified: DjangoVerified) -> str:
        # Not by the token's key: another token of the same two would be counted anew.
        person = "" if verified.token is None else verified.token.user_id
        return f"{verified.consumer.pk}-{person}"


class _Needs(NamedTuple):
    """What a view asks of a signed request."""

    access: str
    token: bool
    signed_body: bool

    @classmethod
    def of(cls, request: Request) -> "_Needs":
        view = _view(request)
        # Every method that nobody has called safe is taken for one that writes.
        default = Access.READ if request.method in SAFE_METHODS else Access.WRITE
        access = getattr(view, "oauth_access", None)
        if access not in (None, *Access.values):
            raise ImproperlyConfigured(
                f"{type(view).__name__}.oauth_access is {access!r}: it must be “read” or “write”."
            )
        return cls(
            access or default,
            getattr(view, "oauth_require_token", True) is not False,
            bool(getattr(view, "oauth_signed_body", False)),
        )


def _view(request: Request) -> Any:
    return request.parser_context.get("view")


def _ask_for_somebody(request: Request) -> None:
    """Where nobody has named a permission class, the framework would let everybody in."""
    view = _view(request)
    named = "DEFAULT_PERMISSION_CLASSES" in api_settings.user_settings
    if not named and getattr(view, "permission_classes", None) is APIView.permission_classes:
        view.permission_classes = [IsAuthenticated]


def _check_reading(request: Request) -> None:
    """
    :raises Refused: for a request that the framework would read otherwise than it is verified.
    """
    meta = request._request.META
    if "HTTP_CONTENT_TYPE" in meta or "HTTP_CONTENT_LENGTH" in meta:
        # From fields with an underscore in their names, which some servers let through. The framework heeds
        # them.
        raise malformed("its Content-Type or Content-Length is written otherwise than HTTP writes it")
    charset = request._request.encoding or settings.DEFAULT_CHARSET
    if codecs.lookup(charset).name != "utf-8":
        # Django decodes the query in it, too.
        raise malformed("its charset isn't UTF-8: send it as UTF-8")
    if meta.get("CONTENT_LENGTH") in (None, "", "0"):
        return
    try:
        signed_as_form = is_form(meta.get("CONTENT_TYPE"))
    except Malformed as error:
        raise malformed(error.reason) from None
    # “*/*” fits every parser; and what a negotiator of the site's own chooses is its own.
    negotiator: Any = request.negotiator
    parser = negotiator.select_parser(request, request.parsers)
    if isinstance(parser, FormParser) and not signed_as_form:
        raise malformed("its body would be read as a form, and its Content-Type says that it is none")


def _refusal(request: Request, refused: Refused) -> RefusedByOAuth:
    answer = answers.refusal(refused)

    def complete(response: HttpResponseBase) -> None:
        # Whatever the site's own exception handler made of it: HTTP wants the challenge with a 401.
        for name in ("WWW-Authenticate", "Retry-After"):
            if name in answer.headers:
                response.headers[name] = answer.headers[name]
        answers.keep_private(response)
        if is_rolled_back(Refusal):
            # The framework rolls back with every error that it answers, and what was written down with it.
            when_closed(response, lambda: refusals.note(refused))

    _at_the_end(request, complete)
    return RefusedByOAuth(answer)


def _at_the_end(request: Request, then: Any) -> None:
    """Calls `then` with the answer to this request, as the view has made it."""
    view = _view(request)
    if view is None:
        return  # a request that was made by hand, for no view: nobody answers it
    finalize = view.finalize_response

    def finalized(*args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = finalize(*args, **kwargs)
        then(response)
        return response

    # Of this one object, which serves this one request: an authentication class has no other place there.
    view.finalize_response = finalized
