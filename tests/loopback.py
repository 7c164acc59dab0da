"""A server on this computer that keeps the octets of each request, and answers what it is told to."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from valetkey import Answer, Headers

PATIENCE = 10


@dataclass(frozen=True)
class Arrived:
    """A request, as octets and taken apart. `target` is as the request line has it."""

    octets: bytes
    method: str
    target: str
    headers: Headers
    body: bytes


@dataclass
class Loopback:
    """What the server is and what it has seen."""

    origin: str
    arrived: list[Arrived] = field(default_factory=list)

    @property
    def last(self) -> Arrived:
        return self.arrived[-1]


Answering = Callable[[Arrived], Answer | None]


@contextmanager
def serving(
    answering: Answering, *, tls: ssl.SSLContext | None = None, tunnel: ssl.SSLContext | None = None
) -> Iterator[Loopback]:
    """Serves until the end of the block, each request in a thread. `answering` gives None to stay silent.

    :param tunnel: the TLS that it speaks where it is asked to CONNECT, as a proxy.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        scheme = "https" if tls else "http"
        service = Loopback(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}")
        closing = threading.Event()
        arguments = (listener, service, answering, closing, tls, tunnel)
        thread = threading.Thread(target=_accept, args=arguments, daemon=True)
        thread.start()
        yield service
        closing.set()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE)


def _accept(
    listener: socket.socket,
    service: Loopback,
    answering: Answering,
    closing: threading.Event,
    tls: ssl.SSLContext | None,
    tunnel: ssl.SSLContext | None,
) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            arguments = (connection, service, answering, closing, tls, tunnel)
            threading.Thread(target=_serve, args=arguments, daemon=True).start()


def _serve(
    connection: socket.socket,
    service: Loopback,
    answering: Answering,
    closing: threading.Event,
    tls: ssl.SSLContext | None,
    tunnel: ssl.SSLContext | None,
) -> None:
    with ExitStack() as stack, suppress(OSError):
        stack.enter_context(connection)
        connection.settimeout(PATIENCE)
        if tls:
            connection = stack.enter_context(tls.wrap_socket(connection, server_side=True))
        arrived = read(connection)
        service.arrived.append(arrived)
        if tunnel and arrived.method == "CONNECT":
            connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            connection = stack.enter_context(tunnel.wrap_socket(connection, server_side=True))
            arrived = read(connection)
            service.arrived.append(arrived)
        answer = answering(arrived)
        if answer is None:
            closing.wait(PATIENCE)
        else:
            connection.sendall(written(answer))


def read(connection: socket.socket) -> Arrived:
    octets = b""
    while b"\r\n\r\n" not in octets:
        piece = connection.recv(65_536)
        if not piece:
            raise OSError("the connection was closed before its request")
        octets += piece
    head, _, body = octets.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = Headers([(name, value) for name, _, value in (line.partition(": ") for line in lines)])
    chunked = headers.get("Transfer-Encoding", "").lower() == "chunked"
    while not body.endswith(b"0\r\n\r\n") if chunked else len(body) < int(headers.get("Content-Length", "0")):
        piece = connection.recv(65_536)
        if not piece:
            raise OSError("the connection was closed before its body")
        body += piece
    method, target, _ = first.split(" ")
    octets = head + b"\r\n\r\n" + body
    return Arrived(octets, method, target, headers, _joined(body) if chunked else body)


def _joined(chunks: bytes) -> bytes:
    size, _, rest = chunks.partition(b"\r\n")
    length = int(size, 16)
    return rest[:length] + _joined(rest[length + 2 :]) if length else b""


def written(answer: Answer) -> bytes:
    fields = {"Content-Length": str(len(answer.body)), "Connection": "close", **dict(answer.headers.pairs)}
    lines = [f"HTTP/1.1 {answer.status} As told", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body


def always(status: int, body: str = "", headers: Mapping[str, str] | None = None) -> Answering:
    return lambda arrived: Answer(status, headers, body)
