"""Mistakes with the protocol parameters, ``oauth_…``, and the realm (RFC 5849, sections 3.1 and 3.4.1.3)."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from itertools import combinations

from valetkey.doctor.mistakes.mistake import Family
from valetkey.doctor.mistakes.query import Departures, changed, differing, others, plus, without
from valetkey.doctor.recipe import Item, Recipe, percent_decode, percent_encode
from valetkey.protocol.parameters import KNOWN

PROTOCOL = Family("The protocol parameters")
AS_SENT = "Sign the protocol parameters that are sent, as they are sent, and no other (3.4.1.3.1)."
NAMES = "Write the protocol parameters' names as section 3.1 does; sign them as they are sent (3.1)."
SIGNED = "Sign every protocol parameter but oauth_signature and realm (3.4.1.3.1)."


def own(recipe: Recipe) -> list[Item]:
    return [item for item in recipe.items if item.is_protocol]


def valued(recipe: Recipe, name: str, value: str) -> Recipe:
    """With another value for the parameter of that name."""
    found = [item for item in recipe.items if item.name == name]
    return changed(recipe, found, lambda item: item._replace(value=value))


@PROTOCOL.mistake(
    "empty-token",
    "an empty oauth_token was signed that is not sent{about}",
    "Without a token, leave oauth_token out, of the request and of the signature (3.1).",
)
def empty_token(recipe: Recipe) -> Departures:
    if "oauth_token" not in recipe.facts.protocol:
        for value, about in {"": "", "null": ", as “null”", "undefined": ", as “undefined”"}.items():
            yield about, plus(recipe, ("oauth_token", value))
        yield (
            " (with an empty oauth_token_secret)",
            plus(recipe, ("oauth_token", ""), ("oauth_token_secret", "")),
        )


@PROTOCOL.mistake(
    "version-unsent", "oauth_version was signed that is not sent (oauth_version={about})", AS_SENT
)
def version_unsent(recipe: Recipe) -> Departures:
    if "oauth_version" not in recipe.facts.protocol:
        for value in VERSIONS:
            yield value, plus(recipe, ("oauth_version", value))


@PROTOCOL.mistake("version", "oauth_version was signed with another value than was sent: {about}", AS_SENT)
def version(recipe: Recipe) -> Departures:
    for value in VERSIONS:
        yield from differing(recipe, [(value, valued(recipe, "oauth_version", value))])


VERSIONS = ("1.0", "1.0a", "1", "1.1", "2.0", "1.0.0")


@PROTOCOL.mistake("unsent-signed", "an oauth_… parameter was signed that is not sent: {about}", AS_SENT)
def unsent_signed(recipe: Recipe) -> Departures:
    sent = recipe.facts.protocol
    for name in ("oauth_callback", "oauth_verifier", "oauth_session_handle", "oauth_body_hash"):
        if name not in sent:
            yield f"an empty {name}", plus(recipe, (name, ""))
    if "oauth_callback" not in sent:
        yield "oauth_callback=oob", plus(recipe, ("oauth_callback", "oob"))
    # As Postman does, told to sign the empty ones.
    names = [name for name in ("oauth_token", "oauth_callback", "oauth_verifier") if name not in sent]
    for some in (*combinations(names, 2), *combinations(names, 3)):
        yield f"{', '.join(some)} (empty)", plus(recipe, *((name, "") for name in some))


@PROTOCOL.mistake(
    "realm-unsent",
    "a realm was signed, though none was sent: {about}",
    "Leave realm out of the signature (3.4.1.3.1).",
)
def realm_unsent(recipe: Recipe) -> Departures:
    if recipe.facts.realm is None:
        place = recipe.place
        yield "an empty one", plus(recipe, ("realm", ""))
        for value in (place.text, f"{place.scheme}://{place.host}{place.port}", place.host):
            yield value, plus(recipe, ("realm", value))


@PROTOCOL.mistake(
    "realm-signed",
    "the realm was signed{about}",
    "Leave realm out of the signature: it is the one parameter of the header that isn't signed (3.4.1.3.1).",
)
def realm_signed(recipe: Recipe) -> Departures:
    realm = recipe.facts.realm
    if realm is not None:
        yield "", plus(recipe, ("realm", realm))
        if realm:
            yield ", as an empty one", plus(recipe, ("realm", ""))
        if percent_decode(realm) != realm:
            yield ", decoded", plus(recipe, ("realm", percent_decode(realm)))


@PROTOCOL.mistake("misspelt", "a protocol parameter's name is misspelt: {about}", NAMES)
def misspelt(recipe: Recipe) -> Departures:
    known = sorted(KNOWN - {item.name for item in recipe.items})
    for item in dict.fromkeys(recipe.items):
        if item.name not in KNOWN:
            for near in _near(item.name, known):
                about = f"“{item.name}” was sent, “{near}” was signed"
                yield about, changed(recipe, [item], _named(near))


def _near(name: str, known: list[str]) -> list[str]:
    from difflib import get_close_matches  # seldom needed

    plain = name.lower().replace("-", "_")
    if plain in known or f"oauth_{plain}" in known:
        return [plain if plain in known else f"oauth_{plain}"]
    return get_close_matches(plain, known, n=2, cutoff=0.8) if plain.startswith("o") else []


def _named(name: str) -> Callable[[Item], Item]:
    return lambda item: item._replace(name=name)


@PROTOCOL.mistake(
    "signature-signed",
    "an empty oauth_signature was signed among the parameters{about}",
    "Leave oauth_signature out of its own base string (3.4.1.3.1).",
)
def signature_signed(recipe: Recipe) -> Departures:
    for value, about in {"": "", "null": ", as “null”", "undefined": ", as “undefined”"}.items():
        yield about, plus(recipe, ("oauth_signature", value))


@PROTOCOL.mistake(
    "secret-signed",
    "a secret was signed as a parameter: {about}",
    "Sign no secret as a parameter: the two secrets make the key, and are never sent (3.4.2).",
)
def secret_signed(recipe: Recipe) -> Departures:
    consumer, token = recipe.secrets
    added = (("oauth_consumer_secret", consumer), ("oauth_token_secret", token))
    yield "oauth_consumer_secret", plus(recipe, added[0])
    yield "oauth_token_secret", plus(recipe, added[1])
    yield "oauth_consumer_secret and oauth_token_secret", plus(recipe, *added)


@PROTOCOL.mistake(
    "method-name",
    "the signature method was signed by another name than was sent: oauth_signature_method={about}",
    AS_SENT,
)
def method_name(recipe: Recipe) -> Departures:
    for value in dict.fromkeys((*METHOD_NAMES, *_spellings(recipe.facts.method_name))):
        yield from differing(recipe, [(value, valued(recipe, "oauth_signature_method", value))])
    if not recipe.facts.method_name:
        for value in ("HMAC-SHA1", "HMAC-SHA256", ""):
            missing = without(
                recipe, [item for item in recipe.items if item.name == "oauth_signature_method"]
            )
            yield f"{value} (it was not sent at all)", plus(missing, ("oauth_signature_method", value))


METHOD_NAMES = ("HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "HMAC-MD5", "RSA-SHA1", "RSA-SHA256", "PLAINTEXT")


def _spellings(name: str) -> Iterator[str]:
    yield name.lower()
    yield name.upper()
    yield name.replace("-", "_")
    yield name.replace("-", "")
    yield name.replace("SHA", "SHA-")
    yield name.replace("SHA-", "SHA")
    yield name.partition("-")[2]
    yield name.strip()


HASH_FIX = "Send the body hash that you sign, or sign none; a form is signed itself (3.4.1.3.1)."


@PROTOCOL.mistake(
    "body-hash-unsent", "oauth_body_hash, a hash of the body, was signed that is not sent ({about})", HASH_FIX
)
def body_hash_unsent(recipe: Recipe) -> Departures:
    if "oauth_body_hash" not in recipe.facts.protocol:
        for about, value in _hashes(recipe):
            yield about, plus(recipe, ("oauth_body_hash", value))


@PROTOCOL.mistake(
    "body-hash",
    "oauth_body_hash, a hash of the body, was signed with another value than was sent ({about})",
    HASH_FIX,
)
def body_hash(recipe: Recipe) -> Departures:
    for about, value in _hashes(recipe):
        yield from differing(recipe, [(about, valued(recipe, "oauth_body_hash", value))])


def _hashes(recipe: Recipe) -> Iterator[tuple[str, str]]:
    for body in dict.fromkeys((bytes(recipe.facts.sent.body or b""), b"")):
        for name in ("sha1", "sha256", "sha512"):
            digest = hashlib.new(name, body).digest()
            of = name if body else f"{name} of no body"
            yield of, base64.b64encode(digest).decode()
            yield f"{of}, in hexadecimal", digest.hex()


@PROTOCOL.mistake(
    "header-not-decoded",
    "the header's parameters were signed as they are written there, not decoded (encoded twice){about}",
    "Sign the values before they are encoded for the header (3.4.1.3.1 and 3.5.1).",
)
def header_not_decoded(recipe: Recipe) -> Departures:
    written = recipe.facts.header_written
    found = [item for item in recipe.items if item.source == "header"]
    raw = changed(recipe, found, lambda item: item._replace(value=written.get(item.name, item.value)))
    twice = changed(recipe, found, lambda item: item._replace(value=percent_encode(item.value)))
    yield from differing(recipe, [("", raw), *([("", twice)] if twice.items != raw.items else [])])
    for name in dict.fromkeys(item.name for item in found):
        value = percent_encode(recipe.facts.protocol.get(name, ""))
        yield from differing(recipe, [(f", in {name}", valued(recipe, name, value))] if value else [])


@PROTOCOL.mistake(
    "callback",
    "oauth_callback was signed {about}",
    "Sign the callback as it is, encoded once like any value (3.6).",
)
def callback(recipe: Recipe) -> Departures:
    value = recipe.facts.protocol.get("oauth_callback")
    if value is not None:
        rewrites = {
            "encoded twice": percent_encode(value),
            "decoded, as its own escapes were": percent_decode(value),
            "without its query": value.partition("?")[0],
            "with a slash at its end": f"{value}/",
            "without the slash at its end": value.removesuffix("/"),
            "as “oob”": "oob",
            "empty": "",
        }
        for about, made in rewrites.items():
            yield from differing(recipe, [(about, valued(recipe, "oauth_callback", made))])


@PROTOCOL.mistake(
    "timestamp",
    "another timestamp was signed than was sent: {about}",
    "Take the timestamp once, in seconds since 1970, and sign and send the same (3.3).",
)
def timestamp(recipe: Recipe) -> Departures:
    text = recipe.facts.protocol.get("oauth_timestamp", "")
    rewrites = {"in milliseconds (with “000”)": f"{text}000", "with “.0”": f"{text}.0"}
    if text.isdigit() and text.isascii() and len(text) < 20:
        near = [(seconds, int(text) + seconds) for seconds in (1, -1, 2, -2, 3, -3, 4, -4, 5, -5)]
        rewrites |= {f"{seconds:+d} s": str(value) for seconds, value in near}
    if len(text) > 10:
        rewrites |= {"in seconds": text[:10]}
    for about, made in rewrites.items():
        yield from differing(recipe, [(about, valued(recipe, "oauth_timestamp", made))])


@PROTOCOL.mistake("unprefixed", "the protocol parameters were signed by names without “oauth_”", NAMES)
def unprefixed(recipe: Recipe) -> Departures:
    bare = changed(recipe, own(recipe), lambda item: item._replace(name=item.name.removeprefix("oauth_")))
    yield from differing(recipe, [("", bare)])


@PROTOCOL.mistake("protocol-unsigned", "the protocol parameters (oauth_…) were {about}", SIGNED)
def protocol_unsigned(recipe: Recipe) -> Departures:
    found = own(recipe)
    header = [item for item in found if item.source == "header"]
    yield from differing(recipe, [("not signed at all", without(recipe, found))])
    if len(header) < len(found):
        yield from differing(
            recipe, [("not signed, as far as they are in the header", without(recipe, header))]
        )
    yield from differing(recipe, [("signed twice", recipe.but(items=(*recipe.items, *found)))])


@PROTOCOL.mistake("header-left-out", "the header's parameters that are no oauth_… were not signed", SIGNED)
def header_left_out(recipe: Recipe) -> Departures:
    yield from differing(recipe, [("", without(recipe, others(recipe, "header")))])


@PROTOCOL.mistake(
    "extensions-left-out", "oauth_… parameters that RFC 5849 doesn't know were left out, not signed", SIGNED
)
def extensions_left_out(recipe: Recipe) -> Departures:
    unknown = [item for item in own(recipe) if item.name not in KNOWN]
    yield from differing(recipe, [("", without(recipe, unknown))])


@PROTOCOL.mistake(
    "keys-exchanged",
    "oauth_token and oauth_consumer_key were exchanged in the signature",
    "Sign the consumer key as oauth_consumer_key, the token as oauth_token (3.1).",
)
def keys_exchanged(recipe: Recipe) -> Departures:
    key, token = (recipe.facts.protocol.get(name) for name in ("oauth_consumer_key", "oauth_token"))
    if key is not None and token is not None:
        made = valued(valued(recipe, "oauth_consumer_key", token), "oauth_token", key)
        yield from differing(recipe, [("", made)])


@PROTOCOL.mistake(
    "blank-signed",
    "{about} was signed with other white space around it than was sent",
    "Trim the keys that you read from a file or a form, before you sign and send them (3.1).",
)
def blank_signed(recipe: Recipe) -> Departures:
    for name in ("oauth_consumer_key", "oauth_token", "oauth_verifier"):
        value = recipe.facts.protocol.get(name)
        if value:
            made = [
                valued(recipe, name, other)
                for other in (value.strip(), f"{value}\n", f"{value}\r\n", f"{value} ")
            ]
            yield from differing(recipe, [(name, one) for one in made])


@PROTOCOL.mistake(
    "value-missing",
    "{about} was signed, not the value that was sent",
    "Make all values before you sign (3.1).",
)
def value_missing(recipe: Recipe) -> Departures:
    for name in ("oauth_token", "oauth_consumer_key", "oauth_nonce", "oauth_timestamp", "oauth_verifier"):
        if recipe.facts.protocol.get(name):
            for value, about in {"": "an empty", "null": "“null” as", "undefined": "“undefined” as"}.items():
                yield from differing(recipe, [(f"{about} {name}", valued(recipe, name, value))])
