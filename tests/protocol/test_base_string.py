"""The signature base string."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors import Vector, assert_all_used, load, name
from valetkey.protocol.base_string import base_string, base_string_uri, without_verifier
from valetkey.protocol.encoding import Malformed, percent_decode
from valetkey.protocol.origin import Url
from valetkey.protocol.parameters import Pair, collect, normalise

URIS = [vector for vector in load("base_string_uri") if "expected" in vector]
NO_URIS = [vector for vector in load("base_string_uri") if "expected_error" in vector]
STRINGS = load("base_string")


def test_every_vector_is_used() -> None:
    assert_all_used("base_string_uri", URIS, NO_URIS)
    assert_all_used("base_string", STRINGS)


@pytest.mark.rfc("3.4.1.2-1", "3.4.1.2-4", "3.4.1.2-5")
@pytest.mark.parametrize("vector", URIS, ids=name)
def test_a_url_is_written_as_section_3_4_1_2_says(vector: Vector) -> None:
    assert base_string_uri(vector["url"]) == vector["expected"]


@pytest.mark.abuse("A11")
@pytest.mark.parametrize("vector", NO_URIS, ids=name)
def test_a_url_without_a_usable_scheme_host_or_port_is_refused(vector: Vector) -> None:
    with pytest.raises(Malformed):
        base_string_uri(vector["url"])


@pytest.mark.rfc("3.4.1.1-3")
@pytest.mark.parametrize("vector", STRINGS, ids=name)
def test_method_uri_and_parameters_are_joined(vector: Vector) -> None:
    if "normalized_parameters" in vector:
        parameters = vector["normalized_parameters"]
    else:
        pairs: list[Pair] = [(key, value) for key, value in vector["params"]]
        parameters = normalise([*collect(query=Url(vector["url"]).query), *pairs])
    assert base_string(vector["method"], base_string_uri(vector["url"]), parameters) == vector["expected"]


@pytest.mark.rfc("3.4.1.1-1")
@pytest.mark.parametrize("method", ["get", "Get", "GET"])
def test_the_method_is_signed_in_upper_case(method: str) -> None:
    assert base_string(method, "https://h/", "") == "GET&https%3A%2F%2Fh%2F&"


@pytest.mark.rfc("3.4.1.1-2")
def test_a_method_of_ones_own_is_encoded() -> None:
    assert base_string("re%port", "https://h/", "") == "RE%25PORT&https%3A%2F%2Fh%2F&"
    assert base_string("M-SEARCH", "https://h/", "").startswith("M-SEARCH&")


@pytest.mark.rfc("3.4.1.2-5")
@pytest.mark.abuse("A12")
@pytest.mark.parametrize(
    "path", ["/a%2Fb", "/a%2fb", "/%7e", "/a/../b", "/./a", "//a", "/a;x=1", "/A", "/a/", "/a,b'(c)", "/%00"]
)
def test_the_path_is_signed_as_it_is_sent(path: str) -> None:
    assert base_string_uri(f"https://h{path}?q") == f"https://h{path}"


@given(st.text(), st.text(), st.text())
def test_no_two_requests_have_one_base_string(method: str, uri: str, parameters: str) -> None:
    try:
        parts = base_string(method, uri, parameters).split("&")
    except Malformed:  # a lone surrogate
        return
    assert [percent_decode(part) for part in parts] == [method.upper(), uri, parameters]


def test_a_base_string_can_be_shown_without_its_verifier() -> None:
    text = "GET&u&a%3D1%26oauth_verifier%3Dcanary%252B%26oauth_version%3D1.0"
    assert without_verifier(text) == "GET&u&a%3D1%26oauth_verifier%3D…%26oauth_version%3D1.0"
