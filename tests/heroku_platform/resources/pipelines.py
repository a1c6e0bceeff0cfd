"""Pipelines, and the apps that are coupled to their stages."""

from __future__ import annotations

from typing import Any

from tests.heroku_platform import errors
from tests.heroku_platform.clock import stamp
from tests.heroku_platform.records import App, Coupling, Pipeline
from tests.heroku_platform.resources import releases
from tests.heroku_platform.routes import Answer, Call, Row, pages, route
from tests.heroku_platform.shapes import known


def shape(pipeline: Pipeline) -> Row:
    owner = {"id": pipeline.team.id, "type": "team"} if pipeline.team else {"id": pipeline.owner.id, "type": "user"}
    return {
        "created_at": stamp(pipeline.created_at),
        "id": pipeline.id,
        "name": pipeline.name,
        "owner": owner,
        "updated_at": stamp(pipeline.updated_at),
        "generation": known("generation", "cedar"),
    }


def visible(call: Call) -> list[Pipeline]:
    """The pipelines that this account owns, by itself or through a team, or has an app in."""
    apps = set(call.visible_apps())
    coupled = {coupling.pipeline for coupling in call.world.couplings.values() if coupling.app in apps}
    return [
        pipeline
        for pipeline in call.world.pipelines.values()
        if pipeline.owner is call.account
        or pipeline in coupled
        or (pipeline.team and call.account in pipeline.team.members)
    ]


def find(call: Call, name: str) -> Pipeline:
    """The pipeline of this id or name. Raises 404."""
    for pipeline in visible(call):
        if name in (pipeline.id, pipeline.name):
            return pipeline
    raise errors.not_found("pipeline")


@route("GET", "/pipelines")
def listed(call: Call) -> Answer:
    return pages([shape(pipeline) for pipeline in visible(call)], "id", "name")


@route("GET", "/pipelines/{pipeline}")
def info(call: Call) -> Answer:
    return Answer(shape(find(call, call.names["pipeline"])))


@route("POST", "/pipelines")
def create(call: Call) -> Answer:
    name, owner = call.body["name"], call.body.get("owner")
    if any(pipeline.name == name for pipeline in call.world.pipelines.values()):
        raise errors.invalid("Name is already taken")
    team = next((team for team in call.world.teams.values() if owner and team.id == owner["id"]), None)
    now = call.world.now()
    made = Pipeline(call.world.new_id(), name, call.account, team, now, now)
    call.world.pipelines[made.id] = made
    return Answer(shape(made), 201)


@route("PATCH", "/pipelines/{pipeline}")
def update(call: Call) -> Answer:
    pipeline = find(call, call.names["pipeline"])
    pipeline.name = call.body.get("name", pipeline.name)
    pipeline.updated_at = call.world.now()
    return Answer(shape(pipeline))


@route("DELETE", "/pipelines/{pipeline}")
def delete(call: Call) -> Answer:
    pipeline = find(call, call.names["pipeline"])
    for coupling in [each for each in call.world.couplings.values() if each.pipeline is pipeline]:
        del call.world.couplings[coupling.id]
    del call.world.pipelines[pipeline.id]
    return Answer(shape(pipeline))


def coupling_shape(coupling: Coupling) -> Row:
    return {
        "app": {"id": coupling.app.id},
        "created_at": stamp(coupling.created_at),
        "id": coupling.id,
        "pipeline": {"id": coupling.pipeline.id},
        "stage": coupling.stage,
        "updated_at": stamp(coupling.updated_at),
    }


def _couplings(call: Call, pipelines: list[Pipeline]) -> Answer:
    found = [coupling for coupling in call.world.couplings.values() if coupling.pipeline in pipelines]
    return pages([coupling_shape(coupling) for coupling in found], "id")


@route("GET", "/pipeline-couplings")
def couplings(call: Call) -> Answer:
    return _couplings(call, visible(call))


@route("GET", "/users/~/pipeline-couplings")
def couplings_of_user(call: Call) -> Answer:
    return couplings(call)


@route("GET", "/teams/{team}/pipeline-couplings")
def couplings_of_team(call: Call) -> Answer:
    wanted = call.names["team"]
    return _couplings(call, [each for each in visible(call) if each.team and wanted in (each.team.name, each.team.id)])


@route("GET", "/pipelines/{pipeline}/pipeline-couplings")
def couplings_of_pipeline(call: Call) -> Answer:
    return _couplings(call, [find(call, call.names["pipeline"])])


@route("GET", "/apps/{app}/pipeline-couplings")
def coupling_of_app(call: Call) -> Answer:
    app = call.app
    for coupling in call.world.couplings.values():
        if coupling.app is app:
            return Answer(coupling_shape(coupling))
    raise errors.not_found("pipeline_coupling", "pipeline coupling")


@route("GET", "/pipeline-couplings/{coupling}")
def coupling(call: Call) -> Answer:
    return Answer(coupling_shape(_coupling(call)))


def _coupling(call: Call) -> Coupling:
    found = call.world.couplings.get(call.names["coupling"])
    if found is None or found.pipeline not in visible(call):
        raise errors.not_found("pipeline_coupling", "pipeline coupling")
    return found


@route("POST", "/pipeline-couplings")
def couple(call: Call) -> Answer:
    app, pipeline = call.visible_app(str(_id(call.body["app"]))), find(call, str(_id(call.body["pipeline"])))
    if any(coupling.app is app for coupling in call.world.couplings.values()):
        raise errors.invalid("App is already coupled to a pipeline")
    now = call.world.now()
    made = Coupling(call.world.new_id(), app, pipeline, call.body["stage"], now, now)
    call.world.couplings[made.id] = made
    return Answer(coupling_shape(made), 201)


def _id(given: Any) -> Any:
    return given.get("id") if isinstance(given, dict) else given


@route("PATCH", "/pipeline-couplings/{coupling}")
def move(call: Call) -> Answer:
    coupling = _coupling(call)
    coupling.stage, coupling.updated_at = call.body.get("stage", coupling.stage), call.world.now()
    return Answer(coupling_shape(coupling))


@route("DELETE", "/pipeline-couplings/{coupling}")
def uncouple(call: Call) -> Answer:
    coupling = _coupling(call)
    del call.world.couplings[coupling.id]
    return Answer(coupling_shape(coupling))


def _apps(call: Call) -> list[App]:
    pipeline = find(call, call.names["pipeline"])
    return [coupling.app for coupling in call.world.couplings.values() if coupling.pipeline is pipeline]


@route("GET", "/pipelines/{pipeline}/latest-releases")
def latest_releases(call: Call) -> Answer:
    return pages([releases.shape(call.world, app, app.releases[-1]) for app in _apps(call)], "id")


@route("GET", "/pipelines/{pipeline}/latest-deployments")
def latest_deployments(call: Call) -> Answer:
    deployed = [(app, [each for each in app.releases if each.slug]) for app in _apps(call)]
    return pages([releases.shape(call.world, app, made[-1]) for app, made in deployed if made], "id")
