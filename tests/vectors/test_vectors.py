"""The vectors are all here, and what is left out is counted."""

import re

import pytest

from tests.vectors import FOLDER, cases, load, name

# Held to, and left out by the rule of `left_out`.
COUNTS = {
    "percent_encoding": (37, 0),
    "parameter_normalisation": (25, 0),
    "base_string_uri": (63, 0),
    "base_string": (22, 0),
    "signatures_hmac": (17, 0),
    "signatures_rsa": (0, 7),
    "signatures_plaintext": (11, 0),
    "authorization_header_parse": (33, 0),
    "body_hash": (9, 0),
    "end_to_end": (81, 11),
    "token_response_parse": (21, 0),
    "problem_reporting": (7, 0),
    "generated": (114, 36),
}


@pytest.mark.parametrize("theme", COUNTS)
def test_what_is_held_to_and_what_is_left_out_is_counted(theme: str) -> None:
    held = len(cases(theme))
    assert (held, len(load(theme)) - held) == COUNTS[theme]


def test_the_counts_are_those_of_the_readme() -> None:
    rows = re.findall(
        r"^\| (\w+) \| (\d+) \|", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {theme: int(number) for theme, number in rows} == {
        theme: sum(counts) for theme, counts in COUNTS.items()
    }


def test_every_file_of_vectors_is_counted() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {*COUNTS, "rsa_keys"}


@pytest.mark.parametrize("theme", COUNTS)
def test_no_two_vectors_have_one_id(theme: str) -> None:
    ids = [name(vector) for vector in load(theme)]
    assert len(ids) == len(set(ids))
