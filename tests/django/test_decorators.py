"""A protected view is called by signed requests only, as the person behind the token."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from django.test import AsyncClient, Client, override_settings

from tests.django import walk
from tests.django.databases import Router
from valetkey import Headers, RequestToken, Signed
from valetkey.django.decorators import oauth_required
from valetkey.django.models import AccessToken, Application, Nonce

FORM = walk.FORM


def sign(token: AccessToken, method: str = "GET", path: str = "/api/read", **options: Any) -> Signed:
    return walk.signer(token.application, token).sign(method, walk.ORIGIN + path, **options)


def test_the_view_gets_the_person_the_application_and_what_was_signed(token: AccessToken) -> None:
    answer = walk.send(sign(token, "POST", "/api/write?a=1&a=2", headers=FORM, body="status=%C3%A9+b&flag"))
    assert answer.status_code == 200
    said = json.loads(answer.content)
    assert (said["user"], said["application"], said["body_signed"]) == ("ada", "Kestrel", True)
    assert sorted(said["parameters"]) == [["a", "1"], ["a", "2"], ["flag", ""], ["status", "é b"]]


@pytest.mark.parametrize("placement", ["header", "query", "body"])
def test_the_credentials_may_stand_in_all_three_places(token: AccessToken, placement: str) -> None:
    signer = walk.signer(token.application, token, placement=placement)
    signed = signer.sign("POST", f"{walk.ORIGIN}/api/write", headers=FORM, body="status=hello")
    assert walk.send(signed).status_code == 200


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"])
def test_an_independent_client_is_let_in(token: AccessToken, method: str) -> None:
    client = walk.independent(token.application, token, signature_method=method)
    answer = walk.send_independently(client, "POST", "/api/write?x=%7E", "status=a%20%26%20b")
    assert answer.status_code == 200, answer.content


@pytest.mark.abuse("A59")
@pytest.mark.rule(9)
def test_a_session_cookie_is_never_accepted_on_an_api_view(ada: User, token: AccessToken) -> None:
    client = walk.browser(ada)
    assert client.get("/page/").content == b"ada"
    answer = client.get("/api/read")
    assert walk.problem(answer) == (401, "parameter_absent")
    assert answer["WWW-Authenticate"].startswith("OAuth ")
    assert client.post("/api/write", {"status": "x"}).status_code == 401
    assert client.get("/api/two-legged").status_code == 401


@pytest.mark.abuse("A59")
@pytest.mark.rule(9)
def test_the_person_is_the_token_s_and_not_the_cookie_s(kestrel: Application, token: AccessToken) -> None:
    client = walk.browser(walk.person("mallory"))
    assert walk.send(sign(token), client).json()["user"] == "ada"
    alone = walk.signer(kestrel).sign("GET", f"{walk.ORIGIN}/api/two-legged")
    assert walk.send(alone, client).json()["user"] == ""


@pytest.mark.abuse("A59")
def test_a_token_with_a_word_that_is_no_access_is_refused(kestrel: Application, token: AccessToken) -> None:
    for word in ("", "admin", "READ"):
        AccessToken.objects.update(access=word)
        assert walk.problem(walk.call("/api/read", kestrel, token)) == (403, "permission_denied")
    Application.objects.update(access="admin")
    assert walk.problem(walk.call("/api/two-legged", kestrel)) == (403, "permission_denied")
    assert walk.problem(walk.first_leg(kestrel, asked="read")) == (403, "permission_denied")


def who(answer: Any) -> str:
    """Whom the view takes the request for; a refusal by its status."""
    if answer.status_code != 200:
        return str(answer.status_code)
    said = answer.content.decode()
    return str(json.loads(said)["user"]) if said.startswith("{") else said


@pytest.mark.abuse("A59")
@pytest.mark.parametrize(
    ("path", "cookie", "signature", "both"),
    [
        ("/api/read", "401", "ada", "ada"),
        ("/api/write", "401", "ada", "ada"),
        ("/api/thing", "401", "ada", "ada"),
        ("/api/two-legged", "401", "ada", "ada"),
        ("/page/", "mallory", "302", "mallory"),
        ("/admin/valetkey/application/", "302", "302", "302"),
    ],
)
@pytest.mark.rule(9)
def test_of_a_cookie_and_a_signature_one_counts_and_the_view_knows_which(
    token: AccessToken, path: str, cookie: str, signature: str, both: str
) -> None:
    mallory = walk.browser(walk.person("mallory"))
    assert who(mallory.get(path)) == cookie
    assert who(walk.send(sign(token, path=path))) == signature
    assert who(walk.send(sign(token, path=path), mallory)) == both
    wrong = walk.signer(token.application, RequestToken(token.key, "not its secret"))
    forged = walk.send(wrong.sign("GET", walk.ORIGIN + path), mallory)
    assert who(forged) == cookie, "a wrong signature isn't made up for by a cookie"


def test_no_csrf_token_is_asked_for(token: AccessToken) -> None:
    client = Client(enforce_csrf_checks=True)
    assert walk.send(sign(token, "POST", "/api/write"), client).status_code == 200


@pytest.mark.abuse("A54")
def test_without_a_token_only_a_view_that_says_so_is_called(kestrel: Application) -> None:
    assert walk.problem(walk.call("/api/read", kestrel)) == (401, "parameter_absent")
    said = walk.call("/api/two-legged", kestrel).json()
    assert (said["user"], said["token"]) == ("", None)


@pytest.mark.abuse("A22")
def test_a_request_with_a_token_is_the_persons_on_a_view_that_needs_none(token: AccessToken) -> None:
    assert walk.send(sign(token, path="/api/two-legged")).json()["user"] == "ada"
    unknown = RequestToken("unknown", token.secret)
    assert walk.problem(walk.call("/api/two-legged", token.application, unknown)) == (401, "token_rejected")
    token.revoke()
    answer = walk.send(sign(token, path="/api/two-legged"))
    assert walk.problem(answer) == (401, "token_revoked"), "it doesn't become the application's own request"


def test_the_application_itself_may_do_what_it_is_registered_for(kestrel: Application) -> None:
    assert walk.call("/api/two-legged-write", kestrel, method="POST").json()["user"] == ""
    kestrel.change_access("read")
    answer = walk.call("/api/two-legged-write", kestrel, method="POST")
    assert walk.problem(answer) == (403, "permission_denied")


def test_the_time_of_last_use_is_noted_at_an_application_that_acts_for_nobody(kestrel: Application) -> None:
    assert walk.call("/api/two-legged", kestrel).status_code == 200
    kestrel.refresh_from_db()
    assert kestrel.last_used_at


@pytest.mark.rfc("2.3-14", "3.2-4")
def test_a_read_only_token_that_writes_gets_a_403_that_says_so(kestrel: Application, ada: User) -> None:
    token = walk.token_of(kestrel, ada, "read")
    answer = walk.call("/api/write", kestrel, token)
    assert walk.problem(answer) == (403, "permission_denied")
    assert "This token was allowed as read only" in walk.read_form(answer)["oauth_problem_advice"]
    assert "WWW-Authenticate" in answer
    kestrel.change_access("read")
    answer = walk.call("/api/write", kestrel, token)
    assert "This application is read only" in walk.read_form(answer)["oauth_problem_advice"]


@pytest.mark.abuse("A16")
def test_a_request_is_accepted_once_in_whatever_dress_it_comes_again(token: AccessToken) -> None:
    signed = sign(token, "POST", "/api/write")
    assert walk.send(signed).status_code == 200
    assert walk.problem(walk.send(signed)) == (401, "nonce_used")
    for target in ("/api/write?", "/api/write?&", "http://TESTSERVER:80/api/write"):
        assert walk.problem(walk.send(signed, RAW_URI=target)) == (401, "nonce_used")
    in_query = signed.headers["Authorization"].removeprefix("OAuth ").replace('"', "").replace(", ", "&")
    target = f"/api/write?{in_query}"
    again = Client().generic("POST", target, RAW_URI=target)
    assert walk.problem(again) == (401, "nonce_used")


@pytest.mark.rule(1)
@pytest.mark.abuse("A15")
def test_a_wrong_signature_spends_no_nonce(token: AccessToken) -> None:
    signed = sign(token, "POST", "/api/write")
    for _ in range(5):
        answer = walk.send(signed, RAW_URI="/api/write?forged=1")
        assert walk.problem(answer) == (401, "signature_invalid")
    assert not Nonce.objects.exists()
    assert walk.send(signed).status_code == 200


@pytest.mark.abuse("A70")
@pytest.mark.rule(1)
def test_a_nonce_survives_the_roll_back_of_its_view(database: str) -> None:
    assert connections.settings[Router.chosen]["ATOMIC_REQUESTS"]
    token = walk.token_of(walk.register(), walk.person())
    signed = sign(token, "POST", "/api/fails")
    assert walk.send(signed, Client(raise_request_exception=False)).status_code == 500
    assert User.objects.count() == 1  # what the view wrote is gone
    assert walk.problem(walk.send(signed)) == (401, "nonce_used")


@pytest.mark.rule(1)
@pytest.mark.abuse("A17")
def test_twenty_equal_requests_at_once_are_one(database: str) -> None:
    signed = sign(walk.token_of(walk.register(), walk.person()), "POST", "/api/write")
    answers = walk.at_once(20, lambda _: walk.send(signed))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19


@pytest.mark.rule(7)
@pytest.mark.abuse("A32")
def test_a_wrong_signature_never_gets_the_right_one_in_answer(token: AccessToken) -> None:
    signed = sign(token)
    with override_settings(VALETKEY={**settings.VALETKEY, "EXPLAIN": True}):
        answer = walk.send(signed, RAW_URI="/api/read?x=1")
    text = answer.content.decode() + str(answer.headers)
    assert "oauth_problem_detail" in text  # what was verified is explained
    right = sign(
        token,
        path="/api/read?x=1",
        nonce=dict(signed.parameters)["oauth_nonce"],
        timestamp=dict(signed.parameters)["oauth_timestamp"],
    )
    assert walk.send(right).status_code == 200
    for secret in (right.signature, token.secret, token.application.secret):
        for spelling in (secret, quote(secret, safe=""), quote(quote(secret, safe=""), safe="")):
            assert spelling not in text


@pytest.mark.parametrize("signature", ["é", "x" * 30_000, "AAAA", "=" * 28, "%00"])
@pytest.mark.rule(7)
@pytest.mark.abuse("A25")
def test_an_absurd_signature_is_compared_and_refused(token: AccessToken, signature: str) -> None:
    signed = sign(token)
    header = signed.headers["Authorization"].replace(
        quote(signed.signature, safe=""), quote(signature, safe="")
    )
    answer = Client().get("/api/read", headers={"Authorization": header}, RAW_URI="/api/read")
    assert answer.status_code in (400, 401)


@pytest.mark.parametrize("method", ["PLAINTEXT", "HMAC-SHA1"])
@pytest.mark.rule(3)
@pytest.mark.abuse("A14")
def test_a_method_that_the_registration_does_not_name_is_refused(method: str, ada: User) -> None:
    kestrel = walk.register(signature_methods=["HMAC-SHA256"])
    token = walk.token_of(kestrel, ada)
    signed = walk.signer(kestrel, token, signature_method=method).sign("GET", f"{walk.ORIGIN}/api/read")
    assert walk.problem(walk.send(signed)) == (400, "signature_method_rejected")
    signed = walk.signer(kestrel, token, signature_method="HMAC-SHA256").sign(
        "GET", f"{walk.ORIGIN}/api/read"
    )
    assert walk.send(signed).status_code == 200


@pytest.mark.rfc("3.4.4-2")
@pytest.mark.rule(3)
@pytest.mark.abuse("A23")
def test_plaintext_needs_the_setting_and_a_private_channel(token: AccessToken) -> None:
    signer = walk.signer(token.application, token, signature_method="PLAINTEXT")
    over_http = signer.sign("GET", f"{walk.ORIGIN}/api/read")
    assert walk.problem(walk.send(over_http)) == (400, "signature_method_rejected")
    with override_settings(VALETKEY={**settings.VALETKEY, "SIGNATURE_METHODS": ["PLAINTEXT"]}):
        assert walk.problem(walk.send(over_http)) == (400, "signature_method_rejected")
        told = walk.send(over_http, HTTP_X_FORWARDED_PROTO="https")
        assert walk.problem(told) == (400, "signature_method_rejected")
        assert walk.send(over_http, secure=True, SERVER_PORT="443").status_code == 200


BODIES = [
    ("text/plain", "status=evil"),
    ("", "status=evil"),
    ("application/json", '{"status": "evil", "oauth_token": "x"}'),
    (
        "multipart/form-data; boundary=x",
        '--x\r\nContent-Disposition: form-data; name="status"\r\n\r\nevil\r\n--x--',
    ),
]


@pytest.mark.rfc("4.12-1")
@pytest.mark.parametrize(("kind", "body"), BODIES)
@pytest.mark.abuse("A01")
def test_a_body_that_no_signature_covers_gives_no_parameter_and_is_marked(
    token: AccessToken, kind: str, body: str
) -> None:
    answer = walk.send(sign(token, "POST", "/api/write", headers={"Content-Type": kind}, body=body.encode()))
    assert answer.status_code == 200, answer.content
    assert answer.json()["parameters"] == []
    assert answer.json()["body_signed"] is False


@pytest.mark.parametrize("body", ["status=evil", "status=evil&x=%zz", "a b=c", "é", "%FF=1"])
@pytest.mark.parametrize("kind", [FORM["Content-Type"], f"{FORM['Content-Type']}; charset=utf-7"])
@pytest.mark.abuse("A01")
def test_a_form_that_was_added_after_signing_is_refused(token: AccessToken, kind: str, body: str) -> None:
    signed = sign(token, "POST", "/api/write")
    fields = {"Authorization": signed.headers["Authorization"]}
    answer = Client().generic(
        "POST", "/api/write", body.encode(), content_type=kind, headers=fields, RAW_URI="/api/write"
    )
    assert answer.status_code in (400, 401)
    assert walk.send(signed).status_code == 200


@pytest.mark.rfc("4.4-1")
@pytest.mark.abuse("A62")
def test_every_answer_is_kept_out_of_caches(token: AccessToken) -> None:
    for answer in (walk.send(sign(token)), Client().get("/api/read")):
        assert {"no-store", "private"} <= set(answer["Cache-Control"].split(", "))
        assert "Authorization" in answer["Vary"]


@pytest.mark.abuse("A47")
def test_the_next_request_after_a_revocation_is_refused(token: AccessToken) -> None:
    assert walk.send(sign(token)).status_code == 200
    token.revoke()
    assert walk.problem(walk.send(sign(token))) == (401, "token_revoked")


@pytest.mark.abuse("A52")
def test_the_token_of_an_inactive_person_is_refused_until_they_are_back(
    token: AccessToken, ada: User
) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert walk.problem(walk.send(sign(token))) == (401, "user_refused")
    User.objects.filter(pk=ada.pk).update(is_active=True)
    assert walk.send(sign(token)).status_code == 200


@pytest.mark.abuse("A52")
def test_a_token_goes_with_its_person(kestrel: Application, token: AccessToken, ada: User) -> None:
    assert walk.send(sign(token)).status_code == 200
    ada.delete()
    assert walk.problem(walk.send(sign(token))) == (401, "token_rejected")


@pytest.mark.abuse("A52")
def test_only_who_knows_both_secrets_learns_what_became_of_a_person_or_an_application(
    kestrel: Application, token: AccessToken, ada: User
) -> None:
    stranger = RequestToken(token.key, "not its secret")
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert walk.problem(walk.call("/api/read", kestrel, stranger)) == (401, "signature_invalid")
    token.revoke()
    assert walk.problem(walk.call("/api/read", kestrel, stranger)) == (401, "signature_invalid")
    kestrel.suspend()
    assert walk.problem(walk.call("/api/read", kestrel, stranger)) == (401, "signature_invalid")


@pytest.mark.abuse("A52")
def test_a_suspended_application_is_refused_until_it_is_resumed(
    kestrel: Application, token: AccessToken
) -> None:
    kestrel.suspend("spam")
    answer = walk.send(sign(token))
    assert walk.problem(answer) == (401, "consumer_key_refused")
    assert b"spam" not in answer.content
    kestrel.resume()
    assert walk.send(sign(token)).status_code == 200


@pytest.mark.abuse("A21")
def test_a_token_of_another_application_is_refused(token: AccessToken) -> None:
    merlin = walk.register("Merlin")
    assert walk.problem(walk.call("/api/read", merlin, token)) == (401, "token_rejected")


@pytest.mark.abuse("A79")
@pytest.mark.rule(1)
@pytest.mark.parametrize("table", ["valetkey_application", "valetkey_nonce"])
def test_a_store_that_cannot_answer_makes_503_and_says_when_to_come_again(
    token: AccessToken, broken_tables: Any, table: str
) -> None:
    signed = sign(token)
    alias = "nonces" if table == "valetkey_nonce" else None
    with broken_tables(table, alias):
        answer = walk.send(signed)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert walk.send(signed).status_code == 200


@pytest.mark.rule(1)
def test_a_connection_that_was_cut_makes_503_and_never_500_until_there_is_another(postgresql: None) -> None:
    token = walk.token_of(walk.register(), walk.person())
    connection = connections["postgresql"]
    settings_of = connection.settings_dict
    settings_of["CONN_MAX_AGE"] = 60
    try:
        assert walk.send(sign(token)).status_code == 200
        # From another connection, as a restart of the server would.
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        other.close()
        # Two connections were cut: the request's, and that of the nonces.
        assert [walk.send(sign(token)).status_code for _ in range(3)] == [503, 503, 200]
    finally:
        settings_of["CONN_MAX_AGE"] = 0


def test_a_time_of_last_use_that_cannot_be_written_undoes_nothing_of_the_view(
    postgresql: None, caplog: pytest.LogCaptureFixture
) -> None:
    token = walk.token_of(walk.register(), walk.person())
    with connections["postgresql"].cursor() as cursor:
        cursor.execute(
            "ALTER TABLE valetkey_accesstoken ADD CONSTRAINT never CHECK (last_used_at IS NULL) NOT VALID"
        )
    try:
        assert walk.send(sign(token, "POST", "/api/remembers")).status_code == 200
    finally:
        with connections["postgresql"].cursor() as cursor:
            cursor.execute("ALTER TABLE valetkey_accesstoken DROP CONSTRAINT never")
    assert "could not be noted" in caplog.text
    assert User.objects.filter(username="remembered").exists()


def test_the_time_of_last_use_is_noted_at_the_token_and_the_application(token: AccessToken) -> None:
    assert walk.send(sign(token)).status_code == 200
    token.refresh_from_db()
    assert token.last_used_at
    assert Application.objects.get().last_used_at


def test_a_class_is_protected_by_its_dispatch(token: AccessToken) -> None:
    assert Client().get("/api/thing").status_code == 401
    assert walk.send(sign(token, path="/api/thing")).json()["user"] == "ada"


async def _answers(path: str, signed: Signed) -> list[int]:
    client = AsyncClient()
    headers = {"Authorization": signed.headers["Authorization"]}
    return [
        (await client.get(path)).status_code,
        (await client.get(path, headers=headers)).status_code,
        (await client.get(path, headers=headers)).status_code,
    ]


@pytest.mark.parametrize("path", ["/api/read", "/api/later", "/api/later-thing"])
def test_an_async_view_is_protected_like_any_other(token: AccessToken, path: str) -> None:
    signed = sign(token, path=path)
    connections.settings["default"]["ATOMIC_REQUESTS"] = False
    try:
        with override_settings(ROOT_URLCONF="tests.django.async_urls"):
            assert async_to_sync(_answers)(path, signed) == [401, 200, 401]
            again = walk.send(sign(token, path=path))  # the same view under WSGI
            assert again.json()["user"] == "ada"
            assert Client().get(path).status_code == 401
    finally:
        connections.settings["default"]["ATOMIC_REQUESTS"] = True


def test_an_access_that_is_not_known_is_an_error_when_the_view_is_defined() -> None:
    with pytest.raises(ValueError, match="admin"):
        oauth_required(access="admin")


@pytest.mark.parametrize("allowed", [False, True])
def test_a_quirk_is_accepted_where_the_site_names_it(token: AccessToken, allowed: bool) -> None:
    signed = sign(token)
    fields = Headers({"X-Oauth1-Authorization": signed.headers["Authorization"]})
    moved = Signed(signed.method, signed.url, fields, signed.body, "", "", ())
    quirks = ["x-oauth1-authorization"] if allowed else []
    with override_settings(VALETKEY={**settings.VALETKEY, "QUIRKS": quirks}):
        assert walk.send(moved).status_code == (200 if allowed else 401)


@pytest.mark.abuse("A31")
def test_where_the_site_requires_a_body_hash_json_without_one_is_refused(token: AccessToken) -> None:
    json_body: dict[str, Any] = {"headers": {"Content-Type": "application/json"}, "body": "{}"}
    path = f"{walk.ORIGIN}/api/write"
    with override_settings(VALETKEY={**settings.VALETKEY, "REQUIRE_BODY_HASH": True}):
        bare = walk.signer(token.application, token).sign("POST", path, **json_body)
        hashed = walk.signer(token.application, token, body_hash=True).sign("POST", path, **json_body)
        assert walk.problem(walk.send(bare)) == (401, "parameter_absent")
        assert walk.send(hashed).status_code == 200
