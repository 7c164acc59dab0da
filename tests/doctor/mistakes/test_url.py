"""Each mistake with the URL, against base strings put together by hand."""

import pytest

from tests.doctor.mistakes.wrong import base, line, sent, told
from valetkey.doctor.mistakes.url import URL

HOST = "X-Forwarded-Host"

# What was sent; which mistake; what was signed in its place; a word that the sentence must hold.
WRONG = [
    ("https://api.example/a", "default-port", "https://api.example:443/a", "port"),
    ("https://api.example:443/a", "default-port", "https://api.example:443/a", "port"),
    ("http://api.example:80/a", "default-port", "http://api.example:80/a", "80"),
    ("https://api.example:8443/a", "port-left-out", "https://api.example/a", "port (8443)"),
    ("https://api.example:08443/a", "other-port", "https://api.example:8443/a", "zeros"),
    ("https://api.example/a", "other-port", "https://api.example:8080/a", "8080"),
    ("https://api.example/a", "other-port", "https://api.example:80/a", "proxy"),
    ("https://api.example:/a", "other-port", "https://api.example:/a", "colon"),
    ("https://API.Example/a", "host-case", "https://API.Example/a", "host was not lower-cased"),
    ("https://api.example/a", "host-case", "https://API.EXAMPLE/a", "capitals"),
    ("https://www.api.example/a", "other-host", "https://api.example/a", "host"),
    ("https://api.example/a", "other-host", "https://www.api.example/a", "www.api.example"),
    ("http://localhost:8000/a", "other-host", "http://127.0.0.1:8000/a", "127.0.0.1"),
    ("http://127.0.0.1:8000/a", "other-host", "http://localhost:8000/a", "localhost"),
    ("http://[::1]:8000/a", "other-host", "http://::1:8000/a", "host"),
    ("https://xn--bcher-kva.example/", "other-host", "https://bücher.example/", "bücher"),
    ("https://b%C3%BCcher.example/", "other-host", "https://xn--bcher-kva.example/", "xn--"),
    ("https://me:pw@api.example/a", "userinfo", "https://me:pw@api.example/a", "password"),
    ("https://api.example/a", "scheme", "http://api.example/a", "signed for http"),
    ("http://api.example/a", "scheme", "https://api.example/a", "signed for https"),
    ("https://api.example/a", "scheme", "http://api.example:443/a", "port 443"),
    ("https://api.example/a", "scheme", "http://api.example:80/a", "port 80"),
    ("http://api.example:8080/a", "scheme", "https://api.example/a", "without the port"),
    ("HTTPS://api.example/a", "scheme-case", "HTTPS://api.example/a", "lower case"),
    ("https://api.example/a/", "redirect", "http://api.example/a", "redirect"),
    ("https://api.example/a", "redirect", "http://www.api.example/a", "redirect"),
    ("https://api.example/a", "relative-url", "//api.example/a", "scheme"),
    ("https://api.example/a", "relative-url", "api.example/a", "scheme"),
    ("https://api.example/a", "relative-url", "/a", "path"),
    ("https://api.example/a", "relative-url", "a", "slash"),
    ("https://api.example/a?x=1", "relative-url", "/a?x=1", "query"),
    ("https://api.example/a", "relative-url", "api.example", "host alone"),
    ("https://api.example", "empty-path", "https://api.example", "slash"),
    ("https://api.example/a", "slash-at-end", "https://api.example/a/", "slash"),
    ("https://api.example/a/", "slash-at-end", "https://api.example/a", "slash"),
    ("https://api.example/a", "slash-at-end", "https://api.example//a", "slash"),
    ("https://api.example/v1/a/b", "path-part-lost", "https://api.example/a/b", "first segment"),
    ("https://api.example/api/v1/a", "path-part-lost", "https://api.example/a", "segments"),
    ("https://api.example/api/v1/a", "path-part-lost", "https://api.example/api/a", "version"),
    ("https://api.example/a/b", "path-part-lost", "https://api.example", "path is left out"),
    ("https://api.example/a;v=1", "path-part-lost", "https://api.example/a", "semicolon"),
    ("https://api.example/a;v=1/b", "path-part-lost", "https://api.example/a/b", "semicolon"),
    ("https://api.example/a.json", "path-part-lost", "https://api.example/a", "extension"),
    ("https://api.example/A", "path-case", "https://api.example/a", "lower case"),
    ("https://api.example/a//b", "path-normalised", "https://api.example/a/b", "double slashes"),
    ("https://api.example/a/../b/./c", "path-normalised", "https://api.example/b/c", "dot segments"),
    ("https://api.example/a/..", "path-normalised", "https://api.example/", "dot segments"),
    ("https://api.example/../a", "path-normalised", "https://api.example/a", "dot segments"),
    ("https://api.example/a%20b", "path-decoded", "https://api.example/a b", "decoded"),
    ("https://api.example/a+b", "path-decoded", "https://api.example/a b", "space"),
    ("https://api.example/%7Eme%2F", "path-decoded", "https://api.example/~me%2F", "%7E"),
    ("https://api.example/a%2Fb%20c", "path-decoded", "https://api.example/a/b%20c", "slash"),
    ("https://api.example/a%2Fb", "path-encoded-again", "https://api.example/a%2fb", "lower case"),
    ("https://api.example/a%c3%bc", "path-encoded-again", "https://api.example/a%C3%BC", "upper case"),
    ("https://api.example/~me", "path-encoded-again", "https://api.example/%7Eme", "%7E"),
    ("https://api.example/a+b", "path-encoded-again", "https://api.example/a%20b", "space"),
    ("https://api.example/a%20b", "path-encoded-again", "https://api.example/a+b", "space"),
    ("https://api.example/a:b@c", "path-encoded-again", "https://api.example/a%3Ab%40c", "unreserved"),
    ("https://api.example/a:b(c)%27", "path-encoded-again", "https://api.example/a%3Ab(c)'", "Component"),
    ("https://api.example/a%3Ab,c", "path-encoded-again", "https://api.example/a:b%2Cc", "colon"),
    ("https://api.example/%C3%BC", "path-encoded-again", "https://api.example/%FC", "Latin-1"),
    ("https://api.example/a%20b", "path-encoded-twice", "https://api.example/a%2520b", "encoded twice"),
    ("https://api.example/a[1]%20", "path-encoded-twice", "https://api.example/a%5B1%5D%20", "once more"),
]


@pytest.mark.parametrize(("url", "slug", "uri", "word"), WRONG)
def test_a_url_signed_wrong_gives_this_base_string(url: str, slug: str, uri: str, word: str) -> None:
    found = told(URL, sent(url))
    pairs = ["x=1"] if "?x=1" in url else []
    assert word in found[slug, base(line(*pairs), uri)]


@pytest.mark.parametrize(
    ("headers", "slug", "uri"),
    [
        ({"Host": "Api.Example"}, "host-case", "https://Api.Example/a"),
        ({"Host": "api.example:8443"}, "other-port", "https://api.example:8443/a"),
        ({"Host": "inner:8080"}, "other-host", "https://inner:8080/a"),
        ({HOST: "shop.example"}, "other-host", "https://shop.example/a"),
        ({HOST: "shop.example, inner"}, "other-host", "https://shop.example/a"),
        ({HOST: "shop.example:443"}, "other-host", "https://shop.example:443/a"),
        ({"Forwarded": 'for=1.2.3.4;host="shop.example"'}, "other-host", "https://shop.example/a"),
        ({"Origin": "https://shop.example"}, "other-host", "https://shop.example/a"),
        ({"X-Forwarded-Port": "8443"}, "other-port", "https://api.example:8443/a"),
        ({"X-Original-URL": "/app/a?x=1"}, "relative-url", "https://api.example/app/a"),
    ],
)
def test_a_header_may_say_which_host_was_signed(headers: dict[str, str], slug: str, uri: str) -> None:
    assert (slug, base(line(), uri)) in told(URL, sent("https://api.example/a", headers=headers))


def test_a_mistake_that_the_url_has_no_room_for_is_not_tried() -> None:
    slugs = {slug for slug, _ in told(URL, sent("https://api.example/"))}
    assert not slugs & {"port-left-out", "userinfo", "path-case", "path-decoded", "path-normalised"}
