"""A curl command, read as curl reads it. What is expected here was sent by curl 7.88.1 (the case of
escapes apart).
"""

import pytest

from valetkey.doctor.pasted import Unreadable, find
from valetkey.doctor.pasted.curl import CONFIG, FILE, GLOB, NO_SCHEME
from valetkey.protocol.parameters import FORM

Expected = tuple[str, str, dict[str, str], bytes | None]

FORMED = {"Content-Type": FORM}
JSON = {"Accept": "application/json", "Content-Type": "application/json"}

SENT: dict[str, Expected] = {
    "https://a.test": ("GET", "https://a.test/", {}, None),
    "https://a.test?x=1#part": ("GET", "https://a.test/?x=1", {}, None),
    "-sSLH'X: 1' -XPUT https://a.test/a": ("PUT", "https://a.test/a", {"X": "1"}, None),
    "--request DELETE --url https://a.test/a": ("DELETE", "https://a.test/a", {}, None),
    "-H A:1 -H A:2 https://a.test/": ("GET", "https://a.test/", {"A": "1, 2"}, None),
    "-- https://a.test/": ("GET", "https://a.test/", {}, None),
    "https://a.test/ -d a=1 --data 'b=2 3'": ("POST", "https://a.test/", FORMED, b"a=1&b=2 3"),
    "https://a.test/ -d a -d '&c' -d '' --data-ascii d": ("POST", "https://a.test/", FORMED, b"a&&c&&d"),
    "https://a.test/ -d ''": ("POST", "https://a.test/", FORMED, None),
    "https://a.test/ --data-raw @a --data-binary 'x\ny'": ("POST", "https://a.test/", FORMED, b"@a&x\ny"),
    "https://a.test/ -d $'a=\\xff\\n'": ("POST", "https://a.test/", FORMED, b"a=\xff\n"),
    "https://a.test/ -d a=b -H content-type:": ("POST", "https://a.test/", {}, b"a=b"),
    "https://a.test/ -d hi -H 'Content-Type: text/plain'": (
        *("POST", "https://a.test/", {"Content-Type": "text/plain"}),
        b"hi",
    ),
    "https://a.test/ --data-urlencode 'c= ö&' --data-urlencode '=x y' --data-urlencode 'z ~'": (
        *("POST", "https://a.test/", FORMED),
        b"c=+%C3%B6%26&x+y&z+~",
    ),
    "https://a.test/ --json '{\"a\":1}' --json '{}'": ("POST", "https://a.test/", JSON, b'{"a":1}{}'),
    "'https://a.test/p?z=1' -G -d a=1 --data-urlencode 'q=a b'": (
        *("GET", "https://a.test/p?z=1&a=1&q=a+b", {}),
        None,
    ),
    "https://a.test/ --get -I -d a": ("HEAD", "https://a.test/?a", {}, None),
    "https://a.test/ -I": ("HEAD", "https://a.test/", {}, None),
    "https://a.test/q --url-query 'a=b c' --url-query '+d=%20'": (
        *("GET", "https://a.test/q?a=b+c&d=%20", {}),
        None,
    ),
    "https://a.test/ -H Accept: -H 'X-Empty;' -H 'X-Gone:'": (
        "GET",
        "https://a.test/",
        {"X-Empty": ""},
        None,
    ),
    "https://a.test/ -A me/1 -e http://ref/ -b 'a=b; c=d' -r 0-5": (
        *("GET", "https://a.test/"),
        {"User-Agent": "me/1", "Referer": "http://ref/", "Cookie": "a=b; c=d", "Range": "bytes=0-5"},
        None,
    ),
    "https://a.test/ -u 'user:pa ss'": (
        *("GET", "https://a.test/", {"Authorization": "Basic dXNlcjpwYSBzcw=="}),
        None,
    ),
    "https://user:pw@a.test/y": ("GET", "https://a.test/y", {"Authorization": "Basic dXNlcjpwdw=="}, None),
    "https://a.test/ -u a:b -H 'Authorization: OAuth x'": (
        *("GET", "https://a.test/", {"Authorization": "OAuth x"}),
        None,
    ),
    "https://a.test/ --oauth2-bearer t": ("GET", "https://a.test/", {"Authorization": "Bearer t"}, None),
    "https://a.test/a/./b/../c%2e/..": ("GET", "https://a.test/a/", {}, None),
    "https://a.test/a/../c --path-as-is": ("GET", "https://a.test/a/../c", {}, None),
    "https://a.test/a --request-target '/other?q'": ("GET", "https://a.test/other?q", {}, None),
    "$'https://a.test/\\u00e9?a=\\'b\\x41'": ("GET", "https://a.test/%C3%A9?a='bA", {}, None),
    "-g 'https://a.test/a?b[]=1&c={x}'": ("GET", "https://a.test/a?b[]=1&c={x}", {}, None),
    '"https://a.test/a?b=\\$HOME" -d "a\\"b\\`"': ("POST", "https://a.test/a?b=$HOME", FORMED, b'a"b`'),
    "https://a.test:443/ -H 'Host: a.test'": ("GET", "https://a.test:443/", {}, None),
    "https://a.test/ -H 'Host: b.test'": ("GET", "https://a.test/", {"Host": "b.test"}, None),
    "https://a.test/ --compressed -H 'Accept-Encoding: x' -H 'Content-Length: 0'": (
        *("GET", "https://a.test/", {}),
        None,
    ),
    "-o out -w '%{http_code}' -m 5 --retry 3 --no-progress-meter -x http://p/ https://a.test/": (
        *("GET", "https://a.test/", {}),
        None,
    ),
    "--comp --max-t 5 https://a.test/": ("GET", "https://a.test/", {}, None),
    "--request=POST --url=https://a.test/": ("POST", "https://a.test/", {}, None),
}


@pytest.mark.parametrize(("arguments", "expected"), SENT.items(), ids=SENT)
def test_a_command_is_read_as_what_curl_sends(arguments: str, expected: Expected) -> None:
    (found,) = find(f"curl {arguments}")
    sent = found.sent
    headers = {name: sent.headers[name] for name in sent.headers}
    assert (sent.method, sent.url, headers, sent.body) == expected


def test_letters_outside_ascii_in_a_url_are_the_same_in_each_rendering() -> None:
    """Few programs send them as they are; curl escapes them in small letters, and nearly all others don't."""
    curl = find("curl 'https://a.test/é?a=ü'")[0].sent
    raw = find("GET /é?a=ü HTTP/1.1\nHost: a.test\n\n")[0].sent
    assert curl == raw
    assert curl.url == "https://a.test/%C3%A9?a=%C3%BC"


def test_a_form_of_parts_is_a_multipart_body_that_can_be_read() -> None:
    (found,) = find("curl https://a.test/ -F a=b -F 'c=d;type=text/x' -F f=@/x --form-string 'e=@f;type=g'")
    boundary = found.sent.headers["Content-Type"].partition("boundary=")[2]
    parts = (found.sent.body or b"").decode().split(f"--{boundary}")
    assert [part.partition("name=")[2] for part in parts[1:-1]] == [
        '"a"\r\n\r\nb\r\n',
        '"c"\r\nContent-Type: text/x\r\n\r\nd\r\n',
        '"f"; filename="(not read)"\r\n\r\n\r\n',
        '"e"\r\n\r\n@f;type=g\r\n',
    ]
    assert parts[-1] == "--\r\n"


def test_a_content_type_of_ones_own_gets_the_boundary_too() -> None:
    (found,) = find("curl https://a.test/ -F a=b -H 'Content-Type: multipart/form-data'")
    assert found.sent.headers["Content-Type"].startswith("multipart/form-data; boundary=--")


def test_each_url_is_a_request_and_next_starts_afresh() -> None:
    found = find("curl https://a.test/1 https://a.test/2 -d x --next https://a.test/3")
    assert [(one.sent.method, one.sent.url[-1]) for one in found] == [
        ("POST", "1"),
        ("POST", "2"),
        ("GET", "3"),
    ]


SAID = {
    "https://a.test/ -d @f": FILE.format(option="--data @…"),
    "https://a.test/ -T f": FILE.format(option="--upload-file"),
    "https://a.test/ -b cookies.txt": FILE.format(option="--cookie"),
    "https://a.test/ -K f": CONFIG,
    "'https://a.test/a?x[]=1'": GLOB,
    "'https://a.test/{a,b}'": GLOB,
    "a.test/x": NO_SCHEME,
    "https://a.test/ --novel x": "An option that curl doesn't have was left out: novel.",
    "'https://a.test/a b'": "There is a blank inside the URL: it was read as %20, as most programs send it.",
}


@pytest.mark.parametrize(("arguments", "note"), SAID.items(), ids=SAID)
def test_what_may_surprise_is_said(arguments: str, note: str) -> None:
    (found,) = find(f"curl {arguments}")
    assert note in found.notes


def test_a_url_without_a_scheme_is_http() -> None:
    assert find("curl a.test:8080/x?y")[0].sent.url == "http://a.test:8080/x?y"
    assert find("curl --proto-default https a.test")[0].sent.url == "https://a.test/"


def test_an_option_without_its_argument_is_refused_with_its_place() -> None:
    with pytest.raises(Unreadable, match="--header lacks its argument") as caught:
        find("curl https://a.test/ -H")
    assert caught.value.excerpt == "line 1: curl https://a.test/ -H\n                               ^"
