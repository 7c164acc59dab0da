"""curl's options."""

from valetkey.doctor.pasted.curl_options import LONG, TAKES_ARGUMENT


def test_each_short_option_has_a_long_one() -> None:
    assert {name for name in LONG.values() if name.removeprefix("no-") not in TAKES_ARGUMENT} == set()


def test_the_options_that_shape_a_request_take_their_arguments() -> None:
    taking = "request header data data-raw data-urlencode json form get head url user cookie upload-file"
    assert [name for name in taking.split() if not TAKES_ARGUMENT[name]] == ["get", "head"]
