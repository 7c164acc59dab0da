"""The tree of exceptions: what each says, to whom, and what none of them says."""

import copy
import logging
import pickle
import traceback

import pytest

from valetkey import (
    Answer,
    BadCallback,
    Consumer,
    Denied,
    Error,
    Parameter,
    Refused,
    ServiceError,
    Unsignable,
)
from valetkey.protocol.cases import Case
from valetkey.protocol.encoding import form_decode
from valetkey.protocol.errors import STATUS, masked, named
from valetkey.protocol.header import parse_challenge

REFUSED = Refused(
    "timestamp_refused",
    "Set the clock: it is 5 % slow.",
    detail="only for the log",
    facts={"oauth_acceptable_timestamps": "1-2"},
)


@pytest.mark.parametrize("kind", [Refused, ServiceError, Denied, BadCallback, Unsignable])
def test_every_error_is_below_the_root(kind: type[Error]) -> None:
    assert issubclass(kind, Error)
    assert not issubclass(Error, ValueError)


def test_unsignable_is_a_value_error_too() -> None:
    assert issubclass(Unsignable, ValueError)


STATUSES = {
    400: {"version_rejected", "parameter_absent", "parameter_rejected", "signature_method_rejected"},
    401: {
        "timestamp_refused",
        "nonce_used",
        "signature_invalid",
        "consumer_key_unknown",
        "consumer_key_rejected",
        "consumer_key_refused",
        "token_used",
        "token_expired",
        "token_revoked",
        "token_rejected",
        "permission_unknown",
        "user_refused",
        "additional_authorization_required",
    },
    403: {"permission_denied"},
}


@pytest.mark.rfc("3.2-7")
@pytest.mark.parametrize(("status", "problems"), STATUSES.items())
def test_a_problem_has_the_status_of_its_kind(status: int, problems: set[str]) -> None:
    assert {problem for problem, given in STATUS.items() if given == status} == problems
    assert {Refused(problem, "").status for problem in problems} == {status}


@pytest.mark.rfc("PR-5")
def test_every_code_of_the_extension_has_a_status() -> None:
    assert set().union(*STATUSES.values()) == set(STATUS)


def test_a_refusal_reads_as_its_problem_status_and_advice() -> None:
    assert str(REFUSED) == "timestamp_refused (401): Set the clock: it is 5 % slow."


def test_a_refusal_can_have_another_status() -> None:
    assert Refused("parameter_rejected", "", 413).status == 413


@pytest.mark.rfc("3.5.1-8", "PR-1")
def test_a_refusal_is_written_into_the_challenge() -> None:
    assert REFUSED.headers["WWW-Authenticate"] == (
        'OAuth oauth_problem="timestamp_refused", oauth_acceptable_timestamps="1-2",'
        ' oauth_problem_advice="Set%20the%20clock%3A%20it%20is%205%20%25%20slow."'
    )


@pytest.mark.rfc("3.2-8", "PR-2")
def test_a_refusal_is_answered_with_its_facts_and_nothing_of_its_detail() -> None:
    answer = REFUSED.reply()
    assert (answer.status, form_decode(answer.body)) == (
        401,
        [
            ("oauth_problem", "timestamp_refused"),
            ("oauth_acceptable_timestamps", "1-2"),
            ("oauth_problem_advice", "Set the clock: it is 5 % slow."),
        ],
    )
    assert "only for the log" not in f"{answer.body!r}{answer.headers.pairs}"


@pytest.mark.rfc("4.4-1")
@pytest.mark.abuse("A62")
@pytest.mark.abuse("A33")
def test_a_refusal_is_neither_cached_nor_sniffed() -> None:
    headers = REFUSED.reply().headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_retry_after_is_sent_where_it_is_known() -> None:
    assert Refused("nonce_used", "", 503, retry_after=7).headers["Retry-After"] == "7"
    assert "Retry-After" not in REFUSED.headers


@pytest.mark.rfc("PR-4")
@pytest.mark.abuse("A33")
@pytest.mark.parametrize(
    "text", ["a\r\nX-Injected: 1", "<script>alert(1)</script>", '"; x="', "é", "\x1b[2J"]
)
def test_what_a_refusal_repeats_is_encoded_in_header_and_body(text: str) -> None:
    refused = Refused("parameter_rejected", text, facts={"oauth_parameters_rejected": text})
    header = refused.headers["WWW-Authenticate"]
    assert header.isascii()
    assert header.isprintable()
    assert not set("<>\r\n;").intersection(header)
    assert not set(b"<>\r\n;\"'").intersection(refused.reply().body)
    assert parse_challenge(header)["oauth_problem_advice"] == text


@pytest.mark.parametrize(
    "make", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))], ids=["copy", "pickle"]
)  # just made
def test_a_refusal_survives_copying_and_pickling(make: object) -> None:
    assert callable(make)
    refused = Refused("nonce_used", "advice", 503, "detail", {"a": "b"}, 7)
    refused.id = "7QK3-9MXD"
    made = make(refused)
    assert vars(made) == {
        "problem": "nonce_used",
        "advice": "advice",
        "status": 503,
        "detail": "detail",
        "facts": {"a": "b"},
        "retry_after": 7,
        "id": "7QK3-9MXD",
        "case": None,
    }


@pytest.mark.abuse("A80")
def test_what_a_refusal_is_about_is_neither_copied_nor_pickled_nor_printed() -> None:
    refused = Refused("signature_invalid", "advice")
    parameter = Parameter("status", "canary", "form")
    refused.case = Case("GET", "https://a.example/?canary", [parameter], Consumer("k", "canary"), "canary", 1)
    shown = [str(refused), repr(refused), repr(vars(refused)), refused.reply().body.decode()]
    assert "canary" not in " ".join(shown)
    assert b"canary" not in pickle.dumps(refused)


def test_an_answer_carries_the_id_of_its_refusal() -> None:
    refused = Refused("nonce_used", "advice")
    refused.id = "7QK3-9MXD"
    assert parse_challenge(refused.headers["WWW-Authenticate"])["refusal"] == "7QK3-9MXD"
    assert refused.reply().body.endswith(b"&refusal=7QK3-9MXD")


def test_a_service_error_shows_what_the_service_answered() -> None:
    error = ServiceError("It said no.", 401, {"A": "1"}, b"Unknown application", "consumer_key_unknown")
    assert str(error) == "It said no. It answered: Unknown application"
    assert (error.status, dict(error.headers), error.body, error.problem) == (
        401,
        {"A": "1"},
        b"Unknown application",
        "consumer_key_unknown",
    )


@pytest.mark.abuse("A94")
def test_a_service_error_shows_the_beginning_of_a_long_answer() -> None:
    assert len(str(ServiceError("No.", 500, body=b"x" * 1_000_000))) < 400


def test_a_service_error_without_a_body_is_its_sentence_alone() -> None:
    assert str(ServiceError("No answer.")) == "No answer."


LEAKS = {
    "form": b"oauth_token=shown&oauth_token_secret=canary&x=shown",
    "form, name encoded in upper case": b"OAUTH_TOKEN_SECRET=canary",
    "form, encoded once more": b"x=oauth_token_secret%3Dcanary",
    "JSON": b'{"oauth_token_secret": "canary", "x": 1}',
    "JSON, tight": b'{"oauth_token_secret":"canary"}',
    "a Python dictionary": b"{'oauth_token_secret': 'canary'}",
    "XML": b"<oauth_token_secret>canary</oauth_token_secret>",
    "a header": b'OAuth oauth_signature="canary"',
    "a verifier": b"oauth_verifier=canary",
    "octets that are no text": b"\xff\xfeoauth_verifier=canary\xff",
}


@pytest.mark.abuse("A94")
@pytest.mark.abuse("A80")
@pytest.mark.parametrize("body", LEAKS.values(), ids=LEAKS)
def test_a_service_error_shows_no_secret_of_the_answer(body: bytes) -> None:
    error = ServiceError("No.", 200, {"Set-Cookie": "canary"}, body)
    pickled = pickle.loads(pickle.dumps(error))  # just made
    shown = [str(error), repr(error), str(error.args), str(pickled), repr(vars(pickled)), repr(error.headers)]
    assert not [text for text in shown if "canary" in text]
    assert b"canary" not in pickle.dumps(error)


def test_what_is_no_secret_is_left_as_it_is() -> None:
    text = "oauth_token=a&oauth_signature_method=PLAINTEXT&oauth_callback_confirmed=true"
    assert masked(text.encode()) == text


def test_a_service_error_survives_pickling_with_its_facts() -> None:
    error = pickle.loads(pickle.dumps(ServiceError("No.", 401, {}, b"body", "token_rejected")))  # just made
    assert (error.message, error.status, error.body, error.problem) == ("No.", 401, b"body", "token_rejected")


def test_denied_names_the_request_token() -> None:
    error = Denied("request-token")
    assert error.token == "request-token"
    assert "denied" in str(error)
    assert pickle.loads(pickle.dumps(error)).token == "request-token"  # just made


def test_a_bad_callback_names_what_is_missing() -> None:
    error = BadCallback("No verifier.", missing="oauth_verifier")
    assert (str(error), error.missing) == ("No verifier.", "oauth_verifier")
    assert BadCallback("Wrong.").missing == ""
    assert pickle.loads(pickle.dumps(error)).missing == "oauth_verifier"  # just made


def test_unsignable_says_what_and_why() -> None:
    error = Unsignable("url", "write it so")
    assert (str(error), error.what, error.reason) == ("url: write it so", "url", "write it so")
    assert pickle.loads(pickle.dumps(error)).reason == "write it so"  # just made


@pytest.mark.parametrize(
    ("names", "sentence"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_names_make_a_list_for_a_sentence(names: list[str], sentence: str) -> None:
    assert named(names) == sentence


def test_a_logged_error_carries_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    error = ServiceError("No.", 200, {"Authorization": "canary"}, b"oauth_token_secret=canary")
    try:
        raise error
    except ServiceError:
        logging.getLogger("test").exception("it failed: %s %r", error, Answer(200, body=b"canary"))
        shown = traceback.format_exc()
    assert "canary" not in caplog.text + shown


@pytest.mark.abuse("A98")
def test_what_a_terminal_would_obey_is_written_out() -> None:
    error = ServiceError("It said no.", 401, {}, b"\x1b]52;c;ZXZpbA==\x07 \xc2\x9b31m\rhidden")
    assert str(error) == "It said no. It answered: \\x1b]52;c;ZXZpbA==\\x07 \\x9b31m\\rhidden"
