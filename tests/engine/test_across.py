"""One environment over several providers and profiles: what crosses between them, and what each of them gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuienv.backends.base import Backends
from tuienv.backends.sandbox import Cloud, ManualClock, SandboxBackend, Trouble
from tuienv.engine import Engine
from tuienv.journal import Journal
from tuienv.model import Address, EnvironmentSpec, Kind, LayerSpec, Operation, Outcome, Verb


class Elsewhere(SandboxBackend):
    """A second provider."""

    name = "elsewhere"


PLACES = (("sandbox", "apps"), ("sandbox", "data"), ("elsewhere", ""))


class Across:
    """A web app at one account, its database at another, its cache at another provider."""

    def __init__(self, journal: Path) -> None:
        clock = ManualClock()
        self.clouds = {place: Cloud(clock, seed=seed) for seed, place in enumerate(PLACES, 1)}
        backends = Backends(
            {
                "sandbox": lambda profile="": SandboxBackend(self.clouds["sandbox", profile], profile),
                "elsewhere": lambda profile="": Elsewhere(self.clouds["elsewhere", profile], profile),
            }
        )
        self.engine = Engine(backends, Journal(journal), read_secret=lambda name: name)
        references = {"DATABASE_URL": "${layers.db.url}?pool=5", "CACHE_URL": "${layers.cache.url}"}
        self.spec = EnvironmentSpec(
            "shop",
            (
                LayerSpec("web", Kind.APP, "sandbox", "apps", image="shop:1", replicas=2, environment=references),
                LayerSpec("db", Kind.DATABASE, "sandbox", "data", engine="postgres", version="15"),
                LayerSpec("cache", Kind.CACHE, "elsewhere", engine="redis", version="7"),
            ),
        )

    def do(self, verb: Verb, *, delete_data: bool = False) -> Outcome:
        operation = Operation(verb, Address("shop"), delete_data=delete_data)
        plan = self.engine.preview(operation, self.spec, [])
        return self.engine.run(plan, self.spec, [], lambda progress: None)


@pytest.fixture
def across(tmp_path: Path) -> Across:
    return Across(tmp_path / "journal.db")


def test_references_cross_from_one_provider_to_another(across: Across) -> None:
    assert across.do(Verb.APPLY).ok
    web, db = (across.clouds["sandbox", profile].records("shop") for profile in ("apps", "data"))
    assert [record.address.layer for record in web] == ["web", "web"]
    assert [record.address.layer for record in db] == ["db"]
    variables = web[0].blueprint.variables
    password = next(iter(across.clouds["sandbox", "data"].volumes.values())).password
    assert variables["DATABASE_URL"] == f"postgresql://app:{password}@db:5432/app?pool=5"
    assert variables["CACHE_URL"] == "redis://cache:6379/0"
    started, ready = web[0].started_at, db[0].ready_at
    assert started is not None
    assert ready is not None
    assert ready <= started, "the app was started before the database it needs"
    assert across.engine.preview(Operation(Verb.APPLY, Address("shop")), across.spec, []).changes == ()


def test_each_provider_has_a_ground_of_its_own_and_all_goes(across: Across) -> None:
    assert across.do(Verb.APPLY).ok
    assert [list(cloud.networks) for cloud in across.clouds.values()] == [["shop"]] * 3
    assert across.do(Verb.DESTROY, delete_data=True).ok
    for cloud in across.clouds.values():
        assert (cloud.records(), cloud.volumes, cloud.networks) == ([], {}, {})


def test_one_that_is_silent_holds_up_what_needs_it_and_nothing_else(across: Across) -> None:
    across.clouds["sandbox", "data"].faults.add(Trouble.UNREACHABLE)
    outcome = across.do(Verb.APPLY)
    assert outcome.ok
    assert [record.address.layer for record in across.clouds["elsewhere", ""].records()] == ["cache"]
    assert across.clouds["sandbox", "apps"].records() == []
    plan = across.engine.preview(Operation(Verb.APPLY, Address("shop")), across.spec, [])
    assert {sentence.partition(":")[0] for sentence in plan.left_alone} == {"db", "web"}
    across.clouds["sandbox", "data"].faults.clear()
    assert across.do(Verb.APPLY).ok
    assert len(across.clouds["sandbox", "apps"].records()) == 2


def test_an_undo_goes_where_it_was_done_whatever_the_file_says_now(across: Across) -> None:
    """Two accounts have a shop; its file is the first one's, and what was done last was done to the second."""

    def shop(profile: str) -> EnvironmentSpec:
        return EnvironmentSpec("shop", (LayerSpec("web", Kind.APP, "sandbox", profile, image="shop:1", replicas=2),))

    def run(operation: Operation, spec: EnvironmentSpec | None, *places: tuple[str, str]) -> None:
        plan = across.engine.preview(operation, spec, places)
        assert across.engine.run(plan, spec, places, lambda progress: None).ok

    def counts() -> list[int]:
        return [len(across.clouds["sandbox", profile].records("shop")) for profile in ("apps", "data")]

    for profile in ("apps", "data"):
        run(Operation(Verb.APPLY, Address("shop")), shop(profile))
    run(Operation(Verb.SCALE, Address("shop", "web"), replicas=1), shop("apps"))
    run(Operation(Verb.SCALE, Address("shop", "web"), replicas=6), None, ("sandbox", "data"))
    assert counts() == [1, 6]
    run(across.engine.undoing("shop"), shop("apps"))
    assert counts() == [1, 2]
    run(across.engine.undoing("shop"), None, ("sandbox", "data"))
    assert counts() == [2, 2]
