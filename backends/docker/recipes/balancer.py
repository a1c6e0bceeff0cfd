"""A load balancer: HAProxy with a configuration made from its routes and put into it before it starts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tuienv.backends.base import Invalid, ProviderError
from tuienv.backends.docker import naming
from tuienv.backends.docker.archives import packed
from tuienv.backends.docker.balancing import Runtime
from tuienv.backends.docker.haproxy import CONFIG_PATH, SLOTS, Routing, checks_label, configuration
from tuienv.backends.docker.images import ensure_image, official
from tuienv.backends.docker.job import Job
from tuienv.backends.docker.listing import list_environment
from tuienv.backends.docker.options import number_option
from tuienv.backends.docker.reading import Found, Row, healths_of
from tuienv.backends.docker.recipes.recipe import Recipe, body_of
from tuienv.model import Health, LayerSpec, Port

VERSION = "2.6"

_PATH = re.compile(r"/[A-Za-z0-9._~%!$&()*+,;=:@/?-]*")
"""What may stand in a path without meaning something else to HAProxy (RFC 3986, without quotes)."""


def balancer_recipe(job: Job, spec: LayerSpec) -> Recipe:
    """Raises `Invalid` for paths that HAProxy would misread."""
    routing = _routing(job, spec)
    image = ensure_image(job, spec, official("haproxy", spec.version or VERSION))
    ports: dict[str, list[tuple[str, int]]] = {}
    for port in spec.ports:
        ports.setdefault(f"{port.number}/tcp", []).append((port.address, port.number))
    found = list_environment(job.client, job.address.environment)
    health = healths_of(found)
    for one in health.values():
        check_path(job, one.path)
    body = body_of(
        job,
        spec,
        image,
        environment=job.inputs.environment,
        command=spec.command,
        labels={naming.ROUTES: routing.to_label(), naming.CHECKS: checks_label(routing.routes, health)},
        ports=ports,
    )
    expected = [name for layer in _running(found) for name in routing.backends_of(layer)]
    return Recipe(
        body,
        naming.stem(job.address),
        spec.health or Health(),
        spec.size,
        surge=False,
        files=config_archive(routing, health),
        answers=lambda inspected: serves(job, inspected, expected),
    )


def _running(found: Iterable[Found]) -> set[str]:
    return {one.address.layer for one in found if one.state == "running"}


def serves(job: Job, inspected: Row, expected: Iterable[str]) -> str:
    """Why a load balancer does not serve yet; empty once it answers and has a healthy server wherever there are
    instances to be one."""
    try:
        slots = Runtime(job.client, inspected["Id"], str(inspected["Name"]).lstrip("/")).slots()
    except ProviderError as error:
        return f"its runtime socket does not answer ({error.said})"
    for backend in expected:
        found = [slot for slot in slots if slot.backend == backend]
        if not any(slot.serving and slot.healthy for slot in found):
            checks = sorted({f"{slot.check} {slot.detail}".strip() for slot in found if slot.address})
            return f"no server of {backend} is healthy ({', '.join(checks) or 'none was found yet'})"
    return ""


def _routing(job: Job, spec: LayerSpec) -> Routing:
    slots = number_option(spec, "max_replicas", SLOTS, 1000)
    for route in spec.routes:
        check_path(job, route.path)
    ports = tuple(Port(port.number, port.address) for port in spec.ports)
    return Routing(spec.routes, ports, slots)


def check_path(job: Job, path: str) -> None:
    if path and not _PATH.fullmatch(path):
        raise Invalid("route", job.address, f"{path!r} is not a URL path", "Write it percent-encoded.")


def config_archive(routing: Routing, health: dict[str, Health]) -> bytes:
    """The configuration as a tar archive for the root folder."""
    text = configuration(routing.routes, routing.ports, health, routing.slots)
    return packed(CONFIG_PATH, text.encode())
