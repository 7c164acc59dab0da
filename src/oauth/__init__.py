"""The tutorial's module: OAuth 1.0a for one application, in five functions.

Set the consumer's credentials once, then walk a person through the three legs::

    import oauth

    oauth.setConsumerCreds("consumer key", "consumer secret")
    url = oauth.get_authorization_url(
        "https://api.example/oauth/request_token",
        "https://api.example/oauth/authorize",
        "https://mine.example/verify/",
    )
    # … the person opens `url`, decides, and comes back with an oauth_verifier …
    oauth.get_access_token(
        "https://api.example/oauth/access_token", oauth.requestToken, oauth.requestTokenSecret, verifier
    )
    print(oauth.get_api_response("https://api.example/1/statuses/update.json", "POST", {"status": "Hello"}))

The consumer's credentials, `signatureMethod` and `timeout` belong to the process. The four token variables
belong to the thread or task that sets them, so that two visitors at once never see each other's; a task
starts with a copy of what its maker had. Where threads are pooled, let each visitor start empty with
:func:`fresh` (``valetkey.django.middleware.FreshOAuthMiddleware`` does, for each web request).
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any, Literal
from urllib.parse import urljoin

from valetkey import Answer, Error, Headers, Parameter, ServiceError, Signed, Unsignable
from valetkey.handshake import CONFIRMED, check_channel
from valetkey.protocol.answers import parse_token
from valetkey.protocol.base_string import base_string, base_string_uri
from valetkey.protocol.encoding import Malformed, form_decode, form_encode, percent_decode, percent_encode
from valetkey.protocol.errors import masked, named
from valetkey.protocol.header import build_authorization
from valetkey.protocol.origin import Url, written
from valetkey.protocol.parameters import FORM, added_twice, in_order, normalise
from valetkey.protocol.signatures import METHODS, Key
from valetkey.protocol.values import Secret
from valetkey.sending import TIMEOUT
from valetkey.urllib import send

__all__ = [
    "get_access_token",
    "get_api_response",
    "get_authorization_url",
    "setConsumerCreds",
    "set_access_token",
]

Values = Mapping[str, str | int | Sequence[str | int]]

#: The application's credentials, the signature method (any of HMAC-SHA1, HMAC-SHA256, HMAC-SHA512 and
#: PLAINTEXT), and the seconds that a request may take.
consumerKey: str = ""
consumerSecret: str = ""
signatureMethod: str = "HMAC-SHA1"
timeout = TIMEOUT

#: A person's tokens, each "" at first. Read and assign them as ``oauth.requestToken`` and so on.
requestToken: str
requestTokenSecret: str
accessToken: str
accessTokenSecret: str

_TOKENS = ("requestToken", "requestTokenSecret", "accessToken", "accessTokenSecret")
_MAX_REDIRECTS = 5
_IN_QUERY = ("GET", "HEAD", "DELETE")
_REDIRECTS = (301, 302, 303, 307, 308)


class OAuthError(Error):
    """The service said no, or gave no answer that can be used.

    `status` is its HTTP status (0 where there was no answer), and `body` the text of its answer, which the
    message, and a pickle, show without the secrets in it.
    """

    def __init__(self, status: int, body: str) -> None:
        super().__init__(status)
        self.status = status
        self.body: str = Secret(body)

    def __str__(self) -> str:
        return f"Response: {masked(self.body.encode('utf-8', 'replace'))}"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.status, masked(self.body.encode("utf-8", "replace")))


# --- The five functions ---------------------------------------------------------------------------


def setConsumerCreds(ckey: str, csecret: str) -> None:  # the tutorial's name
    """Sets the application's consumer key and consumer secret, for the whole process."""
    global consumerKey, consumerSecret
    consumerKey, consumerSecret = ckey, csecret


def set_access_token(key: str, secret: str) -> None:
    """Sets the access token and its secret, for this thread or task."""
    _set(accessToken=key, accessTokenSecret=secret)


def get_authorization_url(resourceUrl: str, endpointUrl: str, callbackUrl: str) -> str:
    """Gets a request token, keeps it in `requestToken` and `requestTokenSecret`, and gives the address to
    send the person to.

    :param resourceUrl: where request tokens come from.
    :param endpointUrl: the page where the person decides.
    :param callbackUrl: where they come back to, decoded; ``oob`` for a PIN.
    :raises OAuthError: where the service gives no token.
    """
    check_channel("resourceUrl", resourceUrl)
    parameters: dict[str, str] = {"oauth_callback": callbackUrl}
    _add_oauth_parameters(parameters, False)
    members = _token(_send(_signed(resourceUrl, "POST", {}, parameters, _signing_key(""))))
    if members.get("oauth_callback_confirmed") not in CONFIRMED:
        raise OAuthError(200, "it didn't confirm the callback: oauth_callback_confirmed=true is missing")
    _set(requestToken=members["oauth_token"], requestTokenSecret=members["oauth_token_secret"])
    mark = "&" if "?" in endpointUrl else "?"
    return f"{endpointUrl}{mark}oauth_token={url_encode(members['oauth_token'])}"


def get_access_token(resourceUrl: str, requestTok: str, requestTokSecret: str, oauth_verifier: str) -> None:
    """Exchanges the request token and the verifier for an access token, kept in `accessToken` and
    `accessTokenSecret`.

    Check first that the ``oauth_token`` in the callback's address is the one that this person's browser
    started with: else a stranger's link connects a stranger's account.

    :param resourceUrl: where access tokens come from.
    :raises OAuthError: where the service gives no token.
    """
    check_channel("resourceUrl", resourceUrl)
    _set(requestToken=requestTok, requestTokenSecret=requestTokSecret)
    parameters = {"oauth_token": requestTok, "oauth_verifier": oauth_verifier}
    _add_oauth_parameters(parameters, False)
    members = _token(_send(_signed(resourceUrl, "POST", {}, parameters, _signing_key(requestTokSecret))))
    _set(accessToken=members["oauth_token"], accessTokenSecret=members["oauth_token_secret"])


def get_api_response(resourceUrl: str, method: str = "POST", parameters: Values = {}) -> str:  # noqa: B006  # never changed
    """Sends a request with the access token and gives the text of the answer.

    :param parameters: decoded; a value may be a list, for a key that repeats. They go into the query of a
        GET, HEAD or DELETE, and into the form of any other method.
    :raises OAuthError: for any status but 2xx. A redirect to the same origin is followed, signed anew, by a
        GET or HEAD; one to another origin never is.
    :raises Unsignable: (a ValueError) for an address or parameters that can't be signed.
    """
    method = method.upper()
    for _ in range(_MAX_REDIRECTS):
        protocol: dict[str, str] = {}
        _add_oauth_parameters(protocol)
        answer = _send(
            _signed(resourceUrl, method, parameters, protocol, _signing_key(_get("accessTokenSecret")))
        )
        if 200 <= answer.status < 300:
            return answer.body.decode("utf-8", "replace")
        onward = _same_origin_redirect(resourceUrl, method, answer)
        if not onward:
            raise _error(answer)
        # The address of a redirect already has the parameters that it wants.
        resourceUrl, parameters = onward, {}
    raise OAuthError(answer.status, f"it redirected more than {_MAX_REDIRECTS} times")


# --- What they are made of, with the tutorial's names ---------------------------------------------


def url_encode(data: str) -> str:
    """`data` percent-encoded as RFC 5849, section 3.6, wants it: all but letters, digits and ``-._~``."""
    return percent_encode(data)


def _get_base_string(resourceUrl: str, values: Values, method: str = "POST") -> str:
    """The signature base string (section 3.4.1) of a request to `resourceUrl` with `values`, the URL's own
    query included.
    """
    query = form_decode(Url(resourceUrl).query or "")
    return base_string(method, base_string_uri(resourceUrl), normalise([*query, *_pairs(values)]))


def _add_oauth_parameters(parameters: MutableMapping[str, str], addAccessToken: bool = True) -> None:
    """Adds the protocol parameters (section 3.1) to the dictionary that it is given."""
    parameters["oauth_consumer_key"] = consumerKey
    parameters["oauth_nonce"] = _get_nonce()
    parameters["oauth_signature_method"] = signatureMethod
    parameters["oauth_timestamp"] = _get_timestamp()
    parameters["oauth_version"] = "1.0"
    if addAccessToken and _get("accessToken"):
        parameters["oauth_token"] = _get("accessToken")


def _get_nonce() -> str:
    """128 random bits, in hexadecimal (section 3.3)."""
    return os.urandom(16).hex()


def _get_timestamp() -> str:
    """Seconds since 1970 (section 3.3)."""
    return str(int(time.time()))


def _get_signature(signingKey: str, stringToHash: str) -> str:
    """The signature of a base string, by `signatureMethod`, in base64 (section 3.4.2) and not yet
    percent-encoded.

    :param signingKey: consumer secret and token secret, each percent-encoded, joined with ``&``.
    """
    if signatureMethod not in METHODS:
        raise Unsignable(
            "signatureMethod", f"“{signatureMethod}” is not known here: use one of {named(METHODS)}"
        )
    consumer_secret, _, token_secret = signingKey.partition("&")
    key = Key(percent_decode(consumer_secret), percent_decode(token_secret))
    return METHODS[signatureMethod].sign(stringToHash, key)


def _build_oauth_headers(parameters: Mapping[str, str]) -> str:
    """The Authorization header's value (section 3.5.1): the text ``OAuth …``, with the ``oauth_*`` of
    `parameters`, in their order.
    """
    return build_authorization([pair for pair in parameters.items() if pair[0].startswith("oauth_")])


def _signing_key(token_secret: str) -> str:
    return f"{url_encode(consumerSecret)}&{url_encode(token_secret)}"


def _signed(url: str, method: str, parameters: Values, protocol: dict[str, str], signing_key: str) -> Signed:
    """The request to send: its base string, signature and header, one after the other, as the tutorial
    builds them.
    """
    if signatureMethod == "PLAINTEXT":
        check_channel("resourceUrl", url)
    place = _place(method)
    given = _pairs(parameters)
    try:
        url = written(url)
        query = form_decode(Url(url).query or "")
        twice = added_twice([*query, *given], protocol)
        if twice:
            raise Malformed(f"leave out “{twice[0]}”, which is added here, for each request anew")
        string = _get_base_string(url, {**parameters, **protocol}, method)
        signature = _get_signature(signing_key, string)
        header = _build_oauth_headers({**protocol, "oauth_signature": signature})
    except Malformed as error:
        raise Unsignable("resourceUrl or parameters", error.reason) from None
    headers = {"Authorization": header}
    body = None
    if place == "form":
        body = form_encode(given).encode()
        headers["Content-Type"] = FORM
    elif given:
        url += ("&" if "?" in url else "?") + form_encode(given)
    sources = [
        *(Parameter(name, value, "query") for name, value in query),
        *(Parameter(name, value, place) for name, value in given),
        *(Parameter(name, value, "header") for name, value in protocol.items()),
    ]
    return Signed(method, url, Headers(headers), body, string, signature, in_order(sources))


def _place(method: str) -> Literal["query", "form"]:
    return "query" if method in _IN_QUERY else "form"


def _send(signed: Signed) -> Answer:
    try:
        answer = send(signed, timeout=timeout)
    except ServiceError as error:
        raise OAuthError(error.status, error.message) from error
    for watcher in _watchers.get():
        watcher(signed, answer)
    return answer


def _token(answer: Answer) -> dict[str, str]:
    if answer.status != 200:
        raise _error(answer)
    try:
        return parse_token(answer.body)
    except Malformed as error:
        raise OAuthError(answer.status, f"it holds no token: {error.reason}") from None


def _error(answer: Answer) -> OAuthError:
    return OAuthError(answer.status, answer.body.decode("utf-8", "replace"))


def _same_origin_redirect(url: str, method: str, answer: Answer) -> str | None:
    location = answer.headers.get("Location")
    if answer.status not in _REDIRECTS or not location or method not in ("GET", "HEAD"):
        return None
    try:
        onward = urljoin(url, location)
        return onward if Url(onward).origin == Url(written(url)).origin else None
    except ValueError:  # Malformed is one, and urljoin raises it for half an IPv6 address
        return None


def _pairs(values: Values) -> list[tuple[str, str]]:
    return [(name, _text(name, item)) for name, value in values.items() for item in _items(value)]


def _items(value: object) -> Sequence[object]:
    return value if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) else [value]


def _text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Unsignable("parameters", f"{name}: give it as text, not as {type(value).__name__}")


# --- Whose tokens they are ------------------------------------------------------------------------

# Each variable is immutable text in a ContextVar: a thread or task that sets one sets its own. A dictionary
# in a ContextVar would be shared with every task that was started from here.
_state = {name: ContextVar(name, default="") for name in _TOKENS}
_watchers: ContextVar[tuple[Callable[[Signed, Answer], object], ...]] = ContextVar("watchers", default=())


@contextmanager
def fresh() -> Iterator[None]:
    """Inside, the four token variables start empty; afterwards they are what they were before."""
    before = {name: variable.get() for name, variable in _state.items()}
    _set(**dict.fromkeys(_TOKENS, ""))
    try:
        yield
    finally:
        _set(**before)


@contextmanager
def watched(watcher: Callable[[Signed, Answer], object]) -> Iterator[None]:
    """Inside, `watcher` is called with each request that this thread or task sends, and its answer."""
    before = _watchers.get()
    _watchers.set((*before, watcher))
    try:
        yield
    finally:
        _watchers.set(before)


def _get(name: str) -> str:
    return _state[name].get()


def _set(**tokens: str) -> None:
    for name, value in tokens.items():
        _state[name].set(value)


def _variable(name: str) -> property:
    return property(lambda module: _get(name), lambda module, value: _set(**{name: value}))


class _Module(ModuleType):
    """This module, with the four variables as properties: a plain global would be everybody's."""

    requestToken = _variable("requestToken")
    requestTokenSecret = _variable("requestTokenSecret")
    accessToken = _variable("accessToken")
    accessTokenSecret = _variable("accessTokenSecret")


sys.modules[__name__].__class__ = _Module
