"""OAuth 1.0a (RFC 5849), both ends of the wire."""

from valetkey.clock import Clock
from valetkey.handshake import Handshake, Leg
from valetkey.protocol.credentials import AccessToken, Consumer, RequestToken
from valetkey.protocol.errors import BadCallback, Denied, Error, Refused, ServiceError, Unsignable
from valetkey.protocol.messages import Answer, Headers
from valetkey.protocol.parameters import Parameter
from valetkey.protocol.signatures import register_signature_method
from valetkey.provider import Decision, Pending, Provider, Reply
from valetkey.services import Service
from valetkey.signer import Signed, Signer
from valetkey.stores import AsyncProviderStore, AsyncStore, ProviderStore, Store
from valetkey.stores.memory import MemoryStore
from valetkey.verifier import Verified, Verifier

__all__ = [
    "AccessToken",
    "Answer",
    "AsyncProviderStore",
    "AsyncStore",
    "BadCallback",
    "Clock",
    "Consumer",
    "Decision",
    "Denied",
    "Error",
    "Handshake",
    "Headers",
    "Leg",
    "MemoryStore",
    "Parameter",
    "Pending",
    "Provider",
    "ProviderStore",
    "Refused",
    "Reply",
    "RequestToken",
    "Service",
    "ServiceError",
    "Signed",
    "Signer",
    "Store",
    "Unsignable",
    "Verified",
    "Verifier",
    "register_signature_method",
]
