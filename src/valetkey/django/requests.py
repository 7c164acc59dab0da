"""From Django's request to what the core verifies: method, URL, headers and body, as they were on the wire.

Django hands out a path that it has decoded, and could only guess how it was written; the signature is over
what was written. So the raw request target is read from where the server left it. Nothing here reads
``X-Forwarded-…``: where the public origin comes from is said in ``VALETKEY["ORIGIN"]``, or in Django's own
settings for proxies.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.core.exceptions import DisallowedHost, ImproperlyConfigured, RequestDataTooBig
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.request import RawPostDataException

from valetkey import serving
from valetkey.django import conf
from valetkey.protocol.errors import Refused
from valetkey.protocol.header import is_oauth
from valetkey.protocol.messages import Headers
from valetkey.protocol.parameters import FORM
from valetkey.protocol.values import SecretOctets
from valetkey.serving import CLAIMS
from valetkey.verifier import authorizations_in, malformed


class Presented(NamedTuple):
    """A request as it was on the wire: the arguments of the core's methods, in their order."""

    method: str
    url: str
    headers: Headers
    body: bytes | None

    def keywords(self) -> dict[str, Any]:
        """Headers and body, which the core takes by name."""
        return {"headers": self.headers, "body": self.body}


def presented(request: HttpRequest, method: str | None = None) -> Presented:
    """`request` as it was on the wire.

    :param method: the method that decides what is done, where that isn't ``request.method``.
    :raises Refused: for a request that no client of ours sends: another host's address, a body of unknown
        length, one that is too large or was cut off.
    :raises ImproperlyConfigured: where something before us has read the body away.
    """
    body = _body(request)
    headers = _authorizations(request)
    content_type = request.META.get("CONTENT_TYPE", "")
    # Some servers name a type for bodies that aren't there (wsgiref: text/plain).
    if content_type and (body or body is None):
        headers = headers.replacing("Content-Type", content_type)
    url = serving.address(_origin(request), _target(request))
    return Presented(_method(request, method or request.method), url, headers, body)


def is_signed(request: HttpRequest) -> bool:
    """Whether `request` claims to be signed, rightly or not: it has an Authorization header of the OAuth
    scheme, or a consumer key or a signature in its query or its form.

    Other parameters of the protocol make no such claim: a person who comes back to a callback brings some.
    """
    if any(is_oauth(value) for value in authorizations_in(_authorizations(request), conf.current().quirks)):
        return True
    # Django reads what we would refuse to read, too; so nothing is overlooked for a fault elsewhere in it.
    named = set(request.GET)
    if request.content_type == FORM:
        named |= set(QueryDict(_body(request)))
    return not named.isdisjoint(CLAIMS)


def _authorizations(request: HttpRequest) -> Headers:
    names = {"HTTP_AUTHORIZATION": "Authorization", "HTTP_X_OAUTH1_AUTHORIZATION": "X-Oauth1-Authorization"}
    return Headers((name, request.META[key]) for key, name in names.items() if key in request.META)


def _method(request: HttpRequest, seen: str | None) -> str:
    method: str = (
        _environ(request).get("REQUEST_METHOD") or _scope(request).get("method") or request.method or ""
    )
    if method.upper() != seen:
        # Something that heeds X-HTTP-Method-Override and its kin: the view would do another thing than was
        # signed.
        raise malformed("its method was overridden on the way: send the method that you signed")
    return method


def _origin(request: HttpRequest) -> str:
    configured = conf.current().origin
    if configured is not None:
        return configured
    try:
        return f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        raise malformed("its Host isn't one of this service's") from None


def _target(request: HttpRequest) -> str:
    """The request target (RFC 9112, section 3.2), encoded, as the client sent it."""
    environ, scope = _environ(request), _scope(request)
    for name in ("RAW_URI", "REQUEST_URI"):  # gunicorn; waitress, uWSGI, mod_wsgi
        if environ.get(name):
            return serving.spelled(environ[name].encode("latin-1"))
    path = scope.get("raw_path") or serving.encoded_path(request.path)
    query = scope.get("query_string") or environ.get("QUERY_STRING", "").encode("latin-1")
    return serving.spelled(path + (b"?" + query if query else b""))


def _body(request: HttpRequest) -> bytes | None:
    """The octets of the body; None where it is multipart: files, which no signature covers and which needn't
    be read for it.
    """
    if _environ(request) and request.META.get("HTTP_TRANSFER_ENCODING"):
        # Django reads nothing of such a body (WSGI doesn't say where it ends), but a view or another layer
        # might.
        raise serving.no_length()
    # Django raises ValueError for some that servers let through.
    length = serving.content_length([request.META.get("CONTENT_LENGTH", "")])
    if request.content_type == "multipart/form-data":
        return None
    try:
        body = request.body
    except RequestDataTooBig:
        raise Refused("parameter_rejected", "The body is too large.", 413) from None
    except RawPostDataException:
        raise ImproperlyConfigured(
            "A middleware or decorator has read this request's body before Valetkey could verify it. Let it"
            " use request.body, or put it after."
        ) from None
    except UnreadablePostError:
        raise serving.cut_off() from None
    serving.check_length(length, body)
    # A verifier may be in it, or whatever people post.
    return SecretOctets(body)


def _environ(request: HttpRequest) -> Mapping[str, Any]:
    return getattr(request, "environ", {})


def _scope(request: HttpRequest) -> Mapping[str, Any]:
    return getattr(request, "scope", {})
