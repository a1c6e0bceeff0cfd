"""The world of the sandbox: networks, volumes and instances that live, fail and go, apart from any client of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from tuienv.backends.base import Conflict, Hint, NotFound
from tuienv.backends.sandbox.clock import Clock, WallClock
from tuienv.backends.sandbox.faults import Faults
from tuienv.backends.sandbox.history import History
from tuienv.backends.sandbox.life import chance
from tuienv.backends.sandbox.quota import Quota
from tuienv.backends.sandbox.records import Blueprint, Network, Phase, Record, Volume
from tuienv.backends.sandbox.timeline import Timeline
from tuienv.model import Address, Kind, Lock, Marks, Size

CRASH_AFTER, RESTART_AFTER = 12.0, 8.0
"""Seconds that an instance of an image tagged ``crashing`` runs, and then lies, again and again."""


class Cloud(Timeline):
    """A provider in memory. Safe to call from several threads; several clients may share one.

    The tag of an image says how it behaves: ``missing`` does not exist, ``broken`` exits as soon as it started,
    ``unhealthy`` never gets healthy, ``crashing`` works for a while and then fails, ``slow`` takes ten times as long
    to start. Any other exists and works. Times are seconds of `clock`.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        seed: int = 1,
        latency: float = 0.0,
        boot: float = 1.5,
        drain: float = 1.0,
        delete: float = 0.5,
        page: int = 1000,
        patience: float = 30.0,
        hourly: int = 0,
    ) -> None:
        """`latency`: of every call; `boot`, `drain`, `delete`: how long these take; `page`: instances a listing
        call returns at most; `patience`: see `Faults`; `hourly`: requests an hour that it grants, 0 if nobody
        counts."""
        super().__init__(clock or WallClock())
        self.latency, self.boot_time, self.drain_time, self.delete_time = latency, boot, drain, delete
        self.page = page
        self.faults = Faults(patience)
        self.quota = Quota(hourly, self.clock) if hourly else None
        self.calls: Counter[str] = Counter()
        self.mutating_calls = 0
        self._seed = seed
        self._made = 0
        self.instances: dict[str, dict[str, Record]] = {}
        self._taken: set[Address] = set()
        self.networks: dict[str, Network] = {}
        self.volumes: dict[str, Volume] = {}
        self.snapshots: set[str] = set()
        self.history = History()
        self.locks: dict[str, Lock] = {}
        self.protected: set[str] = set()

    # --- one call arrives ---------------------------------------------------------------------------------------

    def answer(self, profile: str, call: str, target: object, mutating: bool) -> None:
        """What every call goes through: it is counted, takes its time, and may fail."""
        with self.changed:
            self.calls[call] += 1
            self.mutating_calls += mutating
            if self.quota is not None:
                self.quota.take(call, target)
        if self.latency:
            self.clock.spend(self.latency)
        self.faults.check(profile, call, target)

    # --- looking ------------------------------------------------------------------------------------------------

    def records(self, environment: str = "", layer: str = "") -> list[Record]:
        """The instances of a layer, an environment or everything, by layer and number."""
        with self.changed:
            self.settle()
            names = [environment] if environment else list(self.instances)
            found = [record for name in names for record in self.instances.get(name, {}).values()]
        return [record for record in found if layer in ("", record.address.layer)]

    def find(self, address: Address) -> Record:
        """One instance by its address. Raises `NotFound`."""
        for record in self.records(address.environment, address.layer):
            if record.address == address:
                return record
        raise NotFound("find", address, "no such instance", "Look again with: tuienv status")

    def get(self, id: str, environment: str) -> Record:  # noqa: A002 - the field's own word
        """One instance by its id. Raises `NotFound`."""
        record = self.instances.get(environment, {}).get(id)
        if record is None:
            raise NotFound("find instance", id, "no such instance", "It may have been removed; look again")
        return record

    # --- networks and volumes -----------------------------------------------------------------------------------

    def create_network(self, environment: str, account: str = "") -> Network:
        """Raises `Conflict` if there is one already. `account`: who makes it."""
        with self.changed:
            if environment in self.networks:
                raise Conflict("create network", environment, "it exists already", "Look again")
            network = self.networks[environment] = Network(f"{environment}_default", environment, account)
            self.tell(Hint(environment))
            return network

    def delete_network(self, environment: str) -> None:
        """Raises `Conflict` while an instance is on it."""
        with self.changed:
            self.settle()
            if self.instances.get(environment):
                raise Conflict("delete network", environment, "instances are still on it", "Remove them first")
            self.networks.pop(environment, None)
            self.history.forget(environment)
            self.tell(Hint(environment))

    def create_volume(self, address: Address, kind: Kind, size: int | None, ours: bool = True) -> Volume:
        """The data of a layer, with a new password for the database on it. Raises `Conflict` if it exists."""
        name = f"{address.environment}_{address.layer}-data"
        with self.changed:
            if name in self.volumes:
                raise Conflict("create volume", name, "it exists already", "Look again")
            password = f"{chance(self._seed, self._next()):08x}{chance(self._seed + 7, self._made):08x}"
            volume = Volume(name, address.environment, address.layer, kind, password, size, ours, self._made)
            self.volumes[name] = volume
            self.tell(Hint(address.environment))
            return volume

    def create_snapshot(self, name: str, of: str) -> None:
        """A copy of the data on a volume, which outlives it. Raises `NotFound` if there is no such volume."""
        with self.changed:
            if of not in self.volumes:
                raise NotFound("copy volume", of, "no such volume", "Look again")
            self.snapshots.add(name)

    def delete_volume(self, name: str) -> None:
        """Removes it with its data; nothing if it is gone already."""
        with self.changed:
            volume = self.volumes.pop(name, None)
            if volume is not None:
                self.tell(Hint(volume.environment))

    # --- marks --------------------------------------------------------------------------------------------------

    def marks(self, environment: str) -> Marks:
        """What is kept with an environment, whether anything of it exists or not."""
        with self.changed:
            network = self.networks.get(environment)
            return Marks(
                network.account if network is not None else "",
                environment in self.protected,
                self.locks.get(environment),
            )

    def take_lock(self, environment: str, lock: Lock) -> Lock:
        """Put it on if there is none; gives the one that is on then."""
        with self.changed:
            there = self.locks.setdefault(environment, lock)
            self.tell(Hint(environment))
            return there

    def drop_lock(self, environment: str, token: str) -> None:
        """Nothing if the lock of that token is not on."""
        with self.changed:
            there = self.locks.get(environment)
            if there is not None and there.token == token:
                del self.locks[environment]
                self.tell(Hint(environment))

    def protect(self, environment: str, protected: bool) -> None:
        with self.changed:
            (self.protected.add if protected else self.protected.discard)(environment)
            self.tell(Hint(environment))

    # --- instances ----------------------------------------------------------------------------------------------

    def create_instance(self, address: Address, blueprint: Blueprint, host: str | None = None) -> Record:
        """Not started yet. Raises `NotFound` for an image or a network that does not exist, `Conflict` for a name
        that is taken."""
        with self.changed:
            self.settle()
            self._check_new(address, blueprint)
            seed = chance(self._seed, self._next())
            record = Record(f"i-{seed:08x}{self._made:04x}", address, blueprint, seed, host=host)
            self.instances.setdefault(address.environment, {})[record.id] = record
            self._taken.add(address)
            self.history.made(address, blueprint, self.clock.now())
            self._changed(record)
            return record

    def start_instance(self, record: Record) -> None:
        """Nothing if it runs."""
        with self.changed:
            if record.phase not in (Phase.CREATED, Phase.STOPPED, Phase.FAILED):
                return
            self._boot(record)

    def restart_instance(self, record: Record) -> None:
        """Whatever it does, it starts anew."""
        with self.changed:
            self._boot(record)

    def stop_instance(self, record: Record) -> None:
        with self.changed:
            self._end(record, Phase.STOPPED, "exited 0", "received SIGTERM, shutting down")

    def drain_instance(self, record: Record) -> None:
        """It gets no new requests, and ends those it has. Nothing unless it runs."""
        with self.changed:
            if record.phase is Phase.RUNNING:
                self._turn(record, Phase.DRAINING, "draining")
                self._later(record, self.drain_time, lambda: self._turn(record, Phase.DRAINED, "drained"))

    def undrain_instance(self, record: Record) -> None:
        with self.changed:
            if record.phase in (Phase.DRAINING, Phase.DRAINED):
                record.epoch += 1
                self._turn(record, Phase.RUNNING, "healthy")

    def resize_instance(self, record: Record, blueprint: Blueprint) -> None:
        """In place: it goes on running."""
        with self.changed:
            record.blueprint = blueprint
            self.history.happened(record.address, self.clock.now(), f"resized to {blueprint.size}")
            self._changed(record)
            self.tell(Hint(record.address.environment))

    def delete_instance(self, record: Record) -> None:
        """Takes `delete_time`; nothing if that is under way."""
        with self.changed:
            if record.phase is not Phase.DELETING:
                self._end(record, Phase.DELETING, "deleting", "received SIGTERM, shutting down")
                self._later(record, self.delete_time, lambda: self.vanish(record.address))

    # --- what nobody asked for ----------------------------------------------------------------------------------

    def crash(self, address: Address, code: int = 137) -> None:
        """An instance dies. Raises `NotFound`."""
        with self.changed:
            self._end(self.find(address), Phase.FAILED, f"exited {code}", "FATAL out of memory, killed")

    def vanish(self, address: Address) -> None:
        """An instance is gone, as if somebody had deleted it elsewhere. Raises `NotFound`."""
        with self.changed:
            record = self.find(address)
            living = self.instances[address.environment]
            del living[record.id]
            self._taken.discard(address)
            self.history.happened(address, self.clock.now(), "gone")
            if not living:
                del self.instances[address.environment]
            self.tell(Hint(address.environment, address.layer, gone=str(address)))

    def set_size(self, address: Address, size: Size) -> None:
        """An instance is resized behind everybody's back. Raises `NotFound`."""
        with self.changed:
            record = self.find(address)
            self.resize_instance(record, replace(record.blueprint, size=size))

    def touch(self, records: Iterable[Record], detail: Callable[[Record], str]) -> None:
        """These instances say something new of themselves: the cheap change that fills a busy day."""
        with self.changed:
            for record in records:
                record.detail = detail(record)
                self._changed(record)

    # --- inside -------------------------------------------------------------------------------------------------

    def _next(self) -> int:
        self._made += 1
        return self._made

    def _check_new(self, address: Address, blueprint: Blueprint) -> None:
        if behaviour(blueprint.image) == "missing":
            raise NotFound("pull image", blueprint.image, "no such image", "Check its name, or push it first")
        if address.environment not in self.networks:
            raise NotFound("use network", address.environment, "no such network", "Apply the environment again")
        if address in self._taken:
            raise Conflict("create instance", address, "the name is taken", "Look again")

    def _boot(self, record: Record) -> None:
        record.epoch += 1
        record.started_at, record.ready_at, record.ended_at = self.clock.now(), None, None
        record.lines.append((record.started_at, f"starting {record.blueprint.image}"))
        self._turn(record, Phase.STARTING, "starting")
        factor = 10 if behaviour(record.blueprint.image) == "slow" else 1 + (record.seed % 100) / 200
        self._later(record, self.boot_time * factor, lambda: self._booted(record))

    def _booted(self, record: Record) -> None:
        match behaviour(record.blueprint.image):
            case "broken":
                record.lines.append((self.clock.now(), "ImportError: cannot import name 'shop' from 'app'"))
                self._end(record, Phase.FAILED, "exited 1", "the process ended with code 1")
            case "unhealthy":
                record.lines.append((self.clock.now(), "ERROR health check failed: 503 not ready"))
                self._turn(record, Phase.STARTING, "unhealthy")
            case "crashing":
                self._ready(record)
                self._later(record, CRASH_AFTER, lambda: self._crashed(record))
            case _:
                self._ready(record)

    def _ready(self, record: Record) -> None:
        record.ready_at = self.clock.now()
        record.lines.append((record.ready_at, "ready"))
        self.history.healthy(record.address, record.blueprint)
        self._turn(record, Phase.RUNNING, "healthy")

    def _crashed(self, record: Record) -> None:
        record.lines.append((self.clock.now(), "Traceback (most recent call last): MemoryError"))
        self._end(record, Phase.FAILED, "exited 137, restarting", "FATAL out of memory, killed")
        self._later(record, RESTART_AFTER, lambda: self._boot(record))

    def _end(self, record: Record, phase: Phase, detail: str, line: str) -> None:
        if record.phase is phase:
            return
        record.epoch += 1
        if record.started_at is not None and record.ended_at is None:
            record.ended_at = self.clock.now()
            record.lines.append((record.ended_at, line))
        self._turn(record, phase, detail)

    def _turn(self, record: Record, phase: Phase, detail: str) -> None:
        record.phase, record.detail = phase, detail
        self.history.happened(record.address, self.clock.now(), f"{phase}: {detail}" if detail != phase else detail)
        self._changed(record)

    def _changed(self, record: Record) -> None:
        record.view = None
        self.tell(Hint(record.address.environment, record.address.layer, instance=record.as_instance()))

    def _later(self, record: Record, delay: float, action: Callable[[], None]) -> None:
        epoch = record.epoch

        def if_still() -> None:
            if record.epoch == epoch:
                action()

        self.later(delay, if_still)


def behaviour(image: str) -> str:
    """The tag of an image, which says how it behaves here."""
    return image.rpartition(":")[2]
