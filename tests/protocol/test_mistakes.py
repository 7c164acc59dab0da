"""A wrong signature that a usual mistake gives is explained, and no other one is."""

from typing import Any

import oauthlib.oauth1
import pytest

from tests.vectors import rsa_key
from valetkey import Consumer, MemoryStore, Refused, Signer, Verifier
from valetkey.protocol import mistakes
from valetkey.protocol.cases import Case
from valetkey.protocol.credentials import AccessToken
from valetkey.protocol.mistakes import MOST_OCTETS, MOST_PARAMETERS, SENTENCES, Mistake, find
from valetkey.protocol.parameters import Parameter
from valetkey.protocol.signatures import METHODS, Hmac, Key

CONSUMER = Consumer("key", "consumer secret")
TOKEN = AccessToken("token", "token secret")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
NOW = 1_800_000_000
PLACE = "http://127.0.0.1:12001/1/update.json"


def signed(url: str, body: str | None = None, method: str = "POST", **options: Any) -> str:
    """The Authorization header of an independent client."""
    # At one time for all: these are made while tests are collected, and asked much later.
    secrets = {"client_secret": CONSUMER.secret, "resource_owner_secret": TOKEN.secret, **options}
    client = oauthlib.oauth1.Client(CONSUMER.key, resource_owner_key=TOKEN.key, timestamp=str(NOW), **secrets)
    headers = FORM if body is not None else {}
    made: str = client.sign(url, method, body, headers)[1]["Authorization"]
    return made


def refused(authorization: str, url: str = PLACE, body: str | None = None, method: str = "POST") -> Refused:
    """What the verifier says of a request whose signature was made for another one."""
    store = MemoryStore()
    store.add(CONSUMER, TOKEN)
    verifier = Verifier(store, signature_methods=("HMAC-SHA1", "PLAINTEXT"))
    headers = {"Authorization": authorization, **(FORM if body is not None else {})}
    with pytest.raises(Refused) as caught:
        verifier.verify(method, url, headers=headers, body=None if body is None else body.encode(), now=NOW)
    assert caught.value.problem == "signature_invalid"
    return caught.value


def found(*request: Any, **options: Any) -> Mistake | None:
    case = refused(*request, **options).case
    assert case is not None
    return find(case)


TEXT = "status=tea%20%26%20toast"
WRONG = {
    "https signed, http sent": (
        signed("https://127.0.0.1:12001/1/update.json"),
        {},
        Mistake("scheme", "https"),
    ),
    "http signed, https sent": (
        signed("http://api.example/a"),
        {"url": "https://api.example/a"},
        Mistake("scheme", "http"),
    ),
    "port forgotten": (
        signed("http://127.0.0.1/1/update.json"),
        {},
        Mistake("port", "http://127.0.0.1"),
    ),
    "query forgotten": (signed(PLACE), {"url": f"{PLACE}?count=20"}, Mistake("query")),
    "longer query forgotten": (signed(PLACE), {"url": f"{PLACE}?count=20&page=2"}, Mistake("query")),
    "form forgotten": (signed(PLACE), {"body": f"{TEXT}&reply=1"}, Mistake("form")),
    "one parameter of a form forgotten": (
        signed(PLACE, "reply=1"),
        {"body": f"reply=1&{TEXT}"},
        Mistake("parameter", "status"),
    ),
    "the only parameter of a form forgotten": (signed(PLACE), {"body": TEXT}, Mistake("parameter", "status")),
    "one parameter of the query forgotten": (
        signed(f"{PLACE}?a=1"),
        {"url": f"{PLACE}?a=1&b=2"},
        Mistake("parameter", "b"),
    ),
    "a value encoded twice": (
        signed(PLACE, "status=tea%2520%2526%2520toast"),
        {"body": TEXT},
        Mistake("encoding"),
    ),
    "the token's secret forgotten": (signed(PLACE, resource_owner_secret=""), {}, Mistake("token-secret")),
    "the token's secret forgotten in PLAINTEXT": (
        signed(PLACE, resource_owner_secret="", signature_method="PLAINTEXT"),
        {},
        Mistake("token-secret"),
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_usual_mistake_is_proved(wrong: str) -> None:
    authorization, request, mistake = WRONG[wrong]
    assert found(authorization, **request) == mistake


def test_a_method_in_small_letters_is_proved() -> None:
    right = Signer(CONSUMER, TOKEN).sign("POST", PLACE)
    small = right.base_string.replace("POST", "post", 1)
    signature = METHODS["HMAC-SHA1"].sign(small, Key(CONSUMER.secret, TOKEN.secret))
    parameters = [item for item in right.parameters if item.name != "oauth_signature"]
    parameters.append(Parameter("oauth_signature", signature, "header"))
    assert find(Case("POST", PLACE, parameters, CONSUMER, TOKEN)) == Mistake("method", "post")


class Holder:
    """A consumer with several secrets."""

    key, signature_methods = CONSUMER.key, None
    rsa_key: str | None = None

    def __init__(self, *secrets: str) -> None:
        self.secret, self.secrets = secrets[0], secrets


def test_the_older_secret_of_two_is_tried_as_well() -> None:
    case = refused(signed("https://127.0.0.1:12001/1/update.json")).case
    assert case is not None
    assert find(
        Case(case.method, case.url, case.parameters, Holder("new", CONSUMER.secret), TOKEN)
    ) == Mistake("scheme", "https")


RSA = "http://127.0.0.1:12001/1/update.json?a=1"


def signed_by_rsa(private: str, url: str) -> Case:
    """A request to :data:`RSA` that was signed for `url`, of a consumer with two secrets and a public key."""
    consumer = Holder("newer", "older")
    consumer.rsa_key = rsa_key("mastercard", "public_pem")
    signer = Signer(
        Consumer("key", rsa_key=rsa_key(private, "private_pem")), TOKEN, signature_method="RSA-SHA256"
    )
    made = signer.sign("GET", url)
    parameters = [item for item in made.parameters if item.source == "header"]
    sent = [Parameter("a", "1", "query"), *parameters, Parameter("oauth_signature", made.signature, "header")]
    return Case("GET", RSA, sent, consumer, TOKEN)


def test_a_mistake_with_an_rsa_key_is_proved_by_the_public_half() -> None:
    assert find(signed_by_rsa("mastercard", RSA)) is None
    assert find(signed_by_rsa("mastercard", RSA.replace("http", "https"))) == Mistake("scheme", "https")
    assert find(signed_by_rsa("mastercard", RSA.partition("?")[0])) == Mistake("query")


@pytest.mark.parametrize("url", [RSA, RSA.replace("http", "https")])
def test_what_another_rsa_key_signed_is_not_explained(url: str) -> None:
    assert find(signed_by_rsa("requests-oauthlib", url)) is None


NOTHING = {
    "another secret": signed(PLACE, client_secret="another"),
    "another path": signed("http://127.0.0.1:12001/1/destroy.json"),
    "another host": signed("http://api.example/1/update.json"),
    "PLAINTEXT with another secret": signed(PLACE, client_secret="another", signature_method="PLAINTEXT"),
}


@pytest.mark.parametrize("wrong", NOTHING)
def test_what_no_usual_mistake_gives_is_not_explained(wrong: str) -> None:
    assert found(NOTHING[wrong]) is None


@pytest.mark.parametrize("secrets", [(CONSUMER.secret,), ("newer", CONSUMER.secret)])
def test_a_signature_that_is_right_proves_no_mistake_though_its_body_is_another_one(
    secrets: tuple[str, ...],
) -> None:
    signed = Signer(CONSUMER, TOKEN, body_hash=True).sign("POST", PLACE, headers=JSON, body=b"{}")
    store = MemoryStore()
    store.add(CONSUMER, TOKEN)
    with pytest.raises(Refused, match="oauth_body_hash") as caught:
        Verifier(store).verify(signed.method, signed.url, headers=signed.headers, body=b"[]")
    case = caught.value.case
    assert case is not None
    assert find(Case(case.method, case.url, case.parameters, Holder(*secrets), TOKEN)) is None


def test_without_the_keys_nothing_is_tried() -> None:
    case = refused(signed("https://127.0.0.1:12001/1/update.json")).case
    assert case is not None
    for consumer, token in ((None, TOKEN), (CONSUMER, None)):
        assert find(Case(case.method, case.url, case.parameters, consumer, token)) is None


@pytest.mark.abuse("A07")
def test_the_work_for_a_request_with_many_parameters_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    computed = 0

    class Counting(Hmac):
        def sign(self, base_string: str, key: Key) -> str:
            nonlocal computed
            computed += 1
            return super().sign(base_string, key)

    body = "&".join(f"p{number}=1" for number in range(900))
    case = refused(signed(PLACE, "other=1"), body=body).case
    assert case is not None
    monkeypatch.setattr(mistakes, "METHODS", {"HMAC-SHA1": Counting("sha1")})
    assert find(case) is None
    assert 0 < computed < MOST_PARAMETERS


@pytest.mark.abuse("A07")
@pytest.mark.parametrize("names", [1, 30])
def test_a_large_request_is_not_searched(names: int, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_octets = 0

    class Counting(Hmac):
        def sign(self, base_string: str, key: Key) -> str:
            nonlocal signed_octets
            signed_octets += len(base_string)
            return super().sign(base_string, key)

    value = "a" * (MOST_OCTETS // names)
    body = "&".join(f"p{number}={value}" for number in range(names))
    case = refused(signed(PLACE, "other=1"), body=body).case
    assert case is not None
    monkeypatch.setattr(mistakes, "METHODS", {"HMAC-SHA1": Counting("sha1")})
    assert find(case) is None
    assert signed_octets == 0


@pytest.mark.rule(7)
def test_what_was_sent_but_not_signed_is_named_in_one_line_and_without_a_body_s_values() -> None:
    for body in ('{"password": "canary"}', "%0AERROR%1b=1"):
        mistake = found(signed(PLACE), body=body)
        assert mistake == Mistake("parameter", "…")
        assert str(mistake).isprintable()


@pytest.mark.parametrize("slug", SENTENCES)
def test_a_mistake_says_itself_in_a_sentence(slug: str) -> None:
    sentence = str(Mistake(slug, "status"))
    assert "{" not in sentence
    assert ("status" in sentence) == ("{about}" in SENTENCES[slug])
