"""The quick way gives what the plain way gives, or nothing."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vectors import rsa_key
from tests.wire import CONSUMER, FORM, HELD
from valetkey import Consumer, Headers, MemoryStore, Parameter, Refused, Signed, Signer, Unsignable, Verifier
from valetkey.protocol.base_string import base_string, base_string_uri
from valetkey.protocol.header import parse_authorization
from valetkey.protocol.origin import Url
from valetkey.protocol.parameters import collect, normalise
from valetkey.quick import read

JSON = {"Content-Type": "application/json"}
PIECES = [
    "a",
    "b",
    "=",
    "&",
    "+",
    "%20",
    "%C3%A9",
    "%c3",
    "%41",
    "é",
    " ",
    "!",
    "oauth_",
    "~",
    ";",
    "%",
    "%00",
    "#",
    "?",
    "/",
]
TEXT = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
URLS = st.tuples(
    st.sampled_from(
        ["http://a.example", "HTTPS://A.example:443", "http://[::1]:8000", "https://u:p@b.example", "nowhere"]
    ),
    st.sampled_from(["", "/", "/p", "/p/~x", "/%7E", "/ö", "//", "/p?", "/?", "?", "#"]),
    TEXT,
).map("".join)


def fresh() -> MemoryStore:
    store = MemoryStore()
    store.add(CONSUMER, HELD)
    return store


def parts(signed: Signed) -> dict[str, Any]:
    names = ("method", "url", "headers", "body", "base_string", "signature", "parameters")
    return {name: getattr(signed, name) for name in names}


def plainly(signer: Signer, quick: Signed, *request: str, **options: Any) -> Signed:
    """The same request, signed the plain way: by a signer that is given nonce and timestamp."""
    oauth = dict(quick.parameters)
    options |= {"nonce": oauth["oauth_nonce"], "timestamp": oauth["oauth_timestamp"]}
    method, url = request
    return signer.sign(method, url, **options)


@settings(max_examples=300)
@given(
    st.sampled_from(["GET", "POST", "get", "PURGE", "", "A B"]),
    URLS,
    st.sampled_from(
        [None, FORM, JSON, {"X": "1"}, {"content-type": FORM["Content-Type"]}, {"X": "a\nb"}, [("A", "1")]]
    ),
    st.one_of(st.none(), TEXT, TEXT.map(str.encode)),
    st.sampled_from(
        [Signer(CONSUMER, HELD), Signer(CONSUMER, realm='a "b"'), Signer(CONSUMER, HELD, version=False)]
    ),
)
def test_whatever_is_signed_quickly_is_signed_so_plainly(
    method: str, url: str, headers: Any, body: Any, signer: Signer
) -> None:
    try:
        made = signer.sign(method, url, headers=headers, body=body)
    except Unsignable:
        with pytest.raises(Unsignable):
            signer.sign(method, url, headers=headers, body=body, nonce="n")
        return
    assert parts(made) == parts(plainly(signer, made, method, url, headers=headers, body=body))


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA256", "PLAINTEXT"])
def test_each_method_goes_the_quick_way(method: str) -> None:
    consumer = Consumer(
        CONSUMER.key, "a secret with & and é" * 9, rsa_key=rsa_key("mastercard", "private_pem")
    )
    signer = Signer(consumer, HELD, signature_method=method)
    request = ("POST", "https://a.example/p?b=2")
    made = signer.sign(*request, headers=FORM, body="a=1&c=%C3%A9")
    assert made._quick is not None
    assert parts(made) == parts(plainly(signer, made, *request, headers=FORM, body="a=1&c=%C3%A9"))


@pytest.mark.parametrize("key", ["~", "~~n~~", "nts~", "%7E"])
def test_a_key_that_looks_like_the_marks_within_does_no_harm(key: str) -> None:
    signer = Signer(Consumer(key, "s"), HELD, realm=key)
    made = signer.sign("GET", "https://a.example/")
    assert made._quick is not None
    assert parts(made) == parts(plainly(signer, made, "GET", "https://a.example/"))


def plain_reading(method: str, url: str, headers: Any, body: bytes | None) -> tuple[dict[str, str], str]:
    fields = Headers(headers)
    form = body if fields.get("Content-Type") == FORM["Content-Type"] else None
    header = parse_authorization(fields["Authorization"]).parameters
    everything = collect(query=Url(url).query, header=header, form=form)
    text = base_string(method, base_string_uri(url), normalise(everything))
    return {item.name: item.value for item in everything if item.name.startswith("oauth_")}, text


HEADERS = st.tuples(
    st.sampled_from(["OAuth ", "oauth  ", 'OAuth realm="x",', 'OAuth realm="\\", ']),
    st.lists(
        st.tuples(
            st.sampled_from(
                ["oauth_nonce", "oauth_token", "oauth_signature", "oauth_x", "other", "oauth%5Fnonce"]
            ),
            st.sampled_from(["a", "%2F%3D", "%C3%A9", "%c3", "é", "", "a b", "%41"]),
        ),
        max_size=4,
    ).map(lambda pairs: ", ".join(f'{name}="{value}"' for name, value in pairs)),
).map("".join)


@settings(max_examples=400)
@given(
    st.sampled_from(["GET", "POST"]), URLS, HEADERS, st.one_of(st.none(), TEXT.map(str.encode)), st.booleans()
)
def test_whatever_is_read_quickly_is_read_so_plainly(
    method: str, url: str, authorization: str, body: bytes | None, is_form: bool
) -> None:
    headers = {"Authorization": authorization, **(FORM if is_form else {})}
    found = read(method, url, headers, body, 1_000_000, 1_000)
    if found is not None:
        assert found[:2] == plain_reading(method, url, headers, body)
        assert found[2:] == (authorization, is_form, is_form)


def test_a_usual_request_is_read_quickly_in_each_shape_of_headers() -> None:
    made = Signer(CONSUMER, HELD).sign("POST", "https://a.example/p?b=2", headers=FORM, body="a=1")
    for headers in (made.headers, dict(made.headers), list(made.headers.pairs)):
        assert read(made.method, made.url, headers, made.body, 1_000_000, 1_000) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"headers": [("Authorization", "OAuth a"), ("authorization", "OAuth b")]},
        {"headers": iter([("Authorization", "OAuth a")])},
        {"headers": None},
        {"headers": {"Authorization": "Basic eDp5"}},
        {"method": "PURGE"},
        {"url": "https://a.example"},
        {"url": "https://a.example/?oauth_token=x"},
        {"max_parameters": 6},
        {"max_octets": 10},
    ],
    ids=range(9),
)
def test_another_request_is_left_to_the_plain_way(change: dict[str, Any]) -> None:
    made = Signer(CONSUMER, HELD).sign("GET", "https://a.example/p?b=2")
    usual: dict[str, Any] = {"method": made.method, "url": made.url, "headers": made.headers, "body": None}
    limits: dict[str, Any] = {"max_octets": 1_000_000, "max_parameters": 1_000}
    assert read(**usual, **limits) is not None
    assert read(**{**usual, **limits, **change}) is None


def test_a_form_is_read_quickly_up_to_the_very_limits() -> None:
    body = "&".join(f"field_{number:03}={'x' * 100}" for number in range(900)).encode()
    made = Signer(CONSUMER, HELD).sign("POST", "https://a.example/p?b=2", headers=FORM, body=body)
    request = (made.method, made.url, made.headers, made.body)
    found = read(*request, len(body), 906)
    assert found is not None
    assert found[1] == made.base_string
    assert read(*request, len(body) - 1, 906) is None
    assert read(*request, len(body), 905) is None


def test_what_was_read_quickly_is_told_in_full_when_somebody_asks() -> None:
    store = fresh()
    made = Signer(CONSUMER, HELD).sign("POST", "https://a.example/p?b=2", headers=FORM, body="a=1&b=3")
    verified = Verifier(store).verify(made.method, made.url, headers=made.headers, body=made.body)
    assert sorted(verified.parameters) == [("a", "1"), ("b", "2"), ("b", "3")]
    assert verified.oauth == {name: value for name, value in made.parameters if name.startswith("oauth_")}


def test_a_refusal_of_what_was_read_quickly_knows_the_parameters_with_their_sources() -> None:
    store = fresh()
    made = Signer(Consumer(CONSUMER.key, "another"), HELD).sign(
        "POST", "https://a.example/?b=2", headers=FORM, body="a=1"
    )
    with pytest.raises(Refused) as caught:
        Verifier(store).verify(made.method, made.url, headers=made.headers, body=made.body)
    case = caught.value.case
    assert case is not None
    sources = {item.name: item.source for item in case.parameters if isinstance(item, Parameter)}
    assert (sources["a"], sources["b"], sources["oauth_nonce"]) == ("form", "query", "header")


def test_what_was_signed_stays_as_it_was_whatever_becomes_of_the_headers_that_were_given() -> None:
    headers = {"Content-Type": "application/json", "X": "1"}
    made = Signer(CONSUMER, HELD).sign("POST", "https://a.example/p", headers=headers, body="{}")
    headers["X"] = "2"
    headers["Y"] = "a\nb"
    assert [*made.headers] == ["Content-Type", "X", "Authorization"]
    assert made.headers["X"] == "1"


@pytest.mark.abuse("A01")
def test_what_was_proved_stays_as_it_was_whatever_becomes_of_the_headers_that_were_given() -> None:
    made = Signer(CONSUMER, HELD).sign("POST", "https://a.example/p?b=2", headers=FORM, body="a=1")
    for headers in (dict(made.headers), list(made.headers.pairs)):
        verified = Verifier(fresh()).verify(made.method, made.url, headers=headers, body=made.body)
        headers.clear()
        assert sorted(verified.parameters) == [("a", "1"), ("b", "2")]
        assert verified.oauth["oauth_token"] == HELD.key


@pytest.mark.abuse("A01")
def test_octets_that_somebody_may_change_are_left_to_the_plain_way() -> None:
    made = Signer(CONSUMER, HELD).sign("POST", "https://a.example/p", headers=FORM, body="a=1")
    body: Any = bytearray(b"a=1")
    assert read(made.method, made.url, made.headers, body, 1_000_000, 1_000) is None
    headers = [("Authorization", made.headers["Authorization"]), *FORM.items()]
    assert read(made.method, made.url, headers, made.body, 1_000_000, 1_000) is not None
