"""Files, providers and what is remembered, put together; and how little of it is told."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from tests.live.provider import QUICK, Pushing, Told, instance, layer, living, until
from tuienv.backends.base import Hint, Unreachable
from tuienv.live.declared import Files
from tuienv.live.remembered import Memory
from tuienv.live.telling import Teller
from tuienv.live.world import World
from tuienv.model import EnvironmentSpec, Failure, Kind, LayerSpec, Marks, Observation, Status
from tuienv.model.state import EnvironmentsChanged, EnvironmentState, FilesRefused, InstancesChanged, LayersChanged

PAIR = ("fake", "")
FILE = """\
environment: shop
backend: docker
layers:
  web: {kind: app, image: "shop:1", replicas: 2}
"""


def spec(*layers: str, replicas: int = 2) -> EnvironmentSpec:
    wanted = tuple(LayerSpec(name, Kind.APP, "fake", replicas=replicas) for name in layers)
    return EnvironmentSpec("shop", wanted, source="tuienv.yaml")


def seen(*names: str, environment: str = "shop") -> Observation:
    return Observation(environment, "fake", "", 100.0, (layer("web", *map(instance, names)),))


def observed(world: World, *names: str) -> None:
    world.discovered(PAIR, [seen(*names)])


def test_a_declared_layer_that_nobody_has_is_absent_once_its_provider_said_so() -> None:
    world = World(50.0)
    world.declare([spec("web")], ())
    unasked = world.state("shop")
    assert unasked is not None
    assert unasked.layers[0].status is Status.UNKNOWN
    world.discovered(PAIR, [])
    state = world.state("shop")
    assert state is not None
    assert state.layers[0].status is Status.ABSENT
    assert state.layers[0].drift == ("instances: 0 → 2",)
    assert state.source == "tuienv.yaml"


def test_a_declared_layer_of_a_silent_provider_is_unknown_and_drifts_from_nothing() -> None:
    world = World(50.0)
    world.declare([spec("web")], ())
    world.failed(PAIR, Failure("Unreachable", "reach", "fake", "refused", ""), 60.0)
    state = world.state("shop")
    assert state is not None
    assert (state.layers[0].status, state.layers[0].drift) == (Status.UNKNOWN, ())


def test_layers_come_in_the_order_of_the_file_and_then_those_that_only_exist() -> None:
    world = World(50.0)
    world.declare([spec("web", "api")], ())
    world.discovered(PAIR, [Observation("shop", "fake", "", 1.0, (layer("extra"), layer("api"), layer("web")))])
    state = world.state("shop")
    assert state is not None
    assert [each.name for each in state.layers] == ["web", "api", "extra"]


def test_a_crash_shows_as_drift_at_once() -> None:
    world, told = World(50.0), Told()
    teller = Teller(world)
    world.declare([spec("web")], ())
    observed(world, "1", "2")
    told(teller.drain())
    assert not told.states["shop"].drift
    world.hinted(PAIR, Hint("shop", "web", instance("2", Status.FAILED)))
    told(teller.drain())
    assert told.states["shop"].layers[0].drift == ("instance 2: failed → running",)
    assert told.instances["shop", "web"]["2"].status is Status.FAILED


def test_an_observation_that_says_the_same_is_not_told() -> None:
    world = World(50.0)
    teller = Teller(world)
    observed(world, "1", "2")
    teller.drain()
    observed(world, "1", "2")
    assert teller.drain() == []


def test_an_observation_that_differs_in_one_instance_tells_that_one() -> None:
    world = World(50.0)
    teller = Teller(world)
    observed(world, "1", "2")
    teller.drain()
    observed(world, "2", "3")
    (notice,) = teller.drain()
    assert isinstance(notice, InstancesChanged)
    assert ([one.name for one in notice.changed], notice.gone) == (["3"], ("1",))


def test_ten_thousand_instances_of_a_provider_that_dies_are_not_told_again() -> None:
    world = World(50.0)
    teller = Teller(world)
    observed(world, *map(str, range(10_000)))
    teller.drain()
    world.failed(PAIR, Failure("Unreachable", "reach", "fake", "refused", ""), 60.0)
    changed = [notice for notice in teller.drain() if not isinstance(notice, LayersChanged)]
    assert all(not isinstance(notice, EnvironmentsChanged | InstancesChanged) for notice in changed)


def test_facets_stay_out_of_what_is_told_and_inside_what_is_compared() -> None:
    world, told = World(50.0), Told()
    teller = Teller(world)
    world.discovered(PAIR, [Observation("shop", "fake", "", 1.0, (layer("web", instance("1", facets={"a": "b"})),))])
    told(teller.drain())
    world.hinted(PAIR, Hint("shop", "web", instance("1", Status.STOPPED)))
    told(teller.drain())
    assert told.instances["shop", "web"]["1"].facets == {}
    kept = world.layer("shop", "web")
    assert kept is not None
    assert kept.instances[0].facets == {"a": "b"}, "a hint without facets made the backend's own forgotten"


def test_what_was_told_by_a_worker_before_and_is_no_more_is_gone_once_everybody_answered() -> None:
    world = World(50.0)
    teller = Teller(world, expected=["shop", "old"])
    world.watch([PAIR])
    world.declare([], ())
    assert teller.drain() == [], "nobody has answered yet, so nothing is known to be gone"
    observed(world, "1")
    assert EnvironmentsChanged(gone=("old",)) in teller.drain()


# --- remembering ------------------------------------------------------------------------------------------------


def test_what_was_known_is_there_at_the_next_start_marked_as_old(tmp_path: Path) -> None:
    path, provider, told = tmp_path / "cache" / "live.json", Pushing(), Told()
    provider.environments["shop"] = (layer("web", instance("1")),)
    with living(provider, told=told, memory=Memory(path, "here")):
        told.wait(lambda: "shop" in told.states)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    silent, told = Pushing(), Told()
    silent.gate.clear()
    with living(silent, told=told, memory=Memory(path, "here")):
        told.wait(lambda: "shop" in told.states)
        state = told.states["shop"].layers[0]
        assert (state.status, state.unknown_since, state.failure) == (Status.RUNNING, 100.0, None)
        silent.gate.set()
        told.wait(lambda: "shop" not in told.states)  # it answered: there is nothing of that name any more


def test_what_is_remembered_survives_a_session_in_which_nobody_answered(tmp_path: Path) -> None:
    path, provider, told = tmp_path / "live.json", Pushing(), Told()
    provider.environments["shop"] = (layer("web", instance("1")),)
    with living(provider, told=told, memory=Memory(path, "here")):
        told.wait(lambda: "shop" in told.states)
    before = path.read_bytes()
    provider.trouble = Unreachable("reach", "fake", "refused")
    told = Told()
    with living(provider, told=told, memory=Memory(path, "here")):
        told.wait(lambda: told.layer_status("shop", "web") is Status.UNKNOWN)
    assert path.read_bytes() == before


class Counting(Memory):
    """A memory that is asked again and again whether it is time to write, and counts."""

    asked = writes = 0

    def due(self, now: float, every: float) -> bool:
        self.asked += 1
        return super().due(now, every)

    def write(self, states: Iterable[EnvironmentState], now: float = 0.0) -> None:
        self.writes += 1
        super().write(states, now)


def test_a_busy_world_is_written_now_and_then_and_not_every_time_that_it_changed(tmp_path: Path) -> None:
    memory, provider, told = Counting(tmp_path / "live.json", "here"), Pushing(), Told()
    provider.environments["shop"] = (layer("web", instance("1")),)
    with living(provider, told=told, memory=memory, pace=replace(QUICK, remember=3600)):
        told.wait(lambda: "shop" in told.states)
        until(lambda: memory.writes == 1)
        for number in range(5):
            provider.hint("shop", "web", instance("1", detail=str(number)))
            told.wait(lambda number=number: told.instances["shop", "web"]["1"].detail == str(number))  # type: ignore[misc]
            until(lambda: memory.stale)
            asked = memory.asked
            until(lambda asked=asked: memory.asked > asked + 1)  # type: ignore[misc]
        assert memory.writes == 1
    assert memory.writes == 2, "what changed since then is written at the end"


def test_a_broken_memory_is_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "live.json"
    for content in (b"", b"[]", b'{"version": 1}', b"\xff", b'{"version": 1, "place": "", "environments": [{}]}'):
        path.write_bytes(content)
        assert Memory(path, "here").read() == []


def test_what_files_wanted_is_remembered_for_their_own_folder_alone(tmp_path: Path) -> None:
    world = World(50.0)
    world.declare([spec("web", replicas=3)], ())
    observed(world, "1")
    path = tmp_path / "live.json"
    Memory(path, "here").write(world.to_remember(), 0.0)
    (here,), (there,) = Memory(path, "here").read(), Memory(path, "there").read()
    assert (here.source, here.layers[0].wanted, len(here.layers[0].drift)) == ("tuienv.yaml", 3, 1)
    assert (there.source, there.layers[0].wanted, there.layers[0].drift) == ("", None, ())


# --- files ------------------------------------------------------------------------------------------------------


def test_files_are_read_again_when_they_change(tmp_path: Path) -> None:
    file, provider, told = tmp_path / "tuienv.yaml", Pushing("docker"), Told()
    file.write_text(FILE)
    with living(provider, told=told, files=Files(tmp_path, tmp_path / "config")):
        told.wait(lambda: told.layer_status("shop", "web") is Status.ABSENT)
        file.write_text("environment: shop\nlayers: 3\n")
        told.wait(lambda: told.of(FilesRefused))
        assert told.of(FilesRefused)[-1].mistakes[0].startswith(f"{file}:2:")
        told.wait(lambda: "shop" not in told.states)
        file.write_text(FILE.replace("web", "api"))
        told.wait(lambda: told.layer_status("shop", "api") is Status.ABSENT)
        told.wait(lambda: told.of(FilesRefused)[-1].mistakes == ())


def test_a_file_that_was_refused_for_what_was_missing_beside_it_is_read_again_when_asked(tmp_path: Path) -> None:
    provider, told = Pushing("docker"), Told()
    (tmp_path / "tuienv.yaml").write_text(FILE.replace('image: "shop:1"', "build: ./web"))
    with living(provider, told=told, files=Files(tmp_path, tmp_path / "config")) as live:
        told.wait(lambda: told.of(FilesRefused))
        assert "there is no folder './web'" in told.of(FilesRefused)[-1].mistakes[0]
        (tmp_path / "web").mkdir()
        live.refresh()
        told.wait(lambda: told.layer_status("shop", "web") is Status.ABSENT)
        assert told.of(FilesRefused)[-1].mistakes == ()


def test_a_bad_file_does_not_cost_the_good_ones(tmp_path: Path) -> None:
    provider, told = Pushing("docker"), Told()
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "bad.yaml").write_text("environment: [")
    (tmp_path / "tuienv.yaml").write_text(FILE)
    with living(provider, told=told, files=Files(tmp_path, tmp_path / "config")):
        told.wait(lambda: told.of(FilesRefused) and "shop" in told.states)


def test_a_provider_that_a_file_names_is_looked_at_from_then_on(tmp_path: Path) -> None:
    docker, other, told = Pushing("docker"), Pushing("sandbox"), Told()
    file = tmp_path / "tuienv.yaml"
    with living(docker, other, told=told, files=Files(tmp_path, tmp_path / "config")) as live:
        live.use(lambda wanted: (("docker", ""), *wanted), lambda spec: spec)
        file.write_text(FILE)
        told.wait(lambda: told.layer_status("shop", "web") is Status.ABSENT)
        until(lambda: live.pairs() == [("docker", "")])
        file.write_text(FILE.replace("backend: docker", "backend: sandbox"))
        until(lambda: live.pairs() == [("docker", ""), ("sandbox", "")])


def both(*kinds: Kind, at: float = 100.0, unanswered: Mapping[Kind, Failure] | None = None) -> Observation:
    """An app and a database, as far as they are told."""
    layers = {Kind.APP: layer("web", instance("1")), Kind.DATABASE: replace(layer("db"), kind=Kind.DATABASE)}
    found = tuple(layers[kind] for kind in kinds)
    return Observation("shop", "fake", "", at, found, unanswered=unanswered or {})


SILENT = {Kind.DATABASE: Failure("Unreachable", "list", "databases", "no answer", "Wait")}


def test_a_kind_that_is_not_told_keeps_its_last_known_state() -> None:
    world, told = World(50.0), Told()
    teller = Teller(world)
    world.discovered(PAIR, [both(Kind.APP, Kind.DATABASE)])
    told(teller.drain())
    for at in (200.0, 210.0):
        world.observed(PAIR, both(Kind.APP, at=at, unanswered=SILENT))
        told(teller.drain())
        web, db = sorted(told.states["shop"].layers, key=lambda one: one.kind)
        assert (web.status, web.unknown_since) == (Status.RUNNING, None)
        assert (db.status, db.unknown_since, db.failure) == (Status.UNKNOWN, 200.0, SILENT[Kind.DATABASE])
    world.observed(PAIR, both(Kind.APP, at=220.0))
    told(teller.drain())
    assert [one.name for one in told.states["shop"].layers] == ["web"], "it was told to be gone, and is shown"


def test_an_environment_that_was_not_told_is_not_gone_where_a_kind_is_silent() -> None:
    world = World(50.0)
    world.discovered(PAIR, [replace(both(Kind.DATABASE), marks=Marks(protected=True))])
    world.discovered(PAIR, [Observation("", "fake", "", 200.0, unanswered=SILENT)])
    state = world.state("shop")
    assert state is not None
    assert state.protected, "nor is its protection"
    assert [(one.name, one.status, one.unknown_since) for one in state.layers] == [("db", Status.UNKNOWN, 200.0)]
    world.discovered(PAIR, [])
    assert world.state("shop") is None


def test_a_declared_layer_of_a_silent_kind_is_unknown_and_not_absent() -> None:
    world = World(50.0)
    wanted = (LayerSpec("web", Kind.APP, "fake"), LayerSpec("db", Kind.DATABASE, "fake"))
    world.declare([EnvironmentSpec("shop", wanted, source="tuienv.yaml")], ())
    world.discovered(PAIR, [Observation("", "fake", "", 200.0, unanswered=SILENT)])
    state = world.state("shop")
    assert state is not None
    assert [(one.status, bool(one.drift)) for one in state.layers] == [(Status.ABSENT, True), (Status.UNKNOWN, False)]


def test_two_accounts_with_an_environment_of_one_name_are_both_shown() -> None:
    world, told = World(50.0), Told()
    teller = Teller(world)
    for profile, names in (("home", "12"), ("work", "3")):
        found = replace(layer("web", *map(instance, names)), profile=profile)
        world.discovered(("fake", profile), [Observation("wiki", "fake", profile, 100.0, (found,))])
    told(teller.drain())
    shown = {(one.name, one.profile, len(one.instances)) for one in told.states["wiki"].layers}
    assert shown == {("web", "home", 2), ("web@work", "work", 1)}
    world.hinted(("fake", "work"), Hint("wiki", "web", instance("3", Status.FAILED)))
    told(teller.drain())
    assert told.instances["wiki", "web@work"]["3"].status is Status.FAILED
    assert set(told.instances["wiki", "web"]) == {"1", "2"}
    found_there = world.layer("wiki", "web@work")
    assert found_there is not None
    assert (found_there.name, found_there.profile) == ("web", "work")
    again = World(60.0)
    again.remember(world.to_remember())
    state = again.state("wiki")
    assert state is not None
    assert {(one.name, one.profile) for one in state.layers} == {("web", "home"), ("web@work", "work")}
