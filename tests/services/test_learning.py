"""Learning, infrastructure, families of sites: what each preset signs and asks for."""

import pytest

from tests.services.presets import (
    CONFIRMED,
    GRANTED,
    TOKEN,
    VECTORS,
    base_string,
    by_hmac,
    handshake,
    realm,
    sent,
    signed,
    through,
)
from tests.wire import FORM
from valetkey import Answer, BadCallback, Consumer, Denied, RequestToken, ServiceError, services
from valetkey.protocol.encoding import form_decode

REQUEST_TOKEN = RequestToken("rt", "rs")
XML = {"Content-Type": "application/xml"}


# -- LTI 1.1


def test_a_launch_is_a_form_with_the_callback_that_lti_wants() -> None:
    vector = VECTORS["e2e-lti-guide-callback"]
    made = through(services.LTI_LAUNCH, vector)
    assert made.signature == vector["expected"]["signature"]
    fields = form_decode(made.body or b"")
    assert {("oauth_callback", "about:blank"), ("oauth_signature", made.signature)} <= {*fields}
    assert ("lti_version", "LTI-1p0") in fields


def test_a_launch_signs_the_tools_own_query_too() -> None:
    made = signed(
        services.LTI_LAUNCH,
        "POST",
        "https://tool.example/?course=7",
        token=None,
        headers=FORM,
        body="user_id=1",
    )
    assert made.base_string == base_string(
        "POST",
        "https://tool.example/",
        *("course=7", "oauth_callback=about%3Ablank", "oauth_consumer_key=ck", "oauth_nonce=n"),
        *("oauth_signature_method=HMAC-SHA1", "oauth_timestamp=1800000000", "oauth_version=1.0", "user_id=1"),
    )
    assert made.signature == by_hmac(made.base_string, "cs&")


def test_outcomes_have_a_sha1_hash_of_their_body() -> None:
    vector = VECTORS["e2e-oauth10a-bodyhash"]
    made = through(services.LTI_OUTCOMES, vector)
    assert made.signature == vector["expected"]["signature"]
    assert sent(made)["oauth_body_hash"] == dict(vector["oauth"]["params"])["oauth_body_hash"]


def test_outcomes_have_it_whatever_signs() -> None:
    service = services.LTI_OUTCOMES.replace(signature_method="HMAC-SHA256")
    made = signed(service, "POST", "https://lms.example/o", token=None, headers=XML, body="Hello World!")
    assert sent(made)["oauth_body_hash"] == "Lve95gjOVATpfV8EL5X4nxwjKHE="
    assert made.signature == by_hmac(made.base_string, "cs&", "sha256")
    assert made.headers["Content-Type"] == "application/xml"


def test_a_nonce_has_at_most_the_64_characters_that_open_edx_takes() -> None:
    made = services.LTI_LAUNCH.signer(Consumer("ck", "cs")).sign("POST", "https://tool.example/")
    assert len(sent(made)["oauth_nonce"]) <= 64


# -- Schoology


def test_schoology_has_an_empty_token_where_there_is_none() -> None:
    url = "https://api.schoology.com/v1/users/me"
    made = signed(services.SCHOOLOGY, "GET", url, token=None)
    assert made.base_string == base_string(
        *("GET", url, "oauth_consumer_key=ck", "oauth_nonce=n", "oauth_signature_method=HMAC-SHA1"),
        *("oauth_timestamp=1800000000", "oauth_token=", "oauth_version=1.0"),
    )
    assert made.signature == by_hmac(made.base_string, "cs&")
    assert realm(made) == "Schoology API"
    assert sent(signed(services.SCHOOLOGY, "GET", url))["oauth_token"] == "tk"


def test_schoology_walks_without_revision_a() -> None:
    application = handshake(services.SCHOOLOGY, "https://app.example/back")
    first = application.request_token()
    assert (first.request.method, "oauth_callback" in sent(first.request)) == ("GET", False)
    token = first.read(Answer(200, {}, GRANTED))
    assert (
        application.authorize_url(token)
        == "https://app.schoology.com/oauth/authorize?oauth_token=t&return_url=https%3A%2F%2Fapp.example%2Fback"
    )
    assert application.verifier("/back?oauth_token=t", token) == ""
    last = application.access_token(token, "")
    assert (last.request.method, "oauth_verifier" in sent(last.request)) == ("GET", False)
    assert last.read(Answer(200, {}, GRANTED)).key == "t"


def test_schoologys_callback_belongs_to_its_token_all_the_same() -> None:
    with pytest.raises(BadCallback, match="another request token"):
        handshake(services.SCHOOLOGY).verifier("/back?oauth_token=another", REQUEST_TOKEN)


# -- MAAS


def test_maas_is_signed_with_the_tokens_secret_in_plain_text() -> None:
    key, token, secret = ["ck", "tk", "ts"]
    maas = services.maas("https://maas.example/MAAS/")
    url = f"{maas.urls['api']}machines/"
    made = signed(maas, "GET", url, consumer=Consumer(key), token=TOKEN)
    as_it_is_sent = maas.signer(Consumer(key), TOKEN).sign("GET", url)
    assert (token, secret) == (TOKEN.key, TOKEN.secret)
    assert made.url == "https://maas.example/MAAS/api/2.0/machines/"
    assert made.signature == "&ts"
    for one in (made, as_it_is_sent):
        assert 'oauth_signature="%26ts"' in one.headers["Authorization"]
    assert realm(made) == "OAuth"


# -- Launchpad


def test_launchpads_token_requests_are_forms_and_its_api_has_a_header() -> None:
    application = handshake(services.LAUNCHPAD)
    first = application.request_token()
    assert (first.request.method, first.request.url) == ("POST", "https://launchpad.net/+request-token")
    assert first.request.headers["Referer"] == "https://launchpad.net/"
    assert "Authorization" not in first.request.headers
    fields = sent(first.request)
    assert (fields["oauth_consumer_key"], fields["oauth_signature_method"]) == ("ck", "PLAINTEXT")
    made = signed(services.LAUNCHPAD, "GET", "https://api.launchpad.net/1.0/people/+me")
    assert (realm(made), made.signature) == ("OAuth", "cs&ts")


def test_launchpad_signs_with_an_ampersand_where_there_is_no_secret() -> None:
    made = services.LAUNCHPAD.leg_signer(Consumer("my program")).sign(
        "POST", services.LAUNCHPAD.request_token_url
    )
    assert sent(made)["oauth_signature"] == "&"


def test_launchpad_is_asked_until_the_person_has_decided() -> None:
    application = handshake(services.LAUNCHPAD)
    token = application.request_token().read(Answer(200, {}, GRANTED))
    assert application.authorize_url(token) == "https://launchpad.net/+authorize-token?oauth_token=t"
    leg = application.access_token(token)
    with pytest.raises(ServiceError, match="not yet been reviewed"):
        leg.read(Answer(401, {}, "Request token has not yet been reviewed. Try again later."))
    granted = leg.read(Answer(200, {}, GRANTED + b"&lp.context=None"))
    assert granted.extra == {"lp.context": "None"}


# -- Opencaching


def test_okapi_is_a_family_of_sites() -> None:
    site = services.okapi("https://www.opencaching.de")
    application = handshake(site, "https://app.example/back")
    first = application.request_token()
    assert first.request.url == "https://www.opencaching.de/okapi/services/oauth/request_token"
    token = first.read(Answer(200, {}, CONFIRMED))
    page = application.authorize_url(token, interactivity="minimal")
    assert page.endswith("/okapi/services/oauth/authorize?oauth_token=t&interactivity=minimal")
    made = signed(site, "GET", f"{site.urls['api']}users/user?fields=username")
    assert made.signature == by_hmac(made.base_string, "cs&ts")


@pytest.mark.parametrize("address", ["/back?error=access_denied&oauth_token=rt", "/back?error=access_denied"])
def test_okapi_says_no_in_its_own_words(address: str) -> None:
    with pytest.raises(Denied) as caught:
        handshake(services.okapi("https://www.opencaching.de")).verifier(address, REQUEST_TOKEN)
    assert caught.value.token == "rt"
