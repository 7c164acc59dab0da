"""The README's picture: microseconds for one request, a bar for each library."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.results import Result

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "speed.svg"
#: Cases, and what they are called there.
SHOWN = {
    "sign small": "Sign a GET",
    "sign fifty": "Sign a form of 50",
    "verify small": "Verify a GET",
    "verify fifty": "Verify a form of 50",
}
WHO = ("Valetkey", "Authlib", "oauthlib")

# In pixels. Narrow, so that it can still be read where a phone makes it smaller.
WIDTH, PADDING, LABEL, LONGEST = 376, 12, 76, 220
BAR, STEP, TITLE, GAP = 14, 20, 26, 18

STYLE = """
  svg { --paper: #fff; --ink: #1f2328; --quiet: #59636e; --bar: #c8ced6; --ours: #0b6e4f; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #f0f6fc; --quiet: #9198a1; --bar: #3d444d; --ours: #3fb98a; }
  }
  text { font: 13px system-ui, sans-serif; fill: var(--quiet); }
  .title { font-weight: 600; fill: var(--ink); }
  .paper { fill: var(--paper); }
  .bar { fill: var(--bar); }
  .ours { fill: var(--ours); }
  text.ours { fill: var(--ours); font-weight: 600; }
"""


def write(results: Sequence[Result]) -> None:
    by_name = {result.name: result for result in results}
    if by_name.keys() >= SHOWN.keys():
        PICTURE.write_text(svg([(title, by_name[name]) for name, title in SHOWN.items()]), encoding="utf-8")


def svg(panels: Sequence[tuple[str, Result]]) -> str:
    parts: list[str] = []
    y = PADDING
    for title, result in panels:
        parts += _panel(title, result, y)
        y += TITLE + STEP * sum(who in result.seconds for who in WHO) + GAP
    height = y - GAP + PADDING - (STEP - BAR)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
            f' height="{height}" role="img">',
            f"<title>{escape(_told(panels))}</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{height}" rx="8"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _panel(title: str, result: Result, y: int) -> Iterator[str]:
    yield f'<text class="title" x="{PADDING}" y="{y + 13}">{escape(title)}</text>'
    y += TITLE
    slowest = max(result.seconds[who] for who in WHO if who in result.seconds)
    for who in WHO:
        if who in result.seconds:
            seconds = result.seconds[who]
            long, ours = max(1.5, LONGEST * seconds / slowest), "ours" if who == WHO[0] else "bar"
            text = ' class="ours"' if ours == "ours" else ""
            start, base = PADDING + LABEL, y + BAR - 3
            yield f'<text{text} x="{PADDING}" y="{base}">{who}</text>'
            yield f'<rect class="{ours}" x="{start}" y="{y}" width="{long:.1f}" height="{BAR}" rx="1"/>'
            yield f'<text{text} x="{start + long + 8:.1f}" y="{base}">{_microseconds(seconds)}</text>'
            y += STEP


def _microseconds(seconds: float) -> str:
    value = seconds * 1e6
    return f"{value:.1f} µs" if value < 10 else f"{value:.0f} µs"


def _told(panels: Sequence[tuple[str, Result]]) -> str:
    """The same in words, for whoever can't see it."""
    return "; ".join(
        f"{title}: "
        + ", ".join(f"{who} {_microseconds(result.seconds[who])}" for who in WHO if who in result.seconds)
        for title, result in panels
    )
