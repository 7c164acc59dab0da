"""A request as it was sent, whoever sent it: what the doctor looks at."""

from valetkey.protocol.messages import Headers, HeadersLike
from valetkey.protocol.values import SecretOctets, Value


class Sent(Value):
    """A signed request, as it went over the wire.

    :param method: the HTTP method, as sent.
    :param url: absolute and encoded, as sent: scheme, host and port as they were written, then the request
        target. A fragment isn't sent.
    :param headers: as sent, repeats kept.
    :param body: octets; None where there is none.
    """

    __slots__ = ("method", "url", "headers", "body")
    # An Authorization header may hold PLAINTEXT's secrets; a URL and a body may hold anything.
    _hidden = frozenset({"url", "headers", "body"})
    method: str
    url: str
    headers: Headers
    body: bytes | None

    def __init__(self, method: str, url: str, headers: HeadersLike = None, body: bytes | None = None) -> None:
        self._fill(
            method=method,
            url=url,
            headers=Headers(headers),
            body=None if body is None else SecretOctets(body),
        )
