"""The conformance vectors, each file read by the test of the module that it is about.

What isn't asked of the code yet stands here, in one place: :func:`left_out`. ``test_vectors.py`` counts, so
that nothing is dropped without being seen.
"""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent

Vector = dict[str, Any]


def load(theme: str) -> list[Vector]:
    """Every vector of the file ``<theme>.json``."""
    vectors: list[Vector] = json.loads((FOLDER / f"{theme}.json").read_text(encoding="utf-8"))["vectors"]
    return vectors


def left_out(vector: Vector) -> bool:
    """Whether this vector waits for RSA, which the core can't do yet: it signs with an RSA method, or names
    an RSA key.
    """
    method = vector.get("signature_method", "")
    sent = dict(vector.get("oauth", {}).get("params", ()))
    key = vector.get("rsa_key") or vector.get("secrets", {}).get("rsa_key")
    return key is not None or any(
        name.startswith("RSA-") for name in (method, sent.get("oauth_signature_method", ""))
    )


def cases(theme: str) -> list[Vector]:
    """The vectors of a file that the code is held to."""
    return [vector for vector in load(theme) if not left_out(vector)]


def name(vector: Vector) -> str:
    """A vector's id, for pytest."""
    return str(vector["id"])


def assert_all_used(theme: str, *kinds: list[Vector]) -> None:
    """Fails unless each vector of the file is in exactly one of `kinds`: what a test's `if` would drop is
    seen here.
    """
    assert sorted(name(vector) for kind in kinds for vector in kind) == sorted(map(name, cases(theme)))
