"""What Aviary says to a request that it refuses, and to one that was sent with a mistake. Pure."""

import re
from dataclasses import dataclass
from http import HTTPStatus

from django.utils.translation import gettext as _

from valetkey.demo.shared.words import Words, words
from valetkey.demo.site.difference import Difference, difference
from valetkey.demo.site.exchange import Exchange
from valetkey.demo.site.lines import Line, answer_lines, request_lines
from valetkey.demo.site.mistakes import Mistake
from valetkey.protocol.encoding import percent_encode
from valetkey.protocol.values import HIDDEN

_ID = re.compile("[0-9A-Z]{4}-[0-9A-Z]{4}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request with a mistake, and its answer, as the page tells of them."""

    exchange: Exchange
    mistake: Mistake
    words: Words

    @classmethod
    def of(cls, exchange: Exchange, mistake: Mistake, earlier: int | None = None) -> "Refusal":
        """:param earlier: when the nonce was used before, in unix time."""
        facts = {"encoded": mistake.example}
        if earlier is not None:
            facts["earlier"] = str(earlier)
        return cls(exchange, mistake, told(exchange, facts))

    @property
    def is_accepted(self) -> bool:
        return self.exchange.accepted

    @property
    def said(self) -> str:
        return status_of(self.exchange)

    @property
    def problem(self) -> str:
        return self.exchange.problem.get("oauth_problem", "")

    @property
    def is_explained(self) -> bool:
        """Whether the answer says what a wrong signature was checked against."""
        return self.problem != "signature_invalid" or bool(verified(self.exchange))

    @property
    def sentences(self) -> list[str]:
        found = sentences(self.exchange, self.words)
        return [*found, _("That is proof, not a guess.")] if self.words.proved else found

    @property
    def likely(self) -> str:
        return likely(self.exchange, self.words)

    @property
    def difference(self) -> Difference | None:
        text = verified(self.exchange)
        return difference(_signed(self.exchange), text) if text else None

    @property
    def request(self) -> list[Line]:
        return request_lines(self.exchange)

    @property
    def answer(self) -> list[Line]:
        return answer_lines(self.exchange)

    @property
    def signature(self) -> str:
        """The one that was sent, where it was wrong."""
        return self.exchange.signature if self.problem == "signature_invalid" else ""

    @property
    def identifier(self) -> str:
        """The refusal's id; empty where it has none that could stand in an address."""
        found = self.exchange.besides["refusal"]
        return found if _ID.fullmatch(found) else ""


def told(exchange: Exchange, facts: dict[str, str] | None = None) -> Words:
    """The words for what the answer refuses."""
    problem, besides = exchange.problem, exchange.besides
    known = {**exchange.oauth, **problem, "status": str(exchange.status), **(facts or {})}
    return words(problem.get("oauth_problem", ""), besides["mistake"], besides["mistake_about"], known)


def sentences(exchange: Exchange, told: Words) -> list[str]:
    """What was wrong."""
    if exchange.problem.get("oauth_problem") != "signature_invalid":
        return [told.wrong]
    if told.proved:
        # That sentence says already how it was proved.
        return [told.wrong] if exchange.besides["mistake"] == "parameter" else [told.wrong, told.proof]
    text = verified(exchange)
    if not text:
        return [
            _(
                "Aviary signed the request as it arrived, with its own copies of the secrets, and got another"
                " signature."
            )
        ]
    if text == _signed(exchange):
        same = _("Its base string was the same, to the letter, so one of the two secrets differs.")
        return [told.wrong, same]
    return [told.wrong, _("Its base string, in the answer below, was another one than this site’s.")]


def likely(exchange: Exchange, told: Words) -> str:
    """What the mistake may have been, where nothing proves it and Aviary has looked for it."""
    return told.proof if told.proved is False and verified(exchange) else ""


def verified(exchange: Exchange) -> str:
    """The base string that Aviary verified; empty where it doesn't say."""
    return exchange.problem.get("oauth_problem_detail", "").partition("base string: ")[2]


def status_of(exchange: Exchange) -> str:
    phrase = next((known.phrase for known in HTTPStatus if known == exchange.status), "")
    return f"{exchange.status} {phrase}".strip()


def _signed(exchange: Exchange) -> str:
    """The base string that was signed here, with the verifier hidden as Aviary hides it."""
    verifier = percent_encode(percent_encode(exchange.oauth.get("oauth_verifier", "")))
    return exchange.base_string.replace(verifier, HIDDEN) if verifier else exchange.base_string
