"""The three legs, at the application (RFC 5849, section 2)."""

from collections.abc import Callable
from typing import Generic, TypeVar

from valetkey.protocol.answers import parse_problem, parse_token
from valetkey.protocol.credentials import AccessToken, Consumer, RequestToken
from valetkey.protocol.encoding import Malformed, form_decode, form_encode
from valetkey.protocol.errors import BadCallback, Denied, ServiceError, Unsignable, masked
from valetkey.protocol.messages import Answer
from valetkey.protocol.origin import OUT_OF_BAND, Url
from valetkey.services import Service
from valetkey.signer import Signed

Token = TypeVar("Token", RequestToken, AccessToken)

#: What `oauth_callback_confirmed` may say: section 2.1 wants `true`; the other two occur in the wild and
#: mean it.
CONFIRMED = ("true", "True", "1")


class Leg(Generic[Token]):
    """One request to a token endpoint, and the reader of its answer.

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
    :raises Unsignable: for a token address over http without `insecure` (loopback excepted), or one that
        isn't absolute.
    """

    def __init__(
        self, consumer: Consumer, service: Service, *, callback: str = OUT_OF_BAND, insecure: bool = False
    ) -> None:
        for name in ("request_token_url", "access_token_url"):
            check_channel(name, getattr(service, name), insecure=insecure)
        self.consumer = consumer
        self.service = service
        self.callback = callback

    def __repr__(self) -> str:
        return f"Handshake({self.consumer.key!r}, {self.service.request_token_url!r})"

    def request_token(self) -> Leg[RequestToken]:
        """The first leg: asks the service for a request token (section 2.1)."""
        signed = self.service.signer(self.consumer).sign(
            self.service.method, self.service.request_token_url, oauth={"oauth_callback": self.callback}
        )
        return Leg(signed, _read_request_token)

    def authorize_url(self, request_token: RequestToken, **extra: str) -> str:
        """The second leg: the page to send the person to (section 2.2).

        :param extra: further parameters of the service, decoded (``force_login="true"`` …).
        """
        query = form_encode([("oauth_token", request_token.key), *extra.items()])
        url = self.service.authorize_url
        return f"{url}{'&' if '?' in url else '?'}{query}"

    def verifier(self, callback_url: str, request_token: RequestToken) -> str:
        """The verifier in the address that the person came back to.

        :param callback_url: that address with its query; the origin doesn't matter.
        :param request_token: the one that this person's browser started with. Keep it in their session: that
            this address belongs to it is what keeps a stranger's link from connecting a stranger's account.
        :raises Denied: where the person said no.
        :raises BadCallback: where the address belongs to another request token, or has no verifier.
        """
        parameters = _query(callback_url)
        denied = parameters.get("denied")
        token = parameters.get("oauth_token", denied)
        if not token:
            raise BadCallback("The address has no oauth_token: start anew.", missing="oauth_token")
        if token != request_token.key or denied not in (None, token):
            raise BadCallback(
                "The address belongs to another request token than the one that was started here: start anew."
            )
        if denied or parameters.get("oauth_problem") in ("permission_denied", "user_refused"):
            raise Denied(token)
        verifier = parameters.get("oauth_verifier")
        if not verifier:
            raise BadCallback("The address has no oauth_verifier: start anew.", missing="oauth_verifier")
        return verifier

    def access_token(self, request_token: RequestToken, verifier: str) -> Leg[AccessToken]:
        """The third leg: exchanges the request token and the verifier for an access token (section 2.3).

        :param verifier: from :meth:`verifier`, or the PIN that the person typed.
        """
        signed = self.service.signer(self.consumer, request_token).sign(
            self.service.method, self.service.access_token_url, oauth={"oauth_verifier": verifier}
        )
        return Leg(signed, _read_access_token)


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


def _read_request_token(answer: Answer) -> RequestToken:
    members = _members(answer, "request token")
    if members.get("oauth_callback_confirmed") not in CONFIRMED:
        raise _unusable(
            answer,
            "The service didn't confirm the callback (oauth_callback_confirmed=true), so it speaks OAuth 1.0,"
            " in which an attacker can take over the request (advisory 2009.1).",
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


def _members(answer: Answer, what: str) -> dict[str, str]:
    problem = parse_problem(answer.headers, answer.body)
    code, advice = problem.get("oauth_problem", ""), problem.get("oauth_problem_advice", "")
    if answer.status != 200 or code:
        said = f" ({code})" if code else ""
        hint = f" Its advice: {masked(advice.encode('utf-8', 'replace'))[:300]}" if advice else ""
        raise _unusable(answer, f"The service gave no {what}: it answered {answer.status}{said}.{hint}", code)
    try:
        return parse_token(answer.body)
    except Malformed as error:
        raise _unusable(answer, f"The service's answer holds no {what}: {error.reason}.") from None


def _unusable(answer: Answer, message: str, problem: str = "") -> ServiceError:
    return ServiceError(message, answer.status, answer.headers, answer.body, problem)
