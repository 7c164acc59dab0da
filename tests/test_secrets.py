"""Nothing that this package hands out tells a secret by itself: each public value and each error, in every
way that text leaves a program.
"""

import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from traceback import TracebackException

import pytest
import requests

import oauth
import valetkey
from tests.canary import CANARY, WAYS, told
from valetkey import (
    AccessToken,
    Answer,
    BadCallback,
    Consumer,
    Decision,
    Denied,
    Handshake,
    Headers,
    MemoryStore,
    Parameter,
    Pending,
    Provider,
    Refused,
    RequestToken,
    Service,
    ServiceError,
    Signer,
    Unsignable,
    Verified,
    Verifier,
)
from valetkey.doctor import difference, lexicon, lint, pasted, reply, search, sent
from valetkey.protocol.cases import Case
from valetkey.protocol.encoding import Malformed
from valetkey.protocol.header import Authorization
from valetkey.protocol.mistakes import Mistake
from valetkey.protocol.origin import Url
from valetkey.protocol.signatures import Key
from valetkey.protocol.values import Secret, Value
from valetkey.requests import TokenMissing, TokenRequestDenied, VerifierMissing
from valetkey.services.quirks import Quirks
from valetkey.services.service import Legs
from valetkey.stores.memory import Full, MemoryConsumer, MemoryRequestToken, MemoryToken
from valetkey.stores.sealing import Unreadable
from valetkey.stores.sqlite import Unusable
from valetkey.stores.valkey import Evicts

CONSUMER = Consumer("k", CANARY, rsa_key=CANARY)
TOKEN = AccessToken("t", CANARY, extra={"oauth_session_handle": CANARY})
PLAINTEXT = Signer(Consumer("k", CANARY), TOKEN, signature_method="PLAINTEXT")
SERVICE = Service(
    "https://h/request", "https://h/authorize", "https://h/access", signature_method="PLAINTEXT"
)
REQUEST = MemoryRequestToken(RequestToken("r", CANARY), "k", "oob", 1.0)
VERIFIED = Verified(
    CONSUMER, TOKEN, [("password", CANARY)], {"oauth_verifier": CANARY}, True, url=f"https://h/?p={CANARY}"
)


def store() -> MemoryStore:
    filled = MemoryStore()
    filled.add(MemoryConsumer("k", CANARY), MemoryToken("t", CANARY))
    filled.add_request_token("k", RequestToken("r", CANARY), callback="oob", expires=1e12)
    filled.decide("r", allowed=True, user="ada", access=None, verifier_hash="hash", expires=1e12)
    return filled


def refused() -> Refused:
    made = Refused("signature_invalid", "Check both secrets.")
    made.case = VERIFIED.case(1.0)
    return made


def response() -> requests.Response:
    """Of a library that isn't ours, whose answers print a status."""
    made = requests.Response()
    made.status_code, made._content = 401, f"oauth_token_secret={CANARY}".encode()
    return made


def unsignable() -> Unsignable:
    with pytest.raises(Unsignable) as caught:
        Consumer("k", CANARY + "\x00")
    return caught.value.with_traceback(None)


SENT = sent.Sent("GET", f"https://h/?p={CANARY}", {"Authorization": f'OAuth a="{CANARY}"'}, CANARY.encode())
FINDING = search.Finding("scheme", True, "It was signed for http.", "Sign for https.")

HOLDERS: dict[str, object] = {
    "doctor.Clock": reply.Clock(1),
    "doctor.Comparison": difference.Comparison(f"GET&u&oauth_verifier%3D{CANARY}", "GET&u&"),
    "doctor.Difference": difference.Difference("value", CANARY, CANARY, "oauth_verifier"),
    "doctor.Diagnosis": search.Diagnosis("explained", (FINDING,), f"GET&u&oauth_verifier%3D{CANARY}"),
    "doctor.Entry": lexicon.TABLE[0],
    "doctor.Finding": FINDING,
    "doctor.Found": pasted.Found(SENT, "HAR"),
    "doctor.Remark": lint.lint(SENT)[0],
    "doctor.Reply": reply.Reply(
        Answer(401, {"Set-Cookie": CANARY}, f"debug_sbs=GET%26u%26{CANARY}".encode())
    ),
    "doctor.Sent": SENT,
    "doctor.Unreadable": pasted.Unreadable("HAR", "there is no request in it.", "", CANARY, 0),
    "AccessToken": TOKEN,
    "Answer": Answer(200, {"Set-Cookie": CANARY}, body=f"oauth_token_secret={CANARY}"),
    "Authorization": Authorization(None, [("oauth_signature", CANARY)]),
    "BadCallback": BadCallback("The address has no oauth_verifier: start anew.", "oauth_verifier"),
    "Case": Case("GET", f"https://h/?p={CANARY}", [Parameter("p", CANARY, "query")], CONSUMER, TOKEN),
    "Clock": valetkey.Clock(),
    "Consumer": CONSUMER,
    "Decision": Decision(f"https://h/?oauth_verifier={CANARY}", CANARY),
    "Denied": Denied("r"),
    "Error": valetkey.Error("It failed."),
    "Evicts": Evicts("allkeys-lru"),
    "Full": Full("3 nonces are younger than the window"),
    "Handshake": Handshake(CONSUMER, SERVICE),
    "Headers": Headers({"Authorization": CANARY, "Cookie": CANARY, "Set-Cookie": CANARY}),
    "Key": Key(CANARY, CANARY, CANARY),
    "Legs": Legs(headers={"User-Agent": "x"}),
    "Leg": Handshake(CONSUMER, SERVICE).access_token(RequestToken("r", CANARY), CANARY),
    "Malformed": Malformed("it holds octets that aren't UTF-8 (0xFF)"),
    "MemoryConsumer": MemoryConsumer("k", CANARY),
    "MemoryRequestToken": REQUEST,
    "MemoryStore": store(),
    "MemoryToken": MemoryToken("k", CANARY),
    "Mistake": Mistake("scheme", "https"),
    "OAuthError": oauth.OAuthError(401, f"oauth_token_secret={CANARY}"),
    "Parameter": [Parameter(name, CANARY, "header") for name in ("oauth_verifier", "oauth_signature")],
    "Pending": Pending(CONSUMER, REQUEST),
    "Provider": Provider(store()),
    "Quirks": Quirks(oauth={"oauth_token": ""}),
    "Refused": refused(),
    "RequestToken": RequestToken("k", CANARY),
    "Secret": Secret(CANARY),
    "Service": SERVICE,
    "ServiceError": ServiceError("No.", 401, {"Set-Cookie": CANARY}, f"oauth_token_secret={CANARY}".encode()),
    "Signed": PLAINTEXT.sign("GET", "https://h/", oauth={"oauth_verifier": CANARY}),
    "Signed in the query": Signer(CONSUMER, signature_method="PLAINTEXT", placement="query").sign(
        "GET", "https://h/"
    ),
    "Signer": PLAINTEXT,
    "TokenMissing": TokenMissing("There is no token.", response()),
    "TokenRequestDenied": TokenRequestDenied("The service gave no token.", response()),
    "Unsignable": unsignable(),
    "Url": Url("https://h/"),
    "Verified": VERIFIED,
    "Verifier": Verifier(store()),
    "Unreadable": Unreadable("consumer", "c", "it was encrypted for another row"),
    "Unusable": Unusable(Path("store.sqlite3"), "is a directory: name a file in it"),
    "VerifierMissing": VerifierMissing("Give the verifier."),
}

#: Public names that nothing can be made of.
NOTHING_TO_TELL = {"register_signature_method", "Store", "AsyncStore", "ProviderStore", "AsyncProviderStore"}

#: Those whose text is what they are for, when somebody writes it out and doesn't only look at it.
MEANT = {"Secret": {"str", "an f-string", "format", "%", "a log", "a traceback with its variables"}}


@pytest.mark.abuse("A80")
@pytest.mark.abuse("A81")
@pytest.mark.abuse("A64")
@pytest.mark.parametrize("name", HOLDERS)
def test_what_holds_a_secret_tells_it_in_no_way(name: str) -> None:
    assert set(told(HOLDERS[name])) == MEANT.get(name, set())


def kinds() -> Iterator[type]:
    """The public classes of the core: values, errors and what is named in `valetkey` itself."""
    yield from (getattr(valetkey, name) for name in valetkey.__all__)
    for module in map(import_module, core()):
        for name, kind in vars(module).items():
            if (
                isinstance(kind, type)
                and kind.__module__ == module.__name__
                and name[0] != "_"
                and issubclass(kind, (Value, Exception))
            ):
                yield kind


def core() -> Iterator[str]:
    above = {"django", "demo", "cli"}
    for found in pkgutil.walk_packages(valetkey.__path__, "valetkey."):
        if found.name.split(".")[1] not in above:
            yield found.name
    yield "oauth"


@pytest.mark.abuse("A80")
def test_no_public_class_is_left_out_here() -> None:
    shown = {type(holder) for holder in HOLDERS.values()} | {Parameter, Value}
    missing = {
        kind.__name__ for kind in kinds() if kind not in shown and kind.__name__ not in NOTHING_TO_TELL
    }
    assert missing == set()


@dataclass
class Careless(Exception):
    """What others make of it."""

    secret: str


@pytest.mark.abuse("A80")
def test_a_careless_error_tells_its_secret_in_every_way() -> None:
    assert told(Careless(CANARY)) == list(WAYS)


@pytest.mark.abuse("A64")
@pytest.mark.parametrize(
    ("broken", "signature_method"),
    [
        ("hmac.digest", "HMAC-SHA1"),
        ("hmac.compare_digest", "HMAC-SHA1"),
        ("hmac.compare_digest", "PLAINTEXT"),
    ],
)
def test_a_verifier_that_fails_in_the_middle_shows_no_secret_to_whoever_looks_at_every_variable(
    monkeypatch: pytest.MonkeyPatch, broken: str, signature_method: str
) -> None:
    verifier = Verifier(store(), signature_methods=[signature_method])
    signer = Signer(Consumer("k", CANARY), AccessToken("t", CANARY), signature_method=signature_method)
    signed = signer.sign("GET", "https://h/", oauth={"oauth_verifier": CANARY})
    monkeypatch.setattr(broken, partial(int, "no", "number"))  # fails in C, and so shows nothing of its own
    with pytest.raises(TypeError) as caught:
        verifier.verify(signed.method, signed.url, headers=signed.headers)
    monkeypatch.undo()
    report = TracebackException.from_exception(caught.value, capture_locals=True)
    text = "".join(report.format())
    assert "token_secret = " in text
    for secret in (CANARY, signed.signature):
        assert secret not in text
