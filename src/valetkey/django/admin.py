"""The admin's lists. No secret is in them, encrypted or not: secrets are made and shown elsewhere."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

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


@admin.register(Application)
class ApplicationAdmin(_Watched):
    """Applications. A secret couldn't be shown to whoever adds one here, so
    :meth:`Application.objects.register` is for that.
    """

    list_display = ("name", "key", "owner", "access", "suspended_at", "created_at")
    list_select_related = ("owner",)
    list_filter = ("access", "suspended_at")
    search_fields = ("key", "name")
    raw_id_fields = ("owner",)
    fields = (
        *("name", "key", "description", "website", "owner", "callback_lines", "access", "signature_methods"),
        *(
            "suspended_at",
            "suspension_reason",
            "created_at",
            "changed_at",
            "secret_made_at",
            "secret_used_at",
        ),
    )
    readonly_fields: ClassVar = ("key", "created_at", "changed_at", "secret_made_at", "secret_used_at")


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
