"""What a refusal is about, without what it must not tell."""

import pytest

from valetkey.protocol.cases import Case, shown_name
from valetkey.protocol.parameters import Parameter


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://a.example/b", "https://a.example/b"),
        ("https://a.example/b?c=secret&d=%20#e", "https://a.example/b?c=…&d=…"),
        ("https://a.example/b?flag&c=", "https://a.example/b?flag&c=…"),
        ("https://a.example/?a=b=c", "https://a.example/?a=…"),
        ("no address?x=1", "no address?x=…"),
        ("https://a.example/b?list%5B0%5D=secret&%C3%A9=1", "https://a.example/b?list%5B0%5D=…&%C3%A9=…"),
        ("https://a.example/b?%7B%22password%22%3A%22secret%22%7D", "https://a.example/b?…"),
        ('https://a.example/b?{"password":"secret="}&a=1', "https://a.example/b?…=…&a=…"),
        ("https://a.example/b?the+secret+itself", "https://a.example/b?…"),
        ("https://a.example/b?100%&c=secret", "https://a.example/b?…&c=…"),
    ],
)
def test_the_address_names_the_query_s_parameters_and_not_their_values(url: str, address: str) -> None:
    assert Case("GET", url).address == address


@pytest.mark.parametrize(
    ("timestamp", "difference"),
    [
        ("1000", -200),
        ("1300", 100),
        ("", None),
        ("-5", None),
        ("١٢", None),
        ("9" * 12, None),
        ("1" * 5_000, None),
    ],
)
def test_the_clock_s_difference_is_in_seconds_ahead_of_ours(timestamp: str, difference: int | None) -> None:
    sent = Parameter("oauth_timestamp", timestamp, "header")
    assert Case("GET", "https://a.example/", [sent], arrived=1200.9).clock_difference == difference


def test_a_case_without_a_timestamp_knows_no_difference() -> None:
    assert Case("GET", "https://a.example/").clock_difference is None


def test_what_is_signed_is_named_once_and_in_order_and_the_signature_is_not() -> None:
    names = ("status", "oauth_signature", "a", "status")
    case = Case("GET", "https://a.example/", [Parameter(name, "value", "form") for name in names])
    assert case.signed_names == ["a", "status"]


@pytest.mark.rule(7)
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("status", "status"),
        ("media[0].id", "media[0].id"),
        ("prénom", "prénom"),
        ("a\r\nb\x1b[31m", "a…"),
        ("\u202ename", "\N{REPLACEMENT CHARACTER}name"),
        ('{"password": "canary"}', "…"),
        ("<password>canary</password>", "…"),
        ("password: canary", "password…"),
        ("ada:canary", "ada…"),
        ("x" * 101, "x" * 100 + "…"),
        ("", ""),
    ],
)
def test_a_name_is_shown_in_one_line_and_a_body_that_was_taken_for_one_is_not(name: str, shown: str) -> None:
    assert shown_name(name) == shown


@pytest.mark.abuse("A80")
def test_a_case_prints_no_value_and_no_secret() -> None:
    case = Case(
        "GET", "https://a.example/?canary", [Parameter("a", "canary", "form")], "canary", "canary", 1.0
    )
    assert "canary" not in repr(case)
