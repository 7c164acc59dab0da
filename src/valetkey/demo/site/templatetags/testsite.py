"""How what went over the wire is written in HTML."""

from collections.abc import Iterable

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from valetkey.demo.site.difference import Part
from valetkey.demo.site.lines import Line, Span
from valetkey.demo.site.wire import Piece

register = template.Library()

_DOTS = "••••••••••••"
_PARTS = ("m", "u", "q", "f", "h", "s")


@register.simple_tag
def icon(name: str) -> SafeString:
    return format_html(
        '<svg class="i" width="20" height="20" aria-hidden="true"><use href="#i-{}"/></svg>', name
    )


@register.filter
def marked(lines: Iterable[Line]) -> SafeString:
    """Lines, each part with its mark."""
    return format_html_join("", "{}", ((_line(line),) for line in lines))


def _line(line: Line) -> SafeString:
    text = format_html_join("", "{}", ((_span(span),) for span in line.spans))
    if not line.block:
        return format_html("{}\n", text)
    # The line break within the box is for whoever reads without a sheet. It makes no empty line.
    return format_html('<span class="{}">{}\n</span>', line.block, text)


def _span(span: Span) -> SafeString:
    if span.mark in _PARTS:
        return format_html('<span class="o {}">{}</span>', span.mark, span.text)
    if span.mark == "name":
        return format_html('<span class="k">{}</span>', span.text)
    if span.mark == "text":
        return _in_quotes(span.text)
    if span.mark == "hidden":
        return format_html(
            '<span class="dots" aria-hidden="true">{}</span> <span class="dim">{}</span>',
            _DOTS,
            span.text,
        )
    if span.mark in ("good", "bad"):
        return format_html('<span class="state {}">{}</span>', span.mark, span.text)
    if span.mark == "dim":
        return format_html('<span class="dim">{}</span>', span.text)
    return conditional_escape(span.text)


def _in_quotes(text: str) -> SafeString:
    """A text in whatever language, which must not turn the quotation marks around it."""
    inner = text[1:-1]
    if not inner or inner.isascii():
        return conditional_escape(text)
    return format_html('"<bdi>{}</bdi>"', inner)


@register.simple_tag
def dots() -> SafeString:
    return format_html('<span class="dots" aria-hidden="true">{}</span>', _DOTS)


@register.filter
def whole(pieces: Iterable[Piece]) -> SafeString:
    """The base string in one piece, its parts marked."""
    rows = ((piece.mark, piece.text, piece.joiner) for piece in pieces)
    return format_html_join("", '<span class="o {}">{}</span>{}<wbr>', rows)


@register.filter
def differing(parts: Iterable[Part]) -> SafeString:
    """A base string, marked where it differs."""
    return format_html_join("", "{}", ((_differing(part),) for part in parts))


def _differing(part: Part) -> SafeString:
    return format_html("<mark>{}</mark>", part.text) if part.differs else conditional_escape(part.text)
