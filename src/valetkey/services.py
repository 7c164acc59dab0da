"""What is to be known of a service before its three legs can be walked."""

from valetkey.protocol.credentials import AccessToken, Consumer, RequestToken
from valetkey.protocol.values import Value
from valetkey.signer import Placement, Signer


class Service(Value):
    """A service's addresses, and how it wants requests signed.

    :param request_token_url: where request tokens come from (section 2.1).
    :param authorize_url: the page where the person decides (section 2.2).
    :param access_token_url: where access tokens come from (section 2.3).
    :param signature_method: as :class:`~valetkey.Signer` takes it; likewise `realm`, `placement`,
        `body_hash` and `version`.
    :param method: the HTTP method of the two token requests.
    """

    __slots__ = (
        "request_token_url",
        "authorize_url",
        "access_token_url",
        "signature_method",
        "realm",
        "placement",
        "body_hash",
        "version",
        "method",
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

    def __init__(
        self,
        request_token_url: str,
        authorize_url: str,
        access_token_url: str,
        *,
        signature_method: str = "HMAC-SHA1",
        realm: str | None = None,
        placement: Placement = "header",
        body_hash: bool = False,
        version: bool = True,
        method: str = "POST",
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
        )

    def signer(self, consumer: Consumer, token: AccessToken | RequestToken | None = None) -> Signer:
        """A signer that signs as this service wants it."""
        return Signer(
            consumer,
            token,
            signature_method=self.signature_method,
            realm=self.realm,
            placement=self.placement,
            body_hash=self.body_hash,
            version=self.version,
        )
