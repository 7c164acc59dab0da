"""The demo, really running: a process of its own, on free ports, with a folder of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

PATIENCE = 120


class Demo:
    """`valetkey demo --json` with what it printed, in `info`.

    It leads a process group of its own, so that a test can end the group and not itself.
    """

    def __init__(
        self, *options: str, folder: Path | None = None, environment: dict[str, str] | None = None
    ) -> None:
        self.options = options
        self.environment = environment or {}
        self._made = None if folder else tempfile.mkdtemp(prefix="demo-")
        self.folder = folder or Path(self._made or "")
        self.info: dict[str, str] = {}
        self.output = ""
        self._process: subprocess.Popen[str] | None = None

    @classmethod
    @contextmanager
    def started(
        cls, *options: str, folder: Path | None = None, environment: dict[str, str] | None = None
    ) -> Iterator["Demo"]:
        with cls(*options, folder=folder, environment=environment) as demo:
            yield demo

    def __enter__(self) -> "Demo":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        if self._made:
            shutil.rmtree(self._made)

    @property
    def process(self) -> "subprocess.Popen[str]":
        assert self._process, "the demo isn't running"
        return self._process

    @property
    def errors(self) -> str:
        """What it has written to standard error."""
        return (self.folder / "stderr").read_text(encoding="utf-8")

    def start(self, *options: str) -> None:
        """Starts it, and waits for its line. `options` come after those it was made with."""
        self.folder.mkdir(exist_ok=True)
        ports = ("--site-port", "0", "--provider-port", "0")
        data = ("--data", str(self.folder / "data"))
        with open(self.folder / "stderr", "w", encoding="utf-8") as errors:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "valetkey.cli",
                    "demo",
                    "--json",
                    *ports,
                    *data,
                    *self.options,
                    *options,
                ],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
                env=os.environ | self.environment,
            )
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, f"it printed no line, and ended with {self.process.wait(PATIENCE)}: {self.errors}"
        self.info = json.loads(line)

    def restart(self) -> None:
        """Starts it once more, on the same ports and the same data."""
        site, provider = (self.info[name].rsplit(":", 1)[1] for name in ("site", "provider"))
        self.start("--site-port", site, "--provider-port", provider)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ends it as Ctrl-C does, at every process of the group; its exit code."""
        if self._process is None:
            return 0
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        code = self.process.wait(PATIENCE)
        assert self.process.stdout
        self.output = self.process.stdout.read()
        self.process.stdout.close()
        self._process = None
        return code

    def kill(self, *, parent_alone: bool = False) -> None:
        """`kill -9`: of the whole group, or of the parent."""
        if parent_alone:
            self.process.kill()
        else:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        assert self.process.stdout
        self.process.stdout.close()
        self._process = None


def wait_until_free(origin: str, seconds: float) -> float:
    """How many seconds it took until nobody listened there.

    :raises AssertionError: where somebody still does after `seconds`.
    """
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        try:
            urllib.request.urlopen(origin, timeout=1).close()
        except urllib.error.HTTPError:
            pass
        except OSError:
            return time.monotonic() - start
        time.sleep(0.05)
    raise AssertionError(f"{origin} still answers after {seconds} seconds")
