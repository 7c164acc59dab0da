"""Where parameters come from, and the order they are signed in."""

import pickle
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors import Vector, assert_all_used, load, name
from valetkey import Parameter
from valetkey.protocol.encoding import Malformed, percent_encode
from valetkey.protocol.header import parse_authorization
from valetkey.protocol.parameters import FORM, Pair, collect, in_order, is_form, normalise

VECTORS = load("parameter_normalisation")
DECODED = [vector for vector in VECTORS if "params" in vector]
ENCODED = [vector for vector in VECTORS if "params" not in vector]

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=8)


def test_every_vector_is_used() -> None:
    assert_all_used("parameter_normalisation", DECODED, ENCODED)


@pytest.mark.rfc("3.4.1.3.2-1", "3.4.1.3.2-2", "3.4.1.3.2-3", "3.4.1.3.2-4")
@pytest.mark.abuse("A09")
@pytest.mark.parametrize("vector", DECODED, ids=name)
def test_decoded_pairs_are_normalised(vector: Vector) -> None:
    assert normalise([(key, value) for key, value in vector["params"]]) == vector["expected"]


@pytest.mark.rfc("3.4.1.3.1-1", "3.4.1.3.1-2", "3.4.1.3.1-7")
@pytest.mark.abuse("A09")
@pytest.mark.parametrize("vector", ENCODED, ids=name)
def test_parameters_are_collected_from_everywhere_and_normalised(vector: Vector) -> None:
    header = parse_authorization(vector["authorization"]).parameters if "authorization" in vector else ()
    collected = collect(query=vector.get("query"), header=header, form=vector.get("body"))
    assert normalise(collected) == vector["expected"]
    if "expected_collected" in vector:
        # The signature of the header isn't in the vector's list, since it isn't signed.
        assert [list(pair) for pair in collected if pair.name != "oauth_signature"] == vector[
            "expected_collected"
        ]


def straight_reading(pairs: list[Pair]) -> str:
    """Section 3.4.1.3.2, step by step, with octets."""
    encoded = [
        (percent_encode(key).encode(), percent_encode(value).encode())
        for key, value in pairs
        if key != "oauth_signature"
    ]
    encoded.sort(key=lambda pair: pair[1])
    encoded.sort(key=lambda pair: pair[0])
    return b"&".join(key + b"=" + value for key, value in encoded).decode()


@pytest.mark.rfc("3.4.1.3.2-1", "3.4.1.3.2-2", "3.4.1.3.2-3", "3.4.1.3.2-4")
@pytest.mark.abuse("A09")
@given(PAIRS)
def test_a_straight_reading_of_the_rfc_agrees(pairs: list[Pair]) -> None:
    assert normalise(pairs) == straight_reading(pairs)


@pytest.mark.abuse("A10")
@given(PAIRS)
def test_no_two_lists_of_pairs_are_normalised_alike(pairs: list[Pair]) -> None:
    text = normalise(pairs)
    assert collect(query=text) == sorted(
        [pair for pair in pairs if pair[0] != "oauth_signature"],
        key=lambda pair: (percent_encode(pair[0]), percent_encode(pair[1])),
    )


def test_the_order_of_the_request_does_not_matter() -> None:
    pairs = [("b", "2"), ("a", "2"), ("a", "1"), ("é", "")]
    assert {normalise(order) for order in permutations(pairs)} == {"%C3%A9=&a=1&a=2&b=2"}


@pytest.mark.rfc("3.4.1.3.1-5")
def test_the_signature_is_left_out_and_nothing_else_is() -> None:
    pairs = [
        ("oauth_signature", "x"),
        ("oauth_signature_method", "m"),
        ("Oauth_signature", "y"),
        ("realm", "r"),
    ]
    assert normalise(pairs) == "Oauth_signature=y&oauth_signature_method=m&realm=r"


@pytest.mark.abuse("A05")
def test_a_realm_in_query_and_form_is_a_parameter_like_others() -> None:
    assert collect(query="realm=q", form="realm=f") == [("realm", "q"), ("realm", "f")]


def test_each_parameter_remembers_where_it_came_from() -> None:
    collected = collect(query="a=1", header=[("a", "2")], form=b"a=3")
    assert [(found.name, found.value, found.source) for found in collected] == [
        ("a", "1", "query"),
        ("a", "2", "header"),
        ("a", "3", "form"),
    ]


def test_a_parameter_is_a_pair_and_survives_pickling() -> None:
    parameter = Parameter("a", "1", "form")
    thawed = pickle.loads(pickle.dumps(parameter))  # just made
    assert thawed == parameter == ("a", "1")
    assert thawed.source == "form"


def test_in_order_is_the_order_of_the_base_string() -> None:
    collected = collect(query="b=1&a!=1&a=2&a=1&é=3&a=é&oauth_signature=x", form="a~=0")
    ordered = in_order(collected)
    assert "&".join(
        f"{percent_encode(found.name)}={percent_encode(found.value)}" for found in ordered
    ) == normalise(collected)
    assert [found.source for found in ordered] == [*["query"] * 5, "form", "query"]


@pytest.mark.parametrize("nothing", [None, "", b""], ids=repr)
def test_no_query_and_no_form_hold_no_parameters(nothing: str | bytes | None) -> None:
    assert collect(query=nothing, form=nothing) == []


@pytest.mark.abuse("A02")
@pytest.mark.parametrize("text", ["%zz=1", "a=%", "a=%FF"])
def test_what_can_not_be_decoded_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(Malformed, match=r"^the query can't be decoded: "):
        collect(query=text)
    with pytest.raises(Malformed, match=r"^the form body can't be decoded: "):
        collect(form=text)


FORMS = [
    FORM,
    "Application/X-WWW-Form-URLencoded",
    f" {FORM} ",
    f"{FORM};",
    f"{FORM}; charset=utf-8",
    f'{FORM};charset="UTF-8"',
    f"{FORM} ; Charset = utf8 ; x=y",
]
OTHERS = [
    None,
    "",
    "text/plain",
    f"text/plain; {FORM}",
    f"{FORM}x",
    "multipart/form-data; boundary=x",
    "application/json",
    f"{FORM}, text/plain",
]


@pytest.mark.parametrize("content_type", FORMS)
def test_a_form_is_known_by_its_media_type(content_type: str) -> None:
    assert is_form(content_type)


@pytest.mark.rfc("3.4.1.3.1-3")
@pytest.mark.abuse("A01")
@pytest.mark.parametrize("content_type", OTHERS)
def test_nothing_else_is_a_form(content_type: str | None) -> None:
    assert not is_form(content_type)


CHARSETS = [
    "utf-7",
    "UTF-16",
    "latin-1",
    "us-ascii",
    '"utf-7"',
    "",
    "utf-8x",
    "'utf-8'",
    '"utf\\-7"',
    "utf-8, utf-7",
]


@pytest.mark.rfc("3.4.1.3.1-4")
@pytest.mark.abuse("A01")
@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize(
    "option",
    [
        "charset={}",
        "CHARSET = {}",
        "charset=utf-8; charset={}",
        "charset*={}",
        "charset*=utf-8''{}",
        "charset*0={}",
    ],
)
def test_a_form_in_another_charset_is_refused(charset: str, option: str) -> None:
    with pytest.raises(Malformed, match="charset isn't UTF-8"):
        is_form(f"{FORM}; {option.format(charset)}")
