"""The table of all mistakes: what holds for each of them."""

import re

import pytest

from tests.doctor.mistakes.wrong import FORM, JSON, sent
from valetkey.doctor.mistakes import TABLE
from valetkey.doctor.recipe import Recipe

MISTAKES = [mistake for family in TABLE for mistake in family]
REQUESTS = {
    "bare": lambda: sent("https://api.example"),
    "query": lambda: sent(
        "https://API.example:8443/A/b%20c.json?b=1&a=x+y&flag&e=&t=true&p=%2B&c=1;2&q=a=b=c"
    ),
    "arrays": lambda: sent("http://localhost/a?x=2&x=1&i%5B%5D=10&i%5B%5D=9&o%5Bk%5D=v"),
    "form": lambda: sent("https://api.example/a?s=1", "POST", FORM, "s=1&t=%C3%BC+y&u=1%0A"),
    "JSON": lambda: sent(
        "https://api.example/a", "PUT", JSON, '{"a": 1.0, "b": [true, null], "c": {"d": "e"}}'
    ),
    "odd": lambda: sent("ftp://h./?null=null&a&a", "POST", FORM, "a", oauth_token="null", oauth_nonce=""),
    "temporary": lambda: sent(oauth_token=None, oauth_callback="https://c.example/?a=b", oauth_version="1.0"),
}


def test_each_mistake_has_a_name_of_its_own() -> None:
    slugs = [mistake.slug for mistake in MISTAKES]
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch("[a-z0-9-]+", slug) for slug in slugs)


def test_each_fix_names_its_section() -> None:
    assert [
        mistake.slug for mistake in MISTAKES if not re.search(r"\(3\.\d[\d. and]*\)\.$", mistake.fix)
    ] == []


@pytest.mark.parametrize("name", REQUESTS)
def test_every_departure_differs_from_right_signing(name: str) -> None:
    right = REQUESTS[name]()
    same = [
        (mistake.slug, about)
        for mistake in MISTAKES
        for about, made in mistake.departures(right)
        if _signs(made) == _signs(right)
    ]
    assert same == []


def _signs(recipe: Recipe) -> tuple[object, ...]:
    return recipe.text, recipe.key, recipe.mac


@pytest.mark.parametrize("name", REQUESTS)
def test_every_sentence_is_whole(name: str) -> None:
    for mistake in MISTAKES:
        for about, _ in mistake.departures(REQUESTS[name]()):
            says = mistake.says.replace("{about}", about)
            assert "{about}" not in says
            assert says == says.strip()
            assert "s3cret" not in says + mistake.fix
            assert "t0ken" not in says + mistake.fix
            assert about == "" or "{about}" in mistake.says
