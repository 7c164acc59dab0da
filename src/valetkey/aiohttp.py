"""Signing with aiohttp."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from contextvars import ContextVar
from functools import partial

import aiohttp
from aiohttp.payload import BytesPayload
from yarl import URL

from valetkey.clock import Clock
from valetkey.flow import arun
from valetkey.handshake import Handshake
from valetkey.protocol.credentials import AccessToken, RequestToken
from valetkey.protocol.messages import Answer
from valetkey.sending import TIMEOUT, Reading, check_sendable, no_answer
from valetkey.signer import Signed, Signer
from valetkey.signing import Signing

# The call that this task has made last, and where it is signed ("" once it has left). What one call has in
# common with what it is redirected to is its timer: aiohttp shows a middleware nothing else of it.
_last: ContextVar[tuple[object, str]] = ContextVar("last", default=(None, ""))


class OAuth1:
    """Signs what a session sends, as a client middleware: ``aiohttp.ClientSession(middlewares=[
    OAuth1(signer)])``, or at a single call: ``session.get(url, middlewares=[OAuth1(signer)])``.

    A redirect to the same origin is signed anew; to another origin it goes without a signature. Let it be
    the last of the middlewares, since it signs what it sees.

    :param insecure: allows PLAINTEXT over http to another computer, where everybody on the way can read the
        secrets.
    :param clock: what the time is; where a request is refused because of it, the answer sets it, and the
        request is signed once more.
    """

    def __init__(self, signer: Signer, *, insecure: bool = False, clock: Clock | None = None) -> None:
        self._signing = Signing(signer, insecure=insecure, clock=clock)

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        url = str(request.url)
        timer, here = _last.get()
        if timer is not request._timer:
            here = url
        elif not self._signing.stays(here, url):
            here = ""
        _last.set((request._timer, here))
        if not here:
            await self._unsign(request)
            return await handler(request)
        await self._sign(request)
        response = await handler(request)
        once_more = _octets(request) is not None or not request.body
        if once_more and self._signing.again(str(response.url), response.status, response.headers):
            response.release()
            await self._sign(request)
            response = await handler(request)
        return response

    async def _sign(self, request: aiohttp.ClientRequest) -> None:
        payload = _octets(request)
        content_type = request.headers.get("Content-Type")
        signed = self._signing.sign(
            request.method,
            str(request.url),
            content_type=content_type,
            authorization=request.headers.get("Authorization"),
            body=await payload.as_bytes() if payload else None,
            streamed=bool(request.body) and payload is None,
        )
        placement = self._signing.signer.placement
        if placement == "header":
            request.headers["Authorization"] = signed.authorization
        elif placement == "query":
            request.url = URL(signed.url, encoded=True)
        else:
            content_type = request.headers["Content-Type"] = signed.headers["Content-Type"]
            await request.update_body(BytesPayload(signed.body or b"", content_type=content_type))

    async def _unsign(self, request: aiohttp.ClientRequest) -> None:
        """Takes away what came along from where it was signed."""
        request.url = URL(self._signing.unsigned(str(request.url)), encoded=True)
        if (payload := _octets(request)) and self._signing.signer.placement == "body":
            bare = self._signing.unsigned_form(await payload.as_bytes())
            await request.update_body(BytesPayload(bare or b"", content_type=payload.content_type))


async def send(
    signed: Signed, *, session: aiohttp.ClientSession | None = None, timeout: float = TIMEOUT
) -> Answer:
    """Sends `signed` as it is and gives the answer, whatever its status. Redirects aren't followed.

    :param session: whose connections are used; its own headers and cookies are sent along, its middlewares
        aren't asked.
    :param timeout: seconds for the whole of it.
    :raises ServiceError: where there is no answer (`status` 0), or one of more than 1,000,000 octets.
    :raises Unsignable: for another scheme than https or http, or where aiohttp would send another address
        than was signed.
    """
    check_sendable(signed)
    url = URL(signed.url, encoded=True)
    check_sendable(signed, str(url))
    async with AsyncExitStack() as stack:
        sender = session
        if sender is None:
            sender = await stack.enter_async_context(aiohttp.ClientSession(trust_env=True))
        try:
            response = await stack.enter_async_context(
                sender.request(
                    signed.method,
                    url,
                    data=signed.body,
                    headers=[*signed.headers.pairs, ("Accept-Encoding", "identity")],
                    skip_auto_headers=["Content-Type"],
                    timeout=aiohttp.ClientTimeout(total=timeout),
                    allow_redirects=False,
                    auto_decompress=False,
                    raise_for_status=False,
                    middlewares=(),
                )
            )
            reading = Reading(response.status, response.headers.get("Content-Encoding"))
            async for piece in response.content.iter_any():
                reading.add(piece)
        except TimeoutError as error:
            raise no_answer(signed.url, "the answer took too long") from error
        except (aiohttp.ClientError, OSError) as error:
            raise no_answer(signed.url, str(error) or type(error).__name__) from error
    return Answer(response.status, response.headers.items(), reading.body)


async def fetch_request_token(
    handshake: Handshake, *, session: aiohttp.ClientSession | None = None, timeout: float = TIMEOUT
) -> RequestToken:
    """The first leg (section 2.1).

    :param session: as :func:`send` takes it, and `timeout` too.
    :raises ServiceError: where the service refuses.
    """
    return await arun(handshake.requesting(partial(send, session=session, timeout=timeout)))


async def fetch_access_token(
    handshake: Handshake,
    request_token: RequestToken,
    verifier: str,
    *,
    session: aiohttp.ClientSession | None = None,
    timeout: float = TIMEOUT,
) -> AccessToken:
    """The third leg (section 2.3), likewise.

    :param verifier: from :meth:`Handshake.verifier`, or the PIN that the person typed.
    """
    sending = partial(send, session=session, timeout=timeout)
    return await arun(handshake.exchanging(sending, request_token, verifier))


async def authorize(
    handshake: Handshake,
    ask: Callable[[str], Awaitable[str]],
    *,
    session: aiohttp.ClientSession | None = None,
    timeout: float = TIMEOUT,
) -> AccessToken:
    """Walks the three legs.

    :param ask: is given the address of the page where the person decides, shows it to them, and returns what
        came back: the address of the callback with its query, or, where the handshake's callback is ``oob``,
        the PIN that they typed. It is awaited, so that others go on while a person decides.
    :raises ServiceError: where the service refuses.
    :raises Denied: where the person says no.
    :raises BadCallback: where what came back belongs to another request.
    """
    return await arun(handshake.walking(partial(send, session=session, timeout=timeout), ask))


def _octets(request: aiohttp.ClientRequest) -> BytesPayload | None:
    """The body, where it can be read and sent again; what is compressed on its way can't be read."""
    body = request.body
    return body if isinstance(body, BytesPayload) and not request.compress else None
