"""The sample, taken through its commands: under another name, on another provider, with a setting more."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

SAMPLE = Path(__file__).parents[2] / "docs/examples/shop"


def declare(folder: Path, name: str, changed: Mapping[str, str]) -> Path:
    """The sample's file, with another name and what else has to be changed in it."""
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True)
    file = folder / "tuienv.yaml"
    text = file.read_text()
    for old, new in {"environment: shop\n": f"environment: {name}\n", **changed}.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)
    return file


def greet(file: Path, greeting: str) -> None:
    """Have the app say this in its answers."""
    last = "      CACHE_URL: ${layers.cache.url}\n"
    text = file.read_text()
    assert text.count(last) == 1
    file.write_text(text.replace(last, f"{last}      GREETING: {greeting}\n"))


def follow(layer: str, visit: Callable[[str], object]) -> None:
    """``logs -f`` tells of a request that comes while it runs, and ends when it is interrupted."""
    command = [sys.executable, "-m", "tuienv", "logs", layer, "-f", "--tail", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline(), "it tells the last line, and waits for more"
            visit("/while-it-is-followed")
            assert any("/while-it-is-followed" in line for line in process.stdout)
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == 130
