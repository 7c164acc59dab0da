"""What a provider's answer tells of a refusal."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valetkey.doctor.reply import MAX_ECHOES, Clock, read
from valetkey.protocol.encoding import form_encode, percent_encode
from valetkey.protocol.messages import Answer

BASE = "GET&https%3A%2F%2Fapi.test%2Fa&oauth_nonce%3Dn%26q%3Da%2520b"
RAW_VALUES = "POST&https%3A%2F%2Fapi.test%2Fa&oauth_body_hash%3Da%2Fb%3D%26oauth_nonce%3Dn"

ECHOES = {
    "Flickr, a form": form_encode([("oauth_problem", "signature_invalid"), ("debug_sbs", BASE)]),
    "Flickr, a form that isn't encoded": f"oauth_problem=signature_invalid&debug_sbs={BASE}",
    "Jira, a form": form_encode([("oauth_problem", "x"), ("oauth_signature_base_string", BASE), ("z", "1")]),
    "Jira, its header": f'HTTP/1.1 401 No\r\nWWW-Authenticate: OAuth realm="https%3A%2F%2Fj", oauth_problem='
    f'"signature_invalid", oauth_signature_base_string="{percent_encode(BASE)}"\r\n\r\n',
    "Mastercard, JSON": json.dumps(
        {"Errors": [{"Description": f"Acceptable signature base string: {BASE}"}]}
    ),
    "JSON with its own escapes": f'{{"base_string": "{BASE.replace("&", chr(92) + "u0026")}"}}',
    "a page": f"<html><p>Expected: {BASE.replace('&', '&amp;')}</p></html>",
    "text that isn't a form": f"100% wrong. Base string: {BASE}.",
    "a form in a form": form_encode([("error", form_encode([("debug_sbs", BASE)]))]),
}


@pytest.mark.parametrize("text", ECHOES.values(), ids=ECHOES)
def test_the_base_string_that_a_provider_made_is_found_as_it_signs_it(text: str) -> None:
    assert read(text).echoes == (BASE,)


def test_values_that_a_provider_leaves_raw_stay_raw() -> None:
    text = json.dumps({"Description": f"Acceptable signature base string: {RAW_VALUES}"})
    assert read(text).echoes == (RAW_VALUES,)


@pytest.mark.parametrize("text", ["", "invalid signature", "https://a.test/?a=1&b=2", "GET&b", "a=b"])
def test_where_there_is_no_base_string_none_is_found(text: str) -> None:
    assert read(text).echoes == ()


@pytest.mark.abuse("A102")
def test_not_every_base_string_of_an_endless_answer_is_kept() -> None:
    text = "\n".join(f"{BASE}{number}" for number in range(1_000))
    assert len(read(text).echoes) == MAX_ECHOES


SHAPES = {
    "raw": "HTTP/1.1 401 Unauthorized\r\nDate: Tue, 24 Nov 2026 07:00:00 GMT\r\n\r\nno",
    "curl -v": "> GET / HTTP/1.1\n>\n< HTTP/1.1 401 No\n< Date: Tue, 24 Nov 2026 07:00:00 GMT\n<\nno",
    "a HAR": json.dumps(
        {
            "log": {
                "entries": [
                    {"request": {}, "response": {"status": 200, "content": {"text": "yes"}}},
                    {
                        "request": {},
                        "response": {
                            "status": 401,
                            "headers": [{"name": "date", "value": "Tue, 24 Nov 2026 07:00:00 GMT"}],
                            "content": {"text": "no"},
                        },
                    },
                ]
            }
        }
    ),
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_an_answer_is_read_whatever_it_was_copied_from(text: str) -> None:
    reply = read(text)
    assert (reply.answer.status, reply.clock.server_time) == (401, 1795503600)
    assert read(text.encode()) == reply


def test_header_fields_without_a_status_and_a_body_alone_are_answers() -> None:
    assert read("WWW-Authenticate: OAuth oauth_problem=nonce_used").problem == {"oauth_problem": "nonce_used"}
    assert read("Content-Type: x\n\nError: why").complaint == "Error: why"
    assert read("oauth_problem=nonce_used\n").problem == {"oauth_problem": "nonce_used"}
    assert read('{"message": "The signature is invalid"}').complaint == "The signature is invalid"
    assert read("no").answer == Answer(0, None, b"no")


CLOCKS = {
    '{"error": {"yours": 100, "ours": 460, "difference": 360, "threshold": 300}}': Clock(460, 360, None, 300),
    "Expired timestamp, yours 1795500000, ours 1795503600": Clock(1795503600, 3600),
    '{"difference": -5}': Clock(None, -5),
    "oauth_problem=timestamp_refused&oauth_acceptable_timestamps=100-700": Clock(None, None, (100, 700)),
    "<h1>oauth_problem=timestamp_refused,oauth_acceptable_timestamps=100-700</h1>": Clock(
        None, None, (100, 700)
    ),
    "yours truly": Clock(),
    "HTTP/1.1 401 x\nDate: Tue, 99 Nov 2026 07:00:00 GMT\n": Clock(),
}


@pytest.mark.parametrize(("text", "clock"), CLOCKS.items(), ids=CLOCKS)
def test_what_a_provider_says_of_time_is_found(text: str, clock: Clock) -> None:
    assert read(text).clock == clock


def test_the_skew_is_the_providers_own_figure_or_comes_from_its_time() -> None:
    assert Clock(difference=5).skew(1) == 5
    assert Clock(acceptable=(100, 700)).skew(300) == 100
    assert Clock(server_time=1_000).skew(400) == 600
    assert Clock(server_time=1_000).skew() is None
    assert Clock().skew(1) is None


def test_the_text_for_a_lexicon_holds_the_body_as_it_came_and_decoded() -> None:
    text = read("HTTP/1.1 400 No\nX: y\n\noauth_problem_advice=not%20so+at+all").text
    assert all(part in text for part in ("HTTP 400", "X: y", "not%20so", "not so at all"))


def test_nothing_of_an_answer_shows_in_its_repr() -> None:
    assert "hunter2" not in repr(read(f"oauth_problem=hunter2&debug_sbs={BASE}hunter2"))


PIECES = [
    "HTTP/1.1 401 x\n",
    "Date: ",
    "< ",
    "{",
    "[",
    '"',
    "%26",
    "&",
    BASE,
    "%",
    "\ud800",
    "\udcff",
    "yours",
    "9",
]


@pytest.mark.abuse("A102")
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map("".join))
def test_any_text_is_some_answer(text: str) -> None:
    assert read(text).answer.status in (0, 401)


@pytest.mark.abuse("A102")
@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "%26" * 300_000, "GET&http%3A" * 50_000, "aaaaaaaaaa&" * 50_000, "yours" + " " * 200_000],
)
def test_an_answer_made_to_be_slow_is_read_in_one_pass(text: str) -> None:
    """With the square of its length, each of these would run for minutes."""
    assert read(text).answer.status == 0
