"""What was read, as layers and instances: pure, and clean wherever the API's words become ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tuienv.backends.heroku.client import Row, parse_time
from tuienv.backends.heroku.facts import app_facets, data_facets, is_data_of, plain_facets, plan_of
from tuienv.backends.heroku.marks import ACM, LayerMark
from tuienv.backends.heroku.naming import addon_name, segment
from tuienv.backends.heroku.sizes import size_of
from tuienv.backends.heroku.state import WEB, AppState, EnvironmentState
from tuienv.model import Address, Instance, Kind, Layer, Resource, Size, Status
from tuienv.text import plain

NAME = "heroku"

_DYNO = {
    "starting": Status.STARTING,
    "up": Status.RUNNING,
    "idle": Status.RUNNING,
    "crashed": Status.FAILED,
    "down": Status.STOPPED,
}
"""An idle dyno wakes when somebody asks for it: it serves."""

_ADDON = {
    "provisioning": Status.STARTING,
    "provisioned": Status.RUNNING,
    "deprovisioning": Status.DELETING,
    "deprovisioned": Status.DELETING,
}

SERVICES = {
    Kind.CACHE: re.compile(r"redis|memcach|valkey|key-value"),
    Kind.DATABASE: re.compile(r"postgres|mysql|mongo|cleardb|jawsdb|mariadb|crunchy|timescale|neo4j|couch"),
}
"""How the names of services tell what an add-on is: whoever is neither is a resource of its app."""


KEEP_NOTHING = re.compile(
    r"papertrail|log|airbrake|appsignal|autoscal|bugsnag|datadog|deployhooks|fixie|hirefire|honeybadger|judoscale|"
    r"librato|mail|newrelic|quotaguard|raygun|rollbar|sched|scout|sendgrid|sentry|ssl"
)
"""How the names of services tell that nothing is lost with them but logs and figures. There are hundreds of others,
with files, queues and search indexes: what an add-on keeps is only known of these."""


def service_kind(addon: Row) -> Kind | None:
    """Whether an add-on is a cache or a database, by its service's name."""
    return next((kind for kind, words in SERVICES.items() if words.search(_service(addon))), None)


def holds_data(addon: Row) -> bool:
    """Whether something may be lost with an add-on; what nobody knows better may hold data."""
    return service_kind(addon) is not None or KEEP_NOTHING.search(_service(addon)) is None


def _service(addon: Row) -> str:
    return str((addon.get("addon_service") or {}).get("name", ""))


def read_layers(state: EnvironmentState, profile: str) -> tuple[Layer, ...]:
    """The layers of an environment of ours, by name."""
    found = [_app_layer(state, name, app, profile) for name, app in state.apps.items()]
    for name, mark in state.layers.items():
        if mark.kind is Kind.LOAD_BALANCER:
            found.append(_router(state, name, mark, profile))
        elif mark.kind is not Kind.APP:
            found += [_data(name, mark, addon, profile) for addon in _addons_of(state, name)[:1]]
    return tuple(sorted(found, key=lambda layer: layer.name))


def address_of_dyno(environment: str, layer: str, dyno: str) -> Address:
    """``web.1`` is instance 1 of its layer."""
    return Address(environment, layer, segment(dyno.rpartition(".")[2]))


def mark_for(mark: LayerMark | None, app: AppState) -> LayerMark:
    """What is marked of an app. Without it, or where it is about an app of the past, the making was interrupted."""
    return mark if mark is not None and mark.app == app.id else LayerMark(Kind.APP, app.id, unfinished=True)


def main_process(mark: LayerMark | None) -> str:
    return (mark.process if mark else "") or WEB


def read_instances(app: AppState, process: str, facets: dict[str, str], stopped: int = 0) -> tuple[Instance, ...]:
    """The dynos of one process type. What the formation wants and no dyno is there for yet is on its way; what is
    there and no longer wanted is going; and after a stop there are as many as there were."""
    row = app.process(process)
    wanted = int(row["quantity"]) if row else 0
    dynos = [dyno for dyno in app.dynos or () if dyno.get("type") == process]
    found = {name: _instance(dyno, facets, wanted) for dyno in dynos if (name := _number(dyno))}
    size = _size(row)
    for number in range(1, wanted + 1):
        found.setdefault(str(number), Instance(str(number), "", Status.STARTING, "wanted", facets=facets, size=size))
    if not wanted and not found:
        for number in range(1, stopped + 1):
            found[str(number)] = Instance(str(number), "", Status.STOPPED, "stopped", facets=facets, size=size)
    return tuple(sorted(found.values(), key=lambda one: (not one.name.isdecimal(), one.name.zfill(9))))


def layer_status(instances: Sequence[Instance]) -> Status:
    """One word for a layer: that of its instances where they agree."""
    statuses = {instance.status for instance in instances}
    if not statuses:
        return Status.STOPPED
    if len(statuses) == 1:
        return statuses.pop()
    return Status.STARTING if statuses == {Status.RUNNING, Status.STARTING} else Status.DEGRADED


def data_instance(addon: Row, facets: dict[str, str]) -> Instance:
    state = plain(str(addon.get("state", "")))
    status = _ADDON.get(state, Status.UNKNOWN)
    started = parse_time(addon.get("created_at"))
    return Instance("1", str(addon["id"]), status, state, started, facets=facets, size=Size(plan_of(addon)))


def web_url(app: Row) -> str:
    return plain(str(app.get("web_url") or "")).rstrip("/")


def addon_resource(addon: Row) -> Resource:
    return Resource("add-on", plain(str(addon.get("name", ""))), holds_data=holds_data(addon))


def dyno_resources(app: AppState) -> tuple[Resource, ...]:
    return tuple(Resource("dyno", f"{app.name} {plain(str(dyno.get('name', '')))}") for dyno in app.dynos or ())


def _app_layer(state: EnvironmentState, name: str, app: AppState, profile: str) -> Layer:
    mark = mark_for(state.layers.get(name), app)
    facets, process = app_facets(mark, app), main_process(mark)
    instances = read_instances(app, process, facets, mark.stopped)
    return Layer(
        name=name,
        kind=Kind.APP,
        backend=NAME,
        profile=profile,
        status=Status.UNKNOWN if app.formation is None else layer_status(instances),
        instances=instances,
        image=facets.get("image") or facets.get("build") or facets.get("options.source", ""),
        size=_size(app.process(process)),
        endpoints=(web_url(app.row),) if process == WEB and web_url(app.row) else (),
        resources=(Resource("app", app.name), *dyno_resources(app), *map(addon_resource, app.settled.addons)),
        needs=mark.needs,
    )


def _router(state: EnvironmentState, name: str, mark: LayerMark, profile: str) -> Layer:
    """Heroku's router before the app that it routes to: managed, so that it has no instances."""
    app = next((state.apps[need] for need in mark.needs if need in state.apps), None)
    row = app.row if app else {}
    domains = _names(mark.facets.get("options.domains", ""))
    endpoints = [f"https://{domain}" for domain in domains] + ([web_url(row)] if web_url(row) else [])
    facets = plain_facets(mark)
    if row.get("maintenance") or "options.maintenance" in facets:
        facets["options.maintenance"] = "true" if row.get("maintenance") else "false"
    if app is not None and ACM in facets:
        facets[ACM] = "true" if row.get("acm") else "false"
    status = Status.DEGRADED if app is None else Status.STOPPED if row.get("maintenance") else Status.RUNNING
    routed = app.name if app else state.name
    return Layer(
        name=name,
        kind=Kind.LOAD_BALANCER,
        backend=NAME,
        profile=profile,
        status=status,
        endpoints=tuple(endpoints),
        resources=(Resource("routing", routed), *(Resource("domain", domain) for domain in domains)),
        needs=mark.needs,
        facets=facets,
    )


def _data(name: str, mark: LayerMark, addon: Row, profile: str) -> Layer:
    instance = data_instance(addon, data_facets(mark, addon))
    service = plain(str((addon.get("addon_service") or {}).get("name", "")))
    return Layer(
        name=name,
        kind=mark.kind,
        backend=NAME,
        profile=profile,
        status=instance.status,
        instances=(instance,),
        image=f"{service}:{plan_of(addon)}",
        size=instance.size,
        resources=(Resource("add-on", plain(str(addon.get("name", ""))), holds_data=True),),
        needs=mark.needs,
    )


def _addons_of(state: EnvironmentState, layer: str) -> list[Row]:
    if state.ground is None:
        return []
    name = addon_name(Address(state.name, layer), state.ground.id)
    mine = [addon for addon in state.addons if (addon.get("app") or {}).get("id") == state.ground.id]
    return [addon for addon in mine if is_data_of(addon, layer, name)]


def _instance(dyno: Row, facets: dict[str, str], wanted: int) -> Instance:
    name = _number(dyno)
    state = plain(str(dyno.get("state", "")))
    status = _DYNO.get(state, Status.UNKNOWN)
    if name.isdecimal() and int(name) > wanted:
        status = Status.DELETING
    started = parse_time(dyno.get("created_at"))
    version = (dyno.get("release") or {}).get("version")
    detail = f"{state} v{version}" if isinstance(version, int) else state
    size = size_of(plain(str(dyno.get("size", ""))))
    return Instance(name, str(dyno["id"]), status, detail, started, facets=facets, size=size)


def _number(dyno: Row) -> str:
    return segment(str(dyno.get("name", "")).rpartition(".")[2])


def _size(row: Row | None) -> Size | None:
    return size_of(plain(str(row["size"]))) if row and row.get("size") else None


def _names(text: str) -> Iterable[str]:
    return re.findall(r"[A-Za-z0-9.*_-]+", text)
