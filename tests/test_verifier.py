"""Verifying one request."""

import copy
import hmac
import random
import re
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.vectors import rsa_key
from tests.wire import (
    CONSUMER,
    FORM,
    HELD,
    NOW,
    URL,
    Clock,
    awaited,
    forged,
    memory,
    problem,
    refusal,
    run,
    sign,
    signer,
    tapped,
    together,
    verify,
)
from tests.wire import TOKEN as TOKEN
from valetkey import AccessToken, Consumer, Headers, MemoryStore, Refused, Signed, Signer, Verified, Verifier
from valetkey.protocol.base_string import base_string_uri
from valetkey.protocol.encoding import Malformed, form_decode, form_encode, percent_encode
from valetkey.protocol.errors import STATUS
from valetkey.protocol.header import build_authorization, parse_authorization
from valetkey.protocol.origin import Url
from valetkey.protocol.parameters import collect, is_form
from valetkey.protocol.signatures import METHODS, Key, body_hash
from valetkey.signer import Placement
from valetkey.stores.memory import MemoryToken

JSON = {"Content-Type": "application/json"}
PLACES = ["header", "query", "body"]
PLACEMENTS: list[Placement] = ["header", "query", "body"]


# -- what is proved


def test_a_verified_request_holds_the_very_objects_of_the_store() -> None:
    store = memory()
    verified = verify(Verifier(store), sign())
    assert (verified.consumer, verified.token) == store.find(CONSUMER.key, HELD.key)
    assert verified.consumer is CONSUMER
    assert verified.token is TOKEN


@pytest.mark.rfc("3.5.3-1")
@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"])
def test_what_signer_signs_verifier_accepts_in_every_place(placement: Placement, method: str) -> None:
    made = signer(placement=placement, signature_method=method).sign(
        "POST", f"{URL}?a=1&a=2", headers=FORM, body="b=%26&a=0", timestamp=NOW
    )
    verified = verify(Verifier(memory()), made)
    assert verified.parameters == (("a", "1"), ("a", "2"), ("b", "&"), ("a", "0"))
    assert verified.oauth == {
        pair.name: pair.value for pair in made.parameters if pair.name.startswith("oauth_")
    }
    assert verified.body_signed


def test_a_verified_request_shows_its_protocol_parameters_without_the_signature() -> None:
    verified = verify(
        Verifier(memory()), sign(nonce="n n", oauth={"oauth_callback": "oob", "oauth_new": "1"})
    )
    assert verified.oauth == {
        "oauth_consumer_key": CONSUMER.key,
        "oauth_token": HELD.key,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(NOW),
        "oauth_nonce": "n n",
        "oauth_version": "1.0",
        "oauth_callback": "oob",
        "oauth_new": "1",
    }


@pytest.mark.rfc("3.2-9", "A-4")
def test_unknown_protocol_parameters_are_signed_and_ignored() -> None:
    assert verify(Verifier(memory()), forged(new="1")).oauth["oauth_new"] == "1"
    assert (
        problem(Verifier(memory()), forged(new="1", signature=forged().signature))[0] == "signature_invalid"
    )


@pytest.mark.rfc("3.1-8", "3.4.1.3.1-6")
@pytest.mark.parametrize("place", PLACES)
def test_a_request_may_lack_version_and_token(place: str) -> None:
    made = forged("POST", place=place, without=["oauth_token"], key=Key(CONSUMER.secret))
    verified = verify(Verifier(memory(), require_token=False), made)
    assert verified.token is None
    assert "oauth_version" not in verified.oauth
    assert "oauth_token" not in verified.oauth


@pytest.mark.parametrize("request_", [sign(), sign("POST", headers=FORM, body=b"a=1")])
def test_an_asynchronous_store_proves_the_same(request_: Signed) -> None:
    verifier = Verifier(awaited(memory()))
    made = run(
        verifier.averify(request_.method, request_.url, headers=request_.headers, body=request_.body, now=NOW)
    )
    assert made == verify(Verifier(memory()), request_)


def test_a_synchronous_call_on_an_asynchronous_store_says_what_to_call() -> None:
    with pytest.raises(TypeError, match="averify"):
        verify(Verifier(awaited(memory())), sign())


@pytest.mark.rfc("3.3-3")
def test_without_now_the_clock_of_the_system_decides() -> None:
    verifier = Verifier(memory(clock=time.time))
    made = signer().sign("GET", URL)
    assert verifier.verify("GET", URL, headers=made.headers).token is TOKEN
    old = sign(timestamp=int(time.time()) - 400)
    assert refusal(lambda: verifier.verify("GET", URL, headers=old.headers)).problem == "timestamp_refused"


BODIES: dict[str, tuple[dict[str, str], bytes | None, bool]] = {
    "no body": ({}, None, True),
    "an empty body": ({}, b"", True),
    "a form": (FORM, b"a=1", True),
    "an empty form": (FORM, b"", True),
    "JSON": (JSON, b"{}", False),
    "an empty body called JSON": (JSON, b"", False),
    "octets without a type": ({}, b"a=1", False),
    "multipart": ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--", False),
}


@pytest.mark.rfc("3.4.1-2", "4.12-1")
@pytest.mark.abuse("A01")
@pytest.mark.parametrize(("headers", "body", "is_signed"), BODIES.values(), ids=BODIES)
def test_body_signed_says_whether_the_signature_covers_the_body(
    headers: dict[str, str], body: bytes | None, is_signed: bool
) -> None:
    assert verify(Verifier(memory()), sign("POST", headers=headers, body=body)).body_signed is is_signed


DISGUISES: dict[str, list[tuple[str, str]]] = {
    "text": [("Content-Type", "text/plain")],
    "no type": [],
    "multipart": [("Content-Type", "multipart/form-data; boundary=x")],
    "JSON": [("Content-Type", "application/json")],
    "two types in one field": [("Content-Type", f"{FORM['Content-Type']}, text/plain")],
    "a look-alike type": [("Content-Type", "application/x-www-form-urlencoded-x")],
}


@pytest.mark.rfc("3.4.1.3.1-3")
@pytest.mark.abuse("A01")
@pytest.mark.parametrize("headers", DISGUISES.values(), ids=DISGUISES)
def test_a_form_in_disguise_gives_the_application_nothing(headers: list[tuple[str, str]]) -> None:
    verified = verify(Verifier(memory()), sign("POST", headers=headers, body=b"status=forged"))
    assert verified.parameters == ()
    assert not verified.body_signed


@pytest.mark.rfc("3.5.2-2")
@pytest.mark.abuse("A01")
@pytest.mark.parametrize("headers", DISGUISES.values(), ids=DISGUISES)
def test_protocol_parameters_are_taken_from_a_form_alone(headers: list[tuple[str, str]]) -> None:
    made = signer(placement="body").sign("POST", URL, timestamp=NOW)
    refused = refusal(
        lambda: Verifier(memory()).verify("POST", URL, headers=headers, body=made.body, now=NOW)
    )
    assert (refused.problem, refused.status) == ("parameter_absent", 401)


@pytest.mark.abuse("A01")
def test_two_content_types_or_another_charset_are_refused() -> None:
    made = sign("POST", headers=FORM, body=b"a=1")
    for headers in (
        [*made.headers.pairs, ("content-type", "text/plain")],
        made.headers.replacing("Content-Type", f"{FORM['Content-Type']}; charset=utf-7"),
    ):
        call = partial(Verifier(memory()).verify, "POST", URL, headers=headers, body=b"a=1", now=NOW)
        refused = refusal(call)
        assert (refused.problem, refused.status) == ("parameter_rejected", 400)


# -- every refusal: its problem, its status, and that it costs nothing


class Presented(NamedTuple):
    """A request as it arrives."""

    method: str = "POST"
    url: str = f"{URL}?q=1"
    headers: Headers = Headers(FORM)
    body: bytes | None = b"a=1"

    def to(self, verifier: Verifier[Any, Any], now: float = NOW) -> Verified[Any, Any]:
        return verifier.verify(self.method, self.url, headers=self.headers, body=self.body, now=now)


def presented(signed: Signed, **changes: Any) -> Presented:
    return Presented(signed.method, signed.url, signed.headers, signed.body)._replace(**changes)


ORIGINAL = presented(sign("POST", f"{URL}?q=1", headers=FORM, body=b"a=1", nonce="the-nonce"))


def altered(
    place: str = "header", without: Sequence[str] = (), more: Sequence[tuple[str, str]] = (), **oauth: str
) -> Presented:
    """The original with other protocol parameters, and a signature that is right for them where none is
    given.
    """
    return presented(
        forged(
            "POST",
            f"{URL}?q=1",
            headers=FORM,
            body=b"a=1",
            place=place,
            without=without,
            more=more,
            **cast("Any", {"nonce": "the-nonce", **oauth}),
        )
    )


def header(text: str) -> Presented:
    return ORIGINAL._replace(headers=ORIGINAL.headers.replacing("Authorization", text))


AUTHORIZATION = ORIGINAL.headers["Authorization"]

REFUSALS: dict[str, tuple[Presented, str, int]] = {
    "no OAuth at all": (ORIGINAL._replace(headers=Headers(FORM)), "parameter_absent", 401),
    "another scheme": (header("Basic YTpi"), "parameter_absent", 401),
    "no consumer key": (altered(without=["oauth_consumer_key"]), "parameter_absent", 400),
    "an empty consumer key": (altered(consumer_key=""), "parameter_absent", 400),
    "no signature method": (altered(without=["oauth_signature_method"]), "parameter_absent", 400),
    "no signature": (altered(without=["oauth_signature"]), "parameter_absent", 400),
    "an empty signature": (altered(signature=""), "parameter_absent", 400),
    "no timestamp": (altered(without=["oauth_timestamp"]), "parameter_absent", 400),
    "no nonce": (altered(without=["oauth_nonce"]), "parameter_absent", 400),
    "an empty nonce": (altered(nonce=""), "parameter_absent", 400),
    "no token": (altered(without=["oauth_token"]), "parameter_absent", 401),
    "an empty token": (altered(token=""), "parameter_absent", 401),
    "another version": (altered(version="1.0a"), "version_rejected", 400),
    "an empty version": (altered(version=""), "version_rejected", 400),
    "a method that isn't known": (altered(signature_method="HMAC-MD5"), "signature_method_rejected", 400),
    "a method in another case": (altered(signature_method="hmac-sha1"), "signature_method_rejected", 400),
    "a method that isn't allowed": (altered(signature_method="PLAINTEXT"), "signature_method_rejected", 400),
    "an old timestamp": (altered(timestamp=str(NOW - 301)), "timestamp_refused", 401),
    "a timestamp to come": (altered(timestamp=str(NOW + 301)), "timestamp_refused", 401),
    "an unknown consumer": (altered(consumer_key="unknown"), "consumer_key_unknown", 401),
    "an unknown token": (altered(token="unknown"), "token_rejected", 401),
    "a wrong signature": (
        altered(signature=METHODS["HMAC-SHA1"].sign("other", Key("x"))),
        "signature_invalid",
        401,
    ),
    "a signature outside ASCII": (altered(signature="é"), "signature_invalid", 401),
    "another HTTP method": (ORIGINAL._replace(method="PUT"), "signature_invalid", 401),
    "another host": (
        ORIGINAL._replace(url="https://other.example.com/1/statuses?q=1"),
        "signature_invalid",
        401,
    ),
    "another path": (ORIGINAL._replace(url=f"{URL}/?q=1"), "signature_invalid", 401),
    "another query": (ORIGINAL._replace(url=f"{URL}?q=2"), "signature_invalid", 401),
    "another form": (ORIGINAL._replace(body=b"a=2"), "signature_invalid", 401),
    "http for https": (
        ORIGINAL._replace(url=ORIGINAL.url.replace("https", "http")),
        "signature_invalid",
        401,
    ),
    "a body hash on a form": (altered(body_hash="x"), "parameter_rejected", 400),
    "a nonce too long": (altered(nonce="x" * 256), "parameter_rejected", 400),
    "a nonce too long in octets": (altered(nonce="é" * 128), "parameter_rejected", 400),
    "a NUL in the consumer key": (altered(consumer_key="a\x00"), "parameter_rejected", 400),
    "a NUL in a name": (ORIGINAL._replace(url=f"{URL}?q%00=1"), "parameter_rejected", 400),
    "a header that can't be read": (header(AUTHORIZATION + "x"), "parameter_rejected", 400),
    "two realms": (header(AUTHORIZATION + ', realm="a", realm="b"'), "parameter_rejected", 400),
    "a header that can't be decoded": (header(AUTHORIZATION.replace("%3D", "%3")), "parameter_rejected", 400),
    "a query that can't be decoded": (ORIGINAL._replace(url=f"{URL}?q=100%"), "parameter_rejected", 400),
    "a query that isn't UTF-8": (ORIGINAL._replace(url=f"{URL}?q=%FF"), "parameter_rejected", 400),
    "a form that isn't UTF-8": (ORIGINAL._replace(body=b"a=\xff"), "parameter_rejected", 400),
    "a form in another charset": (
        ORIGINAL._replace(
            headers=ORIGINAL.headers.replacing("Content-Type", f"{FORM['Content-Type']};charset=latin-1")
        ),
        "parameter_rejected",
        400,
    ),
    "two Authorization headers": (
        ORIGINAL._replace(headers=Headers([*ORIGINAL.headers.pairs, ("authorization", AUTHORIZATION)])),
        "parameter_rejected",
        400,
    ),
    "two schemes": (
        ORIGINAL._replace(headers=Headers([("Authorization", "Basic YTpi"), *ORIGINAL.headers.pairs])),
        "parameter_rejected",
        400,
    ),
    "a relative URL": (ORIGINAL._replace(url="/1/statuses?q=1"), "parameter_rejected", 400),
    "a URL without a host": (ORIGINAL._replace(url="https:///1/statuses"), "parameter_rejected", 400),
    "a lone surrogate in the path": (ORIGINAL._replace(url=f"{URL}/\udcff"), "parameter_rejected", 400),
    "a lone surrogate in the query": (ORIGINAL._replace(url=f"{URL}?\udcff"), "parameter_rejected", 400),
    "a lone surrogate in the method": (ORIGINAL._replace(method="P\udcff"), "parameter_rejected", 400),
    "a header too large": (header(AUTHORIZATION + ', x="' + "x" * 32_768 + '"'), "parameter_rejected", 431),
    "a URL too large": (ORIGINAL._replace(url=f"{URL}?q={'x' * 1_000_000}"), "parameter_rejected", 413),
    "a form too large": (ORIGINAL._replace(body=b"a=" + b"x" * 999_999), "parameter_rejected", 413),
    "too many parameters in the query": (
        ORIGINAL._replace(url=f"{URL}?{'a&' * 1_000}"),
        "parameter_rejected",
        413,
    ),
    "too many parameters in the form": (ORIGINAL._replace(body=b"a&" * 1_000), "parameter_rejected", 413),
    "too many parameters in the header": (header("OAuth " + 'a="",' * 1_000), "parameter_rejected", 413),
    "too many parameters together": (
        ORIGINAL._replace(url=f"{URL}?{'a&' * 500}", body=b"a&" * 500),
        "parameter_rejected",
        413,
    ),
}

TABLE = pytest.mark.parametrize(("request_", "code", "status"), REFUSALS.values(), ids=REFUSALS)


@pytest.mark.rfc(
    "2-8", "3.1-1", "3.1-3", "3.2-1", "3.2-6", "3.2-7", "3.2-10", "3.2-11", "3.2-13", "3.2-14", "4.10-2"
)
@pytest.mark.abuse("A15")
@pytest.mark.rule(1)
@TABLE
def test_a_refusal_has_its_problem_and_status_and_costs_nothing(
    request_: Presented, code: str, status: int
) -> None:
    calls: list[str] = []
    store = memory()
    verifier = Verifier(tapped(store, lambda name, _: calls.append(name)))
    for _ in range(5):
        refused = refusal(lambda: request_.to(verifier))
        assert (refused.problem, refused.status) == (code, status)
    assert "claim_nonce" not in calls
    assert ORIGINAL.to(verifier).token is TOKEN


@TABLE
def test_an_asynchronous_store_refuses_alike(request_: Presented, code: str, status: int) -> None:
    verifier = Verifier(awaited(memory()))
    refused = refusal(
        lambda: run(
            verifier.averify(
                request_.method, request_.url, headers=request_.headers, body=request_.body, now=NOW
            )
        )
    )
    assert (refused.problem, refused.status) == (code, status)


@pytest.mark.abuse("A32")
@pytest.mark.abuse("A33")
@pytest.mark.rule(7)
@TABLE
def test_a_refusal_teaches_no_secret_and_no_signature(request_: Presented, code: str, status: int) -> None:
    refused = refusal(lambda: request_.to(Verifier(memory())))
    answer = refused.reply()
    shown = f"{refused}{refused!r}{refused.detail}{answer.headers.pairs}{answer.body!r}"
    right = parse_authorization(AUTHORIZATION).parameters[-1][1]
    assert not [
        text for text in (CONSUMER.secret, TOKEN.secret, right, percent_encode(right)) if text in shown
    ]
    assert len(str(refused)) < 400
    assert answer.headers["WWW-Authenticate"].startswith(f'OAuth oauth_problem="{code}", ')
    assert dict(form_decode(answer.body))["oauth_problem"] == code
    assert answer.status == status


FACTS = {
    "no nonce": {"oauth_parameters_absent": "oauth_nonce"},
    "no OAuth at all": {"oauth_parameters_absent": "oauth_consumer_key"},
    "an old timestamp": {"oauth_acceptable_timestamps": f"{NOW - 300}-{NOW + 300}"},
    "another version": {"oauth_acceptable_versions": "1.0-1.0"},
}


@pytest.mark.rfc("3.3-7", "PR-7", "PR-8")
@pytest.mark.parametrize(("kind", "facts"), FACTS.items())
def test_a_refusal_tells_the_facts_of_the_extension(kind: str, facts: dict[str, str]) -> None:
    refused = refusal(lambda: REFUSALS[kind][0].to(Verifier(memory())))
    assert refused.facts == facts


ADVICE = {
    "no nonce": "oauth_nonce is missing or empty: send it.",
    "a method that isn't allowed": "use HMAC-SHA1, HMAC-SHA256 and HMAC-SHA512.",
    "an old timestamp": f"is 301 seconds behind this server's clock ({NOW}); 300 are accepted",
    "a timestamp to come": f"is 301 seconds ahead of this server's clock ({NOW}); 300 are accepted",
    "a query that can't be decoded": "the query can't be decoded: “%” is not a percent escape:"
    " write a literal “%” as “%25”",
    "an unknown consumer": "This consumer key is not known here",
    "a wrong signature": "Check both secrets",
}


@pytest.mark.rfc("3.2-8", "PR-11")
@pytest.mark.parametrize(("kind", "advice"), ADVICE.items())
def test_a_refusal_says_what_to_do(kind: str, advice: str) -> None:
    assert advice in refusal(lambda: REFUSALS[kind][0].to(Verifier(memory()))).advice


def test_only_the_detail_of_a_wrong_signature_shows_the_base_string_that_was_verified() -> None:
    refused = refusal(lambda: ORIGINAL._replace(method="put").to(Verifier(memory())))
    assert "PUT&https%3A%2F%2Fapi.example.com%2F1%2Fstatuses&a%3D1%26oauth_consumer_key" in refused.detail
    assert "https%3A%2F%2Fapi" not in f"{refused.advice}{refused.reply().body!r}{refused.headers.pairs}"


@pytest.mark.rfc("3.2-2", "3.2-14")
def test_a_nonce_that_was_used_is_refused() -> None:
    verifier = Verifier(memory())
    ORIGINAL.to(verifier)
    refused = refusal(lambda: ORIGINAL.to(verifier))
    assert (refused.problem, refused.status) == ("nonce_used", 401)
    assert "sign a retry anew" in refused.advice


# -- the order of checks


# Each fault with what it is refused as, in the order of the checks.
FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("shape", {"more": [("oauth_version", "2.0")]}, "parameter_rejected"),
    ("version", {"version": "2.0"}, "version_rejected"),
    ("method", {"signature_method": "ROT13"}, "signature_method_rejected"),
    ("time", {"timestamp": "1"}, "timestamp_refused"),
    ("consumer", {"consumer_key": "unknown"}, "consumer_key_unknown"),
    ("token", {"token": "unknown"}, "token_rejected"),
    ("signature", {"signature": "wrong"}, "signature_invalid"),
]


@pytest.mark.parametrize("first", range(len(FAULTS)), ids=[name for name, *_ in FAULTS])
def test_of_many_faults_the_first_in_the_order_of_checks_is_named(first: int) -> None:
    faults: dict[str, Any] = {}
    for _, fault, _ in FAULTS[first:]:
        faults |= fault
    assert problem(Verifier(memory()), forged(**faults))[0] == FAULTS[first][2]


@pytest.mark.parametrize("first", range(len(FAULTS)), ids=[name for name, *_ in FAULTS])
def test_the_store_is_asked_nothing_before_the_request_has_the_right_shape_and_time(first: int) -> None:
    calls: list[str] = []
    refusal(
        lambda: verify(
            Verifier(tapped(memory(), lambda name, _: calls.append(name))), forged(**FAULTS[first][1])
        )
    )
    assert calls == ([] if first < 4 else ["find"])


class Standing(Consumer):
    """A consumer or a token of which something has become."""

    __slots__ = ("problem",)
    problem: str | None

    def __init__(self, key: str, secret: str, problem: str | None) -> None:
        super().__init__(key, secret)
        self._fill(problem=problem)


def standing(consumer: str | None, token: str | None) -> MemoryStore:
    store = MemoryStore(clock=Clock())
    store.add(
        Standing(CONSUMER.key, CONSUMER.secret, consumer), MemoryToken(TOKEN.key, TOKEN.secret, problem=token)
    )
    return store


@pytest.mark.abuse("A52")
@pytest.mark.parametrize(
    "code", ["consumer_key_refused", "consumer_key_rejected", "additional_authorization_required"]
)
def test_a_consumer_with_a_problem_is_refused_with_it(code: str) -> None:
    assert problem(Verifier(standing(code, None)), sign()) == (code, 401)


@pytest.mark.rfc("3.2-4", "3.2-13")
@pytest.mark.abuse("A52")
@pytest.mark.parametrize(
    "code",
    ["token_revoked", "token_expired", "token_used", "token_rejected", "user_refused", "permission_denied"],
)
def test_a_token_with_a_problem_is_refused_with_it(code: str) -> None:
    refused = refusal(lambda: verify(Verifier(standing(None, code)), sign()))
    assert (refused.problem, refused.status) == (code, STATUS[code])
    assert refused.advice


@pytest.mark.rfc("PR-5")
def test_a_problem_of_a_stores_own_is_passed_on() -> None:
    refused = refusal(lambda: verify(Verifier(standing(None, "on_holiday")), sign()))
    assert (refused.problem, refused.status) == ("on_holiday", 401)
    assert refused.advice


def test_the_consumers_problem_comes_before_the_tokens() -> None:
    assert (
        problem(Verifier(standing("consumer_key_refused", "token_revoked")), sign())[0]
        == "consumer_key_refused"
    )


def test_without_a_problem_all_is_well() -> None:
    assert verify(Verifier(standing(None, None)), sign()).token is not None


def test_a_stranger_learns_nothing_of_what_became_of_a_key() -> None:
    assert (
        problem(Verifier(standing("consumer_key_refused", "token_revoked")), forged(signature="x"))[0]
        == "signature_invalid"
    )


@pytest.mark.abuse("A15")
def test_a_suspended_consumers_request_costs_no_nonce() -> None:
    store = memory()
    made = sign()
    store.add(Standing(CONSUMER.key, CONSUMER.secret, "consumer_key_refused"))
    assert problem(Verifier(store), made)[0] == "consumer_key_refused"
    store.add(CONSUMER)
    assert verify(Verifier(store), made).token is TOKEN


def test_a_used_nonce_is_the_last_thing_to_be_named() -> None:
    store = memory()
    verify(Verifier(store), sign(nonce="n"))
    store.add(Standing(CONSUMER.key, CONSUMER.secret, "consumer_key_refused"))
    assert problem(Verifier(store), sign(nonce="n"))[0] == "consumer_key_refused"


# -- parameters: once, and in one place


@pytest.mark.rfc("3.1-11", "3.2-12")
@pytest.mark.abuse("A03")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", ["nonce", "other"], ids=["equal", "unequal"])
@pytest.mark.parametrize("spelled", ["oauth_nonce", "oauth%5Fnonce", "%6Fauth_nonce"])
def test_a_protocol_parameter_twice_in_one_place_is_refused_and_costs_nothing(
    place: str, value: str, spelled: str
) -> None:
    calls: list[str] = []
    verifier = Verifier(tapped(memory(), lambda name, _: calls.append(name)))
    made = forged("POST", place=place)
    twice = forged("POST", place=place, more=[("oauth_nonce", value)])
    once_more = re.compile(rf"oauth_nonce(=\"?{value}(?!.*oauth_nonce))", re.DOTALL)
    shown = presented(
        twice,
        url=once_more.sub(rf"{spelled}\1", twice.url),
        headers=Headers([(name, once_more.sub(rf"{spelled}\1", text)) for name, text in twice.headers.pairs]),
        body=None if twice.body is None else once_more.sub(rf"{spelled}\1", twice.body.decode()).encode(),
    )
    assert spelled in f"{shown.url}{shown.headers.pairs}{shown.body!r}"
    refused = refusal(lambda: shown.to(verifier))
    assert (refused.problem, refused.status) == ("parameter_rejected", 400)
    assert "oauth_nonce is there twice" in refused.advice
    assert calls == []
    assert verify(verifier, made).token is TOKEN


@pytest.mark.rfc("3.5-2")
@pytest.mark.abuse("A04")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("other", PLACES)
@pytest.mark.parametrize("extra", ["oauth_signature=x", "oauth_callback=oob", "oauth%5Fversion=1.0"])
def test_protocol_parameters_in_two_places_are_refused_and_cost_nothing(
    place: str, other: str, extra: str
) -> None:
    verifier = Verifier(memory())
    made = presented(forged("POST", f"{URL}?q=1", place=place, headers=FORM, body=b"a=1"))
    name, _, value = extra.partition("=")
    if other == "header":
        before = made.headers.get("Authorization", "OAuth ")
        added = made._replace(headers=made.headers.replacing("Authorization", f'{before}, {name}="{value}"'))
    elif other == "query":
        added = made._replace(url=f"{made.url}&{extra}")
    else:
        added = made._replace(body=(made.body or b"") + f"&{extra}".encode())
    refused = refusal(lambda: added.to(verifier))
    if place == other:
        # One place: what isn't there twice is signed like all else.
        assert refused.problem == ("parameter_rejected" if name == "oauth_signature" else "signature_invalid")
    else:
        assert (refused.problem, refused.status) == ("parameter_rejected", 400)
    assert made.to(verifier).token is TOKEN


@pytest.mark.rfc("3.1-11", "3.5-2")
@pytest.mark.abuse("A04")
@pytest.mark.parametrize(("place", "other"), [("header", "query"), ("query", "body"), ("header", "body")])
def test_all_protocol_parameters_in_two_places_are_refused(place: str, other: str) -> None:
    one, two = forged("POST", place=place), forged("POST", place=other)
    refused = refusal(
        lambda: Presented(
            "POST",
            one.url if place == "query" else two.url,
            Headers([*one.headers.pairs, *two.headers.pairs]),
            two.body or one.body,
        ).to(Verifier(memory()))
    )
    assert (refused.problem, refused.status) == ("parameter_rejected", 400)


@pytest.mark.abuse("A05")
@pytest.mark.parametrize("place", ["query", "form"])
def test_a_realm_in_query_or_form_is_signed_like_any_parameter(place: str) -> None:
    verifier = Verifier(memory())
    made = presented(sign("POST", f"{URL}?q=1", headers=FORM, body=b"a=1"))
    added = (
        made._replace(url=f"{made.url}&realm=x") if place == "query" else made._replace(body=b"a=1&realm=x")
    )
    assert refusal(lambda: added.to(verifier)).problem == "signature_invalid"
    url, body = (f"{URL}?realm=x", b"") if place == "query" else (URL, b"realm=x")
    assert ("realm", "x") in verify(verifier, sign("POST", url, headers=FORM, body=body)).parameters


@pytest.mark.rfc("3.4.1.3.1-2")
@pytest.mark.abuse("A05")
@pytest.mark.abuse("A06")
def test_the_realm_of_the_header_is_not_signed_and_not_a_parameter() -> None:
    made = signer(realm='a, oauth_token="forged"').sign("GET", URL, timestamp=NOW)
    verified = verify(Verifier(memory()), made)
    assert verified.parameters == ()
    assert "realm" not in verified.oauth


LOOK_ALIKES = [
    "OAUTH_TOKEN",
    "Oauth_nonce",
    " oauth_token",
    "oauth-token",
    "xoauth_token",
    "\uff4fauth_token",
    "oauth\uff3ftoken",
]
UNKNOWN = ["oauth_token[]", "oauth_token ", "oauth_Token", "oauth_"]


@pytest.mark.rfc("3.1-1")
@pytest.mark.abuse("A13")
@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_look_alike_names_are_ordinary_parameters(name: str) -> None:
    verifier = Verifier(memory())
    verified = verify(verifier, sign("POST", headers=FORM, body=form_encode([(name, "x")])))
    assert verified.parameters == ((name, "x"),)
    assert verified.token is TOKEN
    instead = forged(
        "POST", headers=FORM, body=form_encode([(name, TOKEN.key)]).encode(), without=["oauth_token"]
    )
    assert problem(verifier, instead) == ("parameter_absent", 401)


@pytest.mark.abuse("A13")
@pytest.mark.parametrize("name", UNKNOWN)
def test_names_that_begin_like_ours_are_unknown_parameters_and_none_of_ours(name: str) -> None:
    verifier = Verifier(memory())
    verified = verify(verifier, forged(more=[(name, "x")]))
    assert verified.oauth[name] == "x"
    assert verified.token is TOKEN
    assert problem(verifier, forged(more=[(name, TOKEN.key)], without=["oauth_token"])) == (
        "parameter_absent",
        401,
    )


ALTERED_PAIRS = ["a=1&a=2", "a=1&b=&flag", "a=1&a=1", "a=1;b=2", "a=1%26b%3D2", "=x"]


@pytest.mark.abuse("A10")
@pytest.mark.parametrize("text", ALTERED_PAIRS)
@pytest.mark.parametrize("place", ["query", "form"])
def test_every_pair_counts(text: str, place: str) -> None:
    verifier = Verifier(memory())

    def request(query: str) -> Presented:
        if place == "query":
            return ORIGINAL._replace(url=f"{URL}?{query}", body=None, headers=Headers())
        return ORIGINAL._replace(url=URL, body=query.encode(), headers=Headers(FORM))

    def authorized(one: Presented, signed: Signed) -> Presented:
        return one._replace(headers=one.headers.replacing("Authorization", signed.headers["Authorization"]))

    good = request(text)
    signed = sign("POST", good.url, headers=good.headers, body=good.body)
    pieces = text.split("&")
    changed = {
        "&".join([*pieces, pieces[0]]),
        "&".join(pieces[1:]),
        text.replace(";", "&"),
        text.replace("%26", "&").replace("%3D", "="),
    }
    for other in changed - {text}:
        refused = refusal(lambda other=other: authorized(request(other), signed).to(verifier))  # type: ignore[misc]  # mypy can't infer a lambda with a default
        assert refused.problem == "signature_invalid", other
    assert list(authorized(good, signed).to(verifier).parameters) == form_decode(text)


@pytest.mark.rfc("3.4.1.3.1-4")
@pytest.mark.abuse("A02")
@pytest.mark.parametrize("bad", ["%FF", "%FE", "%ED%A0%80", "%C0%AF", "%80", "%F5%80%80%80"])
@pytest.mark.parametrize("place", ["query name", "query value", "form", "header"])
def test_a_bad_octet_never_passes_for_the_replacement_character(bad: str, place: str) -> None:
    verifier = Verifier(memory())
    signed = forged(
        "POST", f"{URL}?%EF%BF%BD=%EF%BF%BD", headers=FORM, body=b"a=%EF%BF%BD", callback="\ufffd"
    )
    made, good = presented(signed), "%EF%BF%BD"
    exchanged = {
        "query name": made._replace(url=made.url.replace(f"{good}=", f"{bad}=")),
        "query value": made._replace(url=made.url.replace(f"={good}", f"={bad}")),
        "form": made._replace(body=f"a={bad}".encode()),
        "header": made._replace(
            headers=made.headers.replacing("Authorization", made.headers["Authorization"].replace(good, bad))
        ),
    }[place]
    refused = refusal(lambda: exchanged.to(verifier))
    assert (refused.problem, refused.status) == ("parameter_rejected", 400)
    assert made.to(verifier).token is TOKEN


# -- the URL as it was sent


@pytest.mark.abuse("A08")
@pytest.mark.rule(2)
@pytest.mark.parametrize(
    "tail",
    [
        "?f[]=1",
        "?q=%c3%a9",
        "?q=%7e",
        "?q='",
        "?a|b",
        "/%7e/%7E",
        "/a%2Fb",
        "//x",
        "/a;b=c",
        "/é?é",
        "?",
        "?&",
        "?q=+",
    ],
)
def test_odd_but_legal_urls_verify_as_they_were_sent(tail: str) -> None:
    made = sign("GET", URL + tail)
    assert verify(Verifier(memory()), made).token is TOKEN


@pytest.mark.rfc("3.4.1.2-5")
@pytest.mark.abuse("A12")
@pytest.mark.rule(2)
@pytest.mark.parametrize(
    "path",
    [
        "/a%2Fb",
        "/a%2fb",
        "/a/./b",
        "/x/../a/b",
        "/a//b",
        "/a/b/",
        "/a/b;x",
        "/A/b",
        "/a/b%00",
        "/%61/b",
        "/a/b%20",
        "/a\\b",
    ],
)
def test_a_path_is_never_normalised(path: str) -> None:
    verifier = Verifier(memory())
    plain, odd = sign("GET", "https://h/a/b"), sign("GET", f"https://h{path}")
    assert (
        refusal(lambda: presented(plain, url=f"https://h{path}").to(verifier)).problem == "signature_invalid"
    )
    assert refusal(lambda: presented(odd, url="https://h/a/b").to(verifier)).problem == "signature_invalid"
    assert verify(verifier, plain).token is TOKEN
    assert verify(verifier, odd).token is TOKEN


@pytest.mark.abuse("A11")
@pytest.mark.abuse("A18")
@pytest.mark.parametrize(
    "authority",
    [
        "",
        "[",
        "[::1",
        "a b",
        "h:",
        "h:x",
        "h:99999",
        "h:-1",
        "h,g",
        "h\\g",
        "user@api.example.com@h",
        "api.example.com:444",
        "evil.example",
        "é",
        "\ud800",
        "h\x00",
        "api.example.com.",
    ],
    ids=ascii,
)
def test_an_absurd_or_foreign_authority_is_refused(authority: str) -> None:
    refused = refusal(
        lambda: ORIGINAL._replace(url=f"https://{authority}/1/statuses?q=1").to(Verifier(memory()))
    )
    assert refused.status in (400, 401)
    assert refused.problem in ("parameter_rejected", "signature_invalid")


@pytest.mark.rfc("3.4.1.2-3")
@pytest.mark.abuse("A18")
@pytest.mark.rule(2)
@pytest.mark.parametrize(
    "name", ["Host", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Original-URL", "X-Rewrite-URL"]
)
def test_no_header_says_what_the_url_is(name: str) -> None:
    for value in ("evil.example", "http", "host=evil.example;proto=http", "/other"):
        headers = Headers([*ORIGINAL.headers.pairs, (name, value)])
        assert ORIGINAL._replace(headers=headers).to(Verifier(memory())).token is TOKEN


@pytest.mark.abuse("A30")
@pytest.mark.parametrize(
    "method", ["HEAD", "POST", "PUT", "OPTIONS", "GETS", "G", "", "GET ", "ＧＥＴ"], ids=ascii
)
def test_a_signature_is_for_one_method(method: str) -> None:
    made = sign("GET", nonce="n")
    assert refusal(lambda: presented(made, method=method).to(Verifier(memory()))).status in (400, 401)


@pytest.mark.abuse("A30")
@pytest.mark.parametrize("method", ["PO\u017fT", "PO\ufb05", "PO\ufb06"], ids=ascii)
def test_a_method_that_becomes_another_in_upper_case_is_refused(method: str) -> None:
    assert method.upper() == "POST"
    made = sign("POST", nonce="n")
    refused = refusal(lambda: presented(made, method=method).to(Verifier(memory())))
    assert (refused.problem, refused.status) == ("parameter_rejected", 400)


@pytest.mark.abuse("A30")
@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_an_overriding_method_is_ignored(name: str) -> None:
    made = sign("POST", nonce="n")
    headers = Headers([*made.headers.pairs, (name, "GET")])
    verifier = Verifier(memory())
    assert (
        refusal(lambda: presented(made, headers=headers, method="GET").to(verifier)).problem
        == "signature_invalid"
    )
    assert presented(made, headers=headers).to(verifier).token is TOKEN


# -- time and nonces


@pytest.mark.rfc("3.2-3")
@pytest.mark.abuse("A26")
@pytest.mark.rule(1)
@pytest.mark.parametrize(
    ("off", "accepted"),
    [(0, True), (299, True), (300, True), (301, False), (86_400, False), (604_800, False)],
)
@pytest.mark.parametrize("sign_", [1, -1], ids=["ahead", "behind"])
def test_a_timestamp_may_differ_by_the_window_either_way(off: int, accepted: bool, sign_: int) -> None:
    made = sign(timestamp=NOW + off * sign_)
    if accepted:
        assert verify(Verifier(memory()), made).token is TOKEN
    else:
        assert problem(Verifier(memory()), made) == ("timestamp_refused", 401)


@pytest.mark.rfc("A-2")
def test_a_request_may_be_older_than_the_one_before() -> None:
    verifier = Verifier(memory())
    for timestamp in (NOW, NOW - 100, NOW + 100, NOW - 300):
        assert verify(verifier, sign(timestamp=timestamp)).token is TOKEN


def test_the_window_can_be_set() -> None:
    assert problem(Verifier(memory(), window=10), sign(timestamp=NOW - 11)) == ("timestamp_refused", 401)
    assert verify(Verifier(memory(), window=1000), sign(timestamp=NOW - 1000)).token is TOKEN


@pytest.mark.rfc("3.3-6")
@pytest.mark.abuse("A26")
@pytest.mark.rule(1)
def test_a_nonce_is_kept_as_long_as_its_timestamp_is_accepted() -> None:
    clock = Clock(NOW - 300)
    verifier = Verifier(memory(clock))
    made = sign()
    assert verify(verifier, made, clock.now).token is TOKEN
    for clock.now in (NOW - 299, NOW, NOW + 299, NOW + 299.9, NOW + 300):
        verify(
            verifier, sign(timestamp=int(clock.now)), clock.now
        )  # another claim, which makes the store forget what it may
        assert problem(verifier, made, clock.now) == ("nonce_used", 401)
    assert problem(verifier, made, NOW + 300.5) == ("timestamp_refused", 401)


@pytest.mark.abuse("A26")
@pytest.mark.rule(1)
def test_the_store_is_told_how_long_to_keep_a_nonce() -> None:
    kept: list[float] = []

    class Keeping(MemoryStore):
        def claim_nonce(self, *claim: Any, until: float) -> bool:
            kept.append(until)
            return super().claim_nonce(*claim, until=until)

    store = Keeping(clock=Clock())
    store.add(CONSUMER, TOKEN)
    for timestamp in (NOW - 300, NOW, NOW + 300):
        verify(Verifier(store), sign(timestamp=timestamp))
    verify(Verifier(store, window=1_000), sign())
    assert kept == [NOW, NOW + 300, NOW + 600, NOW + 1_000]


@pytest.mark.abuse("A35")
def test_a_clock_that_steps_back_lets_no_replay_through() -> None:
    clock = Clock()
    verifier = Verifier(memory(clock))
    made = sign()
    verify(verifier, made)
    clock.now = NOW + 3_600
    verify(verifier, sign(timestamp=NOW + 3_600), clock.now)
    clock.now = NOW
    assert problem(verifier, made) == ("nonce_used", 401)


@pytest.mark.rfc("3.3-2")
@pytest.mark.abuse("A27")
@pytest.mark.parametrize(
    "text",
    [
        *(
            "+1800000000",
            "1_800_000_000",
            "1800000000\n",
            " 1800000000",
            "1800000000 ",
            "1.8e9",
            "18e8",
            "nan",
            "inf",
            "0x6B49D200",
        ),
        *(
            "1800000000.0",
            "1800000000.",
            "١٨٠٠٠٠٠٠٠٠",
            "１８００００００００",
            "²",
            "0",
            "00",
            "-1",
            "-0",
            "abc",
            "\x00",
            "9" * 12,
            "9" * 5_000,
        ),
        *(f"{NOW}000", f"{NOW},0", "true"),
    ],
    ids=lambda text: ascii(text)[:24],
)
def test_a_timestamp_is_a_positive_number_in_ascii_digits(text: str) -> None:
    assert problem(Verifier(memory()), forged(timestamp=text)) == ("parameter_rejected", 400)


@pytest.mark.rfc("3.3-2")
def test_leading_zeros_make_no_other_timestamp() -> None:
    verifier = Verifier(memory())
    verify(verifier, forged())
    assert problem(verifier, forged(timestamp=f"0{NOW}")) == ("nonce_used", 401)


NEIGHBOURS = [
    ({"nonce": "abc"}, {"nonce": "ABC"}),
    ({"nonce": "abc"}, {"nonce": "abc "}),
    ({"nonce": "abc"}, {"nonce": "abd"}),
    ({"nonce": "é"}, {"nonce": "e\u0301"}),
    ({"nonce": "x" * 254 + "a"}, {"nonce": "x" * 254 + "b"}),
    ({"nonce": "a\nb"}, {"nonce": "a b"}),
    ({"nonce": f"{NOW}:b"}, {"nonce": "b"}),
    ({"timestamp": str(NOW)}, {"timestamp": str(NOW + 1)}),
]


@pytest.mark.rfc("3.3-5")
@pytest.mark.abuse("A28")
@pytest.mark.parametrize(("one", "other"), NEIGHBOURS)
def test_nonces_that_look_alike_never_meet(one: dict[str, str], other: dict[str, str]) -> None:
    verifier = Verifier(memory())
    for request in (forged(**one), forged(**other)):  # type: ignore[arg-type]  # values for **oauth
        assert verify(verifier, request).token is TOKEN
        assert problem(verifier, request)[0] == "nonce_used"


@pytest.mark.rfc("3.3-5")
@pytest.mark.abuse("A28")
def test_a_stranger_blocks_nobodys_nonce() -> None:
    store = memory()
    store.add(Consumer("a", "s"), AccessToken("b:c", "t"))
    store.add(Consumer("a:b", "s"), AccessToken("c", "t"))
    verifier, key = Verifier(store, require_token=False), Key("s", "t")
    requests = [
        forged(consumer_key="a", token="b:c", key=key),
        forged(consumer_key="a:b", token="c", key=key),
        forged(consumer_key="a", without=["oauth_token"], key=Key("s")),
        forged(consumer_key="a:b", without=["oauth_token"], key=Key("s")),
        forged(),
    ]
    for request in requests:
        verify(verifier, request)
    assert {problem(verifier, request)[0] for request in requests} == {"nonce_used"}


@pytest.mark.rfc("2-8")
def test_a_nonce_may_hold_anything_of_255_octets() -> None:
    for nonce in ("x" * 255, "é" * 127, "\r\n\t <>&%", "\N{PILE OF POO}"):
        assert verify(Verifier(memory()), forged(nonce=nonce)).oauth["oauth_nonce"] == nonce


def dresses() -> dict[str, Presented]:
    made = ORIGINAL
    pairs = list(parse_authorization(AUTHORIZATION).parameters)
    bare, base = made.headers.replacing("Content-Type", FORM["Content-Type"]), f"{URL}?q=1"
    bare = Headers([pair for pair in bare.pairs if pair[0] != "Authorization"])
    escaped = AUTHORIZATION.replace("the-nonce", "".join(f"%{octet:02x}" for octet in b"the-nonce"))
    shuffled = build_authorization(pairs[::-1])
    return {
        "as it was": made,
        "in the query": made._replace(url=f"{base}&{form_encode(pairs)}", headers=bare),
        "in the body": made._replace(body=f"a=1&{form_encode(pairs)}".encode(), headers=bare),
        "nonce encoded": header(escaped),
        "name encoded": header(AUTHORIZATION.replace("oauth_nonce", "oauth%5Fnonce")),
        "in another order": header(shuffled),
        "with a realm": header(AUTHORIZATION + ', realm="r"'),
        "scheme in another case": header(AUTHORIZATION.replace("OAuth", "oAUTH")),
        "other blanks": header(AUTHORIZATION.replace(", ", " ,\t")),
        "an empty piece in the query": made._replace(url=f"{base}&"),
        "an empty piece in the form": made._replace(body=b"&a=1"),
        "the parameter in another place": made._replace(url=f"{URL}?a=1", body=b"q=1"),
        "host in another case": made._replace(url=base.replace("api.", "API.")),
        "default port written": made._replace(url=base.replace(".com", ".com:443")),
        "user written": made._replace(url=base.replace("https://", "https://user@")),
        "a fragment": made._replace(url=f"{base}#x"),
        "method in another case": made._replace(method="post"),
        "other encoding of a value": made._replace(url=f"{URL}?q=%31"),
        "a header beside": made._replace(headers=Headers([*made.headers.pairs, ("X", "1")])),
    }


@pytest.mark.rfc("3.2-2", "3.4.1-2", "3.4.1.2-1", "3.4.1.2-4", "3.6-5")
@pytest.mark.abuse("A16")
@pytest.mark.parametrize("dress", dresses())
def test_a_replay_is_known_in_every_dress(dress: str) -> None:
    request = dresses()[dress]
    assert request.to(Verifier(memory())).token is TOKEN  # the dress is good: its signature proves
    verifier = Verifier(memory())
    ORIGINAL.to(verifier)
    refused = refusal(lambda: request.to(verifier))
    assert (refused.problem, refused.status) == ("nonce_used", 401)


@pytest.mark.rfc("3.2-2")
@pytest.mark.abuse("A17")
@pytest.mark.rule(1)
@pytest.mark.parametrize("attempt", range(3))
def test_of_fifty_equal_requests_at_once_one_wins(attempt: int) -> None:
    verifier = Verifier(memory())
    done: list[int] = []

    def send(index: int) -> str:
        try:
            ORIGINAL.to(verifier)
        except Refused as refused:
            return refused.problem
        done.append(index)
        return "accepted"

    assert Counter(together(50, send)) == {"accepted": 1, "nonce_used": 49}
    assert len(done) == 1


@pytest.mark.abuse("A17")
def test_fifty_different_requests_at_once_all_win() -> None:
    verifier = Verifier(memory())
    requests = [sign() for _ in range(50)]
    assert all(
        verified.token is TOKEN for verified in together(50, lambda index: verify(verifier, requests[index]))
    )


@pytest.mark.abuse("A17")
def test_of_twenty_equal_requests_in_twenty_tasks_one_wins() -> None:
    import asyncio

    verifier = Verifier(awaited(memory()))

    async def send() -> str:
        try:
            await verifier.averify(
                ORIGINAL.method, ORIGINAL.url, headers=ORIGINAL.headers, body=ORIGINAL.body, now=NOW
            )
        except Refused as refused:
            return refused.problem
        return "accepted"

    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(send() for _ in range(20)))

    assert Counter(run(all_at_once())) == {"accepted": 1, "nonce_used": 19}


# -- identity and keys


GUESSES = {"nothing": "", "None": "None", "the key": "unknown", "a word": "secret", "a NUL": "\x00"}


@pytest.mark.abuse("A19")
@pytest.mark.parametrize("guess", GUESSES.values(), ids=GUESSES)
def test_no_guess_signs_for_an_unknown_consumer_or_token(guess: str) -> None:
    verifier = Verifier(memory(), require_token=False)
    for key in (Key(guess), Key(guess, guess), Key(guess, "")):
        assert problem(verifier, forged(consumer_key="unknown", key=key)) == ("consumer_key_unknown", 401)
        assert problem(verifier, forged(consumer_key="unknown", without=["oauth_token"], key=key)) == (
            "consumer_key_unknown",
            401,
        )
    assert problem(verifier, forged(token="unknown", key=Key(CONSUMER.secret, guess))) == (
        "token_rejected",
        401,
    )


@pytest.mark.abuse("A19")
@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA512", "PLAINTEXT"])
def test_a_consumer_saved_without_a_secret_proves_nothing(method: str) -> None:
    store = memory()
    store.add(Consumer("secretless"), AccessToken("theirs", ""))
    verifier = Verifier(store, signature_methods=METHODS)
    made = forged(consumer_key="secretless", token="theirs", signature_method=method, key=Key("", ""))
    assert problem(verifier, made) == ("signature_method_rejected", 400)


@pytest.mark.abuse("A19")
def test_an_empty_secret_has_to_name_its_methods() -> None:
    store = memory()
    store.add(Consumer("open", "", signature_methods=["PLAINTEXT"]), AccessToken("theirs", "t"))
    verifier = Verifier(store, signature_methods=METHODS)
    made = forged(consumer_key="open", token="theirs", signature_method="PLAINTEXT", key=Key("", "t"))
    assert verify(verifier, made).consumer.key == "open"
    assert (
        problem(verifier, forged(consumer_key="open", token="theirs", key=Key("", "t")))[0]
        == "signature_method_rejected"
    )


PEM = rsa_key("mastercard", "public_pem") or ""


@pytest.mark.rfc("3-1", "3.4-4", "3.4.3-3")
@pytest.mark.abuse("A14")
@pytest.mark.rule(3)
@pytest.mark.parametrize("methods", [None, ("RSA-SHA1",), ("RSA-SHA256", "RSA-SHA512"), ()])
@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "PLAINTEXT"])
@pytest.mark.parametrize(
    "guess",
    [PEM, PEM.strip(), "", "the-rsa-consumer", "".join(PEM.splitlines()[1:-1])],
    ids=["PEM", "stripped", "empty", "key", "DER"],
)
def test_a_consumer_with_an_rsa_key_is_never_verified_with_hmac(
    methods: tuple[str, ...] | None, method: str, guess: str
) -> None:
    store = memory()
    store.add(
        Consumer("the-rsa-consumer", rsa_key=PEM, signature_methods=methods), AccessToken("theirs", "t")
    )
    made = forged(
        consumer_key="the-rsa-consumer", token="theirs", signature_method=method, key=Key(guess, "t")
    )
    assert problem(Verifier(store, signature_methods=METHODS), made) == ("signature_method_rejected", 400)


@pytest.mark.rule(3)
@pytest.mark.rfc("3-1", "3.4.3-3")
@pytest.mark.abuse("A14")
@pytest.mark.parametrize("registered", [None, ("RSA-SHA256",)])
def test_a_consumer_with_an_rsa_key_is_verified_with_it_and_with_nothing_else(
    registered: tuple[str, ...] | None,
) -> None:
    private, public = rsa_key("mastercard", "private_pem"), rsa_key("mastercard", "public_pem")
    store = memory()
    store.add(Consumer("rsa", rsa_key=public, signature_methods=registered), AccessToken("theirs", "t"))
    verifier = Verifier(store, signature_methods=METHODS)
    signer = Signer(
        Consumer("rsa", rsa_key=private), AccessToken("theirs", ""), signature_method="RSA-SHA256"
    )
    made = signer.sign("GET", URL, timestamp=NOW)
    assert verify(verifier, made).consumer.key == "rsa"
    assert problem(verifier, made)[0] == "nonce_used"
    other = Consumer("rsa", rsa_key=rsa_key("requests-oauthlib", "private_pem"))
    forged_by_another = Signer(other, AccessToken("theirs", ""), signature_method="RSA-SHA256")
    assert problem(verifier, forged_by_another.sign("GET", URL, timestamp=NOW)) == ("signature_invalid", 401)
    for guess in (public, private, "", "rsa"):
        made = forged(
            consumer_key="rsa", token="theirs", signature_method="HMAC-SHA256", key=Key(guess or "", "t")
        )
        assert problem(verifier, made) == ("signature_method_rejected", 400)


@pytest.mark.abuse("A36")
def test_a_key_that_can_t_be_read_is_the_service_s_fault() -> None:
    class Careless(MemoryStore):
        def find(self, consumer_key: str, token: str | None) -> tuple[Consumer, AccessToken]:
            return Consumer("rsa", rsa_key="no key", signature_methods=["RSA-SHA256"]), AccessToken(
                "theirs", "t"
            )

    private = Consumer("rsa", rsa_key=rsa_key("mastercard", "private_pem"))
    made = Signer(private, AccessToken("theirs", ""), signature_method="RSA-SHA256").sign(
        "GET", URL, timestamp=NOW
    )
    assert problem(Verifier(Careless(), signature_methods=METHODS), made) == ("consumer_key_refused", 503)


@pytest.mark.abuse("A14")
@pytest.mark.rule(3)
def test_a_consumer_with_a_secret_and_an_rsa_key_has_to_name_its_methods() -> None:
    store = memory()
    store.add(Consumer("both", "secret", rsa_key=PEM), AccessToken("theirs", "t"))
    made = forged(consumer_key="both", token="theirs", key=Key("secret", "t"))
    assert problem(Verifier(store), made) == ("signature_method_rejected", 400)
    store.add(Consumer("both", "secret", rsa_key=PEM, signature_methods=["HMAC-SHA1"]))
    assert verify(Verifier(store), made).consumer.key == "both"


@pytest.mark.rfc("3.4-4", "4.11-1")
@pytest.mark.rule(3)
@pytest.mark.parametrize("registered", [["HMAC-SHA1"], ["HMAC-SHA256"], ["HMAC-SHA256", "HMAC-SHA512"], []])
@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"])
def test_the_registration_decides_which_methods_are_allowed(registered: list[str], method: str) -> None:
    store = memory()
    store.add(Consumer("c", "s", signature_methods=registered), AccessToken("t", "ts"))
    made = forged(consumer_key="c", token="t", signature_method=method, key=Key("s", "ts"))
    if method in registered:
        assert verify(Verifier(store), made).consumer.key == "c"
    else:
        assert problem(Verifier(store), made) == ("signature_method_rejected", 400)


@pytest.mark.rule(3)
def test_what_the_service_does_not_allow_no_registration_allows() -> None:
    store = memory()
    store.add(Consumer("c", "s", signature_methods=["HMAC-SHA1", "PLAINTEXT"]), AccessToken("t", "ts"))
    made = forged(consumer_key="c", token="t", signature_method="PLAINTEXT", key=Key("s", "ts"))
    assert problem(Verifier(store), made) == ("signature_method_rejected", 400)


@pytest.mark.rfc("3.2-5")
@pytest.mark.abuse("A21")
def test_a_token_works_with_its_own_consumer_alone() -> None:
    store = memory()
    store.add(Consumer("another", "another-secret"), AccessToken("anothers-token", "anothers-token-secret"))
    verifier = Verifier(store)
    crossed = [
        forged(token="anothers-token", key=Key(CONSUMER.secret, "anothers-token-secret")),
        forged(consumer_key="another", key=Key("another-secret", TOKEN.secret)),
    ]
    for made in crossed:
        assert problem(verifier, made) == ("token_rejected", 401)


@pytest.mark.rfc("3.1-1")
@pytest.mark.abuse("A76")
@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        str.title,
        lambda text: text + " ",
        lambda text: " " + text,
        lambda text: "%",
        lambda text: text[:-1],
    ],
    ids=range(6),
)
def test_keys_are_compared_exactly(change: Callable[[str], str]) -> None:
    verifier = Verifier(memory())
    assert problem(verifier, forged(consumer_key=change(CONSUMER.key)))[0] == "consumer_key_unknown"
    assert problem(verifier, forged(token=change(TOKEN.key)))[0] == "token_rejected"


@pytest.mark.rfc("3.1-5", "4.6-1")
@pytest.mark.abuse("A22")
def test_a_request_without_a_token_needs_a_verifier_that_allows_it() -> None:
    made = Signer(CONSUMER).sign("GET", URL, timestamp=NOW)
    assert problem(Verifier(memory()), made) == ("parameter_absent", 401)
    assert verify(Verifier(memory(), require_token=False), made).token is None


@pytest.mark.rfc("2.1-12")
@pytest.mark.abuse("A22")
def test_an_empty_token_is_never_no_token() -> None:
    made = forged(token="", key=Key(CONSUMER.secret))
    assert problem(Verifier(memory()), made) == ("parameter_absent", 401)
    assert problem(Verifier(memory(), require_token=False), made) == ("parameter_rejected", 400)


@pytest.mark.rfc("3.4.4-2")
@pytest.mark.abuse("A23")
@pytest.mark.rule(3)
@pytest.mark.parametrize(
    ("url", "methods", "accepted"),
    [
        ("https://api.example.com/", METHODS, True),
        ("http://localhost:8000/", METHODS, True),
        ("http://127.0.0.1/", METHODS, True),
        ("http://[::1]/", METHODS, True),
        ("http://api.example.com/", METHODS, False),
        ("http://localhost.example.com/", METHODS, False),
        ("https://api.example.com/", ["HMAC-SHA1"], False),
        ("https://api.example.com/", None, False),
    ],
)
def test_plaintext_works_where_it_is_named_and_nobody_can_read_along(
    url: str, methods: Sequence[str] | None, accepted: bool
) -> None:
    verifier = Verifier(memory()) if methods is None else Verifier(memory(), signature_methods=methods)
    made = signer(signature_method="PLAINTEXT").sign("GET", url, timestamp=NOW)
    if accepted:
        assert verify(verifier, made).token is TOKEN
    else:
        assert problem(verifier, made) == ("signature_method_rejected", 400)


def test_plaintext_covers_no_body() -> None:
    verifier = Verifier(memory(), signature_methods=["PLAINTEXT"])
    made = signer(signature_method="PLAINTEXT").sign("POST", URL, headers=FORM, body=b"a=1", timestamp=NOW)
    assert not verify(verifier, made).body_signed


@pytest.mark.rfc("3.1-7", "3.4.4-3")
def test_plaintext_may_lack_timestamp_and_nonce_both() -> None:
    verifier = Verifier(memory(), signature_methods=["PLAINTEXT"])
    bare = forged(signature_method="PLAINTEXT", without=["oauth_timestamp", "oauth_nonce"])
    assert verify(verifier, bare).token is TOKEN
    assert verify(verifier, bare).token is TOKEN  # nothing marks it as the same
    for left in ("oauth_timestamp", "oauth_nonce"):
        assert problem(verifier, forged(signature_method="PLAINTEXT", without=[left])) == (
            "parameter_absent",
            400,
        )


@pytest.mark.rfc("3.1-6", "3.2-2", "3.4.4-3")
@pytest.mark.abuse("A16")
def test_plaintext_with_a_nonce_is_accepted_once() -> None:
    verifier = Verifier(memory(), signature_methods=["PLAINTEXT"])
    made = signer(signature_method="PLAINTEXT").sign("GET", URL, timestamp=NOW)
    verify(verifier, made)
    assert problem(verifier, made) == ("nonce_used", 401)


class Rotating(Consumer):
    """A consumer with several valid secrets, newest first."""

    __slots__ = ("secrets",)
    secrets: tuple[str, ...]

    def __init__(self, key: str, *secrets: str) -> None:
        super().__init__(key, "never looked at")
        self._fill(secrets=secrets)


@pytest.mark.abuse("A48")
@pytest.mark.parametrize(("secret", "index"), [("new", 0), ("old", 1), ("oldest", 2)])
def test_of_several_secrets_the_one_that_signed_is_named(secret: str, index: int) -> None:
    store = memory()
    store.add(Rotating(CONSUMER.key, "new", "old", "oldest"))
    assert verify(Verifier(store), forged(key=Key(secret, TOKEN.secret))).secret_index == index


@pytest.mark.abuse("A48")
@pytest.mark.parametrize("secret", ["gone", "never looked at", "", "newold"])
def test_a_secret_that_is_not_among_them_signs_nothing(secret: str) -> None:
    store = memory()
    store.add(Rotating(CONSUMER.key, "new", "old"))
    assert problem(Verifier(store), forged(key=Key(secret, TOKEN.secret))) == ("signature_invalid", 401)


@pytest.mark.abuse("A19")
def test_an_empty_secret_among_several_proves_nothing() -> None:
    store = memory()
    store.add(Rotating(CONSUMER.key, "new", ""))
    assert problem(Verifier(store), forged(key=Key("", TOKEN.secret))) == ("signature_method_rejected", 400)


def test_the_one_secret_has_the_first_place() -> None:
    assert verify(Verifier(memory()), sign()).secret_index == 0


@pytest.mark.abuse("A24")
@pytest.mark.rule(7)
@pytest.mark.parametrize(
    "made",
    [
        forged(),
        forged(consumer_key="unknown"),
        forged(token="unknown"),
        forged(signature="wrong"),
        forged(consumer_key="unknown", token="unknown"),
    ],
    ids=["right", "unknown consumer", "unknown token", "wrong signature", "both unknown"],
)
def test_the_same_work_is_done_for_who_exists_and_who_does_not(
    made: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    keys: list[bytes] = []
    digest, compare = hmac.digest, hmac.compare_digest

    def counted_digest(key: bytes, *arguments: Any) -> bytes:
        calls.append("digest")
        keys.append(key)
        return digest(key, *arguments)

    def counted_compare(one: bytes, other: bytes) -> bool:
        calls.append("compare")
        return compare(one, other)

    monkeypatch.setattr(hmac, "digest", counted_digest)
    monkeypatch.setattr(hmac, "compare_digest", counted_compare)
    verifier = Verifier(tapped(memory(), lambda name, _: calls.append(name)))
    try:
        verify(verifier, made)
    except Refused:
        assert calls == ["find", "digest", "compare"]
    else:
        assert calls == ["find", "digest", "compare", "claim_nonce"]
    # What stands in for a secret that nobody has can't be guessed.
    assert all(len(part) >= 15 for part in keys[0].split(b"&"))


@pytest.mark.abuse("A25")
@pytest.mark.rule(7)
@pytest.mark.parametrize(
    "signature", ["é", "x" * 30_000, "\U0010ffff", "\x01", "="], ids=lambda text: ascii(text)[:12]
)
def test_any_text_can_be_a_wrong_signature(signature: str) -> None:
    for method in ("HMAC-SHA1", "PLAINTEXT"):
        made = forged(signature_method=method, signature=signature)
        assert problem(Verifier(memory(), signature_methods=METHODS), made) == ("signature_invalid", 401)


@pytest.mark.rfc("A-3")
@pytest.mark.abuse("A29")
@pytest.mark.parametrize(
    "change",
    [lambda text: text.rstrip("="), lambda text: text + "\n", lambda text: text + "=", percent_encode],
    ids=range(4),
)
def test_a_signature_in_another_spelling_is_wrong(change: Callable[[str], str]) -> None:
    right = forged().signature
    assert problem(Verifier(memory()), forged(signature=change(right))) == ("signature_invalid", 401)


@pytest.mark.abuse("A33")
@pytest.mark.parametrize("text", ["a\r\nX-Injected: 1", "<script>alert(1)</script>", '"', "é"], ids=ascii)
@pytest.mark.parametrize(
    "name", ["consumer_key", "signature_method", "timestamp", "token", "version", "nonce", "<script>"]
)
def test_nothing_of_the_request_comes_back_raw(name: str, text: str) -> None:
    refused = refusal(lambda: verify(Verifier(memory()), forged(signature="wrong", **{name: text})))  # type: ignore[arg-type]  # values for **oauth
    answer = refused.reply()
    for _, value in answer.headers.pairs:
        assert value.isascii()
        assert value.isprintable()
        assert "<" not in value
    assert b"<" not in answer.body
    assert b"\n" not in answer.body
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.abuse("A33")
@pytest.mark.parametrize("name", ["oauth_\nERROR forged\x1b[31m", "oauth_\u202e", "oauth_" + "x" * 300_000])
def test_a_name_that_comes_back_is_short_and_in_one_line(name: str) -> None:
    url = f"https://a.example/?{form_encode([(name, '1'), (name, '2')])}"
    said = str(refusal(lambda: Verifier(memory()).verify("GET", url)))
    assert "is there twice" in said
    assert said.isprintable()
    assert len(said) < 300


# -- the body hash


HASH = body_hash("HMAC-SHA1", b"{}")
BODY_HASHES: dict[str, tuple[dict[str, str], bytes | None, str, str]] = {
    "right": (JSON, b"{}", HASH, ""),
    "right, for no body": ({}, None, body_hash("HMAC-SHA1", b""), ""),
    "right, for an empty body": (JSON, b"", body_hash("HMAC-SHA1", b""), ""),
    "of another body": (JSON, b"[]", HASH, "signature_invalid"),
    "of a body that isn't there": (JSON, None, HASH, "signature_invalid"),
    "of nothing": (JSON, b"{}", body_hash("HMAC-SHA1", b""), "signature_invalid"),
    "by another hash": (JSON, b"{}", body_hash("HMAC-SHA256", b"{}"), "signature_invalid"),
    "empty": (JSON, b"{}", "", "signature_invalid"),
    "in another spelling": (JSON, b"{}", HASH.rstrip("="), "signature_invalid"),
    "outside ASCII": (JSON, b"{}", "é", "signature_invalid"),
    "on a form": (FORM, b"{}", HASH, "parameter_rejected"),
}


@pytest.mark.rfc("4.12-1", "BH-2", "BH-7")
@pytest.mark.abuse("A31")
@pytest.mark.parametrize(("headers", "body", "sent", "code"), BODY_HASHES.values(), ids=BODY_HASHES)
def test_a_body_hash_is_checked_where_it_is_sent(
    headers: dict[str, str], body: bytes | None, sent: str, code: str
) -> None:
    verifier = Verifier(memory())
    made = forged("POST", headers=headers, body=body, body_hash=sent)
    if code:
        assert problem(verifier, made)[0] == code
        assert verify(verifier, forged("POST", headers=headers, body=body)).token is TOKEN  # the same nonce
    else:
        assert verify(verifier, made).body_signed


@pytest.mark.abuse("A31")
def test_what_signer_hashes_verifier_checks() -> None:
    for method in ("HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"):
        made = signer(body_hash=True, signature_method=method).sign(
            "POST", URL, headers=JSON, body=b"{}", timestamp=NOW
        )
        assert verify(Verifier(memory()), made).body_signed


@pytest.mark.rfc("BH-5")
@pytest.mark.abuse("A31")
def test_a_body_hash_in_plaintext_proves_nothing() -> None:
    verifier = Verifier(memory(), signature_methods=["PLAINTEXT"])
    made = signer(body_hash=True, signature_method="PLAINTEXT").sign(
        "POST", URL, headers=JSON, body=b"{}", timestamp=NOW
    )
    assert not verify(verifier, made).body_signed


# -- a store that can't answer


@pytest.mark.abuse("A34")
@pytest.mark.rule(1)
@pytest.mark.parametrize("broken", ["find", "claim_nonce"])
@pytest.mark.parametrize(
    "failure",
    [OSError("disk full: the-consumer-secret"), TimeoutError(), RuntimeError("x"), KeyError("k")],
    ids=repr,
)
def test_a_store_that_fails_is_a_refusal_with_a_time_to_come_again(broken: str, failure: Exception) -> None:
    store = memory()

    def fail(name: str, _: tuple[Any, ...]) -> None:
        if name == broken:
            raise failure

    def sent_to_both() -> list[Refused]:
        one, two = Verifier(tapped(store, fail)), Verifier(awaited(tapped(store, fail)))
        return [
            refusal(lambda: ORIGINAL.to(one)),
            refusal(
                lambda: run(two.averify(*ORIGINAL[:2], headers=ORIGINAL.headers, body=ORIGINAL.body, now=NOW))
            ),
        ]

    for refused in sent_to_both():
        assert (refused.status, refused.retry_after, refused.headers["Retry-After"]) == (503, 5, "5")
        assert refused.__cause__ is failure
        assert type(failure).__name__ in refused.detail
        assert (
            "the-consumer-secret"
            not in f"{refused}{refused.detail}{refused.reply().body!r}{refused.headers.pairs}"
        )
    assert ORIGINAL.to(Verifier(store)).token is TOKEN


@pytest.mark.abuse("A34")
def test_a_store_that_answers_nonsense_is_a_store_that_fails() -> None:
    class Nonsense:
        def find(self, *_: object) -> None:
            return None

        def claim_nonce(self, *_: object, until: float) -> bool:
            return True

    nonsense: Any = Nonsense()
    assert refusal(lambda: ORIGINAL.to(Verifier(nonsense))).status == 503


@pytest.mark.abuse("A34")
def test_an_interruption_is_no_refusal() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ORIGINAL.to(Verifier(tapped(memory(), interrupt)))


# -- limits


@pytest.mark.abuse("A07")
@pytest.mark.parametrize(("number", "accepted"), [(996, True), (997, False)])
def test_a_request_may_have_as_many_parameters_as_the_limit(number: int, accepted: bool) -> None:
    # Five more are in the header, with the signature six: their commas are five.
    made = forged("POST", headers=FORM, body=b"&".join([b"a"] * (number - 1)), more=[])
    if accepted:
        assert len(verify(Verifier(memory()), made).parameters) == number - 1
    else:
        assert problem(Verifier(memory()), made) == ("parameter_rejected", 413)


def test_the_limits_can_be_set() -> None:
    assert problem(Verifier(memory(), max_parameters=5), sign())[1] == 413
    assert verify(Verifier(memory(), max_parameters=7), sign()).token is TOKEN
    assert problem(Verifier(memory(), max_octets=50), sign("POST", headers=FORM, body=b"a" * 51))[1] == 413
    assert problem(Verifier(memory(), max_octets=50), sign("GET", f"{URL}?{'a' * 50}"))[1] == 413
    assert (
        verify(Verifier(memory(), max_octets=50), sign("POST", headers=FORM, body=b"a" * 50)).token is TOKEN
    )


def test_a_body_that_is_no_form_has_no_limit_of_ours() -> None:
    made = sign("POST", headers=JSON, body=b"x" * 2_000_000)
    assert verify(Verifier(memory()), made).token is TOKEN


COSTLY = {
    "a million tiny parameters": ORIGINAL._replace(body=b"a&" * 499_999),
    "a million in the query": ORIGINAL._replace(url=f"{URL}?{'&' * 999_000}"),
    "a megabyte of escapes": ORIGINAL._replace(body=b"%41" * 333_000),
    "a megabyte of bad escapes": ORIGINAL._replace(body=b"%" * 999_000),
    "a megabyte of plus signs": ORIGINAL._replace(body=b"+" * 999_000),
    "commas in the header": header("OAuth " + "," * 32_000),
    "blanks in the header": header("OAuth " + " " * 32_000),
    "backslashes in the realm": header('OAuth realm="' + "\\" * 32_000),
    "an open realm": header('OAuth realm="' + "x" * 32_000),
    "a long path": ORIGINAL._replace(url=f"https://h/{'a/' * 400_000}"),
    "a long host": ORIGINAL._replace(url=f"https://{'a.' * 400_000}/"),
    "a long method": ORIGINAL._replace(method="é" * 1_000_000),
    "a gigantic body that is no form": ORIGINAL._replace(
        headers=ORIGINAL.headers.replacing("Content-Type", "text/plain"), body=bytes(30_000_000)
    ),
}


@pytest.mark.rfc("4.10-2")
@pytest.mark.abuse("A07")
@pytest.mark.parametrize("request_", COSTLY.values(), ids=COSTLY)
def test_a_costly_request_is_refused_quickly_and_in_little_memory(request_: Presented) -> None:
    verifier = Verifier(memory())
    start = time.process_time()
    refused = refusal(lambda: request_.to(verifier))
    took = time.process_time() - start
    assert refused.status in (400, 401, 413, 431)
    assert took < 1
    tracemalloc.start()
    try:
        refusal(lambda: request_.to(verifier))
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()


# What would be 400, were it looked at.
UNREADABLE = {
    "a form too large": ORIGINAL._replace(body=b"%" * 1_000_001),
    "a form of too many parameters": ORIGINAL._replace(body=b"%&" * 500_000),
    "a form of empty parameters": ORIGINAL._replace(body=b"&" * 1_000_000),
    "a URL too large": ORIGINAL._replace(url="https://[" + "%" * 1_000_000),
    "a query of too many parameters": ORIGINAL._replace(url=f"{URL}?{'%&' * 1_000}"),
    "a header too large": header("OAuth " + "%" * 40_000),
    "a header of too many parameters": header("OAuth " + "%," * 1_000),
}


@pytest.mark.rfc("4.10-2")
@pytest.mark.abuse("A07")
@pytest.mark.parametrize("request_", UNREADABLE.values(), ids=UNREADABLE)
def test_the_limits_are_reached_before_anything_is_decoded_or_looked_up(request_: Presented) -> None:
    calls: list[str] = []
    verifier = Verifier(tapped(memory(), lambda name, _: calls.append(name)))
    tracemalloc.start()
    try:
        refused = refusal(lambda: request_.to(verifier))
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
    assert refused.status in (413, 431)
    assert calls == []
    assert ORIGINAL.to(verifier).token is TOKEN


@pytest.mark.abuse("A15")
@pytest.mark.rule(7)
def test_thousands_of_wrong_signatures_change_nothing_for_the_honest_application() -> None:
    calls: list[str] = []
    verifier = Verifier(tapped(memory(), lambda name, _: calls.append(name)))
    wrong = altered(signature="wrong")
    for _ in range(5_000):
        assert refusal(lambda: wrong.to(verifier)).problem == "signature_invalid"
    assert calls == ["find"] * 5_000
    assert ORIGINAL.to(verifier).token is TOKEN
    assert calls[5_000:] == ["find", "claim_nonce"]


def test_a_verifier_knows_the_methods_that_it_is_told_to_allow() -> None:
    with pytest.raises(
        ValueError, match="signature_methods: HMAC-MD5 and RC4 not known here: use HMAC-SHA1, "
    ):
        Verifier(memory(), signature_methods=["HMAC-MD5", "HMAC-SHA1", "RC4"])


# -- properties

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=3)
SIGNED = st.builds(
    lambda placement, method, http, path, query, form, nonce: Signer(
        CONSUMER, HELD, placement=placement, signature_method=method
    ).sign(
        http,
        f"https://api.example.com/{path}" + (f"?{form_encode(query)}" if query else ""),
        headers=FORM,
        body=form_encode(form),
        nonce=nonce,
        timestamp=NOW,
    ),
    st.sampled_from(PLACEMENTS),
    st.sampled_from(["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"]),
    st.sampled_from(["GET", "POST", "PUT", "M-SEARCH"]),
    st.text("ab/%2F~é;.", max_size=6).filter(lambda path: "%" not in path or "%2F" in path),
    PAIRS.filter(lambda pairs: not any(name.startswith("oauth_") for name, _ in pairs)),
    PAIRS.filter(lambda pairs: not any(name.startswith("oauth_") for name, _ in pairs)),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=8),
)


def has_nul(made: Signed) -> bool:
    return any("\x00" in name for name, _ in made.parameters)


@pytest.mark.rfc("3.4.1.3.1-1", "3.4.1.3.1-3", "A-1")
@given(SIGNED)
def test_whatever_signer_signs_verifier_accepts_once(made: Signed) -> None:
    assume(not has_nul(made))
    verifier = Verifier(memory())
    verified = verify(verifier, made)
    assert sorted(verified.parameters) == sorted(
        pair for pair in made.parameters if not pair.name.startswith("oauth_")
    )
    assert problem(verifier, made)[0] == "nonce_used"


def content(request: Presented) -> object:
    """What a signature is about; None for what can't be read."""
    try:
        header_pairs: tuple[tuple[str, str], ...] = ()
        if "Authorization" in request.headers:
            header_pairs = parse_authorization(request.headers["Authorization"]).parameters
        form = request.body if is_form(request.headers["Content-Type"]) else None
        pairs = collect(query=Url(request.url).query, header=header_pairs, form=form)
        return request.method.upper(), base_string_uri(request.url), sorted(pairs)
    except Malformed:
        return None


@pytest.mark.rfc("3.2-1", "3.4.1-1")
@pytest.mark.abuse("A09")
@pytest.mark.abuse("A29")
@given(SIGNED, st.sampled_from(["method", "url", "body", "header"]), st.randoms(use_true_random=False))
def test_whatever_changes_what_was_signed_is_refused_and_costs_nothing(
    made: Signed, part: str, chance: random.Random
) -> None:
    assume(not has_nul(made))
    original = presented(made)
    text = {
        "method": original.method,
        "url": original.url,
        "body": (original.body or b"").decode("latin-1"),
        "header": original.headers.get("Authorization", ""),
    }[part]
    assume(text)
    place = chance.randrange(len(text))
    octet = chance.choice([chr(chance.randrange(33, 127)), chance.choice('&=%+?#/,"0aA')])
    kind = chance.choice(["replace", "insert", "delete"])
    changed = text[:place] + ("" if kind == "delete" else octet) + text[place + (kind != "insert") :]
    request = {
        "method": original._replace(method=changed),
        "url": original._replace(url=changed),
        "body": original._replace(body=changed.encode("latin-1")),
        "header": original._replace(headers=original.headers.replacing("Authorization", changed)),
    }[part]
    verifier = Verifier(memory())
    if content(request) == content(original):
        assert request.to(verifier).token is TOKEN  # another spelling of the same
        return
    assert refusal(lambda: request.to(verifier)).status in (400, 401)
    assert original.to(verifier).token is TOKEN


JUNK = st.text(max_size=30) | st.text('&=%+,"\\ oauth_token\x00\n/:?#[]@\udcff', max_size=40)
HOSTILE_HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["Authorization", "authorization", "Content-Type", "Cookie", "Host"]),
        JUNK
        | JUNK.map("OAuth ".__add__)
        | JUNK.map(AUTHORIZATION.__add__)
        | JUNK.map((FORM["Content-Type"] + ";").__add__)
        | st.just(AUTHORIZATION)
        | st.just(FORM["Content-Type"]),
    ),
    max_size=4,
)


@pytest.mark.abuse("A11")
@given(
    method=st.sampled_from(["GET", "POST"]) | JUNK,
    url=st.just(f"{URL}?q=1")
    | JUNK
    | JUNK.map("https://".__add__)
    | JUNK.map(f"{URL}/".__add__)
    | JUNK.map(f"{URL}?".__add__),
    headers=HOSTILE_HEADERS,
    body=st.none() | st.binary(max_size=60) | JUNK.map(lambda text: text.encode("utf-8", "surrogatepass")),
)
def test_nothing_but_refused_leaves_the_verifier_for_junk(
    method: str, url: str, headers: list[tuple[str, str]], body: bytes | None
) -> None:
    refused = refusal(lambda: Presented(method, url, Headers(headers), body).to(Verifier(memory())))
    assert refused.status in (400, 401, 413, 431)
    assert refused.reply().headers["WWW-Authenticate"].isascii()
    assert copy.copy(refused).problem == refused.problem


@given(
    oauth=st.dictionaries(
        st.sampled_from(
            [
                "consumer_key",
                "token",
                "signature_method",
                "timestamp",
                "nonce",
                "version",
                "signature",
                "body_hash",
                "callback",
            ]
        ),
        TEXT,
        min_size=1,
    ),
    place=st.sampled_from(PLACES),
)
def test_nothing_but_refused_leaves_the_verifier_for_junk_in_good_shape(
    oauth: dict[str, str], place: str
) -> None:
    verifier = Verifier(memory(), signature_methods=METHODS, require_token=False)
    made = forged("POST", place=place, **{"signature": "wrong", **oauth})  # type: ignore[arg-type]  # values for **oauth
    assert refusal(lambda: verify(verifier, made)).status in (400, 401)


@pytest.mark.abuse("A81")
def test_the_detail_of_a_wrong_signature_holds_no_verifier() -> None:
    made = sign("POST", oauth={"oauth_verifier": "canary 5EC12E7"})
    refused = refusal(lambda: verify(Verifier(memory()), with_another_signature(made)))
    assert "oauth_verifier%3D…%26oauth_version" in refused.detail
    assert "5EC12E7" not in refused.detail


def with_another_signature(made: Signed) -> Signed:
    header = re.sub('oauth_signature="[^"]+', 'oauth_signature="AAAA', made.headers["Authorization"])
    fields = made.headers.replacing("Authorization", header)
    return Signed(made.method, made.url, fields, made.body, made.base_string, "AAAA", made.parameters)


@pytest.mark.rfc("3.5-3")
def test_an_unknown_protocol_parameter_may_travel_elsewhere_and_is_signed() -> None:
    made = sign(url=f"{URL}?oauth_flavour=mint")
    assert verify(Verifier(memory()), made).oauth["oauth_flavour"] == "mint"


# -- quirks: what some clients do against the RFC


def launched(query: str, form: str, signed_form: str) -> Signed:
    """A launch as Canvas sends it: all in one form, signed as if the form were `signed_form`."""
    made = Signer(CONSUMER, HELD, placement="body").sign(
        "POST", f"{URL}{query}", headers=FORM, body=signed_form.encode(), timestamp=NOW
    )
    assert made.body is not None
    body = made.body.replace(signed_form.encode(), form.encode(), 1)
    return Signed(
        made.method, made.url, made.headers, body, made.base_string, made.signature, made.parameters
    )


CANVAS = launched("?media=51&media=51&x=2", "media=51&lti=1&media=51&x=2", "lti=1")


@pytest.mark.abuse("A17")
def test_a_query_that_the_form_repeats_and_the_signature_has_once_is_refused_unless_that_is_allowed() -> None:
    assert problem(Verifier(memory()), CANVAS) == ("signature_invalid", 401)
    assert verify(Verifier(memory(), quirks=["repeated-query"]), CANVAS).body_signed


@pytest.mark.parametrize(
    ("query", "form"), [("?a=1", "a=1"), ("?a=1", "b=1"), ("", "a=1&a=1"), ("?a=1&a=2", "a=2&c=3")]
)
def test_where_a_query_may_be_repeated_the_reading_of_the_rfc_still_holds(query: str, form: str) -> None:
    made = launched(query, form, form)
    assert verify(Verifier(memory(), quirks=["repeated-query"]), made).body_signed


@pytest.mark.abuse("A17")
@pytest.mark.parametrize(
    ("query", "form"),
    [
        ("?media=51&media=51&x=2", "media=52&lti=1&media=51&x=2"),  # another value
        ("?media=51&media=51&x=2", "media=51&lti=1&media=51&media=51&x=2"),  # once more than in the query
        ("?media=51&media=51&x=2", "media=51&media=51&x=2"),  # without what the form had besides
        ("?media=51&media=51&x=3", "media=51&lti=1&media=51&x=2"),
    ],
    ids=range(4),
)
def test_a_repeated_query_lets_nothing_else_through(query: str, form: str) -> None:
    body = CANVAS.body or b""
    protocol = body[body.index(b"&oauth_") :]
    changed = Signed("POST", f"{URL}{query}", CANVAS.headers, form.encode() + protocol, "", "", ())
    assert problem(Verifier(memory(), quirks=["repeated-query"]), changed) == ("signature_invalid", 401)


def moved(made: Signed, *more: tuple[str, str]) -> Signed:
    """The request with its signature in the other field."""
    fields = Headers([("X-OAuth1-Authorization", made.headers["Authorization"]), *more])
    return Signed(made.method, made.url, fields, made.body, made.base_string, made.signature, made.parameters)


def test_the_other_field_is_read_only_where_that_is_allowed() -> None:
    assert problem(Verifier(memory()), moved(sign())) == ("parameter_absent", 401)
    assert verify(Verifier(memory(), quirks=["x-oauth1-authorization"]), moved(sign())).token is TOKEN


@pytest.mark.abuse("A15")
@pytest.mark.parametrize("value", ["Basic YTpi", 'OAuth oauth_consumer_key="x"'])
def test_the_other_field_never_stands_beside_an_authorization_header(value: str) -> None:
    made = moved(sign(), ("Authorization", value))
    assert problem(Verifier(memory(), quirks=["x-oauth1-authorization"]), made)[0] == "parameter_absent"


@pytest.mark.abuse("A15")
def test_two_of_the_other_field_are_refused() -> None:
    made = moved(sign(), ("x-oauth1-authorization", sign().headers["Authorization"]))
    verifier = Verifier(memory(), quirks=["x-oauth1-authorization"])
    assert problem(verifier, made) == ("parameter_rejected", 400)


@pytest.mark.abuse("A22")
def test_an_empty_token_is_no_token_where_that_is_allowed() -> None:
    made = forged(token="", key=Key(CONSUMER.secret))
    verifier = Verifier(memory(), require_token=False, quirks=["empty-token"])
    assert verify(verifier, made).token is None
    assert problem(verifier, made) == ("nonce_used", 401)


@pytest.mark.abuse("A22")
def test_an_empty_token_is_none_where_one_is_required() -> None:
    made = forged(token="", key=Key(CONSUMER.secret))
    assert problem(Verifier(memory(), quirks=["empty-token"]), made) == ("parameter_absent", 401)


@pytest.mark.abuse("A22")
def test_an_empty_token_is_signed_with_no_secret_but_an_empty_one() -> None:
    verifier = Verifier(memory(), require_token=False, quirks=["empty-token"])
    assert problem(verifier, forged(token="")) == ("signature_invalid", 401)


def test_a_quirk_that_is_not_known_is_said() -> None:
    with pytest.raises(ValueError, match=r"quirks: lax not known here: use .*repeated-query"):
        Verifier(memory(), quirks=["lax"])


# -- a body hash that is required


@pytest.mark.abuse("A31")
@pytest.mark.parametrize(
    ("headers", "body", "accepted"),
    [(JSON, b"{}", False), (JSON, b"", False), ({}, b"x", False), (FORM, b"a=1", True), ({}, None, True)],
    ids=["JSON", "empty JSON", "no type", "a form", "no body"],
)
def test_where_a_body_hash_is_required_only_what_is_signed_anyway_may_lack_it(
    headers: dict[str, str], body: bytes | None, accepted: bool
) -> None:
    made = forged("POST", headers=headers, body=body)
    verifier = Verifier(memory(), require_body_hash=True)
    if accepted:
        assert verify(verifier, made).body_signed
    else:
        assert problem(verifier, made) == ("parameter_absent", 401)
        hashed = forged("POST", headers=headers, body=body, body_hash=body_hash("HMAC-SHA1", body or b""))
        assert verify(verifier, hashed).body_signed  # with the same nonce
