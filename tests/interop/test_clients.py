"""Clients that aren't ours walk the three legs at the demo's provider, and post."""

import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests
import trustme
import tweepy
from authlib.integrations.httpx_client import OAuth1Client
from requests._internal_utils import to_native_string
from requests_oauthlib import OAuth1, OAuth1Session

import valetkey.requests
from tests.demo.visitor import Visitor
from tests.interop.tls import TlsProxy
from tests.person import Person
from tests.running import Demo
from tests.vectors import rsa_key
from valetkey.protocol.rsa import public_pem

# One status with all that encodings trip over: emoji, reserved characters, quotes, a line break, Arabic,
# combining marks.
DIFFICULT = "🐦 + & = % ~ * ' \" ! ( ) ; \n مرحبا e\u0301 %41 a=b&c=d"
PRIVATE = rsa_key("mastercard", "private_pem")
SHOWN = "🐦 + & = % ~ * ' \" ! ( ) ; \n مرحبا é %41 a=b&c=d"


def walk(session: Any, demo: Demo) -> dict[str, str]:
    """Both libraries have the same methods for the three legs."""
    provider = demo.info["provider"]
    session.fetch_request_token(f"{provider}/oauth/request_token")
    url = session.create_authorization_url(f"{provider}/oauth/authorize")
    return dict(session.fetch_access_token(f"{provider}/oauth/access_token", verifier=robin(demo).pin(url)))


def robin(demo: Demo) -> Person:
    person = Person()
    person.log_in(demo.info["provider"], demo.info["username"], demo.info["password"])
    return person


def consumer(demo: Demo) -> tuple[str, str]:
    return demo.info["consumer_key"], demo.info["consumer_secret"]


def token(demo: Demo) -> tuple[str, str]:
    return demo.info["access_token"], demo.info["access_token_secret"]


def test_requests_oauthlib_walks_the_three_legs_and_posts(demo: Demo) -> None:
    provider = demo.info["provider"]
    key, secret = consumer(demo)
    session = OAuth1Session(key, client_secret=secret, callback_uri="oob")
    session.fetch_request_token(f"{provider}/oauth/request_token")
    url = session.authorization_url(f"{provider}/oauth/authorize")
    granted = session.fetch_access_token(f"{provider}/oauth/access_token", verifier=robin(demo).pin(url))
    assert granted["screen_name"] == demo.info["username"]

    answer = session.post(f"{provider}/1/statuses/update.json", data={"status": DIFFICULT})

    assert answer.status_code == 200, answer.text
    assert answer.json()["text"] == SHOWN


def own_rsa_application(demo: Demo) -> str:
    """The key of an application whose requests are signed with :data:`PRIVATE`."""
    owner = Visitor.new(demo)
    registered = owner.register(access="write")
    key = registered.consumer.key
    owner.send(f"{registered.path}rsa/", rsa_public_key=public_pem(PRIVATE))
    return key


# oauthlib signs with RSA only where PyJWT is installed as well.
def test_authlib_walks_the_three_legs_with_a_private_key_and_posts(demo: Demo) -> None:
    options = {"rsa_key": PRIVATE, "signature_method": "RSA-SHA1", "redirect_uri": "oob"}
    with OAuth1Client(own_rsa_application(demo), "", **options) as client:
        walk(client, demo)
        answer = client.post(f"{demo.info['provider']}/1/statuses/update.json", data={"status": DIFFICULT})
    assert answer.status_code == 200, answer.text
    assert answer.json()["text"] == SHOWN


def test_our_session_walks_the_three_legs_with_a_private_key_and_posts(demo: Demo) -> None:
    provider, key = demo.info["provider"], own_rsa_application(demo)
    options: dict[str, Any] = {"signature_method": "RSA-SHA256", "callback_uri": "oob"}
    with valetkey.requests.OAuth1Session(key, rsa_key=PRIVATE, **options) as client:
        client.fetch_request_token(f"{provider}/oauth/request_token")
        url = client.authorization_url(f"{provider}/oauth/authorize")
        client.fetch_access_token(f"{provider}/oauth/access_token", verifier=robin(demo).pin(url))
        answer = client.post(f"{provider}/1/statuses/update.json", data={"status": DIFFICULT})
    assert answer.status_code == 200, answer.text
    assert answer.json()["text"] == SHOWN


@pytest.mark.parametrize("signature_type", ["auth_header", "query", "body"])
@pytest.mark.parametrize("signature_method", ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"])
def test_requests_oauthlib_posts_with_each_signature_method_from_each_place(
    demo: Demo, signature_method: str, signature_type: str
) -> None:
    auth = OAuth1(
        *consumer(demo), *token(demo), signature_method=signature_method, signature_type=signature_type
    )
    status = f"{signature_method} in the {signature_type} ~ é"
    url = f"{demo.info['provider']}/1.1/statuses/update.json"
    answer = requests.post(url, data={"status": status}, auth=auth, timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.json()["text"] == status


def test_authlibs_httpx_client_walks_the_three_legs_and_posts(demo: Demo) -> None:
    key, secret = consumer(demo)
    with OAuth1Client(key, secret, redirect_uri="oob") as session:
        granted = walk(session, demo)
        assert granted["screen_name"] == demo.info["username"]
        answer = session.post(f"{demo.info['provider']}/1.1/statuses/update.json", data={"status": DIFFICULT})
    assert answer.status_code == 200, answer.text
    assert answer.json()["text"] == SHOWN


def test_a_status_comes_back_from_the_timeline_as_it_was_sent(demo: Demo) -> None:
    auth = OAuth1(*consumer(demo), *token(demo))
    provider = demo.info["provider"]
    posted = requests.post(
        f"{provider}/1/statuses/update.json", data={"status": DIFFICULT}, auth=auth, timeout=30
    ).json()
    newest = requests.get(f"{provider}/1/feed/timeline.json?count=1", auth=auth, timeout=30).json()
    assert [(status["id"], status["text"]) for status in newest] == [(posted["id"], SHOWN)]


@pytest.fixture(scope="module")
def tls() -> Iterator[tuple[TlsProxy, Demo]]:
    """The demo behind a TLS proxy, as `--provider-origin` is made for."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with TlsProxy(context) as proxy, authority.cert_pem.tempfile() as bundle:
        proxy.bundle = bundle
        with Demo.started("--provider-origin", proxy.origin) as demo:
            proxy.forward_to(demo.info["provider"])
            yield proxy, demo


def test_tweepy_verifies_credentials_and_posts_through_tls(
    tls: tuple[TlsProxy, Demo], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, demo = tls
    # tweepy asks for no certificates of its own, and requests then lets the environment decide.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", proxy.bundle)
    auth = tweepy.OAuth1UserHandler(*consumer(demo), *token(demo))
    api = tweepy.API(auth, host=proxy.authority)

    assert api.verify_credentials().screen_name == demo.info["username"]
    assert api.update_status(DIFFICULT).text == SHOWN
    assert [status.text for status in api.home_timeline(count=1)] == [SHOWN]


def test_tweepy_asks_to_read_only_and_gets_a_token_that_does_not_write(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = demo.info["provider"]
    auth = tweepy.OAuth1UserHandler(*consumer(demo), callback="oob")
    # Its addresses are written into it: the paths are those of the service, and the host is ours.
    monkeypatch.setattr(auth, "_get_oauth_url", lambda endpoint: f"{provider}/oauth/{endpoint}")
    auth.get_access_token(robin(demo).pin(auth.get_authorization_url(access_type="read")))

    timeline = f"{provider}/1.1/statuses/home_timeline.json"
    assert requests.get(timeline, auth=auth.apply_auth(), timeout=30).status_code == 200
    update = f"{provider}/1.1/statuses/update.json"
    refused = requests.post(update, data={"status": "no"}, auth=auth.apply_auth(), timeout=30)
    assert (refused.status_code, "permission_denied" in refused.text) == (403, True)
    another = tweepy.OAuth1UserHandler(*consumer(demo), callback="oob")
    monkeypatch.setattr(another, "_get_oauth_url", auth._get_oauth_url)
    with pytest.raises(tweepy.TweepyException, match="parameter_rejected"):
        another.get_authorization_url(access_type="admin")


def test_a_request_is_verified_for_the_public_origin_whichever_way_it_came(
    tls: tuple[TlsProxy, Demo],
) -> None:
    proxy, demo = tls
    path = "/1.1/account/verify_credentials.json"
    auth = OAuth1(*consumer(demo), *token(demo))
    prepared = requests.Request("GET", f"{proxy.origin}{path}", auth=auth).prepare()
    header = to_native_string(prepared.headers["Authorization"])
    straight = httpx.get(f"{demo.info['provider']}{path}", headers={"Authorization": header})
    assert straight.status_code == 200, straight.text

    misled = httpx.get(
        f"{demo.info['provider']}{path}",
        auth=None,
        headers={"Authorization": header, "X-Forwarded-Proto": "http"},
    )
    assert "nonce_used" in misled.text, "the signature was right for the origin, and only the nonce was not"
