"""What a request needs, beside what its application may do and what its person allowed."""

import time
from collections.abc import Mapping

from valetkey.django.models import Access, AccessToken, Application
from valetkey.protocol.errors import Refused
from valetkey.verifier import Verified, concern

DjangoVerified = Verified[Application, AccessToken]

#: How the first leg says that it asks for less than its application may have. Twitter named it, and clients
#: of its kind send it beside the protocol's own parameters.
ASKED = "x_auth_access_type"


def check_access(verified: DjangoVerified, access: str) -> None:
    """
    :param access: what the request needs: ``read`` or ``write``.
    :raises Refused: where the application may not do that, or the person didn't allow it: 403.
    """
    wanted = _words(access)
    application, token = verified.consumer, verified.token
    if not Access.covers(application.access, access):
        has = _words(application.access)
        raise _denied(
            verified,
            f"This application is {has}, and this request needs {wanted}: its owner can change that, and then"
            " people must allow it again.",
        )
    if token is not None and not Access.covers(token.access, access):
        has = _words(token.access)
        raise _denied(
            verified,
            f"This token was allowed as {has}, and this request needs {wanted}: let the person allow the"
            " application again.",
        )


def check_body(verified: DjangoVerified) -> None:
    """
    :raises Refused: where the signature says nothing about the body: 400.
    """
    if not verified.body_signed:
        refused = Refused(
            "parameter_absent",
            "This request's body isn't signed, and here it must be: send a form, or the body's hash as"
            " oauth_body_hash.",
            facts={"oauth_parameters_absent": "oauth_body_hash"},
        )
        concern(refused, verified.case(time.time()))
        raise refused


def asked_access(verified: DjangoVerified) -> str | None:
    """The access that a first leg asks for, by :data:`ASKED`, wherever in what was signed it stands; None
    where it leaves that to its application's registration.

    :raises Refused: for another word than ``read`` and ``write``, and for more than the application may have.
    """
    asked = [value for name, value in verified.parameters if name == ASKED]
    if not asked:
        return None
    if len(asked) > 1 or asked[0] not in Access.values:
        raise Refused(
            "parameter_rejected",
            f"{ASKED} may be there once, and be “read” or “write”: send one of the two, or leave it out.",
            facts={"oauth_parameters_rejected": ASKED},
        )
    # Not quietly less: who asks to write means to, and would learn only at the first write, after people were
    # asked in vain, that nobody could have allowed it.
    if not Access.covers(verified.consumer.access, asked[0]):
        has, wanted = _words(verified.consumer.access), _words(asked[0])
        raise Refused(
            "permission_denied",
            f"This application is {has}, and {ASKED} asks for {wanted}: leave it out, or let the"
            " application's owner change that.",
        )
    return asked[0]


def _denied(verified: DjangoVerified, advice: str) -> Refused:
    refused = Refused("permission_denied", advice)
    concern(refused, verified.case(time.time()))
    return refused


def _words(access: str) -> str:
    # Another word can only have come into the database by hand. It allows nothing.
    return _WORDS.get(access, f"“{access}”")


# Advice is in English, whatever language the site's pages speak.
_WORDS: Mapping[str, str] = {Access.READ: "read only", Access.WRITE: "read and write"}
