"""Runs the tests on every Python from 3.11 on that this machine has, each in an environment of its own.

Pythons come from PATH and from pyenv; of two with the same minor version, the first one found is taken.
constraints.txt gives each the newest Django that it allows.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PROBE = (
    "import ensurepip, sys, venv; print(*sys.version_info[:2], sys.version_info.releaselevel, sys.executable)"
)
NAME = re.compile(r"python3(\.\d+)?")
OLDEST = (3, 11)


def candidates() -> Iterator[Path]:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [Path(part) for part in os.environ["PATH"].split(os.pathsep) if part]
    for folder in [*folders, *sorted(pyenv.glob("versions/*/bin"))]:
        yield from sorted(path for path in folder.glob("python3*") if NAME.fullmatch(path.name))


def pythons() -> dict[tuple[int, int], str]:
    """Minor version to executable.

    What does not run (pyenv's shim of a version that isn't chosen) or can make no environment is left out.
    """
    found: dict[tuple[int, int], str] = {}
    for candidate in candidates():
        try:
            asked = subprocess.run([candidate, "-c", PROBE], capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if asked.returncode == 0:
            major, minor, level, executable = asked.stdout.strip().split(" ", 3)
            if level == "final":
                found.setdefault((int(major), int(minor)), executable)
    return {version: found[version] for version in sorted(found) if version >= OLDEST}


def run(version: str, executable: str) -> tuple[str, str, str]:
    """Django's version, the verdict and the time it took. make hands ARGS on by itself."""
    folder = f".venvs/{version}"
    make = ["make", "pytest", f"VENV={folder}", f"PYTHON={executable}"]
    started = time.monotonic()
    code = subprocess.run(make).returncode
    asked = subprocess.run(
        [f"{folder}/bin/python", "-c", "import django; print(django.__version__)"],
        capture_output=True,
        text=True,
    )
    return asked.stdout.strip() or "?", "FAILED" if code else "passed", f"{time.monotonic() - started:.0f} s"


def main() -> int:
    rows = [("Python", "Django", "tests", "time")]
    for (major, minor), executable in pythons().items():
        version = f"{major}.{minor}"
        print(f"\n=== Python {version}: {executable}\n", flush=True)
        rows.append((version, *run(version, executable)))
    print()
    for row in rows:
        print("  ".join(cell.ljust(8) for cell in row).rstrip())
    return int(any(row[2] == "FAILED" for row in rows) or len(rows) == 1)


if __name__ == "__main__":
    sys.exit(main())
