"""Each web request starts with an empty `oauth` module."""

import asyncio

import pytest
from django.http import HttpRequest, HttpResponse

import oauth
from valetkey.django.middleware import FreshOAuthMiddleware


def leaves(request: HttpRequest) -> HttpResponse:
    found = oauth.accessToken
    oauth.accessToken = "a visitor's token"
    return HttpResponse(found)


async def leaves_later(request: HttpRequest) -> HttpResponse:
    return leaves(request)


def test_no_visitor_sees_what_the_last_one_left_in_the_thread() -> None:
    served = FreshOAuthMiddleware(leaves)
    assert [served(HttpRequest()).content for _ in range(2)] == [b"", b""]
    assert oauth.accessToken == ""


def test_no_visitor_sees_what_the_last_one_left_in_the_task() -> None:
    served = FreshOAuthMiddleware(leaves_later)

    async def two() -> list[bytes]:
        return [(await served(HttpRequest())).content for _ in range(2)]

    assert asyncio.run(two()) == [b"", b""]


def test_twenty_visitors_of_one_event_loop_never_see_each_others_tokens() -> None:
    async def leaves_slowly(request: HttpRequest) -> HttpResponse:
        found = leaves(request)
        await asyncio.sleep(0)
        return found

    async def at_once() -> list[bytes]:
        served = FreshOAuthMiddleware(leaves_slowly)
        answers = await asyncio.gather(*(served(HttpRequest()) for _ in range(20)))
        return [answer.content for answer in answers]

    assert asyncio.run(at_once()) == [b""] * 20


def test_a_view_that_fails_leaves_nothing_behind() -> None:
    def fails(request: HttpRequest) -> HttpResponse:
        leaves(request)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        FreshOAuthMiddleware(fails)(HttpRequest())
    assert oauth.accessToken == ""
