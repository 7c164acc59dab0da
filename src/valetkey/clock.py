"""A clock that a service's answers can set, for a machine whose own is wrong."""

import re
import time
from collections.abc import Callable, Mapping

from valetkey.protocol.encoding import Malformed
from valetkey.protocol.origin import Url

#: Seconds that an answer may have been on its way; a smaller difference moves no clock.
TOLERANCE = 30
#: The most that a clock is moved by, in seconds: a service that is further off is itself wrong.
MOST = 86_400

_DATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT")


class Clock:
    """This machine's time, moved to a service's by the ``Date`` of its answers.

    Give one to each of the adapters' ``OAuth1``, to `valetkey.urllib`'s ``opener``, or to a
    :class:`~valetkey.Handshake`: a request that was refused (401) because of the time is then signed once
    more. A clock is one service's; share it between what calls that service.

    :param most: seconds, the most that it lets itself be moved by.
    :param time: this machine's time, in seconds.
    """

    def __init__(self, *, most: float = MOST, time: Callable[[], float] = time.time) -> None:
        self.most = most
        self.offset: float = 0.0
        self._time = time

    def __call__(self) -> int:
        """The service's time, in whole seconds."""
        return int(self._time() + self.offset)

    def hear(self, url: str, headers: Mapping[str, str]) -> bool:
        """Sets itself by the ``Date`` of an answer from `url`, and says whether that moved it.

        A date that anybody on the way could have written (http, loopback excepted), that can't be read, or
        that is too far off, moves nothing.
        """
        date = _seconds(headers.get("Date"))
        if date is None or not _is_private(url):
            return False
        offset = date - self._time()
        if abs(offset) > self.most or abs(offset - self.offset) <= TOLERANCE:
            return False
        self.offset = offset
        return True


def _seconds(date: str | None) -> float | None:
    # The one form that may be sent (RFC 9110, section 5.6.7); Python's reader takes nearly anything.
    if not date or not _DATE.fullmatch(date):
        return None
    # Here, since it takes longer to import than all of this package, and few need it.
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None


def _is_private(url: str) -> bool:
    try:
        return Url(url).is_private_channel
    except Malformed:
        return False
