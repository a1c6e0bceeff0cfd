"""The sandbox as a client calls it: every call of it goes through one hook, is counted, and may fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tuienv.backends.base import NotFound, ProviderError
from tuienv.backends.sandbox.cloud import Cloud
from tuienv.backends.sandbox.records import Blueprint, Network, Record, Volume
from tuienv.model import Address, Event, Kind, Lock, Release, Size

Hook = Callable[[str, bool], None]
"""Called with the call's name, and whether it changes anything, before each call. It may count, block or raise."""


def no_hook(name: str, mutating: bool) -> None:
    """The hook of everyday life."""


class Api:
    """One client's calls. They raise what `tuienv.backends.base` says and nothing else."""

    def __init__(self, cloud: Cloud, profile: str) -> None:
        self.cloud = cloud
        self.profile = profile
        self.before_call: Hook = no_hook

    def read(self, call: str, target: object) -> None:
        """A reading call arrives at the provider."""
        self.before_call(call, False)
        self.cloud.answer(self.profile, call, target, False)

    def _change(self, call: str, target: object) -> None:
        self.before_call(call, True)
        self.cloud.answer(self.profile, call, target, True)

    # --- reading ------------------------------------------------------------------------------------------------

    def whoami(self) -> None:
        self.read("whoami", self.profile or "the default profile")

    def list_instances(self, environment: str = "", layer: str = "") -> list[Record]:
        """All of them, a page a call."""
        target = Address(environment, layer)
        self.read("list_instances", target if environment else "everything")
        found = self.cloud.records(environment, layer)
        for _ in range(self.cloud.page, len(found), self.cloud.page):
            self.read("list_instances", target)
        return found

    def silent_kinds(self) -> dict[Kind, ProviderError]:
        """The kinds that a listing leaves out. It is one call, but what it tells of each kind comes from a service of
        its own (``tell_database``), which may be down while the others answer."""
        return self.cloud.faults.silent(self.profile)

    def list_networks(self, environment: str = "") -> list[Network]:
        self.read("list_networks", environment or "everything")
        with self.cloud.changed:
            return [net for net in self.cloud.networks.values() if environment in ("", net.environment)]

    def list_volumes(self, environment: str = "", layer: str = "") -> list[Volume]:
        self.read("list_volumes", environment or "everything")
        with self.cloud.changed:
            found = [volume for volume in self.cloud.volumes.values() if environment in ("", volume.environment)]
        return [volume for volume in found if layer in ("", volume.layer)]

    def find_instance(self, address: Address) -> Record:
        """Raises `NotFound`."""
        self.read("find_instance", address)
        return self.cloud.find(address)

    def list_releases(self, layer: Address) -> list[Release]:
        """Newest first."""
        self.read("list_releases", layer)
        with self.cloud.changed:
            living = [record.blueprint for record in self.cloud.records(layer.environment, layer.layer)]
            return self.cloud.history.releases(layer, living)

    def list_events(self, layer: Address) -> list[Event]:
        """Newest first."""
        self.read("list_events", layer)
        with self.cloud.changed:
            self.cloud.settle()
            return self.cloud.history.events(layer)

    def find_release(self, layer: Address, name: str) -> Blueprint:
        """What that release was made from. Raises `NotFound`."""
        self.read("find_release", layer)
        with self.cloud.changed:
            version = self.cloud.history.version(layer, name)
        if version is None:
            raise NotFound("find release", f"{name} of {layer}", "there is no such release", "List them first")
        return version.blueprint

    # --- changing -----------------------------------------------------------------------------------------------

    def create_network(self, environment: str, account: str) -> None:
        self._change("create_network", environment)
        self.cloud.create_network(environment, account)

    def delete_network(self, environment: str) -> None:
        self._change("delete_network", environment)
        self.cloud.delete_network(environment)

    def take_lock(self, environment: str, lock: Lock) -> Lock:
        self._change("take_lock", environment)
        return self.cloud.take_lock(environment, lock)

    def drop_lock(self, environment: str, token: str) -> None:
        self._change("drop_lock", environment)
        self.cloud.drop_lock(environment, token)

    def protect(self, environment: str, protected: bool) -> None:
        self._change("protect", environment)
        self.cloud.protect(environment, protected)

    def create_volume(self, address: Address, kind: Kind, size: int | None) -> Volume:
        self._change("create_volume", address)
        return self.cloud.create_volume(address, kind, size)

    def list_snapshots(self) -> set[str]:
        self.read("list_snapshots", "everything")
        with self.cloud.changed:
            return set(self.cloud.snapshots)

    def create_snapshot(self, name: str, of: str) -> None:
        self._change("create_snapshot", of)
        self.cloud.create_snapshot(name, of)

    def delete_volume(self, name: str) -> None:
        self._change("delete_volume", name)
        self.cloud.delete_volume(name)

    def create_instance(self, address: Address, blueprint: Blueprint) -> Record:
        self._change("create_instance", address)
        return self.cloud.create_instance(address, blueprint)

    def start_instance(self, record: Record) -> None:
        self._on(record, "start_instance", self.cloud.start_instance)

    def restart_instance(self, record: Record) -> None:
        self._on(record, "restart_instance", self.cloud.restart_instance)

    def stop_instance(self, record: Record) -> None:
        self._on(record, "stop_instance", self.cloud.stop_instance)

    def drain_instance(self, record: Record) -> None:
        self._on(record, "drain_instance", self.cloud.drain_instance)

    def undrain_instance(self, record: Record) -> None:
        self._on(record, "undrain_instance", self.cloud.undrain_instance)

    def delete_instance(self, record: Record) -> None:
        """One that is gone already is what was wanted."""
        try:
            self._on(record, "delete_instance", self.cloud.delete_instance)
        except NotFound:
            return

    def resize_instance(self, record: Record, size: Size) -> None:
        blueprint = replace(record.blueprint, size=size)
        self._on(record, "resize_instance", lambda record: self.cloud.resize_instance(record, blueprint))

    def _on(self, record: Record, call: str, change: Callable[[Record], None]) -> None:
        self._change(call, record.label)
        with self.cloud.changed:
            self.cloud.settle()
            change(self.cloud.get(record.id, record.address.environment))
