"""Each mistake with the query, against base strings put together by hand."""

import pytest

from tests.doctor.mistakes.wrong import FORM, PHOTOS, PROTOCOL, base, line, sent, told
from valetkey.doctor.mistakes.query import LEFT_OUT, QUERY

# The query as it was sent; which mistake; the parameters that were signed; a word of the sentence.
WRONG: list[tuple[str, str, list[str], str]] = [
    ("a=1&b=2", "query-left-out", [], "query of the URL was left out"),
    ("a=1", "query-twice", ["a=1", "a=1"], "twice"),
    ("a=x%20y", "query-not-decoded", ["a=x%2520y"], "encoded twice"),
    ("a=x+y", "query-not-decoded", ["a=x%2By"], "not decoded"),
    ("a=x+y%21", "query-not-decoded", ["a=x%20y%2521"], "“+”"),
    ("a=x+y%21", "query-not-decoded", ["a=x%2520y%2521"], "“%20”"),
    ("a%5B=%5D", "query-not-decoded", ["a%5B=%255D"], "not in its values"),
    ("a%5B=%5D", "query-not-decoded", ["a%255B=%5D"], "not in its names"),
    ("a=%2541", "decoded-twice", ["a=A"], "query was decoded twice"),
    ("a=1%2B2", "decoded-twice", ["a=1%202"], "decoded twice"),
    ("a=x+y", "plus-literal", ["a=x%2By"], "plus sign"),
    ("a+b=x+y", "plus-literal", ["a%20b=x%2By"], "query"),
    ("a=1%2B2", "plus-lost", ["a=1%202"], "space"),
    (
        "a=&b&c=1",
        "empty-left-out",
        ["c=1"],
        "without a value (empty, blank) were left out of the signature: “a”, “b”",
    ),
    ("a=&b&c=1", "empty-left-out", ["a=", "c=1"], "have no “=”"),
    ("a=&b&c=1", "empty-left-out", ["b=", "c=1"], "have an “=”"),
    ("a=&b", "empty-as-word", ["a=", "b=undefined"], "undefined"),
    ("a=&b", "empty-as-word", ["a=null", "b=null"], "null"),
    ("b", "empty-as-word", ["b=b"], "its own name"),
    ("a=&b", "no-equals-sign", ["a=", "b"], "without its “=”"),
    ("a=&b", "no-equals-sign", ["a", "b"], "without its “=”"),
    ("a=1=2=3", "cut-at-equals-sign", ["a=1"], "second"),
    ("a=1=2=3", "cut-at-equals-sign", ["a%3D1%3D2=3"], "last"),
    ("a=1=2=3", "cut-at-equals-sign", [], "left out"),
    ("a=1=2=3", "cut-at-equals-sign", ["a=123"], "equals signs"),
    ("a=1;b;c=3", "semicolon", ["a=1", "b=", "c=3"], "separator"),
    ("a=1;b;c=3", "semicolon", ["a=1", "c=3"], "semicolon"),
    ("a=1;b;c=3", "semicolon", ["a=1"], "end of the value"),
    ("a=1;b;c=3&d=4", "semicolon", ["d=4"], "leave its parameter out"),
    ("q=a%26b", "decoded-before-cut", ["b=", "q=a"], "query was decoded before it was cut"),
    ("q=a?b=2&c=3", "cut-at-question-mark", ["q=a"], "question mark"),
    ("a=1&amp;b=2", "html-separator", ["a=1", "b=2"], "&amp;"),
    ("a=1&b=2", "html-separator", ["a=1", "amp%3Bb=2"], "&amp;"),
    ("a=%C3%BC", "value-rewritten", ["a=u%CC%88"], "NFD"),
    ("a=1&b=2", "one-pair", ["a=1%26b%3D2"], "first “=”"),
    ("a=1&b=2", "one-pair", ["a%3D1%26b%3D2="], "without a value"),
    ("a=1&b=2", "query-mark-in-name", ["%3Fa=1", "b=2"], "“?”"),
    ("a=1", "empty-pair", ["=", "a=1"], "empty parameter"),
    ("userId=1", "name-case", ["userid=1"], "lower case"),
    ("a=+x+", "value-rewritten", ["a=x"], "trimmed"),
    ("a=Yes", "value-rewritten", ["a=yes"], "lower case"),
    ("a=true&b=false", "value-rewritten", ["a=True", "b=False"], "True"),
    ("a=true&b=false", "value-rewritten", ["a=1", "b="], "“1”"),
    ("a=1.0", "value-rewritten", ["a=1"], "“1.0”"),
    ("a=007", "value-rewritten", ["a=7"], "zeros"),
    ("a=x%0Ay", "value-rewritten", ["a=x%0D%0Ay"], "line break"),
    ("a=x%26y", "value-rewritten", ["a=x%26amp%3By"], "&amp;"),
    ("a=%22x%22", "value-rewritten", ["a=x"], "quotes"),
]


@pytest.mark.parametrize(("query", "slug", "pairs", "word"), WRONG)
def test_a_query_signed_wrong_gives_this_base_string(
    query: str, slug: str, pairs: list[str], word: str
) -> None:
    assert word in told(QUERY, sent(f"{PHOTOS}?{query}"))[slug, base(line(*pairs))]


@pytest.mark.parametrize(
    ("query", "kept", "pairs", "word"),
    [
        ("a=1&b=2", "a=1&b=2", [], "not signed as parameters"),
        ("a=1&b=2", "a=1&b=2", ["a=1", "b=2"], "once more"),
        ("a=x%20y", "a=x y", ["a=x%20y"], "escapes"),
        ("", "", [], "bare question mark"),
    ],
)
def test_the_query_may_have_been_kept_in_the_url(query: str, kept: str, pairs: list[str], word: str) -> None:
    found = told(QUERY, sent(f"{PHOTOS}?{query}"))
    assert word in found["query-in-url", base(line(*pairs), f"{PHOTOS}?{kept}")]


def test_the_query_may_have_been_kept_in_the_url_before_the_protocol_parameters_came() -> None:
    own = "&".join(f"{name}={value}" for name, value in PROTOCOL.items())
    found = told(QUERY, sent(f"{PHOTOS}?a=1&{own}", headers={"Authorization": ""}))
    assert ("query-in-url", base(line("a=1"), f"{PHOTOS}?a=1")) in found
    assert ("query-in-url", base(line(), f"{PHOTOS}?a=1")) in found


@pytest.mark.parametrize(
    ("url", "signed", "pairs"),
    [
        (f"{PHOTOS}#top", f"{PHOTOS}#top", []),
        (f"{PHOTOS}?a=1#top", PHOTOS, ["a=1%23top"]),
    ],
)
def test_the_fragment_may_have_been_signed(url: str, signed: str, pairs: list[str]) -> None:
    assert "fragment" in told(QUERY, sent(url))["fragment", base(line(*pairs), signed)]


@pytest.mark.parametrize(
    ("body", "slug", "pairs"),
    [
        ("a=x%20y", "query-not-decoded", ["a=x%2520y"]),
        ("a=x+y", "plus-literal", ["a=x%2By"]),
        ("a=%2541", "decoded-twice", ["a=A"]),
    ],
)
def test_a_form_is_read_as_wrongly_as_a_query(body: str, slug: str, pairs: list[str]) -> None:
    found = told(QUERY, sent(method="POST", headers=FORM, body=body))
    assert "form" in found[slug, base(line(*pairs), method="POST")]


def test_any_one_parameter_may_have_been_left_out() -> None:
    found = told(LEFT_OUT, sent(f"{PHOTOS}?a=1&b=2&c=3"))
    assert "“b”" in found["parameter-left-out", base(line("a=1", "c=3"))]
    assert "“oauth_token”" in found["parameter-left-out", base(line("a=1", "b=2", "c=3", oauth_token=None))]
    assert "“b” to “c”" in found["parameters-left-out", base(line("a=1"))]
    assert "“c”" in found["only-parameter", base(line("c=3"))]


def test_a_bare_question_mark_may_have_been_signed_unsent() -> None:
    assert ("query-in-url", base(line(), f"{PHOTOS}?")) in told(QUERY, sent())
