"""A Valkey server's address, and a way to it that fails on purpose."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any, NamedTuple

import valkey
from valkey.backoff import NoBackoff
from valkey.retry import Retry


class Address(NamedTuple):
    host: str
    port: int

    def client(self, retries: int = 0, **options: Any) -> "valkey.Valkey":
        return valkey.Valkey(*self, retry=Retry(NoBackoff(), retries), **options)


class Troubled:
    """Passes on what a server and its clients say. On a ``SET``, it does as `trouble` says: ``hangs``
    (neither passes it on nor answers), ``drops`` (ends the connection instead), or ``loses`` (passes it on,
    and ends the connection instead of answering; ``loses once``: only this time).
    """

    def __init__(self, server: Address) -> None:
        self.trouble: str | None = None
        self._server = server
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = Address(*self._listening.getsockname())
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @classmethod
    @contextmanager
    def before(cls, server: Address) -> Iterator["Troubled"]:
        made = cls(server)
        try:
            yield made
        finally:
            made._listening.shutdown(socket.SHUT_RDWR)
            made._listening.close()
            for thread in made._threads:
                thread.join()

    @contextmanager
    def doing(self, trouble: str) -> Iterator[None]:
        self.trouble = trouble
        yield
        self.trouble = None

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                thread = threading.Thread(target=self._serve, args=[client])
                self._threads.append(thread)
                thread.start()

    def _serve(self, client: socket.socket) -> None:
        with closing(client), closing(socket.create_connection(self._server)) as server, suppress(OSError):
            while said := client.recv(65_536):
                trouble = self.trouble if b"\r\nSET\r\n" in said else None
                if trouble == "hangs":
                    client.recv(1)  # until the client gives up
                if trouble in ("hangs", "drops"):
                    return
                server.sendall(said)
                answer = server.recv(65_536)
                if trouble == "loses once":
                    self.trouble = None
                if trouble in ("loses", "loses once"):
                    return
                client.sendall(answer)
