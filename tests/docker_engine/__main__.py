"""An engine for development, by hand.

python -m tests.docker_engine install    install what an engine needs (Debian, root)
python -m tests.docker_engine images     put the images on the engine that DOCKER_HOST names, and leave them there
python -m tests.docker_engine run        run an engine with the images until ctrl-c
python -m tests.docker_engine with CMD…  run a command beside an engine: the one that answers, or one brought up for it
python -m tests.docker_engine of RELEASE CMD…    the same beside the engine of another Debian release (trixie, forky)
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from tests.docker_engine import images, machine, other_release, session


def main(arguments: list[str]) -> int:
    """Do what the first argument names."""
    if arguments[:1] == ["with"] and arguments[1:]:
        return beside(arguments[1:])
    if arguments[:1] == ["of"] and arguments[2:]:
        return beside_another(arguments[1], arguments[2:])
    commands = {"install": machine.install, "images": put_images, "run": run}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(__doc__, file=sys.stderr)  # noqa: T201 - a command speaks by printing
        return 64
    try:
        commands[arguments[0]]()
    except machine.Unavailable as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def put_images() -> None:
    """Put the images on the engine that answers."""
    host = session.found(os.environ)
    if host is None:
        raise machine.Unavailable("no Docker Engine answers: set DOCKER_HOST")
    with session.connected(host) as client:
        images.put(client)


def run() -> None:
    """Run an engine until this process is interrupted or ended."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with session.own() as daemon, session.connected(daemon.host) as client:
        images.put(client)
        print(f"export DOCKER_HOST={daemon.host}", flush=True)  # noqa: T201
        try:
            signal.pause()
        except KeyboardInterrupt:
            return


def beside(command: list[str]) -> int:
    """Run a command with an engine in its DOCKER_HOST, for all its processes; without one where none can be had: the
    command says then what it could not do. Returns the command's exit code."""
    try:
        with session.engine(os.environ) as engine:
            return subprocess.call(command, env={**os.environ, "DOCKER_HOST": engine.host})
    except machine.Unavailable as error:
        print(error, file=sys.stderr)  # noqa: T201
        return subprocess.call(command)


def beside_another(release: str, command: list[str]) -> int:
    """The same with the engine of another release, for whatever the command brings up by itself, too."""
    environment = {name: value for name, value in os.environ.items() if name != "DOCKER_HOST"}
    try:
        environment["PATH"] = other_release.path(release)
    except machine.Unavailable as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return subprocess.call([sys.executable, "-m", "tests.docker_engine", "with", *command], env=environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
