"""A rightly signed request, changed on the way as the input says."""

from collections.abc import Callable, Mapping

from tests.wire import CONSUMER, FORM, TOKEN

from fuzz.choices import Choices
from valetkey import Headers, Signed
from valetkey.protocol.base_string import base_string, base_string_uri
from valetkey.protocol.encoding import Malformed, form_encode
from valetkey.protocol.header import build_authorization, parse_authorization
from valetkey.protocol.origin import Url
from valetkey.protocol.parameters import Pair, collect, is_form, normalise
from valetkey.protocol.signatures import METHODS, Key

Change = Callable[[Signed, Choices], Signed]

SECRETS = Key(CONSUMER.secret, TOKEN.secret)

_METHODS = ("GET", "POST", "HEAD", "PUT", "get", "Post", "PO\u017fT", "DELETE", "OPTIONS", "", "TRACE")
_TYPES = (
    *(
        FORM["Content-Type"],
        "application/x-www-form-urlencoded; charset=utf-8",
        "text/plain",
        "application/json",
    ),
    *("APPLICATION/X-WWW-FORM-URLENCODED;x", "multipart/form-data; boundary=x", "", "x", "\xff"),
    "application/x-www-form-urlencoded; charset=utf-7",
)
_NAMES = (
    "Authorization",
    "Content-Type",
    "X-HTTP-Method-Override",
    "Host",
    "Content-Length",
    "authorization",
)
_PROTOCOL = ("timestamp", "nonce", "version", "signature_method", "signature", "consumer_key", "token")
_OTHERS = ("body_hash", "callback", "verifier", "unknown", "token_secret", "problem", "")


def changed(signed: Signed, choices: Choices, key: Key = SECRETS) -> tuple[Signed, bool]:
    """`signed`, changed; and whether it was signed anew after that, so that its signature is right."""
    number = choices.number(5)
    for _ in range(number):
        signed = choices.one_of(_CHANGES)(signed, choices)
    anew = bool(number) and choices.number(3) == 0
    return (resigned(signed, key), True) if anew else (signed, False)


def resigned(signed: Signed, key: Key = SECRETS) -> Signed:
    """`signed`, with the right signature for what it holds now, where that can be told."""
    try:
        protocol, realm = _protocol(signed)
        form = signed.body if is_form(signed.headers.get("Content-Type")) else None
        pairs = collect(query=Url(signed.url).query, header=protocol, form=form)
        method = METHODS[dict(pairs).get("oauth_signature_method", "")]
        text = base_string(signed.method, base_string_uri(signed.url), normalise(pairs))
        protocol = [pair for pair in protocol if pair[0] != "oauth_signature"]
        protocol.append(("oauth_signature", method.sign(text, key)))
        return _with(signed, headers=_authorized(signed, protocol, realm))
    except (Malformed, KeyError):
        return signed


def _with(signed: Signed, **parts: object) -> Signed:
    names = ("method", "url", "headers", "body", "base_string", "signature", "parameters")
    return Signed(**{name: getattr(signed, name) for name in names} | parts)


def _protocol(signed: Signed) -> tuple[list[Pair], str | None]:
    found = parse_authorization(signed.headers.get("Authorization", "OAuth "))
    return list(found.parameters), found.realm


def _authorized(signed: Signed, pairs: list[Pair], realm: str | None) -> Headers:
    return signed.headers.replacing("Authorization", build_authorization(pairs, realm))


def _method(signed: Signed, choices: Choices) -> Signed:
    return _with(signed, method=choices.one_of(_METHODS))


def _url(signed: Signed, choices: Choices) -> Signed:
    return _with(signed, url=choices.spliced(signed.url))


def _query(signed: Signed, choices: Choices) -> Signed:
    mark = "&" if "?" in signed.url else "?"
    return _with(signed, url=f"{signed.url}{mark}{choices.text()}={choices.text()}")


def _header(signed: Signed, choices: Choices) -> Signed:
    text = signed.headers.get("Authorization", "")
    return _with(signed, headers=signed.headers.replacing("Authorization", choices.spliced(text)))


def _more_headers(signed: Signed, choices: Choices) -> Signed:
    more = (choices.one_of(_NAMES), choices.text())
    pairs = signed.headers.pairs
    return _with(signed, headers=Headers([*pairs, more] if choices.number(2) else [more, *pairs]))


def _type(signed: Signed, choices: Choices) -> Signed:
    return _with(signed, headers=signed.headers.replacing("Content-Type", choices.one_of(_TYPES)))


def _body(signed: Signed, choices: Choices) -> Signed:
    text = choices.spliced((signed.body or b"").decode("latin-1"))
    return _with(signed, body=text.encode("utf-8" if choices.number(2) else "latin-1", "ignore"))


def _no_body(signed: Signed, choices: Choices) -> Signed:
    return _with(signed, body=None if choices.number(2) else b"")


def _value(signed: Signed, choices: Choices) -> Signed:
    """One protocol parameter, decoded, gets another value, another name, a double, or is lost."""
    try:
        pairs, realm = _protocol(signed)
        at = choices.number(len(pairs))
        name, value = pairs[at]
        put: Mapping[int, list[Pair]] = {
            0: [(name, choices.spliced(value))],
            1: [],
            2: [(name, value), (f"oauth_{choices.one_of(_PROTOCOL + _OTHERS)}", choices.text())],
            3: [(f"oauth_{choices.one_of(_PROTOCOL + _OTHERS)}", value)],
        }
        pairs[at : at + 1] = put[choices.number(4)]
        return _with(signed, headers=_authorized(signed, pairs, realm))
    except (Malformed, IndexError):
        return signed


def _moved(signed: Signed, choices: Choices) -> Signed:
    """The protocol parameters, or some of them, go to the query or into the form."""
    try:
        pairs, realm = _protocol(signed)
        keep = choices.number(len(pairs) + 1) if choices.number(2) else 0
        moved, headers = form_encode(pairs[keep:]), signed.headers
        if keep:
            headers = _authorized(signed, pairs[:keep], realm)
        else:
            headers = Headers([pair for pair in headers.pairs if pair[0] != "Authorization"])
        if choices.number(2):
            return _with(
                signed, headers=headers, url=f"{signed.url}{'&' if '?' in signed.url else '?'}{moved}"
            )
        body = b"&".join(filter(None, [signed.body, moved.encode()]))
        return _with(signed, headers=headers.replacing("Content-Type", FORM["Content-Type"]), body=body)
    except Malformed:
        return signed


_CHANGES: tuple[Change, ...] = (
    *(_value, _value, _header, _header, _url, _query, _moved, _body),
    *(_type, _method, _more_headers, _no_body),
)
