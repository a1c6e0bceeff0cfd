"""What others made: each app an environment, or each stage of a pipeline one; shown, scaled, never torn down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tuienv.backends.heroku.client import Row
from tuienv.backends.heroku.facts import plan_of
from tuienv.backends.heroku.naming import segment
from tuienv.backends.heroku.reading import (
    NAME,
    addon_resource,
    data_instance,
    dyno_resources,
    layer_status,
    read_instances,
    service_kind,
    web_url,
)
from tuienv.backends.heroku.sizes import size_of
from tuienv.backends.heroku.state import WEB, AppState
from tuienv.model import Kind, Layer, Resource, Status
from tuienv.text import plain

ROUTER = "router"


def foreign_name(app: Row, coupling: Row | None, pipelines: Mapping[str, str]) -> str:
    """The environment that an app belongs to: its own, or its pipeline's stage."""
    if coupling is None:
        return segment(str(app["name"]))
    pipeline = pipelines.get(str((coupling.get("pipeline") or {}).get("id")), "pipeline")
    return segment(f"{pipeline}-{coupling.get('stage', '')}")


def foreign_layers(apps: Sequence[AppState], addons: Iterable[Row], profile: str) -> tuple[Layer, ...]:
    """The layers of some apps of others that make up one environment. With several, the app's name tells whose."""
    by_app: defaultdict[str, list[Row]] = defaultdict(list)
    for addon in addons:
        by_app[str((addon.get("app") or {}).get("id"))].append(addon)
    alone = len(apps) == 1
    found = [layer for app in apps for layer in _layers(app, by_app[app.id], profile, alone=alone)]
    return tuple(sorted(found, key=lambda layer: layer.name))


def process_layer(app: AppState, process: str, *, alone: bool) -> str:
    """What the layer of a process type is called."""
    return segment(process if alone else app.name if process == WEB else f"{app.name}-{process}")


def _layers(app: AppState, addons: Sequence[Row], profile: str, *, alone: bool) -> list[Layer]:
    data = [addon for addon in addons if service_kind(addon) is not None]
    needs = tuple(segment(str(addon["name"])) for addon in data)
    others = tuple(addon_resource(addon) for addon in addons if service_kind(addon) is None)
    found = [_process(app, process, profile, needs, others, alone=alone) for process in app.types() or [WEB]]
    found += [_data(addon, profile) for addon in data]
    if web_url(app.row) and (app.formation is None or app.process(WEB) is not None):
        found.append(_router(app, profile, alone=alone))
    return found


def _process(
    app: AppState, process: str, profile: str, needs: tuple[str, ...], others: tuple[Resource, ...], *, alone: bool
) -> Layer:
    instances = read_instances(app, process, {})
    row = app.process(process)
    unread = app.formation is None
    return Layer(
        name=process_layer(app, process, alone=alone),
        kind=Kind.APP,
        backend=NAME,
        profile=profile,
        status=Status.UNKNOWN if unread and app.row.get("released_at") else layer_status(instances),
        instances=instances,
        image=plain(str(app.row.get("buildpack_provided_description") or "")),
        size=size_of(plain(str(row["size"]))) if row and row.get("size") else None,
        endpoints=(web_url(app.row),) if process == WEB and web_url(app.row) else (),
        resources=(Resource("app", app.name), *dyno_resources(app), *others),
        needs=needs,
        ours=False,
    )


def _data(addon: Row, profile: str) -> Layer:
    instance = data_instance(addon, {})
    service = plain(str((addon.get("addon_service") or {}).get("name", "")))
    return Layer(
        name=segment(str(addon["name"])),
        kind=service_kind(addon) or Kind.DATABASE,
        backend=NAME,
        profile=profile,
        status=instance.status,
        instances=(instance,),
        image=f"{service}:{plan_of(addon)}",
        size=instance.size,
        resources=(addon_resource(addon),),
        ours=False,
    )


def _router(app: AppState, profile: str, *, alone: bool) -> Layer:
    return Layer(
        name=ROUTER if alone else segment(f"{app.name}-{ROUTER}"),
        kind=Kind.LOAD_BALANCER,
        backend=NAME,
        profile=profile,
        status=_router_status(app),
        endpoints=(web_url(app.row),),
        resources=(Resource("routing", app.name),),
        needs=(process_layer(app, WEB, alone=alone),),
        ours=False,
    )


def _router_status(app: AppState) -> Status:
    """The router itself is always there; behind it there may be nobody, or nobody that it leads to."""
    web = app.process(WEB)
    if app.row.get("maintenance") or (web is not None and not int(web["quantity"])):
        return Status.STOPPED
    return Status.UNKNOWN if web is None else Status.RUNNING
