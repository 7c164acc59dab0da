"""What the parent tells the two sites: where the data is, both origins, and the secrets.

The parent (`launcher.py`) says the first part through the environment, which other programs may read and
which therefore holds no secret. Secrets stand in files of the data folder, which nobody but its owner may
read. Each site's settings start with ``CONFIG = load()``.
"""

import base64
import json
import os
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_PREFIX = "VALETKEY_DEMO_"
_NAME = re.compile(r"[a-z][a-z0-9-]*")
#: What can't be mistaken for each other when it is read and typed.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Unready(RuntimeError):
    """The demo's environment isn't there: this process wasn't started by ``valetkey demo``."""


@dataclass(frozen=True)
class DemoConfig:
    """Both sites' common facts.

    `site_origin` and `provider_origin` are what a browser and a client use and what signatures are made for,
    without a slash at the end: behind a TLS proxy, `provider_origin` is the proxy's, and the test site calls
    that one too. `site_hosts` and `provider_hosts` are each site's ``ALLOWED_HOSTS``. `explain`: whether
    nobody but this computer can come, so that a refusal may be explained.
    """

    data: Path
    site_origin: str
    provider_origin: str
    site_hosts: tuple[str, ...]
    provider_hosts: tuple[str, ...]
    explain: bool

    @property
    def environment(self) -> dict[str, str]:
        """What :func:`load` reads again."""
        return {
            f"{_PREFIX}DATA": str(self.data),
            f"{_PREFIX}SITE_ORIGIN": self.site_origin,
            f"{_PREFIX}PROVIDER_ORIGIN": self.provider_origin,
            f"{_PREFIX}SITE_HOSTS": ",".join(self.site_hosts),
            f"{_PREFIX}PROVIDER_HOSTS": ",".join(self.provider_hosts),
            f"{_PREFIX}EXPLAIN": "yes" if self.explain else "no",
        }

    @property
    def consumer_key(self) -> str:
        """The demo application's. Read anew each time; Aviary has written it before the test site starts."""
        return self.credentials["consumer_key"]

    @property
    def consumer_secret(self) -> str:
        return self.credentials["consumer_secret"]

    @property
    def credentials(self) -> Mapping[str, str]:
        """What ``--json`` prints, the origins aside.

        That is: consumer_key, consumer_secret, username, password, access_token, access_token_secret.
        """
        found: dict[str, str] = json.loads(_read(self.data / "credentials.json"))
        return found

    def keep_credentials(self, credentials: Mapping[str, str]) -> None:
        text = json.dumps(credentials, indent=2, sort_keys=True) + "\n"
        _write(self.data / "credentials.json", text, os.replace)

    def secret(self, name: str) -> str:
        """The secret of this name, made when it is first asked for and the same ever after.

        44 characters: 32 random octets in URL-safe base64, which is what Fernet takes as a key, and good as
        Django's ``SECRET_KEY``.
        """
        return self._kept(name, lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii"))

    def password(self, name: str) -> str:
        """The same, for a person to read and type: four groups of four characters (79 bits)."""
        return self._kept(name, lambda: "-".join(_group() for _ in range(4)))

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r}: a secret's name has small letters, digits and dashes")
        path = self.data / "secrets" / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not path.exists():
            # Linked, not renamed: of two processes that make it at once, the second finds the first one's.
            with suppress(FileExistsError):
                _write(path, make() + "\n", os.link)
        return _read(path).strip()


def load(environment: Mapping[str, str] = os.environ) -> DemoConfig:
    """The configuration that the parent gave this process.

    :raises Unready: where it gave none.
    """
    try:
        return DemoConfig(
            data=Path(environment[f"{_PREFIX}DATA"]),
            site_origin=environment[f"{_PREFIX}SITE_ORIGIN"],
            provider_origin=environment[f"{_PREFIX}PROVIDER_ORIGIN"],
            site_hosts=tuple(environment[f"{_PREFIX}SITE_HOSTS"].split(",")),
            provider_hosts=tuple(environment[f"{_PREFIX}PROVIDER_HOSTS"].split(",")),
            explain=environment[f"{_PREFIX}EXPLAIN"] == "yes",
        )
    except KeyError as missing:
        raise Unready(f"{missing.args[0]} is not set: start both sites with `valetkey demo`") from None


def hosts(origins: Iterable[str]) -> tuple[str, ...]:
    """The hosts of `origins`, as ``ALLOWED_HOSTS`` wants them: without a port, IPv6 in brackets."""
    names = (urlsplit(origin).hostname or "" for origin in origins)
    return tuple(dict.fromkeys(f"[{name}]" if ":" in name else name for name in names))


def _group() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(4))


def _read(path: Path) -> str:
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), encoding="utf-8") as file:
        return file.read()


def _write(path: Path, text: str, publish: Callable[[Path, Path], None]) -> None:
    """Writes the whole file or nothing, readable by its owner alone, and never through a planted link."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with open(os.open(draft, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        publish(draft, path)
    finally:
        draft.unlink(missing_ok=True)
