"""The targets of `make fuzz` run, and notice what they are there for."""

import base64
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fuzz import verifier
from fuzz.__main__ import TARGETS, mutated_ones
from fuzz.changes import resigned

from tests.wire import CONSUMER, NOW, TOKEN
from valetkey import Headers, Refused, Signed, Verified, Verifier

ROOT = Path(__file__).parents[1]
ENOUGH = 600


def fuzz(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "error", "-m", "fuzz", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_whole_after_its_seeds_and_some_hundred_mutations(target: str) -> None:
    done = fuzz(target, "--inputs", str(ENOUGH))
    assert done.returncode == 0, done.stderr
    assert f"number_of_executed_units: {ENOUGH}" in done.stderr


def test_an_input_that_breaks_a_target_is_printed_with_the_command_that_repeats_it() -> None:
    script = "from fuzz.__main__ import tried; tried('header', lambda data: 1 / len(data[1:]), b'a')"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert "ZeroDivisionError" in done.stderr
    assert "header: broken by b'a'\nAgain: python -m fuzz header --input YQ==" in done.stderr


def test_one_input_can_be_repeated() -> None:
    data = base64.b64encode(b'OAuth oauth_token="x"').decode()
    assert fuzz("header", "--input", data).returncode == 0


def test_an_unknown_target_is_refused_with_the_known_ones() -> None:
    done = fuzz("footer")
    assert done.returncode == 2
    assert "footer is no target: choose of header, form, verifier, endpoint" in done.stderr


class Hasty(Verifier[Any, Any]):
    """Spends the nonce before it looks at the signature."""

    def verify(self, *args: Any, **options: Any) -> Verified[Any, Any]:
        until = NOW + 300
        assert self.store.claim_nonce(CONSUMER.key, TOKEN.key, NOW, "nonce", until=until) is not None
        return super().verify(*args, **options)


class Credulous(Verifier[Any, Any]):
    """Takes every signature for right."""

    def verify(self, method: str, url: str, **options: Any) -> Verified[Any, Any]:
        try:
            return super().verify(method, url, **options)
        except Refused as refused:
            if refused.problem != "signature_invalid":
                raise
            sent = Signed(method, url, Headers(options["headers"]), options["body"], "", "", ())
            signed = resigned(sent)
            return super().verify(method, signed.url, **options | {"headers": signed.headers})


class Forgetful(Verifier[Any, Any]):
    """Remembers no nonce."""

    def verify(self, *args: Any, **options: Any) -> Verified[Any, Any]:
        return verifier.fresh(require_token=self.require_token).verify(*args, **options)


@pytest.mark.parametrize(
    ("kind", "noticed"),
    [
        (Hasty, "the original, after a refused one with its nonce"),
        (Credulous, "what was changed and is accepted"),
        (Forgetful, "accepted twice"),
    ],
)
def test_a_verifier_with_a_fault_is_noticed(
    kind: type[Verifier[Any, Any]], noticed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*, require_token: bool) -> Verifier[Any, Any]:
        made = verifier.fresh(require_token=require_token)
        made.__class__ = kind
        return made

    def search() -> None:
        for data in mutated_ones("verifier", ENOUGH):
            verifier.verifier(data)

    monkeypatch.setattr(verifier, "tested", faulty)
    with pytest.raises(AssertionError, match=noticed):
        search()
