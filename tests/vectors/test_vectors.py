"""The vectors are all here."""

import re

import pytest

from tests.vectors import FOLDER, load, name

COUNTS = {
    "percent_encoding": 37,
    "parameter_normalisation": 25,
    "base_string_uri": 63,
    "base_string": 22,
    "signatures_hmac": 17,
    "signatures_rsa": 7,
    "signatures_plaintext": 11,
    "authorization_header_parse": 33,
    "body_hash": 9,
    "end_to_end": 92,
    "token_response_parse": 21,
    "problem_reporting": 7,
    "generated": 150,
}


@pytest.mark.parametrize("theme", COUNTS)
def test_every_vector_is_there(theme: str) -> None:
    assert len(load(theme)) == COUNTS[theme]


def test_the_counts_are_those_of_the_readme() -> None:
    rows = re.findall(
        r"^\| (\w+) \| (\d+) \|", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {theme: int(number) for theme, number in rows} == COUNTS


def test_every_file_of_vectors_is_counted() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {*COUNTS, "rsa_keys"}


@pytest.mark.parametrize("theme", COUNTS)
def test_no_two_vectors_have_one_id(theme: str) -> None:
    ids = [name(vector) for vector in load(theme)]
    assert len(ids) == len(set(ids))
