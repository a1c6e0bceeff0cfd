"""Worlds to show: states as the worker would send them, the same every time."""

from __future__ import annotations

from tuienv.model import (
    MIB,
    SIZES,
    Action,
    Address,
    Capabilities,
    Difference,
    Event,
    Failure,
    Identity,
    Instance,
    Kind,
    Release,
    Sample,
    Size,
    SizeOffer,
    Status,
)
from tuienv.model.state import ConnectionChanged, EnvironmentState, LayerState
from tuienv.worker.messages import Description

NOW = 1_800_000_000.0
"""When everything here happens."""

HOUR = 3600.0


def instance(name: str, status: Status = Status.RUNNING, detail: str = "healthy", hours: float = 4) -> Instance:
    return Instance(name, f"6182eb56c18{name[-1:]}", status, detail, NOW - hours * HOUR)


def layer(name: str, kind: Kind, count: int = 1, **more: object) -> LayerState:
    """A running layer of `count` instances, as its file wants it."""
    values: dict[str, object] = {
        "status": Status.RUNNING,
        "instances": tuple(instance(str(number)) for number in range(1, count + 1)),
        "wanted": count,
        "size": SIZES["small"],
        "observed_at": NOW,
    }
    return LayerState(name, kind, "docker", "", **{**values, **more})  # type: ignore[arg-type]  # a test's shorthand


def shop(name: str = "shop", **web: object) -> EnvironmentState:
    """The sample: load balancer, three web instances, cache and database."""
    web_layer = {"image": "shop:1.4.2", "needs": ("db", "cache"), **web}
    count = web_layer.pop("count", 3)
    layers = (
        layer("edge", Kind.LOAD_BALANCER, image="haproxy:2.6", endpoints=("http://127.0.0.1:8080",), needs=("web",)),
        layer("web", Kind.APP, count, **web_layer),  # type: ignore[arg-type]  # a test's shorthand
        layer("cache", Kind.CACHE, image="redis:7"),
        layer("db", Kind.DATABASE, image="postgres:15"),
    )
    return EnvironmentState(name, Status.RUNNING, layers, source="tuienv.yaml", observed_at=NOW)


def drifted(name: str = "shop-production") -> EnvironmentState:
    """An environment that is not as its file says, with a failed instance and a silent provider."""
    web = layer(
        "web", Kind.APP, 2, image="shop:1.4.1", wanted=3, status=Status.DEGRADED,
        instances=(instance("1"), instance("2"), instance("3", Status.FAILED, "exited 137", 0.1)),
        drift=("image: shop:1.4.1 → shop:1.4.2", "replicas: 2 → 3"),
    )  # fmt: skip
    silent = Failure(
        "Unreachable", "list", "RDS instances", "timed out after 10 s", "Check the network; tuienv keeps trying"
    )
    db = layer(
        "db", Kind.DATABASE, image="postgres:15", status=Status.RUNNING, unknown_since=NOW - 180, failure=silent,
        observed_at=NOW - 190,
    )  # fmt: skip
    return EnvironmentState(name, Status.DEGRADED, (web, db), source="prod.yaml", protected=True, observed_at=NOW)


def found(name: str = "blog") -> EnvironmentState:
    """A Compose project that no file declares."""
    layers = (
        layer("wordpress", Kind.APP, 1, image="wordpress:6", wanted=None, ours=False, size=None),
        layer("mysql", Kind.DATABASE, 1, image="mysql:8", wanted=None, ours=False, size=None, status=Status.STOPPED,
              instances=(instance("1", Status.STOPPED, "exited 0"),)),
    )  # fmt: skip
    return EnvironmentState(name, Status.DEGRADED, layers, observed_at=NOW)


def connections() -> tuple[ConnectionChanged, ...]:
    return (
        ConnectionChanged("docker", "", Identity("docker", "", "4K2X", "workstation"), None, NOW - HOUR),
        ConnectionChanged(
            "aws", "acme-dev", None,
            Failure("Unreachable", "list", "RDS instances", "timed out after 10 s", "Check the network"), NOW - 180,
        ),
    )  # fmt: skip


def samples(address: Address, count: int = 60, cpu: float = 0.12, memory: int = 84 * MIB) -> list[Sample]:
    """Measurements of one instance over the last `count` seconds, moving a little."""
    return [
        Sample(
            str(address), NOW - count + second, cpu * (1 + (second * 7 % 11) / 10), memory + second * 65536, 512 * MIB
        )
        for second in range(count)
    ]


def description(address: Address, **config: str) -> Description:
    offers = tuple(SizeOffer(size, None) for size in SIZES.values())
    capabilities = Capabilities(
        frozenset(Action),
        replicas=(0, 50),
        sizes=offers,
        resizes_in_place=True,
        logs=True,
        metrics=True,
        runs=True,
        config=True,
        releases=True,
        events=True,
    )
    return Description(
        address, capabilities, config, {"network": "shop_default", "restart policy": "unless-stopped"}, SIZES["small"]
    )


def releases() -> tuple[Release, ...]:
    """Four versions of an app: one that failed, the current one, and two from before."""
    return (
        Release("v14", NOW - HOUR, "deploy-bot", "shop:1.5.0", "failed", False, (_image("1.4.2", "1.5.0"),)),
        Release("v13", NOW - 4 * HOUR, "ada", "shop:1.4.2", current=True, differences=(
            _image("1.4.1", "1.4.2"), Difference("environment.LOG_LEVEL", "debug", "info"))),
        Release("v12", NOW - 30 * HOUR, "ada", "shop:1.4.1", differences=(_image("1.4.0", "1.4.1"),)),
        Release("v11", NOW - 400 * HOUR, "", "shop:1.4.0"),
    )  # fmt: skip


def _image(before: str, after: str) -> Difference:
    return Difference("image", f"registry.example.com/shop:{before}", f"registry.example.com/shop:{after}")


_UNPLACED = (
    "(service web) was unable to place a task because no container instance met all of its requirements: "
    "the closest matching one has insufficient memory available"
)


def events() -> tuple[Event, ...]:
    return (
        Event(NOW - 40, "shop/web/3", "running: healthy"),
        Event(NOW - 300, "shop/web", _UNPLACED),
        Event(NOW - HOUR, "shop/web/3", "failed: exited 137"),
        Event(NOW - 4 * HOUR, "shop/web", "release v13: shop:1.4.2"),
    )  # fmt: skip


BIG = Size("", 2.0, 4096 * MIB)
