"""A provider in memory that behaves like a real one: for the demo, for trying things out, and for tests."""

from __future__ import annotations

from tuienv.backends.base import Secret, no_secret
from tuienv.backends.sandbox.accounts import VISITOR
from tuienv.backends.sandbox.backend import SandboxBackend
from tuienv.backends.sandbox.clock import Clock, ManualClock, WallClock
from tuienv.backends.sandbox.cloud import Cloud
from tuienv.backends.sandbox.demo import demo_cloud
from tuienv.backends.sandbox.faults import Trouble
from tuienv.backends.sandbox.worlds import process_cloud

__all__ = [
    "Clock",
    "Cloud",
    "ManualClock",
    "SandboxBackend",
    "Trouble",
    "WallClock",
    "demo_cloud",
    "open_backend",
]


def open_backend(profile: str = "", *, secret: Secret = no_secret) -> SandboxBackend:
    """A client of the process's sandbox; which world that is, TUIENV_SANDBOX says (`worlds.make_cloud`)."""
    return SandboxBackend(process_cloud(of=VISITOR if profile == VISITOR else ""), profile, secret)
