"""The three legs, at the service (RFC 5849, section 2)."""

import hmac
import os
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Generic

from valetkey.flow import Flow, arun, run
from valetkey.protocol.credentials import AccessToken, RequestToken
from valetkey.protocol.encoding import Malformed, form_encode, utf8
from valetkey.protocol.errors import Refused
from valetkey.protocol.messages import Answer, HeadersLike
from valetkey.protocol.origin import OUT_OF_BAND, callback_matches
from valetkey.protocol.signatures import same_text
from valetkey.protocol.values import Secret, Value
from valetkey.stores import AsyncProviderStore, C, ProviderStore, StoredRequestToken, T
from valetkey.verifier import Verified, Verifier, concern, unavailable

#: Octets of chance in a token, a secret and a verifier: 192 bits, in 32 characters.
RANDOM_OCTETS = 24
PIN_DIGITS = 8
#: Characters of a refused callback that the refusal names; a header has no room for more.
MAX_ECHOED = 200

Reply = Answer

_STATES = {
    "pending": (
        "permission_unknown",
        "The person hasn't decided yet: wait until they come back to the callback.",
    ),
    "denied": ("permission_denied", "The person denied access: nothing was granted."),
    "used": (
        "token_used",
        "This request token was exchanged already: use its access token, or walk the three legs again.",
    ),
}


class Pending(Value, Generic[C]):
    """A request token that waits for its person: what the authorize page shows.

    `consumer` and `token` are the store's own objects; `callback` is where the person goes on to (``oob``: a
    PIN); `access` is what it asks for, None for all that the consumer may have.
    """

    __slots__ = ("consumer", "token", "callback", "access")
    _hidden = frozenset({"consumer", "token"})
    consumer: C
    token: StoredRequestToken
    callback: str
    access: str | None

    def __init__(self, consumer: C, token: StoredRequestToken) -> None:
        access = getattr(token, "requested_access", None)
        self._fill(consumer=consumer, token=token, callback=token.callback, access=access)


class Decision(Value):
    """What follows from a decision: the address to send the person to, or the PIN to show them, or neither
    (denied, with ``oob``).
    """

    __slots__ = ("redirect", "pin")
    _hidden = frozenset({"redirect", "pin"})
    redirect: str | None
    pin: str | None

    def __init__(self, redirect: str | None = None, pin: str | None = None) -> None:
        self._fill(redirect=redirect, pin=pin)


class Provider(Generic[C, T]):
    """Gives out request tokens, hears the person's decision, exchanges for access tokens, revokes.

    :param store: a :class:`~valetkey.stores.ProviderStore`, or an asynchronous one for the methods whose
        names start with “a”.
    :param lifetime: seconds that a request token lives, and after the decision its verifier.
    :param tries: how many verifiers may be tried for one request token.
    :param clock: gives unix time in seconds.
    :param random: gives as many random octets as asked for.
    :param asked_access: reads what access a verified first leg asks for, as the store keeps it; None for all
        that its consumer may have, as by default. It raises :exc:`Refused` for what nobody can ask for.
    :param reply: makes the answer of a refusal: the place to log it, and what it says in detail.

    The others are the :class:`~valetkey.Verifier`'s.
    """

    def __init__(
        self,
        store: ProviderStore[C, T] | AsyncProviderStore[C, T],
        *,
        lifetime: int = 600,
        tries: int = 5,
        signature_methods: Iterable[str] = ("HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"),
        window: int = 300,
        max_parameters: int = 1000,
        max_octets: int = 1_000_000,
        clock: Callable[[], float] = time.time,
        random: Callable[[int], bytes] = os.urandom,
        asked_access: Callable[[Verified[C, Any]], str | None] = lambda verified: None,
        reply: Callable[[Refused], Reply] = Refused.reply,
    ) -> None:
        self.store = store
        self.lifetime = lifetime
        self.tries = tries
        self.clock = clock
        self.random = random
        self.asked_access = asked_access
        self.reply = reply
        verifier = partial(
            Verifier[C, T],
            store,
            signature_methods=tuple(signature_methods),
            window=window,
            max_parameters=max_parameters,
            max_octets=max_octets,
        )
        self.verifier: Verifier[C, T] = verifier()
        self._without_token = verifier(require_token=False)

    def request_token(
        self, method: str, url: str, *, headers: HeadersLike = None, body: bytes | None = None
    ) -> Reply:
        """The first leg (section 2.1): the answer that carries a request token, or a refusal. Arguments as
        :meth:`Verifier.verify` has them.
        """
        return run(self._request_token(method, url, headers, body))

    async def arequest_token(
        self, method: str, url: str, *, headers: HeadersLike = None, body: bytes | None = None
    ) -> Reply:
        """:meth:`request_token`, for an asynchronous store."""
        return await arun(self._request_token(method, url, headers, body))

    def pending(self, token: str) -> Pending[C]:
        """The request that waits under this request token: for the page where the person decides (section
        2.2).

        :raises Refused: where nothing waits: ``token_rejected`` (unknown), ``token_expired``, ``token_used``
            (decided already), or the consumer's own problem. Never redirect then: the callback isn't known
            to be good.
        """
        return run(self._pending(token))

    async def apending(self, token: str) -> Pending[C]:
        """:meth:`pending`, for an asynchronous store."""
        return await arun(self._pending(token))

    def allow(self, token: str, user: Any, *, access: str | None = None) -> Decision:
        """The person's yes: where they go on to, with the verifier, or the PIN to show.

        :param token: the request token's key.
        :param user: the person, as the store keeps them. From the session; never from the request.
        :param access: what they saw and allowed, as the store keeps it; what was asked for, if not given.
        :raises Refused: as :meth:`pending` does; also where another decision was faster.
        """
        return run(self._decide(token, user, access, allowed=True))

    async def aallow(self, token: str, user: Any, *, access: str | None = None) -> Decision:
        """:meth:`allow`, for an asynchronous store."""
        return await arun(self._decide(token, user, access, allowed=True))

    def deny(self, token: str, user: Any = None) -> Decision:
        """The person's no: where they go on to, if anywhere.

        :raises Refused: as :meth:`allow` does.
        """
        return run(self._decide(token, user, None, allowed=False))

    async def adeny(self, token: str, user: Any = None) -> Decision:
        """:meth:`deny`, for an asynchronous store."""
        return await arun(self._decide(token, user, None, allowed=False))

    def access_token(
        self, method: str, url: str, *, headers: HeadersLike = None, body: bytes | None = None
    ) -> Reply:
        """The third leg (section 2.3): the answer that carries an access token, or a refusal."""
        return run(self._access_token(method, url, headers, body))

    async def aaccess_token(
        self, method: str, url: str, *, headers: HeadersLike = None, body: bytes | None = None
    ) -> Reply:
        """:meth:`access_token`, for an asynchronous store."""
        return await arun(self._access_token(method, url, headers, body))

    def invalidate_token(
        self, method: str, url: str, *, headers: HeadersLike = None, body: bytes | None = None
    ) -> Reply:
        """Revokes the access token that the request is signed with: the answer, or a refusal."""
        return run(self._invalidate_token(method, url, headers, body))

    async def ainvalidate_token(
        self, method: str, url: str, *, headers: HeadersLike = None, body: bytes | None = None
    ) -> Reply:
        """:meth:`invalidate_token`, for an asynchronous store."""
        return await arun(self._invalidate_token(method, url, headers, body))

    def revoke(self, token: str) -> bool:
        """Ends an access token at once; False where there is none. Who may ask is the caller's to know."""
        return run(self._revoke(token))

    async def arevoke(self, token: str) -> bool:
        """:meth:`revoke`, for an asynchronous store."""
        return await arun(self._revoke(token))

    def _request_token(self, method: str, url: str, headers: HeadersLike, body: bytes | None) -> Flow[Reply]:
        checks = self._without_token.checks(method, url, headers, body, self.clock())
        return self._leg(checks, self._give_request_token)

    def _give_request_token(self, verified: Verified[C, Any]) -> Flow[Reply]:
        if verified.token is not None:
            raise Refused(
                "parameter_rejected", "A request token is asked for without an oauth_token: leave it out."
            )
        callback = verified.oauth.get("oauth_callback", "")
        if not callback:
            raise Refused(
                "parameter_absent",
                "oauth_callback is missing: send the address to come back to, or “oob” for a PIN.",
                facts={"oauth_parameters_absent": "oauth_callback"},
            )
        _check_callback(callback, getattr(verified.consumer, "callbacks", ()))
        access = self.asked_access(verified)
        token = RequestToken(self._chance(), self._chance())
        kept = yield from self._ask(
            "request tokens",
            lambda: self.store.add_request_token(
                verified.consumer.key,
                token,
                callback=callback,
                access=access,
                expires=self.clock() + self.lifetime,
            ),
        )
        if not kept:
            raise Refused(
                "consumer_key_refused",
                f"This application has too many open request tokens: wait {self.lifetime} seconds.",
                429,
                retry_after=self.lifetime,
            )
        return _token_answer(token, {"oauth_callback_confirmed": "true"})

    def _pending(self, token: str) -> Flow[Pending[C]]:
        try:
            utf8(token)
        except Malformed:
            raise _unknown_request() from None
        consumer, request = yield from self._ask(
            "request tokens", lambda: self.store.open_request_token(token)
        )
        if consumer is None or request is None:
            raise _unknown_request()
        if problem := getattr(consumer, "problem", None):
            raise Refused(problem, "This application can't ask for access at the moment.")
        if request.state != "pending":
            raise Refused("token_used", "You have decided this already; nothing was done again.")
        self._check_age(request)
        try:
            _check_callback(request.callback, getattr(consumer, "callbacks", ()))
        except Refused:
            # Its registration was changed since, or the rules were: nobody may be sent there any more.
            raise _unknown_request() from None
        return Pending(consumer, request)

    def _decide(self, token: str, user: Any, access: str | None, *, allowed: bool) -> Flow[Decision]:
        pending = yield from self._pending(token)
        by_pin = pending.callback == OUT_OF_BAND
        verifier = Secret(self._pin() if by_pin else self._chance())
        first = yield from self._ask(
            "request tokens",
            lambda: self.store.decide(
                token,
                allowed=allowed,
                user=user,
                access=pending.access if allowed and access is None else access,
                verifier_hash=_hash(pending.token, verifier) if allowed else "",
                expires=self.clock() + self.lifetime,
            ),
        )
        if not first:
            raise Refused("token_used", "You have decided this already; nothing was done again.")
        if by_pin:
            return Decision(pin=verifier if allowed else None)
        said = {"oauth_token": token, "oauth_verifier": verifier}
        if not allowed:
            said = {"oauth_problem": "permission_denied", "denied": token}
        return Decision(redirect=Secret(_appended(pending.callback, said)))

    def _access_token(self, method: str, url: str, headers: HeadersLike, body: bytes | None) -> Flow[Reply]:
        checks = self.verifier.checks(method, url, headers, body, self.clock(), self.store.find_request_token)
        return self._leg(checks, self._exchange)

    def _exchange(self, verified: Verified[C, Any]) -> Flow[Reply]:
        request: StoredRequestToken = verified.token  # type: ignore[assignment]  # require_token: it is there, or was refused
        if request.state in _STATES:
            problem, advice = _STATES[request.state]
            raise Refused(problem, advice, 401)
        self._check_age(request)
        verifier = verified.oauth.get("oauth_verifier", "")
        if not verifier:
            raise Refused(
                "parameter_absent",
                "oauth_verifier is missing: send what came back to the callback, or the person's PIN.",
                401,
                facts={"oauth_parameters_absent": "oauth_verifier"},
            )
        # Counted before it is compared, so that many guesses at once are still so many tries. Only who knows
        # the token's secret comes here, so that a stranger can't use them up.
        tries = yield from self._ask("request tokens", lambda: self.store.count_try(request.key))
        if tries == 0:
            raise _unknown_request()
        if tries > self.tries:
            raise Refused(
                "token_rejected", f"{self.tries} wrong verifiers were tried: walk the three legs again."
            )
        if not same_text(request.verifier_hash, _hash(request, verifier)):
            raise Refused(
                "parameter_rejected",
                "oauth_verifier isn't the one that was given for this request token.",
                401,
                facts={"oauth_parameters_rejected": "oauth_verifier"},
            )
        token = AccessToken(self._chance(), self._chance())
        kept = yield from self._ask("access tokens", lambda: self.store.exchange(request.key, token))
        if kept is None:
            problem, advice = _STATES["used"]
            raise Refused(problem, advice)
        return _token_answer(token, getattr(kept, "extra", {}))

    def _invalidate_token(
        self, method: str, url: str, headers: HeadersLike, body: bytes | None
    ) -> Flow[Reply]:
        checks = self.verifier.checks(method, url, headers, body, self.clock())
        return self._leg(checks, self._invalidate)

    def _invalidate(self, verified: Verified[C, Any]) -> Flow[Reply]:
        key: str = verified.oauth["oauth_token"]
        yield from self._revoke(key)
        return Answer(200, _FIELDS, form_encode([("oauth_token", key)]))

    def _revoke(self, token: str) -> Flow[bool]:
        revoked: bool = yield from self._ask("access tokens", lambda: self.store.revoke(token))
        return revoked

    def _leg(
        self, checks: Flow[Verified[C, Any]], then: Callable[[Verified[C, Any]], Flow[Reply]]
    ) -> Flow[Reply]:
        """The answer of `then` to what the checks prove, or the refusal of either."""
        try:
            verified = yield from checks
            try:
                return (yield from then(verified))
            except Refused as refused:
                concern(refused, verified.case(self.clock()))
                raise
        except Refused as refused:
            return self.reply(refused)

    def _ask(self, what: str, call: Callable[[], Any]) -> Flow[Any]:
        try:
            return (yield call())
        except Exception as failure:  # a store's own, of whatever kind: fail closed
            raise unavailable(what, failure) from failure

    def _check_age(self, request: StoredRequestToken) -> None:
        if self.clock() >= request.expires:
            raise Refused(
                "token_expired",
                f"This request token lived for {self.lifetime} seconds: walk the three legs again.",
            )

    def _chance(self) -> str:
        return urlsafe_b64encode(self.random(RANDOM_OCTETS)).decode("ascii")

    def _pin(self) -> str:
        # Numbers past the last whole multiple are drawn again: `%` alone would favour small PINs.
        bound = 10**PIN_DIGITS
        while (number := int.from_bytes(self.random(8))) >= 2**64 - 2**64 % bound:
            pass
        return f"{number % bound:0{PIN_DIGITS}}"


_FIELDS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def _token_answer(token: RequestToken | AccessToken, extra: Mapping[str, str]) -> Reply:
    members = {"oauth_token": token.key, "oauth_token_secret": token.secret, **extra}
    return Answer(200, _FIELDS, form_encode(members.items()))


def _check_callback(callback: str, registered: Iterable[str]) -> None:
    try:
        matches = callback_matches(callback, registered)
    except Malformed as error:
        reason = error.reason
    else:
        if matches:
            return
        reason = (
            "it isn't registered for this application: register it, or send a registered one, to the letter"
        )
    raise Refused(
        "parameter_rejected",
        f"The callback can't be used: {reason}.",
        facts={"oauth_parameters_rejected": form_encode([("oauth_callback", callback[:MAX_ECHOED])])},
    )


def _hash(request: StoredRequestToken, verifier: str) -> str:
    # Keyed with the token's secret, which a store keeps encrypted: a PIN has too few digits for a plain hash
    # to hide it.
    return hmac.digest(request.secret.encode(), verifier.encode(), "sha256").hex()


def _appended(url: str, parameters: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{form_encode(parameters.items())}"


def _unknown_request() -> Refused:
    return Refused(
        "token_rejected",
        "This request is not known here: the address is incomplete, or old. Start again in the application.",
    )
