"""`make bench` measures each of its cases. How fast they are is not tested: each machine has its answer."""

import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from benchmarks import ours, plot, report
from benchmarks.cases import CASES, Case
from benchmarks.contestants import Contestant, Keys, signs_rightly, verifies_rightly
from benchmarks.results import Figure, Result
from benchmarks.samples import sample, small
from benchmarks.timing import Pace, Times

ROOT = Path(__file__).parents[1]
METHOD = "HMAC-SHA1"
KEYS = Keys("", None, "", None)
MAKE = partial(sample, small, METHOD)


@pytest.fixture(scope="module")
def table() -> str:
    """What a run prints that is too short to mean anything."""
    command = [sys.executable, "-W", "error", "-m", "benchmarks", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_case_is_measured_beside_the_floor_and_the_peers_that_have_it(table: str, case: Case) -> None:
    figures = re.findall(rf"^{re.escape(case.name)}  +(.*?)  ", table, re.MULTILINE)
    against = [re.fullmatch(r"[\d.]+ × (.+)", figure) for figure in figures]
    assert all(against)
    # oauthlib's RSA and Mastercard's signer are in the benchmarks' own environment only
    peers = {"oauthlib", "Authlib"} if not case.method.startswith("RSA") else set()
    floors = {"the floor", "the bare key"} if case.floor is not None else set()
    named = {match[1] for match in against if match}
    assert bool(named & peers) == bool(peers)
    assert bool(named & floors) == bool(floors)


@pytest.mark.parametrize(
    "line",
    [
        "request, requests +-?[0-9.]+ % added by Valetkey",
        "request, httpx2 +-?[0-9.]+ % added by Valetkey",
        "import, time +[0-9.]+ × oauthlib.oauth1",
        "import, memory +[0-9.]+ MiB",
        "import, memory +0 heavy modules loaded",
        "1000 signers, memory +[0-9.]+ MiB by Valetkey",
        "sign, a parameter of 10,000 +[0-9.]+ × one of 100",
        "verify, a parameter of 10,000 +[0-9.]+ × Authlib",
        "100,000 octets refused +[0-9.]+ s",
        "refused, wrong signature +[0-9.]+ % from unknown consumer",
        "refused, wrong signature +[0-9.]+ % from unknown token",
    ],
)
def test_what_is_no_single_request_is_measured_too(table: str, line: str) -> None:
    assert re.search(f"^{line}", table, re.MULTILINE), table


def test_a_signer_whose_signature_is_another_is_not_timed() -> None:
    right = ours.signing(METHOD, KEYS)
    assert signs_rightly(right, MAKE, METHOD, KEYS)
    wrong = right._replace(result=lambda signed: right.result(signed).replace('_nonce="', '_nonce="0'))
    assert not signs_rightly(wrong, MAKE, METHOD, KEYS)


def test_a_verifier_that_accepts_a_replay_or_a_forgery_or_nothing_is_not_timed() -> None:
    def forgetful(*request: Any) -> Any:
        return ours.verifying(METHOD, KEYS).work(*request)

    right = ours.verifying(METHOD, KEYS)
    assert verifies_rightly(right, MAKE, METHOD, KEYS)
    assert not verifies_rightly(right._replace(work=forgetful), MAKE, METHOD, KEYS)
    for verdict in (True, False):
        fixed = Contestant(lambda *_, verdict=verdict: verdict, lambda sample: (), bool)
        assert not verifies_rightly(fixed, MAKE, METHOD, KEYS)


def test_a_ratio_is_the_median_of_the_rounds_own_so_that_a_slow_round_does_not_count() -> None:
    times = Times({"a": [2, 2, 90], "b": [1, 1, 9]})
    assert times.ratio("a", to="b") == 2


RESULT = Result(
    "verify small",
    [Figure(9.5, "× Authlib", least=10), Figure(3, "× the floor", most=4.5)],
    {"Valetkey": 7e-6},
)


def test_the_page_says_which_goals_were_missed() -> None:
    page = report.page([RESULT], Pace(1, 1))
    missed, met = "**9.5 × Authlib** (at least 10) **missed**", "**3 × the floor** (at most 4.5)"
    assert f"| verify small | {missed}<br>{met} | Valetkey 7 µs |" in page
    assert "1 of 2 goals were missed" in page


def test_the_picture_says_the_same_in_words_and_follows_the_readers_scheme() -> None:
    drawn = plot.svg([("Verify", RESULT._replace(seconds={"Valetkey": 7e-6, "oauthlib": 105e-6}))])
    assert "<title>Verify: Valetkey 7.0 µs, oauthlib 105 µs</title>" in drawn
    assert "prefers-color-scheme: dark" in drawn
