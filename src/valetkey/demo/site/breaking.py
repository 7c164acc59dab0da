"""*Break it*: a step's request, sent once more with a mistake, and what Aviary says to it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from valetkey import AccessToken, RequestToken
from valetkey.demo.site import service, troubles
from valetkey.demo.site.exchange import Exchange
from valetkey.demo.site.kept import Kept
from valetkey.demo.site.mistakes import Mistake, offered
from valetkey.demo.site.refusals import Refusal
from valetkey.demo.site.service import Unanswered
from valetkey.demo.site.troubles import Trouble

Token = AccessToken | RequestToken


@dataclass(frozen=True, slots=True)
class Breaking:
    """The form, and what became of it.

    :param chosen: the mistake's name.
    :param error: what is wrong with the choice.
    :param trouble: where nothing came back.
    """

    offers: list[Mistake]
    chosen: str
    error: str = ""
    refusal: Refusal | None = None
    trouble: Trouble | None = None

    @property
    def is_answered(self) -> bool:
        return bool(self.error or self.refusal or self.trouble)


def prepared(kept: Kept, exchange: Exchange) -> Breaking | None:
    """The form; None where this request is none to break: it was refused, or went to an Aviary that was
    elsewhere.
    """
    if not (exchange.accepted and exchange.url in service.addresses_called()):
        return None
    _, knows_secret = _token(kept, exchange)
    offers = offered(exchange, knows_secret=knows_secret)
    return Breaking(offers, offers[0].slug)


def sent(kept: Kept, exchange: Exchange, slug: str) -> Breaking | None:
    """The form, once the mistake `slug` has been sent."""
    form = prepared(kept, exchange)
    if form is None:
        return None
    mistake = next((offer for offer in form.offers if offer.slug == slug), None)
    if mistake is None:
        return Breaking(form.offers, form.chosen, _("Choose one of these mistakes. Nothing was sent."))
    token, _knows = _token(kept, exchange)
    try:
        broken, earlier = service.send_with(mistake.slug, exchange, token)
    except Unanswered:
        trouble = troubles.no_answer(service.config().provider_origin)
        return Breaking(form.offers, slug, trouble=trouble)
    return Breaking(form.offers, slug, refusal=Refusal.of(broken, mistake, earlier))


@sensitive_variables()
def _token(kept: Kept, exchange: Exchange) -> tuple[Token | None, bool]:
    """The token that the request was signed with, and whether its secret is known: one that was typed by hand
    is not kept.
    """
    key = exchange.oauth.get("oauth_token")
    if key is None:
        return None, True
    found: Token | None = kept.spent(key)
    if exchange.call == "api":
        account = kept.account
        found = account.token if account else None
    if found is not None and found.key == key:
        return found, True
    return AccessToken(key, ""), False
