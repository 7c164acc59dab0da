"""System checks: what is unsafe or can't work is said before the first request, by a stable id."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.urls import URLResolver, get_resolver
from django.utils.module_loading import import_string

from valetkey.django import conf

#: What each id says; the docs' list is made from it.
IDS: Mapping[str, str] = {
    "valetkey.E001": "VALETKEY holds a name that is no setting",
    "valetkey.E002": "a setting's value can't be used",
    "valetkey.E003": "ORIGIN isn't an origin",
    "valetkey.E004": "ENCRYPTION_KEYS is missing",
    "valetkey.E005": "NONCE_DATABASE names no database",
    "valetkey.E006": "nonces would share an SQLite file",
    "valetkey.E007": "the nonces' database has no table for them",
    "valetkey.E008": "the nonces' database can't claim them atomically",
    "valetkey.E009": "NONCE_CACHE names no cache",
    "valetkey.E010": "NONCE_CACHE forgets nonces, or isn't shared by all workers",
    "valetkey.E011": "the pages have no session or no person",
    "valetkey.W001": "ALLOWED_HOSTS admits every host, and ORIGIN isn't set",
    "valetkey.W002": "ORIGIN is http on another computer",
    "valetkey.W003": "NONCE_CACHE may throw nonces out",
    "valetkey.W004": "a header of the request chooses the address that is verified",
    "valetkey.W005": "PLAINTEXT is allowed",
    "valetkey.W006": "explanations go out",
    "valetkey.W007": "a REST view looks for something else before it looks for a signature",
}

_MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
)

# Caches of Django's own that no nonce is safe in, and why.
_UNSAFE_CACHES = {
    "django.core.cache.backends.locmem.LocMemCache": "each worker has its own, and accepts a replay once",
    "django.core.cache.backends.dummy.DummyCache": "it keeps nothing, so that every replay would be accepted",
    "django.core.cache.backends.filebased.FileBasedCache": "its add() looks, then writes: two can both win",
    "django.core.cache.backends.db.DatabaseCache": "it culls, and rolls a claim back with the request",
}


@register("valetkey")
def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """All checks; those that need right settings only where the settings are right."""
    wrong = list(_values())
    return wrong or [*_keys(), *_nonces(), *_addresses(), *_pages(), *_order()]


def _error(number: int, message: str, hint: str | None = None) -> CheckMessage:
    return Error(message, hint=hint, id=f"valetkey.E{number:03}")


def _warning(number: int, message: str, hint: str | None = None) -> CheckMessage:
    return Warning(message, hint=hint, id=f"valetkey.W{number:03}")


def _values() -> Iterator[CheckMessage]:
    for name, fault in conf.faults():
        number = 3 if name == "ORIGIN" else 1 if name not in conf.names() else 2
        yield _error(number, f'VALETKEY["{name}"]: {fault}' if name else fault)


def _keys() -> Iterator[CheckMessage]:
    if not conf.current().encryption_keys:
        yield _error(
            4,
            'VALETKEY["ENCRYPTION_KEYS"] is missing: secrets at rest are encrypted.',
            "Make one with cryptography.fernet.Fernet.generate_key(),"
            " and keep it out of the source and of the database's backups. Only in DEBUG are keys made from"
            " SECRET_KEY.",
        )


def _nonces() -> Iterator[CheckMessage]:
    ours = conf.current()
    if ours.nonce_cache is not None:
        yield from _nonce_cache(ours.nonce_cache)
    elif ours.nonce_database not in settings.DATABASES:
        yield _error(
            5, f'VALETKEY["NONCE_DATABASE"] names “{ours.nonce_database}”, which DATABASES doesn\'t have.'
        )
    else:
        yield from _nonce_database(ours.nonce_database)


def _nonce_cache(alias: str) -> Iterator[CheckMessage]:
    if alias not in settings.CACHES:
        yield _error(9, f'VALETKEY["NONCE_CACHE"] names “{alias}”, which CACHES doesn\'t have.')
        return
    backend = settings.CACHES[alias].get("BACKEND", "")
    kind = _imported(backend)
    for unsafe, reason in _UNSAFE_CACHES.items():
        if kind is not None and issubclass(kind, import_string(unsafe)):
            yield _error(
                10,
                f"Nonces can't live in {unsafe.rpartition('.')[2]}: {reason}.",
                "Use Valkey or Redis, or NONCE_DATABASE.",
            )
    if "memcached" in backend:
        yield _warning(
            3,
            "Memcached throws nonces out when it is full, and forgets all when it restarts.",
            "Use Valkey or Redis.",
        )


def _imported(name: str) -> Any:
    try:
        return import_string(name)
    except ImportError:
        return None  # Django's own check says so


def _nonce_database(alias: str) -> Iterator[CheckMessage]:
    from valetkey.django.models import Nonce

    try:
        connection = connections[alias]
    except ImproperlyConfigured:
        return  # Django says so when the database is used
    if connection.vendor == "sqlite" and (alias == DEFAULT_DB_ALIAS or _shares_file(alias)):
        yield _error(
            6,
            "On SQLite, nonces need a file of their own: a claim is made while the request's transaction may"
            " hold the file's only write lock, and would wait for the very request that waits for it.",
            "See valetkey.django.routers, or use NONCE_CACHE.",
        )
    elif not router.allow_migrate_model(alias, Nonce):
        yield _error(
            7,
            f"No table for nonces is made in the database “{alias}”.",
            'Add "valetkey.django.routers.NonceRouter" to DATABASE_ROUTERS.',
        )
    if not connection.features.supports_ignore_conflicts:
        yield _error(
            8,
            f"{connection.display_name} can't insert a row unless it is there, in one statement.",
            "Use NONCE_CACHE.",
        )


def _shares_file(alias: str) -> bool:
    file = _file(alias)
    return any(other != alias and _file(other) == file for other in settings.DATABASES)


def _file(alias: str) -> Path | None:
    database = settings.DATABASES[alias]
    if not database.get("ENGINE", "").endswith("sqlite3") or ":memory:" in str(database["NAME"]):
        return None
    return Path(database["NAME"]).resolve()


def _addresses() -> Iterator[CheckMessage]:
    ours = conf.current()
    if ours.origin is None:
        if "*" in settings.ALLOWED_HOSTS:
            yield _warning(
                1,
                "ALLOWED_HOSTS admits every host, and signatures are verified for whichever a request names:"
                " what was signed for another service can be relayed here.",
                'Set VALETKEY["ORIGIN"], or name the hosts.',
            )
        if settings.USE_X_FORWARDED_HOST or (settings.SECURE_PROXY_SSL_HEADER and not settings.DEBUG):
            yield _warning(
                4,
                "A header of the request (USE_X_FORWARDED_HOST, SECURE_PROXY_SSL_HEADER) chooses the address"
                " that is verified.",
                'Set VALETKEY["ORIGIN"], so that nobody who reaches this server past the proxy can.',
            )
    elif ours.origin.startswith("http:") and not settings.DEBUG and not conf.is_loopback(ours.origin):
        yield _warning(
            2, "Over http, everybody on the way can read secrets, verifiers and answers.", "Serve https."
        )
    if "PLAINTEXT" in ours.signature_methods:
        yield _warning(
            5, "PLAINTEXT sends the secrets themselves with each request, and proves nothing about it."
        )
    if ours.explain and not settings.DEBUG:
        yield _warning(
            6,
            "EXPLAIN tells everybody who sends a wrong signature how it was verified.",
            "It is for development.",
        )


def _pages() -> Iterator[CheckMessage]:
    have = [_imported(name) for name in settings.MIDDLEWARE]
    for name in _MIDDLEWARE:
        wanted = import_string(name)
        if not any(isinstance(kind, type) and issubclass(kind, wanted) for kind in have):
            yield _error(11, f"The authorize page needs to know who is there: MIDDLEWARE lacks “{name}”.")
    if not settings.LOGIN_URL:
        yield _error(11, "The authorize page sends people to log in: LOGIN_URL is empty.")


def _order() -> Iterator[CheckMessage]:
    views = list(_views(get_resolver())) if getattr(settings, "ROOT_URLCONF", None) else []
    # Nobody needs the framework; and a view that names our class has imported it.
    rest = sys.modules.get("valetkey.django.rest")
    if rest is None:
        return
    for view in views:
        kinds = _authentication_classes(view)
        ours = [isinstance(kind, type) and issubclass(kind, rest.OAuth1Authentication) for kind in kinds]
        if any(ours) and not ours[0]:
            yield _warning(
                7,
                f"{view.cls.__name__} looks for something else before it looks for a signature: a cookie may"
                " then count instead, and who sends nothing gets no OAuth challenge.",
                "Name OAuth1Authentication first in authentication_classes.",
            )


def _views(resolver: URLResolver) -> Iterator[Any]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _views(entry)
        else:
            yield entry.callback


def _authentication_classes(view: Any) -> Sequence[Any]:
    """Those of a view of Django REST framework; none of another's."""
    given: Mapping[str, Any] = getattr(view, "initkwargs", {})
    classes = getattr(getattr(view, "cls", None), "authentication_classes", ())
    found: Sequence[Any] = given.get("authentication_classes", classes)
    return found
