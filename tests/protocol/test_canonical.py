"""What stands as it is signed is recognised at once, and read as the plain reading reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valetkey.protocol import canonical
from valetkey.protocol.encoding import Malformed, form_decode, form_encode, percent_encode
from valetkey.protocol.header import parse_authorization
from valetkey.protocol.parameters import normalise


def plain(text: str) -> str | None:
    """The plain reading of a query or a form: decoded, encoded, sorted, joined."""
    try:
        return normalise(form_decode(text))
    except Malformed:
        return None


def quick(text: str) -> str | None:
    found = canonical.pairs(text.encode())
    return None if found is None else "&".join(found).replace("!", "=").replace("%25", "%")


WRITTEN = [
    "a=1",
    "a=",
    "a=1&b=2",
    "b=2&a=1",
    "a=2&a=1&a=",
    "a-=1&a=2",
    "a=+",
    "a=%20",
    "a=%C3%A9",
    "x=%F0%9F%90%A6",
]


@pytest.mark.parametrize("text", [*WRITTEN, "a=%26%3D", "a%5B%5D=1", "%0A=%7F", "a=1&" * 200 + "b=2"])
def test_what_stands_as_it_is_signed_is_recognised(text: str) -> None:
    assert quick(text) is not None
    assert quick(text) == plain(text)


WRITTEN_OTHERWISE = [
    *("", "a", "a&b=1", "a=1&", "&a=1", "a=1&&b=2", "a=b=c", "=", "&"),
    *("a=%c3%a9", "a=%7E", "a=%7e", "a=%41", "a=%2d", "a=%2f", "a=!", "a='", "a=:", "a=/", "a=?", "a=1;b=2"),
    *("a=é", "a=b c", "a=1#", "a=\n", 'a="', "a=é%c3%a9+é"),
]


@pytest.mark.parametrize("text", WRITTEN_OTHERWISE)
def test_what_is_written_otherwise_is_rewritten_as_the_plain_reading_has_it(text: str) -> None:
    assert quick(text) is not None
    assert quick(text) == plain(text)


MALFORMED = {
    "no triple": ["a=%", "a=%zz", "a=%0", "%%41=", "a=%4=1"],
    "no UTF-8": [
        *("a=%FF", "a=%C3", "a=%C3%28", "a=%C3&b=%A9", "a=%E0%80%AF", "a=%ED%A0%80", "a=%F5%80%80%80"),
        *("a=%c3", "a=%C3=%A9", "%c3%28=!"),
    ],
    "a NUL": ["a=%00", "!=%00", "a=\x00"],
}


@pytest.mark.parametrize("text", [text for kind in MALFORMED.values() for text in kind])
def test_what_is_malformed_or_holds_a_nul_is_left_to_the_plain_reading(text: str) -> None:
    assert quick(text) is None


@pytest.mark.parametrize("octets", [b"a=\xc3", b"a=%C3\xa9", b"a=\xc3%A9", b"\xff", b"a=\xed\xa0\x80"])
def test_octets_that_are_no_utf_8_by_themselves_are_left_to_the_plain_reading(octets: bytes) -> None:
    assert canonical.pairs(octets) is None


ALPHABET = [
    *"aZ09-._~=&+%!;é ",
    "%20",
    "%41",
    "%C3%A9",
    "%c3%a9",
    "%F0%9F%90%A6",
    *("%FF", "%00", "%7e", "%c3", "%C3", "%A9", "%a9"),
    "%E2%82%AC",
    "oauth_",
]


@given(st.lists(st.sampled_from(ALPHABET), max_size=30).map("".join))
def test_whatever_is_recognised_is_read_as_the_plain_reading_does(text: str) -> None:
    found = quick(text)
    assert found is None or found == plain(text)


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), min_size=1, max_size=6))
def test_what_an_encoder_wrote_is_recognised_unless_a_nul_is_in_it(parameters: list[tuple[str, str]]) -> None:
    try:
        text = form_encode(parameters)
    except Malformed:  # a lone surrogate
        return
    assert (quick(text) is None) == ("%00" in text)


@given(st.lists(st.sampled_from([*"abn-.~pz", "oaut", "oauti", "%5B", "oauth"]), max_size=6), st.data())
def test_a_block_of_one_prefix_stands_where_its_pairs_would(names: list[str], data: st.DataObject) -> None:
    given_pairs = [f"{name}={data.draw(st.sampled_from('10'))}" for name in names]
    block = ["oauth_consumer_key=k", "oauth_version=1.0"]
    found = canonical.pairs("&".join(given_pairs).encode()) if given_pairs else []
    assert found is not None
    around = canonical.around(found, "oauth_")
    assert around is not None
    middle = percent_encode("&".join(block))
    assert around[0] + middle + around[1] == percent_encode(
        normalise(form_decode("&".join([*given_pairs, *block])))
    )


@pytest.mark.parametrize("text", ["oauth_token=1", "a=1&oauth_x=&z=1"])
def test_a_pair_that_has_the_prefix_itself_is_left_to_the_plain_reading(text: str) -> None:
    found = canonical.pairs(text.encode())
    assert found is not None
    assert canonical.around(found, "oauth_") is None


@pytest.mark.parametrize(
    "text", ["/", "/a/b-c._~9", "//", "/..", "/a%20", "/a:b", "/;x", "/%7E%zz!$&'()*+,=@"]
)
def test_a_path_is_encoded_as_it_stands(text: str) -> None:
    assert canonical.path(text) == percent_encode(text)


@pytest.mark.parametrize("text", ["/é", "/a b", "/\n", '/"', "/a#", "/a\\", "/[", "/^"])
def test_a_path_with_what_no_url_should_hold_is_left_to_the_plain_reading(text: str) -> None:
    assert canonical.path(text) is None


def plain_header(text: str) -> tuple[dict[str, str], str] | None:
    try:
        read = parse_authorization(text)
    except Malformed:
        return None
    return dict(read.parameters), percent_encode(normalise(read.parameters))


SHAPES = [
    'OAuth oauth_consumer_key="{}", oauth_nonce="{}", oauth_signature="{}"',
    'OAuth realm="{}",oauth_nonce="{}",oauth_consumer_key="{}", oauth_signature="{}"',
    'oauth  oauth_version="{}" ,\toauth_signature="{}", oauth_token="{}", oauth_nonce="{}"',
    'OAuth oauth_nonce="{}", realm="{}", oauth_signature="{}", oauth_token="{}"',
]
PIECES = [
    "a",
    "k-._~9",
    *("%3D", "%2F", "%2B", "%25", "3D", "%2"),
    "%26",
    "%C3%A9",
    "%c3",
    "%C3",
    "%A9",
    "%41",
    "+",
    "é",
    "\\",
    '"',
    ",",
    "=",
    "&",
    "",
    "%00",
    " ",
]


@given(
    st.sampled_from(SHAPES),
    st.lists(st.lists(st.sampled_from(PIECES), max_size=3).map("".join), min_size=4, max_size=4),
)
def test_a_header_that_is_recognised_is_read_as_the_plain_reading_does(shape: str, values: list[str]) -> None:
    text = shape.format(*values)
    found = canonical.header(text)
    assert found is None or found == plain_header(text)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_header_as_clients_write_it_is_recognised(shape: str) -> None:
    for values in (["a", "b", "c%3D", "d"], ["x%2Fy", "z", "%C3%A9", "%26"]):
        assert canonical.header(shape.format(*values)) == plain_header(shape.format(*values))
        assert canonical.header(shape.format(*values)) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Basic eDp5",
        "OAuth",
        'OAuth oauth_nonce="a"',
        'OAuth oauth_nonce="a", oauth_nonce="a", oauth_signature="b"',
        'OAuth oauth_nonce="a", oauth_token="b", other="c", oauth_signature="b"',
        'OAuth oauth_nonce="a", oauth_token="b"',
        'OAuth realm="a", realm="b", oauth_nonce="a", oauth_token="b", oauth_signature="b"',
        'OAuth oauth_nonce=a, oauth_token="b", oauth_signature="b", oauth_version="1.0"',
        'OAuth oauth_nonce="%41", oauth_token="b", oauth_signature="b"',
    ],
)
def test_another_header_is_left_to_the_plain_reading(text: str) -> None:
    assert canonical.header(text) is None


@pytest.mark.abuse("A07")
def test_what_is_kept_is_bounded() -> None:
    for number in range(3 * canonical.MOST_KEPT):
        canonical.origin(f"http://h{number}.example")
        canonical.header(f'OAuth oauth_nonce="a", oauth_x{number}="b", oauth_signature="c"')
    assert len(canonical._origins) <= canonical.MOST_KEPT
    assert len(canonical._shapes) <= canonical.MOST_KEPT


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("https://a.example", "https%3A%2F%2Fa.example"),
        ("HTTP://A.Example:80", "http%3A%2F%2Fa.example"),
        ("http://[::1]:8000", "http%3A%2F%2F%5B%3A%3A1%5D%3A8000"),
        ("https://u:p@a.example:444", "https%3A%2F%2Fa.example%3A444"),
        ("https://a.example?x=", None),
        ("https://a.example#x", None),
        ("https://", None),
        ("nothing", None),
        ("", None),
    ],
)
def test_an_origin_is_all_before_the_path(text: str, encoded: str | None) -> None:
    assert [canonical.origin(text), canonical.origin(text)] == [encoded, encoded]
