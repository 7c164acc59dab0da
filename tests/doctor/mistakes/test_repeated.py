"""Each mistake with repeated and nested parameters, against base strings put together by hand."""

import pytest

from tests.doctor.mistakes.wrong import FORM, PHOTOS, base, line, sent, told
from valetkey.doctor.mistakes.repeated import REPEATED

# The query as it was sent; which mistake; the parameters that were signed; a word of the sentence.
WRONG: list[tuple[str, str, list[str], str]] = [
    ("a=2&a=1&a=3&b=x", "repeated-collapsed", ["a=3", "b=x"], "last"),
    ("a=2&a=1&a=3&b=x", "repeated-collapsed", ["a=2", "b=x"], "first"),
    ("a=2&a=1&a=3&b=x", "repeated-collapsed", ["a=1", "b=x"], "sorts first"),
    ("a=1&a=1&a=2", "repeated-collapsed", ["a=1", "a=2"], "one of each value"),
    ("a=2&a=1&b=x", "repeated-left-out", ["b=x"], "left out"),
    ("a=2&a=1", "repeated-joined", ["a=2%2C1"], "comma"),
    ("a=2&a=1", "repeated-joined", ["a=1%2C2"], "comma"),
    ("a=2&a=1", "repeated-joined", ["a=%5B%222%22%2C%221%22%5D"], "compact JSON"),
    ("a=2&a=1", "repeated-joined", ["a=%5B%272%27%2C%20%271%27%5D"], "Python"),
    ("a=2&a=1", "repeated-joined", ["a=%5B2%201%5D"], "Go"),
    ("a=2&a=1", "repeated-joined", ["a=Array"], "PHP"),
    ("a=2&a=1", "brackets-indexed", ["a%5B0%5D=2", "a%5B1%5D=1"], "index"),
    ("a[]=2&a[]=1", "brackets-indexed", ["a%5B0%5D=2", "a%5B1%5D=1"], "index"),
    ("a[]=2&a[]=1", "brackets-indexed", ["a%5B0%5D=1", "a%5B1%5D=2"], "index"),
    ("a[]=2&a[]=1", "brackets-indexed", ["a%5B%5D%5B0%5D=2", "a%5B%5D%5B1%5D=1"], "index"),
    ("a=2&a=1", "brackets-indexed", ["a%5B%5D=1", "a%5B%5D=2"], "a[] for each"),
    ("a[]=2&a[]=1", "brackets-stripped", ["a=1", "a=2"], "stripped"),
    ("a[]=2&a[]=1", "brackets-stripped", ["a=1"], "one of each name"),
    ("a[]=2&a[]=1", "brackets-stripped", ["a=2%2C1"], "comma"),
    ("a[b]=2", "brackets-stripped", ["a=2"], "cut off"),
    ("a[b]=2", "brackets-stripped", ["a.b=2"], "a.b"),
    ("a[0]=2&a[1]=1", "brackets-stripped", ["a%5B%5D=1", "a%5B%5D=2"], "without their index"),
    ("a[b]=2&c=3", "nested-value", ["a=%5Bobject%20Object%5D", "c=3"], "[object Object]"),
    ("a[b]=2&c=3", "nested-value", ["a=%7B%22b%22%3A%222%22%7D", "c=3"], "compact JSON"),
    ("a[b]=2&c=3", "nested-value", ["c=3"], "left out"),
]


@pytest.mark.parametrize(("query", "slug", "pairs", "word"), WRONG)
def test_repeated_parameters_signed_wrong_give_this_base_string(
    query: str, slug: str, pairs: list[str], word: str
) -> None:
    assert word in told(REPEATED, sent(f"{PHOTOS}?{query}"))[slug, base(line(*pairs))]


@pytest.mark.parametrize(
    ("query", "values", "word"),
    [
        ("a=2&a=10&a=1", "a=2&a=10&a=1", "of the request"),
        ("a=3&a=1&a=2", "a=2&a=1&a=3", "of the request, backwards"),
        ("a=2&a=10&a=1", "a=1&a=2&a=10", "numbers"),
        ("a=2&a=10&a=3", "a=3&a=2&a=10", "of their values, backwards"),
    ],
)
def test_repeated_parameters_may_have_been_signed_in_another_order(
    query: str, values: str, word: str
) -> None:
    found = told(REPEATED, sent(f"{PHOTOS}?{query}"))
    assert word in found["repeated-order", base(f"{values}&{line()}")]


@pytest.mark.parametrize("pair", ["a=1", "a=2"])
def test_of_a_parameter_in_query_and_form_one_may_have_been_signed(pair: str) -> None:
    found = told(REPEATED, sent(f"{PHOTOS}?a=1", "POST", FORM, "a=2"))
    assert ("repeated-collapsed", base(line(pair), method="POST")) in found
