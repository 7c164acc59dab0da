"""Money, trade, business. State of 24 November 2026; “believed” marks what no source confirmed."""

import re

from valetkey.protocol.errors import Unsignable
from valetkey.services import joins
from valetkey.services.quirks import Quirks
from valetkey.services.service import Legs, Service, checked_base


def netsuite(account: str) -> Service:
    """An account of NetSuite, with token-based authentication.

    :param account: its id, as Setup > Company > Company Information shows it (``1234567``, ``1234567_SB1``),
        or as its own addresses have it (``1234567-sb1``).
    :raises Unsignable: where it can't be one.
    """
    # The realm has the id in capitals with an underscore; the hosts have it in small letters with a hyphen.
    # HMAC-SHA1 ended with 2023.1. No new integration of this kind from 2027.1 on; those that exist go on. A
    # timestamp may be 5 minutes off; a nonce has at least 6 characters. Whoever clicks Deny comes back with
    # an empty verifier. Its answers say little: the reason stands in the Login Audit Trail.
    if not re.fullmatch(r"[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*", account):
        raise Unsignable("account", "an account id is like 1234567 or 1234567_SB1")
    host = account.lower().replace("_", "-")
    restlets = f"https://{host}.restlets.api.netsuite.com"
    return Service(
        f"{restlets}/rest/requesttoken",
        f"https://{host}.app.netsuite.com/app/login/secure/authorizetoken.nl",
        f"{restlets}/rest/accesstoken",
        signature_method="HMAC-SHA256",
        realm=account.upper().replace("-", "_"),
        legs=Legs(denials={("oauth_verifier", "")}),
        urls={
            "api": f"https://{host}.suitetalk.api.netsuite.com/services/rest/",
            "restlet": f"{restlets}/app/site/hosting/restlet.nl",
        },
        source="docs.oracle.com NetSuite help, section_1534941088, _1534941295, _156338994830",
    )


# No tokens: the consumer key and an RSA key from a PKCS#12 file. Each request has the SHA-256 of its body, a
# GET that of nothing. The oauth_* values go raw into the header and into the base string.
MASTERCARD = Service(
    signature_method="RSA-SHA256",
    body_hash=True,
    quirks=Quirks(body_hash="sha256", hash_all=True, join=joins.mastercard, raw_header=True),
    urls={"api": "https://api.mastercard.com/", "sandbox": "https://sandbox.api.mastercard.com/"},
    source="Mastercard/oauth1-signer-python oauth.py, coreutils.py, tests/test_oauth.py",
)

# All token requests are GET, and always `oob`: a callback is configured with the consumer key, and only then
# is it confirmed. A token sleeps after 2 hours without a call (renewing wakes it) and dies at midnight, US
# Eastern time. Errors are HTML pages. The sandbox's data has a host of its own, its token requests haven't.
ETRADE = Service(
    "https://api.etrade.com/oauth/request_token",
    "https://us.etrade.com/e/t/etws/authorize",
    "https://api.etrade.com/oauth/access_token",
    method="GET",
    legs=Legs(
        unconfirmed_callback=True,
        only_oob=True,
        token_name="token",  # noqa: S106  # its name in an address
        key_name="key",
        renew_url="https://api.etrade.com/oauth/renew_access_token",
        revoke_url="https://api.etrade.com/oauth/revoke_access_token",
    ),
    urls={"api": "https://api.etrade.com/v1/", "sandbox": "https://apisb.etrade.com/v1/"},
    source="apisb.etrade.com/docs/api/authorization; pyetrade authorization.py",
)


def magento(base: str, *, signature_method: str = "HMAC-SHA256") -> Service:
    """A shop with Magento 2, or Adobe Commerce.

    :param base: its base address: ``https://shop.example``.
    :param signature_method: ``HMAC-SHA256`` from 2.4.4 on, which takes nothing else; ``HMAC-SHA1`` before.
    :raises Unsignable: where `base` isn't an address.
    """
    # There is no page: when an integration is activated, the shop POSTs consumer key, secret and verifier to
    # its callback. Most people skip the walk, and take the four values that the admin shows. Parameters have
    # an order of their own; see `joins.magento`. JSON bodies aren't signed, which is as the RFC has it.
    base = checked_base(base)
    return Service(
        f"{base}/oauth/token/request",
        "",
        f"{base}/oauth/token/access",
        signature_method=signature_method,
        legs=Legs(unconfirmed_callback=True, callback_name=""),
        quirks=Quirks(join=joins.magento),
        urls={"api": f"{base}/rest/"},
        source="magento2 Framework/Oauth, Integration/Model/Oauth; developer.adobe.com oauth-errors",
    )


def woocommerce(base: str, *, signature_method: str = "HMAC-SHA256", legacy: bool = False) -> Service:
    """A shop with WooCommerce that is called over http; over https, Basic with the same two keys is enough.

    :param base: the shop's home address, to the letter (``www``, folder): ``http://shop.example``.
    :param signature_method: ``HMAC-SHA256`` or ``HMAC-SHA1``.
    :param legacy: for the API below ``/wc-api/v1`` and ``/v2``, whose key is the secret alone, without ``&``.
    :raises Unsignable: where `base` isn't an address.
    """
    # No tokens, in the query, without a version. Parameters are joined as PHP has them; see
    # `joins.woocommerce`. Of the legacy API's key the documents alone speak; that it joins alike is believed.
    base = checked_base(base)
    return Service(
        signature_method=signature_method,
        placement="query",
        version=False,
        quirks=Quirks(join=joins.woocommerce, secret_alone=legacy),
        urls={"api": f"{base}/wc-api/" if legacy else f"{base}/wp-json/wc/v3/"},
        source="woocommerce class-wc-rest-authentication.php; woocommerce-rest-api-docs; wc-api-python",
    )


def jira(base: str) -> Service:
    """Jira, Confluence or Bitbucket on a server of one's own (Data Center): one family.

    :param base: the product's base address, with its context path: ``https://jira.example/jira``.
    :raises Unsignable: where it isn't an address.
    """
    # The consumer key and its public key are entered in an incoming application link. Believed: that a
    # renewal goes to the third leg's address with the session handle that came with the token, and that
    # whoever denies comes back with the verifier `denied`.
    servlet = f"{checked_base(base)}/plugins/servlet/oauth"
    return Service(
        f"{servlet}/request-token",
        f"{servlet}/authorize",
        f"{servlet}/access-token",
        signature_method="RSA-SHA1",
        legs=Legs(renew_url=f"{servlet}/access-token", denials={("oauth_verifier", "denied")}),
        urls={"api": f"{checked_base(base)}/rest/"},
        source="developer.atlassian.com, the OAuth example; Atlassian's OAuth troubleshooting guide",
    )


# 1-leg (then there is no token), or 3-leg; in the query. The version must be there. The vendor's page still
# shows www.fatsecret.com for the three legs; its current client calls this host. Errors come with the status
# 200. A timestamp must never be smaller than the one before.
FATSECRET = Service(
    "https://authentication.fatsecret.com/oauth/request_token",
    "https://authentication.fatsecret.com/oauth/authorize",
    "https://authentication.fatsecret.com/oauth/access_token",
    placement="query",
    urls={"api": "https://platform.fatsecret.com/rest/server.api"},
    source="platform.fatsecret.com/docs/guides/authentication/oauth1; fatsecret 6.0.2 fatsecret.py",
)

# Tokens are made on its pages, and each is bound to an IP address. The version must be there. Errors come
# with the status 200: read `meta.code`.
BRICKLINK = Service(
    realm="",
    urls={"api": "https://api.bricklink.com/api/store/v1/"},
    source="apidev.bricklink.com, Authorization",
)


def _without_query(url: str) -> str:
    return url.partition("?")[0]


# The realm is the address without its query. A public resource, or a widget application, has an empty token.
# Its three legs aren't OAuth's: a page at /authenticate/{app token}, then a POST.
CARDMARKET = Service(
    quirks=Quirks(realm=_without_query, oauth={"oauth_token": ""}),
    urls={"api": "https://api.cardmarket.com/ws/v2.0/"},
    source="api.cardmarket.com, API:Auth_OAuthHeader; the public test of the vectors e2e-mkm",
)

# OAuth 1.0a signs one call alone, which gives an OAuth 2.0 token: POST `grant_type=client_credentials`, as a
# form. The consumer key is the *access key id*. The clock can be asked for.
HERE = Service(
    signature_method="HMAC-SHA256",
    urls={
        "token": "https://account.api.here.com/oauth2/token",
        "clock": "https://account.api.here.com/timestamp",
    },
    source="heremaps/here-aaa-java-sdk OAuth1Signer.java, HereAccount.java",
)
