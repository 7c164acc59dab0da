"""What every adapter's `send` keeps to."""

import gzip
import zlib

import pytest

from tests.wire import sign
from valetkey import ServiceError, Unsignable
from valetkey.sending import MAX_OCTETS, Reading, check_sendable, no_answer


@pytest.mark.abuse("A94")
def test_an_answer_is_taken_up_to_the_limit_and_not_an_octet_further() -> None:
    reading = Reading(200)
    reading.add(b"x" * MAX_OCTETS)
    assert len(reading.body) == MAX_OCTETS
    with pytest.raises(ServiceError, match="more than 1000000 octets") as caught:
        reading.add(b"x")
    assert (caught.value.status, caught.value.body) == (200, b"")


@pytest.mark.abuse("A94")
def test_of_a_bomb_no_more_is_unpacked_than_shows_that_it_is_one() -> None:
    reading = Reading(200, "gzip")
    with pytest.raises(ServiceError, match="more than 1000000 octets"):
        reading.add(gzip.compress(b"x" * 50_000_000))
    assert len(reading.body) == MAX_OCTETS + 1


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_what_is_compressed_is_unpacked_piece_by_piece(encoding: str, pack: type) -> None:
    reading = Reading(200, encoding)
    for octet in pack(b"oauth_token=t"):
        reading.add(bytes([octet]))
    assert reading.body == b"oauth_token=t"


def test_what_cannot_be_unpacked_is_a_service_error() -> None:
    with pytest.raises(ServiceError, match="gzip can't be read"):
        Reading(200, "gzip").add(b"oauth_token=t")


def test_another_encoding_is_left_as_it_is() -> None:
    reading = Reading(200, "br")
    reading.add(b"\x00")
    assert reading.body == b"\x00"


def test_no_answer_names_the_origin_and_nothing_more() -> None:
    error = no_answer("https://user:canary@a.example:8443/t?oauth_signature=canary", "refused")
    assert (str(error), error.status) == ("https://a.example:8443 doesn't answer: refused.", 0)


@pytest.mark.abuse("A99")
@pytest.mark.parametrize("url", ["ftp://a.example/", "file://a.example/etc/passwd", "gopher://a.example/"])
def test_only_http_is_sent(url: str) -> None:
    with pytest.raises(Unsignable, match="use https or http"):
        check_sendable(sign("GET", url))


def test_what_a_library_would_send_otherwise_is_not_sent() -> None:
    signed = sign("GET", "https://a.example/%7e?oauth_verifier=canary")
    check_sendable(signed, signed.url)
    with pytest.raises(Unsignable, match=r"it would be sent as https://a\.example/~: write it so") as caught:
        check_sendable(signed, "https://a.example/~?oauth_verifier=canary")
    assert "canary" not in str(caught.value)
