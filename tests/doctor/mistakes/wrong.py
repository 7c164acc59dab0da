"""Requests as they were sent, and wrong base strings put together by hand."""

from collections.abc import Mapping
from urllib.parse import quote

from valetkey.doctor.mistakes.mistake import Family
from valetkey.doctor.recipe import Facts, Recipe, right
from valetkey.doctor.sent import Sent

PROTOCOL = {
    "oauth_consumer_key": "key",
    "oauth_nonce": "n0nce",
    "oauth_signature_method": "HMAC-SHA1",
    "oauth_timestamp": "1700000000",
    "oauth_token": "tok",
}
PHOTOS = "https://api.example/photos"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def sent(
    url: str = PHOTOS,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: str | None = None,
    more: Mapping[str, str | None] | None = None,
    **protocol: str | None,
) -> Recipe:
    """How the request is signed by RFC 5849, with more protocol parameters; a None leaves one out."""
    values = {
        name: value for name, value in {**PROTOCOL, **(more or {}), **protocol}.items() if value is not None
    }
    fields = ", ".join(f'{name}="{quote(value, safe="")}"' for name, value in values.items())
    authorization = {"Authorization": f'OAuth {fields}, oauth_signature="c2lnbmF0dXJl"'}
    octets = None if body is None else body.encode()
    return right(Facts(Sent(method, url, {**authorization, **(headers or {})}, octets), "s3cret", "t0ken"))


def line(*pairs: str, **protocol: str | None) -> str:
    """The encoded pairs, and the protocol's own, sorted."""
    values = {**PROTOCOL, **protocol}
    own = [f"{name}={quote(value, safe='')}" for name, value in values.items() if value is not None]
    return "&".join(sorted([*pairs, *own]))


def base(parameters: str, uri: str = PHOTOS, method: str = "GET") -> str:
    return f"{method}&{quote(uri, safe='')}&{quote(parameters, safe='')}"


def told(family: Family, recipe: Recipe) -> dict[tuple[str, str], str]:
    """What is said of each departure, by its slug and its base string."""
    found: dict[tuple[str, str], str] = {}
    for mistake in family:
        for about, made in mistake.departures(recipe):
            found.setdefault((mistake.slug, made.text), mistake.says.format(about=about))
    return found
