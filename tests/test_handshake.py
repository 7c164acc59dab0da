"""The three legs, at the application."""

import pickle
import time
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.vectors import Vector, load, name
from tests.wire import (
    CALLBACK,
    CONSUMER,
    ORIGIN,
    SERVICE,
    Clock,
    asender,
    awaited,
    handshake,
    memory,
    person,
    run,
    sender,
    verify,
)
from valetkey import (
    AccessToken,
    Answer,
    BadCallback,
    Denied,
    Handshake,
    Provider,
    Refused,
    RequestToken,
    Service,
    ServiceError,
    Signed,
    Unsignable,
    Verifier,
)
from valetkey.protocol.encoding import form_decode, form_encode, percent_encode
from valetkey.protocol.header import parse_authorization
from valetkey.services import Legs

TOKEN = RequestToken("request-token", "request-token-secret")
GRANTED = b"oauth_token=t&oauth_token_secret=ts"
CONFIRMED = GRANTED + b"&oauth_callback_confirmed=true"


def service_at_hand() -> Provider[Any, Any]:
    """A provider whose clock stands at the time that the handshake's requests are signed at."""
    clock = Clock(time.time())
    return Provider(memory(clock), clock=clock)


# -- both ends, back to back


def test_a_walk_ends_with_an_access_token_that_works() -> None:
    provider, application = service_at_hand(), handshake()
    send = sender(provider)
    leg = application.request_token()
    request_token = leg.read(send(leg.request))
    page = urlsplit(application.authorize_url(request_token))
    assert dict(parse_qsl(page.query)) == {"oauth_token": request_token.key}
    came_back = provider.allow(dict(parse_qsl(page.query))["oauth_token"], "ada", access="read").redirect
    assert came_back is not None
    verifier = application.verifier(came_back, request_token)
    last = application.access_token(request_token, verifier)
    token = last.read(send(last.request))
    made = SERVICE.signer(CONSUMER, token).sign("GET", f"{ORIGIN}/photos")
    assert person(verify(Verifier(provider.store), made, provider.clock())) == "ada"


def test_a_walk_with_an_asynchronous_store_and_sender_ends_alike() -> None:
    clock = Clock(time.time())
    provider: Provider[Any, Any] = Provider(awaited(memory(clock)), clock=clock)

    async def walk() -> AccessToken:
        send, application = asender(provider), handshake("oob")
        leg = application.request_token()
        request_token = leg.read(await send(leg.request))
        pin = (await provider.aallow(request_token.key, "ada")).pin
        assert pin is not None
        last = application.access_token(request_token, pin)
        return last.read(await send(last.request))

    assert run(walk()).secret


@pytest.mark.rfc("2.1-1", "2.1-3", "2.3-1", "2.3-2")
@pytest.mark.parametrize("placement", ["header", "query", "body"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_legs_walk_in_every_place(placement: Any, method: str) -> None:
    if (placement, method) == ("body", "GET"):
        method = "PUT"  # a GET has no body
    provider = service_at_hand()
    service = Service(
        SERVICE.request_token_url,
        SERVICE.authorize_url,
        SERVICE.access_token_url,
        placement=placement,
        method=method,
        signature_method="HMAC-SHA256",
        version=False,
    )
    application, send = Handshake(CONSUMER, service), sender(provider)
    leg = application.request_token()
    token = leg.read(send(leg.request))
    pin = provider.allow(token.key, "ada").pin
    assert pin is not None
    last = application.access_token(token, pin)
    assert (leg.request.method, last.request.method) == (method, method)
    assert "oauth_version" not in dict(last.request.parameters)
    assert last.read(send(last.request)).key


def test_a_denial_is_denied_at_the_application_too() -> None:
    provider, application = service_at_hand(), handshake()
    leg = application.request_token()
    token = leg.read(sender(provider)(leg.request))
    came_back = provider.deny(token.key).redirect
    assert came_back is not None
    with pytest.raises(Denied) as caught:
        application.verifier(came_back, token)
    assert caught.value.token == token.key


@pytest.mark.rfc("4.13-2")
@pytest.mark.abuse("A91")
@pytest.mark.abuse("A37")
def test_two_walks_that_are_crossed_end_in_nobodys_token() -> None:
    provider, application = service_at_hand(), handshake()
    send = sender(provider)

    def start() -> RequestToken:
        leg = application.request_token()
        return leg.read(send(leg.request))

    victim, attacker = start(), start()
    came_back = provider.allow(attacker.key, "eve").redirect
    assert came_back is not None
    with pytest.raises(BadCallback):
        application.verifier(came_back, victim)
    stolen = application.verifier(came_back, attacker)
    last = application.access_token(victim, stolen)
    with pytest.raises(ServiceError) as caught:
        last.read(send(last.request))
    assert caught.value.problem == "permission_unknown"


@pytest.mark.rfc("PR-11")
def test_a_refusal_of_the_provider_is_told_with_its_problem_and_its_advice() -> None:
    provider = service_at_hand()
    application = Handshake(CONSUMER, SERVICE, callback="https://evil.example/")
    leg = application.request_token()
    with pytest.raises(ServiceError) as caught:
        leg.read(sender(provider)(leg.request))
    error = caught.value
    assert (error.status, error.problem) == (400, "parameter_rejected")
    assert str(error).startswith(
        "The service gave no request token: it answered 400 (parameter_rejected). Its advice:"
        " The callback can't be used: "
    )
    assert CONSUMER.secret not in str(error)


@pytest.mark.rfc("PR-3")
def test_every_refusal_that_a_provider_can_answer_is_read_as_it_was_meant() -> None:
    refused = Refused(
        "timestamp_refused", "Set the clock & wait.", facts={"oauth_acceptable_timestamps": "1-2"}
    )
    for answer in (refused.reply(), Answer(401, refused.headers), Answer(401, {}, refused.reply().body)):
        with pytest.raises(
            ServiceError, match=r"it answered 401 \(timestamp_refused\)\. Its advice: Set the clock & wait\."
        ) as caught:
            handshake().request_token().read(answer)
        assert caught.value.problem == "timestamp_refused"


# -- the requests


@pytest.mark.rfc("2.1-1", "2.1-3", "2.1-10", "2.1-11")
def test_the_first_leg_sends_the_callback_and_no_token() -> None:
    signed = handshake().request_token().request
    parameters = dict(parse_authorization(signed.headers["Authorization"]).parameters)
    assert (signed.method, signed.url, signed.body) == ("POST", SERVICE.request_token_url, None)
    assert parameters["oauth_callback"] == CALLBACK
    assert not {"oauth_token", "oauth_verifier"} & {*parameters}


@pytest.mark.rfc("2.1-5")
@pytest.mark.parametrize("callback", ["about:blank", "OOB", "/ready", "a b"])
def test_what_the_application_calls_its_callback_is_sent_as_it_is(callback: str) -> None:
    signed = Handshake(CONSUMER, SERVICE, callback=callback).request_token().request
    assert dict(signed.parameters)["oauth_callback"] == callback


@pytest.mark.rfc("2.1-7")
def test_without_a_callback_it_is_out_of_band() -> None:
    signed = Handshake(CONSUMER, SERVICE).request_token().request
    assert dict(signed.parameters)["oauth_callback"] == "oob"


@pytest.mark.rfc("2.3-1", "2.3-2")
def test_the_last_leg_sends_token_and_verifier_and_no_callback() -> None:
    signed = handshake().access_token(TOKEN, "the verifier").request
    parameters = dict(signed.parameters)
    assert (signed.method, signed.url) == ("POST", SERVICE.access_token_url)
    assert (parameters["oauth_token"], parameters["oauth_verifier"]) == (TOKEN.key, "the verifier")
    assert "oauth_callback" not in parameters
    assert (
        signed.signature
        == SERVICE.signer(CONSUMER, TOKEN)
        .sign(
            *("POST", SERVICE.access_token_url),
            oauth={"oauth_verifier": "the verifier"},
            nonce=parameters["oauth_nonce"],
            timestamp=parameters["oauth_timestamp"],
        )
        .signature
    )


@pytest.mark.abuse("A95")
def test_each_leg_is_signed_afresh() -> None:
    application = handshake()
    assert application.request_token().request.signature != application.request_token().request.signature


@pytest.mark.rfc("2-4", "2.2-1", "2.2-2", "2.2-4")
@pytest.mark.parametrize(
    ("page", "extra", "address"),
    [
        ("https://h/a", {}, "https://h/a?oauth_token=request-token"),
        ("https://h/a?x=1", {}, "https://h/a?x=1&oauth_token=request-token"),
        (
            "https://h/a",
            {"force_login": "true", "screen_name": "a b&c"},
            "https://h/a?oauth_token=request-token&force_login=true&screen_name=a%20b%26c",
        ),
    ],
)
def test_the_person_is_sent_to_the_page_with_the_token_alone(
    page: str, extra: dict[str, str], address: str
) -> None:
    application = Handshake(CONSUMER, Service("https://h/r", page, "https://h/t"))
    assert application.authorize_url(TOKEN, **extra) == address


@pytest.mark.rfc("2-6")
def test_a_token_may_be_of_any_size() -> None:
    members = [("oauth_token", "t" * 5_000), ("oauth_token_secret", "s" * 5_000)]
    answer = Answer(200, {}, form_encode([*members, ("oauth_callback_confirmed", "true")]))
    token = handshake().request_token().read(answer)
    assert [token.key, token.secret] == [value for _, value in members]
    assert handshake().authorize_url(token).endswith(token.key)
    signed = handshake().access_token(token, "v" * 5_000).request
    sent = dict(parse_authorization(signed.headers["Authorization"]).parameters)
    assert (sent["oauth_token"], sent["oauth_verifier"]) == (token.key, "v" * 5_000)


@pytest.mark.rfc("2-7")
def test_a_token_that_needs_encoding_is_encoded() -> None:
    assert handshake().authorize_url(RequestToken("a&b=c d", "s")).endswith("?oauth_token=a%26b%3Dc%20d")


@pytest.mark.rfc("2.1-14", "2.3-6")
@pytest.mark.abuse("A97")
@pytest.mark.parametrize("which", ["request_token_url", "access_token_url"])
def test_secrets_are_not_asked_for_over_http(which: str) -> None:
    urls: dict[str, Any] = {
        "request_token_url": "https://h/r",
        "authorize_url": "http://h/a",
        "access_token_url": "https://h/t",
    }
    Handshake(CONSUMER, Service(**urls))
    service = Service(**{**urls, which: "http://h.example/x"})
    with pytest.raises(
        Unsignable, match="over http, everybody on the way can read the secrets: use https"
    ) as caught:
        Handshake(CONSUMER, service)
    assert caught.value.what == which
    assert Handshake(CONSUMER, service, insecure=True).request_token()


@pytest.mark.rfc("2.1-14", "2.3-6")
@pytest.mark.parametrize(
    "origin", ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000", "http://app.localhost"]
)
def test_loopback_is_no_way_that_anybody_reads_along(origin: str) -> None:
    assert Handshake(CONSUMER, Service(f"{origin}/r", f"{origin}/a", f"{origin}/t")).request_token()


@pytest.mark.parametrize("url", ["/request_token", "", "https://"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(Unsignable, match="request_token_url: "):
        Handshake(CONSUMER, Service(url, "https://h/a", "https://h/t"))


# -- what comes back


BACK = {
    "as it was sent": f"{CALLBACK}&oauth_token=request-token&oauth_verifier=v",
    "the path and query alone": "/ready?oauth_token=request-token&oauth_verifier=v",
    "behind another origin": "http://10.0.0.1:8000/ready?oauth_verifier=v&oauth_token=request-token",
    "with more": "/?x=1&x=2&oauth_token=request-token&oauth_verifier=v&flag",
    "encoded": "/?oauth%5Ftoken=request%2Dtoken&oauth_verifier=%76",
    "with a fragment": "/?oauth_token=request-token&oauth_verifier=v#oauth_verifier=w",
    "with a problem that is none": "/?oauth_token=request-token&oauth_verifier=v&oauth_problem=",
}


@pytest.mark.rfc("2.2-13")
@pytest.mark.parametrize("address", BACK.values(), ids=BACK)
def test_the_verifier_is_read_from_the_address_that_came_back(address: str) -> None:
    assert handshake().verifier(address, TOKEN) == "v"


def test_a_verifier_is_decoded() -> None:
    assert handshake().verifier("/?oauth_token=request-token&oauth_verifier=a%2Bb+c%25", TOKEN) == "a+b c%"


FOREIGN = {
    "another token": "/?oauth_token=another&oauth_verifier=v",
    "another token denied": "/?denied=another",
    "ours, and another denied": "/?oauth_token=request-token&denied=another",
    "another, and ours denied": "/?oauth_token=another&denied=request-token",
    "in another case": "/?oauth_token=REQUEST-TOKEN&oauth_verifier=v",
    "a part of it": "/?oauth_token=request-toke&oauth_verifier=v",
}


@pytest.mark.rfc("4.13-2")
@pytest.mark.abuse("A91")
@pytest.mark.parametrize("address", FOREIGN.values(), ids=FOREIGN)
def test_what_belongs_to_another_request_token_is_refused(address: str) -> None:
    with pytest.raises(BadCallback, match="belongs to another request token") as caught:
        handshake().verifier(address, TOKEN)
    assert caught.value.missing == ""


INCOMPLETE = {
    "nothing": ("/", "oauth_token"),
    "no query": ("", "oauth_token"),
    "an empty token": ("/?oauth_token=&oauth_verifier=v", "oauth_token"),
    "no token": ("/?oauth_verifier=v", "oauth_token"),
    "the token in the fragment": ("/#?oauth_token=request-token&oauth_verifier=v", "oauth_token"),
    "no verifier": ("/?oauth_token=request-token", "oauth_verifier"),
    "an empty verifier": ("/?oauth_token=request-token&oauth_verifier=", "oauth_verifier"),
}


@pytest.mark.rfc("2.2-13")
@pytest.mark.abuse("A91")
@pytest.mark.parametrize(("address", "missing"), INCOMPLETE.values(), ids=INCOMPLETE)
def test_what_lacks_a_part_is_refused_with_its_name(address: str, missing: str) -> None:
    with pytest.raises(BadCallback, match=f"has no {missing}") as caught:
        handshake().verifier(address, TOKEN)
    assert caught.value.missing == missing


TWICE = [
    "oauth_token=request-token",
    "oauth_token=another",
    "oauth%5Ftoken=another",
    "oauth_verifier=w",
    "denied=request-token&denied=x",
]


@pytest.mark.abuse("A91")
@pytest.mark.parametrize("more", TWICE)
def test_what_says_the_same_twice_is_refused(more: str) -> None:
    with pytest.raises(BadCallback, match="says the same twice"):
        handshake().verifier(f"/?oauth_token=request-token&oauth_verifier=v&{more}", TOKEN)


@pytest.mark.parametrize("query", ["oauth_token=%zz", "oauth_token=%FF", "%"])
def test_what_can_not_be_read_is_refused(query: str) -> None:
    with pytest.raises(BadCallback, match="can't be read"):
        handshake().verifier(f"/?{query}", TOKEN)


DENIALS = [
    "denied=request-token",
    "oauth_problem=permission_denied&denied=request-token",
    "oauth_token=request-token&denied=request-token",
    "oauth_token=request-token&oauth_problem=permission_denied",
    "oauth_token=request-token&oauth_problem=user_refused",
    "oauth_token=request-token&oauth_problem=permission_denied&oauth_verifier=v",
]


@pytest.mark.parametrize("query", DENIALS)
def test_a_no_is_a_no_however_it_is_said(query: str) -> None:
    with pytest.raises(Denied, match="denied access") as caught:
        handshake().verifier(f"/?{query}", TOKEN)
    assert caught.value.token == TOKEN.key


# -- the answers


TEMPORARY = [vector for vector in load("token_response_parse") if vector["kind"] == "temporary"]
PERMANENT = [vector for vector in load("token_response_parse") if vector["kind"] == "token"]


@pytest.mark.rfc("2.1-17")
@pytest.mark.abuse("A93")
@pytest.mark.parametrize("vector", TEMPORARY, ids=name)
def test_a_request_token_is_taken_only_with_a_confirmed_callback(vector: Vector) -> None:
    leg, answer = handshake().request_token(), Answer(200, {}, vector["body"].encode())
    wanted = vector.get("expected", {})
    if wanted.get("oauth_callback_confirmed") == "true":
        assert leg.read(answer) == RequestToken(wanted["oauth_token"], wanted["oauth_token_secret"])
    else:
        assert "expected_error" in vector or name(vector) in ("tr-core-a2", "tr-dghubble-unconfirmed")
        with pytest.raises(ServiceError):
            leg.read(answer)


@pytest.mark.rfc("2.3-13")
@pytest.mark.parametrize("vector", PERMANENT, ids=name)
def test_an_access_token_is_taken_with_what_the_service_says_besides(vector: Vector) -> None:
    leg, answer = handshake().access_token(TOKEN, "v"), Answer(200, {}, vector["body"].encode())
    if "expected" in vector:
        wanted = dict(vector["expected"])
        key, secret = wanted.pop("oauth_token"), wanted.pop("oauth_token_secret")
        assert leg.read(answer) == AccessToken(key, secret, extra=wanted)
    else:
        with pytest.raises(ServiceError, match="The service's answer holds no access token: "):
            leg.read(answer)


@pytest.mark.rfc("2.1-21")
@pytest.mark.abuse("A93")
@pytest.mark.parametrize("confirmed", ["true", "True", "1"])
def test_what_services_say_for_true_is_taken_for_true(confirmed: str) -> None:
    answer = Answer(200, {}, GRANTED + f"&oauth_callback_confirmed={confirmed}".encode())
    assert handshake().request_token().read(answer) == RequestToken("t", "ts")


@pytest.mark.rfc("2.1-21")
@pytest.mark.abuse("A93")
@pytest.mark.parametrize(
    "said",
    [
        "",
        "&oauth_callback_confirmed=",
        "&oauth_callback_confirmed=false",
        "&oauth_callback_confirmed=0",
        "&oauth_callback_confirmed=yes",
        "&callback_confirmed=true",
        "&oauth_callback_confirmed=true&oauth_callback_confirmed=true",
    ],
)
@pytest.mark.parametrize("callback", [CALLBACK, "oob"])
def test_what_is_not_confirmed_is_refused_loudly(said: str, callback: str) -> None:
    with pytest.raises(ServiceError) as caught:
        handshake(callback).request_token().read(Answer(200, {}, GRANTED + said.encode()))
    if "true" not in said or said.startswith("&callback"):
        assert "The service didn't confirm the callback (oauth_callback_confirmed=true)" in str(caught.value)
        assert "advisory 2009.1" in str(caught.value)
    assert "=ts" not in str(caught.value)


NO_TOKENS: dict[str, tuple[Answer, str]] = {
    "401 with text": (
        Answer(401, {}, b"Invalid signature"),
        "it answered 401. It answered: Invalid signature",
    ),
    "401 with nothing": (Answer(401), "it answered 401."),
    "500 with a page": (
        Answer(500, {}, b"<html>Oops</html>"),
        "it answered 500. It answered: <html>Oops</html>",
    ),
    "a redirect": (Answer(302, {"Location": "https://h/"}), "it answered 302."),
    "201 with a token": (Answer(201, {}, CONFIRMED), "it answered 201."),
    "200 with a problem": (
        Answer(200, {}, b"oauth_problem=token_rejected&oauth_problem_advice=Walk+again"),
        "it answered 200 (token_rejected). Its advice: Walk again",
    ),
    "200 with a problem and a token": (
        Answer(200, {}, CONFIRMED + b"&oauth_problem=token_rejected"),
        "it answered 200 (token_rejected)",
    ),
    "200 with a problem in its header": (
        Answer(200, {"WWW-Authenticate": 'OAuth oauth_problem="nonce_used"'}, CONFIRMED),
        "it answered 200 (nonce_used)",
    ),
    "a page": (Answer(200, {}, b"<html>Log in</html>"), "holds no request token: it has no oauth_token."),
    "nothing": (Answer(200), "holds no request token: it has no oauth_token."),
    "no text": (Answer(200, {}, b"\xff"), "holds no request token: it holds octets that aren't UTF-8"),
    "a token with a NUL": (
        Answer(200, {}, CONFIRMED.replace(b"=t&", b"=t%00x&")),
        "The service's token can't be used: request token: ",
    ),
}


@pytest.mark.rfc("2.1-17")
@pytest.mark.abuse("A94")
@pytest.mark.parametrize(("answer", "message"), NO_TOKENS.values(), ids=NO_TOKENS)
def test_an_answer_without_a_usable_token_is_a_readable_error(answer: Answer, message: str) -> None:
    with pytest.raises(ServiceError) as caught:
        handshake().request_token().read(answer)
    error = caught.value
    assert message in str(error)
    assert (error.status, error.headers, error.body) == (answer.status, answer.headers, answer.body)
    assert "=ts" not in str(error) + repr(error) + repr(pickle.dumps(error)) + "".join(
        traceback.format_exception(error)
    )


def test_an_access_tokens_answer_that_can_not_be_used_says_so() -> None:
    with pytest.raises(ServiceError, match="The service's token can't be used: access token: "):
        handshake().access_token(TOKEN, "v").read(Answer(200, {}, b"oauth_token=%00x&oauth_token_secret=s"))


@pytest.mark.abuse("A80")
def test_what_a_service_echoes_of_our_secrets_is_masked() -> None:
    signed = (
        Service(
            SERVICE.request_token_url,
            SERVICE.authorize_url,
            SERVICE.access_token_url,
            signature_method="PLAINTEXT",
        )
        .signer(CONSUMER, TOKEN)
        .sign("POST", SERVICE.access_token_url, oauth={"oauth_verifier": "the-verifier"})
    )
    echo = signed.headers["Authorization"]
    answers = [
        Answer(401, {}, f"I got: {echo}"),
        Answer(
            401,
            {},
            form_encode([("oauth_problem", "signature_invalid"), ("oauth_problem_advice", f"I got: {echo}")]),
        ),
        Answer(401, {}, form_encode([("debug", echo)])),
    ]
    answers.append(
        Answer(
            401,
            {"WWW-Authenticate": f'OAuth oauth_problem="x", oauth_problem_advice="{percent_encode(echo)}"'},
        )
    )
    for answer in answers:
        with pytest.raises(ServiceError) as caught:
            handshake().access_token(TOKEN, "the-verifier").read(answer)
        assert "…" in str(caught.value)
        assert not [
            text for text in (CONSUMER.secret, TOKEN.secret, "the-verifier") if text in str(caught.value)
        ]


@pytest.mark.abuse("A94")
def test_a_long_advice_is_shortened() -> None:
    answer = Answer(401, {}, form_encode([("oauth_problem", "x"), ("oauth_problem_advice", "y" * 100_000)]))
    with pytest.raises(ServiceError) as caught:
        handshake().request_token().read(answer)
    assert len(str(caught.value)) < 1_000


# -- what a service has otherwise


def otherwise(callback: str = CALLBACK, *, service: Service = SERVICE, **legs: Any) -> Handshake:
    return Handshake(CONSUMER, service.replace(legs=Legs(**legs)), callback=callback)


def carried(request: Signed) -> dict[str, str]:
    return dict(parse_authorization(request.headers["Authorization"]).parameters)


def test_a_further_parameter_of_a_leg_is_signed_in_the_query() -> None:
    leg = otherwise().request_token(scope="read,write", lang="de")
    assert leg.request.url == f"{SERVICE.request_token_url}?scope=read%2Cwrite&lang=de"
    assert [pair.source for pair in leg.request.parameters if pair.name in ("scope", "lang")] == ["query"] * 2
    last = otherwise(service=SERVICE.replace(access_token_url="https://h/t?v=2")).access_token(
        TOKEN, "v", x="1"
    )
    assert last.request.url == "https://h/t?v=2&x=1"


def test_a_further_parameter_is_signed_in_a_form_where_the_service_wants_it_there() -> None:
    leg = otherwise(extras="body").request_token(scope="read,write")
    assert (leg.request.url, leg.request.body) == (SERVICE.request_token_url, b"scope=read%2Cwrite")
    assert leg.request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert [pair.source for pair in leg.request.parameters if pair.name == "scope"] == ["form"]
    assert otherwise(extras="body").request_token().request.body is None


def test_a_further_parameter_in_the_form_stands_beside_the_protocols_own() -> None:
    service = SERVICE.replace(placement="body", legs=Legs(extras="body"))
    leg = Handshake(CONSUMER, service).request_token(scope="read")
    assert (leg.request.body or b"").startswith(b"scope=read&oauth_consumer_key=")


def test_a_further_protocol_parameter_travels_with_the_others() -> None:
    leg = otherwise().request_token(oauth_access_type="read", oauth_callback="oob")
    assert leg.request.url == SERVICE.request_token_url
    assert (carried(leg.request)["oauth_access_type"], carried(leg.request)["oauth_callback"]) == (
        "read",
        "oob",
    )


def test_the_token_requests_carry_further_header_fields() -> None:
    service = SERVICE.replace(legs=Legs(headers={"Referer": "https://h/", "X": "service"}))
    application = Handshake(CONSUMER, service, headers={"User-Agent": "Heron/1.0", "X": "ours"})
    for leg in (application.request_token(), application.access_token(TOKEN, "v")):
        assert leg.request.headers["Referer"] == "https://h/"
        assert leg.request.headers["User-Agent"] == "Heron/1.0"
        assert leg.request.headers["X"] == "ours"


def test_the_pages_address_has_the_names_that_the_service_wants() -> None:
    application = otherwise(
        token_name="token", key_name="key", return_name="back", authorize={"perms": "read"}
    )
    assert dict(parse_qsl(urlsplit(application.authorize_url(TOKEN, lang="de")).query)) == {
        "token": TOKEN.key,
        "key": CONSUMER.key,
        "back": CALLBACK,
        "perms": "read",
        "lang": "de",
    }
    assert "back" not in otherwise("oob", return_name="back").authorize_url(TOKEN)
    assert "perms=write" in otherwise(authorize={"perms": "read"}).authorize_url(TOKEN, perms="write")


@pytest.mark.abuse("A93")
def test_an_unconfirmed_callback_is_taken_where_the_service_is_known_for_it() -> None:
    leg = otherwise(unconfirmed_callback=True).request_token()
    assert leg.read(Answer(200, {}, GRANTED)) == RequestToken("t", "ts")
    assert carried(leg.request)["oauth_callback"] == CALLBACK
    with pytest.raises(BadCallback, match="has no oauth_verifier"):
        otherwise(unconfirmed_callback=True).verifier("/?oauth_token=request-token", TOKEN)


@pytest.mark.abuse("A93")
def test_a_verifier_may_be_missing_only_where_the_service_lacks_revision_a() -> None:
    application = otherwise(without_revision_a=True)
    assert application.request_token().read(Answer(200, {}, GRANTED)) == RequestToken("t", "ts")
    assert application.verifier("/?oauth_token=request-token", TOKEN) == ""
    assert application.verifier("/?oauth_token=request-token&oauth_verifier=v", TOKEN) == "v"
    assert "oauth_verifier" not in carried(application.access_token(TOKEN).request)
    assert carried(application.access_token(TOKEN, "v").request)["oauth_verifier"] == "v"
    with pytest.raises(BadCallback, match="There is no verifier: ask the person for it") as caught:
        otherwise().access_token(TOKEN, "")
    assert caught.value.missing == "oauth_verifier"


@pytest.mark.abuse("A91")
def test_without_revision_a_an_address_belongs_to_its_token_all_the_same() -> None:
    application = otherwise(without_revision_a=True)
    for address in FOREIGN.values():
        with pytest.raises(BadCallback, match="belongs to another request token"):
            application.verifier(address, TOKEN)
    with pytest.raises(BadCallback, match="has no oauth_token"):
        application.verifier("/", TOKEN)


def test_a_no_in_the_services_own_words_is_one() -> None:
    application = otherwise(denials={("oauth_verifier", ""), ("error", "access_denied")})
    for query in (
        "oauth_token=request-token&oauth_verifier=",
        "error=access_denied",
        "error=access_denied&x=1",
    ):
        with pytest.raises(Denied) as caught:
            application.verifier(f"/?{query}", TOKEN)
        assert caught.value.token == TOKEN.key
    with pytest.raises(BadCallback, match="another request token"):
        application.verifier("/?oauth_token=another&oauth_verifier=", TOKEN)
    assert application.verifier("/?oauth_token=request-token&oauth_verifier=v&error=x", TOKEN) == "v"


def test_a_service_that_takes_oob_alone_refuses_a_callback_at_once() -> None:
    assert otherwise("oob", only_oob=True).callback == "oob"
    with pytest.raises(Unsignable, match="callback: this service takes “oob” alone"):
        otherwise(only_oob=True)


RENEW = "https://h/renew"
HELD = AccessToken("held", "held-secret", extra={"oauth_session_handle": "the-handle", "user_id": "7"})


def test_a_token_with_a_session_handle_is_changed_for_a_new_one() -> None:
    leg = otherwise(renew_url=RENEW).renew(HELD, lang="de")
    assert leg.request.url == f"{RENEW}?lang=de"
    assert carried(leg.request)["oauth_session_handle"] == "the-handle"
    assert carried(leg.request)["oauth_token"] == "held"
    renewed = leg.read(Answer(200, {}, GRANTED + b"&oauth_session_handle=next&oauth_expires_in=3600"))
    assert (renewed.key, renewed.secret, renewed.expires_in) == ("t", "ts", 3600)
    assert (renewed.session_handle, renewed.extra["user_id"]) == ("next", "7")
    assert leg.read(Answer(200, {}, GRANTED)).session_handle == "the-handle"
    with pytest.raises(ServiceError, match="holds no access token"):
        leg.read(Answer(200, {}, "renewed"))


def test_a_token_without_one_stays_the_same_unless_a_new_one_comes() -> None:
    held = AccessToken("held", "held-secret")
    leg = otherwise(renew_url=RENEW).renew(held)
    assert "oauth_session_handle" not in carried(leg.request)
    assert leg.read(Answer(200, {}, "renewed")) is held
    assert leg.read(Answer(200, {}, GRANTED)).key == "t"


ENDED: dict[str, Answer] = {
    "401": Answer(401, {}, "no"),
    "200 with a problem": Answer(200, {}, "oauth_problem=token_expired"),
    "200 with JSON that says so": Answer(200, {}, '{"error": {"message": "no"}}'),
    "200 with a page to log in": Answer(200, {}, "<html><title>Log in</title></html>"),
    "a redirect": Answer(302, {"Location": "https://h/"}),
}


@pytest.mark.parametrize("answer", ENDED.values(), ids=ENDED)
def test_what_can_not_be_renewed_or_revoked_says_so(answer: Answer) -> None:
    application = otherwise(renew_url=RENEW, revoke_url="https://h/revoke")
    with pytest.raises(ServiceError, match="The service gave no renewal: it answered"):
        application.renew(AccessToken("held", "s")).read(answer)
    with pytest.raises(ServiceError, match="The service gave no revocation: it answered"):
        application.revoke(HELD).read(answer)


def test_a_token_is_revoked_by_a_request_that_it_signs() -> None:
    leg = otherwise(revoke_url="https://h/revoke").revoke(HELD)
    assert (leg.request.method, leg.request.url) == ("POST", "https://h/revoke")
    assert carried(leg.request)["oauth_token"] == "held"
    leg.read(Answer(200, {}, '{"access_token": "held"}'))


def test_a_token_that_was_revoked_at_our_provider_is_gone() -> None:
    provider = service_at_hand()
    application = otherwise(revoke_url=f"{ORIGIN}/invalidate_token")
    send = sender(provider)
    leg = application.request_token()
    token = leg.read(send(leg.request))
    address = provider.allow(token.key, "ada").redirect
    last = application.access_token(token, application.verifier(address or "", token))
    held = last.read(send(last.request))
    gone = application.revoke(held)
    gone.read(send(gone.request))
    made = SERVICE.signer(CONSUMER, held).sign("GET", f"{ORIGIN}/photos")
    with pytest.raises(Refused):
        verify(Verifier(provider.store), made, provider.clock())


@pytest.mark.abuse("A97")
@pytest.mark.parametrize("which", ["renew_url", "revoke_url"])
def test_a_secret_is_not_given_over_http_afterwards_either(which: str) -> None:
    legs = Legs(renew_url="http://h.example/x", revoke_url="http://h.example/x")
    application = Handshake(CONSUMER, SERVICE.replace(legs=legs))
    with pytest.raises(Unsignable, match=f"{which}: over http") as caught:
        application.renew(HELD) if which == "renew_url" else application.revoke(HELD)
    assert "held-secret" not in str(caught.value)


LACKING = {
    "request_token_url": "the service has no three legs: its tokens, if any, are made on its own pages",
    "authorize_url": "the service has no page for this: it sends the verifier by itself",
    "renew_url": "the service renews no tokens: walk a person through the three legs again",
    "revoke_url": "the service has no address for this: people revoke tokens on its own pages",
}


@pytest.mark.parametrize("which", LACKING)
def test_what_a_service_does_not_have_is_said(which: str) -> None:
    calls: dict[str, Callable[[], object]] = {
        "request_token_url": lambda: Handshake(CONSUMER, Service()),
        "authorize_url": lambda: otherwise(service=SERVICE.replace(authorize_url="")).authorize_url(TOKEN),
        "renew_url": lambda: otherwise().renew(HELD),
        "revoke_url": lambda: otherwise().revoke(HELD),
    }
    with pytest.raises(Unsignable, match=LACKING[which]) as caught:
        calls[which]()
    assert caught.value.what == which


COMPLAINTS = {
    "MediaWiki": ('{"error":"mwoauth-x","message":"Invalid signature"}', "mwoauth-x: Invalid signature"),
    "FatSecret": ('{"error":{"code":8,"message":"Invalid signature"}}', "8: Invalid signature"),
    "Flickr": ('{"stat":"fail","code":98,"message":"Invalid auth token"}', "98: Invalid auth token"),
    "a line": ("Error: Invalid consumer\nmore", "Error: Invalid consumer"),
    "XML": ("<errors><error code='417'>Desktop applications</error></errors>", "Desktop applications"),
    "a page": ("<html><head><title>Log in</title></head></html>", "Log in"),
}


@pytest.mark.abuse("A94")
@pytest.mark.parametrize(("body", "said"), COMPLAINTS.values(), ids=COMPLAINTS)
def test_an_error_that_comes_with_200_is_an_error_with_its_words(body: str, said: str) -> None:
    for leg in (handshake().request_token(), handshake().access_token(TOKEN, "v")):
        with pytest.raises(ServiceError) as caught:
            leg.read(Answer(200, {}, body))
        assert f"it answered 200. It says: {said} It answered: " in str(caught.value)


def test_an_error_that_comes_with_its_status_says_the_same_words() -> None:
    with pytest.raises(ServiceError, match=r"it answered 401\. It says: 32: Could not authenticate you"):
        handshake().request_token().read(
            Answer(401, {}, '{"errors":[{"code":32,"message":"Could not authenticate you."}]}')
        )


@pytest.mark.abuse("A94")
def test_a_long_complaint_is_shortened() -> None:
    with pytest.raises(ServiceError) as caught:
        handshake().request_token().read(Answer(200, {}, f'{{"message": "{"y" * 100_000}"}}'))
    assert len(str(caught.value)) < 1_000


# -- what it is


def test_a_handshake_holds_nothing_of_a_person_between_the_legs() -> None:
    application = handshake()
    before = dict(vars(application))
    application.request_token().read(Answer(200, {}, CONFIRMED))
    application.verifier("/?oauth_token=request-token&oauth_verifier=v", TOKEN)
    application.access_token(TOKEN, "v").read(Answer(200, {}, GRANTED))
    assert vars(application) == before


@pytest.mark.abuse("A80")
def test_handshake_and_leg_print_without_secrets() -> None:
    application = handshake()
    leg = application.access_token(TOKEN, "the-verifier")
    assert repr(application) == f"Handshake('the-consumer-key', '{SERVICE.request_token_url}')"
    shown = f"{application!r}{leg!r}{leg}{vars(application)!r}{vars(leg)!r}"
    assert not [text for text in (CONSUMER.secret, TOKEN.secret, "the-verifier") if text in shown]


def test_a_request_token_is_kept_in_a_session_as_key_and_secret_or_pickled() -> None:
    token = handshake().request_token().read(Answer(200, {}, CONFIRMED))
    assert RequestToken(token.key, token.secret) == token
    assert pickle.loads(pickle.dumps(token)) == token  # just made
    assert form_decode(CONFIRMED)[1] == ("oauth_token_secret", token.secret)
