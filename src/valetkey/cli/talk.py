"""How the command speaks: results on standard output; on standard error a line of error, and one of hint."""

import re
import sys

EXIT_FAILED = 1
EXIT_INTERRUPTED = 128 + 2  # as shells say that SIGINT ended a command

# What could drive a terminal: control characters, and those that turn the reading direction.
_UNPRINTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class Failed(Exception):
    """The command couldn't do it: what happened, and what to do; and the exit code that says so."""

    code = EXIT_FAILED

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what, hint)
        self.what = what
        self.hint = hint


def say(text: str) -> None:
    """A result."""
    sys.stdout.write(f"{printable(text)}\n")
    sys.stdout.flush()


def complain(what: str, hint: str = "") -> None:
    lines = [what, hint] if hint else [what]
    sys.stderr.write("".join(f"{printable(line)}\n" for line in lines))
    sys.stderr.flush()


def printable(text: str) -> str:
    """`text`, with what could drive a terminal escaped."""
    return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
