"""The mistakes that a step's request can be sent with, on purpose. Pure: time and chance come in as
arguments.

Each keeps the request as it was and signs something else, or signs it at another time: exactly one thing is
wrong.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from valetkey import AccessToken, Consumer, RequestToken, Signed, Signer
from valetkey.demo.site.exchange import Exchange
from valetkey.protocol.encoding import form_decode, form_encode, percent_encode
from valetkey.protocol.messages import Headers
from valetkey.protocol.parameters import FORM, Parameter, Source
from valetkey.protocol.signatures import METHODS, Key

Slug = Literal["scheme", "clock", "nonce", "secret", "left-out", "twice"]

#: Seconds.
SLOW_BY = 20 * 60
_EXTRA = ("oauth_callback", "oauth_verifier")


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake as the form offers it. What stands in its texts between backticks is code.

    :param example: a piece of the base string that it changes.
    """

    slug: Slug
    label: str
    hint: str
    in_real_life: str
    example: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What was sent, as far as it is signed once more. `form` is encoded, and None where there is none."""

    method: str
    url: str
    form: str | None
    extra: Mapping[str, str]

    @classmethod
    def of(cls, exchange: Exchange) -> "Request":
        extra = {name: exchange.oauth[name] for name in _EXTRA if name in exchange.oauth}
        return cls(exchange.method, exchange.url, exchange.body if exchange.is_form else None, extra)

    def signed(self, signer: Signer, nonce: str, timestamp: int) -> Signed:
        headers = {} if self.form is None else {"Content-Type": FORM}
        return signer.sign(
            self.method,
            self.url,
            headers=headers,
            body=self.form,
            oauth=self.extra,
            nonce=nonce,
            timestamp=timestamp,
        )

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The form's, decoded."""
        return form_decode(self.form or "")

    @property
    def left_out(self) -> str:
        """The parameter that is sent and not signed, where one is left out."""
        return next((name for name, _ in (*self.pairs, *self.extra.items())), "")

    def without(self, left_out: str) -> "Request":
        pairs = [(name, value) for name, value in self.pairs if name != left_out]
        extra = {name: value for name, value in self.extra.items() if name != left_out}
        return replace(self, form=form_encode(pairs), extra=extra)

    @property
    def encoded_again(self) -> "Request":
        """With values that are encoded before they are encoded: those of the form, or of the header where
        the form is empty.
        """
        if self.form:
            return replace(
                self, form=form_encode((name, percent_encode(value)) for name, value in self.pairs)
            )
        return replace(self, extra={name: percent_encode(value) for name, value in self.extra.items()})

    @property
    def encoded_example(self) -> str:
        """A piece of the base string that is encoded; where no value has one, ``%3D``, the sign between name
        and value.
        """
        values = [value for _, value in self.pairs] or list(self.extra.values())
        encoded = (mark for value in values for mark in value if percent_encode(mark) != mark)
        character = next(iter(sorted(encoded, key=lambda mark: mark != " ")), None)
        return "%3D" if character is None else percent_encode(percent_encode(character))


def offered(exchange: Exchange, *, knows_secret: bool) -> list[Mistake]:
    """The mistakes that this step's request can be sent with, in the order of the form.

    :param knows_secret: whether the token's secret is still there to sign with, or none is needed.
    """
    request = Request.of(exchange)
    by_http = exchange.url.startswith("http:")
    return [
        _worded(slug, request)
        for slug in _WORDS
        if (knows_secret or slug not in _SIGNED_WELL) and (by_http or slug != "scheme")
    ]


def _worded(slug: Slug, request: Request) -> Mistake:
    label, hint, in_real_life = _WORDS[slug]
    if slug == "left-out":
        in_real_life = _LEFT_OUT.get(request.left_out, in_real_life)
    once = request.encoded_example
    names = {"name": request.left_out, "once": once, "twice": percent_encode(once)}
    texts = [str(text) % names for text in (label, hint, in_real_life)]
    return Mistake(slug, texts[0], texts[1], texts[2], once if slug == "twice" else "")


def broken(
    slug: Slug,
    exchange: Exchange,
    consumer: Consumer,
    token: AccessToken | RequestToken | None,
    *,
    nonce: str,
    timestamp: int,
    other_secret: str,
) -> Signed:
    """The request of `exchange` once more, with this one mistake.

    :param nonce: fresh; for ``nonce``, the one that was used.
    :param other_secret: for ``secret``, what another application signs with.
    """
    if slug == "clock":
        timestamp -= SLOW_BY
    request = Request.of(exchange)
    right = request.signed(Signer(consumer, token), nonce, timestamp)
    if slug in ("clock", "nonce"):
        return right
    if slug == "secret":
        consumer = Consumer(consumer.key, other_secret)
    wrong = _ALTERED.get(slug, _as_it_is)(request).signed(Signer(consumer, token), nonce, timestamp)
    text, signature = wrong.base_string, wrong.signature
    if slug == "twice" and text == right.base_string:
        # No value has anything to encode; but the joined string has, and may be encoded once too often too.
        method, uri, parameters = text.split("&")
        text = f"{method}&{uri}&{percent_encode(parameters)}"
        key = Key(consumer.secret, token.secret if token else "")
        signature = METHODS["HMAC-SHA1"].sign(text, key)
    return _with_signature(right, text, signature)


def replayed(exchange: Exchange) -> Signed:
    """The very request of `exchange`, signature and all."""
    kept = {"Authorization", "Content-Type"}
    headers = Headers([(name, value) for name, value in exchange.fields if name in kept])
    parameters = [Parameter(name, value, cast(Source, source)) for name, value, source in exchange.parameters]
    body = exchange.body.encode() if exchange.is_form else None
    return Signed(
        exchange.method, exchange.url, headers, body, exchange.base_string, exchange.signature, parameters
    )


def _with_signature(right: Signed, base_string: str, signature: str) -> Signed:
    """`right`, with a signature that was made over `base_string`."""
    authorization = right.headers["Authorization"].replace(
        percent_encode(right.signature), percent_encode(signature)
    )
    headers = right.headers.replacing("Authorization", authorization)
    return Signed(right.method, right.url, headers, right.body, base_string, signature, right.parameters)


def _as_it_is(request: Request) -> Request:
    return request


def _by_https(request: Request) -> Request:
    return replace(request, url=f"https{request.url.removeprefix('http')}")


_ALTERED: Mapping[Slug, Callable[[Request], Request]] = {
    "scheme": _by_https,
    "left-out": lambda request: request.without(request.left_out),
    "twice": lambda request: request.encoded_again,
}
#: Whoever hasn't the token's secret would make another mistake first.
_SIGNED_WELL = ("scheme", "left-out", "twice")

#: Label, hint, and where it comes from.
_WORDS: Mapping[Slug, tuple[Promise, Promise, Promise]] = {
    "scheme": (
        _("https signed for http"),
        _("As if a proxy in front of the site had taken off TLS."),
        _(
            "**In real life** a proxy takes off TLS, and the site behind it believes that it was called by"
            " http. The cure is at the server: tell it its public origin."
        ),
    ),
    "clock": (
        _("A clock that is 20 minutes slow"),
        _("The timestamp is older than Aviary accepts."),
        _("**In real life** a laptop slept, or a virtual machine was paused."),
    ),
    "nonce": (
        _("A nonce used before"),
        _("The request above, sent once more as it is."),
        _("**In real life** a retry sends the signed request again instead of signing anew."),
    ),
    "secret": (
        _("The secret of another application"),
        _("The right consumer key, the wrong key to sign with."),
        _("**In real life** keys of test and production are mixed up, or a blank was pasted along."),
    ),
    "left-out": (
        _("A parameter left out"),
        _("`%(name)s` is sent, but not signed."),
        _("**In real life** a library signs the query and forgets the form."),
    ),
    "twice": (
        _("Encoded once too often"),
        _("`%(once)s` becomes `%(twice)s`."),
        _("**In real life** a value was encoded before it was handed to a library that encodes."),
    ),
}
_LEFT_OUT = {
    "oauth_callback": _(
        "**In real life** a library is older than OAuth 1.0a, doesn’t know `oauth_callback`, and has it added"
        " to the header after it has signed."
    ),
    "oauth_verifier": _(
        "**In real life** a library is older than OAuth 1.0a, doesn’t know `oauth_verifier`, and has it added"
        " to the header after it has signed."
    ),
}
