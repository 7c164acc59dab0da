"""Requests as people have them: what kind a paste is; and nothing but the one error leaves the reader."""

import builtins
import json
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from valetkey.doctor.pasted import Found, Unreadable, find, read
from valetkey.doctor.pasted.unreadable import (
    MAX_CHARACTERS,
    MAX_HEADERS,
    MAX_OBJECTS,
    MAX_PARAMETERS,
    MAX_REQUESTS,
    MAX_WORDS,
)
from valetkey.doctor.sent import Sent

CASES = json.loads((Path(__file__).parent / "cases.json").read_text(encoding="utf-8"))

SIGNED = 'OAuth oauth_consumer_key="ck", oauth_signature="c2ln"'
CURL = f"curl 'https://api.test/a?x=1' -H 'Authorization: {SIGNED}'"
RAW = f"GET /a?x=1 HTTP/1.1\r\nHost: api.test\r\nAuthorization: {SIGNED}\r\n\r\n"
ENTRY = {
    "request": {
        "method": "GET",
        "url": "https://api.test/a?x=1",
        "headers": [{"name": "authorization", "value": SIGNED}],
    }
}
THE_SAME = Sent("GET", "https://api.test/a?x=1", {"Authorization": SIGNED})


def outcome(text: str) -> list[Found] | Unreadable:
    """What is found, or the one error; any other fails the test."""
    try:
        return find(text)
    except Unreadable as error:
        return error


def name(case: dict[str, Any]) -> str:
    return str(case["id"])


@pytest.mark.parametrize("case", CASES, ids=name)
def test_three_renderings_of_a_request_are_the_same_request(case: dict[str, Any]) -> None:
    given_as = case["input"]
    curl, raw, har = (read(text) for text in (given_as["curl"], given_as["raw"], json.dumps(given_as["har"])))
    assert isinstance(curl, Sent)
    assert curl == raw == har
    assert curl.url.startswith(("https://", "http://"))


AS_PEOPLE_HAVE_IT = {
    "a curl command": CURL,
    "with a prompt": f"$ {CURL}",
    "with another prompt": f"me@host:~/x$ {CURL}",
    "in a fence of Markdown": f"```bash\n{CURL}\n```",
    "with a byte order mark": f"\ufeff{CURL}",
    "below a comment": f"# fetch it\n{CURL}",
    "after a variable's setting": f"FOO=bar {CURL}",
    "a path before its name": CURL.replace("curl", "/usr/bin/curl", 1),
    "curl.exe": CURL.replace("curl", "curl.exe", 1),
    "cmd.exe's escapes": 'curl ^"https://api.test/a?x=1^" ^\n  -H ^"Authorization: OAuth '
    'oauth_consumer_key=^\\^"ck^\\^", oauth_signature=^\\^"c2ln^\\^"^"',
    "PowerShell's continuation": f"curl.exe 'https://api.test/a?x=1' `\n -H 'Authorization: {SIGNED}'",
    "Invoke-WebRequest": 'Invoke-WebRequest -UseBasicParsing -Uri "https://api.test/a?x=1" `\n'
    '-Headers @{\n"Authorization"="' + SIGNED.replace('"', '`"') + '"\n}',
    "HTTPie": f"https api.test/a x==1 Authorization:'{SIGNED}'",
    "wget": f"wget --header='Authorization: {SIGNED}' 'https://api.test/a?x=1'",
    "fetch": 'fetch("https://api.test/a?x=1", '
    f"{json.dumps({'headers': {'authorization': SIGNED}, 'body': None})});",
    "a raw request": RAW,
    "a raw request with LF": RAW.replace("\r\n", "\n"),
    "an absolute request line": RAW.replace("/a?x=1", "https://api.test/a?x=1", 1),
    "HTTP/2's pseudo fields": ":authority: api.test\n:method: GET\n:path: /a?x=1\n:scheme: https\n"
    f"authorization: {SIGNED}",
    "curl -v": "* Connected to api.test (192.0.2.1) port 443\n> GET /a?x=1 HTTP/1.1\n> Host: api.test\n"
    f"> Authorization: {SIGNED}\n>\n< HTTP/1.1 401 Unauthorized\n< Date: x\n<",
    "an entry of a HAR": json.dumps(ENTRY),
    "a HAR": json.dumps({"log": {"entries": [ENTRY]}}),
    "a request of a HAR": json.dumps(ENTRY["request"]),
}


@pytest.mark.parametrize("text", AS_PEOPLE_HAVE_IT.values(), ids=AS_PEOPLE_HAVE_IT)
def test_a_paste_is_told_apart_by_itself(text: str) -> None:
    assert read(text) == THE_SAME
    assert read(text.encode()) == THE_SAME


@pytest.mark.parametrize("text", [f"Authorization: {SIGNED}", SIGNED, SIGNED.removeprefix("OAuth ")])
def test_an_authorization_header_alone_is_read_with_its_method_and_url(text: str) -> None:
    assert read(text, method="GET", url="https://api.test/a?x=1") == THE_SAME


def test_an_authorization_header_alone_asks_what_was_called() -> None:
    with pytest.raises(Unreadable, match="--method"):
        read(SIGNED)


def test_a_signed_url_alone_is_a_get() -> None:
    url = "https://api.test/a?oauth_consumer_key=ck&oauth_signature=c2ln"
    assert read(f" {url}\n") == Sent("GET", url)


@pytest.mark.parametrize("text", [CURL, RAW, json.dumps(ENTRY)], ids=["curl", "raw", "HAR"])
def test_what_a_person_says_of_method_and_url_counts(text: str) -> None:
    told = read(text, method="POST", url="http://localhost:8000")
    assert isinstance(told, Sent)
    assert (told.method, told.url) == ("POST", "http://localhost:8000/a?x=1")
    whole = read(text, url="https://other.test/b?y=2")
    assert isinstance(whole, Sent)
    assert whole.url == "https://other.test/b?y=2"


def test_several_commands_are_several_requests() -> None:
    several = read(f"{CURL}\n\n{CURL.replace('x=1', 'x=2')} | jq .\n")
    assert isinstance(several, list)
    assert [one.url[-3:] for one in several] == ["x=1", "x=2"]


NO_REQUEST = {
    "nothing": "",
    "blank lines": " \n\n",
    "prose": "my signature is invalid, please help",
    "a base string": "GET&https%3A%2F%2Fapi.test%2F&a%3D1",
    "a curl command without a URL": "curl -H 'A: b'",
    "a curl command with half a quotation": "curl 'https://api.test/ -H A",
    "a file's URL": "curl file:///etc/passwd",
    "half a HAR": '{"log": {"entries": [',
    "a HAR without OAuth": json.dumps(
        {"log": {"entries": [{"request": {"method": "GET", "url": "https://a.test/"}}] * 2}}
    ),
    "JSON of another kind": '{"a": [1, 2]}',
    "a request without a host": "GET /a HTTP/1.1\n\n",
    "a request with a broken line": "GET /a HTTP/1.1\nHost: a.test\nwhat is this\n\n",
    "an impossible port": "curl https://api.test:99999/",
}


@pytest.mark.parametrize("text", NO_REQUEST.values(), ids=NO_REQUEST)
def test_what_is_no_request_is_one_error_that_says_what_to_do(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(text)
    assert caught.value.reason.endswith(".")
    assert str(caught.value).startswith("This was read as a ")


BOMBS: dict[str, Callable[[], str]] = {
    "a HAR of hundreds of megabytes": lambda: "x" * (MAX_CHARACTERS + 1),
    "deep JSON": lambda: "[" * 200_000,
    "JSON that is deep and whole": lambda: '{"request":' * 100_000 + "1" + "}" * 100_000,
    "a number of many digits": lambda: '{"request": ' + "9" * 5_000 + "}",
    "a million parameters in a query": lambda: CURL.replace("x=1", "&".join(["x=1"] * (MAX_PARAMETERS + 1))),
    "a million parameters in a form": lambda: f"{CURL} -d '{'a&' * (MAX_PARAMETERS + 1)}'",
    "a million parameters in the header": lambda: CURL.replace(
        "OAuth ", "OAuth " + 'a="b",' * MAX_PARAMETERS
    ),
    "a million words": lambda: f"{CURL} {'a ' * MAX_WORDS}",
    "a million header fields": lambda: RAW.replace("\r\n\r\n", "\r\nA: b" * (MAX_HEADERS + 1)),
    "a million header fields of a HAR": lambda: json.dumps(
        {
            "request": {
                "method": "GET",
                "url": "https://a.test/",
                "headers": [{"name": "a"}] * (MAX_HEADERS + 1),
            }
        }
    ),
    "millions of objects": lambda: f"[{'{},' * MAX_OBJECTS}{{}}]",
    "a million commands": lambda: f"{CURL}\n" * 20_000,
    "a million requests": lambda: json.dumps([ENTRY] * (MAX_REQUESTS + 1)),
}


@pytest.mark.abuse("A102")
@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
def test_what_is_too_much_is_refused_before_it_takes_long(make: Callable[[], str]) -> None:
    with pytest.raises(Unreadable):
        read(make())


SLOW = {
    "escapes": "curl 'https://a.test/' -H $'" + "\\x" * 50_000,
    "backslashes for cmd": 'curl ^"https://a.test/^" ^\n' + "\\" * 100_000,
    "quotation marks": "curl " + "'\"" * 50_000,
    "blanks": "curl " + "\\ " * 1_000 + " " * 100_000 + "'",
    "blank lines": "curl https://a.test/" + "\n" * 100_000,
    "blanks in a request line": "GET /" + " " * 100_000 + "x" + " " * 100_000 + "y\nHost: a",
    "folded lines": "GET / HTTP/1.1\nHost: a.test" + "\n " * 100_000,
    "graves": "curl `\n" + "`" * 100_000,
    "a fence": "```" * 50_000,
    "prompts": "> " * 50_000,
    "an open table": "iwr -Headers @{" + "a=`\n" * 2_000,
}


@pytest.mark.abuse("A102")
@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW)
def test_no_text_takes_the_square_of_its_length(text: str) -> None:
    """With a square, each of these would run for minutes."""
    assert outcome(text)


@pytest.fixture
def cut_off(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing can be opened, called, run or looked up in the environment."""

    def forbidden(*args: object, **kwargs: object) -> object:
        raise AssertionError("reading a paste reached out")

    with monkeypatch.context() as patch:
        for owner, attribute in (
            *((socket, "socket"), (socket, "getaddrinfo"), (subprocess, "Popen"), (builtins, "open")),
            *((os, "open"), (os, "system"), (os, "stat"), (os, "getenv"), (os.path, "expanduser")),
        ):
            patch.setattr(owner, attribute, forbidden)
        yield


REACHING = {
    "a file as data": "-d @/etc/passwd",
    "a binary file": "--data-binary @/etc/passwd",
    "a file to encode": "--data-urlencode x@/etc/passwd",
    "a JSON file": "--json @/etc/passwd",
    "a file in a form": "-F x=@/etc/passwd",
    "a file's text in a form": "-F 'x=</etc/passwd'",
    "a file to upload": "-T /etc/passwd",
    "a file of options": "-K /etc/passwd",
    "a file of headers": "-H @/etc/passwd",
    "a file of cookies": "-b /etc/passwd",
    "a file of passwords": "--netrc-file /etc/passwd",
    "a command's output": '-d "$(cat /etc/passwd)"',
    "a command's output, with graves": '-d "`cat /etc/passwd`"',
    "a variable": '-H "Cookie: a=$HOME"',
    "a file of the shell": "-d x < /etc/passwd",
    "the output to a file": "-o /tmp/x -D /tmp/y --trace /tmp/z",
    "a redirection": "> /tmp/x",
    "another command": "; rm -rf /tmp/x",
    "a proxy": "-x http://169.254.169.254/ --doh-url https://169.254.169.254/",
    "a variable of curl's": "--variable x@/etc/passwd --expand-data '{{x}}'",
    "a home folder": "-d @~/.netrc",
}


@pytest.mark.abuse("A99")
@pytest.mark.parametrize("option", REACHING.values(), ids=REACHING)
def test_reading_a_paste_opens_runs_and_calls_nothing(cut_off: None, option: str) -> None:
    found = find(f"curl https://169.254.169.254/ {option}")
    assert found[0].sent.url == "https://169.254.169.254/"
    assert b"root" not in (found[0].sent.body or b"")


@pytest.mark.abuse("A99")
def test_what_a_file_would_have_held_is_said_to_be_missing(cut_off: None) -> None:
    assert "wasn't read" in " ".join(find("curl https://a.test/ -d @body.json")[0].notes)
    assert "as it is written" in " ".join(find('curl https://a.test/ -d "$(id)"')[0].notes)


@pytest.mark.abuse("A98")
def test_an_error_shows_the_place_without_what_would_drive_a_terminal() -> None:
    with pytest.raises(Unreadable) as caught:
        read('curl https://a.test/ -u me:hunter2 -H "\x1b]52;c;x\x07\u202e" \'never closed')
    shown = str(caught.value)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "hunter2" not in shown
    line, caret = shown.split("\n")[1:3]
    assert line[caret.index("^")] == "'"


@pytest.mark.abuse("A98")
def test_control_characters_in_a_header_stay_as_they_are_for_whoever_prints_them() -> None:
    sent = read("curl https://a.test/ -H $'X-Name: a\\x1b]52;b'")
    assert isinstance(sent, Sent)
    assert sent.headers["X-Name"] == "a\x1b]52;b"


def test_nothing_of_a_request_shows_in_its_repr() -> None:
    assert "c2ln" not in repr(find(CURL))


PIECES = st.sampled_from(
    [
        *(
            "curl ",
            "https://a.test/",
            "'",
            '"',
            "$'",
            "\\",
            "\n",
            "\r\n",
            "^",
            "`",
            " -H ",
            " -d ",
            "-F a=b",
            "--next ",
        ),
        *(
            "GET / HTTP/1.1\n",
            "Host: a\n",
            ":path: /\n",
            "Content-Length: 3\n",
            "Transfer-Encoding: chunked\n\n",
            "3\r\n",
        ),
        *(
            '{"request":',
            '{"log":{"entries":[',
            '"url":"https://a.test/"',
            '"method":',
            "null",
            "[",
            "]",
            "}",
            ",",
            "1e999",
        ),
        *(
            '"headers":[{"name":"a"}]',
            '"postData":{"params":[{"name":1}]}',
            "iwr ",
            "-Uri ",
            "@{",
            "=",
            "$(",
            "```",
        ),
        *(
            "fetch(",
            "http ",
            "wget ",
            "oauth",
            "OAuth oauth_token=",
            "> ",
            "< HTTP/1.1 401 x\n",
            "\udcff",
            "\ud800",
            "\0",
        ),
    ]
)


@pytest.mark.abuse("A102")
@settings(max_examples=300)
@given(st.lists(PIECES | st.text(max_size=5), max_size=25).map("".join))
def test_nothing_but_the_one_error_leaves_the_reader(text: str) -> None:
    found = outcome(text)
    assert str(found) if isinstance(found, Unreadable) else all(one.sent.method and one.kind for one in found)


NAMES = "log entries request response url method headers name value postData text params encoding status"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES.split()), inner, max_size=5)
    ),
    max_leaves=15,
)


@given(JSON)
def test_json_of_any_shape_is_read_or_refused(value: object) -> None:
    assert outcome(json.dumps([value]))
