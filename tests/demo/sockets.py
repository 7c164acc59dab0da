"""Octets to the running Aviary, as no HTTP library sends them, and what comes back."""

import http.client
import io
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from tests.demo.test_launcher import processes
from tests.running import Demo
from valetkey import Answer, Signed

PATIENCE = 30


@dataclass(frozen=True)
class Octets:
    """A request, part by part. `fields` may hold what no client would send."""

    method: str
    target: str
    fields: tuple[tuple[str, str], ...]
    body: bytes = b""
    version: str = "HTTP/1.1"

    @classmethod
    def of(cls, signed: Signed, length: bool = True) -> "Octets":
        """As a client sends it; without `length`, with no Content-Length."""
        url = urlsplit(signed.url)
        body = signed.body or b""
        fields = [("Host", url.netloc), *signed.headers.pairs]
        if length and signed.body is not None:
            fields.append(("Content-Length", str(len(body))))
        target = f"{url.path}?{url.query}" if url.query else url.path
        return cls(signed.method, target, tuple(fields), body)

    def but(self, **parts: Any) -> "Octets":
        return replace(self, **parts)

    def plus(self, *fields: tuple[str, str]) -> "Octets":
        return self.but(fields=(*self.fields, *fields))

    def without(self, *names: str) -> "Octets":
        return self.but(fields=tuple(field for field in self.fields if field[0] not in names))

    def __bytes__(self) -> bytes:
        lines = [f"{self.method} {self.target} {self.version}", *(": ".join(field) for field in self.fields)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


class Origin(Protocol):
    """What these octets go to: a demo, or another server whose `info` says where it is, under `provider`."""

    @property
    def info(self) -> dict[str, str]: ...


@contextmanager
def connection(demo: Origin) -> Iterator[socket.socket]:
    address = urlsplit(demo.info["provider"])
    with socket.create_connection((address.hostname, address.port or 80), PATIENCE) as opened:
        yield opened


def answers(demo: Origin, octets: Octets | bytes) -> list[Answer]:
    """Every answer to `octets`, which is all that is sent. A server that doesn't end the connection fails the
    test by a timeout.
    """
    with connection(demo) as opened:
        opened.sendall(bytes(octets))
        opened.shutdown(socket.SHUT_WR)
        return taken_apart(all_from(opened), octets.method if isinstance(octets, Octets) else "GET")


def answer(demo: Origin, octets: Octets | bytes) -> Answer:
    """The one answer to `octets`; a second one fails the test."""
    (one,) = answers(demo, octets)
    return one


def pour(demo: Origin, head: bytes, piece: bytes, limit: int = 1 << 30) -> tuple[int, list[Answer]]:
    """Sends `head`, then `piece` again and again: how many octets went out until the server had enough, and
    what it answered; nothing, where the answer was lost with the connection.
    """
    sent, received = 0, b""
    with connection(demo) as opened:
        opened.sendall(head)
        with suppress(ConnectionError):
            while sent < limit:
                opened.sendall(piece)
                sent += len(piece)
        with suppress(ConnectionError):
            received = all_from(opened)
    return sent, taken_apart(received)


def taken_apart(octets: bytes, method: str = "GET") -> list[Answer]:
    stream, found = _Stream(octets), []
    while stream.tell() < len(octets):
        response = http.client.HTTPResponse(stream, method=method)  # type: ignore[arg-type]  # of a socket it asks for makefile() alone
        response.begin()
        found.append(Answer(response.status, response.getheaders(), response.read()))
    return found


def peak(demo: Demo) -> int:
    """The most memory that one of Aviary's processes has ever held, in megabytes."""
    return max(_kilobytes(Path(f"/proc/{process}")) for process in processes(demo.process.pid)) // 1024


def log(demo: Demo) -> str:
    """What Aviary has written to its log."""
    file = demo.folder / "data" / "aviary.log"
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _kilobytes(process: Path) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        if b"serve\0aviary" in (process / "cmdline").read_bytes():
            found = re.search(
                r"VmHWM:\s+(\d+)", (process / "status").read_text(encoding="ascii", errors="replace")
            )
            return int(found[1]) if found else 0
    return 0


def all_from(opened: socket.socket) -> bytes:
    return b"".join(iter(lambda: opened.recv(65_536), b""))


class _Stream(io.BytesIO):
    """Several answers, one after the other, as `http.client` reads them from one socket."""

    def makefile(self, *_: object) -> "_Stream":
        return self

    def close(self) -> None:
        """Not before the last one."""
