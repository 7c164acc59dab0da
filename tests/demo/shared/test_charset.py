"""A Content-Type that no Python can read is the sender's mistake, on every address."""

import urllib.error
import urllib.request

import pytest

from tests.running import Demo


@pytest.mark.abuse("A01")
@pytest.mark.parametrize("site", ["site", "provider"])
@pytest.mark.parametrize("charset", ["hex", "rot13", "zlib", "idna", "undefined", "x", ""])
def test_a_charset_that_is_none_is_answered_with_400(demo: Demo, site: str, charset: str) -> None:
    kind = f"text/plain; charset={charset}"
    request = urllib.request.Request(f"{demo.info[site]}/?a=b", headers={"Content-Type": kind})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=30)
    with caught.value as error:
        assert error.code == 400


def test_a_name_with_a_charset_of_its_own_is_answered_with_400(demo: Demo) -> None:
    request = urllib.request.Request(demo.info["provider"], headers={"Content-Type": "a; b*=x'y'z"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=30)
    with caught.value as error:
        assert error.code == 400


@pytest.mark.parametrize("kind", ["text/plain", "text/plain; charset=UTF-8", 'a/b; charset="latin-1"; q=1'])
def test_usual_types_are_let_through(demo: Demo, kind: str) -> None:
    request = urllib.request.Request(f"{demo.info['provider']}/?a=b", headers={"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
