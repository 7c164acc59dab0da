from django.apps import AppConfig
from django.core.signals import setting_changed
from django.utils.translation import gettext_lazy as _


class ValetkeyConfig(AppConfig):
    name = "valetkey.django"
    label = "valetkey"
    verbose_name = _("Valetkey (OAuth 1.0a)")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from valetkey.django import checks as checks  # registers itself
        from valetkey.django import nonces, receivers

        setting_changed.connect(receivers.forget_settings)
        nonces.close_with_requests()
        receivers.watch_passwords()
