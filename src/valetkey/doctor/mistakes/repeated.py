"""Mistakes with parameters that are there more than once, and with brackets in names (section 3.4.1.3.2)."""

import json
import re
from collections.abc import Callable, Sequence

from valetkey.doctor.mistakes.mistake import Family
from valetkey.doctor.mistakes.query import Departures, differing
from valetkey.doctor.recipe import Item, Recipe

REPEATED = Family("Repeated and nested parameters")
EACH = "Sign each of the repeated parameters by itself, sorted by value (3.4.1.3.2)."
BRACKETS = "Sign names as they are sent, brackets included, encoded as %5B and %5D (3.4.1.3.2)."


def groups(items: Sequence[Item]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.name, []).append(item)
    return found


def merged(recipe: Recipe, merge: Callable[[str, list[Item]], list[Item]]) -> Recipe:
    """With what `merge` makes of the parameters of each name that is there more than once."""
    items: list[Item] = []
    for name, group in groups(recipe.items).items():
        items += merge(name, group) if len(group) > 1 else group
    return recipe.but(items=tuple(items))


def are_repeated(recipe: Recipe) -> bool:
    return any(len(group) > 1 for group in groups(recipe.items).values())


@REPEATED.mistake(
    "repeated-collapsed", "of the parameters that are repeated (of one name) only {about} was signed", EACH
)
def collapsed(recipe: Recipe) -> Departures:
    if not are_repeated(recipe):
        return
    yield "the last one", merged(recipe, lambda _, group: group[-1:])
    yield "the first one", merged(recipe, lambda _, group: group[:1])
    yield "the one that sorts first", merged(recipe, lambda _, group: sorted(group, key=_value)[:1])
    yield "the one that sorts last", merged(recipe, lambda _, group: sorted(group, key=_value)[-1:])
    some = [
        (
            "one of each value",
            merged(recipe, lambda _, group: list({item.value: item for item in group}.values())),
        ),
        (
            "the form's",
            merged(recipe, lambda _, group: [item for item in group if item.source != "query"] or group),
        ),
        (
            "the query's",
            merged(recipe, lambda _, group: [item for item in group if item.source != "form"] or group),
        ),
    ]
    yield from differing(recipe, some)


def _value(item: Item) -> str:
    return item.value


@REPEATED.mistake(
    "repeated-left-out", "the parameters that are repeated (arrays) were left out, not signed", EACH
)
def left_out(recipe: Recipe) -> Departures:
    if are_repeated(recipe):
        yield "", merged(recipe, lambda _, group: [])


@REPEATED.mistake(
    "repeated-joined", "the values of a repeated parameter (an array) were joined into one, {about}", EACH
)
def joined(recipe: Recipe) -> Departures:
    if not are_repeated(recipe):
        return
    writers: dict[str, Callable[[list[str]], str]] = {
        "with a comma": ",".join,
        "with a comma and a space": ", ".join,
        "with a space": " ".join,
        "with “;”": ";".join,
        "with “|”": "|".join,
        "with “&”": "&".join,
        "with nothing between them": "".join,
        "as Python prints a list": lambda values: str(values),
        "as JSON": json.dumps,
        "as compact JSON": lambda values: json.dumps(values, separators=(",", ":")),
        "as Ruby prints an array": lambda values: f"[{', '.join(json.dumps(value) for value in values)}]",
        "in brackets": lambda values: f"[{', '.join(values)}]",
        "as Go prints a slice": lambda values: f"[{' '.join(values)}]",
        "as PHP prints one: “Array”": lambda values: "Array",
    }
    for about, write in writers.items():
        yield about, merged(recipe, _into_one(write))
        yield about, merged(recipe, _into_one(write, by_value=True))


def _into_one(
    write: Callable[[list[str]], str], by_value: bool = False
) -> Callable[[str, list[Item]], list[Item]]:
    def merge(name: str, group: list[Item]) -> list[Item]:
        values = [item.value for item in group]
        return [Item(name, write(sorted(values) if by_value else values), "added")]

    return merge


@REPEATED.mistake(
    "repeated-order",
    "repeated parameters (of one name) were signed in the order {about}, not sorted by value",
    EACH,
)
def in_another_order(recipe: Recipe) -> Departures:
    if not are_repeated(recipe):
        return
    orders: dict[str, Callable[[list[str]], list[str]]] = {
        "of the request": list,
        "of the request, backwards": lambda values: values[::-1],
        "of their numbers": lambda values: sorted(values, key=_number),
        "of their values, backwards": lambda values: sorted(values, reverse=True),
    }
    for about, order in orders.items():
        made = recipe.but(order=_ordered_within(order))
        if made.parameters != recipe.parameters:
            yield about, made


def _number(text: str) -> tuple[float, str]:
    try:
        return float(text), text
    except ValueError:
        return float("inf"), text


def _ordered_within(order: Callable[[list[str]], list[str]]) -> Callable[..., list[tuple[str, str, Item]]]:
    def within(pairs: Sequence[tuple[str, str, Item]]) -> list[tuple[str, str, Item]]:
        found: dict[str, list[tuple[str, str, Item]]] = {}
        for pair in pairs:
            found.setdefault(pair[0], []).append(pair)
        made: list[tuple[str, str, Item]] = []
        for name in sorted(found):
            by_value = {value: item for _, value, item in found[name]}
            made += [
                (name, value, by_value[value]) for value in order([value for _, value, _ in found[name]])
            ]
        return made

    return within


@REPEATED.mistake(
    "brackets-indexed",
    "repeated parameters (an array) were signed with an index in brackets: {about}",
    BRACKETS,
)
def indexed(recipe: Recipe) -> Departures:
    writers: dict[str, Callable[[str, int], str]] = {
        "a[0], a[1] …": lambda name, index: f"{name}[{index}]",
        "a[0] for a[] …": lambda name, index: f"{name.removesuffix('[]')}[{index}]",
        "a[1], a[2] …": lambda name, index: f"{name.removesuffix('[]')}[{index + 1}]",
        "a0, a1 …": lambda name, index: f"{name.removesuffix('[]')}{index}",
        "a.0, a.1 …": lambda name, index: f"{name.removesuffix('[]')}.{index}",
        "a[] for each": lambda name, index: f"{name.removesuffix('[]')}[]",
        "a[][] for each": lambda name, index: f"{name}[]",
        "a[0] without “]” encoded": lambda name, index: f"{name.removesuffix('[]')}[{index}",
    }
    found = groups(recipe.items)
    arrays = {name for name, group in found.items() if len(group) > 1 or name.endswith("[]")}
    if not arrays:
        return
    several = {name for name in arrays if len(found[name]) > 1}
    for about, write in writers.items():
        made = [_renamed(recipe, which, write) for which in (several, arrays)]
        # Numbered in the order sent, or sorted by value before.
        made.append(_renamed(recipe, arrays, write, by_value=True))
        yield from differing(recipe, [(about, one) for one in made if set(one.items) != set(recipe.items)])


def _renamed(
    recipe: Recipe, which: set[str], write: Callable[[str, int], str], by_value: bool = False
) -> Recipe:
    counts: dict[str, int] = {}
    items = []
    ordered = sorted(recipe.items, key=_value) if by_value else recipe.items
    for item in ordered:
        if item.name in which:
            index = counts.get(item.name, 0)
            counts[item.name] = index + 1
            item = item._replace(name=write(item.name, index))
        items.append(item)
    return recipe.but(items=tuple(items))


@REPEATED.mistake("brackets-stripped", "brackets in names (a[], a[b]) were {about}", BRACKETS)
def brackets(recipe: Recipe) -> Departures:
    if not any("[" in item.name for item in recipe.items):
        return
    rewrites: dict[str, Callable[[str], str]] = {
        "left out: “[]” was stripped": lambda name: name.replace("[]", ""),
        "cut off, with all that they held": lambda name: name.partition("[")[0],
        "signed as dots: a.b": lambda name: name.replace("]", "").replace("[", "."),
        "signed as underscores: a_b": lambda name: name.replace("]", "").replace("[", "_"),
        "left out: a[b] was signed as ab": lambda name: name.replace("]", "").replace("[", ""),
        "signed as parentheses": lambda name: name.replace("[", "(").replace("]", ")"),
        "signed without their index: a[0] as a[]": lambda name: re.sub(r"\[\d+\]", "[]", name),
        "signed without index and brackets: a[0] as a": lambda name: re.sub(r"\[\d*\]", "", name),
        "quoted: a['b']": lambda name: re.sub(r"\[([^\]]+)\]", r"['\1']", name),
    }
    for about, rewrite in rewrites.items():
        items = tuple(item._replace(name=rewrite(item.name)) for item in recipe.items)
        if items == recipe.items:
            continue
        yield about, recipe.but(items=items)
        if not are_repeated(recipe.but(items=items)):
            continue
        for pick in (0, -1):  # and then only one of each name
            kept = {group[pick] for group in groups(items).values()}
            yield (
                f"{about}, and one of each name was signed",
                recipe.but(items=tuple(item for item in items if item in kept)),
            )
        yield (
            f"{about}, and the values of one name were joined with a comma",
            merged(recipe.but(items=items), _into_one(",".join)),
        )


@REPEATED.mistake(
    "nested-value",
    "a nested object or array (a[b]) was signed as one parameter with the value “{about}”",
    BRACKETS,
)
def nested(recipe: Recipe) -> Departures:
    found = [item for item in recipe.items if re.search(r"\[.*\]", item.name)]
    if not found:
        return
    kept = tuple(item for item in recipe.items if item not in found)
    trees: dict[str, dict[str, str] | list[str]] = {}
    for item in found:
        base, _, inner = item.name.partition("[")
        inner = inner.rstrip("]")
        tree = trees.setdefault(base, [] if not inner or inner.isdigit() else {})
        if isinstance(tree, list):
            tree.append(item.value)
        else:
            tree[inner] = item.value
    writers: dict[str, Callable[[object], str]] = {
        "[object Object]": lambda tree: "[object Object]",
        "Array": lambda tree: "Array",
        "JSON": json.dumps,
        "compact JSON": lambda tree: json.dumps(tree, separators=(",", ":")),
        "its own print": str,
        "": lambda tree: "",
    }
    for about, write in writers.items():
        yield (
            about or "nothing",
            recipe.but(items=(*kept, *(Item(name, write(tree), "added") for name, tree in trees.items()))),
        )
    yield "none: left out, not signed", recipe.but(items=kept)
