"""How times, faces, icons and counts are written."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy, ngettext_lazy

from valetkey.demo.shared.markup import with_code, without_code
from valetkey.django.models import Application

register = template.Library()
register.filter(with_code)
register.filter(without_code)

#: How many tints there are for faces.
TINTS = 5

_MINUTES = ngettext_lazy("%(count)d minute ago", "%(count)d minutes ago", "count")
_HOURS = ngettext_lazy("%(count)d hour ago", "%(count)d hours ago", "count")
_DAYS = ngettext_lazy("%(count)d day ago", "%(count)d days ago", "count")
_STEPS = (
    (timedelta(hours=1), timedelta(minutes=1), _MINUTES),
    (timedelta(days=1), timedelta(hours=1), _HOURS),
    (timedelta(days=2), timedelta(days=1), gettext_lazy("yesterday")),
    (timedelta(days=7), timedelta(days=1), _DAYS),
)


@register.filter
def ago(when: datetime) -> SafeString:
    """“2 minutes ago”, with the exact time for programs and for whoever points at it."""
    iso = f"{when:%Y-%m-%dT%H:%M:%SZ}"
    return format_html('<time datetime="{}" title="{}">{}</time>', iso, second_of(when), _ago(when))


def _ago(when: datetime) -> str:
    passed = timezone.now() - when
    if passed < timedelta(minutes=1):
        return gettext("just now")
    for below, unit, words in _STEPS:
        if passed < below:
            return str(words % {"count": passed // unit})
    return day_of(when)


def day_of(when: datetime) -> str:
    return date_format(when, "DATE_FORMAT")


def second_of(when: datetime) -> str:
    return gettext("%(time)s UTC, %(date)s") % {"time": f"{when:%H:%M:%S}", "date": day_of(when)}


@register.filter
def day(when: datetime) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', f"{when:%Y-%m-%d}", day_of(when))


@register.filter
def second(when: datetime) -> SafeString:
    """For developers: UTC with seconds."""
    iso = f"{when:%Y-%m-%dT%H:%M:%SZ}"
    return format_html('<time datetime="{}">{}</time>', iso, second_of(when))


@register.filter
def short_second(when: datetime) -> SafeString:
    """For a column of times, in UTC."""
    # Translators: a short date, as Django's filter "date" writes it, for a column: 24 Nov, 14:09:00
    shown = date_format(when, gettext("j M, H:i:s"))
    return format_html('<time datetime="{}" class="nowrap">{}</time>', f"{when:%Y-%m-%dT%H:%M:%SZ}", shown)


@register.filter
def linked(application: Application) -> SafeString:
    """An application's name, and a link where it has an address."""
    name = format_html("<bdi>{}</bdi>", application.name)
    if not application.website:
        return name
    attributes = mark_safe('rel="nofollow noopener noreferrer"')
    return format_html('<a href="{}" {}>{}</a>', application.website, attributes, name)


@register.filter
def without_stop(sentence: str) -> str:
    """For a place in a sentence of ours, which ends for itself."""
    return sentence.rstrip(". ")


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
    return format_html(
        '<svg class="i" width="20" height="20" aria-hidden="true"><use href="#i-{}"/></svg>', name
    )
