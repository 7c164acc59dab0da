"""Where the search begins: the tests' vectors, as each target reads them."""

import hashlib
from collections.abc import Iterable

from tests.vectors import Vector, load


def header() -> list[bytes]:
    return _distinct(
        vector["header"].encode("utf-8", "surrogatepass") for vector in load("authorization_header_parse")
    )


def form() -> list[bytes]:
    whole = (
        str(vector.get(name) or "")
        for vector in load("parameter_normalisation")
        for name in ("query", "body")
    )
    pieces = (
        str(vector[name])
        for vector in load("percent_encoding")
        for name in ("input", "encoded")
        if name in vector
    )
    answers = (str(vector["body"]) for vector in load("token_response_parse"))
    return _distinct(text.encode("utf-8", "surrogatepass") for text in (*whole, *pieces, *answers))


def verifier() -> list[bytes]:
    """Method, URL, Content-Type, body, decisions: see ``verifier.py``."""
    return _distinct(_request(vector) for vector in (*load("end_to_end"), *load("generated")))


def endpoint() -> list[bytes]:
    """Query, body, decisions: see ``endpoint.py``."""
    vectors = [vector for vector in load("generated") if vector["request"]["method"] in ("GET", "POST")]
    return _distinct(
        b"\x00".join(
            (
                vector["request"]["url"].partition("?")[2].encode(),
                str(vector["request"].get("body") or "").encode(),
                _decisions(str(vector["id"])),
            )
        )
        for vector in vectors
    )


def _request(vector: Vector) -> bytes:
    request = vector["request"]
    headers = {name.lower(): value for name, value in (request.get("headers") or {}).items()}
    parts = (request["method"], request["url"], headers.get("content-type", ""), request.get("body") or "")
    return b"\x00".join([*(str(part).encode() for part in parts), _decisions(str(vector["id"]))])


def _decisions(name: str) -> bytes:
    """As good as random, and the same everywhere."""
    return hashlib.sha512(name.encode()).digest()


def _distinct(inputs: Iterable[bytes]) -> list[bytes]:
    return sorted(set(inputs))
