"""docs/peers.md says what test_peers.py shows, of the versions that it was shown with."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.interop import test_differential, test_peers

PAGE = (Path(__file__).parents[2] / "docs" / "peers.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if "test_peers.py" in line and line.startswith("| ")]
TESTS = [name for name in vars(test_peers) if name.startswith("test_")]


def test_every_row_has_its_test_and_every_test_its_row() -> None:
    assert len(TESTS) > 30
    assert sorted(re.findall(r"\[`(test_\w+)`\]\(\.\./tests/interop/test_peers\.py\)", PAGE)) == sorted(TESTS)
    assert len(ROWS) == len(TESTS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: re.findall(r"test_\w+", row)[0])
def test_every_row_names_libraries_and_a_section(row: str) -> None:
    libraries, happens, section, here, _ = (cell.strip() for cell in row.strip("| ").split(" | "))
    names = {name.partition(" for ")[0] for name in libraries.split(", ")}
    assert names <= {"oauthlib", "requests-oauthlib", "Authlib"}
    assert happens
    assert here
    assert re.fullmatch(r"\d(\.\d)+(, \d(\.\d)+)*|– \(.+\)", section), section


def test_what_keeps_a_request_out_of_the_comparison_is_shown_by_a_test() -> None:
    beyond = (
        test_differential.BEYOND_OAUTHLIB
        | test_differential.BEYOND_AUTHLIB
        | test_differential.BEYOND_CLIENTS
    )
    assert not set(beyond) - set(TESTS)


@pytest.mark.parametrize("library", ["oauthlib", "requests-oauthlib", "Authlib"])
def test_the_page_names_the_versions_that_were_tested(library: str) -> None:
    assert f"{library} {version(library)}" in PAGE
