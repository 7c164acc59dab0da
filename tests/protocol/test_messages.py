"""Header fields and answers."""

import pickle
from typing import Any

import pytest

from valetkey import Answer, Headers

PAIRS = [("Accept", "text/html"), ("X-One", "1"), ("accept", "text/plain")]


def test_names_ignore_case() -> None:
    headers = Headers({"Content-Type": "text/plain"})
    assert headers["content-type"] == headers["CONTENT-TYPE"] == "text/plain"
    assert "content-TYPE" in headers
    assert headers.get("Other") is None


def test_repeated_fields_are_joined_with_a_comma() -> None:
    assert Headers(PAIRS)["Accept"] == "text/html, text/plain"


def test_repeats_and_order_are_kept() -> None:
    headers = Headers(PAIRS)
    assert headers.pairs == tuple(PAIRS)
    assert headers.every("ACCEPT") == ["text/html", "text/plain"]
    assert headers.every("Other") == []


def test_a_repeated_field_is_one_key_as_it_was_written_first() -> None:
    assert list(Headers(PAIRS)) == ["Accept", "X-One"]
    assert len(Headers(PAIRS)) == 2


def test_a_missing_field_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="Other"):
        Headers()["Other"]


@pytest.mark.parametrize("fields", [None, {}, [], (), Headers()])
def test_no_fields_are_no_fields(fields: None) -> None:
    assert len(Headers(fields)) == 0


def test_fields_come_from_a_mapping_pairs_a_generator_or_headers() -> None:
    made = [
        Headers(dict([PAIRS[1]])),
        Headers([PAIRS[1]]),
        Headers(pair for pair in [PAIRS[1]]),
        Headers(Headers([PAIRS[1]])),
    ]
    assert all(headers.pairs == (("X-One", "1"),) for headers in made)


def test_replacing_leaves_one_field_of_that_name_and_the_original_as_it_was() -> None:
    headers = Headers(PAIRS)
    assert headers.replacing("ACCEPT", "*/*").pairs == (("X-One", "1"), ("ACCEPT", "*/*"))
    assert headers.pairs == tuple(PAIRS)


def test_headers_equal_the_same_fields_in_another_case_and_order() -> None:
    assert Headers([("A", "1"), ("b", "2")]) == Headers([("B", "2"), ("a", "1")])
    assert Headers({"A": "1"}) == {"a": "1"}
    assert Headers({"A": "1"}) != {"a": "2"}
    assert Headers({"A": "1"}) != [("A", "1")]


@pytest.mark.parametrize(
    "name", ["Authorization", "authorization", "Cookie", "Set-Cookie", "Proxy-Authorization"]
)
def test_fields_that_carry_credentials_print_without_their_value(name: str) -> None:
    assert "canary" not in repr(Headers([(name, "canary"), ("X-Shown", "seen")]))
    assert "seen" in repr(Headers([(name, "canary"), ("X-Shown", "seen")]))


def test_an_answer_takes_text_as_utf8() -> None:
    assert Answer(200, body="é").body == b"\xc3\xa9"
    octets: Any = bytearray(b"x")
    assert Answer(200, {"A": "1"}, octets).body == b"x"


def test_an_answer_prints_without_its_body() -> None:
    assert (
        repr(Answer(200, {"A": "1"}, b"canary"))
        == "Answer(status=200, headers=Headers([('A', '1')]), body=…)"
    )


def test_an_answer_survives_pickling() -> None:
    answer = Answer(200, PAIRS, b"body")
    assert pickle.loads(pickle.dumps(answer)) == answer  # just made
