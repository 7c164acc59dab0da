"""The admin's lists. No secret is in them, encrypted or not: secrets are made and shown elsewhere."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from valetkey.django.models import AccessToken, Application, Refusal, RequestToken

_NEVER_SHOWN = {"sealed_secret", "sealed_older_secret", "verifier_hash", "callback", "facts"}


class _Watched(admin.ModelAdmin):  # type: ignore[type-arg]  # ModelAdmin takes no parameter at run time
    """Rows that come from the protocol: to be looked at and deleted, never typed in."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # Django lets an address filter by any column of the model itself, so that a column which no page
        # shows could be guessed letter by letter.
        return not _NEVER_SHOWN & set(lookup.split("__")) and super().lookup_allowed(lookup, value, request)


class ApplicationForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no parameter at run time
    """What a form shows of key and methods, and nobody changed in it, isn't written: a form that was opened
    earlier would bring back a key that was replaced meanwhile.
    """

    _together = ("rsa_public_key", "signature_methods")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.fields.keys() & set(self._together):
            self.fields[name].show_hidden_initial = True

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        for name in cleaned.keys() & set(self._together):
            if name not in self.changed_data:
                cleaned[name] = getattr(self.instance, name)
        return cleaned


@admin.register(Application)
class ApplicationAdmin(_Watched):
    """Applications. A secret couldn't be shown to whoever adds one here, so
    :meth:`Application.objects.register` is for that.
    """

    form = ApplicationForm
    list_display = ("name", "key", "owner", "access", "suspended_at", "created_at")
    list_select_related = ("owner",)
    list_filter = ("access", "suspended_at")
    search_fields = ("key", "name")
    raw_id_fields = ("owner",)
    fields = (
        *("name", "key", "description", "website", "owner", "callback_lines", "access", "signature_methods"),
        *("rsa_public_key", "rsa_fingerprint", "rsa_key_given_at", "rsa_key_used_at"),
        *("suspended_at", "suspension_reason", "created_at", "changed_at"),
        *("secret_made_at", "secret_used_at"),
    )
    readonly_fields: ClassVar = (
        *("key", "created_at", "changed_at", "secret_made_at", "secret_used_at"),
        *("rsa_fingerprint", "rsa_key_given_at", "rsa_key_used_at"),
    )

    @admin.display(description=_("RSA key’s SHA-256"))
    def rsa_fingerprint(self, application: Application) -> str:
        key = application.rsa_key_shown
        return _("%(fingerprint)s (%(bits)s bits)") % key._asdict() if key else "-"

    # What is pasted may be a private key, and an error's report holds what was posted.
    @method_decorator(sensitive_post_parameters())
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changeform_view(request, *args, **kwargs)


@admin.register(RequestToken)
class RequestTokenAdmin(_Watched):
    list_display = ("key", "application", "state", "user", "access", "created_at", "expires_at")
    list_select_related = ("application", "user")
    list_filter = ("state",)
    search_fields = ("key", "application__name", "application__key")
    # Neither the verifier's hash nor the callback, whose query may be the application's own secret.
    fields = readonly_fields = (
        *("key", "application", "requested_access", "state", "user", "access", "tries"),
        *("created_at", "expires_at", "decided_at"),
    )


@admin.register(AccessToken)
class AccessTokenAdmin(_Watched):
    list_display = ("key", "application", "user", "access", "own", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("application", "user")
    list_filter = ("access", "revoked_at")
    search_fields = ("key", "application__name", "application__key")
    actions = ("revoke",)
    fields = readonly_fields = (
        *("key", "application", "user", "access", "own", "created_at", "last_used_at", "revoked_at"),
    )

    @admin.action(description=_("Revoke the chosen access tokens"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        for token in queryset:
            token.revoke()


@admin.register(Refusal)
class RefusalAdmin(_Watched):
    """Refused requests: whoever asks about one names the id that the answer carried."""

    list_display = ("identifier", "application", "at", "status", "problem", "mistake")
    list_select_related = ("application",)
    list_filter = ("problem", "mistake")
    search_fields = ("identifier", "application__name", "application__key")
    # Not the facts: a callback that was refused is among them.
    fields = readonly_fields = (
        *("identifier", "application", "at", "status", "problem", "advice", "mistake", "about"),
        *("method", "address", "signature_method", "signed_names", "clock_difference", "token"),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
