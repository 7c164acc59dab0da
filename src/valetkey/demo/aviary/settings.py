"""Aviary's settings. What differs between starts comes from the parent; secrets, from the data folder."""

from typing import Any

from valetkey.demo import config
from valetkey.demo.shared import languages
from valetkey.demo.shared.logs import logging_into

CONFIG = config.load()
SECURE = CONFIG.provider_origin.startswith("https:")

DEBUG = False
SECRET_KEY = CONFIG.secret("aviary-signing")
ALLOWED_HOSTS = list(CONFIG.provider_hosts)
# Behind a TLS proxy, the browser names the public origin, and this process sees http.
CSRF_TRUSTED_ORIGINS = [CONFIG.provider_origin]

INSTALLED_APPS = [
    "valetkey.demo.aviary",  # before valetkey.django, some of whose templates it replaces
    "valetkey.demo.shared",
    "valetkey.django",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "valetkey.demo.shared.headers.page_headers",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "valetkey.demo.aviary.urls"
WSGI_APPLICATION = "valetkey.demo.aviary.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "valetkey.demo.aviary.context.clock",
            ],
        },
    },
]

# WAL: readers and the one writer don't wait for each other. NORMAL: what was committed survives a killed
# process. IMMEDIATE: a transaction that will write waits for its turn at the start, and doesn't fail in the
# middle.
_SQLITE: dict[str, Any] = {
    "ENGINE": "django.db.backends.sqlite3",
    "CONN_MAX_AGE": None,
    "OPTIONS": {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
    },
}
DATABASES = {
    "default": {**_SQLITE, "NAME": CONFIG.data / "aviary.sqlite3"},
    "nonces": {**_SQLITE, "NAME": CONFIG.data / "aviary-nonces.sqlite3"},
}
DATABASE_ROUTERS = ["valetkey.django.routers.NonceRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "aviary.User"
LOGIN_URL = "aviary:login"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Cookies ignore ports, so the two sites' must not have the same names.
SESSION_COOKIE_NAME = "aviary_sessionid"
CSRF_COOKIE_NAME = "aviary_csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "valetkey.demo.aviary.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

STATIC_URL = "/static/"

LANGUAGE_CODE = "en"
LANGUAGES = languages.LANGUAGES
FORMAT_MODULE_PATH = languages.FORMATS
# Such a cookie counts for more than Accept-Language, and others on this computer may have set Django's.
LANGUAGE_COOKIE_NAME = "aviary_language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING = logging_into(CONFIG.data / "aviary.log")

VALETKEY = {
    "NAME": "Aviary",
    "ORIGIN": CONFIG.provider_origin,
    "ENCRYPTION_KEYS": [CONFIG.secret("aviary-encryption")],
    "NONCE_DATABASE": "nonces",
    # Those with RSA count for an application that gave a public key, and for no other one. SHA-1, since it is
    # RFC 5849's own, and all that many clients know.
    "SIGNATURE_METHODS": (
        *("HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"),
        *("RSA-SHA1", "RSA-SHA256", "RSA-SHA512"),
    ),
    "EXPLAIN": CONFIG.explain,
    "ACCESS_TOKEN_EXTRA": "valetkey.demo.aviary.api.token_extra",
    "RESERVED_NAMES": ("Aviary",),
}
# W006 says that explanations go out. They go to this computer alone, where somebody is learning.
SILENCED_SYSTEM_CHECKS = ["valetkey.W006"]
