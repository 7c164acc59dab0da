"""A whole request to a server on this computer, with and without a signature."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any, cast

from benchmarks import ours, samples, server
from benchmarks.results import Figure, Result
from benchmarks.timing import Pace, Turn, race
from valetkey import AccessToken, Consumer, Signer

#: Per cent that a signature adds, at the most.
MOST = 6
BARE = "unsigned"

Get = Callable[[str], Any]


def run(pace: Pace) -> Iterator[Result]:
    with server.running() as origin:
        for name in ("requests", "httpx2"):
            with clients(name) as found:
                turns = {who: Turn(_checked(get), partial(_address, origin)) for who, get in found.items()}
                times = race(turns, pace)
            added = {who: 100 * (times.ratio(who, BARE) - 1) for who in found if who != BARE}
            figures = [
                Figure(more, f"% added by {who}", most=MOST if who == ours.NAME else None)
                for who, more in added.items()
            ]
            yield Result(f"request, {name}", figures, {who: times.of(who) for who in found})


def _address(origin: str) -> tuple[str]:
    path = samples.unseen().url.removeprefix("https://api.example.com")
    return (f"{origin}{path}",)


def _checked(get: Get) -> Get:
    def work(url: str) -> None:
        assert get(url).status_code == 200

    return work


@contextmanager
def clients(name: str) -> Iterator[Mapping[str, Get]]:
    with ExitStack() as stack:
        made = _with_requests() if name == "requests" else _with_httpx2()
        yield {who: stack.enter_context(client).get for who, client in made.items()}


def _signer() -> Signer:
    return Signer(Consumer(*samples.CONSUMER), AccessToken(*samples.TOKEN))


def _with_requests() -> dict[str, Any]:
    import requests

    from valetkey.requests import OAuth1

    auths: dict[str, Any] = {BARE: None, ours.NAME: OAuth1(_signer())}
    if peer := _imported("requests_oauthlib"):
        auths["requests-oauthlib"] = peer.OAuth1(*samples.CONSUMER, *samples.TOKEN)
    sessions = {}
    for who, auth in auths.items():
        sessions[who] = session = requests.Session()
        session.auth = auth
        session.trust_env = False  # else the unsigned one alone looks for a .netrc
    return sessions


def _with_httpx2() -> dict[str, Any]:
    import httpx2

    from valetkey.httpx import OAuth1

    found: dict[str, Any] = {
        BARE: httpx2.Client(),
        ours.NAME: httpx2.Client(auth=cast(Any, OAuth1(_signer()))),
    }
    if peer := _imported("authlib.integrations.httpx_client"):
        found["Authlib"] = peer.OAuth1Client(*samples.CONSUMER, *samples.TOKEN)
    return found


def _imported(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None
