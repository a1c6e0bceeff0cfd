"""Secrets that environment files refer to by name: ``${secret:session-key}``.

A secret is read from the variable ``TUIENV_SECRET_SESSION_KEY`` if that is set, else from the keyring of the desktop
under the service ``tuienv``. A keyring may be missing, locked behind a dialogue that nobody sees, or broken: it is
asked in a thread of its own and given a few seconds.
"""

from __future__ import annotations

import os
import re
import threading

SERVICE = "tuienv"
TIMEOUT = 5.0
"""Seconds that the keyring has to answer, a person unlocking it included in what is not waited for."""


class SecretMissing(Exception):
    """A secret that is needed cannot be read. The message says why and how to add it, and never holds a secret."""


def variable(name: str) -> str:
    """The environment variable that holds a secret: ``TUIENV_SECRET_SESSION_KEY`` for ``session-key``."""
    return "TUIENV_SECRET_" + re.sub("[^A-Z0-9]", "_", name.upper())


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
    return value


def _from_keyring(name: str) -> str | None:
    """What the keyring has. It is asked in a daemon thread, so that one that hangs does not hold up the exit either;
    and while it hangs nobody waits for it a second time."""
    answer: list[str | None] = []
    reasons: list[str] = []
    if any(thread.is_alive() for thread in _hanging):
        reasons.append("has not answered an earlier question; it may be locked")
    else:
        asking = threading.Thread(target=_ask, args=(name, answer, reasons), name="keyring", daemon=True)
        asking.start()
        asking.join(TIMEOUT)
        _hanging[:] = [asking]
    if answer:
        return answer[0]
    why = reasons[0] if reasons else f"did not answer within {TIMEOUT:g} s; it may be locked"
    raise SecretMissing(f"the secret {name!r} cannot be read, the keyring {why}: {how_to_add(name)}")


_hanging: list[threading.Thread] = []
"""The thread that asked last. It is over by now, unless the keyring does not answer."""


def _ask(name: str, answer: list[str | None], reasons: list[str]) -> None:
    try:
        import keyring
        from keyring.errors import NoKeyringError
    except ImportError as error:
        reasons.append(f"cannot be loaded ({type(error).__name__})")
        return
    try:
        answer.append(keyring.get_password(SERVICE, name))
    except NoKeyringError:
        answer.append(None)
    except Exception as error:  # noqa: BLE001  # keyring backends raise whatever their system does; its text may hold anything
        reasons.append(f"failed ({type(error).__name__})")
