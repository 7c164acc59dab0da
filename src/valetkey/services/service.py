"""What is to be known of a service before requests can be signed for it, and its three legs walked."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from valetkey.protocol.credentials import AccessToken, Consumer, RequestToken
from valetkey.protocol.encoding import Malformed
from valetkey.protocol.errors import Unsignable
from valetkey.protocol.origin import Url
from valetkey.protocol.values import Value
from valetkey.services.quirks import Quirks, QuirkySigner
from valetkey.signer import Placement, Signer


class Legs(Value):
    """What a service's three legs have that RFC 5849's haven't. Left out, each is as the RFC has it.

    Two of these are holes in the protocol, and named so:

    :param without_revision_a: the service speaks OAuth Core 1.0, without Revision A: nobody confirms a
        callback, and there is no verifier. Whoever starts a walk and lures another person to its page ends it
        with that person's token (advisory 2009.1), and no application can prevent it.
    :param unconfirmed_callback: the service doesn't answer ``oauth_callback_confirmed=true``. It sends a
        verifier all the same, without which no walk ends.

    The rest is habit:

    :param placement: where the protocol parameters of the token requests travel, where that is not where the
        API's do.
    :param extras: where further parameters of the token requests travel: in the ``query`` or a form
        (``body``). Those called ``oauth_…`` go with the others of that name.
    :param headers: header fields of the token requests.
    :param callback_name: what the callback is called on the first leg; ``""``: it isn't sent there.
    :param return_name: what the callback is called in the page's address; ``""``: it isn't there.
    :param only_oob: whether the callback is always to be ``oob``.
    :param token_name: what the request token is called in the page's address.
    :param key_name: what the consumer key is called there; ``""``: it isn't there.
    :param authorize: further parameters of the page's address, unless others are given.
    :param denials: what, in the address that a person came back to, says that they said no: names and values.
    :param renew_url: where an access token is renewed.
    :param revoke_url: where an access token is revoked.
    """

    __slots__ = (
        *("without_revision_a", "unconfirmed_callback", "placement", "extras", "headers", "callback_name"),
        *(
            "return_name",
            "only_oob",
            "token_name",
            "key_name",
            "authorize",
            "denials",
            "renew_url",
            "revoke_url",
        ),
    )
    without_revision_a: bool
    unconfirmed_callback: bool
    placement: Placement | None
    extras: Literal["query", "body"]
    headers: Mapping[str, str]
    callback_name: str
    return_name: str
    only_oob: bool
    token_name: str
    key_name: str
    authorize: Mapping[str, str]
    denials: frozenset[tuple[str, str]]
    renew_url: str
    revoke_url: str

    def __init__(
        self,
        *,
        without_revision_a: bool = False,
        unconfirmed_callback: bool = False,
        placement: Placement | None = None,
        extras: Literal["query", "body"] = "query",
        headers: Mapping[str, str] | None = None,
        callback_name: str = "oauth_callback",
        return_name: str = "",
        only_oob: bool = False,
        token_name: str = "oauth_token",  # noqa: S107  # a name, no password
        key_name: str = "",
        authorize: Mapping[str, str] | None = None,
        denials: Iterable[tuple[str, str]] = (),
        renew_url: str = "",
        revoke_url: str = "",
    ) -> None:
        self._fill(
            without_revision_a=without_revision_a,
            unconfirmed_callback=unconfirmed_callback,
            placement=placement,
            extras=extras,
            headers=dict(headers or {}),
            callback_name=callback_name,
            return_name=return_name,
            only_oob=only_oob,
            token_name=token_name,
            key_name=key_name,
            authorize=dict(authorize or {}),
            denials=frozenset(denials),
            renew_url=renew_url,
            revoke_url=revoke_url,
        )


class Service(Value):
    """A service's addresses, and how it wants requests signed.

    :param request_token_url: where request tokens come from (section 2.1). The three addresses are empty at a
        service that has no three legs, whose tokens are made otherwise.
    :param authorize_url: the page where the person decides (section 2.2).
    :param access_token_url: where access tokens come from (section 2.3).
    :param signature_method: as :class:`~valetkey.Signer` takes it; likewise `realm`, `placement`,
        `body_hash` and `version`.
    :param method: the HTTP method of the token requests.
    :param legs: what its three legs have that the RFC's haven't.
    :param quirks: what its signatures have that the RFC's haven't.
    :param urls: its further addresses, by name: ``api``, and what else there is.
    :param source: where all this is written.
    """

    __slots__ = (
        *("request_token_url", "authorize_url", "access_token_url", "signature_method", "realm", "placement"),
        *("body_hash", "version", "method", "legs", "quirks", "urls", "source"),
    )
    request_token_url: str
    authorize_url: str
    access_token_url: str
    signature_method: str
    realm: str | None
    placement: Placement
    body_hash: bool
    version: bool
    method: str
    legs: Legs
    quirks: Quirks | None
    urls: Mapping[str, str]
    source: str

    def __init__(
        self,
        request_token_url: str = "",
        authorize_url: str = "",
        access_token_url: str = "",
        *,
        signature_method: str = "HMAC-SHA1",
        realm: str | None = None,
        placement: Placement = "header",
        body_hash: bool = False,
        version: bool = True,
        method: str = "POST",
        legs: Legs | None = None,
        quirks: Quirks | None = None,
        urls: Mapping[str, str] | None = None,
        source: str = "",
    ) -> None:
        self._fill(
            request_token_url=request_token_url,
            authorize_url=authorize_url,
            access_token_url=access_token_url,
            signature_method=signature_method,
            realm=realm,
            placement=placement,
            body_hash=body_hash,
            version=version,
            method=method,
            legs=legs or Legs(),
            quirks=quirks,
            urls=dict(urls or {}),
            source=source,
        )

    def __repr__(self) -> str:
        where = self.request_token_url or self.urls.get("api", "")
        return f"Service({where!r}, {self.signature_method}, in the {self.placement})"

    def replace(self, **changes: Any) -> "Service":
        """The same service with some facts changed, named as the constructor names them."""
        return Service(**{**{name: getattr(self, name) for name in self._names}, **changes})

    def signer(self, consumer: Consumer, token: AccessToken | RequestToken | None = None) -> Signer:
        """A signer that signs as this service wants it.

        :raises Unsignable: as :class:`~valetkey.Signer` does.
        """
        return self._signer(consumer, token, self.placement)

    def leg_signer(self, consumer: Consumer, token: AccessToken | RequestToken | None = None) -> Signer:
        """The same, for the token requests."""
        return self._signer(consumer, token, self.legs.placement or self.placement)

    def _signer(
        self, consumer: Consumer, token: AccessToken | RequestToken | None, placement: Placement
    ) -> Signer:
        options: dict[str, Any] = {
            "signature_method": self.signature_method,
            "realm": self.realm if placement == self.placement else None,  # only a header has one
            "placement": placement,
            "body_hash": self.body_hash,
            "version": self.version,
        }
        if self.quirks is None:
            return Signer(consumer, token, **options)
        return QuirkySigner(consumer, token, self.quirks, **options)


def checked_base(url: str, what: str = "base") -> str:
    """The address of a site, without a slash at its end, if those of its parts can be made from it.

    :param what: the argument that it was given as.
    :raises Unsignable: where it isn't absolute, or has a query.
    """
    try:
        if Url(url).query is not None or Url(url).fragment is not None:
            raise Malformed("leave out what follows “?” or “#”")
    except Malformed as error:
        raise Unsignable(what, error.reason) from None
    return url.rstrip("/")
