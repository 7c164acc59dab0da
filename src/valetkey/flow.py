"""The two drivers of a flow, sync and async.

A *flow* is a generator that yields what a store's methods return and is sent their results. Each check is
written once, as a flow; a synchronous store's results go straight back, an asynchronous store's are awaited
first.
"""

from collections.abc import Generator
from typing import Any, TypeVar

R = TypeVar("R")

Flow = Generator[Any, Any, R]


def run(flow: Flow[R]) -> R:
    """What `flow` returns, with a store whose methods return results.

    :raises TypeError: where the store is asynchronous.
    """
    try:
        result = next(flow)
        while True:
            if hasattr(result, "__await__"):
                getattr(result, "close", lambda: None)()
                raise TypeError(
                    "this store is asynchronous: call the method whose name starts with “a” (averify …)"
                )
            result = flow.send(result)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # typeshed can't tie a StopIteration to its generator
    finally:
        flow.close()


async def arun(flow: Flow[R]) -> R:
    """What `flow` returns, with a store whose methods return awaitables (or results).

    A failure of the store is thrown into the flow, so that failing closed is written there, once for both
    drivers.
    """
    try:
        result = next(flow)
        while True:
            if hasattr(result, "__await__"):
                try:
                    result = await result
                except Exception as failure:  # whatever the store's client raises is the flow's to judge
                    result = flow.throw(failure)
                    continue
            result = flow.send(result)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # as above
    finally:
        flow.close()
