"""What people type, and the words for what can't be accepted."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from valetkey.demo.aviary.models import User, check_display_name, check_screen_name, is_empty
from valetkey.django.keys import PublicKeyFormField
from valetkey.django.models import CALLBACKS_LENGTH, Access, Application
from valetkey.protocol.encoding import Malformed
from valetkey.protocol.origin import OUT_OF_BAND, Url, check_callback

#: A text that is translated when it is shown. The type that it has in the stubs isn't there at run time.
Lazy = Any

_PASSWORD_WORDS = {
    "password_too_short": _("Use 12 characters or more."),
    "password_too_common": _("This password is on lists of stolen ones. Choose another."),
}
#: Longer ones cost time to hash and protect nobody better.
_LONGEST_PASSWORD = 256
#: As many lines are named that can't be accepted.
_MOST_FAULTS = 5


def _password(hint: Lazy, use: str) -> forms.CharField:
    return forms.CharField(
        label=_("Password"),
        help_text=hint,
        strip=False,
        max_length=_LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": use}),
        error_messages={"required": _("Type a password."), "max_length": _("Use 256 characters or fewer.")},
    )


def _screen_name(hint: Lazy, required: Lazy) -> forms.CharField:
    quiet = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
    return forms.CharField(
        label=_("Screen name"),
        help_text=hint,
        widget=forms.TextInput(attrs=quiet),
        error_messages={"required": required},
    )


def _display_name(hint: Lazy) -> forms.CharField:
    return forms.CharField(
        label=_("Name"),
        help_text=hint,
        required=False,
        max_length=50,
        validators=[check_display_name],
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
        error_messages={"max_length": _("Use 50 characters or fewer.")},
    )


class SignUp(forms.Form):
    username = _screen_name(
        _("Up to 15 letters, digits and _. Everybody sees it."), _("Choose a screen name.")
    )
    name = _display_name(_("Shown beside your statuses. You can change it later."))
    password = _password(_("12 characters or more."), "new-password")

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"].removeprefix("@")
        check_screen_name(name)
        if User.objects.filter(screen_name=name).exists():
            raise self.taken(name)
        return name

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        try:
            validate_password(password)
        except ValidationError as error:
            words = [_PASSWORD_WORDS.get(one.code or "", one.messages[0]) for one in error.error_list]
            raise ValidationError(words) from None
        return password

    @staticmethod
    def taken(name: str) -> ValidationError:
        return ValidationError(_("@%(name)s is taken."), code="taken", params={"name": name})


class LogIn(forms.Form):
    username = _screen_name("", _("Type your screen name."))
    password = _password("", "current-password")

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        return name.removeprefix("@")


class Name(forms.Form):
    name = _display_name(_("Shown beside your statuses. Without one, your screen name is."))


class Compose(forms.Form):
    status = forms.CharField(
        label=_("New status"),
        help_text=_("Up to 140 characters. Longer ones are cut."),
        strip=False,
        widget=forms.Textarea(
            attrs={
                "rows": 3,
                "dir": "auto",
                "data-limit": 140,
                "data-hint": "id_status_helptext",
                # Translators: {n} is a number of characters, 1 or more; the script puts it in.
                "data-say-left": _("{n} left"),
                # Translators: {n} is a number of characters, 1 or more; the script puts it in.
                "data-say-over": _("{n} too many: the end will be cut"),
            }
        ),
        error_messages={"required": _("Write something first.")},
    )

    def clean_status(self) -> str:
        # A browser sends each line break as two characters; nobody typed two.
        text: str = self.cleaned_data["status"].replace("\r\n", "\n")
        if is_empty(text):
            raise ValidationError(_("Write something first."), code="required")
        return text


ACCESS_HINTS = {
    Access.READ: _("Timelines and profiles. Posting is refused with 403."),
    Access.WRITE: _("Also posting statuses in a person’s name."),
}


_NO_ACCESS = _("Choose what it may do.")


def _access() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Access"),
        choices=Access.choices,
        initial=Access.READ,
        widget=forms.RadioSelect,
        error_messages={"required": _NO_ACCESS, "invalid_choice": _NO_ACCESS},
    )


class AccessForm(forms.Form):
    access = _access()


def _rsa_key(required: Lazy | None) -> PublicKeyFormField:
    """`required` says that it is missing; None where it may be."""
    quiet = {
        "rows": 6,
        "class": "mono",
        "autocomplete": "off",
        "autocapitalize": "none",
        "spellcheck": "false",
    }
    return PublicKeyFormField(
        label=_("Public RSA key"),
        help_text=_(
            "As PEM: a public key, or a certificate, of 2048 bits or more. Never a private key: that one"
            " stays with your program."
        ),
        required=required is not None,
        widget=forms.Textarea(attrs=quiet),
        error_messages={"required": required or ""},
    )


class RsaKey(forms.Form):
    rsa_public_key = _rsa_key(_("Paste a public key."))


class ApplicationForm(forms.Form):
    """What an application's owner may write about it."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("People see it when they decide. 3 to 40 characters."),
        min_length=3,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
        error_messages={
            "required": _("Give it a name."),
            "min_length": _("Use 3 characters or more."),
            "max_length": _("Use 40 characters or fewer."),
        },
    )
    description = forms.CharField(
        label=_("What it does (optional)"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
        error_messages={"max_length": _("Use 200 characters or fewer.")},
    )
    website = forms.CharField(
        label=_("Web site (optional)"),
        help_text=_("https or http"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url"}),
    )
    callbacks = forms.CharField(
        label=_("Callback addresses"),
        help_text=_(
            "One a line, exactly as you will send them. https; or http on this computer, then on any port."
            " None, for PINs only."
        ),
        required=False,
        max_length=CALLBACKS_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
        error_messages={"max_length": _("These are too many.")},
    )

    def clean_callbacks(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["callbacks"].splitlines() if line.strip()]
        errors = [fault for fault in map(_fault_of_callback, lines) if fault]
        if errors:
            raise ValidationError(errors[:_MOST_FAULTS])
        return list(dict.fromkeys(lines))

    def fields_of(self) -> dict[str, Any]:
        """What was typed, as :class:`Application` names it."""
        return {name: self.cleaned_data[name] for name in ("name", "description", "website", "callbacks")}

    def refuse(self, error: ValidationError) -> None:
        """Shows what the model has refused, at the field where it was typed."""
        errors: Mapping[str, list[ValidationError]] = error.error_dict
        for field, faults in errors.items():
            place = {"callback_lines": "callbacks"}.get(field, field)
            words = [_WORDS.get((place, fault.code), fault) for fault in faults]
            self.add_error(place if place in self.fields else None, ValidationError(list(words)))


class Registration(ApplicationForm):
    access = _access()
    rsa_public_key = _rsa_key(None)

    def fields_of(self) -> dict[str, Any]:
        names = ("access", "rsa_public_key")
        return super().fields_of() | {name: self.cleaned_data[name] for name in names}


_WORDS: Mapping[tuple[str, str | None], Promise] = {
    ("website", "invalid"): _("This isn’t an address like https://example.com/."),
}


def _fault_of_callback(line: str) -> str | None:
    """The page's words for what no application may register here, or None."""
    scheme = line.partition(":")[0].lower()
    try:
        check_callback(line)
        unencrypted = scheme == "http" and not Url(line).is_loopback
    except Malformed as error:
        words = next((words for part, words in _UNUSABLE if part in error.reason), _OTHERWISE)
        return str(words % {"line": line, "scheme": scheme, "reason": error.reason})
    if line == OUT_OF_BAND:
        return gettext("“oob” needs no registration: every application may ask for a PIN.")
    return (
        gettext("“%(line)s” is http on another computer. Use https.") % {"line": line}
        if unencrypted
        else None
    )


_NO_HOST = _("“%(line)s” isn’t an address with a host.")
#: A part of the core's reason, and the page's sentence for it.
_UNUSABLE = (
    ("“#”", _("Leave out what follows #.")),
    ("is not allowed", _("“%(scheme)s:” is not allowed.")),
    ("host", _NO_HOST),
    ("absolute", _NO_HOST),
    (
        "a blank",
        _(
            "“%(line)s” can’t be used: it holds a blank, a control character, a backslash, a quotation mark,"
            " or a letter outside ASCII: percent-encode it."
        ),
    ),
    ("“@”", _("“%(line)s” can’t be used: leave out the user name before “@”.")),
    ("escape", _("“%(line)s” can’t be used: a percent escape in it can’t be read. Write %% itself as %%25.")),
    (
        "oauth_…",
        _(
            "“%(line)s” can’t be used: its query holds a parameter that the provider adds itself (oauth_…,"
            " denied): rename it."
        ),
    ),
)
_OTHERWISE = _("“%(line)s” can’t be used: %(reason)s.")


def initial_of(application: Application) -> dict[str, str]:
    return {
        "name": application.name,
        "description": application.description,
        "website": application.website,
        "callbacks": "\n".join(application.callbacks),
    }
