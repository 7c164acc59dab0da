"""What the parent tells the sites, and how secrets are kept."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from valetkey.demo.config import DemoConfig, Unready, hosts, load


def config(folder: Path) -> DemoConfig:
    return DemoConfig(
        data=folder,
        site_origin="http://127.0.0.1:1",
        provider_origin="https://aviary.example",
        site_hosts=("127.0.0.1",),
        provider_hosts=("127.0.0.1", "aviary.example"),
        explain=False,
    )


def test_the_environment_brings_the_same_facts_and_no_secret(tmp_path: Path) -> None:
    told = config(tmp_path)
    secret = told.secret("signing")
    assert load(told.environment) == told
    assert secret not in str(told.environment)


def test_without_its_environment_a_site_says_how_it_is_started() -> None:
    with pytest.raises(Unready, match="`valetkey demo`"):
        load({})


@pytest.mark.abuse("A100")
def test_a_secret_is_made_once_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    secret = config(tmp_path).secret("signing")
    assert config(tmp_path).secret("signing") == secret
    assert config(tmp_path).secret("encryption") != secret
    assert len(secret) == 44
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes == {"secrets": 0o700, "signing": 0o600, "encryption": 0o600}


def test_of_many_that_make_a_secret_at_once_all_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(lambda _: config(tmp_path).secret("signing"), range(64)))) == 1
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["signing"]


@pytest.mark.abuse("A101")
def test_a_password_can_be_read_and_typed(tmp_path: Path) -> None:
    password = config(tmp_path).password("robin")
    assert config(tmp_path).password("robin") == password
    groups = password.split("-")
    assert [len(group) for group in groups] == [4] * 4
    assert not set(password) & set("0O1lI")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "A", "a b"])
def test_a_secrets_name_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="a secret's name"):
        config(tmp_path).secret(name)


@pytest.mark.abuse("A100")
def test_a_planted_link_is_neither_read_nor_written_through(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("planted\n")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "signing").symlink_to(elsewhere)
    with pytest.raises(OSError):  # noqa: PT011  # which one is the system's to say
        config(tmp_path).secret("signing")
    (tmp_path / "credentials.json").symlink_to(elsewhere)
    config(tmp_path).keep_credentials({"consumer_key": "k"})
    assert elsewhere.read_text() == "planted\n"
    assert json.loads((tmp_path / "credentials.json").read_text()) == {"consumer_key": "k"}
    assert not (tmp_path / "credentials.json").is_symlink()


def test_credentials_are_read_anew_each_time(tmp_path: Path) -> None:
    told = config(tmp_path)
    told.keep_credentials({"consumer_key": "one", "consumer_secret": "s"})
    assert (told.consumer_key, told.consumer_secret) == ("one", "s")
    config(tmp_path).keep_credentials({"consumer_key": "two", "consumer_secret": "s"})
    assert told.consumer_key == "two"
    assert stat.S_IMODE((tmp_path / "credentials.json").stat().st_mode) == 0o600


def test_hosts_are_written_as_django_compares_them() -> None:
    assert hosts(["http://127.0.0.1:80", "https://[::1]:443", "http://127.0.0.1"]) == ("127.0.0.1", "[::1]")
