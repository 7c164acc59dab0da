"""What a client adapter asks of the core."""

from typing import Any

import pytest

from tests.wire import FORM, NOW, URL, memory, signer, verify
from valetkey import Clock, Unsignable, Verifier
from valetkey.protocol.header import build_authorization, parse_authorization
from valetkey.signer import Placement
from valetkey.signing import Signing

PLACEMENTS: list[Placement] = ["header", "query", "body"]
TYPE = FORM["Content-Type"]


def signing(**options: Any) -> Signing:
    return Signing(signer(**options))


@pytest.mark.abuse("A95")
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_a_request_that_was_signed_before_is_signed_afresh(placement: Placement) -> None:
    signs, store = signing(placement=placement), memory()
    signed = signs.sign("POST", f"{URL}?q=1", content_type=TYPE, body="a=1", timestamp=NOW)
    for _ in range(3):
        proved = verify(Verifier(store), signed)
        assert proved.parameters == (("q", "1"), ("a", "1"))
        signed = signs.sign(
            "POST",
            signed.url,
            content_type=TYPE,
            authorization=signed.headers.get("Authorization"),
            body=signed.body,
            timestamp=NOW,
        )


def test_its_headers_are_those_that_signing_adds_and_the_type() -> None:
    signed = signing().sign("POST", URL, content_type="application/json", body=b"{}")
    assert list(signed.headers) == ["Content-Type", "Authorization"]


def test_another_kind_of_authorization_is_not_replaced() -> None:
    with pytest.raises(Unsignable, match="there is an Authorization header already"):
        signing().sign("GET", URL, authorization="Bearer x")


def test_an_authorization_of_another_consumer_is_replaced() -> None:
    theirs = build_authorization([("oauth_consumer_key", "another")])
    signed = signing().sign("GET", URL, authorization=theirs)
    assert dict(parse_authorization(signed.headers["Authorization"]).parameters)["oauth_signature"]


@pytest.mark.parametrize(
    ("content_type", "options", "reason"),
    [
        (TYPE, {}, "a form must be given as octets"),
        (f"{TYPE}; charset=latin-1", {}, "charset"),
        ("image/png", {"body_hash": True}, "body_hash covers what is known beforehand"),
        (None, {"body_hash": True}, "body_hash covers what is known beforehand"),
    ],
)
def test_a_body_that_would_have_to_be_read_is_refused(
    content_type: str | None, options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Unsignable, match=reason):
        signing(**options).sign("POST", URL, content_type=content_type, streamed=True)


@pytest.mark.rule(3)
@pytest.mark.parametrize(
    ("url", "insecure", "sent"),
    [
        ("https://a.example/", False, True),
        ("http://localhost:8000/", False, True),
        ("http://a.example/", False, False),
        ("http://a.example/", True, True),
    ],
)
def test_plaintext_needs_a_private_channel_or_to_be_told(url: str, insecure: bool, sent: bool) -> None:
    signs = Signing(signer(signature_method="PLAINTEXT"), insecure=insecure)
    if sent:
        assert signs.sign("GET", url)
    else:
        with pytest.raises(Unsignable, match="everybody on the way"):
            signs.sign("GET", url)


SIGNED = "oauth_consumer_key=k&oauth_nonce=n&oauth_signature=s"


@pytest.mark.abuse("A90")
@pytest.mark.parametrize(
    ("url", "bare"),
    [
        (f"https://a/?q=1&{SIGNED}&z", "https://a/?q=1&z"),
        (f"https://a/?{SIGNED}", "https://a/?"),
        ("https://a/?oauth_token=t", "https://a/?oauth_token=t"),
        ("https://a/?oauth_signature_method=x", "https://a/?oauth_signature_method=x"),
        ("https://a/x", "https://a/x"),
    ],
)
def test_only_a_whole_signature_is_taken_from_an_address(url: str, bare: str) -> None:
    assert signing(placement="query").unsigned(url) == bare
    assert signing().unsigned(url) == url, "signed in the header, an address holds none of ours"


@pytest.mark.abuse("A90")
def test_a_signature_is_taken_from_a_form() -> None:
    form = f"a=%C3%A9&{SIGNED}&b=\xff".encode("latin-1")
    assert signing(placement="body").unsigned_form(form) == "a=%C3%A9&b=\xff".encode("latin-1")
    assert signing(placement="body").unsigned_form(None) is None
    assert signing().unsigned_form(form) == form


@pytest.mark.abuse("A90")
@pytest.mark.parametrize(
    ("onward", "stays"),
    [
        ("https://A.example:443/y", True),
        ("https://user@a.example/y", True),
        ("http://a.example/x", False),
        ("https://a.example:8443/x", False),
        ("https://b.example/x", False),
        ("https://a.example.b.example/x", False),
        ("https://sub.a.example/x", False),
        ("/y", False),
        ("https://[oops", False),
    ],
)
def test_a_signature_goes_along_within_an_origin_only(onward: str, stays: bool) -> None:
    assert signing().stays("https://a.example/x", onward) is stays


def test_a_refusal_is_worth_another_try_where_it_set_the_clock() -> None:
    clock = Clock(time=lambda: NOW - 3600)
    signs = Signing(signer(), clock=clock)
    date = {"Date": "Fri, 15 Jan 2027 08:00:00 GMT"}
    assert not signs.again(URL, 403, date)
    assert clock.offset == 0
    assert signs.again(URL, 401, date)
    assert not signs.again(URL, 401, date), "the clock is right now: something else was wrong"
    assert dict(signs.sign("GET", URL).parameters)["oauth_timestamp"] == str(NOW)
    assert not Signing(signer()).again(URL, 401, date)
