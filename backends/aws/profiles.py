"""The profiles of AWS's own tools on this machine, found without their SDK.

In their own order: the variables that hold credentials, then the config file, then what only the credentials file has.
``AWS_CONFIG_FILE`` and ``AWS_SHARED_CREDENTIALS_FILE`` say where the files are.
Source: "Configuration and credential file settings", AWS CLI user guide.
"""

from __future__ import annotations

import configparser
import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from tuienv.model import Profile
from tuienv.text import plain

BACKEND = "aws"
DEFAULT = "default"

Settings = Mapping[str, Mapping[str, str]]
"""What a file says, by profile."""

_HOLDERS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""Variables that stand for credentials of their own, which then come before those of any file."""


def find_profiles(environ: Mapping[str, str] | None = None) -> list[Profile]:
    """Every profile, the ones from variables under the empty name. Contacts nobody and raises nothing."""
    environ = os.environ if environ is None else environ
    config_path = environ.get("AWS_CONFIG_FILE") or "~/.aws/config"
    keys_path = environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials"
    config, keys = read_config(config_path), read_credentials(keys_path)
    holder = next((name for name in _HOLDERS if environ.get(name)), "")
    chosen = environ.get("AWS_DEFAULT_PROFILE") or environ.get("AWS_PROFILE") or DEFAULT
    sources = dict.fromkeys(config, config_path) | {name: keys_path for name in keys if name not in config}
    found = [
        Profile(
            BACKEND, plain(name, 200), plain(source), renewal_of(name, config), default=not holder and name == chosen
        )
        for name, source in sources.items()
    ]
    return [Profile(BACKEND, "", holder, default=True), *found] if holder else found


def read_config(path: str) -> dict[str, dict[str, str]]:
    """The profiles of a config file; what cannot be read has none."""
    found = {}
    for title, settings in _sections(path).items():
        name = _profile_name(title)
        if name:
            found[name] = settings
    return found


def read_credentials(path: str) -> dict[str, dict[str, str]]:
    """The profiles of a credentials file, whose sections are called as the profiles are."""
    return _sections(path)


def renewal_of(name: str, config: Settings) -> tuple[str, ...]:
    """The command that signs in again; empty for keys, which do not run out. A role is as fresh as the profile that it
    is taken through."""
    via = name
    for _ in range(len(config) + 1):  # a circle of profiles has no end
        settings = config.get(via, {})
        if settings.get("sso_session") or settings.get("sso_start_url"):
            return ("aws", "sso", "login", "--profile", via)
        if settings.get("login_session"):
            return ("aws", "login", "--profile", via)
        via = settings.get("source_profile", "")
        if not via:
            break
    return ()


def _profile_name(title: str) -> str:
    """``acme-dev`` of ``profile acme-dev``; empty for a section that is no profile."""
    try:
        words = shlex.split(title)
    except ValueError:
        return ""
    if words == [DEFAULT]:
        return DEFAULT
    return words[1] if len(words) == 2 and words[0] == "profile" else ""


def _sections(path: str) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(default_section="", strict=False)
    try:
        parser.read_string(Path(path).expanduser().read_text("utf-8"))
    except (OSError, ValueError, RuntimeError, configparser.Error):  # RuntimeError: no home to expand
        return {}
    return {title: dict(parser.items(title)) for title in parser.sections()}
