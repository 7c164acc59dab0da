"""Each mistake with the key, against keys written by hand."""

import pytest

from tests.doctor.mistakes.wrong import sent
from valetkey.doctor.mistakes.key import KEY
from valetkey.doctor.recipe import Recipe


def keys(recipe: Recipe) -> dict[tuple[str, str], str]:
    return {
        (mistake.slug, made.key): mistake.says.format(about=about)
        for mistake in KEY
        for about, made in mistake.departures(recipe)
    }


def with_secrets(consumer: str, token: str) -> Recipe:
    return sent().but(secrets=(consumer, token))


@pytest.mark.parametrize(
    ("consumer", "token", "slug", "key"),
    [
        ("s3cret", "t0ken", "token-secret-forgotten", "s3cret&"),
        ("s3cret", "t0ken", "token-secret-forgotten", "s3cret"),
        ("s3cret", "t0ken", "ampersand-forgotten", "s3crett0ken"),
        ("s3cret", "t0ken", "secrets-swapped", "t0ken&s3cret"),
        ("a/b", "c=d", "secrets-not-encoded", "a/b&c=d"),
        ("a/b", "c=d", "secrets-not-encoded", "a%2Fb&c=d"),
        ("a/b", "c", "secrets-encoded-otherwise", "a%252Fb&c"),
        ("a/b", "c", "secrets-encoded-otherwise", "a%2fb&c"),
        ("a b", "c", "secrets-encoded-otherwise", "a+b&c"),
        ("a!/", "c", "secrets-encoded-otherwise", "a!%2F&c"),
        ("s3cret", "t0ken", "secret-white-space", "s3cret%0A&t0ken"),
        ("s3cret", "t0ken", "secret-white-space", "s3cret&t0ken%0D%0A"),
        ("s3cret", "t0ken", "secret-white-space", "s3cret%20&t0ken%20"),
        ("s3cret ", "t0ken", "secret-white-space", "s3cret&t0ken"),
        ("s3cret", "", "absent-as-word", "s3cret&null"),
        ("s3cret", "", "absent-as-word", "s3cret&None"),
        ("s3cret", "t0ken", "keys-for-secrets", "key&tok"),
        ("s3cret", "t0ken", "keys-for-secrets", "s3cret&tok"),
        ("s3cret", "t0ken", "consumer-secret-missing", "&t0ken"),
        ("s3cret", "t0ken", "empty-key", "&"),
        ("s3cret", "t0ken", "same-secret-twice", "s3cret&s3cret"),
        ("s3cret", "t0ken", "key-glue", "s3cret%26t0ken"),
        ("s3cret", "t0ken", "key-glue", "s3cret&t0ken&"),
        ("S3cret", "t0ken", "secret-rewritten", "s3cret&t0ken"),
        ("a#b", "t0ken", "secret-rewritten", "a&t0ken"),
        ("s3cret", "t0ken", "secret-rewritten", "%22s3cret%22&%22t0ken%22"),
        ("YWJj", "t0ken", "secret-rewritten", "abc&t0ken"),
        ("616263", "t0ken", "secret-rewritten", "abc&t0ken"),
        ("a%2Fb", "t0ken", "secret-rewritten", "a%2Fb&t0ken"),
    ],
)
def test_a_mistake_gives_this_key(consumer: str, token: str, slug: str, key: str) -> None:
    assert (slug, key) in keys(with_secrets(consumer, token))


def test_no_mistake_makes_the_right_key() -> None:
    for both in (("s3cret", "t0ken"), ("s3cret", ""), ("a/b =", "c&d"), ("", "")):
        recipe = with_secrets(*both)
        assert recipe.key not in {key for _, key in keys(recipe)}


def test_a_sentence_shows_no_secret() -> None:
    said = " ".join(keys(with_secrets("cons-secret", "tok-secret")).values())
    assert "cons-secret" not in said
    assert "tok-secret" not in said
