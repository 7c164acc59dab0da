"""What can be said of a request, or of a base string, without any secret.

What is found is no proof of why a request was refused; it is what the specification (RFC 5849) or most
providers don't take. :data:`RULES` is the table of it.
"""

import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from valetkey.doctor.difference import MAX_TEXT, parted
from valetkey.doctor.sent import Sent
from valetkey.protocol.cases import shown_name
from valetkey.protocol.encoding import Malformed, form_decode, percent_decode, percent_encode
from valetkey.protocol.header import is_oauth, parse_authorization
from valetkey.protocol.origin import OUT_OF_BAND, Url, check_callback
from valetkey.protocol.parameters import FORM, KNOWN, MAX_TIMESTAMP_DIGITS
from valetkey.protocol.signatures import METHODS, body_hash
from valetkey.protocol.values import Value

#: Seconds that most providers let a timestamp be off.
WINDOW = 300
#: NetSuite refuses a shorter nonce; a good one has twenty characters.
SHORT_NONCE = 6


class Rule(NamedTuple):
    """What is wrong, what to do, and whether it is only a suspicion: such a thing is legal, and some provider
    refuses it. ``{about}`` is a name, a number or a length, never a secret.
    """

    sentence: str
    mend: str
    guess: bool = False


#: All that is looked for, by its name.
RULES: dict[str, Rule] = {
    # --- the Authorization header (section 3.5.1) ---
    "no-oauth": Rule(
        "There is nothing of OAuth in the request.", "Look whether it was signed at all, or lost its header."
    ),
    "scheme": Rule(
        "The Authorization header's scheme isn't “OAuth ”.",
        "Write OAuth, one blank, and then the parameters.",
    ),
    "header-name": Rule("The parameters stand in a header called {about}.", "Call it Authorization."),
    "two-headers": Rule(
        "There are {about} Authorization headers.", "Send one: a second one, such as Basic, hides the first."
    ),
    "header-form": Rule(
        "The Authorization header can't be read: {about}.", 'Write name="value", separated by commas.'
    ),
    "header-quotes": Rule(
        "A value in the Authorization header isn't in double quotes.", 'Write name="value".'
    ),
    # --- which parameters there are (section 3.1) ---
    "missing": Rule("{about} is missing.", "Send it."),
    "twice": Rule("{about} is there twice.", "Send it once."),
    "two-places": Rule(
        "Protocol parameters stand in several places: {about}.", "Choose one: header, query or form body."
    ),
    "name-case": Rule(
        "{about} isn't in small letters.", "Names are compared to the letter: write it in small letters."
    ),
    "unknown-parameter": Rule(
        "{about} is no parameter of OAuth 1.0.", "See whether it is misspelt.", guess=True
    ),
    "secret-sent": Rule(
        "{about} was sent, and must never be.", "Leave it out, and have the secret replaced."
    ),
    "realm": Rule(
        "realm was sent as a parameter, outside the Authorization header.",
        "It belongs into the header, and isn't signed.",
        guess=True,
    ),
    "empty": Rule("{about} is empty.", "Leave it out, or send its value."),
    "empty-token": Rule(
        "oauth_token is empty.",
        "Sign it as it is sent: some providers want it left out, and some want it empty.",
        guess=True,
    ),
    # --- their values (sections 3.1 to 3.4) ---
    "version": Rule("oauth_version isn't 1.0.", "Send 1.0 (also for OAuth 1.0a), or leave it out."),
    "method-name": Rule(
        "The signature method isn't written as its name is.",
        "Write it exactly, such as HMAC-SHA1 or HMAC-SHA256.",
    ),
    "method-unknown": Rule(
        "The signature method is none that is known here.", "Use one that the provider names.", guess=True
    ),
    "timestamp-form": Rule(
        "oauth_timestamp isn't a whole number of seconds.", "Send unix time in seconds, digits only."
    ),
    "timestamp-milliseconds": Rule(
        "oauth_timestamp is in milliseconds (or finer).", "Divide it: seconds are due."
    ),
    "timestamp-far": Rule(
        "oauth_timestamp is {about} off this machine's clock.",
        "Set the clock, unless the request is an old one.",
        guess=True,
    ),
    "nonce-short": Rule(
        "The nonce has {about} characters only.", "Use twenty random letters and digits.", guess=True
    ),
    "nonce-characters": Rule(
        "The nonce holds other characters than ASCII letters and digits.",
        "Use letters and digits only.",
        guess=True,
    ),
    "nonce-is-time": Rule(
        "The nonce is the timestamp.",
        "Two requests of one second have the same then: use a random one.",
        guess=True,
    ),
    "nonce-repeated": Rule(
        "The nonce was used in another of these requests.", "Make a new one each time, for a retry too."
    ),
    "key-blank": Rule(
        "{about} holds a blank, a line break or a quotation mark.", "Cut what was copied with it."
    ),
    "callback-form": Rule(
        "oauth_callback is neither an absolute URL nor oob.", "Send a URL with its scheme, or oob."
    ),
    "callback-oob": Rule(
        "oauth_callback is oob.",
        "A provider that has a callback registered may refuse it: send that one.",
        guess=True,
    ),
    "callback-case": Rule("oauth_callback is oob in other letters.", "Write oob, in small letters."),
    # --- the signature (section 3.4) ---
    "signature-form": Rule(
        "The signature isn't base64.", "Encode the digest's octets with base64, then percent-encode that."
    ),
    "signature-hex": Rule(
        "The signature is the digest in hexadecimal.",
        "Encode the digest's octets with base64, not its hex text.",
    ),
    "signature-length": Rule("The signature has {about}.", "See whether it is of another method, or cut."),
    "signature-escaped": Rule(
        "The signature is percent-encoded twice.", "Encode it once, where it is written into the header."
    ),
    "signature-plus": Rule(
        "There is a blank in the signature.", "It was a “+” that wasn't encoded: write it as %2B."
    ),
    "signature-break": Rule(
        "There is a line break in the signature.", "Cut what the base64 function put in."
    ),
    "signature-url-safe": Rule(
        "The signature is in the URL-safe alphabet of base64 (- and _).", "Use the plain one (+ and /)."
    ),
    "plaintext-form": Rule(
        "A PLAINTEXT signature is two secrets with one & between.",
        "Join both, the second may be empty; encode each once.",
    ),
    # --- the body (sections 3.4.1.3.1, and the Request Body Hash draft) ---
    "form-type": Rule(
        "The body looks like a form, and its Content-Type says otherwise.",
        f"Send Content-Type: {FORM}, else it isn't signed.",
        guess=True,
    ),
    "json-as-form": Rule(
        "The body is JSON (or XML), and its Content-Type is a form's.",
        "Send the right Content-Type: as a form, all of the body is signed.",
    ),
    "form-charset": Rule("The form is in another charset than UTF-8.", "Send UTF-8."),
    "body-on-get": Rule("A {about} has a body.", "Put the parameters into the query.", guess=True),
    "undecodable": Rule("{about} can't be decoded.", "Percent-encode UTF-8, and write a literal % as %25."),
    "body-hash": Rule(
        "oauth_body_hash isn't the hash of this body.",
        "Hash the octets that are sent, with the signature method's hash.",
    ),
    "body-hash-on-form": Rule(
        "oauth_body_hash stands beside a form.", "Leave it out: a form is signed itself.", guess=True
    ),
    # --- the URL (section 3.4.1.2) ---
    "default-port": Rule(
        "The URL names its scheme's default port.",
        "Leave it out of the base string: some clients sign it.",
        guess=True,
    ),
    "host-differs": Rule(
        "The Host header names another host than the URL.", "Providers sign the Host header.", guess=True
    ),
    "plain-http": Rule(
        "PLAINTEXT was sent over http.", "Use https: the secrets are readable on the way.", guess=True
    ),
    # --- escapes (section 3.6) ---
    "small-hex": Rule(
        "There are escapes in small letters in {about}.",
        "Write %2F, not %2f: some providers compare texts.",
        guess=True,
    ),
    # --- a base string (section 3.4.1) ---
    "base-parts": Rule(
        "It has {about} parts, and not three.",
        "Join method, URL and parameters, each percent-encoded, with &.",
    ),
    "base-blank": Rule(
        "There is a blank or a line break in it.", "Encode a blank as %2520; cut what was copied with it."
    ),
    "base-method": Rule("Its method isn't in capital letters.", "Write it in capital letters."),
    "base-undecodable": Rule("It can't be decoded.", "Percent-encode UTF-8, and each part once more."),
    "base-small-hex": Rule("It has escapes in small letters.", "Write %3D, not %3d."),
    "base-url": Rule("Its URL is no absolute URL.", "Write scheme, host and path, percent-encoded once."),
    "base-url-case": Rule(
        "Scheme or host of its URL aren't in small letters.", "Write them in small letters."
    ),
    "base-url-port": Rule("Its URL has the default port.", "Leave :80 out for http, and :443 for https."),
    "base-url-path": Rule("Its URL has no path.", "Write a / after the host."),
    "base-url-query": Rule(
        "Its URL has a query or a fragment.", "The query belongs to the parameters; a fragment isn't signed."
    ),
    "base-order": Rule(
        "Its parameters aren't sorted: {about} stands too late.",
        "Sort by encoded name, then by encoded value.",
    ),
    "base-realm": Rule("realm is among its parameters.", "Leave it out.", guess=True),
    "base-signature": Rule("oauth_signature is among its parameters.", "Leave it out."),
    "base-raw": Rule(
        "{about} isn't encoded as it must be.",
        "Encode all but letters, digits, - . _ ~, then the whole once more.",
    ),
    "base-plus": Rule("{about} has “+” for a blank.", "Write %20 (%2520 in the base string)."),
    "base-often": Rule(
        "{about} may be encoded once too often.", "Decode what comes from a URL or a form first.", guess=True
    ),
}


class Remark(Value):
    """One thing that was found.

    :param slug: a key of :data:`RULES`.
    :param about: the parameter, number or place that its sentence names; never a value.
    """

    __slots__ = ("slug", "about")
    slug: str
    about: str

    def __init__(self, slug: str, about: str = "") -> None:
        self._fill(slug=slug, about=about)

    @property
    def sentence(self) -> str:
        return RULES[self.slug].sentence.replace("{about}", self.about)

    @property
    def mend(self) -> str:
        return RULES[self.slug].mend

    @property
    def guess(self) -> bool:
        """Whether it is only a suspicion."""
        return RULES[self.slug].guess

    def __str__(self) -> str:
        return f"{self.sentence} {self.mend}"


Remarks = Iterator[Remark]


def lint(sent: Sent, now: float | None = None, others: Iterable[Sent] = ()) -> list[Remark]:
    """What can be said of a request, without secrets, in the order of its parts; nothing twice.

    :param now: unix time in seconds by a clock that is right; None to say nothing of how old it is.
    :param others: requests of the same consumer, for their nonces.
    """
    facts = _Facts(sent)
    found = [remark for check in _CHECKS for remark in check(facts)]
    if now is not None:
        found += _far(facts, now)
    nonce = facts.values.get("oauth_nonce")
    if nonce and any(
        _Facts(other).values.get("oauth_nonce") == nonce for other in others if other is not sent
    ):
        found.append(Remark("nonce-repeated"))
    return list(dict.fromkeys(found))


class _Facts:
    """A request, taken apart as leniently as can be: what a lint looks at is often malformed."""

    def __init__(self, sent: Sent) -> None:
        self.sent = sent
        self.content_type = ", ".join(sent.headers.every("Content-Type"))
        self.is_form = self.content_type.partition(";")[0].strip().lower() == FORM
        self.headers = [value for value in sent.headers.every("Authorization") if "oauth" in value.lower()]
        self.unreadable = ""
        self.undecodable: list[str] = []
        body = sent.body if self.is_form else None
        query = sent.url.partition("?")[2]
        self.places = {
            "header": [pair for value in self.headers for pair in self._of_the_header(value)],
            "query": self._decoded(query, "the query"),
            "form body": self._decoded(body or b"", "the form body"),
        }
        self.protocol = [
            (place, name, value)
            for place, pairs in self.places.items()
            for name, value in pairs
            if name.lower().startswith("oauth_")
        ]
        self.values = {name: value for _, name, value in reversed(self.protocol)}

    def _of_the_header(self, value: str) -> list[tuple[str, str]]:
        try:
            return list(parse_authorization(value).parameters)
        except Malformed as error:
            self.unreadable = error.reason
        found = re.findall(r"([A-Za-z_]{1,40})=[\"']?([^\"',\s]{0,2000})", value)
        return [(name, _loosely(text)) for name, text in found]

    def _decoded(self, text: str | bytes, where: str) -> list[tuple[str, str]]:
        try:
            return form_decode(text)
        except Malformed:
            self.undecodable.append(where)
        shown = text if isinstance(text, str) else text.decode("utf-8", "replace")
        pieces = [piece.partition("=") for piece in shown.split("&") if piece]
        return [(_loosely(name), _loosely(value)) for name, _, value in pieces]


def _loosely(text: str) -> str:
    try:
        return percent_decode(text)
    except Malformed:
        return text


# --- the header ---------------------------------------------------------------------------------------------


def _header(facts: _Facts) -> Remarks:
    every = facts.sent.headers.every("Authorization")
    if len(every) > 1:
        yield Remark("two-headers", str(len(every)))
    for name, value in facts.sent.headers.pairs:
        if "oauth_" in value and name.lower() not in ("authorization", "cookie", "referer"):
            yield Remark("header-name", shown_name(name))
    if any("oauth_" in value and not is_oauth(value.strip()) for value in facts.headers):
        yield Remark("scheme")
    elif facts.unreadable:
        yield Remark("header-form", _own_part(facts.unreadable))
    if any(re.search(r"oauth_[a-z_]{1,40}\s{0,4}=\s{0,4}[^\"\s]", value) for value in facts.headers):
        yield Remark("header-quotes")


def _own_part(reason: str) -> str:
    return reason.partition(": ")[2] or reason


# --- which parameters there are -----------------------------------------------------------------------------

_ALWAYS = ("oauth_consumer_key", "oauth_signature_method", "oauth_signature")
_UNLESS_PLAINTEXT = ("oauth_timestamp", "oauth_nonce")
#: Of extensions, or of providers that document them.
_EXTENSIONS = KNOWN | {
    f"oauth_{name}" for name in ("session_handle", "problem", "callback_confirmed", "client_id")
}
_SECRETS = frozenset(
    {"oauth_token_secret", "oauth_consumer_secret", "oauth_secret", "oauth_consumer_key_secret"}
)


def _presence(facts: _Facts) -> Remarks:
    if not facts.protocol:
        yield Remark("no-oauth")
        return
    names = {name.lower() for _, name, _ in facts.protocol}
    plain = facts.values.get("oauth_signature_method", "").upper() == "PLAINTEXT"
    wanted = _ALWAYS if plain else (*_ALWAYS, *_UNLESS_PLAINTEXT)
    yield from (Remark("missing", name) for name in wanted if name not in names)
    counts = Counter((place, name) for place, name, _ in facts.protocol)
    yield from (Remark("twice", shown_name(name)) for (_, name), count in counts.items() if count > 1)
    places = dict.fromkeys(place for place, name, _ in facts.protocol if name in KNOWN)
    if len(places) > 1:
        yield Remark("two-places", " and ".join(places))


def _names(facts: _Facts) -> Remarks:
    for _, name, _ in facts.protocol:
        if name.lower() in _SECRETS:
            yield Remark("secret-sent", name)
        elif name != name.lower():
            yield Remark("name-case", shown_name(name))
        elif name not in _EXTENSIONS:
            yield Remark("unknown-parameter", shown_name(name))
    if any(name.lower() == "realm" for place in ("query", "form body") for name, _ in facts.places[place]):
        yield Remark("realm")


def _values(facts: _Facts) -> Remarks:
    for name, value in facts.values.items():
        if name in KNOWN and not value:
            yield Remark("empty-token") if name == "oauth_token" else Remark("empty", name)
    if facts.values.get("oauth_version", "1.0") not in ("1.0", ""):
        yield Remark("version")
    method = facts.values.get("oauth_signature_method", "")
    if method and method not in METHODS:
        plain = {re.sub("[^A-Z0-9]", "", name) for name in METHODS} | {"SHA1", "SHA256", "SHA512", "HMACSHA"}
        yield Remark("method-name" if re.sub("[^A-Z0-9]", "", method.upper()) in plain else "method-unknown")
    for name in ("oauth_consumer_key", "oauth_token"):
        if re.search(r"[\s\"'\u00a0\u200b\ufeff]", facts.values.get(name, "")):
            yield Remark("key-blank", name)
    yield from _callback(facts.values.get("oauth_callback", ""))


def _callback(callback: str) -> Remarks:
    if not callback:
        return
    if callback == OUT_OF_BAND:
        yield Remark("callback-oob")
    elif callback.strip().lower() == OUT_OF_BAND:
        yield Remark("callback-case")
    elif callback != "about:blank":  # LTI's
        try:
            check_callback(callback)
        except Malformed:
            yield Remark("callback-form")


def _time_and_nonce(facts: _Facts) -> Remarks:
    timestamp, nonce = facts.values.get("oauth_timestamp", ""), facts.values.get("oauth_nonce", "")
    if timestamp:
        digits = timestamp.isascii() and timestamp.isdecimal()
        if digits and len(timestamp) > MAX_TIMESTAMP_DIGITS:
            yield Remark("timestamp-milliseconds")
        elif not digits:
            yield Remark("timestamp-form")
    if nonce:
        if len(nonce) < SHORT_NONCE:
            yield Remark("nonce-short", str(len(nonce)))
        if not (nonce.isascii() and nonce.replace("-", "").replace("_", "").isalnum()):
            yield Remark("nonce-characters")
        if nonce == timestamp:
            yield Remark("nonce-is-time")


def _far(facts: _Facts, now: float) -> Remarks:
    timestamp = facts.values.get("oauth_timestamp", "")
    if timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= MAX_TIMESTAMP_DIGITS:
        off = abs(int(timestamp) - int(now))
        if off > WINDOW:
            yield Remark("timestamp-far", _duration(off))


def _duration(seconds: int) -> str:
    for name, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {name}"
    return f"{seconds} seconds"


# --- the signature ------------------------------------------------------------------------------------------

#: Characters of base64 that each digest has.
_LENGTHS = {"HMAC-SHA1": 28, "HMAC-SHA256": 44, "HMAC-SHA512": 88}
_HEX = re.compile(r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{128}")


def _signature(facts: _Facts) -> Remarks:
    signature, method = (
        facts.values.get("oauth_signature", ""),
        facts.values.get("oauth_signature_method", ""),
    )
    if not signature:
        return
    if method == "PLAINTEXT":
        if signature.count("&") != 1:
            yield Remark("plaintext-form")
        return
    yield from _written(signature, method)


def _written(signature: str, method: str) -> Remarks:
    bare = re.sub(r"[\r\n]", "", signature)
    if bare != signature:
        yield Remark("signature-break")
    if _HEX.fullmatch(bare):
        yield Remark("signature-hex")
    elif re.search("%(?:3D|2F|2B)", bare, re.IGNORECASE):
        yield Remark("signature-escaped")
    elif " " in bare.strip():
        yield Remark("signature-plus")
    elif re.search("[-_]", bare) and not re.search("[+/]", bare):
        yield Remark("signature-url-safe")
    elif not _is_base64(bare):
        yield Remark("signature-form")
    elif len(bare) != _LENGTHS.get(method, len(bare)):
        yield Remark("signature-length", f"{len(bare)} characters, and {method} gives {_LENGTHS[method]}")
    elif method.startswith("RSA-") and len(bare) < 172:  # of a key of 1024 bits
        yield Remark("signature-length", f"{len(bare)} characters, and an RSA key gives 172 or more")


def _is_base64(text: str) -> bool:
    try:
        return b64encode(b64decode(text, validate=True)).decode() == text
    except ValueError:
        return False


# --- body, URL and escapes ----------------------------------------------------------------------------------

_PLAIN_FORM = re.compile(rb"[A-Za-z0-9_.~%+\[\]-]{1,100}=[^\s<>{}]*")


def _body(facts: _Facts) -> Remarks:
    body = facts.sent.body or b""
    start = body[:10_000].lstrip()
    looks = start[:1]
    if body and facts.sent.method.upper() in ("GET", "HEAD"):
        yield Remark("body-on-get", facts.sent.method.upper())
    if facts.is_form and looks in (b"{", b"[", b"<"):
        yield Remark("json-as-form")
    elif body and not facts.is_form and _PLAIN_FORM.fullmatch(start) and len(body) <= 10_000:
        yield Remark("form-type")
    charset = re.search(r"charset\*?0?\s{0,4}=\s{0,4}\"?([^\";\s]{1,40})", facts.content_type, re.IGNORECASE)
    if facts.is_form and charset and charset[1].lower() not in ("utf-8", "utf8"):
        yield Remark("form-charset")
    yield from (Remark("undecodable", where.capitalize()) for where in facts.undecodable)
    given = facts.values.get("oauth_body_hash")
    if given and facts.is_form:
        yield Remark("body-hash-on-form")
    elif given and given not in {body_hash(method, body) for method in _LENGTHS}:
        yield Remark("body-hash")


def _url(facts: _Facts) -> Remarks:
    try:
        url = Url(facts.sent.url)
    except Malformed:
        return
    authority = facts.sent.url.partition("://")[2].partition("/")[0].partition("?")[0]
    if re.search(r":[0-9]+$", authority) and url.authority == url.host:
        yield Remark("default-port")
    if facts.sent.headers.get("Host", "").lower() not in ("", url.authority, f"{url.host}:{url.port}"):
        yield Remark("host-differs")
    if facts.values.get("oauth_signature_method") == "PLAINTEXT" and not url.is_private_channel:
        yield Remark("plain-http")


_SMALL = re.compile(r"%(?:[a-f][0-9A-Fa-f]|[0-9A-F][a-f])")


def _escapes(facts: _Facts) -> Remarks:
    path, _, query = facts.sent.url.partition("?")
    places = {"the path": path, "the query": query, "the Authorization header": " ".join(facts.headers)}
    yield from (Remark("small-hex", place) for place, text in places.items() if _SMALL.search(text))


_CHECKS: tuple[Callable[[_Facts], Remarks], ...] = (
    *(_header, _presence, _names, _values, _time_and_nonce, _signature, _body, _url, _escapes),
)


# --- a base string ------------------------------------------------------------------------------------------


def lint_base_string(text: str) -> list[Remark]:
    """What can be said of a base string alone, in its order; nothing twice."""
    return list(dict.fromkeys(_of_a_base_string(text)))


def _of_a_base_string(text: str) -> Remarks:
    if re.search(r"\s", text):
        yield Remark("base-blank")
    text = text.strip()
    parts = text.count("&") + 1
    if parts != 3:
        yield Remark("base-parts", str(parts))
        return
    if _SMALL.search(text):
        yield Remark("base-small-hex")
    whole = parted(text)
    if whole is None:
        if len(text) <= MAX_TEXT:
            yield Remark("base-undecodable")
        return
    if whole.method != whole.method.upper():
        yield Remark("base-method")
    yield from _of_its_url(whole.uri)
    yield from _of_its_pairs(whole.pairs)


def _of_its_url(uri: str) -> Remarks:
    try:
        url = Url(uri)
    except Malformed:
        yield Remark("base-url")
        return
    start = uri.partition("://")
    authority = start[2].partition("/")[0].partition("?")[0].partition("#")[0]
    if (start[0] + authority).lower() != start[0] + authority:
        yield Remark("base-url-case")
    if re.search(r":[0-9]*$", authority) and url.authority == url.host:
        yield Remark("base-url-port")
    if not url.path:
        yield Remark("base-url-path")
    if url.query is not None or url.fragment is not None:
        yield Remark("base-url-query")


def _of_its_pairs(pairs: list[tuple[str, str]]) -> Remarks:
    names = [name for name, _ in pairs]
    counts = Counter(names)
    yield from (Remark("twice", name) for name in counts if name in KNOWN and counts[name] > 1)
    yield from (Remark("missing", name) for name in _ALWAYS[:2] if name not in counts)
    for before, after in pairwise(pairs):
        if after < before:
            yield Remark("base-order", shown_name(_loosely(after[0])))
            break
    if "realm" in counts:
        yield Remark("base-realm")
    if "oauth_signature" in counts:
        yield Remark("base-signature")
    for name, value in pairs:
        yield from _of_a_value(name, value)


def _of_a_value(name: str, value: str) -> Remarks:
    shown = shown_name(_loosely(name))
    if name in _SECRETS:
        yield Remark("secret-sent", name)
    if "+" in value:
        yield Remark("base-plus", shown)
    elif not (_is_encoded(name) and _is_encoded(value)):
        yield Remark("base-raw", shown)
    elif re.search("%25(?:2[0-9A-F]|3[A-F]|40|5[BD]|7[BD]|C[23]|E2)", value):
        yield Remark("base-often", shown)


def _is_encoded(text: str) -> bool:
    decoded = _loosely(text)
    try:
        return (
            percent_encode(decoded).upper() == text.upper() if decoded != text or "%" not in text else False
        )
    except Malformed:
        return False
