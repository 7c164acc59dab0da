"""What requests-oauthlib's documentation shows runs with one import changed, and comes to the same.

The examples are its documentation's calls, in our words. Each runs as it stands, and once more with
`valetkey.requests` in the place of its modules and oauthlib's.
"""

import inspect
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import oauthlib.oauth1
import pytest
import requests
import requests_oauthlib
from requests_oauthlib import oauth1_session

import valetkey.requests
from tests.clients import guarding, proved, providing, token_in
from tests.loopback import Arrived, always, serving
from tests.vectors import rsa_key
from tests.wire import CALLBACK, CONSUMER
from valetkey import Answer, Consumer, MemoryStore, Unsignable
from valetkey.protocol.header import parse_authorization

MODULES = re.compile(r"\b(requests_oauthlib(\.oauth1_\w+)?|oauthlib\.oauth1)\b")
SESSION = """
from requests_oauthlib import OAuth1Session
session = OAuth1Session(client_key, client_secret=client_secret, callback_uri=callback)
"""
# What signs with a token that was granted before.
AUTHORIZED = """
from requests_oauthlib import OAuth1, OAuth1Session
from oauthlib.oauth1 import SIGNATURE_HMAC, SIGNATURE_TYPE_BODY, SIGNATURE_TYPE_QUERY
import requests
key, secret = granted()
credentials = dict(client_secret=client_secret, resource_owner_key=key, resource_owner_secret=secret)
"""
EXAMPLES = {
    "the workflow, with a session": f"""{SESSION}
first = session.fetch_request_token(request_token_url)
page = session.authorization_url(authorization_url)
back = session.parse_authorization_response(person(page))
token = session.fetch_access_token(access_token_url)
answer = session.get(protected_url, params={{"q": "é"}})
result = sorted(first), sorted(back), sorted(token), sorted(session.token), session.authorized, answer.json()
""",
    "the workflow, with a verifier that was typed": """
from requests_oauthlib import OAuth1Session
session = OAuth1Session(client_key, client_secret=client_secret, callback_uri="oob")
session.fetch_request_token(request_token_url)
pin = person(session.authorization_url(authorization_url))
session.fetch_access_token(access_token_url, verifier=pin)
result = session.authorized, session.post(protected_url, data={"status": "hello world"}).json()
""",
    "the workflow, with a session for each step": f"""{SESSION}
first = session.fetch_request_token(request_token_url)
back = session.parse_authorization_response(person(session.authorization_url(authorization_url)))
session = OAuth1Session(
    client_key,
    client_secret=client_secret,
    resource_owner_key=first.get("oauth_token"),
    resource_owner_secret=first.get("oauth_token_secret"),
    verifier=back.get("oauth_verifier"),
)
token = session.fetch_access_token(access_token_url)
session = OAuth1Session(client_key, client_secret, token.get("oauth_token"), token.get("oauth_token_secret"))
result = session.get(protected_url).json()
""",
    "the workflow, with auths": """
import requests
from requests_oauthlib import OAuth1
from urllib.parse import parse_qs
oauth = OAuth1(client_key, client_secret=client_secret, callback_uri=callback)
answer = requests.post(url=request_token_url, auth=oauth)
credentials = parse_qs(answer.text)
key, secret = credentials.get("oauth_token")[0], credentials.get("oauth_token_secret")[0]
verifier = parse_qs(person(authorization_url + "?oauth_token=" + key).partition("?")[2])["oauth_verifier"][0]
oauth = OAuth1(
    client_key,
    client_secret=client_secret,
    resource_owner_key=key,
    resource_owner_secret=secret,
    verifier=verifier,
)
credentials = parse_qs(requests.post(url=access_token_url, auth=oauth).text)
key, secret = credentials.get("oauth_token")[0], credentials.get("oauth_token_secret")[0]
oauth = OAuth1(client_key, client_secret=client_secret, resource_owner_key=key, resource_owner_secret=secret)
result = requests.get(url=protected_url, auth=oauth).json()
""",
    "where the signature goes": f"""{AUTHORIZED}
result = []
for kind in ("auth_header", SIGNATURE_TYPE_QUERY, SIGNATURE_TYPE_BODY):
    oauth = OAuth1(client_key, **credentials, signature_type=kind, signature_method=SIGNATURE_HMAC)
    result.append(requests.post(protected_url, data={{"a": "1", "b": ["2", "3"]}}, auth=oauth).json())
    with OAuth1Session(client_key, **credentials, signature_type=kind) as session:
        result.append(session.post(protected_url, data={{"a": "é ~"}}).json())
""",
    "what requests itself takes": f"""{AUTHORIZED}
session = requests.Session()
session.auth = OAuth1(client_key, **credentials)
session.headers["X-One"] = "1"
session.params = {{"kept": "1"}}
with OAuth1Session(client_key, **credentials) as other:
    result = [
        session.get(protected_url).json(),
        session.put(protected_url, json={{"a": 1}}).json(),
        other.post(protected_url, files={{"media": ("a.txt", b"hello")}}, data={{"a": "1"}}).json(),
        other.delete(protected_url, params={{"id": 7}}, headers={{"Accept": "*/*"}}).status_code,
        other.head(protected_url, timeout=5).status_code,
        b"".join(other.get(protected_url, stream=True).iter_content(10)),
    ]
""",
    "a redirect within the service": f"""{AUTHORIZED}
with OAuth1Session(client_key, **credentials) as session:
    answer = session.get(protected_url + "/moved")
    result = answer.status_code, [hop.status_code for hop in answer.history], answer.json()
""",
    "a token that is kept": f"""{AUTHORIZED}
session = OAuth1Session(client_key, client_secret=client_secret)
before = session.authorized
session.token = {{"oauth_token": key, "oauth_token_secret": secret}}
result = before, session.authorized, sorted(session.token), session.get(protected_url).json()
""",
    "what is refused": """
from requests_oauthlib import OAuth1Session
from requests_oauthlib.oauth1_session import TokenMissing, TokenRequestDenied, VerifierMissing
result = []
session = OAuth1Session("nobody", client_secret="secret")
try:
    session.fetch_request_token(request_token_url)
except TokenRequestDenied as error:
    result.append((error.status_code, error.response.status_code, "consumer_key_unknown" in str(error)))
try:
    session.fetch_access_token(access_token_url)
except VerifierMissing as error:
    result.append(str(error))
try:
    session.parse_authorization_response(callback + "&denied=1")
except TokenMissing as error:
    result.append(error.response)
try:
    session.token = {}
except ValueError as error:
    result.append(type(error).__name__)
""",
    "a realm, and a header that is text": f"""{AUTHORIZED}
oauth = OAuth1(client_key, **credentials, realm="photos", decoding=None)
prepared = requests.Request("GET", protected_url, auth=oauth).prepare()
octets = requests.Request("GET", protected_url, auth=OAuth1(client_key)).prepare()
result = type(prepared.headers["Authorization"]), type(octets.headers["Authorization"]), realm(prepared)
""",
    "a body that is covered": f"""{AUTHORIZED}
oauth = OAuth1(client_key, **credentials, force_include_body=True)
kind = {{"Content-Type": "application/json"}}
answer = requests.post(protected_url, data='{{"a": 1}}', headers=kind, auth=oauth)
result = oauth.force_include_body, answer.json()
""",
    "what is kept at client": f"""{AUTHORIZED}
oauth = OAuth1(client_key, **credentials, signature_type="query", nonce="abc", timestamp="1800000000")
names = ["client_key", "client_secret", "callback_uri", "signature_method", "signature_type", "rsa_key"]
names += ["verifier", "realm", "nonce", "timestamp"]
result = [getattr(oauth.client, name) for name in names], oauth.client.resource_owner_key == key
""",
}


@pytest.fixture
def namespace(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], dict[str, Any]]]:
    """What an example is given: a service, a person who says yes, and a token that was granted before."""
    monkeypatch.setenv("no_proxy", "*")
    store = MemoryStore()
    with providing(store, [CALLBACK]) as (service, provider, _), guarding(api, store) as protected:

        def person(page: str) -> str:
            decision = provider.allow(token_in(page), "ada", access="read")
            return str(decision.redirect or decision.pin)

        def granted() -> tuple[str, str]:
            made: dict[str, Any] = made_namespace()
            exec(EXAMPLES["the workflow, with a session"].replace("result =", "_ ="), made)  # noqa: S102  # our own text
            return made["token"]["oauth_token"], made["token"]["oauth_token_secret"]

        def made_namespace() -> dict[str, Any]:
            return {
                "client_key": CONSUMER.key,
                "client_secret": CONSUMER.secret,
                "callback": CALLBACK,
                "request_token_url": f"{service.origin}/r",
                "authorization_url": f"{service.origin}/a",
                "access_token_url": f"{service.origin}/t",
                "protected_url": f"{protected.origin}/x",
                "person": person,
                "granted": granted,
                "realm": realm,
            }

        yield made_namespace


def api(arrived: Arrived) -> Answer:
    """Says what arrived, without what is another one each time."""
    path, _, query = arrived.target.partition("?")
    if path.endswith("/moved"):
        return Answer(302, {"Location": "/x?moved=1"})
    if arrived.method == "HEAD":
        return Answer(200)
    form = "form-url" in arrived.headers.get("Content-Type", "")
    texts = {"query": query, "form": arrived.body.decode() if form else ""}
    header = arrived.headers.get("Authorization")
    shown = {name: kept(parse_qsl(text, keep_blank_values=True)) for name, text in texts.items()}
    shown["header"] = kept(parse_authorization(header).parameters) if header else []
    size = 0 if form else len(re.sub(b"[0-9a-f]{32}", b"boundary", arrived.body))
    return Answer(200, None, json.dumps([arrived.method, shown, size, arrived.headers.get("X-One")]))


def kept(pairs: Any) -> list[Any]:
    random = ("oauth_nonce", "oauth_timestamp", "oauth_signature", "oauth_token")
    return sorted((name, "" if name in random else value) for name, value in pairs)


def realm(prepared: requests.PreparedRequest) -> str | None:
    return parse_authorization(str(prepared.headers["Authorization"])).realm


def result_of(source: str, namespace: dict[str, Any]) -> Any:
    exec(source, namespace)  # noqa: S102  # our own text
    return namespace["result"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_of_the_documentation_comes_to_the_same_with_its_import_changed(
    name: str, namespace: Callable[[], dict[str, Any]]
) -> None:
    theirs = result_of(EXAMPLES[name], namespace())
    source, changed = MODULES.subn("valetkey.requests", EXAMPLES[name])
    assert changed
    assert result_of(source, namespace()) == theirs


# -- names, arguments, attributes

CLASSES: list[tuple[Any, Any]] = [
    (requests_oauthlib.OAuth1, valetkey.requests.OAuth1),
    (requests_oauthlib.OAuth1Session, valetkey.requests.OAuth1Session),
]
MEMBERS = [
    pytest.param(theirs, ours, name, id=f"{theirs.__name__}.{name}")
    for theirs, ours in CLASSES
    for name in dir(theirs)
    if not name.startswith("_") or name in ("__init__", "__call__")
]


def arguments(function: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


@pytest.mark.parametrize(("theirs", "ours", "name"), MEMBERS)
def test_every_public_member_is_here_and_takes_the_same_arguments(theirs: Any, ours: Any, name: str) -> None:
    one, other = inspect.getattr_static(theirs, name), inspect.getattr_static(ours, name)
    assert isinstance(other, property) is isinstance(one, property)
    if isinstance(one, property):
        assert (one.fset is None) is (other.fset is None)
    elif inspect.isfunction(one):
        assert_takes(arguments(one), arguments(other))


def assert_takes(theirs: list[inspect.Parameter], ours: list[inspect.Parameter]) -> None:
    """In the same places, by the same names, with the same defaults; what is ours alone may be left out."""
    places = [parameter for parameter in theirs if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    for one, other in zip(places, ours, strict=False):
        assert (other.name, other.kind) == (one.name, one.kind)
        assert other.default == one.default
    assert len(ours) >= len(places)
    assert all(
        other.default is not inspect.Parameter.empty or other.kind is inspect.Parameter.VAR_KEYWORD
        for other in ours[len(places) :]
    )


def test_what_oauthlibs_client_takes_besides_is_taken_too() -> None:
    """requests-oauthlib hands on what it doesn't know."""
    given = {parameter.name for parameter in arguments(oauthlib.oauth1.Client.__init__)}
    for _, ours in CLASSES:
        assert given - {parameter.name for parameter in arguments(ours.__init__)} == {"encoding"}


@pytest.mark.parametrize("theirs", [requests_oauthlib.OAuth1, requests_oauthlib.OAuth1Session])
def test_every_attribute_of_an_instance_is_here(theirs: Any) -> None:
    ours = getattr(valetkey.requests, theirs.__name__)("k", "s")
    assert {*vars(theirs("k", "s"))} <= {*vars(ours)}


def test_every_attribute_of_a_client_is_here() -> None:
    theirs = requests_oauthlib.OAuth1("k", "s").client
    assert {*vars(theirs)} - {*vars(valetkey.requests.OAuth1("k", "s").client)} == {"encoding", "decoding"}


@pytest.mark.parametrize("name", ["TokenRequestDenied", "TokenMissing", "VerifierMissing"])
def test_every_exception_is_here_and_a_value_error(name: str) -> None:
    theirs, ours = getattr(oauth1_session, name), getattr(valetkey.requests, name)
    assert issubclass(ours, ValueError)
    taken = ("it didn't work",) if name == "VerifierMissing" else ("it didn't work", requests.Response())
    assert str(ours(*taken)) == str(theirs(*taken))
    assert vars(ours(*taken)).keys() == vars(theirs(*taken)).keys()


@pytest.mark.parametrize("name", [name for name in dir(oauthlib.oauth1) if name.startswith("SIGNATURE_")])
def test_every_constant_is_here(name: str) -> None:
    assert getattr(valetkey.requests, name) == getattr(oauthlib.oauth1, name)


@pytest.mark.parametrize("make", [valetkey.requests.OAuth1, valetkey.requests.OAuth1Session])
def test_a_client_class_is_refused_with_what_to_write_instead(make: Callable[..., Any]) -> None:
    with pytest.raises(Unsignable, match=r"oauthlib's classes don't sign here: give a valetkey\.Signer"):
        make("k", client_class=oauthlib.oauth1.Client)


@pytest.mark.parametrize("method", ["SIGNATURE_RSA", "SIGNATURE_RSA_SHA256", "SIGNATURE_RSA_SHA512"])
def test_an_rsa_key_is_taken_as_text(method: str) -> None:
    """As the documentation shows it; oauthlib needs PyJWT to sign with it."""
    name = getattr(valetkey.requests, method)
    store = MemoryStore()
    store.add(Consumer("key", rsa_key=rsa_key("mastercard", "public_pem")))
    oauth = valetkey.requests.OAuth1Session(
        "key",
        signature_method=name,
        rsa_key=rsa_key("mastercard", "private_pem"),
        signature_type="auth_header",
    )
    with oauth, serving(always(200)) as service:
        assert oauth.get(f"{service.origin}/x", timeout=5).status_code == 200
        assert proved(service, service.last, store, signature_methods=[name], require_token=False).consumer
