"""Aviary, called through the tutorial's module, with each request and answer caught on the way. What is sent
with a mistake goes through valetkey's own `Signer`, since the module makes none.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from django.views.decorators.debug import sensitive_variables

import oauth
from valetkey import (
    AccessToken,
    Answer,
    Consumer,
    Handshake,
    RequestToken,
    Service,
    ServiceError,
    Signed,
    Signer,
    Unsignable,
)
from valetkey.demo.config import DemoConfig, load
from valetkey.demo.site import mistakes
from valetkey.demo.site.calls import Addresses
from valetkey.demo.site.exchange import Exchange
from valetkey.demo.site.mistakes import Slug
from valetkey.demo.site.sent import octets
from valetkey.protocol.answers import parse_token
from valetkey.urllib import send

#: Seconds that Aviary may take; it is on this computer.
PATIENCE = 15
#: Seconds for which a request can be sent once more and be refused for its nonce. Aviary looks at the time
#: first, and accepts 300.
_FRESH = 240


class Unanswered(Exception):
    """Aviary said no, said what can't be used, or said nothing.

    :param exchange: what was sent and answered; None where nothing came back.
    :param insecure: nothing was sent, since the secrets would have travelled over http.
    """

    def __init__(self, exchange: Exchange | None, *, insecure: bool = False) -> None:
        super().__init__()
        self.exchange = exchange
        self.insecure = insecure


@cache
def config() -> DemoConfig:
    return load()


def addresses() -> Addresses:
    provider = config().provider_origin
    return Addresses(
        request_token=f"{provider}/oauth/request_token",
        authorize=f"{provider}/oauth/authorize",
        access_token=f"{provider}/oauth/access_token",
        callback=f"{config().site_origin}/verify/",
    )


def update_url() -> str:
    return f"{config().provider_origin}/1/statuses/update.json"


def addresses_called() -> tuple[str, ...]:
    """Where this site sends requests to, and nowhere else."""
    where = addresses()
    return where.request_token, where.access_token, update_url()


def sign_in_url(token: RequestToken) -> str:
    """The page that asks nothing of a person who has allowed this application before."""
    return f"{config().provider_origin}/oauth/authenticate?oauth_token={oauth.url_encode(token.key)}"


def get_request_token() -> tuple[str, RequestToken, Exchange]:
    """The first leg: the address to send the person to, and the request token.

    :raises Unanswered: where there is none.
    """
    where = addresses()
    address = ""

    def call() -> None:
        nonlocal address
        address = oauth.get_authorization_url(where.request_token, where.authorize, where.callback)

    exchange, _ = _call(call, "")
    return address, RequestToken(oauth.requestToken, oauth.requestTokenSecret), exchange


def verifier(path: str, token: RequestToken) -> str:
    """The verifier in the address that the person came back to.

    :raises valetkey.Denied: where they said no.
    :raises valetkey.BadCallback: where it isn't the answer to `token`, or has no verifier.
    """
    where = addresses()
    service = Service(where.request_token, where.authorize, where.access_token)
    # Nothing is sent by it.
    handshake = Handshake(Consumer(config().consumer_key), service, callback=where.callback, insecure=True)
    return handshake.verifier(path, token)


@sensitive_variables()
def get_access_token(token: RequestToken, verifier: str) -> tuple[AccessToken, Exchange]:
    """The third leg. Whose account it is stands in the token's `extra`.

    :raises Unanswered: where there is none, or nobody's.
    """
    url = addresses().access_token
    exchange, answer = _call(
        lambda: oauth.get_access_token(url, token.key, token.secret, verifier), token.secret
    )
    members = parse_token(answer.body)
    key, secret = members.pop("oauth_token"), members.pop("oauth_token_secret")
    if not (members.get("user_id") and members.get("screen_name")):
        raise Unanswered(exchange)
    return AccessToken(key, secret, extra=members), exchange


@sensitive_variables()
def post(status: str, key: str, secret: str) -> Exchange:
    """Posts `status` with the access token that is given.

    :raises Unanswered: where it wasn't posted.
    """
    oauth.set_access_token(key, secret)
    url = update_url()
    exchange, _ = _call(lambda: oauth.get_api_response(url, "POST", {"status": status}), secret)
    return exchange


@sensitive_variables()
def send_with(
    slug: Slug, exchange: Exchange, token: AccessToken | RequestToken | None
) -> tuple[Exchange, int | None]:
    """Sends the request of `exchange` once more, with this one mistake; what came of it, and when its nonce
    was used before, in unix time.

    :raises Unanswered: where nothing came back.
    """
    credentials = config().credentials
    consumer = Consumer(credentials["consumer_key"], credentials["consumer_secret"])
    nonce, timestamp, earlier = os.urandom(16).hex(), int(time.time()), None
    if slug == "nonce":
        sent = int(exchange.oauth["oauth_timestamp"])
        if timestamp - sent < _FRESH:
            return _sent(mistakes.replayed(exchange), consumer, token), sent
        _use(nonce, timestamp, exchange, consumer, token)
        earlier = timestamp
    signed = mistakes.broken(
        slug,
        exchange,
        consumer,
        token,
        nonce=nonce,
        timestamp=timestamp,
        other_secret=os.urandom(16).hex(),
    )
    return _sent(signed, consumer, token), earlier


@sensitive_variables()
def _use(
    nonce: str,
    timestamp: int,
    exchange: Exchange,
    consumer: Consumer,
    token: AccessToken | RequestToken | None,
) -> None:
    """Uses a nonce up, by a request that changes nothing for anybody."""
    signer = Signer(consumer, token)
    if exchange.call == "api":
        url = f"{config().provider_origin}/1.1/account/verify_credentials.json"
        signed = signer.sign("GET", url, nonce=nonce, timestamp=timestamp)
    else:
        # Another request token that nobody takes up; or once more the exchange of one that is used up.
        signed = mistakes.Request.of(exchange).signed(signer, nonce, timestamp)
    _sent(signed, consumer, token)


@sensitive_variables()
def _sent(signed: Signed, consumer: Consumer, token: AccessToken | RequestToken | None) -> Exchange:
    try:
        answer = send(signed, timeout=PATIENCE)
    except ServiceError as error:
        raise Unanswered(None) from error
    return Exchange.of(
        signed,
        answer,
        octets(signed),
        consumer_secret=consumer.secret,
        token_secret=token.secret if token else "",
    )


@sensitive_variables()
def _call(call: Callable[[], object], token_secret: str) -> tuple[Exchange, Answer]:
    # Read anew: whoever owns the application may have reset its key and secret.
    credentials = config().credentials
    oauth.setConsumerCreds(credentials["consumer_key"], credentials["consumer_secret"])
    oauth.timeout = PATIENCE

    def exchanged() -> Exchange:
        signed, answer = caught[-1]
        return Exchange.of(
            signed,
            answer,
            octets(signed),
            consumer_secret=credentials["consumer_secret"],
            token_secret=token_secret,
        )

    with _caught() as caught:
        try:
            call()
        except oauth.OAuthError as error:
            raise Unanswered(exchanged() if caught else None) from error
        except Unsignable as error:
            raise Unanswered(None, insecure=True) from error
    return exchanged(), caught[-1][1]


@contextmanager
def _caught() -> Iterator[list[tuple[Signed, Answer]]]:
    caught: list[tuple[Signed, Answer]] = []
    with oauth.watched(lambda signed, answer: caught.append((signed, answer))):
        yield caught
