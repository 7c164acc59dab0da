"""Mistakes with the query of the URL (RFC 5849, section 3.4.1.3.1)."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Literal

from valetkey.doctor.mistakes.mistake import Family
from valetkey.doctor.recipe import Encoded, Item, Recipe, form_decode, percent_decode, read_pairs

QUERY = Family("The query")
#: For any parameter, so looked for last.
LEFT_OUT = Family("Parameters that were left out")
DECODE_ONCE = "Decode each name and value once, and encode it once for the signature (3.4.1.3.1)."
SIGN_ALL = "Sign every parameter of the query, together with the form's and the header's (3.4.1.3.1)."
EMPTY = "Sign a parameter without a value as name=, with an empty value (3.4.1.3.2)."

Departures = Iterator[tuple[str, Recipe]]


def others(recipe: Recipe, source: str) -> list[Item]:
    """The parameters from one place, without the protocol's own."""
    return [item for item in recipe.items if item.source == source and not item.is_protocol]


def changed(recipe: Recipe, found: Collection[Item], change: Callable[[Item], Item]) -> Recipe:
    """With the parameters that were found changed."""
    return recipe.but(items=tuple(change(item) if item in found else item for item in recipe.items))


def without(recipe: Recipe, found: Collection[Item]) -> Recipe:
    return recipe.but(items=tuple(item for item in recipe.items if item not in found))


def plus(recipe: Recipe, *added: tuple[str, str]) -> Recipe:
    """With more parameters (decoded)."""
    return recipe.but(items=(*recipe.items, *(Item(name, value, "added") for name, value in added)))


def read_signed(text: str, source: str) -> list[Item]:
    """The parameters in `text`, without the signature, which can't have signed itself."""
    return [item for item in read_pairs(text, source) if item.name != "oauth_signature"]


def differing(recipe: Recipe, departures: Iterable[tuple[str, Recipe]]) -> Departures:
    """Those that do depart. Parameters in another order are the same ones, as they will be sorted."""
    for about, made in departures:
        others_differ = any(getattr(made, step) != getattr(recipe, step) for step in OTHER_STEPS)
        if others_differ or _pairs(made) != _pairs(recipe):
            yield about, made


OTHER_STEPS = tuple(step for step in Recipe.STEPS if step != "items")


def _pairs(recipe: Recipe) -> list[tuple[str, str]]:
    return sorted([item[:2] for item in recipe.items])


@QUERY.mistake(
    "query-left-out", "the query of the URL was left out: its parameters were not signed", SIGN_ALL
)
def query_left_out(recipe: Recipe) -> Departures:
    yield from differing(recipe, [("", without(recipe, others(recipe, "query")))])


@QUERY.mistake(
    "query-in-url",
    "the query was kept in the URL part of the base string, {about}",
    "Cut the URL at “?” for the base string URI, and sign the query among the parameters (3.4.1.2).",
)
def query_in_url(recipe: Recipe) -> Departures:
    query = recipe.facts.query
    if not query:
        yield "as a bare question mark", _with_tail(recipe, "")
        return
    alone = "and its parameters were not signed as parameters"
    found = others(recipe, "query")
    unsigned = without(recipe, found)
    if found:
        yield alone, _with_tail(unsigned, query)
    yield "and signed once more among the parameters", _with_tail(recipe, query)
    if query != form_decode(query):
        yield "without its escapes", _with_tail(recipe, form_decode(query))
    # As some clients sign and send in one go: with the protocol parameters behind it.
    own = "&".join(item.written for item in found)
    if found and own != query:
        before = "before the protocol parameters were added to it"
        yield before, _with_tail(recipe, own)
        yield f"{before}, {alone}", _with_tail(unsigned, own)


def _with_tail(recipe: Recipe, query: str) -> Recipe:
    return recipe.but(place=recipe.place._replace(tail=f"?{query}"))


@QUERY.mistake(
    "query-twice", "the query's parameters were signed twice", "Sign each parameter once (3.4.1.3.1)."
)
def query_twice(recipe: Recipe) -> Departures:
    yield from differing(recipe, [("", recipe.but(items=(*recipe.items, *others(recipe, "query"))))])


@QUERY.mistake(
    "query-not-decoded",
    "the {about} before it was encoded for the signature: its escapes were encoded twice",
    DECODE_ONCE,
)
def query_not_decoded(recipe: Recipe) -> Departures:
    for source in ("query", "form"):
        found = others(recipe, source)
        for about, change in UNDECODED.items():
            yield from differing(recipe, [(f"{source} {about}", changed(recipe, found, change))])


UNDECODED: dict[str, Callable[[Item], Item]] = {
    "was not decoded": lambda item: item.read(str),
    "was decoded in its names, not in its values,": lambda item: item._replace(value=item.read(str).value),
    "was decoded in its values, not in its names,": lambda item: item._replace(name=item.read(str).name),
    "was not decoded, apart from “+”, read as a space,": lambda item: item.read(
        lambda text: text.replace("+", " ")
    ),
    "was not decoded, but “+” written as “%20”,": lambda item: item.read(
        lambda text: text.replace("+", "%20")
    ),
}


@QUERY.mistake("decoded-twice", "the {about} was decoded twice before it was signed", DECODE_ONCE)
def decoded_twice(recipe: Recipe) -> Departures:
    for source in ("query", "form", "header"):
        found = [item for item in recipe.items if item.source == source]
        yield from differing(
            recipe, [(source, changed(recipe, found, again)) for again in (_percent_again, _form_again)]
        )


def _percent_again(item: Item) -> Item:
    return item._replace(name=percent_decode(item.name), value=percent_decode(item.value))


def _form_again(item: Item) -> Item:
    return item._replace(name=form_decode(item.name), value=form_decode(item.value))


@QUERY.mistake(
    "plus-literal",
    "“+” was signed as a plus sign (%2B), where it stands for a space in the {about}",
    "In a query and a form “+” is a space: decode it to one, and sign %20; or send %20 (3.4.1.3.1).",
)
def plus_literal(recipe: Recipe) -> Departures:
    changes: tuple[Callable[[Item], Item], ...] = (
        lambda item: item.read(percent_decode),
        lambda item: item._replace(name=item.read(percent_decode).name),
        lambda item: item._replace(value=item.read(percent_decode).value),
    )
    for source in ("query", "form"):
        found = others(recipe, source)
        yield from differing(recipe, [(source, changed(recipe, found, change)) for change in changes])


@QUERY.mistake(
    "plus-lost",
    "a plus sign (%2B) was signed as a space",
    "Encode the plus sign of a value as %2B before you build the URL, and sign the value itself (3.6).",
)
def plus_lost(recipe: Recipe) -> Departures:
    found = [item for item in recipe.items if not item.is_protocol]
    yield from differing(recipe, [("", changed(recipe, found, _with_spaces))])


def _with_spaces(item: Item) -> Item:
    return item._replace(name=item.name.replace("+", " "), value=item.value.replace("+", " "))


def flags(recipe: Recipe) -> list[Item]:
    """The parameters without “=”."""
    return [item for item in recipe.items if not item.has_value]


def empty(recipe: Recipe) -> list[Item]:
    return [item for item in recipe.items if not item.value]


@QUERY.mistake(
    "empty-left-out",
    "parameters without a value (empty, blank) were left out of the signature: {about}",
    EMPTY,
)
def empty_left_out(recipe: Recipe) -> Departures:
    found = empty(recipe)
    groups = {
        "": found,
        ", which have no “=”": flags(recipe),
        ", but not the protocol's own": [item for item in found if not item.is_protocol],
        ", which have an “=”": [item for item in found if item.has_value],
    }
    for about, left in groups.items():
        names = ", ".join(f"“{item.name}”" for item in left)
        yield from differing(recipe, [(names + about, without(recipe, left))])


@QUERY.mistake(
    "empty-as-word", "a parameter without a value (an empty one) was signed with the value “{about}”", EMPTY
)
def empty_as_word(recipe: Recipe) -> Departures:
    for found in (flags(recipe), empty(recipe)):
        for word in WORDS:
            yield from differing(recipe, [(word, changed(recipe, found, _with_value(word)))])
        named = changed(recipe, found, lambda item: item._replace(value=item.name))
        yield from differing(recipe, [("its own name", named)])


WORDS = ("undefined", "null", "None", "nil", "true", "True", "1", "0", "false", "NULL", " ", '""')


def _with_value(value: str) -> Callable[[Item], Item]:
    return lambda item: item._replace(value=value)


@QUERY.mistake(
    "no-equals-sign",
    "a parameter without a value (an empty one) was signed without its “=”, as it has no value",
    EMPTY,
)
def without_equals_sign(recipe: Recipe) -> Departures:
    for found in (flags(recipe), empty(recipe)):
        if found:
            yield "", recipe.but(join=_without_signs(found))


def _without_signs(found: Collection[Item]) -> Callable[[Iterable[Encoded]], str]:
    def join(pairs: Iterable[Encoded]) -> str:
        return "&".join([name if item in found else f"{name}={value}" for name, value, item in pairs])

    return join


@QUERY.mistake(
    "cut-at-equals-sign",
    "a value of the query that holds “=” (an equals sign) was {about}",
    "Cut a parameter at its first “=” alone: the rest belongs to the value (3.4.1.3.1).",
)
def cut_at_equals_sign(recipe: Recipe) -> Departures:
    found = [item for item in recipe.items if item.written.count("=") > 1]
    if not found:
        return
    yield (
        "cut at its second “=”",
        changed(recipe, found, lambda item: _of(item, *item.written.split("=")[:2])),
    )
    yield "left out, not signed", without(recipe, found)
    yield (
        "cut at its last “=”",
        changed(recipe, found, lambda item: _of(item, *item.written.rpartition("=")[::2])),
    )
    yield (
        "signed without its equals signs",
        changed(recipe, found, lambda item: item._replace(value=item.value.replace("=", ""))),
    )


def _of(item: Item, name: str, value: str) -> Item:
    return item._replace(name=form_decode(name), value=form_decode(value))


@QUERY.mistake(
    "semicolon",
    "“;” (a semicolon) in the query was {about}",
    "Only “&” separates parameters; sign “;” as %3B, as part of its value (3.4.1.3.1).",
)
def semicolon(recipe: Recipe) -> Departures:
    if not any(";" in item.written for item in recipe.items):
        return
    for about, cut in CUTS.items():
        items: list[Item] = []
        for item in recipe.items:
            pieces = cut(item.written.split(";")) if ";" in item.written else [item.written]
            read = [Item("", "", item.source, piece).read(form_decode) for piece in pieces]
            items += read if item.written else [item]
        yield about, recipe.but(items=tuple(items))


CUTS: dict[str, Callable[[list[str]], list[str]]] = {
    "taken as a separator of parameters": lambda pieces: [piece for piece in pieces if piece],
    "taken as the end of the value: what follows was not signed": lambda pieces: pieces[:1],
    "taken as a separator, and what has no “=” was left out": lambda pieces: [
        piece for piece in pieces if "=" in piece
    ],
    "a reason to leave its parameter out: it was not signed": lambda pieces: [],
}


@QUERY.mistake(
    "decoded-before-cut",
    "the {about} was decoded before it was cut at “&” and “=”, not after",
    "Cut at “&” and “=” first, and decode each name and value then (3.4.1.3.1).",
)
def decoded_before_cut(recipe: Recipe) -> Departures:
    for source, written in (("query", recipe.facts.query), ("form", recipe.facts.body_text)):
        found = [item for item in recipe.items if item.source == source]
        right = {item[:2] for item in found}
        for decode in (percent_decode, form_decode):
            items = [item.read(str) for item in read_signed(decode(written), source)]
            if found and {item[:2] for item in items} != right:
                yield source, recipe.but(items=(*without(recipe, found).items, *items))


@QUERY.mistake(
    "cut-at-question-mark",
    "the query was cut at its second “?” (a question mark), and what follows was not signed",
    "The query begins at the first “?”; a later one belongs to a name or a value (3.4.1.3.1).",
)
def cut_at_question_mark(recipe: Recipe) -> Departures:
    query = recipe.facts.query
    if "?" in query:
        found = [item for item in recipe.items if item.source == "query"]
        kept = without(recipe, found).items
        yield "", recipe.but(items=(*kept, *read_signed(query.partition("?")[0], "query")))


@QUERY.mistake(
    "html-separator",
    "“&amp;” (the HTML escape of “&”) was {about}",
    "Separate parameters by “&”; write “&amp;” in HTML alone (3.4.1.3.1).",
)
def html_separator(recipe: Recipe) -> Departures:
    query = others(recipe, "query")
    bare = changed(recipe, query, lambda item: item._replace(name=item.name.removeprefix("amp;")))
    escaped = changed(recipe, query[1:], lambda item: item._replace(name=f"amp;{item.name}"))
    yield from differing(
        recipe, [("sent as a separator, and signed as “&”", bare), ("signed as a separator", escaped)]
    )


@QUERY.mistake(
    "one-pair",
    "the whole query was signed as one parameter, {about}",
    "Cut the query at each “&” into its parameters (3.4.1.3.1).",
)
def one_pair(recipe: Recipe) -> Departures:
    found = others(recipe, "query")
    if not found:
        return
    kept = without(recipe, found)
    query = "&".join(item.written for item in found)
    name, _, value = query.partition("=")
    for decode in (form_decode, str):
        if len(found) > 1:
            yield "cut at its first “=”", plus(kept, (decode(name), decode(value)))
        if "=" in query:
            yield "without a value", plus(kept, (decode(query), ""))
            yield "without a name", plus(kept, ("", decode(query)))


@QUERY.mistake(
    "query-mark-in-name",
    "the “?” was signed as part of the query's first name",
    "The query begins behind its “?” (3.4.1.3.1).",
)
def question_mark_in_name(recipe: Recipe) -> Departures:
    found = others(recipe, "query")[:1]
    marked = changed(recipe, found, lambda item: item._replace(name=f"?{item.name}"))
    yield from differing(recipe, [("", marked)])


@QUERY.mistake(
    "empty-pair",
    "an empty parameter (a bare “=”), made of a surplus “&” or of an empty query, was signed",
    "An empty piece between two “&”, and an empty query, are no parameters (3.4.1.3.1).",
)
def empty_pair(recipe: Recipe) -> Departures:
    yield "", plus(recipe, ("", ""))


@QUERY.mistake(
    "fragment",
    "the fragment (#…) was signed",
    "A fragment is never sent, and so never signed: cut the URL at “#” (3.4.1.2).",
)
def fragment(recipe: Recipe) -> Departures:
    sign = recipe.facts.fragment
    if sign:
        yield "", recipe.but(place=recipe.place._replace(tail=sign))
        last = others(recipe, "query")[-1:]
        longer = changed(recipe, last, lambda item: item._replace(value=item.value + sign))
        yield from differing(recipe, [("", longer)])


@QUERY.mistake(
    "name-case",
    "the parameters' names were signed in lower case",
    "Sign names as they are sent: their case counts (3.4.1.3.2).",
)
def name_case(recipe: Recipe) -> Departures:
    lowered = changed(recipe, recipe.items, lambda item: item._replace(name=item.name.lower()))
    yield from differing(recipe, [("", lowered)])


@QUERY.mistake(
    "value-rewritten",
    "values were rewritten before they were signed: {about}",
    "Sign values as they are sent, to the character (3.4.1.3.1).",
)
def value_rewritten(recipe: Recipe) -> Departures:
    found = [item for item in recipe.items if not item.is_protocol]
    for about, rewrite in REWRITES.items():
        yield from differing(recipe, [(about, changed(recipe, found, _rewritten(rewrite)))])


def _rewritten(rewrite: Callable[[str], str]) -> Callable[[Item], Item]:
    return lambda item: item._replace(value=rewrite(item.value))


def _exchange(words: dict[str, str]) -> Callable[[str], str]:
    return lambda value: words.get(value, value)


def _normal(form: Literal["NFC", "NFD"], value: str) -> str:
    from unicodedata import normalize  # seldom needed

    return value if value.isascii() else normalize(form, value)


def _without_html(value: str) -> str:
    return value.replace("&quot;", '"').replace("&lt;", "<").replace("&amp;", "&")


REWRITES: dict[str, Callable[[str], str]] = {
    "blanks around them were trimmed": str.strip,
    "in lower case": str.lower,
    "in upper case": str.upper,
    "“true” as “True”": _exchange({"true": "True", "false": "False"}),
    "“True” as “true”": _exchange({"True": "true", "False": "false"}),
    "“true” as “1”": _exchange({"true": "1", "false": "0"}),
    "“true” as “1”, “false” as nothing": _exchange({"true": "1", "false": ""}),
    "“1” as “true”": _exchange({"1": "true", "0": "false"}),
    "“1.0” as “1”": lambda value: value[:-2] if value.endswith(".0") and value[:-2].isdigit() else value,
    "whole numbers with “.0”": lambda value: f"{value}.0" if value.isdigit() else value,
    "without leading zeros": lambda value: value.lstrip("0") or value if value.isdigit() else value,
    "a line break as CR LF": lambda value: value.replace("\r\n", "\n").replace("\n", "\r\n"),
    "a line break (CR LF) as LF": lambda value: value.replace("\r\n", "\n"),
    "without line breaks": lambda value: value.replace("\r", "").replace("\n", ""),
    "with “&” as “&amp;”": lambda value: value.replace("&", "&amp;"),
    "with HTML escapes undone": _without_html,
    "without their quotes": lambda value: value.strip("\"'"),
    "within quotes": lambda value: f'"{value}"',
    "with backslashes before quotes": lambda value: value.replace("\\", "\\\\").replace('"', '\\"'),
    "without backslashes": lambda value: value.replace("\\", ""),
    "accents as characters of their own (Unicode's NFD)": lambda value: _normal("NFD", value),
    "accents not as characters of their own (Unicode's NFC)": lambda value: _normal("NFC", value),
}


@LEFT_OUT.mistake(
    "only-parameter", "of the query only the parameter “{about}” was signed, the others were not", SIGN_ALL
)
def only_one_parameter(recipe: Recipe) -> Departures:
    found = others(recipe, "query")
    names = list(dict.fromkeys(item.name for item in found))
    if len(names) > 2:
        for name in (names[0], names[-1]):
            yield name, without(recipe, [item for item in found if item.name != name])


@LEFT_OUT.mistake(
    "parameters-left-out",
    "parameters of the query were left out of the signature: they were sent, but not signed ({about})",
    SIGN_ALL,
)
def parameters_left_out(recipe: Recipe) -> Departures:
    found = others(recipe, "query")
    for count in range(2, min(len(found), 32)):
        for some in (found[-count:], found[:count]):
            yield f"“{some[0].name}” to “{some[-1].name}”", without(recipe, some)


@LEFT_OUT.mistake(
    "parameter-left-out",
    "the parameter “{about}” was left out of the signature: it was sent, but not signed",
    "Sign every parameter that is sent, wherever it travels, but oauth_signature and realm (3.4.1.3.1).",
)
def parameter_left_out(recipe: Recipe) -> Departures:
    for name in dict.fromkeys(item.name for item in recipe.items):
        yield name, without(recipe, [item for item in recipe.items if item.name == name])
