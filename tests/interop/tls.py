"""A proxy that takes off TLS, as stands in front of a service in production."""

import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit


class TlsProxy:
    """Listens on localhost with a certificate, and hands each request on as it is, over http."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.bundle = ""
        self._server = _Server(("127.0.0.1", 0), _Forwarding)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def authority(self) -> str:
        return f"localhost:{self._server.server_address[1]}"

    @property
    def origin(self) -> str:
        return f"https://{self.authority}"

    def forward_to(self, origin: str) -> None:
        self._server.behind = urlsplit(origin).netloc

    def __enter__(self) -> "TlsProxy":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    behind = ""


class _Forwarding(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self._behind() as connection:
            # The Host stays that of the client, as proxies are told to leave it.
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            octets = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(octets)

    do_POST = do_GET

    @contextmanager
    def _behind(self) -> Iterator[http.client.HTTPConnection]:
        connection = http.client.HTTPConnection(self.server.behind, timeout=30)
        try:
            yield connection
        finally:
            connection.close()

    def log_message(self, *args: object) -> None:
        pass
