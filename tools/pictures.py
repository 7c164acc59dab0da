"""Takes the README's pictures again, of the running demo, into docs/pictures: `make pictures`.

The fonts are the system's. With others than Noto the pictures look different, and without an Arabic one they
have boxes in them.
"""

import struct
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import FloatRect, Locator, Page, ViewportSize, sync_playwright
from tests.browser.chromium import chromium
from tests.browser.conftest import launch, new_context
from tests.browser.person import Person
from tests.running import Demo

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
FONTS = ("Noto Sans", "Noto Sans Mono", "Noto Sans Arabic", "Noto Color Emoji")
#: As the documents have it.
PORTS = ("--site-port", "12000", "--provider-port", "12001")
WHO = {"username": "wren", "name": "Wren Castellanos", "password": "four plovers on a wire"}
STATUS = "Tea & toast + a kingfisher on the canal 🐦 صباح الخير"
NARROW, WIDE = ViewportSize(width=680, height=900), ViewportSize(width=1000, height=900)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
#: Dots for each pixel of the page.
SCALE = 1.5
#: Pixels that stay free above what is shown.
MARGIN = 32

Colour = tuple[int, ...]


def main() -> None:
    if missing := [font for font in FONTS if not installed(font)]:
        sys.exit(f"These fonts are missing: {', '.join(missing)}. On Debian: apt-get install fonts-noto")
    FOLDER.mkdir(exist_ok=True)
    path = chromium()
    with Demo.started(*PORTS) as demo, sync_playwright() as playwright, launch(playwright, path) as browser:
        page = new_context(browser, NARROW, device_scale_factor=SCALE).new_page()
        wren = Person(page, demo)
        wren.send("/signup/", **WHO)
        wren.start()
        page.set_viewport_size(NARROW)
        take("authorize", page, page.get_by_role("banner"), page.get_by_role("contentinfo"))
        wren.press("Allow")
        wren.follow("Next: write a status")
        wren.type(Status=STATUS)
        wren.press("Post it to Aviary")
        page.set_viewport_size(WIDE)
        take("wire", page, page.locator("#wire"), page.get_by_role("row").nth(5))


def installed(font: str) -> bool:
    found = subprocess.run(["fc-list", f"{font}:", "family"], capture_output=True, check=True)
    return bool(found.stdout.strip())


def take(name: str, page: Page, first: Locator, after: Locator) -> None:
    """The page's whole width, from `first` to where `after` begins, in both schemes."""
    page.evaluate("document.activeElement.blur()")
    start = max(top_of(first) - MARGIN, 0)
    clip = FloatRect(x=0, y=start, width=page.evaluate("innerWidth"), height=top_of(after) - start)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        png = with_few_colours(page.screenshot(full_page=True, clip=clip))
        path = FOLDER / f"{name}-{scheme}.png"
        path.write_bytes(png)
        print(f"{path.relative_to(FOLDER.parents[1])}: {len(png) / 1000:.0f} KB")


def top_of(part: Locator) -> float:
    box = part.bounding_box()
    assert box
    return box["y"]


# PNG, as Chromium writes it, with a palette: a page has few colours, and takes half the room so.


def with_few_colours(png: bytes) -> bytes:
    width, height, rows = decoded(png)
    counted = Counter(colour for row in rows for colour in row)
    palette = [colour for colour, _ in counted.most_common(256)]
    places = {colour: place for place, colour in enumerate(palette)}
    for colour in counted.keys() - places.keys():
        places[colour] = min(range(len(palette)), key=lambda place: distance(palette[place], colour))
    lines = b"".join(b"\0" + bytes(places[colour] for colour in row) for row in rows)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", bytes(sum(palette, ()))), (b"IDAT", zlib.compress(lines, 9)))
    return png[:8] + b"".join(chunk(*part) for part in (*parts, (b"IEND", b"")))


def distance(one: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        yield kind, png[at + 8 : at + 8 + length]
        at += 12 + length


def decoded(png: bytes) -> tuple[int, int, list[list[Colour]]]:
    """Width, height, and the colours of each row. For 8 bits without transparency, not interlaced."""
    parts = list(chunks(png))
    width, height, *form = struct.unpack(">IIBBBBB", parts[0][1])
    assert form == [8, 2, 0, 0, 0], "Chromium writes another kind of PNG"
    octets = zlib.decompress(b"".join(body for kind, body in parts if kind == b"IDAT"))
    length, above = 3 * width, bytearray(3 * width)
    rows: list[list[Colour]] = []
    for start in range(0, len(octets), length + 1):
        above = unfiltered(octets[start], bytearray(octets[start + 1 : start + 1 + length]), above)
        rows.append(list(zip(above[0::3], above[1::3], above[2::3], strict=True)))
    return width, height, rows


def unfiltered(kind: int, row: bytearray, above: bytearray) -> bytearray:
    """PNG, section 9: a row is written as differences from the left and from above."""
    for i in range(len(row)):
        left, corner = (row[i - 3], above[i - 3]) if i >= 3 else (0, 0)
        guesses = (0, left, above[i], (left + above[i]) // 2)
        row[i] = (row[i] + (guesses[kind] if kind < 4 else nearest(left, above[i], corner))) % 256
    return row


def nearest(left: int, above: int, corner: int) -> int:
    """Paeth's predictor."""
    guess = left + above - corner
    return min((left, above, corner), key=lambda one: abs(guess - one))


if __name__ == "__main__":
    main()
