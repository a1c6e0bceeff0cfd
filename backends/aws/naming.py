"""Names and tags: the truth about an environment at AWS, and nothing else holds it.

A name follows from the address, so that what was made is found again without asking for tags; the tags say whose it is.
What a layer was made from (its facets) is longer than the 256 characters of a tag, and may hold characters that tags
may not: it is packed, and spread over several. ECS gives the tags of a task definition to its tasks, so that each task
tells what it itself was made from.

Limits: ALB and target group 32 characters, ElastiCache 40, RDS 63, IAM role 64; the last four start with a letter and
have no two hyphens in a row. Source: the API references of these services.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Mapping

from tuienv.model import Address, Kind

PREFIX = "tuienv:"
ENVIRONMENT = "tuienv:environment"
LAYER = "tuienv:layer"
KIND = "tuienv:kind"
NEEDS = "tuienv:needs"
"""The layers that a layer was made to depend on, separated by spaces."""
ACCOUNT = "tuienv:account"
"""The account that the environment was made with."""
REPLICAS = "tuienv:replicas"
"""How many instances a layer has when it is started again after a stop."""
FACETS = "tuienv:facets."
"""Prefix of the tags that hold what a layer was made from: ``tuienv:facets.0`` and on."""

GROUND = "ground"
"""What names and tags have in place of a layer for what belongs to the environment as a whole."""

VALUE = 256
"""Characters that the value of a tag may have. Source: the tagging documentation of every service that is used."""

PIECES = 30
"""Tags that the facets may take of the 50 that a resource may have: 7.5 kB packed, some 20 kB as they are."""

SHORTEST = 32
"""Characters that the name of a load balancer or a target group may have."""
CACHE_LENGTH = 40
DATABASE_LENGTH = 63
ROLE_LENGTH = 64

_DIGEST = 8


def cluster_name(environment: str) -> str:
    """An environment's ECS cluster is called as it is; its services are called as its layers are."""
    return environment


def name_of(address: Address, limit: int = 255) -> str:
    """``shop-staging-web``: what a layer's resources are called where names are the account's.

    Two addresses never share one: where a hyphen in the layer's name would leave open where the environment's ends, and
    where the name had to be shortened, a digest of the address ends it.
    """
    layer = address.layer or GROUND
    full = f"{address.environment}-{layer}"
    full = full if full[0].isalpha() else f"e{full}"
    clean = re.sub(r"-{2,}", "-", full)
    if clean == full and "-" not in layer and len(full) <= limit:
        return full
    return f"{clean[: limit - _DIGEST - 1].rstrip('-')}-{digest_of(address)}"


def digest_of(address: Address) -> str:
    """Eight characters that no other address has."""
    return hashlib.sha256(str(address).encode()).hexdigest()[:_DIGEST]


def with_suffix(address: Address, suffix: str, limit: int = 255) -> str:
    """``shop-staging-web-exec``: one of several resources of a kind that a layer has."""
    return f"{name_of(address, limit - len(suffix) - 1)}-{suffix}"


def start_role_name(environment: Address, region: str) -> str:
    """The role that starts the tasks of an environment: one an environment and region, since roles are the account's
    and environments are not."""
    return with_suffix(environment, f"start-{region}", ROLE_LENGTH)


def log_group(address: Address) -> str:
    """``/tuienv/shop-staging/web``: where the lines of a layer go."""
    return f"/tuienv/{address.environment}/{address.layer}"


def secret_name(address: Address) -> str:
    """``tuienv/shop-staging/web``: the values of a layer that may be secret, as one JSON object."""
    return f"tuienv/{address.environment}/{address.layer}"


def repository_name(address: Address) -> str:
    """``tuienv/shop-staging/web``: the repository of the images that are built for a layer. ECR takes no two hyphens in
    a row (API reference, CreateRepository): a digest of the address tells such names apart."""
    full = f"tuienv/{address.environment}/{address.layer}"
    clean = re.sub(r"-{2,}", "-", full)
    return full if clean == full else f"{clean}-{digest_of(address)}"


PARAMETERS = "/tuienv/"
"""What the names of all parameters of ours begin with."""


def parameter_path(environment: str) -> str:
    """``/tuienv/shop-staging/``: below it are the marks that are kept with an environment."""
    return f"{PARAMETERS}{environment}/"


# --- tags -------------------------------------------------------------------------------------------------------


def tags_of(address: Address, kind: Kind | None = None, needs: Iterable[str] = (), account: str = "") -> dict[str, str]:
    """Whose it is: on everything that is made."""
    told = {
        ENVIRONMENT: address.environment,
        LAYER: address.layer,
        KIND: "" if kind is None else str(kind),
        NEEDS: " ".join(needs),
        ACCOUNT: account,
    }
    return {key: value for key, value in told.items() if value}


def facet_tags(facets: Mapping[str, str]) -> dict[str, str]:
    """What a layer was made from, as tags. Raises `ValueError` if that is more than tags can hold."""
    text = json.dumps(dict(sorted(facets.items())), separators=(",", ":"))
    packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    pieces = [packed[start : start + VALUE] for start in range(0, len(packed), VALUE)]
    if len(pieces) > PIECES:
        raise ValueError(f"what it is made from takes {len(pieces)} tags, and there is room for {PIECES}")
    return {f"{FACETS}{number}": piece for number, piece in enumerate(pieces)}


def facets_of(tags: Mapping[str, str]) -> dict[str, str]:
    """What something was made from, by its tags; empty where nobody wrote it down, or what is written is not ours."""
    if f"{FACETS}0" not in tags:
        return {}
    packed = ""
    for number in range(PIECES):
        packed += tags.get(f"{FACETS}{number}", "")
    try:
        found = json.loads(zlib.decompressobj().decompress(base64.b64decode(packed, validate=True), 1 << 20))
    except (ValueError, zlib.error):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(key): value for key, value in found.items() if isinstance(value, str)}


def needs_of(tags: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(tags.get(NEEDS, "").split())


def is_ours(tags: Mapping[str, str]) -> bool:
    """Whether tuienv made it."""
    return ENVIRONMENT in tags and (LAYER in tags or ACCOUNT in tags)


def is_of(tags: Mapping[str, str], address: Address) -> bool:
    """Whether it was made for this layer. A name alone says nothing: others may give the same."""
    return (tags.get(ENVIRONMENT), tags.get(LAYER)) == (address.environment, address.layer)


def tag_list(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Tags as most services take them; ECS wants ``key`` and ``value``."""
    return [{key: name, value: text} for name, text in tags.items()]


def tags_in(rows: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Tags as a service tells them, whichever way it writes the words."""
    found = {}
    for row in rows or ():
        key = row.get("Key", row.get("key"))
        if key is not None:
            found[key] = row.get("Value", row.get("value", ""))
    return found
