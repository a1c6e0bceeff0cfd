"""What the folders hold that images are built from: looked at when a plan is made, for the code changes between two."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tuienv.context import contents, context_files
from tuienv.model import EnvironmentSpec, LayerSpec

DOCKERFILE = "Dockerfile"


def with_contents(spec: EnvironmentSpec) -> EnvironmentSpec:
    """The same, with `LayerSpec.contents` as the folders are now. One that cannot be read tells nothing: who builds
    from it says why."""
    if not any(layer.build for layer in spec.layers):
        return spec
    folder = Path(spec.source).parent if spec.source else Path()
    return replace(spec, layers=tuple(_looked_into(layer, folder) for layer in spec.layers))


def _looked_into(layer: LayerSpec, folder: Path) -> LayerSpec:
    if not layer.build:
        return layer
    dockerfile = str(layer.options.get(layer.backend, {}).get("dockerfile", DOCKERFILE))
    try:
        found = contents(folder / layer.build, context_files(folder / layer.build, dockerfile))
    except OSError:
        found = ""
    return replace(layer, contents=found)
