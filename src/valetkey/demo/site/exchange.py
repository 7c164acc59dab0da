"""One request and its answer, kept without their secrets.

Made once, from the very `Signed` that was sent and the very `Answer` that came; kept in the visitor's
session; and all that the wire view is made from. Pure: no I/O, no clock.
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Literal

from valetkey import Answer, Headers, Signed
from valetkey.protocol.answers import parse_problem
from valetkey.protocol.encoding import Malformed, form_decode
from valetkey.protocol.errors import masked
from valetkey.protocol.header import parse_challenge
from valetkey.protocol.parameters import is_form
from valetkey.protocol.values import HIDDEN

Call = Literal["request_token", "access_token", "api"]

#: Of an answer. A refusal may hold the base string of a long status, encoded once more.
_KEPT_CHARACTERS = 200_000
#: What Aviary's refusals say besides the parameters of the extension.
_BESIDES = ("refusal", "mistake", "mistake_about")
_SIGNATURE_SENT = re.compile(r'(\boauth_signature="?)[^"&,\s]*')


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, as they went through the socket, without the secrets.

    `head` is the request line and the header fields. `parameters` are decoded, with their source, in the
    order of the base string. `signature` is empty where it is the key itself (PLAINTEXT). `secrets` are the
    lengths, in characters, of the consumer secret and of the token's secret, None where there was no token.
    `hidden` are the lengths of the secrets in the answer, by name; in `answer_body` each is replaced by
    ``…``.
    """

    url: str
    head: tuple[str, ...]
    body: str
    base_string: str
    signature: str
    parameters: tuple[tuple[str, str, str], ...]
    secrets: tuple[int, int | None]
    status: int
    answer_head: tuple[tuple[str, str], ...]
    answer_body: str
    hidden: Mapping[str, int]

    @classmethod
    def of(
        cls, signed: Signed, answer: Answer, octets: bytes, *, consumer_secret: str, token_secret: str
    ) -> "Exchange":
        """:param octets: the request as it went through the socket."""
        head, _, body = octets.partition(b"\r\n\r\n")
        parameters = tuple((item.name, item.value, str(item.source)) for item in signed.parameters)
        names = {name: value for name, value, _ in parameters}
        is_key = names["oauth_signature_method"] == "PLAINTEXT"
        lines, sent, url = head.decode("latin-1"), body.decode("utf-8", "replace"), signed.url
        if is_key:
            lines, sent, url = (_SIGNATURE_SENT.sub(rf"\1{HIDDEN}", text) for text in (lines, sent, url))
        is_token_leg = bool(names.keys() & {"oauth_callback", "oauth_verifier"})
        shown, hidden = _without_secrets(answer, is_token_leg)
        return cls(
            url=url,
            head=tuple(lines.split("\r\n")),
            body=sent,
            base_string=signed.base_string,
            signature="" if is_key else signed.signature,
            parameters=parameters,
            secrets=(len(consumer_secret), len(token_secret) if "oauth_token" in names else None),
            status=answer.status,
            answer_head=answer.headers.pairs,
            answer_body=_cut(shown),
            hidden=hidden,
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Exchange":
        """:raises (TypeError, ValueError, KeyError): where it isn't what :meth:`as_json` gave."""
        consumer, token = kept["secrets"]
        made = {
            "head": tuple(kept["head"]),
            "parameters": tuple((name, value, source) for name, value, source in kept["parameters"]),
            "secrets": (consumer, token),
            "answer_head": tuple((name, value) for name, value in kept["answer_head"]),
        }
        return cls(**{**kept, **made})

    @property
    def method(self) -> str:
        return self.head[0].partition(" ")[0]

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The request's header fields, as they were sent."""
        return [(name, value) for name, _, value in (line.partition(": ") for line in self.head[1:])]

    @property
    def authorization(self) -> str:
        return Headers(self.fields).get("Authorization", "")

    @property
    def is_form(self) -> bool:
        return has_form(self.fields)

    @property
    def answers_form(self) -> bool:
        return has_form(self.answer_head)

    @property
    def oauth(self) -> dict[str, str]:
        """The protocol parameters, decoded, without the signature."""
        return {name: value for name, value, _ in self.parameters if name.startswith("oauth_")}

    @property
    def others(self) -> list[tuple[str, str, str]]:
        """The other parameters, decoded, each with its source."""
        return [(name, value, source) for name, value, source in self.parameters if name[:6] != "oauth_"]

    @property
    def call(self) -> Call:
        if "oauth_callback" in self.oauth:
            return "request_token"
        return "access_token" if "oauth_verifier" in self.oauth else "api"

    @property
    def signature_method(self) -> str:
        return self.oauth["oauth_signature_method"]

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300

    @property
    def problem(self) -> dict[str, str]:
        """The ``oauth_*`` parameters with which the answer refuses; empty where it doesn't."""
        found = parse_problem(Headers(self.answer_head), self.answer_body.encode())
        return found if "oauth_problem" in found else {}

    @property
    def besides(self) -> dict[str, str]:
        """What Aviary says besides of a refusal: ``refusal``, its id; and where it explains itself and has
        proved the mistake, ``mistake`` and ``mistake_about``.
        """
        found: dict[str, str] = {}
        for challenge in Headers(self.answer_head).every("WWW-Authenticate"):
            found.update(parse_challenge(challenge))
        with suppress(Malformed):
            found.update(form_decode(self.answer_body) if self.answers_form else ())
        return {name: found.get(name, "") for name in _BESIDES}


def has_form(fields: Iterable[tuple[str, str]]) -> bool:
    """Whether these header fields announce a form."""
    try:
        return is_form(Headers(fields).get("Content-Type"))
    except Malformed:
        return False


def _without_secrets(answer: Answer, is_token_leg: bool) -> tuple[str, dict[str, int]]:
    """The answer's body, its secrets replaced by ``…``, and their lengths by name."""
    text = answer.body.decode("utf-8", "replace")
    if not has_form(answer.headers.pairs):
        return masked(answer.body) if is_token_leg else text, {}
    hidden: dict[str, int] = {}
    shown = []
    for piece in text.strip().split("&"):
        name, equals, value = piece.partition("=")
        if name == "oauth_token_secret":
            hidden[name] = _length(value)
            value = HIDDEN
        shown.append(f"{name}{equals}{value}")
    return "&".join(shown), hidden


def _length(encoded: str) -> int:
    try:
        return sum(len(value) for _, value in form_decode(f"_={encoded}"))
    except Malformed:
        return len(encoded)


def _cut(text: str) -> str:
    more = len(text) - _KEPT_CHARACTERS
    return text if more <= 0 else f"{text[:_KEPT_CHARACTERS]}\n{HIDDEN} and {more} more characters"
