"""The command ``valetkey``: each subcommand is a file here, which imports what it needs when it runs."""

import argparse
from collections.abc import Sequence
from importlib import metadata

from valetkey.cli import demo, doctor
from valetkey.cli.talk import EXIT_INTERRUPTED, Failed, complain, say


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; the exit code: 0 done, 1 failed, 2 a mistake in the arguments, 130 Ctrl-C;
    each command's help says more."""
    arguments = parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except Failed as failed:
        complain(f"valetkey {arguments.command}: {failed.what}", failed.hint)
        return failed.code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return code


class _Version(argparse.Action):
    """Asks for the version only when somebody wants it: a checkout that isn't installed has none."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        say(f"valetkey {metadata.version('valetkey')}")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="valetkey", description="OAuth 1.0a (RFC 5849), both ends of the wire."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and end")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    for subcommand in (demo, doctor):
        subcommand.add(commands)
    return parser
