from django.apps import AppConfig


class TestSiteConfig(AppConfig):
    name = "valetkey.demo.site"
    label = "testsite"
    default_auto_field = "django.db.models.BigAutoField"
