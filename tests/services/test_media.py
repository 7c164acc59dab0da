"""Social networks, media, catalogues: what each preset signs and asks for."""

import pytest

from tests.services.presets import (
    CONFIRMED,
    CONSUMER,
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
from valetkey import AccessToken, Answer, RequestToken, Service, ServiceError, Unsignable, services

REQUEST_TOKEN = RequestToken("rt", "rs")
OAUTH = [
    "oauth_consumer_key=ck",
    "oauth_nonce=n",
    "oauth_signature_method=HMAC-SHA1",
    "oauth_timestamp=1800000000",
]
AS_TK = ["oauth_token=tk", "oauth_version=1.0"]


# -- X


@pytest.mark.parametrize("vector", ["e2e-twitter-x.com", "e2e-twitter-1.1", "e2e-twitter-1"])
def test_x_signs_the_examples_of_its_pages(vector: str) -> None:
    assert through(services.X, VECTORS[vector]).signature == VECTORS[vector]["expected"]["signature"]


def test_x_signs_neither_json_nor_multipart() -> None:
    bare = signed(services.X, "POST", "https://api.x.com/2/tweets")
    for content_type in ("application/json", "multipart/form-data; boundary=b"):
        made = signed(
            services.X,
            "POST",
            "https://api.x.com/2/tweets",
            headers={"Content-Type": content_type},
            body="{}",
        )
        assert made.base_string == bare.base_string
    assert realm(bare) is None


def test_x_takes_an_access_type_on_the_first_leg_signed_in_the_query() -> None:
    leg = handshake(services.X, "https://app.example/back").request_token(x_auth_access_type="read")
    assert leg.request.method == "POST"
    assert leg.request.url == "https://api.x.com/oauth/request_token?x_auth_access_type=read"
    assert ("x_auth_access_type", "read") in leg.request.parameters
    assert sent(leg.request)["oauth_callback"] == "https://app.example/back"
    assert leg.read(Answer(200, {}, CONFIRMED)) == RequestToken("t", "ts")


def test_x_revokes_a_token_that_signs_for_itself() -> None:
    leg = handshake(services.X).revoke(TOKEN)
    assert (leg.request.method, leg.request.url) == ("POST", "https://api.x.com/1.1/oauth/invalidate_token")
    assert sent(leg.request)["oauth_token"] == "tk"
    leg.read(Answer(200, {}, '{"access_token":"tk"}'))
    with pytest.raises(ServiceError, match="It says: 89: Invalid or expired token"):
        leg.read(Answer(401, {}, '{"errors":[{"code":89,"message":"Invalid or expired token"}]}'))


def test_x_may_skip_its_page_at_another_address() -> None:
    service = services.X.replace(authorize_url=services.X.urls["authenticate"])
    assert (
        handshake(service).authorize_url(REQUEST_TOKEN, force_login="true")
        == "https://api.x.com/oauth/authenticate?oauth_token=rt&force_login=true"
    )


# -- Tumblr, SmugMug, Zotero, the Noun Project, Discogs: as the RFC has it

AS_THE_RFC: dict[str, tuple[Service, str, list[str], AccessToken | None]] = {
    "Tumblr": (services.TUMBLR, "https://api.tumblr.com/v2/user/info", AS_TK, TOKEN),
    "SmugMug": (services.SMUGMUG, "https://api.smugmug.com/api/v2!authuser", AS_TK, TOKEN),
    "Zotero": (services.ZOTERO, "https://www.zotero.org/oauth/access", AS_TK, TOKEN),
    "Discogs": (services.DISCOGS, "https://api.discogs.com/oauth/identity", AS_TK, TOKEN),
    "Noun Project": (
        *(services.NOUN_PROJECT, "https://api.thenounproject.com/v2/icon/1"),
        *(["oauth_version=1.0"], None),
    ),
}


@pytest.mark.parametrize(("service", "url", "more", "token"), AS_THE_RFC.values(), ids=AS_THE_RFC)
def test_they_sign_with_hmac_sha1_in_the_header(
    service: Service, url: str, more: list[str], token: AccessToken | None
) -> None:
    made = signed(service, "GET", url, token=token)
    assert made.base_string == base_string("GET", url, *OAUTH, *more)
    assert made.signature == by_hmac(made.base_string, "cs&ts" if token else "cs&")
    assert sent(made)["oauth_signature"] == made.signature


WALKS = {
    "X": services.X,
    "Tumblr": services.TUMBLR,
    "Flickr": services.FLICKR,
    "Discogs": services.DISCOGS,
    "MediaWiki": services.MEDIAWIKI,
    "Zotero": services.ZOTERO,
    "SmugMug": services.SMUGMUG,
}


@pytest.mark.parametrize("service", WALKS.values(), ids=WALKS)
def test_their_legs_are_posts_with_a_callback_its_confirmation_and_a_verifier(service: Service) -> None:
    application = handshake(service, "https://app.example/back")
    first = application.request_token()
    assert (first.request.method, first.request.url) == ("POST", service.request_token_url)
    assert sent(first.request)["oauth_callback"] == "https://app.example/back"
    with pytest.raises(ServiceError, match="didn't confirm the callback"):
        first.read(Answer(200, {}, "oauth_token=t&oauth_token_secret=s"))
    token = first.read(Answer(200, {}, CONFIRMED))
    assert f"oauth_token={token.key}" in application.authorize_url(token)
    verifier = application.verifier("/back?oauth_token=t&oauth_verifier=v", token)
    last = application.access_token(token, verifier)
    assert (last.request.method, last.request.url) == ("POST", service.access_token_url)
    assert (sent(last.request)["oauth_token"], sent(last.request)["oauth_verifier"]) == ("t", "v")


# -- Tumblr's way out


def test_tumblr_changes_a_token_for_an_oauth_2_one() -> None:
    made = signed(services.TUMBLR, "POST", services.TUMBLR.urls["exchange"])
    assert made.url == "https://api.tumblr.com/v2/oauth2/exchange"
    assert sent(made)["oauth_token"] == "tk"


# -- Flickr


def test_flickr_signs_the_example_of_its_pages() -> None:
    vector = VECTORS["e2e-flickr-doc"]
    assert through(services.FLICKR, vector).signature == vector["expected"]["signature"]


def test_flickr_signs_all_fields_of_an_upload_but_the_photo() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="title"\r\n\r\nCaf\xc3\xa9\r\n'
        b'--b\r\nContent-Disposition: form-data; name="is_public"\r\n\r\n0\r\n'
        b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n\xff\xd8\xff\r\n--b--\r\n'
    )
    made = signed(
        services.FLICKR,
        "POST",
        services.FLICKR.urls["upload"],
        headers={"Content-Type": "multipart/form-data; boundary=b"},
        body=body,
    )
    assert made.base_string == base_string(
        "POST", "https://up.flickr.com/services/upload/", "is_public=0", *OAUTH, *AS_TK, "title=Caf%C3%A9"
    )
    assert made.signature == by_hmac(made.base_string, "cs&ts")
    assert made.body == body


def test_flickr_asks_for_the_least_unless_more_is_asked_for() -> None:
    page = "https://www.flickr.com/services/oauth/authorize?oauth_token=rt&perms="
    assert handshake(services.FLICKR).authorize_url(REQUEST_TOKEN) == f"{page}read"
    assert handshake(services.FLICKR).authorize_url(REQUEST_TOKEN, perms="write") == f"{page}write"


def test_flickr_says_who_it_was() -> None:
    body = "fullname=J%20B&oauth_token=t&oauth_token_secret=s&user_nsid=1%40N2&username=J"
    token = handshake(services.FLICKR).access_token(REQUEST_TOKEN, "v").read(Answer(200, {}, body))
    assert token.extra["user_nsid"] == "1@N2"


# -- Discogs


def test_discogs_gets_the_name_of_the_application() -> None:
    leg = handshake(services.DISCOGS, headers={"User-Agent": "Heron/1.0"}).request_token()
    assert leg.request.headers["User-Agent"] == "Heron/1.0"


def test_discogs_takes_plaintext_too() -> None:
    plaintext = services.DISCOGS.replace(signature_method="PLAINTEXT")
    assert signed(plaintext, "GET", "https://api.discogs.com/").signature == "cs&ts"


# -- MediaWiki


def test_mediawiki_signs_the_title_of_its_index() -> None:
    leg = handshake(services.MEDIAWIKI).request_token()
    uri = "https%3A%2F%2Fmeta.wikimedia.org%2Fw%2Findex.php"
    assert leg.request.url == "https://meta.wikimedia.org/w/index.php?title=Special:OAuth/initiate"
    assert leg.request.base_string.startswith(f"POST&{uri}&oauth_callback%3Doob%26oauth_consumer_key%3Dck%26")
    assert leg.request.base_string.endswith("%26title%3DSpecial%253AOAuth%252Finitiate")


def test_mediawikis_page_wants_the_consumers_key() -> None:
    assert (
        handshake(services.MEDIAWIKI).authorize_url(REQUEST_TOKEN)
        == "https://meta.wikimedia.org/wiki/Special:OAuth/authorize?oauth_token=rt&oauth_consumer_key=ck"
    )


def test_what_is_no_address_of_a_wiki_is_refused() -> None:
    with pytest.raises(Unsignable, match="index: the URL has no scheme and host"):
        services.mediawiki("wiki.example")


def test_any_wiki_is_one_by_the_address_of_its_index() -> None:
    wiki = services.mediawiki("https://wiki.example/w/index.php")
    assert wiki.access_token_url == "https://wiki.example/w/index.php?title=Special:OAuth/token"
    assert wiki.urls["api"] == "https://wiki.example/w/api.php"
    assert (
        handshake(wiki).authorize_url(REQUEST_TOKEN)
        == "https://wiki.example/w/index.php?title=Special:OAuth/authorize&oauth_token=rt&oauth_consumer_key=ck"
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"error":"mwoauthserver-bad-consumer","message":"No approved consumer"}', "No approved consumer"),
        ("Error: Invalid signature", "It says: Error: Invalid signature"),
    ],
)
def test_mediawikis_errors_come_with_200_and_are_errors_all_the_same(body: str, said: str) -> None:
    with pytest.raises(ServiceError, match=said) as caught:
        handshake(services.MEDIAWIKI).request_token().read(Answer(200, {}, body))
    assert caught.value.status == 200


# -- SmugMug, Zotero: what the page takes


def test_what_a_page_takes_is_added_to_its_address() -> None:
    smugmug = handshake(services.SMUGMUG).authorize_url(REQUEST_TOKEN, Access="Full", Permissions="Modify")
    assert smugmug.endswith("/authorize?oauth_token=rt&Access=Full&Permissions=Modify")
    zotero = handshake(services.ZOTERO).authorize_url(REQUEST_TOKEN, name="Heron", library_access="1")
    assert zotero.endswith("/authorize?oauth_token=rt&name=Heron&library_access=1")


def test_the_noun_project_has_no_legs_and_a_nonce_that_is_long_enough() -> None:
    with pytest.raises(Unsignable, match="the service has no three legs"):
        handshake(services.NOUN_PROJECT)
    made = services.NOUN_PROJECT.signer(CONSUMER).sign("GET", services.NOUN_PROJECT.urls["api"])
    assert len(sent(made)["oauth_nonce"]) >= 8
    assert "oauth_token" not in sent(made)


def test_a_form_is_signed_by_all_of_them() -> None:
    made = signed(services.TUMBLR, "POST", "https://api.tumblr.com/v2/x", headers=FORM, body="a=1")
    assert ("a", "1") in made.parameters
