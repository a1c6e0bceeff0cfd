"""Secrets that environment files refer to by name (``${secret:session-key}``), and those that are kept for profiles.

A secret is read from the variable ``TUIENV_SECRET_SESSION_KEY`` if that is set, else from the system's keyring under
the service ``tuienv``; that of a profile from ``TUIENV_PROFILE_HEROKU_WORK``, else from the keyring.
"""

from __future__ import annotations

import os
import re

from tuienv.backends.base import NotAuthenticated
from tuienv.credentials import keyring
from tuienv.credentials.keyring import SERVICE, KeyringTrouble
from tuienv.redaction import learn


class SecretMissing(Exception):
    """A secret that is needed cannot be read. The message says why and how to add it, and never holds a secret."""


# --- by name ----------------------------------------------------------------------------------------------------


def variable(name: str) -> str:
    """The environment variable that holds a secret: ``TUIENV_SECRET_SESSION_KEY`` for ``session-key``."""
    return _variable("TUIENV_SECRET", name)


def how_to_add(name: str) -> str:
    """What a person does so that a secret of that name can be read."""
    return f"set {variable(name)}, or run: keyring set {SERVICE} {name}"


def has_secret(name: str) -> bool:
    """Whether a secret can be read. Raises nothing: a keyring that does not answer has none."""
    try:
        read_secret(name)
    except SecretMissing:
        return False
    return True


def read_secret(name: str) -> str:
    """The secret of that name. Raises `SecretMissing`, within seconds whatever the keyring does."""
    value = os.environ.get(variable(name))
    if value is None:
        value = _from_keyring(name)
    if value is None:
        raise SecretMissing(f"there is no secret {name!r}: {how_to_add(name)}")
    learn(value)
    return value


def _from_keyring(name: str) -> str | None:
    try:
        return keyring.read(name)
    except KeyringTrouble as trouble:
        said = f"the secret {name!r} cannot be read, the keyring {trouble}: {how_to_add(name)}"
    raise SecretMissing(said)  # outside, so that it carries nothing of what the keyring raised


# --- of a profile -----------------------------------------------------------------------------------------------


def profile_variable(backend: str, profile: str) -> str:
    """The environment variable that holds a profile's secret where there is no keyring."""
    return _variable("TUIENV_PROFILE", f"{backend}_{profile}")


def profile_secret(backend: str, profile: str) -> str | None:
    """The secret that is kept for a profile; None if none is. Raises `NotAuthenticated` where the keyring fails."""
    if not profile:
        return None  # the provider's own default has its credentials where the provider's own tools keep them
    value = os.environ.get(profile_variable(backend, profile))
    try:
        value = keyring.read(_key(backend, profile)) if value is None else value
        learn(value)
        return value
    except KeyringTrouble as trouble:
        said = f"the keyring {trouble}"
    remedy = f"Unlock or mend it, or set {profile_variable(backend, profile)}"
    raise NotAuthenticated("read the secret of", f"{backend} {profile}", said, remedy)


def keep_profile_secret(backend: str, profile: str, secret: str) -> None:
    """Keep a profile's secret in the keyring. Raises `KeyringTrouble`."""
    keyring.write(_key(backend, profile), secret)


def forget_profile_secret(backend: str, profile: str) -> None:
    """Take a profile's secret out of the keyring. Raises `KeyringTrouble`."""
    keyring.delete(_key(backend, profile))


def _key(backend: str, profile: str) -> str:
    """Under which name the keyring has it. No secret of an environment file can have a colon in its name."""
    return f"profile:{backend}:{profile}"


def _variable(start: str, name: str) -> str:
    return f"{start}_" + re.sub("[^A-Z0-9]", "_", name.upper())
