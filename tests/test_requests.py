"""Signing with requests, over real sockets; and requests-oauthlib's two classes beside ours."""

import io
import pickle
import socket
import time
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import requests_oauthlib.oauth1_session
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from urllib3.util import Retry

import valetkey.requests
from tests.clients import (
    CODES,
    PLACEMENTS,
    Call,
    Caller,
    Legs,
    Reply,
    Signs,
    Walks,
    certified,
    guarding,
    is_bare,
    proved,
    providing,
    redirecting,
    token_in,
    upgrading,
)
from tests.hostile import HOSTILE, IN_TIME, Speaking, speaking
from tests.loopback import Answering, Arrived, always, serving
from tests.wire import CALLBACK, CONSUMER, HELD, signer
from valetkey import Answer, Consumer, MemoryStore, Signer, Unsignable
from valetkey.protocol.header import parse_authorization
from valetkey.requests import (
    Client,
    OAuth1,
    OAuth1Adapter,
    OAuth1Session,
    TokenMissing,
    TokenRequestDenied,
)
from valetkey.signer import Placement


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")


def body_of(call: Call) -> dict[str, Any]:
    """The call's body, as requests takes it."""
    if call.file is not None:
        return {"files": {"media": ("a.png", call.file)}}
    if call.pieces is not None:
        return {"data": iter(call.pieces)}
    if call.stream is not None:
        return {"data": io.BytesIO(call.stream)}
    return {"data": call.form or call.octets, "json": call.json}


def sent(session: requests.Session, auth: OAuth1 | None, call: Call) -> Reply:
    answer = session.request(
        call.method,
        call.url,
        params=call.query,
        headers=dict(call.headers),
        auth=auth,
        allow_redirects=call.follow,
        proxies={"http": call.proxy, "https": call.proxy} if call.proxy else None,
        verify=call.bundle or True,
        timeout=10,
        **body_of(call),
    )
    return Reply(answer.status_code, answer.content)


def with_auth(call: Call) -> Reply:
    with requests.Session() as session:
        return sent(session, OAuth1(call.signer, insecure=call.insecure, clock=call.clock), call)


def with_a_sessions_auth(call: Call) -> Reply:
    with requests.Session() as session:
        session.auth = OAuth1(call.signer, insecure=call.insecure, clock=call.clock)
        return sent(session, None, call)


def with_a_session_of_ours(call: Call) -> Reply:
    with session_of(call.signer, insecure=call.insecure, clock=call.clock) as session:
        return sent(session, None, call)


def session_of(signer: Signer, **options: Any) -> OAuth1Session:
    """The session that signs as `signer` does."""
    client = Client.of(signer)
    return OAuth1Session(
        client.client_key,
        client.client_secret,
        client.resource_owner_key,
        client.resource_owner_secret,
        signature_method=client.signature_method,
        signature_type=client.signature_type,
        force_include_body=signer.body_hash,
        realm=signer.realm,
        **options,
    )


CALLERS: dict[str, Caller] = {
    "auth=OAuth1": with_auth,
    "session.auth": with_a_sessions_auth,
    "OAuth1Session": with_a_session_of_ours,
}


@pytest.fixture(params=CALLERS.values(), ids=list(CALLERS))
def call(request: pytest.FixtureRequest) -> Caller:
    made: Caller = request.param
    return made


@pytest.fixture
def legs() -> Legs:
    return valetkey.requests


class TestSigning(Signs):
    distrust = (requests.exceptions.SSLError,)


class TestLegs(Walks):
    pass


# -- what is requests' own


@pytest.mark.abuse("A90")
@pytest.mark.parametrize("code", CODES)
def test_what_follows_a_redirect_is_signed_before_it_is_refused(call: Caller, code: int) -> None:
    with guarding(redirecting(code, lambda: "/second")) as service:
        assert call(Call(signer(), "GET", f"{service.origin}/first")).status == 200
    assert len(service.arrived) == 2


@pytest.mark.abuse("A90")
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_our_session_signs_each_hop_in_every_place(placement: Placement) -> None:
    with guarding(redirecting(307, lambda: "/second")) as service:
        made = Call(signer(placement=placement), "POST", f"{service.origin}/first", form=(("a", "1"),))
        assert with_a_session_of_ours(made).status == 200
    assert len(service.arrived) == 2


@pytest.mark.abuse("A90")
def test_a_redirect_from_http_to_https_at_the_same_host_carries_no_header(call: Caller) -> None:
    with upgrading("a.example") as (proxy, bundle):
        made = Call(signer(), "GET", "http://a.example/first", proxy=proxy.origin, bundle=bundle)
        assert call(made).status == 200
    assert [arrived.method for arrived in proxy.arrived] == ["GET", "CONNECT", "GET"]
    assert "Authorization" in proxy.arrived[0].headers
    assert is_bare(proxy.last)


@pytest.mark.abuse("A90")
@pytest.mark.abuse("A95")
def test_a_chain_of_redirects_is_signed_hop_by_hop_and_the_history_shows_what_was_sent(call: Caller) -> None:
    steps = {"/1": "/2", "/2": "/3"}

    def step(arrived: Arrived) -> Answer:
        onward = steps.get(arrived.target)
        return Answer(302, {"Location": onward}) if onward else Answer(200)

    with guarding(step) as service, requests.Session() as session:
        answer = session.get(f"{service.origin}/1", auth=OAuth1(signer()), timeout=5)
        assert answer.status_code == 200
        sent = [hop.request.headers["Authorization"] for hop in (*answer.history, answer)]
    assert sent == [arrived.headers["Authorization"] for arrived in service.arrived]
    assert len(set(sent)) == 3


@pytest.mark.abuse("A90")
def test_a_redirect_that_was_not_followed_can_be_sent_on_as_it_is() -> None:
    with guarding(redirecting(302, lambda: "/second")) as service, requests.Session() as session:
        auth = OAuth1(signer())
        answer = session.get(f"{service.origin}/first", auth=auth, allow_redirects=False, timeout=5)
        assert answer.next is not None
        assert session.send(answer.next, timeout=5).status_code == 200


@pytest.mark.abuse("A95")
def test_a_prepared_request_is_signed_anew_when_it_is_given_to_auth_again() -> None:
    for placement in PLACEMENTS:
        auth = OAuth1(signer(placement=placement))
        with guarding(always(200)) as service, requests.Session() as session:
            form = {"a": "1"}
            prepared = requests.Request("POST", f"{service.origin}/x?q=1", data=form, auth=auth).prepare()
            assert session.send(prepared, timeout=5).status_code == 200
            prepared.prepare_auth(auth)
            assert session.send(prepared, timeout=5).status_code == 200


def retrying(auth: OAuth1, retry: Retry | int) -> requests.Session:
    session = requests.Session()
    session.auth = auth
    session.mount("http://", OAuth1Adapter(max_retries=retry))
    return session


def failing(times: int, status: int = 503) -> Answering:
    """Verifies, and then fails so many times."""
    left = [times]

    def answer(arrived: Arrived) -> Answer:
        left[0] -= 1
        return Answer(status if left[0] >= 0 else 200)

    return answer


@pytest.mark.abuse("A95")
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_each_try_is_signed_afresh(placement: Placement) -> None:
    retry = Retry(3, status_forcelist=[503], allowed_methods=["PUT"])
    with guarding(failing(2)) as service, retrying(OAuth1(signer(placement=placement)), retry) as session:
        answer = session.put(f"{service.origin}/x?q=1", data={"a": "1"}, timeout=5)
        assert answer.status_code == 200
        assert proved(service, service.last).parameters == (("q", "1"), ("a", "1"))
    assert len(service.arrived) == 3


@pytest.mark.abuse("A95")
@pytest.mark.parametrize("placement", ["header", "query"])
def test_a_connection_that_breaks_is_tried_again_with_a_new_signature(placement: Placement) -> None:
    """The service had proved the first try and claimed its nonce, when the connection broke."""
    left = [1]

    def breaking(arrived: Arrived) -> Answer:
        left[0] -= 1
        if left[0] >= 0:
            raise ConnectionAbortedError  # the server closes without an answer
        return Answer(200)

    with guarding(breaking) as service, retrying(OAuth1(signer(placement=placement)), Retry(1)) as session:
        assert session.get(f"{service.origin}/x", timeout=5).status_code == 200
    assert len(service.arrived) == 2


@pytest.mark.abuse("A95")
def test_a_service_that_nobody_reaches_fails_as_requests_does() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with retrying(OAuth1(signer()), Retry(2, backoff_factor=0)) as session:
        with pytest.raises(requests.ConnectionError, match="refused"):
            session.get(f"{origin}/x", timeout=5)


@pytest.mark.abuse("A95")
@pytest.mark.parametrize(
    ("method", "retry"), [("POST", Retry(3, status_forcelist=[503])), ("GET", 3), ("GET", 0)]
)
def test_what_the_rules_do_not_name_is_not_tried_again(method: str, retry: Retry | int) -> None:
    with guarding(failing(2)) as service, retrying(OAuth1(signer()), retry) as session:
        assert session.request(method, f"{service.origin}/x", timeout=5).status_code == 503
    assert len(service.arrived) == 1


@pytest.mark.abuse("A95")
def test_when_all_tries_are_used_up_it_says_so_as_requests_does() -> None:
    retry = Retry(1, status_forcelist=[503])
    with guarding(failing(9)) as service, retrying(OAuth1(signer()), retry) as session:
        with pytest.raises(requests.exceptions.RetryError):
            session.get(f"{service.origin}/x", timeout=5)
    assert len(service.arrived) == 2


@pytest.mark.abuse("A95")
def test_a_stream_is_not_tried_again() -> None:
    retry = Retry(3, status_forcelist=[503], allowed_methods=["PUT"])
    with guarding(failing(2)) as service, retrying(OAuth1(signer()), retry) as session:
        assert session.put(f"{service.origin}/x", data=iter([b"a"]), timeout=5).status_code == 503
    assert len(service.arrived) == 1


@pytest.mark.abuse("A95")
@pytest.mark.abuse("A90")
def test_what_left_its_origin_is_tried_again_without_a_signature() -> None:
    retry = Retry(3, status_forcelist=[503])
    with serving(failing(1)) as other:
        with serving(redirecting(302, lambda: f"{other.origin}/there")) as service:
            with retrying(OAuth1(signer()), retry) as session:
                assert session.get(f"{service.origin}/first", timeout=5).status_code == 200
    assert [is_bare(arrived) for arrived in other.arrived] == [True, True]


def test_an_answer_can_be_pickled_and_holds_no_secret() -> None:
    with serving(always(200, "hello")) as service:
        answer = requests.get(f"{service.origin}/x", auth=OAuth1(signer()), timeout=5)
    pickled = pickle.dumps(answer)
    assert CONSUMER.secret.encode() not in pickled
    assert HELD.secret.encode() not in pickled
    assert pickle.loads(pickled).text == "hello"


def test_nothing_that_prints_shows_a_secret() -> None:
    shown = [repr(OAuth1(signer())), repr(OAuth1("k", "canary", "t", "canary")), repr(Client("k", "canary"))]
    assert not [text for text in shown if "canary" in text or CONSUMER.secret in text]


def test_a_session_lends_a_leg_its_certificates() -> None:
    with certified() as (tls, bundle), serving(always(200), tls=tls) as service:
        signed = signer().sign("POST", f"{service.origin}/token")
        with requests.Session() as session:
            session.verify = bundle
            assert valetkey.requests.send(signed, session=session).status == 200


def test_a_session_lends_a_leg_neither_its_headers_nor_its_auth() -> None:
    with serving(always(200)) as service, requests.Session() as session:
        session.headers["X-Canary"], session.auth = "canary", ("canary", "canary")
        session.cookies.set("canary", "canary")
        valetkey.requests.send(signer().sign("POST", f"{service.origin}/token"), session=session)
        assert proved(service, service.last)
    assert b"canary" not in service.last.octets.lower()


@pytest.mark.parametrize("path", ["/%c3%a9", "/a/../b", "/[x]"])
def test_an_address_that_requests_would_change_is_not_sent(path: str) -> None:
    with serving(always(200)) as service, pytest.raises(Unsignable, match="it would be sent as"):
        valetkey.requests.send(signer().sign("POST", f"{service.origin}{path}"))
    assert service.arrived == []


# -- requests-oauthlib's classes, theirs and ours


class Library(NamedTuple):
    OAuth1: Any
    OAuth1Session: Any
    TokenRequestDenied: Any
    TokenMissing: Any
    VerifierMissing: Any


def library_of(module: Any, session: Any) -> Library:
    return Library(
        module.OAuth1,
        module.OAuth1Session,
        session.TokenRequestDenied,
        session.TokenMissing,
        session.VerifierMissing,
    )


OURS = library_of(valetkey.requests, valetkey.requests)
LIBRARIES = {
    "requests-oauthlib": library_of(requests_oauthlib, requests_oauthlib.oauth1_session),
    "ours": OURS,
}


@pytest.fixture(params=LIBRARIES.values(), ids=list(LIBRARIES))
def library(request: pytest.FixtureRequest) -> Library:
    made: Library = request.param
    return made


def test_a_session_walks_the_workflow_of_the_documentation(library: Library) -> None:
    with providing(MemoryStore(), [CALLBACK]) as (service, provider, _):
        oauth = library.OAuth1Session(CONSUMER.key, client_secret=CONSUMER.secret, callback_uri=CALLBACK)
        assert not bool(oauth.authorized)
        request_token = oauth.fetch_request_token(f"{service.origin}/r")
        assert set(request_token) == {"oauth_token", "oauth_token_secret", "oauth_callback_confirmed"}
        assert oauth.token == {name: request_token[name] for name in ("oauth_token", "oauth_token_secret")}

        page = oauth.authorization_url(f"{service.origin}/a", lang="fr")
        assert dict(parse_qsl(urlsplit(page).query)) == {
            "oauth_token": request_token["oauth_token"],
            "lang": "fr",
        }
        back = provider.allow(token_in(page), "ada", access="read").redirect
        response = oauth.parse_authorization_response(back)
        assert response["oauth_token"] == request_token["oauth_token"]
        assert oauth.token["oauth_verifier"] == response["oauth_verifier"]

        token = oauth.fetch_access_token(f"{service.origin}/t")
        assert oauth.token == {name: token[name] for name in ("oauth_token", "oauth_token_secret")}
        assert bool(oauth.authorized)
        oauth.close()

        kept = library.OAuth1Session(
            CONSUMER.key,
            client_secret=CONSUMER.secret,
            resource_owner_key=token["oauth_token"],
            resource_owner_secret=token["oauth_token_secret"],
        )
        with serving(always(200)) as api, kept:
            assert kept.get(f"{api.origin}/x", params={"q": "é"}, timeout=5).status_code == 200
            assert proved(api, api.last, cast(MemoryStore, provider.store)).parameters == (("q", "é"),)


def test_the_auth_helper_walks_the_workflow_of_the_documentation(library: Library) -> None:
    with providing(MemoryStore(), []) as (service, provider, _):
        oauth = library.OAuth1(CONSUMER.key, client_secret=CONSUMER.secret, callback_uri="oob")
        answer = requests.post(url=f"{service.origin}/r", auth=oauth, timeout=5)
        credentials = dict(parse_qsl(answer.text))
        oauth = library.OAuth1(
            CONSUMER.key,
            client_secret=CONSUMER.secret,
            resource_owner_key=credentials["oauth_token"],
            resource_owner_secret=credentials["oauth_token_secret"],
            verifier=provider.allow(credentials["oauth_token"], "ada", access="read").pin,
        )
        answer = requests.post(url=f"{service.origin}/t", auth=oauth, timeout=5)
        assert answer.status_code == 200
        assert "oauth_token_secret" in dict(parse_qsl(answer.text))


WAYS: dict[str, dict[str, Any]] = {
    "a GET": {"method": "GET", "params": {"q": "é ~'"}},
    "a form": {"method": "POST", "data": {"a": "é ~'", "b": ["1", "2"]}},
    "text that looks like a form": {"method": "POST", "data": "this=really&is=&+form=encoded"},
    "text that doesn't": {"method": "POST", "data": "this really is no form"},
    "text of another type": {"method": "POST", "data": "a", "headers": {"Content-Type": "application/json"}},
    "JSON": {"method": "POST", "json": {"a": 1}},
    "a file": {"method": "POST", "files": {"media": ("a.txt", b"hello")}, "data": {"hi": "there"}},
    "nothing": {"method": "POST"},
}


# requests-oauthlib calls every body a form there, and then sends one that nobody can read.
NOT_IN_THE_BODY = ("a GET", "JSON", "a file", "text of another type", "text that doesn't")
ALIKE = [
    pytest.param(way, method, kind, id=f"{way}, {method}, {kind}")
    for way in WAYS
    for method in ("HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "PLAINTEXT")
    for kind in ("auth_header", "AUTH_HEADER", "query", "body")
    if not (kind == "body" and way in NOT_IN_THE_BODY)
]


@pytest.mark.parametrize(("way", "signature_method", "signature_type"), ALIKE)
def test_both_sign_the_same_request_alike(way: str, signature_method: str, signature_type: str) -> None:
    theirs, ours = (
        as_sent(
            library.OAuth1(
                *("key", "secret", "token", "token secret"),
                signature_method=signature_method,
                signature_type=signature_type,
                nonce="abc",
                timestamp="1800000000",
                decoding=None,
            ),
            way,
        )
        for library in LIBRARIES.values()
    )
    assert ours == theirs


def as_sent(auth: Any, way: str) -> dict[str, object]:
    """What `auth` makes of a request, without the order of its parameters."""
    prepared = requests.Request(url="https://a.example/x?kept=1", auth=auth, **WAYS[way]).prepare()
    header = prepared.headers.get("Authorization")
    content_type = prepared.headers.get("Content-Type", "")
    body = prepared.body.decode() if isinstance(prepared.body, bytes) else str(prepared.body or "")
    return {
        "header": sorted(parse_authorization(str(header)).parameters) if header else None,
        "query": sorted(parse_qsl(urlsplit(str(prepared.url)).query, keep_blank_values=True)),
        "form": sorted(parse_qsl(body, keep_blank_values=True)) if "form-url" in content_type else "",
        "type": str(content_type).partition("boundary")[0],
        "length": prepared.headers.get("Content-Length") if way != "a file" else "",
    }


@pytest.mark.parametrize(("decoding", "kind"), [("utf-8", bytes), (None, str)])
def test_the_header_is_octets_unless_it_is_to_be_text(
    library: Library, decoding: str | None, kind: type
) -> None:
    auth = library.OAuth1("key", "secret", decoding=decoding)
    prepared = requests.Request("GET", "https://a.example/x", auth=auth).prepare()
    assert isinstance(prepared.headers["Authorization"], kind)


def test_force_include_body_covers_a_body_that_is_no_form(library: Library) -> None:
    auth = library.OAuth1(
        CONSUMER.key, CONSUMER.secret, HELD.key, HELD.secret, force_include_body=True, decoding=None
    )
    with serving(always(200)) as service:
        headers = {"Content-Type": "application/json"}
        requests.post(f"{service.origin}/x", data='{"a": 1}', headers=headers, auth=auth, timeout=5)
        assert proved(service, service.last).body_signed


def test_keys_may_be_octets_and_the_realm_is_sent(library: Library) -> None:
    auth = library.OAuth1("key", b"secret", b"t\xc3\xa9", b"ts", realm="photos", decoding=None)
    header = requests.Request("GET", "https://a.example/x", auth=auth).prepare().headers["Authorization"]
    parsed = parse_authorization(str(header))
    assert (parsed.realm, dict(parsed.parameters)["oauth_token"]) == ("photos", "té")


def test_what_it_was_given_can_be_read_and_changed_at_client(library: Library) -> None:
    auth = library.OAuth1("k", "s", "t", "ts", "https://c/", "HMAC-SHA256", "query", None, "v", realm="r")
    names = ("client_key", "client_secret", "resource_owner_key", "resource_owner_secret", "callback_uri")
    assert [getattr(auth.client, name) for name in names] == ["k", "s", "t", "ts", "https://c/"]
    assert (auth.client.signature_method, auth.client.signature_type) == ("HMAC-SHA256", "QUERY")
    assert (auth.client.verifier, auth.client.realm, auth.client.rsa_key) == ("v", "r", None)
    auth.client.signature_type = "AUTH_HEADER"
    auth.client.resource_owner_key = "another"
    header = requests.Request("GET", "https://a.example/x", auth=auth).prepare().headers["Authorization"]
    text = header.decode() if isinstance(header, bytes) else header
    sent = dict(parse_authorization(text).parameters)
    assert (sent["oauth_token"], sent["oauth_verifier"], sent["oauth_callback"]) == (
        *("another", "v"),
        "https://c/",
    )


def test_the_token_of_a_session_can_be_read_set_and_lacks_nothing(library: Library) -> None:
    with library.OAuth1Session("k", "s", "t", "ts", verifier="v") as session:
        assert session.token == {"oauth_token": "t", "oauth_token_secret": "ts", "oauth_verifier": "v"}
        session.token = {"oauth_token": "u", "oauth_token_secret": "us", "user_id": "7"}
        assert session.token == {"oauth_token": "u", "oauth_token_secret": "us", "oauth_verifier": "v"}
        assert session.authorized
        with pytest.raises(library.TokenMissing) as caught:
            session.token = {"user_id": "7"}
    assert caught.value.response == {"user_id": "7"}
    assert isinstance(caught.value, ValueError)


def test_an_empty_session_has_no_token(library: Library) -> None:
    with library.OAuth1Session("k") as session:
        assert (session.token, session.authorized) == ({}, False)


def test_authorization_url_keeps_what_is_there_and_encodes_what_it_adds(library: Library) -> None:
    with library.OAuth1Session("k", "s", "t", "ts") as session:
        page = session.authorization_url("https://a.example/a?x=1#f", request_token="é&", foo="b r")
        assert parse_qsl(urlsplit(page).query) == [("x", "1"), ("foo", "b r"), ("oauth_token", "é&")]
        assert urlsplit(page).fragment == "f"
        assert session.authorization_url("https://a.example/a") == "https://a.example/a?oauth_token=t"


@pytest.mark.parametrize("query", ["?denied=t", "?oauth_verifier=v"])
def test_an_address_without_a_token_is_refused(library: Library, query: str) -> None:
    with library.OAuth1Session("k", "s") as session, pytest.raises(library.TokenMissing):
        session.parse_authorization_response(f"https://app.example/{query}")


def test_the_third_leg_needs_a_verifier(library: Library) -> None:
    with library.OAuth1Session("k", "s", "t", "ts") as session:
        with pytest.raises(library.VerifierMissing, match="No client verifier has been set") as caught:
            session.fetch_access_token("https://a.example/t")
        del session._client.client.verifier
        with pytest.raises(library.VerifierMissing):
            session.fetch_access_token("https://a.example/t")
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_a_token_that_is_refused_is_an_error_with_the_answer(library: Library, status: int) -> None:
    refuse = always(status, "oauth_problem=token_rejected&oauth_token_secret=x")
    with serving(refuse) as service, library.OAuth1Session("k", "s") as session:
        with pytest.raises(library.TokenRequestDenied, match=f"{status}.*token_rejected") as caught:
            session.fetch_request_token(f"{service.origin}/r")
    assert caught.value.status_code == caught.value.response.status_code == status
    assert "token_rejected" in caught.value.response.text
    assert isinstance(caught.value, ValueError)


@pytest.mark.abuse("A94")
@pytest.mark.parametrize("body", ["<html>Sorry</html>", "not a form!", "{", "[]", "oauth_token=%zz"])
def test_an_answer_that_is_no_token_is_a_value_error(library: Library, body: str) -> None:
    with serving(always(200, body)) as service, library.OAuth1Session("k", "s") as session:
        with pytest.raises(ValueError):  # noqa: PT011  # each library has its own words
            session.fetch_request_token(f"{service.origin}/r")
        assert session.token == {}


def test_an_answer_in_json_is_read(library: Library) -> None:
    answer = always(200, '{"oauth_token": "t", "oauth_token_secret": "ts", "user_id": "7"}')
    with serving(answer) as service, library.OAuth1Session("k", "s") as session:
        assert session.fetch_request_token(f"{service.origin}/r")["user_id"] == "7"
        assert session.token == {"oauth_token": "t", "oauth_token_secret": "ts"}


def test_a_legs_realm_and_arguments_are_sent(library: Library) -> None:
    answer = always(200, "oauth_token=t&oauth_token_secret=ts")
    with serving(answer) as service, library.OAuth1Session("k", "s") as session:
        session.fetch_request_token(f"{service.origin}/r", realm=["photos", "music"], headers={"X-One": "1"})
        assert parse_authorization(service.last.headers["Authorization"]).realm == "photos music"
        assert service.last.headers["X-One"] == "1"
        session.fetch_access_token(f"{service.origin}/t", verifier="v", data={"a": "1"})
        assert parse_authorization(service.last.headers["Authorization"]).realm is None
        assert service.last.body == b"a=1"
        assert "oauth_verifier" not in session.token


def test_rebuild_auth_signs_anew_what_a_redirect_led_to(library: Library) -> None:
    with library.OAuth1Session("k", "s", "t", "ts") as session:
        prepared = session.prepare_request(requests.Request("GET", "https://a.example/first"))
        before, response = prepared.headers["Authorization"], requests.Response()
        response.request, prepared = prepared, prepared.copy()
        prepared.url = "https://a.example/second"
        session.rebuild_auth(prepared, response)
    assert prepared.headers["Authorization"].startswith(b"OAuth ")
    assert prepared.headers["Authorization"] != before


# -- what is ours alone


@pytest.mark.abuse("A90")
@pytest.mark.parametrize("onward", ["https://b.example/x", "http://a.example/x", "https://a.example:444/x"])
def test_rebuild_auth_bares_what_left_its_origin_and_leaves_other_auths_alone(onward: str) -> None:
    with OAuth1Session("k", "s", "t", "ts") as session:
        prepared = session.prepare_request(requests.Request("GET", "https://a.example/first"))
        response = requests.Response()
        response.request, prepared = prepared, prepared.copy()
        prepared.url = onward
        session.rebuild_auth(prepared, response)
        assert "Authorization" not in prepared.headers

        basic = session.prepare_request(requests.Request("GET", "https://a.example/", auth=("user", "word")))
        response.request = basic
        session.rebuild_auth(basic, response)
        assert str(basic.headers["Authorization"]).startswith("Basic ")


@pytest.mark.parametrize("signature_method", ["RSA-SHA1", "RSA-SHA256", "RSA-SHA512"])
def test_rsa_keys_sign(signature_method: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    store = MemoryStore()
    store.add(Consumer("key", rsa_key=key.public_key()))
    with serving(always(200)) as service:
        session = OAuth1Session("key", signature_method=signature_method, rsa_key=pem.decode())
        with session:
            session.get(f"{service.origin}/x", timeout=5)
            before = session.authorized
            session.token = {"oauth_token": "t"}
            assert (before, session.authorized) == (False, True)
        methods = {"signature_methods": [signature_method], "require_token": False}
        assert proved(service, service.last, store, **methods).consumer


def test_an_oauthlib_client_is_refused_with_what_to_write_instead() -> None:
    class Elsewhere(OAuth1):
        client_class = object

    for make in (
        lambda: OAuth1("k", client_class=object),
        lambda: OAuth1Session("k", client_class=object),
        lambda: Elsewhere("k"),
    ):
        with pytest.raises(Unsignable, match=r"client_class: .*give a valetkey\.Signer"):
            make()


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"signature_type": "nowhere"}, "signature_type"),
        ({"signature_method": "NOPE"}, "signature_method"),
        ({"signature_method": "RSA-SHA1"}, "rsa_key"),
        ({"realm": "a\r\nb"}, "realm"),
    ],
)
def test_what_cannot_be_signed_with_is_said_at_once(arguments: dict[str, Any], what: str) -> None:
    with pytest.raises(Unsignable, match=what):
        OAuth1("k", "s", **arguments)


@pytest.mark.parametrize(
    "arguments", [{"client_secret": "s"}, {"rsa_key": "k"}, {"realm": "r"}, {"force_include_body": True}]
)
def test_a_signer_is_given_alone(arguments: dict[str, Any]) -> None:
    with pytest.raises(Unsignable, match="a Signer has all that it signs with"):
        OAuth1(signer(), **arguments)


def test_a_signer_may_have_a_legs_parameters_beside_it() -> None:
    class Ours(Signer):
        """A signer that signs in its own way is not replaced."""

    auth = OAuth1(Ours(CONSUMER, HELD), verifier="v", nonce="abc", timestamp="1800000000")
    assert isinstance(auth.client.signer, Ours)
    header = requests.Request("GET", "https://a.example/x", auth=auth).prepare().headers["Authorization"]
    sent = dict(parse_authorization(str(header)).parameters)
    assert (sent["oauth_verifier"], sent["oauth_nonce"], sent["oauth_timestamp"]) == (
        "v",
        "abc",
        "1800000000",
    )


@pytest.mark.abuse("A96")
@pytest.mark.parametrize("name", ["callback_uri", "verifier", "client_key", "resource_owner_key", "nonce"])
@pytest.mark.parametrize("placement", ["auth_header", "query", "body"])
def test_a_line_break_in_a_protocol_parameter_is_encoded(name: str, placement: str) -> None:
    arguments: dict[str, Any] = {"client_key": "k", "client_secret": "s"} | {name: 'a\r\nX-Evil: "1"'}
    with serving(always(200)) as service:
        auth = OAuth1(**arguments, signature_type=placement)
        requests.post(f"{service.origin}/x", auth=auth, timeout=5)
    assert "X-Evil" not in service.last.headers
    assert b"a%0D%0AX-Evil%3A%20%221%22" in service.last.octets


@pytest.mark.abuse("A97")
def test_a_sessions_legs_are_not_sent_over_http_to_another_computer() -> None:
    with serving(always(200, "oauth_token=t&oauth_token_secret=ts")) as proxy:
        proxies = {"http": proxy.origin}
        with OAuth1Session("k", "s", "t", "ts") as session:
            with pytest.raises(Unsignable, match="use https"):
                session.fetch_request_token("http://a.example/r", proxies=proxies)
            with pytest.raises(Unsignable, match="use https"):
                session.fetch_access_token("http://a.example/t", "v", proxies=proxies)
        assert proxy.arrived == []
        with OAuth1Session("k", "s", insecure=True) as session:
            assert session.fetch_request_token("http://a.example/r", proxies=proxies)


@pytest.mark.abuse("A91")
def test_a_session_takes_no_strangers_callback() -> None:
    with OAuth1Session("k", "s", "mine", "ts") as session:
        with pytest.raises(TokenMissing, match="another request token"):
            session.parse_authorization_response("https://app/?oauth_token=another&oauth_verifier=v")
        assert session.token == {"oauth_token": "mine", "oauth_token_secret": "ts"}


@pytest.mark.abuse("A94")
@pytest.mark.parametrize(
    "body",
    [
        "oauth_token=t&oauth_token=u&oauth_token_secret=canary",
        "oauth_token_secret=canary",
        '{"oauth_token_secret": "canary"}',
    ],
)
def test_a_token_that_is_doubled_or_missing_is_an_error_that_shows_no_secret(body: str) -> None:
    with serving(always(200, body)) as service, OAuth1Session("k", "s") as session:
        with pytest.raises(ValueError) as caught:  # noqa: PT011  # one of two kinds
            session.fetch_request_token(f"{service.origin}/r")
        assert session.token == {}
    assert "canary" not in str(caught.value)


@pytest.mark.abuse("A94")
@pytest.mark.parametrize("speak", HOSTILE.values(), ids=HOSTILE)
def test_a_sessions_leg_ends_in_time_whatever_the_answer(speak: Speaking) -> None:
    start = time.monotonic()
    with speaking(speak) as origin, OAuth1Session("k", "s") as session:
        with pytest.raises((requests.RequestException, TokenRequestDenied)):
            session.fetch_request_token(f"{origin}/r", timeout=0.5)
    assert time.monotonic() - start < IN_TIME


@pytest.mark.abuse("A90")
@pytest.mark.parametrize("code", CODES)
def test_a_sessions_leg_follows_no_redirect_unless_asked(code: int) -> None:
    with serving(redirecting(code, lambda: "/second")) as service, OAuth1Session("k", "s") as session:
        with pytest.raises(TokenRequestDenied, match=f"it answered {code}"):
            session.fetch_request_token(f"{service.origin}/first")
        assert len(service.arrived) == 1
        with pytest.raises(TokenMissing):
            session.fetch_request_token(f"{service.origin}/first", allow_redirects=True)
        assert len(service.arrived) == 3
