"""What oauthlib, requests-oauthlib and Authlib do otherwise than the RFC, each with a request that shows it,
and what Valetkey does with that request.

docs/peers.md has a row for each of these tests. When one fails because a library was mended, delete the test,
its row, and its predicate in test_differential.py.
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import oauthlib.oauth1
import pytest
import requests
import requests_oauthlib
from authlib.integrations.django_oauth1 import ResourceProtector, nonce
from authlib.integrations.httpx_client import OAuth1Client
from authlib.oauth1 import ClientAuth
from authlib.oauth1.rfc5849.errors import OAuth1Error
from django.conf import settings
from django.test import RequestFactory, override_settings

import valetkey.httpx
from tests import reading
from tests.clients import redirecting
from tests.interop.peers import Authlib, AuthlibClient, AuthlibToken, Oauthlib, over_http
from tests.loopback import Arrived, always, serving
from tests.reading import Sent
from tests.wire import CONSUMER, FORM, HELD, TOKEN, memory, signer
from valetkey import AccessToken, Consumer, Headers, MemoryStore, Refused, Signed, Signer, Verifier
from valetkey.protocol.header import parse_authorization
from valetkey.protocol.signatures import body_hash
from valetkey.requests import OAuth1, OAuth1Session, TokenMissing

URL = "https://api.example/birds"
both = pytest.mark.parametrize("peer", [Oauthlib, Authlib], ids=["oauthlib", "Authlib"])


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")


# -- one request, judged by both sides


def accepts(peer: Any, signed: Signed, consumer: Consumer = CONSUMER, token: AccessToken = HELD) -> bool:
    """What a verifier of theirs says, or raises."""
    return bool(peer(consumer, token).accepts(signed))


def verdict(signed: Signed, store: MemoryStore | None = None, **options: Any) -> str:
    """What ours says: "verified", or the problem."""
    verifier: Verifier[Any, Any] = Verifier(store or memory(time.time), **options)
    try:
        verifier.verify(signed.method, signed.url, headers=signed.headers, body=signed.body)
    except Refused as refused:
        return refused.problem
    return "verified"


def protocol(**others: str) -> str:
    """The protocol parameters of a header, as they are written there."""
    given = {
        "oauth_consumer_key": CONSUMER.key,
        "oauth_token": TOKEN.key,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(int(time.time())),
        "oauth_nonce": "n",
        **others,
    }
    return ", ".join(f'{name}="{value}"' for name, value in given.items())


def by_hand(header: str, url: str = URL, *, text_of: Callable[[Signed], str] | None = None) -> Signed:
    """A request with this header and the signature of its base string: the RFC's, or that of `text_of`."""
    bare = changed(sign(), url=url, headers={"Authorization": header})
    if text_of is None:
        text = reading.base_string(Sent(bare.method, bare.url, header))
    else:
        text = text_of(bare)
    signature = reading.encoded(reading.signature("HMAC-SHA1", text, CONSUMER.secret, TOKEN.secret).encode())
    return changed(
        bare, headers={**bare.headers, "Authorization": f'{header}, oauth_signature="{signature}"'}
    )


def sign(method: str = "GET", url: str = URL, **options: Any) -> Signed:
    return signer().sign(method, url, **options)


def changed(
    signed: Signed, *, url: str | None = None, headers: Any = None, body: bytes | None = None
) -> Signed:
    """`signed`, with something else in its place."""
    fields = signed.headers if headers is None else Headers(headers)
    return Signed(signed.method, url or signed.url, fields, body or signed.body, "", signed.signature, ())


def replaced(signed: Signed, old: str, new: str) -> Signed:
    """`signed` with another text in its header."""
    header = signed.headers["Authorization"]
    assert old in header
    return changed(signed, headers={**signed.headers, "Authorization": header.replace(old, new)})


# -- what is signed


@both
@pytest.mark.parametrize(
    ("form", "ours"),
    [
        ("status=evil&x=%zz", "parameter_rejected"),
        ("a b=c", "signature_invalid"),
        ("é=1", "signature_invalid"),
        ("ids[]=1", "signature_invalid"),
    ],
)
def test_a_form_that_they_cannot_read_is_left_out(peer: Any, form: str, ours: str) -> None:
    without = sign("POST")
    added = changed(without, headers={**without.headers, **FORM}, body=form.encode())
    assert accepts(peer, added)
    assert verdict(added) == ours


def test_a_content_type_in_capitals_is_no_form() -> None:
    without = sign("POST")
    capitals = {"Content-Type": FORM["Content-Type"].upper()}
    added = changed(without, headers={**without.headers, **capitals}, body=b"status=evil")
    assert accepts(Oauthlib, added)
    assert verdict(added) == "signature_invalid"
    right = sign("POST", headers=capitals, body=b"status=hello")
    assert not accepts(Oauthlib, right)
    assert verdict(right) == "verified"


@both
def test_octets_that_are_no_utf8_can_be_exchanged(peer: Any) -> None:
    one = by_hand(f"OAuth {protocol()}", f"{URL}?q=%FF", text_of=peer.base_string)
    other = changed(one, url=f"{URL}?q=%FE")
    assert accepts(peer, one)
    assert accepts(peer, other)
    assert {verdict(one), verdict(other)} == {"parameter_rejected"}


@both
@pytest.mark.parametrize(
    ("header", "url"),
    [({}, f"{URL}?q=100%"), ({"oauth_nonce": "100%"}, URL), ({"oauth_nonce": "%zz"}, URL)],
    ids=["at the end of the query", "at the end of a header's value", "in a header's value"],
)
def test_a_broken_escape_is_taken_for_text(peer: Any, header: dict[str, str], url: str) -> None:
    broken = by_hand(f"OAuth {protocol(**header)}", url, text_of=peer.base_string)
    assert accepts(peer, broken)
    assert verdict(broken) == "parameter_rejected"


@both
def test_brackets_are_no_query(peer: Any) -> None:
    signed = sign(url=f"{URL}?ids[]=1")
    with pytest.raises(ValueError, match="non urlencoded"):
        accepts(peer, signed)
    assert verdict(signed) == "verified"


@pytest.mark.parametrize("character", ["'", "$"])
def test_an_apostrophe_or_a_dollar_is_no_query(character: str) -> None:
    signed = sign(url=f"{URL}?q={character}")
    with pytest.raises(ValueError, match="non urlencoded"):
        accepts(Authlib, signed)
    assert verdict(signed) == "verified"


@both
def test_a_realm_in_the_query_is_not_signed(peer: Any) -> None:
    realm = signer(realm="Photos")
    without = realm.sign("GET", URL)
    added = changed(without, url=f"{URL}?realm=another")
    assert accepts(peer, added)
    assert verdict(added) == "signature_invalid"
    right = realm.sign("GET", f"{URL}?realm=a")
    assert not accepts(peer, right)
    assert verdict(right) == "verified"


@both
@pytest.mark.parametrize("placement", ["header", "query"])
def test_protocol_parameters_are_decoded_twice(peer: Any, placement: Any) -> None:
    consumer, token = Consumer("heron", "secret"), AccessToken("100%25", "token secret")
    store = MemoryStore()
    store.add(consumer, token)
    signed = Signer(consumer, token, placement=placement).sign("GET", URL)
    only_elsewhere = peer is Oauthlib and placement == "header"
    assert accepts(peer, signed, consumer, token) is only_elsewhere
    assert verdict(signed, store) == "verified"


def test_other_parameters_of_the_header_are_not_decoded() -> None:
    signed = by_hand(f'OAuth {protocol()}, x="a%20b"')
    assert not accepts(Oauthlib, signed)
    assert verdict(signed) == "verified"


@both
def test_a_realm_in_capitals_is_signed(peer: Any) -> None:
    signed = by_hand(f'OAuth REALM="Photos", {protocol()}')
    assert not accepts(peer, signed)
    assert verdict(signed) == "verified"


def test_an_ipv6_address_keeps_its_default_port() -> None:
    signed = sign(url="https://[::1]:443/birds")
    assert not accepts(Authlib, signed)
    assert verdict(signed) == "verified"


def test_an_ipv6_address_is_rewritten() -> None:
    signed = sign(url="https://[2001:0db8::1]/birds")
    assert not accepts(Oauthlib, signed)
    assert verdict(signed) == "verified"


def test_user_and_password_stay_in_the_uri() -> None:
    signed = sign(url="https://user:password@api.example/birds")
    assert not accepts(Authlib, signed)
    assert verdict(signed) == "verified"


def test_an_empty_port_stays_in_the_uri() -> None:
    signed = sign(url="https://api.example:/birds")
    assert not accepts(Authlib, signed)
    assert verdict(signed) == "verified"


@both
def test_a_semicolon_at_the_end_of_a_path_is_lost(peer: Any) -> None:
    without = sign()
    added = changed(without, url=f"{URL};")
    assert accepts(peer, added)
    assert verdict(added) == "signature_invalid"
    right = sign(url=f"{URL};")
    assert not accepts(peer, right)
    assert verdict(right) == "verified"


# -- what is verified


@both
def test_a_parameter_twice_in_the_header_counts_once(peer: Any) -> None:
    twice = replaced(sign(), "OAuth ", 'OAuth oauth_token="another", ')
    assert accepts(peer, twice)
    assert verdict(twice) == "parameter_rejected"


def test_a_parameter_twice_in_the_query_is_accepted() -> None:
    header = parse_authorization(f"OAuth {protocol()}").parameters
    pairs = "&".join(f"{name}={reading.encoded(value.encode())}" for name, value in header)
    url = f"{URL}?oauth_token=another&{pairs}"
    signature = reading.signature(
        "HMAC-SHA1", reading.base_string(Sent("GET", url)), CONSUMER.secret, TOKEN.secret
    )
    twice = changed(sign(), url=f"{url}&oauth_signature={reading.encoded(signature.encode())}", headers={})
    assert accepts(Authlib, twice)
    assert verdict(twice) == "parameter_rejected"


@both
def test_a_value_without_quotation_marks_is_accepted(peer: Any) -> None:
    bare = replaced(sign(), 'oauth_version="1.0"', "oauth_version=1.0")
    assert accepts(peer, bare)
    assert verdict(bare) == "parameter_rejected"


@both
@pytest.mark.parametrize("header", ["OAuth oauth_token", "OAuth", 'Basic b2F1dGg=, oauth_token="t"'])
def test_a_malformed_header_ends_in_a_value_error(peer: Any, header: str) -> None:
    malformed = changed(sign(), headers={"Authorization": header})
    with pytest.raises(ValueError, match="Malformed authorization header"):
        accepts(peer, malformed)
    assert verdict(malformed) in ("parameter_rejected", "parameter_absent")


def test_a_signature_outside_ascii_ends_in_a_type_error() -> None:
    odd = replaced(sign(), 'oauth_signature="', 'oauth_signature="%C3%A9')
    with pytest.raises(TypeError, match="non-ASCII"):
        accepts(Authlib, odd)
    assert verdict(odd) == "signature_invalid"


def test_another_version_is_accepted() -> None:
    other = by_hand(f"OAuth {protocol(oauth_version='2.0')}")
    assert accepts(Authlib, other)
    assert verdict(other) == "version_rejected"


def test_a_timestamp_a_year_ahead_is_accepted() -> None:
    ahead = sign(timestamp=int(time.time()) + 365 * 24 * 3600)
    assert accepts(Authlib, ahead)
    assert verdict(ahead) == "timestamp_refused"


FULL_WIDTH = {ord(str(digit)): 0xFF10 + digit for digit in range(10)}


@both
def test_a_timestamp_in_other_digits_is_accepted(peer: Any) -> None:
    now = str(int(time.time())).translate(FULL_WIDTH)
    odd = by_hand(f"OAuth {protocol(oauth_timestamp=reading.encoded(now.encode()))}")
    assert accepts(peer, odd)
    assert verdict(odd) == "parameter_rejected"


def test_plaintext_without_timestamp_and_nonce_is_refused() -> None:
    signature = reading.encoded(reading.signature("PLAINTEXT", "", CONSUMER.secret, TOKEN.secret).encode())
    header = (
        f'OAuth oauth_consumer_key="{CONSUMER.key}", oauth_token="{TOKEN.key}",'
        f' oauth_signature_method="PLAINTEXT", oauth_signature="{signature}"'
    )
    plain = changed(sign(), headers={"Authorization": header})
    assert not accepts(Oauthlib, plain)
    assert accepts(Authlib, plain)
    assert verdict(plain, signature_methods=["PLAINTEXT"]) == "verified"


@both
def test_a_wrong_signature_spends_the_nonce(peer: Any) -> None:
    store, service = memory(time.time), peer(CONSUMER, HELD)
    right = sign()
    wrong = replaced(right, 'oauth_signature="', 'oauth_signature="x')
    assert not service.accepts(wrong)
    assert not service.accepts(right)
    assert [verdict(wrong, store), verdict(right, store)] == ["signature_invalid", "verified"]


def test_two_requests_at_once_claim_one_nonce(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cache(dict[str, int]):
        """Django's cache, where another request comes between the question and the claim."""

        between: Callable[[], None] | None = None

        def set(self, key: str, value: int, timeout: int) -> None:
            self[key] = value

        def get(self, key: str) -> int | None:  # type: ignore[override]  # that of a cache takes no more
            found, between, self.between = super().get(key), self.between, None
            if between:
                between()
            return found

    cache, known = Cache(), []

    class Request:
        timestamp, client_id, token = "1", "c", "t"

    def claim() -> None:
        known.append(nonce.exists_nonce_in_cache("n", Request, 300))

    cache.between = claim
    monkeypatch.setattr(nonce, "cache", cache)
    claim()
    assert known == [False, False], "both are told that nobody has used it"
    store = memory(time.time)
    claims = [store.claim_nonce("c", "t", 1, "n", until=time.time() + 300) for _ in range(2)]
    assert claims == [True, False]


# -- Authlib's adapter for Django


class DjangoProtector(ResourceProtector):  # type: ignore[misc]  # Authlib has no types
    """For one consumer and one token, without a database."""

    def __init__(self) -> None:
        super().__init__(None, None)

    def get_client_by_id(self, client_id: str) -> AuthlibClient:
        return AuthlibClient(CONSUMER)

    def get_token_credential(self, request: object) -> AuthlibToken:
        return AuthlibToken(HELD)

    def exists_nonce(self, nonce: str, request: object) -> bool:
        return False


@pytest.fixture
def django() -> Iterator[Callable[[Signed], bool]]:
    """Whether a view of Django that Authlib protects lets a request in."""
    if not settings.configured:
        settings.configure()

    def lets_in(signed: Signed) -> bool:
        fields = dict(signed.headers)
        content_type = fields.pop("Content-Type", "")
        made = RequestFactory().generic(
            signed.method, signed.url, signed.body or b"", content_type, headers=fields
        )
        try:
            DjangoProtector().acquire_credential(made)
        except OAuth1Error:
            return False
        return True

    with override_settings(ALLOWED_HOSTS=["testserver"]), over_http():
        yield lets_in


HERE = "http://testserver/birds"


def test_in_django_a_name_that_stands_twice_is_read_once(django: Callable[[Signed], bool]) -> None:
    signed = sign("POST", HERE, headers=FORM, body=b"id=1&id=2")
    assert not django(signed)
    assert verdict(signed) == "verified"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_in_django_only_the_form_of_a_post_is_signed(method: str, django: Callable[[Signed], bool]) -> None:
    without = sign(method, HERE)
    added = changed(without, headers={**without.headers, **FORM}, body=b"status=evil")
    assert django(added)
    assert verdict(added) == "signature_invalid"


def test_in_django_the_parts_of_a_multipart_are_signed(django: Callable[[Signed], bool]) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
    signed = sign("POST", HERE, headers={"Content-Type": "multipart/form-data; boundary=x"}, body=part)
    assert not django(signed)
    assert verdict(signed) == "verified"


# -- what is sent


def test_json_is_sent_as_an_empty_body() -> None:
    with serving(always(200)) as service:
        with OAuth1Client(CONSUMER.key, CONSUMER.secret) as client:
            client.post(f"{service.origin}/x", json={"a": 1})
        assert service.last.body == b""
        with httpx2.Client(auth=valetkey.httpx.OAuth1(signer())) as ours:
            ours.post(f"{service.origin}/x", json={"a": 1})
        assert json.loads(service.last.body) == {"a": 1}


@pytest.mark.parametrize("placement", ["query", "body"])
def test_what_its_client_cannot_read_is_not_sent(placement: Any) -> None:
    url, form = (f"{URL}?q=it's", "a=1") if placement == "query" else (URL, "q=it's")
    client = ClientAuth(CONSUMER.key, CONSUMER.secret, signature_type=placement.upper())
    theirs = client.sign("POST", url, dict(FORM), form)
    assert "it" not in (theirs[0] if placement == "query" else theirs[2]).replace("signature", "")
    ours = signer(placement=placement).sign("POST", url, headers=FORM, body=form)
    assert "q=it's" in (ours.url if placement == "query" else (ours.body or b"").decode())


def test_a_form_in_a_get_or_with_a_charset_is_not_signed() -> None:
    client = oauthlib.oauth1.Client(CONSUMER.key, CONSUMER.secret, TOKEN.key, TOKEN.secret)
    charset = {"Content-Type": f"{FORM['Content-Type']}; charset=UTF-8"}
    for method, headers in (("GET", FORM), ("POST", charset)):
        with pytest.raises(ValueError, match=r"should not include body|Body contains parameters"):
            client.sign(URL, method, "a=1", headers)
        assert verdict(sign(method, headers=headers, body="a=1")) == "verified"


def theirs_with_realm(peer: Any, realm: str) -> str:
    """The header that a client of theirs makes."""
    if peer is Oauthlib:
        _, headers, _ = oauthlib.oauth1.Client(CONSUMER.key, CONSUMER.secret, realm=realm).sign(URL)
    else:
        _, headers, _ = ClientAuth(CONSUMER.key, CONSUMER.secret, realm=realm).sign("GET", URL, {}, "")
    return str(headers["Authorization"])


@both
def test_a_realm_with_a_quotation_mark_breaks_the_header(peer: Any) -> None:
    realm = 'x", oauth_token="another'
    assert 'oauth_token="another"' in theirs_with_realm(peer, realm)
    ours = parse_authorization(signer(realm=realm).sign("GET", URL).headers["Authorization"])
    assert (ours.realm, dict(ours.parameters)["oauth_token"]) == (realm, TOKEN.key)


def test_a_body_hash_is_sha1_whatever_the_method() -> None:
    client = oauthlib.oauth1.Client(CONSUMER.key, CONSUMER.secret, signature_method="HMAC-SHA256")
    _, headers, _ = client.sign(URL, "POST", "{}", {"Content-Type": "text/plain"})
    theirs = dict(parse_authorization(headers["Authorization"]).parameters)["oauth_body_hash"]
    ours = dict(
        signer(signature_method="HMAC-SHA256", body_hash=True).sign("POST", URL, body="{}").parameters
    )
    assert theirs == body_hash("HMAC-SHA1", b"{}")
    assert ours["oauth_body_hash"] == body_hash("HMAC-SHA256", b"{}")


# -- requests-oauthlib


def test_a_session_signs_for_another_origin() -> None:
    with serving(always(200)) as other, serving(redirecting(302, lambda: f"{other.origin}/there")) as service:
        for library, goes in ((requests_oauthlib.OAuth1Session, True), (OAuth1Session, False)):
            with library(CONSUMER.key, CONSUMER.secret, HELD.key, HELD.secret) as session:
                session.get(f"{service.origin}/first", timeout=5)
            assert ("Authorization" in other.last.headers) is goes


def test_a_redirect_carries_the_old_signature() -> None:
    with serving(redirecting(302, lambda: "/second")) as service:
        for library, fresh in ((requests_oauthlib.OAuth1, False), (OAuth1, True)):
            auth = library(CONSUMER.key, CONSUMER.secret, HELD.key, HELD.secret)
            requests.get(f"{service.origin}/first", auth=auth, timeout=5)
            first, second = (nonce_of(arrived) for arrived in service.arrived[-2:])
            assert (first != second) is fresh


def nonce_of(arrived: Arrived) -> str:
    return dict(parse_authorization(arrived.headers["Authorization"]).parameters)["oauth_nonce"]


def test_a_callback_for_another_request_token_is_taken() -> None:
    stranger = "https://app.example/?oauth_token=another&oauth_verifier=v"
    with requests_oauthlib.OAuth1Session("k", "s", "mine", "ts") as theirs:
        theirs.parse_authorization_response(stranger)
        assert theirs.token["oauth_token"] == "another"
    with (
        OAuth1Session("k", "s", "mine", "ts") as ours,
        pytest.raises(TokenMissing, match="another request token"),
    ):
        ours.parse_authorization_response(stranger)
