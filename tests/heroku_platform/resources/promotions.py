"""Promotions: the code of one app of a pipeline becomes a release of others, target by target."""

from __future__ import annotations

from typing import Any

from tests.heroku_platform import errors
from tests.heroku_platform.clock import stamp
from tests.heroku_platform.records import App, Promotion, Release
from tests.heroku_platform.resources import formation, pipelines
from tests.heroku_platform.routes import Answer, Call, Row, pages, route
from tests.heroku_platform.world import World


def shape(promotion: Promotion) -> Row:
    pending = any(target["status"] == "pending" for target in promotion.targets)
    return {
        "created_at": stamp(promotion.created_at),
        "id": promotion.id,
        "pipeline": {"id": promotion.pipeline.id},
        "source": {"app": {"id": promotion.source.id}, "release": {"id": promotion.release.id}},
        "status": "pending" if pending else "completed",
        "updated_at": stamp(promotion.updated_at),
    }


@route("POST", "/pipeline-promotions")
def create(call: Call) -> Answer:
    world, body = call.world, call.body
    pipeline = pipelines.find(call, body["pipeline"]["id"])
    source = call.visible_app(body["source"]["app"]["id"])
    targets = [call.visible_app(target["app"]["id"]) for target in body["targets"]]
    coupled = {coupling.app for coupling in world.couplings.values() if coupling.pipeline is pipeline}
    if not {source, *targets} <= coupled:
        raise errors.invalid("The source app and each target app must be coupled to the pipeline.")
    if source.current is None or source.current.slug is None:
        raise errors.invalid("The source app has no release with code to promote.")
    now, promotion_id = world.now(), world.new_id()
    rows = [_target(world, promotion_id, target) for target in targets]
    made = Promotion(promotion_id, pipeline, source, source.current, rows, now, now)
    world.promotions[made.id] = made
    for target, row in zip(targets, rows, strict=True):
        _promote(call, made, target, row)
    return Answer(shape(made), 201)


def _target(world: World, promotion_id: str, app: App) -> dict[str, Any]:
    return {
        "app": {"id": app.id},
        "error_message": None,
        "id": world.new_id(),
        "pipeline_promotion": {"id": promotion_id},
        "release": None,
        "status": "pending",
    }


def _promote(call: Call, promotion: Promotion, target: App, row: dict[str, Any]) -> None:
    world = call.world

    def begin() -> None:
        assert promotion.release.slug
        description = f"Promote {promotion.source.name} v{promotion.release.version} {promotion.release.slug.id[:7]}"
        release = formation.deploy(world, target, call.account, promotion.release.slug, description)
        row["release"] = {"id": release.id}
        settle(release)

    def settle(release: Release) -> None:
        if release.status == "pending":
            return world.clock.after(1, lambda: settle(release))
        row["status"] = "succeeded" if release.status == "succeeded" else "failed"
        row["error_message"] = None if release.status == "succeeded" else "Release command failed"
        promotion.updated_at = world.now()
        return None

    world.clock.after(world.seconds["promote"], begin)


def _find(call: Call) -> Promotion:
    found = call.world.promotions.get(call.names["promotion"])
    if found is None or found.pipeline not in pipelines.visible(call):
        raise errors.not_found("pipeline_promotion", "pipeline promotion")
    return found


@route("GET", "/pipeline-promotions/{promotion}")
def info(call: Call) -> Answer:
    return Answer(shape(_find(call)))


@route("GET", "/pipeline-promotions/{promotion}/promotion-targets")
def targets(call: Call) -> Answer:
    return pages(_find(call).targets, "id")
