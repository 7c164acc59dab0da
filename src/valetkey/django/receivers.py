"""What this package does when something else happens on the site."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.signals import post_save

from valetkey.django import conf

# Settings that ours are made from, or that the provider was built with.
_OURS = frozenset({"VALETKEY", "DEBUG", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASES", "CACHES"})


def forget_settings(*, setting: str, **kwargs: Any) -> None:
    """Follows ``override_settings`` in tests."""
    if setting in _OURS:
        from valetkey.django import nonces, provider

        conf.forget()
        provider.forget()
        nonces.close()


def watch_passwords() -> None:
    """Ends a person's access tokens when their password is changed, wherever that happens on the site."""
    # No sender: the signal of a proxy or a child of the user model names that class, and would be missed.
    post_save.connect(_revoke_with_password, dispatch_uid="valetkey.django.password")


def _revoke_with_password(*, instance: Any, created: bool, **kwargs: Any) -> None:
    from valetkey.django.models import AccessToken, RequestToken

    # `set_password` leaves the new password in `_password` until it is saved; Django clears it where it only
    # hashes the same password anew (at a login after the hasher got stronger), which must not end anything.
    if not isinstance(instance, get_user_model()):
        return
    changed = not created and getattr(instance, "_password", None) is not None
    if changed and conf.current().revoke_on_password_change:
        RequestToken.objects.forget(instance)
        AccessToken.objects.revoke(instance)
