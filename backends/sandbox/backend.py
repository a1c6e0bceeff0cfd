"""The sandbox as a backend: one client, with one profile, of a `Cloud`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from tuienv.backends.base import Conflict, Execution, Hint, Inputs, NotFound, Secret, Steps, Stream, no_secret
from tuienv.backends.sandbox.accounts import identify
from tuienv.backends.sandbox.api import Api, Hook
from tuienv.backends.sandbox.cloud import Cloud
from tuienv.backends.sandbox.offers import capabilities
from tuienv.backends.sandbox.reconcile import Reconcile
from tuienv.backends.sandbox.records import SERVING, Blueprint, Record, Volume
from tuienv.backends.sandbox.shell import ToyExecution
from tuienv.backends.sandbox.streams import Follower, HintStream, LogStream, SampleStream
from tuienv.backends.sandbox.survey import as_unanswered, survey, without
from tuienv.model import (
    Action,
    Address,
    Budget,
    Capabilities,
    Change,
    Event,
    Identity,
    Kind,
    Layer,
    LayerSpec,
    Lock,
    LogLine,
    Marks,
    Observation,
    Release,
    Sample,
)

PAGE = 100
"""Environments that a page of the listing has."""

PORTS = {Kind.LOAD_BALANCER: 80, Kind.APP: 8000, Kind.CACHE: 6379, Kind.DATABASE: 5432}
"""Where each kind listens, if its layer does not say."""

IMAGES = {Kind.LOAD_BALANCER: "haproxy:2.6", Kind.CACHE: "redis:7", Kind.DATABASE: "postgres:15"}


class SandboxBackend:
    """Does everything of the contract, on a world in memory. Safe to call from several threads."""

    name = "sandbox"

    def __init__(self, cloud: Cloud, profile: str = "", secret: Secret = no_secret) -> None:
        self.profile = profile
        self._secret = secret
        self.cloud = cloud
        self._api = Api(cloud, profile)
        self._streams: list[Follower[Hint] | Follower[list[LogLine]] | Follower[list[Sample]]] = []

    @property
    def before_call(self) -> Hook:
        """What is called before each provider call, with its name and whether it changes anything."""
        return self._api.before_call

    @before_call.setter
    def before_call(self, hook: Hook) -> None:
        self._api.before_call = hook

    # --- Backend ------------------------------------------------------------------------------------------------

    def identity(self) -> Identity:
        self._api.whoami()
        return identify(self.profile, self._secret)

    def discover(self) -> list[Observation]:
        return self._observations("", thorough=False)

    def observe(self, environment: str, *, thorough: bool = False) -> Observation:
        found = [seen for seen in self._observations(environment, thorough=thorough) if seen.environment]
        silent, marks = as_unanswered(self._api.silent_kinds()), self.cloud.marks(environment)
        now = self.cloud.clock.now()
        nothing = Observation(environment, self.name, self.profile, now, unanswered=silent, marks=marks)
        return found[0] if found else nothing

    def capabilities(self, layer: Layer) -> Capabilities:
        return capabilities(layer)

    def apply(self, change: Change, inputs: Inputs, steps: Steps) -> None:
        if not change.address.layer:
            self._ground(change, steps)
        elif change.action is Action.DELETE:
            self._delete(change, steps)
        elif change.action in (Action.CREATE, Action.UPDATE):
            self._make(change, inputs, steps)
        else:
            self._operate(change, Reconcile(self._api, _layer(change), steps))

    def close(self) -> None:
        for stream in self._streams:
            stream.close()
        self._streams.clear()

    # --- Watches, Reads, Measures, Runs, Connects, Configures ---------------------------------------------------

    def watch(self) -> Stream[Hint]:
        self._api.read("watch", "everything")
        stream = HintStream(self.cloud, self.profile)
        self._streams.append(stream)
        return stream

    def logs(
        self, target: Address, *, tail: int | None = None, since: float | None = None, follow: bool = False
    ) -> Stream[list[LogLine]]:
        self._api.read("read_logs", target)
        self._must_exist(target)
        stream = LogStream(self.cloud, self.profile, target, tail, since, follow)
        self._streams.append(stream)
        return stream

    def metrics(self, targets: Sequence[Address]) -> Stream[list[Sample]]:
        self._api.read("measure", ", ".join(map(str, targets[:3])))
        stream = SampleStream(self.cloud, self.profile, targets)
        self._streams.append(stream)
        return stream

    def run(self, target: Address, argv: Sequence[str], *, tty: bool = False, stdin: bool = False) -> Execution:
        self._api.read("execute", target)
        records = self._must_exist(target)
        running = [record for record in records if record.phase in SERVING]
        if not running:
            raise Conflict("run a command in", target, "nothing of it runs", "Start it first")
        return ToyExecution(min(running, key=lambda record: record.number), argv, tty=tty, stdin=stdin)

    def connection(self, address: Address) -> Mapping[str, str]:
        records = self._api.list_instances(address.environment, address.layer)
        volumes = self._api.list_volumes(address.environment, address.layer)
        if not records:
            raise NotFound("connect to", address, "no such layer", "Apply it first")
        blueprint = records[0].blueprint
        return _answers(address, blueprint, blueprint.port or PORTS[blueprint.kind], volumes)

    def config(self, address: Address) -> Mapping[str, str]:
        records = self._api.list_instances(address.environment, address.layer)
        if not records:
            raise NotFound("read the settings of", address, "no such layer", "Apply it first")
        return dict(records[0].blueprint.variables)

    # --- Releases, Reports --------------------------------------------------------------------------------------

    def releases(self, address: Address) -> list[Release]:
        self._must_exist(address)
        return self._api.list_releases(address)

    def events(self, address: Address) -> list[Event]:
        self._must_exist(address)
        return self._api.list_events(address)

    # --- Keeps --------------------------------------------------------------------------------------------------

    def take_lock(self, environment: str, lock: Lock) -> Lock:
        return self._api.take_lock(environment, lock)

    def drop_lock(self, environment: str, token: str) -> None:
        if (there := self._marks(environment).lock) is not None and there.token == token:
            self._api.drop_lock(environment, token)

    def protect(self, environment: str, protected: bool) -> None:
        if self._marks(environment).protected is not protected:
            self._api.protect(environment, protected)

    # --- Budgets, Pages ---------------------------------------------------------------------------------------------

    def budget(self) -> Budget | None:
        with self.cloud.changed:
            return self.cloud.quota.budget() if self.cloud.quota is not None else None

    def pages(self) -> Iterator[list[Observation]]:
        found = self.discover()
        for start in range(0, len(found), PAGE):
            if start:
                self._api.read("list_more", "everything")
            yield found[start : start + PAGE]

    # --- inside -------------------------------------------------------------------------------------------------

    def _observations(self, environment: str, *, thorough: bool) -> list[Observation]:
        records = self._api.list_instances(environment)
        volumes = self._api.list_volumes(environment)
        networks = self._api.list_networks(environment)
        now = self.cloud.clock.now()
        found = survey(records, volumes, networks, (self.name, self.profile), now, thorough=thorough)
        marked = [replace(observation, marks=self.cloud.marks(observation.environment)) for observation in found]
        return without(marked, self._api.silent_kinds(), (self.name, self.profile), now)

    def _marks(self, environment: str) -> Marks:
        self._api.read("look_at_marks", environment)
        return self.cloud.marks(environment)

    def _must_exist(self, target: Address) -> list[Record]:
        records = self.cloud.records(target.environment, target.layer)
        found = [record for record in records if target.instance in ("", record.address.instance)]
        if not found:
            raise NotFound("look for", target, "it is not there", "See what is: tuienv ls")
        return found

    def _ground(self, change: Change, steps: Steps) -> None:
        environment = change.address.environment
        exists = bool(self._api.list_networks(environment))
        if change.action is Action.DELETE and exists:
            steps.say(f"remove network {environment}_default")
            self._api.delete_network(environment)
        elif change.action is Action.CREATE and not exists:
            steps.say(f"create network {environment}_default")
            self._api.create_network(environment, identify(self.profile, self._secret).account)

    def _delete(self, change: Change, steps: Steps) -> None:
        address = _layer(change)
        Reconcile(self._api, address, steps).delete()
        if not change.delete_data:
            return
        for volume in self._api.list_volumes(address.environment, address.layer):
            if change.final_snapshot and volume.kind is Kind.DATABASE:
                self._keep(volume, steps)
            steps.say(f"remove volume {volume.name}")
            self._api.delete_volume(volume.name)

    def _keep(self, volume: Volume, steps: Steps) -> None:
        """A last snapshot of this very volume; another that takes its name later gets one of its own."""
        name = f"{volume.name}-final-{volume.number}"
        if name not in self._api.list_snapshots():
            steps.say(f"leave snapshot {name}")
            self._api.create_snapshot(name, volume.name)

    def _make(self, change: Change, inputs: Inputs, steps: Steps) -> None:
        address = _layer(change)
        reconcile = Reconcile(self._api, address, steps)
        if change.spec is None:
            self._configure(change, reconcile)
            return
        blueprint = _blueprint(address, change.spec, change, inputs)
        if blueprint.kind in (Kind.CACHE, Kind.DATABASE):
            blueprint = self._on_volume(address, blueprint, change.spec, steps)
        reconcile.make(blueprint, change.spec.replicas if change.replicas is None else change.replicas)

    def _on_volume(self, address: Address, blueprint: Blueprint, spec: LayerSpec, steps: Steps) -> Blueprint:
        """On its volume, with the password that belongs to the data there."""
        volumes = self._api.list_volumes(address.environment, address.layer)
        if not volumes:
            steps.say(f"create volume {address.environment}_{address.layer}-data")
            volumes = [self._api.create_volume(address, spec.kind, spec.storage)]
        if blueprint.kind is Kind.CACHE:
            return blueprint
        return replace(blueprint, variables={"POSTGRES_PASSWORD": volumes[0].password, **blueprint.variables})

    def _configure(self, change: Change, reconcile: Reconcile) -> None:
        """Other settings for what is live, all else as it is."""
        blueprint = reconcile.template(change.facets)
        merged: dict[str, str | None] = {**blueprint.variables, **change.settings}
        variables = {key: value for key, value in merged.items() if value is not None}
        resumed = blueprint.facets == change.facets
        replicas = blueprint.wanted if resumed else reconcile.count()
        reconcile.make(replace(blueprint, variables=variables, facets=dict(change.facets)), replicas)

    def _go_back(self, change: Change, reconcile: Reconcile) -> None:
        """What was released then, as many and as big as there are now."""
        released = self._api.find_release(_layer(change), change.release)
        now = reconcile.template(released.facets)
        replicas = now.wanted if now.facets == released.facets else reconcile.count()
        reconcile.make(replace(released, size=now.size, wanted=replicas), replicas)

    def _operate(self, change: Change, reconcile: Reconcile) -> None:
        match change.action:
            case Action.SCALE if change.replicas is not None:
                reconcile.scale(change.replicas)
            case Action.RESIZE if change.size is not None:
                reconcile.resize(change.size)
            case Action.ROLLBACK:
                self._go_back(change, reconcile)
            case Action.RESTART:
                reconcile.restart(change.address.instance)
            case Action.STOP:
                reconcile.stop(change.address.instance)
            case Action.START:
                reconcile.start(change.address.instance)


def _layer(change: Change) -> Address:
    return replace(change.address, instance="")


def _blueprint(address: Address, spec: LayerSpec, change: Change, inputs: Inputs) -> Blueprint:
    image = spec.image or (f"{address.environment}-{address.layer}:latest" if spec.build else IMAGES.get(spec.kind, ""))
    if spec.version and not spec.image:
        image = f"{image.partition(':')[0]}:{spec.version}"
    return Blueprint(
        kind=spec.kind,
        image=image,
        command=spec.command,
        port=spec.port,
        health=spec.health,
        size=spec.size,
        variables=dict(inputs.environment),
        facets=dict(change.facets),
        needs=change.needs or spec.needs,
        ports=tuple(port.number for port in spec.ports),
    )


def _answers(address: Address, blueprint: Blueprint, port: int, volumes: Iterable[Volume]) -> Mapping[str, str]:
    host = address.layer
    base = {"host": host, "port": str(port)}
    match blueprint.kind:
        case Kind.DATABASE:
            password = next((volume.password for volume in volumes), "")
            url = f"postgresql://app:{password}@{host}:{port}/app"
            return {"url": url, **base, "user": "app", "password": password, "name": "app"}
        case Kind.CACHE:
            return {"url": f"redis://{host}:{port}/0", **base}
        case _:
            return {"url": f"http://{host}:{port}", **base}
