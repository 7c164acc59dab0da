"""The three legs, at the application (RFC 5849, section 2)."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Generic, TypeVar

from valetkey.clock import Clock
from valetkey.flow import Flow
from valetkey.protocol.answers import parse_complaint, parse_problem, parse_token
from valetkey.protocol.credentials import AccessToken, Consumer, RequestToken
from valetkey.protocol.encoding import Malformed, form_decode, form_encode
from valetkey.protocol.errors import BadCallback, Denied, ServiceError, Unsignable, masked
from valetkey.protocol.messages import Answer
from valetkey.protocol.origin import OUT_OF_BAND, Url
from valetkey.protocol.parameters import FORM
from valetkey.services import Legs, Service
from valetkey.signer import Signed

Token = TypeVar("Token")

#: What `oauth_callback_confirmed` may say: section 2.1 wants `true`; the other two occur in the wild and
#: mean it.
CONFIRMED = ("true", "True", "1")


class Leg(Generic[Token]):
    """One request to a token endpoint, and the reader of its answer: a token, or None where none is due.

    Send :attr:`request` with whatever sends requests, and give its answer to :meth:`read`:
    ``leg.read(send(leg.request))``, or ``leg.read(await send(leg.request))``.
    """

    def __init__(self, request: Signed, reader: Callable[[Answer], Token]) -> None:
        self.request = request
        self._reader: Callable[[Answer], Token] = reader

    def read(self, answer: Answer) -> Token:
        """The token in `answer`.

        :raises ServiceError: where the service refused, or its answer holds no token that can be used.
        """
        return self._reader(answer)


class Handshake:
    """Walks a person through the three legs, for one application at one service.

    It holds no state of a person: what is between the legs is the request token, which the caller keeps (in
    a session, say).

    :param callback: where the person comes back to, as registered at the service; ``oob`` for a PIN.
    :param insecure: allows token requests over http to another computer, where everybody on the way can read
        the secrets.
    :param headers: further header fields of the token requests: a User-Agent, for a service that wants one.
    :param clock: what the time is; where a leg is refused because of it, the answer sets it, and the leg is
        walked once more. Without one, the machine's own.
    :raises Unsignable: for a token address over http without `insecure` (loopback excepted), or one that
        isn't absolute; at a service that has no three legs, or doesn't take the callback.
    """

    def __init__(
        self,
        consumer: Consumer,
        service: Service,
        *,
        callback: str = OUT_OF_BAND,
        insecure: bool = False,
        headers: Mapping[str, str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        for name in ("request_token_url", "access_token_url"):
            check_channel(name, _given(service, name), insecure=insecure)
        if service.legs.only_oob and callback != OUT_OF_BAND:
            raise Unsignable("callback", "this service takes “oob” alone: register yours with the service")
        self.consumer = consumer
        self.service = service
        self.callback = callback
        self.insecure = insecure
        self.headers: dict[str, str] = dict(headers or {})
        self.clock = clock

    def __repr__(self) -> str:
        return f"Handshake({self.consumer.key!r}, {self.service.request_token_url!r})"

    def request_token(self, **extra: str) -> Leg[RequestToken]:
        """The first leg: asks the service for a request token (section 2.1).

        :param extra: further parameters of the service, decoded (``x_auth_access_type="read"`` …). They are
            signed, and travel where the service wants them.
        """
        legs = self.service.legs
        oauth = {legs.callback_name: self.callback} if legs.callback_name else {}
        reader = partial(_read_request_token, legs.without_revision_a or legs.unconfirmed_callback)
        return self._leg(self.service.request_token_url, None, {**oauth, **extra}, reader)

    def authorize_url(self, request_token: RequestToken, **extra: str) -> str:
        """The second leg: the page to send the person to (section 2.2).

        :param extra: further parameters of the service, decoded (``force_login="true"`` …).
        """
        legs = self.service.legs
        names = {legs.token_name: request_token.key}
        if legs.key_name:
            names[legs.key_name] = self.consumer.key
        if legs.return_name and self.callback != OUT_OF_BAND:
            names[legs.return_name] = self.callback
        return _with_query(_given(self.service, "authorize_url"), {**names, **legs.authorize, **extra})

    def verifier(self, callback_url: str, request_token: RequestToken) -> str:
        """The verifier in the address that the person came back to.

        :param callback_url: that address with its query; the origin doesn't matter.
        :param request_token: the one that this person's browser started with. Keep it in their session: that
            this address belongs to it is what keeps a stranger's link from connecting a stranger's account.
        :return: ``""`` from a service that speaks OAuth 1.0 without Revision A.
        :raises Denied: where the person said no.
        :raises BadCallback: where the address belongs to another request token, or has no verifier.
        """
        parameters = _query(callback_url)
        denied = parameters.get("denied")
        token = parameters.get("oauth_token", denied)
        said_no = not self.service.legs.denials.isdisjoint(parameters.items())
        if not token and not said_no:
            raise BadCallback("The address has no oauth_token: start anew.", missing="oauth_token")
        if token and (token != request_token.key or denied not in (None, token)):
            raise BadCallback(
                "The address belongs to another request token than the one that was started here: start anew."
            )
        if denied or said_no or parameters.get("oauth_problem") in ("permission_denied", "user_refused"):
            raise Denied(request_token.key)
        verifier = parameters.get("oauth_verifier", "")
        if not verifier and not self.service.legs.without_revision_a:
            raise BadCallback("The address has no oauth_verifier: start anew.", missing="oauth_verifier")
        return verifier

    def access_token(self, request_token: RequestToken, verifier: str = "", **extra: str) -> Leg[AccessToken]:
        """The third leg: exchanges the request token and the verifier for an access token (section 2.3).

        :param verifier: from :meth:`verifier`, or the PIN that the person typed.
        :param extra: as with :meth:`request_token`.
        :raises BadCallback: without a verifier, but at a service that speaks OAuth 1.0 without Revision A.
        """
        if not verifier and not self.service.legs.without_revision_a:
            raise BadCallback("There is no verifier: ask the person for it.", missing="oauth_verifier")
        oauth = {"oauth_verifier": verifier} if verifier else {}
        url = self.service.access_token_url
        return self._leg(url, request_token, {**oauth, **extra}, _read_access_token)

    # After the three.

    def renew(self, access_token: AccessToken, **extra: str) -> Leg[AccessToken]:
        """Renews an access token that has expired, or that sleeps: with the session handle that came with it,
        if there is one, for a new token (the Session extension); otherwise it stays the same.

        :raises Unsignable: at a service where that can't be done.
        """
        handle = access_token.session_handle
        oauth = {"oauth_session_handle": handle} if handle else {}
        reader = partial(_read_renewed, access_token)
        return self._leg(self._checked("renew_url"), access_token, {**oauth, **extra}, reader)

    def revoke(self, access_token: AccessToken, **extra: str) -> Leg[None]:
        """Ends an access token.

        :raises Unsignable: at a service where that is left to the person.
        """
        return self._leg(self._checked("revoke_url"), access_token, extra, _read_revoked)

    def _checked(self, name: str) -> str:
        url = _given(self.service.legs, name)
        check_channel(name, url, insecure=self.insecure)
        return url

    def _leg(
        self,
        url: str,
        token: RequestToken | AccessToken | None,
        parameters: Mapping[str, str],
        reader: Callable[[Answer], Token],
    ) -> Leg[Token]:
        oauth = {name: value for name, value in parameters.items() if name.startswith("oauth_")}
        extra = {name: value for name, value in parameters.items() if name not in oauth}
        headers, body = {**self.service.legs.headers, **self.headers}, None
        if extra and self.service.legs.extras == "body":
            headers, body = {**headers, "Content-Type": FORM}, form_encode(extra.items())
        elif extra:
            url = _with_query(url, extra)
        signed = self.service.leg_signer(self.consumer, token).sign(
            self.service.method, url, headers=headers, body=body, oauth=oauth, timestamp=self._now()
        )
        return Leg(signed, reader)

    # The same as flows, for what sends: each adapter drives them, with or without `await`.

    def requesting(self, send: Callable[[Signed], Any]) -> Flow[RequestToken]:
        """The first leg, sent by `send`, which gives an :class:`~valetkey.Answer` or an awaitable of one."""
        return self._sending(self.request_token, send)

    def exchanging(
        self, send: Callable[[Signed], Any], request_token: RequestToken, verifier: str
    ) -> Flow[AccessToken]:
        """The third leg, likewise."""
        return self._sending(lambda: self.access_token(request_token, verifier), send)

    def walking(self, send: Callable[[Signed], Any], ask: Callable[[str], Any]) -> Flow[AccessToken]:
        """All three.

        :param ask: is given the address of the page where the person decides, and returns what came back, or
            an awaitable of it: the address of the callback with its query; for ``oob``, the PIN.
        """
        request_token = yield from self.requesting(send)
        came_back = (yield ask(self.authorize_url(request_token))).strip()
        by_pin = self.callback == OUT_OF_BAND
        verifier = came_back if by_pin else self.verifier(came_back, request_token)
        return (yield from self.exchanging(send, request_token, verifier))

    def _now(self) -> int | None:
        return self.clock() if self.clock else None

    def _sending(self, leg: Callable[[], Leg[Token]], send: Callable[[Signed], Any]) -> Flow[Token]:
        walked = leg()
        answer: Answer = yield send(walked.request)
        if answer.status == 401 and self.clock and self.clock.hear(walked.request.url, answer.headers):
            walked = leg()
            answer = yield send(walked.request)
        return walked.read(answer)


def check_channel(what: str, url: str, *, insecure: bool = False) -> None:
    """Lets pass what may carry a secret: https, this very computer, and with `insecure` anything.

    :param what: the argument that `url` was given as.
    :raises Unsignable: for http to another computer, and for what isn't an absolute URL.
    """
    try:
        private = Url(url).is_private_channel
    except Malformed as error:
        raise Unsignable(what, error.reason) from None
    if not (private or insecure):
        raise Unsignable(what, "over http, everybody on the way can read the secrets: use https")


#: What an address that a service lacks would have been for.
_LACKING = {
    "request_token_url": "the service has no three legs: its tokens, if any, are made on its own pages",
    "access_token_url": "the service has no three legs: its tokens, if any, are made on its own pages",
    "authorize_url": "the service has no page for this: it sends the verifier by itself",
    "renew_url": "the service renews no tokens: walk a person through the three legs again",
    "revoke_url": "the service has no address for this: people revoke tokens on its own pages",
}


def _given(addresses: Service | Legs, name: str) -> str:
    url: str = getattr(addresses, name)
    if not url:
        raise Unsignable(name, _LACKING[name])
    return url


def _with_query(url: str, parameters: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{form_encode(parameters.items())}"


def _query(url: str) -> dict[str, str]:
    query = url.partition("#")[0].partition("?")[2]
    try:
        pairs = form_decode(query)
    except Malformed as error:
        raise BadCallback(f"The address can't be read: {error.reason}. Start anew.") from None
    names = [name for name, _ in pairs if name.startswith("oauth_") or name == "denied"]
    if len(names) != len(set(names)):
        raise BadCallback("The address says the same twice: start anew.")
    return dict(pairs)


def _read_request_token(unconfirmed: bool, answer: Answer) -> RequestToken:
    members = _members(answer, "request token")
    if not unconfirmed and members.get("oauth_callback_confirmed") not in CONFIRMED:
        raise _unusable(
            answer,
            "The service didn't confirm the callback (oauth_callback_confirmed=true), so it speaks OAuth 1.0,"
            " in which an attacker can take over the request (advisory 2009.1). If you know that it sends a"
            " verifier all the same, say so: Legs(unconfirmed_callback=True).",
        )
    try:
        return RequestToken(members["oauth_token"], members["oauth_token_secret"])
    except Unsignable as error:
        raise _unusable(answer, f"The service's token can't be used: {error}.") from None


def _read_access_token(answer: Answer) -> AccessToken:
    members = _members(answer, "access token")
    key, secret = members.pop("oauth_token"), members.pop("oauth_token_secret")
    try:
        return AccessToken(key, secret, extra=members)
    except Unsignable as error:
        raise _unusable(answer, f"The service's token can't be used: {error}.") from None


def _read_renewed(renewed: AccessToken, answer: Answer) -> AccessToken:
    if not renewed.session_handle and b"oauth_token=" not in answer.body:
        _check_done(answer, "renewal")
        return renewed
    token = _read_access_token(answer)
    return AccessToken(token.key, token.secret, extra={**renewed.extra, **token.extra})


def _read_revoked(answer: Answer) -> None:
    _check_done(answer, "revocation")


def _members(answer: Answer, what: str) -> dict[str, str]:
    _check(answer, what)
    try:
        return parse_token(answer.body)
    except Malformed as error:
        _check_done(answer, what)
        raise _unusable(answer, f"The service's answer holds no {what}: {error.reason}.") from None


def _check_done(answer: Answer, what: str) -> None:
    """Some services say what went wrong with the status of what went right."""
    _check(answer, what)
    if told := _shown("It says", parse_complaint(answer.body)):
        raise _unusable(answer, f"The service gave no {what}: it answered 200.{told}") from None


def _check(answer: Answer, what: str) -> None:
    problem = parse_problem(answer.headers, answer.body)
    code, advice = problem.get("oauth_problem", ""), problem.get("oauth_problem_advice", "")
    if answer.status == 200 and not code:
        return
    said = f" ({code})" if code else ""
    hint = _shown("Its advice", advice) or _shown("It says", parse_complaint(answer.body))
    raise _unusable(answer, f"The service gave no {what}: it answered {answer.status}{said}.{hint}", code)


def _shown(what: str, text: str) -> str:
    return f" {what}: {masked(text.encode('utf-8', 'replace'))[:300]}" if text else ""


def _unusable(answer: Answer, message: str, problem: str = "") -> ServiceError:
    return ServiceError(message, answer.status, answer.headers, answer.body, problem)
