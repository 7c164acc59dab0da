"""The examples, each started by the servers that a person might choose."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60
EXAMPLES = Path(__file__).parents[2] / "examples"

ASGI = ("uvicorn", "granian")
WSGI = ("gunicorn", "waitress")

# None is told to trust a proxy, and waitress, which keeps a body until its end, how much of one to keep.
COMMANDS = {
    "uvicorn": "--port {port} --no-proxy-headers --log-level warning --app-dir {folder} fastapi_api:app",
    "granian": "--interface asgi --port {port} --log-level warning --working-dir {folder} fastapi_api:app",
    "gunicorn": "--bind 127.0.0.1:{port} --threads 4 --forwarded-allow-ips= --log-level warning"
    " --no-control-socket --chdir {folder} flask_api:app",
    "waitress": "--listen 127.0.0.1:{port} --max-request-body-size 1000000 flask_api:app",
}


@dataclass(frozen=True)
class Server:
    """A running server: `info` has its origin, as that of a demo has."""

    name: str
    info: dict[str, str]
    process: "subprocess.Popen[bytes]"
    log_file: Path

    @property
    def origin(self) -> str:
        return self.info["provider"]

    @property
    def is_asgi(self) -> bool:
        return self.name in ASGI

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8")


@contextmanager
def serving(name: str) -> Iterator[Server]:
    """Starts the example with the server called `name`, and ends it."""
    port = _free_port()
    origin = f"http://127.0.0.1:{port}"
    options = COMMANDS[name].format(port=port, folder=EXAMPLES).split()
    with tempfile.NamedTemporaryFile(prefix=f"{name}-", suffix=".log") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", name, *options],
            cwd=EXAMPLES,
            env=os.environ | {"PYTHONPATH": str(EXAMPLES), "ORIGIN": origin},
            stdout=log,
            stderr=log,
        )
        server = Server(name, {"provider": origin}, process, Path(log.name))
        try:
            _wait_for(server, port)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_for(server: Server, port: int) -> None:
    start = time.monotonic()
    while time.monotonic() - start < PATIENCE:
        assert server.process.poll() is None, server.log
        try:
            socket.create_connection(("127.0.0.1", port), PATIENCE).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"{server.name} doesn't listen: {server.log}")
