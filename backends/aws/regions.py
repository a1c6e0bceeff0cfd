"""The wrong region: an environment that is not in the region that is looked at looks like one that was never made."""

from __future__ import annotations

from collections.abc import Mapping

from tuienv.backends.aws import naming
from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.options import text_option
from tuienv.backends.base import Conflict, Forbidden, ProviderError
from tuienv.model import Address, EnvironmentSpec, Kind

_MARK = "-start-"

PAGE = 1000
"""Roles that a page may have; of itself it has a hundred (IAM API reference, ListRoles)."""


def check_region(asker: Asker, environment: str) -> None:
    """Of an environment that is not here. Raises `Conflict` where it is in another region of the account: the role that
    starts its tasks has the region's name, and roles are the same in all of them. Who may not list roles does not
    know."""
    here = asker.session.region
    try:
        there = [
            region
            for page in asker.pages("iam", "list_roles", "Roles", environment, MaxItems=PAGE)
            for row in page
            if (region := _region_in(str(row["RoleName"]), environment)) and region != here
        ]
    except Forbidden:
        return
    if there:
        where = " and ".join(sorted(there))
        remedy = (
            f"Write the profile as {asker.session.name}@{sorted(there)[0]}, or set AWS_REGION; "
            "for a second one here, choose another name."
        )
        raise Conflict("look at", environment, f"it is in {where}, and not in {here}", remedy)


def _region_in(role: str, environment: str) -> str:
    """The region in which a role starts this environment's tasks, empty if it does not."""
    region = role.rpartition(_MARK)[2] if _MARK in role else ""
    return region if region and role == naming.start_role_name(Address(environment), region) else ""


def objections_of(spec: EnvironmentSpec, profile: str, region: str) -> dict[str, str]:
    """By layer, what it names that is in another region, as its ARN says."""
    found = {}
    for layer in spec.layers:
        certificate = text_option(layer, "certificate")
        elsewhere = certificate.split(":")[3] if certificate.count(":") > 3 else ""
        mine = layer.backend == "aws" and layer.profile == profile and layer.kind is Kind.LOAD_BALANCER
        if mine and elsewhere not in ("", region):
            found[layer.name] = (
                f"its certificate is in {elsewhere}, and the load balancer would be in {region}: "
                f"`aws acm request-certificate --region {region}`, or write the profile as NAME@{elsewhere}"
            )
    return found


def judged(spec: EnvironmentSpec, asker: Asker, profile: str) -> Mapping[str, str]:
    """`objections_of` for a profile's region; nothing where the profile cannot be used, which is told elsewhere."""
    try:
        region = asker.session.region
    except ProviderError:
        return {}
    return objections_of(spec, profile, region)
