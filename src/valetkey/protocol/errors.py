"""What can go wrong, as one tree.

::

    Error
    ├── Refused        the server's side: this request isn't accepted, for this reason
    ├── ServiceError   the client's side: the service said no, or its answer can't be used
    ├── Denied         the client's side: the person said no
    ├── BadCallback    the client's side: what came back doesn't belong to what was started
    └── Unsignable     your input can't be signed (also a ValueError)

Errors hold facts; their sentences are made from them. No secret is ever among them.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from valetkey.protocol.cases import Case
from valetkey.protocol.encoding import form_encode, percent_encode
from valetkey.protocol.messages import Answer, Headers, HeadersLike
from valetkey.protocol.values import HIDDEN

#: The status of each problem: RFC 5849, section 3.2, for what it names, and the same split for the rest of
#: the Problem Reporting extension's codes: 400 for what no credentials could mend, 401 for what others
#: might.
STATUS: Mapping[str, int] = {
    "version_rejected": 400,
    "parameter_absent": 400,
    "parameter_rejected": 400,
    "signature_method_rejected": 400,
    "timestamp_refused": 401,
    "nonce_used": 401,
    "signature_invalid": 401,
    "consumer_key_unknown": 401,
    "consumer_key_rejected": 401,
    "consumer_key_refused": 401,
    "token_used": 401,
    "token_expired": 401,
    "token_revoked": 401,
    "token_rejected": 401,
    "permission_unknown": 401,
    "permission_denied": 403,
    "user_refused": 401,
    "additional_authorization_required": 401,
}

# In a form, a header, JSON, a Python dictionary or XML, whichever a service answers with.
_SECRETS = re.compile(
    r"((?:oauth_token_secret|oauth_verifier|oauth_signature)[\"']?\s*(?:=|:|>|%3D)\s*[\"']?)[^&\s\"',}<]+",
    re.IGNORECASE,
)


class Error(Exception):
    """The root: catch it to catch everything that this package raises on purpose."""


class Refused(Error):
    """A request that isn't accepted.

    :param problem: a code of the Problem Reporting extension.
    :param advice: one or two sentences for whoever sent the request: what was wrong, and what to do. It
        leaves the house.
    :param status: 400, 401, 403, 411, 413, 429, 431 or 503; by default what :data:`STATUS` says.
    :param detail: what only the log and a developer may see, such as the base string that was verified.
        Never a secret, and never the signature that would have been right.
    :param facts: further ``oauth_*`` parameters of the extension, decoded (``oauth_acceptable_timestamps``
        …).
    :param retry_after: seconds, for 429 and 503.

    The server's side adds two things. `id` names this very refusal in the answer and in the log, so that a
    person who asks about it need only say it. `case` is the request that was refused; it stays in the house.
    """

    def __init__(
        self,
        problem: str,
        advice: str,
        status: int | None = None,
        detail: str = "",
        facts: Mapping[str, str] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(problem, advice, status, detail, facts, retry_after)
        self.problem = problem
        self.advice = advice
        self.status: int = status or STATUS.get(problem, 401)  # a code of a store's own
        self.detail = detail
        self.facts: dict[str, str] = dict(facts or {})
        self.retry_after = retry_after
        self.id = ""
        self.case: Case | None = None

    def __str__(self) -> str:
        return f"{self.problem} ({self.status}): {self.advice}"

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The extension's parameters, decoded: the problem, the facts, the advice; and the refusal's id."""
        identified = [("refusal", self.id)] if self.id else []
        return [
            ("oauth_problem", self.problem),
            *self.facts.items(),
            ("oauth_problem_advice", self.advice),
            *identified,
        ]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args, {"id": self.id}

    @property
    def headers(self) -> Headers:
        """The header fields of the answer. ``WWW-Authenticate`` comes with every status, since it carries
        the problem.
        """
        challenge = ", ".join(f'{name}="{percent_encode(value)}"' for name, value in self.parameters)
        fields = {
            "WWW-Authenticate": f"OAuth {challenge}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        if self.retry_after is not None:
            fields["Retry-After"] = str(self.retry_after)
        return Headers(fields)

    def reply(self) -> Answer:
        """The answer to send: the problem and the advice, form-encoded, and nothing of :attr:`detail`."""
        return Answer(self.status, self.headers, form_encode(self.parameters))


class ServiceError(Error):
    """The service said no, or gave an answer that can't be used.

    :param message: what happened, in a sentence.
    :param status: the status of the answer.
    :param headers: its header fields.
    :param body: its octets, as they came. They aren't part of the message where they may hold a secret.
    :param problem: the Problem Reporting code in it, or ``""``.
    """

    def __init__(
        self, message: str, status: int = 0, headers: HeadersLike = None, body: bytes = b"", problem: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self._answer = Answer(status, headers, body)
        self.problem = problem

    @property
    def status(self) -> int:
        return self._answer.status

    @property
    def headers(self) -> Headers:
        return self._answer.headers

    @property
    def body(self) -> bytes:
        return self._answer.body

    def __str__(self) -> str:
        parts = [self.message]
        if shown := masked(self.body)[:300].strip():
            parts.append(f"It answered: {shown}")
        return " ".join(parts)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self.status, (), masked(self.body).encode(), self.problem)


class Denied(Error):
    """The person said no. `token` is the request token's key."""

    def __init__(self, token: str) -> None:
        super().__init__(token)
        self.token = token

    def __str__(self) -> str:
        return "The person denied access: nothing was granted, and there is nothing to exchange."


class BadCallback(Error):
    """What came back from the authorization page doesn't belong to what was started, or lacks a part.

    :param missing: the name of the parameter that isn't there, or ``""`` where it is there and wrong.
    """

    def __init__(self, message: str, missing: str = "") -> None:
        super().__init__(message, missing)
        self.missing = missing

    def __str__(self) -> str:
        return str(self.args[0])


class Unsignable(Error, ValueError):
    """Your input can't be signed.

    :param what: the argument at fault (``url``, ``body``, ``realm`` …).
    :param reason: what is wrong with it, and what to write instead.
    """

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(what, reason)
        self.what = what
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}"


def masked(body: bytes) -> str:
    """`body` as text, with the values of what OAuth keeps secret replaced by ``…``."""
    text = _SECRETS.sub(rf"\1{HIDDEN}", body.decode("utf-8", "replace"))
    # What a terminal would obey is written out instead.
    return "".join(mark if mark.isprintable() or mark == "\n" else ascii(mark)[1:-1] for mark in text)


def named(names: Iterable[str]) -> str:
    """Names as a list for a sentence: ``a, b and c``."""
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last
