"""What layers elsewhere need of a Docker engine and cannot have."""

from __future__ import annotations

from tuienv.model import EnvironmentSpec


def objections_of(spec: EnvironmentSpec, profile: str) -> dict[str, str]:
    """By layer of another provider (or another engine): that it needs a layer here, which answers on its environment's
    own network and nowhere else."""
    here = {layer.name for layer in spec.layers if (layer.backend, layer.profile) == ("docker", profile)}
    found = {}
    for layer in spec.layers:
        needed = next((name for name in layer.needs if name in here), None)
        if needed is not None and layer.name not in here:
            found[layer.name] = (
                f"it needs {needed}, which only this engine's network reaches, and runs elsewhere ({layer.backend}): "
                f"run both on one provider, or give it the address of a {needed} that it can reach"
            )
    return found
