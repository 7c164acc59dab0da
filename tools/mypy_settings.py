"""What mypy's Django plugin reads: every application of the project, beside each other.

No site runs on these. The demo's two settings modules need a running demo, and hold one application each.
"""

from typing import Any

SECRET_KEY = "for types only"  # noqa: S105  # nothing is signed with it
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "valetkey.django",
    "valetkey.demo.aviary",
    "valetkey.demo.site",
]
AUTH_USER_MODEL = "aviary.User"
VALETKEY: dict[str, Any] = {}
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
