"""A HAR, and "copy as fetch"."""

import json
from base64 import b64encode
from typing import Any

import pytest

from valetkey.doctor.pasted import Unreadable, find
from valetkey.doctor.pasted.har import FROM_PARAMS, NO_BODY
from valetkey.protocol.messages import Answer

SIGNED = {"name": "Authorization", "value": 'OAuth oauth_token="t"'}


def entry(**request: Any) -> dict[str, Any]:
    return {"request": {"method": "POST", "url": "https://a.test/a", "headers": [SIGNED], **request}}


def body(**data: Any) -> tuple[bytes | None, list[str]]:
    (found,) = find(json.dumps(entry(postData=data)))
    return found.sent.body, list(found.notes)


def test_requests_with_oauth_are_chosen_from_all_that_a_page_loads() -> None:
    plain = {"request": {"method": "GET", "url": "https://a.test/style.css", "headers": []}}
    in_the_query = {"request": {"method": "GET", "url": "https://a.test/?oauth_signature=x", "headers": []}}
    in_a_form = entry(headers=[], postData={"mimeType": "x", "text": "oauth_consumer_key=x"})
    har = {"log": {"entries": [plain, entry(), plain, in_the_query, in_a_form]}}
    assert [one.sent.method for one in find(json.dumps(har))] == ["POST", "GET", "POST"]


def test_a_body_is_its_text() -> None:
    assert body(mimeType="x", text="a=1%20é") == ("a=1%20é".encode(), [])
    assert body(text=b64encode(b"\xff\x00").decode(), encoding="base64") == (b"\xff\x00", [])
    assert body(text="a=1", params=[{"name": "b", "value": "2"}]) == (b"a=1", [])
    assert body(text="") == (None, [])


def test_a_body_without_text_is_put_together_from_its_fields() -> None:
    params = [{"name": "a", "value": "x y&"}, {"name": "b%20", "value": "1+2"}, {"name": "c"}]
    assert body(mimeType="application/x-www-form-urlencoded", params=params) == (
        b"a=x%20y%26&b%20=1+2&c=",
        [FROM_PARAMS],
    )
    made, _ = body(mimeType="multipart/form-data; boundary=xx", params=[{"name": "a", "value": "1"}])
    assert made == b'--xx\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--xx--\r\n'


def test_a_body_that_was_left_out_is_missed() -> None:
    assert NO_BODY in find(json.dumps(entry(bodySize=12)))[0].notes


def test_the_answer_comes_with_the_request() -> None:
    content = {"text": b64encode(b"why").decode(), "encoding": "base64"}
    response = {"status": 401, "headers": [{"name": "Date", "value": "x"}], "content": content}
    (found,) = find(json.dumps({**entry(), "response": response}))
    assert found.answer == Answer(401, {"Date": "x"}, b"why")


def test_what_no_json_is_is_refused_with_its_place() -> None:
    with pytest.raises(Unreadable) as caught:
        find('{"log":\n {"entries": oops')
    line, caret = caught.value.excerpt.split("\n")
    assert line[caret.index("^")] == "o"
    assert line.startswith("line 2")


def test_a_fetch_call_is_read() -> None:
    call = 'await fetch("https://a.test/a", {"method": "PUT", "headers": {"x": "y"}, "body": "{}"});'
    (found,) = find(call)
    assert (found.sent.method, found.sent.headers["x"], found.sent.body) == ("PUT", "y", b"{}")
    assert find('fetch("https://a.test/a")')[0].sent.method == "GET"
