"""What each server makes of a request, and what is verified of it: the examples, on real sockets."""

import json
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from authlib.integrations.requests_client import OAuth1Auth
from requests_oauthlib import OAuth1

from tests.demo.sockets import Octets, all_from, chunked, connection, pour, taken_apart
from tests.servers.starting import ASGI, WSGI, Server, serving
from tests.wire import FORM
from valetkey import AccessToken, Answer, Consumer, Signed, Signer
from valetkey.protocol.encoding import form_decode
from valetkey.urllib import send

CONSUMER = Consumer("heron", "heron's secret")
TOKEN = AccessToken("a-token", "the token's secret")
JSON = {"Content-Type": "application/json"}
CHUNKED = ("Transfer-Encoding", "chunked")
LAST = ("Connection", "close")
MEGABYTE = 1_000_000


@pytest.fixture(scope="module", params=[*ASGI, *WSGI])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serving(request.param) as running:
        yield running


def sign(server: Server, method: str, target: str, **options: Any) -> Signed:
    body_hash = options.pop("body_hash", False)
    return Signer(CONSUMER, TOKEN, body_hash=body_hash).sign(method, server.origin + target, **options)


def bird(server: Server) -> Signed:
    """A request that is rightly signed, and not yet sent."""
    return sign(server, "GET", "/api/birds/x?a=1")


def note(server: Server) -> Signed:
    return sign(server, "POST", "/api/notes", headers=FORM, body=f"a={secrets.token_hex(40)}")


def answers(server: Server, octets: Octets | bytes) -> list[Answer]:
    """Every answer to `octets`, on a connection that is left open: uvicorn and granian take a client that has
    said all for one that is gone.
    """
    with connection(server) as opened:
        opened.sendall(bytes(octets))
        return taken_apart(all_from(opened), octets.method if isinstance(octets, Octets) else "GET")


def answer(server: Server, octets: Octets) -> Answer:
    (one,) = answers(server, octets.plus(LAST))
    return one


def json_of(answered: Answer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answered.body)
    return found


def problem(answered: Answer) -> str:
    return dict(form_decode(answered.body))["oauth_problem"]


def assert_free(signed: Signed) -> None:
    """What was refused has cost nothing: the untouched original is accepted."""
    answered = send(signed)
    assert answered.status == 200, answered.body


# -- what is signed arrives

ODD = "/api/birds/a%2Fb%7E~c+d%C3%A9%20e%25?q=a%2Bb+c%7E~&é=%c3%a9&f[]=1&x=1&x=2"


@pytest.mark.rule(2)
@pytest.mark.abuse("A08")
def test_a_target_is_verified_as_it_was_sent(server: Server) -> None:
    found = json_of(send(sign(server, "GET", ODD)))
    assert (found["bird"], found["by"]) == ("a/b~~c+dé e%", "robin")
    assert found["with"] == [["q", "a+b c~~"], ["é", "é"], ["f[]", "1"], ["x", "1"], ["x", "2"]]


@pytest.mark.rule(2)
@pytest.mark.abuse("A08")
@pytest.mark.abuse("A12")
def test_a_target_is_served_in_no_other_spelling_than_was_signed(server: Server) -> None:
    signed = sign(server, "GET", "/api/birds/a%2Fb%7E?q=a+b")
    others = (
        "/api/birds/a/b%7E?q=a+b",
        "/api/birds/a%2fb%7E?q=a+b",
        "/api/birds/a%2Fb~?q=a+b",
        "/api/birds/a%2Fb%7E/?q=a+b",
    )
    for target in (*others, "/api//birds/a%2Fb%7E?q=a+b", "/api/birds/./a%2Fb%7E?q=a+b"):
        assert answer(server, Octets.of(signed).but(target=target)).status in (401, 404), target
    # Which parameters it is, not how they are written (section 3.4.1.3.2).
    assert answer(server, Octets.of(signed).but(target="/api/birds/a%2Fb%7E?q=a%20b")).status == 200


INDEPENDENT: dict[str, Callable[[], Any]] = {
    "requests-oauthlib": lambda: OAuth1(*_credentials()),
    "Authlib": lambda: OAuth1Auth(*_credentials()),
}


def _credentials() -> tuple[str, str, str, str]:
    return CONSUMER.key, CONSUMER.secret, TOKEN.key, TOKEN.secret


@pytest.mark.parametrize("library", INDEPENDENT)
def test_what_others_sign_is_let_in(server: Server, library: str) -> None:
    auth = INDEPENDENT[library]
    url = f"{server.origin}/api/birds/a%2Fb%C3%A9~c+d?q=%7E&x=a%20b&x=%C3%A9"
    found = requests.get(url, auth=auth(), timeout=30)
    assert found.status_code == 200, found.text
    assert found.json()["bird"] == "a/bé~c+d"
    assert found.json()["with"] == [["q", "~"], ["x", "a b"], ["x", "é"]]
    posted = requests.post(f"{server.origin}/api/notes", data={"status": "é ~+&"}, auth=auth(), timeout=30)
    assert posted.json() == {"by": "robin", "text": "status=%C3%A9+~%2B%26", "signed": True}


@pytest.mark.parametrize("method", ["HMAC-SHA256", "HMAC-SHA512"])
@pytest.mark.parametrize("place", ["query", "body"])
def test_what_others_sign_elsewhere_is_let_in(server: Server, place: str, method: str) -> None:
    auth = OAuth1(*_credentials(), signature_type=place, signature_method=method)
    posted = requests.post(f"{server.origin}/api/notes?a=%7E", data={"b": "é"}, auth=auth, timeout=30)
    assert posted.status_code == 200, posted.text


@pytest.mark.abuse("A88")
@pytest.mark.parametrize("hashed", [True, False])
@pytest.mark.parametrize("headers", [JSON, {}, {"Content-Type": "text/plain"}], ids=str)
def test_a_body_that_is_no_form_arrives_whole_and_is_signed_by_its_hash_alone(
    server: Server, headers: dict[str, str], hashed: bool
) -> None:
    text = '{"text": "é"}' * 10_000
    signed = sign(server, "POST", "/api/notes", headers=headers, body=text.encode(), body_hash=hashed)
    octets = Octets.of(signed)
    if hashed:
        assert problem(answer(server, octets.but(body=octets.body[:-1] + b"]"))) == "signature_invalid"
    assert json_of(answer(server, octets)) == {"by": "robin", "text": text, "signed": hashed}


def test_a_replay_is_refused(server: Server) -> None:
    for signed in (bird(server), note(server)):
        assert send(signed).status == 200
        again = send(signed)
        assert (again.status, problem(again)) == (401, "nonce_used")


def test_who_is_not_signed_is_challenged_and_what_stands_outside_is_open(server: Server) -> None:
    refused = answer(server, Octets.of(bird(server)).without("Authorization"))
    assert (refused.status, problem(refused)) == (401, "parameter_absent")
    assert refused.headers["WWW-Authenticate"].startswith("OAuth ")
    assert refused.headers["Cache-Control"] == "no-store"
    head = answer(server, Octets.of(bird(server)).without("Authorization").but(method="HEAD"))
    assert (head.status, head.body) == (401, b"")
    assert requests.get(f"{server.origin}/health", timeout=30).status_code == 200


@pytest.mark.abuse("A18")
@pytest.mark.rule(2)
def test_forwarded_headers_change_nothing(server: Server) -> None:
    fields = [
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "evil.example"),
        ("Forwarded", "proto=https"),
    ]
    assert answer(server, Octets.of(bird(server)).plus(*fields)).status == 200


# -- where a body ends


@pytest.mark.abuse("A82")
def test_a_chunked_form_is_verified_as_the_application_reads_it(server: Server) -> None:
    signed = note(server)
    octets = Octets.of(signed, length=False).but(body=chunked(signed.body or b"")).plus(CHUNKED)
    nobody = octets.but(body=chunked(b"status=x"))
    assert problem(answer(server, nobody)) == "signature_invalid"
    found = json_of(answer(server, octets))
    assert found == {"by": "robin", "text": (signed.body or b"").decode(), "signed": True}


@pytest.mark.abuse("A01")
@pytest.mark.abuse("A82")
def test_a_chunked_form_behind_a_signature_without_one_is_refused(server: Server) -> None:
    signed = sign(server, "POST", "/api/notes")
    octets = Octets.of(signed).plus(*FORM.items(), CHUNKED).but(body=chunked(b"status=x"))
    assert problem(answer(server, octets)) == "signature_invalid"
    assert json_of(send(signed)) == {"by": "robin", "text": "", "signed": True}


ENDLESS = {
    "in chunks": ([CHUNKED], b"10000\r\n" + b"a" * 0x10000 + b"\r\n"),
    "a chunk's extension": ([CHUNKED], b"3;" + b"a" * 65_536),
    "a gigabyte, told": ([("Content-Length", str(1 << 30))], b"a" * 65_536),
}


@pytest.mark.abuse("A84")
@pytest.mark.parametrize(("fields", "piece"), ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("signs", ["a form", "a hash", "nobody"])
def test_a_body_without_end_is_not_read_and_costs_nothing(
    server: Server, signs: str, fields: list[tuple[str, str]], piece: bytes
) -> None:
    signed = note(server)
    if signs != "a form":
        signed = sign(server, "POST", "/api/notes", headers=JSON, body=b"{}", body_hash=True)
    octets = Octets.of(signed, length=False).but(body=b"").plus(*fields)
    octets = octets.without("Authorization") if signs == "nobody" else octets
    before = peak(server)
    sent, found = pour(server, bytes(octets), piece)
    assert sent < 100 * MEGABYTE
    assert {one.status for one in found} <= {400, 401, 413}
    assert peak(server) - before < 30
    assert_free(signed)


def peak(server: Server) -> int:
    """The most memory that one of its processes has ever held, in megabytes."""
    found = []
    for process in processes(server.process.pid):
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
        found += [int(kilobytes) // 1024 for kilobytes in re.findall(r"VmHWM:\s+(\d+)", status)]
    return max(found)


def processes(parent: int) -> Iterator[int]:
    yield parent
    for task in Path(f"/proc/{parent}/task").iterdir():
        for child in (task / "children").read_text(encoding="ascii").split():
            yield from processes(int(child))


@pytest.mark.abuse("A83")
@pytest.mark.parametrize(
    "lengths", [["+3"], ["-3"], ["3_0"], ["x"], ["3", "4"], ["9" * 5_000]], ids=lambda given: given[0][:5]
)
def test_a_content_length_that_is_none_is_refused_and_costs_nothing(
    server: Server, lengths: list[str]
) -> None:
    signed = note(server)
    fields = [("Content-Length", length) for length in lengths]
    # What follows a body without an end is no request, and may get an answer of its own; waitress hangs up on
    # more digits than Python reads.
    found = answers(server, Octets.of(signed, length=False).plus(*fields, LAST))
    assert {one.status for one in found} <= {400, 401, 413}
    assert_free(signed)


@pytest.mark.abuse("A15")
@pytest.mark.abuse("A87")
def test_a_request_that_is_cut_anywhere_costs_nothing_and_floods_no_log(server: Server) -> None:
    signed, before = note(server), server.log
    whole = bytes(Octets.of(signed))
    for end in range(0, len(whole), 10):
        with connection(server) as opened:
            opened.sendall(whole[:end])
    assert send(bird(server)).status == 200
    assert_free(signed)
    added = server.log.removeprefix(before)
    assert "Traceback" not in added
    assert added.count("\n") <= len(whole) / 10 + 5, "a line for each at most"


def test_a_connection_goes_on_behind_a_refusal_whose_body_was_not_read(server: Server) -> None:
    refused = Octets.of(sign(server, "POST", "/api/notes", headers=JSON, body=b"x" * 100)).without(
        "Authorization"
    )
    found = answers(server, bytes(refused) + bytes(Octets.of(bird(server)).plus(LAST)))
    assert [one.status for one in found] == [401, 200]


# -- lines and headers that servers read differently

OAUTH_AND: dict[str, list[str]] = {
    "Basic, then OAuth": ["Basic x", "{oauth}"],
    "OAuth, then Basic": ["{oauth}", "Basic x"],
    "OAuth twice": ["{oauth}", "{oauth}"],
    "Basic and OAuth in one": ["Basic x, {oauth}"],
    "OAuth and Basic in one": ["{oauth}, Basic x"],
}


@pytest.mark.abuse("A86")
@pytest.mark.parametrize("values", OAUTH_AND.values(), ids=OAUTH_AND)
def test_of_two_authorizations_none_counts_and_nothing_is_spent(server: Server, values: list[str]) -> None:
    signed = bird(server)
    fields = [("Authorization", value.format(oauth=signed.headers["Authorization"])) for value in values]
    assert answer(server, Octets.of(signed).without("Authorization").plus(*fields)).status in (400, 401)
    assert_free(signed)


@pytest.mark.rule(2)
@pytest.mark.abuse("A18")
@pytest.mark.abuse("A89")
@pytest.mark.parametrize("form", ["absolute", "origin"])
def test_what_was_signed_for_another_host_is_never_verified(server: Server, form: str) -> None:
    signed = Signer(CONSUMER, TOKEN).sign("GET", "http://evil.example/api/birds/x")
    octets = Octets.of(signed).but(target=signed.url if form == "absolute" else "/api/birds/x")
    here = octets.without("Host").plus(("Host", urlsplit(server.origin).netloc))
    for sent in (octets, here):
        assert answer(server, sent).status in (400, 401, 404)


@pytest.mark.abuse("A89")
def test_the_absolute_form_of_another_host_is_refused_where_the_server_tells_it(server: Server) -> None:
    """granian keeps it to itself: the signature is for this host all the same."""
    signed = bird(server)
    octets = Octets.of(signed).but(target="http://evil.example/api/birds/x?a=1")
    expected = {"granian": 200, "uvicorn": 404}.get(server.name, 400)
    assert answer(server, octets).status == expected
    assert send(signed).status == (401 if server.name == "granian" else 200)


@pytest.mark.abuse("A89")
def test_what_stands_behind_a_hash_is_never_let_in_unsigned(server: Server) -> None:
    """granian cuts it off; the others hand it on, where no signature covers it."""
    answered = answer(server, Octets.of(bird(server)).but(target="/api/birds/x?a=1#&b=2"))
    if server.name == "granian":
        assert json_of(answered)["with"] == [["a", "1"]]
    else:
        assert answered.status == 400


@pytest.mark.abuse("A89")
@pytest.mark.parametrize(
    ("method", "target"),
    [
        *(("OPTIONS", "*"), ("GET", "*"), ("CONNECT", "evil.example:80"), ("GET", "evil.example:80")),
        *(("GET", "api/birds/x?a=1"), ("G ET", "/api/birds/x?a=1"), ("GET", "\\api\\birds\\x?a=1")),
    ],
)
def test_a_request_line_of_another_form_reaches_nothing(server: Server, method: str, target: str) -> None:
    signed = bird(server)
    found = answers(server, Octets.of(signed).but(method=method, target=target).plus(LAST))
    assert {one.status for one in found} <= {400, 404, 405, 501}
    assert_free(signed)


@pytest.mark.abuse("A89")
def test_trace_is_off_and_repeats_nothing(server: Server) -> None:
    octets = Octets.of(sign(server, "TRACE", "/api/birds/x")).plus(("X-Canary", "tweet tweet"))
    answered = answer(server, octets)
    assert answered.status == 405
    assert b"tweet tweet" not in answered.body


DRESSES = {
    "folded": ("Authorization: {oauth}", ",\r\n  "),
    "a blank before the colon": ("Authorization : {oauth}", ", "),
    "a tab before the colon": ("Authorization\t: {oauth}", ", "),
    "a blank before the name": (" Authorization: {oauth}", ", "),
    "a bare carriage return": ("X: y\rAuthorization: {oauth}", ", "),
    "a NUL": ("X: \x00\r\nAuthorization: {oauth}", ", "),
    "no colon": ("X\r\nAuthorization: {oauth}", ", "),
    "an underscore": ("HTTP_Authorization: {oauth}", ", "),
}


@pytest.mark.abuse("A89")
@pytest.mark.parametrize(("line", "comma"), DRESSES.values(), ids=DRESSES)
def test_a_header_in_a_doubtful_dress_is_no_credential_or_the_one_that_was_signed(
    server: Server, line: str, comma: str
) -> None:
    signed = bird(server)
    written = line.format(oauth=signed.headers["Authorization"].replace(", ", comma))
    octets = bytes(Octets.of(signed).without("Authorization").plus(LAST, ("X-Last", f"y\r\n{written}")))
    found = answers(server, octets)
    statuses = {one.status for one in found}
    assert statuses <= {200, 400, 401}
    assert send(signed).status == (401 if 200 in statuses else 200), "accepted once at the most"
