"""Mistakes with the key: the two secrets, and what joins them (RFC 5849, section 3.4.2)."""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable

from valetkey.doctor.mistakes.encoding import Departures
from valetkey.doctor.mistakes.mistake import Family
from valetkey.doctor.recipe import Encoder, Recipe, encoder, form_decode, percent_decode, percent_encode
from valetkey.protocol.encoding import UNRESERVED

KEY = Family("The key")
JOINED = (
    "The key is the encoded consumer secret, “&”, and the encoded token secret, or nothing for it (3.4.2)."
)
AS_GIVEN = "Take both secrets as they were given to you, without blanks or line breaks around them (3.4.2)."
ENCODED = "Percent-encode each of the two secrets once, then join them with “&” (3.4.2)."


def other_keys(recipe: Recipe, departures: Iterable[tuple[str, Recipe]]) -> Departures:
    """Those with another key; each key once."""
    seen = {recipe.key}
    for about, made in departures:
        key = made.key
        if key not in seen:
            seen.add(key)
            yield about, made


@KEY.mistake("token-secret-forgotten", "the token secret was left out of the key (forgotten){about}", JOINED)
def token_secret_forgotten(recipe: Recipe) -> Departures:
    consumer, _ = recipe.secrets
    empty = recipe.but(secrets=(consumer, ""))
    yield from other_keys(
        recipe,
        [
            ("", empty),
            (", and “&” with it", empty.but(glue=lambda consumer, token: consumer)),
            (", “&” too, and the consumer secret was not encoded", empty.but(glue=_first, quotes=(str, str))),
        ],
    )


def _first(consumer: str, token: str) -> str:
    return consumer


@KEY.mistake("ampersand-forgotten", "“&” is missing in the key: {about}", JOINED)
def ampersand_forgotten(recipe: Recipe) -> Departures:
    bare = recipe.but(glue=lambda consumer, token: consumer + token)
    yield from other_keys(
        recipe,
        [
            ("the secrets were joined by nothing", bare),
            ("the secrets were joined by nothing, not encoded", bare.but(quotes=(str, str))),
        ],
    )


@KEY.mistake("secrets-swapped", "consumer secret and token secret were swapped in the key", JOINED)
def secrets_swapped(recipe: Recipe) -> Departures:
    consumer, token = recipe.secrets
    yield from other_keys(recipe, [("", recipe.but(secrets=(token, consumer)))])


@KEY.mistake("secrets-not-encoded", "{about} not percent-encoded in the key", ENCODED)
def secrets_not_encoded(recipe: Recipe) -> Departures:
    consumer, token = recipe.quotes
    yield from other_keys(
        recipe,
        [
            ("the secrets were", recipe.but(quotes=(str, str))),
            ("the consumer secret was", recipe.but(quotes=(str, token))),
            ("the token secret was", recipe.but(quotes=(consumer, str))),
        ],
    )


def _twice(text: str) -> str:
    return percent_encode(percent_encode(text))


ENCODERS: dict[str, Encoder] = {
    "twice": _twice,
    "as a form, with “+” for a space": encoder(space="+"),
    "with escapes in lower case (%2f)": encoder(lower=True),
    "by encodeURIComponent, which leaves !'()*": encoder(UNRESERVED + b"!'()*"),
    "by encodeURI": encoder(UNRESERVED + b";,/?:@&=+$!*'()#"),
    "with “/” left as it is": encoder(UNRESERVED + b"/"),
    "with “~” as %7E": encoder(UNRESERVED.replace(b"~", b"")),
    "as Java's URLEncoder does": encoder(UNRESERVED.replace(b"~", b"*"), space="+"),
    "as .NET's UrlEncode does": encoder(UNRESERVED.replace(b"~", b"!()*"), space="+", lower=True),
    "with “=” left as it is": encoder(UNRESERVED + b"="),
    "with “+” left as it is": encoder(UNRESERVED + b"+"),
    "with Latin-1 in place of UTF-8": encoder(charset="latin-1"),
}


@KEY.mistake("secrets-encoded-otherwise", "in the key the secrets were encoded {about}", ENCODED)
def secrets_encoded_otherwise(recipe: Recipe) -> Departures:
    consumer, token = recipe.quotes
    made = []
    for about, encode in ENCODERS.items():
        made.append((about, recipe.but(quotes=(encode, encode))))
        made.append((f"{about} (the consumer secret alone)", recipe.but(quotes=(encode, token))))
        made.append((f"{about} (the token secret alone)", recipe.but(quotes=(consumer, encode))))
    yield from other_keys(recipe, made)


Rewrite = Callable[[str], str]


def _rewritten(recipe: Recipe, rewrites: dict[str, Rewrite]) -> Departures:
    """Each in either secret, and in both."""
    consumer, token = recipe.secrets
    for about, rewrite in rewrites.items():
        as_one, as_other = rewrite(consumer), rewrite(token)
        made = []
        if as_one != consumer:
            made.append((f"{about} (the consumer secret)", (as_one, token)))
            left_out = f"{about} (the consumer secret; and the token secret left out)"
            made.append((left_out, (as_one, "")))
        if as_other != token:
            made.append((f"{about} (the token secret)", (consumer, as_other)))
            made.append((f"{about} (both secrets)", (as_one, as_other)))
        yield from other_keys(recipe, [(told, recipe.but(secrets=both)) for told, both in made])


BLANKS: dict[str, Rewrite] = {
    "a line break (newline, LF) at its end": lambda secret: f"{secret}\n",
    "a line break (CR LF) at its end": lambda secret: f"{secret}\r\n",
    "a carriage return (CR) at its end": lambda secret: f"{secret}\r",
    "a blank at its end": lambda secret: f"{secret} ",
    "a blank at its beginning": lambda secret: f" {secret}",
    "blanks at both ends": lambda secret: f" {secret} ",
    "a tab at its end": lambda secret: f"{secret}\t",
    "a tab at its beginning": lambda secret: f"\t{secret}",
    "a line break at its beginning": lambda secret: f"\n{secret}",
    "two line breaks at its end": lambda secret: f"{secret}\n\n",
    "a no-break space at its end": lambda secret: f"{secret}\xa0",
    "a zero-width space at its end": lambda secret: f"{secret}\u200b",
    "a byte order mark at its beginning": lambda secret: f"\ufeff{secret}",
    "a NUL at its end": lambda secret: f"{secret}\0",
    "none of the blanks around it that it has (stripped)": str.strip,
    "no blank in it": lambda secret: "".join(secret.split()),
}


@KEY.mistake("secret-white-space", "a secret was used with other white space: {about}", AS_GIVEN)
def secret_white_space(recipe: Recipe) -> Departures:
    yield from _rewritten(recipe, BLANKS)
    # As it is where nothing is encoded.
    plain = recipe.but(quotes=(str, str))
    yield from other_keys(
        recipe,
        [(f"{about}; and not encoded", made) for about, made in [*_rewritten(plain, BLANKS)]],
    )


@KEY.mistake(
    "absent-as-word", "an absent token secret was used as the word “{about}” in place of nothing", JOINED
)
def absent_as_word(recipe: Recipe) -> Departures:
    consumer, _ = recipe.secrets
    words = ("null", "None", "undefined", "nil", "NULL", "false", "False", "0", "[object Object]", "{}", '""')
    yield from other_keys(recipe, [(word, recipe.but(secrets=(consumer, word))) for word in words])


@KEY.mistake(
    "keys-for-secrets", "a key was used in place of a secret: {about}", "Sign with the secrets (3.4.2)."
)
def keys_for_secrets(recipe: Recipe) -> Departures:
    consumer, token = recipe.secrets
    sent = recipe.facts.protocol
    consumer_key, token_key = sent.get("oauth_consumer_key", ""), sent.get("oauth_token", "")
    pairs = {
        "the consumer key for the consumer secret": (consumer_key, token),
        "the token for the token secret": (consumer, token_key),
        "consumer key and token for both secrets": (consumer_key, token_key),
        "the consumer key for the token secret": (consumer, consumer_key),
        "the consumer key and the consumer secret": (consumer_key, consumer),
        "the token and the token secret": (token_key, token),
        "the consumer key, and no token secret": (consumer_key, ""),
        "the nonce for the token secret": (consumer, sent.get("oauth_nonce", "")),
        "the verifier for the token secret": (consumer, sent.get("oauth_verifier", "")),
    }
    for about, both in pairs.items():
        if both[0] and (both[1] or "no token" in about):
            yield from other_keys(recipe, [(about, recipe.but(secrets=both))])


@KEY.mistake("consumer-secret-missing", "the consumer secret is missing from the key{about}", JOINED)
def consumer_secret_missing(recipe: Recipe) -> Departures:
    _, token = recipe.secrets
    gone = recipe.but(secrets=("", token))
    words = ("null", "None", "undefined")
    yield from other_keys(
        recipe,
        [
            ("", gone),
            (", and “&” with it", gone.but(glue=lambda consumer, token: token)),
            *((f": “{word}” was used", recipe.but(secrets=(word, token))) for word in words),
        ],
    )


@KEY.mistake("empty-key", "an empty key was used: both secrets are missing{about}", JOINED)
def empty_key(recipe: Recipe) -> Departures:
    none = recipe.but(secrets=("", ""))
    yield from other_keys(recipe, [("", none), (", and “&” too", none.but(glue=lambda consumer, token: ""))])


@KEY.mistake("same-secret-twice", "the {about} secret was used as both", JOINED)
def same_secret_twice(recipe: Recipe) -> Departures:
    consumer, token = recipe.secrets
    yield from other_keys(
        recipe,
        [
            ("consumer", recipe.but(secrets=(consumer, consumer))),
            ("token", recipe.but(secrets=(token, token))),
        ],
    )


GLUES: dict[str, Callable[[str, str], str]] = {
    "“&” was encoded as %26": lambda consumer, token: f"{consumer}%26{token}",
    "the whole key was encoded": lambda consumer, token: percent_encode(f"{consumer}&{token}"),
    "“&amp;”": lambda consumer, token: f"{consumer}&amp;{token}",
    "“&&”": lambda consumer, token: f"{consumer}&&{token}",
    "“:”": lambda consumer, token: f"{consumer}:{token}",
    "“+”": lambda consumer, token: f"{consumer}+{token}",
    "“,”": lambda consumer, token: f"{consumer},{token}",
    "“=”": lambda consumer, token: f"{consumer}={token}",
    "“|”": lambda consumer, token: f"{consumer}|{token}",
    "“-”": lambda consumer, token: f"{consumer}-{token}",
    "“.”": lambda consumer, token: f"{consumer}.{token}",
    "“_”": lambda consumer, token: f"{consumer}_{token}",
    "a blank": lambda consumer, token: f"{consumer} {token}",
    "“ & ”, with blanks": lambda consumer, token: f"{consumer} & {token}",
    "a line break": lambda consumer, token: f"{consumer}\n{token}",
    "“&”, and another “&” at the end": lambda consumer, token: f"{consumer}&{token}&",
    "“&”, and another “&” at the beginning": lambda consumer, token: f"&{consumer}&{token}",
    "“&”, and a line break at the end": lambda consumer, token: f"{consumer}&{token}\n",
    "“&”, and a CR LF at the end": lambda consumer, token: f"{consumer}&{token}\r\n",
    "“&”, and a blank at the end": lambda consumer, token: f"{consumer}&{token} ",
    "“&”, with quotes around all": lambda consumer, token: f'"{consumer}&{token}"',
    "“&”, in lower case": lambda consumer, token: f"{consumer}&{token}".lower(),
}


@KEY.mistake(
    "key-glue", "the key was put together in another way than with “&” between secrets: {about}", JOINED
)
def key_glue(recipe: Recipe) -> Departures:
    made = [(about, recipe.but(glue=glue)) for about, glue in GLUES.items()]
    made += [(f"{about}; not encoded", one.but(quotes=(str, str))) for about, one in made]
    yield from other_keys(recipe, made)


def _base64(secret: str) -> str:
    try:
        return b64decode(secret + "=" * (-len(secret) % 4), validate=True).decode("utf-8", "surrogateescape")
    except (NotBase64, ValueError):
        return secret


def _hex(secret: str) -> str:
    try:
        return bytes.fromhex(secret).decode("utf-8", "surrogateescape")
    except ValueError:
        return secret


def _to_base64(secret: str) -> str:
    from base64 import b64encode

    return b64encode(secret.encode("utf-8", "surrogateescape")).decode()


REWRITES: dict[str, Rewrite] = {
    "with double quotes around it": lambda secret: f'"{secret}"',
    "with single quotes around it": lambda secret: f"'{secret}'",
    "with angle brackets around it": lambda secret: f"<{secret}>",
    "as Python prints bytes (b'…')": lambda secret: f"b'{secret}'",
    "without the quotes around it": lambda secret: secret.strip("\"'"),
    "in lower case": str.lower,
    "in upper case": str.upper,
    "cut at “#”, as a comment": lambda secret: secret.partition("#")[0],
    "cut at “$”": lambda secret: secret.partition("$")[0],
    "with “$…” taken for a variable of the shell": lambda secret: re.sub(r"\$\w+", "", secret),
    "cut at “&”": lambda secret: secret.partition("&")[0],
    "cut at “=”": lambda secret: secret.partition("=")[0],
    "without the “=” at its end": lambda secret: secret.rstrip("="),
    "cut at “%”": lambda secret: secret.partition("%")[0],
    "cut at a blank": lambda secret: secret.partition(" ")[0],
    "cut at “;”": lambda secret: secret.partition(";")[0],
    "cut at “:”": lambda secret: secret.partition(":")[0],
    "cut at “+”": lambda secret: secret.partition("+")[0],
    "without its backslashes": lambda secret: secret.replace("\\", ""),
    "with backslashes doubled": lambda secret: secret.replace("\\", "\\\\"),
    "with “+” as a blank": lambda secret: secret.replace("+", " "),
    "with “&” as &amp;": lambda secret: secret.replace("&", "&amp;"),
    "without its last character": lambda secret: secret[:-1],
    "without its first character": lambda secret: secret[1:],
    "decoded once too much (its escapes)": percent_decode,
    "decoded as a form": form_decode,
    "decoded from base64": _base64,
    "decoded from hexadecimal": _hex,
    "encoded in base64": _to_base64,
}


@KEY.mistake("secret-rewritten", "a secret was used otherwise than it was given: {about}", AS_GIVEN)
def secret_rewritten(recipe: Recipe) -> Departures:
    yield from _rewritten(recipe, REWRITES)
