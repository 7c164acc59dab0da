"""A site's static files, out of memory: what Django's finders found when the first one was asked for.

A request's path is looked up among the names that were found, and never becomes a path of the file system. So
nothing else can be read, and no further package is needed to serve a sheet and a script.
"""

import hashlib
import mimetypes
from functools import cache
from typing import NamedTuple

from django.contrib.staticfiles.finders import get_finders
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe


class File(NamedTuple):
    octets: bytes
    content_type: str
    etag: str


@require_safe
def serve(request: HttpRequest, name: str) -> HttpResponse:
    """The file `name` below ``STATIC_URL``."""
    file = _found().get(name)
    if file is None:
        raise Http404(name)
    response = HttpResponse(file.octets, content_type=file.content_type)
    response.headers["ETag"] = file.etag
    # Asked again each time, and answered with 304: a demo of another version is never shown in this one's
    # colours.
    response.headers["Cache-Control"] = "no-cache"
    answer = get_conditional_response(request, etag=file.etag, response=response)
    assert isinstance(answer, HttpResponse)
    return answer


@cache
def _found() -> dict[str, File]:
    files: dict[str, File] = {}
    for finder in get_finders():
        for name, storage in finder.list([]):
            with storage.open(name) as file:
                files.setdefault(name, _file(name, file.read()))
    return files


def _file(name: str, octets: bytes) -> File:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    return File(octets, kind + charset, f'"{hashlib.sha256(octets).hexdigest()[:16]}"')
