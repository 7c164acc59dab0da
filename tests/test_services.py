"""What is to be known of a service."""

import pytest

from tests.wire import CONSUMER, HELD, SERVICE, URL
from valetkey import Service, Unsignable


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
