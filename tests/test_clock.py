"""A clock that a service's answers set."""

import pytest

from tests.wire import NOW
from valetkey import Clock

NOON = "Tue, 01 Dec 2026 12:00:00 GMT"
AT_NOON = 1_796_126_400


def behind(seconds: float) -> Clock:
    """A machine's clock that is `seconds` behind at noon."""
    return Clock(time=lambda: AT_NOON - seconds)


@pytest.mark.parametrize("off", [-86_400, -3600, -31, 31, 3600, 86_400])
def test_an_answers_date_sets_it(off: int) -> None:
    clock = behind(off)
    assert clock.hear("https://a.example/", {"Date": NOON})
    assert clock() == AT_NOON


@pytest.mark.parametrize("off", [-30, 0, 30])
def test_a_difference_that_an_answers_way_explains_moves_nothing(off: int) -> None:
    clock = behind(off)
    assert not clock.hear("https://a.example/", {"Date": NOON})
    assert clock() == AT_NOON - off


@pytest.mark.parametrize("off", [-86_401, 86_401, 10**9])
def test_a_service_that_is_more_than_a_day_off_is_itself_wrong(off: int) -> None:
    clock = behind(off)
    assert not clock.hear("https://a.example/", {"Date": NOON})
    assert clock.offset == 0


def test_how_far_it_lets_itself_be_moved_can_be_said() -> None:
    clock = Clock(most=60, time=lambda: AT_NOON - 61)
    assert not clock.hear("https://a.example/", {"Date": NOON})


@pytest.mark.parametrize(
    ("url", "believed"),
    [
        ("https://a.example/x", True),
        ("http://127.0.0.1:8000/x", True),
        ("http://localhost/x", True),
        ("http://[::1]/x", True),
        ("http://a.example/x", False),
        ("http://127.0.0.1.a.example/x", False),
        ("ws://a.example/x", False),
        ("nowhere", False),
    ],
)
def test_only_a_date_that_nobody_on_the_way_can_write_is_believed(url: str, believed: bool) -> None:
    clock = behind(3600)
    assert clock.hear(url, {"Date": NOON}) is believed
    assert clock.offset == (3600 if believed else 0)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Date": ""},
        {"Date": "noon"},
        {"Date": f"{NOON}, {NOON}"},
        {"Date": "Tue, 01 Dec 99999999999 12:00:00 GMT"},
        {"Date": "Tue, 99 Dec 2026 99:00:00 GMT"},
        {"Date": "\x00"},
        {"Date": "9" * 5000},
    ],
    ids=["none", "empty", "a word", "two", "a far year", "an impossible day", "NUL", "digits"],
)
def test_what_is_no_date_moves_nothing(headers: dict[str, str]) -> None:
    clock = behind(3600)
    assert not clock.hear("https://a.example/", headers)
    assert clock.offset == 0


def test_a_clock_that_was_set_can_be_set_back() -> None:
    now = [AT_NOON - 3600]
    clock = Clock(time=lambda: now[0])
    assert clock.hear("https://a.example/", {"Date": NOON})
    now[0] = AT_NOON  # the machine's own clock was put right
    assert clock.hear("https://a.example/", {"Date": NOON})
    assert clock() == AT_NOON


def test_without_an_answer_it_is_the_machines_own() -> None:
    assert Clock(time=lambda: NOW + 0.9)() == NOW
