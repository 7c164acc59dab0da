"""A request whose Content-Type no Python can read is answered with 400.

Django looks the charset up while it makes the request, before any of its handlers: a codec that is none for
text (``hex``, ``zlib`` …) ends as the server's own 500, on every address.
"""

from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_CHARSETS = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "iso-8859-15", "windows-1252"}
)


def guarded(application: Application) -> Application:
    """`application`, behind this check."""

    def check(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if _is_readable(environ.get("CONTENT_TYPE", "")):
            return application(environ, start_response)
        start_response(
            "400 Bad Request", [("Content-Type", "text/plain"), ("X-Content-Type-Options", "nosniff")]
        )
        return [b"The Content-Type can't be read: send charset=utf-8, or none.\n"]

    return check


def _is_readable(content_type: str) -> bool:
    for option in content_type.split(";")[1:]:
        name, _, value = option.strip().partition("=")
        if name.lower() == "charset" and value.strip('"').lower() not in _CHARSETS:
            return False
        # RFC 2231's names with a star name a charset of their own.
        if "*" in name:
            return False
    return True
