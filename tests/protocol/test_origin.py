"""Scheme, host and port, private channels, and callbacks."""

import pytest

from valetkey.protocol.encoding import Malformed
from valetkey.protocol.origin import Url, callback_matches, check_callback


def test_a_url_is_taken_apart() -> None:
    url = Url("HTTPS://user:pw@Example.COM:8443/A%2fb;c?q=1?2#end#s")
    assert (url.scheme, url.host, url.port, url.path, url.query, url.fragment) == (
        "https",
        "example.com",
        8443,
        "/A%2fb;c",
        "q=1?2",
        "end#s",
    )


@pytest.mark.parametrize(
    ("text", "query"), [("http://h", None), ("http://h/", None), ("http://h?", ""), ("http://h/?a", "a")]
)
def test_an_absent_query_differs_from_an_empty_one(text: str, query: str | None) -> None:
    assert Url(text).query == query


ORIGINS = {
    "http://example.com": "http://example.com",
    "HTTP://EXAMPLE.com:80/x": "http://example.com",
    "https://example.com:443": "https://example.com",
    "https://example.com:0443": "https://example.com",
    "https://example.com:80": "https://example.com:80",
    "http://example.com:443/": "http://example.com:443",
    "http://example.com:/": "http://example.com",
    "http://[::1]:8000/": "http://[::1]:8000",
    "HTTP://[2001:DB8::1]:80": "http://[2001:db8::1]",
    "http://u:p@example.com": "http://example.com",
    "app://example": "app://example",
    "app://example:80": "app://example:80",
}


@pytest.mark.parametrize(("text", "origin"), ORIGINS.items())
def test_the_origin_is_scheme_host_and_a_port_that_is_not_the_default(text: str, origin: str) -> None:
    assert Url(text).origin == origin


IMPOSSIBLE = [
    *("", "h", "/p", "//h/p", "http:", "http:/h", "http:///p", "://h", "1http://h", "http//h"),
    *(
        "http://",
        "http://:80",
        "http://h:x",
        "http://h:-1",
        "http://h:+1",
        "http://h:65536",
        "http://h:99999",
        "http://h:000080",
    ),
    *(
        "http://h:٨٠",
        "http://h:80:80",
        "http://u@",
        "http://a@b@h",
        "http://[::1",
        "http://::1]",
        "http://[x]",
        "http://[::1]x",
    ),
    *("http://h\\@g/", "http://h<", "http://münchen.de", "http://h\u3002com"),
    *(
        "http://h h/",
        " http://h",
        "http://h/ ",
        "http://h/\n",
        "http://h/\x00",
        "http://h/\x7f",
        "ht\ttp://h",
        "http://h/?a b",
    ),
]


@pytest.mark.abuse("A11")
@pytest.mark.parametrize("text", IMPOSSIBLE, ids=ascii)
def test_an_impossible_url_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        Url(text)


LOOPBACK = ["localhost", "LOCALHOST", "app.localhost", "127.0.0.1", "127.1.2.3", "[::1]"]
ELSEWHERE = [
    "example.com",
    "localhost.example.com",
    "notlocalhost",
    "127.0.0.1.example.com",
    "128.0.0.1",
    "1127.0.0.1",
    "[::2]",
    "10.0.0.1",
]


@pytest.mark.parametrize("host", LOOPBACK)
def test_this_very_computer_is_a_private_channel(host: str) -> None:
    assert Url(f"http://{host}:8000/").is_loopback
    assert Url(f"http://{host}/").is_private_channel


@pytest.mark.abuse("A97")
@pytest.mark.parametrize("host", ELSEWHERE)
def test_another_computer_is_a_private_channel_over_https_alone(host: str) -> None:
    assert not Url(f"http://{host}/").is_loopback
    assert not Url(f"http://{host}/").is_private_channel
    assert not Url(f"ftp://{host}/").is_private_channel
    assert Url(f"https://{host}/").is_private_channel


GOOD_CALLBACKS = [
    *(
        "oob",
        "https://app.example/cb",
        "https://app.example",
        "http://app.example/cb",
        "http://localhost:8000/cb?a=1&b=2",
    ),
    *(
        "HTTPS://app.example/CB",
        "https://[2001:db8::1]:8443/cb",
        "com.example.app:/cb",
        "myapp://cb",
        "https://app.example/a%20b",
    ),
    *(
        "https://app.example/oauth_token",
        "https://app.example/cb?my_oauth_token=1",
        "https://app.example/cb?denied_at=1",
    ),
]


@pytest.mark.parametrize("callback", GOOD_CALLBACKS)
def test_a_good_callback_is_accepted_as_it_is(callback: str) -> None:
    assert check_callback(callback) == callback


BAD_SCHEMES = [
    *(
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "javascript://app.example/%0aalert(1)",
        "data:text/html,x",
        "vbscript:x",
    ),
    *(
        "file:///etc/passwd",
        "blob:https://app.example/1",
        "about:blank",
        "view-source:https://app.example/",
        "filesystem:x",
        "ftp://app.example/",
    ),
    *(
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "javascript\u200b:x",
        ":x",
    ),
    *("ｊavascript:alert(1)", "java%73cript:alert(1)", "-app:x", "1app:x"),
]


@pytest.mark.rfc("2.1-6")
@pytest.mark.abuse("A40")
@pytest.mark.rule(6)
@pytest.mark.parametrize("callback", BAD_SCHEMES, ids=ascii)
def test_a_callback_that_leads_into_the_browser_is_refused(callback: str) -> None:
    with pytest.raises(Malformed):
        check_callback(callback)


BAD_CALLBACKS = {
    "empty": ("", "isn't an absolute address"),
    "relative": ("/cb", "isn't an absolute address"),
    "another host's": ("//evil.example/cb", "isn't an absolute address"),
    "OOB": ("OOB", "isn't an absolute address"),
    "a fragment": ("https://app.example/cb#x", "leave out what follows “#”"),
    "an empty fragment": ("https://app.example/cb#", "leave out what follows “#”"),
    "a user": ("https://app.example@evil.example/cb", "leave out the user name"),
    "a line break": ("https://app.example/cb\r\nX: 1", "percent-encode it"),
    "a NUL": ("https://app.example/\x00", "percent-encode it"),
    "a backslash": ("https://app.example\\@evil.example/", "percent-encode it"),
    "a quotation mark": ('https://app.example/"onmouseover=x', "percent-encode it"),
    "look-alike letters": ("https://аpp.example/cb", "percent-encode it"),
    "a full-width full stop": ("https://app．example/cb", "percent-encode it"),
    "no host": ("https:///cb", "host"),
    "no slashes": ("https:app.example/cb", "host"),
    "a port that isn't": ("https://app.example:99999/cb", "port"),
    "our token": ("https://app.example/cb?oauth_token=x", "rename it"),
    "our verifier": ("https://app.example/cb?a=1&oauth_verifier=x", "rename it"),
    "ours in upper case": ("https://app.example/cb?OAUTH_TOKEN=x", "rename it"),
    "ours, encoded": ("https://app.example/cb?oauth%5Fverifier=x", "rename it"),
    "ours, encoded from the start": ("https://app.example/cb?a=1&%6Fauth_token=x", "rename it"),
    "denied": ("https://app.example/cb?denied=x", "rename it"),
    "denied, bare": ("https://app.example/cb?denied", "rename it"),
    "ours, with a private scheme": ("com.example.app:/cb?oauth_token=x", "rename it"),
}


@pytest.mark.rfc("2.1-6")
@pytest.mark.abuse("A39")
@pytest.mark.abuse("A51")
@pytest.mark.rule(6)
@pytest.mark.parametrize(("callback", "reason"), BAD_CALLBACKS.values(), ids=BAD_CALLBACKS)
def test_a_bad_callback_is_refused_with_the_reason(callback: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        check_callback(callback)


REGISTERED = [
    *("https://app.example:12000/cb?step=2", "http://localhost:8000/cb"),
    *("https://localhost:8443/cb", "com.example.app:/cb"),
]

MATCHING = [
    "https://app.example:12000/cb?step=2",
    "HTTPS://APP.EXAMPLE:12000/cb?step=2",
    "http://localhost:8000/cb",
    "http://localhost:51234/cb",
    "http://localhost/cb",
    "com.example.app:/cb",
    "oob",
]


@pytest.mark.rfc("2.1-6")
@pytest.mark.rule(6)
@pytest.mark.parametrize("callback", MATCHING)
def test_a_registered_callback_matches_and_on_loopback_with_any_port(callback: str) -> None:
    assert callback_matches(callback, REGISTERED)


OTHERS = [
    *("https://localhost:8444/cb", "https://localhost/cb"),
    *(
        "https://app.example/cb?step=2",
        "https://app.example:12001/cb?step=2",
        "http://app.example:12000/cb?step=2",
    ),
    *(
        "https://app.example:12000/cb",
        "https://app.example:12000/cb?step=3",
        "https://app.example:12000/cb?step=2&x=1",
    ),
    *(
        "https://app.example:12000/CB?step=2",
        "https://app.example:12000/cb/?step=2",
        "https://app.example:12000/cb/../evil?step=2",
    ),
    *(
        "https://app.example:12000/%63b?step=2",
        "https://app.example.evil.example:12000/cb?step=2",
        "https://evil.example:12000/cb?step=2",
    ),
    *(
        "https://app.example.:12000/cb?step=2",
        "https://xapp.example:12000/cb?step=2",
        "https://app.example:1200/cb?step=2",
    ),
    *(
        "https://localhost:8000/cb",
        "http://127.0.0.1:8000/cb",
        "http://localhost:8000/",
        "http://localhost.evil.example:8000/cb",
    ),
    *("com.example.app:/CB", "com.example.app:/cb2", "com.example.ap:/cb", "https://app.example:12000/cb?"),
]


@pytest.mark.abuse("A39")
@pytest.mark.rule(6)
@pytest.mark.parametrize("callback", OTHERS)
def test_what_differs_from_every_registered_callback_does_not_match(callback: str) -> None:
    assert not callback_matches(callback, REGISTERED)


@pytest.mark.abuse("A39")
@pytest.mark.parametrize(
    "callback", ["https://app.example@evil.example/", "https://app.example:12000\\@evil/", "javascript:x"]
)
def test_a_bad_callback_is_never_compared(callback: str) -> None:
    with pytest.raises(Malformed):
        callback_matches(callback, [callback])


@pytest.mark.parametrize(
    ("callback", "registered"),
    [("https://app.example", "https://app.example/"), ("https://app.example:443/", "https://app.example")],
)
def test_two_spellings_of_one_address_match(callback: str, registered: str) -> None:
    assert callback_matches(callback, [registered])
    assert callback_matches(registered, [callback])


@pytest.mark.rule(6)
def test_without_a_registered_callback_only_oob_is_left() -> None:
    assert callback_matches("oob", [])
    assert not callback_matches("https://app.example/cb", [])


@pytest.mark.abuse("A40")
@pytest.mark.parametrize("scheme", ["intent", "MailTo", "smb", "chrome", "ms-msdt", "search-ms", "tel"])
def test_a_scheme_that_starts_what_belongs_to_the_system_is_no_callback(scheme: str) -> None:
    with pytest.raises(Malformed, match=f"“{scheme.lower()}:” is not allowed"):
        check_callback(f"{scheme}://x")


@pytest.mark.abuse("A40")
@pytest.mark.parametrize(
    "callback",
    [
        "feed:javascript:alert(1)",
        "shell:x",
        "ms-officecmd:x",
        "jar:https://x!/",
        "ssh://-oProxyCommand=x",
        "chrome-extension://x",
        "ldap://x",
        "search:x",
        "ms-appinstaller:x",
    ],
)
def test_what_starts_a_program_of_the_system_is_no_callback(callback: str) -> None:
    with pytest.raises(Malformed, match="is not allowed"):
        check_callback(callback)
