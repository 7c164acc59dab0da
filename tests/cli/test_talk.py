"""What the command writes."""

import pytest

from valetkey.cli.talk import complain, printable, say

DRIVING = ["\x1b[2J", "\x9b2J", "\x1b]52;c;x\x07", "\r", "\x08", "\u202e", "\u2066", "\u2028", "\x7f", "\t"]


@pytest.mark.parametrize("text", DRIVING)
def test_what_could_drive_a_terminal_is_escaped(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    say(f"a{text}b")
    complain(f"a{text}b", f"c{text}d")
    written = capsys.readouterr()
    for stream in (written.out, written.err):
        assert stream.replace("\n", "").isprintable()


def test_letters_of_all_alphabets_stay() -> None:
    assert printable("Kōhai, سلمى, 🐦\n") == "Kōhai, سلمى, 🐦\n"


def test_a_result_goes_to_standard_output_and_talk_to_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say("result")
    complain("what happened", "what to do")
    assert capsys.readouterr() == ("result\n", "what happened\nwhat to do\n")
