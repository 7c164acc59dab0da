"""What a refusal is about: the request as it was read, and whose it was."""

import re
from collections.abc import Iterable
from typing import Any

from valetkey.protocol.encoding import Malformed, percent_decode
from valetkey.protocol.parameters import MAX_TIMESTAMP_DIGITS, Parameter
from valetkey.protocol.values import HIDDEN, Value

LONGEST_NAME = 100
_IN_NO_NAME = re.compile(r"""[\s"'{}<>=:,;&]""")


class Case(Value):
    """A request that was refused.

    :param method: as on the wire.
    :param url: absolute, encoded: what the signature was checked against.
    :param parameters: all of them, decoded, with their sources; none where the request can't be read.
    :param consumer: the store's own object, None where it wasn't found or not looked for; likewise `token`.
    :param arrived: unix time in seconds, by the clock that refused it.

    It holds other people's values and the store's secrets, so it stays in the house: it isn't pickled with
    the exception, and prints nothing of them.
    """

    __slots__ = ("method", "url", "parameters", "consumer", "token", "arrived")
    _hidden = frozenset({"url", "parameters", "consumer", "token"})
    method: str
    url: str
    parameters: tuple[Parameter, ...]
    consumer: Any
    token: Any
    arrived: float

    def __init__(
        self,
        method: str,
        url: str,
        parameters: Iterable[Parameter] = (),
        consumer: Any = None,
        token: Any = None,
        arrived: float = 0,
    ) -> None:
        self._fill(
            method=method,
            url=url,
            parameters=tuple(parameters),
            consumer=consumer,
            token=token,
            arrived=arrived,
        )

    @property
    def oauth(self) -> dict[str, str]:
        """The protocol parameters, decoded, the signature among them."""
        return {item.name: item.value for item in self.parameters if item.name.startswith("oauth_")}

    @property
    def clock_difference(self) -> int | None:
        """Seconds by which the sender's clock is ahead of ours (behind, if negative); None where its
        timestamp isn't one.
        """
        text = self.oauth.get("oauth_timestamp", "")
        if not (text.isascii() and text.isdecimal() and len(text) <= MAX_TIMESTAMP_DIGITS):
            return None
        return int(text) - int(self.arrived)

    @property
    def address(self) -> str:
        """The URL with the names of the query's parameters, and without their values."""
        place, mark, query = self.url.partition("#")[0].partition("?")
        return f"{place}{mark}{'&'.join(map(_without_value, query.split('&')))}"

    @property
    def signed_names(self) -> list[str]:
        """The names that the base string holds, in its order, each once."""
        return sorted({item.name for item in self.parameters} - {"oauth_signature"})


def shown_name(name: str) -> str:
    """A parameter's name in one line, as a log or a terminal may show it.

    What isn't written like a name may be a body that was sent as a form by mistake, with all that it says: so
    only its beginning is shown.
    """
    beginning = _like_a_name(name)
    visible = "".join(mark if mark.isprintable() else "�" for mark in beginning)
    return visible if beginning == name else f"{visible}{HIDDEN}"


def _like_a_name(text: str) -> str:
    return _IN_NO_NAME.split(text, maxsplit=1)[0][:LONGEST_NAME]


def _without_value(piece: str) -> str:
    name, mark, _ = piece.partition("=")
    return f"{name if _is_like_a_name(name) else HIDDEN}{mark and f'={HIDDEN}'}"


def _is_like_a_name(encoded: str) -> bool:
    try:
        decoded = percent_decode(encoded.replace("+", " "))
    except Malformed:
        return False
    return decoded == _like_a_name(decoded)
