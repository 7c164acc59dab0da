"""Each mistake with percent-encoding, against base strings put together by hand."""

from urllib.parse import quote, quote_plus

import pytest

from tests.doctor.mistakes.wrong import PHOTOS, base, line, sent, told
from valetkey.doctor.mistakes.encoding import ENCODING


@pytest.mark.parametrize(
    ("query", "slug", "signed"),
    [
        ("q=a%20b", "space-as-plus", "q=a+b"),
        ("q=a%20b%2A~", "space-as-plus", "q=a+b*%7E"),
        ("q=~", "tilde-encoded", "q=%7E"),
        ("q=a/b", "slash-unencoded", "q=a/b"),
        ("q=%C3%A9", "lower-case-escapes", "q=%c3%a9"),
        ("q=(a)!", "marks-unencoded", "q=(a)!"),
        ("q=(a)!", "marks-unencoded", "q=%28a%29!"),
        ("q=a%3Ab%2Cc%20", "other-encoder", "q=a:b,c%20"),
        ("q=a%20b*", "other-encoder", "q=a%20b*"),
        ("q=%E2%82%AC%C3%A9", "other-encoder", "q=%u20AC%E9"),
        ("q=a%2Cb%20%3A", "reserved-unencoded", "q=a,b%20%3A"),
        ("q=%C3%A9", "charset", "q=%E9"),
        ("q=%C3%A9", "charset", "q=%C3%83%C2%A9"),
        ("q=%C3%A9", "charset", "q=%3F"),
        ("q=%C3%A9", "charset", "q=e%CC%81"),
        ("q=%E2%82%AC", "charset", "q=%80"),
        ("q=a%20b", "not-encoded", "q=a b"),
        ("q%5B=1", "not-encoded", "q[=1"),
        ("q=a%20b", "encoded-twice", "q=a%2520b"),
        ("q%5B=1", "encoded-twice", "q%255B=1"),
    ],
)
def test_an_encoding_gives_this_base_string(query: str, slug: str, signed: str) -> None:
    assert (slug, base(line(signed))) in told(ENCODING, sent(f"{PHOTOS}?{query}"))


def test_names_may_have_been_encoded_right_and_values_not() -> None:
    found = told(ENCODING, sent(f"{PHOTOS}?a%20b=c%20d"))
    assert "values alone" in found["space-as-plus", base(line("a%20b=c+d"))]
    assert "names alone" in found["space-as-plus", base(line("a+b=c%20d"))]


URI, PARAMETERS = quote(PHOTOS, safe=""), quote(line(), safe="")


@pytest.mark.parametrize(
    ("slug", "text"),
    [
        ("part-encoded-twice", f"GET&{URI}&{quote(PARAMETERS, safe='')}"),
        ("part-encoded-twice", f"GET&{quote(URI, safe='')}&{PARAMETERS}"),
        ("part-encoded-twice", quote(f"GET&{URI}&{PARAMETERS}", safe="")),
        ("part-not-encoded", f"GET&{URI}&{line()}"),
        ("part-not-encoded", f"GET&{PHOTOS}&{PARAMETERS}"),
        ("part-not-encoded", f"GET&{PHOTOS}&{line()}"),
        ("shape", quote(f"GET&{PHOTOS}&{line()}", safe="")),
        ("shape", f"GET{URI}{PARAMETERS}"),
        ("slash-unencoded", f"GET&{quote(PHOTOS)}&{quote(line())}"),
        ("lower-case-escapes", f"GET&{URI.replace('%3A', '%3a').replace('%2F', '%2f')}&"),
    ],
)
def test_the_base_string_may_have_been_encoded_otherwise(slug: str, text: str) -> None:
    assert any(made.startswith(text) for each, made in told(ENCODING, sent()) if each == slug)


def test_pythons_quote_plus_is_recognised() -> None:
    value = "a b*/~é"
    found = told(ENCODING, sent(f"{PHOTOS}?q={quote(value)}"))
    assert ("space-as-plus", base(line(f"q={quote_plus(value)}"))) in found


def test_an_encoding_that_changes_nothing_is_no_mistake() -> None:
    recipe = sent(f"{PHOTOS}?q=plain")
    found = told(ENCODING, recipe)
    assert recipe.text not in {text for _, text in found}
    assert not {"space-as-plus", "tilde-encoded", "charset"} & {slug for slug, _ in found}
