"""A program that calls the running demo's provider."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.running import Demo
from valetkey import AccessToken, Answer, Consumer, RequestToken, Signed, Signer
from valetkey.urllib import send

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Caller:
    """Signs with the demo's application and its owner's token, unless told otherwise."""

    def __init__(
        self, demo: Demo, consumer: Consumer | None = None, token: AccessToken | None = None
    ) -> None:
        info = demo.info
        self.origin = info["provider"]
        self.consumer = consumer or Consumer(info["consumer_key"], info["consumer_secret"])
        self.token = token or AccessToken(info["access_token"], info["access_token_secret"])

    def signed(self, method: str, path: str, form: dict[str, str] | None = None, **sign: Any) -> Signed:
        body = None if form is None else urlencode(form)
        headers = None if form is None else FORM
        signer = Signer(self.consumer, self.token)
        return signer.sign(method, f"{self.origin}{path}", headers=headers, body=body, **sign)

    def get(self, path: str, **parameters: object) -> Answer:
        query = f"?{urlencode(parameters)}" if parameters else ""
        return send(self.signed("GET", path + query))

    def post(self, path: str, **form: str) -> Answer:
        return send(self.signed("POST", path, form))

    def update(self, status: str) -> dict[str, Any]:
        """Posts; the status as it came back."""
        answer = self.post("/1/statuses/update.json", status=status)
        assert answer.status == 200, answer.body
        found: dict[str, Any] = as_json(answer)
        return found

    def request_token(self, callback: str = "oob", asked: str = "") -> RequestToken:
        answer = self.first_leg(callback, asked)
        assert answer.status == 200, answer.body
        return RequestToken(*_token_of(answer))

    def first_leg(self, callback: str, asked: str = "") -> Answer:
        """`asked` is the access it asks for, as clients write it; all that it may, where it names none."""
        address = f"{self.origin}/oauth/request_token" + (f"?x_auth_access_type={asked}" if asked else "")
        return send(Signer(self.consumer).sign("POST", address, oauth={"oauth_callback": callback}))

    def access_token(self, request_token: RequestToken, verifier: str) -> Answer:
        signer = Signer(self.consumer, request_token)
        url = f"{self.origin}/oauth/access_token"
        return send(signer.sign("POST", url, oauth={"oauth_verifier": verifier}))

    def authorize_url(self, request_token: RequestToken) -> str:
        return f"{self.origin}/oauth/authorize?{urlencode({'oauth_token': request_token.key})}"


def replaced(signed: Signed, **parts: Any) -> Signed:
    """`signed`, with parts that its signature knows nothing of."""
    names = ("method", "url", "headers", "body", "base_string", "signature", "parameters")
    return Signed(**{name: getattr(signed, name) for name in names} | parts)


def _token_of(answer: Answer) -> tuple[str, str]:
    fields = form_of(answer)
    return fields["oauth_token"], fields["oauth_token_secret"]


def granted(answer: Answer) -> AccessToken:
    assert answer.status == 200, answer.body
    return AccessToken(*_token_of(answer))


def form_of(answer: Answer) -> dict[str, str]:
    return dict(parse_qsl(answer.body.decode()))


def as_json(answer: Answer) -> Any:
    return json.loads(answer.body)


def problem(answer: Answer) -> str:
    """The Problem Reporting code of a refusal."""
    return form_of(answer)["oauth_problem"]
