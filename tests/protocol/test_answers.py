"""What token endpoints answer, and how a refusal is read."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors import Vector, assert_all_used, load, name
from valetkey import Headers
from valetkey.protocol.answers import (
    absent_parameters,
    acceptable_timestamps,
    parse_complaint,
    parse_problem,
    parse_token,
)
from valetkey.protocol.encoding import Malformed

TOKENS = [vector for vector in load("token_response_parse") if "expected" in vector]
NO_TOKENS = [vector for vector in load("token_response_parse") if "expected_error" in vector]
IN_HEADER = [vector for vector in load("problem_reporting") if "www_authenticate" in vector]
IN_BODY = [vector for vector in load("problem_reporting") if "body" in vector]


def test_every_vector_is_used() -> None:
    assert_all_used("token_response_parse", TOKENS, NO_TOKENS)
    assert_all_used("problem_reporting", IN_HEADER, IN_BODY)


@pytest.mark.parametrize("vector", TOKENS, ids=name)
def test_a_token_answer_is_read_decoded(vector: Vector) -> None:
    assert parse_token(vector["body"].encode()) == vector["expected"]


@pytest.mark.rfc("2.1-19", "2.3-13")
@pytest.mark.abuse("A94")
@pytest.mark.parametrize("vector", NO_TOKENS, ids=name)
def test_an_answer_without_a_usable_token_is_refused(vector: Vector) -> None:
    with pytest.raises(Malformed):
        parse_token(vector["body"].encode())


BROKEN = {
    "empty": (b"", "no oauth_token$"),
    "HTML": (b"<html><body>Log in</body></html>", "no oauth_token$"),
    "an empty token": (b"oauth_token=&oauth_token_secret=s", "no oauth_token$"),
    "no secret": (b"oauth_token=t", "no oauth_token_secret$"),
    "the token twice": (b"oauth_token=t&oauth_token=t&oauth_token_secret=s", "oauth_token twice$"),
    "the secret twice": (
        b"oauth_token=t&oauth_token_secret=s&oauth_token_secret=r",
        "oauth_token_secret twice$",
    ),
    "confirmed twice": (
        b"oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed=false&oauth_callback_confirmed=true",
        "oauth_callback_confirmed twice$",
    ),
    "octets that aren't UTF-8": (b"oauth_token=\xff&oauth_token_secret=s", "UTF-8"),
    "a bad escape": (b"oauth_token=%zz&oauth_token_secret=s", "percent escape"),
    "the names encoded": (b"oauth_token%3Dt%26oauth_token_secret%3Ds", "no oauth_token$"),
}


@pytest.mark.rfc("2.1-19", "2.3-13")
@pytest.mark.abuse("A94")
@pytest.mark.parametrize(("body", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_answer_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        parse_token(body)


def test_a_token_without_a_secret_value_is_read() -> None:
    assert parse_token(b"oauth_token=t&oauth_token_secret=")["oauth_token_secret"] == ""


def test_other_members_may_be_repeated_and_the_first_is_kept() -> None:
    assert parse_token(b"oauth_token=t&oauth_token_secret=s&x=1&x=2")["x"] == "1"


@pytest.mark.rfc("PR-6")
@pytest.mark.parametrize("vector", IN_HEADER, ids=name)
def test_a_problem_is_read_from_the_challenge(vector: Vector) -> None:
    assert parse_problem(Headers({"www-authenticate": vector["www_authenticate"]}), b"") == vector["expected"]


@pytest.mark.parametrize("vector", IN_BODY, ids=name)
def test_a_problem_is_read_from_the_body(vector: Vector) -> None:
    problem = parse_problem(Headers(), vector["body"].encode())
    assert problem == vector["expected"]
    assert absent_parameters(problem) == vector.get("expected_absent", [])
    assert acceptable_timestamps(problem) == (
        tuple(vector["expected_range"]) if "expected_range" in vector else None
    )


@pytest.mark.rfc("3.5.1-10")
def test_header_and_body_are_read_together() -> None:
    headers = Headers(
        [("WWW-Authenticate", "Basic x=y"), ("WWW-Authenticate", 'OAuth oauth_problem="a", realm="r"')]
    )
    assert parse_problem(headers, b"oauth_problem_advice=b&other=c\n") == {
        "oauth_problem": "a",
        "realm": "r",
        "oauth_problem_advice": "b",
    }


@pytest.mark.parametrize("body", [b"<html>", b"\xff", b"%zz", b"{}", b"x" * 100_000])
def test_a_body_that_is_no_form_says_nothing(body: bytes) -> None:
    assert parse_problem(Headers(), body) == {}


@given(st.text(), st.binary())
def test_no_answer_of_a_service_makes_reading_its_problem_fail(header: str, body: bytes) -> None:
    assert isinstance(parse_problem(Headers({"WWW-Authenticate": header}), body), dict)


RANGES: dict[str, tuple[int, int] | None] = {
    "1-2": (1, 2),
    "0-0": (0, 0),
    "": None,
    "-": None,
    "1-": None,
    "-1": None,
    "1": None,
    "1-2-3": None,
    "a-b": None,
    "1.5-2": None,
    " 1-2": None,
    "+1-2": None,
    "²-3": None,
    "٣-٤": None,
    f"1-{'9' * 5_000}": None,
}


@pytest.mark.rfc("PR-10")
@pytest.mark.abuse("A94")
@pytest.mark.parametrize(("text", "found"), RANGES.items(), ids=[ascii(text)[:12] for text in RANGES])
def test_acceptable_timestamps_are_two_numbers_or_none(text: str, found: tuple[int, int] | None) -> None:
    assert acceptable_timestamps({"oauth_acceptable_timestamps": text}) == found


@pytest.mark.rfc("PR-10")
def test_absent_parameters_are_a_list_of_names() -> None:
    assert absent_parameters({"oauth_parameters_absent": "a&b&&c"}) == ["a", "b", "c"]
    assert absent_parameters({}) == []
    assert acceptable_timestamps({}) is None


PAGES = {
    "a heading": (b"<html><h1>oauth_problem=token_rejected</h1></html>", {"oauth_problem": "token_rejected"}),
    "with a range": (
        b"\n<html><p>oauth_problem=timestamp_refused,oauth_acceptable_timestamps=100-200</p>",
        {"oauth_problem": "timestamp_refused", "oauth_acceptable_timestamps": "100-200"},
    ),
    "without one": (b"<html>oauth</html>", {}),
    "plain text": (b"oauth problem", {}),
}


@pytest.mark.parametrize(("body", "found"), PAGES.values(), ids=PAGES)
def test_a_problem_is_found_in_a_page_too(body: bytes, found: dict[str, str]) -> None:
    assert parse_problem(Headers(), body) == found


COMPLAINTS = {
    "a message": (b'{"message": "You must authenticate"}', "You must authenticate"),
    "with its code": (b'{"code": 98, "message": "no", "stat": "fail"}', "98: no"),
    "X": (b'{"errors":[{"code":32,"message":"no"},{"code":89,"message":"nor"}]}', "32: no: 89: nor"),
    "X, v2": (
        b'{"title":"Unauthorized","detail":"no","type":"about:blank","status":401}',
        "Unauthorized: no",
    ),
    "Mastercard": (
        b'{"Errors":{"Error":[{"Source":"Gateway","ReasonCode":"INVALID_BODY_HASH","Description":"no"}]}}',
        "INVALID_BODY_HASH: no",
    ),
    "Tumblr": (b'{"meta":{"status":401,"msg":"Unauthorized"},"response":[]}', "Unauthorized"),
    "FatSecret's XML": (
        b'<?xml version="1.0"?><error>\n  <code>8</code>\n  <message>Invalid signature</message></error>',
        "Invalid signature",
    ),
    "a line": (b"Error: no\nand more", "Error: no"),
    "a blank page": (b"<html><title> </title><h1> No </h1></html>", "No"),
    "nothing telling": (b'{"key": "k", "secret": "s"}', ""),
    "no object": (b'["message"]', ""),
    "broken JSON": (b'{"message": "x', ""),
    "too deep to be meant": (b'{"a":' * 10 + b'{"message":"x"}' + b"}" * 10, ""),
    "endless nesting": (b'{"a":' * 100_000, ""),
    "a huge number": (b'{"code": ' + b"9" * 10_000 + b"}", ""),
    "no text": (b"\xff\xfe", ""),
    "a form": (b"oauth_problem=nonce_used", ""),
    "nothing": (b"", ""),
}


@pytest.mark.parametrize(("body", "told"), COMPLAINTS.values(), ids=COMPLAINTS)
def test_a_complaint_is_read_in_the_services_words(body: bytes, told: str) -> None:
    assert parse_complaint(body) == told


@pytest.mark.abuse("A94")
@pytest.mark.parametrize("piece", [b"<title>", b"<message ", b"<h1", b"<title> ", b'{"error":', b" "])
def test_a_megabyte_of_anything_is_read_in_a_moment(piece: bytes) -> None:
    body = piece * (1_000_000 // len(piece))
    for text in (body, b"<title>" + body, b"{" + body):
        before = time.process_time()
        parse_complaint(text)
        parse_problem(Headers(), text)
        # A second is a hundred times of what it takes; what takes the square of the length takes hours.
        assert time.process_time() - before < 1


@given(st.binary(max_size=200))
def test_no_body_is_an_error_to_read(body: bytes) -> None:
    parse_complaint(body)
    parse_problem(Headers(), body)
