"""What stands between backticks is code; all else is text."""

import pytest

from valetkey.demo.shared.markup import with_code, without_code


def test_what_stands_between_backticks_is_code() -> None:
    assert with_code("Send `oauth_nonce`, or `x`.") == "Send <code>oauth_nonce</code>, or <code>x</code>."
    assert without_code("`status` was sent") == "status was sent"


@pytest.mark.abuse("A58")
@pytest.mark.parametrize("text", ["<b>", "`<b>`", "a ` <b>"])
def test_markup_in_either_is_shown_as_text(text: str) -> None:
    assert "<b>" not in with_code(text)
    assert "&lt;b&gt;" in with_code(text)
