"""Django REST framework's views are called by signed requests, as the person behind the token."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.http import HttpRequest
from django.test import AsyncClient, Client, override_settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.test import APIRequestFactory
from rest_framework.views import exception_handler

from tests.django import rest_api, walk
from tests.django.databases import Router
from valetkey import RequestToken, Signed
from valetkey.django.models import AccessToken, Application, Nonce, Refusal
from valetkey.django.rest import OAuth1Authentication, RefusedByOAuth

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def reader(kestrel: Application, ada: User) -> AccessToken:
    """A token with which its person allowed to read, and no more."""
    return walk.token_of(kestrel, ada, "read")


def sign(token: Any, method: str = "GET", path: str = "/rest/things", **options: Any) -> Signed:
    return walk.signer(token.application, token).sign(method, walk.ORIGIN + path, **options)


def problem(answer: Any) -> tuple[int, str]:
    """The status and the code that the answer refuses with; the same code in its header and in its body."""
    code: str = answer.json()["oauth_problem"]
    assert f'oauth_problem="{code}"' in answer["WWW-Authenticate"]
    return answer.status_code, code


# -- who is there


def test_the_view_gets_the_person_and_what_was_verified(token: AccessToken) -> None:
    answer = walk.send(sign(token, "POST", "/rest/things?a=1", headers=walk.FORM, body="status=%C3%A9+b"))
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "user": "ada",
        "application": "Kestrel",
        "token": token.key,
        "body_signed": True,
        "data": {"status": "é b"},
        "query": {"a": "1"},
    }


@pytest.mark.parametrize("placement", ["header", "query", "body"])
def test_the_credentials_may_stand_in_all_three_places(token: AccessToken, placement: str) -> None:
    signer = walk.signer(token.application, token, placement=placement)
    signed = signer.sign("POST", f"{walk.ORIGIN}/rest/people", headers=walk.FORM, body="status=hello")
    assert walk.send(signed).json()["user"] == "ada"


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"])
def test_an_independent_client_is_let_in(token: AccessToken, method: str) -> None:
    client = walk.independent(token.application, token, signature_method=method)
    answer = walk.send_independently(client, "POST", "/rest/people?x=%7E", "status=a%20%26%20b")
    assert answer.status_code == 200, answer.content


@pytest.mark.parametrize(
    "path", ["/rest/people", "/rest/things", "/rest/function", "/rest/set", "/rest/both"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_credentials_the_answer_is_401_and_the_challenge(path: str, method: str) -> None:
    answer = Client().generic(method, path)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "OAuth")
    assert answer.json() == {"detail": "Authentication credentials were not provided."}
    with override_settings(VALETKEY={**settings.VALETKEY, "REALM": "Rookery"}):
        assert Client().generic(method, path)["WWW-Authenticate"] == 'OAuth realm="Rookery"'


@pytest.mark.parametrize("path", ["/rest/nopermissions", "/rest/anybody"])
def test_a_view_that_says_that_anybody_may_come_lets_them(path: str) -> None:
    assert Client().get(path).json()["user"] == ""


def test_settings_that_name_a_permission_class_are_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    named = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"]}
    monkeypatch.setattr(api_settings, "_user_settings", {**api_settings.user_settings, **named})
    assert Client().get("/rest/things").json()["user"] == ""


@pytest.mark.abuse("A22")
def test_an_application_that_acts_for_nobody_is_let_in_where_the_view_says_so(kestrel: Application) -> None:
    for path in ("/rest/things", "/rest/anybody", "/rest/both"):
        assert problem(walk.call(path, kestrel)) == (401, "parameter_absent")
    said = walk.call("/rest/forapplications", kestrel).json()
    assert (said["user"], said["application"], said["token"]) == ("", "Kestrel", None)
    assert Client().get("/rest/forapplications").status_code == 401
    kestrel.refresh_from_db()
    assert kestrel.last_used_at


@pytest.mark.abuse("A22")
@pytest.mark.parametrize("word", [None, 0, "", "False"])
def test_nothing_but_false_makes_a_token_needless(
    kestrel: Application, monkeypatch: pytest.MonkeyPatch, word: Any
) -> None:
    monkeypatch.setattr(rest_api.Things, "oauth_require_token", word, raising=False)
    assert problem(walk.call("/rest/things", kestrel)) == (401, "parameter_absent")


def test_a_request_that_was_made_by_hand_is_authenticated_too(reader: AccessToken) -> None:
    factory = APIRequestFactory()
    for method, refused in (("GET", False), ("POST", True)):
        header = sign(reader, method, "/x").headers["Authorization"]
        made = factory.generic(method, "/x", HTTP_AUTHORIZATION=header, RAW_URI="/x")
        request = Request(made, authenticators=[OAuth1Authentication()])
        if refused:
            with pytest.raises(RefusedByOAuth, match="read only"):
                request.user  # noqa: B018  # looking authenticates
        else:
            assert request.user.get_username() == "ada"


# -- what a token may do

SAFE = ["GET", "HEAD", "OPTIONS"]
UNSAFE = ["POST", "PUT", "PATCH", "DELETE", "TRACE"]
#: Whatever a project says, or forgets to say, about permissions.
PATHS = ["things", "nopermissions", "anybody", "people", "both", "lazy", "forapplications"]


@pytest.mark.abuse("A69")
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", [*SAFE, *UNSAFE])
def test_a_read_only_token_reads_and_does_nothing_else(reader: AccessToken, path: str, method: str) -> None:
    answer = walk.send(sign(reader, method, f"/rest/{path}"))
    if method in SAFE:
        assert answer.status_code == 200
    else:
        assert problem(answer) == (403, "permission_denied")
        assert "This token was allowed as read only" in answer.json()["detail"]


@pytest.mark.abuse("A69")
@pytest.mark.parametrize("path", ["function", "set"])
def test_functions_and_sets_of_views_are_no_way_around_it(
    reader: AccessToken, token: AccessToken, path: str
) -> None:
    assert walk.send(sign(reader, "GET", f"/rest/{path}")).status_code == 200
    assert problem(walk.send(sign(reader, "POST", f"/rest/{path}"))) == (403, "permission_denied")
    assert walk.send(sign(token, "POST", f"/rest/{path}")).status_code == 200


@pytest.mark.abuse("A69")
@pytest.mark.parametrize("method", UNSAFE)
def test_a_token_that_may_write_writes_as_long_as_its_application_may(
    token: AccessToken, kestrel: Application, method: str
) -> None:
    assert walk.send(sign(token, method)).status_code == 200
    kestrel.change_access("read")
    answer = walk.send(sign(token, method))
    assert problem(answer) == (403, "permission_denied")
    assert "This application is read only" in answer.json()["detail"]
    assert walk.send(sign(token)).status_code == 200


@pytest.mark.abuse("A69")
def test_a_read_only_application_that_acts_for_nobody_does_nothing_but_read(kestrel: Application) -> None:
    kestrel.change_access("read")
    assert walk.call("/rest/forapplications", kestrel).status_code == 200
    answer = walk.call("/rest/forapplications", kestrel, method="POST")
    assert problem(answer) == (403, "permission_denied")


@pytest.mark.abuse("A69")
def test_a_view_may_say_what_it_takes(reader: AccessToken, token: AccessToken) -> None:
    for path in ("/rest/search", "/rest/search-function", "/rest/set/find"):
        assert walk.send(sign(reader, "POST", path)).status_code == 200
    for method in SAFE:
        assert walk.send(sign(reader, method, "/rest/counter")).status_code == 403
        assert walk.send(sign(token, method, "/rest/counter")).status_code == 200


@pytest.mark.abuse("A69")
def test_a_word_that_is_none_lets_nobody_in(token: AccessToken) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"Misspelt\.oauth_access is 'wirte'"):
        walk.send(sign(token, path="/rest/misspelt"))


def overriding(get_response: Any) -> Any:
    """A middleware that many sites have."""

    def override(request: HttpRequest) -> Any:
        request.method = request.headers.get("X-HTTP-Method-Override", request.method)
        return get_response(request)

    return override


@pytest.mark.abuse("A69")
@pytest.mark.parametrize("path", ["things", "overridden"])
def test_a_method_that_was_overridden_on_the_way_is_refused(token: AccessToken, path: str) -> None:
    middleware = [*settings.MIDDLEWARE, *([] if path == "overridden" else [f"{__name__}.overriding"])]
    with override_settings(MIDDLEWARE=middleware):
        for signed, seen in (("GET", "POST"), ("POST", "GET"), ("GET", "DELETE")):
            answer = walk.send(sign(token, signed, f"/rest/{path}"), HTTP_X_HTTP_METHOD_OVERRIDE=seen)
            assert problem(answer) == (400, "parameter_rejected")
        assert walk.send(sign(token, "POST", f"/rest/{path}")).status_code == 200


async def _over_asgi(signed: Signed) -> list[int]:
    client = AsyncClient()
    headers = {"Authorization": signed.headers["Authorization"]}
    answers = [await client.generic(signed.method, "/rest/people", headers=headers) for _ in range(2)]
    # Of the thread that the view ran in.
    await sync_to_async(connections.close_all)()
    return [answer.status_code for answer in answers]


@pytest.mark.abuse("A69")
def test_it_is_the_same_over_asgi(token: AccessToken, reader: AccessToken) -> None:
    assert async_to_sync(_over_asgi)(sign(token, "POST", "/rest/people")) == [200, 401]
    assert async_to_sync(_over_asgi)(sign(reader, "POST", "/rest/people")) == [403, 401]
    token.refresh_from_db()
    assert token.last_used_at


# -- whose request it is


@pytest.mark.abuse("A59")
@pytest.mark.rule(9)
@pytest.mark.parametrize(
    ("path", "cookie", "signed", "user"),
    [
        *(("things", False, True, "ada"), ("things", True, True, "ada"), ("things", True, False, None)),
        *(("both", False, True, "ada"), ("both", True, True, "ada"), ("both", True, False, "mallory")),
        *(("signedalone", True, True, "ada"), ("signedalone", True, False, None)),
        *(("people", True, True, "ada"), ("people", True, False, None)),
        *(("anybody", True, True, "ada"), ("anybody", True, False, "")),
    ],
)
def test_a_request_is_one_persons_and_a_signature_counts_before_a_cookie(
    token: AccessToken, path: str, cookie: bool, signed: bool, user: str | None
) -> None:
    client = walk.browser(walk.person("mallory")) if cookie else Client()
    answer = walk.send(sign(token, path=f"/rest/{path}"), client) if signed else client.get(f"/rest/{path}")
    if user is None:
        assert answer.status_code in (401, 403)
        assert b"mallory" not in answer.content
    else:
        assert answer.json()["user"] == user


@pytest.mark.abuse("A59")
@pytest.mark.rule(9)
@pytest.mark.parametrize("placement", ["header", "query", "body"])
def test_a_cookie_is_no_way_out_for_a_signature_that_is_wrong(token: AccessToken, placement: str) -> None:
    client = walk.browser(walk.person("mallory"))
    signer = walk.signer(token.application, RequestToken(token.key, "wrong"), placement=placement)
    signed = signer.sign("POST", f"{walk.ORIGIN}/rest/both", headers=walk.FORM, body="a=b")
    assert problem(walk.send(signed, client)) == (401, "signature_invalid")


@pytest.mark.abuse("A59")
@pytest.mark.parametrize("header", ["OAuth", "OAuth ", "oauth realm", 'OAuth oauth_token="x"', "OAuth\tx"])
def test_a_header_that_means_to_be_oauths_is_never_passed_over(header: str) -> None:
    client = walk.browser(walk.person("mallory"))
    answer = client.get("/rest/both", headers={"Authorization": header})
    assert answer.status_code in (400, 401)
    assert answer["WWW-Authenticate"].startswith("OAuth oauth_problem=")


@pytest.mark.abuse("A59")
def test_a_cookie_needs_its_csrf_token_and_a_signature_none(token: AccessToken) -> None:
    client = walk.browser(walk.person("mallory"), enforce_csrf_checks=True)
    assert client.post("/rest/both").status_code == 403
    assert walk.send(sign(token, "POST", "/rest/both"), client).json()["user"] == "ada"


def test_who_comes_back_to_a_callback_has_signed_nothing(ada: User) -> None:
    back = walk.browser(ada).get("/rest/both", {"oauth_token": "x", "oauth_verifier": "y", "q": "100%"})
    assert back.json()["user"] == "ada"


@pytest.mark.abuse("A69")
@pytest.mark.abuse("A59")
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_the_page_that_shows_the_api_to_browsers_runs_on_no_cookie(ada: User, method: str) -> None:
    client = walk.browser(ada)
    answer = client.generic(method, "/rest/things", HTTP_ACCEPT="text/html")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "OAuth"
    assert "Authentication credentials were not provided" in answer.content.decode()


def test_the_page_that_shows_the_api_to_browsers_is_there_for_a_signed_request(token: AccessToken) -> None:
    answer = walk.send(sign(token), HTTP_ACCEPT="text/html")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "&quot;user&quot;: &quot;ada&quot;" in answer.content.decode()


# -- one request, once


@pytest.mark.rule(1)
def test_a_request_is_accepted_once(token: AccessToken) -> None:
    signed = sign(token, "POST")
    assert walk.send(signed).status_code == 200
    assert problem(walk.send(signed)) == (401, "nonce_used")


@pytest.mark.rule(1)
@pytest.mark.parametrize("path", ["/rest/twice", "/rest/outer"])
def test_a_request_that_is_authenticated_again_is_still_the_same(token: AccessToken, path: str) -> None:
    assert walk.send(sign(token, path=path)).json()["user"] == "ada"
    assert Nonce.objects.using("nonces").count() == 1


@pytest.mark.abuse("A69")
def test_a_view_that_hands_a_request_on_gives_it_no_more_access(
    reader: AccessToken, kestrel: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest_api.Outer, "oauth_access", "read", raising=False)
    answer = walk.send(sign(reader, "POST", "/rest/outer"))
    assert problem(answer) == (403, "permission_denied")
    monkeypatch.setattr(rest_api.Outer, "oauth_require_token", False, raising=False)
    assert problem(walk.call("/rest/outer", kestrel)) == (401, "parameter_absent")


@pytest.mark.rule(1)
def test_a_nonce_survives_the_roll_back_of_its_view(database: str) -> None:
    token = walk.token_of(walk.register(), walk.person())
    signed = sign(token, "POST", "/rest/fails")
    assert walk.send(signed, Client(raise_request_exception=False)).status_code == 500
    refused = sign(token, "PUT", "/rest/fails")
    assert walk.send(refused).status_code == 400
    assert User.objects.count() == 1  # what the view wrote is gone
    assert problem(walk.send(signed)) == (401, "nonce_used")
    assert problem(walk.send(refused)) == (401, "nonce_used")


@pytest.mark.rule(1)
def test_twenty_equal_requests_at_once_are_one(database: str) -> None:
    signed = sign(walk.token_of(walk.register(), walk.person()), "POST")
    answers = walk.at_once(20, lambda _: walk.send(signed))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19


# -- what the view sees is what was verified


DISGUISES: dict[str, dict[str, Any]] = {
    "text": {"content_type": "text/plain"},
    "no type": {"content_type": ""},
    "every type": {"content_type": "*/*"},
    "every application": {"content_type": "application/*"},
    "every form": {"content_type": "*/x-www-form-urlencoded"},
    "another charset": {"content_type": f"{walk.FORM['Content-Type']}; charset=utf-7"},
    "another field": {"content_type": "", "HTTP_CONTENT_TYPE": walk.FORM["Content-Type"]},
    "two types": {"content_type": "text/plain", "HTTP_CONTENT_TYPE": walk.FORM["Content-Type"]},
    "another length": {"content_type": walk.FORM["Content-Type"], "HTTP_CONTENT_LENGTH": "11"},
    "as it is": {"content_type": walk.FORM["Content-Type"]},
}


@pytest.mark.abuse("A01")
@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES)
@pytest.mark.parametrize("path", ["/rest/forms", "/rest/firstforms"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_form_that_was_added_after_signing_reaches_no_view(
    token: AccessToken, disguise: dict[str, Any], path: str, method: str
) -> None:
    header = sign(token, method, path).headers["Authorization"]
    answer = Client().generic(
        method, path, "status=evil", headers={"Authorization": header}, RAW_URI=path, **disguise
    )
    assert answer.status_code in (400, 401, 415), answer.content
    assert b"evil" not in answer.content


@pytest.mark.abuse("A01")
@pytest.mark.parametrize("field", ["HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"])
def test_a_field_that_only_the_framework_heeds_is_refused(token: AccessToken, field: str) -> None:
    given: dict[str, Any] = {field: "application/json"}
    answer = walk.send(sign(token, "POST", headers=JSON, body="{}"), **given)
    assert problem(answer) == (400, "parameter_rejected")


@pytest.mark.abuse("A01")
@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "latin-1", "utf-8-sig"])
def test_a_query_is_read_as_it_was_signed_whatever_a_header_says(token: AccessToken, charset: str) -> None:
    signed = sign(token, path="/rest/things?status=%2BAGUAdgBpAGw-")
    assert walk.send(signed, CONTENT_TYPE=f"text/plain; charset={charset}").status_code == 400
    known = walk.send(signed, CONTENT_TYPE="text/plain; charset=UTF8")
    assert known.json()["query"] == {"status": "+AGUAdgBpAGw-"}


@pytest.mark.abuse("A01")
def test_a_body_that_no_signature_covers_is_marked_and_refused_where_the_view_says_so(
    token: AccessToken,
) -> None:
    body = json.dumps({"status": "hello"})
    said = walk.send(sign(token, "POST", headers=JSON, body=body)).json()
    assert (said["data"], said["body_signed"]) == ({"status": "hello"}, False)
    answer = walk.send(sign(token, "POST", "/rest/sealed", headers=JSON, body=body))
    assert problem(answer) == (400, "parameter_absent")
    assert answer.json()["oauth_parameters_absent"] == "oauth_body_hash"
    signer = walk.signer(token.application, token, body_hash=True)
    hashed = signer.sign("POST", f"{walk.ORIGIN}/rest/sealed", headers=JSON, body=body)
    assert walk.send(hashed).json()["data"] == {"status": "hello"}
    form = sign(token, "POST", "/rest/sealed", headers=walk.FORM, body="status=hello")
    assert walk.send(form).json()["body_signed"] is True


def test_files_reach_the_view_and_are_marked(token: AccessToken) -> None:
    body = '--x\r\nContent-Disposition: form-data; name="status"\r\n\r\nhello\r\n--x--\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    said = walk.send(sign(token, "POST", headers=kind, body=body)).json()
    assert (said["data"], said["body_signed"]) == ({"status": "hello"}, False)


def first(read: Callable[[HttpRequest], Any]) -> Any:
    """A middleware that looks at the body before we do."""

    def middleware(get_response: Any) -> Any:
        def look(request: HttpRequest) -> Any:
            read(request)
            return get_response(request)

        return look

    return middleware


reads_post = first(lambda request: request.POST)
reads_body = first(lambda request: request.body)
reads_stream = first(lambda request: request.read())


@pytest.mark.abuse("A66")
@pytest.mark.parametrize("reader", ["reads_post", "reads_body", "reads_stream"])
def test_a_middleware_that_read_the_body_first_changes_nothing_or_is_an_error(
    token: AccessToken, reader: str
) -> None:
    signed = sign(token, "POST", headers=walk.FORM, body="status=hello")
    with override_settings(MIDDLEWARE=[f"{__name__}.{reader}", *settings.MIDDLEWARE]):
        if reader == "reads_stream":
            with pytest.raises(ImproperlyConfigured, match="has read this request's body"):
                walk.send(signed)
        else:
            assert walk.send(signed).json()["data"] == {"status": "hello"}
            added = sign(token, "POST")
            header = {"Authorization": added.headers["Authorization"]}
            answer = Client().post("/rest/things", {"status": "evil"}, headers=header, RAW_URI="/rest/things")
            assert b"evil" not in answer.content or answer.json()["body_signed"] is False


# -- refusals


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"signature_method": "RSA-SHA1"}, 400, "signature_method_rejected"),
        ({"timestamp": 1}, 401, "timestamp_refused"),
        ({"nonce": "x" * 256}, 400, "parameter_rejected"),
        ({"query": "&".join(["a=b"] * 998)}, 413, "parameter_rejected"),
        ({"query": "a=" + "b" * 1_000_001}, 413, "parameter_rejected"),
        ({"header": 'realm="' + "x" * 33_000 + '"'}, 431, "parameter_rejected"),
        ({"header": 'oauth_nonce="twice"'}, 400, "parameter_rejected"),
    ],
)
def test_a_refusal_keeps_oauths_own_status_and_the_apis_own_format(
    token: AccessToken, change: dict[str, Any], status: int, code: str
) -> None:
    named = {name: change[name] for name in ("timestamp",) if name in change}
    signed = sign(token, path=f"/rest/people?{change.get('query', '')}", **named)
    header = signed.headers["Authorization"]
    for name in ("signature_method", "nonce"):
        if name in change:
            given = dict(signed.parameters)[f"oauth_{name}"]
            header = header.replace(f'oauth_{name}="{given}"', f'oauth_{name}="{change[name]}"')
    if "header" in change:
        header += f", {change['header']}"
    target = signed.url.removeprefix(walk.ORIGIN)
    answer = Client().get(target, headers={"Authorization": header}, RAW_URI=target)
    assert problem(answer) == (status, code)
    said = answer.json()
    assert answer["Content-Type"] == "application/json"
    assert said["detail"] == said["oauth_problem_advice"]


def test_a_refusal_is_named_alike_in_the_answer_and_for_the_owner(database: str) -> None:
    token = walk.token_of(walk.register(), walk.person(), "read")
    wrong = RequestToken(token.key, "not its secret")
    answers = [walk.call("/rest/things", token.application, wrong), walk.send(sign(token, "POST"))]
    assert [problem(answer) for answer in answers] == [(401, "signature_invalid"), (403, "permission_denied")]
    rows = Refusal.objects.order_by("pk").values_list("identifier", flat=True)
    assert list(rows) == [answer.json()["refusal"] for answer in answers]


def test_a_wrong_signature_is_explained_where_the_settings_say_so(token: AccessToken) -> None:
    signed = sign(token)
    answer = walk.send(signed, RAW_URI="/rest/things?x=1")
    assert "oauth_problem_detail" not in answer.json()
    with override_settings(VALETKEY={**settings.VALETKEY, "EXPLAIN": True}):
        answer = walk.send(signed, RAW_URI="/rest/things?x=1")
    assert "x%3D1" in answer.json()["oauth_problem_detail"]
    assert walk.send(signed).status_code == 200


def handle(exc: Exception, context: Any) -> Response:
    """The exception handler of a project that has its own idea of an error."""
    made = exception_handler(exc, context)
    assert made is not None
    return Response({"error": str(exc)}, status=made.status_code)


def test_a_projects_own_format_of_errors_loses_no_challenge(
    token: AccessToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest_api.Things, "get_exception_handler", lambda view: handle)
    answer = walk.send(sign(token), RAW_URI="/rest/things?x=1")
    assert (answer.status_code, list(answer.json())) == (401, ["error"])
    assert 'oauth_problem="signature_invalid"' in answer["WWW-Authenticate"]


@pytest.mark.rule(1)
@pytest.mark.parametrize("table", ["valetkey_application", "valetkey_nonce"])
def test_a_store_that_cannot_answer_makes_503_and_says_when_to_come_again(
    token: AccessToken, broken_tables: Any, table: str
) -> None:
    signed = sign(token)
    with broken_tables(table, "nonces" if table == "valetkey_nonce" else None):
        answer = walk.send(signed)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert walk.send(signed).status_code == 200


@pytest.mark.rule(1)
def test_a_connection_that_was_cut_makes_503_and_never_500(postgresql: None) -> None:
    token = walk.token_of(walk.register(), walk.person())
    connection = connections["postgresql"]
    connection.settings_dict["CONN_MAX_AGE"] = 60
    try:
        assert walk.send(sign(token)).status_code == 200
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        other.close()
        assert [walk.send(sign(token)).status_code for _ in range(3)] == [503, 503, 200]
    finally:
        connection.settings_dict["CONN_MAX_AGE"] = 0


def test_every_answer_to_a_signed_request_is_kept_out_of_caches(token: AccessToken) -> None:
    for answer in (walk.send(sign(token)), walk.send(sign(token), RAW_URI="/rest/things?x=1")):
        assert {"no-store", "private"} <= set(answer["Cache-Control"].split(", "))
        assert {"Accept", "Authorization"} <= set(answer["Vary"].split(", "))


# -- what is written down


def test_the_time_of_last_use_is_noted_whatever_the_view_answers(database: str) -> None:
    assert connections.settings[Router.chosen]["ATOMIC_REQUESTS"]
    token = walk.token_of(walk.register(), walk.person())
    answer = walk.send(sign(token, "PUT", "/rest/fails"))
    assert answer.status_code == 400
    token.refresh_from_db()
    assert token.last_used_at, "the view's own transaction was rolled back"
    assert Application.objects.get().last_used_at
    AccessToken.objects.update(last_used_at=None)
    assert walk.send(sign(token)).status_code == 200
    token.refresh_from_db()
    assert token.last_used_at


def test_a_refusal_rolls_back_what_was_written_before_it(reader: AccessToken) -> None:
    assert problem(walk.send(sign(reader, "POST", "/rest/lazy"))) == (403, "permission_denied")
    assert User.objects.count() == 1


# -- how often


def test_an_application_is_throttled_for_all_its_people_together(kestrel: Application) -> None:
    tokens = [walk.token_of(kestrel, walk.person(f"person{index}")) for index in range(6)]
    answers = [walk.send(sign(token, path="/rest/slow")) for token in tokens]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert int(answers[-1]["Retry-After"]) > 0
    others = walk.token_of(walk.register("Merlin"), walk.person())
    assert walk.send(sign(others, path="/rest/slow")).status_code == 200


def test_a_person_is_throttled_at_an_application_whatever_token_it_uses(
    kestrel: Application, ada: User
) -> None:
    tokens = [walk.token_of(kestrel, ada) for _ in range(4)]
    answers = [walk.send(sign(token, path="/rest/slow")) for token in tokens]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429]
    other = walk.token_of(kestrel, walk.person("bob"))
    assert walk.send(sign(other, path="/rest/slow")).status_code == 200


@pytest.mark.abuse("A69")
def test_another_address_in_a_header_makes_no_other_sender(token: AccessToken) -> None:
    answers = [
        walk.send(
            sign(token, path="/rest/slow"), HTTP_X_FORWARDED_FOR=f"192.0.2.{index}", REMOTE_ADDR=address
        )
        for index, address in enumerate(["127.0.0.1", "::1", "10.0.0.1", "10.0.0.2"])
    ]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429]
