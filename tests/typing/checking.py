"""mypy and pyright, each over a folder of files that a user could have written."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

#: A user's Django site, which mypy's plugin reads.
SETTINGS = """
SECRET_KEY = "for types only"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "valetkey.django",
]
"""
MYPY = """
[mypy]
strict = true
plugins = mypy_django_plugin.main
[mypy.plugins.django-stubs]
django_settings_module = site_settings
"""
# No `type: ignore` is heeded: what mypy is told to forgive must be an error to pyright, too.
PYRIGHT = {"typeCheckingMode": "strict", "enableTypeIgnoreComments": False}


class Complaint(NamedTuple):
    file: str
    line: int
    what: str


def user_folder(folder: Path, files: dict[str, str]) -> Path:
    (folder / "site_settings.py").write_text(SETTINGS, encoding="utf-8")
    (folder / "mypy.ini").write_text(MYPY, encoding="utf-8")
    (folder / "pyrightconfig.json").write_text(json.dumps(PYRIGHT), encoding="utf-8")
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def by_mypy(folder: Path, cache: Path) -> list[Complaint]:
    """What mypy says of all files of `folder`, with `--strict` and Django's plugin."""
    names = sorted(path.name for path in folder.glob("*.py"))
    options = ["--config-file", "mypy.ini", "--cache-dir", str(cache)]
    return _mypy([*options, *names], folder, PYTHONPATH=str(folder))


def by_mypy_alone(file: Path, source: Path, cache: Path) -> list[Complaint]:
    """What it says of `file` where this package is there and nothing else is. Inside the package itself it is
    silent, as it is inside whatever a user has installed.
    """
    options = ["--strict", "--no-site-packages", "--follow-imports=silent", "--config-file", os.devnull]
    return _mypy([*options, "--cache-dir", str(cache), file.name], file.parent, MYPYPATH=str(source))


def by_pyright(folder: Path) -> list[Complaint]:
    """What pyright says of all files of `folder`, with its strict rules."""
    report = _pyright([], folder)
    return [
        Complaint(Path(found["file"]).name, found["range"]["start"]["line"] + 1, said(found))
        for found in report["generalDiagnostics"]
    ]


def published(package: str, folder: Path) -> list[dict[str, Any]]:
    """Every symbol that users of `package` can reach, with its name and whether its type is known."""
    report = _pyright(["--verifytypes", package, "--ignoreexternal"], folder)
    symbols: list[dict[str, Any]] = report["typeCompleteness"]["symbols"]
    return [symbol for symbol in symbols if symbol["isExported"]]


def said(found: dict[str, Any]) -> str:
    return f"{found['message']} [{found.get('rule', 'syntax')}]"


def _mypy(options: list[str], folder: Path, **environment: str) -> list[Complaint]:
    done = _run(["mypy", *options], folder, environment)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = re.findall(r"^(.+?):(\d+): error: (.*)$", done.stdout, re.MULTILINE)
    assert bool(found) == bool(done.returncode), done.stdout + done.stderr
    return [Complaint(Path(file).name, int(line), what) for file, line, what in found]


def _pyright(options: list[str], folder: Path) -> dict[str, Any]:
    # `--verifytypes` asks the first Python in PATH what is installed; without `--outputjson`, the package's
    # wrapper would ask the network for a newer version of itself.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = _run(["pyright", "--outputjson", "--pythonpath", sys.executable, *options], folder, {"PATH": path})
    assert done.returncode in (0, 1), done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
