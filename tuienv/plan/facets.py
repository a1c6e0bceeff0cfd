"""What a layer's instances are made from, and how what exists differs from it."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tuienv.model import REFERENCE, Difference, Health, Kind, Status
from tuienv.text import digest, looks_secret

if TYPE_CHECKING:
    from tuienv.model import Instance, Layer, LayerSpec

VARIABLE = "environment."
"""Prefix of the facets that are variables: ``environment.LOG_LEVEL``."""

GIB = 1024**3

CONTENTS = "build.contents"
"""The facet that says what was in the folder of `build`."""


def facets(spec: LayerSpec) -> dict[str, str]:
    """What this layer's instances are made from, flat and comparable; a value that may be secret is hashed.

    Replicas, size and storage are not in it: they change without a new instance.
    """
    plain = {
        "image": spec.image,
        "build": spec.build,
        CONTENTS: spec.contents if spec.build else "",
        "command": shlex.join(spec.command),
        "port": "" if spec.port is None else str(spec.port),
        "health": _health(spec),
        "engine": spec.engine,
        "version": spec.version,
        "routes": ", ".join(f"{route.path} → {route.layer}:{route.port}" for route in spec.routes),
        "ports": ", ".join(f"{port.address}:{port.number}" for port in spec.ports),
    }
    for key, value in spec.options.get(spec.backend, {}).items():
        plain[f"options.{key}"] = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    for key, value in spec.environment.items():
        plain[VARIABLE + key] = variable(key, value)
    return {key: value for key, value in plain.items() if value or key.startswith(VARIABLE)}


def variable(key: str, value: str) -> str:
    """A variable's value as a facet: itself, or a digest of it if it may be secret. References are no secrets."""
    return digest(key, value) if looks_secret(key, REFERENCE.sub("", value)) else value


def configured(before: Mapping[str, str], settings: Mapping[str, str | None]) -> dict[str, str]:
    """The facets `before`, after setting these variables (None unsets)."""
    after = dict(before)
    for key, value in settings.items():
        if value is None:
            after.pop(VARIABLE + key, None)
        else:
            after[VARIABLE + key] = variable(key, value)
    return after


def drift(spec: LayerSpec, layer: Layer | None) -> tuple[Difference, ...]:
    """Every difference between the file and what exists; nothing for what cannot be told or is on its way."""
    if layer is None or layer.status is Status.ABSENT:
        return (Difference("instances", "0", str(spec.replicas)),) if spec.replicas else ()
    return (
        *facet_drift(spec, layer),
        *_count_drift(spec, layer),
        *_size_drift(spec, layer),
        *_storage_drift(spec, layer),
        *_status_drift(layer),
    )


def facet_drift(spec: LayerSpec, layer: Layer) -> tuple[Difference, ...]:
    """The facets that one instance or more, or a managed layer itself, was not made from. Without facets it tells
    nothing."""
    wanted = facets(spec)
    found: dict[str, Difference] = {}
    for made_from in (layer.facets, *(instance.facets for instance in live(layer))):
        if not made_from:
            continue
        for key in sorted(wanted.keys() | made_from.keys()):
            before, after = made_from.get(key), wanted.get(key)
            if key == CONTENTS and spec.build and not after:
                continue  # nobody has looked into the folder, so that nothing is known of it
            if before != after:
                found.setdefault(key, difference(key, before, after))
    return tuple(found[key] for key in sorted(found))


def difference(facet: str, before: str | None, after: str | None) -> Difference:
    """From one value to another; None is none, which is not the same as an empty one."""
    empty = "" if before == after else "before" if before == "" else "after" if after == "" else ""
    return Difference(facet, before or "", after or "", empty)


def is_managed(layer: Layer) -> bool:
    """Whether its provider runs a load balancer by itself, so that there is nothing to count."""
    return layer.kind is Kind.LOAD_BALANCER and not layer.instances


def live(layer: Layer) -> tuple[Instance, ...]:
    """The instances that count: not those on their way out."""
    return tuple(instance for instance in layer.instances if instance.status is not Status.DELETING)


def _health(spec: LayerSpec) -> str:
    """How it is asked, and at which times where those are not the usual ones."""
    if spec.health is None:
        return ""
    usual = Health()
    times = [
        f"{name} {getattr(spec.health, name):g}s"
        for name in ("interval", "timeout", "grace")
        if getattr(spec.health, name) != getattr(usual, name)
    ]
    asked = spec.health.path or shlex.join(spec.health.command)
    return f"{asked} ({', '.join(times)})" if times else asked


def _count_drift(spec: LayerSpec, layer: Layer) -> Iterator[Difference]:
    there = len(live(layer))
    if there != spec.replicas and not is_managed(layer):
        yield Difference("replicas", str(there), str(spec.replicas))


def _size_drift(spec: LayerSpec, layer: Layer) -> Iterator[Difference]:
    sizes = Counter(
        str(instance.size)
        for instance in live(layer)
        if instance.size is not None and str(spec.size) != "unlimited" and not spec.size.same_as(instance.size)
    )
    if sizes:
        yield Difference("size", ", ".join(sorted(sizes)), str(spec.size))


def _storage_drift(spec: LayerSpec, layer: Layer) -> Iterator[Difference]:
    """Too little room. More than the file says is none: it may have grown by itself, and no provider takes it back."""
    if layer.storage is not None and spec.storage is not None and spec.storage > layer.storage.there:
        yield Difference("storage", gibibytes(layer.storage.there), gibibytes(spec.storage))


def gibibytes(amount: int) -> str:
    """``20GiB``, as a file says it."""
    return f"{amount / GIB:g}GiB"


def _status_drift(layer: Layer) -> Iterator[Difference]:
    instances = live(layer)
    if instances and all(instance.status is Status.STOPPED for instance in instances):
        yield Difference("status", "stopped", "running")
        return
    for instance in instances:
        if instance.status in (Status.FAILED, Status.STOPPED):
            yield Difference(f"instance {instance.name}", str(instance.status), "running")
