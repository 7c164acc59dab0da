"""What the test site does with a service that answers badly, or not at all."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.demo.site import made
from tests.demo.site.walker import Walker, read, shown_on
from tests.loopback import Arrived, Loopback, serving
from tests.running import Demo
from valetkey import Answer
from valetkey.demo.config import DemoConfig

TOKEN = urlencode({"oauth_token": "requestkey", "oauth_token_secret": made.REQUEST_TOKEN.secret})
REQUEST_TOKEN = Answer(200, made.FORM, f"{TOKEN}&oauth_callback_confirmed=true")
BACK = "/verify/?oauth_token=requestkey&oauth_verifier=theverifier"
BUSY = Answer(503, {**made.FORM, "Retry-After": "5"}, "oauth_problem=consumer_key_refused")


class Service:
    """Stands in for Aviary, and answers what a test tells it to."""

    def __init__(self) -> None:
        self.answering: Callable[[Arrived], Answer | None] = lambda arrived: REQUEST_TOKEN
        self.loopback: Loopback

    def says(self, answer: Answer) -> None:
        self.answering = lambda arrived: answer

    def __call__(self, arrived: Arrived) -> Answer | None:
        return self.answering(arrived)


def site_at(provider: str, folder: Path) -> Iterator[Demo]:
    """The test site alone, as the demo starts it, with another provider."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = DemoConfig(folder, origin, provider, ("127.0.0.1",), ("127.0.0.1",), explain=True)
        config.keep_credentials({"consumer_key": made.CONSUMER.key, "consumer_secret": made.CONSUMER.secret})
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "valetkey.demo.serve", "site"),
                *("--descriptor", str(listener.fileno()), "--parent", str(os.getpid())),
            ],
            env={**os.environ, **config.environment},
            pass_fds=[listener.fileno()],
        )
    demo = Demo(folder=folder)
    demo.info = {"site": origin, "provider": provider, "username": "robin"}
    # Until it listens, the request waits: the socket is there.
    assert Walker(demo).visit("/").status == 200
    yield demo
    process.terminate()
    process.wait(30)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    service = Service()
    with serving(service) as service.loopback:
        yield service


@pytest.fixture(scope="module")
def site(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    yield from site_at(service.loopback.origin, tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The test site, with nobody where Aviary should be."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        provider = f"http://127.0.0.1:{gone.getsockname()[1]}"
    yield from site_at(provider, tmp_path_factory.mktemp("lonely"))


@pytest.fixture
def walker(site: Demo, service: Service) -> Walker:
    """Somebody who has started, and comes back."""
    service.says(REQUEST_TOKEN)
    walker = Walker(site)
    assert walker.visit("/auth/").title == "Connect to Aviary"
    return walker


def test_a_busy_service_is_asked_again_in_so_many_seconds(walker: Walker, service: Service) -> None:
    service.says(BUSY)
    words = "Aviary can’t check nonces at the moment"
    for path, nothing in (("/auth/", "exchanged"), (BACK, "exchanged")):
        page = walker.visit(path)
        assert (page.status, page.title) == (503, words)
        assert f"Nothing was {nothing}. Try again in 5 seconds." in read(page)
        assert walker.headers(path)["Retry-After"] == "5"
        assert shown_on(page).base_string == shown_on(page).recomputed
    page = walker.update("later", access="token", secret="secret")
    assert page.title == words
    assert "Nothing was posted. Try again in 5 seconds." in read(page)


def test_after_a_busy_service_the_same_verifier_still_works(walker: Walker, service: Service) -> None:
    service.says(BUSY)
    assert walker.visit(BACK).status == 503
    token = {"oauth_token": "accesskey", "oauth_token_secret": "its secret"}
    service.says(Answer(200, made.FORM, urlencode({**token, "user_id": "7", "screen_name": "ada"})))
    assert walker.visit(BACK).title == "Connected as @ada"
    assert walker.token() == ("accesskey", "its secret")


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        (Answer(429, {**made.FORM, "Retry-After": "60"}, ""), "Too many requests"),
        (Answer(200, {"Content-Type": "text/html"}, "<b>maintenance</b>"), "Aviary’s answer can’t be used"),
        (Answer(200, made.FORM, TOKEN), "Aviary’s answer can’t be used"),
        (Answer(500, {}, b"\xff\x00<script>"), "Aviary refused it"),
        (Answer(302, {"Location": "http://127.0.0.1:1/"}, ""), "Aviary refused it"),
        (Answer(401, made.FORM, "oauth_problem=consumer_key_unknown"), "Unknown consumer key"),
    ],
    ids=["too many", "no form", "unconfirmed", "broken", "elsewhere", "unknown"],
)
def test_an_answer_without_a_request_token_is_told(
    walker: Walker, service: Service, answer: Answer, title: str
) -> None:
    service.says(answer)
    page = walker.visit("/auth/")
    assert page.title == title
    assert page.status >= 429
    assert "<script>" not in page.text
    assert made.REQUEST_TOKEN.secret not in page.text
    assert service.loopback.last.target == "/oauth/request_token"


@pytest.mark.parametrize(
    ("body", "status", "title"),
    [
        ("oauth_problem=token_expired", 410, "It took too long"),
        ("oauth_problem=token_used", 409, "This verifier is used up"),
        ("oauth_problem=token_rejected", 410, "Aviary doesn’t know this request any more"),
    ],
    ids=["expired", "used", "unknown"],
)
def test_a_request_token_that_has_ended_starts_anew(
    walker: Walker, service: Service, body: str, status: int, title: str
) -> None:
    service.says(Answer(401, made.FORM, body))
    page = walker.visit(BACK)
    assert (page.status, page.title) == (status, title)
    assert "Nothing was exchanged." in read(page)
    assert ">Start anew<" in page.text
    assert "account" not in walker.session()


def test_an_access_token_of_nobody_is_not_kept(walker: Walker, service: Service) -> None:
    service.says(Answer(200, made.FORM, "oauth_token=accesskey&oauth_token_secret=shush"))
    page = walker.visit(BACK)
    assert (page.status, page.title) == (502, "Aviary’s answer can’t be used")
    assert "shush" not in page.text
    assert "account" not in walker.session()


def test_a_status_of_another_service_is_shown_as_it_came(walker: Walker, service: Service) -> None:
    service.says(Answer(200, made.JSON, '{"text": "<b>&amp;</b>", "ok": true}'))
    page = walker.update("x", access="token", secret="secret")
    assert page.title == "Aviary’s answer can’t be used"
    assert '"text": "<b>&amp;</b>",' in shown_on(page).answer


def test_a_session_that_ends_under_way_is_told(walker: Walker, service: Service) -> None:
    """As where another tab connects meanwhile, and the session gets another id."""

    def answering(arrived: Arrived) -> Answer:
        walker.session_file.unlink()
        return BUSY

    service.answering = answering
    page = walker.update("x", access="token", secret="secret")
    assert (page.status, page.title) == (409, "Another tab was faster")


def test_a_file_of_a_session_that_is_no_session_is_a_new_one(walker: Walker, service: Service) -> None:
    walker.session_file.write_bytes(b"\x00 not a session")
    assert walker.visit("/auth/").status == 200


def test_many_requests_of_one_session_at_once_lose_nothing_but_the_race(
    walker: Walker, service: Service
) -> None:
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda _: walker.visit("/auth/"), range(40)))
    assert {page.title for page in pages} == {"Connect to Aviary"}


@pytest.mark.parametrize("path", ["/auth/", "/auth/?signin=1"])
def test_where_nobody_answers_the_page_says_where_it_looked(lonely: Demo, path: str) -> None:
    page = Walker(lonely).visit(path)
    assert (page.status, page.title) == (502, "Aviary doesn’t answer")
    assert f"{lonely.info['provider']} refused the connection" in read(page)
    assert "What went over the wire" not in page.text


def test_what_could_not_be_posted_need_not_be_written_again(lonely: Demo) -> None:
    walker = Walker(lonely)
    page = walker.update("kept for later", access="token", secret="typed")
    assert (page.status, page.title) == (200, "Aviary doesn’t answer")
    form = walker.visit("/tweet/")
    assert "kept for later" in form.text
    assert "typed" not in form.text


def test_secrets_are_not_asked_for_in_the_clear(tmp_path: Path) -> None:
    for site in site_at("http://provider.example", tmp_path):
        page = Walker(site).visit("/auth/")
        assert (page.status, page.title) == (503, "Secrets don’t travel in the clear")
