"""A secret that is easy to find again, and the ways in which text leaves a program without being meant to."""

import copy
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, is_dataclass

CANARY = "canary-5EC12E7"


def _copied(holder: object) -> str:
    text = repr(copy.copy(holder))
    with suppress(TypeError):  # what holds a lock
        text += repr(copy.deepcopy(holder))
    return text


def _logged(holder: object) -> str:
    record = logging.getLogger("canary").makeRecord(
        "canary", logging.DEBUG, __file__, 1, "%s %r", (holder, holder), None, extra={"holder": holder}
    )
    return logging.Formatter("%(message)s %(holder)s").format(record) + repr(vars(record))


def _traced(holder: object) -> str:
    def fail(holder: object) -> None:
        raise holder if isinstance(holder, BaseException) else RuntimeError(holder)

    try:
        fail(holder)
    except BaseException as error:
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
    text = "".join(report.format())
    assert "holder = " in text
    return text


def _pickled(holder: object) -> str:
    # Values are pickled whole, for sessions; errors travel between processes, into queues and reports.
    return repr(pickle.dumps(holder)) if isinstance(holder, BaseException) else ""


WAYS: Mapping[str, Callable[[object], str]] = {
    "repr": repr,
    "str": str,
    "an f-string": lambda holder: f"{holder} {holder!r} {holder!s} {holder!a}",
    "format": "{}".format,
    "%": lambda holder: "%s %r" % (holder, holder),  # noqa: UP031  # the old way of formatting is one that a secret may leave by
    "inside others": lambda holder: repr([{"holder": (holder,)}]),
    "pprint": pprint.pformat,
    "vars": lambda holder: repr(getattr(holder, "__dict__", "")),
    "asdict": lambda holder: repr(asdict(holder)) if is_dataclass(holder) else "",  # type: ignore[arg-type]  # is_dataclass() lets mypy think of a class; it is an instance
    "args": lambda holder: repr(getattr(holder, "args", ())),
    "a copy": _copied,
    "a pickled error": _pickled,
    "a log": _logged,
    "a traceback with its variables": _traced,
}


def told(holder: object) -> list[str]:
    """The ways in which `holder` tells the canary."""
    return [way for way, tell in WAYS.items() if CANARY in tell(holder)]
