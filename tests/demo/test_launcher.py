"""Starting and stopping the demo."""

import http.client
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.demo.caller import Caller, as_json, granted, problem, replaced
from tests.demo.visitor import PASSWORD, Visitor
from tests.running import Demo, wait_until_free
from valetkey import Answer, Signed, Signer
from valetkey.protocol.errors import ServiceError
from valetkey.urllib import send

PROMISED = [
    *("site", "provider", "consumer_key", "consumer_secret"),
    *("username", "password", "access_token", "access_token_secret"),
]
PATIENCE = 5  # seconds after which a killed demo's ports must be free
POSTS, THREADS = 100, 8
EVERYWHERE = "0.0.0.0"  # that it listens everywhere is what is tested


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Demo]:
    with Demo.started(folder=tmp_path) as demo:
        yield demo


def run(*options: str, folder: Path, limit: float = 60) -> "subprocess.CompletedProcess[str]":
    """`valetkey demo` to its end."""
    command = [sys.executable, "-m", "valetkey.cli", "demo", "--json", "--data", str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=limit)


def port(origin: str) -> str:
    return origin.rsplit(":", 1)[1]


def processes(group: int) -> set[int]:
    """The processes of a group that still run."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            after_name = (entry / "stat").read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        if entry.name.isdigit() and int(after_name[2]) == group and after_name[0] != "Z":
            found.add(int(entry.name))
    return found


def wait_until_gone(group: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while left := processes(group):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def test_json_prints_one_line_with_all_that_is_promised_and_nothing_else(own: Demo) -> None:
    assert sorted(own.info) == sorted(PROMISED)
    assert all(isinstance(value, str) and value for value in own.info.values())
    assert Caller(own).update("It works")["user"]["screen_name"] == own.info["username"]
    assert own.stop() == 0
    assert own.output == ""
    assert own.errors == ""


def test_without_json_it_says_what_to_open_and_who_to_log_in_as(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "valetkey.cli", "demo", "--data", str(tmp_path)]
    with subprocess.Popen(
        [*command, "--site-port", "0", "--provider-port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(7)]
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(15) == 0
    password = (tmp_path / "secrets" / "robin-password").read_text().strip()
    shape = r"""Tutorial test site  http://127\.0\.0\.1:\d+/   \(start here\)
Aviary              http://127\.0\.0\.1:\d+/   \(the provider\)

Log in at Aviary as   robin
with the password     %s

Everything is kept in %s\. Ctrl-C stops both sites\.
"""
    assert re.fullmatch(shape % (password, re.escape(str(tmp_path))), "".join(lines))


def test_ctrl_c_stops_both_sites_within_seconds_and_loses_nothing(own: Demo) -> None:
    before = [Caller(own).update(f"before {number}")["id"] for number in range(3)]
    started = time.monotonic()
    assert own.stop(signal.SIGINT) == 0
    assert time.monotonic() - started < 6
    assert "Traceback" not in own.errors
    own.start()
    shown = [status["id"] for status in as_json(Caller(own).get("/1/feed/timeline.json"))]
    assert shown == list(reversed(before))


def test_ctrl_c_in_the_middle_of_posts_loses_none_that_was_answered(own: Demo) -> None:
    """A browser's idle connection, which is kept alive, holds nothing up."""
    address = urlsplit(own.info["provider"])
    idle = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    idle.request("GET", "/")
    idle.getresponse().read()
    posts = Sending.posts(own)
    with ThreadPoolExecutor(THREADS) as pool:
        for number in range(POSTS):
            pool.submit(posts.send, number)
        assert posts.some.wait(60)
        started = time.monotonic()
        assert own.stop(signal.SIGINT) == 0
        assert time.monotonic() - started < 6
    idle.close()
    own.start()
    timeline = as_json(Caller(own).get("/1/feed/timeline.json", count=200))
    accepted = {as_json(answer)["id"] for answer in posts.accepted.values()}
    assert accepted <= {status["id"] for status in timeline}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_parent_alone_stops_all(own: Demo, number: signal.Signals) -> None:
    group = own.process.pid
    os.kill(group, number)
    assert own.process.wait(10) == 0
    assert processes(group) == set()
    assert own.errors == ""


def test_a_closed_terminal_stops_all(own: Demo) -> None:
    """SIGHUP to every process of the group: gunicorn would reload."""
    group = own.process.pid
    os.killpg(group, signal.SIGHUP)
    assert own.process.wait(10) == 0
    assert processes(group) == set()


def test_ctrl_c_at_any_moment_of_the_start_ends_it_quietly(tmp_path: Path) -> None:
    for delay in (0.15, 0.3, 0.6, 0.9):
        command = [sys.executable, "-m", "valetkey.cli", "demo", "--json", "--data", str(tmp_path / "data")]
        with subprocess.Popen(
            [*command, "--site-port", "0", "--provider-port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            time.sleep(delay)
            os.killpg(process.pid, signal.SIGINT)
            _, errors = process.communicate(timeout=15)
        if process.returncode != -signal.SIGINT:  # Python itself was still starting
            assert (process.returncode, errors) == (0, ""), delay


@pytest.mark.parametrize(("option", "taken"), [("--site-port", "site"), ("--provider-port", "provider")])
def test_a_taken_port_is_said_at_once(tmp_path: Path, option: str, taken: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as holder:
        number = str(holder.getsockname()[1])
        ports = {"--site-port": "0", "--provider-port": "0", option: number}
        done = run(*[word for pair in ports.items() for word in pair], folder=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"valetkey demo: port {number} of 127.0.0.1 is in use\n"
        f"choose another with {option}; 0 takes any free one\n"
    )


def test_one_data_folder_serves_one_demo(demo: Demo) -> None:
    done = run("--site-port", "0", "--provider-port", "0", folder=demo.folder / "data")
    assert done.returncode == 1
    assert "is in use by another demo" in done.stderr
    assert "--data" in done.stderr


@pytest.mark.abuse("A100")
def test_the_data_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with Demo.started(folder=tmp_path) as demo:
            Caller(demo).update("x")
            data = demo.folder / "data"
            assert stat.S_IMODE(data.stat().st_mode) == 0o700
            for path in data.rglob("*"):
                assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    finally:
        os.umask(before)


@pytest.mark.abuse("A100")
def test_a_folder_that_others_may_write_into_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    done = run(folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == f"valetkey demo: others may write into the data folder {tmp_path}"


def test_a_data_folder_that_cant_be_one_is_said_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "below"):
        done = run(folder=folder)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 2
        assert str(folder) in done.stderr


@pytest.mark.abuse("A100")
def test_no_secret_stands_in_an_argument_or_in_the_environment(own: Demo) -> None:
    secrets = [own.info[name] for name in PROMISED if name.endswith(("secret", "password", "token"))]
    secrets += [path.read_text().strip() for path in (own.folder / "data" / "secrets").iterdir()]
    for process in processes(own.process.pid):
        seen = Path(f"/proc/{process}/cmdline").read_text() + Path(f"/proc/{process}/environ").read_text()
        assert not [secret for secret in secrets if secret in seen]


@pytest.mark.abuse("A61")
def test_no_secret_stands_in_a_log(own: Demo) -> None:
    caller, wren = Caller(own), Visitor.new(own)
    caller.update("x")
    caller.get("/1/feed/timeline.json", secret="in the query")
    caller.get("/nowhere/", oauth_verifier="visible")
    token = caller.request_token()
    pin = wren.pin(caller.authorize_url(token))
    made = granted(caller.access_token(token, pin))
    wren.get(f"{own.info['site']}/verify/?oauth_token={token.key}&oauth_verifier=visible")
    wren.get(f"{own.info['site']}/nowhere/?oauth_token={token.key}&oauth_verifier=visible")
    own.stop()
    logged = "".join(path.read_text() for path in (own.folder / "data").glob("*.log")) + own.errors
    assert logged.count("Not Found: /nowhere/") == 2
    for text in (
        *(caller.token.key, caller.token.secret, caller.consumer.secret, "visible", "oauth_signature"),
        *(token.key, token.secret, pin, made.key, made.secret, PASSWORD, wren.cookie("aviary_sessionid")),
    ):
        assert text not in logged


def test_a_site_that_ends_by_itself_ends_the_other(own: Demo) -> None:
    group = own.process.pid
    (arbiter,) = [
        process
        for process in processes(group)
        if b"serve\0site" in Path(f"/proc/{process}/cmdline").read_bytes()
        and f"\nPPid:\t{group}\n" in Path(f"/proc/{process}/status").read_text()
    ]
    os.kill(arbiter, signal.SIGKILL)
    assert own.process.wait(15) == 1
    assert own.errors.splitlines()[0] == "valetkey demo: the test site ended by itself (killed by SIGKILL)"
    wait_until_gone(group, PATIENCE)


@pytest.mark.abuse("A101")
def test_beyond_loopback_it_warns_and_explains_nothing(tmp_path: Path) -> None:
    with Demo.started("--host", EVERYWHERE, folder=tmp_path) as demo:
        assert demo.errors.startswith("valetkey demo: warning: other computers can reach both sites")
        caller = Caller(demo)
        caller.update("x")
        signed = caller.signed("POST", "/1/statuses/update.json", {"status": "as signed"})
        answer = send(replaced(signed, body=b"status=otherwise"))
        assert problem(answer) == "signature_invalid"
        assert b"oauth_problem_detail" not in answer.body


def test_a_public_origin_must_be_one(tmp_path: Path) -> None:
    for text in (
        "aviary.example",
        "https://",
        "ftp://a.example",
        "https://a.example/path",
        "https://u@a.example",
    ):
        done = run("--site-port", "0", "--provider-port", "0", "--provider-origin", text, folder=tmp_path)
        assert done.returncode == 1, text
        assert "write it like --provider-origin https://aviary.example" in done.stderr


@pytest.mark.abuse("A18")
def test_behind_a_proxy_signatures_are_verified_for_the_public_origin(tmp_path: Path) -> None:
    """`provider` stays the address that it listens on; the host that the proxy sends doesn't matter."""
    with Demo.started("--provider-origin", "https://aviary.example", folder=tmp_path) as demo:
        caller = Caller(demo)
        signer_sees = "https://aviary.example/1.1/account/verify_credentials.json"
        signed = caller.signed("GET", "/1.1/account/verify_credentials.json")
        assert send(signed).status == 401
        caller.origin = "https://aviary.example"
        signed = caller.signed("GET", "/1.1/account/verify_credentials.json")
        assert signed.url == signer_sees
        arrived = demo.info["provider"] + "/1.1/account/verify_credentials.json"
        answer = send(replaced(signed, url=arrived))
        assert answer.status == 200


class Sending:
    """Requests from eight threads, some of which the demo's end cuts off."""

    def __init__(self, requests: Sequence[Signed]) -> None:
        self.requests = requests
        self.accepted: dict[int, Answer] = {}
        self.some = threading.Event()

    @classmethod
    def posts(cls, demo: Demo) -> "Sending":
        """A hundred of them."""
        caller, path = Caller(demo), "/1/statuses/update.json"
        return cls([caller.signed("POST", path, {"status": f"post {number}"}) for number in range(POSTS)])

    def send(self, number: int) -> None:
        try:
            answer = send(self.requests[number], timeout=20)
        except ServiceError:
            return
        if answer.status == 200:
            self.accepted[number] = answer
            if len(self.accepted) >= len(self.requests) // 4:
                self.some.set()

    def until_killed(self, demo: Demo, *, parent_alone: bool) -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            for number in range(len(self.requests)):
                pool.submit(self.send, number)
            assert self.some.wait(60)
            demo.kill(parent_alone=parent_alone)


@pytest.mark.abuse("A73")
@pytest.mark.parametrize("parent_alone", [False, True], ids=["the-group", "the-parent-alone"])
def test_a_killed_demo_has_every_status_it_answered_for_and_accepts_no_request_again(
    own: Demo, parent_alone: bool
) -> None:
    posts = Sending.posts(own)
    group = own.process.pid
    posts.until_killed(own, parent_alone=parent_alone)
    killed = time.monotonic()
    for origin in (own.info["site"], own.info["provider"]):
        wait_until_free(origin, PATIENCE - (time.monotonic() - killed))
    wait_until_gone(group, PATIENCE - (time.monotonic() - killed))

    before = own.info
    own.restart()

    assert own.info == before, "same data, same ports, same credentials"
    assert posts.accepted
    assert parent_alone or len(posts.accepted) < POSTS
    caller = Caller(own)
    timeline = as_json(caller.get("/1/feed/timeline.json", count=200))
    shown = {status["id"]: status["text"] for status in timeline}
    accepted = {number: as_json(answer)["id"] for number, answer in posts.accepted.items()}
    assert {number: shown.get(identifier) for number, identifier in accepted.items()} == {
        number: f"post {number}" for number in posts.accepted
    }
    for number in posts.accepted:
        answer = send(posts.requests[number])
        assert (answer.status, problem(answer)) == (401, "nonce_used"), number
    caller.update("after")


EXCHANGES = 24


@pytest.mark.abuse("A73")
@pytest.mark.abuse("A41")
def test_a_killed_demo_knows_every_exchange_it_answered_for_and_made_no_half_of_one(own: Demo) -> None:
    wren, caller = Visitor.new(own), Caller(own)
    tokens = [caller.request_token() for _ in range(EXCHANGES)]
    pins = [wren.pin(caller.authorize_url(token)) for token in tokens]
    url = f"{caller.origin}/oauth/access_token"
    signed = [
        Signer(caller.consumer, token).sign("POST", url, oauth={"oauth_verifier": pin})
        for token, pin in zip(tokens, pins, strict=True)
    ]
    exchanges = Sending(signed)
    exchanges.until_killed(own, parent_alone=False)
    own.restart()
    for number, answer in exchanges.accepted.items():
        theirs = Caller(own, token=granted(answer)).get("/1.1/account/verify_credentials.json")
        assert as_json(theirs)["screen_name"] == wren.name
        again = send(signed[number])
        assert (again.status, problem(again)) == (401, "nonce_used")
        anew = caller.access_token(tokens[number], pins[number])
        assert (anew.status, problem(anew)) == (401, "token_used")
    for number in set(range(EXCHANGES)) - exchanges.accepted.keys():
        anew = caller.access_token(tokens[number], pins[number])
        assert anew.status == 200 or problem(anew) == "token_used", "its answer was cut off"
    with closing(sqlite3.connect(own.folder / "data" / "aviary.sqlite3")) as database:
        (made,) = database.execute("SELECT count(*) FROM valetkey_accesstoken WHERE own = 0").fetchone()
        (used,) = database.execute(
            "SELECT count(*) FROM valetkey_requesttoken WHERE state = 'used'"
        ).fetchone()
    assert made == used == EXCHANGES


@pytest.mark.abuse("A73")
@pytest.mark.abuse("A42")
def test_a_kill_gives_nobody_more_tries_for_a_pin(own: Demo) -> None:
    wren, caller = Visitor.new(own), Caller(own)
    token = caller.request_token()
    pin = wren.pin(caller.authorize_url(token))
    wrong = f"{(int(pin) + 1) % 10**8:08}"
    for _ in range(5):
        assert problem(caller.access_token(token, wrong)) == "parameter_rejected"
    own.kill()
    own.restart()
    assert problem(caller.access_token(token, pin)) == "token_rejected"


def test_after_a_kill_it_starts_at_once_on_the_same_ports(own: Demo) -> None:
    own.kill(parent_alone=True)
    own.restart()
    assert own.errors == ""
