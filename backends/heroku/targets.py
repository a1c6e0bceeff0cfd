"""Which app and process type, or which add-on, an address means; ours and others' alike."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tuienv.backends.base import NotFound
from tuienv.backends.heroku.attaching import find_addon
from tuienv.backends.heroku.client import Row
from tuienv.backends.heroku.foreign import ROUTER, foreign_name, process_layer
from tuienv.backends.heroku.looking import Looker
from tuienv.backends.heroku.marks import LayerMark
from tuienv.backends.heroku.naming import segment
from tuienv.backends.heroku.reading import main_process, mark_for, service_kind
from tuienv.backends.heroku.state import WEB, AppState
from tuienv.model import Address, Kind


@dataclass(frozen=True)
class Target:
    """A layer as it exists. `app`: where it runs; of an add-on the app that pays for it, of a router the app behind
    it. `ground`: that of its environment, if it is ours."""

    address: Address
    kind: Kind
    app: AppState
    process: str = ""
    mark: LayerMark = field(default_factory=lambda: LayerMark(Kind.APP))
    ground: AppState | None = None
    addon: Row | None = None

    @property
    def ours(self) -> bool:
        return self.ground is not None


def find_targets(looker: Looker, address: Address, tried: str) -> list[Target]:
    """The layers of an environment, or the one that is named. Raises `NotFound` if there are none."""
    rows = looker.apps()
    ours = looker.marked(rows, address.environment)
    found = _ours(looker, address.environment, ours) if ours else _foreign(looker, address.environment, rows)
    wanted = [target for target in found if address.layer in ("", target.address.layer)]
    if not wanted:
        raise NotFound(tried, address, "there is no such layer", "See what there is: tuienv status")
    return wanted


def find_target(looker: Looker, address: Address, tried: str) -> Target:
    """The layer of an address. Raises `NotFound`."""
    return find_targets(looker, address, tried)[0]


def live_target(looker: Looker, target: Target) -> Target:
    """The target with its dynos as they are now; an add-on has none."""
    if target.kind is not Kind.APP or target.app.dynos is not None:
        return target
    return replace(target, app=looker.live([target.app])[0])


def _ours(looker: Looker, name: str, apps: list[AppState]) -> list[Target]:
    ground = next((app for app in apps if app.mark and not app.mark.layer), None)
    addons = looker.addons_on(ground) if ground else []
    state = looker.environment(name, apps, addons)
    found = []
    for layer, app in state.apps.items():
        mark = mark_for(state.layers.get(layer), app)
        found.append(Target(Address(name, layer), Kind.APP, app, main_process(mark), mark, ground))
    for layer, mark in state.layers.items():
        address = Address(name, layer)
        if mark.kind is Kind.LOAD_BALANCER:
            behind = next((state.apps[need] for need in mark.needs if need in state.apps), None)
            if behind is not None:
                found.append(Target(address, mark.kind, behind, WEB, mark, ground))
        elif mark.kind is not Kind.APP and ground is not None:
            addon = find_addon(addons, ground, address)
            if addon is not None:
                found.append(Target(address, mark.kind, ground, "", mark, ground, addon))
    return found


def _foreign(looker: Looker, name: str, rows: list[Row]) -> list[Target]:
    couplings = looker.couplings()
    pipelines = looker.pipelines() if couplings else {}
    mine = [
        AppState(row)
        for row in rows
        if not looker.is_ours(str(row["id"])) and foreign_name(row, couplings.get(str(row["id"])), pipelines) == name
    ]
    alone = len(mine) == 1
    found = []
    for app in looker.live(mine):
        for process in app.types() or [WEB]:
            layer = process_layer(app, process, alone=alone)
            found.append(Target(Address(name, layer), Kind.APP, app, process))
        for addon in looker.addons_on(app):
            kind = service_kind(addon)
            if kind is not None:
                found.append(Target(Address(name, segment(str(addon["name"]))), kind, app, addon=addon))
        router = ROUTER if alone else segment(f"{app.name}-{ROUTER}")
        found.append(Target(Address(name, router), Kind.LOAD_BALANCER, app, WEB))
    return found
