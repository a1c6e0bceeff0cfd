"""A tuienv in a process of its own that restarts a layer, and stays in the middle of it until it is told to go on."""

from __future__ import annotations

import sys
from pathlib import Path

from tuienv.backends.base import Backends
from tuienv.backends.docker import open_backend
from tuienv.engine import Engine
from tuienv.journal import Journal
from tuienv.model import Address, Operation, Progress, Stage, Verb

PLACES = [("docker", "")]


def no_secret(name: str) -> str:
    raise AssertionError(f"no secret is used here, but {name} was asked for")


def engine_with(journal: Path) -> Engine:
    return Engine(Backends({"docker": open_backend}), Journal(journal), read_secret=no_secret)


def main(environment: str, journal: str, stays: str) -> int:
    engine = engine_with(Path(journal))
    plan = engine.preview(Operation(Verb.RESTART, Address(environment, "cache")), None, PLACES)

    def report(progress: Progress) -> None:
        if progress.stage is Stage.STARTED:
            print("busy", flush=True)  # noqa: T201 - told to the test
            if stays == "stays":
                sys.stdin.readline()

    return 0 if engine.run(plan, None, PLACES, report).ok else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
