"""The JSON that programs get from Aviary."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import pytest

from tests.demo.caller import Caller, as_json, form_of, granted, problem, replaced
from tests.demo.visitor import Visitor
from tests.running import Demo
from valetkey import Answer, Headers, Signer
from valetkey.urllib import send

READ = [
    "/1/feed/timeline.json",
    "/1.1/statuses/home_timeline.json",
    "/1.1/statuses/user_timeline.json",
    "/1.1/account/verify_credentials.json",
]
PUBLIC = "/1.1/statuses/public_timeline.json"
WRITE = ["/1/statuses/update.json", "/1.1/statuses/update.json"]


@pytest.fixture(scope="module")
def robin(demo: Demo) -> Caller:
    return Caller(demo)


@pytest.fixture(scope="module")
def wren(demo: Demo) -> Caller:
    """Somebody else's program, with its owner's token, read and write."""
    application = Visitor.new(demo).register(access="write")
    return Caller(demo, application.consumer, application.own_token())


def numbers(answer: Answer) -> list[int]:
    assert answer.status == 200, answer.body
    return [status["id"] for status in as_json(answer)]


def test_a_posted_status_has_the_shape_that_clients_know(robin: Caller) -> None:
    status = robin.update("Tea & <toast>")
    assert status == {
        "id": int(status["id_str"]),
        "id_str": str(status["id"]),
        "created_at": status["created_at"],
        "text": "Tea & <toast>",
        "truncated": False,
        "source": status["source"],
        "user": {
            "id": int(status["user"]["id_str"]),
            "id_str": str(status["user"]["id"]),
            "screen_name": "robin",
            "name": "Robin Okafor",
        },
    }
    assert re.fullmatch(r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d \+0000 \d{4}", status["created_at"])
    made = datetime.strptime(status["created_at"], "%a %b %d %H:%M:%S %z %Y")
    assert abs((datetime.now(UTC) - made).total_seconds()) < 60


def test_the_source_is_a_link_with_the_applications_name_escaped(demo: Demo) -> None:
    name = "<b>Tea</b> & co"
    application = Visitor.new(demo).register(name, access="write")
    status = Caller(demo, application.consumer, application.own_token()).update("x")
    assert status["source"] == (
        f'<a href="{demo.info["provider"]}/" rel="nofollow">&lt;b&gt;Tea&lt;/b&gt; &amp; co</a>'
    )


def test_the_demos_application_links_to_the_test_site(demo: Demo, robin: Caller) -> None:
    link = f'<a href="{demo.info["site"]}/" rel="nofollow">Tutorial test site</a>'
    assert robin.update("x")["source"] == link


@pytest.mark.parametrize("path", [*READ, PUBLIC])
def test_every_reading_address_answers_a_signed_get(robin: Caller, path: str) -> None:
    answer = robin.get(path)
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", WRITE)
@pytest.mark.parametrize("place", ["form", "query"])
def test_a_status_is_read_from_wherever_it_travelled(robin: Caller, path: str, place: str) -> None:
    text = f"{path} in the {place} ~ é +"
    if place == "form":
        answer = robin.post(path, status=text)
    else:
        answer = send(robin.signed("POST", f"{path}?{urlencode({'status': text})}"))
    assert answer.status == 200, answer.body
    assert as_json(answer)["text"] == text


@pytest.mark.abuse("A01")
def test_a_status_that_no_signature_covers_is_not_posted(robin: Caller) -> None:
    """The page's own form fields count for nothing here; only what was verified does."""
    body = urlencode({"status": "unsigned"})
    url = f"{robin.origin}/1/statuses/update.json"
    signed = Signer(robin.consumer, robin.token).sign(
        "POST", url, headers={"Content-Type": "text/plain"}, body=body
    )
    answer = send(signed)
    assert answer.status == 403
    assert as_json(answer) == {"errors": [{"code": 170, "message": "Missing required parameter: status."}]}


@pytest.mark.parametrize("text", ["", "   ", "\n\t "])
def test_an_empty_status_gets_403(robin: Caller, text: str) -> None:
    assert robin.post("/1.1/statuses/update.json", status=text).status == 403


def test_140_code_points_are_counted_after_composing(robin: Caller) -> None:
    status = robin.update("e\u0301" * 140)
    assert status["text"] == "é" * 140
    assert status["truncated"] is False


def test_a_longer_status_is_cut_and_says_so(robin: Caller) -> None:
    status = robin.update("🐦" * 141)
    assert status["text"] == "🐦" * 140
    assert status["truncated"] is True


def test_two_statuses_in_one_request_are_refused(robin: Caller) -> None:
    answer = send(robin.signed("POST", "/1/statuses/update.json?status=a", {"status": "b"}))
    assert answer.status == 400


def test_timelines_show_everybodys_statuses_newest_first(robin: Caller, wren: Caller) -> None:
    first, second, third = robin.update("1"), wren.update("2"), robin.update("3")
    for path in (*READ[:2], PUBLIC):
        assert numbers(robin.get(path, count=3)) == [third["id"], second["id"], first["id"]]


def test_the_users_timeline_is_the_tokens_persons(robin: Caller, wren: Caller) -> None:
    robin.update("not hers")
    hers = wren.update("hers")
    robin.update("nor this")
    shown = as_json(wren.get("/1.1/statuses/user_timeline.json"))
    assert shown[0]["id"] == hers["id"]
    assert {status["user"]["screen_name"] for status in shown} == {hers["user"]["screen_name"]}


def test_max_id_is_inclusive_and_since_id_exclusive(robin: Caller) -> None:
    ids = [robin.update(str(number))["id"] for number in range(4)]
    path = "/1/feed/timeline.json"
    assert numbers(robin.get(path, since_id=ids[0], max_id=ids[2])) == [ids[2], ids[1]]
    assert numbers(robin.get(path, since_id=ids[3])) == []
    assert numbers(robin.get(path, max_id=ids[3], count=2)) == [ids[3], ids[2]]
    assert numbers(robin.get(path, max_id=0)) == []


def test_a_list_has_twenty_statuses_unless_told_otherwise_and_200_at_most(robin: Caller) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(robin.update, map(str, range(210))))
    path = "/1.1/statuses/home_timeline.json"
    assert len(numbers(robin.get(path))) == 20
    assert len(numbers(robin.get(path, count=200))) == 200
    assert len(numbers(robin.get(path, count=1_000))) == 200


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "x", "", "١", " 3", "9" * 30])
def test_a_count_that_is_none_gets_400(robin: Caller, value: str) -> None:
    answer = send(robin.signed("GET", f"/1/feed/timeline.json?count={quote(value)}"))
    assert answer.status == 400
    assert as_json(answer)["errors"][0]["message"] == "count parameter is invalid."


@pytest.mark.parametrize("name", ["max_id", "since_id"])
@pytest.mark.parametrize("value", ["-1", "x", str(2**63)])
def test_an_id_that_is_none_gets_400(robin: Caller, name: str, value: str) -> None:
    assert robin.get("/1/feed/timeline.json", **{name: value}).status == 400


def test_verify_credentials_answers_the_person(robin: Caller) -> None:
    person = as_json(robin.get("/1.1/account/verify_credentials.json", include_entities="false"))
    assert person == {
        "id": person["id"],
        "id_str": str(person["id"]),
        "screen_name": "robin",
        "name": "Robin Okafor",
    }


def test_a_read_only_application_may_read_and_its_post_gets_403(demo: Demo) -> None:
    application = Visitor.new(demo).register(access="read")
    caller = Caller(demo, application.consumer, application.own_token())
    assert caller.get("/1/feed/timeline.json").status == 200
    answer = caller.post("/1/statuses/update.json", status="no")
    assert answer.status == 403
    assert problem(answer) == "permission_denied"
    assert b"read%20only" in answer.body


def test_the_answer_of_the_third_leg_names_the_person(demo: Demo, robin: Caller) -> None:
    request_token = robin.request_token()
    pin = Visitor.robin(demo).pin(robin.authorize_url(request_token))
    answer = robin.access_token(request_token, pin)
    granted(answer)
    assert b"screen_name=robin" in answer.body
    assert b"user_id=" in answer.body


@pytest.mark.parametrize(("method", "path"), [("GET", WRITE[0]), ("POST", READ[0]), ("DELETE", READ[3])])
def test_another_method_gets_405_in_json(robin: Caller, method: str, path: str) -> None:
    answer = send(robin.signed(method, path))
    assert answer.status == 405
    assert answer.headers["Allow"]
    assert as_json(answer)["errors"]


@pytest.mark.abuse("A62")
def test_no_answer_to_a_program_is_kept_by_a_cache(demo: Demo, robin: Caller) -> None:
    reader = Visitor.new(demo).register(access="read")
    read_only = Caller(demo, reader.consumer, reader.own_token())
    verified = [
        (200, robin.get("/1/feed/timeline.json")),
        (400, robin.get("/1/feed/timeline.json", count=0)),
        (401, send(robin.signed("GET", "/1/feed/timeline.json", timestamp=1_000_000_000))),
        (403, read_only.post("/1/statuses/update.json", status="x")),
        (200, robin.first_leg("oob")),
        (400, robin.first_leg("https://evil.example/")),
    ]
    others = [(404, robin.get("/1/nowhere.json")), (405, robin.get("/1/statuses/update.json"))]
    for status, answer in verified + others:
        assert answer.status == status
        assert {"no-store", "private"} <= set(answer.headers["Cache-Control"].split(", "))
    assert all("Authorization" in answer.headers["Vary"] for _, answer in verified)


def test_an_address_that_is_none_gets_404_in_json(robin: Caller) -> None:
    answer = robin.get("/1.1/nothing.json")
    assert answer.status == 404
    assert as_json(answer)["errors"][0]["code"] == 34


def test_the_public_timeline_is_read_by_an_application_that_acts_for_nobody(
    demo: Demo, robin: Caller
) -> None:
    application = Visitor.new(demo).register(access="read")
    first, second = robin.update("1"), robin.update("2")
    alone = Signer(application.consumer)
    signed = alone.sign("GET", f"{robin.origin}{PUBLIC}?{urlencode({'since_id': first['id'] - 1})}")
    assert numbers(send(signed)) == [second["id"], first["id"]]
    assert send(Signer(application.consumer).sign("POST", f"{robin.origin}{PUBLIC}")).status == 405


def test_the_public_timeline_is_for_signed_requests(robin: Caller) -> None:
    answer = send(replaced(robin.signed("GET", PUBLIC), headers=Headers()))
    assert (answer.status, problem(answer)) == (401, "parameter_absent")


@pytest.mark.abuse("A22")
@pytest.mark.parametrize("path", [*READ, *WRITE])
def test_an_application_that_acts_for_nobody_gets_nothing_of_anybodys(robin: Caller, path: str) -> None:
    method = "POST" if path in WRITE else "GET"
    answer = send(Signer(robin.consumer).sign(method, f"{robin.origin}{path}?status=nobodys"))
    assert (answer.status, problem(answer)) == (401, "parameter_absent")
    assert form_of(answer)["oauth_parameters_absent"] == "oauth_token"
    newest = as_json(robin.get(PUBLIC, count=1))
    assert "nobodys" not in [status["text"] for status in newest]


@pytest.mark.abuse("A22")
@pytest.mark.parametrize("path", [*READ, PUBLIC])
def test_an_empty_token_is_no_token_and_no_application_either(robin: Caller, path: str) -> None:
    signed = Signer(robin.consumer, placement="query").sign("GET", f"{robin.origin}{path}?oauth_token=")
    answer = send(signed)
    assert answer.status in (400, 401)
    assert problem(answer) in ("parameter_rejected", "parameter_absent")


@pytest.mark.parametrize("path", [*READ, *WRITE, PUBLIC])
def test_a_session_counts_for_nothing_here(demo: Demo, path: str) -> None:
    visitor = Visitor.robin(demo)
    assert visitor.see(path).status in (401, 400, 405)


@pytest.mark.rule(1)
@pytest.mark.abuse("A17")
def test_of_twenty_equal_signed_requests_at_once_one_wins(robin: Caller) -> None:
    """Two worker processes share the nonces."""
    signed = robin.signed("POST", "/1/statuses/update.json", {"status": "once"})
    gate = threading.Barrier(20)

    def go(_: int) -> Answer:
        gate.wait()
        return send(signed)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(go, range(20)))
    won = [answer for answer in answers if answer.status == 200]
    lost = [answer for answer in answers if answer.status != 200]
    assert len(won) == 1
    assert {(answer.status, problem(answer)) for answer in lost} == {(401, "nonce_used")}
    assert numbers(robin.get("/1/feed/timeline.json", since_id=as_json(won[0])["id"] - 1)) == [
        as_json(won[0])["id"]
    ]


def test_a_wrong_signature_is_explained_on_this_computer(robin: Caller) -> None:
    signed = robin.signed("POST", "/1/statuses/update.json", {"status": "as signed"})
    answer = send(replaced(signed, body=urlencode({"status": "otherwise"}).encode()))
    assert answer.status == 401
    assert problem(answer) == "signature_invalid"
    assert "status%3Dotherwise" in form_of(answer)["oauth_problem_detail"]
    assert robin.consumer.secret.encode() not in answer.body
    assert signed.signature.encode() not in answer.body
