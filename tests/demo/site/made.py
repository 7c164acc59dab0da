"""Exchanges, made of signed requests that nobody was sent."""

from typing import Any
from urllib.parse import urlencode

from valetkey import AccessToken, Answer, Consumer, RequestToken, Signer
from valetkey.demo.site.calls import Addresses
from valetkey.demo.site.exchange import Exchange
from valetkey.demo.site.sent import octets

CONSUMER = Consumer("Yk3vQd0m5TfW8s2Z", "the consumer's secret")
REQUEST_TOKEN = RequestToken("requestkey", "the request token's secret")
ACCESS_TOKEN = AccessToken("accesskey", "the access token's secret")
SECRETS = (CONSUMER.secret, REQUEST_TOKEN.secret, ACCESS_TOKEN.secret)
ORIGIN = "http://127.0.0.1:12001"
UPDATE = f"{ORIGIN}/1/statuses/update.json"
ADDRESSES = Addresses(
    f"{ORIGIN}/oauth/request_token",
    f"{ORIGIN}/oauth/authorize",
    f"{ORIGIN}/oauth/access_token",
    "http://127.0.0.1:12000/verify/",
)
TEXT = "Tea & toast + a kingfisher 🐦 صباح"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def posted(text: str = TEXT, answer: Answer | None = None, url: str = UPDATE, **options: Any) -> Exchange:
    """A status, posted with an access token."""
    signer = Signer(CONSUMER, ACCESS_TOKEN, **options)
    signed = signer.sign("POST", url, headers=FORM, body=urlencode({"status": text}))
    answer = answer or Answer(200, JSON, '{"id": 1, "text": "x"}')
    return _of(signed, answer, ACCESS_TOKEN.secret)


def got(url: str) -> Exchange:
    signed = Signer(CONSUMER, ACCESS_TOKEN).sign("GET", url)
    return _of(signed, Answer(200, JSON, "[]"), ACCESS_TOKEN.secret)


def first_leg() -> Exchange:
    signed = Signer(CONSUMER).sign(
        "POST", ADDRESSES.request_token, oauth={"oauth_callback": ADDRESSES.callback}
    )
    body = f"{urlencode({'oauth_token': 'requestkey', 'oauth_token_secret': REQUEST_TOKEN.secret})}&more=1"
    return _of(signed, Answer(200, FORM, body), "")


def third_leg(answer: Answer | None = None) -> Exchange:
    signed = Signer(CONSUMER, REQUEST_TOKEN).sign(
        "POST", ADDRESSES.access_token, oauth={"oauth_verifier": "theverifier"}
    )
    body = urlencode({"oauth_token": "accesskey", "oauth_token_secret": ACCESS_TOKEN.secret})
    return _of(signed, answer or Answer(200, FORM, body), REQUEST_TOKEN.secret)


def refused(problem: str, status: int = 401, **facts: str) -> Exchange:
    """A status that wasn't taken."""
    return posted(answer=Answer(status, FORM, urlencode({"oauth_problem": problem, **facts})))


def _of(signed: Any, answer: Answer, token_secret: str) -> Exchange:
    return Exchange.of(
        signed, answer, octets(signed), consumer_secret=CONSUMER.secret, token_secret=token_secret
    )
