"""All presets: what they have in common, and that their page says what they say."""

import pickle
import re
from pathlib import Path
from typing import Any

import pytest

from tests.services.presets import CONSUMER as SIGNING
from valetkey import (
    AccessToken,
    Answer,
    Consumer,
    Handshake,
    Leg,
    RequestToken,
    Service,
    ServiceError,
    services,
)
from valetkey.protocol.origin import Url

PAGE = Path(__file__).parents[1] / "docs" / "services.md"

#: What each function is given here, by the name of its argument.
ARGUMENTS = {
    "account": "1234567_SB1",
    "base": "https://site.example",
    "index": "https://wiki.example/w/index.php",
}
MADE = {
    "netsuite": "account",
    "mediawiki": "index",
    **dict.fromkeys(["magento", "woocommerce", "jira", "maas", "okapi"], "base"),
}


def public() -> dict[str, Service]:
    """Each preset by its name, as the page writes it."""
    found = {}
    for name in services.__all__:
        one: Any = getattr(services, name)
        if isinstance(one, Service):
            found[name] = one
        elif name in MADE:
            found[f"{name}({MADE[name]})"] = one(ARGUMENTS[MADE[name]])
    return found


PRESETS = public()
LEGS = {name: service for name, service in PRESETS.items() if service.request_token_url}
SECRETS = ("canary-consumer", "canary-token", "canary-verifier", "PRIVATE KEY")
CONSUMER = Consumer("ck", SECRETS[0], rsa_key=SIGNING.rsa_key)
TOKEN = AccessToken("tk", SECRETS[1], extra={"oauth_session_handle": SECRETS[1]})


def test_every_name_is_a_preset_or_what_presets_are_made_of() -> None:
    assert {name.partition("(")[0] for name in PRESETS} | {"Legs", "Quirks", "Service"} == {*services.__all__}
    assert len(PRESETS) == 25


# -- the page


def rows() -> dict[str, list[str]]:
    """The table's cells, by the name of the preset; two names of one row count twice."""
    text = PAGE.read_text(encoding="utf-8")
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    return {
        name: [cell.strip() for cell in cells]
        for cells in lines
        for name in re.findall("`([^`]+)`", cells[0])
    }


def legs(service: Service) -> str:
    """What the page says of a preset's three legs."""
    if not service.request_token_url:
        return "none"
    said = {
        "no page": not service.authorize_url,
        "only `oob`": service.legs.only_oob,
        "not confirmed": service.legs.unconfirmed_callback,
        "**without Revision A**": service.legs.without_revision_a,
        "renews": service.legs.renew_url,
        "revokes": service.legs.revoke_url,
    }
    return ", ".join([service.method, *(words for words, so in said.items() if so)])


def test_the_page_has_each_preset_and_no_other() -> None:
    assert rows().keys() == PRESETS.keys()


@pytest.mark.parametrize("name", PRESETS)
def test_the_page_says_what_the_preset_says(name: str) -> None:
    service, (_, method, where, walk, special, source) = PRESETS[name], rows()[name]
    assert (method, where, walk, source) == (
        *(service.signature_method, service.placement),
        *(legs(service), service.source),
    )
    assert special


# -- what they have in common


@pytest.mark.parametrize("name", PRESETS)
def test_each_names_its_source_and_travels_over_https(name: str) -> None:
    service = PRESETS[name]
    assert service.source
    addresses = [
        *(service.request_token_url, service.authorize_url, service.access_token_url),
        *(service.legs.renew_url, service.legs.revoke_url, *service.urls.values()),
    ]
    assert {Url(address).scheme for address in addresses if address} <= {"https"}


@pytest.mark.parametrize("name", PRESETS)
def test_each_is_a_value_that_can_be_pickled(name: str) -> None:
    assert pickle.loads(pickle.dumps(PRESETS[name])) == PRESETS[name]  # just made


@pytest.mark.parametrize("name", PRESETS)
def test_each_gets_a_nonce_that_all_of_them_take(name: str) -> None:
    """NetSuite wants 6 characters or more, the Noun Project 8, X only ASCII, Open edX no more than 64."""
    made = PRESETS[name].signer(CONSUMER, TOKEN).sign("POST", "https://h/")
    assert re.fullmatch("[0-9a-f]{32}", dict(made.parameters)["oauth_nonce"])


@pytest.mark.parametrize("name", PRESETS)
def test_each_signs_alike_whether_it_draws_the_nonce_or_is_given_it(name: str) -> None:
    signer = PRESETS[name].signer(CONSUMER, TOKEN)
    drawn = signer.sign("POST", "https://h/a?b=2")
    oauth = dict(drawn.parameters)
    nonce, timestamp = oauth["oauth_nonce"], oauth["oauth_timestamp"]
    assert signer.sign("POST", "https://h/a?b=2", nonce=nonce, timestamp=timestamp) == drawn


@pytest.mark.parametrize("name", PRESETS)
def test_none_shows_a_secret(name: str) -> None:
    service = PRESETS[name]
    signer = service.signer(CONSUMER, TOKEN)
    shown = f"{service!r}{signer!r}{vars(signer)!r}{signer.sign('POST', 'https://h/')!r}"
    assert not [secret for secret in SECRETS if secret in shown]


@pytest.mark.abuse("A80")
@pytest.mark.parametrize("name", LEGS)
def test_no_leg_shows_a_secret_whatever_the_service_answers(name: str) -> None:
    application = Handshake(CONSUMER, LEGS[name])
    walked: list[Leg[Any]] = [
        application.request_token(),
        application.access_token(RequestToken("rt", SECRETS[1]), SECRETS[2]),
    ]
    walked += [application.renew(TOKEN)] if LEGS[name].legs.renew_url else []
    walked += [application.revoke(TOKEN)] if LEGS[name].legs.revoke_url else []
    for leg in walked:
        shown = f"{application!r}{vars(application)!r}{leg!r}{vars(leg)!r}"
        body = f'{{"error": "oauth_token_secret={SECRETS[1]}", "message": "oauth_verifier={SECRETS[2]}"}}'
        for status in (200, 401):
            with pytest.raises(ServiceError) as caught:
                leg.read(Answer(status, {}, body))
            shown += str(caught.value) + repr(caught.value)
        assert not [secret for secret in SECRETS if secret in shown]
