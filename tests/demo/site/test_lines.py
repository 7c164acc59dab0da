from urllib.parse import urlencode

from tests.demo.site import made
from valetkey import Answer
from valetkey.demo.site.lines import answer_lines, joined, json_lines, request_lines


def test_the_request_is_what_was_sent_but_for_the_breaks_in_its_header() -> None:
    exchange = made.posted()
    text = joined(request_lines(exchange)).replace("OAuth\n", "OAuth ").replace(",\noauth_", ", oauth_")
    assert text == "\n".join([*exchange.head, "", exchange.body])


def test_each_part_has_its_mark() -> None:
    marks = {span.text: span.mark for line in request_lines(made.posted("a b")) for span in line.spans}
    assert marks["POST"] == "m"
    assert marks["127.0.0.1:12001"] == "u"
    assert marks["status=a+b"] == "f"
    assert marks['oauth_version="1.0"'] == "h"
    assert marks["Connection: close"] == "dim"


def test_the_query_is_apart_from_the_path() -> None:
    first = request_lines(made.got(f"{made.ORIGIN}/1/x.json?a=1&b=2"))[0]
    assert [span.text for span in first.spans if span.mark == "q"] == ["a=1", "b=2"]


def test_a_secret_in_the_answer_is_its_length() -> None:
    text = joined(answer_lines(made.third_leg()))
    assert made.ACCESS_TOKEN.secret not in text
    assert f"oauth_token_secret=hidden, {len(made.ACCESS_TOKEN.secret)} characters" in text


def test_json_is_broken_between_its_outermost_members_only() -> None:
    text = '{"a": [1, 2], "b": {"c": "}, \\" {"}}'
    lines = [line.text for line in json_lines(text)]
    assert lines == ["{", '  "a": [1, 2],', '  "b": {"c": "}, \\" {"}', "}"]


def test_an_answer_that_is_neither_is_shown_as_it_came() -> None:
    exchange = made.posted(answer=Answer(502, {"Content-Type": "text/html"}, "<b>no</b>"))
    assert answer_lines(exchange)[-1].text == "<b>no</b>"
    form = Answer(401, made.FORM, urlencode({"oauth_problem": "nonce_used"}))
    assert joined(answer_lines(made.posted(answer=form))).endswith("oauth_problem=nonce_used")
