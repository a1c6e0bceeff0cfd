"""What pydantic finds wrong with the shape of a file, in words, and at its place in the file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tuienv.source import Mapping, Node, Place, Source, data, suggestion
from tuienv.source import Sequence as Items
from tuienv.spec.shape import EnvironmentShape, HealthShape, LayerShape, RouteShape, SizeShape

Path = Sequence[int | str]


def explain(error: ValidationError, document: Node, source: Source) -> None:
    """Note every error of one document as a mistake."""
    for detail in error.errors(include_url=False):
        path = detail["loc"]
        source.add(_place(document, path, of_key=detail["type"] == "extra_forbidden"), _message(detail))


def as_text(node: Node) -> Any:
    """The values of a node with single values as the file spells them: ``yes``, ``007`` and ``1.10`` stay so."""
    if isinstance(node, Mapping):
        return {key: as_text(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, Items):
        return [as_text(item) for item in node.items]
    return None if node.value is None else node.text


def _place(node: Node, path: Path, of_key: bool) -> Place:
    """Where the value stands, or its key; where it is missing, the nearest key around it."""
    place = node.place
    for step in path:
        if isinstance(node, Mapping) and step in node.entries:
            entry = node.entries[str(step)]
            node, place = entry.node, entry.place
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            place = node.place
        else:
            return place
    return place if of_key else node.place


def _message(detail: ErrorDetails) -> str:
    path, kind = detail["loc"], detail["type"]
    field = next((step for step in reversed(path) if isinstance(step, str)), "the file")
    model = _model(path[:-1])
    if kind == "extra_forbidden":
        return f"unknown key {field!r}: {suggestion(field, list(model.model_fields) if model else [])}"
    if kind == "missing":
        return f"{field!r} is missing{_such_as(path, '; write ' + field + ': ')}"
    if kind == "value_error":
        return f"{field}: {detail['ctx']['error']}"
    return f"{field}: {_wanted(detail)}"


def _wanted(detail: ErrorDetails) -> str:
    """What would be right, and what stands there."""
    kind, path, context = detail["type"], detail["loc"], detail.get("ctx", {})
    if kind in _WANTED:
        return f"must be {_WANTED[kind]}{_such_as(path, ', such as ')}, not {_described(detail['input'])}"
    if kind in _BOUNDS:
        return f"must be {_BOUNDS[kind].format(**context)}{_such_as(path, ', such as ')}"
    return f"{detail['msg'][:1].lower()}{detail['msg'][1:]}{_such_as(path, ', such as ')}"


_KEYS = "keys and values"
_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "dict_type": _KEYS,
    "model_type": _KEYS,
    "list_type": "a list",
}
_BOUNDS = {
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "string_too_short": "given",
    "too_short": "given, at least one",
    "string_pattern_mismatch": "written differently",
}


def _described(value: object) -> str:
    if value is None:
        return 'nothing (an empty text is written "")'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else _KEYS
    return f"{str(value)[:40]!r}" if isinstance(value, str) else f"the number {value:g}"


def _such_as(path: Path, before: str) -> str:
    """An example for that place, if it has one."""
    model = _model(path[:-1])
    field = model.model_fields.get(str(path[-1])) if model else None
    return f"{before}{_inline(field.examples[0])}" if field is not None and field.examples else ""


def _model(path: Path) -> type[BaseModel] | None:
    """The model whose keys stand at that place."""
    match tuple(path):
        case ():
            return EnvironmentShape
        case ("layers", _):
            return LayerShape
        case ("layers", _, "health"):
            return HealthShape
        case ("layers", _, "size"):
            return SizeShape
        case ("layers", _, "routes", _):
            return RouteShape
    return None


def _inline(example: object) -> str:
    """An example as one would write it in YAML."""
    if isinstance(example, dict):
        return "{" + ", ".join(f"{key}: {_inline(value)}" for key, value in example.items()) + "}"
    if isinstance(example, list):
        return "[" + ", ".join(map(_inline, example)) + "]"
    return example if isinstance(example, str) else json.dumps(example)


def shape_data(document: Mapping) -> dict[str, Any]:
    """A document as the models take it: values as YAML means them, but settings, commands and versions as written."""
    shaped: dict[str, Any] = data(document)
    layers = document.entries.get("layers")
    if layers is None or not isinstance(layers.node, Mapping):
        return shaped
    for name, layer in layers.node.entries.items():
        if isinstance(layer.node, Mapping):
            _as_written(shaped["layers"][name], layer.node)
    return shaped


def _as_written(shaped: dict[str, Any], layer: Mapping) -> None:
    for key in ("environment", "command", "version"):
        if key in layer.entries:
            shaped[key] = as_text(layer.entries[key].node)
    health = layer.entries.get("health")
    if health is not None and isinstance(health.node, Mapping) and "command" in health.node.entries:
        shaped["health"]["command"] = as_text(health.node.entries["command"].node)
