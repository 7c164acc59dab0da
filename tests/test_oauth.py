"""The tutorial's module does what the tutorial means, and none of what its text leaves wrong."""

import asyncio
import copy
import inspect
import json
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from oauthlib.common import Request
from oauthlib.oauth1.rfc5849 import signature as judge

import oauth
from tests.demo.visitor import Visitor
from tests.loopback import Arrived, always, serving
from tests.running import Demo
from valetkey import Answer, MemoryStore, Provider, Refused, ServiceError, Signed, Unsignable
from valetkey.protocol.header import parse_authorization
from valetkey.stores.memory import MemoryConsumer

CALLBACK = "http://127.0.0.1:12000/verify/"
FIVE = {
    *("setConsumerCreds", "set_access_token"),
    *("get_authorization_url", "get_access_token", "get_api_response"),
}
VARIABLES = ("requestToken", "requestTokenSecret", "accessToken", "accessTokenSecret")
REQUEST_TOKEN = (
    "oauth_token=re%2Fquest%20token&oauth_token_secret=its%2Bsecret%3D&oauth_callback_confirmed=true"
)
ACCESS_TOKEN = "oauth_token=ac%26cess&oauth_token_secret=its%25secret&user_id=7"


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Each test starts with the demo's consumer and no tokens, and leaves nothing behind."""
    before = oauth.consumerKey, oauth.consumerSecret, oauth.signatureMethod, oauth.timeout
    with oauth.fresh():
        oauth.setConsumerCreds("the consumer/key", "the consumer&secret")
        yield
    oauth.consumerKey, oauth.consumerSecret, oauth.signatureMethod, oauth.timeout = before


def protocol(arrived: Arrived) -> dict[str, str]:
    """The protocol parameters in the header of a request."""
    return dict(parse_authorization(arrived.headers["Authorization"]).parameters)


def variables() -> tuple[str, ...]:
    return tuple(getattr(oauth, name) for name in VARIABLES)


def is_accepted_by_oauthlib(arrived: Arrived, origin: str, secret: str, token_secret: str) -> bool:
    """Whether oauthlib computes the same signature from what arrived."""
    url = origin + arrived.target
    parameters = judge.collect_parameters(
        uri_query=urlsplit(url).query, body=arrived.body.decode(), headers=dict(arrived.headers)
    )
    request = Request(url, arrived.method, arrived.body.decode(), dict(arrived.headers))
    request.params = [pair for pair in parameters if pair[0] != "oauth_signature"]
    request.signature = protocol(arrived)["oauth_signature"]
    verdict: bool = {
        "HMAC-SHA1": judge.verify_hmac_sha1,
        "HMAC-SHA256": judge.verify_hmac_sha256,
        "HMAC-SHA512": judge.verify_hmac_sha512,
        "PLAINTEXT": judge.verify_plaintext,
    }[protocol(arrived)["oauth_signature_method"]](request, secret, token_secret)
    return verdict


# --- What it offers -------------------------------------------------------------------------------


def test_a_star_import_gives_the_tutorials_five_functions() -> None:
    names: dict[str, Any] = {}
    exec("from oauth import *", names)  # noqa: S102  # the statement is what is tested
    assert set(names) - {"__builtins__"} == FIVE


def test_every_variable_starts_empty() -> None:
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.extend(variables()))
    thread.start()
    thread.join()
    assert found == ["", "", "", ""]


@pytest.mark.parametrize("name", [*VARIABLES, "consumerKey", "consumerSecret"])
def test_a_variable_is_read_and_assigned_as_the_modules(name: str) -> None:
    setattr(oauth, name, "set from outside")
    assert getattr(oauth, name) == "set from outside"


def test_the_names_that_the_tutorial_explains_take_what_they_take_there() -> None:
    expected = {
        "setConsumerCreds": "ckey csecret",
        "set_access_token": "key secret",
        "get_authorization_url": "resourceUrl endpointUrl callbackUrl",
        "get_access_token": "resourceUrl requestTok requestTokSecret oauth_verifier",
        "get_api_response": "resourceUrl method='POST' parameters={}",
        "url_encode": "data",
        "_get_base_string": "resourceUrl values method='POST'",
        "_add_oauth_parameters": "parameters addAccessToken=True",
        "_get_nonce": "",
        "_get_timestamp": "",
        "_get_signature": "signingKey stringToHash",
        "_build_oauth_headers": "parameters",
    }
    for name, wanted in expected.items():
        found = inspect.signature(getattr(oauth, name)).parameters.values()
        words = [p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in found]
        assert (name, " ".join(words)) == (name, wanted)


def test_the_three_legs_walk_as_in_the_tutorial() -> None:
    answers = {"/request": REQUEST_TOKEN, "/access": ACCESS_TOKEN, "/update": "posted"}
    with serving(lambda arrived: Answer(200, {}, answers[arrived.target])) as service:
        url = oauth.get_authorization_url(f"{service.origin}/request", "https://a.example/allow", CALLBACK)
        assert url == "https://a.example/allow?oauth_token=re%2Fquest%20token"
        assert (oauth.requestToken, oauth.requestTokenSecret) == ("re/quest token", "its+secret=")
        asked = service.last
        assert protocol(asked)["oauth_callback"] == CALLBACK
        assert "oauth_token" not in protocol(asked)
        assert is_accepted_by_oauthlib(asked, service.origin, "the consumer&secret", "")

        oauth.get_access_token(
            f"{service.origin}/access", oauth.requestToken, oauth.requestTokenSecret, "12+3"
        )
        assert (oauth.accessToken, oauth.accessTokenSecret) == ("ac&cess", "its%secret")
        exchanged = protocol(service.last)
        assert (exchanged["oauth_token"], exchanged["oauth_verifier"]) == ("re/quest token", "12+3")
        assert is_accepted_by_oauthlib(service.last, service.origin, "the consumer&secret", "its+secret=")

        assert oauth.get_api_response(f"{service.origin}/update", "POST", {"status": "hello"}) == "posted"
        assert protocol(service.last)["oauth_token"] == "ac&cess"
        assert is_accepted_by_oauthlib(service.last, service.origin, "the consumer&secret", "its%secret")


def test_the_exchange_keeps_the_request_token_that_it_was_given_and_returns_none() -> None:
    with serving(always(200, ACCESS_TOKEN)) as service:
        result = oauth.get_access_token(service.origin, "of the session", "and its secret", "verifier")  # type: ignore[func-returns-value]  # that is what is tested
    assert result is None
    assert variables() == ("of the session", "and its secret", "ac&cess", "its%secret")


def test_an_authorization_page_with_a_query_keeps_it() -> None:
    with serving(always(200, REQUEST_TOKEN)) as service:
        url = oauth.get_authorization_url(service.origin, "https://a.example/allow?lang=en", "oob")
    assert url == "https://a.example/allow?lang=en&oauth_token=re%2Fquest%20token"


def test_without_a_token_the_consumer_signs_alone() -> None:
    with serving(always(200)) as service:
        oauth.get_api_response(service.origin, "GET")
    assert "oauth_token" not in protocol(service.last)


# --- The names inside -----------------------------------------------------------------------------


def test_add_oauth_parameters_fills_the_dictionary_that_it_is_given() -> None:
    oauth.set_access_token("token", "secret")
    with_token: dict[str, str] = {"status": "kept"}
    without: dict[str, str] = {}
    oauth._add_oauth_parameters(with_token)
    oauth._add_oauth_parameters(without, False)
    assert with_token["status"] == "kept"
    assert with_token["oauth_token"] == "token"
    assert "oauth_token" not in without
    assert without["oauth_consumer_key"] == "the consumer/key"
    assert (without["oauth_signature_method"], without["oauth_version"]) == ("HMAC-SHA1", "1.0")
    assert abs(int(without["oauth_timestamp"]) - time.time()) < 5


def test_the_pieces_give_the_example_of_the_rfc() -> None:
    """RFC 5849, section 1.2: the photo."""
    values = {
        "oauth_consumer_key": "dpf43f3p2l4k3l03",
        "oauth_token": "nnch734d00sl2jdk",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131202",
        "oauth_nonce": "chapoH",
    }
    url = "http://photos.example.net/photos?file=vacation.jpg&size=original"
    string = oauth._get_base_string(url, values, "get")
    assert string.startswith(
        "GET&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacation.jpg%26oauth_consumer_key"
    )
    assert oauth._get_signature("kd94hf93k423kf44&pfkkdhi9sl3r4s00", string) == "MdpQcU8iPSUjWoN/UDMsK2sui9I="


def test_the_header_holds_the_protocol_parameters_and_nothing_else() -> None:
    text = oauth._build_oauth_headers({"oauth_token": "a b", "status": "not here", "oauth_signature": "x="})
    assert text == 'OAuth oauth_token="a%20b", oauth_signature="x%3D"'


def test_url_encode_encodes_as_section_3_6_wants_it() -> None:
    assert oauth.url_encode("-._~ +/é☃") == "-._~%20%2B%2F%C3%A9%E2%98%83"


# --- What the tutorial's text leaves wrong --------------------------------------------------------


@contextmanager
def provider_in_process(
    monkeypatch: pytest.MonkeyPatch, meet: Callable[[], object]
) -> Iterator[Provider[Any, Any]]:
    """A real provider behind the module's door, without sockets. Before each answer, two people `meet`."""
    store = MemoryStore()
    store.add(MemoryConsumer(oauth.consumerKey, oauth.consumerSecret, callbacks=[CALLBACK]))
    provider: Provider[Any, Any] = Provider(store)

    def send(signed: Signed, *, timeout: float) -> Answer:
        meet()
        ask = {"/request": provider.request_token, "/access": provider.access_token}.get(
            urlsplit(signed.url).path
        )
        if ask:
            return ask(signed.method, signed.url, headers=signed.headers, body=signed.body)
        try:
            proved = provider.verifier.verify(
                signed.method, signed.url, headers=signed.headers, body=signed.body
            )
        except Refused as refused:
            return refused.reply()
        return Answer(200, {}, proved.token.user if proved.token else "nobody")

    monkeypatch.setattr(oauth, "send", send)
    yield provider


def steps(provider: Provider[Any, Any], person: str) -> Iterator[None]:
    """The tutorial's functions in their order, as one person; between two of them, another may act."""
    url = oauth.get_authorization_url("http://127.0.0.1/request", "http://127.0.0.1/allow", CALLBACK)
    yield
    token = parse_qs(urlsplit(url).query)["oauth_token"][0]
    assert oauth.requestToken == token
    yield
    decision = provider.allow(token, person)
    verifier = parse_qs(urlsplit(decision.redirect or "").query)["oauth_verifier"][0]
    yield
    oauth.get_access_token("http://127.0.0.1/access", oauth.requestToken, oauth.requestTokenSecret, verifier)
    mine = oauth.accessToken
    yield
    assert oauth.get_api_response("http://127.0.0.1/me", "POST", {"status": person}) == person
    yield
    assert oauth.accessToken == mine


def test_two_threads_that_interleave_a_thousand_times_never_see_each_others_tokens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meeting = threading.Barrier(2, timeout=60)

    def walk(provider: Provider[Any, Any], person: str, times: int) -> int:
        try:
            for _ in range(times):
                for _ in steps(provider, person):
                    meeting.wait()
        except BaseException:
            meeting.abort()
            raise
        return times

    walked = 0
    with ThreadPoolExecutor(2) as pool:
        for _ in range(4):  # a store holds 1000 open request tokens, and these are not yet expired
            with provider_in_process(monkeypatch, meeting.wait) as provider:
                walks = [pool.submit(walk, provider, person, 250) for person in ("ada", "bob")]
                walked += min(found.result() for found in walks)
    assert walked == 1000


def test_two_tasks_that_interleave_a_thousand_times_never_see_each_others_tokens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order: list[str] = []

    async def walk(provider: Provider[Any, Any], person: str) -> None:
        for _ in range(250):
            for _ in steps(provider, person):
                order.append(person)
                await asyncio.sleep(0)

    async def both(provider: Provider[Any, Any]) -> None:
        await asyncio.gather(walk(provider, "ada"), walk(provider, "bob"))

    for _ in range(4):
        with provider_in_process(monkeypatch, lambda: None) as provider:
            asyncio.run(both(provider))
    assert order == ["ada", "bob"] * 5000, "they took turns at each of the 5 steps of 1000 walks"


def steps_over_http(visitor: Visitor, site: str) -> Iterator[None]:
    """The same, at Aviary, by a person who is logged in there."""
    aviary = visitor.origin
    url = oauth.get_authorization_url(
        f"{aviary}/oauth/request_token", f"{aviary}/oauth/authorize", f"{site}/verify/"
    )
    yield
    token = parse_qs(urlsplit(url).query)["oauth_token"][0]
    assert oauth.requestToken == token
    back = parse_qs(urlsplit(visitor.decide(url).location or "").query)
    assert back["oauth_token"] == [token]
    yield
    oauth.get_access_token(
        f"{aviary}/oauth/access_token",
        oauth.requestToken,
        oauth.requestTokenSecret,
        back["oauth_verifier"][0],
    )
    mine = oauth.accessToken
    yield
    text = oauth.get_api_response(f"{aviary}/1/statuses/update.json", "POST", {"status": visitor.name})
    assert json.loads(text)["user"]["screen_name"] == visitor.name
    yield
    assert oauth.accessToken == mine


def test_two_threads_that_walk_twenty_times_over_http_never_see_each_others_tokens(demo: Demo) -> None:
    oauth.setConsumerCreds(demo.info["consumer_key"], demo.info["consumer_secret"])
    meeting = threading.Barrier(2, timeout=60)

    def walk(visitor: Visitor) -> int:
        try:
            for _ in range(20):
                for _ in steps_over_http(visitor, demo.info["site"]):
                    meeting.wait()
        except BaseException:
            meeting.abort()
            raise
        return 20

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(walk, [Visitor.new(demo), Visitor.new(demo)])) == [20, 20]


def test_two_tasks_that_walk_twenty_times_over_http_never_see_each_others_tokens(demo: Demo) -> None:
    oauth.setConsumerCreds(demo.info["consumer_key"], demo.info["consumer_secret"])
    order: list[str] = []

    async def walk(visitor: Visitor) -> None:
        for _ in range(20):
            for _ in steps_over_http(visitor, demo.info["site"]):
                order.append(visitor.name)
                await asyncio.sleep(0)

    async def both(*visitors: Visitor) -> None:
        await asyncio.gather(*map(walk, visitors))

    one, other = Visitor.new(demo), Visitor.new(demo)
    asyncio.run(both(one, other))
    assert order == [one.name, other.name] * 80, "they took turns at each of the 4 steps of 20 walks"


def test_a_pooled_thread_does_not_show_the_next_visitor_what_the_last_one_had() -> None:
    def visit(person: str) -> tuple[str, ...]:
        with oauth.fresh():
            found = variables()
            oauth.set_access_token(f"{person}'s token", f"{person}'s secret")
            oauth.requestToken = f"{person}'s request"
        return found

    with ThreadPoolExecutor(1) as pool:
        assert set(pool.map(visit, ["ada", "bob", "ada", "eve"])) == {("", "", "", "")}


def test_fresh_gives_back_what_was_there_even_after_a_failure() -> None:
    oauth.set_access_token("mine", "my secret")

    @oauth.fresh()
    def visit() -> None:
        assert variables() == ("", "", "", "")
        oauth.accessToken = "another's"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        visit()
    assert variables() == ("", "", "mine", "my secret")


def test_a_task_that_sets_a_token_sets_its_own() -> None:
    async def visit() -> str:
        oauth.accessToken = "the task's"
        return oauth.accessToken

    async def main() -> tuple[str, str]:
        oauth.accessToken = "the maker's"
        return await asyncio.create_task(visit()), oauth.accessToken

    assert asyncio.run(main()) == ("the task's", "the maker's")


def test_consumer_credentials_are_the_processs() -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(oauth.setConsumerCreds, "set in", "another thread").result()
    assert (oauth.consumerKey, oauth.consumerSecret) == ("set in", "another thread")


def test_parameters_are_never_changed_and_the_default_never_grows() -> None:
    oauth.set_access_token("token", "secret")
    given = {"status": "hello", "tag": ["a", "b"]}
    before = copy.deepcopy(given)
    with serving(always(200, "ok")) as service:
        for method in ("POST", "GET"):
            oauth.get_api_response(service.origin, method, given)
            oauth.get_api_response(service.origin, method)
    assert given == before
    assert inspect.signature(oauth.get_api_response).parameters["parameters"].default == {}
    assert [arrived.body for arrived in service.arrived] == [b"status=hello&tag=a&tag=b", b"", b"", b""]
    assert service.arrived[3].target == "/", "the fourth call has nothing of the third"


AWKWARD: list[dict[str, Any]] = [
    {"status": "Ladies + Gentlemen"},
    {"status": "emoji 🐦, Arabic صباح الخير, combining e\u0301, ~*'()!"},
    {"status": "a&b=c%20d", "b": "line\nbreak\r\nand\ttab", "z": '"quoted" \\ <tag>'},
    {"a1": "x", "a-1": "y", "a%": "sorted after encoding", "a ": "too", "é": "name"},
    {"c": ["2", "10", "1", ""], "empty": ""},
    {"none": []},
    {"count": 20, "ids": [3, 12]},
]
PATHS = ["/1/update.json", "/a%2Fb;v=1/~x?in=the+query&in=twice&empty=&bare", "/café?q=blanc et noir", "?x=1"]


@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "DELETE", "post"])
@pytest.mark.parametrize("path", PATHS)
def test_whatever_the_parameters_oauthlib_computes_the_same_signature(method: str, path: str) -> None:
    oauth.set_access_token("tøken & more", "s e c/r%e+t")
    with serving(always(200)) as service:
        for given in AWKWARD:
            oauth.get_api_response(service.origin + path, method, given)
    for arrived, given in zip(service.arrived, AWKWARD, strict=True):
        assert is_accepted_by_oauthlib(arrived, service.origin, "the consumer&secret", "s e c/r%e+t"), arrived
        place = arrived.body.decode() if method.upper() in ("POST", "PUT") else urlsplit(arrived.target).query
        found = parse_qsl(place, keep_blank_values=True)
        sent = [
            (name, str(item))
            for name, value in given.items()
            for item in (value if isinstance(value, list) else [value])
        ]
        assert found[len(found) - len(sent) :] == sent


def test_a_signature_holds_for_a_host_in_capitals_and_a_default_port() -> None:
    string = oauth._get_base_string("HTTP://API.Example:80/x", {"a": "~"})
    assert string == "POST&http%3A%2F%2Fapi.example%2Fx&a%3D~"


def test_a_get_carries_its_parameters_in_the_query_and_no_body() -> None:
    with serving(always(200)) as service:
        oauth.get_api_response(f"{service.origin}/timeline?trim=1#here", "GET", {"count": "2", "q": "a b"})
    assert service.last.target == "/timeline?trim=1&count=2&q=a%20b"
    assert service.last.body == b""
    assert "Content-Length" not in service.last.headers


def test_a_token_is_form_decoded() -> None:
    with serving(
        always(200, "x=&oauth_token_secret=b+c&oauth_callback_confirmed=true&oauth_token=a%3D%26")
    ) as s:
        oauth.get_authorization_url(s.origin, "https://a.example/", CALLBACK)
    assert (oauth.requestToken, oauth.requestTokenSecret) == ("a=&", "b c")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("", "no oauth_token"),
        ("oauth_token=only", "no oauth_token_secret"),
        ("<html>Down for maintenance</html>", "no oauth_token"),
        ("oauth_token=a&oauth_token=b&oauth_token_secret=c", "oauth_token twice"),
        ("oauth_token=a&oauth_token_secret=s", "didn't confirm the callback"),
    ],
)
def test_an_answer_without_a_token_is_an_error_and_changes_nothing(answer: str, said: str) -> None:
    oauth.requestToken = "from before"
    with serving(always(200, answer)) as service, pytest.raises(oauth.OAuthError, match=said) as caught:
        oauth.get_authorization_url(service.origin, "https://a.example/", CALLBACK)
    assert caught.value.status == 200
    assert oauth.requestToken == "from before"


def ask_for_a_token(origin: str) -> object:
    return oauth.get_authorization_url(origin, "https://a.example/", CALLBACK)


def exchange(origin: str) -> None:
    oauth.get_access_token(origin, "token", "secret", "verifier")


def post(origin: str) -> object:
    return oauth.get_api_response(origin, "POST", {"status": "hello"})


def fetch(origin: str) -> object:
    return oauth.get_api_response(origin, "GET")


CALLS = (ask_for_a_token, exchange, post, fetch)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 500, 503])
def test_an_http_error_is_an_oautherror_with_status_and_body(
    call: Callable[[str], object], status: int
) -> None:
    with serving(always(status, "Why: ünknown token")) as service, pytest.raises(oauth.OAuthError) as caught:
        call(service.origin)
    assert (caught.value.status, caught.value.body) == (status, "Why: ünknown token")
    assert str(caught.value) == "Response: Why: ünknown token"


@pytest.mark.parametrize("call", CALLS)
def test_a_service_that_is_not_there_is_an_oautherror_too(call: Callable[[str], object]) -> None:
    with serving(always(200)) as service:
        gone = service.origin
    with pytest.raises(
        oauth.OAuthError, match=r"^Response: http://127\.0\.0\.1:\d+ doesn't answer"
    ) as caught:
        call(gone)
    assert caught.value.status == 0
    assert isinstance(caught.value.__cause__, ServiceError)


def test_an_error_shows_no_secret_of_the_answer() -> None:
    error = oauth.OAuthError(500, "oauth_token=shown&oauth_token_secret=canary&x=1")
    assert error.body.count("canary") == 1, "whoever asks for it gets it as it came"
    for text in (str(error), repr(error), str(error.args), pickle.dumps(error).decode("latin-1")):
        assert "canary" not in text
    assert pickle.loads(pickle.dumps(error)).status == 500  # our own


def test_the_text_of_the_answer_is_returned() -> None:
    with serving(always(201, "née 🐦")) as service:
        assert oauth.get_api_response(service.origin) == "née 🐦"


def test_a_nonce_has_128_random_bits_and_never_comes_twice() -> None:
    nonces = [oauth._get_nonce() for _ in range(10_000)]
    assert len(set(nonces)) == 10_000
    ones = 0
    for nonce in nonces:
        assert len(bytes.fromhex(nonce)) == 16
        ones |= int(nonce, 16)
    assert ones == 2**128 - 1, "each of the 128 bits changes"


@pytest.mark.parametrize("name", ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "PLAINTEXT"])
def test_the_signature_method_can_be_chosen(name: str) -> None:
    assert oauth.signatureMethod == "HMAC-SHA1", "the default"
    oauth.signatureMethod = name
    oauth.set_access_token("token", "sec&ret")
    with serving(always(200)) as service:
        oauth.get_api_response(service.origin, "POST", {"status": "hello"})
    assert protocol(service.last)["oauth_signature_method"] == name
    assert is_accepted_by_oauthlib(service.last, service.origin, "the consumer&secret", "sec&ret")


def test_an_unknown_signature_method_says_which_there_are() -> None:
    oauth.signatureMethod = "HMAC-MD5"
    with pytest.raises(Unsignable, match="“HMAC-MD5” is not known here: use one of HMAC-SHA1, HMAC-SHA256"):
        oauth.get_api_response("http://127.0.0.1/")


def test_a_service_that_never_answers_is_given_up() -> None:
    oauth.timeout = 0.3
    begun = time.monotonic()
    with serving(lambda arrived: None) as service, pytest.raises(oauth.OAuthError, match="timed out"):
        oauth.get_api_response(service.origin)
    assert time.monotonic() - begun < 5
    assert len(service.arrived) == 1, "it is not tried again: the first may have been heard"


# --- Redirects ------------------------------------------------------------------------------------


def redirecting(to: Callable[[Arrived], str], status: int = 302) -> Callable[[Arrived], Answer]:
    return lambda arrived: (
        Answer(200, {}, arrived.target)
        if "end" in arrived.target
        else Answer(status, {"Location": to(arrived)})
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "HEAD"])
def test_the_authorization_header_never_goes_to_another_origin(method: str, status: int) -> None:
    oauth.set_access_token("token", "secret")
    with serving(always(200)) as other:
        with (
            serving(redirecting(lambda _: f"{other.origin}/end", status)) as service,
            pytest.raises(oauth.OAuthError) as caught,
        ):
            oauth.get_api_response(service.origin, method, {"a": "b"})
        with (
            serving(redirecting(lambda _: f"{other.origin}/end", status)) as service,
            pytest.raises(oauth.OAuthError),
        ):
            oauth.get_authorization_url(service.origin, "https://a.example/", CALLBACK)
    assert caught.value.status == status
    assert other.arrived == []


def test_a_get_follows_a_redirect_to_its_own_origin_and_signs_it_anew() -> None:
    oauth.set_access_token("token", "secret")
    with serving(redirecting(lambda arrived: "/end?page=2")) as service:
        assert oauth.get_api_response(f"{service.origin}/start", "GET", {"q": "x"}) == "/end?page=2"
    first, second = service.arrived
    assert protocol(first)["oauth_nonce"] != protocol(second)["oauth_nonce"]
    assert is_accepted_by_oauthlib(second, service.origin, "the consumer&secret", "secret")


def test_a_post_is_never_repeated_by_a_redirect() -> None:
    with serving(redirecting(lambda _: "/end")) as service, pytest.raises(oauth.OAuthError):
        oauth.get_api_response(service.origin, "POST", {"status": "once"})
    assert len(service.arrived) == 1


@pytest.mark.parametrize("where", ["http://h:99999/", "//", "http:// blank/", "javascript:x", ""])
def test_a_redirect_to_nowhere_is_an_oautherror(where: str) -> None:
    with serving(redirecting(lambda _: where)) as service, pytest.raises(oauth.OAuthError):
        oauth.get_api_response(service.origin, "GET")


def test_redirects_in_a_circle_end() -> None:
    with (
        serving(redirecting(lambda _: "/again")) as service,
        pytest.raises(oauth.OAuthError, match="more than 5"),
    ):
        oauth.get_api_response(service.origin, "GET")


# --- What can't be signed -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"oauth_token": "mine"}, "leave out “oauth_token”"),
        ({"oauth_signature": "mine"}, "leave out “oauth_signature”"),
        ({"a": None}, "a: give it as text, not as NoneType"),
        ({"a": True}, "a: give it as text, not as bool"),
        ({"a": b"octets"}, "a: give it as text, not as bytes"),
        ({"a": "\ud800"}, "lone surrogate"),
    ],
)
def test_parameters_that_cannot_be_signed_say_so(given: Any, said: str) -> None:
    oauth.set_access_token("token", "secret")
    with pytest.raises(Unsignable, match=said):
        oauth.get_api_response("http://127.0.0.1:1/", "POST", given)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/relative",
        "example.com",
        "http://exa mple/",
        "http://h/?a=%zz",
        "http://h/\n",
        "http://é.example/",
    ],
)
def test_an_address_that_cannot_be_signed_says_so(url: str) -> None:
    with pytest.raises(ValueError, match="resourceUrl"):
        oauth.get_api_response(url, "GET")


def test_a_query_that_was_signed_already_is_not_signed_twice() -> None:
    with pytest.raises(Unsignable, match="leave out “oauth_nonce”"):
        oauth.get_api_response("http://127.0.0.1:1/?oauth_nonce=x", "GET")


@pytest.mark.parametrize("call", CALLS[:2])
def test_the_token_legs_are_not_sent_over_http_to_another_computer(call: Callable[[str], object]) -> None:
    with pytest.raises(Unsignable, match="everybody on the way can read the secrets: use https"):
        call("http://provider.example/token")


def test_plaintext_is_not_sent_over_http_to_another_computer() -> None:
    oauth.signatureMethod = "PLAINTEXT"
    with pytest.raises(Unsignable, match="use https"):
        oauth.get_api_response("http://provider.example/update")


# --- Watching -------------------------------------------------------------------------------------


def test_a_watcher_sees_each_request_as_it_is_sent_and_its_answer() -> None:
    seen: list[tuple[Signed, Answer]] = []
    oauth.set_access_token("token", "secret")
    with serving(always(200, "first")) as service, oauth.watched(lambda *pair: seen.append(pair)):
        oauth.get_api_response(f"{service.origin}/?x=1", "POST", {"status": "a b"})
    [(signed, answer)] = seen
    assert answer.body == b"first"
    assert signed.body == service.last.body
    assert signed.headers["Authorization"] == service.last.headers["Authorization"]
    assert signed.url == service.origin + service.last.target
    assert signed.signature == protocol(service.last)["oauth_signature"]
    assert [(p.name, p.value, p.source) for p in signed.parameters if not p.name.startswith("oauth_")] == [
        ("status", "a b", "form"),
        ("x", "1", "query"),
    ]


def test_a_watcher_sees_nothing_of_other_threads_and_nothing_afterwards() -> None:
    seen: list[object] = []
    with serving(always(200)) as service:
        with oauth.watched(lambda *pair: seen.append(pair)), ThreadPoolExecutor(1) as pool:
            pool.submit(oauth.get_api_response, service.origin).result()
        oauth.get_api_response(service.origin)
    assert seen == []


def test_the_loopback_server_keeps_what_came() -> None:
    with serving(always(200)) as service:
        oauth.get_api_response(service.origin, "POST", {"a": "b"})
    assert service.last.octets.startswith(b"POST / HTTP/1.1\r\n")
    assert service.last.octets.endswith(b"\r\n\r\na=b")
