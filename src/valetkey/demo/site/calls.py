"""The same call as code: by the `oauth` module, by `valetkey.urllib`, and the very request by curl. Pure.

The code runs as it stands. Secrets come from the environment; in curl only for PLAINTEXT, whose signature is
the key.
"""

import json
import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from valetkey.demo.site.exchange import Exchange
from valetkey.protocol.values import HIDDEN

_CONSUMER = 'os.environ["CONSUMER_SECRET"]'
_TOKEN = 'os.environ["TOKEN_SECRET"]'  # noqa: S105  # says where it is, not what it is
_KEY = "${CONSUMER_SECRET}%26${TOKEN_SECRET}"
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Addresses:
    """The service's three addresses, and where its people come back to."""

    request_token: str
    authorize: str
    access_token: str
    callback: str


@dataclass(frozen=True, slots=True)
class Snippet:
    """A tab: its name, the code, and what to know before one runs it, in sentences."""

    name: str
    code: str
    after: tuple[str, ...] = ()


def snippets(exchange: Exchange, addresses: Addresses) -> list[Snippet]:
    curl_notes = [_("curl can’t sign: this is the request above, signature and all.")]
    if exchange.accepted:
        curl_notes.append(_("Aviary refuses it now, because its nonce is used. Try it."))
    used = exchange.call == "access_token" and exchange.accepted
    notes = (_("The verifier is used up, so Aviary refuses this now. With a new one, it works."),)
    return [
        Snippet(_("oauth module"), with_oauth(exchange, addresses), notes if used else ()),
        Snippet("valetkey.urllib", with_urllib(exchange, addresses), notes if used else ()),
        Snippet("curl", with_curl(exchange), tuple(curl_notes)),
    ]


def with_oauth(exchange: Exchange, addresses: Addresses) -> str:
    """The call through the tutorial's module."""
    oauth = exchange.oauth
    key = literal(oauth["oauth_consumer_key"])
    lines = ["import os", "import oauth", "", f"oauth.setConsumerCreds({key}, {_CONSUMER})"]
    if exchange.signature_method != "HMAC-SHA1":
        lines.append(f"oauth.signatureMethod = {literal(exchange.signature_method)}")
    address, given = _call_parts(exchange)
    if exchange.call == "request_token":
        arguments = [address, literal(addresses.authorize), literal(oauth["oauth_callback"])]
        return _text([*lines, *_call("print(oauth.get_authorization_url", arguments, "))")])
    token = literal(oauth["oauth_token"]) if "oauth_token" in oauth else ""
    if exchange.call == "access_token":
        arguments = [address, token, _TOKEN, literal(oauth["oauth_verifier"])]
        return _text([*lines, *_call("oauth.get_access_token", arguments, ")"), "print(oauth.accessToken)"])
    if token:
        lines.append(f"oauth.set_access_token({token}, {_TOKEN})")
    arguments = [f"{address}, {literal(exchange.method)}"]
    if given:
        arguments.append(_dictionary(given))
    return _text([*lines, *_call("print(oauth.get_api_response", arguments, "))")])


def with_urllib(exchange: Exchange, addresses: Addresses) -> str:
    """The call through valetkey's own classes and the standard library."""
    return _leg(exchange, addresses) if exchange.call != "api" else _opened(exchange)


def _leg(exchange: Exchange, addresses: Addresses) -> str:
    oauth = exchange.oauth
    first = exchange.call == "request_token"
    names = ["Consumer", "Handshake", *([] if first else ["RequestToken"]), "Service"]
    urls = [literal(url) for url in (addresses.request_token, addresses.authorize, addresses.access_token)]
    consumer = f"Consumer({literal(oauth['oauth_consumer_key'])}, {_CONSUMER})"
    callback = literal(oauth["oauth_callback"] if first else addresses.callback)
    lines = [
        *("import os", "import valetkey.urllib", f"from valetkey import {', '.join(names)}", ""),
        *_call("service = Service", [*urls, *_method(exchange)], ")"),
        *_call("handshake = Handshake", [consumer, "service", f"callback={callback}"], ")"),
    ]
    if first:
        lines.append("leg = handshake.request_token()")
    else:
        token = f"RequestToken({literal(oauth['oauth_token'])}, {_TOKEN})"
        lines += _call("leg = handshake.access_token", [token, literal(oauth["oauth_verifier"])], ")")
    lines.append("token = leg.read(valetkey.urllib.send(leg.request))")
    return _text([*lines, "print(handshake.authorize_url(token))" if first else "print(token.key)"])


def _opened(exchange: Exchange) -> str:
    oauth = exchange.oauth
    form = [(name, value) for name, value, source in exchange.others if source == "form"]
    token = "oauth_token" in oauth
    arguments = [f"Consumer({literal(oauth['oauth_consumer_key'])}, {_CONSUMER})"]
    if token:
        arguments.append(f"AccessToken({literal(oauth['oauth_token'])}, {_TOKEN})")
    data = f", urlencode({_pairs(form)}).encode()" if exchange.is_form else ""
    plain = exchange.method == ("POST" if data else "GET")
    lines = [
        "import os",
        *(["from urllib.parse import urlencode"] if data else []),
        *([] if plain else ["from urllib.request import Request"]),
        "import valetkey.urllib",
        f"from valetkey import {'AccessToken, ' if token else ''}Consumer, Signer",
        "",
        *_call("signer = Signer", [*arguments, *_method(exchange)], ")"),
        "opener = valetkey.urllib.opener(signer)",
    ]
    request = f"{literal(exchange.url)}{data}"
    if not plain:
        request = f"Request({request}, method={literal(exchange.method)})"
    return _text(
        [*lines, f"with opener.open({request}) as answer:", f"{_INDENT}print(answer.read().decode())"]
    )


def with_curl(exchange: Exchange) -> str:
    """The request as it was sent, signature and all."""
    command = ["curl"]
    if any(mark in exchange.url for mark in "[]{}"):
        command.append("--globoff")
    if "/." in exchange.url:
        command.append("--path-as-is")
    if exchange.method == "HEAD":
        command.append("--head")
    elif exchange.method != "GET":
        command.append(f"-X {exchange.method}")
    parts = [f"{' '.join(command)} {_shell(exchange.url)}"]
    for name, value in exchange.fields:
        if name in ("Content-Type", "Authorization"):
            parts.append(f"-H {_shell(f'{name}: {value}')}")
    if exchange.is_form:
        parts.append(f"--data-raw {_shell(exchange.body)}")
    return " \\\n  ".join(parts) + "\n"


def literal(text: str) -> str:
    """`text` as Python writes it in double quotes; what can't be seen is escaped."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(character if character.isprintable() else _escaped(character) for character in quoted)


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\U{number:08x}" if number > 0xFFFF else f"\\u{number:04x}"


def _call_parts(exchange: Exchange) -> tuple[str, list[tuple[str, str]]]:
    """Address and parameters as they are given to `oauth`, which knows where to put the latter."""
    form = [(name, value) for name, value, source in exchange.others if source == "form"]
    if exchange.is_form:
        return literal(exchange.url), form
    given = [(name, value) for name, value, _ in exchange.others]
    return literal(exchange.url.partition("?")[0]), given


def _dictionary(pairs: Iterable[tuple[str, str]]) -> str:
    """The parameters as `oauth` takes them: a list where a name repeats."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(literal(value))
    shown = [
        f"{literal(name)}: {items[0]}" if len(items) == 1 else f"{literal(name)}: [{', '.join(items)}]"
        for name, items in values.items()
    ]
    return f"{{{', '.join(shown)}}}"


def _pairs(pairs: list[tuple[str, str]]) -> str:
    """The parameters as `urlencode` takes them."""
    if len({name for name, _ in pairs}) == len(pairs):
        return _dictionary(pairs)
    return f"[{', '.join(f'({literal(name)}, {literal(value)})' for name, value in pairs)}]"


def _method(exchange: Exchange) -> list[str]:
    usual = exchange.signature_method == "HMAC-SHA1"
    return [] if usual else [f"signature_method={literal(exchange.signature_method)}"]


def _call(opening: str, arguments: list[str], closing: str) -> list[str]:
    return [f"{opening}(", *(f"{_INDENT}{argument}," for argument in arguments), closing]


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def _shell(text: str) -> str:
    """`text` as one word of a shell; where the key was cut out, the shell puts it in."""
    if HIDDEN not in text:
        return shlex.quote(text)
    escaped = "".join(f"\\{mark}" if mark in '"$`\\' else mark for mark in text)
    return f'"{escaped.replace(HIDDEN, _KEY)}"'
