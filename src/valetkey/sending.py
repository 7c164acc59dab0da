"""What every adapter's `send` keeps to: how long, how much, and what it says where there is no answer."""

import zlib

from valetkey.protocol.errors import ServiceError, Unsignable
from valetkey.protocol.origin import DEFAULT_PORTS, Url
from valetkey.signer import Signed

#: Seconds for a whole request to a token endpoint, and the largest answer of one that is read.
TIMEOUT = 30.0
MAX_OCTETS = 1_000_000


class Reading:
    """Takes an answer's body as it comes, and no more of it than :data:`MAX_OCTETS`.

    :param status: of the answer.
    :param encoding: its Content-Encoding. Adapters ask for none, and some services compress all the same.
    """

    def __init__(self, status: int, encoding: str | None = None) -> None:
        self._status = status
        self._octets = bytearray()
        self._inflate = zlib.decompressobj(47) if encoding in ("gzip", "x-gzip", "deflate") else None

    def add(self, piece: bytes) -> None:
        """:raises ServiceError: where that is too much, or can't be decompressed."""
        if self._inflate:
            try:
                # Never more than what shows that it is too much: a small piece may hold gigabytes.
                piece = self._inflate.decompress(piece, MAX_OCTETS + 1)
            except zlib.error:
                raise ServiceError("The answer's gzip can't be read.", self._status) from None
        self._octets += piece
        if len(self._octets) > MAX_OCTETS:
            raise ServiceError(
                f"The answer has more than {MAX_OCTETS} octets, and was not read further.", self._status
            )

    @property
    def body(self) -> bytes:
        return bytes(self._octets)


def no_answer(url: str, reason: object) -> ServiceError:
    """What an adapter raises where there is no answer, or none in time: its status is 0."""
    return ServiceError(f"{Url(url).origin} doesn't answer: {reason}.")


def check_sendable(signed: Signed, sent_as: str | None = None) -> None:
    """Lets pass what an adapter's library can send, as it was signed.

    :param sent_as: the address that the library makes of the signed one.
    :raises Unsignable: for another scheme than https or http, or where the library would change the address,
        and so make the signature wrong.
    """
    if Url(signed.url).scheme not in DEFAULT_PORTS:
        raise Unsignable("url", "it can't be sent: use https or http")
    if sent_as is not None and sent_as != signed.url:
        raise Unsignable("url", f"it would be sent as {sent_as.partition('?')[0]}: write it so")
