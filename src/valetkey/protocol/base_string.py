"""The signature base string (RFC 5849, section 3.4.1)."""

import re

from valetkey.protocol.encoding import percent_encode
from valetkey.protocol.origin import Url
from valetkey.protocol.values import HIDDEN

# The joiner of parameters is %26 there.
_VERIFIER = re.compile(r"(?<=oauth_verifier%3D)(?:(?!%26).)+")


def base_string_uri(url: str) -> str:
    """The URL as it is signed (section 3.4.1.2): scheme and host in lower case, no default port, the path as
    it is sent (an empty one is ``/``), and neither query nor fragment.

    :param url: absolute; its path is encoded, as on the request line.
    :raises Malformed: without a usable scheme, host or port.
    """
    parts = Url(url)
    return f"{parts.origin}{parts.path or '/'}"


def base_string(method: str, uri: str, parameters: str) -> str:
    """Method, URI and parameters, each encoded and joined with ``&`` (section 3.4.1.1).

    :param method: the HTTP method, in any case.
    :param uri: from :func:`base_string_uri`.
    :param parameters: from :func:`~valetkey.protocol.parameters.normalise`.
    """
    return f"{percent_encode(method.upper())}&{percent_encode(uri)}&{percent_encode(parameters)}"


def without_verifier(text: str) -> str:
    """A base string as a log or a person may see it: with ``…`` for the value of ``oauth_verifier``."""
    return _VERIFIER.sub(HIDDEN, text)
