from tests.demo.site import made
from valetkey.demo.site.twice import Twice, example, place, twice


def test_only_what_occurs_is_listed_as_it_was_sent_and_signed() -> None:
    assert twice(made.posted("a b&é")) == [
        Twice(" ", "+", "%2520"),
        Twice("&", "%26", "%2526"),
        Twice("é", "%C3%A9", "%25C3%25A9"),
    ]


def test_each_row_occurs_in_the_base_string() -> None:
    exchange = made.posted()
    assert all(row.signed in exchange.base_string for row in twice(exchange))


def test_a_space_is_the_example_where_there_is_one() -> None:
    rows = twice(made.posted("& "))
    assert example(rows) == Twice(" ", "+", "%2520")
    assert example(twice(made.posted("&"))) == Twice("&", "%26", "%2526")
    assert example([]) is None


def test_nothing_is_encoded_in_plain_letters() -> None:
    assert twice(made.posted("hello")) == []


def test_the_place_is_where_they_were_sent() -> None:
    assert place(made.posted()) == "In the body"
    assert place(made.got(f"{made.ORIGIN}/?a=%20")) == "In the query"
    assert place(made.first_leg()) == "In the header"


def test_what_cannot_be_seen_is_named() -> None:
    spelled = [Twice(mark, "", "").spelled for mark in (" ", "\n", "\u0301", "\u200b")]
    assert spelled == ["a space", "a line break", "◌\u0301", "U+200B"]


def test_the_question_names_the_character_too() -> None:
    assert Twice(" ", "+", "%2520").question == "Why does a space become `%2520`?"
    assert Twice("é", "%C3%A9", "%25C3%25A9").question == "Why does é become `%25C3%25A9`?"
