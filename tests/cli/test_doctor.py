"""`valetkey doctor`: what it reads, says, and ends with. What it can prove is tested in tests/doctor."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import oauthlib.oauth1
import pytest

SECRETS = {"VALETKEY_CONSUMER_SECRET": "canary-c0n5umer", "VALETKEY_TOKEN_SECRET": "canary-t0ken"}
URL = "https://api.example.com/1/photos?tag=b&size=m"


def signed(url: str = URL, **secrets: str) -> str:
    """A curl command, signed by oauthlib for `url`, and sent to :data:`URL`."""
    client = oauthlib.oauth1.Client(
        "ck",
        secrets.get("consumer", SECRETS["VALETKEY_CONSUMER_SECRET"]),
        "tk",
        secrets.get("token", SECRETS["VALETKEY_TOKEN_SECRET"]),
    )
    return f"curl '{URL}' -H 'Authorization: {client.sign(url)[1]['Authorization']}'"


def doctor(
    *arguments: str, paste: str = "", environ: dict[str, str] = SECRETS
) -> subprocess.CompletedProcess[str]:
    run = subprocess.run(
        [sys.executable, "-m", "valetkey.cli", "doctor", *arguments],
        input=paste,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path), **environ},
    )
    for canary in (*SECRETS.values(), "Traceback"):
        assert canary not in run.stdout + run.stderr
    return run


def test_its_first_line_names_the_mistake_and_its_second_how_to_mend_it() -> None:
    run = doctor(paste=signed(token=""))
    lines = run.stdout.splitlines()
    assert run.returncode == 1
    assert lines[0] == "Proved: the token secret was left out of the key (forgotten)."
    assert lines[1].startswith("Mend it: ")
    assert "  & size%3Dm" in lines
    assert "  & https%3A%2F%2Fapi.example.com%2F1%2Fphotos" in lines


def test_two_mistakes_at_once_are_both_named() -> None:
    run = doctor(paste=signed("http://api.example.com/1/photos?tag=b&size=m", token=""))
    assert run.returncode == 1
    assert "token secret" in run.stdout.splitlines()[0]
    assert "http" in run.stdout.splitlines()[0]


def test_a_right_signature_is_called_right() -> None:
    run = doctor(paste=signed())
    assert (run.returncode, run.stdout.splitlines()[0]) == (0, "The signature is right by RFC 5849.")


def test_what_nothing_explains_is_said_plainly() -> None:
    run = doctor(paste=signed(consumer="another secret altogether"))
    assert run.returncode == 3
    assert run.stdout.startswith("Nothing explains this signature")


@pytest.mark.parametrize(
    ("secrets", "verdict", "code"),
    [({}, "correct", 0), ({"token": ""}, "explained", 1), ({"consumer": "x"}, "unexplained", 3)],
)
def test_json_is_one_object(secrets: dict[str, str], verdict: str, code: int) -> None:
    run = doctor("--json", paste=signed(**secrets))
    said: dict[str, Any] = json.loads(run.stdout)
    assert (run.returncode, said["verdict"], said["redacted"]) == (code, verdict, True)
    assert sorted(said) == ["base_string", "findings", "redacted", "verdict"]
    assert said["base_string"].startswith("GET&https%3A%2F%2Fapi.example.com%2F1%2Fphotos&")
    for finding in said["findings"]:
        assert sorted(finding) == ["cause", "fix", "proof", "says"]
        assert finding["proof"] is True
    assert bool(said["findings"]) == (verdict == "explained")


def test_a_file_and_a_header_alone_are_read_too(tmp_path: Path) -> None:
    header = signed(token="").partition("-H '")[2].rstrip("'")
    file = tmp_path / "header.txt"
    file.write_text(header)
    assert doctor(str(file), "--method", "GET", "--url", URL).returncode == 1


def test_secrets_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secrets"
    file.write_text("".join(f"export {name}='{value}'\n" for name, value in SECRETS.items()))
    assert doctor("--secrets", str(file), paste=signed(), environ={}).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "paste", "says"),
    [
        (["--secrets", "/nowhere"], "curl https://a/", "/nowhere can't be read"),
        (["/nowhere"], "", "/nowhere can't be read"),
        ([], "", "it is empty"),
        ([], "what is wrong with my signature?", "no request was recognised"),
    ],
    ids=["no secrets file", "no file", "nothing", "no request"],
)
def test_what_can_t_be_used_ends_with_2_and_says_why(arguments: list[str], paste: str, says: str) -> None:
    run = doctor(*arguments, paste=paste)
    assert (run.returncode, run.stdout) == (2, "")
    assert says in run.stderr


@pytest.mark.abuse("A98")
def test_text_of_the_request_can_not_drive_the_terminal() -> None:
    paste = signed(token="").replace("size=m", "size=m&\x1b]52;c;AAAA\x07=%1B%5B31m")
    for arguments in ([], ["--json"]):
        run = doctor(*arguments, paste=paste)
        assert "\x1b" not in run.stdout + run.stderr
        assert "\x07" not in run.stdout + run.stderr


@pytest.mark.abuse("A100")
def test_there_is_no_argument_for_a_secret() -> None:
    run = doctor("--consumer-secret", "x", paste=signed())
    assert run.returncode == 2
    assert doctor("--help").stdout.count("never an argument") == 1
