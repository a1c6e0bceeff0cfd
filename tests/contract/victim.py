"""A client in a process of its own, that kills itself in the middle of an operation: ``kill -9``, no clean-up."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

from tests.contract.harness import Deed, perform
from tuienv.backends.docker import open_backend
from tuienv.engine.holding import this_process

READS = ("GET", "HEAD")


def changes(method: str, path: str) -> bool:
    """Whether a request to the engine changes what there is. Commands inside a container (load balancers are asked
    and told by them, many times a second) do not: being killed after any of them is being killed before the next
    change, which is tried."""
    return method not in READS and "/exec" not in path


def die_at(step: int, deed: Deed, host: str, journal: str) -> None:
    """Do `deed` against the engine at `host`, but not beyond its `step`-th changing request."""
    os.environ["DOCKER_HOST"] = host
    backend = open_backend()
    lock = threading.Lock()
    made = 0

    def hook(method: str, path: str) -> None:
        nonlocal made
        with lock:
            made += changes(method, path)
            if made >= step:
                os.kill(os.getpid(), signal.SIGKILL)

    backend.client.before_call = hook
    outcome = perform(backend, deed, Path(journal), holder=this_process())
    if not outcome.ok:
        raise SystemExit(f"it failed by itself: {outcome}")
