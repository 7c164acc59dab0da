"""Scheme, host and port: which requests go to one place, which channels are private, and which callbacks are
good.

The base string URI (RFC 5849, section 3.4.1.2) is built from what is read here.
"""

import re
from collections.abc import Iterable

from valetkey.protocol.encoding import Malformed, form_decode, percent_encode
from valetkey.protocol.values import Value

DEFAULT_PORTS = {"http": 80, "https": 443}

# RFC 3986, appendix B, with a scheme and an authority required.
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_AUTHORITY = re.compile(r"(?:[^@\\]*@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]+)(?::([0-9]{0,5}))?")
_UNWRITTEN = re.compile(r"[^\x21-\x7e]+|[\"<>\\^`{|}]")
_NEVER = re.compile(r"[\x00-\x20\x7f]")

# A private scheme (RFC 8252, section 7.1) leads to an application on the same device. These lead into the
# browser itself, or start what belongs to the system.
_NEVER_A_CALLBACK = re.compile(
    r"javascript|data|vbscript|file|filesystem|blob|about|jar|feed|mhtml|view-source|resource|res|chrome.*|moz-.*|edge.*"
    r"|ftp|sftp|ssh|telnet|ldap|smb|git|ws|wss|mailto|tel|sms|intent|market|shell|search.*|ms-.*|itms.*|x-apple.*|hcp|help"
)

OUT_OF_BAND = "oob"


class Url(Value):
    """An absolute URL, taken apart.

    `scheme` and `host` are in lower case; `port` is a number, the scheme's default where none is written,
    None where that is unknown; `path` and `query` are encoded, as they were given, and `query` is None where
    there is no ``?``. Userinfo is dropped: it is no part of the Host header.
    """

    __slots__ = ("scheme", "host", "port", "path", "query", "fragment")
    scheme: str
    host: str
    port: int | None
    path: str
    query: str | None
    fragment: str | None

    def __init__(self, url: str) -> None:
        """:raises Malformed: without a scheme, a host or a possible port, or with blanks or control
        characters.
        """
        if _NEVER.search(url):
            raise Malformed("there is a blank or a control character in the URL")
        match = _URL.fullmatch(url)
        if not match:
            raise Malformed("the URL has no scheme and host: it must start like https://host/")
        scheme, authority, path, query, fragment = match.groups()
        parts = _AUTHORITY.fullmatch(authority)
        if not parts or int(parts[2] or 0) > 65535:
            raise Malformed(
                "the URL's host or port is impossible: write host, host:port or [IPv6]:port, in ASCII"
            )
        self._fill(
            scheme=scheme.lower(),
            host=parts[1].lower(),
            port=int(parts[2]) if parts[2] else DEFAULT_PORTS.get(scheme.lower()),
            path=path,
            query=query,
            fragment=fragment,
        )

    @property
    def authority(self) -> str:
        """Host and port, the port left out where it is the scheme's default (section 3.4.1.2)."""
        if self.port is None or self.port == DEFAULT_PORTS.get(self.scheme):
            return self.host
        return f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port as one text, equal for equal origins: ``https://example.com``,
        ``http://[::1]:8000``.
        """
        return f"{self.scheme}://{self.authority}"

    @property
    def is_loopback(self) -> bool:
        """Whether it leads to this computer: ``localhost``, a name below it, 127.0.0.0/8 or ``[::1]``."""
        host = self.host
        return (
            host in ("localhost", "[::1]")
            or host.endswith(".localhost")
            or bool(re.fullmatch(r"127(\.\d{1,3}){3}", host))
        )

    @property
    def is_private_channel(self) -> bool:
        """Whether nobody on the way can read along: https, or this very computer (section 3.4.4)."""
        return self.scheme == "https" or self.is_loopback


def same_origin(one: str, other: str) -> bool:
    """Whether two URLs lead to one scheme, host and port; False where one of them can't be read."""
    try:
        return Url(one).origin == Url(other).origin
    except Malformed:
        return False


def written(url: str) -> str:
    """`url` as a request line carries it: what no HTTP library sends as it is (blanks, letters outside ASCII,
    and the like) becomes UTF-8 escapes, in path and query; all else stays. A fragment is dropped.

    :raises Malformed: for a blank around it, a control character, or a lone surrogate.
    """
    if url != url.strip() or any(character < " " or character == "\x7f" for character in url):
        raise Malformed("there is a blank around it, or a control character or a line break in it: remove it")
    scheme, slashes, rest = url.partition("#")[0].partition("://")
    cut = min((rest.find(mark) for mark in "/?" if mark in rest), default=len(rest))
    tail = _UNWRITTEN.sub(lambda found: percent_encode(found[0]), rest[cut:])
    return f"{scheme}{slashes}{rest[:cut]}{tail}"


def check_callback(callback: str) -> str:
    """`callback`, if an application may register it or send it as ``oauth_callback`` (section 2.1).

    ``oob``; https; http (a site decides where else than on loopback it wants that); or a private scheme,
    which has a dot or a name of its own.

    :raises Malformed: otherwise, with the reason.
    """
    if callback == OUT_OF_BAND:
        return callback
    if _NEVER.search(callback) or not callback.isascii() or "\\" in callback or '"' in callback:
        raise Malformed(
            "it holds a blank, a control character, a backslash, a quotation mark, or a letter outside ASCII:"
            " percent-encode it"
        )
    scheme, colon, rest = callback.partition(":")
    scheme = scheme.lower()
    if not colon or not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme):
        raise Malformed("it isn't an absolute address: start it with https://, or send “oob” for a PIN")
    if _NEVER_A_CALLBACK.fullmatch(scheme):
        raise Malformed(f"“{scheme}:” is not allowed: use https://")
    if "#" in callback:
        raise Malformed("leave out what follows “#”: no browser sends it")
    if scheme in DEFAULT_PORTS:
        query = Url(callback).query or ""
        if "@" in callback.split("/", 3)[2]:
            raise Malformed("leave out the user name before “@”")
    else:
        query = rest.partition("?")[2]
    if any(name.lower().startswith("oauth_") or name.lower() == "denied" for name, _ in form_decode(query)):
        raise Malformed(
            "its query holds a parameter that the provider adds itself (oauth_…, denied): rename it"
        )
    return callback


def callback_matches(callback: str, registered: Iterable[str]) -> bool:
    """Whether `callback` is one of the `registered` ones: scheme, host, port, path and query equal; http on
    loopback, any port.

    The port of a program on the person's own computer is whichever was free (RFC 8252, section 7.3).

    :raises Malformed: where :func:`check_callback` does.
    """
    wanted = _identity(check_callback(callback))
    return callback == OUT_OF_BAND or any(wanted == _identity(known) for known in registered)


def _identity(callback: str) -> tuple[object, ...]:
    scheme = callback.partition(":")[0].lower()
    if scheme not in DEFAULT_PORTS:
        return (callback,)
    url = Url(callback)
    any_port = url.scheme == "http" and url.is_loopback
    return url.scheme, url.host, None if any_port else url.port, url.path or "/", url.query
