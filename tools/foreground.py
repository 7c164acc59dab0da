"""Runs a command as the terminal's foreground job: Ctrl-C reaches it, and not the `make` that waits for it.

make answers Ctrl-C with an error of its own, however well the command ended. Where there is no terminal, the
command takes this process's place.
"""

import os
import signal
import sys
from types import FrameType

TERMINAL = 0


def in_foreground() -> bool:
    return os.isatty(TERMINAL) and os.tcgetpgrp(TERMINAL) == os.getpgrp()


def start(command: list[str]) -> int:
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(TERMINAL, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print(f"{command[0]}: {error.strerror}", file=sys.stderr)
            os._exit(127)
    return child


def wait(child: int) -> int:
    """Its exit status. Ctrl-Z stops this process's own group too, and `fg` wakes both."""
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            return os.waitstatus_to_exitcode(status)
        os.tcsetpgrp(TERMINAL, os.getpgrp())
        os.killpg(0, signal.SIGTSTP)
        if in_foreground():
            os.tcsetpgrp(TERMINAL, child)
        os.killpg(child, signal.SIGCONT)


def main(command: list[str]) -> int:
    if not in_foreground():
        os.execvp(command[0], command)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # else taking the terminal back would stop us
    child = start(command)

    def forward(number: int, frame: FrameType | None) -> None:
        os.kill(child, number)

    signal.signal(signal.SIGTERM, forward)
    signal.signal(signal.SIGHUP, forward)
    code = wait(child)
    os.tcsetpgrp(TERMINAL, os.getpgrp())
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
