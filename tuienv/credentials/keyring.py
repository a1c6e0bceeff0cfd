"""The system's keyring, asked so that it holds nobody up.

It may be missing, locked behind a dialogue that nobody sees, or broken: it is asked in a thread of its own and given a
few seconds. One that writes plain text is refused: where there is no safe place, nothing is kept.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Generic, TypeVar

T = TypeVar("T")

SERVICE = "tuienv"
TIMEOUT = 5.0
"""Seconds that the keyring has to answer, a person unlocking it included in what is not waited for."""

CHOICES = (
    "Use a variable instead, or a keyring that is encrypted with a passphrase: install keyrings.cryptfile and set "
    "PYTHON_KEYRING_BACKEND=keyrings.cryptfile.cryptfile.CryptFileKeyring and KEYRING_CRYPTFILE_PASSWORD"
)
"""What there is where the system has no keyring. That library reads its passphrase from a variable, so that it works
where no terminal can be asked."""


class KeyringTrouble(Exception):
    """The keyring cannot be used: a half sentence about it, such as "did not answer within 5 s". Holds no secret."""


def read(name: str) -> str | None:
    """What is kept under this name; None if nothing is, or if there is no keyring. Raises `KeyringTrouble`."""

    def ask(keyring: ModuleType) -> str | None:
        with suppress(keyring.errors.NoKeyringError):
            found: str | None = keyring.get_password(SERVICE, name)
            return found
        return None

    return _within(ask)


def write(name: str, secret: str) -> None:
    """Keep a secret under this name. Raises `KeyringTrouble`; then nothing was kept."""

    def ask(keyring: ModuleType) -> None:
        writes_plain = [
            type(each) for each in _all(keyring.get_keyring()) if "plaintext" in type(each).__name__.lower()
        ]
        if writes_plain:
            raise KeyringTrouble(f"would keep it in plain text ({writes_plain[0].__name__}), so nothing was kept")
        try:
            keyring.set_password(SERVICE, name, secret)
        except keyring.errors.NoKeyringError:
            raise KeyringTrouble("is missing on this system, so nothing was kept") from None

    _within(ask)


def delete(name: str) -> None:
    """Keep nothing under this name any more. Raises `KeyringTrouble`."""

    def ask(keyring: ModuleType) -> None:
        with suppress(keyring.errors.NoKeyringError, keyring.errors.PasswordDeleteError):
            keyring.delete_password(SERVICE, name)

    _within(ask)


def _all(backend: object) -> list[object]:
    """A keyring and, if it is a chain, those behind it."""
    return [backend, *getattr(backend, "backends", ())]


class _Question(Generic[T]):
    """One question to the keyring, asked in a thread."""

    def __init__(self, ask: Callable[[ModuleType], T]) -> None:
        self._ask = ask
        self.answers: list[T] = []
        self.trouble = ""

    def run(self) -> None:
        try:
            import keyring
            import keyring.errors
        except ImportError as error:
            self.trouble = f"cannot be loaded ({type(error).__name__})"
            return
        try:
            self.answers.append(self._ask(keyring))
        except KeyringTrouble as trouble:
            self.trouble = str(trouble)
        except ImportError as error:  # the one that a variable names is loaded when it is first asked
            self.trouble = f"{os.environ.get('PYTHON_KEYRING_BACKEND', '')} cannot be loaded ({type(error).__name__})"
        except Exception as error:  # noqa: BLE001  # keyring backends raise whatever their system does; its text may hold anything
            self.trouble = f"failed ({type(error).__name__})"


def _within(ask: Callable[[ModuleType], T]) -> T:
    """The answer, in a few seconds whatever happens. The thread is a daemon, so that a keyring that hangs does not
    hold up the exit either; and while it hangs nobody waits for it a second time."""
    if any(thread.is_alive() for thread in _hanging):
        raise KeyringTrouble("has not answered an earlier question; it may be locked")
    question = _Question(ask)
    asking = threading.Thread(target=question.run, name="keyring", daemon=True)
    asking.start()
    asking.join(TIMEOUT)
    _hanging[:] = [asking]
    if question.answers:
        return question.answers[0]
    raise KeyringTrouble(question.trouble or f"did not answer within {TIMEOUT:g} s; it may be locked")


_hanging: list[threading.Thread] = []
"""The thread that asked last. It is over by now, unless the keyring does not answer."""
