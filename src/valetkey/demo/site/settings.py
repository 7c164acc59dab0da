"""The test site's settings. What differs between starts comes from the parent; secrets, from the data
folder.
"""

from valetkey.demo import config
from valetkey.demo.shared import languages
from valetkey.demo.shared.logs import logging_into

CONFIG = config.load()

DEBUG = False
SECRET_KEY = CONFIG.secret("site-signing")
ALLOWED_HOSTS = list(CONFIG.site_hosts)
CSRF_TRUSTED_ORIGINS = [CONFIG.site_origin]

INSTALLED_APPS = [
    "valetkey.demo.site",
    "valetkey.demo.shared",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "valetkey.demo.shared.headers.page_headers",
    "django.middleware.security.SecurityMiddleware",
    "valetkey.django.middleware.FreshOAuthMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]

ROOT_URLCONF = "valetkey.demo.site.urls"
WSGI_APPLICATION = "valetkey.demo.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": CONFIG.data / "site.sqlite3",
        "CONN_MAX_AGE": None,
        # WAL: readers and the one writer don't wait for each other. IMMEDIATE: a transaction that will write
        # waits for its turn at the start, and doesn't fail in the middle.
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
        },
    }
}

# As in the tutorial: sessions are files in the system's folder for such things, each readable by this user
# alone. They hold request tokens with their secrets, and never an access token.
SESSION_ENGINE = "django.contrib.sessions.backends.file"
SESSION_FILE_PATH = None

# Cookies ignore ports, so the two sites' must not have the same names.
SESSION_COOKIE_NAME = "site_sessionid"
CSRF_COOKIE_NAME = "site_csrftoken"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "valetkey.demo.site.errors.csrf_failure"

STATIC_URL = "/static/"

LANGUAGE_CODE = "en"
LANGUAGES = languages.LANGUAGES
FORMAT_MODULE_PATH = languages.FORMATS
# Such a cookie counts for more than Accept-Language, and others on this computer may have set Django's.
LANGUAGE_COOKIE_NAME = "site_language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING = logging_into(CONFIG.data / "site.log")
