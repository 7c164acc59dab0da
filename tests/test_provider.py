"""The three legs, at the service: what each gives, to whom, how often, and how long."""

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.wire import (
    CALLBACK,
    CONSUMER,
    NOW,
    ORIGIN,
    SERVICE,
    URL,
    Clock,
    awaited,
    forged,
    memory,
    person,
    problem,
    refusal,
    run,
    tapped,
    together,
    verify,
)
from tests.wire import TOKEN as TOKEN
from valetkey import (
    Answer,
    Consumer,
    Decision,
    MemoryStore,
    Provider,
    Refused,
    RequestToken,
    Signed,
    Verified,
    Verifier,
)
from valetkey.protocol.answers import parse_token
from valetkey.protocol.encoding import form_decode
from valetkey.protocol.signatures import Key
from valetkey.stores.memory import MAX_OPEN_REQUESTS, MemoryConsumer, MemoryToken

NONCES = count()


class Service:
    """A provider over a store in memory, its clock, and requests to it, signed by hand."""

    def __init__(self, store: MemoryStore | None = None, **options: Any) -> None:
        self.clock = Clock()
        self.store = store or memory(self.clock)
        self.provider: Provider[Any, Any] = Provider(self.store, clock=self.clock, **options)

    def request(
        self, url: str, *, key: Key | None = None, without: Sequence[str] = (), **oauth: str
    ) -> Signed:
        given: Any = {"nonce": f"n{next(NONCES)}", "timestamp": str(int(self.clock.now)), **oauth}
        return forged("POST", url, key=key, without=without, more=(), **given)

    def asking(self, callback: str = CALLBACK, **oauth: str) -> Signed:
        key = Key(CONSUMER.secret)
        return self.request(
            SERVICE.request_token_url, key=key, without=["oauth_token"], callback=callback, **oauth
        )

    def ask(self, callback: str = CALLBACK, **oauth: str) -> Answer:
        """The answer of the first leg."""
        made = self.asking(callback, **oauth)
        return self.provider.request_token(made.method, made.url, headers=made.headers, body=made.body)

    def start(self, callback: str = CALLBACK) -> RequestToken:
        members = parse_token(self.ask(callback).body)
        return RequestToken(members["oauth_token"], members["oauth_token_secret"])

    def exchanging(
        self, token: RequestToken, verifier: str | None, secret: str | None = None, **oauth: str
    ) -> Signed:
        given = {} if verifier is None else {"verifier": verifier}
        key = Key(CONSUMER.secret, token.secret if secret is None else secret)
        return self.request(SERVICE.access_token_url, key=key, token=token.key, **given, **oauth)

    def exchange(
        self, token: RequestToken, verifier: str | None, secret: str | None = None, **oauth: str
    ) -> Answer:
        """The answer of the third leg."""
        made = self.exchanging(token, verifier, secret, **oauth)
        return self.provider.access_token(made.method, made.url, headers=made.headers, body=made.body)

    def allowed(self, callback: str = CALLBACK, user: str = "ada") -> tuple[RequestToken, str]:
        """A request token that `user` allowed, and its verifier."""
        token = self.start(callback)
        return token, verifier_of(self.provider.allow(token.key, user, access="read"))

    def granted(self) -> tuple[str, str]:
        """An access token and its secret."""
        members = parse_token(self.exchange(*self.allowed()).body)
        return members["oauth_token"], members["oauth_token_secret"]


def verifier_of(decision: Decision) -> str:
    if decision.pin is not None:
        return decision.pin
    assert decision.redirect is not None
    return dict(parse_qsl(urlsplit(decision.redirect).query))["oauth_verifier"]


def said(answer: Answer) -> tuple[str, int]:
    """The problem and the status of an answer; ("", 200) where it is none."""
    return dict(form_decode(answer.body)).get("oauth_problem", ""), answer.status


DONE = ("", 200)


# -- the walk


def test_a_walk_ends_with_an_access_token_that_works() -> None:
    service = Service()
    token = service.start()
    pending = service.provider.pending(token.key)
    assert (pending.consumer, pending.token.key, pending.callback) == (CONSUMER, token.key, CALLBACK)
    decision = service.provider.allow(token.key, "ada", access="write")
    assert decision.pin is None
    answer = service.exchange(token, verifier_of(decision))
    members = parse_token(answer.body)
    made = service.request(
        URL, token=members["oauth_token"], key=Key(CONSUMER.secret, members["oauth_token_secret"])
    )
    verified = verify(Verifier(service.store), made)
    assert (verified.consumer, person(verified), verified.token and verified.token.access) == (
        CONSUMER,
        "ada",
        "write",
    )


@pytest.mark.rfc("2.1-16", "2.1-18", "2.3-11", "2.3-12", "4.4-1")
@pytest.mark.abuse("A62")
def test_the_answers_of_both_token_legs_are_forms_that_nobody_caches() -> None:
    service = Service()
    first = service.ask()
    assert list(parse_token(first.body)) == ["oauth_token", "oauth_token_secret", "oauth_callback_confirmed"]
    second = service.exchange(*service.allowed())
    assert list(parse_token(second.body)) == ["oauth_token", "oauth_token_secret"]
    for answer in (first, second):
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.rfc("2.1-20")
@pytest.mark.abuse("A93")
def test_the_callback_is_confirmed_with_the_word_true() -> None:
    assert parse_token(Service().ask().body)["oauth_callback_confirmed"] == "true"


@pytest.mark.rfc("2.2-11", "2.2-12")
@pytest.mark.abuse("A51")
def test_a_callback_with_a_query_keeps_it_and_gets_token_and_verifier_once() -> None:
    service = Service()
    token = service.start()
    decision = service.provider.allow(token.key, "ada")
    assert decision.redirect is not None
    assert decision.redirect.startswith(f"{CALLBACK}&oauth_token=")
    assert [name for name, _ in parse_qsl(urlsplit(decision.redirect).query)] == [
        "step",
        "oauth_token",
        "oauth_verifier",
    ]
    assert dict(parse_qsl(urlsplit(decision.redirect).query))["oauth_token"] == token.key


@pytest.mark.rfc("2.2-9")
@pytest.mark.abuse("A51")
@pytest.mark.parametrize(
    ("callback", "begins"),
    [
        ("https://app.example.com", "https://app.example.com?oauth_token="),
        ("https://app.example.com/cb", "https://app.example.com/cb?oauth_token="),
        ("https://app.example.com/cb?", "https://app.example.com/cb?&oauth_token="),
        ("com.example.app:/cb", "com.example.app:/cb?oauth_token="),
        ("http://localhost:1/cb", "http://localhost:54321/cb?oauth_token="),
    ],
)
def test_the_person_is_sent_to_the_callback_of_the_first_leg(callback: str, begins: str) -> None:
    service = Service()
    service.store.add(MemoryConsumer(CONSUMER.key, CONSUMER.secret, callbacks=[callback]))
    token = service.start(callback.replace(":1/", ":54321/"))
    for decision in (
        service.provider.allow(token.key, "ada"),
        service.provider.deny(service.start(callback.replace(":1/", ":54321/")).key),
    ):
        assert decision.redirect is not None
        assert decision.redirect.replace("oauth_problem=", "oauth_token=").startswith(begins)
        assert decision.redirect.isascii()
        assert decision.redirect.isprintable()


@pytest.mark.rfc("2.1-8", "2.2-15")
def test_a_walk_with_a_pin_shows_it_and_sends_nobody_anywhere() -> None:
    service = Service()
    token = service.start("oob")
    decision = service.provider.allow(token.key, "ada")
    assert decision.redirect is None
    assert decision.pin is not None
    assert re.fullmatch("[0-9]{8}", decision.pin)
    assert said(service.exchange(token, decision.pin)) == DONE


def test_the_third_leg_answers_with_what_the_store_says_besides() -> None:
    class Named(MemoryToken):
        __slots__ = ("extra",)
        extra: dict[str, str]

    class Naming(MemoryStore):
        def exchange(self, request_token: str, access_token: Any) -> MemoryToken | None:
            kept = super().exchange(request_token, access_token)
            if kept is None:
                return None
            named = Named(kept.key, kept.secret)
            named._fill(extra={"user_id": "7", "screen_name": "ada & co"})
            return named

    clock = Clock()
    store = Naming(clock=clock)
    store.add(CONSUMER)
    service = Service(store)
    members = parse_token(service.exchange(*service.allowed()).body)
    assert (members["user_id"], members["screen_name"]) == ("7", "ada & co")


def test_an_asynchronous_store_walks_alike() -> None:
    service = Service()
    provider: Provider[Any, Any] = Provider(awaited(service.store), clock=service.clock)

    async def walk() -> None:
        made = service.asking()
        members = parse_token(
            (await provider.arequest_token(made.method, made.url, headers=made.headers)).body
        )
        token = RequestToken(members["oauth_token"], members["oauth_token_secret"])
        assert (await provider.apending(token.key)).callback == CALLBACK
        verifier = verifier_of(await provider.aallow(token.key, "ada", access="read"))
        made = service.exchanging(token, verifier)
        members = parse_token(
            (await provider.aaccess_token(made.method, made.url, headers=made.headers)).body
        )
        key = Key(CONSUMER.secret, members["oauth_token_secret"])
        made = service.request(URL, token=members["oauth_token"], key=key)
        verified = await provider.verifier.averify(made.method, made.url, headers=made.headers, now=NOW)
        assert person(verified) == "ada"
        made = service.request(f"{ORIGIN}/invalidate_token", token=members["oauth_token"], key=key)
        answer = await provider.ainvalidate_token(made.method, made.url, headers=made.headers)
        assert form_decode(answer.body) == [("oauth_token", members["oauth_token"])]
        assert await provider.arevoke(members["oauth_token"])
        assert not await provider.arevoke("unknown")

        denied = parse_token(service.ask().body)["oauth_token"]
        assert "denied=" in str((await provider.adeny(denied)).redirect)
        with pytest.raises(Refused):
            await provider.apending(denied)
        with pytest.raises(Refused):
            await provider.aallow("unknown", "ada")
        assert (await provider.arequest_token("POST", SERVICE.request_token_url)).status == 401
        assert (await provider.aaccess_token("POST", SERVICE.access_token_url)).status == 401
        assert (await provider.ainvalidate_token("POST", URL)).status == 401

    run(walk())


def test_a_synchronous_call_on_an_asynchronous_store_says_what_to_call() -> None:
    with pytest.raises(TypeError, match="starts with “a”"):
        Provider(awaited(memory())).pending("x")


# -- the first leg


@pytest.mark.rfc("2.1-15")
@pytest.mark.parametrize(
    "oauth", [{"signature": "x"}, {"consumer_key": "unknown"}, {"timestamp": "1"}, {"version": "2.0"}]
)
def test_a_bad_request_gets_no_request_token(oauth: dict[str, str]) -> None:
    calls: list[str] = []
    service = Service()
    provider: Provider[Any, Any] = Provider(
        tapped(service.store, lambda name, _: calls.append(name)), clock=service.clock
    )
    made = service.asking(**oauth)
    answer = provider.request_token(made.method, made.url, headers=made.headers)
    assert answer.status in (400, 401)
    assert answer.headers["WWW-Authenticate"].startswith("OAuth oauth_problem=")
    assert {*calls} <= {"find"}


@pytest.mark.rfc("2.1-4")
@pytest.mark.abuse("A37")
@pytest.mark.parametrize("callback", ["", None])
def test_a_callback_has_to_be_sent(callback: str | None) -> None:
    service = Service()
    answer = (
        service.ask("") if callback == "" else service.provider.request_token(*bare(service), headers=None)
    )
    assert said(answer) == (("parameter_absent", 400) if callback == "" else ("parameter_absent", 401))


def bare(service: Service) -> tuple[str, str]:
    return "POST", SERVICE.request_token_url


@pytest.mark.rfc("2.1-4")
def test_without_a_callback_parameter_the_advice_says_what_to_send() -> None:
    service = Service()
    made = service.request(SERVICE.request_token_url, key=Key(CONSUMER.secret), without=["oauth_token"])
    members = dict(
        form_decode(service.provider.request_token(made.method, made.url, headers=made.headers).body)
    )
    assert members["oauth_parameters_absent"] == "oauth_callback"
    assert "“oob” for a PIN" in members["oauth_problem_advice"]


TRICKS = [
    *(
        "https://evil.example/",
        "https://app.example.com/ready",
        "https://app.example.com/ready?step=3",
        "http://app.example.com/ready?step=2",
    ),
    *(
        "https://app.example.com:444/ready?step=2",
        "https://app.example.com.evil.example/ready?step=2",
        "https://app.example.com@evil.example/ready?step=2",
    ),
    *(
        "https://app.example.com\\@evil.example/ready?step=2",
        "https://app.example.com/ready/../evil?step=2",
        "https://app.example.com/READY?step=2",
    ),
    *(
        "//app.example.com/ready?step=2",
        "https://аpp.example.com/ready?step=2",
        "https://app.example.com/ready?step=2#x",
        "https://app.example.com/ready?step=2&x=1",
    ),
    *(
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        " https://app.example.com/ready?step=2",
    ),
    *(
        "https://app.example.com/ready?step=2\r\nX: 1",
        "OOB",
        "oob ",
        "about:blank",
        "com.example.app:/cb",
        f"{CALLBACK}&oauth_token=x",
    ),
]


@pytest.mark.rfc("2.1-6", "2.1-8", "PR-9")
@pytest.mark.abuse("A39")
@pytest.mark.abuse("A40")
@pytest.mark.rule(6)
@pytest.mark.parametrize("callback", TRICKS, ids=ascii)
def test_an_unregistered_or_tricky_callback_gets_no_request_token(callback: str) -> None:
    calls: list[str] = []
    service = Service()
    provider: Provider[Any, Any] = Provider(
        tapped(service.store, lambda name, _: calls.append(name)), clock=service.clock
    )
    made = service.asking(callback)
    answer = provider.request_token(made.method, made.url, headers=made.headers)
    assert said(answer) == ("parameter_rejected", 400)
    assert "add_request_token" not in calls
    members = dict(form_decode(answer.body))
    assert form_decode(members["oauth_parameters_rejected"]) == [("oauth_callback", callback)]
    assert "The callback can't be used: " in members["oauth_problem_advice"]


@pytest.mark.rule(6)
def test_a_consumer_without_registered_callbacks_walks_with_a_pin_only() -> None:
    service = Service()
    service.store.add(Consumer(CONSUMER.key, CONSUMER.secret))
    assert said(service.ask("oob")) == DONE
    assert said(service.ask(CALLBACK)) == ("parameter_rejected", 400)


def test_a_request_token_is_asked_for_without_a_token() -> None:
    service = Service()
    made = service.request(SERVICE.request_token_url, callback=CALLBACK)
    answer = service.provider.request_token(made.method, made.url, headers=made.headers)
    assert said(answer) == ("parameter_rejected", 400)


@pytest.mark.abuse("A53")
def test_one_consumer_has_a_thousand_open_request_tokens_at_the_most_and_others_are_unharmed() -> None:
    service = Service()
    service.store.add(MemoryConsumer("another", "s", callbacks=[CALLBACK]))
    for number in range(MAX_OPEN_REQUESTS):
        assert service.store.add_request_token(
            CONSUMER.key, RequestToken(f"t{number}", "s"), callback=CALLBACK, expires=NOW + 600
        )
    answer = service.ask()
    assert said(answer) == ("consumer_key_refused", 429)
    assert answer.headers["Retry-After"] == "600"
    other = service.request(
        SERVICE.request_token_url,
        key=Key("s"),
        without=["oauth_token"],
        consumer_key="another",
        callback=CALLBACK,
    )
    assert said(service.provider.request_token(other.method, other.url, headers=other.headers)) == DONE
    service.clock.now += 600
    assert said(service.ask()) == DONE
    assert MAX_OPEN_REQUESTS >= 1_000


@pytest.mark.abuse("A53")
def test_an_application_whose_users_decide_quickly_is_never_refused() -> None:
    service = Service()
    for number in range(MAX_OPEN_REQUESTS + 1):
        assert service.store.add_request_token(
            CONSUMER.key, RequestToken(f"t{number}", "s"), callback=CALLBACK, expires=NOW + 600
        )
        service.store.decide(
            f"t{number}",
            allowed=number % 2 == 0,
            user="ada",
            access=None,
            verifier_hash="x",
            expires=NOW + 600,
        )
        if number % 2 == 0:
            service.store.exchange(f"t{number}", RequestToken(f"a{number}", "s"))  # type: ignore[arg-type]  # a key and a secret will do
    assert said(service.ask()) == DONE


# -- the decision


@pytest.mark.abuse("A50")
@pytest.mark.parametrize(
    "token", ["unknown", "", "\ud800", "x" * 100_000, "%", TOKEN.key], ids=lambda text: ascii(text)[:12]
)
def test_an_unknown_request_token_is_a_refusal_and_never_a_redirect(token: str) -> None:
    provider = Service().provider
    for call in (
        lambda: provider.pending(token),
        lambda: provider.allow(token, "ada"),
        lambda: provider.deny(token),
    ):
        assert refusal(call).problem == "token_rejected"


@pytest.mark.abuse("A49")
@pytest.mark.parametrize("first", ["allow", "deny"])
@pytest.mark.parametrize("second", ["allow", "deny"])
def test_a_second_decision_is_refused_and_changes_nothing(first: str, second: str) -> None:
    service = Service()
    token = service.start()
    decision = getattr(service.provider, first)(token.key, "ada")
    for call in (
        lambda: getattr(service.provider, second)(token.key, "eve"),
        lambda: service.provider.pending(token.key),
    ):
        refused = refusal(call)
        assert (refused.problem, refused.advice) == (
            "token_used",
            "You have decided this already; nothing was done again.",
        )
    if first == "allow":
        members = parse_token(service.exchange(token, verifier_of(decision)).body)
        assert service.store.find(CONSUMER.key, members["oauth_token"])[1].user == "ada"  # type: ignore[union-attr]  # it is a MemoryToken
    else:
        assert said(service.exchange(token, "guessed")) == ("permission_denied", 401)


@pytest.mark.abuse("A49")
def test_of_twenty_decisions_at_once_one_counts() -> None:
    service = Service()
    token = service.start()

    def decide(index: int) -> Decision | str:
        try:
            if index % 2:
                return service.provider.deny(token.key, f"user {index}")
            return service.provider.allow(token.key, f"user {index}")
        except Refused as refused:
            return refused.problem

    results = together(20, decide)
    [winner] = [index for index, result in enumerate(results) if isinstance(result, Decision)]
    assert results.count("token_used") == 19
    decision = results[winner]
    assert isinstance(decision, Decision)
    if winner % 2:
        assert said(service.exchange(token, "guessed"))[0] == "permission_denied"
    else:
        members = parse_token(service.exchange(token, verifier_of(decision)).body)
        found = service.store.find(CONSUMER.key, members["oauth_token"])[1]
        assert isinstance(found, MemoryToken)
        assert found.user == f"user {winner}"


@pytest.mark.abuse("A49")
@pytest.mark.abuse("A34")
def test_a_decision_that_was_overtaken_counts_for_nothing() -> None:
    service = Service()
    token = service.start()

    def overtake(name: str, _: tuple[Any, ...]) -> None:
        if name == "decide":
            service.provider.deny(token.key, "ada")

    provider: Provider[Any, Any] = Provider(tapped(service.store, overtake), clock=service.clock)
    assert refusal(lambda: provider.allow(token.key, "eve")).problem == "token_used"
    assert said(service.exchange(token, "guessed")) == ("permission_denied", 401)


@pytest.mark.abuse("A49")
@pytest.mark.parametrize("state", ["exchanged", "expired", "expired after the decision"])
def test_what_is_over_can_not_be_decided(state: str) -> None:
    service = Service()
    token = service.start()
    if state == "exchanged":
        service.exchange(token, verifier_of(service.provider.allow(token.key, "ada")))
    elif state == "expired":
        service.clock.now += 600
    else:
        service.provider.allow(token.key, "ada")
        service.clock.now += 600
    code = {
        "exchanged": "token_used",
        "expired": "token_expired",
        "expired after the decision": "token_used",
    }[state]
    for call in (
        lambda: service.provider.pending(token.key),
        lambda: service.provider.allow(token.key, "eve"),
        lambda: service.provider.deny(token.key),
    ):
        assert refusal(call).problem == code


@pytest.mark.rfc("2.3-8")
def test_a_denial_goes_back_to_the_callback_and_says_so() -> None:
    service = Service()
    token = service.start()
    decision = service.provider.deny(token.key)
    assert decision.pin is None
    assert decision.redirect == f"{CALLBACK}&oauth_problem=permission_denied&denied={token.key}"
    answer = service.exchange(token, "guessed")
    assert said(answer) == ("permission_denied", 401)


def test_a_denial_without_a_callback_goes_nowhere() -> None:
    service = Service()
    token = service.start("oob")
    assert service.provider.deny(token.key) == Decision(None, None)
    assert said(service.exchange(token, "00000000")) == ("permission_denied", 401)


@pytest.mark.abuse("A38")
@pytest.mark.rule(6)
def test_the_deciding_person_and_the_access_are_the_arguments_alone() -> None:
    service = Service()
    made = service.asking(user="eve", xoauth_user="eve", access="admin")
    members = parse_token(service.provider.request_token(made.method, made.url, headers=made.headers).body)
    token = RequestToken(members["oauth_token"], members["oauth_token_secret"])
    verifier = verifier_of(service.provider.allow(token.key, "ada", access="read"))
    key = parse_token(service.exchange(token, verifier, user="eve", access="admin").body)["oauth_token"]
    found = service.store.find(CONSUMER.key, key)[1]
    assert isinstance(found, MemoryToken)
    assert (found.user, found.access) == ("ada", "read")


def reading(verified: Verified[Any, Any]) -> str | None:
    """What a service might read of its first leg: a parameter of its own."""
    return dict(verified.parameters).get("rights")


@pytest.mark.rfc("2.1-9")
@pytest.mark.parametrize("asked", ["read", None])
def test_what_the_first_leg_asks_for_is_kept_for_the_person_to_see(asked: str | None) -> None:
    service = Service(asked_access=reading)
    query = "" if asked is None else f"?rights={asked}"
    made = service.request(
        SERVICE.request_token_url + query,
        key=Key(CONSUMER.secret),
        without=["oauth_token"],
        callback=CALLBACK,
    )
    members = parse_token(service.provider.request_token(made.method, made.url, headers=made.headers).body)
    token = RequestToken(members["oauth_token"], members["oauth_token_secret"])
    assert service.provider.pending(token.key).access == asked
    verifier = verifier_of(service.provider.allow(token.key, "ada"))
    found = service.store.find(
        CONSUMER.key, parse_token(service.exchange(token, verifier).body)["oauth_token"]
    )[1]
    assert isinstance(found, MemoryToken)
    assert found.access == asked, "allowed without a word about it, it is what was asked for"


def test_what_nobody_can_ask_for_gets_no_request_token() -> None:
    def refuse(verified: Verified[Any, Any]) -> None:
        raise Refused("parameter_rejected", "Ask for less.")

    service = Service(asked_access=refuse)
    assert said(service.ask()) == ("parameter_rejected", 400)
    assert not service.store._requests


def test_nothing_is_asked_of_a_first_leg_that_was_not_verified() -> None:
    def never(verified: Verified[Any, Any]) -> None:
        raise AssertionError("it was called")

    assert said(Service(asked_access=never).ask(signature="wrong")) == ("signature_invalid", 401)


# -- expiry


@pytest.mark.rfc("2-2")
@pytest.mark.parametrize(("after", "code"), [(599, ""), (600, "token_expired"), (10_000, "token_expired")])
def test_a_request_token_lives_for_its_lifetime(after: int, code: str) -> None:
    service = Service()
    token = service.start()
    service.clock.now += after
    if code:
        refused = refusal(lambda: service.provider.allow(token.key, "ada"))
        assert refused.problem == code
        assert "600 seconds" in refused.advice
    else:
        assert service.provider.allow(token.key, "ada").redirect


@pytest.mark.rfc("2.3-9")
@pytest.mark.parametrize(
    ("after", "expected"), [(599, DONE), (600, ("token_expired", 401)), (10_000, ("token_expired", 401))]
)
def test_a_verifier_lives_for_its_lifetime_from_the_decision_on(
    after: int, expected: tuple[str, int]
) -> None:
    service = Service()
    token = service.start()
    service.clock.now += 500
    verifier = verifier_of(service.provider.allow(token.key, "ada"))
    service.clock.now += after
    assert said(service.exchange(token, verifier)) == expected


@pytest.mark.rfc("2-2")
def test_the_lifetime_can_be_set() -> None:
    service = Service(lifetime=60)
    token, verifier = service.allowed()
    service.clock.now += 60
    assert said(service.exchange(token, verifier)) == ("token_expired", 401)


# -- the exchange


@pytest.mark.rfc("2.3-3", "2.3-8")
@pytest.mark.abuse("A37")
@pytest.mark.parametrize("verifier", [None, "", "None", "guessed", "0" * 32, "\x00", "é"], ids=ascii)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_without_the_verifier_there_is_no_exchange(verifier: str | None, moment: str) -> None:
    service = Service()
    token = service.start()
    right = verifier_of(service.provider.allow(token.key, "ada")) if moment == "after" else ""
    answer = service.exchange(token, verifier)
    assert answer.status in (400, 401)
    assert b"oauth_token_secret" not in answer.body
    if moment == "before":
        if verifier != "\x00":
            assert said(answer) == ("permission_unknown", 401)
        right = verifier_of(service.provider.allow(token.key, "ada"))
    assert said(service.exchange(token, right)) == DONE


@pytest.mark.rfc("2.3-3")
def test_an_absent_verifier_is_named_and_costs_no_try() -> None:
    service = Service()
    token, verifier = service.allowed()
    for _ in range(10):
        answer = service.exchange(token, None)
        assert said(answer) == ("parameter_absent", 401)
        assert dict(form_decode(answer.body))["oauth_parameters_absent"] == "oauth_verifier"
    assert said(service.exchange(token, verifier)) == DONE


@pytest.mark.rfc("2.3-10", "PR-9")
def test_a_wrong_verifier_is_named() -> None:
    service = Service()
    token, _ = service.allowed()
    answer = service.exchange(token, "guessed")
    assert said(answer) == ("parameter_rejected", 401)
    assert dict(form_decode(answer.body))["oauth_parameters_rejected"] == "oauth_verifier"


@pytest.mark.rfc("2-1", "2.3-9")
@pytest.mark.abuse("A41")
def test_a_request_token_is_exchanged_once() -> None:
    service = Service()
    token, verifier = service.allowed()
    assert said(service.exchange(token, verifier)) == DONE
    for _ in range(10):
        assert said(service.exchange(token, verifier)) == ("token_used", 401)


@pytest.mark.rfc("2-1")
@pytest.mark.abuse("A41")
def test_of_twenty_exchanges_at_once_one_gets_an_access_token() -> None:
    kept: list[str] = []

    class Counting(MemoryStore):
        def exchange(self, request_token: str, access_token: Any) -> MemoryToken | None:
            found = super().exchange(request_token, access_token)
            if found is not None:
                kept.append(found.key)
            return found

    store = Counting(clock=Clock())
    store.add(CONSUMER)
    service = Service(store, tries=100)
    token, verifier = service.allowed()
    answers = together(20, lambda _: service.exchange(token, verifier))
    assert Counter(map(said, answers)) == {DONE: 1, ("token_used", 401): 19}
    assert len(kept) == 1


@pytest.mark.abuse("A41")
def test_of_twenty_exchanges_in_twenty_tasks_one_gets_an_access_token() -> None:
    import asyncio

    service = Service()
    provider: Provider[Any, Any] = Provider(awaited(service.store), clock=service.clock, tries=100)
    token, verifier = service.allowed()

    async def exchange() -> Answer:
        made = service.exchanging(token, verifier)
        return await provider.aaccess_token(made.method, made.url, headers=made.headers)

    async def all_at_once() -> list[Answer]:
        return await asyncio.gather(*(exchange() for _ in range(20)))

    assert Counter(map(said, run(all_at_once()))) == {DONE: 1, ("token_used", 401): 19}


@pytest.mark.rfc("2.3-10")
@pytest.mark.abuse("A42")
@pytest.mark.rule(4)
@pytest.mark.parametrize(
    ("wrong", "expected"), [(4, DONE), (5, ("token_rejected", 401)), (6, ("token_rejected", 401))]
)
def test_a_pin_may_be_tried_five_times(wrong: int, expected: tuple[str, int]) -> None:
    service = Service()
    token, pin = service.allowed("oob")
    for number in range(wrong):
        guess = f"{(int(pin) + 1 + number) % 10**8:08}"
        assert said(service.exchange(token, guess)) == (
            ("parameter_rejected", 401) if number < 5 else ("token_rejected", 401)
        )
    assert said(service.exchange(token, pin)) == expected


@pytest.mark.abuse("A42")
@pytest.mark.rule(4)
def test_of_ten_thousand_guesses_in_fifty_threads_five_are_compared() -> None:
    service = Service()
    token, pin = service.allowed("oob")

    def guess(index: int) -> list[tuple[str, int]]:
        numbers = range(index * 200, index * 200 + 200)
        return [said(service.exchange(token, f"{(int(pin) + 1 + n) % 10**8:08}")) for n in numbers]

    answers = Counter(answer for some in together(50, guess) for answer in some)
    assert answers == {("parameter_rejected", 401): 5, ("token_rejected", 401): 9_995}
    assert said(service.exchange(token, pin)) == ("token_rejected", 401)


@pytest.mark.abuse("A42")
@pytest.mark.rule(4)
def test_a_try_is_counted_before_the_verifier_is_compared() -> None:
    calls: list[str] = []
    service = Service()
    token, verifier = service.allowed()
    provider: Provider[Any, Any] = Provider(
        tapped(service.store, lambda name, _: calls.append(name)), clock=service.clock
    )
    made = service.exchanging(token, "guessed")
    provider.access_token(made.method, made.url, headers=made.headers)
    made = service.exchanging(token, verifier)
    provider.access_token(made.method, made.url, headers=made.headers)
    assert calls == [
        *("find_request_token", "claim_nonce", "count_try"),
        *("find_request_token", "claim_nonce", "count_try", "exchange"),
    ]


@pytest.mark.rfc("2.3-4", "2.3-7")
@pytest.mark.abuse("A42")
def test_who_does_not_know_the_tokens_secret_uses_up_no_try() -> None:
    service = Service()
    token, pin = service.allowed("oob")
    for _ in range(20):
        assert said(service.exchange(token, "00000000", secret="guessed")) == ("signature_invalid", 401)
    assert said(service.exchange(token, pin)) == DONE


def test_the_number_of_tries_can_be_set() -> None:
    service = Service(tries=1)
    token, pin = service.allowed("oob")
    assert said(service.exchange(token, "x")) == ("parameter_rejected", 401)
    answer = service.exchange(token, pin)
    assert said(answer) == ("token_rejected", 401)
    assert dict(form_decode(answer.body))["oauth_problem_advice"].startswith("1 wrong verifiers were tried")


@pytest.mark.rfc("2.3-10")
@pytest.mark.abuse("A43")
@pytest.mark.rule(4)
def test_a_verifier_works_for_its_own_request_token_alone_and_crossing_burns_neither() -> None:
    service = Service()
    one, other = service.allowed(user="ada"), service.allowed(user="bob")
    assert said(service.exchange(one[0], other[1])) == ("parameter_rejected", 401)
    assert said(service.exchange(other[0], one[1])) == ("parameter_rejected", 401)
    assert said(service.exchange(*one)) == said(service.exchange(*other)) == DONE


@pytest.mark.abuse("A43")
@pytest.mark.abuse("A21")
@pytest.mark.rule(4)
def test_a_request_token_is_exchanged_by_its_own_consumer_alone() -> None:
    service = Service()
    service.store.add(MemoryConsumer("another", "another-secret", callbacks=[CALLBACK]))
    token, verifier = service.allowed()
    made = service.request(
        SERVICE.access_token_url,
        key=Key("another-secret", token.secret),
        consumer_key="another",
        token=token.key,
        verifier=verifier,
    )
    assert said(service.provider.access_token(made.method, made.url, headers=made.headers)) == (
        "token_rejected",
        401,
    )
    assert said(service.exchange(token, verifier)) == DONE


STATES = ["pending", "allowed", "denied", "used", "expired"]


@pytest.mark.abuse("A20")
@pytest.mark.parametrize("state", STATES)
def test_a_request_token_opens_no_resource(state: str) -> None:
    service = Service()
    token = service.start()
    if state in ("allowed", "used"):
        verifier = verifier_of(service.provider.allow(token.key, "ada"))
        if state == "used":
            service.exchange(token, verifier)
    elif state == "denied":
        service.provider.deny(token.key)
    elif state == "expired":
        service.clock.now += 600
    key = Key(CONSUMER.secret, token.secret)
    made = service.request(URL, token=token.key, key=key)
    assert problem(service.provider.verifier, made, service.clock.now) == ("token_rejected", 401)
    made = service.request(f"{ORIGIN}/invalidate_token", token=token.key, key=key)
    assert said(service.provider.invalidate_token(made.method, made.url, headers=made.headers)) == (
        "token_rejected",
        401,
    )
    made = service.request(SERVICE.request_token_url, token=token.key, key=key, callback=CALLBACK)
    assert said(service.provider.request_token(made.method, made.url, headers=made.headers)) == (
        "token_rejected",
        401,
    )


@pytest.mark.abuse("A20")
def test_an_access_token_is_no_request_token() -> None:
    service = Service()
    made = service.request(SERVICE.access_token_url, verifier="x")
    assert said(service.provider.access_token(made.method, made.url, headers=made.headers)) == (
        "token_rejected",
        401,
    )
    assert refusal(lambda: service.provider.pending(TOKEN.key)).problem == "token_rejected"


@pytest.mark.rfc("2.3-4")
@pytest.mark.abuse("A22")
def test_the_exchange_needs_a_request_token() -> None:
    service = Service()
    made = service.request(
        SERVICE.access_token_url, key=Key(CONSUMER.secret), without=["oauth_token"], verifier="x"
    )
    assert said(service.provider.access_token(made.method, made.url, headers=made.headers)) == (
        "parameter_absent",
        401,
    )


@pytest.mark.rfc("2.1-15", "2.3-7")
@pytest.mark.abuse("A16")
def test_each_leg_is_accepted_once() -> None:
    service = Service()
    made = service.asking()
    assert said(service.provider.request_token(made.method, made.url, headers=made.headers)) == DONE
    assert said(service.provider.request_token(made.method, made.url, headers=made.headers)) == (
        "nonce_used",
        401,
    )
    token, verifier = service.allowed()
    made = service.exchanging(token, "wrong")
    service.provider.access_token(made.method, made.url, headers=made.headers)
    assert said(service.provider.access_token(made.method, made.url, headers=made.headers)) == (
        "nonce_used",
        401,
    )
    assert said(service.exchange(token, verifier)) == DONE


# -- what ends, and who is refused


@pytest.mark.rfc("2-3")
def test_a_revoked_token_is_refused_at_once_and_only_it() -> None:
    service = Service()
    (one, secret), (other, other_secret) = service.granted(), service.granted()
    assert service.provider.revoke(one)
    made = service.request(URL, token=one, key=Key(CONSUMER.secret, secret))
    assert problem(Verifier(service.store), made) == ("token_revoked", 401)
    made = service.request(URL, token=other, key=Key(CONSUMER.secret, other_secret))
    assert person(verify(Verifier(service.store), made)) == "ada"


def test_revoking_what_is_not_there_is_false() -> None:
    service = Service()
    assert not service.provider.revoke("unknown")
    assert not service.provider.revoke(service.start().key)


def test_an_application_ends_its_own_token() -> None:
    service = Service()
    key, secret = service.granted()
    both = Key(CONSUMER.secret, secret)
    made = service.request(f"{ORIGIN}/invalidate_token", token=key, key=both)
    answer = service.provider.invalidate_token(made.method, made.url, headers=made.headers)
    assert (answer.status, form_decode(answer.body)) == (200, [("oauth_token", key)])
    assert answer.headers["Cache-Control"] == "no-store"
    assert problem(Verifier(service.store), service.request(URL, token=key, key=both)) == (
        "token_revoked",
        401,
    )


@pytest.mark.abuse("A63")
def test_nobody_ends_a_token_without_its_secret() -> None:
    service = Service()
    key, secret = service.granted()
    made = service.request(f"{ORIGIN}/invalidate_token", token=key, key=Key(CONSUMER.secret, "guessed"))
    assert said(service.provider.invalidate_token(made.method, made.url, headers=made.headers)) == (
        "signature_invalid",
        401,
    )
    assert verify(Verifier(service.store), service.request(URL, token=key, key=Key(CONSUMER.secret, secret)))


class Suspended(MemoryConsumer):
    __slots__ = ("problem",)
    problem: str


@pytest.mark.abuse("A52")
def test_a_suspended_consumer_is_refused_at_every_step() -> None:
    service = Service()
    pending, (token, verifier), (key, secret) = service.start(), service.allowed(), service.granted()
    suspended = Suspended(CONSUMER.key, CONSUMER.secret, callbacks=[CALLBACK])
    suspended._fill(problem="consumer_key_refused")
    service.store.add(suspended)
    assert said(service.ask()) == ("consumer_key_refused", 401)
    for call in (
        lambda: service.provider.pending(pending.key),
        lambda: service.provider.allow(pending.key, "ada"),
        lambda: service.provider.deny(pending.key),
    ):
        assert refusal(call).problem == "consumer_key_refused"
    assert said(service.exchange(token, verifier)) == ("consumer_key_refused", 401)
    made = service.request(URL, token=key, key=Key(CONSUMER.secret, secret))
    assert problem(service.provider.verifier, made) == ("consumer_key_refused", 401)
    service.store.add(CONSUMER)
    assert said(service.exchange(token, verifier)) == DONE
    assert service.provider.allow(pending.key, "ada").redirect


@pytest.mark.abuse("A48")
@pytest.mark.rule(5)
def test_after_a_reset_the_old_secret_signs_nothing() -> None:
    service = Service()
    token, verifier = service.allowed()
    service.store.add(MemoryConsumer(CONSUMER.key, "the-new-secret", callbacks=[CALLBACK]))
    assert said(service.ask()) == ("signature_invalid", 401)
    assert said(service.exchange(token, verifier)) == ("signature_invalid", 401)


# -- chance


@pytest.mark.abuse("A71")
@pytest.mark.rule(4)
@pytest.mark.rule(8)
@pytest.mark.parametrize("callback", [CALLBACK, "oob"])
def test_the_store_is_given_the_hash_of_a_verifier_and_never_the_verifier(callback: str) -> None:
    given: list[str] = []

    class Listening(MemoryStore):
        def decide(self, token: str, **facts: Any) -> bool:
            given.append(repr(facts))
            return super().decide(token, **facts)

    store = Listening(clock=Clock())
    store.add(CONSUMER)
    service = Service(store)
    token, verifier = service.allowed(callback)
    kept = store.open_request_token(token.key)[1]
    assert kept is not None
    assert verifier not in repr(given)
    assert verifier not in repr(vars(kept))
    assert re.fullmatch("[0-9a-f]{64}", kept.verifier_hash)


@pytest.mark.rule(4)
def test_one_pin_has_another_hash_for_each_request_token() -> None:
    service = Service(random=bytes)
    hashes = []
    for number in range(2):
        token = RequestToken(f"t{number}", f"secret {number}")
        service.store.add_request_token(CONSUMER.key, token, callback="oob", expires=NOW + 600)
        assert service.provider.allow(token.key, "ada").pin == "00000000"
        kept = service.store.open_request_token(token.key)[1]
        assert kept is not None
        hashes.append(kept.verifier_hash)
    assert hashes[0] != hashes[1]


@pytest.mark.rfc("2.2-10")
@pytest.mark.abuse("A72")
@pytest.mark.rule(4)
@pytest.mark.parametrize(
    ("drawn", "pin"),
    [
        ([0], "00000000"),
        ([42], "00000042"),
        ([10**8 - 1], "99999999"),
        ([10**8], "00000000"),
        ([2**64 - 2**64 % 10**8 - 1], "99999999"),
        ([2**64 - 2**64 % 10**8, 7], "00000007"),
        ([2**64 - 1, 2**64 - 1, 12_345_678], "12345678"),
    ],
)
def test_a_pin_is_drawn_without_bias(drawn: list[int], pin: str) -> None:
    octets = iter([number.to_bytes(8) for number in drawn])
    service = Service()
    token = service.start("oob")
    asked: list[int] = []

    def chance(number: int) -> bytes:
        asked.append(number)
        return next(octets)

    provider: Provider[Any, Any] = Provider(service.store, clock=service.clock, random=chance)
    assert provider.allow(token.key, "ada").pin == pin
    assert asked == [8] * len(drawn)


@pytest.mark.rfc("2.2-10", "4.9-1")
@pytest.mark.abuse("A72")
@pytest.mark.rule(4)
def test_tokens_secrets_and_verifiers_are_192_random_bits() -> None:
    asked: list[int] = []

    def chance(number: int) -> bytes:
        asked.append(number)
        return bytes(range(number))

    service = Service(random=chance)
    token, verifier = service.allowed()
    assert token.key == token.secret == verifier == "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
    service.exchange(token, verifier)
    assert asked == [24] * 5


@pytest.mark.rfc("4.9-2")
@pytest.mark.abuse("A72")
def test_chance_owes_nothing_to_the_clock_or_the_seeded_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: float(NOW))
    service = Service()
    made: list[str] = []
    for _ in range(2):
        random.seed(1)
        (token, verifier), (other, pin) = service.allowed(), service.allowed("oob")
        access, secret = parse_token(service.exchange(token, verifier).body).values()
        made += token.key, token.secret, verifier, other.key, other.secret, pin, access, secret
    assert len(set(made)) == len(made)
    assert all(len(text) >= 32 for text in made if not text.isdecimal())


# -- a store that can't answer


CALLS = {
    "request_token": ["find", "claim_nonce", "add_request_token"],
    "pending": ["open_request_token"],
    "allow": ["open_request_token", "decide"],
    "deny": ["open_request_token", "decide"],
    "access_token": ["find_request_token", "claim_nonce", "count_try", "exchange"],
    "invalidate_token": ["find", "claim_nonce", "revoke"],
    "revoke": ["revoke"],
}


def attempt(service: Service, provider: Provider[Any, Any], step: str, asynchronous: bool) -> object:
    """One step with a fresh request, by `provider`; what is waited for is the `service`'s."""

    def send(endpoint: Callable[..., Any], made: Signed) -> Any:
        answer = endpoint(made.method, made.url, headers=made.headers)
        return run(answer) if asynchronous else answer

    def ask(method: Callable[..., Any], *arguments: Any) -> Any:
        return run(method(*arguments)) if asynchronous else method(*arguments)

    call = getattr(provider, f"a{step}" if asynchronous else step)
    if step == "request_token":
        return send(call, service.asking())
    if step == "access_token":
        return send(call, service.exchanging(*service.allowed()))
    if step == "invalidate_token":
        key, secret = service.granted()
        return send(
            call, service.request(f"{ORIGIN}/invalidate_token", token=key, key=Key(CONSUMER.secret, secret))
        )
    if step == "revoke":
        return ask(call, service.granted()[0])
    return ask(call, service.start().key, *(["ada"] if step != "pending" else []))


@pytest.mark.abuse("A34")
@pytest.mark.rule(1)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(
    ("step", "broken"), [(step, call) for step, calls in CALLS.items() for call in calls]
)
def test_a_store_that_fails_at_any_call_is_a_503_and_nothing_is_half_done(
    step: str, broken: str, asynchronous: bool
) -> None:
    service = Service()
    calls: list[str] = []
    working = True

    def tap(name: str, _: tuple[Any, ...]) -> None:
        calls.append(name)
        if name == broken and not working:
            raise OSError("the-consumer-secret")

    store: Any = tapped(service.store, tap)
    provider: Provider[Any, Any] = Provider(awaited(store) if asynchronous else store, clock=service.clock)
    attempt(service, provider, step, asynchronous)
    assert calls == CALLS[step]

    working, calls[:] = False, []
    before = state(service.store)
    try:
        answer = attempt(service, provider, step, asynchronous)
    except Refused as refused:
        answer = refused.reply()
    assert isinstance(answer, Answer)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert b"the-consumer-secret" not in answer.body
    assert calls == CALLS[step][: CALLS[step].index(broken) + 1]
    after = state(service.store)
    # What the attempt itself made ready, and nothing that the failing step would have done.
    assert after[0] - before[0] <= (1 if step in ("invalidate_token", "revoke") else 0)
    working = True
    attempt(service, provider, step, asynchronous)


def state(store: MemoryStore) -> tuple[int, int]:
    return len(store._tokens), len(store._requests)


@pytest.mark.abuse("A41")
@pytest.mark.abuse("A34")
def test_an_exchange_that_failed_in_the_store_can_be_tried_again() -> None:
    service = Service()
    token, verifier = service.allowed()

    def fail(name: str, _: tuple[Any, ...]) -> None:
        if name == "exchange":
            raise OSError

    provider: Provider[Any, Any] = Provider(tapped(service.store, fail), clock=service.clock)
    made = service.exchanging(token, verifier)
    assert provider.access_token(made.method, made.url, headers=made.headers).status == 503
    assert said(service.exchange(token, verifier)) == DONE


# -- settings


def test_the_settings_of_the_verifier_hold_for_every_leg() -> None:
    def answers(service: Service, **oauth: Any) -> list[tuple[str, int]]:
        first, token = service.ask(**oauth), RequestToken("unknown", "s")
        third = service.exchange(token, "x", **oauth)
        made = service.request(f"{ORIGIN}/invalidate_token", **oauth)
        return [
            said(first),
            said(third),
            said(service.provider.invalidate_token(made.method, made.url, headers=made.headers)),
        ]

    assert answers(Service(signature_methods=["HMAC-SHA256"])) == [("signature_method_rejected", 400)] * 3
    assert answers(Service(signature_methods=["HMAC-SHA256"]), signature_method="HMAC-SHA256") == [
        DONE,
        ("token_rejected", 401),
        DONE,
    ]
    assert answers(Service(window=10), timestamp=str(NOW - 11)) == [("timestamp_refused", 401)] * 3
    assert answers(Service(window=1000), timestamp=str(NOW - 900)) == [DONE, ("token_rejected", 401), DONE]
    assert answers(Service(max_parameters=3)) == [("parameter_rejected", 413)] * 3
    assert answers(Service(max_octets=10)) == [("parameter_rejected", 413)] * 3


def test_a_refusal_can_be_answered_by_a_function_of_ones_own() -> None:
    heard: list[Refused] = []

    def reply(refused: Refused) -> Answer:
        heard.append(refused)
        return Answer(418)

    service = Service(reply=reply)
    assert service.ask(signature="wrong").status == 418
    assert heard[0].problem == "signature_invalid"
    assert "base string" in heard[0].detail


def test_without_a_clock_of_its_own_a_provider_reads_the_systems() -> None:
    store = memory(clock=time.time)
    provider: Provider[Any, Any] = Provider(store)
    made = forged(
        "POST",
        SERVICE.request_token_url,
        key=Key(CONSUMER.secret),
        without=["oauth_token"],
        callback="oob",
        timestamp=str(int(time.time())),
    )
    assert said(provider.request_token(made.method, made.url, headers=made.headers)) == DONE


def test_a_token_that_is_taken_back_during_its_exchange_is_refused_as_unknown() -> None:
    class Gone(MemoryStore):
        def count_try(self, token: str) -> int:
            self._requests.clear()
            return super().count_try(token)

    store = Gone(clock=Clock())
    store.add(CONSUMER, TOKEN)
    service = Service(store)
    assert said(service.exchange(*service.allowed())) == ("token_rejected", 401)


@pytest.mark.abuse("A07")
def test_a_refusal_names_no_more_of_a_callback_than_a_header_can_hold() -> None:
    reply = Service().ask("https://evil.example/" + "x" * 20_000)
    assert reply.status == 400
    assert len(reply.headers["WWW-Authenticate"]) < 2_000


def test_methods_that_are_given_one_by_one_hold_for_every_leg() -> None:
    service = Service(signature_methods=iter(["HMAC-SHA1"]))
    assert said(service.exchange(*service.allowed())) == DONE
