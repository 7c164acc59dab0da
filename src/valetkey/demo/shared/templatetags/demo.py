"""How sentences of ours are written in HTML, for the templates of both sites."""

import re

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from valetkey.demo.shared.markup import with_code, without_code

register = template.Library()
register.filter(with_code)
register.filter(without_code)

_BOLD = re.compile(r"\*\*(.+?)\*\*")


@register.filter
def with_marks(text: object) -> SafeString:
    """A sentence in which what stands between backticks is code, and between double asterisks, bold. Not for
    what others have a part in.
    """
    pieces = (
        format_html("<b>{}</b>", with_code(part)) if number % 2 else with_code(part)
        for number, part in enumerate(_BOLD.split(str(text)))
    )
    return format_html_join("", "{}", ((piece,) for piece in pieces))
