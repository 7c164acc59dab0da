"""What follows from what happens elsewhere on the site."""

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings

from tests.django import walk
from valetkey.django import conf
from valetkey.django.models import AccessToken, RequestToken


class Proxy(User):
    class Meta:
        proxy = True
        app_label = "auth"


def grants(user: User) -> tuple[AccessToken, RequestToken]:
    application = walk.register()
    request = walk.ask(application)
    walk.allow(user, request)
    return walk.token_of(application, user), RequestToken.objects.get(key=request.key)


def works(token: AccessToken, request: RequestToken) -> tuple[bool, bool]:
    token.refresh_from_db()
    request.refresh_from_db()
    return token.revoked_at is None, request.state == "allowed"


@pytest.mark.abuse("A52")
@pytest.mark.parametrize("kind", [User, Proxy])
def test_a_new_password_ends_the_person_s_tokens_and_nobody_else_s(kind: type[User]) -> None:
    ada, bob = walk.person(), walk.person("bob")
    mine = grants(ada)
    theirs = walk.token_of(mine[0].application, bob)
    user = kind.objects.get(pk=ada.pk)
    user.set_password("another password")
    assert works(*mine) == (True, True)
    user.save()
    assert works(*mine) == (False, False)
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_a_password_that_is_only_hashed_anew_ends_nothing() -> None:
    ada = walk.person()
    mine = grants(ada)
    hashers = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]
    with override_settings(PASSWORD_HASHERS=hashers):
        before = ada.password
        assert ada.check_password("a password")
        assert User.objects.get().password != before
    ada.first_name = "Ada"
    ada.save()
    assert works(*mine) == (True, True)


def test_a_site_can_keep_tokens_through_a_new_password() -> None:
    ada = walk.person()
    mine = grants(ada)
    with override_settings(VALETKEY={**settings.VALETKEY, "REVOKE_ON_PASSWORD_CHANGE": False}):
        ada.set_password("another password")
        ada.save()
    assert works(*mine) == (True, True)


def test_settings_that_a_test_overrides_are_read_anew() -> None:
    with override_settings(VALETKEY={**settings.VALETKEY, "WINDOW": 7}):
        assert conf.current().window == 7
    assert conf.current().window == 300


@pytest.mark.abuse("A52")
def test_what_was_allowed_before_a_new_password_is_not_exchanged_after_it() -> None:
    ada, application = walk.person(), walk.register()
    request = walk.ask(application)
    verifier = walk.allow(ada, request)
    ada.set_password("another password")
    ada.save()
    assert walk.problem(walk.exchange(application, request, verifier)) == (401, "permission_denied")
