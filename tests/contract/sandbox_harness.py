"""The sandbox under the contract suite."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path

from tests.contract.harness import Calls, Deed, Images, Outside, perform
from tuienv.backends.base import Backend, Forbidden, NotAuthenticated, ProviderError, Throttled, Unreachable
from tuienv.backends.sandbox import Cloud, SandboxBackend, Trouble, WallClock
from tuienv.backends.sandbox.records import SERVING
from tuienv.model import Address, Kind

TROUBLES = {
    Unreachable: Trouble.UNREACHABLE,
    Throttled: Trouble.THROTTLED,
    NotAuthenticated: Trouble.NOT_AUTHENTICATED,
    Forbidden: Trouble.FORBIDDEN,
}


class Dead(BaseException):
    """Ends the threads of a client that died, once the test is over. No error handling sees it."""


class Death:
    """The hook of a client that dies before its `step`-th changing call: from then on none of its threads gets any
    further, not even into its clean-up."""

    def __init__(self, step: int) -> None:
        self._left = step
        self._lock = threading.Lock()
        self._buried = threading.Event()
        self.came = threading.Event()

    def __call__(self, name: str, mutating: bool) -> None:
        with self._lock:
            self._left -= mutating
            if self._left <= 0:
                self.came.set()
        if self.came.is_set():
            self._buried.wait()
            raise Dead

    def bury(self) -> None:
        self._buried.set()


class SandboxHarness:
    """One cloud, thirty times as fast as the world, for all clients of the suite."""

    name = "sandbox"
    images = Images("shop:1", "shop:2", "shop:unhealthy", "shop:missing", "503 not ready")

    def __init__(self, journals: Path) -> None:
        self.cloud = Cloud(WallClock(speed=30), latency=0.002)
        self._journals, self._number = journals, count(1)
        self._deaths: list[Death] = []

    def open(self) -> SandboxBackend:
        return SandboxBackend(self.cloud)

    def port(self) -> int:
        return 8080

    def count(self, backend: Backend) -> Calls:
        calls = Calls()
        assert isinstance(backend, SandboxBackend)
        backend.before_call = lambda name, mutating: (calls.changing if mutating else calls.reading).append(name)
        return calls

    def killed(self, step: int, deed: Deed) -> bool:
        backend, death, ended = self.open(), Death(step), threading.Event()
        backend.before_call = death
        self._deaths.append(death)
        journal = self._journals / f"victim-{next(self._number)}.sqlite"
        outcomes = []

        def live() -> None:
            with suppress(Dead):
                outcomes.append(perform(backend, deed, journal))
            ended.set()

        threading.Thread(target=live, daemon=True).start()
        while not (death.came.wait(0.01) or ended.is_set()):
            pass
        if death.came.is_set():
            return True
        assert outcomes, "the client ended without an outcome"
        assert outcomes[0].ok, outcomes[0]
        return False

    def outside(self, environment: str) -> Outside:
        with self.cloud.changed:
            records = self.cloud.records(environment)
            return Outside(
                running=tuple(sorted(_short(record.address) for record in records if record.phase in SERVING)),
                idle=tuple(sorted(_short(record.address) for record in records if record.phase not in SERVING)),
                networks=tuple(net.name for net in self.cloud.networks.values() if net.environment == environment),
                volumes=tuple(vol.name for vol in self.cloud.volumes.values() if vol.environment == environment)
                + tuple(f"lock of {name}" for name in self.cloud.locks if name == environment),
            )

    def remove(self, address: Address) -> None:
        self.cloud.vanish(address)

    def troubles(self) -> Mapping[type[ProviderError], Callable[[], AbstractContextManager[None]]]:
        return {error: partial(self._trouble, trouble) for error, trouble in TROUBLES.items()}

    def silences(self) -> Mapping[Kind, Callable[[], AbstractContextManager[None]]]:
        return {kind: partial(self._trouble, Trouble.UNREACHABLE, f"tell_{kind}") for kind in Kind}

    def wipe(self, environment: str) -> None:
        with self.cloud.changed:
            for record in self.cloud.records(environment):
                self.cloud.vanish(record.address)
            self.cloud.delete_network(environment)
            for volume in [vol for vol in self.cloud.volumes.values() if vol.environment == environment]:
                self.cloud.delete_volume(volume.name)
            self.cloud.locks.pop(environment, None)
            self.cloud.protected.discard(environment)

    def close(self) -> None:
        for death in self._deaths:
            death.bury()

    @contextmanager
    def _trouble(self, trouble: Trouble, calls: str = "*") -> Iterator[None]:
        self.cloud.faults.add(trouble, calls)
        try:
            yield
        finally:
            self.cloud.faults.clear()


def _short(address: Address) -> str:
    return f"{address.layer}/{address.instance}"
