"""Money, trade, business: what each preset signs and asks for."""

from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes

from tests.services.presets import (
    CONFIRMED,
    CONSUMER,
    GRANTED,
    TOKEN,
    VECTORS,
    base_string,
    by_hmac,
    handshake,
    proves,
    realm,
    sent,
    signed,
    through,
)
from tests.vectors import Vector, name
from tests.wire import FORM
from valetkey import (
    AccessToken,
    Answer,
    Consumer,
    Denied,
    RequestToken,
    ServiceError,
    Signer,
    Unsignable,
    services,
)
from valetkey.protocol.header import parse_authorization

REQUEST_TOKEN = RequestToken("rt", "rs")
JSON = {"Content-Type": "application/json"}


def oauth(method: str, *, token: bool = True, version: bool = True) -> list[str]:
    """The texts of the protocol parameters at :data:`STAMP`, sorted."""
    texts = ["oauth_consumer_key=ck", "oauth_nonce=n", f"oauth_signature_method={method}"]
    texts.append("oauth_timestamp=1800000000")
    return [*texts, *["oauth_token=tk"] * token, *["oauth_version=1.0"] * version]


# -- NetSuite


@pytest.mark.parametrize("vector", ["e2e-netsuite-restlet", "e2e-netsuite-rest"])
def test_netsuite_signs_the_examples_of_its_help(vector: str) -> None:
    made = through(services.netsuite("123456"), VECTORS[vector])
    assert made.signature == VECTORS[vector]["expected"]["signature"]
    assert realm(made) == "123456"
    assert "realm" not in made.base_string


def test_netsuite_signs_the_first_leg_of_its_help() -> None:
    vector = VECTORS["e2e-netsuite-step1"]
    service = services.netsuite("1234567")
    assert service.request_token_url == vector["request"]["url"]
    assert through(service, vector).signature == vector["expected"]["signature"]


@pytest.mark.parametrize("account", ["1234567_SB1", "1234567_sb1", "1234567-sb1"])
def test_netsuites_realm_and_hosts_write_the_account_each_in_its_own_way(account: str) -> None:
    service = services.netsuite(account)
    made = signed(service, "GET", service.urls["api"] + "record/v1/customer?limit=1")
    assert realm(made) == "1234567_SB1"
    assert (
        made.url == "https://1234567-sb1.suitetalk.api.netsuite.com/services/rest/record/v1/customer?limit=1"
    )
    assert made.base_string == base_string(
        "GET",
        "https://1234567-sb1.suitetalk.api.netsuite.com/services/rest/record/v1/customer",
        *("limit=1", *oauth("HMAC-SHA256")),
    )
    assert made.signature == by_hmac(made.base_string, "cs&ts", "sha256")
    assert service.urls["restlet"].startswith("https://1234567-sb1.restlets.api.netsuite.com/app/")
    assert service.authorize_url.startswith("https://1234567-sb1.app.netsuite.com/app/login/")


@pytest.mark.parametrize("account", ["", "1234567 ", "1234567.app", "evil.example/", "_SB1", "1234567_"])
def test_what_is_no_account_of_netsuite_is_refused(account: str) -> None:
    with pytest.raises(Unsignable, match="account: an account id is like 1234567 or 1234567_SB1"):
        services.netsuite(account)


def test_netsuite_says_no_with_an_empty_verifier() -> None:
    application = handshake(services.netsuite("1234567"), "https://app.example/back")
    with pytest.raises(Denied):
        application.verifier("/back?oauth_token=rt&oauth_verifier=", REQUEST_TOKEN)
    assert application.verifier("/back?oauth_token=rt&oauth_verifier=v", REQUEST_TOKEN) == "v"
    page = application.authorize_url(REQUEST_TOKEN, state="abc")
    assert page.endswith("/authorizetoken.nl?oauth_token=rt&state=abc")


def test_netsuites_json_is_not_signed_and_its_nonce_is_long_enough() -> None:
    service = services.netsuite("1234567")
    made = signed(service, "POST", service.urls["restlet"], headers=JSON, body="{}")
    assert made.base_string == base_string("POST", service.urls["restlet"], *oauth("HMAC-SHA256"))
    fresh = service.signer(CONSUMER, TOKEN).sign("GET", service.urls["api"])
    assert len(sent(fresh)["oauth_nonce"]) >= 20


# -- Mastercard

MASTERCARD = [vector for vector in VECTORS.values() if vector.get("profile") == "mastercard"]


@pytest.mark.parametrize("vector", MASTERCARD, ids=name)
def test_mastercard_signs_what_its_own_library_signs(vector: Vector) -> None:
    made = through(services.MASTERCARD, vector)
    found = {"signature": made.signature, "base_string": made.base_string}
    wanted = dict(vector["expected"])
    wanted.pop("authorization_header_as_sent", None)
    assert wanted
    assert {piece: found[piece] for piece in wanted} == wanted


@pytest.mark.parametrize("vector", [one for one in MASTERCARD if "published_header" in one], ids=name)
def test_mastercard_sends_what_its_own_library_sends(vector: Vector) -> None:
    ours = through(services.MASTERCARD, vector).headers["Authorization"]
    pairs = {text.strip() for text in ours.removeprefix("OAuth ").split(",")}
    assert pairs == set(vector["published_header"].removeprefix("OAuth ").split(","))


@pytest.mark.parametrize("vector", MASTERCARD, ids=name)
def test_a_plain_signer_signs_the_same_as_the_rfc_has_it(vector: Vector) -> None:
    consumer = Consumer(dict(vector["oauth"]["params"])["oauth_consumer_key"], rsa_key=CONSUMER.rsa_key)
    given = dict(vector["oauth"]["params"])
    made = Signer(consumer, signature_method="RSA-SHA256", body_hash=True).sign(
        vector["request"]["method"],
        vector["request"]["url"],
        headers=vector["request"]["headers"],
        body=vector["request"]["body"] or b"",
        nonce=given["oauth_nonce"],
        timestamp=given["oauth_timestamp"],
    )
    assert (made.base_string, made.signature) == (
        vector["rfc5849"]["base_string"],
        vector["rfc5849"]["signature"],
    )


def test_mastercard_hashes_each_body_and_none() -> None:
    requests: list[dict[str, Any]] = [
        {},
        {"headers": JSON, "body": "{}"},
        {"headers": FORM, "body": "a=1"},
    ]
    url = "https://api.mastercard.com/a"
    made = [signed(services.MASTERCARD, "POST", url, token=None, **request) for request in requests]
    assert [sent(one)["oauth_body_hash"] for one in made] == [
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=",
        "wi/qXXQo5c9H72NUyXySI8ldbc3D4NIwD/eQVrH/PYU=",
    ]


def test_mastercard_is_signed_with_the_key_alone() -> None:
    made = signed(services.MASTERCARD, "GET", "https://sandbox.api.mastercard.com/a", token=None)
    assert proves(made.signature, made.base_string, hashes.SHA256())
    with pytest.raises(Unsignable, match="an RSA private key is needed"):
        services.MASTERCARD.signer(Consumer("k", "a secret"))


# -- E*TRADE


def test_etrade_signs_the_example_of_its_guide() -> None:
    vector = VECTORS["e2e-etrade"]
    # The example was made without a version, which may be left out.
    service = services.ETRADE.replace(version=False)
    assert through(service, vector).signature == vector["expected"]["signature"]


def test_etrades_legs_are_gets_and_its_page_has_names_of_its_own() -> None:
    application = handshake(services.ETRADE)
    first = application.request_token()
    assert (first.request.method, first.request.url) == ("GET", "https://api.etrade.com/oauth/request_token")
    assert (first.request.body, sent(first.request)["oauth_callback"]) == (None, "oob")
    token = RequestToken("a/b=", "rs")
    assert (
        application.authorize_url(token) == "https://us.etrade.com/e/t/etws/authorize?token=a%2Fb%3D&key=ck"
    )
    last = application.access_token(token, "WXYZ8")
    assert (last.request.method, sent(last.request)["oauth_verifier"]) == ("GET", "WXYZ8")


def test_etrade_confirms_a_callback_only_where_one_is_configured() -> None:
    leg = handshake(services.ETRADE).request_token()
    for confirmed in ("true", "false"):
        answer = Answer(200, {}, GRANTED + f"&oauth_callback_confirmed={confirmed}".encode())
        assert leg.read(answer) == RequestToken("t", "ts")


def test_etrade_takes_no_callback_but_oob() -> None:
    with pytest.raises(Unsignable, match="callback: this service takes “oob” alone"):
        handshake(services.ETRADE, "https://app.example/back")


def test_etrade_wakes_a_token_that_stays_the_same() -> None:
    leg = handshake(services.ETRADE).renew(TOKEN)
    assert (leg.request.method, leg.request.url) == ("GET", "https://api.etrade.com/oauth/renew_access_token")
    assert sent(leg.request)["oauth_token"] == "tk"
    assert leg.read(Answer(200, {}, "Access Token has been renewed")) is TOKEN


def test_etrades_errors_are_pages() -> None:
    page = "<html><head><title>Apache - Error report</title></head><body><h1>HTTP Status 401 - oauth_problem="
    page += "token_rejected</h1></body></html>"
    for status in (200, 401):
        with pytest.raises(ServiceError) as caught:
            handshake(services.ETRADE).renew(TOKEN).read(Answer(status, {}, page))
        assert caught.value.problem == "token_rejected"
        assert f"it answered {status} (token_rejected)" in str(caught.value)


def test_etrade_revokes() -> None:
    leg = handshake(services.ETRADE).revoke(TOKEN)
    assert (leg.request.method, leg.request.url) == (
        "GET",
        "https://api.etrade.com/oauth/revoke_access_token",
    )
    leg.read(Answer(200, {}, GRANTED))


# -- Magento


def test_magento_signs_as_its_server_reads() -> None:
    shop = services.magento("https://shop.example/")
    query = (
        "searchCriteria[filterGroups][10][filters][0][field]=sku&searchCriteria[filterGroups][2][x]=1&flag"
    )
    made = signed(shop, "GET", f"{shop.urls['api']}V1/products?{query}")
    assert made.base_string == base_string(
        "GET",
        "https://shop.example/rest/V1/products",
        *oauth("HMAC-SHA256"),
        "searchCriteria%5BfilterGroups%5D%5B2%5D%5Bx%5D=1",
        "searchCriteria%5BfilterGroups%5D%5B10%5D%5Bfilters%5D%5B0%5D%5Bfield%5D=sku",
    )
    assert made.signature == by_hmac(made.base_string, "cs&ts", "sha256")
    assert ("flag", "") not in made.parameters
    assert made.url.endswith("&flag")


def test_magento_before_2_4_4_signs_with_hmac_sha1() -> None:
    shop = services.magento("https://shop.example", signature_method="HMAC-SHA1")
    made = signed(shop, "GET", "https://shop.example/rest/V1/modules")
    assert made.signature == by_hmac(made.base_string, "cs&ts", "sha1")


def test_magento_sends_the_verifier_by_itself() -> None:
    application = handshake(services.magento("https://shop.example"))
    first = application.request_token()
    assert first.request.url == "https://shop.example/oauth/token/request"
    assert "oauth_callback" not in sent(first.request)
    token = first.read(Answer(200, {}, GRANTED))
    with pytest.raises(Unsignable, match="no page for this: it sends the verifier by itself"):
        application.authorize_url(token)
    last = application.access_token(token, "posted-verifier")
    assert last.request.url == "https://shop.example/oauth/token/access"
    assert sent(last.request)["oauth_verifier"] == "posted-verifier"


def test_magentos_json_is_not_signed() -> None:
    shop = services.magento("https://shop.example")
    made = signed(shop, "POST", "https://shop.example/rest/V1/x", headers=JSON, body="{}")
    assert made.base_string == base_string("POST", "https://shop.example/rest/V1/x", *oauth("HMAC-SHA256"))


# -- WooCommerce


def test_woocommerce_signs_as_php_reads() -> None:
    shop = services.woocommerce("http://shop.example")
    url = (
        f"{shop.urls['api']}orders?status[]=processing&status[]=completed&per_page=5&filter[b]=1&filter[a]=2"
    )
    made = signed(shop, "GET", url, token=None)
    assert made.base_string == base_string(
        "GET",
        "http://shop.example/wp-json/wc/v3/orders",
        *("filter%5Bb%5D=1", "filter%5Ba%5D=2"),
        *oauth("HMAC-SHA256", token=False, version=False),
        *("per_page=5", "status%5B0%5D=processing", "status%5B1%5D=completed"),
    )
    assert made.signature == by_hmac(made.base_string, "cs&", "sha256")
    assert made.url.startswith(f"{url}&oauth_consumer_key=ck&")
    assert sent(made)["oauth_signature"] == made.signature
    assert "Authorization" not in made.headers
    assert "oauth_version" not in sent(made)


def test_woocommerce_takes_hmac_sha1_too() -> None:
    shop = services.woocommerce("http://shop.example", signature_method="HMAC-SHA1")
    made = signed(shop, "GET", f"{shop.urls['api']}orders", token=None)
    assert made.signature == by_hmac(made.base_string, "cs&", "sha1")


def test_woocommerces_old_api_has_another_key() -> None:
    shop = services.woocommerce("http://shop.example/", legacy=True)
    made = signed(shop, "GET", f"{shop.urls['api']}v2/orders", token=None)
    assert made.url.startswith("http://shop.example/wc-api/v2/orders?")
    assert made.signature == by_hmac(made.base_string, "cs", "sha256")


def test_woocommerces_json_is_not_signed() -> None:
    shop = services.woocommerce("http://shop.example")
    made = signed(shop, "PUT", f"{shop.urls['api']}orders/1", token=None, headers=JSON, body="{}")
    assert made.base_string == base_string(
        *("PUT", "http://shop.example/wp-json/wc/v3/orders/1"),
        *oauth("HMAC-SHA256", token=False, version=False),
    )


# -- Jira


def test_jira_signs_with_rsa_sha1() -> None:
    jira = services.jira("https://jira.example/jira")
    made = signed(jira, "GET", f"{jira.urls['api']}api/2/myself")
    assert made.base_string == base_string(
        "GET", "https://jira.example/jira/rest/api/2/myself", *oauth("RSA-SHA1")
    )
    assert proves(made.signature, made.base_string, hashes.SHA1())  # noqa: S303  # what it has


def test_jiras_legs_stand_below_its_servlet() -> None:
    application = handshake(services.jira("https://jira.example/jira/"), "https://app.example/back")
    first = application.request_token()
    servlet = "https://jira.example/jira/plugins/servlet/oauth"
    assert (first.request.method, first.request.url) == ("POST", f"{servlet}/request-token")
    token = first.read(Answer(200, {}, CONFIRMED))
    assert application.authorize_url(token) == f"{servlet}/authorize?oauth_token=t"
    assert application.access_token(token, "v").request.url == f"{servlet}/access-token"


def test_jira_says_no_with_a_verifier_that_says_so() -> None:
    with pytest.raises(Denied):
        handshake(services.jira("https://jira.example")).verifier(
            "/?oauth_token=rt&oauth_verifier=denied", REQUEST_TOKEN
        )


def test_jiras_tokens_are_renewed_with_their_session_handle() -> None:
    application = handshake(services.jira("https://jira.example"))
    body = (
        GRANTED
        + b"&oauth_expires_in=157680000&oauth_session_handle=h&oauth_authorization_expires_in=160272000"
    )
    token = application.access_token(REQUEST_TOKEN, "v").read(Answer(200, {}, body))
    assert (token.session_handle, token.expires_in) == ("h", 157_680_000)
    leg = application.renew(token)
    assert leg.request.url == "https://jira.example/plugins/servlet/oauth/access-token"
    assert (sent(leg.request)["oauth_token"], sent(leg.request)["oauth_session_handle"]) == ("t", "h")
    renewed = leg.read(Answer(200, {}, b"oauth_token=u&oauth_token_secret=us&oauth_expires_in=10"))
    assert (renewed.key, renewed.secret, renewed.session_handle, renewed.expires_in) == ("u", "us", "h", 10)


# -- FatSecret, BrickLink, Cardmarket, HERE


def test_fatsecret_signs_in_the_query_with_a_token_and_without() -> None:
    url = services.FATSECRET.urls["api"]
    made = signed(services.FATSECRET, "GET", f"{url}?method=food.get&food_id=1", token=None)
    assert made.base_string == base_string(
        "GET", url, "food_id=1", "method=food.get", *oauth("HMAC-SHA1", token=False)
    )
    assert made.signature == by_hmac(made.base_string, "cs&")
    assert sent(made)["oauth_version"] == "1.0"
    assert "Authorization" not in made.headers
    assert sent(signed(services.FATSECRET, "GET", url))["oauth_token"] == "tk"


def test_fatsecrets_legs_are_in_the_query_too_and_its_errors_come_with_200() -> None:
    leg = handshake(services.FATSECRET).request_token()
    assert leg.request.method == "POST"
    assert sent(leg.request)["oauth_callback"] == "oob"
    with pytest.raises(ServiceError, match=r"it answered 200\. It says: 8: Invalid signature: "):
        leg.read(
            Answer(200, JSON, '{"error":{"code":8,"message":"Invalid signature: oauth_signature \'x\'"}}')
        )


def test_bricklink_has_an_empty_realm_and_a_version() -> None:
    made = signed(services.BRICKLINK, "GET", f"{services.BRICKLINK.urls['api']}orders?direction=in")
    assert made.headers["Authorization"].startswith('OAuth realm="", ')
    assert made.base_string == base_string(
        "GET", "https://api.bricklink.com/api/store/v1/orders", "direction=in", *oauth("HMAC-SHA1")
    )


CARDMARKET = [vector for id_, vector in VECTORS.items() if id_.startswith("e2e-mkm-")]


@pytest.mark.parametrize("vector", CARDMARKET, ids=name)
def test_cardmarket_signs_the_examples_of_its_pages(vector: Vector) -> None:
    made = through(services.CARDMARKET, vector)
    assert made.signature == vector["expected"]["signature"]
    read = parse_authorization(made.headers["Authorization"])
    assert read.realm == vector["oauth"]["realm"] == vector["request"]["url"].partition("?")[0]
    assert dict(read.parameters)["oauth_token"] == dict(vector["oauth"]["params"])["oauth_token"]


def test_here_signs_one_call_for_a_token_of_another_kind() -> None:
    made = signed(
        services.HERE,
        "POST",
        services.HERE.urls["token"],
        token=None,
        headers=FORM,
        body="grant_type=client_credentials",
    )
    assert made.base_string == base_string(
        "POST",
        "https://account.api.here.com/oauth2/token",
        "grant_type=client_credentials",
        *oauth("HMAC-SHA256", token=False),
    )
    assert made.signature == by_hmac(made.base_string, "cs&", "sha256")


# -- those without legs

WITHOUT_LEGS = {
    "Mastercard": services.MASTERCARD,
    "WooCommerce": services.woocommerce("http://shop.example"),
    "BrickLink": services.BRICKLINK,
    "Cardmarket": services.CARDMARKET,
    "HERE": services.HERE,
}


@pytest.mark.parametrize("service", WITHOUT_LEGS.values(), ids=WITHOUT_LEGS)
def test_who_has_no_legs_says_so_at_once(service: services.Service) -> None:
    with pytest.raises(Unsignable, match="the service has no three legs"):
        handshake(service)


@pytest.mark.parametrize("make", [services.magento, services.woocommerce, services.jira])
def test_what_is_no_address_is_refused_at_once(make: type) -> None:
    with pytest.raises(Unsignable, match="base: the URL has no scheme and host"):
        make("shop.example")


def test_a_token_may_be_one_that_was_made_on_a_page() -> None:
    token = AccessToken("id", "secret")
    assert services.netsuite("1234567").signer(CONSUMER, token).token is token
