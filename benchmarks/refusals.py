"""Refusals: a megabyte of anything ends soon, and what is wrong doesn't show in the time."""

import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from benchmarks import samples
from benchmarks.results import Figure, Result
from benchmarks.samples import CONSUMER, FORM, TOKEN, Request
from benchmarks.timing import Pace, Turn, race
from valetkey import AccessToken, Consumer, MemoryStore, Refused, Verifier

#: Seconds for a megabyte, and the per cent by which refusals may differ (abuse A24).
MOST_SECONDS, MOST_APART = 0.5, 5

METHOD = "HMAC-SHA1"
WRONG = "A" * 27 + "="
_PARTS = {
    "joiners": b"&",
    "marks": b"=",
    "pluses": b"+",
    "percents": b"%",
    "odd triples": b"%c3%a9",
    "letters": b"a",
    "pairs": b"a=b&",
    "the same pair": b"status=hello&",
    "octets": b"\xff",
    "what isn't UTF-8 in the end": b"%C3%A9%E2",
}


def run(pace: Pace) -> Iterator[Result]:
    yield _large_ones(pace.octets)
    yield _alike(pace)


def store() -> MemoryStore:
    made = MemoryStore()
    made.add(Consumer(*CONSUMER), AccessToken(*TOKEN))
    return made


def refused(tested: Verifier[Any, Any], method: str, url: str, headers: Any, body: bytes | None) -> None:
    try:
        tested.verify(method, url, headers=headers, body=body)
    except Refused:
        return
    raise AssertionError("it was accepted")


def _large_ones(size: int) -> Result:
    """The slowest, with the limits as they are by themselves, and with such that all of it is read."""
    found: dict[str, float] = {}
    for tested in (Verifier(store()), Verifier(store(), max_parameters=size, max_octets=2 * size)):
        for name, request in _large(size):
            start = time.perf_counter()
            refused(tested, *request)
            found[name] = max(found.get(name, 0), time.perf_counter() - start)
    slowest = max(found, key=lambda name: found[name])
    figure = Figure(found[slowest], f"s ({slowest})", most=MOST_SECONDS)
    return Result(f"{size:,} octets refused", [figure], {})


def _large(size: int) -> Iterator[tuple[str, Request]]:
    """So many octets in each place, beside a header whose signature is wrong."""
    sent = samples.sample(samples.medium, METHOD, oauth_signature=WRONG).signed
    for name, part in _PARTS.items():
        octets = (part * size)[:size]
        text = octets.decode("latin-1")
        yield f"a form of {name}", sent._replace(body=octets)
        yield f"a query of {name}", sent._replace(url=f"{sent.url}?{text}", body=None)
        header = f"{sent.headers['Authorization']}, {text}"
        yield f"a header of {name}", sent._replace(headers={**FORM, "Authorization": header})


def _alike(pace: Pace) -> Result:
    wrong = {"oauth_signature": WRONG}
    kinds = {
        "wrong signature": wrong,
        "unknown consumer": {**wrong, "oauth_consumer_key": CONSUMER[0][::-1]},
        "unknown token": {**wrong, "oauth_token": TOKEN[0][::-1]},
    }
    work = partial(refused, Verifier(store()))
    times = race({kind: Turn(work, partial(_sent, changed)) for kind, changed in kinds.items()}, pace)
    first, *others = kinds
    ratios = {kind: times.ratio(kind, first) for kind in others}
    figures = [
        Figure(100 * abs(ratio - 1), f"% from {kind}", most=MOST_APART) for kind, ratio in ratios.items()
    ]
    return Result(f"refused, {first}", figures, {kind: times.of(kind) for kind in kinds})


def _sent(changed: Mapping[str, str]) -> Request:
    return samples.sample(samples.small, METHOD, **changed).signed
