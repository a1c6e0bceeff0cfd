"""What Heroku has no way to do, told of a file before anything is made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from tuienv.backends.base import Invalid
from tuienv.backends.heroku.addons import wanted_plan
from tuienv.backends.heroku.client import Row
from tuienv.backends.heroku.formation import check_first
from tuienv.backends.heroku.options import check_options, flag_option, list_option, text_option
from tuienv.backends.heroku.regions import check_known, check_stands
from tuienv.backends.heroku.releasing import check_code
from tuienv.backends.heroku.routing import routed
from tuienv.backends.heroku.sizes import dyno_of
from tuienv.backends.heroku.state import WEB
from tuienv.model import Address, EnvironmentSpec, Kind, LayerSpec

NOTHING: Mapping[str, Row] = {}


def objections_of(
    spec: EnvironmentSpec, profile: str, stands: Mapping[str, Row] = NOTHING, regions: Collection[str] = ()
) -> dict[str, str]:
    """By layer, in the words in which making it would be refused. `stands`: the apps of the environment by layer, its
    ground with an empty name; `regions`: those that Heroku has. Both as far as they are known."""
    directory = str(Path(spec.source).parent) if spec.source else "."
    found = {}
    for layer in spec.layers:
        if (layer.backend, layer.profile) == ("heroku", profile):
            try:
                check_options(layer)
                _check_region(layer, spec, stands, regions)
                _CHECKS[layer.kind](layer, Address(spec.name, layer.name), directory)
            except Invalid as error:
                found[layer.name] = f"{error.said}. {error.remedy}".rstrip(". ")
    return found


def _check_region(layer: LayerSpec, spec: EnvironmentSpec, stands: Mapping[str, Row], regions: Collection[str]) -> None:
    """Add-ons run where the app is that pays for them: what an environment stands on is one app, in one region."""
    region, wanted = text_option(layer, "region"), text_option(spec, "region")
    if region not in ("", wanted):
        said = f"it shall be in {region}, and its environment in {wanted or 'the region that Heroku chooses'}"
        raise Invalid("use the region of", layer.name, said, "Write `region` once, in the environment's options.")
    address = Address(spec.name, layer.name)
    check_known(wanted, regions, address)
    for name in ("", layer.name):
        if name in stands:
            check_stands(stands[name], wanted, address)


def _check_app(layer: LayerSpec, address: Address, directory: str) -> None:
    check_code(layer, directory)
    check_first(address, text_option(layer, "process", WEB), dyno_of(layer.size, address), layer.replicas)


def _check_data(layer: LayerSpec, address: Address, directory: str) -> None:
    wanted_plan(layer, address)


def _check_router(layer: LayerSpec, address: Address, directory: str) -> None:
    routed(layer)
    list_option(layer, "domains")
    flag_option(layer, "acm")
    flag_option(layer, "maintenance")


_CHECKS: Mapping[Kind, Callable[[LayerSpec, Address, str], None]] = {
    Kind.APP: _check_app,
    Kind.CACHE: _check_data,
    Kind.DATABASE: _check_data,
    Kind.LOAD_BALANCER: _check_router,
}
