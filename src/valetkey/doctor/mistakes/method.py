"""Mistakes with the HTTP method (RFC 5849, section 3.4.1.1)."""

from valetkey.doctor.mistakes.mistake import Family
from valetkey.doctor.mistakes.query import Departures, differing
from valetkey.doctor.recipe import Recipe

METHOD = Family("The method")
AS_SENT = "Sign the HTTP method that the request is sent with, in capitals (3.4.1.1)."

VERBS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
FIELDS = ("_method", "X-HTTP-Method-Override")


@METHOD.mistake(
    "method-override",
    "the method that {about} asks for was signed, not the one that the request was sent with",
    "Sign the method of the request line, whatever a header or a field asks for (3.4.1.1).",
)
def method_override(recipe: Recipe) -> Departures:
    headers = recipe.facts.sent.headers
    asked = [(name, value) for name in OVERRIDES for value in headers.every(name)]
    asked += [(item.name, item.value) for item in recipe.items if item.name in FIELDS]
    yield from differing(recipe, [(name, recipe.but(method=value.upper())) for name, value in asked])


@METHOD.mistake(
    "method", "the request was signed as {about} method, but it was sent with another one", AS_SENT
)
def another_method(recipe: Recipe) -> Departures:
    for verb in VERBS:
        if verb != recipe.method:
            yield verb, recipe.but(method=verb)


@METHOD.mistake("method-case", "the method was signed as “{about}”, not in capitals (upper case)", AS_SENT)
def method_case(recipe: Recipe) -> Departures:
    method = recipe.method
    for written in dict.fromkeys((recipe.facts.sent.method, method.lower(), method.capitalize())):
        yield from differing(recipe, [(written, recipe.but(method=written))])


@METHOD.mistake(
    "no-method", "an empty method was signed (the method is missing from the base string)", AS_SENT
)
def no_method(recipe: Recipe) -> Departures:
    yield from differing(
        recipe, [("", recipe.but(method=made)) for made in ("", "undefined", "null", "None")]
    )
