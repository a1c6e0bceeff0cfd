"""Heroku under the contract suite: the double, two hundred times as fast as the world."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from unittest.mock import patch

from tests.contract.death import Death
from tests.contract.harness import Calls, Deed, Images, Outside, Traits
from tests.heroku_platform import HerokuPlatform, Program
from tests.heroku_platform.records import Addon, App
from tests.heroku_platform.resources import addons, apps, dynos
from tests.heroku_platform.signing_in import POOL
from tuienv.backends.base import Backend, Forbidden, NotAuthenticated, ProviderError, Throttled, Unreachable
from tuienv.backends.heroku.backend import HerokuBackend
from tuienv.backends.heroku.job import Waiting
from tuienv.backends.heroku.thrift import Thrift
from tuienv.model import SIZES, Address, Kind

SPEED = 200
KEY = "key-of-the-contract-suite"
IMAGES = Images("sha256:good", "sha256:better", "sha256:sick", "sha256:absent", "the flux is not ready")
TROUBLES = {
    Unreachable: "html-503",
    Throttled: "rate-limit",
    NotAuthenticated: "expired-session",
    Forbidden: "forbidden",
}


class HerokuHarness:
    """One double for all clients of the suite. What is looked at from outside is read from its world."""

    name = "heroku"
    images = IMAGES
    traits = Traits(
        managed=frozenset({"edge"}),
        able=frozenset({"web"}),
        keeps_instances=False,
        data_apart=False,
        steps=2,
        small=SIZES["small"],
        big=SIZES["medium"],
    )

    def __init__(self, journals: Path) -> None:
        self.platform = HerokuPlatform(speed=SPEED).start()
        self.platform.account("suite@example.com", KEY)
        ticking = Program(ticks="tick", tick_seconds=40)
        self.platform.image(IMAGES.good, ticking)
        self.platform.image(IMAGES.better, ticking)
        self.platform.image(IMAGES.sick, Program(boots=False, says=(IMAGES.complaint,)))
        self._journals, self._number = journals, count(1)
        self._deaths: list[Death] = []

    def open(self) -> HerokuBackend:
        return open_at(self.platform.url)

    def port(self) -> int:
        return 8080

    def count(self, backend: Backend) -> Calls:
        calls = Calls()
        assert isinstance(backend, HerokuBackend)

        def note(method: str, path: str) -> None:
            (calls.changing if changes(method, path) else calls.reading).append(f"{method} {path}")

        backend.client.before_call = note
        return calls

    def killed(self, step: int, deed: Deed) -> bool:
        backend, death = self.open(), Death(step)
        backend.client.before_call = lambda method, path: death(path, changes(method, path))
        self._deaths.append(death)
        return death.strikes(backend, deed, self._journals / f"victim-{next(self._number)}.sqlite")

    def outside(self, environment: str) -> Outside:
        with self.platform.world.held():
            running: list[str] = []
            idle: list[str] = []
            for app in self._apps(environment):
                for dyno in (dyno for dyno in app.dynos if dyno.type != "run"):
                    where = running if dyno.state == "up" else idle
                    where.append(f"{_mark(app)['layer']}/{dyno.name.partition('.')[2]}")
            data = [addon for app in self._apps(environment) for addon in self._addons(app)]
            running += [f"{self._layer(addon)}/1" for addon in data if addon.state == "provisioned"]
            idle += [f"{self._layer(addon)}/1" for addon in data if addon.state != "provisioned"]
            grounds = [app for app in self._apps(environment) if not _mark(app)["layer"]]
            return Outside(
                running=tuple(sorted(running)),
                idle=tuple(sorted(idle)),
                networks=tuple(app.name for app in grounds if "TUIENV_KEPT" not in app.config),
                volumes=tuple(sorted(addon.name for addon in data)),
            )

    def remove(self, address: Address) -> None:
        """A dyno goes when somebody scales down, an add-on when somebody deletes it."""
        with self.platform.world.held() as world:
            for app in self._apps(address.environment):
                if _mark(app)["layer"] == address.layer:
                    app.formation["web"].quantity -= 1
                    dynos.adopt(world, app)
                for addon in self._addons(app):
                    if self._layer(addon) == address.layer:
                        addons.vanish(world, addon)

    def troubles(self) -> Mapping[type[ProviderError], Callable[[], AbstractContextManager[None]]]:
        return {error: partial(self._trouble, kind) for error, kind in TROUBLES.items()}

    def silences(self) -> Mapping[Kind, Callable[[], AbstractContextManager[None]]]:
        """One API tells everything."""
        return {}

    def wipe(self, environment: str) -> None:
        with self.platform.world.held() as world:
            for app in self._apps(environment):
                apps.remove(world, app)
            for account in world.accounts:  # what is killed at every step asks for more than comes back meanwhile
                account.tokens = POOL

    def close(self) -> None:
        for death in self._deaths:
            death.bury()
        self.platform.stop()

    # --- inside, with the world held ------------------------------------------------------------------------------

    def _apps(self, environment: str) -> list[App]:
        found = self.platform.world.apps.values()
        return [app for app in found if _mark(app).get("environment") == environment or app.name.startswith("tuienv-")]

    def _addons(self, app: App) -> list[Addon]:
        return [addon for addon in self.platform.world.addons.values() if addon.app is app]

    def _layer(self, addon: Addon) -> str:
        links = self.platform.world.attachments_of(addon.app)
        return next(link.name.lower() for link in links if link.addon is addon)

    @contextmanager
    def _trouble(self, kind: str) -> Iterator[None]:
        with self.platform.faults.on(kind):
            yield


def open_at(url: str, key: str = KEY) -> HerokuBackend:
    """A client of a double, with its clock, that looks as often as it likes."""
    backend = HerokuBackend(waiting=Waiting(speed=SPEED), thrift=Thrift(saved=1e9))
    with patch.dict("os.environ", {"HEROKU_HOST": url, "HEROKU_API_KEY": key}):
        assert backend.client.account.key == key
    return backend


def changes(method: str, path: str) -> bool:
    """Whether a request changes what there is. To read a log, a session is created, which changes nothing."""
    return method != "GET" and not path.endswith("/log-sessions")


def _mark(app: App) -> dict[str, str]:
    mark: dict[str, str] = json.loads(app.config.get("TUIENV", '{"layer": ""}'))
    return mark
