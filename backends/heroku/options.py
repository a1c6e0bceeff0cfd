"""What the file may say under ``options: {heroku: …}``.

===============  ======================  =====================================================================
option           kinds                   meaning
===============  ======================  =====================================================================
`region`         all                     where it runs (``us``), the same for all of an environment
`plan`           cache, database         the add-on's plan, without its service: ``standard-0``
`source`         app                     a tarball to build in place of the image: a path or an https address
`process`        app                     the process type that the layer is (``web``)
`pipeline`       app                     the pipeline to put the app in
`stage`          app                     its stage there (``production``)
`domains`        load-balancer           domains that lead to the app
`acm`            load-balancer           certificates for them, made and renewed by Heroku
`maintenance`    load-balancer           visitors get a page that says so
===============  ======================  =====================================================================
"""

from __future__ import annotations

from collections.abc import Mapping

from tuienv.backends.base import Invalid
from tuienv.model import EnvironmentSpec, Kind, LayerSpec

_DATA = frozenset({"region", "plan"})
KNOWN: Mapping[Kind, frozenset[str]] = {
    Kind.APP: frozenset({"region", "source", "process", "pipeline", "stage"}),
    Kind.CACHE: _DATA,
    Kind.DATABASE: _DATA,
    Kind.LOAD_BALANCER: frozenset({"region", "domains", "acm", "maintenance"}),
}


def check_options(spec: LayerSpec) -> None:
    """Raises `Invalid` for an option that means nothing here: a slip of the pen would go unnoticed."""
    for name in _options(spec):
        if name not in KNOWN[spec.kind]:
            known = ", ".join(sorted(KNOWN[spec.kind]))
            raise Invalid("use the Heroku options of", spec.name, f"{name} is not known", f"Known are: {known}.")


def text_option(spec: LayerSpec | EnvironmentSpec | None, key: str, default: str = "") -> str:
    return default if spec is None else str(_options(spec).get(key, default))


def flag_option(spec: LayerSpec, key: str) -> bool | None:
    """True, false, or None where the file says nothing. Raises `Invalid` for anything else."""
    value = _options(spec).get(key)
    if value is not None and not isinstance(value, bool):
        raise Invalid(
            "use the Heroku options of", spec.name, f"{key} is neither true nor false", "Mend it in the file."
        )
    return value


def list_option(spec: LayerSpec, key: str) -> list[str]:
    """Raises `Invalid` if it is no list of texts."""
    value = _options(spec).get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Invalid("use the Heroku options of", spec.name, f"{key} is no list", f"Write {key}: [one, two].")
    return [str(one) for one in value]


def _options(spec: LayerSpec | EnvironmentSpec) -> Mapping[str, object]:
    return spec.options.get("heroku", {})
