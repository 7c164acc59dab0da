"""``python -m fuzz [TARGET …] [--seconds N | --inputs N | --input BASE64]``: runs the targets.

atheris looks for inputs that reach new code. It has no wheel for every Python and machine; where it is
missing, inputs are mutated at random, and the first line says so. An input that breaks a target is printed,
and so is the command that repeats it.
"""

import argparse
import base64
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from itertools import chain, count, islice
from pathlib import Path

Target = Callable[[bytes], None]

#: Module and function of each target; its seeds are the function of the target's own name in `seeds`.
TARGETS = {
    "header": ("fuzz.parsers", "header"),
    "form": ("fuzz.parsers", "form"),
    "verifier": ("fuzz.verifier", "verifier"),
    "endpoint": ("fuzz.endpoint", "request_token"),
}
#: What earlier runs have found worth trying again; git knows nothing of it.
KEPT = Path(".fuzz")
LONGEST_INPUT = 4_096
#: Seconds for one input. Anything that grows with the square of it shows.
PATIENCE = 20
MEGABYTES = 1_024
BROKEN = 77  # libFuzzer's own exit code
# What libFuzzer recommends at its end, by the page.
_DICTIONARY = re.compile(r'^"|^######')


def target_called(name: str) -> Target:
    module, function = TARGETS[name]
    found: Target = getattr(import_module(module), function)
    return found


def tried(name: str, target: Target, data: bytes) -> bool:
    """Whether `data` leaves `target` whole; where not, says how to repeat it."""
    try:
        target(data)
    except Exception:  # whatever it is, it is what fuzzing looks for
        traceback.print_exc()
        command = f"python -m fuzz {name} --input {base64.b64encode(data).decode()}"
        print(f"\n{name}: broken by {data!r}\nAgain: {command}", file=sys.stderr, flush=True)
        return False
    return True


def guided(name: str, seconds: int) -> int:
    """Lets atheris look for `seconds`. It ends this process, with libFuzzer's exit code."""
    import atheris

    with atheris.instrument_imports(include=["valetkey"]):
        target = target_called(name)

    def one(data: bytes) -> None:
        if not tried(name, target, data):
            raise SystemExit(BROKEN)

    corpus = KEPT / name
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds_of(name)):
            (Path(folder) / str(number)).write_bytes(seed)
        options = (
            *(f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT}", f"-timeout={PATIENCE}"),
            *(
                f"-rss_limit_mb={MEGABYTES}",
                f"-artifact_prefix={corpus}-",
                "-print_final_stats=1",
                "-verbosity=0",
            ),
        )
        atheris.Setup(["fuzz", *options, str(corpus), folder], one)
        atheris.Fuzz()
    return 0


def unguided(name: str, seconds: float | None, inputs: int | None) -> int:
    """Mutates the seeds at random, the same way each time: for `seconds`, or that many `inputs`."""
    target = target_called(name)
    deadline = None if seconds is None else time.monotonic() + seconds
    number = 0
    for data in mutated_ones(name, inputs):
        if deadline is not None and time.monotonic() > deadline:
            break
        number += 1
        if not tried(name, target, data):
            return BROKEN
    print(f"{name}: whole\nstat::number_of_executed_units: {number}", file=sys.stderr)
    return 0


def mutated_ones(name: str, number: int | None) -> Iterator[bytes]:
    """The target's seeds, then mutations of them; `number` in all, or without an end."""
    seeds = seeds_of(name)
    chance = random.Random(name)  # noqa: S311  # to be repeated, not to be unguessable
    mutations = (mutated(chance.choice(seeds), chance) for _ in count())
    return islice(chain(seeds, mutations), number)


def mutated(seed: bytes, chance: random.Random) -> bytes:
    data = bytearray(seed)
    for _ in range(chance.randrange(1, 6)):
        start = chance.randrange(len(data) + 1)
        data[start : start + chance.randrange(4)] = chance.randbytes(chance.randrange(4))
    return bytes(data)


def seeds_of(name: str) -> list[bytes]:
    seeds: list[bytes] = getattr(import_module("fuzz.seeds"), name)()
    return seeds


def run_each(names: Sequence[str], seconds: int) -> int:
    """Each in a process of its own, since atheris ends it; then the figures."""
    rows = [("target", "inputs", "seconds", "")]
    for name in names:
        print(f"\n=== {name}, for {seconds} seconds", flush=True)
        started = time.monotonic()
        command = [sys.executable, "-m", "fuzz", name, "--seconds", str(seconds), "--alone"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace") as process:
            assert process.stderr
            inputs = "?"
            for line in process.stderr:
                if not _DICTIONARY.search(line):
                    print(line, end="", flush=True)
                if found := re.search(r"number_of_executed_units: (\d+)", line):
                    inputs = found[1]
        verdict = f"BROKEN ({process.returncode})" if process.returncode else "whole"
        rows.append((name, inputs, f"{time.monotonic() - started:.0f}", verdict))
    print()
    for row in rows:
        print("  ".join(cell.ljust(10) for cell in row).rstrip())
    return int(any(row[3].startswith("BROKEN") for row in rows))


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz")
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all, if none is named"
    )
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--inputs", type=int, help="that many, mutated at random, the same each time")
    parser.add_argument("--input", type=base64.b64decode, help="this one, in base64")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    names = options.targets or list(TARGETS)
    if unknown := [name for name in names if name not in TARGETS]:
        parser.error(f"{unknown[0]} is no target: choose of {', '.join(TARGETS)}")
    if options.input is not None:
        return max(0 if tried(name, target_called(name), options.input) else BROKEN for name in names)
    if options.inputs is not None:
        return max(unguided(name, None, options.inputs) for name in names)
    if options.alone:
        (name,) = names
        return guided(name, options.seconds) if has_atheris() else unguided(name, options.seconds, None)
    if not has_atheris():
        print(
            "atheris isn't installed (it has no wheel for every Python and machine):"
            " inputs are mutated at random, and nothing guides them to new code."
        )
    return run_each(names, options.seconds)


def has_atheris() -> bool:
    return find_spec("atheris") is not None


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[1])
    sys.exit(main(sys.argv[1:]))
