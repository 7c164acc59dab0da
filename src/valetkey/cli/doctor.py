"""``valetkey doctor``: which mistake made a refused request's signature wrong, with proof, and what mends it.

It reads what it is given, and nothing that is named in it; it asks no server.
"""

import argparse
import os
import sys
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from valetkey.cli.talk import Failed, complain, say

if TYPE_CHECKING:
    from valetkey.doctor.search import Diagnosis

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

EXIT_RIGHT, EXIT_EXPLAINED, EXIT_USAGE, EXIT_UNEXPLAINED = range(4)
EXITS = {"correct": EXIT_RIGHT, "explained": EXIT_EXPLAINED, "unexplained": EXIT_UNEXPLAINED}

#: Of a pasted request, in octets.
MAX_OCTETS = 50_000_000

VARIABLES = ("VALETKEY_CONSUMER_SECRET", "VALETKEY_TOKEN_SECRET")

EXAMPLE = f"""\
The secrets come from the environment, {VARIABLES[0]} and {VARIABLES[1]},
from a file with such lines (--secrets), or are asked for. They are never an argument, and never shown.

exit codes:
  0 the signature is right   1 the mistake is proved   2 usage   3 nothing explains it

example:
  {VARIABLES[0]}=… {VARIABLES[1]}=… valetkey doctor request.txt
"""


class Secrets(NamedTuple):
    consumer: str
    token: str

    def __repr__(self) -> str:
        return "Secrets(…)"


def add(commands: "Subparsers") -> None:
    parser = commands.add_parser(
        "doctor",
        help="say which mistake made a signature wrong",
        description="Reads a refused request (a pasted curl command, a HAR, a raw HTTP request, or an "
        "Authorization header with --method and --url), signs it again under each known mistake, alone and "
        "in pairs, and says which one gives the very signature that was sent.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", nargs="?", default="-", help="where the request is; - (standard input)")
    parser.add_argument("--method", help="the method, where the paste doesn't say it")
    parser.add_argument("--url", help="the URL, or its origin, where the paste doesn't say it")
    parser.add_argument("--secrets", type=Path, metavar="FILE", help="a file with the two secrets")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from valetkey.doctor.pasted import Unreadable, find
    from valetkey.doctor.recipe import Facts
    from valetkey.doctor.search import diagnose

    try:
        found = find(_pasted(arguments.file), method=arguments.method, url=arguments.url)
        one = found[0]
        secrets = _secrets(arguments.secrets, asks=arguments.file != "-")
        facts = Facts(one.sent, secrets.consumer, secrets.token)
    except Unreadable as error:
        raise Unusable(str(error)) from None
    except ValueError as error:
        raise Unusable(f"the request can't be read: {error}") from None
    for note in [
        *one.notes,
        *([f"{len(found)} requests were pasted: this is the first"] if found[1:] else []),
    ]:
        complain(f"valetkey doctor: {note}")
    diagnosis = diagnose(facts)
    if arguments.json:
        _say_json(diagnosis)
    else:
        say("\n".join(_lines(diagnosis)))
    return EXITS[diagnosis.verdict]


class Unusable(Failed):
    """What was given can't be used: exit code 2."""

    code = EXIT_USAGE

    def __init__(self, what: str, hint: str = "valetkey doctor --help says what it reads") -> None:
        super().__init__(what, hint)


def _pasted(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(MAX_OCTETS + 1)
        with open(name, "rb") as file:
            return file.read(MAX_OCTETS + 1)
    except OSError as error:
        raise Unusable(
            f"{name} can't be read: {error.strerror}", "give a file, or - for standard input"
        ) from None


def _secrets(file: Path | None, *, asks: bool) -> Secrets:
    known = {name: os.environ.get(name, "") for name in VARIABLES}
    if file is not None:
        known |= _from_file(file)
    elif asks and not any(known.values()) and sys.stdin.isatty():
        known = {
            name: getpass(f"{what} secret (empty: none): ")
            for name, what in zip(VARIABLES, ("consumer", "token"), strict=True)
        }
    return Secrets(*(known[name] for name in VARIABLES))


def _from_file(file: Path) -> dict[str, str]:
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise Unusable(f"{file} can't be read", f"give a text file with lines {VARIABLES[0]}=…") from None
    pairs = (line.removeprefix("export ").partition("=") for line in lines)
    found = {
        name.strip(): value.strip().strip("\"'") for name, _, value in pairs if name.strip() in VARIABLES
    }
    if not found:
        raise Unusable(f"there is no secret in {file}", f"give a text file with lines {VARIABLES[0]}=…")
    return found


def _say_json(diagnosis: "Diagnosis") -> None:
    import json

    findings = [
        {"cause": finding.cause, "proof": finding.proof, "says": finding.says, "fix": finding.fix}
        for finding in diagnosis.findings
    ]
    answer = {
        "verdict": diagnosis.verdict,
        "findings": findings,
        "base_string": diagnosis.base_string,
        "redacted": True,
    }
    say(json.dumps(answer))  # in ASCII: nothing in it drives a terminal


def _lines(diagnosis: "Diagnosis") -> list[str]:
    lines = []
    proved = [finding for finding in diagnosis.findings if finding.proof]
    if diagnosis.verdict == "correct":
        lines += [
            "The signature is right by RFC 5849.",
            "Look at the clock, the nonce, the permissions and the keys.",
        ]
    elif diagnosis.verdict == "explained":
        both = proved[:2] if diagnosis.is_pair else proved[:1]
        lines += [f"Proved: {' And: '.join(finding.says for finding in both)}."]
        lines += [f"Mend it: {finding.fix}" for finding in both]
        others = proved[len(both) :]
        if others:
            lines += ["", "The very same signature comes of:", *(f"  {finding.says}" for finding in others)]
    else:
        lines += [
            f"Nothing explains this signature: {diagnosis.tried} were made, by each mistake and by pairs.",
            "Check both secrets first: with others, no signature can come out the same.",
        ]
    lines += ["", "What should have been signed:", *_taken_apart(diagnosis.base_string)]
    return lines + [f"Not tried: {sentence}" for sentence in diagnosis.untried]


def _taken_apart(base_string: str) -> list[str]:
    method, _, rest = base_string.partition("&")
    uri, _, parameters = rest.partition("&")
    return [f"  {method}", f"  & {uri}", *(f"  & {pair}" for pair in parameters.split("%26"))]
