"""What a layer answers to, for the layers that need it, and the variables that it was given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.aws.looking.caches import cluster_endpoint, group_endpoint
from tuienv.backends.aws.looking.databases import endpoint_of
from tuienv.backends.aws.looking.grouping import Placed
from tuienv.backends.aws.looking.parts import Form, Part, Row, word
from tuienv.backends.aws.revisions import revision_of, serving
from tuienv.backends.base import Conflict, Invalid
from tuienv.model import Address

TRIED = "connect to"
READ = "read the variables of"

_SCHEMES = {"postgres": "postgresql", "aurora-postgresql": "postgresql", "mysql": "mysql", "aurora-mysql": "mysql"}


def connection_of(atlas: Atlas, address: Address) -> dict[str, str]:
    """``url``, ``host``, ``port`` and, for a database, ``user``, ``password``, ``name``. Raises `NotFound`, `Conflict`
    while it has no address yet, `Invalid` where nothing answers for all of it."""
    placed = atlas.find(address, TRIED)
    part = placed.part
    match part.form:
        case Form.DATABASE | Form.DATABASE_CLUSTER:
            return _database(atlas.asker, part, address)
        case Form.REPLICATION_GROUP | Form.CACHE_CLUSTER:
            return _cache(part, address)
        case Form.LOAD_BALANCER:
            return _balancer(part, address)
        case _:
            return _behind_balancer(atlas, placed)


def _database(asker: Asker, part: Part, address: Address) -> dict[str, str]:
    row = part.row
    endpoint = endpoint_of(row) if part.form is Form.DATABASE else (part.endpoints or ("",))[0]
    host, port = _split(endpoint, part, address)
    secret = _secret(asker, row)
    user = str(secret.get("username") or row.get("MasterUsername") or "")
    password = str(secret.get("password") or "")
    name = str(row.get("DBName") or row.get("DatabaseName") or "")
    scheme = _SCHEMES.get(str(row.get("Engine")), str(row.get("Engine")))
    given = f"{_quoted(user)}:{_quoted(password)}" if password else _quoted(user)
    url = f"{scheme}://{given}@{host}:{port}/{_quoted(name)}"
    return {"url": url, "host": host, "port": port, "user": user, "password": password, "name": name}


def _secret(asker: Asker, row: Row) -> Mapping[str, Any]:
    """The user and password that RDS keeps in Secrets Manager; empty where others keep them elsewhere."""
    arn = (row.get("MasterUserSecret") or {}).get("SecretArn")
    if not arn:
        return {}
    told = asker.ask("secretsmanager", "get_secret_value", str(row.get("DBInstanceIdentifier", "")), SecretId=arn)
    try:
        found = json.loads(told.get("SecretString") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _cache(part: Part, address: Address) -> dict[str, str]:
    row = part.row
    endpoint = group_endpoint(row) if part.form is Form.REPLICATION_GROUP else cluster_endpoint(row)
    host, port = _split(endpoint, part, address)
    if str(row.get("Engine")) == "memcached":
        return {"url": f"memcached://{host}:{port}", "host": host, "port": port}
    scheme = "rediss" if row.get("TransitEncryptionEnabled") else "redis"
    return {"url": f"{scheme}://{host}:{port}/0", "host": host, "port": port}


def _balancer(part: Part, address: Address) -> dict[str, str]:
    url = part.endpoints[0] if part.endpoints else ""
    if "://" not in url:
        remedy = "Give it a listener, or wait until it has one."
        raise Conflict(TRIED, address, "the load balancer listens on nothing", remedy)
    scheme, _, rest = url.partition("://")
    host, _, port = rest.partition(":")
    return {"url": url, "host": host, "port": port or ("443" if scheme == "https" else "80")}


def _behind_balancer(atlas: Atlas, placed: Placed) -> dict[str, str]:
    """An app has no address of its own: what is in front of it answers for it."""
    for one in atlas.members(placed.address.environment):
        if one.part.form is Form.LOAD_BALANCER and one.part.target_groups & placed.part.target_groups:
            return _balancer(one.part, one.address)
    remedy = "Put a load balancer in front of it, and refer to that."
    raise Invalid(TRIED, placed.address, f"an {placed.part.form} has no address of its own", remedy)


def _split(endpoint: str, part: Part, address: Address) -> tuple[str, str]:
    if not endpoint:
        said = (
            f"it has no address yet ({word(part.row.get('DBInstanceStatus') or part.row.get('Status') or part.status)})"
        )
        raise Conflict(TRIED, address, said, "Wait until it runs, then try again.")
    host, _, port = endpoint.rpartition(":")
    return host, port


def config_of(atlas: Atlas, address: Address) -> dict[str, str]:
    """The variables of a service's first container: those that are plain, and those that come from Secrets Manager or
    Parameter Store. Raises `NotFound`, `Invalid` for what takes no variables."""
    placed = atlas.find(address, READ)
    if placed.part.form is not Form.SERVICE:
        raise Invalid(
            READ, address, f"a {placed.part.form} takes none", "Only what runs as an ECS service has variables."
        )
    arn = serving(placed.part.row)
    definition: Row = revision_of(atlas.asker, atlas.notes)(arn) if arn else {}
    containers = definition.get("containerDefinitions") or ()
    if not containers:
        return {}
    plain_ones = {str(one["name"]): str(one.get("value", "")) for one in containers[0].get("environment") or ()}
    secrets = {str(one["name"]): str(one.get("valueFrom", "")) for one in containers[0].get("secrets") or ()}
    return dict(sorted({**plain_ones, **secret_values(atlas.asker, secrets)}.items()))


def secret_values(asker: Asker, references: Mapping[str, str]) -> dict[str, str]:
    """What the variables hold that refer to Secrets Manager (``ARN:KEY:STAGE:VERSION``) or to Parameter Store."""
    secrets: dict[tuple[str, str], str] = {}
    found: dict[str, str] = {}
    for name, reference in references.items():
        parts = reference.split(":")
        if parts[2:3] != ["secretsmanager"]:
            told = asker.ask(
                "ssm", "get_parameter", word(reference), Name=parameter_name(reference), WithDecryption=True
            )
            found[name] = str((told.get("Parameter") or {}).get("Value", ""))
            continue
        arn, (key, _, version) = ":".join(parts[:7]), (*parts[7:10], "", "", "")[:3]
        if (arn, version) not in secrets:
            which = {"VersionId": version} if version else {}
            told = asker.ask("secretsmanager", "get_secret_value", parts[6], SecretId=arn, **which)
            secrets[arn, version] = str(told.get("SecretString") or "")
        found[name] = _within(secrets[arn, version], key)
    return found


def parameter_name(reference: str) -> str:
    """A parameter goes by its name or by its ARN; with the latter the name is what follows ``parameter``."""
    return reference.partition(":parameter")[2] if reference.startswith("arn:") else reference


def _within(secret: str, key: str) -> str:
    """The value under `key` of a secret that is a JSON object; without a key, all of it."""
    if not key:
        return secret
    try:
        found = json.loads(secret)
    except ValueError:
        return ""
    return str(found.get(key, "")) if isinstance(found, dict) else ""
