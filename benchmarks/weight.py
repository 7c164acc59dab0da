"""What Valetkey weighs: the time and the memory of its import, and the memory of a thousand signers."""

import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import ours, samples
from benchmarks.results import Figure, Result
from benchmarks.timing import Pace, Times
from valetkey import AccessToken, Consumer, Signer

#: Beside a peer's import, and in MiB.
MOST_TIME, MOST_MEMORY = {"oauthlib": 0.75}, 10
#: What `import valetkey` must not bring along.
HEAVY = (
    *("asyncio", "cryptography", "django", "http.client", "urllib.request"),
    *("aiohttp", "httpx", "httpx2", "requests", "urllib3"),
)
IMPORTS = {ours.NAME: "valetkey", "oauthlib": "oauthlib.oauth1", "Authlib": "authlib.oauth1"}

# The kernel's own high-water mark: getrusage's begins with that of whoever started the process.
_PROBE = f"""
import json, sys, time
def memory():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
before, start = memory(), time.perf_counter()
import {{module}}
seconds = time.perf_counter() - start
heavy = [name for name in {HEAVY!r} if name in sys.modules]
print(json.dumps([seconds, memory() - before, heavy]))
"""


def run(pace: Pace) -> Iterator[Result]:
    yield from _imports(max(2, pace.rounds // 5))
    yield _signers(1000)


def _imports(rounds: int) -> Iterator[Result]:
    modules = {who: module for who, module in IMPORTS.items() if find_spec(module.partition(".")[0])}
    probed: dict[str, list[Any]] = {who: [] for who in modules}
    with TemporaryDirectory() as folder:
        for number in range(rounds + 1):
            for who, module in modules.items():
                found = _probed(module, folder)
                if number:  # the first one writes the byte code
                    probed[who].append(found)
    times = Times({who: [found[0] for found in each] for who, each in probed.items()})
    figures = [
        Figure(times.ratio(ours.NAME, who), f"× {IMPORTS[who]}", most=MOST_TIME.get(who))
        for who in modules
        if who != ours.NAME
    ]
    yield Result("import, time", figures, {who: times.of(who) for who in modules})
    memory = {who: median(found[1] for found in each) / 2**10 for who, each in probed.items()}
    (heavy,) = {len(found[2]) for found in probed[ours.NAME]}
    yield Result(
        "import, memory",
        [
            Figure(memory[ours.NAME], "MiB", most=MOST_MEMORY),
            *(Figure(memory[who], f"MiB, {IMPORTS[who]}") for who in modules if who != ours.NAME),
            Figure(heavy, "heavy modules loaded", most=0),
        ],
        {},
    )


def _probed(module: str, folder: str) -> Any:
    command = [sys.executable, "-c", _PROBE.format(module=module)]
    # With byte code, as an installed package has it, though it may be forbidden where this runs.
    allowed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = {**allowed, "PYTHONPYCACHEPREFIX": folder}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout)


def _signers(number: int) -> Result:
    makers: dict[str, Callable[[int], Any]] = {ours.NAME: _our_signer}
    if find_spec("oauthlib"):
        from oauthlib.oauth1 import Client

        makers["oauthlib"] = partial(_peers_signer, Client)
    if find_spec("authlib"):
        from authlib.oauth1 import ClientAuth

        makers["Authlib"] = partial(_peers_signer, ClientAuth)
    figures = [Figure(_mebibytes(make, number), f"MiB by {who}") for who, make in makers.items()]
    return Result(f"{number} signers, memory", figures, {})


def _our_signer(number: int) -> Any:
    signer = Signer(
        Consumer(f"{samples.CONSUMER[0]}{number}", samples.CONSUMER[1]), AccessToken(*samples.TOKEN)
    )
    signer.sign("GET", "https://api.example.com/")
    return signer


def _peers_signer(kind: Callable[..., Any], number: int) -> Any:
    return kind(f"{samples.CONSUMER[0]}{number}", samples.CONSUMER[1], *samples.TOKEN)


def _mebibytes(make: Callable[[int], Any], number: int) -> float:
    make(0)
    tracemalloc.start()
    kept = [make(one) for one in range(number)]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(kept) == number
    return size / 2**20
