"""Mistakes with the body: forms, JSON, parts (RFC 5849, section 3.4.1.3.1)."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from valetkey.doctor.mistakes.mistake import Family
from valetkey.doctor.mistakes.query import Departures, changed, differing, others, plus, read_signed, without
from valetkey.doctor.recipe import Item, Recipe, form_decode

BODY = Family("The body")
FORM_IS_SIGNED = "Sign the parameters of a form-encoded body, together with the query's (3.4.1.3.1)."
NO_OTHER = "Sign no body that isn't sent as application/x-www-form-urlencoded (3.4.1.3.1)."
ONCE = "Sign each parameter once for each time that it is sent, in the query or in the body (3.4.1.3.1)."

#: Of a longer body, not every way to sign it is tried: each costs as much as the body is long.
LONG = 50_000
LIKE_A_FORM = re.compile(r"[^={\[<\s]+=")


@BODY.mistake("form-left-out", "the form body was left out, not signed{about}", FORM_IS_SIGNED)
def form_left_out(recipe: Recipe) -> Departures:
    form, query = others(recipe, "form"), others(recipe, "query")
    if form:
        yield "", without(recipe, form)
        if query:
            yield ", and neither was the query", without(recipe, [*form, *query])
        with_it = recipe.but(place=recipe.place._replace(tail=f"?{_written(form)}"))
        yield ", but put behind the URL, as if it were a query", without(with_it, form)


def _written(form: list[Item]) -> str:
    return "&".join([item.written for item in form])


@BODY.mistake(
    "form-not-sent-as-one",
    "the body was signed as a form, but not sent as one: its Content-Type is {about}",
    "Send a signed form as application/x-www-form-urlencoded; else leave the body out (3.4.1.3.1).",
)
def form_not_sent_as_one(recipe: Recipe) -> Departures:
    facts = recipe.facts
    if not facts.is_form and LIKE_A_FORM.match(facts.body_text):
        about = f"“{facts.media_type}”" if facts.media_type else "missing (none was sent)"
        text = facts.body_text
        for body in dict.fromkeys((text, text.strip())):
            yield about, recipe.but(items=(*recipe.items, *read_signed(body, "form")))
        fields = read_signed(text, "form")
        undecoded = [item.read(str) for item in fields]
        if undecoded != fields:
            yield f"{about}; and it was not decoded", recipe.but(items=(*recipe.items, *undecoded))


@BODY.mistake("form-twice", "the form's fields (of the body) were signed twice", ONCE)
def form_twice(recipe: Recipe) -> Departures:
    yield from differing(recipe, [("", recipe.but(items=(*recipe.items, *others(recipe, "form"))))])


@BODY.mistake(
    "form-one-pair",
    "the whole form body was signed as one parameter, {about}",
    "Cut the form at each “&” into its parameters (3.4.1.3.1).",
)
def form_one_pair(recipe: Recipe) -> Departures:
    form = others(recipe, "form")
    if not form:
        return
    kept, text = without(recipe, form), _written(form)
    name, _, value = text.partition("=")
    for decode in (form_decode, str):
        if len(form) > 1:
            yield "cut at its first “=”", plus(kept, (decode(name), decode(value)))
        yield from differing(recipe, [("as its name", plus(kept, (decode(text), "")))])
        yield "as its value, without a name", plus(kept, ("", decode(text)))
        yield "as a value with the name “body”", plus(kept, ("body", decode(text)))


@BODY.mistake(
    "query-and-body",
    "of the parameters that are both in the query and in the body, {about}",
    ONCE,
)
def query_and_body(recipe: Recipe) -> Departures:
    query, form = others(recipe, "query"), others(recipe, "form")
    pairs = {item[:2] for item in query} & {item[:2] for item in form}
    names = {item.name for item in query} & {item.name for item in form}
    departures = [
        (
            "those of one value were signed once",
            without(recipe, [item for item in form if item[:2] in pairs]),
        ),
        ("the query's alone were signed", without(recipe, [item for item in form if item.name in names])),
        ("the body's alone were signed", without(recipe, [item for item in query if item.name in names])),
        ("none were signed", without(recipe, [item for item in (*query, *form) if item.name in names])),
    ]
    yield from differing(recipe, departures)


@BODY.mistake(
    "body-line-break",
    "a line break at the end of the body was {about}",
    "Sign the body to its last octet, as it is sent (3.4.1.3.1).",
)
def body_line_break(recipe: Recipe) -> Departures:
    last = others(recipe, "form")[-1:]
    rewrites: dict[str, Callable[[str], str]] = {
        "left out, not signed": lambda value: value.rstrip("\r\n"),
        "signed that was not sent": lambda value: f"{value}\n",
        "signed that was not sent (CR LF)": lambda value: f"{value}\r\n",
    }
    for about, rewrite in rewrites.items():
        yield from differing(recipe, [(about, changed(recipe, last, _valued(rewrite)))])


def _valued(rewrite: Callable[[str], str]) -> Callable[[Item], Item]:
    return lambda item: item._replace(value=rewrite(item.value))


@BODY.mistake("body-signed", "the {about}, though it is no form", NO_OTHER)
def body_signed(recipe: Recipe) -> Departures:
    """Any body, taken for a parameter."""
    facts = recipe.facts
    if not facts.body_text or facts.is_form:
        return
    kind = "JSON body" if _json(facts.body_text) is not None else f"{facts.media_type} body".strip()
    text = facts.body_text
    seen: set[tuple[tuple[str, str], ...]] = {()}
    for about, pairs in _as_parameters(text):
        if pairs not in seen:
            seen.add(pairs)
            yield f"{kind} was signed {about}", plus(recipe, *pairs)


NAMES = ("body", "data", "json", "payload", "content", "params", "request", "message", "0")


def _as_parameters(text: str) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    form = read_signed(text, "form")
    if not LIKE_A_FORM.match(text):
        yield "as if it were a form", tuple((item.name, item.value) for item in form)
        yield "as if it were a form, not decoded", tuple(item.read(str)[:2] for item in form)
    if len(text) > LONG:
        yield "as a parameter's name", ((text, ""),)
        return
    for written in (text, text.strip(), *_written_again(text)):
        yield "as a parameter's name", ((written, ""),)
        yield "as a parameter's value, without a name", (("", written),)
        for name in NAMES:
            yield f"as the value of a parameter “{name}”", ((name, written),)
    if len(text) <= 1024:
        yield "character by character (0=…, 1=…)", tuple((str(index), one) for index, one in enumerate(text))


def _written_again(text: str) -> tuple[str, ...]:
    """A JSON body as it may have been before it was written once more for sending."""
    read = _json(text)
    if read is None:
        return ()
    return _compact(read), json.dumps(read, separators=(",", ":")), json.dumps(read), "[object Object]"


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class Number(float):
    """A JSON number with a fraction or an exponent, which prints as it is written."""

    written: str

    def __new__(cls, text: str) -> "Number":
        made = super().__new__(cls, text)
        made.written = text
        return made

    def __str__(self) -> str:
        return self.written


def _json(text: str) -> object:
    """What it holds; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


class Spelling(NamedTuple):
    """How a language makes text of what isn't text; None leaves it out."""

    true: str
    false: str
    null: str | None


SPELLINGS = {
    "JavaScript": Spelling("true", "false", "null"),
    "Python": Spelling("True", "False", "None"),
    "PHP": Spelling("1", "", ""),
    "Ruby": Spelling("true", "false", ""),
    "Go": Spelling("true", "false", "<nil>"),
    "numbers": Spelling("1", "0", ""),
    "JavaScript, null left out": Spelling("true", "false", None),
    "Python, None left out": Spelling("True", "False", None),
    "PHP, null left out": Spelling("1", "0", None),
    "JavaScript, undefined": Spelling("true", "false", "undefined"),
}

Pairs = list[tuple[str, str]]


def _plain(value: object, spelling: Spelling) -> str | None:
    if isinstance(value, bool):
        return spelling.true if value else spelling.false
    return spelling.null if value is None else str(value)


def _flat(write: Callable[[str, str], str], *, is_list_bare: bool = False) -> "Nesting":
    """Nested values, one parameter each, whose name `write` makes of the outer name and the inner."""

    def pairs(name: str, value: object, spelling: Spelling) -> Pairs:
        if isinstance(value, dict):
            inner = [(write(name, key), each) for key, each in value.items()]
        elif isinstance(value, list) and is_list_bare:
            inner = [(write(name, ""), each) for each in value]
        elif isinstance(value, list):
            inner = [(write(name, str(index)), each) for index, each in enumerate(value)]
        else:
            text = _plain(value, spelling)
            return [] if text is None else [(name, text)]
        return [pair for each_name, each in inner for pair in pairs(each_name, each, spelling)]

    return pairs


def _whole(write: Callable[[object], str]) -> "Nesting":
    """Each nested value as one text."""
    return lambda name, value, spelling: [(name, write(value))]


def _repeated(otherwise: "Nesting") -> "Nesting":
    """A list as a parameter of its name for each of its values."""

    def pairs(name: str, value: object, spelling: Spelling) -> Pairs:
        made: Pairs = []
        for each in value if isinstance(value, list) else [value]:
            text = None if isinstance(each, dict | list) else _plain(each, spelling)
            made += otherwise(name, each, spelling) if text is None else [(name, text)]
        return made

    return pairs


def _ruby(value: object) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)}=>{_ruby(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(_ruby(each) for each in value)}]"
    return "nil" if value is None else json.dumps(value, ensure_ascii=False)


def _go(value: object) -> str:
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{_go(each)}' for key, each in sorted(value.items()))}]"
    if isinstance(value, list):
        return f"[{' '.join(_go(each) for each in value)}]"
    return _plain(value, SPELLINGS["Go"]) or ""


Nesting = Callable[[str, object, Spelling], Pairs]

NESTINGS: dict[str, Nesting] = {
    "nested ones left out": lambda name, value, spelling: [],
    "nested ones as compact JSON": _whole(_compact),
    "nested ones as JSON": _whole(json.dumps),
    "nested ones as a[b], a[0]": _flat(lambda outer, inner: f"{outer}[{inner}]"),
    "nested ones as a[b], a[]": _flat(lambda outer, inner: f"{outer}[{inner}]", is_list_bare=True),
    "nested ones as a.b, a.0": _flat(lambda outer, inner: f"{outer}.{inner}"),
    "nested ones by their own names": _flat(
        lambda outer, inner: inner if not inner.isdigit() and inner else outer
    ),
    "nested ones as [object Object], or joined with a comma": _whole(lambda value: _javascript(value)),
    "lists as repeated parameters, objects as [object Object]": _repeated(
        _whole(lambda value: _javascript(value))
    ),
    "lists as repeated parameters, objects as compact JSON": _repeated(_whole(_compact)),
    "lists as repeated parameters, objects left out": _repeated(lambda name, value, spelling: []),
    "nested ones as Ruby prints them": _whole(_ruby),
    "nested ones as Go prints them": _whole(_go),
    "nested ones as “Array”": _whole(lambda value: "Array"),
    "nested ones as Python prints them": _whole(str),
    "nested ones as nothing": _whole(lambda value: ""),
}


def _javascript(value: object) -> str:
    if isinstance(value, list):
        return ",".join([_javascript(each) for each in value])
    return (
        "[object Object]" if isinstance(value, dict) else _plain(value, Spelling("true", "false", "")) or ""
    )


def _attributes(read: Mapping[str, object], nesting: Nesting, spelling: Spelling) -> Pairs:
    made: Pairs = []
    for name, value in read.items():
        if isinstance(value, dict | list):
            made += nesting(name, value, spelling)
        else:
            text = _plain(value, spelling)
            made += [] if text is None else [(name, text)]
    return made


@BODY.mistake(
    "json-attributes",
    "the JSON body was signed: its attributes, as if they were parameters ({about})",
    NO_OTHER,
)
def json_attributes(recipe: Recipe) -> Departures:
    text = recipe.facts.body_text.strip()
    if text[:1] not in ("{", "[") or len(text) > LONG:
        return
    try:
        yield from _json_departures(recipe, text)
    except (ValueError, RecursionError):  # no JSON after all, or nested beyond reason
        return


def _json_departures(recipe: Recipe, text: str) -> Departures:
    recipe = without(recipe, others(recipe, "form"))
    seen: set[tuple[tuple[str, str], ...]] = {()}
    for number in (Number, float, _shortest):
        read = json.loads(text, parse_float=number)
        attributes = {str(index): each for index, each in enumerate(read)} if isinstance(read, list) else read
        for nested, nesting in NESTINGS.items():
            for spelled, spelling in SPELLINGS.items():
                pairs = tuple(_attributes(attributes, nesting, spelling))
                if pairs not in seen:
                    seen.add(pairs)
                    yield f"spelt as in {spelled}; {nested}", plus(recipe, *pairs)


def _shortest(text: str) -> float | int:
    """As JavaScript prints it: 1.0 as 1."""
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


PART = re.compile(r'(?:^|;)\s*(name|filename)="?((?:[^"\\;]|\\.)*)"?', re.IGNORECASE)


@BODY.mistake(
    "multipart-signed",
    "the fields of the multipart body were signed{about}, though it is no form-encoded one",
    NO_OTHER,
)
def multipart_signed(recipe: Recipe) -> Departures:
    boundary = re.search(r'boundary="?([^";]+)', recipe.facts.content_type)
    if boundary is None:
        return
    fields: Pairs = []
    files: list[tuple[str, str, str]] = []
    for part in recipe.facts.body_text.split(f"--{boundary[1].strip()}")[1:-1]:
        head, _, content = part.replace("\r\n", "\n").partition("\n\n")
        named = {key.lower(): value for key, value in PART.findall(head.replace("\n", ";"))}
        if "name" in named and "filename" in named:
            files.append((named["name"], named["filename"], content.removesuffix("\n")))
        elif "name" in named:
            fields.append((named["name"], content.removesuffix("\n")))
    departures = [
        ("", plus(recipe, *fields)),
        (", with the names of its files", plus(recipe, *fields, *((name, file) for name, file, _ in files))),
        (", with its files, empty", plus(recipe, *fields, *((name, "") for name, _, _ in files))),
        (", with its files' contents", plus(recipe, *fields, *((name, text) for name, _, text in files))),
        (
            ", with “@” and the names of its files",
            plus(recipe, *fields, *((name, f"@{file}") for name, file, _ in files)),
        ),
        (", its files alone", plus(recipe, *((name, file) for name, file, _ in files))),
    ]
    yield from differing(recipe, departures[: len(departures) if files else 1])
