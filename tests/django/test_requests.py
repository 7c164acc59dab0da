"""What the core verifies is what was on the wire, and nothing that a framework made of it."""

import io
from typing import Any, cast
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIRequest
from django.test import RequestFactory, override_settings

from tests.django import walk
from valetkey import Refused
from valetkey.django import requests
from valetkey.django.requests import presented

FORM_TYPE = "application/x-www-form-urlencoded"


def over_wsgi(path: str = "/x", method: str = "GET", body: bytes = b"", **environ: Any) -> Any:
    content_type = environ.pop("CONTENT_TYPE", "text/plain")
    return RequestFactory().generic(method, path, body, content_type=content_type, **environ)


def over_asgi(body: bytes = b"", **scope: Any) -> ASGIRequest:
    headers = [(b"host", b"testserver"), *scope.pop("headers", [])]
    given = {"type": "http", "method": "GET", "path": "/x", "query_string": b"", "headers": headers}
    return ASGIRequest(given | scope, io.BytesIO(body))


def refused(request: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        presented(request)
    return caught.value


TARGETS = [
    "/a%2Fb",
    "/%7Ea",
    "/~a",
    "/a+b",
    "/%c3%a9",
    "/a%20b",
    "//a",
    "/a/../b",
    "/a;x=1",
    "/a?",
    "/%25?a=%31&a=+",
]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ["RAW_URI", "REQUEST_URI"])
@pytest.mark.rule(2)
@pytest.mark.abuse("A08")
def test_the_raw_target_is_verified_as_it_was_sent_over_wsgi(name: str, target: str) -> None:
    request = over_wsgi("/decoded", **cast("Any", {name: target}))
    assert presented(request).url == f"http://testserver{target}"


@pytest.mark.parametrize("target", [target for target in TARGETS if target != "/a?"])
@pytest.mark.rule(2)
@pytest.mark.abuse("A08")
def test_the_raw_target_is_verified_as_it_was_sent_over_asgi(target: str) -> None:
    path, _, query = target.encode().partition(b"?")
    request = over_asgi(path="/decoded", raw_path=path, query_string=query)
    assert presented(request).url == f"http://testserver{target}"


@pytest.mark.parametrize(
    ("target", "written"),
    [
        ("/a%2Fb", "/a/b"),
        ("/~a", "/~a"),
        ("/%7Ea", "/~a"),
        ("/a+b", "/a+b"),
        ("/a%20b", "/a%20b"),
        ("/%C3%A9", "/%C3%A9"),
        ("/a%25b", "/a%25b"),
        ("/x?a=%31&b=%c3%a9", "/x?a=%31&b=%c3%a9"),
    ],
)
def test_a_target_that_the_server_hides_is_encoded_anew(target: str, written: str) -> None:
    assert presented(over_wsgi(target)).url == f"http://testserver{written}"
    path, _, query = written.partition("?")
    request = over_asgi(path=unquote(path), query_string=query.encode())
    assert presented(request).url == f"http://testserver{written}"


@pytest.mark.parametrize(
    ("raw", "written"),
    [("/é", "/%C3%A9"), ("/a b", "/a%20b"), ("/a\x00b", "/a%00b"), ("/[1]{2}'\"", "/[1]{2}'\"")],
)
@pytest.mark.abuse("A08")
def test_octets_that_lenient_servers_let_through_get_their_one_spelling(raw: str, written: str) -> None:
    as_wsgi_has_it = raw.encode().decode("latin-1")
    assert presented(over_wsgi(RAW_URI=as_wsgi_has_it)).url == f"http://testserver{written}"


@pytest.mark.parametrize(
    "target", ["http://testserver/x?y", "HTTP://TESTSERVER:80/x?y", "https://testserver:80/x?y"]
)
def test_the_absolute_form_of_this_host_is_its_path(target: str) -> None:
    if target.startswith("https"):
        assert refused(over_wsgi(RAW_URI=target)).status == 400
    else:
        assert presented(over_wsgi(RAW_URI=target)).url == "http://testserver/x?y"


@pytest.mark.parametrize(
    "target",
    [
        *("http://evil.example/x", "http://testserver.evil.example/", "http://testserver:81/x", "*", "x"),
        *("ftp://testserver/x", "http:///x", "http://[testserver/x", "testserver:80", "http://evil@x y/"),
    ],
)
@pytest.mark.rule(2)
@pytest.mark.abuse("A18")
@pytest.mark.abuse("A89")
def test_a_target_at_another_host_is_refused(target: str) -> None:
    failure = refused(over_wsgi(RAW_URI=target))
    assert (failure.status, failure.problem) == (400, "parameter_rejected")


@pytest.mark.abuse("A89")
@pytest.mark.parametrize("target", ["/x#", "/x#y", "/x?a=1#&b=2"])
def test_a_hash_in_a_target_is_refused_since_no_signature_covers_what_is_behind_it(target: str) -> None:
    assert refused(over_wsgi(RAW_URI=target)).status == 400
    path, _, query = target.encode().partition(b"?")
    assert refused(over_asgi(path=target, raw_path=path, query_string=query)).status == 400


@pytest.mark.parametrize("name", ["HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED", "HTTP_X_FORWARDED_SERVER"])
@pytest.mark.rule(2)
@pytest.mark.abuse("A18")
def test_forwarded_headers_choose_nothing(name: str) -> None:
    environ = {name: "provider.example", "HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_PORT": "444"}
    assert presented(over_wsgi(**cast("Any", environ))).url == "http://testserver/x"
    headers = [(b"x-forwarded-host", b"provider.example"), (b"x_forwarded_proto", b"https")]
    assert presented(over_asgi(headers=headers)).url == "http://testserver/x"


def test_django_s_own_proxy_settings_hold_where_a_site_has_set_them() -> None:
    request = over_wsgi(HTTP_HOST="testserver", HTTP_X_FORWARDED_PROTO="https")
    with override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")):
        assert presented(request).url == "https://testserver/x"


@pytest.mark.rfc("3.4.1.2-3")
@pytest.mark.rule(2)
@pytest.mark.abuse("A18")
def test_a_configured_origin_is_verified_whatever_the_request_says() -> None:
    request = over_wsgi(HTTP_HOST="evil.example", RAW_URI="/x")
    with override_settings(VALETKEY={**settings.VALETKEY, "ORIGIN": "https://api.example"}):
        assert presented(request).url == "https://api.example/x"
        assert presented(over_wsgi(RAW_URI="http://api.example/x")).url == "https://api.example/x"
        assert refused(over_wsgi(RAW_URI="http://testserver/x")).status == 400


@pytest.mark.rfc("3.4.1.2-3")
@pytest.mark.parametrize(
    "host", ["evil.example", "testserver@evil.example", "[", "testserver:x", "testserver, evil"]
)
@pytest.mark.rule(2)
@pytest.mark.abuse("A11")
@pytest.mark.abuse("A18")
def test_a_host_that_is_not_ours_is_refused(host: str) -> None:
    assert refused(over_wsgi(HTTP_HOST=host)).status == 400


@pytest.mark.abuse("A30")
def test_a_method_that_was_overridden_on_the_way_is_refused() -> None:
    request = over_wsgi(method="POST")
    request.method = "DELETE"
    assert refused(request).status == 400
    assert presented(over_wsgi(method="post")).method == "post"


@pytest.mark.parametrize("content_type", [FORM_TYPE, "multipart/form-data; boundary=x", "application/json"])
@pytest.mark.parametrize("length", ["", "3"])
@pytest.mark.abuse("A82")
def test_a_chunked_body_over_wsgi_is_asked_for_its_length(content_type: str, length: str) -> None:
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_TYPE": content_type}
    request = over_wsgi(method="POST", body=b"a=b", **environ)
    request.META["CONTENT_LENGTH"] = length
    assert refused(request).status == 411


def test_a_chunked_body_over_asgi_is_read() -> None:
    headers = [(b"transfer-encoding", b"chunked"), (b"content-type", FORM_TYPE.encode())]
    assert presented(over_asgi(b"a=b", method="POST", headers=headers)).body == b"a=b"


@pytest.mark.parametrize("length", ["4", "2", "+3", "-3", "3_0", "٣", "3 ", "x", "9" * 5_000])
@pytest.mark.abuse("A83")
def test_a_content_length_that_is_not_the_body_s_is_refused(length: str) -> None:
    request = over_wsgi(method="POST", body=b"a=b", CONTENT_TYPE=FORM_TYPE)
    request.META["CONTENT_LENGTH"] = length
    assert refused(request).status == 400
    request._body = b"a=b"  # as a middleware has kept it
    assert refused(request).status == 400


@pytest.mark.abuse("A83")
def test_a_body_that_ends_early_is_refused() -> None:
    request = over_wsgi(
        method="POST",
        CONTENT_TYPE=FORM_TYPE,
        CONTENT_LENGTH="30",
        **cast("Any", {"wsgi.input": io.BytesIO(b"a=b")}),
    )
    assert refused(request).status == 400


@pytest.mark.abuse("A87")
def test_a_body_whose_connection_breaks_is_refused() -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError("gone")

    request = over_wsgi(method="POST", CONTENT_LENGTH="3", **cast("Any", {"wsgi.input": Broken()}))
    assert refused(request).status == 400


@pytest.mark.abuse("A84")
def test_a_body_that_django_finds_too_large_is_413() -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=2):
        assert refused(over_wsgi(method="POST", body=b"a=b")).status == 413


@pytest.mark.abuse("A66")
@pytest.mark.parametrize("name", ["body", "POST"])
def test_a_body_that_a_middleware_has_kept_is_verified_all_the_same(name: str) -> None:
    request = over_wsgi(method="POST", body=b"a=b", CONTENT_TYPE=FORM_TYPE)
    getattr(request, name)
    assert presented(request).body == b"a=b"


@pytest.mark.abuse("A66")
def test_a_body_that_a_middleware_has_read_away_is_a_clear_error() -> None:
    request = over_wsgi(method="POST", body=b"a=b", CONTENT_TYPE=FORM_TYPE)
    request.read()
    with pytest.raises(ImproperlyConfigured, match="before Valetkey could verify it"):
        presented(request)


@pytest.mark.abuse("A66")
def test_a_body_that_was_read_from_the_server_s_own_stream_is_refused() -> None:
    stream = io.BytesIO(b"a=b")
    given: Any = {"wsgi.input": stream}
    request = over_wsgi(method="POST", CONTENT_TYPE=FORM_TYPE, CONTENT_LENGTH="3", **given)
    stream.read(3)
    assert refused(request).status == 400


def reads_first(get_response: Any) -> Any:
    """Middleware that reads the request before anybody, as :data:`READ` says."""

    def middleware(request: Any) -> Any:
        READ[-1](request)
        return get_response(request)

    return middleware


READ: list[Any] = []
KEPT: dict[str, Any] = {
    "POST": lambda request: request.POST,
    "the body": lambda request: request.body,
    "the files": lambda request: request.FILES,
}
TAKEN: dict[str, Any] = {
    "the stream": lambda request: request.read(),
    "an octet of the stream": lambda request: request.read(1),
    "its lines": list,
}


@pytest.mark.abuse("A66")
@pytest.mark.parametrize("signs", ["a form", "a hash"])
@pytest.mark.parametrize("way", KEPT | TAKEN)
def test_whatever_reads_the_body_first_it_is_verified_whole_or_not_at_all(way: str, signs: str) -> None:
    application = walk.register()
    token = walk.token_of(application, walk.person())
    headers, body = (walk.FORM, "status=x") if signs == "a form" else ({"Content-Type": "text/x"}, "x")
    signer = walk.signer(application, token, body_hash=True)
    signed = signer.sign("POST", f"{walk.ORIGIN}/api/write", headers=headers, body=body)
    READ.append((KEPT | TAKEN)[way])
    with override_settings(MIDDLEWARE=[f"{__name__}.reads_first", *settings.MIDDLEWARE]):
        if way in KEPT:
            assert walk.send(signed).json()["body_signed"]
            return
        with pytest.raises(ImproperlyConfigured, match="before Valetkey could verify it"):
            walk.send(signed)
    assert walk.send(signed).status_code == 200, "it cost nothing"


@pytest.mark.rfc("3.5.2-2")
def test_a_multipart_body_is_not_read_for_the_signature() -> None:
    request = over_wsgi(method="POST", body=b"--x--", CONTENT_TYPE="multipart/form-data; boundary=x")
    assert presented(request).body is None
    assert presented(request).headers == {"Content-Type": "multipart/form-data; boundary=x"}


def test_a_type_without_a_body_is_left_out() -> None:
    request = over_wsgi()
    request.META["CONTENT_TYPE"] = "text/plain"
    assert presented(request).headers == {}
    assert requests.presented(over_wsgi(HTTP_AUTHORIZATION="OAuth x")).headers == {"Authorization": "OAuth x"}


@pytest.mark.parametrize(
    "target",
    ["/api/any/a%2Fb", "/api/any/%7Ea", "/api/any/a+b", "/api/any/%C3%A9", "/api/any//a?x=%C3%A9&x=1"],
)
@pytest.mark.rule(2)
@pytest.mark.abuse("A12")
def test_an_odd_path_is_verified_end_to_end(target: str) -> None:
    application, user = walk.register(), walk.person()
    token = walk.token_of(application, user)
    assert walk.call(target, application, token).status_code == 200
    answer = walk.send_independently(walk.independent(application, token), "GET", target)
    assert answer.status_code == 200, answer.content


CREDENTIALS = {
    "oauths header": {"HTTP_AUTHORIZATION": "OAuth x"},
    "no more than the scheme": {"HTTP_AUTHORIZATION": "oauth"},
    "the query": {"path": "/x?oauth_signature=x"},
    "the query, encoded": {"path": "/x?%6Fauth_consumer_key=x"},
    "a query with faults": {"path": "/x?q=100%&oauth_consumer_key=x&=%FF"},
    "a form": {"method": "POST", "body": b"oauth_signature=x", "CONTENT_TYPE": FORM_TYPE},
    "a form, by its other names": {
        "method": "PUT",
        "body": b"%6fauth_signature",
        "CONTENT_TYPE": f"{FORM_TYPE.upper()}; charset=utf-8",
    },
}
OTHERS = {
    "nothing": {},
    "another scheme": {"HTTP_AUTHORIZATION": "Bearer oauth_signature"},
    "a scheme of nearly this name": {"HTTP_AUTHORIZATION": "OAuth2 x"},
    "a callback": {"path": "/x?oauth_token=x&oauth_verifier=x"},
    "a denial": {"path": "/x?oauth_problem=permission_denied&denied=x"},
    "a value": {"path": "/x?q=oauth_signature"},
    "json": {"method": "POST", "body": b'{"oauth_signature": "x"}', "CONTENT_TYPE": "application/json"},
    "files": {
        "method": "POST",
        "body": b'--x\r\nContent-Disposition: form-data; name="oauth_signature"\r\n\r\nx\r\n--x--',
        "CONTENT_TYPE": "multipart/form-data; boundary=x",
    },
}


@pytest.mark.abuse("A59")
@pytest.mark.parametrize("given", CREDENTIALS.values(), ids=CREDENTIALS)
def test_what_claims_to_be_signed_is_taken_at_its_word(given: Any) -> None:
    assert requests.is_signed(over_wsgi(**given))


@pytest.mark.parametrize("given", OTHERS.values(), ids=OTHERS)
def test_what_makes_no_such_claim_is_left_to_others_and_its_files_unread(given: Any) -> None:
    request = over_wsgi(**given)
    assert not requests.is_signed(request)
    assert not request._read_started
