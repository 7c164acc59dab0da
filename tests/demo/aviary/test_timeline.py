"""Aviary's first page."""

import pytest

from tests.demo.caller import Caller
from tests.demo.visitor import Visitor, text_of
from tests.running import Demo


def test_a_stranger_reads_statuses_and_finds_the_ways_in(demo: Demo) -> None:
    Caller(demo).update("Seen by all")
    page = Visitor(demo).see("/")
    assert page.status == 200
    assert page.title == "Aviary"
    assert 'href="/login/"' in page.text
    assert 'href="/signup/"' in page.text
    assert "Seen by all" in page.text


def test_a_status_shows_the_application_that_sent_it(demo: Demo) -> None:
    Caller(demo).update("From a program")
    text = text_of(Visitor(demo).see("/").text)
    assert "From a program just now · via Tutorial test site" in text


def test_who_is_logged_in_posts_in_the_browser_via_the_web(demo: Demo) -> None:
    visitor = Visitor.new(demo)
    page = visitor.send("/", status="From a person\r\nin two lines & <b>plain</b>")
    assert "Posted." in page.text
    assert "From a person\nin two lines &amp; &lt;b&gt;plain&lt;/b&gt;" in page.text
    assert "just now · via the web" in text_of(page.text)


def test_a_long_status_is_cut_and_the_page_says_so(demo: Demo) -> None:
    page = Visitor.new(demo).send("/", status="x" * 141)
    assert "Posted, and cut: a status has 140 characters." in page.text
    assert f"{'x' * 140}…" in page.text
    assert "cut at 140 characters" in page.text


def test_an_empty_status_is_asked_for_again(demo: Demo) -> None:
    page = Visitor.new(demo).send("/", status="  \r\n ")
    assert page.status == 422
    assert "Write something first." in page.text
    assert "<title>Error: Timeline · Aviary</title>" in page.text


def test_a_stranger_who_posts_is_asked_to_log_in(demo: Demo) -> None:
    visitor = Visitor.new(demo)
    page = visitor.see("/")
    visitor.press(visitor.see("/account/"), "Log out")
    answer = visitor.fill(page, status="too late")
    assert answer.location is None or answer.location == "/login/"
    assert answer.status in (302, 403)


def test_older_and_newer_statuses_lead_to_each_other(demo: Demo) -> None:
    visitor = Visitor.new(demo)
    caller = Caller(demo)
    ids = [caller.update(f"number {number}")["id"] for number in range(45)]
    first = visitor.see("/")
    assert "Newer statuses" not in first.text
    second = visitor.see(f"/?before={ids[-20]}")
    assert f'id="s{ids[-21]}"' in second.text
    assert f'id="s{ids[-40]}"' in second.text
    assert f'href="/?before={ids[-40]}"' in second.text
    assert f'href="/?after={ids[-21]}"' in second.text
    back = visitor.see(f"/?after={ids[-21]}")
    assert f'id="s{ids[-20]}"' in back.text
    assert f'id="s{ids[-1]}"' in back.text


def test_a_status_has_a_page_of_its_own(demo: Demo) -> None:
    status = Caller(demo).update("On its own")
    page = Visitor(demo).see(f"/status/{status['id']}/")
    assert page.status == 200
    assert "On its own" in page.text
    assert Visitor(demo).see("/status/999999999/").status == 404


def test_a_page_that_no_number_names_is_not_there(demo: Demo) -> None:
    for query in ("before=x", "before=-1", f"after={'9' * 40}"):
        assert Visitor(demo).see(f"/?{query}").status == 404


@pytest.mark.abuse("A07")
def test_a_status_of_nothing_but_marks_holds_up_nobody(demo: Demo) -> None:
    marks = "a" + "\u0301" * 200_000 + "\u0327" * 200_000
    page = Visitor.new(demo).send("/", status=marks)
    assert "Posted, and cut" in page.text
