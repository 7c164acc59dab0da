"""A HAR file, or one entry of it, as browsers and proxies save them (HTTP Archive 1.2); and a browser's
"copy as fetch".
"""

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from typing import Any

from valetkey.doctor.pasted.found import Found, Pair, assemble, carries_oauth, octets, readdressed
from valetkey.doctor.pasted.unreadable import (
    MAX_HEADERS,
    MAX_OBJECTS,
    MAX_PARAMETERS,
    MAX_REQUESTS,
    Unreadable,
    count,
)
from valetkey.protocol.encoding import form_encode
from valetkey.protocol.messages import Answer

KIND = "HAR"

FROM_PARAMS = (
    "The HAR has no text of the body: it was put together from its fields, which may change its encoding."
)
NO_BODY = "The HAR says that there was a body, and doesn't hold it."

_HINT = "Paste a HAR file, or one entry of its log.entries."


def requests(text: str, url: str | None = None, method: str | None = None) -> list[Found]:
    """Those requests of a HAR that carry anything of OAuth; where it is one entry alone, that one.

    :raises Unreadable: where there is none.
    """
    whole = load(KIND, text)
    entries = list(_entries(whole))
    if not entries:
        raise Unreadable(KIND, "there is no request in it.", _HINT)
    found: list[Found] = []
    for entry in entries:
        one = _found(entry, url, method) if len(entries) == 1 or _may_carry(entry) else None
        if one and (len(entries) == 1 or carries_oauth(one.sent)):
            found.append(one)
            count(KIND, "requests with OAuth", len(found), MAX_REQUESTS)
    if not found:
        reason = f"none of its {len(entries)} requests carries anything of OAuth."
        raise Unreadable(KIND, reason, "Record the request again, or paste it as a curl command.")
    return found


def load(kind: str, text: str) -> Any:
    """JSON of any depth and size, or the one error.

    :raises Unreadable: where it isn't JSON, or too deep.
    """
    count(kind, "lists and objects", text.count("{") + text.count("["), MAX_OBJECTS)
    import json  # few need it, and it takes long to import

    try:
        return json.loads(text.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        raise Unreadable(kind, f"it isn't JSON: {error.msg}.", _HINT, text, error.pos) from None
    except RecursionError:
        raise Unreadable(kind, "its JSON is nested too deeply.", _HINT) from None
    except ValueError:  # a number of thousands of digits
        raise Unreadable(kind, "its JSON can't be read.", _HINT) from None


def answers(text: str) -> list[Answer]:
    """The answers in a HAR, an entry, or a response of one, in order."""
    whole = load(KIND, text)
    responses = [entry.get("response") for entry in _entries(whole)]
    if isinstance(whole, dict) and "status" in whole and "content" in whole:
        responses = [whole]
    return [found for response in responses if (found := _answer(response)) is not None]


def _entries(whole: object) -> Iterator[dict[str, Any]]:
    """Whatever the request stands in: a file, its log, a list of entries, an entry, or a request itself."""
    inner = whole
    for name in ("log", "entries"):
        inner = inner[name] if isinstance(inner, dict) and name in inner else inner
    for entry in inner if isinstance(inner, list) else [inner]:
        if not isinstance(entry, dict):
            continue
        if isinstance(entry.get("request"), dict):
            yield entry
        elif "url" in entry and "method" in entry:
            yield {"request": entry}


def _may_carry(entry: dict[str, Any]) -> bool:
    # One look at the entry as Python prints it is enough to leave out what a page loads besides.
    try:
        return "oauth" in repr(entry["request"]).lower()
    except RecursionError:
        return False


def _found(entry: dict[str, Any], url: str | None, method: str | None) -> Found:
    request = entry["request"]
    notes: list[str] = []
    headers = list(_fields(request.get("headers")))
    body = _body(request, headers, notes)
    spoken = method or _text(request.get("method")) or "GET"
    written = readdressed(_text(request.get("url")), url)
    return assemble(KIND, spoken, written, headers, body, notes, _answer(entry.get("response")))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _fields(listed: object) -> Iterator[Pair]:
    if isinstance(listed, dict):
        listed = [{"name": name, "value": value} for name, value in listed.items()]
    items = listed if isinstance(listed, list) else []
    count(KIND, "header fields", len(items), MAX_HEADERS)
    for item in items:
        if isinstance(item, dict) and _text(item.get("name")):
            yield item["name"], _text(item.get("value"))


def _body(request: dict[str, Any], headers: list[Pair], notes: list[str]) -> bytes | None:
    data = request.get("postData")
    if not isinstance(data, dict):
        size = request.get("bodySize")
        notes += [NO_BODY] if isinstance(size, int) and size > 0 else []
        return None
    text = _text(data.get("text"))
    if text:
        encoding = data.get("encoding", data.get("_encoding"))
        return _from_base64(text) if encoding == "base64" else octets(KIND, text)
    params = data.get("params")
    if not isinstance(params, list) or not params:
        return None
    count(KIND, "parameters", len(params), MAX_PARAMETERS)
    notes.append(FROM_PARAMS)
    kind = next(
        (value for name, value in headers if name.lower() == "content-type"), _text(data.get("mimeType"))
    )
    pairs = [(_text(one.get("name")), _text(one.get("value"))) for one in params if isinstance(one, dict)]
    return _multipart(kind, pairs) if kind.lower().startswith("multipart/") else _form(pairs)


# A form's own alphabet: what stands in it alone is taken for encoded already, as browsers write it.
_ENCODED = re.compile(r"(?:[A-Za-z0-9._~*+!'(),;:@/$-]|%[0-9A-Fa-f]{2})*")


def _form(pairs: Iterable[Pair]) -> bytes:
    pieces = [
        f"{name}={value}"
        if _ENCODED.fullmatch(name) and _ENCODED.fullmatch(value)
        else form_encode([(_whole(name), _whole(value))])
        for name, value in pairs
    ]
    return octets(KIND, "&".join(pieces))


def _whole(text: str) -> str:
    return octets(KIND, text).decode("utf-8", "replace")


def _multipart(kind: str, pairs: Iterable[Pair]) -> bytes:
    found = re.search(r'boundary="?([^";]+)', kind)
    boundary = found[1] if found else "valetkey"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in pairs
    ]
    return octets(KIND, f"{''.join(parts)}--{boundary}--\r\n")


def _from_base64(text: str) -> bytes:
    try:
        return b64decode(text)
    except ValueError:
        raise Unreadable(KIND, "the base64 of its body can't be read.", _HINT) from None


def _answer(response: object) -> Answer | None:
    if not isinstance(response, dict):
        return None
    status = response.get("status")
    content = response.get("content")
    content = content if isinstance(content, dict) else {}
    text = _text(content.get("text"))
    body = _from_base64(text) if content.get("encoding") == "base64" else octets(KIND, text)
    if not isinstance(status, int) or not 100 <= status <= 999:
        return None
    return Answer(status, _fields(response.get("headers")), body)


_FETCH = re.compile(r"\s*(?:await\s+)?fetch\(\s*(\"(?:[^\"\\]|\\.)*\")\s*(?:,\s*(?=\{))?")


def fetched(text: str, url: str | None = None, method: str | None = None) -> Found | None:
    """The request of ``fetch("https://…", {…})`` as browsers copy it; None where it isn't that."""
    start = _FETCH.match(text)
    if not start:
        return None
    written = _text(load("fetch call", start[1]))
    rest = text[start.end() :].rstrip().removesuffix(";").rstrip().removesuffix(")")
    said = load("fetch call", rest) if rest.strip() else {}
    options = said if isinstance(said, dict) else {}
    headers = list(_fields(options.get("headers")))
    body = _text(options.get("body"))
    spoken = method or _text(options.get("method")) or "GET"
    return assemble("fetch call", spoken, readdressed(written, url), headers, octets(KIND, body))
