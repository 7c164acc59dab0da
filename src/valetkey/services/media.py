"""Social networks, media, catalogues. State of 24 November 2026; “believed” marks what no source
confirmed.
"""

from valetkey.services.quirks import Quirks
from valetkey.services.service import Legs, Service, checked_base

# An OAuth 1.0a token doesn't expire. JSON and multipart bodies aren't signed, which is as the RFC has it. The
# callback must be registered to the character; so must one for `oob`. Older clients call api.twitter.com:
# whichever host is called is the one to sign, so that needs no preset of its own.
#
# The first leg takes `x_auth_access_type` (read, write), which tweepy sends in the query. Full-archive
# search, streams, bookmarks and Spaces take OAuth 2.0 only. A sample of its pages revokes at an address with
# `.json` at its end.
X = Service(
    "https://api.x.com/oauth/request_token",
    "https://api.x.com/oauth/authorize",
    "https://api.x.com/oauth/access_token",
    legs=Legs(revoke_url="https://api.x.com/1.1/oauth/invalidate_token"),
    urls={
        "api": "https://api.x.com/2/",
        "authenticate": "https://api.x.com/oauth/authenticate",  # skips the page where it was allowed before
    },
    source="xdevplatform/docs, fundamentals/authentication; tweepy auth.py",
)

# HMAC-SHA1 only, in the header only. The page calls the third leg a GET; the client libraries POST, and so
# does this.
TUMBLR = Service(
    "https://www.tumblr.com/oauth/request_token",
    "https://www.tumblr.com/oauth/authorize",
    "https://www.tumblr.com/oauth/access_token",
    urls={
        "api": "https://api.tumblr.com/v2/",
        # Gives an OAuth 2.0 token for an OAuth 1.0a one, and ends the latter.
        "exchange": "https://api.tumblr.com/v2/oauth2/exchange",
    },
    source="tumblr/docs api.md; chillerlan/php-oauth Tumblr.php",
)

# Uploads are multipart, and all fields are signed but the photo. The page refuses an address without `perms`:
# the least is asked for, unless more is. A user id (`user_nsid`, an “@” in it) comes with the access token.
FLICKR = Service(
    "https://www.flickr.com/services/oauth/request_token",
    "https://www.flickr.com/services/oauth/authorize",
    "https://www.flickr.com/services/oauth/access_token",
    legs=Legs(authorize={"perms": "read"}),
    quirks=Quirks(multipart={"photo"}),
    urls={
        "api": "https://api.flickr.com/services/rest/",
        "upload": "https://up.flickr.com/services/upload/",
        "replace": "https://up.flickr.com/services/replace/",
    },
    source="flickrapi auth.py, core.py; chillerlan/php-oauth Flickr.php; Flickr's method pages",
)

# Its pages show PLAINTEXT, its Python client signs with HMAC-SHA1; the one that sends no secret is taken
# here. It refuses clients without a User-Agent of their own: give one to the handshake, and with each
# request.
DISCOGS = Service(
    "https://api.discogs.com/oauth/request_token",
    "https://www.discogs.com/oauth/authorize",
    "https://api.discogs.com/oauth/access_token",
    urls={"api": "https://api.discogs.com/", "identity": "https://api.discogs.com/oauth/identity"},
    source="joalla/discogs_client client.py, fetchers.py; social-core discogs.py",
)


def mediawiki(index: str) -> Service:
    """A wiki with the extension OAuth.

    :param index: the address of its `index.php`, such as ``https://wiki.example/w/index.php``.
    :raises Unsignable: where it isn't an address.
    """
    index = checked_base(index, "index")

    # Signed calls go to index.php, whose `title` is signed with the rest; the pretty address fails. A token
    # of RSA-SHA1 has the secret `__unused__`. A callback other than `oob` is taken only where the consumer
    # was registered with “callback is a prefix”. Errors come with the status 200.
    def special(page: str) -> str:
        return f"{index}?title=Special:OAuth/{page}"

    return Service(
        special("initiate"),
        special("authorize"),
        special("token"),
        legs=Legs(key_name="oauth_consumer_key"),
        urls={
            "api": f"{index.removesuffix('index.php')}api.php",
            "authenticate": special("authenticate"),  # may skip the page
            "identify": special("identify"),  # a JWT: HS256 with the consumer secret
        },
        source="mediawiki-extensions-OAuth MWOAuthServer.php, SpecialMWOAuth.php; mwoauth functions.py",
    )


#: Wikipedia and its sisters: one registration for all of them.
MEDIAWIKI = mediawiki("https://meta.wikimedia.org/w/index.php").replace(
    authorize_url="https://meta.wikimedia.org/wiki/Special:OAuth/authorize"
)

# OAuth is only how a key is handed over: the access token's secret is the API key (as the service's example
# has it), and api.zotero.org takes that unsigned. HMAC-SHA1 is what public clients sign with; the page names
# no method. The page takes name, library_access, notes_access, write_access, all_groups, identity.
ZOTERO = Service(
    "https://www.zotero.org/oauth/request",
    "https://www.zotero.org/oauth/authorize",
    "https://www.zotero.org/oauth/access",
    urls={"api": "https://api.zotero.org/"},
    source="zotero.org/support/dev/web_api/v3/oauth; social-core zotero.py",
)

# The page takes Access (Full, Public) and Permissions (Read, Add, Modify), the lowest being its defaults; no
# later walk raises them. A request token lives five minutes.
SMUGMUG = Service(
    "https://api.smugmug.com/services/oauth/1.0a/getRequestToken",
    "https://api.smugmug.com/services/oauth/1.0a/authorize",
    "https://api.smugmug.com/services/oauth/1.0a/getAccessToken",
    urls={"api": "https://api.smugmug.com/api/v2"},
    source="api.smugmug.com/api/v2/doc/tutorial/authorization.html",
)

# No tokens. A nonce has at least 8 characters, which ours have. HMAC-SHA1 is what the clients sign with that
# the service shows; its pages name no method.
NOUN_PROJECT = Service(
    urls={"api": "https://api.thenounproject.com/v2/"},
    source="api.thenounproject.com/getting_started.html and its sample code",
)
