"""Finds a Chromium or Chrome for the browser tests, and gets one where there is none. It never says *skip*.

`python -m tests.browser.chromium` prints what it found.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
PLACES = (
    "/usr/lib/chromium/chromium",
    "/usr/lib64/chromium-browser/chromium-browser",
    "/snap/bin/chromium",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
MISSING = (
    "The browser tests need a Chromium or Chrome, and none could be found or installed. Run, as root: "
    "apt-get update && apt-get install --yes chromium"
)


def installed() -> str | None:
    return next(filter(None, map(shutil.which, (*NAMES, *PLACES))), None)


def from_debian() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        if not ran(["apt-get", "-qq", *arguments], quiet):
            return None
    return installed()


def from_playwright() -> str | None:
    """Playwright's own build: the one it fetched before, or fetches now."""
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).exists():
        ran([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ))
    return path if Path(path).exists() else None


def ran(command: list[str], environment: dict[str, str]) -> bool:
    print("+", *command, file=sys.stderr, flush=True)
    return (
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode == 0
    )


def chromium() -> str:
    for find in (installed, from_debian, from_playwright):
        if path := find():
            return path
    raise RuntimeError(MISSING)


if __name__ == "__main__":
    print(chromium())
