"""Percent-encoding and form encoding."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors import Vector, assert_all_used, load, name
from valetkey.protocol.encoding import (
    Malformed,
    form_decode,
    form_encode,
    percent_decode,
    percent_encode,
    utf8,
)

VECTORS = load("percent_encoding")
ENCODE = [vector for vector in VECTORS if "direction" not in vector]
DECODE = [vector for vector in VECTORS if "direction" in vector and "expected" in vector]
REFUSE = [vector for vector in VECTORS if "direction" in vector and "expected_error" in vector]

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def test_every_vector_is_used() -> None:
    assert_all_used("percent_encoding", ENCODE, DECODE, REFUSE)


@pytest.mark.rfc("3.6-1", "3.6-2", "3.6-3", "3.6-4")
@pytest.mark.parametrize("vector", ENCODE, ids=name)
def test_text_and_octets_are_encoded_as_section_3_6_says(vector: Vector) -> None:
    text = bytes.fromhex(vector["input_hex"]) if "input_hex" in vector else vector["input"]
    assert percent_encode(text) == vector["expected"]


@pytest.mark.rfc("3.6-5")
@pytest.mark.parametrize("vector", DECODE, ids=name)
def test_encoded_text_is_decoded(vector: Vector) -> None:
    assert percent_decode(vector["encoded"]) == vector["expected"]


@pytest.mark.abuse("A02")
@pytest.mark.parametrize("vector", REFUSE, ids=name)
def test_what_is_not_an_encoding_is_malformed(vector: Vector) -> None:
    with pytest.raises(Malformed):
        percent_decode(vector["encoded"])


@given(TEXT)
def test_decoding_undoes_encoding(text: str) -> None:
    assert percent_decode(percent_encode(text)) == text


@pytest.mark.rfc("3.6-2", "3.6-3", "3.6-4")
@given(TEXT)
def test_encoded_text_holds_unreserved_characters_and_upper_case_escapes_alone(text: str) -> None:
    assert re.fullmatch(r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*", percent_encode(text))


NOT_UTF8 = {
    "lone octet": "%FF",
    "cut short": "%C3",
    "lone continuation": "%80",
    "overlong slash": "%C0%AF",
    "overlong NUL": "%C0%80",
    "encoded surrogate": "%ED%A0%80",
    "beyond Unicode": "%F4%90%80%80",
}


@pytest.mark.abuse("A02")
@pytest.mark.parametrize("text", NOT_UTF8.values(), ids=NOT_UTF8)
@pytest.mark.parametrize("read", [percent_decode, form_decode])
def test_octets_that_are_not_utf8_are_malformed(read: object, text: str) -> None:
    assert callable(read)
    with pytest.raises(Malformed, match="UTF-8"):
        read(text)


@pytest.mark.abuse("A02")
def test_raw_octets_that_are_not_utf8_are_malformed() -> None:
    with pytest.raises(Malformed, match=re.escape("it holds octets that aren't UTF-8 (0xFF)")):
        form_decode(b"a=\xff")


@pytest.mark.parametrize("make", [percent_encode, percent_decode, utf8, form_decode])
def test_a_lone_surrogate_is_malformed_everywhere(make: object) -> None:
    assert callable(make)
    with pytest.raises(Malformed, match=re.escape("lone surrogate (U+D800)")):
        make("a\ud800")


def test_a_message_shows_the_characters_at_fault_and_nothing_around_them() -> None:
    with pytest.raises(Malformed) as caught:
        percent_decode("secret%zzsecret")
    assert (
        caught.value.reason
        == str(caught.value)
        == "“%zz” is not a percent escape: write a literal “%” as “%25”"
    )


def test_a_message_shows_a_control_character_escaped() -> None:
    with pytest.raises(Malformed, match=re.escape(r"“%\x1b[”")):
        percent_decode("%\x1b[2J")


FORMS = {
    "a=1&b=2": [("a", "1"), ("b", "2")],
    "b=2&a=1&a=0": [("b", "2"), ("a", "1"), ("a", "0")],
    "a": [("a", "")],
    "a=": [("a", "")],
    "=a": [("", "a")],
    "=": [("", "")],
    "": [],
    "&": [],
    "&&a=1&&": [("a", "1")],
    "a=b=c": [("a", "b=c")],
    "a;b=c;d": [("a;b", "c;d")],
    "a+b=c+d": [("a b", "c d")],
    "a%2Bb=c%2bd": [("a+b", "c+d")],
    "a%26b=c%3Dd": [("a&b", "c=d")],
    "%C3%A9=é": [("é", "é")],
}


@pytest.mark.rfc("3.4.1.3.1-4", "3.4.1.3.1-7")
@pytest.mark.abuse("A10")
@pytest.mark.parametrize(("text", "pairs"), FORMS.items())
@pytest.mark.parametrize("octets", [False, True], ids=["text", "octets"])
def test_a_form_is_decoded_with_every_pair_in_order(
    text: str, pairs: list[tuple[str, str]], octets: bool
) -> None:
    assert form_decode(text.encode() if octets else text) == pairs


@given(st.lists(st.tuples(TEXT, TEXT)))
def test_decoding_a_form_undoes_encoding_it(pairs: list[tuple[str, str]]) -> None:
    assert form_decode(form_encode(pairs)) == pairs


def test_a_form_is_written_with_percent_20_for_a_blank() -> None:
    assert form_encode([("a b", "c+d"), ("é", "")]) == "a%20b=c%2Bd&%C3%A9="
