"""The form with a status, and the token to post it with."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from valetkey import AccessToken

AVIARY_CUTS_AT = 140
#: What this site sends at the most: that Aviary cuts is worth seeing; megabytes are not.
MOST = 5000


class StatusForm(forms.Form):
    """`access` and `secret` hold the visitor's own token, and can be typed by hand. Left empty, they are the
    visitor's own.
    """

    status = forms.CharField(
        label=_("Status"),
        help_text=_("Up to 140 characters. Longer ones are cut."),
        strip=False,
        max_length=MOST,
        error_messages={
            "required": _("Write something first."),
            "max_length": _("Write 5,000 characters or fewer."),
        },
        widget=forms.Textarea(
            attrs={
                "rows": 3,
                "dir": "auto",
                "autocomplete": "off",
                "data-limit": AVIARY_CUTS_AT,  # with script, the hint counts
                "data-hint": "id_status_helptext",
                "data-say-left": _("{n} left"),
                "data-say-over": _("{n} too many: the end will be cut"),
            }
        ),
    )
    access = forms.CharField(
        label=_("Access token"),
        strip=False,
        required=False,
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
    )
    secret = forms.CharField(
        label=_("Access token secret"),
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"class": "mono", "autocomplete": "off"}),
    )

    @sensitive_variables("own")
    def __init__(
        self, data: Mapping[str, Any] | None = None, *, own: AccessToken | None, draft: str = ""
    ) -> None:
        """:param own: the visitor's token. :param draft: what they wanted to post before."""
        access = own.key if own else ""
        super().__init__(data, initial={"status": draft, "access": access})
        self._own = own
        shown = access if data is None else data.get("access", "")
        # A secret that was typed isn't sent back; the visitor's own stands in the form beside its token.
        if own and shown in ("", own.key):
            self.fields["secret"].widget.attrs["value"] = own.secret
        self.fields["secret"].help_text = (
            gettext("Kept by this site. Type others to use another token.")
            if own
            else gettext("It stands beside the token, in Aviary’s developers’ corner.")
        )

    def clean_status(self) -> str:
        status: str = self.cleaned_data["status"].replace("\r\n", "\n")
        if not status.strip():
            raise forms.ValidationError(gettext("Write something first."))
        return status

    def clean(self) -> dict[str, Any]:
        if not (self.cleaned_data.get("access") or self._own):
            self.add_error("access", gettext("Type an access token, or connect to Aviary first."))
        return self.cleaned_data

    @property
    @sensitive_variables()
    def token(self) -> tuple[str, str]:
        """The access token to post with, and its secret."""
        access, secret = self.cleaned_data["access"], self.cleaned_data["secret"]
        if self._own and access in ("", self._own.key):
            return self._own.key, secret or self._own.secret
        return access, secret
