"""A request is let in once, whichever views it goes through, and that it was there is noted."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponse
from django.test import RequestFactory

from tests.django import walk
from valetkey.django.decorators import OAuthRequest, oauth_required
from valetkey.django.models import AccessToken, Application, Nonce


@pytest.fixture
def reader(kestrel: Application, ada: User) -> AccessToken:
    return walk.token_of(kestrel, ada, "read")


def signed(application: Application, token: Any = None) -> Any:
    """A request that no view has seen yet."""
    made = walk.signer(application, token).sign("GET", f"{walk.ORIGIN}/x")
    header: dict[str, Any] = {"HTTP_AUTHORIZATION": made.headers["Authorization"]}
    return RequestFactory().get("/x", RAW_URI="/x", **header)


@oauth_required
def inner(request: OAuthRequest) -> HttpResponse:
    return HttpResponse(request.user.get_username())


@oauth_required(access="write")
def writing(request: OAuthRequest) -> HttpResponse:
    raise AssertionError("it was called")


def outer(view: Any, **options: Any) -> Any:
    """A protected view that hands its request on to another."""
    return oauth_required(**options)(lambda request: view(request))


@pytest.mark.rule(1)
def test_a_request_that_one_view_hands_on_to_another_is_verified_once(
    kestrel: Application, reader: AccessToken
) -> None:
    request = signed(kestrel, reader)
    assert outer(outer(inner))(request).content == b"ada"
    assert Nonce.objects.using("nonces").count() == 1


@pytest.mark.abuse("A69")
def test_what_the_other_view_needs_is_asked_for_all_the_same(
    kestrel: Application, reader: AccessToken
) -> None:
    assert outer(writing)(signed(kestrel, reader)).status_code == 403
    assert outer(inner, require_token=False)(signed(kestrel)).status_code == 401


@pytest.mark.abuse("A59")
def test_a_view_that_another_one_refuses_still_knows_its_person(
    kestrel: Application, reader: AccessToken
) -> None:
    def tries(request: Any) -> HttpResponse:
        return HttpResponse(f"{writing(request).status_code} {request.user.get_username()}")

    assert outer(tries)(signed(kestrel, reader)).content == b"403 ada"


@pytest.mark.abuse("A59")
def test_something_else_of_this_name_on_a_request_proves_nothing(reader: AccessToken) -> None:
    request: Any = RequestFactory().get("/x")
    request.oauth = {"token": reader}
    assert inner(request).status_code == 401


@pytest.mark.abuse("A69")
def test_a_request_whose_method_became_another_since_is_verified_anew_and_refused(
    kestrel: Application, reader: AccessToken
) -> None:
    request = signed(kestrel, reader)
    assert inner(request).status_code == 200
    request.method = "POST"
    assert inner(request).status_code == 400


def test_the_time_of_last_use_is_noted_though_the_view_rolled_its_transaction_back(
    database: str,
) -> None:
    token = walk.token_of(walk.register(), walk.person())

    @oauth_required
    def refuses(request: OAuthRequest) -> HttpResponse:
        walk.remember("written and rolled back")
        transaction.set_rollback(True, using=token._state.db)
        return HttpResponse(status=422)

    with transaction.atomic(using=token._state.db):
        response = refuses(signed(token.application, token))
    response.close()
    assert not User.objects.filter(username="written_and_rolled_back").exists()
    token.refresh_from_db()
    assert token.last_used_at
