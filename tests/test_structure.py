"""Where code may live, and what it may import."""

import ast
import graphlib
import os
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]

# From the bottom up. A file imports from the rows below its own and, where the row names its folder (`.*`),
# from that folder.
ROWS = (
    ("valetkey.protocol.encoding", "valetkey.protocol.values"),
    ("valetkey.protocol.messages", "valetkey.protocol.parameters"),
    ("valetkey.protocol.cases",),
    ("valetkey.protocol.errors",),
    ("valetkey.protocol.credentials", "valetkey.protocol.header", "valetkey.protocol.origin"),
    ("valetkey.protocol.rsa", "valetkey.protocol.canonical"),
    ("valetkey.protocol.base_string", "valetkey.protocol.signatures"),
    ("valetkey.protocol.answers", "valetkey.protocol.mistakes"),
    ("valetkey.protocol",),
    ("valetkey.stores", "valetkey.flow", "valetkey.clock", "valetkey.timely"),
    ("valetkey.quick",),
    ("valetkey.signer", "valetkey.verifier"),
    ("valetkey.services.*",),
    ("valetkey.handshake", "valetkey.provider", "valetkey.stores.*"),
    ("valetkey.signing", "valetkey.sending", "valetkey.serving"),
    ("valetkey",),
    (
        *("valetkey.urllib", "valetkey.requests", "valetkey.httpx", "valetkey.aiohttp"),
        *("valetkey.wsgi", "valetkey.asgi"),
    ),
    ("oauth",),
    # above `oauth`, which Django's middleware empties for each request
    ("valetkey.django.*", "valetkey.doctor.*"),
    ("valetkey.demo.*",),
    ("valetkey.cli.*", "valetkey.pytest_plugin"),
)

CLIENT = (
    *("valetkey.signer", "valetkey.services.*", "valetkey.handshake"),
    *("valetkey.clock", "valetkey.sending", "valetkey.signing", "valetkey.timely"),
    *("valetkey.urllib", "valetkey.requests", "valetkey.httpx", "valetkey.aiohttp"),
)
SERVER = (
    *("valetkey.verifier", "valetkey.provider", "valetkey.stores.*", "valetkey.serving"),
    *("valetkey.wsgi", "valetkey.asgi", "valetkey.django.*"),
)

# Nothing in these can do I/O, tell the time or make randomness.
PURE = {"base64", "binascii", "bisect", "collections.abc", "contextlib", "functools", "hashlib", "hmac"}
PURE |= {"__future__", "ipaddress", "itertools", "json", "operator", "re", "string", "types", "typing"}
# Nor may the names that need no import.
IMPURE_NAMES = {"__import__", "breakpoint", "eval", "exec", "input", "open", "print"}

# Whoever is not named here imports the standard library alone.
THIRD_PARTY = {
    "valetkey.protocol.rsa": {"cryptography"},
    "valetkey.stores.sealing": {"cryptography"},
    "valetkey.requests": {"requests", "urllib3"},  # urllib3 is requests' own part
    "valetkey.aiohttp": {"aiohttp", "yarl"},  # yarl is aiohttp's own part
    "valetkey.httpx": {"anyio", "httpx", "httpx2"},  # anyio is the own part of both
    "valetkey.django.*": {"asgiref", "cryptography", "django"},  # asgiref is Django's own part
    "valetkey.django.rest": {"rest_framework"},
    "valetkey.demo.*": {"cryptography", "django", "gunicorn"},
}

# Tests that mirror no file of src, and why.
UNMIRRORED = {
    "test_structure.py": "looks at all files at once",
    "test_packaging.py": "looks at the wheel",
    "test_documents.py": "runs the code of README and docs",
    "test_messages.py": "looks at what is translated, everywhere",
    "*/test_translated.py": "looks at every page of a site",
    "test_standards.py": "looks at docs/standards.md",
    "test_fuzz.py": "runs the targets of fuzz/",
    "test_benchmarks.py": "runs benchmarks/",
    "test_marks.py": "runs tools/marks.py",
    "test_security.py": "looks at docs/security.md",
    "*test_secrets.py": "looks at everything that could tell a secret",
    "interop/*": "each file is about somebody else's library",
    "typing/*": "looks at what users’ type checkers see",
    "browser/*": "each file is about what a person does",
    "servers/*": "each file is about somebody else's server",
    "vectors/*": "each file is about a file of vectors",
}


class Import(NamedTuple):
    line: int
    module: str
    deferred: bool  # inside a function


class Tree:
    """The modules below a `src` folder, by dotted name."""

    def __init__(self, src: Path) -> None:
        self.paths = {self.name(path.relative_to(src)): path for path in sorted(src.rglob("*.py"))}
        self.syntax = {name: ast.parse(path.read_bytes(), path.name) for name, path in self.paths.items()}
        self.imports = {name: list(self.imported(name, tree, False)) for name, tree in self.syntax.items()}

    @staticmethod
    def name(path: Path) -> str:
        parts = path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def imported(self, importer: str, node: ast.AST, deferred: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name, deferred) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = self.absolute(importer, node)
            names = [f"{origin}.{alias.name}" for alias in node.names]
            modules = dict.fromkeys(name if name in self.paths else origin for name in names)
            yield from (Import(node.lineno, module, deferred) for module in modules)
        inside = deferred or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from self.imported(importer, child, inside)

    def absolute(self, importer: str, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        climb = node.level - (self.paths[importer].name == "__init__.py")
        package = importer.split(".")[: -climb or None]
        return ".".join([*package, node.module] if node.module else package)

    def ours(self, module: str) -> bool:
        return module.partition(".")[0] in {name.partition(".")[0] for name in self.paths}


def matches(name: str, pattern: str) -> bool:
    folder = pattern.removesuffix(".*")
    return name == folder or (folder != pattern and name.startswith(f"{folder}."))


def row_of(name: str) -> tuple[int, str] | None:
    """Its row and the entry that names it; an entry for the one file comes before an entry for its folder."""
    entries = [(number, entry) for number, row in enumerate(ROWS) for entry in row if matches(name, entry)]
    return min(entries, key=lambda found: found[1] != name, default=None)


def is_one_of(name: str, patterns: tuple[str, ...]) -> bool:
    return any(matches(name, pattern) for pattern in patterns)


def faults(src: Path) -> list[str]:
    tree = Tree(src)
    found = [f"{name}: has no row in tests/test_structure.py" for name in tree.paths if row_of(name) is None]
    for importer, imports in tree.imports.items():
        for line, module, deferred in imports:
            check = fault_of_ours if tree.ours(module) else fault_of_theirs
            if fault := check(importer, module, deferred):
                found.append(f"{importer}, line {line}, imports {module}: {fault}")
    return [*found, *impure_names(tree), *cycles(tree)]


def fault_of_ours(importer: str, module: str, deferred: bool) -> str | None:
    own, other = row_of(importer), row_of(module)
    if own is None or other is None:
        return None if own is None else "it has no row"
    if other[0] >= own[0] and not (other == own and own[1].endswith(".*")):
        return "its row is not below"
    if is_one_of(importer, CLIENT) and is_one_of(module, SERVER):
        return "the client's side imports the server's"
    if is_one_of(importer, SERVER) and is_one_of(module, CLIENT):
        return "the server's side imports the client's"
    return None


def fault_of_theirs(importer: str, module: str, deferred: bool) -> str | None:
    package = module.partition(".")[0]
    in_protocol = matches(importer, "valetkey.protocol.*")
    if package not in sys.stdlib_module_names:
        allowed = any(
            package in names for pattern, names in THIRD_PARTY.items() if matches(importer, pattern)
        )
        if not allowed:
            return "third-party code is for the adapter that needs it"
        return "only inside a function" if in_protocol and not deferred else None
    if in_protocol and module not in PURE:
        return "the protocol imports only what can do no I/O, tell no time and make no randomness"
    return None


def impure_names(tree: Tree) -> Iterator[str]:
    for name, syntax in tree.syntax.items():
        if matches(name, "valetkey.protocol.*"):
            for node in ast.walk(syntax):
                if isinstance(node, ast.Name) and node.id in IMPURE_NAMES:
                    yield f"{name}, line {node.lineno}, uses {node.id}"


def cycles(tree: Tree) -> Iterator[str]:
    """A file's own package, which Python runs first, is no import of the file's."""
    graph = {
        name: {found.module for found in imports} & set(tree.paths) for name, imports in tree.imports.items()
    }
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        yield f"imports go round: {' <- '.join(error.args[1])}"


def mirror_faults(root: Path) -> Iterator[str]:
    tests, src = root / "tests", root / "src"
    for path in sorted(tests.rglob("test_*.py")):
        relative = path.relative_to(tests)
        mirrored = relative.with_name(path.name.removeprefix("test_"))
        places = [
            src / "valetkey" / mirrored,
            (src / "valetkey" / mirrored).with_suffix("") / "__init__.py",
            src / mirrored,
            src / mirrored.with_suffix("") / "__init__.py",
        ]
        excused = any(fnmatch(relative.as_posix(), pattern) for pattern in UNMIRRORED)
        if not excused and not any(place.exists() for place in places):
            yield f"tests/{relative}: there is no src/valetkey/{mirrored}"
    for folder in sorted({path.parent for path in tests.rglob("*.py")}):
        if not (folder / "__init__.py").exists():
            yield f"{folder.relative_to(root)}: has no __init__.py"


def grow(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_imports_run_downwards_only() -> None:
    assert faults(ROOT / "src") == []


def test_the_tests_mirror_the_source_file_for_file() -> None:
    assert list(mirror_faults(ROOT)) == []


GOOD_TREE = {
    "valetkey/__init__.py": "from .signer import Signer\nfrom valetkey.verifier import Verifier",
    "valetkey/protocol/__init__.py": "",
    "valetkey/protocol/encoding.py": "from collections.abc import Iterable\nimport re",
    "valetkey/protocol/header.py": "from . import encoding",
    "valetkey/protocol/rsa.py": "def sign():\n    from cryptography.hazmat import primitives",
    "valetkey/signer.py": "import os\nimport time\nfrom .protocol.header import x",
    "valetkey/verifier.py": "import time",
    "valetkey/stores/__init__.py": "from ..protocol import encoding",
    "valetkey/stores/memory.py": "import threading\nfrom . import Store",
    "valetkey/urllib.py": "import urllib.request\nfrom valetkey import Signer",
    "valetkey/django/__init__.py": "",
    "valetkey/django/models.py": "from django.db import models\nfrom cryptography import fernet",
    "valetkey/django/views.py": "from .models import Token\nfrom valetkey.provider import Provider",
    "valetkey/provider.py": "from .verifier import Verifier",
    "valetkey/django/middleware.py": "import oauth",
    "valetkey/django/rest.py": "import django, rest_framework",
    "oauth.py": "from valetkey import urllib",
    "valetkey/demo/aviary/views.py": "import oauth, gunicorn\nfrom ...django import models",
    "valetkey/cli.py": "from valetkey import demo",
    "valetkey/demo/__init__.py": "",
}

BAD_FILES = {
    "the protocol tells no time": (
        "valetkey/protocol/header.py",
        "import time",
        "header, line 1, imports time",
    ),
    "the protocol sees no files": (
        "valetkey/protocol/header.py",
        "import os.path",
        "imports os.path: the protocol",
    ),
    "the protocol opens no file": (
        "valetkey/protocol/header.py",
        "text = open('x')",
        "header, line 1, uses open",
    ),
    "the protocol has no chance, inside functions either": (
        "valetkey/protocol/header.py",
        "def f():\n    from random import random",
        "line 2, imports random: the protocol",
    ),
    "cryptography is imported on first use": (
        "valetkey/protocol/rsa.py",
        "import cryptography",
        "only inside a function",
    ),
    "cryptography is for rsa": ("valetkey/protocol/header.py", "import cryptography", "third-party code"),
    "encoding is below header": (
        "valetkey/protocol/encoding.py",
        "from .header import x",
        "its row is not below",
    ),
    "the protocol is below the signer": (
        "valetkey/protocol/header.py",
        "from ..signer import x",
        "imports valetkey.signer: its row is not below",
    ),
    "the package is above its files": (
        "valetkey/protocol/header.py",
        "from valetkey import x",
        "imports valetkey: its row is not below",
    ),
    "the signer knows no verifier": (
        "valetkey/signer.py",
        "from . import verifier",
        "imports valetkey.verifier: its row is not below",
    ),
    "an import for types is an import": (
        "valetkey/signer.py",
        "if TYPE_CHECKING:\n    import valetkey.urllib",
        "line 2, imports valetkey.urllib: its row",
    ),
    "the client's side imports nothing of the server's": (
        "valetkey/handshake.py",
        "from .verifier import x",
        "the client's side imports the server's",
    ),
    "the server's side imports nothing of the client's": (
        "valetkey/provider.py",
        "from .signer import x",
        "the server's side imports the client's",
    ),
    "an adapter imports no other": (
        "valetkey/urllib.py",
        "from .django import views",
        "imports valetkey.django.views: its row is not below",
    ),
    "the core's stores are the standard library's": (
        "valetkey/stores/memory.py",
        "import redis",
        "third-party code",
    ),
    "an adapter imports what it adapts": ("valetkey/urllib.py", "import requests", "third-party code"),
    "Django's adapter imports Django": (
        "valetkey/django/models.py",
        "import rest_framework",
        "third-party code",
    ),
    "imports do not go round": ("valetkey/django/models.py", "from . import views", "imports go round: "),
    "the command is the standard library's": ("valetkey/cli.py", "import click", "third-party code"),
    "a new file has a row": ("valetkey/novel.py", "", "valetkey.novel: has no row"),
}


def test_a_tree_whose_imports_run_downwards_is_accepted(tmp_path: Path) -> None:
    assert faults(grow(tmp_path, GOOD_TREE)) == []


@pytest.mark.parametrize(("name", "text", "fault"), BAD_FILES.values(), ids=BAD_FILES)
def test_an_import_that_runs_upwards_or_outwards_is_refused(
    tmp_path: Path, name: str, text: str, fault: str
) -> None:
    found = faults(grow(tmp_path, {**GOOD_TREE, name: text}))
    assert [sentence for sentence in found if fault in sentence], found


def test_a_test_without_its_file_and_a_folder_without_init_are_refused(tmp_path: Path) -> None:
    names = [
        *(
            "src/oauth.py",
            "src/valetkey/signer.py",
            "src/valetkey/stores/__init__.py",
            "src/valetkey/django/views.py",
        ),
        *("tests/__init__.py", "tests/test_oauth.py", "tests/test_signer.py", "tests/test_stores.py"),
        *(
            "tests/django/test_views.py",
            "tests/interop/__init__.py",
            "tests/interop/test_tweepy.py",
            "tests/test_lost.py",
        ),
    ]
    assert list(mirror_faults(grow(tmp_path, dict.fromkeys(names, "")))) == [
        "tests/test_lost.py: there is no src/valetkey/lost.py",
        "tests/django: has no __init__.py",
    ]


def test_importing_valetkey_loads_nothing_heavy() -> None:
    heavy = ["asyncio", "cryptography", "django", "http.client", "urllib.request"]
    script = (
        "import sys; from valetkey import Handshake, Provider, Signer, Verifier; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    run = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
