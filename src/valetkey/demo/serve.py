"""One of the two sites, as a process of its own: ``python -m valetkey.demo.serve aviary|site``.

It brings the databases up to date, and serves with gunicorn, whose environ holds the request target as it was
sent (``RAW_URI``): signatures are verified over that. gunicorn trusts loopback proxies by default; here it is
told to trust nobody, so no ``X-Forwarded-*`` changes a scheme or an address.

It ends when its parent does, however the parent ends: the arbiter looks at each turn of its loop whether the
parent is still there, and its workers do the same with the arbiter.
"""

import argparse
import os
import signal
import socket
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.http.errors import InvalidHeader
from gunicorn.workers.gthread import ThreadWorker

#: Each site's package, and how many workers and threads serve it.
SITES = {"aviary": ("valetkey.demo.aviary", 2, 4), "site": ("valetkey.demo.site", 1, 8)}

#: The parent starts this process with these blocked, so that none comes before it is ignored.
LEFT_TO_PARENT = (signal.SIGINT, signal.SIGHUP)

#: Seconds that a client may be silent in the middle of a request, or not read its answer.
SILENCE = 10
#: Seconds that a request may take to finish when the site is stopped.
GRACE = 3
#: The same when the parent is gone: whoever killed it wants the ports back.
ORPHANS_GRACE = 1


def _leave_to_parent() -> None:
    # Ctrl-C and a closed terminal reach every process of the group at once. The parent alone answers, with
    # SIGTERM for each site, so that what is being served is finished first.
    for number in LEFT_TO_PARENT:
        signal.signal(number, signal.SIG_IGN)


class Impatient(socket.socket):
    """Takes a client that has been silent for :data:`SILENCE` seconds for gone. gunicorn would wait for the
    rest of its request for ever, with one of its few threads.
    """

    __slots__ = ()

    def setblocking(self, flag: bool, /) -> None:
        self.settimeout(SILENCE if flag else 0)

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        try:
            return super().recv(size, flags)
        except TimeoutError:
            self.shutdown(socket.SHUT_RD)  # nor is it waited for again
            return b""


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Gives each request one answer, in the cases where gunicorn alone gives two, or none, or shouldn't."""

    def init_signals(self) -> None:
        super().init_signals()
        _leave_to_parent()

    def enqueue_req(self, connection: Any) -> None:
        if not isinstance(connection.sock, Impatient):
            connection.sock = Impatient(fileno=connection.sock.detach())
        super().enqueue_req(connection)

    def handle_request(self, request: Any, connection: Any) -> Any:
        names = {name for name, _ in request.headers}
        if request.version >= (1, 1) and "HOST" not in names:
            raise InvalidHeader("HOST")  # RFC 9112, section 3.2
        if "TRANSFER-ENCODING" in names:
            # No site reads a body in chunks. What is wrong with one would be noticed after the answer, and
            # answered too: a proxy would take that for the answer to the next request.
            request.force_close()
        return super().handle_request(request, connection)


class ParentedArbiter(Arbiter):  # type: ignore[misc]  # gunicorn has no types: its classes are Any
    """Stops when its parent is gone."""

    def __init__(self, app: "Server") -> None:
        self.parent = app.parent
        super().__init__(app)

    def init_signals(self) -> None:
        super().init_signals()
        _leave_to_parent()

    def maybe_promote_master(self) -> None:
        """What each turn of the loop begins with, once a second at least."""
        if os.getppid() != self.parent:
            self.cfg.set("graceful_timeout", ORPHANS_GRACE)
            raise StopIteration  # how the arbiter ends its own loop at SIGTERM
        super().maybe_promote_master()


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types: its classes are Any
    """gunicorn, told everything here and nothing by files or the environment."""

    def __init__(self, package: str, descriptor: int, parent: int, workers: int, threads: int) -> None:
        self.package, self.descriptor, self.parent = package, descriptor, parent
        self.workers, self.threads = workers, threads
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": f"fd://{self.descriptor}",
            "workers": self.workers,
            "threads": self.threads,
            "worker_class": Worker,
            "preload_app": True,
            "graceful_timeout": GRACE,
            "proc_name": self.package,
            "loglevel": "warning",
            "accesslog": None,  # it would hold query strings, and these hold verifiers
            "forwarded_allow_ips": "",
            "secure_scheme_headers": {},
            "forwarder_headers": "",
            "limit_request_line": 8190,  # tweepy sends a status in the query: 140 emoji are 1680 octets
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:  # the control socket came with gunicorn 25
                self.cfg.set(name, value)

    def load(self) -> Any:
        from django.urls import get_resolver

        application = import_module(f"{self.package}.wsgi").application
        # Django would import them with the first request, in each worker, and fail there.
        assert get_resolver().url_patterns
        return application

    def run(self) -> None:
        ParentedArbiter(self).run()


def prepare(package: str) -> None:
    """Django, its databases up to date, and the site's first rows (`seed.py`, where there is one)."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = f"{package}.settings"
    django.setup()
    from django.db import connections

    for alias in connections:
        migrate(alias)
    if find_spec(f"{package}.seed"):
        import_module(f"{package}.seed").seed()
    connections.close_all()  # none may be carried over into the workers


def migrate(alias: str) -> None:
    from django.core.management import call_command
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections[alias])
    # Asked first: the command itself takes half a second even where there is nothing to do.
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", database=alias, interactive=False, verbosity=0)


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m valetkey.demo.serve")
    parser.add_argument("site", choices=SITES)
    parser.add_argument("--descriptor", type=int, required=True, help="of the listening socket")
    parser.add_argument("--parent", type=int, required=True, help="the process to end with")
    options = parser.parse_args(argv)
    _leave_to_parent()
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    package, workers, threads = SITES[options.site]
    prepare(package)
    Server(package, options.descriptor, options.parent, workers, threads).run()


if __name__ == "__main__":
    main(sys.argv[1:])
