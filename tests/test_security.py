"""docs/security.md says what the tests show, and nothing else; each abuse of the list has its test."""

import re
from dataclasses import replace
from typing import Any

import pytest

from tools.marks import Mark
from tools.security import LINE, PAGE, Model, faults, missing, page, read, shown, tell_open

MODEL = read()
ABUSES, RULES = shown("abuse"), shown("rule")

MARK = Mark(("A01",), "test_a_disguise_is_seen_through", "tests/test_disguises.py", 7)
SMALL = Model({"1": "Nonces last."}, {"A01": "Reading"}, {"A01": "A disguise."}, {}, {})


def test_the_page_is_what_make_docs_writes() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text, MODEL, ABUSES, RULES), "run make docs"


def test_each_abuse_and_each_rule_has_a_test_or_its_reason_and_each_marker_names_one() -> None:
    assert sorted(faults(MODEL, ABUSES, RULES)) == []


def test_the_list_is_in_order_and_each_entry_a_sentence() -> None:
    assert [*MODEL.abuses] == [f"A{number:02}" for number in range(1, len(MODEL.abuses) + 1)]
    told = [
        text for table in (MODEL.rules, MODEL.abuses, MODEL.partly, MODEL.open) for text in table.values()
    ]
    assert [text for text in told if not re.fullmatch(r"[A-Z].*\.", text)] == []


WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "an abuse without a test": ({}, {"abuses": {}}, "A01: no test shows it"),
    "a rule without a test": ({}, {"rules": {}}, "1: no test shows it"),
    "a marker of no abuse": (
        {},
        {"abuses": {"A01": [MARK], "A09": [MARK]}},
        "tests/test_disguises.py, line 7: there is no abuse A09 in docs/security.toml",
    ),
    "a marker of no rule": (
        {},
        {"rules": {"1": [MARK], "10": [MARK]}},
        "tests/test_disguises.py, line 7: there is no rule 10 in docs/security.toml",
    ),
    "open, and yet shown": (
        {"open": {"A01": "Not yet."}},
        {},
        "A01: it isn't open: test_a_disguise_is_seen_through shows it",
    ),
    "a reason for nothing": ({"partly": {"A09": "Not yet."}}, {}, "A09: it is no abuse"),
}


@pytest.mark.parametrize(("change", "tests", "fault"), WRONG.values(), ids=WRONG)
def test_what_the_page_could_not_honestly_say_is_found(
    change: dict[str, Any], tests: dict[str, Any], fault: str
) -> None:
    whole: dict[str, Any] = {"abuses": {"A01": [MARK]}, "rules": {"1": [MARK]}}
    assert list(faults(SMALL, **whole)) == []
    assert list(faults(replace(SMALL, **change), **whole | tests)) == [fault]


def test_what_is_open_with_a_reason_is_not_missing() -> None:
    assert missing(SMALL, {}) == ["A01"]
    assert missing(replace(SMALL, open={"A01": "Not yet."}), {}) == []


def test_make_abuse_ends_with_what_no_test_shows(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell_open(replace(SMALL, open={"A01": "RSA isn't here."}), {}) == 0
    assert tell_open(SMALL, {}) == 1
    assert tell_open(SMALL, {"A01": [MARK]}) == 0
    assert capsys.readouterr().out.splitlines() == [
        "A01  A disguise.  RSA isn't here.",
        "1 abuses; 0 have a test, 0 have neither test nor reason.",
        "A01  A disguise.  NO TEST",
        "1 abuses; 0 have a test, 1 have neither test nor reason.",
        "1 abuses; 1 have a test, 0 have neither test nor reason.",
    ]


def test_what_is_written_by_hand_stays_and_a_row_has_the_tests_and_the_reason() -> None:
    text = page(
        f"# By hand\n{LINE}old", replace(SMALL, partly={"A01": "One half waits."}), {"A01": [MARK]}, {}
    )
    assert text.startswith(f"# By hand\n{LINE}\n## The nine rules\n")
    assert "### Reading\n" in text
    assert text.endswith(
        '| <a id="A01"></a>A01 | A disguise. | [A disguise is seen through](../tests/test_disguises.py)'
        "<br>**Not yet**: One half waits. |\n"
    )
