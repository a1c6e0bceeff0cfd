"""The JSON Schema of the environment file, made from the models that read it."""

from __future__ import annotations

from typing import Any

from tuienv.model import NAME
from tuienv.spec.kinds import KEYS
from tuienv.spec.shape import EnvironmentShape


def schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of one YAML document. It is as strict as a schema can be: references, circles and
    what must hold between layers are judged by `tuienv check` alone."""
    made = EnvironmentShape.model_json_schema()
    layer = made["$defs"]["LayerShape"]
    for key, kinds in KEYS.items():
        field = layer["properties"][key]
        field["description"] = f"{field['description']} For: {', '.join(sorted(kinds))}."
    made["properties"]["layers"]["propertyNames"] = {"pattern": f"^{NAME.pattern}$"}
    _drop_titles(made)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "tuienv environment",
        "description": "One environment of tuienv: a set of layers at one or more providers.",
    }


def _drop_titles(part: Any) -> None:
    """The models' own titles say nothing that the keys do not."""
    if isinstance(part, dict):
        if isinstance(part.get("title"), str):
            del part["title"]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            _drop_titles(inner)
