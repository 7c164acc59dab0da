"""Where nothing went as meant."""

import http.client
import re
import resource
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.demo.caller import Caller, as_json, problem
from tests.demo.test_launcher import processes
from tests.demo.visitor import Visitor
from tests.running import Demo
from valetkey.urllib import send


def test_a_page_that_is_not_there_says_so(demo: Demo) -> None:
    page = Visitor(demo).see("/nowhere/")
    assert page.status == 404
    assert page.title == "Aviary has no such page"


def test_another_host_is_told_the_right_address(demo: Demo) -> None:
    address = urlsplit(demo.info["provider"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    connection.request("GET", "/", headers={"Host": "localhost"})
    answer = connection.getresponse()
    text = answer.read().decode()
    assert answer.status == 400
    assert f'<a href="{demo.info["provider"]}/">' in text
    assert f"style-src {demo.info['provider']};" in answer.headers["Content-Security-Policy"]
    connection.request("GET", "/1/feed/timeline.json", headers={"Host": "evil.example"})
    answer = connection.getresponse()
    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    connection.close()


def test_a_form_without_its_token_changes_nothing(demo: Demo) -> None:
    visitor = Visitor.new(demo)
    page = visitor.see("/")
    answer = visitor.post(page, '<form method="post">', {"status": "forged"})
    assert answer.status == 403
    assert answer.title == "What you sent didn’t arrive"
    assert "forged" not in visitor.see("/").text


def test_a_fault_has_an_id_and_tells_nothing_else(tmp_path: Path) -> None:
    with Demo.started(folder=tmp_path) as demo:
        with closing(sqlite3.connect(tmp_path / "data" / "aviary.sqlite3")) as database:
            database.execute("ALTER TABLE aviary_status RENAME TO gone")
        page = Visitor(demo).see("/")
        answer = Caller(demo).get("/1/feed/timeline.json")
        log = (tmp_path / "data" / "aviary.log").read_text()
    assert (page.status, page.title) == (500, "Something broke at Aviary")
    found = re.search(r"The error’s id is <code>([0-9a-f]{8})</code>", page.text)
    assert found
    assert f"has the id {found[1]}." in log
    assert "no such table: aviary_status" in log
    assert answer.status == 500
    assert re.fullmatch(r"Internal error [0-9a-f]{8}\.", as_json(answer)["errors"][0]["message"])
    assert b"aviary_status" not in answer.body
    assert "aviary_status" not in page.text


def fill_disk(demo: Demo, *, full: bool) -> None:
    """Lets none of Aviary's files grow any more, or lets all grow again."""
    for process in processes(demo.process.pid):
        if b"serve\0aviary" in Path(f"/proc/{process}/cmdline").read_bytes():
            hard = resource.prlimit(process, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(process, resource.RLIMIT_FSIZE, (0 if full else hard, hard))


@pytest.mark.abuse("A79")
def test_on_a_full_disk_nothing_is_lost_and_afterwards_it_goes_on_by_itself(tmp_path: Path) -> None:
    with Demo.started(folder=tmp_path) as demo:
        caller, robin = Caller(demo), Visitor.robin(demo)
        before = caller.update("before")["id"]
        signed = caller.signed("POST", "/1/statuses/update.json", {"status": "after"})
        fill_disk(demo, full=True)
        refused = send(signed)
        page = robin.send("/", status="from a page")
        read = robin.see("/")
        fill_disk(demo, full=False)
        assert (refused.status, problem(refused)) == (503, "consumer_key_refused")
        assert int(refused.headers["Retry-After"]) > 0
        assert (page.status, page.title) == (503, "Something broke at Aviary")
        assert int(page.headers["Retry-After"]) > 0
        assert (read.status, "before" in read.text) == (200, True)
        answer = send(signed)
        assert answer.status == 200, "the very same request: it cost nothing"
        shown = [status["id"] for status in as_json(caller.get("/1/feed/timeline.json"))]
        assert shown == [as_json(answer)["id"], before]
        assert "Posted." in robin.send("/", status="from a page").text
