"""Starts both sites, says where they are, and stops both: ``valetkey demo``.

A parent and two children, since Django's settings are a process's own. The parent binds both ports, so that
it knows each and fails at once where one is taken, and hands the sockets down.
"""

import errno
import fcntl
import http.client
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from valetkey.demo.config import DemoConfig, hosts
from valetkey.protocol.encoding import Malformed
from valetkey.protocol.origin import Url

#: Seconds that a site may take to answer: first start, migrations included, on a busy machine.
PATIENCE = 120
#: Seconds that a site may take to end. Its own grace is shorter.
FAREWELL = 8
#: Seconds for which a demo that was killed, its children not yet gone, may still hold a port.
LINGER = 5

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Unable(Exception):
    """The demo can't start, or had to stop: what happened, and what to do."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what, hint)
        self.what = what
        self.hint = hint


@dataclass(frozen=True)
class Options:
    """What the command line said."""

    data: Path
    host: str = "127.0.0.1"
    site_port: int = 12000
    provider_port: int = 12001
    provider_origin: str | None = None
    json: bool = False


def run(options: Options, write: Callable[[str], None], warn: Callable[[str], None]) -> None:
    """Both sites, until SIGINT, SIGTERM or SIGHUP. `write` gets what belongs on standard output.

    :raises Unable: where they can't start, or one ended by itself.
    """
    with ExitStack() as stack:
        signals = stack.enter_context(Signals())
        folder = make_folder(options.data)
        wait = LINGER if stack.enter_context(locked(folder)) else 0
        site = stack.enter_context(listen(options.host, options.site_port, "--site-port", wait))
        provider = stack.enter_context(listen(options.host, options.provider_port, "--provider-port", wait))
        addresses = {"site": origin(site), "provider": origin(provider)}
        config = configure(folder, addresses["site"], addresses["provider"], options.provider_origin)
        if not is_loopback(options.host):
            warn(exposed(config))
        sites = stack.enter_context(Sites(signals, config))
        sites.start("aviary", provider)  # first: it writes what the test site reads
        sites.start("site", site)
        if not sites.stopped():
            write(json.dumps(addresses | dict(config.credentials)) if options.json else as_text(config))
        while not sites.stopped(None):
            pass


def exposed(config: DemoConfig) -> str:
    return (
        f"other computers can reach both sites, at {config.site_origin} and {config.provider_origin}. "
        "So refused requests are not explained, and whoever is in this network can read what is sent. "
        "The demo is for learning: don't leave it open on a network that you don't trust."
    )


def make_folder(folder: Path) -> Path:
    """The data folder, made where it is missing. What is made from here on, nobody else may read."""
    os.umask(0o077)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = folder.resolve(strict=True)
        facts = folder.stat()
        with os.scandir(folder):
            pass
    except OSError as error:
        raise Unable(f"the data folder {folder}: {error.strerror}", "choose another with --data") from None
    if facts.st_uid != os.geteuid() or facts.st_mode & 0o002:
        raise Unable(
            f"others may write into the data folder {folder}", "choose a folder of your own with --data"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Unable(f"the data folder {folder} can't be written", "choose another with --data")
    return folder


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """One demo a data folder. Gives whether the last one was killed, by a mark in the file."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(folder / "lock", flags, 0o600), "r+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unable(
                f"the data folder {folder} is in use by another demo",
                "stop it, or choose another with --data",
            ) from None
        unclean = bool(file.read())
        mark(file.fileno(), b"running\n")
        yield unclean
        mark(file.fileno(), b"")


def mark(descriptor: int, text: bytes) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text, 0)


def listen(host: str, port: int, option: str, wait: float) -> socket.socket:
    """A socket that listens there. SO_REUSEADDR, since a killed demo leaves connections that linger."""
    deadline = time.monotonic() + wait
    while True:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            return bound(socket.socket(family, kind, protocol), address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise refused_port(host, port, option, error) from None
            time.sleep(0.1)


def bound(listener: socket.socket, address: object) -> socket.socket:
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)  # type: ignore[arg-type]  # as getaddrinfo gave it
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def refused_port(host: str, port: int, option: str, error: OSError) -> Unable:
    if error.errno == errno.EADDRINUSE:
        return Unable(
            f"port {port} of {host} is in use", f"choose another with {option}; 0 takes any free one"
        )
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return Unable(
            f"{host} is no address of this computer ({error.strerror})", "choose another with --host"
        )
    return Unable(f"can't listen on port {port} of {host}: {error.strerror}", f"choose another with {option}")


def origin(listener: socket.socket) -> str:
    """Where a browser finds it. For “all addresses”, this computer's own on the way outwards."""
    host, port = listener.getsockname()[:2]
    if ip_address(host).is_unspecified:
        host = outward(listener.family)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def outward(family: socket.AddressFamily) -> str:
    """Asks the routing table; nothing is sent."""
    far, own = ("2001:db8::1", "::1") if family == socket.AF_INET6 else ("192.0.2.1", "127.0.0.1")
    with socket.socket(family, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect((far, 9))
        own = probe.getsockname()[0]
    return own


def is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def configure(folder: Path, site: str, provider: str, public: str | None) -> DemoConfig:
    shown = provider if public is None else public_origin(public)
    # Beside the public origin, Aviary answers to the address that it listens on: a proxy may send either as
    # the host.
    reachable = [provider, shown]
    return DemoConfig(
        data=folder,
        site_origin=site,
        provider_origin=shown,
        site_hosts=hosts([site]),
        provider_hosts=hosts(reachable),
        explain=all(Url(one).is_loopback for one in (site, *reachable)),
    )


def public_origin(text: str) -> str:
    hint = "write it like --provider-origin https://aviary.example"
    try:
        url = Url(text)
    except Malformed as error:
        raise Unable(f"--provider-origin {text}: {error.reason}", hint) from None
    if (
        url.scheme not in ("http", "https")
        or url.path not in ("", "/")
        or url.query is not None
        or "@" in text
    ):
        raise Unable(f"--provider-origin {text} is no origin (scheme, host and port)", hint)
    return url.origin


class Signals:
    """The signals that end the demo, and those of ended children, awaited by one `select`."""

    def __init__(self) -> None:
        self._stop = False

    def __enter__(self) -> "Signals":
        # Python writes a signal's number into this pipe, whatever the program is doing at the moment.
        self._woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in (*STOPPING, signal.SIGCHLD):
            signal.signal(number, _noted)
        return self

    def __exit__(self, *_: object) -> None:
        # Left as they are: what comes while the children end must not cut that short.
        pass

    def stop(self, wait: float | None = 0) -> bool:
        """Whether one has said to stop; waits that many seconds for any of them, or for ever."""
        if select.select([self._woken], [], [], 0 if self._stop else wait)[0]:
            self._stop |= any(number in STOPPING for number in os.read(self._woken, 64))
        return self._stop


def _noted(number: int, frame: FrameType | None) -> None:
    pass


class Sites:
    """The two children."""

    def __init__(self, signals: Signals, config: DemoConfig) -> None:
        self.signals, self.config = signals, config
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Sites":
        return self

    def __exit__(self, *_: object) -> None:
        for child in self.children.values():
            child.terminate()
        deadline = time.monotonic() + FAREWELL
        for child in self.children.values():
            try:
                child.wait(max(deadline - time.monotonic(), 0))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def start(self, name: str, listener: socket.socket) -> None:
        """The site `name` on this socket; returns when it answers, or when a signal says to stop."""
        if self.stopped():
            return
        # -P: a file of the folder that the command is typed in must not stand in for a module.
        command = [sys.executable, "-P", "-m", "valetkey.demo.serve", name]
        # Blocked, and inherited so: a Ctrl-C that comes while the child starts is for this process alone.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        self.children[name] = subprocess.Popen(  # noqa: S603  # nothing in it comes from outside
            [*command, "--descriptor", str(listener.fileno()), "--parent", str(os.getpid())],
            env=child_environment() | self.config.environment,
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),  # the parent's own output may be read by a program
        )
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
        address = origin(listener)
        listener.close()  # it is the child's from here on, so that the port is free when the child is gone
        deadline = time.monotonic() + PATIENCE
        while not self.stopped(0.05):
            status = answer(address)
            if status:
                if status >= 500:
                    raise self._failed(name, f"is broken: it answers with {status}")
                return
            if time.monotonic() > deadline:
                raise self._failed(name, f"has not answered for {PATIENCE} seconds")

    def stopped(self, wait: float | None = 0) -> bool:
        """:meth:`Signals.stop`.

        :raises Unable: where nobody said to stop, and a child has ended by itself.
        """
        if self.signals.stop(wait):
            return True
        for name, child in self.children.items():
            if child.poll() is not None:
                raise self._failed(name, f"ended by itself ({ending(child.returncode)})")
        return False

    def _failed(self, name: str, what: str) -> Unable:
        return Unable(f"{NAMES[name]} {what}", f"why stands above, or in {self.config.data / f'{name}.log'}")


NAMES = {"aviary": "Aviary", "site": "the test site"}


def child_environment() -> dict[str, str]:
    """This process's, without what would tell gunicorn or Django something else than we do."""
    misleading = ("GUNICORN_", "DJANGO_", "LISTEN_", "SCRIPT_NAME", "SERVER_SOFTWARE")
    return {name: value for name, value in os.environ.items() if not name.startswith(misleading)}


def answer(address: str) -> int | None:
    """The status with which an HTTP server answers there; None where none does."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def as_text(config: DemoConfig) -> str:
    credentials = config.credentials
    return f"""\
Tutorial test site  {config.site_origin}/   (start here)
Aviary              {config.provider_origin}/   (the provider)

Log in at Aviary as   {credentials["username"]}
with the password     {credentials["password"]}

Everything is kept in {config.data}. Ctrl-C stops both sites."""
