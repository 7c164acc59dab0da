"""The admin shows everything but secrets, and lets nobody type in what the protocol makes."""

import json
import re
from html import unescape
from typing import Any
from urllib.parse import urljoin

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import override_settings

from tests.django import walk
from tests.vectors import rsa_key
from valetkey import RequestToken as Held
from valetkey.django.keys import RSA_METHODS
from valetkey.django.models import AccessToken, Application, Refusal, RequestToken, Sealed
from valetkey.protocol.rsa import public_pem

MODELS = ("application", "requesttoken", "accesstoken")


@pytest.fixture
def rows() -> tuple[Application, RequestToken, AccessToken]:
    application, user = walk.register(owner=walk.person("olga")), walk.person()
    application.add_secret()
    request = walk.ask(application)
    walk.allow(user, request)
    return application, RequestToken.objects.get(), walk.token_of(application, user)


def admin() -> Any:
    return walk.browser(User.objects.create_superuser("root"))


@pytest.mark.abuse("A65")
@pytest.mark.rule(8)
def test_no_page_of_the_admin_shows_a_secret_encrypted_or_not(
    rows: tuple[Application, RequestToken, AccessToken],
) -> None:
    hidden = []
    sealed: list[Sealed] = list(rows)
    for one in sealed:
        hidden += [one.secret, one.sealed_secret, *getattr(one, "secrets", [])]
    hidden += [rows[0].sealed_older_secret, rows[1].verifier_hash]
    client = admin()
    for name, row in zip(MODELS, rows, strict=True):
        for part in ("", f"?q={row.key}", f"{row.pk}/change/", f"{row.pk}/history/", f"{row.pk}/delete/"):
            page = client.get(f"/admin/valetkey/{name}/{part}")
            assert page.status_code == 200, part
            text = page.content.decode()
            assert row.key[:8] in text or str(row) in text
            assert not [secret for secret in hidden if secret in text]


@pytest.mark.abuse("A65")
@pytest.mark.rule(8)
def test_whoever_follows_every_link_of_the_admin_meets_no_secret(
    rows: tuple[Application, RequestToken, AccessToken],
) -> None:
    application, request, token = rows
    wrong = Held(token.key, "not its secret")
    assert walk.call("/api/read", application, wrong).status_code == 401  # which leaves a row
    client = admin()
    form = {"name": "Merlin", "access": "read", "callback_lines": "", "owner": application.owner_id or ""}
    changed = f"/admin/valetkey/application/{application.pk}/change/"
    assert client.post(changed, form | {"suspension_reason": ""}).status_code == 302  # and a history
    hidden = [text for row in rows for text in (row.secret, row.sealed_secret)]
    hidden += [*application.secrets, application.sealed_older_secret, request.verifier_hash]
    found, waiting = {"/admin/"}, ["/admin/"]
    while waiting:
        page = client.get(address := waiting.pop(), follow=True)
        text = unescape(page.content.decode())
        assert page.status_code == 200, address
        assert not [secret for secret in hidden if secret in text], address
        links = {urljoin(address, link) for link in re.findall(r'<a [^>]*href="([^"]+)"', text)}
        # Not the way out, no order of columns, and no combination of filters.
        new = {link for link in links if re.fullmatch(r"/admin/(?!logout)((?!o=)[^#&])*", link)}
        waiting += new - found
        found |= new
    for part in ("application/{}/change/", "application/{}/history/", "refusal/{}/change/"):
        number = Refusal.objects.get().pk if part.startswith("refusal") else application.pk
        assert f"/admin/valetkey/{part.format(number)}" in found
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows]}
    for name in MODELS:
        page = client.post(f"/admin/valetkey/{name}/", chosen)
        assert not [secret for secret in hidden if secret in unescape(page.content.decode())]


@pytest.mark.abuse("A65")
def test_a_callback_is_shown_for_no_refusal_either(
    rows: tuple[Application, RequestToken, AccessToken],
) -> None:
    assert walk.first_leg(rows[0], "https://a.example/?state=canary").status_code == 400
    row, client = Refusal.objects.get(), admin()
    assert "canary" in str(row.facts)  # for the application's owner
    for path in (f"{row.pk}/change/", "", f"{row.pk}/delete/"):
        assert "canary" not in client.get(f"/admin/valetkey/refusal/{path}").content.decode()
    assert client.get("/admin/valetkey/refusal/?facts__icontains=canary").status_code == 400


@pytest.mark.abuse("A65")
@pytest.mark.parametrize("action", ["revoke", "delete_selected"])
def test_who_may_only_look_changes_nothing(
    rows: tuple[Application, RequestToken, AccessToken], action: str
) -> None:
    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = walk.browser(staff)
    before = [list(kind.objects.values()) for kind in (Application, RequestToken, AccessToken)]
    for name, row in zip(MODELS, rows, strict=True):
        client.post(
            f"/admin/valetkey/{name}/", {"action": action, "_selected_action": [row.pk], "post": "yes"}
        )
        for part in ("change", "delete"):
            given = {"name": "Merlin", "access": "read", "post": "yes"}
            assert client.post(f"/admin/valetkey/{name}/{row.pk}/{part}/", given).status_code == 403
    assert [list(kind.objects.values()) for kind in (Application, RequestToken, AccessToken)] == before


@pytest.mark.abuse("A65")
def test_a_search_for_a_secret_finds_nothing(rows: tuple[Application, RequestToken, AccessToken]) -> None:
    client = admin()
    for name, row in zip(MODELS, rows, strict=True):
        for text in (row.secret, row.sealed_secret[:20]):
            assert client.get(f"/admin/valetkey/{name}/?q={text}").context["cl"].result_count == 0


@pytest.mark.abuse("A65")
@pytest.mark.parametrize("name", MODELS)
def test_nothing_is_added_by_hand(name: str) -> None:
    assert admin().get(f"/admin/valetkey/{name}/add/").status_code == 403


def test_an_application_can_be_suspended_there_and_keeps_its_secret(
    rows: tuple[Application, RequestToken, AccessToken],
) -> None:
    application = rows[0]
    form = {
        "name": "Kestrel",
        "callback_lines": walk.CALLBACK,
        "access": "write",
        "owner": application.owner_id,
        "suspended_at_0": "2026-01-01",
        "suspended_at_1": "00:00",
    }
    answer = admin().post(f"/admin/valetkey/application/{application.pk}/change/", form)
    assert answer.status_code == 302, answer.content.decode()
    found = Application.objects.get()
    assert found.suspended_at
    assert found.secrets == application.secrets


@pytest.mark.abuse("A65")
def test_revoking_needs_the_permission_to_change(rows: tuple[Application, RequestToken, AccessToken]) -> None:
    action = {"action": "revoke", "_selected_action": [rows[2].pk]}
    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_accesstoken"))
    walk.browser(staff).post("/admin/valetkey/accesstoken/", action)
    assert AccessToken.objects.get().revoked_at is None
    admin().post("/admin/valetkey/accesstoken/", action)
    assert AccessToken.objects.get().revoked_at


@pytest.mark.abuse("A65")
@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("application", "sealed_secret__startswith"),
        ("application", "sealed_older_secret__regex"),
        ("requesttoken", "verifier_hash__startswith"),
        ("requesttoken", "callback__contains"),
        ("accesstoken", "application__sealed_secret__startswith"),
    ],
)
@pytest.mark.rule(8)
def test_no_filter_in_an_address_guesses_a_secret(name: str, column: str) -> None:
    assert admin().get(f"/admin/valetkey/{name}/", {column: "g"}).status_code == 400


@pytest.mark.abuse("A65")
def test_a_form_that_names_a_key_or_a_secret_changes_neither(
    rows: tuple[Application, RequestToken, AccessToken],
) -> None:
    application, _, token = rows
    client = admin()
    given = {"name": "Merlin", "access": "read", "callback_lines": "", "owner": "", "suspension_reason": ""}
    forged = {"key": "known", "secret": "known", "sealed_secret": "known", "secret_made_at": "2020-01-01"}
    assert (
        client.post(f"/admin/valetkey/application/{application.pk}/change/", given | forged).status_code
        == 302
    )
    found = Application.objects.get()
    assert (found.name, found.key, found.secrets) == ("Merlin", application.key, application.secrets)
    client.post(f"/admin/valetkey/accesstoken/{token.pk}/change/", {"user": "1", "access": "read", **forged})
    same = AccessToken.objects.get()
    assert (same.user, same.access, same.secret) == (token.user, "write", token.secret)


@pytest.mark.abuse("A45")
@pytest.mark.rule(9)
def test_an_access_token_opens_no_page_of_the_admin(
    rows: tuple[Application, RequestToken, AccessToken],
) -> None:
    answer = walk.call("/admin/valetkey/application/", rows[0], rows[2])
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


WITH_RSA = {**settings.VALETKEY, "SIGNATURE_METHODS": ["HMAC-SHA256", "RSA-SHA256"]}
PRIVATE = rsa_key("mastercard", "private_pem") or ""
PUBLIC, OTHER = (public_pem(rsa_key(name, "private_pem")) for name in ("mastercard", "requests-oauthlib"))


@override_settings(VALETKEY=WITH_RSA)
@pytest.mark.abuse("A36")
def test_a_private_key_is_refused_there_and_not_shown_again(kestrel: Application) -> None:
    typed = {"name": "Kestrel", "access": "write", "signature_methods": '["RSA-SHA256"]'}
    address = f"/admin/valetkey/application/{kestrel.pk}/change/"
    page = admin().post(address, typed | {"rsa_public_key": PRIVATE})
    assert page.status_code == 200
    assert "must never leave its owner" in page.content.decode()
    assert PRIVATE[200:260] not in page.content.decode()
    assert Application.objects.get().rsa_public_key == ""


@override_settings(VALETKEY=WITH_RSA)
@pytest.mark.rule(3)
@pytest.mark.abuse("A14")
def test_a_key_and_a_secret_both_count_where_both_kinds_are_named_there(
    rows: tuple[Application, RequestToken, AccessToken],
) -> None:
    application, client = rows[0], admin()
    address = f"/admin/valetkey/application/{application.pk}/change/"
    typed = {"name": "Kestrel", "access": "write", "owner": application.owner_id, "rsa_public_key": PUBLIC}
    page = client.post(address, typed | {"signature_methods": ""})
    assert "must name its methods" in page.content.decode()
    named = typed | {"signature_methods": '["HMAC-SHA256", "RSA-SHA256"]'}
    assert client.post(address, named).status_code == 302
    found = Application.objects.get()
    assert (found.rsa_key, found.usable_methods) == (PUBLIC, ["HMAC-SHA256", "RSA-SHA256"])
    assert found.rsa_key_shown is not None
    assert f"{found.rsa_key_shown.fingerprint} (2048 bits)" in client.get(address).content.decode()


@override_settings(VALETKEY=WITH_RSA)
@pytest.mark.abuse("A36")
@pytest.mark.abuse("A14")
def test_a_form_that_was_opened_earlier_brings_no_replaced_key_back() -> None:
    kestrel = walk.register(rsa_public_key=OTHER, owner=walk.person("olga"))
    client, address = admin(), f"/admin/valetkey/application/{kestrel.pk}/change/"
    form = client.get(address).context["adminform"].form
    shown = {"rsa_public_key": OTHER.replace("\n", "\r\n"), "signature_methods": json.dumps(RSA_METHODS)}
    initial = {form[name].html_initial_name: value for name, value in shown.items()}
    assert all(f'name="{name}"' in str(form) for name in initial)
    opened = {"access": "write", "owner": kestrel.owner_id, **shown, **initial}
    kestrel.use_rsa_key(PUBLIC)
    assert client.post(address, opened | {"name": "Merlin"}).status_code == 302
    found = Application.objects.get()
    assert (found.name, found.rsa_key) == ("Merlin", PUBLIC)
    kestrel.remove_rsa_key()
    assert client.post(address, opened | {"name": "Kestrel"}).status_code == 302
    found = Application.objects.get()
    assert (found.name, found.rsa_key, found.signature_methods) == ("Kestrel", None, None)
