"""The wheel holds everything, and runs where there is no checkout."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PATIENCE = 120  # seconds: first start, migrations included, beside another worker's tests
PROMISED = {
    *("site", "provider", "consumer_key", "consumer_secret"),
    *("username", "password", "access_token", "access_token_secret"),
}


def run(*command: str | Path, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, env=outside(), capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def outside() -> dict[str, str]:
    """The environment, without what would lead Python back into the checkout."""
    return {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without isolation: what builds it is in the tests' own environment, at its pinned version."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ("-m", "build", "--wheel", "--no-isolation", "--outdir", folder)
    run(sys.executable, *build, cwd=ROOT)
    (built,) = folder.glob("valetkey-*.whl")
    return built


@pytest.fixture(scope="module")
def commands(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a new environment's commands, the demo installed in it."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run(sys.executable, "-m", "venv", "environment", cwd=folder)
    commands = folder / "environment" / "bin"
    pip = (commands / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--constraint", ROOT / "constraints.txt", f"valetkey[demo] @ {wheel.as_uri()}", cwd=folder)
    return commands


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


def test_the_wheel_holds_every_file_of_src(wheel: Path) -> None:
    src = ROOT / "src"
    files = {path.relative_to(src).as_posix() for path in src.rglob("*") if path.is_file()}
    wanted = {name for name in files if "__pycache__" not in name}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == wanted
    assert {"oauth/py.typed", "valetkey/py.typed"} <= held
    for kind in ("/templates/", "/static/", "/locale/de/LC_MESSAGES/django.mo"):
        assert any(kind in name for name in held), f"no file in {kind}"


def test_the_core_depends_on_nothing(wheel: Path) -> None:
    required = metadata(wheel).get_all("Requires-Dist", [])
    assert [line for line in required if "extra ==" not in line] == []


class Demo:
    """`valetkey demo --json` from the new environment; what it says goes to two files."""

    def __init__(self, commands: Path, folder: Path) -> None:
        self.out, self.talk = folder / "stdout.txt", folder / "stderr.txt"
        ports = ("--site-port", "0", "--provider-port", "0")
        with self.out.open("w") as stdout, self.talk.open("w") as stderr:
            self.process = subprocess.Popen(
                [commands / "valetkey", "demo", "--json", *ports, "--data", folder / "data"],
                cwd=folder,
                env=outside(),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )

    def line(self) -> str:
        """The first line of standard output."""
        deadline = time.monotonic() + PATIENCE
        while "\n" not in (text := self.out.read_text()):
            assert self.process.poll() is None, f"it ended: {self.talk.read_text()}"
            assert time.monotonic() < deadline, f"silent for {PATIENCE} s: {self.talk.read_text()}"
            time.sleep(0.1)
        return text.splitlines()[0]

    def interrupt(self) -> int:
        """Ctrl-C, as a terminal sends it: to the whole group. The exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=30)


@pytest.fixture
def demo(commands: Path, tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(commands, tmp_path)
    yield demo
    with suppress(ProcessLookupError):
        os.killpg(demo.process.pid, signal.SIGKILL)
    demo.process.wait()


def test_the_demo_runs_from_the_wheel_and_ends_at_ctrl_c(demo: Demo) -> None:
    facts = json.loads(demo.line())
    assert set(facts) >= PROMISED
    for origin in (facts["site"], facts["provider"]):
        with urllib.request.urlopen(f"{origin}/", timeout=PATIENCE) as answer:
            assert answer.status == 200
    assert demo.interrupt() == 0, demo.talk.read_text()
    assert len(demo.out.read_text().splitlines()) == 1
    assert "Traceback" not in demo.talk.read_text()
