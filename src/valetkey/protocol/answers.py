"""What token endpoints answer (RFC 5849, sections 2.1 and 2.3), and how a refusal is read (the Problem
Reporting extension).
"""

import re
from collections.abc import Iterator
from contextlib import suppress

from valetkey.protocol.encoding import Malformed, form_decode
from valetkey.protocol.header import parse_challenge
from valetkey.protocol.messages import Headers


def parse_token(body: bytes) -> dict[str, str]:
    """The members of a token answer, decoded.

    :param body: the octets of the answer; a line break at its end is forgiven.
    :raises Malformed: where it isn't form-encoded, lacks ``oauth_token`` or ``oauth_token_secret``, or names
        an ``oauth_*`` member twice.
    """
    members: dict[str, str] = {}
    for name, value in form_decode(body.strip()):
        if name in members and name.startswith("oauth_"):
            raise Malformed(f"it has {name} twice")
        members.setdefault(name, value)
    if not members.get("oauth_token"):
        raise Malformed("it has no oauth_token")
    if "oauth_token_secret" not in members:
        raise Malformed("it has no oauth_token_secret")
    return members


def parse_problem(headers: Headers, body: bytes) -> dict[str, str]:
    """The ``oauth_*`` parameters of a refusal, decoded: from its ``WWW-Authenticate``, and from its body
    where that is a form, or a page that shows them.

    Read to help, so nothing is an error: what can't be read isn't there.
    """
    found: dict[str, str] = {}
    for challenge in headers.every("WWW-Authenticate"):
        found.update(parse_challenge(challenge))
    with suppress(Malformed):
        found.update((name, value) for name, value in form_decode(body.strip()) if name.startswith("oauth_"))
    if "oauth_problem" not in found and body.lstrip()[:1] == b"<":
        found.update(re.findall(_SHOWN, body.decode("utf-8", "replace")))
    return found


_SHOWN = r"(oauth_(?:problem|acceptable_timestamps|acceptable_versions))=([\w.-]{1,99})"


def parse_complaint(body: bytes) -> str:
    """What went wrong, in a service's own words, where it answers with JSON, XML, a page, or a line that
    starts with “Error”; ``""`` where that can't be told.

    Read to help, so nothing is an error.
    """
    text = body.decode("utf-8", "replace").strip()
    if text[:1] == "{":
        return ": ".join(_told(_json(text)))
    if text[:1] == "<":
        told = re.findall(r"<(?:message|error|h1|title)\b[^<>]*>([^<]+)<", text)
        return next((words for words in map(str.strip, told) if words), "")
    return text.split("\n", 1)[0] if text[:5].lower() == "error" else ""


# What services call the code of a mistake, and its description.
_TELLING = {"code", "error", "error_description", "message", "msg", "title", "detail", "description"}
_TELLING |= {"developer_message", "reasoncode"}


def _told(value: object, depth: int = 4) -> Iterator[str]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in pairs:
        if isinstance(inner, dict | list) and depth:
            yield from _told(inner, depth - 1)
        elif str(name).lower() in _TELLING and isinstance(inner, str | int):
            yield str(inner)


def _json(text: str) -> object:
    # Here, since few need it, and it takes as long to import as half of this package.
    from json import loads

    try:
        return loads(text)
    except (ValueError, RecursionError):
        return None


def absent_parameters(problem: dict[str, str]) -> list[str]:
    """The names in ``oauth_parameters_absent``."""
    return [name for name in problem.get("oauth_parameters_absent", "").split("&") if name]


def acceptable_timestamps(problem: dict[str, str]) -> tuple[int, int] | None:
    """The range in ``oauth_acceptable_timestamps``, in seconds of unix time; None where there is none."""
    # Fifteen digits at the most: Python refuses to read thousands of them.
    found = re.fullmatch(r"([0-9]{1,15})-([0-9]{1,15})", problem.get("oauth_acceptable_timestamps", ""))
    return (int(found[1]), int(found[2])) if found else None
