from django.apps import AppConfig


class AviaryConfig(AppConfig):
    name = "valetkey.demo.aviary"
    label = "aviary"
    default_auto_field = "django.db.models.BigAutoField"
