"""The table, on a terminal and in docs/performance.md."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from string import Template

from benchmarks.results import Figure, Result
from benchmarks.timing import Pace

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
TEMPLATE = Path(__file__).with_name("performance.md.in")
PACKAGES = (
    *("oauthlib", "requests-oauthlib", "Authlib", "mastercard-oauth1-signer"),
    *("requests", "httpx2", "cryptography"),
)


def shown(result: Result) -> str:
    """For a terminal: a line for each figure, and one for the times."""
    lines = [f"{result.name:32}{figure!s:40}{_verdict(figure)}".rstrip() for figure in result.figures]
    if result.seconds:
        lines.append(f"{'':32}{_times(result)}")
    return "\n".join(lines)


def _verdict(figure: Figure) -> str:
    return f"{figure.goal:16}{'met' if figure.met else 'MISSED'}" if figure.goal else ""


def _times(result: Result) -> str:
    return " · ".join(f"{who} {_duration(seconds)}" for who, seconds in result.seconds.items())


def _duration(seconds: float) -> str:
    for unit, size in (("s", 1), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def versions() -> dict[str, str]:
    """Of the peers and of what both sides use, where they are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def write(results: Sequence[Result], pace: Pace) -> None:
    PAGE.write_text(page(results, pace), encoding="utf-8")


def page(results: Sequence[Result], pace: Pace) -> str:
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        date=datetime.now(UTC).date().isoformat(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        machine=_machine(),
        peers=", ".join(f"{name} {number}" for name, number in versions().items()),
        rounds=pace.rounds,
        rows="\n".join(map(_row, results)),
        missed=_missed(results),
    )


def _row(result: Result) -> str:
    figures = "<br>".join(_cell(figure) for figure in result.figures)
    return f"| {result.name} | {figures} | {_times(result)} |"


def _cell(figure: Figure) -> str:
    text = f"**{figure}**" if figure.goal else str(figure)
    goal = f" ({figure.goal})" if figure.goal else ""
    return f"{text}{goal}{'' if figure.met else ' **missed**'}"


def _missed(results: Sequence[Result]) -> str:
    figures = [figure for result in results for figure in result.figures if figure.goal]
    missed = sum(not figure.met for figure in figures)
    return (
        f"{missed} of {len(figures)} goals were missed." if missed else f"All {len(figures)} goals were met."
    )


def _machine() -> str:
    """The processor's name, where the system tells it, and how many there are."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.partition(":")[2].strip()
            for line in cpuinfo.read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ]
        name = names[0] if names else name
    return f"{os.cpu_count()} × {name}"
