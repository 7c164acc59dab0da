"""How the sites are served: by workers that trust no header and read no disguise."""

import secrets
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from tests.demo.caller import FORM, Caller, as_json, problem, replaced
from tests.demo.sockets import (
    Octets,
    all_from,
    answer,
    answers,
    chunked,
    connection,
    log,
    peak,
    pour,
    taken_apart,
)
from tests.demo.test_launcher import processes
from tests.running import Demo
from valetkey import Answer, Consumer, Headers, Signed, Signer
from valetkey.urllib import send

TARGET = "/1/statuses/update.json"
WHO = "/1.1/account/verify_credentials.json"
MEGABYTE = 1_000_000
BASIC = ("Authorization", "Basic cm9iaW46cGFzc3dvcmQ=")
CHUNKED = ("Transfer-Encoding", "chunked")


@pytest.fixture(scope="module")
def robin(demo: Demo) -> Caller:
    return Caller(demo)


@pytest.fixture
def update(robin: Caller) -> Signed:
    """A status, rightly signed, and not yet sent. Its text is one of a kind."""
    return robin.signed("POST", TARGET, {"status": f"a {secrets.token_hex(8)}"})


def texts(robin: Caller) -> list[str]:
    return [status["text"] for status in as_json(robin.get("/1.1/statuses/user_timeline.json", count=200))]


def assert_free(robin: Caller, signed: Signed) -> None:
    """What was refused has cost nothing: nothing is posted, and the untouched original is accepted, once."""
    text = dict(signed.parameters)["status"]
    assert text not in texts(robin)
    answer = send(signed)
    assert answer.status == 200, answer.body
    assert texts(robin).count(text) == 1


FORWARDED = [
    {"X-Forwarded-Proto": "https"},
    {"X-Forwarded-Protocol": "ssl"},
    {"X-Forwarded-Ssl": "on"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-For": "192.0.2.1"},
    {"X-Forwarded-Port": "443"},
    {"Forwarded": "for=192.0.2.1;host=evil.example;proto=https"},
    {"Script-Name": "/elsewhere"},
    {"X_Forwarded_Host": "evil.example"},
]


@pytest.mark.abuse("A18")
@pytest.mark.rule(2)
@pytest.mark.parametrize("header", FORWARDED, ids=lambda header: next(iter(header)))
def test_forwarded_headers_change_nothing(demo: Demo, header: dict[str, str]) -> None:
    caller = Caller(demo)
    signed = caller.signed("POST", "/1/statuses/update.json", {"status": "seen as sent"})
    answer = send(replaced(signed, headers=Headers([*signed.headers.pairs, *header.items()])))
    assert answer.status == 200, answer.body
    elsewhere = Caller(demo)
    elsewhere.origin = "https://evil.example"
    signed = elsewhere.signed("GET", "/1.1/account/verify_credentials.json")
    here = f"{demo.info['provider']}/1.1/account/verify_credentials.json"
    answer = send(replaced(signed, url=here, headers=Headers([*signed.headers.pairs, *header.items()])))
    assert (answer.status, problem(answer)) == (401, "signature_invalid")


@pytest.mark.abuse("A08")
@pytest.mark.rule(2)
def test_the_raw_target_is_verified(demo: Demo) -> None:
    """gunicorn hands it on in RAW_URI."""
    caller = Caller(demo)
    for query in ("f[]=1&q=%c3%a9", "a=%7e&b=~", "x=1%26b%3D2", "flag", "a=1&a=2", "q=a+b", "e=é"):
        answer = send(caller.signed("GET", f"/1/feed/timeline.json?count=1&{query}"))
        assert answer.status == 200, (query, answer.body)


def test_a_long_status_fits_into_the_query(demo: Demo) -> None:
    """As tweepy sends it: 140 emoji are 1,680 octets, and longer ones are to be cut, not refused."""
    caller = Caller(demo)
    answer = send(caller.signed("POST", "/1.1/statuses/update.json?status=" + "%F0%9F%90%A6" * 500))
    assert answer.status == 200, answer.body
    assert as_json(answer)["truncated"] is True


def test_aviary_runs_two_workers(demo: Demo) -> None:
    commands = [Path(f"/proc/{process}/cmdline").read_bytes() for process in processes(demo.process.pid)]
    assert len([command for command in commands if b"serve\0aviary" in command]) == 3, (
        "an arbiter and two workers"
    )
    assert len([command for command in commands if b"serve\0site" in command]) == 2


# -- the request target, and the host


BROKEN_QUERIES = ["q=100%", "q=%zz", "q=%ff", "q=\xff", "q=\xc3\xa9", "q=a b", "q=\x01", "q=\x7f", "%00=1"]


@pytest.mark.abuse("A08")
@pytest.mark.rule(2)
@pytest.mark.parametrize("query", BROKEN_QUERIES, ids=ascii)
def test_a_broken_target_gets_400_and_costs_nothing(demo: Demo, robin: Caller, query: str) -> None:
    signed = robin.signed("GET", WHO)
    assert answer(demo, Octets.of(signed).but(target=f"{WHO}?{query}")).status == 400
    assert send(signed).status == 200


# Each is another spelling of the path; the application answers under some of them.
SPELLINGS = [
    *("/1.1/account%2Fverify_credentials.json", "/1.1/account/verify%5Fcredentials.json"),
    *("/%31.1/account/verify_credentials.json", "/1.1/./account/verify_credentials.json"),
    *("/1.1/x/../account/verify_credentials.json", "/" + WHO, "/1.1//account/verify_credentials.json"),
    *(f"{WHO}/", f"{WHO};x", f"{WHO}%00", f"{WHO}%20", f"{WHO}%3F", WHO.upper()),
]


@pytest.mark.abuse("A12")
@pytest.mark.rule(2)
@pytest.mark.parametrize("path", SPELLINGS)
def test_a_path_is_served_only_in_the_spelling_that_was_signed(demo: Demo, robin: Caller, path: str) -> None:
    plain, other = robin.signed("GET", WHO), robin.signed("GET", path)
    assert answer(demo, Octets.of(plain).but(target=path)).status in (401, 404)
    assert answer(demo, Octets.of(other).but(target=WHO)).status == 401
    assert answer(demo, Octets.of(other)).status in (200, 404)
    assert send(plain).status == 200


HOSTS: dict[str, list[str]] = {
    "none": [],
    "two": ["{host}", "evil.example"],
    "the same twice": ["{host}", "{host}"],
    "another": ["evil.example"],
    "with a user": ["evil@{host}"],
    "half a bracket": ["[::1"],
    "letters for a port": ["127.0.0.1:x"],
    "empty": [""],
    "with a blank": ["a b"],
    "with a NUL": ["a\x00b"],
    "several in one": ["{host}, evil.example"],
}


@pytest.mark.abuse("A11")
@pytest.mark.abuse("A18")
@pytest.mark.parametrize("hosts", HOSTS.values(), ids=HOSTS)
def test_an_absurd_host_gets_400_and_costs_nothing(demo: Demo, robin: Caller, hosts: list[str]) -> None:
    signed = robin.signed("GET", WHO)
    host = robin.origin.removeprefix("http://")
    fields = [("Host", text.format(host=host)) for text in hosts]
    assert answer(demo, Octets.of(signed).without("Host").plus(*fields)).status == 400
    assert send(signed).status == 200


@pytest.mark.abuse("A101")
@pytest.mark.parametrize("site", ["site", "provider"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost", "0.0.0.0"])
def test_a_page_under_another_name_for_this_computer_leads_to_neither_site(
    demo: Demo, site: str, host: str
) -> None:
    """As a stranger's name does that was made to point here."""
    port = demo.info[site].rpartition(":")[2]
    for path in ("/", "/auth/" if site == "site" else "/oauth/authorize"):
        request = Request(demo.info[site] + path, headers={"Host": f"{host}:{port}"})
        with pytest.raises(HTTPError) as refused:
            urlopen(request, timeout=30)
        refused.value.close()
        assert refused.value.code == 400


@pytest.mark.abuse("A18")
@pytest.mark.abuse("A89")
@pytest.mark.rule(2)
@pytest.mark.parametrize("host", ["ours", "theirs"])
@pytest.mark.parametrize("signed_for", ["ours", "theirs"])
def test_the_absolute_form_of_another_host_is_never_verified(
    demo: Demo, robin: Caller, host: str, signed_for: str
) -> None:
    elsewhere = Caller(demo)
    elsewhere.origin = "http://evil.example"
    signed = (robin if signed_for == "ours" else elsewhere).signed("GET", WHO)
    ours = robin.origin.removeprefix("http://")
    given = ("Host", ours if host == "ours" else "evil.example")
    octets = Octets.of(signed).without("Host").plus(given).but(target=f"http://evil.example{WHO}")
    assert answer(demo, octets).status == 400
    if signed_for == "ours":
        assert send(signed).status == 200


@pytest.mark.abuse("A16")
@pytest.mark.abuse("A89")
@pytest.mark.parametrize("first", ["its path", "its address"])
def test_the_absolute_form_of_this_host_is_its_path_and_a_replay_in_the_other_form_is_known(
    demo: Demo, robin: Caller, first: str
) -> None:
    path = Octets.of(robin.signed("GET", WHO))
    address = path.but(target=f"{robin.origin}{WHO}")
    one, other = (path, address) if first == "its path" else (address, path)
    assert answer(demo, one).status == 200
    assert problem(answer(demo, other)) == "nonce_used"


# -- where a body ends


@pytest.mark.abuse("A82")
@pytest.mark.parametrize("path", [TARGET, "/oauth/request_token"])
@pytest.mark.parametrize("is_signed", [True, False], ids=["signed", "unsigned"])
def test_a_chunked_body_gets_411_and_costs_nothing(
    demo: Demo, robin: Caller, path: str, is_signed: bool
) -> None:
    form = {"status": f"in chunks {secrets.token_hex(8)}"}
    oauth = {"oauth_callback": "oob"} if path != TARGET else {}
    signer = Signer(robin.consumer, None if oauth else robin.token)
    body = urlencode(form)
    covered: dict[str, Any] = {"headers": FORM, "body": body} if is_signed else {}
    signed = signer.sign("POST", robin.origin + path, oauth=oauth, **covered)
    octets = Octets.of(signed, length=False).but(body=chunked(body.encode())).plus(CHUNKED)
    octets = octets if is_signed else octets.plus(*FORM.items())
    assert answer(demo, octets).status == 411
    assert form["status"] not in texts(robin)
    if is_signed:
        assert send(signed).status == 200


LENGTHS = {
    "short": ["3"],
    "long, then closed": ["9999"],
    "none": [],
    "zero": ["0"],
    "negative": ["-5"],
    "with a plus": ["+{length}"],
    "with an underscore": ["1_0"],
    "hexadecimal": ["0x10"],
    "a list": ["{length}, {length}"],
    "two": ["{length}", "3"],
    "the same twice": ["{length}", "{length}"],
    "empty": [""],
    "letters": ["all"],
    "other digits": ["\xb2\xb2"],
    "more than there is": ["9" * 30],
    "more than Python reads": ["9" * 5_000],
}


@pytest.mark.abuse("A83")
@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS)
def test_a_content_length_that_lies_is_refused_and_costs_nothing(
    demo: Demo, robin: Caller, update: Signed, lengths: list[str]
) -> None:
    octets = Octets.of(update, length=False)
    fields = [("Content-Length", text.format(length=len(octets.body))) for text in lengths]
    # What follows a short body is no request, and may get an answer of its own.
    assert answers(demo, octets.plus(*fields))[0].status in (400, 401)
    assert_free(robin, update)


POURED: dict[str, tuple[dict[str, str], bytes]] = {
    "in chunks": ({"Transfer-Encoding": "chunked"}, b"10000\r\n" + b"a" * 0x10000 + b"\r\n"),
    "a chunk's extension": ({"Transfer-Encoding": "chunked"}, b"3;" + b"a" * 65_536),
    "a form": ({"Content-Length": str(1 << 30)}, b"a" * 65_536),
    "parameters": ({"Content-Length": str(1 << 30)}, b"a&" * 32_768),
    "text": ({"Content-Length": str(1 << 30), "Content-Type": "text/plain"}, b"a" * 65_536),
    "JSON": ({"Content-Length": str(1 << 30), "Content-Type": "application/json"}, b"[" * 65_536),
    "files": (
        {"Content-Length": str(1 << 30), "Content-Type": "multipart/form-data; boundary=x"},
        b"a" * 65_536,
    ),
}


@pytest.mark.abuse("A07")
@pytest.mark.abuse("A84")
@pytest.mark.parametrize(("fields", "piece"), POURED.values(), ids=POURED)
def test_a_body_without_end_is_not_read_and_costs_nothing(
    demo: Demo, robin: Caller, update: Signed, fields: dict[str, str], piece: bytes
) -> None:
    before = peak(demo)
    octets = Octets.of(update, length=False).but(body=b"").without(*fields).plus(*fields.items())
    sent, found = pour(demo, bytes(octets), piece)
    assert sent < 100 * MEGABYTE
    assert {one.status for one in found} <= {401, 411, 413}
    assert peak(demo) - before < 30
    assert_free(robin, update)


@pytest.mark.abuse("A84")
@pytest.mark.parametrize("head", ["GET /", "GET / HTTP/1.1\r\nX: ", "GET / HTTP/1.1\r\n"])
def test_a_head_without_end_is_not_read(demo: Demo, robin: Caller, head: str) -> None:
    before = peak(demo)
    sent, found = pour(demo, head.encode(), b"X: y\r\n" * 5_000 if head.endswith("\n") else b"a" * 40_000)
    assert sent < 100 * MEGABYTE
    assert {one.status for one in found} <= {414, 431}
    assert peak(demo) - before < 30
    assert robin.get(WHO).status == 200


@pytest.mark.abuse("A07")
def test_a_megabyte_of_parameters_is_refused_at_the_limit_and_costs_nothing(
    demo: Demo, robin: Caller, update: Signed
) -> None:
    for body in (b"a&" * (MEGABYTE // 2), b"%41" * (MEGABYTE // 3) + b"aa", b"a=" + b"1" * MEGABYTE):
        octets = Octets.of(update, length=False).but(body=body).plus(("Content-Length", str(len(body))))
        assert answer(demo, octets).status == 413
    assert_free(robin, update)


# -- one request, one answer


def hidden(robin: Caller) -> tuple[bytes, str]:
    """A whole request, rightly signed, and the text that it would post."""
    inside = robin.signed("POST", TARGET, {"status": f"hidden {secrets.token_hex(8)}"})
    return bytes(Octets.of(inside)), dict(inside.parameters)["status"]


CODINGS: dict[str, list[tuple[str, str]]] = {
    "both, the length first": [("Content-Length", "5"), CHUNKED],
    "both, the coding first": [CHUNKED, ("Content-Length", "5")],
    "both, the length up to the end": [("Content-Length", "2000"), CHUNKED],
    "an unknown coding": [("Transfer-Encoding", "xchunked")],
    "a blank before the colon": [("Transfer-Encoding ", "chunked"), ("Content-Length", "5")],
    "a tab in front": [("Transfer-Encoding", "\tchunked")],
    "a vertical tab in front": [("Transfer-Encoding", "\x0bchunked"), ("Content-Length", "5")],
    "twice": [CHUNKED, CHUNKED],
    "not the last": [("Transfer-Encoding", "chunked, identity")],
    "after another": [("Transfer-Encoding", "gzip, chunked")],
    "identity": [("Transfer-Encoding", "identity")],
    "identity and a length": [("Transfer-Encoding", "identity"), ("Content-Length", "5")],
    "empty": [("Transfer-Encoding", ""), ("Content-Length", "5")],
    "two lengths": [("Content-Length", "5"), ("Content-Length", "2000")],
    "a length and a list": [("Content-Length", "5, 2000")],
}


@pytest.mark.abuse("A85")
@pytest.mark.parametrize("fields", CODINGS.values(), ids=CODINGS)
def test_a_body_that_could_end_in_two_places_gets_one_answer(
    demo: Demo, robin: Caller, update: Signed, fields: list[tuple[str, str]]
) -> None:
    inside, text = hidden(robin)
    octets = Octets.of(update, length=False).plus(*fields).but(body=b"0\r\n\r\n" + inside)
    assert answer(demo, octets).status in (400, 411, 501)
    assert text not in texts(robin)
    assert_free(robin, update)


CHUNKS = {
    "no number": b"zz\r\nabc\r\n0\r\n\r\n",
    "with 0x": b"0x3\r\nabc\r\n0\r\n\r\n",
    "with a plus": b"+3\r\nabc\r\n0\r\n\r\n",
    "with an underscore": b"1_0\r\nabcdefghijklmnop\r\n0\r\n\r\n",
    "negative": b"-1\r\nabc\r\n0\r\n\r\n",
    "line feeds alone": b"3\nabc\n0\n\n",
    "an extension": b"3;a=b\r\nabc\r\n0\r\n\r\n",
    "huge": b"fffffffffffffffff\r\nabc",
    "a trailer": b"0\r\nHost: evil.example\r\n\r\n",
    "longer than it says": b"3\r\nabcXX0\r\n\r\n",
    "shorter than it says": b"5\r\nab",
    "ended, and more behind it": b"0\r\n\r\n",
}


@pytest.mark.abuse("A85")
@pytest.mark.parametrize("body", CHUNKS.values(), ids=CHUNKS)
def test_whatever_is_wrong_with_chunks_there_is_one_answer(
    demo: Demo, robin: Caller, update: Signed, body: bytes
) -> None:
    inside, text = hidden(robin)
    octets = Octets.of(update, length=False).plus(CHUNKED).but(body=body + inside)
    assert answer(demo, octets).status == 411
    assert text not in texts(robin)
    assert_free(robin, update)


@pytest.mark.abuse("A85")
def test_two_requests_one_after_the_other_get_two_answers(demo: Demo, robin: Caller, update: Signed) -> None:
    """Which shows that a second answer would have been counted."""
    inside, text = hidden(robin)
    assert [one.status for one in answers(demo, bytes(Octets.of(update)) + inside)] == [200, 200]
    assert text in texts(robin)


OAUTH_AND: dict[str, list[str]] = {
    "Basic, then OAuth": ["{basic}", "{oauth}"],
    "OAuth, then Basic": ["{oauth}", "{basic}"],
    "OAuth twice": ["{oauth}", "{oauth}"],
    "Basic and OAuth in one": ["{basic}, {oauth}"],
    "OAuth and Basic in one": ["{oauth}, {basic}"],
    "nothing, then OAuth": ["", "{oauth}"],
}


@pytest.mark.abuse("A86")
@pytest.mark.parametrize("values", OAUTH_AND.values(), ids=OAUTH_AND)
def test_of_two_authorizations_none_counts_and_nothing_is_spent(
    demo: Demo, robin: Caller, update: Signed, values: list[str]
) -> None:
    oauth = update.headers["Authorization"]
    fields = [("Authorization", text.format(basic=BASIC[1], oauth=oauth)) for text in values]
    assert answer(demo, Octets.of(update).without("Authorization").plus(*fields)).status in (400, 401)
    assert_free(robin, update)


# -- a client that is gone


def reset(opened: socket.socket) -> None:
    """Ends a connection as a crash does, not as a program that has said all."""
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.abuse("A15")
@pytest.mark.abuse("A87")
@pytest.mark.parametrize("how", ["closed", "reset", "half closed"])
def test_a_request_that_is_cut_anywhere_posts_nothing_and_costs_nothing(
    demo: Demo, robin: Caller, update: Signed, how: str
) -> None:
    whole, before = bytes(Octets.of(update)), log(demo)
    for end in range(0, len(whole), 10):
        with connection(demo) as opened:
            opened.sendall(whole[:end])
            if how == "half closed":
                opened.shutdown(socket.SHUT_WR)
                assert b" 200 OK" not in opened.recv(65_536)
            elif how == "reset":
                reset(opened)
    assert robin.get(WHO).status == 200
    assert_free(robin, update)
    added = log(demo).removeprefix(before)
    assert "Traceback" not in added
    assert added.count("\n") <= len(whole) / 10 + 5, "a line for each at most"


@pytest.mark.abuse("A83")
@pytest.mark.abuse("A87")
def test_clients_that_fall_silent_in_the_middle_are_let_go(demo: Demo, robin: Caller, update: Signed) -> None:
    """Else eight of them would hold all of Aviary's threads for ever."""
    whole = bytes(Octets.of(update))
    ends = (20, whole.index(b"\r\n") + 2, whole.index(b"\r\n\r\n") + 4, len(whole) - 1)
    with ExitStack() as stack:
        silent = [stack.enter_context(connection(demo)) for _ in ends]
        for opened, end in zip(silent, ends, strict=True):
            opened.sendall(whole[:end])
        for opened in silent:
            assert {one.status for one in taken_apart(all_from(opened))} <= {400}
    assert_free(robin, update)


# -- lines and headers that servers read differently


@pytest.mark.abuse("A89")
@pytest.mark.parametrize("path", ["/", "/login/", "/oauth/authorize", "/oauth/request_token", WHO, TARGET])
def test_trace_is_off_and_repeats_nothing(demo: Demo, robin: Caller, path: str) -> None:
    octets = Octets.of(robin.signed("TRACE", path)).plus(("X-Canary", "tweet tweet"))
    found = answer(demo, octets)
    assert found.status == 405
    assert b"tweet tweet" not in found.body


@pytest.mark.abuse("A89")
@pytest.mark.parametrize(
    ("method", "target"),
    [
        *(("OPTIONS", "*"), ("GET", "*"), ("CONNECT", "evil.example:80"), ("GET", "evil.example:80")),
        *(("GET", WHO[1:]), ("get", WHO), ("G ET", WHO), ("", WHO), ("GET", WHO.replace("/", "\\"))),
    ],
)
def test_a_request_line_of_another_form_reaches_nothing(
    demo: Demo, robin: Caller, method: str, target: str
) -> None:
    signed = robin.signed("GET", WHO)
    assert answer(demo, Octets.of(signed).but(method=method, target=target)).status in (400, 404)
    assert send(signed).status == 200


@pytest.mark.abuse("A89")
@pytest.mark.parametrize(
    "version", ["HTTP/0.9", "HTTP/2.0", "HTTP/9.9", "HTTP/1.", "http/1.1", "HTTP/1.1 x", ""]
)
def test_another_version_of_http_reaches_nothing(demo: Demo, robin: Caller, version: str) -> None:
    signed = robin.signed("GET", WHO)
    assert answer(demo, Octets.of(signed).but(version=version)).status in (400, 505)
    assert send(signed).status == 200


DRESSES = {
    "folded": ("Authorization: {oauth}", ",\r\n  "),
    "a blank before the colon": ("Authorization : {oauth}", ", "),
    "a tab before the colon": ("Authorization\t: {oauth}", ", "),
    "a blank before the name": (" Authorization: {oauth}", ", "),
    "a bare carriage return": ("X: y\rAuthorization: {oauth}", ", "),
    "a bare line feed": ("X: y\nAuthorization: {oauth}", ", "),
    "a NUL": ("X: \x00\r\nAuthorization: {oauth}", ", "),
    "no colon": ("X\r\nAuthorization: {oauth}", ", "),
    "an empty name": (": x\r\nAuthorization: {oauth}", ", "),
}


@pytest.mark.abuse("A89")
@pytest.mark.parametrize(("line", "comma"), DRESSES.values(), ids=DRESSES)
def test_a_header_in_a_doubtful_dress_is_refused_and_costs_nothing(
    demo: Demo, robin: Caller, line: str, comma: str
) -> None:
    signed = robin.signed("GET", WHO)
    written = line.format(oauth=signed.headers["Authorization"].replace(", ", comma))
    name, _, value = written.partition(": ")
    assert answer(demo, Octets.of(signed).without("Authorization").plus((name, value))).status == 400
    assert send(signed).status == 200


@pytest.mark.abuse("A30")
@pytest.mark.parametrize(
    "name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Original-URL", "X-Rewrite-URL"]
)
def test_the_method_and_the_target_are_those_of_the_request_line(
    demo: Demo, robin: Caller, update: Signed, name: str
) -> None:
    value = "DELETE" if "Method" in name else "/1/feed/timeline.json"
    assert answer(demo, Octets.of(update).but(method="GET").plus((name, "POST"))).status == 405
    signed = robin.signed("GET", WHO)
    assert answer(demo, Octets.of(signed).but(method="HEAD")).status == 401
    assert answer(demo, Octets.of(signed).plus((name, value))).status == 200
    assert_free(robin, update)


# -- floods


@pytest.mark.abuse("A15")
@pytest.mark.rule(7)
def test_wrong_signatures_neither_refuse_nor_use_up_anything_of_the_honest_application(
    demo: Demo, robin: Caller, update: Signed
) -> None:
    """Four strangers send as fast as they can, in the name of the same application, person and token."""
    ended = threading.Event()
    wrong: list[Answer] = []

    def pester(index: int) -> None:
        stranger = Caller(demo, Consumer(robin.consumer.key, "guessed"))
        while not ended.is_set():
            wrong.append(stranger.get(WHO))

    with ThreadPoolExecutor(4) as strangers:
        running = [strangers.submit(pester, index) for index in range(4)]
        while len(wrong) < 200 and not any(one.done() for one in running):
            time.sleep(0.01)
        honest = [robin.get(WHO).status for _ in range(50)]
        assert_free(robin, update)
        ended.set()
    assert {problem(one) for one in wrong} == {"signature_invalid"}
    assert honest == [200] * 50
