"""Learning, infrastructure, and families of sites. State of 24 November 2026; “believed” marks what no source
confirmed.
"""

from valetkey.services.quirks import Quirks
from valetkey.services.service import Legs, Service, checked_base

# LTI 1.1, the tool consumer's side: a form that the person's browser POSTs to the tool. Its fields are those
# of the signed body.
LTI_LAUNCH = Service(
    placement="body",
    quirks=Quirks(oauth={"oauth_callback": "about:blank"}),
    source="1EdTech LTI 1.1 Implementation Guide, 4.3; moodle mod/lti/OAuth.php",
)

# LTI 1.1, the tool's side: application/xml to `lis_outcome_service_url`. The hash is SHA-1 whatever signs.
LTI_OUTCOMES = Service(
    body_hash=True,
    quirks=Quirks(body_hash="sha1"),
    source="pylti/lti outcome_request.py; canvas-lms lti_api_controller.rb; moodle mod/lti/OAuth.php",
)

# OAuth 1.0 without Revision A. With keys of one's own there is no token, and an empty one must be sent. Its
# SDK signs those calls with PLAINTEXT; its newer page recommends HMAC-SHA1 alone. A redirect must be signed
# anew, and a timestamp never be smaller than the one before. A school may have a page of its own.
SCHOOLOGY = Service(
    "https://api.schoology.com/v1/oauth/request_token",
    "https://app.schoology.com/oauth/authorize",
    "https://api.schoology.com/v1/oauth/access_token",
    realm="Schoology API",
    method="GET",
    legs=Legs(without_revision_a=True, callback_name="", return_name="return_url"),
    quirks=Quirks(oauth={"oauth_token": ""}),
    urls={"api": "https://api.schoology.com/v1/"},
    source="developers.schoology.com/api-documentation/authentication; schoology_php_sdk",
)


def maas(base: str) -> Service:
    """A MAAS (Canonical's Metal as a Service).

    Its API key is three values: ``key, token, secret = api_key.split(":")``. The consumer has no secret.

    :param base: where it is, with the path ``/MAAS`` where it has one: ``http://maas.example:5240/MAAS``.
    :raises Unsignable: where it isn't an address.
    """
    # PLAINTEXT is all that its server ever took, says its client.
    return Service(
        signature_method="PLAINTEXT",
        realm="OAuth",
        urls={"api": f"{checked_base(base)}/api/2.0/"},
        source="maas/python-libmaas maas/client/utils/__init__.py",
    )


# OAuth 1.0 without Revision A; any name is a consumer key, and there is no consumer secret. Nobody comes back
# from the page: ask for the access token until the answer is one (with `lp.context`). The token requests are
# forms, with a Referer; the API has a header. Believed: that a nonce and a time, which its own client leaves
# out of the token requests, do no harm there.
LAUNCHPAD = Service(
    "https://launchpad.net/+request-token",
    "https://launchpad.net/+authorize-token",
    "https://launchpad.net/+access-token",
    signature_method="PLAINTEXT",
    realm="OAuth",
    legs=Legs(
        without_revision_a=True,
        callback_name="",
        placement="body",
        headers={"Referer": "https://launchpad.net/"},
    ),
    urls={"api": "https://api.launchpad.net/"},
    source="launchpadlib credentials.py; lazr.restfulclient authorize/oauth.py",
)


def okapi(base: str) -> Service:
    """An Opencaching site.

    :param base: ``https://www.opencaching.de``, or one of its sisters.
    :raises Unsignable: where it isn't an address.
    """
    # Over https it checks neither timestamp nor nonce. The page takes `interactivity` and `langpref`.
    services = f"{checked_base(base)}/okapi/services"
    return Service(
        f"{services}/oauth/request_token",
        f"{services}/oauth/authorize",
        f"{services}/oauth/access_token",
        legs=Legs(denials={("error", "access_denied")}),
        urls={"api": f"{services}/"},
        source="opencaching/okapi okapi/core/OAuth, okapi/services/oauth/*/docs.xml",
    )
