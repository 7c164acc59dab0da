"""The Authorization header and the form encoding: what comes from strangers before anything is proved."""

from contextlib import suppress
from functools import partial

from valetkey.protocol.encoding import Malformed, form_encode
from valetkey.protocol.header import build_authorization, is_oauth, parse_authorization, parse_challenge
from valetkey.protocol.parameters import collect, in_order, is_form, normalise


def header(data: bytes) -> None:
    """`data` as a header's value, the way WSGI has it, and as text where it is UTF-8."""
    _header(data.decode("latin-1"))
    text = data.decode("utf-8", "surrogatepass" if data.isascii() else "ignore")
    if not data.isascii():
        _header(text)


def form(data: bytes) -> None:
    """`data` as a form's body, as a query, and as a Content-Type."""
    text = data.decode("latin-1")
    with suppress(Malformed):
        is_form(text)
    for read in (partial(collect, form=data), partial(collect, query=text)):
        try:
            pairs = read()
        except Malformed:
            continue
        plain = [(name, value) for name, value in pairs]
        again = collect(form=form_encode(plain).encode())
        assert again == plain, f"printed and read again: {again} for {plain}"
        joined = normalise(pairs)
        assert joined.isascii(), joined
        assert joined == normalise(reversed(pairs)), "the order of arrival counts"
        assert joined == form_encode(in_order(pairs)), "two readings of one order"


def _header(text: str) -> None:
    parse_challenge(text)
    try:
        found = parse_authorization(text)
    except Malformed:
        return
    assert is_oauth(text), "read, though it isn't OAuth's"
    try:
        printed = build_authorization(found.parameters, found.realm)
    except Malformed:
        assert found.realm, "no name or value is beyond what a header can carry"
        return
    again = parse_authorization(printed)
    assert again == found, f"printed and read again: {printed!r}"
