"""People, their statuses, and the tries to log in."""

import re
import unicodedata
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from valetkey.django.models import Application

SCREEN_NAME_LENGTH = 15
STATUS_LENGTH = 140

_SCREEN_NAME = re.compile(r"[A-Za-z0-9_]+")


def check_screen_name(name: str) -> None:
    """ASCII only, so that no two screen names can be taken for each other by their alphabets.

    :raises ValidationError: with the words of the page.
    """
    if _SCREEN_NAME.fullmatch(name):
        if len(name) > SCREEN_NAME_LENGTH:
            raise ValidationError(_("Use 15 characters or fewer."), code="long")
        return
    if any(not _is_plain(character) for character in name):
        words = _("This name mixes alphabets or holds invisible characters. Choose another.")
        raise ValidationError(words, code="confusable")
    raise ValidationError(_("Use letters, digits and _ only."), code="characters")


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isprintable()


def check_display_name(name: str) -> None:
    """
    :raises ValidationError: where it holds what can't be seen or turns the text around it.
    """
    if any(unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp") for character in name):
        raise ValidationError(_("This name holds invisible characters. Choose another."), code="invisible")


class UserManager(BaseUserManager["User"]):
    def sign_up(self, screen_name: str, password: str, name: str = "") -> "User":
        """A new person, saved.

        :raises IntegrityError: where the screen name is taken.
        """
        user = self.model(screen_name=screen_name, name=name)
        user.set_password(password)
        user.save(force_insert=True)
        return user


class User(AbstractBaseUser):
    """Somebody with an account."""

    # NOCASE: equal whatever the case, in look-ups and in the index that keeps it unique. The demo's database
    # is SQLite.
    screen_name = models.CharField(max_length=SCREEN_NAME_LENGTH, unique=True, db_collation="NOCASE")
    name = models.CharField(max_length=50, blank=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "screen_name"

    def __str__(self) -> str:
        return f"@{self.screen_name}"

    def get_full_name(self) -> str:
        return self.name

    @property
    def display_name(self) -> str:
        return self.name or self.screen_name


class StatusManager(models.Manager["Status"]):
    def post(self, author: User, text: str, application: Application | None = None) -> "Status":
        """A new status; what is too long is cut. `application`: what sent it, None for the web."""
        # Cut before it is normalised, too: putting a long run of combining marks in order takes the square of
        # its length, during which no other thread can work.
        kept = text[: 4 * STATUS_LENGTH]
        composed = unicodedata.normalize("NFC", kept)
        return self.create(
            author=author,
            text=composed[:STATUS_LENGTH],
            truncated=len(text) > len(kept) or len(composed) > STATUS_LENGTH,
            application=application,
        )

    def listed(self) -> models.QuerySet["Status"]:
        """All, newest first, with what a list shows of each."""
        return self.select_related("author", "application").order_by("-pk")


class Status(models.Model):
    """What somebody said."""

    author = models.ForeignKey(User, on_delete=models.CASCADE, related_name="statuses")
    text = models.TextField(max_length=STATUS_LENGTH)
    truncated = models.BooleanField(default=False)
    application = models.ForeignKey(Application, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = StatusManager()

    class Meta:
        verbose_name_plural = "statuses"
        indexes: ClassVar = [models.Index(fields=["author", "-id"], name="aviary_author_newest")]

    def __str__(self) -> str:
        return self.text


def is_empty(text: str) -> bool:
    """Whether nobody would see anything of it."""
    return not text.strip()


class LoginTryManager(models.Manager["LoginTry"]):
    #: Wrong passwords for one account from one address, and how long they count. The time isn't prolonged by
    #: further tries, and other addresses aren't stopped: nobody can lock somebody else out for good.
    TRIES = 5
    WINDOW = timedelta(minutes=10)

    def wait(self, screen_name: str, address: str) -> int:
        """Counts one more try before its password is looked at; the minutes to wait, 0 for none.

        Atomic, so that many tries at once are still so many tries.
        """
        now = timezone.now()
        with transaction.atomic():
            self.filter(since__lte=now - self.WINDOW).delete()
            digest = self._digest(screen_name, address)
            tried, _ = self.get_or_create(digest=digest, defaults={"since": now})
            if tried.tries >= self.TRIES:
                left: timedelta = tried.since + self.WINDOW - now
                return max(1, round(left.total_seconds() / 60))
            tried.tries += 1
            tried.save()
        return 0

    def forget(self, screen_name: str, address: str) -> None:
        """After the right password."""
        self.filter(digest=self._digest(screen_name, address)).delete()

    def _digest(self, screen_name: str, address: str) -> str:
        # Who tried from where is nobody's business later.
        digest: str = salted_hmac(
            "aviary.login", f"{address} {screen_name.lower()}", algorithm="sha256"
        ).hexdigest()
        return digest


class LoginTry(models.Model):
    """How often somebody at one address has tried the password of one account."""

    digest = models.CharField(max_length=64, primary_key=True)
    tries = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()

    objects = LoginTryManager()

    def __str__(self) -> str:
        return self.digest[:8]


class Seeded(models.Model):
    """What the demo made at its first start, found again whatever became of names and keys. One row."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    #: The test site's origin at the last start.
    site_origin = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return "what the demo made"
