"""Secrets: the variable first, then the keyring; and no keyring, however broken, holds anybody up or leaks."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from tests.keyrings import Hanging, InMemory, Raising
from tuienv.credentials import SecretMissing, has_secret, read_secret, variable
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
