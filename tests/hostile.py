"""Servers whose answers are none, or too much, or too slow."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Speaking = Callable[[socket.socket], None]

#: Seconds that the slow ones take at the least. A client that bounds an answer is done long before, even on
#: a busy machine.
TOO_LONG = 18
IN_TIME = 12


@contextmanager
def speaking(speak: Speaking) -> Iterator[str]:
    """A server that reads what comes and then says what it likes; its origin."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                try:
                    speak(connection)
                except OSError:
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)
        assert not thread.is_alive()


def silent(connection: socket.socket) -> None:
    connection.settimeout(TOO_LONG)
    connection.recv(1)


def dripping_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b"x")
        time.sleep(TOO_LONG / 90)


def dripping_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(90):  # http.client takes a hundred of them
        connection.sendall(b"X: 1\r\n")
        time.sleep(TOO_LONG / 90)


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65_536)


def cut_short(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\noauth_token=t&oauth_token_secret=cut")


def cut_short_in_chunks(connection: socket.socket) -> None:
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\noauth_token=t&oauth_token_secret=cut"
    )


def no_http(connection: socket.socket) -> None:
    connection.sendall(b"220 mail.example ESMTP\r\n")


def closing(connection: socket.socket) -> None:
    pass


def gzip_bomb(connection: socket.socket) -> None:
    """A few thousand octets that would be ten million."""
    bomb = gzip.compress(b"x" * 10_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    connection.sendall(head.encode() + bomb)


def broken_gzip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")


HOSTILE: dict[str, Speaking] = {
    "silent": silent,
    "a dripping body": dripping_body,
    "dripping headers": dripping_headers,
    "an endless answer": endless,
    "an answer that is cut short": cut_short,
    "chunks that are cut short": cut_short_in_chunks,
    "no HTTP": no_http,
    "closing at once": closing,
    "a gzip bomb": gzip_bomb,
    "gzip that isn't": broken_gzip,
}

#: What is said of an answer that came, and is too much or can't be read.
SAID: dict[Speaking, str] = {
    endless: "The answer has more than 1000000 octets",
    gzip_bomb: "The answer has more than 1000000 octets",
    broken_gzip: "The answer's gzip can't be read.",
}
