"""How a signature comes about, in steps that can go wrong each by itself (RFC 5849, section 3.4).

A `Recipe` holds what each step works with. The right one is :func:`right`; a mistake is a recipe in which one
thing is other. Nothing here knows which mistakes there are.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from valetkey.doctor.sent import Sent
from valetkey.protocol.encoding import UNRESERVED
from valetkey.protocol.header import is_oauth
from valetkey.protocol.origin import DEFAULT_PORTS
from valetkey.protocol.parameters import FORM
from valetkey.protocol.values import HIDDEN, Secret

Encoder = Callable[[str], str]

_FIELD = re.compile(r'\s*([^\s=",]+)\s*=\s*(?:"([^"]*)"|([^\s",]*))\s*(?:,|$)')
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?", re.DOTALL)


def encoder(
    safe: bytes = UNRESERVED, *, space: str = "%20", lower: bool = False, charset: str = "utf-8"
) -> Encoder:
    """A function that leaves the `safe` octets and writes the others as triples."""
    table = [
        chr(octet) if octet in safe else f"%{octet:02x}" if lower else f"%{octet:02X}" for octet in range(256)
    ]
    table[0x20] = space

    def encode(text: str) -> str:
        return "".join([table[octet] for octet in octets(text, charset)])

    return encode


def octets(text: str, charset: str = "utf-8") -> bytes:
    """`text` as it travels; what isn't text comes back as the octets that it was."""
    try:
        return text.encode(charset, "surrogateescape" if charset == "utf-8" else "replace")
    except UnicodeEncodeError:
        return text.encode(charset, "replace")


def percent_encode(text: str) -> str:
    """Section 3.6, for any octets."""
    raw = octets(text)
    if not raw.translate(None, UNRESERVED):
        return text
    return "".join([_TRIPLES[octet] for octet in raw])


_TRIPLES = [chr(octet) if octet in UNRESERVED else f"%{octet:02X}" for octet in range(256)]


def percent_decode(text: str) -> str:
    """What the triples stand for; what is no triple stays. Octets that aren't UTF-8 are kept as they are."""
    first, *rest = octets(text).split(b"%")
    made = [first]
    for part in rest:
        try:
            made.append(bytes([int(part[:2], 16)]) + part[2:] if len(part[:2].strip()) == 2 else b"%" + part)
        except ValueError:
            made.append(b"%" + part)
    return b"".join(made).decode("utf-8", "surrogateescape")


def form_decode(text: str) -> str:
    return percent_decode(text.replace("+", " "))


class Item(NamedTuple):
    """A parameter: decoded, where it came from (``query``, ``form``, ``header`` or ``added``), and, in a
    query or a form, how it was written.
    """

    name: str
    value: str
    source: str
    written: str = ""

    @property
    def is_protocol(self) -> bool:
        return self.name.startswith("oauth_")

    @property
    def has_value(self) -> bool:
        return "=" in self.written or self.source not in ("query", "form")

    def read(self, decode: Callable[[str], str]) -> "Item":
        """The same, decoded in another way."""
        name, _, value = self.written.partition("=")
        return self._replace(name=decode(name), value=decode(value))


def read_pairs(text: str, source: str) -> tuple[Item, ...]:
    pieces = [piece for piece in text.split("&") if piece]
    return tuple(Item("", "", source, piece).read(form_decode) for piece in pieces)


class Place(NamedTuple):
    """A URL's parts, as they stand in the base string URI (section 3.4.1.2). `port` starts with a colon;
    `tail` is nothing in a right one.
    """

    scheme: str
    host: str
    port: str
    path: str
    tail: str = ""
    slashes: str = "://"

    @property
    def text(self) -> str:
        return f"{self.scheme}{self.slashes}{self.host}{self.port}{self.path}{self.tail}"


class Facts:
    """What was sent, taken apart; and the secrets that should have signed it.

    Its `items` are all parameters but the signature; `protocol` are the protocol's own, decoded.
    """

    def __init__(self, sent: Sent, consumer_secret: str, token_secret: str) -> None:
        self.sent = sent
        self.consumer_secret = Secret(consumer_secret)
        self.token_secret = Secret(token_secret)
        match = _URL.fullmatch(sent.url)
        if match is None:
            raise ValueError("the URL has no scheme and host: it must start like https://host/")
        self.scheme, self.authority, self.path, query, self.fragment = match.groups()
        self.query = query or ""
        self.has_query_mark = query is not None
        authority = self.authority.rpartition("@")[2]
        self.userinfo = self.authority[: len(self.authority) - len(authority)]
        self.host = re.sub(r":\d*$", "", authority)
        port = authority[len(self.host) + 1 :]
        self.port = f":{port}" if port else ""
        self.content_type = sent.headers.get("Content-Type", "")
        self.media_type = self.content_type.partition(";")[0].strip().lower()
        self.body_text = (sent.body or b"").decode("utf-8", "surrogateescape")
        self.is_form = self.media_type == FORM and bool(sent.body)
        self.authorization = next(
            (value for value in sent.headers.every("Authorization") if is_oauth(value)), ""
        )
        self.realm: str | None = None
        header = []
        self.header_written: dict[str, str] = {}
        for name, quoted, bare in _FIELD.findall(self.authorization.strip()[5:]):
            value = quoted or bare
            if name.lower() == "realm":
                self.realm = value
            else:
                self.header_written[percent_decode(name)] = value
                header.append(Item(percent_decode(name), percent_decode(value), "header"))
        form = read_pairs(self.body_text, "form") if self.is_form else ()
        everything = (*header, *read_pairs(self.query, "query"), *form)
        self.signature = next((item.value for item in everything if item.name == "oauth_signature"), None)
        self.items = tuple(item for item in everything if item.name != "oauth_signature")
        self.protocol = {item.name: item.value for item in self.items if item.is_protocol}
        self.method_name = self.protocol.get("oauth_signature_method", "")

    def __repr__(self) -> str:
        return f"Facts({HIDDEN})"


Encoded = tuple[str, str, Item]


def by_encoded_pair(pairs: Iterable[Encoded]) -> list[Encoded]:
    """Section 3.4.1.3.2."""
    return sorted(pairs, key=lambda pair: pair[:2])


def with_equals_signs(pairs: Iterable[Encoded]) -> str:
    return "&".join([f"{name}={value}" for name, value, _ in pairs])


def three_parts(method: str, uri: str, parameters: str) -> str:
    """Section 3.4.1.1."""
    return f"{method}&{percent_encode(uri)}&{percent_encode(parameters)}"


def hmac_of(key: bytes, text: bytes, hash_name: str) -> bytes:
    """Section 3.4.2."""
    return hmac.digest(key, text, hash_name)


#: The hash behind a signature of so many octets.
HASHES = {16: "md5", 20: "sha1", 28: "sha224", 32: "sha256", 48: "sha384", 64: "sha512"}


class Recipe:
    """What each step works with. Equal steps are the same objects, so that two recipes can be compared and
    put together step by step.
    """

    STEPS = (
        *("method", "place", "items", "names", "values", "order", "join", "assemble"),
        *("secrets", "quotes", "glue", "mac"),
    )
    __slots__ = (*STEPS, "facts")

    facts: Facts
    method: str
    place: Place
    items: tuple[Item, ...]
    #: Encodes a parameter's name; `values` its value, given the whole item.
    names: Encoder
    values: Callable[[Item], str]
    order: Callable[[Sequence[Encoded]], list[Encoded]]
    join: Callable[[Sequence[Encoded]], str]
    #: From method, base string URI and parameters to the base string.
    assemble: Callable[[str, str, str], str]
    #: The two secrets, decoded; how each is encoded; and what is made of them (section 3.4.2).
    secrets: tuple[str, str]
    quotes: tuple[Encoder, Encoder]
    glue: Callable[[str, str], str]
    mac: Callable[[bytes, bytes, str], bytes]

    def __repr__(self) -> str:
        return f"Recipe({HIDDEN})"

    def but(self, **steps: Any) -> "Recipe":
        """The same, with other steps."""
        made = Recipe.__new__(Recipe)
        for name in Recipe.__slots__:
            setattr(made, name, steps[name] if name in steps else getattr(self, name))
        return made

    @property
    def parameters(self) -> str:
        encode_name, encode_value = self.names, self.values
        pairs = [(encode_name(item.name), encode_value(item), item) for item in self.items]
        return self.join(self.order(pairs))

    @property
    def text(self) -> str:
        """The base string."""
        return self.assemble(self.method, self.place.text, self.parameters)

    @property
    def key(self) -> str:
        consumer, token = self.secrets
        quote_consumer, quote_token = self.quotes
        return self.glue(quote_consumer(consumer), quote_token(token))


def ampersand(consumer: str, token: str) -> str:
    return f"{consumer}&{token}"


def encoded_value(item: Item) -> str:
    return percent_encode(item.value)


def right(facts: Facts) -> Recipe:
    """What RFC 5849 makes of a request."""
    recipe = Recipe.__new__(Recipe)
    default = DEFAULT_PORTS.get(facts.scheme.lower())
    port = "" if facts.port[1:] == str(default) else facts.port
    recipe.facts = facts
    recipe.method = facts.sent.method.upper()
    recipe.place = Place(facts.scheme.lower(), facts.host.lower(), port, facts.path or "/")
    recipe.items = facts.items
    recipe.names = percent_encode
    recipe.values = encoded_value
    recipe.order = by_encoded_pair
    recipe.join = with_equals_signs
    recipe.assemble = three_parts
    recipe.secrets = (facts.consumer_secret, facts.token_secret)
    recipe.quotes = (percent_encode, percent_encode)
    recipe.glue = ampersand
    recipe.mac = hmac_of
    return recipe


def digest(hash_name: str, *parts: bytes) -> bytes:
    return hashlib.new(hash_name, b"".join(parts)).digest()
