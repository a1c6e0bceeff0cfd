"""Which environment something belongs to, and what its layer is called there: told by tags, in this order.

1. ``tuienv:environment`` and ``tuienv:layer``: ours
2. Copilot: ``copilot-application`` and ``copilot-environment``, ``copilot-service``
3. CloudFormation: the stack (of a nested one, the outermost), the logical ID
4. ``Project`` (or ``Application``) and ``Environment`` (or ``Env``, ``Stage``), whatever their case
5. what it stands in: an ECS cluster; else ``_aws``

What is ours is told by our tags alone, so nothing of others is ever taken for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tuienv.backends.aws import naming
from tuienv.backends.aws.looking.parts import Form, Part
from tuienv.model import Address
from tuienv.text import plain

LOOSE = "_aws"
"""The environment of what nothing says more of. No file can name one so: they never meet."""

STACK = "aws:cloudformation:stack-name"
STACK_ID = "aws:cloudformation:stack-id"
LOGICAL_ID = "aws:cloudformation:logical-id"

_PROJECTS = ("project", "application", "app")
_ENVIRONMENTS = ("environment", "env", "stage")
_LAYERS = ("layer", "tier", "service", "component")

_RANK = {Form.SERVICE: 0, Form.SCALING_GROUP: 1, Form.MACHINES: 2}
"""Of two that want one name, apps have it first."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A part in its place."""

    address: Address
    part: Part
    ours: bool


def environment_of(tags: Mapping[str, str], home: str = "", roots: Mapping[str, str] | None = None) -> str:
    """The environment's name. `roots`: the name of the outermost stack by a stack's ID."""
    if tags.get(naming.ENVIRONMENT):
        return segment(tags[naming.ENVIRONMENT])
    if tags.get("copilot-application"):
        return _joined(tags["copilot-application"], tags.get("copilot-environment", ""))
    if tags.get(STACK):
        return segment((roots or {}).get(tags.get(STACK_ID, ""), tags[STACK]))
    lower = {key.lower(): value for key, value in tags.items()}
    project, environment = _first(lower, _PROJECTS), _first(lower, _ENVIRONMENTS)
    return _joined(project, environment) if project or environment else segment(home or LOOSE)


def layer_of(part: Part) -> str:
    """What the layer would like to be called."""
    tags = part.tags
    if tags.get(naming.ENVIRONMENT) and tags.get(naming.LAYER):
        return segment(tags[naming.LAYER])
    if tags.get("copilot-service") and part.form is Form.SERVICE:
        return segment(tags["copilot-service"])
    if tags.get(STACK) and tags.get(LOGICAL_ID):
        return segment(tags[LOGICAL_ID])
    lower = {key.lower(): value for key, value in tags.items()}
    told = _first(lower, _LAYERS) if _first(lower, (*_PROJECTS, *_ENVIRONMENTS)) else ""
    return segment(told or part.name)


def place(parts: Iterable[Part], roots: Mapping[str, str] | None = None) -> dict[str, list[Placed]]:
    """Every part in its environment, under a name that no other has there."""
    environments: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        environments[environment_of(part.tags, part.home, roots)].append(part)
    return {name: _named(name, members) for name, members in environments.items()}


def _named(environment: str, parts: Sequence[Part]) -> list[Placed]:
    """Ours have their names for certain; of the others, who comes later has more of what it is in its name. The order
    does not depend on that of the answers, so a name stays."""
    taken: set[str] = set()
    placed = []
    for part in sorted(parts, key=_precedence):
        name = next(name for name in _names(part) if name not in taken)
        taken.add(name)
        placed.append(Placed(Address(environment, name), part, naming.is_ours(part.tags)))
    return placed


def _precedence(part: Part) -> tuple[bool, int, str]:
    return not naming.is_ours(part.tags), _RANK.get(part.form, 3), part.arn


def _names(part: Part) -> Iterable[str]:
    wanted = layer_of(part)
    yield wanted
    yield segment(part.name)
    yield f"{wanted}-{part.kind}"
    if part.home:
        yield segment(f"{part.home}-{part.name}")
    number = 2
    while True:
        yield f"{wanted}-{number}"
        number += 1


def _first(tags: Mapping[str, str], keys: Iterable[str]) -> str:
    return next((tags[key] for key in keys if tags.get(key)), "")


def _joined(*parts: str) -> str:
    return segment("-".join(part for part in parts if part))


def segment(text: str) -> str:
    """A part of an address: clean, and without the slash that separates parts."""
    return plain(text, 128).replace("/", "_").strip() or "_"
