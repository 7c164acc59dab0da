"""Each mistake with the HTTP method, against base strings put together by hand."""

import pytest

from tests.doctor.mistakes.wrong import FORM, base, line, sent, told
from valetkey.doctor.mistakes.method import METHOD


@pytest.mark.parametrize(
    ("method", "slug", "signed", "word"),
    [
        ("POST", "method", "GET", "signed as GET method"),
        ("GET", "method", "POST", "signed as POST method"),
        ("GET", "method", "HEAD", "HEAD"),
        ("PUT", "method", "PATCH", "PATCH"),
        ("POST", "method-case", "post", "capitals"),
        ("POST", "method-case", "Post", "capitals"),
        ("Delete", "method-case", "Delete", "“Delete”"),
        ("GET", "no-method", "", "empty"),
        ("GET", "no-method", "undefined", "method"),
    ],
)
def test_a_method_signed_wrong_gives_this_base_string(method: str, slug: str, signed: str, word: str) -> None:
    assert word in told(METHOD, sent(method=method))[slug, base(line(), method=signed)]


def test_the_method_that_a_header_asks_for_may_have_been_signed() -> None:
    found = told(METHOD, sent(method="POST", headers={"X-HTTP-Method-Override": "purge"}))
    assert "X-HTTP-Method-Override" in found["method-override", base(line(), method="PURGE")]


def test_the_method_that_a_field_asks_for_may_have_been_signed() -> None:
    found = told(METHOD, sent(method="POST", headers=FORM, body="_method=put"))
    assert "_method" in found["method-override", base(line("_method=put"), method="PUT")]


def test_the_method_that_was_sent_is_no_mistake() -> None:
    assert base(line()) not in {text for _, text in told(METHOD, sent())}
