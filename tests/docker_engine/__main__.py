"""An engine for development, by hand.

python -m tests.docker_engine install    install what an engine needs (Debian, root)
python -m tests.docker_engine images     put the images on the engine that DOCKER_HOST names, and leave them there
python -m tests.docker_engine run        run an engine with the images until ctrl-c
python -m tests.docker_engine with CMD…  run a command beside an engine: the one that answers, or one brought up for it
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from tests.docker_engine import images, machine, session


def main(arguments: list[str]) -> int:
    """Do what the first argument names."""
    if arguments[:1] == ["with"] and arguments[1:]:
        return beside(arguments[1:])
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
