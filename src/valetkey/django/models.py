"""Applications, request tokens, access tokens and nonces, as rows.

A row of the first three is what the store protocols of :mod:`valetkey.stores` ask for: ``.key``, ``.secret``,
``.problem`` and the rest. Keys are compared as the database compares them here, and once more, exactly, in
:mod:`valetkey.django.store`.
"""

import secrets
import string
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MinLengthValidator, URLValidator
from django.db import IntegrityError, models, router, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from valetkey.django import conf, encryption, keys, names
from valetkey.protocol.encoding import Malformed
from valetkey.protocol.origin import OUT_OF_BAND, check_callback
from valetkey.protocol.signatures import METHODS
from valetkey.protocol.values import Secret

KEY_LENGTH = 255
#: A redirect of more octets is refused by browsers and by Django itself; token and verifier are added to it.
CALLBACK_LENGTH = 1_000
CALLBACKS_LENGTH = 20_000
#: "Last used" is for people; a write with each request would cost more than the check of its signature.
LAST_USED_EVERY = timedelta(minutes=1)

# Letters and digits only: a key can be selected by a double click, and starts no command line option.
_ALPHABET = string.ascii_letters + string.digits


def new_key() -> str:
    """A new consumer key or token: 142 random bits."""
    return _chance(24)


def new_secret() -> str:
    """A new secret: 256 random bits."""
    return Secret(_chance(43))


def moment(unix_time: float) -> datetime:
    """Unix time as this site's databases keep it: aware, or naive and local where USE_TZ is off."""
    return datetime.fromtimestamp(unix_time, tz=UTC if settings.USE_TZ else None)


def _chance(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


class Access(models.TextChoices):
    """What a token may do. Each includes those before it."""

    READ = "read", _("Read only")
    WRITE = "write", _("Read and write")

    @classmethod
    def covers(cls, granted: str, asked: str) -> bool:
        """Whether `granted` is `asked`, or more."""
        order = list(cls)
        return granted in order and order.index(cls(granted)) >= order.index(cls(asked))

    @classmethod
    def less(cls, one: str, other: str) -> str:
        """The lesser of the two."""
        return other if cls.covers(one, other) else one


class _Opened:
    """A secret in clear, kept beside its row in memory; nothing prints it, and a pickled or copied row
    forgets it.
    """

    __slots__ = ("text",)

    def __init__(self, text: str | None = None) -> None:
        self.text = text

    def __repr__(self) -> str:
        return "…"

    def __reduce__(self) -> tuple[type[Self], tuple[()]]:
        return type(self), ()


class Sealed(models.Model):
    """A row with a key, which anybody may see, and a secret, which stands encrypted in the database.

    `kind` names the table inside the ciphertext, where a name of the class would change with the code.
    """

    kind: ClassVar[str]

    # Said to be text: mypy compares this class with the store protocols before it knows what a field holds.
    key: str = models.CharField(  # type: ignore[assignment]  # see above; in a row it is text
        _("key"), max_length=KEY_LENGTH, unique=True, default=new_key, editable=False
    )
    sealed_secret = models.TextField(editable=False)

    class Meta:
        abstract = True

    @property
    def secret(self) -> str:
        """The secret in clear.

        :raises Unreadable: where it can't be decrypted, or was encrypted for another row.
        """
        return self._open("sealed_secret")

    @secret.setter
    def secret(self, secret: str) -> None:
        self._seal("sealed_secret", secret)

    def open(self) -> None:
        """Decrypts what is sealed, so that it is known now whether it can be read.

        :raises Unreadable: as :attr:`secret` does.
        """
        self._open("sealed_secret")

    def _open(self, column: str) -> str:
        opened: _Opened = self.__dict__.get(f"_opened_{column}") or _Opened()
        if opened.text is None:
            opened = _Opened(encryption.unseal(self.kind, self.key, getattr(self, column)))
            self.__dict__[f"_opened_{column}"] = opened
        return opened.text or ""

    def _seal(self, column: str, secret: str) -> None:
        setattr(self, column, encryption.seal(self.kind, self.key, secret))
        self.__dict__[f"_opened_{column}"] = _Opened(secret)

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        for name in [name for name in self.__dict__ if name.startswith("_opened_")]:
            del self.__dict__[name]
        super().refresh_from_db(*args, **kwargs)


class ApplicationManager(models.Manager["Application"]):
    def register(
        self,
        owner: Any,
        name: str,
        *,
        callbacks: Iterable[str] = (),
        access: str = Access.READ,
        description: str = "",
        website: str = "",
        signature_methods: Iterable[str] | None = None,
        key: str | None = None,
        secret: str | None = None,
        rsa_public_key: str = "",
    ) -> "Application":
        """A new application, saved, whose key and secret are on it.

        :param owner: the user whose application it is; None for one of the site's own.
        :param callbacks: where people may be sent back to. None at all: for PINs only.
        :param access: ``read`` or ``write``.
        :param signature_methods: the methods it may use; None: those of the settings that take what it has,
            the RSA key if it has one, else the secret.
        :param key: for an application that had one elsewhere; likewise `secret`. Otherwise both are made
            here.
        :param rsa_public_key: PEM of its public RSA key, or of a certificate that holds it.
        :raises ValidationError: by field, for what can't be registered.
        """
        if rsa_public_key and signature_methods is None:
            signature_methods = keys.RSA_METHODS
        application = self.model(
            owner=owner,
            name=name,
            callback_lines="\n".join(callbacks),
            access=access,
            description=description,
            website=website,
            signature_methods=None if signature_methods is None else list(signature_methods),
            rsa_public_key=rsa_public_key,
        )
        if secret == "" and signature_methods is None:
            # The core refuses its every request: an HMAC keyed with nothing proves nothing (design, rule 3).
            raise ValidationError(
                {"signature_methods": _("An application without a secret must name its methods.")}
            )
        if key is not None:
            application.key = key
        application.secret = new_secret() if secret is None else secret
        application.full_clean()
        try:
            with transaction.atomic(using=router.db_for_write(self.model, instance=application)):
                application.save(force_insert=True)
        except IntegrityError:
            # Somebody else registered the name, or the key, since it was looked for.
            application.full_clean()
            raise
        return application


def check_callbacks(text: str) -> None:
    for line in _lines(text[:CALLBACKS_LENGTH]):
        try:
            if check_callback(line) == OUT_OF_BAND:
                raise Malformed("“oob” needs no registration: every application may ask for a PIN")
        except Malformed as error:
            raise ValidationError(
                _("“%(line)s” can’t be a callback: %(reason)s."),
                code="callback",
                params={"line": line, "reason": error.reason},
            ) from None
        if len(line) > CALLBACK_LENGTH:
            raise ValidationError(
                _("A callback may have %(limit)s characters."),
                code="callback",
                params={"limit": CALLBACK_LENGTH},
            )


def check_methods(methods: Any) -> None:
    if not isinstance(methods, list) or not methods or any(method not in METHODS for method in methods):
        raise ValidationError(
            _("Name signature methods as a list, each one of %(known)s."),
            code="methods",
            params={"known": ", ".join(METHODS)},
        )


def _check_key(key: str) -> None:
    if not key.isascii() or not key.isprintable() or key != key.strip():
        raise ValidationError(
            _("A consumer key has printable ASCII characters, and no blank around them."), code="key"
        )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class Application(Sealed):
    """An application that may ask people for access: a consumer (RFC 5849's client)."""

    kind = "application"

    # Whatever its length, a secret of an application may be replaced by a second one, and both work until the
    # older is retired: so there are two columns, and not one with a list.
    secret_made_at = models.DateTimeField(_("secret made"), default=timezone.now, editable=False)
    secret_used_at = models.DateTimeField(_("secret last used"), null=True, blank=True, editable=False)
    sealed_older_secret = models.TextField(blank=True, default="", editable=False)
    older_secret_made_at = models.DateTimeField(null=True, blank=True, editable=False)
    older_secret_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    # Spelt out for type checkers that don't run mypy's Django plugin.
    name: "models.CharField[str, str]" = models.CharField(
        _("name"),
        max_length=names.LONGEST,
        validators=[MinLengthValidator(1), names.check_name],
        error_messages={"blank": _("Give it a name.")},
        help_text=_("People see it when they decide."),
    )
    # Null where names need not be unique: nulls never meet.
    name_skeleton = models.CharField(max_length=names.SKELETON_LENGTH, unique=True, null=True, editable=False)
    description: "models.TextField[str, str]" = models.TextField(
        _("description"), blank=True, default="", validators=[MaxLengthValidator(2_000)]
    )
    # No URLField: Django's takes ftp as well, and its form field has another default scheme in each release.
    website: "models.CharField[str, str]" = models.CharField(
        _("web site"),
        max_length=500,
        blank=True,
        default="",
        validators=[URLValidator(schemes=("http", "https"))],
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,  # its tokens go with it: nobody is left to answer for it
        related_name="valetkey_applications",
    )
    callback_lines = models.TextField(
        _("callback addresses"),
        blank=True,
        default="",
        validators=[MaxLengthValidator(CALLBACKS_LENGTH), check_callbacks],
        help_text=_("One a line, exactly as they will be sent. None, for PINs only."),
    )
    access: "models.CharField[str, str]" = models.CharField(
        _("access"), max_length=10, choices=Access.choices, default=Access.READ
    )
    signature_methods: list[str] | None = models.JSONField(  # type: ignore[assignment]  # as `key`
        _("signature methods"),
        null=True,
        blank=True,
        validators=[check_methods],
        help_text=_("Empty: those of the settings."),
    )
    rsa_public_key = keys.PublicKeyField(
        _("public RSA key"),
        blank=True,
        default="",
        help_text=_("As PEM: a public key, or a certificate. With one, name the signature methods."),
    )
    rsa_key_given_at = models.DateTimeField(_("RSA key given"), null=True, blank=True, editable=False)
    rsa_key_used_at = models.DateTimeField(_("RSA key last used"), null=True, blank=True, editable=False)
    suspended_at = models.DateTimeField(_("suspended"), null=True, blank=True)
    suspension_reason = models.TextField(_("why it is suspended"), blank=True, default="")
    created_at = models.DateTimeField(_("registered"), default=timezone.now, editable=False)
    #: When what people are shown of it (name, web site, description, callbacks, owner) last became another.
    changed_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    objects = ApplicationManager()

    #: What was last read or written, so that only changes are saved.
    _loaded: Mapping[str, Any] = {}

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    @property
    def secrets(self) -> list[str]:
        """Its valid secrets, newest first."""
        older = [self._open("sealed_older_secret")] if self.sealed_older_secret else []
        return [self.secret, *older]

    @property
    def rsa_key(self) -> str | None:
        """Its public RSA key as PEM, or None: what the core verifies with, and keeps in its read form."""
        return self.rsa_public_key or None

    @property
    def rsa_key_shown(self) -> keys.Shown | None:
        """What its RSA key is known by, or None."""
        return keys.shown(self.rsa_public_key) if self.rsa_public_key else None

    @property
    def usable_methods(self) -> list[str]:
        """The signature methods that its requests may use."""
        named = self.signature_methods
        return [
            method
            for method in conf.current().signature_methods
            if (method in named if named is not None else not METHODS[method].uses_rsa_key)
        ]

    @property
    def has_own_methods(self) -> bool:
        """Whether somebody has named its methods, so that its key alone doesn't say which they are."""
        return self.signature_methods not in (None, list(keys.RSA_METHODS))

    def open(self) -> None:
        super().open()
        if self.sealed_older_secret:
            self._open("sealed_older_secret")

    @property
    def callbacks(self) -> tuple[str, ...]:
        """The registered callbacks."""
        return tuple(_lines(self.callback_lines))

    @property
    def problem(self) -> str | None:
        """The Problem Reporting code with which all its requests are refused, or None."""
        return "consumer_key_refused" if self.suspended_at else None

    @property
    def last_used_at(self) -> datetime | None:
        """When it last signed a request that was accepted; None: never."""
        used = (self.secret_used_at, self.older_secret_used_at, self.rsa_key_used_at)
        return max(filter(None, used), default=None)

    def clean(self) -> None:
        """:raises ValidationError: for a key no header could carry, a reserved name, one that looks like
        another's, and methods that don't fit what it signs with.
        """
        _check_key(self.key)
        for field, check in (
            ("signature_methods", self._check_methods),
            ("rsa_public_key", self._check_rsa_allowed),
        ):
            try:
                check()
            except ValidationError as fault:
                raise ValidationError({field: fault}) from None
        if names.is_reserved(self.name, conf.current().reserved_names):
            raise ValidationError(
                {"name": ValidationError(_("This name is reserved. Choose another."), code="reserved")}
            )
        if conf.current().unique_names:
            others = Application.objects.exclude(pk=self.pk).filter(name_skeleton=names.skeleton(self.name))
            if others.exists():
                sentence = _("Another application has this name, or one that looks like it.")
                raise ValidationError({"name": ValidationError(sentence, code="unique")})

    def _check_methods(self) -> None:
        named = self.signature_methods
        if named is None:
            if self.rsa_public_key:
                # The sender would choose between two kinds of key (design, rule 3).
                raise ValidationError(
                    _("An application with a public RSA key must name its methods."), code="rsa"
                )
            return
        # Once more: a field's own validators don't see an empty list.
        check_methods(named)
        needing = [method for method in named if METHODS[method].uses_rsa_key]
        if needing and not self.rsa_public_key and self._differs("signature_methods", "rsa_public_key"):
            raise ValidationError(
                _("%(methods)s: this takes a public RSA key."),
                code="rsa",
                params={"methods": ", ".join(needing)},
            )
        if needing != named and self.rsa_public_key and self.sealed_secret and not self.secret:
            raise ValidationError(_("It has no secret: name methods with RSA only."), code="rsa")

    def _check_rsa_allowed(self) -> None:
        allowed = conf.current().signature_methods
        if (
            self.rsa_public_key
            and not any(METHODS[method].uses_rsa_key for method in allowed)
            # Else an application couldn't be suspended in a form once the settings allow no RSA any more.
            and self._differs("rsa_public_key")
        ):
            raise ValidationError(
                _("This service takes no RSA: its SIGNATURE_METHODS name none of %(methods)s."),
                code="rsa",
                params={"methods": ", ".join(keys.RSA_METHODS)},
            )

    def _differs(self, *columns: str) -> bool:
        """Whether one of these holds something else than the database, as far as it was read."""
        return any(self._loaded.get(column) != getattr(self, column) for column in columns)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves it; notes when what people are shown has changed.

        Of an application that is there, only what was changed on this object is written, and key and secrets
        never: a form that was opened before a reset, a suspension or a change of access must not undo it.
        """
        self.name_skeleton = names.skeleton(self.name) if conf.current().unique_names else None
        if self._state.adding:
            self._note_rsa_key()
        else:
            before = self._loaded
            now = self._values()
            changed = {name for name in now if name not in before or before[name] != now[name]}
            if changed & _SHOWN:
                self.changed_at = timezone.now()
            only = kwargs.get("update_fields")
            only = set(changed - _SECRETS if only is None else only)
            if "rsa_public_key" in only & changed & set(before):
                self._note_rsa_key()
                only |= {"rsa_key_given_at", "rsa_key_used_at"}
            kwargs["update_fields"] = {*only, "name_skeleton", "changed_at"}
        super().save(*args, **kwargs)
        self._loaded = self._values()

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        row = super().from_db(*args, **kwargs)
        row._loaded = row._values()
        return row

    def _values(self) -> dict[str, Any]:
        """What the row holds here, but for what was not read from the database."""
        deferred = self.get_deferred_fields()
        fields = [field for field in self._meta.concrete_fields if not field.primary_key]
        return {field.name: getattr(self, field.attname) for field in fields if field.attname not in deferred}

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        super().refresh_from_db(*args, **kwargs)
        self._loaded = self._values()

    def reset(self) -> None:
        """A new key and a new secret. The old ones, a second secret, an RSA key, open request tokens and all
        access tokens end with the commit.
        """
        with transaction.atomic(using=self._alias):
            # Of the row as it is now: somebody may have named its methods.
            self._lock()
            self.key = new_key()
            self.secret = new_secret()
            self.secret_made_at, self.secret_used_at = timezone.now(), None
            self._drop_older_secret()
            self._drop_rsa_key()
            # The application's row comes first here and in an exchange, so that the two can't wait for each
            # other, and no exchange that was on its way keeps a token.
            self._write("key", "sealed_secret", "secret_made_at", "secret_used_at", *_OLDER, *_RSA)
            self.request_tokens.using(self._alias).all().delete()
            self.access_tokens.using(self._alias).filter(revoked_at=None).update(revoked_at=timezone.now())

    def add_secret(self) -> bool:
        """A second secret; the one until now stays valid beside it. False, and nothing done, where there are
        two already: one of them may be deployed, so the older must be retired first.
        """
        with transaction.atomic(using=self._alias):
            # Of the row as it is now: another worker may have reset it, and a secret is sealed for its key.
            self._lock()
            if self.sealed_older_secret:
                return False
            self.sealed_older_secret = self.sealed_secret
            self.older_secret_made_at, self.older_secret_used_at = self.secret_made_at, self.secret_used_at
            self.secret = new_secret()
            self.secret_made_at, self.secret_used_at = timezone.now(), None
            self._write("sealed_secret", "secret_made_at", "secret_used_at", *_OLDER)
        return True

    def retire_older_secret(self) -> None:
        """Ends the older of two secrets."""
        self._drop_older_secret()
        self._write(*_OLDER)

    def use_rsa_key(self, public_key: str) -> None:
        """From now on its requests are signed with the private half of `public_key`, and no more with a
        secret. Tokens stay. A key that was there before ends with the commit.

        An application whose methods somebody has named keeps them.

        :param public_key: as :func:`valetkey.django.keys.read` takes it.
        :raises ValidationError: for a key that can't be taken, and where none of its methods uses one.
        """
        pem = keys.read(public_key)
        if not pem:
            raise ValidationError(_("Give a public key."), code="required")
        with transaction.atomic(using=self._alias):
            self._lock()
            named = self.signature_methods
            if named is not None and not any(METHODS[method].uses_rsa_key for method in named):
                sentence = _("Its methods are %(methods)s, and only the administrator changes them.")
                raise ValidationError(sentence, code="named", params={"methods": ", ".join(named)})
            self.rsa_public_key, self.signature_methods = pem, named or list(keys.RSA_METHODS)
            self._check_rsa_allowed()
            self._note_rsa_key()
            self._write(*_RSA)

    def remove_rsa_key(self) -> bool:
        """Ends its RSA key; from then on its requests are signed with the secret. False, and nothing done,
        where it has none, and where somebody has named its methods: what else signs is theirs to say.
        """
        with transaction.atomic(using=self._alias):
            self._lock()
            if not self.rsa_public_key or self.has_own_methods:
                return False
            self._drop_rsa_key()
            if not self.secret:
                self.secret, self.secret_made_at = new_secret(), timezone.now()
            self._write("sealed_secret", "secret_made_at", *_RSA)
        return True

    def _drop_rsa_key(self) -> None:
        if not self.has_own_methods:
            self.signature_methods = None
        self.rsa_public_key = ""
        self._note_rsa_key()

    def _note_rsa_key(self) -> None:
        self.rsa_key_given_at = timezone.now() if self.rsa_public_key else None
        self.rsa_key_used_at = None

    def change_access(self, access: str) -> None:
        """Sets what it may ask people for. More changes no token that is there; less holds for all of them at
        once.
        """
        self.access = Access(access)
        self._write("access")

    def suspend(self, reason: str = "") -> None:
        """Refuses all its requests, until :meth:`resume`."""
        self.suspended_at, self.suspension_reason = timezone.now(), reason
        self._write("suspended_at", "suspension_reason")

    def resume(self) -> None:
        """Ends a suspension."""
        self.suspended_at, self.suspension_reason = None, ""
        self._write("suspended_at", "suspension_reason")

    def create_token(self, user: Any) -> "AccessToken":
        """An access token for `user` themselves, without a dialog: for the owner, in a developers' corner.
        Others must be asked.
        """
        token = AccessToken(application=self, user=user, access=self.access, own=True)
        token.secret = new_secret()
        token.save(using=self._alias, force_insert=True)
        return token

    def own_token(self, user: Any) -> "AccessToken | None":
        """The newest token that :meth:`create_token` made for `user` and that still works."""
        return (
            self.access_tokens.filter(user=user, own=True, revoked_at=None)
            .order_by("-created_at", "-pk")
            .first()
        )

    def ensure_own_token(self, user: Any) -> "tuple[AccessToken, bool]":
        """`user`'s own token, made where there is none; and whether it was, for one of many calls at once."""
        with transaction.atomic(using=self._alias):
            self._lock()
            there = self.own_token(user)
            return (there, False) if there else (self.create_token(user), True)

    def revoke_own_tokens(self, user: Any) -> int:
        """Ends all that :meth:`create_token` made for `user`; how many those were."""
        return self.access_tokens.filter(user=user, own=True, revoked_at=None).update(
            revoked_at=timezone.now()
        )

    def mark_used(
        self, secret_index: int = 0, now: datetime | None = None, *, by_rsa_key: bool = False
    ) -> None:
        """Notes that one of its secrets, or its RSA key, signed a request; at most once a minute."""
        column = ("secret_used_at", "older_secret_used_at")[min(secret_index, 1)]
        _mark(self, "rsa_key_used_at" if by_rsa_key else column, now)

    def _drop_older_secret(self) -> None:
        self.sealed_older_secret, self.older_secret_made_at, self.older_secret_used_at = "", None, None
        self.__dict__.pop("_opened_sealed_older_secret", None)

    @property
    def _alias(self) -> str:
        return router.db_for_write(Application, instance=self)

    def _lock(self) -> None:
        """Inside a transaction: this row as it is now, and nobody else's to write until the commit."""
        # A write that changes nothing: SQLite has no SELECT … FOR UPDATE.
        Application.objects.using(self._alias).filter(pk=self.pk).update(access=models.F("access"))
        self.refresh_from_db(using=self._alias)

    def _write(self, *columns: str) -> None:
        Application.objects.using(self._alias).filter(pk=self.pk).update(
            **{column: getattr(self, column) for column in columns}
        )
        self._loaded = {**self._loaded, **{column: getattr(self, column) for column in columns}}


_SHOWN = {"name", "description", "website", "callback_lines", "owner"}
_OLDER = ("sealed_older_secret", "older_secret_made_at", "older_secret_used_at")
_RSA = ("rsa_public_key", "rsa_key_given_at", "rsa_key_used_at", "signature_methods")
_SECRETS = {"key", "sealed_secret", "secret_made_at", "secret_used_at", *_OLDER}
_SECRETS |= {"rsa_key_given_at", "rsa_key_used_at"}


class RequestState(models.TextChoices):
    """What became of a request token. A decision leaves PENDING, and only an allowed one can be used."""

    PENDING = "pending", _("Waiting for a decision")
    ALLOWED = "allowed", _("Allowed")
    DENIED = "denied", _("Denied")
    USED = "used", _("Exchanged")


class RequestTokenManager(models.Manager["RequestToken"]):
    def forget(self, user: Any) -> int:
        """Ends what `user` has allowed and no application has fetched yet; how many those were."""
        return self.filter(user=user, state=RequestState.ALLOWED).update(
            state=RequestState.DENIED, verifier_hash=""
        )


class RequestToken(Sealed):
    """A request for access that waits for a person, or has been decided by one (RFC 5849's temporary
    credentials).
    """

    kind = "request token"

    application = models.ForeignKey(
        Application, verbose_name=_("application"), on_delete=models.CASCADE, related_name="request_tokens"
    )
    callback = models.TextField(_("callback"), editable=False)
    #: What its first leg asked for; null: whatever its application may have when the person decides.
    requested_access = models.CharField(
        _("asks for"), max_length=10, choices=Access.choices, null=True, blank=True, editable=False
    )
    state = models.CharField(
        _("state"), max_length=10, choices=RequestState.choices, default=RequestState.PENDING
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="valetkey_request_tokens",
    )
    #: What the person saw, and allowed.
    access = models.CharField(_("access"), max_length=10, choices=Access.choices, blank=True, default="")
    verifier_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    tries = models.PositiveIntegerField(_("tries"), default=0, editable=False)
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), db_index=True, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True, editable=False)

    objects = RequestTokenManager()

    class Meta:
        verbose_name = _("request token")
        verbose_name_plural = _("request tokens")
        indexes: ClassVar = [
            models.Index(fields=["application", "expires_at"], name="valetkey_open_requests")
        ]

    def __str__(self) -> str:
        return f"{self.key[:8]}… ({self.state})"

    @property
    def asked_access(self) -> str:
        """What the person is asked for: what the first leg said, and no more than its application may have
        today.
        """
        return Access.less(self.requested_access or self.application.access, self.application.access)

    @property
    def expires(self) -> float:
        """Unix time from which on it is worth nothing."""
        return self.expires_at.timestamp()

    @property
    def problem(self) -> str | None:
        """The code with which it is refused though the right secret signed, or None."""
        return "user_refused" if self.user is not None and not self.user.is_active else None

    def cancel(self) -> bool:
        """Takes an Allow back, as long as nothing came of it; whether that was so."""
        allowed = RequestToken.objects.filter(pk=self.pk, state=RequestState.ALLOWED)
        return bool(allowed.update(state=RequestState.DENIED, verifier_hash="", decided_at=timezone.now()))


class AccessTokenManager(models.Manager["AccessToken"]):
    def granted(self, user: Any) -> models.QuerySet["AccessToken"]:
        """The tokens with which applications can use `user`'s account, last used first."""
        tokens = self.filter(user=user, revoked_at=None).select_related("application")
        return tokens.order_by(models.F("last_used_at").desc(nulls_last=True), "-created_at")

    def revoke(self, user: Any, application: Application | None = None) -> int:
        """Ends `user`'s tokens, of one application or of all, at once; how many those were."""
        tokens = self.filter(user=user, revoked_at=None)
        if application is not None:
            tokens = tokens.filter(application=application)
        return tokens.update(revoked_at=timezone.now())


class AccessToken(Sealed):
    """A person's grant to an application (RFC 5849's token credentials), until somebody revokes it."""

    kind = "access token"

    application = models.ForeignKey(
        Application, verbose_name=_("application"), on_delete=models.CASCADE, related_name="access_tokens"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="valetkey_access_tokens",
    )
    #: What the person saw, and allowed. The application's own access may have changed since.
    access: "models.CharField[str, str]" = models.CharField(
        _("access"), max_length=10, choices=Access.choices
    )
    #: Whether the application's owner made it for themself, without a dialog.
    own = models.BooleanField(_("made by the owner"), default=False, editable=False)
    #: When the person allowed it, or the owner made it.
    created_at = models.DateTimeField(_("allowed"), default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)

    objects = AccessTokenManager()

    #: What the answer of the third leg carries besides; filled by the store.
    extra: Mapping[str, str] = {}

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        indexes: ClassVar = [
            models.Index(fields=["user", "application", "revoked_at"], name="valetkey_grants")
        ]

    def __str__(self) -> str:
        return f"{self.key[:8]}…"

    @property
    def problem(self) -> str | None:
        """The code with which it is refused though the right secret signed, or None."""
        if self.revoked_at:
            return "token_revoked"
        return None if self.user.is_active else "user_refused"

    @property
    def effective_access(self) -> str:
        """What it may do now: what the person allowed, and no more than its application's access today."""
        return Access.less(self.access, self.application.access)

    def revoke(self) -> bool:
        """Ends it at once; False where it had ended before."""
        now = timezone.now()
        ended = AccessToken.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=now)
        self.revoked_at = self.revoked_at or now
        return bool(ended)

    def mark_used(self, now: datetime | None = None) -> None:
        """Notes that it was used; at most once a minute."""
        _mark(self, "last_used_at", now)


def _mark(row: models.Model, column: str, now: datetime | None) -> None:
    """Sets a row's time of last use, unless it was set less than :data:`LAST_USED_EVERY` ago, here or by
    another worker.
    """
    now = now or timezone.now()
    before = now - LAST_USED_EVERY
    last = getattr(row, column)
    if last is not None and before < last <= now:
        return
    old = Q(**{column: None}) | Q(**{f"{column}__lte": before}) | Q(**{f"{column}__gt": now})
    # In a savepoint, where the request has a transaction: on PostgreSQL, a failure here would turn the commit
    # of what the view wrote into a roll-back without a word.
    with transaction.atomic(using=router.db_for_write(type(row), instance=row)):
        type(row)._base_manager.filter(old, pk=row.pk).update(**{column: now})
    setattr(row, column, now)


class Nonce(models.Model):
    """A nonce that was used. What it was can't be read from it: a hash of its parts, each with its length
    before it.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    #: Unix time until which it must be kept.
    until = models.BigIntegerField(db_index=True)

    class Meta:
        verbose_name = _("nonce")
        verbose_name_plural = _("nonces")

    def __str__(self) -> str:
        return self.digest[:8]


class Refusal(models.Model):
    """A request of an application that was refused: what its owner needs to find the mistake.

    No secret, no signature and no value of a parameter is kept, but for a callback that was refused. Rows are
    written by :mod:`valetkey.django.refusals` alone.
    """

    application = models.ForeignKey(
        Application,
        verbose_name=_("application"),
        on_delete=models.CASCADE,
        related_name="refusals",
        # Else the commit of a refused request would fail where its application is deleted meanwhile.
        db_constraint=False,
    )
    #: What the answer and the log call it.
    identifier = models.CharField(_("refusal"), max_length=20, db_index=True, editable=False)
    at = models.DateTimeField(_("when"), default=timezone.now, editable=False)
    status = models.PositiveSmallIntegerField(_("status"), editable=False)
    problem = models.CharField(_("problem"), max_length=50, editable=False)
    advice = models.TextField(_("advice"), editable=False)
    #: The further parameters of the answer: ``oauth_acceptable_timestamps`` …
    facts = models.JSONField(_("details"), default=dict, editable=False)
    #: A slug of :mod:`valetkey.protocol.mistakes`, where the mistake was proved, and what it is about.
    mistake = models.CharField(_("mistake"), max_length=20, blank=True, editable=False)
    about = models.TextField(_("about"), blank=True, editable=False)
    method = models.TextField(_("method"), editable=False)
    #: What was verified, without the values of the query's parameters.
    address = models.TextField(_("address"), editable=False)
    signature_method = models.CharField(_("signed with"), max_length=50, blank=True, editable=False)
    #: The names of the parameters in the base string.
    signed_names = models.JSONField(_("parameters signed"), default=list, editable=False)
    #: Seconds by which the sender's clock was ahead; None where it sent no time.
    clock_difference = models.BigIntegerField(_("clock"), null=True, editable=False)
    #: The beginning of the token's key, and what it was allowed to do.
    token = models.CharField(_("token"), max_length=20, blank=True, editable=False)
    token_access = models.CharField(max_length=10, choices=Access.choices, blank=True, editable=False)

    class Meta:
        verbose_name = _("refusal")
        verbose_name_plural = _("refusals")
        ordering = ("-pk",)
        indexes: ClassVar = [
            models.Index(fields=["application", "problem", "mistake", "at"], name="valetkey_refusals")
        ]

    def __str__(self) -> str:
        return f"{self.identifier}: {self.problem}"
