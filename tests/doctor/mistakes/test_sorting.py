"""Each wrong order of the parameters, against base strings put together by hand."""

import pytest

from tests.doctor.mistakes.wrong import FORM, PROTOCOL, base, sent, told
from valetkey.doctor.mistakes.sorting import SORTING

OWN = [f"{name}={value}" for name, value in PROTOCOL.items()]


@pytest.mark.parametrize(
    ("query", "slug", "signed", "word"),
    [
        ("a-b=1&a%5B=2", "sorted-wrong", ["a-b=1", "a%5B=2", *OWN], "before they were encoded"),
        ("a=2&a=10&a=1", "sorted-wrong", ["a=2", "a=10", "a=1", *OWN], "by name alone"),
        ("a=1&a-=2", "sorted-wrong", ["a-=2", "a=1", *OWN], "joined with “=”"),
        ("B=1&a=2", "sorted-wrong", ["a=2", "B=1", *OWN], "case"),
        ("b=1&a=2", "sorted-apart", [*OWN, "a=2", "b=1"], "first"),
        ("z=1&y=2", "sorted-apart", ["y=2", "z=1", *OWN], "last"),
        ("z=1&y=2", "not-sorted", [*OWN, "z=1", "y=2"], "of the request"),
        ("z=1&y=2", "not-sorted", ["z=1", "y=2", *OWN], "query then header"),
        ("z=1&y=2", "not-sorted", ["y=2", "z=1", *OWN[::-1]], "backwards"),
    ],
)
def test_an_order_gives_this_base_string(query: str, slug: str, signed: list[str], word: str) -> None:
    found = told(SORTING, sent(f"https://api.example/photos?{query}"))
    assert word in found[slug, base("&".join(signed))]


def test_the_form_may_have_been_sorted_apart_from_the_query() -> None:
    found = told(SORTING, sent("https://api.example/photos?z=1", "POST", FORM, "y=2&b=3"))
    signed = "&".join([*OWN, "z=1", "b=3", "y=2"])
    assert "header then query then form" in found["sorted-apart", base(signed, method="POST")]


def test_sorted_parameters_are_no_mistake() -> None:
    recipe = sent("https://api.example/photos?a=1")
    assert recipe.text not in {text for _, text in told(SORTING, recipe)}
