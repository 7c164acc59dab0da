"""What the session keeps of a visitor: the request tokens that their browser started with, what each step
sent and got, and who they are. Access tokens are kept elsewhere, encrypted (`models.py`).
"""

from dataclasses import dataclass
from typing import Any, Literal

from django.contrib.sessions.backends.base import SessionBase

from valetkey import RequestToken
from valetkey.demo.site.exchange import Exchange
from valetkey.demo.site.models import Account

Step = Literal["connect", "verify", "update"]

_STARTED, _USED, _SPENT = "started", "used", "spent"
_STEPS, _ACCOUNT, _DRAFT = "steps", "account", "draft"
#: A browser may have several tabs; more than these are forgotten.
_MOST = 5


@dataclass(frozen=True, slots=True)
class Done:
    """A step: its request and answer, and what else its page tells."""

    exchange: Exchange
    told: dict[str, str]


class Kept:
    """A session, by what this site keeps in it."""

    def __init__(self, session: SessionBase) -> None:
        self._session = session

    def start(self, token: RequestToken) -> None:
        started: dict[str, str] = self._session.get(_STARTED, {})
        newest = list({**started, token.key: token.secret}.items())[-_MOST:]
        self._session[_STARTED] = dict(newest)

    def started(self, key: str) -> RequestToken | None:
        """The request token with this key, if this browser started with it."""
        secret = self._session.get(_STARTED, {}).get(key)
        return None if secret is None else RequestToken(key, secret)

    @property
    def newest(self) -> RequestToken | None:
        started: dict[str, str] = self._session.get(_STARTED, {})
        return RequestToken(*list(started.items())[-1]) if started else None

    def finish(self, key: str) -> None:
        """This request token has been decided, or exchanged: it is good for nothing more."""
        started: dict[str, str] = self._session.get(_STARTED, {})
        self._session[_STARTED] = {name: value for name, value in started.items() if name != key}
        self._session[_USED] = [*self._session.get(_USED, []), key][-_MOST:]

    def spend(self, token: RequestToken) -> None:
        """This request token has been exchanged. Its secret, which opens nothing any more, stays to sign
        mistakes with.
        """
        self.finish(token.key)
        self._session[_SPENT] = {token.key: token.secret}

    def spent(self, key: str) -> RequestToken | None:
        """The request token with this key, if it is the last one that this browser exchanged."""
        secret = self._session.get(_SPENT, {}).get(key)
        return None if secret is None else RequestToken(key, secret)

    def has_used(self, key: str) -> bool:
        return key in self._session.get(_USED, [])

    def connect(self, account: Account) -> None:
        """From here on this browser is `account`'s; an id of the session that somebody planted is not."""
        if self._session.get(_ACCOUNT) != account.user_id:
            self.forget("update")
            self.draft = ""
        self._session[_ACCOUNT] = account.user_id
        self._session.cycle_key()

    @property
    def account(self) -> Account | None:
        user_id = self._session.get(_ACCOUNT)
        return None if user_id is None else Account.objects.filter(user_id=user_id).first()

    @property
    def draft(self) -> str:
        """A status that wasn't posted."""
        found: str = self._session.get(_DRAFT, "")
        return found

    @draft.setter
    def draft(self, status: str) -> None:
        if status != self.draft:
            self._session[_DRAFT] = status

    def keep(self, step: Step, done: Done) -> None:
        steps: dict[str, Any] = self._session.get(_STEPS, {})
        self._session[_STEPS] = {**steps, step: {"exchange": done.exchange.as_json(), "told": done.told}}

    def forget(self, step: Step) -> None:
        steps: dict[str, Any] = self._session.get(_STEPS, {})
        self._session[_STEPS] = {name: done for name, done in steps.items() if name != step}

    def done(self, step: Step) -> Done | None:
        try:
            kept = self._session.get(_STEPS, {})[step]
            return Done(Exchange.from_json(kept["exchange"]), dict(kept["told"]))
        except (KeyError, TypeError, ValueError):  # never done, or by another version of this site
            return None
