"""An answer that is there in time or not at all."""

import socket
import threading
import time
from http.client import HTTPConnection

import pytest

from tests.hostile import IN_TIME, dripping_body, dripping_headers, silent, speaking
from tests.loopback import always, serving
from valetkey.timely import TimelyResponse, within


class Connection(HTTPConnection):
    response_class = TimelyResponse


def fetched(origin: str, timeout: float = 10) -> bytes:
    connection = Connection(origin.partition("//")[2], timeout=timeout)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read()
    finally:
        connection.close()


@pytest.mark.abuse("A94")
@pytest.mark.parametrize("speak", [silent, dripping_headers, dripping_body])
def test_it_ends_when_its_time_is_over_however_patient_the_socket(speak: object) -> None:
    start = time.monotonic()
    with speaking(speak) as origin, within(0.3), pytest.raises(TimeoutError):  # type: ignore[arg-type]  # parametrised
        fetched(origin)
    assert time.monotonic() - start < IN_TIME


def test_an_answer_in_time_is_read() -> None:
    with serving(always(200, "hello")) as service, within(10):
        assert fetched(service.origin) == b"hello"


def test_outside_nothing_is_bounded_but_the_socket() -> None:
    def slow(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        for octet in b"hello":
            time.sleep(0.02)
            connection.sendall(bytes([octet]))

    with speaking(slow) as origin:
        with within(0.01):
            pass
        assert fetched(origin) == b"hello"


def test_each_thread_has_its_own_time() -> None:
    answers: list[bytes] = []
    with serving(always(200, "hello")) as service, within(-1):
        other = threading.Thread(target=lambda: answers.append(fetched(service.origin)))
        other.start()
        other.join(10)
        with pytest.raises(TimeoutError):
            fetched(service.origin)
    assert answers == [b"hello"]
