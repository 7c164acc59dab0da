"""What is to be known of a service before requests can be signed for it."""

import pytest

from tests.wire import CONSUMER, HELD, SERVICE, URL
from valetkey import Service, Signer, Unsignable
from valetkey.services import Legs, Quirks
from valetkey.services.quirks import QuirkySigner
from valetkey.services.service import checked_base


def test_a_service_holds_its_addresses_and_signs_with_hmac_sha1_in_the_header() -> None:
    service = Service("https://h/r", "https://h/a", "https://h/t")
    assert (service.request_token_url, service.authorize_url, service.access_token_url) == (
        *("https://h/r", "https://h/a"),
        "https://h/t",
    )
    assert (service.signature_method, service.realm, service.placement) == ("HMAC-SHA1", None, "header")
    assert (service.body_hash, service.version, service.method) == (False, True, "POST")


def test_its_signer_signs_as_the_service_wants_it() -> None:
    service = Service(
        *("https://h/r", "https://h/a", "https://h/t"),
        signature_method="HMAC-SHA256",
        realm="R",
        body_hash=True,
        version=False,
    )
    signer = service.signer(CONSUMER, HELD)
    assert (signer.consumer, signer.token, signer.signature_method, signer.realm) == (
        CONSUMER,
        HELD,
        "HMAC-SHA256",
        "R",
    )
    assert (signer.placement, signer.body_hash, signer.version) == ("header", True, False)
    assert (
        Service("https://h/r", "https://h/a", "https://h/t", placement="query").signer(CONSUMER).placement
        == "query"
    )
    assert service.signer(CONSUMER).token is None


def test_a_service_is_a_value() -> None:
    assert Service(SERVICE.request_token_url, SERVICE.authorize_url, SERVICE.access_token_url) == SERVICE
    assert Service(URL, SERVICE.authorize_url, SERVICE.access_token_url) != SERVICE
    with pytest.raises(AttributeError):
        SERVICE.realm = "x"


def test_a_service_that_nobody_can_sign_for_is_refused_with_its_first_signer() -> None:
    with pytest.raises(Unsignable, match="ROT13"):
        Service("https://h/r", "https://h/a", "https://h/t", signature_method="ROT13").signer(CONSUMER)


def test_a_service_without_quirks_is_signed_for_by_the_plain_signer() -> None:
    assert type(SERVICE.signer(CONSUMER)) is Signer
    assert type(SERVICE.replace(quirks=Quirks()).signer(CONSUMER)) is QuirkySigner


def test_a_service_prints_in_short() -> None:
    assert repr(SERVICE) == f"Service('{SERVICE.request_token_url}', HMAC-SHA1, in the header)"
    assert repr(Service(urls={"api": "https://h/"})) == "Service('https://h/', HMAC-SHA1, in the header)"


def test_some_facts_of_a_service_can_be_replaced_by_name() -> None:
    changed = SERVICE.replace(signature_method="PLAINTEXT", realm="R")
    assert (changed.signature_method, changed.realm) == ("PLAINTEXT", "R")
    assert changed.replace(signature_method="HMAC-SHA1", realm=None) == SERVICE
    with pytest.raises(TypeError, match="signature_methods"):
        SERVICE.replace(signature_methods=("HMAC-SHA1",))


def test_the_token_requests_may_travel_otherwise_than_the_api_does() -> None:
    service = SERVICE.replace(realm="R", legs=Legs(placement="body"))
    api, leg = service.signer(CONSUMER), service.leg_signer(CONSUMER, HELD)
    assert (api.placement, api.realm) == ("header", "R")
    assert (leg.placement, leg.realm, leg.token) == ("body", None, HELD)
    assert SERVICE.leg_signer(CONSUMER).placement == "header"


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("https://h", "https://h"),
        ("https://h/", "https://h"),
        ("http://h:8080/shop//", "http://h:8080/shop"),
    ],
)
def test_a_base_address_is_taken_with_and_without_a_slash(given: str, base: str) -> None:
    assert checked_base(given) == base


@pytest.mark.parametrize("base", ["", "h.example", "//h", "https://h/?a=1", "https://h/#a", "https://h /"])
def test_what_no_address_can_be_made_from_is_refused(base: str) -> None:
    with pytest.raises(Unsignable, match="base: "):
        checked_base(base)
