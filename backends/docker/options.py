"""What the file may say under ``options: {docker: …}``.

===============  ===============  ============================================================================
option           kinds            meaning
===============  ===============  ============================================================================
`max_replicas`   load-balancer    replicas that each route has room for (64)
`dockerfile`     app, with build  the Dockerfile's path inside the folder (``Dockerfile``)
`target`         app, with build  the stage to build (the last)
===============  ===============  ============================================================================
"""

from __future__ import annotations

from tuienv.backends.base import Invalid
from tuienv.model import LayerSpec

KNOWN = frozenset({"dockerfile", "max_replicas", "target"})


def check_options(spec: LayerSpec) -> None:
    """Raises `Invalid` if there is an option that nobody knows: a slip of the pen would go unnoticed."""
    for name in spec.options.get("docker", {}):
        if name not in KNOWN:
            known = ", ".join(sorted(KNOWN))
            raise Invalid("use the Docker options of", spec.name, f"{name} is not known", f"Known are: {known}.")


def number_option(spec: LayerSpec, key: str, default: int, highest: int) -> int:
    """Raises `Invalid` if it is no whole number from 1 to `highest`."""
    value = spec.options.get("docker", {}).get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= highest:
        said = f"{key} is not a whole number from 1 to {highest}"
        raise Invalid("use the Docker options of", spec.name, said, "Mend it in the file.")
    return value
