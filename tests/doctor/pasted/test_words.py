"""A command line taken apart into words, as its shell would."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valetkey.doctor.pasted.unreadable import Unreadable
from valetkey.doctor.pasted.words import (
    CUT_AT_AMPERSAND,
    LOST_BREAKS,
    REST_IGNORED,
    TYPOGRAPHIC,
    VARIABLE,
    Command,
    ansi_c,
    cmd,
    posix,
    powershell,
    straightened,
)


def texts(command: Command) -> list[str]:
    return [word.text for word in command.words]


POSIX = {
    "a b": ["a", "b"],
    "a'b c'\"d e\"f": ["ab cd ef"],
    "a\\ b \\' ''": ["a b", "'", ""],
    "a \\\n b \\\r\n c": ["a", "b", "c"],
    "a\\\nb": ["ab"],
    'a "b\\"c\\\\d\\n" "e\\\nf"': ["a", 'b"c\\d\\n', "ef"],
    "$'a\\'b\\n\\x41\\u00e9\\101\\\\' $\"x\"": ["a'b\nAéA\\", "x"],
    "a # b\nc": ["a"],
    "a#b": ["a#b"],
    "a | b": ["a"],
    "a 2>&1": ["a"],
    "a\nb": ["a"],
    "$HOME `x` $(y)": ["$HOME", "`x`", "$"],
}


@pytest.mark.parametrize(("text", "words"), POSIX.items(), ids=map(repr, POSIX))
def test_a_posix_shell_divides_so(text: str, words: list[str]) -> None:
    assert texts(posix(text)) == words


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=5))
def test_what_was_quoted_for_a_shell_is_read_back(words: list[str]) -> None:
    assert texts(posix(shlex.join(words))) == words


CMD = {
    'a ^"b c^" d': ["a", "b c", "d"],
    '^"a^\\^"b^"': ['a"b'],
    '^"50^%^41 ^& more^"': ["50%41 & more"],
    '^"a^\n\nb^"': ["a\nb"],
    "a ^\n  b ^\r\n c": ["a", "b", "c"],
    '"a ""b"" c"': ['a "b" c'],
    '"a\\\\" "\\\\x"': ["a\\", "\\\\x"],
    "a & b": ["a"],
    '"a & b" c': ["a & b", "c"],
}


@pytest.mark.parametrize(("text", "words"), CMD.items(), ids=map(repr, CMD))
def test_cmd_and_the_programs_runtime_divide_so(text: str, words: list[str]) -> None:
    assert texts(cmd(text)) == words


POWERSHELL = {
    'a \'b \'\'c\'\'\' "d `"e`" ""f""`n"': ["a", "b 'c'", 'd "e" "f"\n'],
    "a `\n b": ["a", "b"],
    'x"y z"': ["xy z"],
    '"$([char]233)$([char]0x26)"': ["é&"],
    "a; b": ["a"],
}


@pytest.mark.parametrize(("text", "words"), POWERSHELL.items(), ids=map(repr, POWERSHELL))
def test_powershell_divides_so(text: str, words: list[str]) -> None:
    assert texts(powershell(text)) == words


NOTED = {
    'a "$HOME"': [VARIABLE],
    "a '$HOME' \"\\$HOME\"": [],
    "a https://x/?a=1&b=2": [CUT_AT_AMPERSAND],
    "a && b": [REST_IGNORED],
    "a > b": [REST_IGNORED],
    "a\n-H b": [LOST_BREAKS],
}


@pytest.mark.parametrize(("text", "notes"), NOTED.items(), ids=NOTED)
def test_what_a_shell_would_do_besides_is_noted(text: str, notes: list[str]) -> None:
    assert posix(text).notes == notes


def test_typographic_quotation_marks_are_read_as_plain_ones() -> None:
    notes: list[str] = []
    assert straightened("a “b c” ‘d’", notes) == "a \"b c\" 'd'"
    assert notes == [TYPOGRAPHIC]
    assert straightened("a '“b”'", []) == "a '“b”'"


def test_octets_that_are_no_letters_stay_octets() -> None:
    assert ansi_c("\\xc3\\xa9\\xff").encode("utf-8", "surrogateescape") == b"\xc3\xa9\xff"


@pytest.mark.parametrize(
    ("divide", "text"),
    [(posix, "a 'b"), (posix, 'a "b'), (posix, "a $'b"), (powershell, "a 'b"), (powershell, 'a "b')],
)
def test_a_quotation_that_never_ends_is_refused_at_its_start(divide: object, text: str) -> None:
    assert callable(divide)
    with pytest.raises(Unreadable, match="never closed") as caught:
        divide(text)
    line, caret = caught.value.excerpt.split("\n")
    assert line[caret.index("^")] == text[2]
