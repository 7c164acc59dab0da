"""The JSON that programs get: the paths and the shapes of the service that the tutorial talks to.

No session counts here, and no page takes OAuth.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from valetkey.demo.aviary.models import Status, User, is_empty
from valetkey.django import conf
from valetkey.django.decorators import OAuthRequest, oauth_required
from valetkey.django.models import AccessToken, Application

COUNT = 20
MOST = 200
#: The largest number that a database's column of ids holds.
LARGEST = 2**63 - 1

View = Callable[[OAuthRequest], HttpResponse]


class Unacceptable(Exception):
    """A request that is signed well and asks for what can't be done."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(status, code, message)
        self.answer = answer({"errors": [{"code": code, "message": message}]}, status)


def answer(body: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(body), status=status, content_type="application/json; charset=utf-8")


def endpoint(
    *methods: str, access: str, require_token: bool = True
) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """A view for these methods, for tokens with this access; without `require_token`, also for applications
    that act for nobody.
    """

    def decorate(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @oauth_required(access=access, require_token=require_token)
        def verified(request: OAuthRequest) -> HttpResponse:
            try:
                return view(request)
            except Unacceptable as unacceptable:
                return unacceptable.answer

        def checked(request: HttpRequest) -> HttpResponse:
            if request.method not in methods:
                refusal = Unacceptable(405, 86, f"Use {' or '.join(methods)} here.").answer
                refusal.headers["Allow"] = ", ".join(methods)
                return refusal
            return verified(cast(OAuthRequest, request))  # `oauth_required` makes it one

        checked.csrf_exempt = True  # type: ignore[attr-defined]  # as `oauth_required` marks its views
        return checked

    return decorate


@endpoint("POST", access="write")
def update(request: OAuthRequest) -> HttpResponse:
    """Posts `status`, wherever in the request it travelled."""
    text = _parameter(request, "status") or ""
    if is_empty(text):
        raise Unacceptable(403, 170, "Missing required parameter: status.")
    if "\x00" in text:
        raise Unacceptable(403, 186, "A status can't hold a NUL.")
    status = Status.objects.post(_person(request), text, request.oauth.consumer)
    return answer(as_json(status))


@endpoint("GET", "HEAD", access="read")
def home_timeline(request: OAuthRequest) -> HttpResponse:
    """Everybody's statuses, newest first."""
    return _timeline(request, Status.objects.listed())


@endpoint("GET", "HEAD", access="read", require_token=False)
def public_timeline(request: OAuthRequest) -> HttpResponse:
    """Everybody's statuses, newest first, which anybody may read: an application itself, too."""
    return _timeline(request, Status.objects.listed())


@endpoint("GET", "HEAD", access="read")
def user_timeline(request: OAuthRequest) -> HttpResponse:
    """The statuses of the token's person, newest first."""
    return _timeline(request, Status.objects.listed().filter(author=_person(request)))


@endpoint("GET", "HEAD", access="read")
def verify_credentials(request: OAuthRequest) -> HttpResponse:
    """Whose token it is."""
    return answer(person_as_json(_person(request)))


def token_extra(token: AccessToken) -> dict[str, str]:
    """What the answer of the third leg carries besides the token."""
    return {"user_id": str(token.user.pk), "screen_name": token.user.get_username()}


def as_json(status: Status) -> dict[str, Any]:
    return {
        "id": status.pk,
        "id_str": str(status.pk),
        "created_at": f"{status.created_at:%a %b %d %H:%M:%S +0000 %Y}",
        "text": status.text,
        "truncated": status.truncated,
        "source": source(status.application),
        "user": person_as_json(status.author),
    }


def person_as_json(user: User) -> dict[str, Any]:
    return {"id": user.pk, "id_str": str(user.pk), "screen_name": user.screen_name, "name": user.display_name}


def source(application: Application | None) -> str:
    """A link with the application's name, in HTML; “web” for what was written on Aviary's own pages."""
    if application is None:
        return "web"
    website = application.website or f"{conf.current().origin}/"
    return format_html('<a href="{}" rel="nofollow">{}</a>', website, application.name)


def _timeline(request: OAuthRequest, statuses: QuerySet[Status]) -> HttpResponse:
    count, since, until = (_number(request, name) for name in ("count", "since_id", "max_id"))
    if count == 0:
        raise Unacceptable(400, 44, "count parameter is invalid.")
    if since is not None:
        statuses = statuses.filter(pk__gt=since)
    if until is not None:
        statuses = statuses.filter(pk__lte=until)
    return answer([as_json(status) for status in statuses[: min(count or COUNT, MOST)]])


def _number(request: OAuthRequest, name: str) -> int | None:
    text = _parameter(request, name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 19 and int(text) <= LARGEST):
        raise Unacceptable(400, 44, f"{name} parameter is invalid.")
    return int(text)


def _parameter(request: OAuthRequest, name: str) -> str | None:
    values: Sequence[str] = [value for given, value in request.oauth.parameters if given == name]
    if len(values) > 1:
        raise Unacceptable(400, 44, f"{name} parameter is there twice.")
    return values[0] if values else None


def _person(request: OAuthRequest) -> User:
    token = request.oauth.token
    assert token is not None  # `oauth_required` asks for one
    user: User = token.user
    return user
