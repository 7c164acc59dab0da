"""What a client adapter asks of the core: to sign what is about to be sent, whether a signature may follow a
redirect, and whether a refused request is worth signing once more.
"""

from collections.abc import Mapping

from valetkey.clock import Clock
from valetkey.handshake import check_channel
from valetkey.protocol.encoding import Malformed, utf8
from valetkey.protocol.errors import Unsignable
from valetkey.protocol.header import is_oauth
from valetkey.protocol.origin import same_origin
from valetkey.protocol.parameters import is_form
from valetkey.signer import Signed, Signer


class Signing:
    """Signs for an adapter. It holds nothing of a request.

    :param insecure: allows PLAINTEXT over http to another computer, where everybody on the way can read the
        secrets.
    :param clock: what the time is; answers may set it. Without one, the machine's own.
    """

    def __init__(self, signer: Signer, *, insecure: bool = False, clock: Clock | None = None) -> None:
        self.signer = signer
        self.insecure = insecure
        self.clock = clock

    def sign(
        self,
        method: str,
        url: str,
        *,
        content_type: str | None = None,
        authorization: str | None = None,
        body: bytes | str | None = None,
        streamed: bool = False,
        oauth: Mapping[str, str] | None = None,
        nonce: str | None = None,
        timestamp: int | str | None = None,
    ) -> Signed:
        """The request, signed. Of its headers it has the Content-Type, and what signing adds.

        :param url: as the library will send it. A signature in it is replaced, and in the body too.
        :param authorization: the Authorization header that is there already; a signature in it is replaced.
        :param body: as the library will send it.
        :param streamed: whether there is a body that can't be read before it is sent.
        :raises Unsignable: as :meth:`Signer.sign` does; for a body that would have to be read; for PLAINTEXT
            over http.
        """
        if streamed:
            self._check_unread(content_type)
        fields = {} if content_type is None else {"Content-Type": content_type}
        if authorization is not None and not is_oauth(authorization):
            fields["Authorization"] = authorization
        if timestamp is None and self.clock is not None:
            timestamp = self.clock()
        if self.signer.placement == "body" and content_type is not None and body is None and not streamed:
            body = b""  # what says that it is a form is one, even with nothing in it
        if self.signer.placement != "header":
            url, body = self.unsigned(url), self.unsigned_form(utf8(body) if isinstance(body, str) else body)
        signed = self.signer.sign(
            method, url, headers=fields, body=body, oauth=oauth or None, nonce=nonce, timestamp=timestamp
        )
        if self.signer.signature_method == "PLAINTEXT":
            check_channel("url", signed.url, insecure=self.insecure)
        return signed

    def unsigned(self, url: str) -> str:
        """`url` without what an earlier signature added: services like to repeat a query in a redirect."""
        if self.signer.placement != "query":
            return url
        address, mark, query = url.partition("?")
        bare = _bare(query)
        return f"{address}{mark}{bare}" if bare != query else url

    def unsigned_form(self, body: bytes | None) -> bytes | None:
        """A form without what an earlier signature added to it."""
        if self.signer.placement != "body" or not body:
            return body
        return _bare(body.decode("latin-1")).encode("latin-1")

    def stays(self, url: str, onward: str) -> bool:
        """Whether a redirect from `url` to `onward` may be signed: only where it stays at one origin."""
        return same_origin(url, onward)

    def again(self, url: str, status: int, headers: Mapping[str, str]) -> bool:
        """Whether a request to `url` that was answered so is to be signed once more: where it was refused,
        and the answer has set the clock. Ask once for each request, since an answer may say any time.
        """
        return status == 401 and self.clock is not None and self.clock.hear(url, headers)

    def _check_unread(self, content_type: str | None) -> None:
        try:
            form = is_form(content_type)
        except Malformed as error:
            raise Unsignable("body", error.reason) from None
        if form:
            raise Unsignable("body", "a form must be given as octets, since its parameters are signed")
        if self.signer.body_hash:
            raise Unsignable("body", "body_hash covers what is known beforehand: give the body as octets")


def _bare(query: str) -> str:
    pieces = query.split("&")
    if not any(piece.startswith("oauth_signature=") for piece in pieces):
        return query
    return "&".join(piece for piece in pieces if not piece.startswith("oauth_"))
