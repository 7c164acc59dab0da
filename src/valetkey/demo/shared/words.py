"""The words for a refusal: what was wrong, and what to do. Pure.

They are the same at the test site, which was refused, and in Aviary's developers' corner, where the owner of
the application reads about it. What stands between backticks is code.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from valetkey.protocol.answers import absent_parameters, acceptable_timestamps
from valetkey.protocol.encoding import Malformed, form_decode, percent_encode

Facts = Mapping[str, str]

#: Characters of what somebody sent, at the most: of a name, and of an address.
_MOST = 80
_MOST_OF_ADDRESS = 200
_DAY = 24 * 60 * 60
#: Eleven digits: the year 5138. Python has no date for many more.
_LATEST = 10**11
_NOTHING: Facts = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Words:
    """`proved`: True where a known mistake gave the very signature that was sent; False where the cause is
    only likely; None where the problem says itself what it is. `proof` is the sentence behind “Proved.” or
    “Likely.”.
    """

    title: str
    wrong: str
    todo: tuple[str, ...] = ()
    proved: bool | None = None
    proof: str = ""


def words(problem: str, mistake: str = "", about: str = "", facts: Facts = _NOTHING) -> Words:
    """What to say about a refusal.

    :param problem: a code of the Problem Reporting extension.
    :param mistake: of a wrong signature, the mistake that was proved, by its name in
        :mod:`valetkey.protocol.mistakes`; empty where none was.
    :param about: what of the request, likewise.
    :param facts: what else is known, each by its name on the wire (``oauth_timestamp``, ``oauth_version``,
        ``oauth_acceptable_timestamps``, ``oauth_parameters_absent``, ``oauth_problem_advice`` …). Besides:
        ``sent``, ``arrived`` (in unix time) and ``window`` (in seconds) for a wrong clock; ``earlier``, when
        the nonce was used (in unix time); ``query``, without its question mark; ``encoded``, a piece of the
        base string; ``methods``, with commas between; and ``status``.
    """
    if problem == "signature_invalid":
        return _signature(mistake, _shown(about), facts)
    find = _TELLING.get(problem)
    row, names = find(facts) if find else (_ROWS.get(problem) or _unknown(facts), {})
    return row.filled(names)


class Row(NamedTuple):
    """A line of the table."""

    title: Promise
    wrong: Promise | str
    todo: tuple[Promise, ...] = ()
    proof: Promise | str = ""

    def filled(self, names: Mapping[str, str], proved: bool | None = None) -> Words:
        title, wrong, proof = (str(text) % names for text in (self.title, self.wrong, self.proof))
        return Words(title, wrong, tuple(str(text) % names for text in self.todo), proved, proof)


_AGAIN = (_("Walk the three legs again."),)

_ROWS: Mapping[str, Row] = {
    "token_revoked": Row(
        _("The person revoked this token"), _("It stopped working when they revoked it at Aviary."), _AGAIN
    ),
    "token_rejected": Row(
        _("Unknown token"),
        _("Aviary doesn’t know this token, or gave it to another application."),
        _AGAIN,
    ),
    "token_expired": Row(
        _("The request token expired"), _("It is good for some minutes, and they were over."), _AGAIN
    ),
    "token_used": Row(
        _("The request token was used already"), _("It was exchanged before, and works once."), _AGAIN
    ),
    "permission_denied": Row(
        _("Read only, and tried to post"),
        _("The token was allowed to read."),
        (_("Set the access to read and write, then let the person allow it again."),),
    ),
    "consumer_key_unknown": Row(
        _("Unknown consumer key"),
        _("Aviary knows no application with this key."),
        (_("Copy the key again; was it reset?"),),
    ),
    "consumer_key_rejected": Row(
        _("The application can’t be used any more"),
        _("Aviary takes no requests from this application."),
        (_("Register another one."),),
    ),
    "user_refused": Row(
        _("The account is closed or suspended"),
        _("Aviary takes no requests for the person behind this token."),
        (_("Ask the administrator."),),
    ),
}

_NOT_NAMED = Row(
    _("The signature doesn’t match"),
    _("No usual mistake gives this signature."),
    (_("Copy both secrets again; look for a blank at the end."),),
    _("Another secret than this application’s."),
)
_NOT_NAMED_RSA = _NOT_NAMED._replace(
    todo=(_("Sign with the private key that belongs to the registered public one: compare fingerprints."),),
    proof=_("Another private key than the registered one’s."),
)
_MISTAKES: Mapping[str, Row] = {
    "query": Row(
        _("The query was left out"),
        _("The address had a query, and it wasn’t signed."),
        (_("Sign the parameters of the query with the others."),),
        _("Aviary left the query out, and got exactly your signature."),
    ),
    "parameter": Row(
        _("`%(name)s` was sent, but not signed"),
        _("Aviary got your signature by leaving `%(name)s` out."),
        (_("Sign every parameter of a form body."),),
        _("Aviary signed the request that arrived without `%(name)s`, and got exactly your signature."),
    ),
    "encoding": Row(
        _("Encoded once too often"),
        _("`%(once)s` was signed as `%(twice)s`."),
        (_("Encode each name and value once, then the joined string once."),),
        _("Aviary encoded each name and value once more, and got exactly your signature."),
    ),
    "form": Row(
        _("The form was left out"),
        _("The body was a form, and it wasn’t signed."),
        (_("Sign every parameter of a form body."),),
        _("Aviary left the form out, and got exactly your signature."),
    ),
    "port": Row(
        _("Signed with another port"),
        _("The signature is right, for another address: it fits `%(name)s`."),
        (_("Sign the port that you send to, and leave it out where it is 80 for http or 443 for https."),),
        _("Aviary signed the request that arrived with `%(name)s`, and got exactly your signature."),
    ),
    "method": Row(
        _("The method was signed as `%(name)s`"),
        _("The method is signed in capital letters, however it was written."),
        (_("Sign the method that you send, in capital letters."),),
        _("Aviary wrote the method as `%(name)s`, and got exactly your signature."),
    ),
    "token-secret": Row(
        _("The token’s secret was left out"),
        _("The key ended at `&`."),
        (_("Use consumer secret, `&`, token secret."),),
        _("Aviary signed with the consumer secret and `&` alone, and got exactly your signature."),
    ),
}
_SCHEME = (
    _("Signed for %(signed)s, verified %(verified)s"),
    _(
        "The signature is right, for another address: it fits `%(signed)s`, and the request arrived by"
        " `%(verified)s`."
    ),
)
_SCHEME_PROOF = _(
    "Aviary signed the request that arrived as if it had come by `%(signed)s`, and got exactly your"
    " signature."
)
_SIGN_WHAT_IS_SENT = _(
    "If your program calls `%(verified)s://`, let it sign `%(verified)s://`: sign the address that you send"
    " to, character by character."
)
_SCHEMES: Mapping[str, Row] = {
    "https": Row(
        *_SCHEME,
        (
            _SIGN_WHAT_IS_SENT,
            _(
                "If it does call `https://`, something in front of Aviary takes off TLS, and Aviary hasn’t"
                " been told its public address. Only Aviary’s administrator can mend that; give them the"
                " refusal’s id."
            ),
        ),
        _SCHEME_PROOF,
    ),
    "http": Row(
        *_SCHEME,
        (
            _SIGN_WHAT_IS_SENT,
            _(
                "If it does call `http://`, Aviary believes that its public address is an https one. Only"
                " Aviary’s administrator can mend that; give them the refusal’s id."
            ),
        ),
        _SCHEME_PROOF,
    ),
}
_WITH_QUERY = _("The address had `?%(query)s`, and it wasn’t signed.")


def _signature(mistake: str, about: str, facts: Facts) -> Words:
    row = _SCHEMES.get(about) if mistake == "scheme" else _MISTAKES.get(mistake)
    if row is None:
        by_rsa_key = facts.get("oauth_signature_method", "").startswith("RSA-")
        return (_NOT_NAMED_RSA if by_rsa_key else _NOT_NAMED).filled({}, proved=False)
    if mistake == "query" and facts.get("query"):
        row = row._replace(wrong=_WITH_QUERY)
    once = facts.get("encoded") or "%2520"
    names = {
        "name": about,
        "signed": about,
        "verified": "http" if about == "https" else "https",
        "query": _shown(facts.get("query", "")),
        "once": _shown(once),
        "twice": _shown(percent_encode(once)),
    }
    return row.filled(names, proved=True)


_SET_THE_CLOCK = (_("Set the clock by the network."),)


def _clock(facts: Facts) -> tuple[Row, dict[str, str]]:
    sent = _number(facts.get("sent") or facts.get("oauth_timestamp"))
    arrived, window = _arrived(facts)
    if sent is None or arrived is None or window is None:
        wrong = _("The timestamp is older or newer than Aviary accepts.")
        return Row(_("The clock is wrong"), wrong, _SET_THE_CLOCK), {}
    off = abs(arrived - sent)
    times = {"sent": sent, "arrived": arrived, "first": arrived - window, "last": arrived + window}
    at = clock if off < _DAY else moment
    return (
        Row(
            _("Clock %(off)s slow") if sent < arrived else _("Clock %(off)s fast"),
            _("Sent %(sent)s, arrived %(arrived)s; accepted %(first)s to %(last)s UTC."),
            _SET_THE_CLOCK,
        ),
        {"off": _duration(off), **{name: at(time) for name, time in times.items()}},
    )


def _arrived(facts: Facts) -> tuple[int | None, int | None]:
    """When the request arrived, and by how much its clock may differ."""
    accepted = acceptable_timestamps(dict(facts))
    if accepted is None:
        return _number(facts.get("arrived")), _number(facts.get("window"))
    first, last = accepted
    if not first <= last < _LATEST:
        return None, None
    return (first + last) // 2, (last - first) // 2


def _duration(seconds: int) -> str:
    """The two largest units of it."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes_left = divmod(minutes, 60)
    if seconds >= _DAY:
        days = seconds // _DAY
        return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
    if hours:
        return gettext("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes_left}
    if minutes and rest:
        return gettext("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    if minutes:
        return gettext("%(minutes)d min") % {"minutes": minutes}
    return gettext("%(seconds)d s") % {"seconds": rest}


def _nonce(facts: Facts) -> tuple[Row, dict[str, str]]:
    todo = (_("Make a new nonce and sign again, for a retry too."),)
    earlier = _number(facts.get("earlier"))
    if earlier is None:
        wrong = _("A request with this nonce and timestamp came before.")
        return Row(_("Nonce used before"), wrong, todo), {}
    wrong = _("This request came before, at %(time)s.")
    return Row(_("Nonce used before"), wrong, todo), {"time": clock(earlier)}


def _absent(facts: Facts) -> tuple[Row, dict[str, str]]:
    absent = absent_parameters(dict(facts))
    if len(absent) == 1:
        row = Row(_("`%(name)s` is missing"), _("Aviary asks for it."), (_("Send it."),))
        return row, {"name": _shown(absent[0])}
    if not absent:
        row = Row(_("A parameter is missing"), _said(facts, _("Aviary asks for it.")), (_("Send it."),))
        return row, {}
    names = ", ".join(f"`{_shown(name)}`" for name in absent)
    row = Row(_("%(names)s are missing"), _("Aviary asks for them."), (_("Send them."),))
    return row, {"names": names}


_CALLBACK = Row(
    _("The callback isn’t registered"),
    _("Aviary sends people to registered addresses only."),
    (_("Register “%(callback)s”, or send a registered one."),),
)
_VERIFIER = Row(
    _("The verifier isn’t the right one"),
    _("It isn’t the one that Aviary gave for this request token."),
    (_("Send what came back to the callback, or the person’s PIN, as it is."),),
)


def _rejected(facts: Facts) -> tuple[Row, dict[str, str]]:
    try:
        rejected = dict(form_decode(facts.get("oauth_parameters_rejected", "")))
    except Malformed:
        rejected = {}
    if rejected.get("oauth_callback"):
        return _CALLBACK, {"callback": _shown(rejected["oauth_callback"], _MOST_OF_ADDRESS)}
    if "oauth_verifier" in rejected:
        return _VERIFIER, {}
    return (
        Row(
            _("A parameter was rejected"),
            _said(facts, _("Aviary doesn’t take what one of the parameters says.")),
            (_("Compare it with what was registered, and with what came back."),),
        ),
        {},
    )


def _method(facts: Facts) -> tuple[Row, dict[str, str]]:
    method, methods = _shown(facts.get("oauth_signature_method", "")), facts.get("methods", "")
    title = _("%(method)s isn’t allowed here") if method else _("This signature method isn’t allowed here")
    todo = _("Use one of %(methods)s.") if methods else _("Use one that Aviary’s developers’ corner names.")
    return Row(title, _("Aviary verifies other methods."), (todo,)), {"method": method, "methods": methods}


def _version(facts: Facts) -> tuple[Row, dict[str, str]]:
    version = _shown(facts.get("oauth_version", ""))
    title = _("Version %(version)s isn’t known") if version else _("This version isn’t known")
    return (
        Row(title, _("Aviary speaks OAuth 1.0a."), (_("Send `oauth_version=1.0`, or none."),)),
        {"version": version},
    )


_SUSPENDED = Row(
    _("The application is suspended"),
    _("Aviary takes no requests from this application at the moment."),
    (_("Ask the administrator."),),
)
_WAIT = (_("Wait, then sign the request anew."),)
#: The same problem, where it is nobody's mistake.
_LATER: Mapping[str, Row] = {
    "429": Row(_("Too many requests"), _("Aviary takes no more of them at the moment."), _WAIT),
    "503": Row(
        _("Aviary can’t check nonces at the moment"),
        _("Its own store didn’t answer, so it accepts nothing."),
        _WAIT,
    ),
}


def _refused(facts: Facts) -> tuple[Row, dict[str, str]]:
    return _LATER.get(facts.get("status", ""), _SUSPENDED), {}


_TELLING: Mapping[str, Callable[[Facts], tuple[Row, dict[str, str]]]] = {
    "timestamp_refused": _clock,
    "nonce_used": _nonce,
    "parameter_absent": _absent,
    "parameter_rejected": _rejected,
    "signature_method_rejected": _method,
    "version_rejected": _version,
    "consumer_key_refused": _refused,
}


def _unknown(facts: Facts) -> Row:
    return Row(_("Aviary refused it"), _said(facts, _("It doesn’t say why.")))


def _said(facts: Facts, otherwise: Promise) -> Promise | str:
    """Aviary's own words about it, where it sent some: a text, and no format."""
    return facts.get("oauth_problem_advice", "").replace("%", "%%") or otherwise


def clock(timestamp: float) -> str:
    """The time of day, in UTC: ``14:07:31``."""
    return f"{datetime.fromtimestamp(timestamp, UTC):%H:%M:%S}"


def moment(timestamp: float) -> str:
    """Day and time, in UTC: ``2026-11-24 14:07:31``."""
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M:%S}"


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch("[0-9]{1,11}", text) else None


def _shown(text: str, most: int = _MOST) -> str:
    """A text of whoever sent the request, as part of a sentence: short, visible, and without our own mark."""
    visible = "".join(mark if mark.isprintable() else "·" for mark in text.replace("`", "’"))
    return visible if len(visible) <= most else f"{visible[:most]}…"
