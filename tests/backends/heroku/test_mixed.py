"""An app on Heroku whose data is elsewhere: it works where the app reaches it, and the plan says where it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.backends.heroku.shop import NAME, Shop, app, edge
from tests.contract.harness import no_secret
from tuienv.backends.base import Backend, Backends
from tuienv.backends.docker.backend import DockerBackend
from tuienv.backends.sandbox import Cloud, ManualClock, SandboxBackend
from tuienv.engine import Engine
from tuienv.journal import Journal
from tuienv.model import Address, EnvironmentSpec, Kind, LayerSpec, Observation, Operation, Verb


class IdleDocker(DockerBackend):
    """An engine on which nothing runs."""

    def observe(self, environment: str, *, thorough: bool = False) -> Observation:
        return Observation(environment, self.name, self.profile, 0.0)


def engine_of(shop: Shop, other: Backend, journal: Path) -> Engine:
    openers = {"heroku": lambda profile="": shop.backend, other.name: lambda profile="": other}
    return Engine(Backends(openers), Journal(journal), read_secret=no_secret)


def spec_with(backend: str) -> EnvironmentSpec:
    web = replace(app(), environment={"DATABASE_URL": "${layers.db.url}"})
    return EnvironmentSpec(
        NAME, (edge(), web, LayerSpec("db", Kind.DATABASE, backend, engine="postgres", version="15"))
    )


def test_a_database_elsewhere_is_a_plain_variable(shop: Shop, tmp_path: Path) -> None:
    other = SandboxBackend(Cloud(ManualClock()))
    engine, spec = engine_of(shop, other, tmp_path / "both.sqlite"), spec_with("sandbox")
    places = [("heroku", ""), ("sandbox", "")]
    plan = engine.preview(Operation(Verb.APPLY, Address(NAME)), spec, places)
    assert plan.left_alone == ()
    outcome = engine.run(plan, spec, places, lambda progress: None)
    assert outcome.ok, outcome
    url = other.connection(Address(NAME, "db"))["url"]
    assert shop.backend.config(Address(NAME, "web"))["DATABASE_URL"] == url
    assert engine.preview(Operation(Verb.APPLY, Address(NAME)), spec, places).changes == ()
    assert not shop.platform.world.addons


def test_a_database_that_the_app_cannot_reach_is_told_by_the_plan(shop: Shop, tmp_path: Path) -> None:
    engine, spec = engine_of(shop, IdleDocker(), tmp_path / "both.sqlite"), spec_with("docker")
    plan = engine.preview(Operation(Verb.APPLY, Address(NAME)), spec, [("heroku", ""), ("docker", "")])
    assert {str(change.address) for change in plan.changes} == {NAME, f"{NAME}/db"}
    assert plan.left_alone[0].startswith("web: it needs db, which only this engine's network reaches")
    assert plan.left_alone[1] == "edge: waits for web, which cannot be made"
