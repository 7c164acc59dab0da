"""Who has connected, and their access tokens, encrypted."""

import json
from functools import cache
from typing import ClassVar, Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.db import models
from django.views.decorators.debug import sensitive_variables

from valetkey import AccessToken
from valetkey.demo.config import load


class Account(models.Model):
    """A person at the service, under the id that the service gave, and the newest access token of theirs."""

    user_id = models.CharField(max_length=255, unique=True)
    screen_name = models.CharField(max_length=255)
    sealed = models.TextField()

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    def __str__(self) -> str:
        return f"@{self.screen_name}"

    @classmethod
    @sensitive_variables("token")
    def keep(cls, user_id: str, screen_name: str, token: AccessToken) -> Self:
        """Keeps `token` for this person, in place of the one before."""
        # The id travels inside the ciphertext, so that a row can't be given another's token.
        text = json.dumps([user_id, token.key, token.secret])
        sealed = _ring().encrypt(text.encode()).decode("ascii")
        account, _ = cls.objects.update_or_create(
            user_id=user_id, defaults={"screen_name": screen_name, "sealed": sealed}
        )
        return account

    @property
    @sensitive_variables()
    def token(self) -> AccessToken | None:
        """The access token; None where it can't be read: the key is lost, or the row was tampered with."""
        try:
            user_id, key, secret = json.loads(_ring().decrypt(self.sealed))
        except InvalidToken:
            return None
        return AccessToken(key, secret) if user_id == self.user_id else None


@cache
def _ring() -> MultiFernet:
    return MultiFernet([Fernet(load().secret("site-encryption"))])
