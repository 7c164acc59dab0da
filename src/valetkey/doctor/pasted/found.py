"""What was found in a paste, and how a request is put together from its parts."""

import re
from collections.abc import Iterable

from valetkey.doctor.pasted.unreadable import MAX_HEADERS, MAX_PARAMETERS, Unreadable, count
from valetkey.doctor.sent import Sent
from valetkey.protocol.encoding import Malformed, percent_encode
from valetkey.protocol.messages import Answer
from valetkey.protocol.origin import DEFAULT_PORTS, Url
from valetkey.protocol.values import Value

Pair = tuple[str, str]

#: What belongs to one connection, or says again what is known: one rendering of a request has these, and
#: another hasn't. No signature covers them.
OF_THE_CONNECTION = frozenset(
    {
        *("accept-encoding", "connection", "content-length", "expect", "keep-alive", "proxy-connection"),
        *("te", "trailer", "transfer-encoding", "upgrade", "http2-settings", "upgrade-insecure-requests"),
    }
)

_NO_ASCII = re.compile(r"[^\x00-\x7f]+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


class Found(Value):
    """A request that was found in a paste.

    :param sent: the request. Its headers lack those of the connection (:data:`OF_THE_CONNECTION`), and
        ``Host`` where it says what the URL says; an empty path is ``/``; an empty body is none.
    :param kind: what it was read from: ``curl command``, ``HAR``, ``HTTP request`` …
    :param notes: sentences about what was read otherwise than one might think, such as a file that wasn't
        read, or a variable that was taken literally. None holds a part of the request's values.
    :param answer: what the server answered, where the paste says so.
    """

    __slots__ = ("sent", "kind", "notes", "answer")
    sent: Sent
    kind: str
    notes: tuple[str, ...]
    answer: Answer | None

    def __init__(
        self, sent: Sent, kind: str, notes: Iterable[str] = (), answer: Answer | None = None
    ) -> None:
        self._fill(sent=sent, kind=kind, notes=tuple(dict.fromkeys(notes)), answer=answer)


def assemble(
    kind: str,
    method: str,
    url: str,
    headers: Iterable[Pair],
    body: bytes | None,
    notes: Iterable[str] = (),
    answer: Answer | None = None,
) -> Found:
    """One request from its parts, as every reader gives it.

    :param url: absolute, as it was written; blanks are escaped, the fragment and a user name are dropped.
    :raises Unreadable: for a URL that isn't one of http or https, or for too much.
    """
    said = list(notes)
    address = _address(kind, url, said)
    fields = [(_shown(kind, name), _shown(kind, value)) for name, value in headers]
    count(kind, "header fields", len(fields), MAX_HEADERS)
    parameters = 1 + address.count("&") + (body or b"").count(b"&") + sum(v.count(",") for _, v in fields)
    count(kind, "parameters", parameters, MAX_PARAMETERS)
    kept = [field for field in fields if not _is_needless(field, address)]
    return Found(Sent(method, address, kept, body or None), kind, said, answer)


def _address(kind: str, url: str, notes: list[str]) -> str:
    address = url.strip().partition("#")[0]
    if address != url.partition("#")[0]:
        notes.append("There is a blank around the URL: it was left out.")
    if " " in address:
        notes.append("There is a blank inside the URL: it was read as %20, as most programs send it.")
        address = address.replace(" ", "%20")
    if not address.isascii():
        notes.append(
            "There are letters outside ASCII in the URL: they were read as %XX of UTF-8, as most programs "
            "send them."
        )
        address = _NO_ASCII.sub(lambda letters: percent_encode(octets(kind, letters[0])), address)
    try:
        parts = Url(address)
    except Malformed as error:
        raise Unreadable(kind, f"{error.reason}.", "Give the whole URL, as it was called.") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise Unreadable(kind, "its URL isn't one of http or https.", "Only an HTTP request is signed.")
    scheme, _, rest = address.partition("://")
    end = min(rest.find(mark) if mark in rest else len(rest) for mark in "/?")
    authority, target = rest[:end].rpartition("@")[2], rest[end:]
    return f"{scheme}://{authority}{target if target.startswith('/') else f'/{target}'}"


def _is_needless(field: Pair, address: str) -> bool:
    name, value = field[0].lower().strip(), field[1].strip().lower()
    if name == "host":
        url = Url(address)
        return value in (url.authority, f"{url.host}:{url.port}")
    return name.startswith(":") or name in OF_THE_CONNECTION


def _shown(kind: str, text: str) -> str:
    """What came as octets that are no UTF-8 is latin-1, as header fields are."""
    if text.isascii():
        return text
    raw = octets(kind, text)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def octets(kind: str, text: str) -> bytes:
    """`text` as UTF-8; octets that Python kept as lone surrogates come out as they were.

    :raises Unreadable: for another lone surrogate.
    """
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise Unreadable(
            kind, "it holds half a character (a lone surrogate).", "Paste it again, as UTF-8."
        ) from None


def is_absolute(url: str) -> bool:
    """Whether a scheme stands in front of it."""
    return bool(_SCHEME.match(url))


def readdressed(written: str, told: str | None) -> str:
    """The URL that was called, where a person says so beside the paste.

    :param told: a whole URL, which is taken; or an origin (``http://host:port``), which replaces that of the
        `written` URL; or None.
    """
    if not told or not _ORIGIN.fullmatch(told):
        return told or written
    return told + re.sub(_ORIGIN, "", written, count=1)


_OAUTH = re.compile(r"\boauth\b|oauth_(?:consumer_key|signature|token|nonce)", re.IGNORECASE)


def carries_oauth(sent: Sent) -> bool:
    """Whether there is anything of OAuth 1.0 in a request, well-formed or not."""
    header = " ".join(value for name, value in sent.headers.pairs if "auth" in name.lower())
    body = (sent.body or b"")[:100_000].decode("latin-1")
    return any(_OAUTH.search(text) for text in (header, sent.url.partition("?")[2], body))
