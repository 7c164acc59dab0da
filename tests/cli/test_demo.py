"""`valetkey demo`, its arguments and its words. What it starts is tested in tests/demo."""

import subprocess
import sys
from pathlib import Path

import pytest

from valetkey.cli import main
from valetkey.cli.demo import default_data


@pytest.mark.parametrize("port", ["-1", "65536", "x", "", "1e3", "١٢"])
def test_a_port_is_a_number_that_a_port_can_have(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", f"--site-port={port}"])
    assert ended.value.code == 2
    assert "is no port: give a number from 0 to 65535" in capsys.readouterr().err


def test_its_help_ends_in_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["demo", "--help"])
    assert capsys.readouterr().out.endswith(
        "example:\n  valetkey demo --site-port 0 --provider-port 0 --data ./demo-data\n"
    )


def test_without_the_demos_packages_it_says_what_to_install() -> None:
    """As in an environment where only `valetkey` is installed."""
    script = (
        "import importlib.util as util, sys\n"
        "found = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'gunicorn' else found(name, *rest)\n"
        "from valetkey.cli import main\n"
        "sys.exit(main(['demo']))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr == "valetkey demo: gunicorn is not installed\npip install 'valetkey[demo]'\n"


def test_data_is_kept_where_the_persons_other_data_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_data() == tmp_path / "valetkey-demo"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_data() == tmp_path / ".local" / "share" / "valetkey-demo"


def test_a_host_that_is_not_here_is_said_in_two_lines(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "valetkey.cli", "demo", "--host", "192.0.2.1", "--data", tmp_path],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert run.stderr.splitlines()[0].startswith("valetkey demo: 192.0.2.1 is no address of this computer")
    assert run.stderr.splitlines()[1:] == ["choose another with --host"]
