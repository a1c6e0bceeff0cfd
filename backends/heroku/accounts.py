"""Heroku accounts as they are on this machine: the variable, ~/.netrc, and the accounts plugin of the heroku command.

Honoured as the heroku command does: HEROKU_API_KEY before everything, then the entry of the API's host in the file
that NETRC names or in ``~/.netrc``. HEROKU_HOST moves both to another host.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tuienv.backends.base import Invalid, NotAuthenticated, Secret, no_secret
from tuienv.backends.heroku.failures import SIGN_IN

KEY = "HEROKU_API_KEY"

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TOKEN = re.compile(r'"((?:\\.|[^"\\])*)"|(\S+)')


@dataclass(frozen=True, slots=True)
class Account:
    """A key and the API that takes it. `source`: where the key was found, for people."""

    name: str
    source: str
    url: str
    key: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc


def api_url(environment: Mapping[str, str] = os.environ) -> str:
    """The API's address as the heroku command makes it of HEROKU_HOST. Raises `Invalid` for an unencrypted one that
    is not on this machine: the key goes along with every request."""
    host = environment.get("HEROKU_HOST", "").strip() or "heroku.com"
    url = host.rstrip("/") if host.startswith("http") else f"https://api.{host}"
    parts = urlsplit(url)
    if not parts.hostname or (parts.scheme != "https" and parts.hostname not in _LOOPBACK):
        said = "it is no https address, and would be sent the key"
        raise Invalid("use HEROKU_HOST", host, said, "Write a domain such as heroku.com, or https://HOST.")
    return url


def find_accounts(environment: Mapping[str, str] = os.environ) -> list[Account]:
    """Every account of this machine, the one that the heroku command would use first. What cannot be read has none.
    Raises `Invalid` for a bad HEROKU_HOST."""
    url = api_url(environment)
    found = []
    if environment.get(KEY):
        found.append(Account("", KEY, url, environment[KEY].strip()))
    path = netrc_path(environment)
    for login, key in parse_netrc(_read(path), urlsplit(url).netloc):
        found.append(Account(login or "netrc", _short(path), url, key))
    for file in _account_files(environment):
        _, key = parse_account(_read(file))
        if key:
            found.append(Account(file.name, _short(file), url, key))
    names: dict[str, Account] = {}
    for account in found:
        names.setdefault(account.name, account)
    return list(names.values())


def find_account(profile: str = "", secret: Secret = no_secret) -> Account:
    """The account of that name, by the key that tuienv keeps for it or by one of this machine; without a name, the
    first. Raises `NotAuthenticated`."""
    kept = secret() if profile else None
    if kept:
        return Account(profile, "keyring", api_url(), kept.strip())
    accounts = find_accounts()
    for account in accounts:
        if profile in ("", account.name):
            return account
    known = ", ".join(account.name for account in accounts if account.name) or "none"
    what = f"there is no account of that name (there are: {known})" if profile else "nobody is signed in"
    raise NotAuthenticated("use Heroku account", profile or "of the heroku command", what, SIGN_IN)


def netrc_path(environment: Mapping[str, str] = os.environ) -> Path:
    named = environment.get("NETRC")
    return Path(named) if named else _home(environment) / ("_netrc" if os.name == "nt" else ".netrc")


def parse_netrc(text: str, machine: str) -> list[tuple[str, str]]:
    """The (login, password) pairs of a machine, in order; empty parts where the file names none."""
    found: list[tuple[str, str]] = []
    words = iter(_words(text))
    here = False
    for word in words:
        if word == "default":
            here = False
        elif word == "machine":
            here = next(words, "") == machine
            if here:
                found.append(("", ""))
        elif word in ("login", "password", "account"):
            value = next(words, "")
            if here and found:
                login, password = found[-1]
                found[-1] = {"login": (value, password), "password": (login, value)}.get(word, found[-1])
    return [(login, password) for login, password in found if password]


def parse_account(text: str) -> tuple[str, str]:
    """The user name and key of a file of the accounts plugin: ``:username: …`` and ``:password: …``."""
    values = dict(re.findall(r"^:?(username|password):[ \t]*[\"']?([^\"'\s]+)", text, re.MULTILINE))
    return values.get("username", ""), values.get("password", "")


def _words(text: str) -> list[str]:
    """The words of a netrc file; comments and macros (which end at an empty line) are none."""
    words: list[str] = []
    macro = False
    for line in text.splitlines():
        line = line.strip()
        if not line:
            macro = False
        elif line.startswith("macdef"):
            macro = True
        elif not macro and not line.startswith("#"):
            words += [quoted or bare for quoted, bare in _TOKEN.findall(line)]
    return words


def _account_files(environment: Mapping[str, str]) -> list[Path]:
    home = _home(environment)
    folders = (home / ".config/heroku/accounts", home / ".heroku/accounts")
    try:
        return [file for folder in folders if folder.is_dir() for file in sorted(folder.iterdir()) if file.is_file()]
    except OSError:
        return []


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("HOME") or Path.home())


def _short(path: Path) -> str:
    """``~/.netrc``: as people write it."""
    home = str(Path.home())
    return "~" + str(path)[len(home) :] if str(path).startswith(home + os.sep) else str(path)
