"""A small site for the tests of `valetkey.django`: SQLite files, and PostgreSQL where a test asks for it."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# One folder for each process: workers of pytest-xdist share nothing.
FOLDER = Path(tempfile.mkdtemp(prefix=f"valetkey-{os.getpid()}-"))
# Also where no test runs: in the process that only hands tests out, and in mypy.
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)

SECRET_KEY = "for tests only"
DEBUG = False
ALLOWED_HOSTS = ["testserver", "provider.example"]
USE_TZ = True
ROOT_URLCONF = "tests.django.urls"
LOGIN_URL = "/login/"
STATIC_URL = "/static/"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "rest_framework",
    "valetkey.django",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
# Nothing here outlives the process, so nothing need wait for the disk.
QUICK = {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;", "timeout": 30}
DATABASES = {
    # The views of a site with ATOMIC_REQUESTS are the harder case, for nonces and for the endpoints.
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": FOLDER / "site.sqlite3",
        "ATOMIC_REQUESTS": True,
        "OPTIONS": QUICK | {"transaction_mode": "IMMEDIATE"},
    },
    "nonces": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "nonces.sqlite3", "OPTIONS": QUICK},
    "postgresql": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "postgres",
        "USER": "postgres",
        # HOST comes with the server. Until then, no request may open a transaction here.
        "ATOMIC_REQUESTS": False,
    },
}
DATABASE_ROUTERS = ["tests.django.databases.Router", "valetkey.django.routers.NonceRouter"]
REST_FRAMEWORK = {"DEFAULT_THROTTLE_RATES": {"oauth_consumer": "5/min", "oauth_token": "3/min"}}
# The default hasher is slow on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
VALETKEY = {
    "ENCRYPTION_KEYS": ["b4cK0vMYzM6H0p6F2dYH1Hvn1b6Iuq7Xlqv1E1kU0Wg="],
    "NONCE_DATABASE": "nonces",
    "NAME": "Rookery",
}
