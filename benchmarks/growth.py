"""What a parameter costs where there are few, and where there are many."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from benchmarks import ours, peers, samples
from benchmarks.contestants import Contestant, Keys
from benchmarks.results import Figure, Result
from benchmarks.timing import Pace, Turn, race

SIZES = (100, 1_000, 10_000)
#: A parameter among the most, beside one among the fewest; and beside the peer's among the most.
MOST, LEAST = 1.6, 10
PEER = "Authlib"
METHOD = "HMAC-SHA1"


def run(keys: Keys, pace: Pace) -> Iterator[Result]:
    reading = ours.verifying(METHOD, keys, max_parameters=SIZES[-1] + 10)
    yield _grown("sign", ours.signing(METHOD, keys), peers.SIGNING.get(PEER), keys, pace)
    yield _grown("verify", reading, peers.VERIFYING.get(PEER), keys, pace)


def _grown(side: str, mine: Contestant, maker: peers.Maker | None, keys: Keys, pace: Pace) -> Result:
    few, many = _of(SIZES[0]), _of(SIZES[-1])
    runs = {_of(size): (mine, size) for size in SIZES}
    if maker and (theirs := maker(METHOD, keys)):
        runs[f"{PEER} {many}"] = theirs, SIZES[-1]
    times = race({name: Turn(run[0].work, partial(_given, *run)) for name, run in runs.items()}, pace)
    figures = [Figure(times.ratio(many, few) * SIZES[0] / SIZES[-1], f"× one {few}", most=MOST)]
    figures += [
        Figure(times.ratio(name, many), f"× {PEER}", least=LEAST) for name in runs if name.startswith(PEER)
    ]
    return Result(
        f"{side}, a parameter {many}", figures, {name: times.of(name) / run[1] for name, run in runs.items()}
    )


def _of(size: int) -> str:
    return f"of {size:,}"


def _given(contestant: Contestant, size: int) -> tuple[Any, ...]:
    return contestant.given(samples.sample(samples.of(size), METHOD))
