"""An input as a row of decisions, and requests that are mutated by them."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

#: What parsers stumble over; found by chance it would take long.
STUMBLING = (
    *(
        ",",
        '"',
        "\\",
        "=",
        "&",
        "%",
        "+",
        ";",
        "#",
        "?",
        "/",
        "//",
        "..",
        "@",
        ":80",
        ":",
        " ",
        "\t",
        "\r\n ",
    ),
    *("%00", "%zz", "%C3%28", "%c3%a9", "%ED%A0%80", "%EF%BF%BD", "%2F", "%26", "%3D", "%25", "%2B", "\x00"),
    *("é", "\xff", "\u212a", "\U0001f426", "\ud800", "[", "]", "[::1]", "'", "`", "{", "<", "!", "~", "*"),
    *('realm="a, b=\\"c"', "oauth_token=x", 'oauth_nonce="y"', "oauth%5Fnonce=z", "OAUTH_TOKEN=x"),
    *("oauth_signature=", "oauth_body_hash=x", "oauth_callback=oob", "oauth_", "OAuth ", "Basic eA=="),
    *("https://", "http://evil.example", "xn--", "٣", "+1", "1_0", "9" * 30, "-", "0"),
)


class Choices:
    """Reads octets as decisions. At their end, every number is 0 and every text is empty."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    @property
    def left(self) -> bool:
        return self._at < len(self._octets)

    def octets(self, number: int) -> bytes:
        taken = self._octets[self._at : self._at + number]
        self._at += len(taken)
        return taken

    def number(self, below: int) -> int:
        """From 0 to `below` - 1; one octet, or two where one can't reach that far."""
        size = 1 if below <= 256 else 2
        return int.from_bytes(self.octets(size), "big") % max(below, 1)

    def one_of(self, things: Sequence[T]) -> T:
        return things[self.number(len(things))]

    def text(self) -> str:
        """A few characters: a stumbling stone, or octets as WSGI has them."""
        number = self.number(256)
        if number < len(STUMBLING):
            return STUMBLING[number]
        return self.octets(number % 8 + 1).decode("latin-1")

    def spliced(self, text: str) -> str:
        """`text`, with a piece of it replaced."""
        start = self.number(len(text) + 1)
        end = start + self.number(2) * self.number(9)
        return text[:start] + self.text() + text[end:]


def fields(data: bytes, number: int) -> list[bytes]:
    """`data` cut at its first NULs into `number` fields; missing ones are empty."""
    found = data.split(b"\x00", number - 1)
    return found + [b""] * (number - len(found))
