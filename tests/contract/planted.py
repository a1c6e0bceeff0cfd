"""A secret of every source, planted wherever the contract suite goes, and searched for in everything that is written.

Each looks like nothing in particular, so that none is found by its looks alone.
"""

from __future__ import annotations

from pathlib import Path

import keyring

from tests.keyrings import InMemory
from tuienv import credentials

KEYRING = "4v8Kw-from-the-keyring-0x1"
VARIABLE = "4v8Kw-from-a-variable-0x2"
IN_A_URL = "4v8Kw-from-a-url-0x3"
ENVIRONMENT = "4v8Kw-from-the-environment-0x4"
SESSION_TOKEN = "4v8Kw-from-a-session-0x5"
ALL = (KEYRING, VARIABLE, IN_A_URL, ENVIRONMENT, SESSION_TOKEN)

NAME = "session-key"
SETTINGS = {
    "SESSION_KEY": f"${{secret:{NAME}}}",
    "API_TOKEN": VARIABLE,
    "PARTNER": f"https://partner:{IN_A_URL}@partner.example.com/v1",
}
"""What every app of the suite is given beside its own."""

VARIABLES = {"TUIENV_SECRET_OTHER": ENVIRONMENT, "AWS_SESSION_TOKEN": SESSION_TOKEN}
"""What the process is started with."""


def read_secret(name: str) -> str:
    """As the program does it, from a keyring that has the planted one."""
    kept = InMemory()
    kept.set_password("tuienv", NAME, KEYRING)
    before = keyring.get_keyring()
    keyring.set_keyring(kept)
    try:
        return credentials.read_secret(name)
    finally:
        keyring.set_keyring(before)  # other tests of this process have none


def found_in(text: str) -> list[str]:
    """Which of them a text holds."""
    return [secret for secret in ALL if secret in text]


def found_below(folder: Path) -> list[str]:
    """Which of them a file below a folder holds, with the file."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [f"{secret} in {path}" for path in files for secret in found_in(path.read_text("latin-1"))]
