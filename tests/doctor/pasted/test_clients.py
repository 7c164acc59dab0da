"""HTTPie's and wget's command lines."""

import pytest

from valetkey.doctor.pasted import find
from valetkey.doctor.pasted.clients import FILE
from valetkey.protocol.parameters import FORM

SENT = {
    "https a.test/a": ("GET", "https://a.test/a", {}, None),
    "http :8000/a x==1": ("GET", "http://localhost:8000/a?x=1", {}, None),
    "http PUT https://a.test/a X-Y:z x==1 'y==a b'": (
        "PUT",
        "https://a.test/a?x=1&y=a+b",
        {"X-Y": "z"},
        None,
    ),
    "http --form a.test/a a=1 'b=x y'": (
        *("POST", "http://a.test/a", {"Content-Type": f"{FORM}; charset=utf-8"}),
        b"a=1&b=x+y",
    ),
    "http a.test/a a=1 b:=[2] 'c=x:y'": (
        *("POST", "http://a.test/a", {"Content-Type": "application/json"}),
        b'{"a": "1", "b": [2], "c": "x:y"}',
    ),
    "wget -qO- 'https://a.test/a?x=1'": ("GET", "https://a.test/a?x=1", {}, None),
    "wget --post-data='a=1' --header 'X: y' https://a.test/a": (
        *("POST", "https://a.test/a", {"X": "y", "Content-Type": FORM}),
        b"a=1",
    ),
    "wget --method=PUT --body-data '{}' --header='Content-Type: x' a.test": (
        *("PUT", "http://a.test/", {"Content-Type": "x"}),
        b"{}",
    ),
}


@pytest.mark.parametrize(("text", "expected"), SENT.items(), ids=SENT)
def test_a_command_is_read_as_what_is_sent(text: str, expected: object) -> None:
    (found,) = find(text)
    sent = found.sent
    assert (sent.method, sent.url, dict(sent.headers), sent.body) == expected


@pytest.mark.abuse("A99")
@pytest.mark.parametrize(
    "text", ["http a.test/a f@/etc/passwd", "http a.test/a f=@/x", "wget --post-file=/x a.test"]
)
def test_a_file_is_not_read(text: str) -> None:
    assert FILE in find(text)[0].notes
