"""Users' type checkers see every type, and the right one: mypy --strict, and pyright's strict rules."""

import ast
import inspect
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

import oauth
import valetkey
from tests.test_documents import PAGES, ROOT, blocks
from tests.typing import checking
from tests.typing.checking import Complaint

HERE = Path(__file__).parent
PINNED = ("surface.py", "adapters.py")

#: What is said of an example, and is the fault of somebody else's types.
THEIRS = {("stores_service.py", "reportUnknownMemberType"): "valkey's from_url has **kwargs of no type"}

#: What must be pinned besides the names of `valetkey.__all__`: the documented part of what is for users.
MODULES = (
    *("valetkey.urllib", "valetkey.requests", "valetkey.httpx", "valetkey.aiohttp"),
    *("valetkey.asgi", "valetkey.wsgi", "valetkey.services", "valetkey.services.service.Legs"),
    *("valetkey.services.quirks.Quirks", "valetkey.stores.nonces", "valetkey.stores.valkey.ValkeyNonces"),
    *("valetkey.stores.valkey.AsyncValkeyNonces", "valetkey.django.decorators", "oauth"),
)
#: Names of these that are for nobody outside.
UNPINNED = (
    *("*.log", "valetkey.Signed.quickly", "valetkey.Verified.of", "valetkey.stores.nonces.S"),
    *("valetkey.services.business*", "valetkey.services.joins*", "valetkey.services.learning*"),
    *("valetkey.services.media*", "valetkey.services.quirks.[!Q]*", "valetkey.services.quirks.Quirky*"),
    "valetkey.services.service.checked_base",
    # what the libraries call
    *("valetkey.httpx.*.*sync_auth_flow", "valetkey.httpx.*.handle_*request", "valetkey.httpx.*.aclose"),
    *("valetkey.requests.OAuth1Adapter.[ip]*", "valetkey.requests.OAuth1.client_class"),
    "valetkey.requests.PLACEMENTS",
)

#: Whose types are known to mypy's plugin alone (models), or aren't for users.
UNKNOWN = (
    *("valetkey.django.*", "valetkey.demo.*", "valetkey.cli.*", "valetkey.doctor.*", "*.log"),
    # Made by a decorator whose own type says all; pinned in surface.py.
    "valetkey.stores.sqlite.AsyncSQLiteStore*",
    "valetkey.timely.TimelyResponse*",  # http.client's own attribute, narrowed
)


def imported(code: str) -> dict[str, str | None]:
    """The names that `code` imports, and each one's module."""
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {
        alias.asname or alias.name: getattr(node, "module", None) for node in nodes for alias in node.names
    }


def programs(page: Path) -> Iterator[tuple[str, str]]:
    """A page's Python blocks as files: those that name theirs, and the rest as one program. Where a block
    imports a known name from elsewhere, the next program begins, with what the page begins with.
    """
    stem = page.stem.lower().replace("-", "_")
    opening = len(
        re.findall("^```python", page.read_text(encoding="utf-8").partition("\n## ")[0], re.MULTILINE)
    )
    named = [re.match(r"# (\w+\.py)\n", block) for block in blocks(page, "python")]
    yield from ((f"{stem}_{name[1]}", name.string) for name in named if name)
    rest = [block for block, name in zip(blocks(page, "python"), named, strict=True) if not name]
    program: list[str] = []
    number = 1
    for block in rest:
        known = imported("\n".join(program))
        if any(known.get(name, module) != module for name, module in imported(block).items()):
            yield f"{stem}_{number}.py", "\n".join(program)
            program, number = rest[:opening], number + 1
        program.append(block)
    if program:
        yield f"{stem}_{number}.py", "\n".join(program)


EXAMPLES = {name: text for page in PAGES for name, text in programs(page)}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ours = {name: (HERE / name).read_text(encoding="utf-8") for name in (*PINNED, "misuses.py")}
    return checking.user_folder(tmp_path_factory.mktemp("user"), {**EXAMPLES, **ours})


@pytest.fixture(scope="session")
def kept(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.cache.mkdir("types")  # between runs, which makes the next one quicker


@pytest.fixture(scope="session")
def complaints(folder: Path, kept: Path) -> dict[str, list[Complaint]]:
    return {"mypy": checking.by_mypy(folder, kept / "user"), "pyright": checking.by_pyright(folder)}


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    elsewhere = tmp_path_factory.mktemp("elsewhere")  # where no configuration is found
    return [symbol for name in ("valetkey", "oauth") for symbol in checking.published(name, elsewhere)]


checkers = pytest.mark.parametrize("checker", ["mypy", "pyright"])


def is_theirs(complaint: Complaint) -> bool:
    return any(complaint.file == file and rule in complaint.what for file, rule in THEIRS)


@checkers
def test_the_examples_of_readme_and_docs_are_clean(
    complaints: dict[str, list[Complaint]], checker: str
) -> None:
    assert [found for found in complaints[checker] if found.file in EXAMPLES and not is_theirs(found)] == []


def test_no_example_is_left_out() -> None:
    checked = "\n".join(EXAMPLES.values())
    assert [block for page in PAGES for block in blocks(page, "python") if block not in checked] == []


@checkers
def test_the_surface_has_the_types_that_are_pinned(
    complaints: dict[str, list[Complaint]], checker: str
) -> None:
    assert [found for found in complaints[checker] if found.file in PINNED] == []


def test_mypy_calls_each_misuse_an_error(complaints: dict[str, list[Complaint]]) -> None:
    # It complains of a `type: ignore` that ignores nothing, and of an error with another code.
    assert [found for found in complaints["mypy"] if found.file == "misuses.py"] == []


def test_pyright_calls_the_same_misuses_errors(complaints: dict[str, list[Complaint]]) -> None:
    lines = (HERE / "misuses.py").read_text(encoding="utf-8").splitlines()
    expected = {number for number, line in enumerate(lines, 1) if "# type: ignore[" in line}
    assert len(expected) > 40
    assert {found.line for found in complaints["pyright"] if found.file == "misuses.py"} == expected


def test_the_cores_types_need_nothing_installed(folder: Path, kept: Path) -> None:
    assert checking.by_mypy_alone(folder / "surface.py", ROOT / "src", kept / "alone") == []


def test_the_type_of_every_public_symbol_is_known(published: list[dict[str, Any]]) -> None:
    """By pyright's reckoning, which every other checker must agree with: none is left to be inferred."""
    unknown = [symbol["name"] for symbol in published if not symbol["isTypeKnown"]]
    assert [name for name in unknown if not any(fnmatch(name, left) for left in UNKNOWN)] == []
    assert len(published) > 1000


def test_every_public_name_is_pinned(published: list[dict[str, Any]]) -> None:
    """A new function, attribute or class fails here until surface.py or adapters.py says its type."""
    said = "".join((HERE / name).read_text(encoding="utf-8") for name in PINNED)
    pinned = {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(ast.parse(said))}
    pinned |= {keyword.arg for keyword in ast.walk(ast.parse(said)) if isinstance(keyword, ast.keyword)}
    assert [name for name in public(published) if name.rpartition(".")[2] not in pinned] == []


def public(published: list[dict[str, Any]]) -> Iterator[str]:
    """The names of `valetkey.__all__`, of their members, and of :data:`MODULES`."""
    classes = {
        f"{found.__module__}.{found.__qualname__}": name
        for name in valetkey.__all__
        if inspect.isclass(found := getattr(valetkey, name))
    }
    yield from (f"valetkey.{name}" for name in valetkey.__all__)
    yield from (f"oauth.{name}" for name in oauth.__all__)
    for symbol in published:
        owner, _, member = symbol["name"].rpartition(".")
        name = f"valetkey.{classes[owner]}.{member}" if owner in classes else symbol["name"]
        within = owner in classes or any(fnmatch(name, f"{module}*") for module in MODULES)
        if within and not member.startswith("__") and not any(fnmatch(name, left) for left in UNPINNED):
            yield name
