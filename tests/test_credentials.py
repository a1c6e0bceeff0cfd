"""Secrets: the variable first, then the keyring; and no keyring, however broken, holds anybody up or leaks."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from tests.keyrings import Hanging, InMemory, Raising
from tuienv.backends.base import Backends
from tuienv.backends.sandbox import Cloud, ManualClock, SandboxBackend
from tuienv.credentials import Book, SecretMissing, has_secret, read_secret, variable
from tuienv.credentials import keyring as store

SECRET = "hunter2"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def test_the_variable_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.set_keyring(Raising())
    monkeypatch.setenv("TUIENV_SECRET_SESSION_KEY", "from the variable")
    assert read_secret("session-key") == "from the variable"
    assert has_secret("session-key")


def test_the_variable_of_a_name() -> None:
    assert variable("shop.session-key") == "TUIENV_SECRET_SHOP_SESSION_KEY"


def test_then_the_keyring() -> None:
    working = InMemory()
    working.set_password("tuienv", "session-key", SECRET)
    keyring.set_keyring(working)
    assert read_secret("session-key") == SECRET
    assert not has_secret("other")
    with pytest.raises(SecretMissing, match="set TUIENV_SECRET_OTHER, or run: keyring set tuienv other"):
        read_secret("other")


def test_no_keyring_at_all() -> None:
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]  # keyring has no types there
    assert not has_secret("session-key")
    with pytest.raises(SecretMissing, match="there is no secret 'session-key': set TUIENV_SECRET_SESSION_KEY"):
        read_secret("session-key")


def test_a_keyring_that_fails_is_named_but_not_quoted() -> None:
    keyring.set_keyring(Raising())
    with pytest.raises(SecretMissing, match=r"the keyring failed \(OSError\)") as caught:
        read_secret("session-key")
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_keyring_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = Hanging()
    keyring.set_keyring(hanging)
    monkeypatch.setattr(store, "TIMEOUT", 0.05)
    with pytest.raises(SecretMissing, match=r"did not answer within 0.05 s; it may be locked: set TUIENV_SECRET_"):
        read_secret("session-key")
    asked = [thread for thread in threading.enumerate() if thread.name == "keyring"]
    assert asked
    assert all(thread.daemon for thread in asked)
    monkeypatch.setattr(store, "TIMEOUT", 60)
    assert not has_secret("another")  # told at once: one question is still open
    hanging.answered.set()
    for thread in asked:
        thread.join()
    assert not has_secret("another")


def test_keyring_is_imported_only_when_it_is_asked() -> None:
    program = "import sys, tuienv.credentials; print('keyring' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_keyring_that_a_variable_names_and_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    program = "from tuienv.credentials import *\ntry: read_secret('x')\nexcept SecretMissing as error: print(error)"
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "no.such.Keyring")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "the keyring no.such.Keyring cannot be loaded (ModuleNotFoundError)" in done.stdout


# --- what was chosen --------------------------------------------------------------------------------------------


def book(path: Path) -> Book:
    """A process's book of profiles."""
    opener = lambda profile="": SandboxBackend(Cloud(ManualClock()), profile)  # noqa: E731
    return Book(Backends({"sandbox": opener, "elsewhere": opener}), path)


def test_what_another_process_chose_meanwhile_is_not_forgotten(tmp_path: Path) -> None:
    """A screen that is open for days, and a command beside it."""
    path = tmp_path / "state" / "profiles.json"
    screen, command = book(path), book(path)
    command.use("sandbox", "acme")
    screen.use("elsewhere", "work")
    screen.use("elsewhere", "play", "shop")
    assert screen.choices.pairs() == [("elsewhere", "work"), ("elsewhere", "play")], "no account changes under a person"
    assert set(book(path).choices.pairs()) == {("sandbox", "acme"), ("elsewhere", "work"), ("elsewhere", "play")}


def test_many_processes_choose_at_once(tmp_path: Path) -> None:
    path = tmp_path / "profiles.json"
    books = [book(path) for _ in range(8)]
    threads = [
        threading.Thread(target=each.use, args=("sandbox", "acme", f"shop-{number}"))
        for number, each in enumerate(books)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(book(path).choices.environments) == len(books)
