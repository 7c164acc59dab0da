import pytest

from tests.demo.site import made
from valetkey.demo.site.exchange import Exchange
from valetkey.demo.site.wire import Half, Wire
from valetkey.protocol.signatures import METHODS, Key

TWINS = made.got(f"{made.ORIGIN}/1/x.json?a=1&a=&b=1%262")
EXCHANGES = [made.first_leg(), made.third_leg(), made.posted(), TWINS]


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_the_middle_column_read_downwards_is_the_base_string(exchange: Exchange) -> None:
    pieces = Wire(exchange).pieces
    assert "".join(piece.text + piece.joiner for piece in pieces) == exchange.base_string


def test_the_signature_is_that_of_the_base_string() -> None:
    exchange = made.posted()
    key = Key(made.CONSUMER.secret, made.ACCESS_TOKEN.secret)
    assert METHODS["HMAC-SHA1"].sign(exchange.base_string, key) == exchange.signature
    assert Wire(exchange).how_signed == (
        "HMAC-SHA1 of the base string with that key: 20 bytes, written in base64."
    )


def test_each_piece_says_where_it_came_from() -> None:
    pieces = Wire(made.posted()).pieces
    assert [piece.mark for piece in pieces] == ["m", "u", *"hhhhhh", "f"]
    assert pieces[-1].means == made.TEXT
    assert pieces[-1].notes == (f"{len(made.TEXT)} characters, as typed",)


def test_twins_and_empty_values_have_rows_of_their_own() -> None:
    first, second = (piece for piece in Wire(TWINS).pieces if piece.text.startswith("a%3D"))
    assert (first.means, second.means) == ("", "1")
    assert first.notes == ("empty, and signed all the same", "one of 2 with this name")


def test_a_source_without_parts_stays_in_the_legend() -> None:
    notes = {letter.mark: letter.note for letter in Wire(made.posted()).legend}
    assert notes["q"] == "(none in this request)"
    assert notes["f"] == ""
    assert notes["s"] == "(never signs itself)"


def test_the_first_leg_has_half_a_key() -> None:
    consumer, token = Wire(made.first_leg()).key
    assert consumer.said == f"hidden, {len(made.CONSUMER.secret)} characters"
    assert token == Half("Token secret", None)
    assert token.said == "nothing yet: there is no token"


def test_plaintext_computes_nothing() -> None:
    wire = Wire(made.posted(signature_method="PLAINTEXT"))
    assert wire.is_key
    assert "".join(piece.text + piece.joiner for piece in wire.pieces) == wire.exchange.base_string
