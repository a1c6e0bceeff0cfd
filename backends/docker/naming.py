"""Names and labels, as Compose v2 gives them, so that other tools show the same environment.

The truth about an environment is in these labels and nowhere else. Compose's own (``com.docker.compose.*``) let
``docker compose ls``, lazydocker and the rest see it; ours (``tuienv.*``) say what only we need to know.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from math import isfinite

from tuienv.model import Address, Lock, Marks
from tuienv.text import plain

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
NUMBER = "com.docker.compose.container-number"
ONE_OFF = "com.docker.compose.oneoff"
CONFIG_HASH = "com.docker.compose.config-hash"
NETWORK = "com.docker.compose.network"
VOLUME = "com.docker.compose.volume"
DEPENDS = "com.docker.compose.depends_on"
"""``db:service_healthy:false,cache:service_started:true``"""

ENVIRONMENT = "tuienv.environment"
LAYER = "tuienv.layer"
KIND = "tuienv.kind"
FACETS = "tuienv.facets"
NEEDS = "tuienv.needs"
IMAGE = "tuienv.image"
"""The image as it was asked for: the listing shows a bare ID once its tag has moved on."""
HEALTH = "tuienv.health"
"""How an app says it is ready, as JSON: the load balancer's configuration is made from it."""
ROUTES = "tuienv.routes"
"""What a load balancer forwards, as JSON: by it an app finds the balancer that judges its health."""
CHECKED = "tuienv.checked"
"""The container has a health check of its own: it is not ready just because it runs."""
CHECKS = "tuienv.checks"
"""On a load balancer: what health its configuration asks each routed layer for, as JSON."""
PASSWORD = "tuienv.password"  # noqa: S105 - the name of a label
"""On the data volume: the password the database was made with, so that a lost container is remade on its data."""

COPIED = "tuienv.copied"
"""On a copy that tuienv made of what others made."""

ACCOUNT = "tuienv.account"
"""The ID of the engine that it was made on."""
LOCK_TOKEN = "tuienv.lock.token"  # noqa: S105 - the name of a label
LOCK_HOLDER = "tuienv.lock.holder"
LOCK_SINCE = "tuienv.lock.since"
LOCK_WHY = "tuienv.lock.why"
PROTECTED = "tuienv.protected"

LOCK_ENDING = "_tuienv-lock"
PROTECTION_ENDING = "_tuienv-protection"
MARK_ENDINGS = (LOCK_ENDING, PROTECTION_ENDING)

LOOSE = "_docker"
"""The environment of containers that belong to no project. No file can name one so: they never meet."""

NEXT = "-next"
"""Ends the name of a container that is on its way in: not yet ready, or not yet let in by the load balancer. Until it
has its own name it is no instance, so whoever looks sees that something is missing, and mends it."""
OLD = "-old"
"""Ends the name of a container whose place another has taken, until it is drained and gone. It still counts, so that
whoever looks sees one too many, made from what is no longer wanted."""

_ANONYMOUS = re.compile("[0-9a-f]{64}")
"""What the engine calls a volume that nobody named."""

_PROJECT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def stem(address: Address) -> str:
    """``shop-web-``: what the names of a layer's containers have before their number."""
    return f"{address.environment}-{address.layer}-"


def network_name(environment: str) -> str:
    return f"{environment}_default"


def volume_name(address: Address) -> str:
    """``shop_db-data``: the data of a layer."""
    return f"{address.environment}_{volume_key(address.layer)}"


def volume_key(layer: str) -> str:
    return f"{layer}-data"


def is_anonymous(volume: str) -> bool:
    """Whether the engine named a volume, since nobody else did."""
    return _ANONYMOUS.fullmatch(volume) is not None


def lock_name(environment: str) -> str:
    """``shop_tuienv-lock``: no layer's data is called so, for that ends in ``-data``."""
    return environment + LOCK_ENDING


def protection_name(environment: str) -> str:
    return environment + PROTECTION_ENDING


def is_project_name(environment: str) -> bool:
    """Whether the engine can filter by it: containers of no project and hostile labels go by other names here."""
    return _PROJECT_NAME.fullmatch(environment) is not None


def environment_of(labels: Mapping[str, str]) -> str:
    return _segment(labels.get(ENVIRONMENT) or labels.get(PROJECT) or LOOSE)


def address_of(labels: Mapping[str, str], name: str) -> Address:
    """Where a container stands in the tree, from its labels and its name alone: an event carries no more.

    A container of no service is a layer of its own; so is one that Compose ran once beside a service, and one without
    a number, which has the labels of a service from the image that Compose built. An instance is called by its number
    if the name ends in it, else by its whole name (Compose's ``container_name``), which is unique on an engine.
    """
    layer = labels.get(LAYER) or (labels.get(SERVICE) if NUMBER in labels else None)
    if layer is None or is_one_off(labels):
        return alone(labels, name)
    name = _segment(name.lstrip("/"))
    return Address(environment_of(labels), _segment(layer), _instance_name(labels.get(NUMBER, ""), name))


def alone(labels: Mapping[str, str], name: str) -> Address:
    """Where a container stands that is a layer of its own."""
    return Address(environment_of(labels), _segment(name.lstrip("/")), "1")


def is_one_off(labels: Mapping[str, str]) -> bool:
    """Whether it is of ``docker compose run``."""
    return labels.get(ONE_OFF) == "True"


def is_stray(labels: Mapping[str, str], name: str) -> bool:
    """Whether a container with our labels has not the name that we gave it: somebody renamed it; or it has the labels
    from its image, which somebody made from a container of ours (``docker commit``)."""
    if LAYER not in labels:
        return False
    stem = f"{labels.get(ENVIRONMENT)}-{labels[LAYER]}-{labels.get(NUMBER)}"
    return name.lstrip("/") not in (stem, stem + NEXT, stem + OLD)


def without_inherited(labels: Mapping[str, str], image: Mapping[str, str]) -> dict[str, str]:
    """The labels of a stray, without ours if they are those of its image. One that we made from such an image was made
    from something else than the container that the image came from, and its facets say so."""
    if FACETS not in image or labels.get(FACETS) != image[FACETS]:
        return dict(labels)
    theirs = labels.get(CONFIG_HASH) != image.get(CONFIG_HASH)  # Compose itself runs such an image
    ours = ("tuienv.",) if theirs else ("tuienv.", "com.docker.compose.")
    return {key: value for key, value in labels.items() if not key.startswith(ours)}


def _instance_name(number: str, name: str) -> str:
    if number.isdecimal():
        for ending in (number, number + NEXT, number + OLD):
            if name.endswith((f"-{ending}", f"_{ending}")):
                return ending
    return name


def _segment(text: str) -> str:
    """A part of an address: clean, and without the slash that separates parts."""
    return plain(text, 128).replace("/", "_").strip() or "_"


def is_made_here(labels: Mapping[str, str]) -> bool:
    """Whether tuienv made it: from a file, or as a copy of what others made."""
    return LAYER in labels or COPIED in labels


def is_on_its_way(labels: Mapping[str, str], name: str) -> bool:
    return _bears(labels, name, NEXT)


def is_on_its_way_out(labels: Mapping[str, str], name: str) -> bool:
    return _bears(labels, name, OLD)


def _bears(labels: Mapping[str, str], name: str, ending: str) -> bool:
    """Whether a name has that ending from us; we put it behind the number, also of what others made."""
    number = labels.get(NUMBER, "")
    return name.endswith(ending) and (LAYER in labels or _instance_name(number, name) == number + ending)


def number_of(labels: Mapping[str, str]) -> int:
    """Which copy a container is; 0 where its label does not say."""
    number = labels.get(NUMBER, "")
    return int(number) if number.isdecimal() and len(number) < 9 else 0


def facets_of(labels: Mapping[str, str]) -> dict[str, str]:
    """What a container was made from; empty where nobody wrote it down, or what is written is not ours."""
    try:
        facets = json.loads(labels.get(FACETS, "{}"))
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in facets.items()} if isinstance(facets, dict) else {}


def needs_of(labels: Mapping[str, str]) -> tuple[str, ...]:
    """The layers that one depends on, as we wrote them down or as Compose did."""
    names = labels[NEEDS] if NEEDS in labels else labels.get(DEPENDS, "")
    return tuple(_segment(name.partition(":")[0]) for name in names.split(",") if name)


def environment_labels(environment: str) -> dict[str, str]:
    return {PROJECT: environment, ENVIRONMENT: environment}


def lock_labels(environment: str, lock: Lock) -> dict[str, str]:
    return {
        **environment_labels(environment),
        LOCK_TOKEN: lock.token,
        LOCK_HOLDER: lock.holder,
        LOCK_SINCE: repr(lock.since),
        LOCK_WHY: lock.why,
    }


def lock_of(labels: Mapping[str, str]) -> Lock | None:
    """The lock that is written on a volume; None if none is. Anybody can write there, so it is cleaned."""
    if LOCK_TOKEN not in labels:
        return None
    try:
        since = float(labels.get(LOCK_SINCE, ""))
    except ValueError:
        since = 0.0
    holder, why = plain(labels.get(LOCK_HOLDER, ""), 128), plain(labels.get(LOCK_WHY, ""), 512)
    return Lock(plain(labels[LOCK_TOKEN], 256), holder or "somebody", since if isfinite(since) else 0.0, why)


def marks_of(made: Iterable[Mapping[str, str]], volumes: Iterable[Mapping[str, str]]) -> Marks:
    """The marks of one environment, from the labels of what it is made of and of its volumes."""
    account = next((labels[ACCOUNT] for labels in made if ACCOUNT in labels), "")
    locks, protected = [], False
    for labels in volumes:
        locks += [lock] if (lock := lock_of(labels)) is not None else []
        protected = protected or PROTECTED in labels
    return Marks(plain(account), protected, locks[0] if locks else None)


def is_mark(labels: Mapping[str, str]) -> bool:
    """Whether these are the labels of a volume that is a mark, and not data."""
    return LOCK_TOKEN in labels or PROTECTED in labels


def protection_labels(environment: str) -> dict[str, str]:
    return {**environment_labels(environment), PROTECTED: "yes"}


def layer_labels(address: Address, kind: str) -> dict[str, str]:
    """What everything of a layer carries: its containers and its volume."""
    return {**environment_labels(address.environment), LAYER: address.layer, KIND: kind}


def facet_labels(facets: Mapping[str, str]) -> dict[str, str]:
    text = json.dumps(dict(facets), sort_keys=True, ensure_ascii=False)
    return {FACETS: text, CONFIG_HASH: hashlib.sha256(text.encode()).hexdigest()}
