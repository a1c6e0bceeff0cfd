"""Keyrings as people have them: one that works, and several that do not."""

from __future__ import annotations

import threading

from keyring.backend import KeyringBackend


class InMemory(KeyringBackend):
    """A keyring that works."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring has no types there
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Raising(InMemory):
    """A keyring that fails as D-Bus ones do, with whatever it was doing in its message."""

    def get_password(self, service: str, username: str) -> str | None:
        raise OSError("cannot decrypt hunter2")


class Hanging(InMemory):
    """A keyring that waits for a dialogue nobody sees."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.answered.wait()
        return None


class PlaintextKeyring(InMemory):
    """What keyrings.alt has under this name: it writes a file that everybody can read."""
