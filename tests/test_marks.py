"""tools/marks.py reads what the tests say they show."""

from pathlib import Path

import pytest

from tools.marks import Mark, marks

FILE = "tests/deep/test_birds.py"


def written(folder: Path, text: str) -> Path:
    (folder / FILE).parent.mkdir(parents=True)
    (folder / FILE).write_text(text, encoding="utf-8")
    return folder


SOURCES = {
    "a function's": '@pytest.mark.abuse("A01")\ndef test_a_wren_sings(): ...',
    "a coroutine's": '@pytest.mark.abuse("A01")\nasync def test_a_wren_sings(): ...',
    "a class's": '@pytest.mark.abuse("A01")\nclass TestWren:\n    def test_a_wren_sings(self): ...',
    "a method's": 'class TestWren:\n    @pytest.mark.abuse("A01")\n    def test_a_wren_sings(self): ...',
    "a file's": 'pytestmark = [pytest.mark.slow, pytest.mark.abuse("A01")]\ndef test_a_wren_sings(): ...',
    "a case's": '@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.abuse("A01"))])\n'
    "def test_a_wren_sings(x): ...",
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_marker_is_found_wherever_it_can_stand(source: str, tmp_path: Path) -> None:
    (mark,) = marks("abuse", written(tmp_path, source))
    assert (mark.arguments, mark.test, mark.file) == (("A01",), "test_a_wren_sings", FILE)


def test_several_markers_of_several_tests_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    source = (
        '@pytest.mark.rfc("2.1-1", "2.1-2")\n@pytest.mark.rule(4)\n@pytest.mark.rfc("3-1")\n'
        "def test_b(): ...\n\n@pytest.mark.rfc()\ndef test_a(): ...\n"
    )
    assert marks("rfc", written(tmp_path, source)) == [
        Mark(("2.1-1", "2.1-2"), "test_b", FILE, 4),
        Mark(("3-1",), "test_b", FILE, 4),
        Mark((), "test_a", FILE, 7),
    ]


def test_a_helper_and_another_marker_are_none(tmp_path: Path) -> None:
    source = '@pytest.mark.abuse("A01")\ndef helper(): ...\n\n@pytest.mark.abused("A02")\ndef test_a(): ...\n'
    assert marks("abuse", written(tmp_path, source)) == []


@pytest.mark.parametrize("arguments", ["A01", "id='A01'", "*IDS", "f'A{1}'"])
def test_an_argument_that_is_not_written_out_is_refused_with_its_place(
    arguments: str, tmp_path: Path
) -> None:
    root = written(tmp_path, f"@pytest.mark.abuse({arguments})\ndef test_a(): ...")
    with pytest.raises(ValueError, match=f"{FILE}, line 1: "):
        marks("abuse", root)


def test_a_name_reads_as_a_sentence() -> None:
    assert Mark((), "test_a_replay_is_refused", FILE, 1).sentence == "A replay is refused"
