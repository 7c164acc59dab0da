"""How the sites are served: by workers that trust no header and read no disguise."""

import http.client
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.demo.caller import Caller, as_json, problem, replaced
from tests.demo.test_launcher import processes
from tests.running import Demo
from valetkey import Headers
from valetkey.urllib import send

FORWARDED = [
    {"X-Forwarded-Proto": "https"},
    {"X-Forwarded-Protocol": "ssl"},
    {"X-Forwarded-Ssl": "on"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-For": "192.0.2.1"},
    {"X-Forwarded-Port": "443"},
    {"Forwarded": "for=192.0.2.1;host=evil.example;proto=https"},
    {"Script-Name": "/elsewhere"},
    {"X_Forwarded_Host": "evil.example"},
]


@pytest.mark.parametrize("header", FORWARDED, ids=lambda header: next(iter(header)))
def test_forwarded_headers_change_nothing(demo: Demo, header: dict[str, str]) -> None:
    caller = Caller(demo)
    signed = caller.signed("POST", "/1/statuses/update.json", {"status": "seen as sent"})
    answer = send(replaced(signed, headers=Headers([*signed.headers.pairs, *header.items()])))
    assert answer.status == 200, answer.body
    elsewhere = Caller(demo)
    elsewhere.origin = "https://evil.example"
    signed = elsewhere.signed("GET", "/1.1/account/verify_credentials.json")
    here = f"{demo.info['provider']}/1.1/account/verify_credentials.json"
    answer = send(replaced(signed, url=here, headers=Headers([*signed.headers.pairs, *header.items()])))
    assert (answer.status, problem(answer)) == (401, "signature_invalid")


def test_the_raw_target_is_verified(demo: Demo) -> None:
    """gunicorn hands it on in RAW_URI."""
    caller = Caller(demo)
    for query in ("f[]=1&q=%c3%a9", "a=%7e&b=~", "x=1%26b%3D2", "flag", "a=1&a=2", "q=a+b", "e=é"):
        answer = send(caller.signed("GET", f"/1/feed/timeline.json?count=1&{query}"))
        assert answer.status == 200, (query, answer.body)


def test_a_chunked_body_gets_411(demo: Demo) -> None:
    caller = Caller(demo)
    signed = caller.signed("POST", "/1/statuses/update.json", {"status": "in chunks"})
    address = urlsplit(caller.origin)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    assert signed.body
    connection.request(
        "POST",
        address.path + "/1/statuses/update.json",
        iter([signed.body]),
        dict(signed.headers.pairs),
        encode_chunked=True,
    )
    assert connection.getresponse().status == 411
    connection.close()


def test_a_long_status_fits_into_the_query(demo: Demo) -> None:
    """As tweepy sends it: 140 emoji are 1,680 octets, and longer ones are to be cut, not refused."""
    caller = Caller(demo)
    answer = send(caller.signed("POST", "/1.1/statuses/update.json?status=" + "%F0%9F%90%A6" * 500))
    assert answer.status == 200, answer.body
    assert as_json(answer)["truncated"] is True


def test_aviary_runs_two_workers(demo: Demo) -> None:
    commands = [Path(f"/proc/{process}/cmdline").read_bytes() for process in processes(demo.process.pid)]
    assert len([command for command in commands if b"serve\0aviary" in command]) == 3, (
        "an arbiter and two workers"
    )
    assert len([command for command in commands if b"serve\0site" in command]) == 2
