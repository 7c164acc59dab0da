"""One request, signed or verified: the cases, and what is asked of each."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from benchmarks import floor, ours, peers, samples
from benchmarks.contestants import Contestant, Keys, signs_rightly, verifies_rightly
from benchmarks.results import Figure, Result
from benchmarks.samples import Request
from benchmarks.timing import Pace, Turn, race

FASTEST = "fastest"


class Case(NamedTuple):
    """`over` says how many times as fast as a peer it must be at the least; `floor`, how many times the floor
    it may take at the most.
    """

    name: str
    side: str
    shape: Callable[[], Request]
    over: Mapping[str, float]
    floor: float | None
    method: str = "HMAC-SHA1"


CASES = (
    Case("sign small", "sign", samples.small, {FASTEST: 20}, 2.5),
    Case("sign small, path never seen", "sign", samples.unseen, {FASTEST: 16}, 3),
    Case("sign medium", "sign", samples.medium, {FASTEST: 18}, 4),
    Case("sign fifty", "sign", samples.fifty, {FASTEST: 15}, 7),
    Case("sign odd", "sign", samples.odd, {FASTEST: 7}, 8),
    Case("verify small", "verify", samples.small, {FASTEST: 10}, 4.5),
    Case("verify medium", "verify", samples.medium, {FASTEST: 11}, 6),
    Case("verify fifty", "verify", samples.fifty, {FASTEST: 12}, 9),
    Case("verify odd", "verify", samples.odd, {FASTEST: 5}, 10),
    Case("PLAINTEXT sign", "sign", samples.small, {FASTEST: 15}, 3.5, "PLAINTEXT"),
    Case("PLAINTEXT verify", "verify", samples.small, {FASTEST: 5}, None, "PLAINTEXT"),
    Case("HMAC-SHA256 sign small", "sign", samples.small, {FASTEST: 20}, 2.5, "HMAC-SHA256"),
    Case(
        *("RSA-SHA256 sign", "sign", samples.small),
        {"oauthlib": 80, "mastercard-oauth1-signer": 1.15},
        *(1.05, "RSA-SHA256"),
    ),
    Case("RSA-SHA256 verify", "verify", samples.small, {FASTEST: 4.5}, 2, "RSA-SHA256"),
)


def run(case: Case, keys: Keys, pace: Pace) -> Result:
    make = partial(samples.sample, case.shape, case.method, keys.private)
    turns = {}
    for name, contestant in _contestants(case, keys).items():
        check = signs_rightly if case.side == "sign" else verifies_rightly
        if name != floor.NAME and not check(contestant, make, case.method, keys):
            raise RuntimeError(f"{name} gets “{case.name}” wrong, so its time says nothing")
        turns[name] = Turn(contestant.work, partial(_given, contestant, make))
    times = race(turns, pace)
    figures = []
    for asked, least in case.over.items():
        peer = times.fastest(peers.SIGNING) if asked == FASTEST else asked
        if peer in turns:
            figures.append(Figure(times.ratio(peer, ours.NAME), f"× {peer}", least=least))
    if case.floor is not None:
        what = "× the bare key" if case.method.startswith("RSA") else "× the floor"
        figures.append(Figure(times.ratio(ours.NAME, floor.NAME), what, most=case.floor))
    return Result(case.name, figures, {name: times.of(name) for name in turns})


def _contestants(case: Case, keys: Keys) -> dict[str, Contestant]:
    everybody: dict[str, peers.Maker]
    if case.side == "sign":
        everybody = {ours.NAME: ours.signing, **peers.SIGNING, floor.NAME: floor.signing}
    else:
        everybody = {ours.NAME: ours.verifying, **peers.VERIFYING, floor.NAME: floor.verifying}
    made = {name: maker(case.method, keys) for name, maker in everybody.items()}
    return {name: contestant for name, contestant in made.items() if contestant is not None}


def _given(contestant: Contestant, make: Callable[[], samples.Sample]) -> tuple[object, ...]:
    return contestant.given(make())
