"""The Authorization header and the challenge that answers it."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors import Vector, assert_all_used, load, name
from valetkey.protocol.encoding import Malformed
from valetkey.protocol.header import (
    Authorization,
    build_authorization,
    is_oauth,
    parse_authorization,
    parse_challenge,
)

VECTORS = load("authorization_header_parse")
GOOD = [vector for vector in VECTORS if "expected" in vector]
BAD = [vector for vector in VECTORS if "expected_error" in vector]

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
REALM = st.text(
    st.characters(max_codepoint=0xFF, exclude_categories=["Cc", "Cf", "Zs"], include_characters=" "),
    max_size=12,
)


def test_every_vector_is_used() -> None:
    assert_all_used("authorization_header_parse", GOOD, BAD)


@pytest.mark.rfc("3.4.1.3.1-2", "3.5.1-3")
@pytest.mark.abuse("A06")
@pytest.mark.parametrize("vector", GOOD, ids=name)
def test_a_header_is_read(vector: Vector) -> None:
    read = parse_authorization(vector["header"])
    assert (read.realm, [list(pair) for pair in read.parameters]) == (
        vector["expected"]["realm"],
        vector["expected"]["params"],
    )


@pytest.mark.rfc("3.5.1-3")
@pytest.mark.abuse("A06")
@pytest.mark.parametrize("vector", BAD, ids=name)
def test_what_is_no_list_of_quoted_pairs_is_refused(vector: Vector) -> None:
    with pytest.raises(Malformed):
        parse_authorization(vector["header"])


@pytest.mark.rfc("3.5.1-4", "3.5.1-7")
@pytest.mark.abuse("A06")
@given(
    st.lists(
        st.tuples(TEXT.filter(lambda text: text.lower() != "realm" and text != ""), TEXT),
        min_size=1,
        max_size=6,
    ),
    st.none() | REALM,
)
def test_a_header_that_was_built_is_read_as_what_it_was_built_from(
    pairs: list[tuple[str, str]], realm: str | None
) -> None:
    assert parse_authorization(build_authorization(pairs, realm)) == Authorization(realm, pairs)


@pytest.mark.rfc("3.5.1-2", "3.5.1-7")
def test_a_header_is_built_with_the_realm_first_and_values_encoded() -> None:
    assert build_authorization([("oauth_nonce", "a b"), ("x", '"')], 'A "realm"\\') == (
        'OAuth realm="A \\"realm\\"\\\\", oauth_nonce="a%20b", x="%22"'
    )
    assert build_authorization([("a", "1")], "") == 'OAuth realm="", a="1"'


@pytest.mark.abuse("A96")
@pytest.mark.parametrize(
    "realm", ["a\r\nX-Injected: 1", "a\nb", "a\x00b", "a\x7fb", "\u200b", "日本", "\u2028"], ids=ascii
)
def test_a_realm_that_no_header_can_carry_is_refused(realm: str) -> None:
    with pytest.raises(Malformed, match="a header can't carry"):
        build_authorization([], realm)


SCHEMES = {
    "OAuth a": True,
    "oauth a": True,
    "OAUTH\ta": True,
    "OAuth": True,
    "OAuth ": True,
    "OAuth\r\n a": True,
    "OAuthx a": False,
    'OAuth"': False,
    "OAuth,": False,
    "OAut": False,
    "Bearer OAuth ": False,
    " OAuth a": False,
    "": False,
}


@pytest.mark.rfc("3.5.1-1")
@pytest.mark.parametrize(("value", "known"), SCHEMES.items(), ids=map(ascii, SCHEMES))
def test_the_scheme_ignores_case_and_ends_with_a_blank(value: str, known: bool) -> None:
    assert is_oauth(value) is known


REFUSED = {
    "no closing quotation mark": 'OAuth a="1',
    "a quotation mark too many": 'OAuth a="1""',
    "nothing but blanks": "OAuth    ",
    "nothing but commas": "OAuth ,,,",
    "single quotes": "OAuth a='1'",
    "a blank before the equals sign": 'OAuth a ="1"',
    "a blank after the equals sign": 'OAuth a= "1"',
    "no equals sign": 'OAuth a"1"',
    "no name": 'OAuth ="1"',
    "no comma": 'OAuth a="1" b="2"',
    "a semicolon": 'OAuth a="1"; b="2"',
    "a name with a backslash": 'OAuth a\\b="1"',
    "two realms": 'OAuth realm="a", realm="b", x="1"',
    "two realms in two cases": 'OAuth realm="a", Realm="b", x="1"',
    "a backslash outside the realm": 'OAuth a="\\1"',
    "a quotation mark escaped outside the realm": 'OAuth a="\\""',
    "a bad escape": 'OAuth a="%zz"',
    "a bad escape in a name": 'OAuth a%="1"',
    "octets that aren't UTF-8": 'OAuth a="%FF"',
    "a raw letter outside ASCII": 'OAuth a="é"',
    "a raw letter outside ASCII in a name": 'OAuth é="1"',
    "a control character": 'OAuth a="1\x01"',
    "a line break in a value": 'OAuth a="1\n2"',
    "two headers joined": 'OAuth a="1", OAuth b="2"',
    "another scheme joined": 'OAuth a="1", Basic YTpi',
    "another scheme first": 'Basic YTpi, OAuth a="1"',
    "the scheme glued to the name": 'OAutha="1"',
}


@pytest.mark.abuse("A06")
@pytest.mark.abuse("A86")
@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED)
def test_a_malformed_header_is_refused(value: str) -> None:
    with pytest.raises(Malformed, match="Authorization header"):
        parse_authorization(value)


@pytest.mark.abuse("A06")
def test_a_realm_is_opaque_whatever_it_holds() -> None:
    read = parse_authorization('OAuth realm="a, oauth_token=\\"forged\\", %41\\\\", oauth_token="real"')
    assert read == Authorization('a, oauth_token="forged", %41\\', [("oauth_token", "real")])


@pytest.mark.rfc("3.5.1-5", "3.5.1-6")
@pytest.mark.parametrize(
    "header",
    ['OAuth a="1",b="2"', 'OAuth a="1"\t,\r\n b="2" ', 'OAuth ,,a="1",,b="2",', 'oauth\ta="1", b="2"'],
)
def test_blanks_and_empty_elements_around_commas_are_legal(header: str) -> None:
    assert parse_authorization(header).parameters == (("a", "1"), ("b", "2"))


def test_repeated_names_are_read_as_they_stand() -> None:
    assert parse_authorization('OAuth a="1", a="1", %61="2"').parameters == (
        ("a", "1"),
        ("a", "1"),
        ("a", "2"),
    )


def test_a_message_names_the_character_where_reading_stopped() -> None:
    with pytest.raises(Malformed, match="from its character 13 on"):
        parse_authorization('OAuth a="1", b=secret')


CHALLENGES = {
    'OAuth realm="a b", oauth_problem="x"': {"realm": "a b", "oauth_problem": "x"},
    "OAuth oauth_problem=x": {"oauth_problem": "x"},
    'oauth oauth_problem_advice="a%20b"': {"oauth_problem_advice": "a b"},
    'OAuth oauth_problem_advice="100%"': {"oauth_problem_advice": "100%"},
    'OAuth realm="%41"': {"realm": "%41"},
    'OAuth realm="a \\"b\\""': {"realm": 'a "b"'},
    'OAuth oauth_problem = "x" , b = y': {"oauth_problem": "x", "b": "y"},
    'OAuth a="1", a="2"': {"a": "1"},
    "OAuth": {},
    'Basic realm="x"': {},
    "": {},
}


@pytest.mark.parametrize(("value", "found"), CHALLENGES.items(), ids=map(ascii, CHALLENGES))
def test_a_challenge_is_read_leniently(value: str, found: dict[str, str]) -> None:
    assert parse_challenge(value) == found


@given(st.text())
def test_no_challenge_raises(text: str) -> None:
    assert isinstance(parse_challenge(f"OAuth {text}"), dict)


HOSTILE = {
    "commas": lambda n: "OAuth " + "," * n,
    "blanks": lambda n: "OAuth " + " " * n + "x",
    "blanks after a value": lambda n: 'OAuth a="1"' + " " * n + "x",
    "backslashes": lambda n: 'OAuth realm="' + "\\" * n,
    "escaped quotation marks": lambda n: 'OAuth realm="' + '\\"' * (n // 2),
    "an open quotation mark": lambda n: 'OAuth a="' + "x" * n,
    "a long name": lambda n: "OAuth " + "x" * n,
    "many long names": lambda n: "OAuth " + "x " * (n // 2),
    "equals signs": lambda n: "OAuth a" + "=" * n,
    "quotation marks": lambda n: "OAuth a=" + '"' * n,
    "pairs without commas": lambda n: "OAuth " + 'a="1"' * (n // 5),
    "escapes": lambda n: 'OAuth a="' + "%41" * (n // 3) + '"',
    "names and blanks": lambda n: "OAuth " + "a \t" * (n // 3),
}


def seconds(read: Callable[[str], object], text: str) -> float:
    """The quickest of three."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        try:
            read(text)
        except Malformed:
            pass
        taken.append(time.process_time() - start)
    return min(taken)


@pytest.mark.abuse("A07")
@pytest.mark.abuse("A94")
@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("read", [parse_authorization, parse_challenge])
def test_reading_takes_time_in_proportion(read: Callable[[str], object], make: Callable[[int], str]) -> None:
    # Sixteen times the text: about sixteen times the time, where a square would be 256.
    assert seconds(read, make(64_000)) < max(0.01, 60 * seconds(read, make(4_000)))
    assert seconds(read, make(64_000)) < 0.5
