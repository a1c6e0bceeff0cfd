"""The sandbox under the contract suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from tests.contract.death import Death
from tests.contract.harness import Calls, Deed, Images, Outside, Traits
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


class SandboxHarness:
    """One cloud, thirty times as fast as the world, for all clients of the suite."""

    name = "sandbox"
    traits = Traits()
    images = Images("shop:1", "shop:2", "shop:unhealthy", "shop:missing", "503 not ready")

    def __init__(self, journals: Path) -> None:
        self.cloud = Cloud(WallClock(speed=30), latency=0.002, hourly=1_000_000)
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
        backend, death = self.open(), Death(step)
        backend.before_call = death
        self._deaths.append(death)
        return death.strikes(backend, deed, self._journals / f"victim-{next(self._number)}.sqlite")

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
