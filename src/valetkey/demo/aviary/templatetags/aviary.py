"""How times, faces, icons and counts are written."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

#: How many tints there are for faces.
TINTS = 5

_STEPS = (
    (timedelta(hours=1), timedelta(minutes=1), "minute"),
    (timedelta(days=1), timedelta(hours=1), "hour"),
    (timedelta(days=7), timedelta(days=1), "day"),
)


@register.filter
def ago(when: datetime) -> SafeString:
    """“2 minutes ago”, with the exact time for programs and for whoever points at it."""
    full = f"{when:%H:%M:%S} UTC, {when.day} {when:%B %Y}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', f"{when:%Y-%m-%dT%H:%M:%SZ}", full, _ago(when)
    )


def _ago(when: datetime) -> str:
    passed = timezone.now() - when
    if passed < timedelta(minutes=1):
        return "just now"
    for below, unit, name in _STEPS:
        if passed < below:
            count = passed // unit
            return "yesterday" if (name, count) == ("day", 1) else f"{counted(count, name)} ago"
    return day_of(when)


def day_of(when: datetime) -> str:
    return f"{when.day} {when:%B %Y}"


@register.filter
def day(when: datetime) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', f"{when:%Y-%m-%d}", day_of(when))


@register.filter
def second(when: datetime) -> SafeString:
    """For developers: UTC with seconds."""
    iso = f"{when:%Y-%m-%dT%H:%M:%SZ}"
    return format_html('<time datetime="{}">{} UTC, {}</time>', iso, f"{when:%H:%M:%S}", day_of(when))


@register.filter
def counted(count: int, name: str) -> str:
    """“1 minute”, “2 minutes”; `name` may be two, “person,people”."""
    singular, _, plural = name.partition(",")
    return f"{count} {singular if count == 1 else plural or f'{singular}s'}"


@register.filter
def counted_minutes(seconds: int) -> str:
    return counted(seconds // 60, "minute")


@register.filter
def initial(name: str) -> str:
    return name[:1].upper()


@register.filter
def tint(row: Any) -> str:
    """The class of a face's tint; it goes with the row for ever."""
    number = row.pk % TINTS
    return f"b{number}" if number else ""


@register.simple_tag
def icon(name: str) -> SafeString:
    return format_html('<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>', name)
