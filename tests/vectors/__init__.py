"""The conformance vectors, each file read by the test of the module that it is about."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent

Vector = dict[str, Any]


def load(theme: str) -> list[Vector]:
    """Every vector of the file ``<theme>.json``."""
    vectors: list[Vector] = json.loads((FOLDER / f"{theme}.json").read_text(encoding="utf-8"))["vectors"]
    return vectors


def rsa_key(name: str | None, *kinds: str) -> str | None:
    """The published key `name`, as the first of these `kinds` (``private_pem``, ``public_pem`` …) that there
    is.
    """
    if name is None:
        return None
    keys = json.loads((FOLDER / "rsa_keys.json").read_text(encoding="utf-8"))["keys"]
    key: str = next(keys[name][kind] for kind in kinds if kind in keys[name])
    return key


def name(vector: Vector) -> str:
    """A vector's id, for pytest."""
    return str(vector["id"])


def assert_all_used(theme: str, *kinds: list[Vector]) -> None:
    """Fails unless each vector of the file is in exactly one of `kinds`: what a test's `if` would drop is
    seen here.
    """
    assert sorted(name(vector) for kind in kinds for vector in kind) == sorted(map(name, load(theme)))
