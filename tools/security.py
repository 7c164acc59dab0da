"""`make docs` writes the tables of docs/security.md: from docs/security.toml, a list of what may happen, and
from the tests' markers (`abuse("A17")`, `rule(1)`), which say what is shown.

``--open`` lists the abuses that no test shows.
"""

import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.marks import ROOT, Mark, marks

TABLE = ROOT / "docs" / "security.toml"
PAGE = ROOT / "docs" / "security.md"

#: What stands above this line of the page is written by hand.
LINE = "<!-- What follows is written by `make docs`. -->\n"

Tests = Mapping[str, list[Mark]]


@dataclass(frozen=True)
class Model:
    """The threat model: see the head of docs/security.toml."""

    rules: Mapping[str, str]
    groups: Mapping[str, str]
    abuses: Mapping[str, str]
    partly: Mapping[str, str]
    open: Mapping[str, str]


def read(table: Path = TABLE) -> Model:
    return Model(**tomllib.loads(table.read_text(encoding="utf-8")))


def shown(name: str, root: Path = ROOT) -> dict[str, list[Mark]]:
    """The tests with a marker of this name, by its argument."""
    found = defaultdict(list)
    for mark in marks(name, root):
        for argument in mark.arguments:
            found[str(argument)].append(mark)
    return found


def faults(model: Model, abuses: Tests, rules: Tests) -> Iterator[str]:
    """What the page could not honestly say, each as a sentence."""
    for known, tests, what in ((model.abuses, abuses, "abuse"), (model.rules, rules, "rule")):
        for key in tests.keys() - known.keys():
            test = tests[key][0]
            yield f"{test.file}, line {test.line}: there is no {what} {key} in docs/security.toml"
    for key in model.abuses.keys() & model.open.keys() & abuses.keys():
        yield f"{key}: it isn't open: {abuses[key][0].test} shows it"
    for key in (model.groups.keys() | model.partly.keys() | model.open.keys()) - model.abuses.keys():
        yield f"{key}: it is no abuse"
    for key in (*model.rules.keys() - rules.keys(), *missing(model, abuses)):
        yield f"{key}: no test shows it"


def missing(model: Model, abuses: Tests) -> list[str]:
    """The abuses that no test shows, and that aren't said to be open."""
    return [key for key in model.abuses if key not in abuses and key not in model.open]


def page(before: str, model: Model, abuses: Tests, rules: Tests) -> str:
    """The text of docs/security.md, where it was `before`."""
    head = before.partition(LINE)[0]
    return "".join([head, LINE, *_rules(model, rules), *_abuses(model, abuses)])


def _rules(model: Model, tests: Tests) -> Iterator[str]:
    yield "\n## The nine rules\n\n| | the rule | shown by |\n| --- | --- | --- |\n"
    for number, rule in model.rules.items():
        yield f"| {number} | {rule} | {_sentences(tests.get(number, ()))} |\n"


def _abuses(model: Model, tests: Tests) -> Iterator[str]:
    yield "\n## What may happen, and what shows that it doesn't\n"
    for key, abuse in model.abuses.items():
        if key in model.groups:
            yield f"\n### {model.groups[key]}\n\n| | what happens | what is so |\n| --- | --- | --- |\n"
        reason = model.open.get(key, model.partly.get(key, ""))
        what = "Nothing shows this yet" if key in model.open else "Not yet"
        told = "<br>".join(filter(None, [_sentences(tests.get(key, ())), reason and f"**{what}**: {reason}"]))
        yield f'| <a id="{key}"></a>{key} | {abuse} | {told} |\n'


def _sentences(tests: Iterable[Mark]) -> str:
    return "<br>".join(dict.fromkeys(f"[{test.sentence}](../{test.file})" for test in tests))


def tell_open(model: Model, tests: Tests) -> int:
    """What `make abuse` ends with; its exit code is 1 where an abuse has neither test nor reason."""
    for key in model.abuses:
        if key not in tests:
            print(f"{key}  {model.abuses[key]}  {model.open.get(key, 'NO TEST')}")
    lost = len(missing(model, tests))
    print(f"{len(model.abuses)} abuses; {len(tests)} have a test, {lost} have neither test nor reason.")
    return int(bool(lost))


def main(arguments: list[str]) -> int:
    if arguments == ["--open"]:
        return tell_open(read(), shown("abuse"))
    model, abuses, rules = read(), shown("abuse"), shown("rule")
    wrong = sorted(faults(model, abuses, rules))
    print(*wrong, sep="\n", end="\n" if wrong else "", file=sys.stderr)
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), model, abuses, rules), encoding="utf-8")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
