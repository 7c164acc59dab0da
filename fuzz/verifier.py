"""`Verifier.verify`: a rightly signed request, changed on the way.

An input is method, URL, Content-Type and body, which are signed, and then the decisions: what signs, and
what is changed after that. Whatever arrives is verified or refused; a refused one has cost nothing; an
accepted one says what the original said, and is not accepted twice.
"""

from typing import Any

from tests.wire import NOW, memory, signer, verify

from fuzz.changes import changed
from fuzz.choices import Choices, fields
from valetkey import Refused, Signed, Unsignable, Verified, Verifier
from valetkey.protocol.base_string import base_string_uri
from valetkey.protocol.errors import STATUS
from valetkey.protocol.signatures import METHODS

_STATUSES = {400, 401, 403, 413, 431}


def verifier(data: bytes) -> None:
    method, url, content_type, body, decisions = fields(data, 5)
    choices = Choices(decisions)
    original = _signed(method.decode("latin-1"), url.decode("utf-8", "replace"), content_type, body, choices)
    if original is None:
        return
    require_token = bool(choices.number(2))
    sent, anew = changed(original, choices)
    expected = _outcome(fresh(require_token=require_token), original)

    verifier = tested(require_token=require_token)
    outcome = _outcome(verifier, sent)
    if isinstance(outcome, Refused):
        _check_refusal(outcome)
        _same(expected, _outcome(verifier, original), "the original, after a refused one with its nonce")
    else:
        if not anew and outcome.oauth["oauth_signature_method"] != "PLAINTEXT":
            _same(expected, outcome, "what was changed and is accepted")
        again = _outcome(verifier, sent)
        stamped = "oauth_nonce" in outcome.oauth
        assert not stamped or (isinstance(again, Refused) and again.problem == "nonce_used"), "accepted twice"


def _signed(method: str, url: str, content_type: bytes, body: bytes, choices: Choices) -> Signed | None:
    headers = {"Content-Type": content_type.decode("latin-1")} if content_type else None
    options: dict[str, Any] = {
        "signature_method": choices.one_of(list(METHODS)),
        "placement": choices.one_of(["header", "header", "query", "body"]),
        "body_hash": bool(choices.number(2)),
        "version": bool(choices.number(2)),
    }
    if choices.number(2) and options["placement"] == "header":
        options["realm"] = choices.text()
    try:
        signed = signer(**options).sign(
            method,
            url,
            headers=headers,
            body=body or None,
            nonce="nonce",
            timestamp=NOW + choices.number(400),
        )
    except Unsignable:
        return None
    return signed


def fresh(*, require_token: bool) -> Verifier[Any, Any]:
    """One that has seen no request."""
    return Verifier(memory(), signature_methods=METHODS, require_token=require_token, max_parameters=50)


tested = fresh  # a test plants faulty ones here


def _outcome(verifier: Verifier[Any, Any], signed: Signed) -> Verified[Any, Any] | Refused:
    try:
        return verify(verifier, signed)
    except Refused as refused:
        return refused


def _check_refusal(refused: Refused) -> None:
    assert refused.status in _STATUSES, refused
    assert refused.problem in STATUS, refused
    reply = refused.reply()
    carried = "".join(f"{name}{value}" for name, value in reply.headers.pairs)
    assert carried.isascii(), carried
    assert carried.isprintable(), carried
    assert refused.id, "a refusal has an id"
    repr(refused.case)


def _same(expected: Verified[Any, Any] | Refused, found: Verified[Any, Any] | Refused, what: str) -> None:
    if isinstance(expected, Refused) or isinstance(found, Refused):
        assert isinstance(expected, Refused), f"{what}: {found}"
        assert isinstance(found, Refused), f"{what} is accepted, though the original is not: {expected}"
        assert found.problem == expected.problem, f"{what}: {found}"
        return
    assert found.method.upper() == expected.method.upper(), what
    assert base_string_uri(found.url) == base_string_uri(expected.url), what
    assert sorted(found.parameters) == sorted(expected.parameters), what
    assert found.oauth == expected.oauth, what
    assert (found.consumer, found.token) == (expected.consumer, expected.token), what
