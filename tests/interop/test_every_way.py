"""What one side signs, the other verifies: every signature method, in every place, by every adapter, over a
real socket. And with any one octet changed, it is refused.
"""

import asyncio
import json
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode
from urllib.request import Request

import aiohttp
import httpx
import httpx2
import pytest
import requests

import valetkey.aiohttp
import valetkey.httpx
import valetkey.requests
import valetkey.urllib
from tests.loopback import PATIENCE, Arrived, Loopback, serving
from tests.vectors import rsa_key
from tests.wire import FORM, NOW, Clock
from valetkey import AccessToken, Answer, Consumer, MemoryStore, Refused, Signed, Signer, Verifier
from valetkey.signer import Placement

METHODS = ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1", "RSA-SHA256", "RSA-SHA512", "PLAINTEXT"]
PLACEMENTS: list[Placement] = ["header", "query", "body"]
BY_SECRET = [method for method in METHODS if not method.startswith("RSA-")]

HERON = Consumer("heron&co", "c/onsumer+secret")
WREN = Consumer("wren", rsa_key=rsa_key("mastercard", "private_pem"))
TOKENS = {HERON.key: AccessToken("t=oken", "tok%en sécret"), WREN.key: AccessToken("another", "")}


def signer_of(method: str, **options: Any) -> Signer:
    consumer = WREN if method.startswith("RSA-") else HERON
    return Signer(consumer, TOKENS[consumer.key], signature_method=method, **options)


def verifier(clock: Callable[[], float]) -> Verifier[Any, Any]:
    """A service's own, which knows both consumers and takes every method."""
    store = MemoryStore(clock=clock)
    store.add(Consumer(HERON.key, HERON.secret, signature_methods=BY_SECRET), TOKENS[HERON.key])
    store.add(Consumer(WREN.key, rsa_key=rsa_key("mastercard", "public_pem")), TOKENS[WREN.key])
    return Verifier(store, signature_methods=METHODS)


@pytest.fixture(scope="module")
def service() -> Iterator[Loopback]:
    """A server that answers what it has verified, and refuses all else."""
    verifying, place = verifier(time.time), [""]

    def answer(arrived: Arrived) -> Answer:
        url = f"{place[0]}{arrived.target}"
        try:
            verified = verifying.verify(arrived.method, url, headers=arrived.headers, body=arrived.body)
        except Refused as refused:
            return refused.reply()
        return Answer(200, None, json.dumps([verified.consumer.key, *verified.parameters]))

    with serving(answer) as running:
        place[0] = running.origin
        yield running


# -- every way


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


Pairs = list[tuple[str, str]]
Sending = Callable[[Signer, str, Pairs], bytes]
# Else each client would read all certificates of this machine.
NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def by_requests(signer: Signer, url: str, form: Pairs) -> bytes:
    return requests.post(url, data=form, auth=valetkey.requests.OAuth1(signer), timeout=PATIENCE).content


def by_httpx(signer: Signer, url: str, form: Pairs) -> bytes:
    with httpx.Client(auth=valetkey.httpx.OAuth1(signer), verify=NOBODY, timeout=PATIENCE) as client:
        return client.post(url, data=dict(form)).content


def by_httpx2(signer: Signer, url: str, form: Pairs) -> bytes:
    with httpx2.Client(auth=valetkey.httpx.OAuth1(signer), verify=NOBODY, timeout=PATIENCE) as client:
        return client.post(url, data=dict(form)).content


def by_httpx2_asynchronously(signer: Signer, url: str, form: Pairs) -> bytes:
    async def call() -> bytes:
        auth = valetkey.httpx.OAuth1(signer)
        async with httpx2.AsyncClient(auth=auth, verify=NOBODY, timeout=PATIENCE) as client:
            return (await client.post(url, data=dict(form))).content

    return asyncio.run(call())


def by_aiohttp(signer: Signer, url: str, form: Pairs) -> bytes:
    async def call() -> bytes:
        async with aiohttp.ClientSession(middlewares=[valetkey.aiohttp.OAuth1(signer)]) as session:
            async with session.post(url, data=form) as answer:
                return await answer.read()

    return asyncio.run(call())


def by_urllib(signer: Signer, url: str, form: Pairs) -> bytes:
    with valetkey.urllib.opener(signer).open(
        Request(url, urlencode(form).encode()), timeout=PATIENCE
    ) as answer:
        return bytes(answer.read())


ADAPTERS: dict[str, Sending] = {
    "requests": by_requests,
    "httpx": by_httpx,
    "httpx2": by_httpx2,
    "httpx2, asynchronous": by_httpx2_asynchronously,
    "aiohttp": by_aiohttp,
    "urllib": by_urllib,
}


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("method", METHODS)
def test_what_is_signed_is_verified(
    service: Loopback, method: str, placement: Placement, adapter: str
) -> None:
    signer = signer_of(method, placement=placement)
    form = [("status", "héllo w~'+&=%"), ("a[]", "1"), ("x", "")]
    answer = ADAPTERS[adapter](signer, f"{service.origin}/b%20c/%C3%A9?q=it's&q=%7E&flag", form)
    query = [("q", "it's"), ("q", "~"), ("flag", "")]
    assert json.loads(answer) == [signer.consumer.key, *map(list, [*query, *form])]


# -- any one octet


class Change(NamedTuple):
    """One octet of a request, replaced by another or taken out; texts are the octets as latin-1."""

    field: str  # "method", "url", "header" or "form"
    text: str
    position: int
    octet: str

    @property
    def changed(self) -> str:
        return self.text[: self.position] + self.octet + self.text[self.position + 1 :]


def changes(signed: Signed) -> Iterator[Change]:
    """Each octet of method, URL and form, and of the header's names and values: with one bit changed, as
    something that has a meaning of its own, and taken out.
    """
    texts = {"method": signed.method, "url": signed.url, "header": signed.headers.get("Authorization", "")}
    texts["form"] = (signed.body or b"").decode("latin-1")
    for field, text in texts.items():
        for position in positions(field, text):
            octet = text[position]
            others = [chr(ord(octet) ^ 1 << bit) for bit in range(8)]
            for other in dict.fromkeys([*others, *"%&=+#/0A ", ""]):
                if other != octet:
                    yield Change(field, text, position, other)


def positions(field: str, text: str) -> Iterator[int]:
    if field != "header":
        yield from range(len(text))
        return
    for found in re.finditer('([^\\s",=]+)="([^"]*)"', text):
        if found[1] != "realm":
            yield from (*range(*found.span(1)), *range(*found.span(2)))


# Why a changed request is the same request by the RFC: this is all that may be changed.
METHOD = "3.4.1.1, item 1: the method is signed in upper case"
ORIGIN = "3.4.1.2, item 1: scheme and host are signed in lower case"
ESCAPE = "3.6: the digits of an escape are read in either case"
EMPTY = "3.4.1.3.1: a name without “=” has an empty value"
BLANK = "3.4.1.3.1: “+” is a blank, and so is a blank"


def means_the_same(change: Change) -> str | None:
    """Why it does; None where it is another request."""
    field, text, position, octet = change
    only_case = change.changed.lower() == text.lower()
    if field == "method":
        return METHOD if only_case else None
    if field == "url" and position < text.index("/", 8):
        return ORIGIN if only_case else None
    if field == "url" and position < text.index("?"):
        return None  # the path is signed as it is sent
    if only_case and "%" in text[position - 2 : position]:
        return ESCAPE
    if field == "header":
        return None
    if text[position] == "=" and octet in ("", "&") and text[position + 1 : position + 2] in ("&", ""):
        return EMPTY
    return BLANK if field == "form" and text[position] == "+" and octet == " " else None


URL = "https://Api.Example:8443/a~b/%C3%A9?q=a%2fb+c&flag=&n=1"
FORM_BODY = b"status=h%C3%A9llo+w~&x="
CHANGED = {
    "in the header": ("HMAC-SHA1", "header", "POST", FORM_BODY),
    "in the query": ("HMAC-SHA256", "query", "GET", None),
    "in the form": ("HMAC-SHA512", "body", "POST", FORM_BODY),
    "by RSA": ("RSA-SHA256", "header", "GET", None),
}


def signed_for_change(name: str) -> Signed:
    method, placement, verb, body = CHANGED[name]
    options: dict[str, Any] = {"realm": "Photos"} if placement == "header" else {}
    signer = signer_of(method, placement=placement, **options)
    headers = None if body is None else FORM
    return signer.sign(verb, URL, headers=headers, body=body, timestamp=NOW, nonce="n~1/é")


def proved(verifying: Verifier[Any, Any], signed: Signed, change: Change, way: Callable[..., Any]) -> bool:
    parts = {"method": signed.method, "url": signed.url, change.field: change.changed}
    headers = signed.headers
    if change.field == "header":
        headers = headers.replacing("Authorization", change.changed)
    body = parts["form"].encode("latin-1") if "form" in parts else signed.body
    try:
        verifying.verify(parts["method"], parts["url"], headers=way(headers.pairs), body=body, now=NOW)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("way", [list, tuple], ids=["quick where it can be", "plain"])
@pytest.mark.parametrize("name", CHANGED)
def test_any_one_octet_that_is_changed_is_refused_unless_it_means_the_same(
    name: str, way: Callable[..., Any]
) -> None:
    signed, verifying = signed_for_change(name), verifier(Clock())
    wrong, alike = [], set()
    for change in changes(signed):
        reason = means_the_same(change)
        accepted = proved(verifying, signed, change, way)
        if accepted:
            verifying = verifier(Clock())  # that has not seen this nonce
        if accepted != (reason is not None):
            wrong.append((change.field, change.changed))
        if reason:
            alike.add(reason)
    assert wrong == []
    assert alike == {METHOD, ORIGIN, ESCAPE, EMPTY} | ({BLANK} if signed.body else set())


def test_by_plaintext_any_one_octet_of_the_signature_that_is_changed_is_refused() -> None:
    """It covers nothing of the request (section 3.4.4)."""
    signed, verifying = signer_of("PLAINTEXT").sign("GET", URL, timestamp=NOW), verifier(Clock())
    start = signed.headers["Authorization"].index('oauth_signature="') + len('oauth_signature="')
    for change in changes(signed):
        if change.field == "header" and change.position >= start:
            assert proved(verifying, signed, change, list) is (means_the_same(change) is ESCAPE)
            verifying = verifier(Clock())


def octets_of(signed: Signed, change: Change | None = None) -> bytes:
    """A request as it goes over the wire."""
    parts = {"method": signed.method, "url": signed.url, "header": signed.headers.get("Authorization", "")}
    parts["form"] = (signed.body or b"").decode("latin-1")
    if change:
        parts[change.field] = change.changed
    target = parts["url"].partition("://")[2].partition("/")[2]
    fields = [f"{name}: {value}" for name, value in signed.headers.pairs if name != "Authorization"]
    if parts["header"]:
        fields.append(f"Authorization: {parts['header']}")
    fields.append(f"Content-Length: {len(parts['form'])}")
    return "\r\n".join([f"{parts['method']} /{target} HTTP/1.1", *fields, "", parts["form"]]).encode(
        "latin-1"
    )


def status_of(service: Loopback, octets: bytes) -> int:
    host, port = service.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
        connection.sendall(octets)
        with connection.makefile("rb") as answer:
            return int(answer.readline().split(b" ")[1])


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_over_the_wire_it_is_refused_and_what_was_signed_is_then_accepted_once(
    service: Loopback, placement: Placement
) -> None:
    headers, body = (None, None) if placement == "query" else (FORM, FORM_BODY)
    url = URL.replace("https://Api.Example:8443", service.origin)
    signed = signer_of("HMAC-SHA256", placement=placement).sign("POST", url, headers=headers, body=body)
    # What a server reads as a request at all; the origin is its own.
    readable = [
        change
        for change in changes(signed)
        if means_the_same(change) is None
        and change.octet.isascii()
        and (change.octet.isprintable() and change.octet != " ")
        and not (change.field == "url" and change.position <= len(service.origin))
        and change.changed
    ]
    sample = readable[::23]
    assert {change.field for change in sample} >= {"url", "form" if body else "url"}
    statuses = [status_of(service, octets_of(signed, change)) for change in sample]
    assert [change for change, status in zip(sample, statuses, strict=True) if status not in (400, 401)] == []
    assert [status_of(service, octets_of(signed)) for _ in range(2)] == [200, 401]


# -- the same request, written otherwise


# URL, header and form of a request, and what they may be instead.
AS_SIGNED = ("https://api.example?a=1&b=2+3&~=%C3%A9", "c=4&a=5&d=")
ALIKE: dict[str, Callable[[str, str, str], tuple[str, str, str]]] = {
    "3.4.1.2: the host in capitals": lambda url, header, form: (url.replace("api", "API"), header, form),
    "3.4.1.2: the default port": lambda url, header, form: (url.replace("?", ":443?"), header, form),
    "3.4.1.2: the root's slash": lambda url, header, form: (url.replace("?", "/?"), header, form),
    "3.4.1.3.1: “%20” for “+”": lambda url, header, form: (url.replace("+", "%20"), header, form),
    "3.4.1.3.1: an empty pair": lambda url, header, form: (f"{url}&", header, f"&{form}"),
    "3.4.1.3.1: the place of a parameter": lambda url, header, form: (
        *(url.replace("a=1&", ""), header),
        f"a=1&{form}",
    ),
    "3.4.1.3.1: the realm": lambda url, header, form: (url, header.replace("Photos", 'a, \\"b\\"'), form),
    "3.4.1.3.1: no realm": lambda url, header, form: (url, header.replace('realm="Photos", ', ""), form),
    "3.4.1.3.2: the order of parameters": lambda url, header, form: (
        *(url, header),
        "&".join(reversed(form.split("&"))),
    ),
    "3.5.1: the scheme's case": lambda url, header, form: (url, header.replace("OAuth ", "oAUTH  "), form),
    "3.5.1: blanks between parameters": lambda url, header, form: (url, header.replace(", ", " ,\t"), form),
    "3.5.1: no blanks between parameters": lambda url, header, form: (url, header.replace(", ", ","), form),
    "3.5.1: the order in the header": lambda url, header, form: (
        *(url, f"OAuth {', '.join(reversed(header.removeprefix('OAuth ').split(', ')))}"),
        form,
    ),
    "3.6: small letters in an escape": lambda url, header, form: (
        *(url.replace("%C3%A9", "%c3%a9"), re.sub("%..", lambda found: found[0].lower(), header)),
        form,
    ),
    "3.6: an escape that needn't be one": lambda url, header, form: (
        *(url.replace("~", "%7E"), header.replace("1.0", "%31.0")),
        form.replace("a", "%61"),
    ),
}


@pytest.mark.parametrize("way", [list, tuple], ids=["quick where it can be", "plain"])
@pytest.mark.parametrize("kind", ALIKE)
def test_what_is_the_same_by_the_rfc_is_verified(kind: str, way: Callable[..., Any]) -> None:
    url, form = AS_SIGNED
    signer = signer_of("HMAC-SHA1", realm="Photos")
    signed = signer.sign("POST", url, headers=FORM, body=form, timestamp=NOW)
    before = (url, signed.headers["Authorization"], form)
    url, header, form = ALIKE[kind](*before)
    assert (url, header, form) != before
    headers = way(signed.headers.replacing("Authorization", header).pairs)
    assert verifier(Clock()).verify("POST", url, headers=headers, body=form.encode(), now=NOW)
