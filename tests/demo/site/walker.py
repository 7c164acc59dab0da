"""Somebody who walks the test site's pages with one browser, and reads what the wire view shows."""

import base64
import json
import re
import tempfile
import zlib
from email.message import Message
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request

from oauthlib.oauth1 import Client
from oauthlib.oauth1.rfc5849 import signature as judge

from tests.demo.visitor import Visitor, text_of
from tests.person import Page
from tests.running import Demo

STEPS = ("/auth/", "/verify/", "/update/")


class Walker(Visitor):
    """A visitor of Aviary's who visits the test site too."""

    def __init__(self, demo: Demo, name: str | None = None) -> None:
        super().__init__(demo, name)
        self.site = demo.info["site"]

    @classmethod
    def new(cls, demo: Demo) -> "Walker":
        visitor = super().new(demo)
        assert isinstance(visitor, Walker)
        return visitor

    @classmethod
    def robin(cls, demo: Demo) -> "Walker":
        visitor = super().robin(demo)
        assert isinstance(visitor, Walker)
        return visitor

    def visit(self, path: str) -> Page:
        return self.get(f"{self.site}{path}")

    def ask(self) -> str:
        """Starts at the test site; the address of Aviary's page."""
        return link_to(self.visit("/auth/"), self.origin)

    def allowed(self, url: str | None = None, decision: str = "allow") -> str:
        """Decides; the address that this leads back to."""
        page = self.decide(url or self.ask(), decision)
        assert page.location, page.text
        return page.location

    def connect(self) -> Page:
        page = self.get(self.allowed())
        assert page.title == f"Connected as @{self.name}", page.text
        return page

    def update(self, status: str, **typed: str) -> Page:
        """Fills the form, which holds the token, and sends it."""
        form = self.form(self.visit("/tweet/"), None, {"access": "", "secret": ""})
        fields = {**form.fields, "status": status, **typed}
        return self._open(Request(f"{self.site}{form.action}", urlencode(fields).encode()))

    def token(self) -> tuple[str, str]:
        """What the form holds."""
        fields = self.form(self.visit("/tweet/"), None, {"access": "", "secret": ""}).fields
        return fields["access"], fields["secret"]

    def forget_site(self) -> None:
        """Loses the test site's cookies, and keeps Aviary's."""
        for cookie in list(self._cookies):
            if cookie.name.startswith("site_"):
                self._cookies.clear(cookie.domain, cookie.path, cookie.name)

    def headers(self, path: str) -> Message:
        """Those of the answer, whatever its status."""
        try:
            answer = self._opener.open(f"{self.site}{path}", timeout=30)
        except HTTPError as error:
            answer = error
        with answer:
            return cast(Message, answer.headers)

    @property
    def session_file(self) -> Path:
        return Path(tempfile.gettempdir()) / f"site_sessionid{self.cookie('site_sessionid')}"

    def session(self) -> dict[str, Any]:
        """What the site keeps of this browser, as its file has it."""
        payload = self.session_file.read_text("ascii").split(":")[0]
        octets = base64.urlsafe_b64decode(payload.lstrip(".") + "===")
        found: dict[str, Any] = json.loads(zlib.decompress(octets) if payload[0] == "." else octets)
        return found


class Shown(NamedTuple):
    """What a page's wire view says of one request."""

    method: str
    url: str
    authorization: str
    body: str
    base_string: str
    whole: str
    signature: str
    answer: str
    code: list[str]

    @property
    def recomputed(self) -> str:
        """The base string of the request that is shown, by oauthlib."""
        headers = {"Authorization": self.authorization}
        pairs = judge.collect_parameters(urlsplit(self.url).query, self.body, headers)
        text = judge.normalize_parameters(pairs)
        return str(judge.signature_base_string(self.method, judge.base_string_uri(self.url), text))


def shown_on(page: Page) -> Shown:
    request, answer, *code = [
        unescape(re.sub(r"<[^>]*>", "", found))
        for found in re.findall(r'<pre class="code"[^>]*>(.*?)</pre>', page.text, re.DOTALL)
    ]
    head, _, body = request.partition("\n\n")
    # Only the line breaks within Authorization are the page's own.
    lines = head.replace("Authorization: OAuth\n", "Authorization: OAuth ").replace(",\noauth_", ", oauth_")
    first, *fields = lines.strip().split("\n")
    headers = dict(field.split(": ", 1) for field in fields)
    method, target, _ = first.split(" ")
    cells = re.findall(r'class="piece"><span[^>]*>(.*?)</span></td>', page.text)
    signature = re.search(r'<dd class="big"[^>]*>(.*?)</dd>', page.text)
    whole = re.search(r'id="base-string"[^>]*>(.*?)</div>', page.text)
    assert signature
    assert whole
    return Shown(
        method=method,
        url=f"http://{headers['Host']}{target}",
        authorization=headers["Authorization"],
        body=body.rstrip("\n"),
        base_string="".join(unescape(re.sub(r"<[^>]*>", "", cell)) for cell in cells),
        whole=unescape(re.sub(r"<[^>]*>", "", whole[1])),
        signature=unescape(signature[1]),
        answer=answer,
        code=code,
    )


def signed_by(base_string: str, secret: str, token_secret: str) -> str:
    """Its HMAC-SHA1 signature, by oauthlib."""
    client = Client("any", client_secret=secret, resource_owner_secret=token_secret)
    return str(judge.sign_hmac_sha1_with_client(base_string, client))


def link_to(page: Page, origin: str) -> str:
    """The first link on `page` that leads to `origin`."""
    found = re.search(rf'<a\b[^>]*href="({re.escape(origin)}[^"]*)"[^>]*>', page.text)
    assert found, page.text
    return unescape(found[1])


def read(page: Page) -> str:
    return text_of(page.text)
