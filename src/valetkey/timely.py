"""An answer that is there in time or not at all, however slowly it drips, for what builds on `http.client`.

A socket's own timeout begins anew with each octet that arrives.
"""

import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from typing import Any

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Inside, each :class:`TimelyResponse` raises :class:`TimeoutError` when `seconds` have passed."""
    before = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(before)


class TimelyResponse(HTTPResponse):
    """What a connection's `response_class` is to be, so that :func:`within` bounds headers and body."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        deadline = _deadline.get()
        if deadline is not None:
            self.fp = io.BufferedReader(_Timely(sock, self.fp.detach(), deadline))


class _Timely(io.RawIOBase):
    def __init__(self, sock: socket.socket, raw: io.RawIOBase, deadline: float) -> None:
        self._sock = sock
        self._raw = raw
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
