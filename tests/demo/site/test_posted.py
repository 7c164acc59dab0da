import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.demo.site import made
from valetkey import Answer
from valetkey.demo.site.posted import Posted, read

STATUS: dict[str, Any] = {
    "id_str": "20931",
    "created_at": "Tue Nov 24 14:07:31 +0000 2026",
    "text": made.TEXT,
    "truncated": False,
    "user": {"screen_name": "robin"},
}


def answered(status: int, body: Any) -> Posted | None:
    return read(made.posted(answer=Answer(status, made.JSON, json.dumps(body))))


def test_it_says_as_whom_when_and_under_which_number() -> None:
    when = datetime(2026, 11, 24, 14, 7, 31, tzinfo=UTC)
    assert answered(200, STATUS) == Posted(made.TEXT, "robin", when, "20931", cut=False)


@pytest.mark.parametrize("body", [None, [], "no", {}, {**STATUS, "user": 1}, {**STATUS, "created_at": "now"}])
def test_what_holds_no_status_is_none(body: Any) -> None:
    assert answered(200, body) is None


def test_a_refusal_is_none() -> None:
    assert answered(403, STATUS) is None
