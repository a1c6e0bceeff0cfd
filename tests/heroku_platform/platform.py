"""The double, to be used in-process: start it, point clients at its `url`, look at and plant its `world`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.heroku_platform import planting
from tests.heroku_platform.faults import Faults
from tests.heroku_platform.recorder import Recorder
from tests.heroku_platform.records import Account, App, Program, Team
from tests.heroku_platform.rendezvous import Rendezvous
from tests.heroku_platform.server import Site
from tests.heroku_platform.world import World


class HerokuPlatform:
    """A Heroku of its own on loopback. `speed`: seconds that go by there for each real one.

    `world`: what there is; change it within ``world.held()``. `faults`: what goes wrong. `recorder`: what was asked.
    """

    def __init__(self, speed: float = 1.0, port: int = 0) -> None:
        self.world, self.faults, self.recorder = World(speed), Faults(), Recorder()
        self._site = Site(port, self.world, self.faults, self.recorder)
        self.url = self.world.base_url = f"http://127.0.0.1:{self._site.server_address[1]}"
        self._rendezvous = Rendezvous(self.world)
        self._threads = [
            threading.Thread(target=self._site.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True),
            threading.Thread(target=self._keep_time, daemon=True),
            threading.Thread(target=self._rendezvous.serve, daemon=True),
        ]

    def start(self) -> Self:
        """Answer requests from now on, at `url`."""
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Answer no more. Streams end, and what stalled is cut off."""
        self.faults.clear()
        with self.world.held():
            self.world.closed = True
        self._site.shutdown()
        self._rendezvous.close()
        self._site.server_close()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def certificate(self) -> str:
        """The certificate of the rendezvous of attached dynos, PEM."""
        return self._rendezvous.certificate

    @property
    def before_request(self) -> Callable[[str, str], None]:
        """Called with method and path before each request to the API. It may wait, or raise `Drop`."""
        return self._site.before_request

    @before_request.setter
    def before_request(self, hook: Callable[[str, str], None]) -> None:
        self._site.before_request = hook

    def account(self, email: str = "user@example.com", key: str = "key-of-user") -> Account:
        """A new account with this API key."""
        return planting.account(self.world, email, key)

    def image(self, image_id: str, program: Program) -> None:
        """Have an image that a container release may name by this id."""
        planting.image(self.world, image_id, program)

    def app(self, name: str, owner: Account, program: Program | None = None, team: Team | None = None) -> App:
        """A new app as somebody made it from outside, with this code released where any is given."""
        return planting.app(self.world, name, owner, program, team)

    def skip(self, seconds: float) -> None:
        """Let so many seconds go by there at once, with what comes due in them."""
        planting.skip(self.world, seconds)

    def _keep_time(self) -> None:
        """Do what comes due even while nobody asks."""
        world = self.world
        with world.lock:
            while not world.closed:
                if world.clock.settle():
                    world.changed.notify_all()
                world.changed.wait(world.clock.until_next())
