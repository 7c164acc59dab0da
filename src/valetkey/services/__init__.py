"""Services that speak OAuth 1.0a, as data: ``services.X.signer(consumer, token)`` signs as X wants it.

Names in capitals are services; names in small letters make one from an account or an address. What they say
was read in November 2026 in the services' own pages and code and in public clients, not tried: no live
service was called. Each preset names its sources (`source`), and a comment says what is only believed.
`docs/services.md` has all of them in one table.
"""

from valetkey.services.business import (
    BRICKLINK,
    CARDMARKET,
    ETRADE,
    FATSECRET,
    HERE,
    MASTERCARD,
    jira,
    magento,
    netsuite,
    woocommerce,
)
from valetkey.services.learning import LAUNCHPAD, LTI_LAUNCH, LTI_OUTCOMES, SCHOOLOGY, maas, okapi
from valetkey.services.media import (
    DISCOGS,
    FLICKR,
    MEDIAWIKI,
    NOUN_PROJECT,
    SMUGMUG,
    TUMBLR,
    ZOTERO,
    X,
    mediawiki,
)
from valetkey.services.quirks import Quirks
from valetkey.services.service import Legs, Service

__all__ = [
    "BRICKLINK",
    "CARDMARKET",
    "DISCOGS",
    "ETRADE",
    "FATSECRET",
    "FLICKR",
    "HERE",
    "LAUNCHPAD",
    "LTI_LAUNCH",
    "LTI_OUTCOMES",
    "MASTERCARD",
    "MEDIAWIKI",
    "NOUN_PROJECT",
    "SCHOOLOGY",
    "SMUGMUG",
    "TUMBLR",
    "ZOTERO",
    "Legs",
    "Quirks",
    "Service",
    "X",
    "jira",
    "maas",
    "magento",
    "mediawiki",
    "netsuite",
    "okapi",
    "woocommerce",
]
