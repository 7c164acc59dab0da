"""Signed requests to an ASGI application."""

import asyncio
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest

from tests.demo.sockets import Octets
from tests.middlewares import JSON, Keeps, Outcome, Seen, form, octets, store
from tests.wire import FORM, awaited, run, tapped
from valetkey import Answer, Verifier
from valetkey.asgi import Message, OAuth1Middleware, Scope

GONE: Message = {"type": "http.disconnect"}


class Client:
    """What the server hands on of a client: its body in pieces, and then that it is gone."""

    def __init__(self, body: bytes, cut: bool = False, length: int | None = None) -> None:
        self.count = 0
        self.pieces = self.cut_in(body, cut) if length is None else self.blanks(length)

    @staticmethod
    def cut_in(body: bytes, cut: bool) -> Iterator[Message]:
        for start in range(0, len(body), 7):
            more = cut or start + 7 < len(body)
            yield {"type": "http.request", "body": body[start : start + 7], "more_body": more}
        if not body and not cut:
            yield {"type": "http.request"}  # both of its keys may be left out

    @staticmethod
    def blanks(length: int) -> Iterator[Message]:
        while length > 0:
            yield {"type": "http.request", "body": b" " * min(length, 65_536), "more_body": length > 65_536}
            length -= 65_536

    async def receive(self) -> Message:
        message = next(self.pieces, GONE)
        self.count += len(message.get("body", b""))
        return message


def scope(
    sent: Octets, mount: str = "", seen_path: str | None = None, raw: bool = True, **more: Any
) -> Scope:
    path, _, query = sent.target.partition("?")
    made = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": "https",
        "path": mount + (unquote(path) if seen_path is None else seen_path),
        "root_path": mount,
        "query_string": query.encode("latin-1"),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in sent.fields],
    }
    return made | ({"raw_path": path.encode("latin-1")} if raw else {}) | more


async def acall(
    given: Scope, client: Client, verifier: Verifier[Any, Any] | None = None, **options: Any
) -> Outcome:
    outcome = Outcome(None)
    sent: list[Message] = []

    async def application(scope: Scope, receive: Any, send: Any) -> None:
        count, body, more = client.count, b"", True
        while more:
            message = await receive()
            assert message["type"] == "http.request"
            body += message.get("body", b"")
            more = message.get("more_body", False)
        outcome.seen.append(Seen(scope["oauth"], body, count))
        assert await receive() == GONE, "what comes behind the body comes through as well"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"well"})

    async def send(message: Message) -> None:
        sent.append(message)

    await OAuth1Middleware(application, verifier or Verifier(store()), **options)(given, client.receive, send)
    if sent:
        start, body = sent
        fields = [(name.decode(), value.decode()) for name, value in start["headers"]]
        outcome.answer = Answer(start["status"], fields, body["body"])
    outcome.read = client.count
    return outcome


class TestASGI(Keeps):
    def call(
        self,
        sent: Octets,
        verifier: Verifier[Any, Any] | None = None,
        *,
        mount: str = "",
        seen_path: str | None = None,
        raw: bool = True,
        cut: bool = False,
        length: int | None = None,
        **options: Any,
    ) -> Outcome:
        given = scope(sent, mount, seen_path, raw)
        return run(acall(given, Client(sent.body, cut, length), verifier, **options))


def call(
    given: Scope, body: bytes = b"", verifier: Verifier[Any, Any] | None = None, **options: Any
) -> Outcome:
    return run(acall(given, Client(body), verifier, **options))


@pytest.mark.abuse("A88")
@pytest.mark.parametrize("kind", ["websocket", "lifespan", "something to come"])
def test_what_is_not_http_goes_through_as_it_is(kind: str) -> None:
    seen: list[tuple[Any, ...]] = []

    async def application(*given: Any) -> None:
        seen.append(given)

    async def receive() -> Message:
        raise AssertionError("not ours to read")

    async def send(message: Message) -> None: ...

    given: Scope = {"type": kind}
    run(OAuth1Middleware(application, Verifier(store()))(given, receive, send))
    ((passed, *_),) = seen
    assert passed is given
    assert "oauth" not in given


@pytest.mark.abuse("A88")
def test_a_stream_that_is_not_needed_comes_through_message_by_message() -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b"a", "more_body": True},
        {"type": "http.request"},
        GONE,
    ]
    waiting, seen = deque(messages), []

    async def application(scope: Scope, receive: Any, send: Any) -> None:
        assert len(waiting) == 3
        seen.extend([await receive() for _ in messages])

    async def receive() -> Message:
        return waiting.popleft()

    async def send(message: Message) -> None: ...

    given = scope(octets("POST", headers=JSON, body=b"a"))
    run(OAuth1Middleware(application, Verifier(store()))(given, receive, send))
    assert [one is other for one, other in zip(seen, messages, strict=True)] == [True] * 3


def test_whoever_stands_outside_keeps_their_scope() -> None:
    given = scope(octets())
    assert call(given).status == 200
    assert "oauth" not in given


@pytest.mark.abuse("A87")
def test_who_is_gone_may_be_out_of_reach_of_an_answer() -> None:
    async def application(*given: Any) -> None:
        raise AssertionError("there is no request")

    async def send(message: Message) -> None:
        raise ConnectionResetError  # as servers of the newer specification do

    sent = form()
    middleware = OAuth1Middleware(application, Verifier(store()))
    run(middleware(scope(sent), Client(sent.body[:5], cut=True).receive, send))


@pytest.mark.parametrize("body", [b"", b"a body that nobody signed"])
@pytest.mark.parametrize("headers", [{}, JSON], ids=str)
@pytest.mark.parametrize("version", ["1.1", "2"])
def test_a_body_that_no_header_tells_of_is_known_by_its_first_message(
    version: str, headers: dict[str, str], body: bytes
) -> None:
    """In HTTP/2 it needs neither a length nor a coding; and gateways have none."""
    sent = octets("POST", headers=headers, body=body).without("Content-Length")
    outcome = call(scope(sent, http_version=version), body)
    assert (outcome.body, outcome.oauth.body_signed) == (body, not body)


@pytest.mark.abuse("A88")
@pytest.mark.parametrize("version", ["1.1", "2"])
def test_a_form_that_no_header_tells_of_is_handed_on_whole(version: str) -> None:
    sent = form().without("Content-Length")
    assert call(scope(sent, http_version=version), b"status=x").problem == "signature_invalid"
    outcome = call(scope(sent, http_version=version), sent.body)
    assert (outcome.body, outcome.oauth.body_signed) == (sent.body, True)
    gone = run(acall(scope(form().without("Content-Length"), http_version="2"), Client(b"", cut=True)))
    assert (gone.status, gone.seen) == (400, [])


def test_names_of_fields_are_found_in_any_case() -> None:
    given = scope(octets())
    given["headers"] = [(name.title(), value) for name, value in given["headers"]]
    assert call(given).status == 200


def test_a_raw_path_that_holds_the_query_is_cut() -> None:
    given = scope(octets("GET", "/x?a=1"), seen_path="/x")
    assert call({**given, "raw_path": b"/x?a=1"}).status == 200


def test_an_asynchronous_store_is_awaited() -> None:
    verifier = Verifier(awaited(store()))
    sent = form()
    assert call(scope(sent), sent.body, verifier).status == 200
    assert call(scope(sent), sent.body, verifier).problem == "nonce_used"


def test_a_synchronous_store_does_not_hold_the_loop_up() -> None:
    """It waits for what only another task can do."""
    asked, answer = threading.Event(), threading.Event()

    def tap(name: str, args: tuple[Any, ...]) -> None:
        asked.set()
        assert answer.wait(30)

    async def both() -> Outcome:
        async def other() -> None:
            while not asked.is_set():
                await asyncio.sleep(0.001)
            answer.set()

        outcome, _ = await asyncio.gather(
            acall(scope(octets()), Client(b""), Verifier(tapped(store(), tap))), other()
        )
        return outcome

    assert run(both()).status == 200


@pytest.mark.abuse("A14")
def test_of_equal_requests_at_once_one_is_let_in() -> None:
    sent = form()
    verifier = Verifier(tapped(store(), lambda name, args: None))

    async def many() -> list[int]:
        calls = (acall(scope(sent), Client(sent.body), verifier) for _ in range(10))
        return [outcome.status for outcome in await asyncio.gather(*calls)]

    assert sorted(run(many())) == [200, *[401] * 9]


@pytest.mark.parametrize("module", ["asgi", "wsgi"])
def test_importing_a_middleware_loads_nothing_heavy(module: str) -> None:
    heavy = "{'asyncio', 'http.client', 'cryptography'}"
    code = f"import sys, valetkey.{module}; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_an_application_that_answers_early_still_learns_that_the_client_is_gone() -> None:
    """As streaming answers do, which wait for it beside their work."""
    sent, heard = form(), []

    async def application(scope: Scope, receive: Any, send: Any) -> None:
        heard.extend([await receive(), await receive()])

    async def send(message: Message) -> None: ...

    run(OAuth1Middleware(application, Verifier(store()))(scope(sent), Client(sent.body).receive, send))
    assert heard == [{"type": "http.request", "body": sent.body, "more_body": False}, GONE]


@pytest.mark.abuse("A84")
@pytest.mark.parametrize("version", ["1.0", "1.1", "2"])
@pytest.mark.parametrize("headers", [FORM, JSON], ids=str)
def test_a_connection_whose_body_goes_on_and_on_is_closed_with_the_refusal(
    headers: dict[str, str], version: str
) -> None:
    """Else servers read it to its end. HTTP/2 has no such field, and ends the one stream."""
    for length, goes_on in ((100, False), (101, True)):
        sent = octets("POST", headers=headers, body=b"a" * length).without("Authorization")
        outcome = call(scope(sent, http_version=version), sent.body, Verifier(store(), max_octets=100))
        assert outcome.answer is not None
        assert (outcome.status in (401, 413), outcome.seen) == (True, [])
        assert (outcome.answer.headers.get("Connection") == "close") == (goes_on and version != "2")
