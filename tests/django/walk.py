"""The application's side of the test site: what it registers, signs and sends, and a person who decides."""

import re
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import oauthlib.oauth1
from django.contrib.auth import get_user_model
from django.db import connections
from django.test import Client

from valetkey import Consumer, RequestToken, Signed, Signer
from valetkey.django import nonces
from valetkey.django.models import AccessToken, Application

# Typed by the demo's model, which mypy's plugin reads; here it is Django's own.
User: Any = get_user_model()

R = TypeVar("R")

ORIGIN = "http://testserver"
CALLBACK = "https://app.example.com/ready?step=2"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def person(name: str = "ada", **options: Any) -> Any:
    return User.objects.create_user(name, password="a password", **options)


def register(
    name: str = "Kestrel",
    *,
    owner: User | None = None,
    access: str = "write",
    callbacks: Iterable[str] = (CALLBACK,),
    **options: Any,
) -> Application:
    return Application.objects.register(owner, name, access=access, callbacks=callbacks, **options)


def consumer(application: Application) -> Consumer:
    return Consumer(application.key, application.secret)


def token_of(application: Application, user: Any, access: str = "write") -> AccessToken:
    """An access token, as the three legs leave it."""
    token = AccessToken(application=application, user=user, access=access)
    token.secret = f"the secret of {token.key}"
    token.save()
    return token


def signer(application: Application, token: Any = None, **options: Any) -> Signer:
    """Signs as `application`, with a token of either kind."""
    held = None if token is None else RequestToken(token.key, token.secret)
    return Signer(consumer(application), held, **options)


def send(signed: Signed, client: Client | None = None, **environ: Any) -> Any:
    """The answer to `signed`, sent as it is; the server leaves the raw target where gunicorn does."""
    target = signed.url.removeprefix(ORIGIN)
    fields = {name: value for name, value in signed.headers.pairs if name != "Content-Type"}
    environ = {"RAW_URI": target, **environ}
    return (client or Client()).generic(
        signed.method,
        target,
        signed.body or b"",
        content_type=signed.headers.get("Content-Type", ""),
        headers=fields,
        **environ,
    )


def call(path: str, application: Application, token: Any = None, method: str = "GET", **options: Any) -> Any:
    """The answer to a request of `application`, signed with `token`."""
    return send(signer(application, token).sign(method, ORIGIN + path, **options))


def read_form(answer: Any) -> dict[str, str]:
    return dict(parse_qsl(answer.content.decode(), strict_parsing=True))


def problem(answer: Any) -> tuple[int, str]:
    """The status and the code that the answer refuses with."""
    return answer.status_code, read_form(answer)["oauth_problem"]


def first_leg(application: Application, callback: str = CALLBACK, asked: str | None = None) -> Any:
    """The answer to the first leg; `asked` is the access that it asks for, as clients write it."""
    path = "/oauth/request_token" + ("" if asked is None else f"?x_auth_access_type={asked}")
    return call(path, application, method="POST", oauth={"oauth_callback": callback})


def ask(application: Application, callback: str = CALLBACK, asked: str | None = None) -> RequestToken:
    """The first leg."""
    answer = first_leg(application, callback, asked)
    assert answer.status_code == 200, answer.content
    said = read_form(answer)
    return RequestToken(said["oauth_token"], said["oauth_token_secret"])


def browser(user: Any = None, **options: Any) -> Client:
    client = Client(**options)
    if user is not None:
        client.force_login(user)
    return client


def field(page: Any, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.content.decode())
    assert found, f"the page has no {name}"
    return found[1]


def open_page(client: Client, token: str, path: str = "/oauth/authorize") -> Any:
    return client.get(path, {"oauth_token": token})


def press(client: Client, page: Any, decision: str = "allow", path: str = "/oauth/authorize") -> Any:
    """What follows on a button of `page`."""
    names = ("oauth_token", "shown") if b'name="shown"' in page.content else ("oauth_token",)
    return client.post(path, {name: field(page, name) for name in names} | {"decision": decision})


def allow(user: Any, token: RequestToken) -> str:
    """The second leg, with Allow: the verifier."""
    client = browser(user)
    answer = press(client, open_page(client, token.key))
    if answer.status_code == 200:
        return pin(answer)
    return came_back(answer)["oauth_verifier"]


def pin(page: Any) -> str:
    found = re.search(r'<data value="(\d+)"', page.content.decode())
    assert found, page.content.decode()
    return found[1]


def came_back(answer: Any) -> dict[str, str]:
    """The query that the person comes back to the application with."""
    assert answer.status_code == 302, answer.content.decode()
    return dict(parse_qsl(urlsplit(answer["Location"]).query, strict_parsing=True))


def exchange(application: Application, token: RequestToken, verifier: str) -> Any:
    """The answer of the third leg."""
    oauth = {"oauth_verifier": verifier}
    return call("/oauth/access_token", application, token, method="POST", oauth=oauth)


def independent(application: Application, token: Any = None, **options: Any) -> oauthlib.oauth1.Client:
    """A client that shares no line with ours."""
    held = {} if token is None else {"resource_owner_key": token.key, "resource_owner_secret": token.secret}
    return oauthlib.oauth1.Client(application.key, application.secret, **held, **options)


def send_independently(
    client: oauthlib.oauth1.Client, method: str, path: str, body: str | None = None
) -> Any:
    headers = FORM if body is not None else {}
    url, fields, octets = client.sign(ORIGIN + path, http_method=method, body=body, headers=headers)
    target = url.removeprefix(ORIGIN)
    return Client().generic(
        method,
        target,
        octets or b"",
        content_type=fields.get("Content-Type", ""),
        headers={"Authorization": fields["Authorization"]},
        RAW_URI=target,
    )


def remember(text: str) -> None:
    """Writes a row to the database, within the request's transaction."""
    User.objects.create_user(text.replace(" ", "_"))


def at_once(number: int, work: Callable[[int], R]) -> list[R]:
    """What `work` returns in each of `number` threads that start at the same moment."""
    barrier = threading.Barrier(number)

    def one(index: int) -> R:
        barrier.wait(30)
        try:
            return work(index)
        finally:
            nonces.close()
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))
