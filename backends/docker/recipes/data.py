"""Caches and databases: an official image on a volume of its own, through what the image documents."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from posixpath import relpath

from tuienv.backends.base import Conflict, Invalid, NotFound
from tuienv.backends.docker import naming
from tuienv.backends.docker.images import ensure_image, official
from tuienv.backends.docker.job import Job
from tuienv.backends.docker.listing import list_layer
from tuienv.backends.docker.reading import Row, found_in, image_of, kind_of, labels_of
from tuienv.backends.docker.recipes.access import check_access
from tuienv.backends.docker.recipes.recipe import KNOWS_START_INTERVAL, Recipe, body_of, seconds
from tuienv.backends.docker_engine.images import look_at_image
from tuienv.model import Address, Health, Kind, LayerSpec
from tuienv.text import plain

DATABASE_STOP_SECONDS = 60
"""A database writes back what it holds in memory before it ends; killing it makes the next start slow."""

_GRACE = 120.0
"""A first start makes the database's files, which a slow disk takes its time over."""


@dataclass(frozen=True, slots=True)
class Engine:
    """One product: its image, port, where it keeps data, and the scheme of its URL."""

    image: str
    version: str
    port: int
    data: str
    scheme: str
    check: Sequence[str]


CACHES: Mapping[str, Engine] = {
    "redis": Engine("redis", "7", 6379, "/data", "redis", ("redis-cli", "ping")),
    "valkey": Engine("valkey/valkey", "8", 6379, "/data", "redis", ("valkey-cli", "ping")),
}
DATABASES: Mapping[str, Engine] = {
    "postgres": Engine("postgres", "15", 5432, "/var/lib/postgresql/data", "postgresql", ("pg_isready",)),
}
USER = DATABASE = "app"
"""Who a new database belongs to and how it is called, where the layer's variables do not say."""


def engine_of(spec: LayerSpec, known: Mapping[str, Engine]) -> Engine:
    """The product of a layer; the first one where it does not say. Raises `Invalid` if Docker has none of it."""
    name = spec.engine or next(iter(known))
    if name not in known:
        remedy = f"Docker has: {', '.join(known)}."
        raise Invalid("create", spec.name, f"there is no {spec.kind} engine {name}", remedy)
    return known[name]


def cache_recipe(job: Job, spec: LayerSpec) -> Recipe:
    engine = engine_of(spec, CACHES)
    image = ensure_image(job, spec, official(engine.image, spec.version or engine.version))
    volume = naming.volume_name(job.address)
    ensure_volume(job, spec, volume, {})
    # The client exits with 0 even when the server refuses, so its answer is looked at.
    check = ["CMD-SHELL", f"{' '.join(engine.check)} | grep -q PONG"]
    folder = data_folder(look_at_image(job.client, image), engine.data)
    return _recipe(job, spec, engine, image, job.inputs.environment, (volume, folder), check)


def database_recipe(job: Job, spec: LayerSpec) -> Recipe:
    engine = engine_of(spec, DATABASES)
    image = ensure_image(job, spec, official(engine.image, spec.version or engine.version))
    environment = {"POSTGRES_USER": USER, "POSTGRES_DB": DATABASE, **job.inputs.environment}
    volume = naming.volume_name(job.address)
    environment["POSTGRES_PASSWORD"] = _password(job, spec, volume, environment.get("POSTGRES_PASSWORD", ""))
    check_access(job, environment)
    # Over TCP: while the image prepares its files, a server answers on the Unix socket alone.
    user, name = environment["POSTGRES_USER"], environment["POSTGRES_DB"]
    check = ["CMD", *engine.check, "-q", "-h", "127.0.0.1", "-U", user, "-d", name]
    found = look_at_image(job.client, image)
    folder = data_folder(found, engine.data, environment.get("PGDATA", ""))
    _check_same_place(job, volume, folder, environment.get("PGDATA") or _data_in(found))
    return _recipe(job, spec, engine, image, environment, (volume, folder), check)


def data_folder(image: Row, usual: str, told: str = "") -> str:
    """Where the volume belongs: what an image writes beside it lasts no longer than its container.

    `image`, as inspected, says in `PGDATA` where its data is (unless the layer `told` so), and which volumes it has:
    the official one had ``/var/lib/postgresql/data`` until 17, and has a folder by version below
    ``/var/lib/postgresql`` since. Its tag says nothing: it may be somebody's own. Raises `Invalid` if nobody can tell.
    """
    config = image.get("Config") or {}
    declared: list[str] = sorted(config.get("Volumes") or {})
    known = told or _data_in(image)
    around = [volume for volume in declared if PurePosixPath(known or usual).is_relative_to(volume)]
    if around:
        return max(around, key=len)
    if known or not declared:
        return known or usual
    if len(declared) == 1:
        return declared[0]
    said = f"its image has the volumes {', '.join(map(plain, declared))}, and nobody can tell which has the data"
    raise Invalid("create", "the data of the layer", said, "Set PGDATA in its environment to a folder in that one.")


def check_settings(job: Job, recipe: Recipe) -> None:
    """The same for new settings of a database of ours that is live: raises `Invalid` as `database_recipe` does."""
    variables = dict(str(line).partition("=")[::2] for line in recipe.body.get("Env") or ())
    if {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"} <= variables.keys():
        check_access(job, variables)
    volume = naming.volume_name(job.address)
    for mount in recipe.body["HostConfig"].get("Mounts") or ():
        if mount.get("Source") == volume:
            _check_same_place(job, volume, str(mount["Target"]), variables.get("PGDATA", ""))


def _check_same_place(job: Job, volume: str, folder: str, data: str) -> None:
    """Raises `Invalid` if a new container would look for its data elsewhere in its volume than the one that is there:
    it would find nothing, and begin with an empty database. `data`: ``PGDATA``; nobody can tell where it is empty."""
    for one in list_layer(job.client, Address(job.address.environment, job.address.layer)):
        inspected = job.inspect(one.id, one.name)
        there = next((str(mount["Destination"]) for mount in inspected["Mounts"] if mount.get("Name") == volume), "")
        had = _data_in(inspected)
        if there and had and data and relpath(had, there) != relpath(data, folder):
            said = (
                f"its data is at {plain(had)}, and would be looked for at {plain(data)}, another folder of its volume"
            )
            remedy = "Leave PGDATA and the image's layout as they are, or move the data to a layer of its own."
            raise Invalid("update", job.address, said, remedy)


def _data_in(inspected: Row) -> str:
    """``PGDATA`` of an image or a container; empty if it has none."""
    lines = (inspected.get("Config") or {}).get("Env") or ()
    return dict(str(line).partition("=")[::2] for line in lines).get("PGDATA", "")


def _recipe(
    job: Job,
    spec: LayerSpec,
    engine: Engine,
    image: str,
    environment: Mapping[str, str],
    volume: tuple[str, str],
    check: Sequence[str],
) -> Recipe:
    body = body_of(
        job,
        spec,
        image,
        environment=environment,
        command=spec.command,
        ports={f"{engine.port}/tcp": [(port.address, port.number) for port in spec.ports]} if spec.ports else None,
        exposed=engine.port,
        health=server_check(check, job.client.api),
        volume=volume,
        stop_seconds=DATABASE_STOP_SECONDS,
    )
    health = spec.health or Health(grace=_GRACE)
    return Recipe(body, naming.stem(job.address), health, spec.size, surge=False)


def server_check(test: Sequence[str], api: tuple[int, ...]) -> Row:
    """A check costs the engine a process, so they are seldom; but a start should not wait long for its first."""
    twofold = api >= KNOWS_START_INTERVAL
    return {
        "Test": list(test),
        "Interval": seconds(10 if twofold else 3),
        "Timeout": seconds(5),
        "StartPeriod": seconds(_GRACE),
        "Retries": 3,
        **({"StartInterval": seconds(1)} if twofold else {}),
    }


def _password(job: Job, spec: LayerSpec, volume: str, given: str) -> str:
    """The password of a database: the one its data was made with, else the given one, else a new one.

    It is kept on the volume: whoever has the data has the password, and a lost container can be made again.
    """
    if given:
        ensure_volume(job, spec, volume, {})
        return given
    labels = ensure_volume(job, spec, volume, {naming.PASSWORD: secrets.token_urlsafe(24)})
    if naming.PASSWORD not in labels:
        said = f"the volume {volume} holds data whose password nobody wrote down"
        raise Invalid("create", job.address, said, "Set POSTGRES_PASSWORD in the layer's environment.")
    return labels[naming.PASSWORD]


def check_alone(job: Job, volume: str) -> None:
    """Raises `Conflict` if another server writes into that volume, whoever started it: two destroy its files. Others
    may be at it (what makes backups), and so may the layer's own container."""
    params = {"filters": {"volume": [volume], "status": ["running", "paused", "restarting"]}}
    rows = job.client.get("/containers/json", params, tried="look who uses volume", target=volume)
    own = {one.id for one in list_layer(job.client, Address(job.address.environment, job.address.layer))}
    for one in found_in(rows):
        if one.id not in own and kind_of(one.labels, image_of(one)) in (Kind.CACHE, Kind.DATABASE):
            said = f"{plain(one.name)} has the volume {volume}, and two servers on the same files destroy them"
            raise Conflict("create", job.address, said, "Stop that one, or give the layer another name.")


def ensure_volume(job: Job, spec: LayerSpec, name: str, labels: Mapping[str, str]) -> dict[str, str]:
    """Make the layer's volume, if there is none, and return the labels it has. Raises `Conflict` if it is in use."""
    try:
        found = job.client.get(f"/volumes/{name}", tried="look at volume", target=name)
    except NotFound:
        job.say(f"create volume {name}")
        wanted = {**naming.layer_labels(job.address, spec.kind), **labels}
        wanted[naming.VOLUME] = naming.volume_key(spec.name)
        body = {"Name": name, "Labels": wanted}
        found = job.client.call("POST", "/volumes/create", body=body, tried="create volume", target=name)
    check_alone(job, name)
    return labels_of(found)
