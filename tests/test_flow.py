"""The two drivers of a flow."""

import asyncio
from typing import Any

import pytest

from tests.wire import run as run_coroutine
from valetkey.flow import Flow, arun, run


class Unanswered(Exception):
    """A store's failure."""


def adding(first: object, second: object) -> Flow[int]:
    """A flow that adds what the store answers to two questions."""
    one: int = yield first
    other: int = yield second
    return one + other


def guarded(question: object) -> Flow[str]:
    """A flow that fails closed."""
    try:
        answer: str = yield question
    except Unanswered:
        return "refused"
    return answer


async def later(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


async def failing() -> Any:
    await asyncio.sleep(0)
    raise Unanswered


def test_results_go_straight_back_into_the_flow() -> None:
    assert run(adding(1, 2)) == 3


def test_awaitables_are_awaited_first() -> None:
    assert run_coroutine(arun(adding(later(1), later(2)))) == 3


def test_the_asynchronous_driver_takes_results_too() -> None:
    assert run_coroutine(arun(adding(1, 2))) == 3


def test_a_flow_that_asks_nothing_returns_at_once() -> None:
    def silent(asks: bool = False) -> Flow[str]:
        if asks:
            yield
        return "done"

    assert run(silent()) == run_coroutine(arun(silent())) == "done"


def test_a_failed_await_is_thrown_into_the_flow() -> None:
    assert run_coroutine(arun(guarded(failing()))) == "refused"


def test_after_a_failure_the_flow_may_ask_on() -> None:
    def persistent() -> Flow[str]:
        try:
            yield failing()
        except Unanswered:
            answer: str = yield later("second")
            return answer
        return "first"

    assert run_coroutine(arun(persistent())) == "second"


def test_what_the_flow_does_not_catch_leaves_the_driver() -> None:
    with pytest.raises(Unanswered):
        run_coroutine(arun(adding(failing(), 2)))

    def raising() -> Flow[int]:
        yield 1
        raise Unanswered

    with pytest.raises(Unanswered):
        run(raising())


def test_an_asynchronous_store_is_no_store_for_the_synchronous_driver() -> None:
    with pytest.raises(
        TypeError, match=r"this store is asynchronous: call the method whose name starts with “a”"
    ):
        run(adding(later(1), 2))


def test_a_flow_that_can_not_be_driven_is_closed() -> None:
    flow = adding(later(1), 2)
    with pytest.raises(TypeError):
        run(flow)
    with pytest.raises(StopIteration):
        next(flow)


def test_a_cancelled_flow_is_closed() -> None:
    closed: list[str] = []

    def waiting() -> Flow[None]:
        try:
            yield asyncio.sleep(60)
        finally:
            closed.append("closed")

    async def cancel() -> None:
        task = asyncio.create_task(arun(waiting()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run_coroutine(cancel())
    assert closed == ["closed"]
