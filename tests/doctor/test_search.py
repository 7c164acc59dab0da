"""Wrong signatures, made by hand, and what the doctor says of them."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from tests.doctor.mistakes.wrong import FORM, PHOTOS, PROTOCOL, base, line
from valetkey.doctor.mistakes import TABLE
from valetkey.doctor.recipe import Facts, Recipe, octets, right
from valetkey.doctor.search import Diagnosis, diagnose
from valetkey.doctor.sent import Sent

CONSUMER, TOKEN = "consumer/s3cret", "token+t0ken"
KEY = f"{quote(CONSUMER, safe='')}&{quote(TOKEN, safe='')}"
MISTAKES = [mistake for family in TABLE for mistake in family]


def hmac_sha1(text: str, key: str = KEY) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha1")).decode()


def facts(
    signature: str, url: str = PHOTOS, method: str = "GET", body: str | None = None, **protocol: str
) -> Facts:
    values = {**PROTOCOL, **protocol, "oauth_signature": signature}
    fields = ", ".join(f'{name}="{quote(value, safe="")}"' for name, value in values.items())
    headers = {"Authorization": f"OAuth {fields}", **(FORM if body else {})}
    return Facts(Sent(method, url, headers, body.encode() if body else None), CONSUMER, TOKEN)


def diagnosed(signature: str, url: str = PHOTOS, method: str = "GET", **more: str) -> Diagnosis:
    """With a clock that stands still: the budget is never spent."""
    return diagnose(facts(signature, url, method, **more), clock=lambda: 0.0)


def causes(diagnosis: Diagnosis) -> set[str]:
    assert all(finding.proof for finding in diagnosis.findings)
    return {finding.cause for finding in diagnosis.findings}


def test_a_right_signature_is_correct_and_nothing_is_said_of_it() -> None:
    found = diagnosed(hmac_sha1(base(line("a=1"))), f"{PHOTOS}?a=1")
    assert (found.verdict, found.findings, found.untried) == ("correct", (), ())


@pytest.mark.parametrize(
    ("cause", "signature", "url"),
    [
        ("query-left-out", hmac_sha1(base(line())), f"{PHOTOS}?a=1&b=2"),
        ("scheme", hmac_sha1(base(line(), PHOTOS.replace("https", "http"))), PHOTOS),
        ("method", hmac_sha1(base(line(), method="POST")), PHOTOS),
        ("space-as-plus", hmac_sha1(base(line(f"a={quote_plus('x y')}"))), f"{PHOTOS}?a=x%20y"),
        ("token-secret-forgotten", hmac_sha1(base(line()), f"{quote(CONSUMER, safe='')}&"), PHOTOS),
        ("secrets-not-encoded", hmac_sha1(base(line()), f"{CONSUMER}&{TOKEN}"), PHOTOS),
        ("secrets-swapped", hmac_sha1(base(line()), "&".join(KEY.split("&")[::-1])), PHOTOS),
        ("mac", hmac_sha1(KEY, base(line())), PHOTOS),
        ("signature-spelling", hmac_sha1(base(line())).rstrip("="), PHOTOS),
        ("signature-method", KEY, PHOTOS),
    ],
)
def test_one_mistake_is_proved(cause: str, signature: str, url: str) -> None:
    found = diagnosed(signature, url)
    assert found.verdict == "explained"
    assert cause in causes(found)


@pytest.mark.parametrize(
    ("both", "signature", "url"),
    [
        (
            {"scheme", "method"},
            hmac_sha1(base(line(), PHOTOS.replace("https", "http"), "POST")),
            PHOTOS,
        ),
        (
            {"query-left-out", "secrets-not-encoded"},
            hmac_sha1(base(line()), f"{CONSUMER}&{TOKEN}"),
            f"{PHOTOS}?a=1&b=2",
        ),
        (
            {"host-case", "secrets-swapped"},
            hmac_sha1(base(line(), "https://API.example/photos"), "&".join(KEY.split("&")[::-1])),
            "https://API.example/photos",
        ),
        (
            {"scheme", "path-case"},
            hmac_sha1(base(line(), "http://api.example/photos")),
            "https://api.example/Photos",
        ),
        (
            {"version-unsent", "space-as-plus"},
            hmac_sha1(base(line("a=x+y", oauth_version="1.0"))),
            f"{PHOTOS}?a=x%20y",
        ),
        (
            {"method", "signature-spelling"},
            base64.b64decode(hmac_sha1(base(line(), method="PUT"))).hex(),
            PHOTOS,
        ),
    ],
)
def test_two_mistakes_are_proved_together(both: set[str], signature: str, url: str) -> None:
    found = diagnosed(signature, url)
    assert (found.verdict, found.is_pair) == ("explained", True)
    assert both <= causes(found)


def test_a_random_signature_stays_unexplained() -> None:
    random = base64.b64encode(hashlib.sha256(b"random").digest()[:20]).decode()
    found = diagnose(facts(random), budget=60)
    assert (found.verdict, found.findings) == ("unexplained", ())


def test_what_was_not_tried_for_want_of_time_is_said() -> None:
    ticks = iter(range(1_000_000))
    found = diagnose(facts("AAAA"), budget=3, clock=lambda: float(next(ticks)))
    assert found.verdict == "unexplained"
    assert "time" in found.untried[0]


@pytest.mark.abuse("A102")
def test_of_many_parameters_no_pairs_are_tried_and_it_is_said() -> None:
    url = f"{PHOTOS}?{'&'.join(f'p{index}=1' for index in range(250))}"
    found = diagnosed(hmac_sha1("nothing"), url)
    assert "No pair" in found.untried[0]


@pytest.mark.abuse("A102")
def test_a_million_parameters_are_not_searched_and_it_is_said() -> None:
    found = diagnosed(hmac_sha1("nothing"), f"{PHOTOS}?{'a=1&' * 50_000}")
    assert "too many" in found.untried[0]
    assert found.tried < 10


def test_plaintext_is_the_key() -> None:
    assert diagnosed(KEY, oauth_signature_method="PLAINTEXT").verdict == "correct"
    forgotten = diagnosed(f"{quote(CONSUMER, safe='')}&", oauth_signature_method="PLAINTEXT")
    assert "token-secret-forgotten" in causes(forgotten)


def test_an_rsa_signature_is_not_judged_without_its_key() -> None:
    found = diagnosed(base64.b64encode(bytes(256)).decode(), oauth_signature_method="RSA-SHA1")
    assert found.verdict == "unexplained"
    assert "RSA" in found.untried[0]


def test_the_text_behind_an_rsa_signature_is_proved_with_the_key() -> None:
    pytest.importorskip("cryptography")
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = rsa.generate_private_key(65537, 2048)

    def signed(method: str) -> Diagnosis:
        text = base(line(oauth_signature_method="RSA-SHA256"), method=method)
        octets = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        one = facts(base64.b64encode(octets).decode(), oauth_signature_method="RSA-SHA256")
        return diagnose(one, clock=lambda: 0.0, rsa_key=key.public_key())

    assert signed("GET").verdict == "correct"
    assert "method" in causes(signed("POST"))


def test_no_secret_shows() -> None:
    verifier = {"oauth_verifier": "v3rifier"}
    one = facts(hmac_sha1(base(line(**verifier)), f"{KEY}\n"), **verifier)
    found = diagnose(one, clock=lambda: 0.0)
    shown = " ".join(
        [
            repr(found),
            repr(one),
            repr(right(one)),
            found.base_string,
            *map(str, found.findings),
            *found.untried,
        ]
    )
    assert not re.search("s3cret|t0ken|v3rifier", shown)


REQUESTS: dict[str, Callable[[str], Facts]] = {
    "query": lambda signature: facts(
        signature, "https://API.example:8443/A/b%20c?b=1&a=x%20y!&a=%C3%A9&flag&p=%2B~*"
    ),
    "form": lambda signature: facts(signature, f"{PHOTOS}?z=1&z=0", "POST", body="B=2&a%5B%5D=3&a%5B%5D=4"),
}


def _signature(recipe: Recipe) -> str:
    digest = recipe.mac(octets(recipe.key), octets(recipe.text), "sha1")
    return base64.b64encode(digest).decode()


@pytest.mark.parametrize("name", REQUESTS)
def test_each_departure_of_each_mistake_is_explained_by_one_that_signs_the_same(name: str) -> None:
    one = right(REQUESTS[name](""))
    departures = [(mistake.slug, made) for mistake in MISTAKES for _, made in mistake.departures(one)]
    of_signature: dict[str, set[str]] = {}
    for slug, made in departures:
        of_signature.setdefault(_signature(made), set()).add(slug)
    seen: set[str] = set()
    for signature, slugs in of_signature.items():  # until each mistake was met: a search takes its time
        if slugs <= seen:
            continue
        seen |= slugs
        found = diagnose(REQUESTS[name](signature), clock=lambda: 0.0)
        assert found.verdict == "explained"
        assert causes(found) <= slugs
        assert len(found.findings) <= 8


def test_each_mistake_has_a_name_of_its_own_and_a_fix_with_its_section() -> None:
    slugs = [mistake.slug for mistake in MISTAKES]
    assert len(set(slugs)) == len(slugs)
    section = re.compile(r"\(3\.\d[\d. and]*\)\.$")
    assert [mistake.slug for mistake in MISTAKES if not section.search(mistake.fix)] == []
