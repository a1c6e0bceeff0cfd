"""What the file may say under ``options: {aws: …}``.

====================  ========================  ====================================================================
option                kinds                     meaning
====================  ========================  ====================================================================
`vpc`                 all                       the VPC (the default VPC)
`subnets`             all                       a list of its subnets (all of the default VPC, one a zone)
`public_ip`           app                       whether tasks get a public address, for pulling their image without a
                                                NAT gateway; nothing is let in by it (what the subnets do)
`exec`                app                       whether commands can be run inside (true)
`certificate`         load-balancer             the ARN of a certificate: it then listens with TLS
`allow`               load-balancer             addresses that are let in, as CIDR blocks (everybody)
`internal`            load-balancer             whether it is reached from inside the VPC alone (false)
`multi_az`            cache, database           whether a standby waits in another zone (false)
`backups`             cache, database           days that daily backups are kept (database 7, cache 0)
`final_snapshot`      cache, database           whether a last snapshot stays when it is deleted (true)
`retention`           app                       days that log lines are kept (30)
`platform`            app                       what its image is for: ``linux/amd64`` (so) or ``linux/arm64``
`dockerfile`          app, with build           the Dockerfile's path inside the folder (``Dockerfile``)
`target`              app, with build           the stage to build (the last)
====================  ========================  ====================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tuienv.backends.base import Invalid
from tuienv.model import Change, Kind, LayerSpec

PLATFORMS: Mapping[str, str] = {"linux/amd64": "X86_64", "linux/arm64": "ARM64"}
"""What an image can be for, and what Fargate calls it (Amazon ECS API reference, RuntimePlatform)."""

_DATA = frozenset({Kind.CACHE, Kind.DATABASE})
KNOWN: Mapping[str, frozenset[Kind]] = {
    "vpc": frozenset(Kind),
    "subnets": frozenset(Kind),
    "public_ip": frozenset({Kind.APP}),
    "exec": frozenset({Kind.APP}),
    "retention": frozenset({Kind.APP}),
    "platform": frozenset({Kind.APP}),
    "dockerfile": frozenset({Kind.APP}),
    "target": frozenset({Kind.APP}),
    "certificate": frozenset({Kind.LOAD_BALANCER}),
    "allow": frozenset({Kind.LOAD_BALANCER}),
    "internal": frozenset({Kind.LOAD_BALANCER}),
    "multi_az": _DATA,
    "backups": _DATA,
    "final_snapshot": _DATA,
}


def check_options(spec: LayerSpec) -> None:
    """Raises `Invalid` if there is an option that nobody knows, or not for this kind."""
    for name in spec.options.get("aws", {}):
        if spec.kind not in KNOWN.get(name, ()):
            known = ", ".join(sorted(option for option, kinds in KNOWN.items() if spec.kind in kinds))
            said = f"{name} is not known for a layer of kind {spec.kind}"
            raise Invalid("use the AWS options of", spec.name, said, f"Known are: {known}.")


def asked(change: Change, spec: LayerSpec, option: str) -> bool:
    """Whether the file has a say in it: it names the option, or did until this change. Whatever else there is was
    somebody's choice, in the console perhaps, and no plan told that it would go."""
    named = {difference.facet for difference in change.differences}
    return option in spec.options.get("aws", {}) or f"options.{option}" in named


def text_option(spec: LayerSpec, key: str, default: str = "") -> str:
    return str(spec.options.get("aws", {}).get(key, default))


def platform_option(spec: LayerSpec) -> str:
    """What the layer's image is for. Raises `Invalid` if Fargate does not have it."""
    platform = text_option(spec, "platform", next(iter(PLATFORMS)))
    if platform not in PLATFORMS:
        said = f"platform is {platform}, which tuienv does not run on Fargate"
        raise Invalid("use the AWS options of", spec.name, said, f"It can be one of {', '.join(PLATFORMS)}.")
    return platform


def flag_option(spec: LayerSpec, key: str, default: bool) -> bool:
    """Raises `Invalid` if it is neither true nor false."""
    value = spec.options.get("aws", {}).get(key, default)
    if not isinstance(value, bool):
        raise Invalid("use the AWS options of", spec.name, f"{key} is neither true nor false", "Mend it in the file.")
    return value


def number_option(spec: LayerSpec, key: str, default: int, highest: int) -> int:
    """Raises `Invalid` if it is no whole number from 0 to `highest`."""
    value = spec.options.get("aws", {}).get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= highest:
        said = f"{key} is not a whole number from 0 to {highest}"
        raise Invalid("use the AWS options of", spec.name, said, "Mend it in the file.")
    return value


def list_option(spec: LayerSpec, key: str) -> tuple[str, ...]:
    """Raises `Invalid` if it is no list of texts; one text stands for a list of one."""
    value = spec.options.get("aws", {}).get(key, ())
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, Sequence) or not all(isinstance(one, str) for one in value):
        raise Invalid("use the AWS options of", spec.name, f"{key} is not a list of texts", "Mend it in the file.")
    return tuple(value)
