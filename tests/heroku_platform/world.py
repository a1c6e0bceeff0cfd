"""Everything that there is at the double, under one lock, on one clock."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from tests.heroku_platform.clock import Clock
from tests.heroku_platform.records import (
    Account,
    Addon,
    App,
    Attachment,
    Coupling,
    LogLine,
    Meeting,
    Output,
    Pipeline,
    Program,
    Promotion,
    Session,
    Team,
)

WORDS = ("curved", "cubed", "flat", "rugged", "shaped", "silhouetted", "spherical", "tapered", "trapezoidal", "aerial")


class World:
    """The state of the platform. Use it within `held()`; `changed` is told of whatever happens.

    `seconds` says how long things take on the clock: ``boot``, ``release``, ``build``, ``deprovision``, ``promote``,
    ``acm``, ``session_unused``, ``session_connected``, ``sample``. An add-on's time is its service's, times ``addon``.
    """

    def __init__(self, speed: float = 1.0, seed: int = 4) -> None:
        self.clock = Clock(speed)
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.base_url = "http://127.0.0.1"
        self.seconds: dict[str, float] = {
            "boot": 3, "release": 4, "build": 8, "deprovision": 5, "promote": 3, "acm": 20, "domain": 5, "addon": 1,
            "session_unused": 300, "session_connected": 3600, "sample": 20,
        }  # fmt: skip
        self.accounts: list[Account] = []
        self.teams: dict[str, Team] = {}
        self.apps: dict[str, App] = {}
        self.addons: dict[str, Addon] = {}
        self.attachments: dict[str, Attachment] = {}
        self.images: dict[str, Program] = {}  # image id → what it does
        self.outputs: dict[str, Output] = {}  # what is streamed: id of a build or release → what it says
        self.sources: dict[str, bytes] = {}  # what clients uploaded
        self.pipelines: dict[str, Pipeline] = {}
        self.couplings: dict[str, Coupling] = {}
        self.promotions: dict[str, Promotion] = {}
        self.sessions: dict[str, Session] = {}
        self.meetings: dict[str, Meeting] = {}  # secret of an attach_url → who waits there
        self.rendezvous = 5000  # the port where clients meet their dynos
        self.closed = False
        self._random = random.Random(seed)

    @contextmanager
    def held(self) -> Iterator[World]:
        """The world, settled and nobody else in it."""
        with self.lock:
            if self.clock.settle():
                self.changed.notify_all()
            yield self
            self.changed.notify_all()

    def now(self) -> datetime:
        return self.clock.now()

    def new_id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def number(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def word(self) -> str:
        return self._random.choice(WORDS)

    def hexadecimal(self, digits: int) -> str:
        return f"{self._random.getrandbits(digits * 4):0{digits}x}"

    def write(self, app: App, source: str, process: str, text: str) -> None:
        """Add a line to an app's log."""
        app.log.written += 1
        app.log.lines.append(LogLine(app.log.written, self.now(), source, process, text))
        self.changed.notify_all()

    def app_named(self, name: str) -> App | None:
        """The app of this name or id."""
        return self.apps.get(name) or next((app for app in self.apps.values() if app.name == name), None)

    def attachments_of(self, app: App) -> list[Attachment]:
        """What is attached to an app."""
        return [attachment for attachment in self.attachments.values() if attachment.app is app]

    def config_of(self, app: App) -> dict[str, str]:
        """All of an app's config vars: those that were set, and those of what is attached and ready."""
        found = dict(app.config)
        for attachment in self.attachments_of(app):
            if attachment.addon.state != "provisioning":
                found |= attached_values(attachment)
        return found

    def accounts_seeing(self, app: App) -> set[Account]:
        """Who may see an app: its owner, its collaborators, the members of its team."""
        seeing = {app.owner, *(collaborator.account for collaborator in app.collaborators)}
        return seeing | set(app.team.members) if app.team else seeing


def attached_values(attachment: Attachment) -> dict[str, str]:
    """The config vars that an attachment gives to its app: ``REDIS_URL`` and so on."""
    return {f"{attachment.name}_{end}": value for end, value in attachment.addon.values.items()}
