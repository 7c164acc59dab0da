"""``python -m benchmarks [WORD …] [--quick]``: measures, and prints a table with the goals.

When everything was measured, and not just quickly, docs/performance.md and its picture are written.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from benchmarks import cases, growth, plot, refusals, report, weight, whole
from benchmarks.contestants import Keys
from benchmarks.results import Result
from benchmarks.timing import Pace

FULL, QUICK = Pace(rounds=120, turn=0.003), Pace(rounds=2, turn=0.0002, octets=100_000)

#: What is run, by a name that holds the names of all of its results.
Suite = tuple[str, Callable[[], Iterator[Result]]]


def suites(pace: Pace) -> list[Suite]:
    """Everything, in the order of the table."""
    keys = Keys.generated()
    few = pace._replace(rounds=max(2, pace.rounds // 4))
    return [
        *((case.name, partial(_one, case, keys, pace)) for case in cases.CASES),
        ("request, requests httpx2", partial(whole.run, pace._replace(turn=3 * pace.turn))),
        ("import, memory, signers", partial(weight.run, pace)),
        ("growth: a parameter of 10,000", partial(growth.run, keys, few)),
        ("octets refused, wrong signature", partial(refusals.run, pace)),
    ]


def _one(case: cases.Case, keys: Keys, pace: Pace) -> Iterator[Result]:
    yield cases.run(case, keys, pace)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("words", nargs="*", metavar="WORD", help="only what has one of these in its name")
    parser.add_argument("--quick", action="store_true", help="so few rounds that the figures mean little")
    parser.add_argument("--rounds", type=int, help=f"of turns ({FULL.rounds})")
    options = parser.parse_args(argv)
    pace = QUICK if options.quick else FULL
    if options.rounds:
        pace = pace._replace(rounds=options.rounds)
    found = []
    for name, run in suites(pace):
        if not options.words or any(word in name for word in options.words):
            for result in run():
                print(report.shown(result), flush=True)
                found.append(result)
    if not (options.words or options.quick):
        report.write(found, pace)
        plot.write(found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
