"""Sentences in which what stands between backticks is code."""

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe


def with_code(text: str) -> SafeString:
    """`text` as HTML, with its code marked as such."""
    parts = text.split("`")
    made = (
        format_html("<code>{}</code>", part) if number % 2 else conditional_escape(part)
        for number, part in enumerate(parts)
    )
    return mark_safe("".join(made))  # noqa: S308  # each part is escaped


def without_code(text: str) -> str:
    """`text` for where no markup can stand, as in a title."""
    return text.replace("`", "")
