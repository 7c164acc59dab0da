"""Two base strings compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valetkey.doctor.difference import MAX_DIFFERENCES, compare, first_difference
from valetkey.protocol.base_string import base_string
from valetkey.protocol.encoding import percent_encode

URI = "https://api.test/a/b"
PAIRS = "a=1&b=x%20y&oauth_nonce=n"


def made(method: str = "GET", uri: str = URI, pairs: str = PAIRS) -> str:
    return f"{method}&{percent_encode(uri)}&{percent_encode(pairs)}"


OURS = made()

CASES = {
    "method": (made(method="POST"), [("method", "", "GET", "POST", "")]),
    "method's case": (made(method="get"), [("method", "", "GET", "get", "only the case differs")]),
    "scheme": (
        made(uri="http://api.test/a/b"),
        [("scheme", "", "https", "http", "a proxy in front may end TLS")],
    ),
    "host": (
        made(uri="https://API.test/a/b"),
        [("host", "", "api.test", "API.test", "only the case differs")],
    ),
    "port": (
        made(uri="https://api.test:443/a/b"),
        [("port", "", None, "443", "a default port is left out")],
    ),
    "another port": (made(uri="https://api.test:8080/a/b"), [("port", "", None, "8080", "")]),
    "path": (made(uri=URI + "/"), [("path", "", "/a/b", "/a/b/", "only the last slash differs")]),
    "the path encoded twice": (
        made(uri="https://api.test/a%2Fb"),
        [("path", "", "/a/b", "/a%2Fb", "the same text, encoded otherwise")],
    ),
    "a query in the URL": (
        made(uri=URI + "?x=1"),
        [("query", "", None, "x=1", "the query belongs to the parameters")],
    ),
    "missing": (made(pairs=PAIRS + "&z=2"), [("missing", "z", None, "2", "")]),
    "extra": (made(pairs="b=x%20y&oauth_nonce=n"), [("extra", "a", "1", None, "")]),
    "value": (made(pairs=PAIRS.replace("=1", "=2")), [("value", "a", "1", "2", "")]),
    "encoded twice": (
        made(pairs=PAIRS.replace("%20", "%2520")),
        [("value", "b", "x%20y", "x%2520y", "theirs is encoded once more")],
    ),
    "encoded too rarely": (
        made(pairs=PAIRS.replace("%20", " ")),
        [("value", "b", "x%20y", "x y", "ours is encoded once more")],
    ),
    "a plus": (
        made(pairs=PAIRS.replace("%20", "+")),
        [("value", "b", "x%20y", "x+y", "theirs has “+” for a blank")],
    ),
    "an encoded plus": (
        made(pairs=PAIRS.replace("%20", "%2B")),
        [("value", "b", "x%20y", "x%2By", "theirs has “+” for a blank")],
    ),
    "empty": (made(pairs=PAIRS.replace("=1", "=")), [("value", "a", "1", "", "theirs is empty")]),
    "order": (
        made(pairs="b=x%20y&a=1&oauth_nonce=n"),
        [("order", "", "a", "b", "ours is sorted, the other isn't")],
    ),
    "a repeat": (made(pairs="a=1&" + PAIRS), [("missing", "a", None, "1", "")]),
    "too many parts": (
        f"GET&{percent_encode(URI)}&{PAIRS}",
        [
            (
                "parts",
                "",
                "3",
                "5",
                "the parameters of theirs weren't encoded once more before they were joined",
            )
        ],
    ),
    "too few parts": (
        "GET",
        [("parts", "", "3", "1", "a part of theirs is missing, or its “&” was encoded")],
    ),
}


@pytest.mark.parametrize(("theirs", "expected"), CASES.values(), ids=CASES)
def test_a_difference_is_told_with_what_it_is(theirs: str, expected: list[tuple[str, ...]]) -> None:
    comparison = compare(OURS, theirs)
    found = [(one.what, one.name, one.ours, one.theirs, one.how) for one in comparison.differences]
    assert found == expected
    assert not comparison.equal


def test_a_name_that_is_encoded_otherwise_is_one_difference() -> None:
    (found,) = compare(made(pairs="a%5Bb%5D=1"), made(pairs="a[b]=1")).differences
    assert (found.what, found.how) == ("name", "ours is encoded once more")


def test_equal_ones_are_equal_whatever_blanks_stand_around_them() -> None:
    comparison = compare(OURS, f" {OURS}\n")
    assert comparison.equal
    assert comparison.differences == ()
    assert comparison.text() == "Both base strings are equal."


def test_the_text_marks_the_first_place() -> None:
    text = compare(made(method="GET"), made(method="GEX")).text("ours", "the server's")
    assert text.split("\n") == [
        "The method: ours has “GET”, theirs has “GEX”.",
        "",
        "They differ from character 3 on:",
        "ours:         GET&https%3A%2F%2Fapi.test%2Fa%2Fb",
        "the server's: GEX&https%3A%2F%2Fapi.test%2Fa%2Fb",
        "                ^",
    ]


def test_far_inside_the_text_shows_what_stands_around() -> None:
    lines = compare(OURS, OURS[:-1] + "m").text().split("\n")
    ours, theirs, caret = lines[-3:]
    assert ours.startswith("ours:   …")
    assert ours[len(caret) - 1] == "n"
    assert theirs[len(caret) - 1] == "m"


def test_no_verifier_shows() -> None:
    comparison = compare(made(pairs="a=1&oauth_verifier=hunter2"), made(pairs="a=1&oauth_verifier=hunter3"))
    assert "hunter" not in comparison.text()
    assert "hunter" not in repr(comparison)
    assert "hunter" not in repr(comparison.differences)


def test_texts_that_are_no_base_strings_are_told_apart_by_their_first_place() -> None:
    comparison = compare("what is this", "what was this")
    assert [(one.what, one.ours, one.theirs) for one in comparison.differences] == [
        ("text", "is this", "was this")
    ]
    assert comparison.place == 5


@given(st.text(max_size=30), st.text(max_size=30))
def test_the_first_place_is_where_it_is(one: str, other: str) -> None:
    place = first_difference(one, other)
    if place is None:
        assert one == other
    else:
        assert one[:place] == other[:place]
        assert one[place : place + 1] != other[place : place + 1]


PIECES = "GET & = % %26 %3D %25 a b %5B [ https:// ? / :80 \u20ac"
TEXTS = st.lists(st.sampled_from(PIECES.split()), max_size=12).map("".join)


@given(TEXTS, TEXTS)
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    comparison = compare(one, other)
    assert comparison.equal == (one.strip() == other.strip())
    assert bool(comparison.differences) != comparison.equal
    assert comparison.text()


@pytest.mark.abuse("A102")
def test_a_million_differences_are_not_all_told() -> None:
    ours = base_string("GET", URI, "&".join(f"a{number}=1" for number in range(20_000)))
    theirs = base_string("GET", URI, "&".join(f"b{number}=1" for number in range(20_000)))
    assert len(compare(ours, theirs).differences) == MAX_DIFFERENCES
    assert len(compare("a=" * 1_000_000, "b&" * 1_000_000).differences) == 1
