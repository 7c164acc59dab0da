"""Where a step didn't go as meant: what happened, what was not done, and the one way on. Pure.

The words for a refusal are those of Aviary's developers' corner.
"""

import json
import re
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Literal

from valetkey.demo.site.exchange import Exchange
from valetkey.demo.site.lines import counted
from valetkey.demo.site.wire import clock
from valetkey.protocol.answers import absent_parameters, acceptable_timestamps
from valetkey.protocol.messages import Headers

Way = Literal["start anew", "connect again", "connect after all", "write", "try again"]

#: Each way on: the name of its page (None: the page that it happened on), and the words of its button.
WAYS: dict[Way, tuple[str | None, str]] = {
    "start anew": ("testsite:connect", "Start anew"),
    "connect again": ("testsite:connect", "Connect again"),
    "connect after all": ("testsite:connect", "Connect after all"),
    "write": ("testsite:write", "Next: write a status"),
    "try again": (None, "Try again"),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A page that tells it.

    :param status: the page's own.
    :param said: Aviary's status and problem, where it refused.
    :param advice: what to do.
    :param retry_after: seconds, where waiting helps.
    """

    title: str
    text: str
    way: Way
    status: int = 400
    said: str = ""
    problem: str = ""
    advice: str = ""
    retry_after: int | None = None


DENIED = Trouble(
    "You said no", "Aviary told this site, and gave it nothing.", "connect after all", HTTPStatus.OK
)
FOREIGN = Trouble(
    "This answer belongs to another request",
    "The address names a request token that this browser didn’t start with. Somebody may have sent you the"
    " link. Nothing was exchanged.",
    "start anew",
)
NO_SESSION = Trouble(
    "This browser hasn’t started anything",
    "The callback came without the session that began it (another browser, or cookies are off). Nothing was"
    " exchanged.",
    "start anew",
)
NO_VERIFIER = Trouble(
    "The verifier is missing",
    "Aviary’s answer ends with an oauth_verifier, and this address has none. Nothing was exchanged.",
    "start anew",
)
MANGLED = Trouble(
    "This answer can’t be read",
    "The address is incomplete, or says the same twice. Nothing was exchanged.",
    "start anew",
)
USED_AND_CONNECTED = Trouble(
    "This verifier is used up",
    "It was exchanged before, and works once. You are connected already.",
    "write",
    HTTPStatus.CONFLICT,
)
USED = Trouble(
    "This verifier is used up",
    "The request that it belongs to was answered before. Nothing was exchanged.",
    "start anew",
    HTTPStatus.CONFLICT,
)
INSECURE = Trouble(
    "Secrets don’t travel in the clear",
    "Aviary’s address is http on another computer: everybody on the way could read the secrets in its answer."
    " Nothing was sent.",
    "try again",
    HTTPStatus.SERVICE_UNAVAILABLE,
    advice="Start the demo with --provider-origin and an https address, or without --host.",
)

#: Problem, mistake, what was wrong, what to do.
_MISTAKES = {
    "signature_invalid": (
        "The signature doesn’t match",
        "Aviary signed the request as it arrived, with its own copies of the secrets, and got another"
        " signature.",
        "Copy both secrets again; look for a blank at the end.",
    ),
    "nonce_used": (
        "Nonce used before",
        "A request with this nonce and timestamp came before.",
        "Make a new nonce and sign again, for a retry too.",
    ),
    "token_rejected": (
        "Unknown token",
        "Aviary doesn’t know this token, or gave it to another application.",
        "Walk the three legs again.",
    ),
    "consumer_key_refused": (
        "The application is suspended",
        "Aviary takes no requests from this application at the moment.",
        "Ask Aviary’s administrator.",
    ),
    "consumer_key_unknown": (
        "Unknown consumer key",
        "Aviary knows no application with this key.",
        "Copy the key again; was it reset?",
    ),
    "parameter_rejected": (
        "A parameter was rejected",
        "Aviary doesn’t take what one of the parameters says.",
        "Compare it with what was registered, and with what came back.",
    ),
    "signature_method_rejected": (
        "This signature method isn’t allowed here",
        "Aviary verifies other methods.",
        "Use one of those that Aviary’s developers’ corner names.",
    ),
    "version_rejected": (
        "This version isn’t known",
        "Aviary speaks OAuth 1.0a.",
        "Send oauth_version=1.0, or none.",
    ),
}


def no_answer(origin: str) -> Trouble:
    return Trouble(
        "Aviary doesn’t answer",
        f"{origin} refused the connection, or kept silent. Is it running? `valetkey demo` starts both.",
        "try again",
        HTTPStatus.BAD_GATEWAY,
    )


def refused(exchange: Exchange) -> Trouble:
    """What the page says about an answer that doesn't give what was asked for."""
    found = _refused(exchange)
    phrase = next((known.phrase for known in HTTPStatus if known == exchange.status), "")
    said = f"{exchange.status} {phrase}".strip()
    return replace(found, said=said, problem=exchange.problem.get("oauth_problem", ""))


def _refused(exchange: Exchange) -> Trouble:
    nothing = "Nothing was posted." if exchange.call == "api" else "Nothing was exchanged."
    if exchange.accepted:
        return Trouble(
            "Aviary’s answer can’t be used",
            "It says yes, and doesn’t hold what this site asked for. The answer is below.",
            "try again",
            HTTPStatus.BAD_GATEWAY,
        )
    if exchange.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        return _later(exchange, nothing)
    if exchange.call == "access_token":
        if found := _exchange_refused(exchange):
            return found
    elif found := _ended(exchange):
        return found
    return _mistake(exchange, nothing)


def _later(exchange: Exchange, nothing: str) -> Trouble:
    after = Headers(exchange.answer_head).get("Retry-After", "")
    seconds = int(after) if re.fullmatch("[0-9]{1,6}", after) else None
    wait = "soon" if seconds is None else f"in {counted(seconds, 'second')}"
    title = "Too many requests"
    if exchange.status == HTTPStatus.SERVICE_UNAVAILABLE:
        title = "Aviary can’t check nonces at the moment"
    status = HTTPStatus(exchange.status)
    return Trouble(title, f"{nothing} Try again {wait}.", "try again", status, retry_after=seconds)


def _exchange_refused(exchange: Exchange) -> Trouble | None:
    """What ends a request token."""
    problem = exchange.problem.get("oauth_problem")
    if problem == "token_expired":
        text = "The request token has expired. Nothing was exchanged."
        return Trouble("It took too long", text, "start anew", HTTPStatus.GONE)
    if problem == "token_used":
        return USED
    if problem in ("token_rejected", "token_revoked"):
        return Trouble(
            "Aviary doesn’t know this request any more",
            "The request token has stopped working. Nothing was exchanged.",
            "start anew",
            HTTPStatus.GONE,
            advice=exchange.problem.get("oauth_problem_advice", ""),
        )
    return None


def _ended(exchange: Exchange) -> Trouble | None:
    """What a person, or the application's owner, has decided at Aviary."""
    problem = exchange.problem.get("oauth_problem")
    if problem == "token_revoked":
        return Trouble(
            "Your access was revoked",
            "You, or somebody with your account, revoked it at Aviary. Nothing was posted.",
            "connect again",
            HTTPStatus.FORBIDDEN,
        )
    if problem == "permission_denied":
        return Trouble(
            "Aviary may read for you, not post",
            "The application is read only, or was when you allowed it. Its owner can change that in the"
            " developers’ corner; then connect again. Nothing was posted.",
            "connect again",
            HTTPStatus.FORBIDDEN,
            advice=exchange.problem.get("oauth_problem_advice", ""),
        )
    return None


def _mistake(exchange: Exchange, nothing: str) -> Trouble:
    problem = exchange.problem
    code = problem.get("oauth_problem", "")
    title, text, advice = _MISTAKES.get(code, ("Aviary refused it", _message(exchange), ""))
    if code == "signature_invalid":
        text = f"{text} {_compared(exchange)}".strip()
        return Trouble(title, f"{text} {nothing}", "try again", HTTPStatus.BAD_GATEWAY, advice=advice)
    if code == "timestamp_refused":
        title, text, advice = _clock(exchange)
    elif code == "parameter_absent" and (names := absent_parameters(problem)):
        title, text, advice = f"{', '.join(names)} is missing", "Aviary asks for it.", "Send it."
    advice = problem.get("oauth_problem_advice", "") or advice
    way: Way = "start anew" if exchange.call == "access_token" else "try again"
    return Trouble(title, f"{text} {nothing}".strip(), way, HTTPStatus.BAD_GATEWAY, advice=advice)


def _compared(exchange: Exchange) -> str:
    """What the base string that Aviary verified tells, where it explains itself."""
    _, found, verified = exchange.problem.get("oauth_problem_detail", "").partition("base string: ")
    if not found:
        return ""
    if verified == exchange.base_string:
        return "Its base string was the same, to the letter, so one of the two secrets differs."
    return "Its base string, in the answer below, was another one than this site’s."


def _clock(exchange: Exchange) -> tuple[str, str, str]:
    sent = int(exchange.oauth["oauth_timestamp"])
    accepted = acceptable_timestamps(exchange.problem)
    advice = "Set the clock by the network."
    if accepted is None:
        return "The clock is wrong", f"Sent {clock(sent)} UTC, and Aviary’s clock says otherwise.", advice
    arrived = sum(accepted) // 2
    off = abs(arrived - sent)
    parts = [f"{off // 60} min" if off >= 60 else "", f"{off % 60} s" if off % 60 else ""]
    title = f"Clock {' '.join(part for part in parts if part)} {'slow' if sent < arrived else 'fast'}"
    first, last = accepted
    text = f"Sent {clock(sent)}, arrived {clock(arrived)}; accepted {clock(first)} to {clock(last)} UTC."
    return title, text, advice


def _message(exchange: Exchange) -> str:
    """What a refusal in JSON says."""
    try:
        return f"It says: {json.loads(exchange.answer_body)['errors'][0]['message']}"
    except (ValueError, KeyError, IndexError, TypeError):
        return "Its answer, below, doesn’t say why."
