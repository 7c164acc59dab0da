"""What providers say when they refuse, and what it means: a table that reads like documentation.

What it says is a guess, never a proof: a provider's words are about what it looked at first. Where our own
computation finds the signature right, a row on signatures means that the provider has other keys, or sees
another URL.

Read from the providers' pages and code, and from the threads of those who met them, until November 2026; the
sources stand in :data:`SOURCES`.
"""

import re
from typing import Literal, get_args

from valetkey.protocol.values import Value

Meaning = Literal[
    "signature",  # the base string, the key or the method differs
    "key",  # the consumer key, or what belongs to it
    "clock",
    "nonce",
    "permission",
    "tier",  # the plan that is paid for
    "callback",  # or the verifier that it brings
    "throttle",
    "token",  # revoked, expired, of another kind
    "missing",  # a parameter
    "header",  # the Authorization header was lost on the way
]
MEANINGS: tuple[str, ...] = get_args(Meaning)

#: Of an answer, how much is looked through.
MAX_TEXT = 200_000
ANY = "*"


class Entry(Value):
    """One row.

    :param service: whose words these are; ``*`` is everybody's.
    :param pattern: a regular expression, found anywhere in the answer, ignoring case.
    :param meaning: in one word, one of :data:`MEANINGS`.
    :param says: what it means, in a sentence or a part of one.
    :param mend: what to do.
    :param status: the HTTP status that it comes with, where that is needed to tell it; 0 is any.
    :param needs_service: the pattern is a common word, so it counts only where the service is known.
    """

    __slots__ = ("service", "pattern", "meaning", "says", "mend", "status", "needs_service")
    service: str
    pattern: str
    meaning: Meaning
    says: str
    mend: str
    status: int
    needs_service: bool

    def __init__(
        self,
        service: str,
        pattern: str,
        meaning: Meaning,
        says: str,
        mend: str,
        status: int = 0,
        needs_service: bool = False,
    ) -> None:
        self._fill(
            service=service,
            pattern=pattern,
            meaning=meaning,
            says=says,
            mend=mend,
            status=status,
            needs_service=needs_service,
        )

    @property
    def source(self) -> str:
        """Where its service's words were read."""
        return SOURCES[self.service]


def look_up(text: str, status: int = 0, service: str | None = None) -> list[Entry]:
    """The rows that fit an answer, the service's own first, then in the table's order.

    :param text: the whole answer: status, header fields, and the body as it came and decoded once
        (:attr:`valetkey.doctor.reply.Reply.text`).
    :param status: of the answer; 0 where it isn't known.
    :param service: a key of :data:`SOURCES`, as :func:`service_of` gives it; None where it isn't known, and
        then every service's rows are looked at whose words are their own.
    """
    text = text[:MAX_TEXT]
    found = [entry for entry in TABLE if _fits(entry, text, status, service)]
    return sorted(found, key=lambda entry: entry.service == ANY)


def _fits(entry: Entry, text: str, status: int, service: str | None) -> bool:
    if (
        entry.service != ANY
        and (service or (None if entry.needs_service else entry.service)) != entry.service
    ):
        return False
    if entry.status and entry.status != status:
        return False
    return bool(re.search(entry.pattern, text, re.IGNORECASE))


def service_of(host: str) -> str | None:
    """The service that lives at a host, where that is known by its name alone.

    :param host: in lower case, without a port.
    """
    return next((name for end, name in HOSTS.items() if host == end or host.endswith(f".{end}")), None)


def retired(url: str) -> str | None:
    """What is to be said of an address where OAuth 1.0 is no longer spoken; None for any other.

    :param url: absolute; what matters are host and path.
    """
    address = url.partition("://")[2].lower()
    return next((said for start, said in RETIRED.items() if address.startswith(start)), None)


#: Hosts that tell the service, by the end of their names.
HOSTS = {
    "x.com": "X",
    "twitter.com": "X",
    "tumblr.com": "Tumblr",
    "flickr.com": "Flickr",
    "discogs.com": "Discogs",
    "wikimedia.org": "MediaWiki",
    "wikipedia.org": "MediaWiki",
    "wikidata.org": "MediaWiki",
    "mediawiki.org": "MediaWiki",
    "smugmug.com": "SmugMug",
    "netsuite.com": "NetSuite",
    "mastercard.com": "Mastercard",
    "etrade.com": "E*TRADE",
    "bricklink.com": "BrickLink",
    "fatsecret.com": "FatSecret",
    "instructure.com": "Canvas",
    "api.here.com": "HERE",
    "etsy.com": "Etsy",
    "postman-echo.com": "postman-echo",
    **{f"opencaching.{country}": "OKAPI" for country in ("de", "pl", "us", "nl", "ro", "uk")},
}

#: Addresses where OAuth 1.0 has ended, without their scheme.
RETIRED = {
    "www.openstreetmap.org/oauth/": "OpenStreetMap ended OAuth 1.0 on 1 June 2024: use OAuth 2.0.",
    "openapi.etsy.com/v2/": "Etsy ended its API v2 and OAuth 1.0 in April 2023: use v3.",
    "api.xero.com/oauth/": "Xero ended OAuth 1.0 in March 2021: use OAuth 2.0.",
    "api.linkedin.com/uas/oauth/": "LinkedIn ended OAuth 1.0 in 2019: use OAuth 2.0.",
    "bitbucket.org/api/1.0/": "Bitbucket Cloud removed its API 1.0 on 29 April 2019: use 2.0.",
    "bitbucket.org/!api/1.0/": "Bitbucket Cloud removed its API 1.0 on 29 April 2019: use 2.0.",
    "oauth.withings.com/": "Withings ended OAuth 1.0 on 30 November 2018: use OAuth 2.0.",
    "developer.health.nokia.com/": "Nokia Health is Withings again, without OAuth 1.0: use its OAuth 2.0.",
    "api.500px.com/": "500px closed its API on 15 June 2018.",
    "www.google.com/accounts/oauth": "Google ended OAuth 1.0 on 20 April 2015: use OAuth 2.0.",
    "www.goodreads.com/oauth/": "Goodreads closed its API.",
    "connectapi.garmin.com/oauth-service/": "Garmin ends OAuth 1.0 on 31 December 2026: use OAuth 2.0.",
}

#: Where each service's words were read.
SOURCES = {
    ANY: "the Problem Reporting extension; RFC 5849, section 3.2",
    "Atlassian": "developer.atlassian.com; confluence.atlassian.com, OAuth troubleshooting guide",
    "BrickLink": "apidev.bricklink.com, Authorization",
    "Canvas": "canvas-lms, app/controllers/lti_api_controller.rb",
    "Discogs": "www.discogs.com/developers",
    "E*TRADE": "apisb.etrade.com, docs/api/authorization; pyetrade 4, 5, 38, 52, 55",
    "Etsy": "iamfmjk/etsy 147",
    "FatSecret": "platform.fatsecret.com, docs/guides/authentication/oauth1",
    "Flickr": "flickr.com/services/api, the methods' pages; flickrapi 147",
    "HERE": "developer.here.com, error messages; heremaps/here-aaa-java-sdk, HereAccount.java",
    "LTI": "IMS LTI 1.1 outcomes; openedx 13454",
    "Magento": "magento/magento2, lib/internal/Magento/Framework/Oauth; 12032, 13961, 37913",
    "Mastercard": "developer.mastercard.com, OAuth 1.0a error codes; Mastercard/oauth1-signer-python 37",
    "MediaWiki": "mediawiki-extensions-OAuth, i18n/en.json and src/Lib/OAuthServer.php",
    "NetSuite": "docs.oracle.com, NetSuite help, sections 156338994830 to 1534941538",
    "OKAPI": "opencaching/okapi, okapi/core/Exception and okapi/core/OAuth",
    "SmugMug": "api.smugmug.com, api/v2/doc/tutorial/oauth/faq.html",
    "Tumblr": "tumblr/docs, api.md",
    "WooCommerce": "woocommerce/woocommerce, includes/class-wc-rest-authentication.php",
    "WordPress": "WP-API/OAuth1, lib/class-wp-rest-oauth1.php",
    "X": "xdevplatform/docs, fundamentals/authentication; tweepy 2217; hybridauth 1314",
    "postman-echo": "postman-echo.com/oauth1",
}


def _table(service: str, *rows: tuple[str, Meaning, str, str]) -> list[Entry]:
    return [Entry(service, *row) for row in rows]


def _problems(*rows: tuple[str, Meaning, str, str]) -> list[Entry]:
    """Rows of the extension's codes, however an answer writes them: in a form, a header, JSON or a page."""
    joined = r"oauth_problem[\"']?\s{0,4}(?:=|:|%3D)\s{0,4}[\"']?"
    return [Entry(ANY, rf"{joined}(?:{code})\b", meaning, says, mend) for code, meaning, says, mend in rows]


_FATSECRET: tuple[tuple[int, Meaning, str, str], ...] = (
    (2, "missing", "code 2: a parameter is missing", "Send it; oauth_version is due too."),
    (3, "missing", "code 3: an oauth_ parameter that it doesn't know", "Leave it out."),
    (4, "signature", "code 4: another signature method is due", "Use HMAC-SHA1."),
    (5, "key", "code 5: the consumer key is wrong", "Check the key."),
    (
        6,
        "clock",
        "code 6: the timestamp is wrong or expired",
        "Set the clock; a timestamp must never go back.",
    ),
    (7, "nonce", "code 7: this nonce was used before", "Make a new nonce for each try."),
    (8, "signature", "code 8: the signature is wrong", "See whether it is encoded twice."),
    (9, "token", "code 9: the token is wrong", "Authorize again."),
)

TABLE: tuple[Entry, ...] = (
    # --- everybody's: the Problem Reporting extension ---------------------------------------------------
    *_problems(
        (
            "signature_invalid",
            "signature",
            "the signature isn't the one that the provider computed",
            "Compare base strings; then the secrets; then the URL as the server sees it.",
        ),
        (
            "parameter_absent",
            "missing",
            "a parameter is missing (oauth_parameters_absent names it)",
            "Send it. If all were sent, the header was lost on the way, by a proxy or a redirect.",
        ),
        (
            "parameter_rejected",
            "missing",
            "a value has the wrong form, or a parameter is unexpected or doubled",
            "Send each oauth_ parameter once, in one place.",
        ),
        (
            "timestamp_refused",
            "clock",
            "the timestamp is too far from the provider's clock",
            "Set the clock (NTP), and send seconds, not milliseconds; Date tells the skew.",
        ),
        (
            "nonce_used",
            "nonce",
            "this nonce was used before",
            "Make a new nonce for each try; look for a retry or a redirect that sends a request again.",
        ),
        (
            "signature_method_rejected",
            "signature",
            "the provider doesn't take this signature method",
            "Use another: Magento from 2.4.4 and NetSuite take HMAC-SHA256 only.",
        ),
        (
            "version_rejected",
            "missing",
            "oauth_version isn't 1.0",
            "Send oauth_version=1.0, or leave it out.",
        ),
        (
            "consumer_key_unknown",
            "key",
            "the provider doesn't know the consumer key",
            "Check the key, and that it is of this environment (sandbox or production).",
        ),
        (
            "consumer_key_rejected|consumer_key_refused",
            "key",
            "the consumer key is known and not accepted: expired, blocked, or of a wrong length",
            "Ask the provider to renew it, or enable it in its console.",
        ),
        (
            "token_rejected",
            "token",
            "the token is wrong or revoked, or a request token stands where an access token is due",
            "Authorize again.",
        ),
        (
            "token_expired",
            "token",
            "the token has expired",
            "Renew it where that is possible, else authorize again.",
        ),
        (
            "token_used",
            "token",
            "the request token was exchanged already",
            "Start again with a new request token.",
        ),
        ("token_revoked?", "token", "the person took the token back", "Authorize again."),
        (
            "verifier_invalid",
            "callback",
            "the verifier is of another request token, mistyped, or used twice",
            "Exchange each verifier once, with the request token that it came with.",
        ),
        (
            "permission_denied|permission_unknown",
            "permission",
            "the person said no, or the permission is missing",
            "Wait for the person's answer, or ask for the right access.",
        ),
        ("user_refused", "permission", "the person said no", "Nothing is wrong with the signature."),
        (
            "additional_authorization_required",
            "permission",
            "the person must log in once more",
            "Send the person through the authorization page again.",
        ),
        ("internal_error", "token", "the provider failed", "Look in its log, or try later."),
    ),
    # --- X ----------------------------------------------------------------------------------------------
    *_table(
        "X",
        (
            r"\"code\"\s*:\s*32\b|Could not authenticate you",
            "signature",
            "code 32: the signature is wrong, or one of the four credentials",
            "Check all four. In v2, a JSON body isn't signed.",
        ),
        (
            r"\"code\"\s*:\s*89\b",
            "token",
            "code 89: the token was revoked, regenerated, or is of another app",
            "Regenerate the access token.",
        ),
        (
            r"\"code\"\s*:\s*99\b",
            "throttle",
            "code 99: tokens were asked for too often, or the app can't be verified",
            "Wait, and check the consumer key and secret.",
        ),
        (
            r"\"code\"\s*:\s*135\b|Timestamp out of bounds",
            "clock",
            "code 135: the timestamp is out of bounds",
            "Set the clock.",
        ),
        (
            r"\"code\"\s*:\s*215\b",
            "header",
            "code 215: no usable Authorization header came, or OAuth 1.0 where OAuth 2.0 is due",
            "See whether the header is sent, and which kind the endpoint takes.",
        ),
        (
            r"\"code\"\s*:\s*220\b",
            "permission",
            "code 220: this kind of credentials may not use this endpoint",
            "Use the kind that its page names.",
        ),
        (
            r"\"code\"\s*:\s*261\b|READONLY_CLIENT_APPLICATION",
            "permission",
            "the app is read-only",
            "Change the app to read and write, and regenerate the token: an old one keeps the old access.",
        ),
        (
            r"\"code\"\s*:\s*(?:326|64)\b",
            "token",
            "the account is locked or suspended",
            "Log in in a browser.",
        ),
        (
            r"\"code\"\s*:\s*415\b|error code=\"415\"|Callback URL not approved",
            "callback",
            "code 415: the callback isn't registered",
            "Register it exactly, its trailing slash included.",
        ),
        (
            r"\"code\"\s*:\s*416\b",
            "key",
            "code 416: the app is suspended or invalid",
            "Look into the developer console.",
        ),
        (
            r"\"code\"\s*:\s*417\b|error code=\"417\"|Desktop applications only support",
            "callback",
            "code 417: the app has no callback",
            "Register one, or use oob.",
        ),
        (
            r"\"code\"\s*:\s*453\b",
            "tier",
            "code 453: the plan lacks this endpoint",
            "Use v2, or another plan.",
        ),
        (
            r"\"code\"\s*:\s*88\b",
            "throttle",
            "code 88: too many requests",
            "Wait until x-rate-limit-reset.",
        ),
        (
            "problems/oauth1-permissions",
            "permission",
            "the app or the token lacks write access",
            "Set read and write, then regenerate the access token and its secret.",
        ),
        (
            "problems/client-forbidden|client-not-enrolled",
            "tier",
            "the app isn't in a project, or its plan lacks this endpoint",
            "Put the app into a project of the right plan.",
        ),
        (
            "problems/usage-capped",
            "throttle",
            "the plan's cap is reached",
            "Wait for the next period, or change the plan.",
        ),
        (
            "Unsupported Authentication",
            "permission",
            "the endpoint takes OAuth 2.0 only",
            "Use OAuth 2.0 for it.",
        ),
    ),
    # --- Flickr, SmugMug, Etsy --------------------------------------------------------------------------
    *_table(
        "Flickr",
        (
            "debug_sbs=",
            "signature",
            "the answer holds the provider's own base string",
            "Compare it with yours. On an upload, leave the photo out of it.",
        ),
        (
            r"code=\"96\"|\"code\"\s*:\s*96\b",
            "signature",
            "code 96: the signature is wrong",
            "Compare base strings and secrets.",
        ),
        (
            r"code=\"97\"|\"code\"\s*:\s*97\b",
            "missing",
            "code 97: there is no signature",
            "Sign the request.",
        ),
        (
            r"code=\"100\"|\"code\"\s*:\s*100\b",
            "key",
            "code 100: the API key is wrong",
            "Check the consumer key.",
        ),
        ("Invalid auth token", "token", "the token is wrong or revoked", "Authorize again."),
        (
            "recogni[sz]e the permission set",
            "permission",
            "the authorization page lacks perms",
            "Add perms=read, write or delete.",
        ),
    ),
    *_table(
        "SmugMug",
        (
            "has not granted the required permissions",
            "permission",
            "the token's access is too low",
            "Ask for Access=Full and Permissions=Modify; the person must change it in the settings.",
        ),
    ),
    *_table("Etsy", (r"API v2 deprecated\.", "token", "OAuth 1.0 is gone here", "Use v3 with OAuth 2.0.")),
    # --- those that echo the base string ----------------------------------------------------------------
    *_table(
        "Atlassian",
        (
            "oauth_signature_base_string=",
            "signature",
            "the answer holds the provider's own base string",
            "Compare it with yours; check the product's base URL, and the proxy in front.",
        ),
    ),
    *_table(
        "Mastercard",
        (
            "Acceptable signature base string:",
            "signature",
            "the answer holds the provider's own base string",
            "Compare it with yours; if both are equal, the private key isn't the consumer key's.",
        ),
        (
            "INVALID_BODY_HASH",
            "signature",
            "the body's hash is another",
            "Hash the octets that are sent, and don't percent-encode the hash in the header.",
        ),
        (
            "AUTHENTICATION_FAILED",
            "signature",
            "the signature or the key isn't accepted",
            "Read the Description beside it.",
        ),
    ),
    *_table(
        "postman-echo",
        (
            r"\"base_string\"",
            "signature",
            "the answer holds the provider's own base string",
            "Compare it with yours.",
        ),
    ),
    # --- NetSuite ---------------------------------------------------------------------------------------
    *_table(
        "NetSuite",
        (
            "INVALID_LOGIN",
            "signature",
            "the login was refused; why stands only in NetSuite's own log",
            "Read Setup > Users/Roles > View Login Audit Trail, column Detail.",
        ),
        (
            "malformed syntax",
            "signature",
            "HMAC-SHA1 was used, or the header is malformed",
            "Use HMAC-SHA256.",
        ),
        (
            r"\bInvalidSignature\b",
            "signature",
            "the audit trail: the signature is wrong",
            "Sign the query, use HMAC-SHA256, the token's secret and not its id, and keep the realm out.",
        ),
        (
            r"\bInvalidTimestamp\b",
            "clock",
            "the audit trail: more than five minutes off",
            "Set the clock; don't queue signed requests.",
        ),
        (
            "UnknownIntegration",
            "key",
            "the audit trail: no such integration",
            "Check the account and the integration record.",
        ),
        (
            "IntegrationBlocked",
            "key",
            "the audit trail: the integration is blocked",
            "Set its record to Enabled.",
        ),
        (
            "AuthorizationFlowRequired",
            "permission",
            "the audit trail: the flow isn't allowed",
            "Tick TBA: Authorization Flow on the record.",
        ),
        (
            "FeatureDisabled",
            "permission",
            "the audit trail: the feature is off",
            "Enable Token-based Authentication.",
        ),
        (
            "InvalidCallback",
            "callback",
            "the audit trail: another callback",
            "It must equal the record's.",
        ),
        (
            "NonceRejected|nonce_rejected",
            "nonce",
            "the audit trail: the nonce is too short",
            "Use at least 6 characters, better 20.",
        ),
        (
            "MissingTokenPassportRequiredFields|MissingRequiredParameter",
            "missing",
            "the audit trail: a field is missing",
            "Add it.",
        ),
    ),
    Entry(
        "NetSuite",
        r"nonce_used|NonceUsed",
        "nonce",
        "the audit trail: this nonce was used before",
        "Sign again on every retry.",
        needs_service=True,
    ),
    Entry(
        "NetSuite",
        r"consumer_key_unknown",
        "key",
        "the audit trail: no such consumer key",
        "Check the account and the integration record.",
        needs_service=True,
    ),
    # --- Magento ----------------------------------------------------------------------------------------
    *_table(
        "Magento",
        (
            "The signature is invalid. Verify and try again",
            "signature",
            "the signature is wrong",
            "Use HMAC-SHA256 from 2.4.4 on; sign searchCriteria[…]; send JSON with its Content-Type.",
        ),
        (
            r"Signature method .{0,40} is not supported",
            "signature",
            "another signature method is due",
            "Use HMAC-SHA256.",
        ),
        (
            "Consumer key has expired",
            "key",
            "the integration is older than five minutes at /oauth/token/request",
            "Use the access token that the admin shows.",
        ),
        (
            "is not a verifier token|is not a request token",
            "token",
            "the integration is active already",
            "Call the API directly, with the access token that the admin shows.",
        ),
        (
            "is not the correct length",
            "key",
            "keys and tokens have 32 characters",
            "Look for a cut or padded value, or key and secret mixed up.",
        ),
        (
            "nonce is already being used",
            "nonce",
            "this nonce was used before",
            "Make a new nonce for each try.",
        ),
        (
            "Incorrect timestamp value",
            "clock",
            "the clock is more than ten minutes ahead, or in milliseconds",
            "Set the clock.",
        ),
        (
            "Consumer is not authorized to access",
            "permission",
            "the integration lacks this resource; or the Authorization header was lost",
            "Check its resources; then whether Basic or PHP-FPM in front takes the header.",
        ),
    ),
    # --- WooCommerce and WordPress ----------------------------------------------------------------------
    *_table(
        "WooCommerce",
        (
            "woocommerce_rest_authentication_missing_parameter",
            "missing",
            "parameters are missing: their names follow",
            "Send them; an empty value counts as missing.",
        ),
        (
            "provided signature does not match",
            "signature",
            "the signature is wrong",
            "Sign the shop's home URL (www, scheme, folder); keep & after the secret.",
        ),
        (
            "Consumer (?:key|secret) is invalid",
            "key",
            "wrong, deleted, or of another shop",
            "Make a new key in the shop.",
        ),
        (
            "Consumer key is missing",
            "header",
            "the Authorization header was lost",
            "Send the parameters in the query.",
        ),
        (
            "nonce has already been used",
            "nonce",
            "this nonce was used before",
            "Make a new nonce for each try.",
        ),
        (
            "does not have (?:read|write) permissions",
            "permission",
            "the key's access is too low",
            "Change it in the shop.",
        ),
        (
            "cannot be used to access this endpoint",
            "permission",
            "the route isn't WooCommerce's own (from 11.1)",
            "Use a route below wc/.",
        ),
    ),
    Entry(
        "WooCommerce",
        "Invalid timestamp",
        "clock",
        "more than 15 minutes off",
        "Set the clock.",
        needs_service=True,
    ),
    *_table(
        "WordPress",
        (
            "json_oauth1_signature_mismatch",
            "signature",
            "the signature is wrong",
            "With POST, this plugin leaves the query out of the base string.",
        ),
        (
            "json_oauth1_consumer_mismatch|json_consumer_notfound",
            "key",
            "the token is another client's, or the key is unknown",
            "Use the key that the token was made with.",
        ),
        (
            "json_oauth1_(?:invalid|expired)_token",
            "token",
            "the token is wrong or expired",
            "Authorize again.",
        ),
        (
            "json_oauth1_unauthorized_token|json_oauth1_invalid_verifier|\\binvalid_verifier",
            "callback",
            "the person hasn't approved, or the verifier is wrong",
            "Send the person to the authorization page, and exchange what comes back.",
        ),
        (
            "json_oauth1_invalid_callback",
            "callback",
            "the callback isn't the registered one",
            "Register it; oob works only where oob is registered.",
        ),
        (
            "No OAuth parameters supplied",
            "header",
            "the header was lost, or a redirect dropped the query",
            "Look for a redirect or a proxy.",
        ),
        ("Shoud be:", "signature", "the answer holds what the provider signed", "Compare it with yours."),
    ),
    # --- MediaWiki --------------------------------------------------------------------------------------
    *_table(
        "MediaWiki",
        (
            r"mwoauth[^\n]{0,200}Invalid signature|^Error: Invalid signature",
            "signature",
            "the signature is wrong",
            "Call index.php?title=…, whose title is signed, and not the pretty URL.",
        ),
        (
            r"Expired timestamp, yours",
            "clock",
            "more than five minutes off: the two numbers give the skew",
            "Set the clock.",
        ),
        (
            "Nonce already used",
            "nonce",
            "this nonce was used before",
            "Make a new nonce; find the retry.",
        ),
        (
            r"must be set to \\?[\"“]oob",
            "callback",
            "only oob is allowed for this consumer",
            "Send oauth_callback=oob, or register the callback as a prefix.",
        ),
        (
            "mwoauthserver-bad-consumer|consumer[^\n]{0,60}not approved",
            "key",
            "the consumer is pending, disabled, or not yours",
            "Wait for its approval, or register one.",
        ),
        (
            "owner-only",
            "token",
            "an owner-only consumer has no three legs",
            "Take the token from the registration page.",
        ),
        (
            "mwoauthdatastore-request-token-(?:already-used|not-found)",
            "token",
            "the request token is used up or unknown",
            "Start again.",
        ),
        (
            "mwoauthdatastore-bad-source-ip",
            "permission",
            "the consumer limits the addresses that it is called from",
            "Add this one.",
        ),
        (
            "wrong-wiki|can only be used on project",
            "permission",
            "the consumer is bound to another wiki",
            "Call that one, or register for all.",
        ),
        (
            "mwoauth-api-module-disabled",
            "permission",
            "this module is refused over OAuth",
            "Use another one.",
        ),
    ),
    # --- OKAPI ------------------------------------------------------------------------------------------
    *_table(
        "OKAPI",
        (
            r"\"reason_stack\"[^\]]{0,200}\"invalid_signature\"",
            "signature",
            "the signature is wrong",
            "Compare base strings.",
        ),
        (
            r"\"reason_stack\"[^\]]{0,200}\"invalid_consumer\"",
            "key",
            "the consumer key is unknown",
            "Check the key and the site.",
        ),
        (
            r"\"reason_stack\"[^\]]{0,200}\"invalid_token\"",
            "token",
            "the token is wrong or revoked",
            "Authorize again.",
        ),
        (
            r"\"reason_stack\"[^\]]{0,200}\"nonce_already_used\"",
            "nonce",
            "this nonce was used before",
            "Find the retry.",
        ),
        (
            r"\"reason_stack\"[^\]]{0,200}\"missing_parameter\"",
            "missing",
            "a parameter is missing",
            "The answer's parameter names it.",
        ),
        (
            r"\"reason_stack\"[^\]]{0,200}\"unsupported_signature_method\"",
            "signature",
            "another signature method is due",
            "Use HMAC-SHA1, or PLAINTEXT over https.",
        ),
        (
            r"\"yours\"[^}]{0,200}\"ours\"",
            "clock",
            "the answer holds both times",
            "Set the clock by the difference, in seconds.",
        ),
        (
            "error=access_denied",
            "permission",
            "the person said no",
            "Nothing is wrong with the signature.",
        ),
    ),
    # --- HERE, BrickLink, FatSecret ---------------------------------------------------------------------
    *_table(
        "HERE",
        (r"\b401200\b", "header", "there is no Authorization header", "See whether it is sent."),
        (
            r"\b401202\b",
            "missing",
            "a parameter is malformed or doubled",
            "Send each oauth_ parameter once.",
        ),
        (
            r"\b401204\b",
            "clock",
            "the timestamp is off",
            "Ask /timestamp for the time, correct yours, and try again.",
        ),
        (r"\b401205\b", "signature", "another signature method is due", "Use HMAC-SHA256."),
        (r"\b401206\b", "missing", "oauth_version must be 1.0", "Send oauth_version=1.0."),
        (
            r"\b401207\b",
            "nonce",
            "this nonce was used before",
            "Make a new nonce: a signature works once.",
        ),
        (
            r"\b401300\b",
            "signature",
            "the signature is wrong",
            "Use HMAC-SHA256, sign grant_type, check the secret.",
        ),
        (
            r"\b401310\b",
            "key",
            "the consumer key is unknown",
            "Use the access key id, not the client id.",
        ),
        (r"\b429002\b", "throttle", "too many requests", "Wait."),
    ),
    *_table(
        "BrickLink",
        (
            "BAD_OAUTH_REQUEST",
            "signature",
            "the request was refused, with status 200",
            "Read meta.description.",
        ),
        (
            "TOKEN_IP_MISMATCHED",
            "permission",
            "the token belongs to another address",
            "Register the address that the call comes from.",
        ),
    ),
    *(
        Entry("FatSecret", rf"\"error\"\s*:\s*\{{\s*\"code\"\s*:\s*\"?{code}\b", meaning, says, mend)
        for code, meaning, says, mend in _FATSECRET
    ),
    # --- learning ---------------------------------------------------------------------------------------
    *_table(
        "Canvas",
        (
            "Duplicate nonce detected",
            "nonce",
            "this nonce was used before; or the clock is off, which shows so too",
            "Make a new nonce, and check the clock.",
        ),
        (
            "Invalid authorization header",
            "signature",
            "the signature, the key, the body's hash or its Content-Type is wrong",
            "Send application/xml with oauth_body_hash, and sign the URL of the launch.",
        ),
        (
            "Timestamp too old or too far in the future",
            "clock",
            "more than 90 minutes off",
            "Set the clock.",
        ),
    ),
    *_table(
        "LTI",
        (
            "Did not find oauth_body_hash",
            "missing",
            "there is no oauth_body_hash",
            "Add the SHA-1 of the body, in base64.",
        ),
    ),
    # --- everybody's: what stands around the answer -----------------------------------------------------
    Entry(
        ANY,
        "",
        "throttle",
        "too many requests",
        "Wait: Retry-After or x-rate-limit-reset say how long.",
        429,
    ),
    Entry(ANY, "", "token", "what was called is gone", "The provider may have ended OAuth 1.0.", 410),
    Entry(
        ANY,
        r"<input[^<>]{0,200}type=[\"']?password",
        "header",
        "a page to log in came: the credentials never reached the API, or the URL is wrong",
        "See whether the Authorization header arrives, and whether a redirect led there.",
    ),
    Entry(
        ANY,
        r"WWW-Authenticate:\s*Basic\b",
        "header",
        "something in front of the API asks for Basic, and may take the Authorization header away",
        "Let the proxy or the server pass the header on (CGIPassAuth, WSGIPassAuthorization).",
        401,
    ),
)
