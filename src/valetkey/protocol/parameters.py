"""Where a request's parameters come from, and the order they are signed in (RFC 5849, section 3.4.1.3)."""

from collections.abc import Iterable
from typing import Literal, TypeVar

from valetkey.protocol.encoding import Malformed, form_decode, percent_encode
from valetkey.protocol.values import Secret

FORM = "application/x-www-form-urlencoded"

#: Whose values no traceback shows: with PLAINTEXT, the signature is the secrets themselves.
SECRET = frozenset({"oauth_signature", "oauth_verifier"})

#: The parameters that OAuth gives a meaning; other `oauth_*` are signed like any parameter, wherever they
#: are.
KNOWN = frozenset(
    f"oauth_{name}"
    for name in (
        *("consumer_key", "token", "signature_method", "signature", "timestamp", "nonce", "version"),
        *("callback", "verifier", "body_hash"),
    )
)

#: How long a nonce may be; longer ones are refused, never cut.
MAX_NONCE_OCTETS = 255
#: Eleven digits last until the year 5138; Python's own limit for reading numbers would raise at 4,300.
MAX_TIMESTAMP_DIGITS = 11

Source = Literal["query", "header", "form"]
Pair = tuple[str, str]


P = TypeVar("P", bound=tuple[str, str])


class Parameter(tuple[str, str]):
    """A decoded pair of name and value, which remembers where it came from. It equals the plain pair."""

    source: Source

    def __new__(cls, name: str, value: str, source: Source) -> "Parameter":
        parameter = super().__new__(cls, (name, Secret(value) if name in SECRET else value))
        parameter.source = source
        return parameter

    @property
    def name(self) -> str:
        return self[0]

    @property
    def value(self) -> str:
        return self[1]

    def __getnewargs__(self) -> tuple[str, str, Source]:
        return self[0], self[1], self.source


def is_form(content_type: str | None) -> bool:
    """Whether a body of this Content-Type is signed with the rest (section 3.4.1.3.1).

    :raises Malformed: for a form in another charset than UTF-8, since the application would read another
        text than was signed.
    """
    media_type, *options = (content_type or "").split(";")
    if media_type.strip().lower() != FORM:
        return False
    for option in options:
        name, _, value = option.partition("=")
        # `charset*` and `charset*0` are read as `charset` by whoever knows RFC 2231, Django among them.
        is_charset = name.strip().lower().partition("*")[0] == "charset"
        if is_charset and value.strip().strip('"').lower() not in ("utf-8", "utf8"):
            raise Malformed("the form's charset isn't UTF-8: send it as UTF-8")
    return True


def collect(
    *, query: str | bytes | None = None, header: Iterable[Pair] = (), form: str | bytes | None = None
) -> list[Parameter]:
    """All parameters of a request, decoded (section 3.4.1.3.1), in the order of the RFC: query, header, form.

    :param query: the URL's query, encoded.
    :param header: the Authorization header's pairs, decoded, without the realm.
    :param form: a form body, encoded.
    :raises Malformed: where query or form can't be decoded.
    """
    return [
        *(Parameter(name, value, "query") for name, value in _decoded(query, "the query")),
        *(Parameter(name, value, "header") for name, value in header),
        *(Parameter(name, value, "form") for name, value in _decoded(form, "the form body")),
    ]


def added_twice(given: Iterable[P], protocol: Iterable[str]) -> P | None:
    """The first of the `given` pairs that has the name of a `protocol` parameter that is to be added, or of
    the signature; None where none has. It would be there twice, and no provider could tell which one counts.
    """
    names = {*protocol, "oauth_signature"}
    return next((pair for pair in given if pair[0] in names), None)


def in_order(parameters: Iterable[Parameter]) -> list[Parameter]:
    """`parameters` as they stand in the base string: sorted by encoded name, then by encoded value, without
    ``oauth_signature``.
    """
    return sorted(
        (parameter for parameter in parameters if parameter.name != "oauth_signature"),
        key=lambda parameter: (percent_encode(parameter.name), percent_encode(parameter.value)),
    )


def normalise(pairs: Iterable[Pair]) -> str:
    """Decoded pairs as section 3.4.1.3.2 joins them: encoded, then sorted by name and value, then joined.

    ``oauth_signature`` is left out.
    """
    encoded = sorted(
        [(percent_encode(name), percent_encode(value)) for name, value in pairs if name != "oauth_signature"]
    )
    return "&".join([f"{name}={value}" for name, value in encoded])


def _decoded(text: str | bytes | None, where: str) -> list[Pair]:
    try:
        return form_decode(text) if text else []
    except Malformed as error:
        raise Malformed(f"{where} can't be decoded: {error.reason}") from None
