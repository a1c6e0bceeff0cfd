"""When credentials run out: as far as that is written down on this machine.

What renews itself does not run out: a role that is taken with keys, the token of an SSO session that has a refresh
token (until the registration of the client ends). Nobody tells when keys are taken away.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tuienv.backends.aws.profiles import DEFAULT, Settings, read_config, read_credentials

SSO_CACHE = "~/.aws/sso/cache"
"""Where AWS's tools keep the tokens of SSO sessions, in files named by the SHA-1 of the session's name or start URL."""

_VARIABLES = ("AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION")
_KEYS = ("expiration", "aws_expiration", "aws_session_expiration", "x_security_token_expires")
"""What tools that write keys with an end into the credentials file call that end."""


def expires_at(profile: str, environ: Mapping[str, str] | None = None) -> float | None:
    """When the credentials of a profile (its name alone) run out, in Unix seconds; None where they do not, or nobody
    tells. Contacts nobody and raises nothing."""
    environ = os.environ if environ is None else environ
    if not profile and environ.get("AWS_ACCESS_KEY_ID"):
        return next((at for name in _VARIABLES if (at := moment(environ.get(name))) is not None), None)
    name = profile or environ.get("AWS_DEFAULT_PROFILE") or environ.get("AWS_PROFILE") or DEFAULT
    config = read_config(environ.get("AWS_CONFIG_FILE") or "~/.aws/config")
    keys = read_credentials(environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials")
    return _along(name, config, keys)


def _along(name: str, config: Settings, keys: Settings) -> float | None:
    """The end of the first credentials along a chain of roles that have one."""
    for _ in range(len(config) + 1):  # a circle of profiles has no end
        settings = {**config.get(name, {}), **keys.get(name, {})}
        started = settings.get("sso_session") or settings.get("sso_start_url")
        if started:
            return token_end(started)
        told = next((at for key in _KEYS if (at := moment(settings.get(key))) is not None), None)
        name = settings.get("source_profile", "")
        if told is not None or not name:
            return told
    return None


def token_end(started: str) -> float | None:
    """When an SSO session, by its name or start URL, ends; None if nobody signed in."""
    path = Path(SSO_CACHE).expanduser() / f"{hashlib.sha1(started.encode(), usedforsecurity=False).hexdigest()}.json"
    try:
        told: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(told, dict):
        return None
    if told.get("refreshToken") and (end := moment(told.get("registrationExpiresAt"))) is not None:
        return end
    return moment(told.get("expiresAt"))


def moment(text: object) -> float | None:
    """Unix seconds of ``2026-11-24T12:00:00Z``, as the various tools write it; None for anything else."""
    if not isinstance(text, str) or not text:
        return None
    try:
        at = datetime.fromisoformat(text.strip().replace("UTC", "Z"))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
