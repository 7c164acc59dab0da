"""What Django itself says of Aviary."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from valetkey.demo.config import DemoConfig


@pytest.mark.parametrize(
    "command", [["check", "--fail-level", "WARNING"], ["makemigrations", "--check", "--dry-run", "aviary"]]
)
def test_djangos_checks_find_nothing_and_no_migration_is_missing(tmp_path: Path, command: list[str]) -> None:
    config = DemoConfig(
        data=tmp_path,
        site_origin="http://127.0.0.1:12000",
        provider_origin="http://127.0.0.1:12001",
        site_hosts=("127.0.0.1",),
        provider_hosts=("127.0.0.1",),
        explain=True,
    )
    done = subprocess.run(
        [sys.executable, "-m", "django", *command],
        env={**os.environ, **config.environment, "DJANGO_SETTINGS_MODULE": "valetkey.demo.aviary.settings"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
