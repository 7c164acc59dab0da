"""``valetkey demo``: both sites of the demo on this computer."""

import argparse
import os
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from valetkey.cli.talk import Failed, complain, say

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

NEEDED = ("django", "gunicorn", "cryptography")

EXAMPLE = """\
example:
  valetkey demo --site-port 0 --provider-port 0 --data ./demo-data
"""


def add(commands: "Subparsers") -> None:
    parser = commands.add_parser(
        "demo",
        help="run Aviary (a provider) and the tutorial's test site",
        description="Runs Aviary, a microblogging service (the provider), and the tutorial's test site (the "
        "consumer). Prints what to open and who to log in as. Ctrl-C stops both.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--site-port", type=port, default=12000, metavar="PORT", help="12000; 0: any free one"
    )
    parser.add_argument(
        "--provider-port", type=port, default=12001, metavar="PORT", help="12001; 0: any free one"
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on; 127.0.0.1")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help=f"where everything is kept; {default_data()}"
    )
    parser.add_argument(
        "--provider-origin",
        metavar="URL",
        help="Aviary's public origin behind a TLS proxy, such as https://aviary.example",
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON, once both sites answer")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        verb = "is" if len(missing) == 1 else "are"
        raise Failed(f"{', '.join(missing)} {verb} not installed", "pip install 'valetkey[demo]'")
    with suppress(KeyboardInterrupt):  # before anything is started that would have to be stopped
        _start(arguments)
    return 0


def _start(arguments: argparse.Namespace) -> None:
    from valetkey.demo import launcher

    options = launcher.Options(
        data=arguments.data or default_data(),
        host=arguments.host,
        site_port=arguments.site_port,
        provider_port=arguments.provider_port,
        provider_origin=arguments.provider_origin,
        json=arguments.json,
    )
    try:
        launcher.run(options, say, lambda text: complain(f"valetkey demo: warning: {text}"))
    except launcher.Unable as unable:
        raise Failed(unable.what, unable.hint) from None


def default_data() -> Path:
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "valetkey-demo"


def port(text: str) -> int:
    """:raises argparse.ArgumentTypeError: for what is no port."""
    if not (text.isascii() and text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to 65535")
    return int(text)
