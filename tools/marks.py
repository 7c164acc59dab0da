"""What the tests say they show: their markers (`@pytest.mark.abuse("A17")`), read from the source, not run.

The pages that list what is shown are made from this.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Mark(NamedTuple):
    """One marker on one test: its arguments, and where the test is; `file` is relative to the root."""

    arguments: tuple[object, ...]
    test: str
    file: str
    line: int

    @property
    def sentence(self) -> str:
        """The test's name as a sentence: `test_a_replay_is_refused` says “A replay is refused”."""
        words = self.test.removeprefix("test_").replace("_", " ")
        return words[:1].upper() + words[1:]


def marks(name: str, root: Path = ROOT) -> list[Mark]:
    """Every marker of this name below `root`/tests, by file, then in the order of the tests.

    A marker of a class or a file (`pytestmark`) counts for each of its tests; one of a single parametrised
    case counts for the whole test.

    :raises ValueError: for an argument that isn't written out, or is given by name.
    """
    return [
        Mark(_arguments(call, file), function.name, file, function.lineno)
        for path in sorted((root / "tests").rglob("test_*.py"))
        for file in [path.relative_to(root).as_posix()]
        for function, holders in _tests(ast.parse(path.read_bytes(), file), [])
        for holder in holders
        for call in _calls(holder, name)
    ]


def _tests(
    node: ast.Module | ast.ClassDef, outer: list[ast.expr]
) -> Iterator[tuple[Function, list[ast.expr]]]:
    """Each test below `node`, with the expressions that may hold its markers."""
    around = [*outer, *_pytestmark(node)]
    for child in node.body:
        if isinstance(child, ast.ClassDef):
            yield from _tests(child, [*around, *child.decorator_list])
        elif isinstance(child, Function) and child.name.startswith("test_"):
            yield child, [*around, *child.decorator_list]


def _pytestmark(node: ast.Module | ast.ClassDef) -> Iterator[ast.expr]:
    for child in node.body:
        if isinstance(child, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytestmark" for target in child.targets
        ):
            yield child.value


def _calls(holder: ast.expr, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(holder):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"pytest.mark.{name}":
            yield node


def _arguments(call: ast.Call, file: str) -> tuple[object, ...]:
    if call.keywords:
        raise ValueError(f"{file}, line {call.lineno}: give a marker's arguments without names")
    try:
        return tuple(ast.literal_eval(argument) for argument in call.args)
    except ValueError:
        raise ValueError(f"{file}, line {call.lineno}: write a marker's arguments out") from None
