"""An app: the user's own image, as many times as wanted."""

from __future__ import annotations

from tuienv.backends.base import Invalid
from tuienv.backends.docker import naming
from tuienv.backends.docker.haproxy import health_to_label
from tuienv.backends.docker.images import ensure_image
from tuienv.backends.docker.job import Job
from tuienv.backends.docker.reading import Row
from tuienv.backends.docker.recipes.recipe import KNOWS_START_INTERVAL, Recipe, body_of, seconds
from tuienv.model import Health, LayerSpec


def app_recipe(job: Job, spec: LayerSpec) -> Recipe:
    """Raises `Invalid` for a port that several replicas would publish: they stand behind a load balancer."""
    wanted = spec.replicas if job.change.replicas is None else job.change.replicas
    if spec.ports and wanted > 1:
        remedy = "Publish it on a load balancer that routes here, or set replicas to 1."
        raise Invalid("publish ports of", job.address, f"{wanted} replicas cannot have the same port", remedy)
    image = ensure_image(job, spec)
    health = spec.health or Health()
    body = body_of(
        job,
        spec,
        image,
        environment=job.inputs.environment,
        command=spec.command,
        labels={naming.HEALTH: health_to_label(health)},
        ports=_published(spec),
        exposed=spec.port,
        health=command_check(health, job.client.api) if health.command else None,
    )
    return Recipe(body, naming.stem(job.address), health, spec.size, surge=not spec.ports)


def _published(spec: LayerSpec) -> dict[str, list[tuple[str, int]]]:
    """Every published port leads to the app's own; without one of its own, to the same number inside."""
    published: dict[str, list[tuple[str, int]]] = {}
    for port in spec.ports:
        published.setdefault(f"{spec.port or port.number}/tcp", []).append((port.address, port.number))
    return published


def command_check(health: Health, api: tuple[int, ...]) -> Row:
    """A health check by command, in the engine's words. Failures during the grace do not count; engines since API 1.44
    would check every five seconds only while it lasts."""
    return {
        "Test": ["CMD", *health.command],
        "Interval": seconds(health.interval),
        "Timeout": seconds(health.timeout),
        "StartPeriod": seconds(health.grace),
        "Retries": 3,
        **({"StartInterval": seconds(health.interval)} if api >= KNOWS_START_INTERVAL else {}),
    }
