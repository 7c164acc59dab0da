"""Which mistake made a signature wrong.

A signature that is wrong for the request that arrived may be right for another one: for https in place of
http, or without the query. So the request is signed again under each usual mistake. One that gives the very
signature that was sent is proved, and nothing here guesses.
"""

from collections.abc import Iterable, Iterator

from valetkey.protocol.base_string import base_string, base_string_uri
from valetkey.protocol.cases import Case, shown_name
from valetkey.protocol.credentials import secrets_of
from valetkey.protocol.encoding import Malformed, percent_encode
from valetkey.protocol.origin import DEFAULT_PORTS, Url
from valetkey.protocol.parameters import Pair, normalise
from valetkey.protocol.signatures import METHODS, Key
from valetkey.protocol.values import Secret, Value

#: Each parameter that may have been left out is one more signature to compute.
MOST_PARAMETERS = 50
#: Of a base string; each signature takes all of it.
MOST_OCTETS = 20_000

#: What each mistake is, for logs and terminals; ``{about}`` is :attr:`Mistake.about`.
SENTENCES = {
    "scheme": "signed for {about}, and it arrived otherwise",
    "port": "signed with another port: {about}",
    "query": "the query was left out of what was signed",
    "form": "the form was left out of what was signed",
    "parameter": "{about} was sent, but not signed",
    "encoding": "encoded once too often before it was signed",
    "method": "the method was signed as {about}",
    "token-secret": "the token's secret was left out of the key",
}


class Mistake(Value):
    """A mistake that gives the signature that was sent.

    :param slug: its name, a key of :data:`SENTENCES`.
    :param about: what of the request: the scheme or the address that was signed, or the name of a parameter,
        as :func:`~valetkey.protocol.cases.shown_name` shows it.
    """

    __slots__ = ("slug", "about")
    slug: str
    about: str

    def __init__(self, slug: str, about: str = "") -> None:
        self._fill(slug=slug, about=about)

    def __str__(self) -> str:
        return SENTENCES[self.slug].format(about=self.about)


def find(case: Case) -> Mistake | None:
    """The mistake that made the signature of `case`; None where no usual one gives it, whose keys it would
    take is not known, or the request is too large to look. None, too, where the signature is right: then it
    was refused for something else, such as the hash of its body.
    """
    oauth = case.oauth
    method = METHODS.get(oauth.get("oauth_signature_method", ""))
    without_token = "oauth_token" not in oauth
    if method is None or case.consumer is None or (case.token is None and not without_token):
        return None
    signature = oauth.get("oauth_signature", "")
    token_secret = Secret("" if case.token is None else case.token.secret)
    # With an RSA key, no secret is part of it.
    for secret in secrets_of(case.consumer)[: 1 if method.uses_rsa_key else None]:
        key = Key(secret, token_secret, case.consumer.rsa_key)
        for mistake, text, other in _tries(case, key):
            # PLAINTEXT signs nothing of the request: there, only a mistake with the key can be one.
            if (method.covers_request or other is not key) and method.verify(text, other, signature):
                return mistake
    return None


def _tries(case: Case, key: Key) -> Iterator[tuple[Mistake | None, str, Key]]:
    """Each mistake, with the base string and the key that it would have led to; first of all, none."""
    try:
        uri = base_string_uri(case.url)
        other_uris = list(_other_uris(Url(case.url)))
    except Malformed:
        return
    pairs: list[Pair] = list(case.parameters)
    right = Secret(base_string(case.method, uri, normalise(pairs)))  # a verifier is in it
    if len(right) > MOST_OCTETS:
        return
    yield None, right, key
    if key.token_secret:
        yield Mistake("token-secret"), right, Key(key.consumer_secret, "", key.rsa_key)
    for mistake, other in other_uris:
        yield mistake, base_string(case.method, other, normalise(pairs)), key
    for mistake, others in _other_parameters(case):
        yield mistake, base_string(case.method, uri, normalise(others)), key
    _, ampersand, rest = right.partition("&")
    for written in {case.method, case.method.lower()} - {case.method.upper()}:
        yield Mistake("method", written), f"{written}{ampersand}{rest}", key
    encoded_again = f"{percent_encode(uri)}&{percent_encode(percent_encode(normalise(pairs)))}"
    yield Mistake("encoding"), f"{case.method.upper()}&{encoded_again}", key


def _other_uris(url: Url) -> Iterator[tuple[Mistake, str]]:
    path = url.path or "/"
    for scheme, default in DEFAULT_PORTS.items():
        if scheme != url.scheme and url.scheme in DEFAULT_PORTS:
            # As a proxy changes it: the port written out stays, and a default one is the other's default.
            port = "" if url.port in (default, DEFAULT_PORTS[url.scheme]) else f":{url.port}"
            yield Mistake("scheme", scheme), f"{scheme}://{url.host}{port}{path}"
    plain, written = f"{url.scheme}://{url.host}", f"{url.scheme}://{url.host}:{url.port}"
    other = plain if url.origin == written else written
    yield Mistake("port", other), f"{other}{path}"


def _other_parameters(case: Case) -> Iterator[tuple[Mistake, Iterable[Pair]]]:
    everything = case.parameters
    for source, slug in (("query", "query"), ("form", "form")):
        kept = [item for item in everything if item.source != source or item.name.startswith("oauth_")]
        # One parameter that was left out is named below, by its name.
        if len(everything) - len(kept) > 1 or (slug == "query" and len(kept) < len(everything)):
            yield Mistake(slug), kept
    yield (
        Mistake("encoding"),
        [(name, value if name[:6] == "oauth_" else percent_encode(value)) for name, value in everything],
    )
    yield Mistake("encoding"), [(name, percent_encode(value)) for name, value in everything]
    if len(everything) <= MOST_PARAMETERS:
        for name in case.signed_names:
            yield Mistake("parameter", shown_name(name)), [item for item in everything if item.name != name]
