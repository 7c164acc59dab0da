"""docs/standards.md says what the tests show, and nothing else."""

from typing import Any

import pytest

from tools.marks import Mark, marks
from tools.standards import PAGE, Requirement, faults, page, read, shown

SECTIONS, REQUIREMENTS = read()
TESTS = shown(marks("rfc"))

ONE = Requirement("2-1", "2", "MUST", "server", "A token ends.", "met", "")
MARK = Mark(("2-1",), "test_a_token_ends", "tests/test_tokens.py", 7)


def test_the_page_is_what_make_docs_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(SECTIONS, REQUIREMENTS, TESTS), "run make docs"


def test_each_requirement_is_whole_and_shown_and_each_marker_names_one() -> None:
    assert sorted(faults(SECTIONS, REQUIREMENTS, TESTS)) == []


def test_the_requirements_of_a_section_stand_together_in_its_order_and_are_counted() -> None:
    for section in {*SECTIONS} - {"E"}:  # errata have numbers of their own
        ids = [requirement.id for requirement in REQUIREMENTS if requirement.section == section]
        assert ids == [f"{section}-{number}" for number in range(1, len(ids) + 1)]
    order = [requirement.section for requirement in REQUIREMENTS]
    assert order == sorted(order, key=[*SECTIONS].index)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown section": ({"section": "9"}, "2-1: “9” is no section"),
    "an unknown level": ({"level": "must"}, "2-1: “must” is no level"),
    "an unknown side": ({"who": "everybody"}, "2-1: “everybody” is no who"),
    "an unknown verdict": ({"verdict": "done"}, "2-1: “done” is no verdict"),
    "no sentence": ({"says": "A token"}, "2-1: it is no sentence"),
    "laxer without a reason": ({"verdict": "laxer"}, "2-1: what isn't met, and nothing else, has its reason"),
    "met with a reason": ({"because": "So it is."}, "2-1: what isn't met, and nothing else, has its reason"),
}


@pytest.mark.parametrize(("change", "fault"), WRONG.values(), ids=WRONG)
def test_a_requirement_that_is_not_whole_is_found(change: dict[str, Any], fault: str) -> None:
    found = list(faults({"2": "The three legs"}, [ONE._replace(**change)], {"2-1": [MARK]}))
    assert [sentence for sentence in found if sentence.startswith(fault)], found


@pytest.mark.parametrize("verdict", ["met", "stricter", "laxer"])
def test_a_requirement_that_no_test_shows_is_found(verdict: str) -> None:
    because = "" if verdict == "met" else "So it is."
    requirement = ONE._replace(verdict=verdict, because=because)
    assert list(faults({"2": "The three legs"}, [requirement], {"2-1": [MARK]})) == []
    (found,) = faults({"2": "The three legs"}, [requirement], {})
    assert found == "2-1: no test shows it: mark one with @pytest.mark.rfc('2-1')"


@pytest.mark.parametrize("verdict", ["not yet", "not applicable"])
def test_what_is_not_done_needs_no_test(verdict: str) -> None:
    assert list(faults({"2": ""}, [ONE._replace(verdict=verdict, because="So it is.")], {})) == []


def test_a_marker_of_no_requirement_is_found() -> None:
    (found,) = faults({"2": "The three legs"}, [ONE], {"2-1": [MARK], "2-9": [MARK]})
    assert found == "tests/test_tokens.py, line 7: there is no requirement 2-9 in docs/standards.toml"


def test_a_row_says_what_is_asked_the_verdict_its_reason_and_the_tests() -> None:
    stricter = ONE._replace(verdict="stricter", because="At once.")
    text = page({"2": "The three legs"}, [stricter], {"2-1": [MARK]})
    assert "### [2 The three legs](https://www.rfc-editor.org/rfc/rfc5849#section-2)\n" in text
    assert text.endswith(
        '| <a id="2-1"></a>2-1 | MUST, server | A token ends. | **stricter**: At once. |'
        " [A token ends](../tests/test_tokens.py) |\n"
    )
