"""How some services join the parameters of a base string."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valetkey import Unsignable
from valetkey.protocol.encoding import form_decode, form_encode
from valetkey.protocol.parameters import Parameter, collect, normalise
from valetkey.services import joins
from valetkey.services.quirks import Join, rfc5849

PROTOCOL = [Parameter("oauth_nonce", "n+/=", "header")]


def joined(join: Join, query: str, form: str = "") -> str:
    """The text, with the one protocol parameter (``P``) where it came to stand."""
    texts = [text for _, text in join(query, collect(query=query, form=form), PROTOCOL)]
    return "&".join("P" if text.startswith("oauth_nonce=") else text for text in texts)


# -- Mastercard


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", "P"),
        ("a=1&b=2", "a=1&b=2&P"),
        ("z=1&a=2", "a=2&P&z=1"),
        ("b=colon:value&a=plus+value", "a=plus+value&b=colon:value&P"),
        ("b=colon:value&a=plus%20value", "a=plus%20value&b=colon%3Avalue&P"),
        ("a=%7e", "a=~&P"),
        ("flag&&a=b=c", "a=b=c&flag=&P"),
        ("a=1&a-b=1", "a-b=1&a=1&P"),
    ],
)
def test_mastercard_takes_a_query_without_escapes_as_it_is_and_sorts_whole_texts(
    query: str, text: str
) -> None:
    assert joined(joins.mastercard, query) == text


def test_mastercard_takes_protocol_values_as_they_are() -> None:
    assert [text for _, text in joins.mastercard("", [], PROTOCOL)] == ["oauth_nonce=n+/="]


# -- Magento


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("a=1&b=2", "a=1&b=2&P"),
        ("a=1&flag&b=2", "a=1&b=2&P"),
        ("a=b=c&d=1", "d=1&P"),
        ("a=b%3Dc", "a=b%3Dc&P"),
        ("a=1&a=2&a=0", "a=0&P"),
        ("a=", "a=&P"),
        ("a=x+y", "a=x%20y&P"),
        ("my_oauth_token=1", "P"),
        ("s[g][10]=x&s[g][9]=y", "P&s%5Bg%5D%5B9%5D=y&s%5Bg%5D%5B10%5D=x"),
        ("s%5Bg%5D%5B10%5D=x&s%5Bg%5D%5B9%5D=y", "P&s%5Bg%5D%5B9%5D=y&s%5Bg%5D%5B10%5D=x"),
        ("a10=1&a9=1&a09b=1&a=1", "a=1&a9=1&a09b=1&a10=1&P"),
    ],
)
def test_magento_drops_what_it_can_not_read_and_sorts_numbers_as_numbers(query: str, text: str) -> None:
    assert joined(joins.magento, query) == text


def test_magento_reads_a_form_too_and_the_query_wins() -> None:
    assert joined(joins.magento, "a=1", "a=2&b=3") == "a=1&b=3&P"
    assert joined(joins.magento, "flag", "a=2") == "a=2&P"


# -- WooCommerce


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("b=2&a=1", "a=1&b=2&P"),
        ("a=1&a=2", "a=2&P"),
        ("z[b]=2&z[a]=1", "P&z%5Bb%5D=2&z%5Ba%5D=1"),
        ("z%5Bb%5D=2&z%5Ba%5D=1", "P&z%5Bb%5D=2&z%5Ba%5D=1"),
        ("a[]=x&a[]=y&a[7]=z&a[]=w", "a%5B0%5D=x&a%5B1%5D=y&a%5B7%5D=z&a%5B8%5D=w&P"),
        ("a[x][]=1&a[][y]=2&a[08]=3&a[]=4", "a%5Bx%5D%5B0%5D=1&a%5B0%5D%5By%5D=2&a%5B08%5D=3&a%5B1%5D=4&P"),
        ("a[b][c]=1&a[b][]=2", "a%5Bb%5D%5Bc%5D=1&a%5Bb%5D%5B0%5D=2&P"),
        ("a=1&a[b]=2", "a%5Bb%5D=2&P"),
        ("a[b]=1&a=2", "a=2&P"),
        # A comma stands before letters, and its escape `%2C` before all of them.
        ("a,=1&a!=2&aB=3", "a%21=2&a%2C=1&aB=3&P"),
        ("é=1&z=2", "P&z=2&%C3%A9=1"),
        ("a.b=1&c d=2", "a_b=1&c_d=2&P"),
        ("a[=1&b]=2&c[d]e=3", "a_=1&b%5D=2&c%5Bd%5D=3&P"),
        ("q=caf%C3%A9 x", "P&q=caf%C3%A9%20x"),
    ],
)
def test_woocommerce_reads_arrays_as_php_does_and_keeps_their_order(query: str, text: str) -> None:
    assert joined(joins.woocommerce, query) == text


def test_woocommerce_sorts_names_before_it_encodes_them() -> None:
    # `~` is the last of all characters, and `|` before it; encoded, `%7C` is the first.
    assert joined(joins.woocommerce, "a~=1&a%7C=2") == "a%7C=2&a~=1&P"
    assert joined(joins.woocommerce, "A-=1&A%7C=2") == "A-=1&A%7C=2&P"
    assert normalise([("A-", "1"), ("A|", "2")]) == "A%7C=2&A-=1"


def test_woocommerce_lets_a_form_win_over_the_query() -> None:
    assert joined(joins.woocommerce, "a=1&b=1", "a=2") == "a=2&b=1&P"


def test_woocommerce_reads_no_bottomless_array() -> None:
    assert joined(joins.woocommerce, f"a{'[b]' * 64}=1").endswith("%5Bb%5D=1&P")
    with pytest.raises(Unsignable, match="arrays of at most 64 levels"):
        joined(joins.woocommerce, f"a{'[b]' * 10_000}=1")


def test_each_parameter_keeps_the_name_that_was_signed_and_its_source() -> None:
    ((first, _), (second, _), _) = joins.woocommerce("a[]=1", collect(query="a[]=1", form="b=2"), PROTOCOL)
    assert (first, first.source, second, second.source) == (("a[0]", "1"), "query", ("b", "2"), "form")


# -- all

NAMES = st.text("abcXYZ_-.~", min_size=1, max_size=3)
PAIRS = st.lists(st.tuples(NAMES, st.text(max_size=4)), max_size=5, unique_by=lambda pair: pair[0])


@given(PAIRS)
def test_where_a_query_is_plain_they_all_do_as_the_rfc_does(pairs: list[tuple[str, str]]) -> None:
    # Names that PHP leaves alone, once each, in an order that no separator changes.
    plain = [(f"p{number}{name.replace('.', '')}"[:2], value) for number, (name, value) in enumerate(pairs)]
    query = form_encode(plain)
    parameters = collect(query=query)
    rfc = normalise([*parameters, *PROTOCOL])
    assert "&".join(text for _, text in rfc5849(query, parameters, PROTOCOL)) == rfc
    assert "&".join(text for _, text in joins.magento(query, parameters, PROTOCOL)) == rfc
    assert "&".join(text for _, text in joins.woocommerce(query, parameters, PROTOCOL)) == rfc
    raw = "&".join(text for _, text in joins.mastercard(query, parameters, PROTOCOL))
    if "%" in query or not plain:
        assert raw.replace("n+/=", "n%2B%2F%3D") == rfc
    assert form_decode(query) == parameters
