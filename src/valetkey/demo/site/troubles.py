"""Where a step didn't go as meant: what happened, what was not done, and the one way on. Pure.

The words for a refusal are those of Aviary's developers' corner.
"""

import json
import re
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from valetkey.demo.site import refusals
from valetkey.demo.site.exchange import Exchange
from valetkey.protocol.messages import Headers

Text = str | Promise
Way = Literal["start anew", "connect again", "connect after all", "write", "try again"]

#: Each way on: the name of its page (None: the page that it happened on), and the words of its button.
WAYS: dict[Way, tuple[str | None, Promise]] = {
    "start anew": ("testsite:connect", _("Start anew")),
    "connect again": ("testsite:connect", _("Connect again")),
    "connect after all": ("testsite:connect", _("Connect after all")),
    "write": ("testsite:write", _("Next: write a status")),
    "try again": (None, _("Try again")),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A page that tells it.

    :param status: the page's own.
    :param said: Aviary's status, and `problem`, where it refused.
    :param likely: what the mistake may have been.
    :param todo: what to do.
    :param retry_after: seconds, where waiting helps.
    """

    title: Text
    sentences: tuple[Text, ...]
    way: Way
    status: int = 400
    said: str = ""
    problem: str = ""
    likely: str = ""
    todo: tuple[Text, ...] = ()
    retry_after: int | None = None

    @property
    def text(self) -> str:
        return " ".join(map(str, self.sentences))


_NOT_EXCHANGED = _("Nothing was exchanged.")
_NOT_POSTED = _("Nothing was posted.")

DENIED = Trouble(
    _("You said no"),
    (_("Aviary told this site, and gave it nothing."),),
    "connect after all",
    HTTPStatus.OK,
)
FOREIGN = Trouble(
    _("This answer belongs to another request"),
    (
        _("The address names a request token that this browser didn’t start with."),
        _("Somebody may have sent you the link."),
        _NOT_EXCHANGED,
    ),
    "start anew",
)
NO_SESSION = Trouble(
    _("This browser hasn’t started anything"),
    (
        _("The callback came without the session that began it (another browser, or cookies are off)."),
        _NOT_EXCHANGED,
    ),
    "start anew",
)
NO_VERIFIER = Trouble(
    _("The verifier is missing"),
    (_("Aviary’s answer ends with an oauth_verifier, and this address has none."), _NOT_EXCHANGED),
    "start anew",
)
MANGLED = Trouble(
    _("This answer can’t be read"),
    (_("The address is incomplete, or says the same twice."), _NOT_EXCHANGED),
    "start anew",
)
USED_AND_CONNECTED = Trouble(
    _("This verifier is used up"),
    (_("It was exchanged before, and works once."), _("You are connected already.")),
    "write",
    HTTPStatus.CONFLICT,
)
USED = Trouble(
    _("This verifier is used up"),
    (_("The request that it belongs to was answered before."), _NOT_EXCHANGED),
    "start anew",
    HTTPStatus.CONFLICT,
)
INSECURE = Trouble(
    _("Secrets don’t travel in the clear"),
    (
        _(
            "Aviary’s address is http on another computer: everybody on the way could read the secrets in its"
            " answer."
        ),
        _("Nothing was sent."),
    ),
    "try again",
    HTTPStatus.SERVICE_UNAVAILABLE,
    todo=(_("Start the demo with --provider-origin and an https address, or without --host."),),
)
_NOT_USABLE = Trouble(
    _("Aviary’s answer can’t be used"),
    (_("It says yes, and doesn’t hold what this site asked for."), _("The answer is below.")),
    "try again",
    HTTPStatus.BAD_GATEWAY,
)
_EXPIRED = Trouble(
    _("It took too long"),
    (_("The request token has expired."), _NOT_EXCHANGED),
    "start anew",
    HTTPStatus.GONE,
)
_FORGOTTEN = Trouble(
    _("Aviary doesn’t know this request any more"),
    (_("The request token has stopped working."), _NOT_EXCHANGED),
    "start anew",
    HTTPStatus.GONE,
)
#: What ends a request token.
_ENDED_REQUEST = {
    "token_expired": _EXPIRED,
    "token_used": USED,
    "token_rejected": _FORGOTTEN,
    "token_revoked": _FORGOTTEN,
}
#: What a person, or the application's owner, has decided at Aviary.
_ENDED = {
    "token_revoked": Trouble(
        _("Your access was revoked"),
        (_("You, or somebody with your account, revoked it at Aviary."), _NOT_POSTED),
        "connect again",
        HTTPStatus.FORBIDDEN,
    ),
    "permission_denied": Trouble(
        _("Aviary may read for you, not post"),
        (
            _("The application is read only, or was when you allowed it."),
            _("Its owner can change that in the developers’ corner; then connect again."),
            _NOT_POSTED,
        ),
        "connect again",
        HTTPStatus.FORBIDDEN,
    ),
}


def no_answer(origin: str) -> Trouble:
    return Trouble(
        gettext("Aviary doesn’t answer"),
        (
            gettext("%(origin)s refused the connection, or kept silent.") % {"origin": origin},
            gettext("Is it running?"),
            gettext("`valetkey demo` starts both."),
        ),
        "try again",
        HTTPStatus.BAD_GATEWAY,
    )


def refused(exchange: Exchange) -> Trouble:
    """What the page says about an answer that doesn't give what was asked for."""
    problem = exchange.problem.get("oauth_problem", "")
    return replace(_refused(exchange, problem), said=refusals.status_of(exchange), problem=problem)


def _refused(exchange: Exchange, problem: str) -> Trouble:
    nothing = _NOT_POSTED if exchange.call == "api" else _NOT_EXCHANGED
    if exchange.accepted:
        return _NOT_USABLE
    if exchange.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        return _later(exchange, nothing)
    known = _ENDED_REQUEST if exchange.call == "access_token" else _ENDED
    return known.get(problem) or _mistake(exchange, nothing)


def _later(exchange: Exchange, nothing: Text) -> Trouble:
    after = Headers(exchange.answer_head).get("Retry-After", "")
    seconds = int(after) if re.fullmatch("[0-9]{1,6}", after) else None
    again = gettext("Try again soon.")
    if seconds is not None:
        again = ngettext("Try again in %(seconds)d second.", "Try again in %(seconds)d seconds.", seconds) % {
            "seconds": seconds
        }
    title = gettext("Too many requests")
    if exchange.status == HTTPStatus.SERVICE_UNAVAILABLE:
        title = gettext("Aviary can’t check nonces at the moment")
    return Trouble(title, (nothing, again), "try again", HTTPStatus(exchange.status), retry_after=seconds)


def _mistake(exchange: Exchange, nothing: Text) -> Trouble:
    told = refusals.told(exchange)
    sentences = refusals.sentences(exchange, told) if exchange.problem else [_message(exchange)]
    return Trouble(
        told.title,
        (*sentences, nothing),
        "start anew" if exchange.call == "access_token" else "try again",
        HTTPStatus.BAD_GATEWAY,
        likely=refusals.likely(exchange, told),
        todo=told.todo,
    )


def _message(exchange: Exchange) -> str:
    """What a refusal in JSON says."""
    try:
        message = json.loads(exchange.answer_body)["errors"][0]["message"]
    except (ValueError, KeyError, IndexError, TypeError):
        return gettext("Its answer, below, doesn’t say why.")
    return gettext("It says: %(message)s") % {"message": message}
