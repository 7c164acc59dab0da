"""Where the two sites' logs go: each into a file of its own in the data folder."""

from pathlib import Path
from typing import Any


def logging_into(file: Path) -> dict[str, Any]:
    """Django's ``LOGGING`` setting. Paths are logged without their queries, and never a body."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
        "handlers": {
            "file": {
                "class": "logging.FileHandler",
                "filename": file,
                "encoding": "utf-8",
                "formatter": "line",
                "delay": True,
            }
        },
        "loggers": {
            "django": {"handlers": ["file"], "level": "WARNING", "propagate": False},
            "valetkey": {"handlers": ["file"], "level": "WARNING", "propagate": False},
            # It warns of each HEAD: the body is the server's to drop, and it does.
            "gunicorn.http.wsgi": {"level": "ERROR"},
        },
    }
