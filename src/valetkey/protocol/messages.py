"""HTTP's own shapes: header fields, and an answer. Both sides send the one and read the other."""

from collections.abc import Iterable, Iterator, Mapping

from valetkey.protocol.values import HIDDEN, Value

HeadersLike = Mapping[str, str] | Iterable[tuple[str, str]] | None

_PRIVATE = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})


class Headers(Mapping[str, str]):
    """Header fields: a mapping whose names ignore case, which keeps order and repeats.

    ``headers["Accept"]`` joins repeated fields with ``", "`` (RFC 9110, section 5.3); :attr:`pairs` and
    :meth:`every` give them as they are. Values are text; on the wire they are latin-1.
    """

    __slots__ = ("pairs",)
    pairs: tuple[tuple[str, str], ...]

    def __init__(self, fields: HeadersLike = None) -> None:
        if isinstance(fields, Headers):
            self.pairs = fields.pairs
        elif isinstance(fields, Mapping):
            self.pairs = tuple(fields.items())
        else:
            self.pairs = tuple((name, value) for name, value in fields or ())

    def every(self, name: str) -> list[str]:
        """All values of the field called `name`, in order; an empty list where there is none."""
        wanted = name.lower()
        return [value for field, value in self.pairs if field.lower() == wanted]

    def replacing(self, name: str, value: str) -> "Headers":
        """The same fields, with every one called `name` replaced by a single one."""
        wanted = name.lower()
        return Headers([*(pair for pair in self.pairs if pair[0].lower() != wanted), (name, value)])

    def __getitem__(self, name: str) -> str:
        values = self.every(name)
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def __iter__(self) -> Iterator[str]:
        seen = set()
        for name, _ in self.pairs:
            if name.lower() not in seen:
                seen.add(name.lower())
                yield name

    def __len__(self) -> int:
        return len({name.lower() for name, _ in self.pairs})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        theirs = other if isinstance(other, Headers) else Headers(other)
        return self._folded() == theirs._folded()

    def _folded(self) -> list[tuple[str, str]]:
        return sorted((name.lower(), value) for name, value in self.pairs)

    __hash__ = None  # type: ignore[assignment]  # equal to a dict with the same fields, and a dict has no hash

    def __repr__(self) -> str:
        shown = (
            f"({name!r}, {HIDDEN if name.lower() in _PRIVATE else repr(value)})" for name, value in self.pairs
        )
        return f"Headers([{', '.join(shown)}])"


class Answer(Value):
    """An HTTP answer: what a server's side sends (a *reply*), and what a client's side reads.

    :param status: the status code.
    :param headers: a mapping, or pairs where a field is repeated.
    :param body: octets; text becomes UTF-8.
    """

    __slots__ = ("status", "headers", "body")
    # A token answer is a secret from its first octet on.
    _hidden = frozenset({"body"})
    status: int
    headers: Headers
    body: bytes

    def __init__(self, status: int, headers: HeadersLike = None, body: bytes | str = b"") -> None:
        octets = body.encode() if isinstance(body, str) else bytes(body)
        self._fill(status=status, headers=Headers(headers), body=octets)
