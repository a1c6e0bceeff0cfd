"""What the panes say of a world, in every state of it, and how they look."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.screens import worlds
from tests.screens.panes import NARROW, PANES, WEB, WIDE, PaneApp, busy, lines_of, session, text_of
from tuienv.model import Address, Capabilities, Instance, Kind, Status
from tuienv.model.state import EnvironmentsChanged, EnvironmentState, InstancesChanged, Samples
from tuienv.screens.rows import Rows
from tuienv.screens.session import Session
from tuienv.screens.widgets.metrics import Metrics
from tuienv.screens.widgets.overview import Overview
from tuienv.screens.widgets.overview_lines import head_of
from tuienv.screens.widgets.tree_lines import RowMaker
from tuienv.worker.messages import Description


def _columns(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _file_name(address: str) -> str:
    return address.replace("/", ".")


# --- how they look ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [NARROW, WIDE, (40, 24)], ids=_columns)
@pytest.mark.parametrize("make", PANES, ids=lambda make: make.__name__)
def test_a_layer_looks_as_it_did(make: Any, size: tuple[int, int], snap_compare: Any) -> None:
    app = PaneApp(make(busy(worlds.shop())), WEB)
    assert snap_compare(app, terminal_size=size, run_before=app.settled)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=_columns)
@pytest.mark.parametrize(
    "selected", ["shop-production", "shop-production/db", "shop-production/web/3", "blog"], ids=_file_name
)
def test_an_overview_looks_as_it_did(selected: str, size: tuple[int, int], snap_compare: Any) -> None:
    pane = Overview(busy(worlds.drifted(), worlds.found()))
    assert snap_compare(PaneApp(pane, Address.parse(selected)), terminal_size=size)


# --- Overview ---------------------------------------------------------------------------------------------------


async def overview(made: Session, address: Address | None, size: tuple[int, int] = WIDE) -> str:
    app = PaneApp(Overview(made), address)
    async with app.run_test(size=size):
        return text_of(app.pane)


@pytest.mark.parametrize(
    ("kind", "wanted", "said"),
    [
        (Kind.APP, 0, "0 of 0 ready"),
        (Kind.APP, None, "0 of 0 ready"),
        (Kind.LOAD_BALANCER, 0, "run by its provider"),
        (Kind.LOAD_BALANCER, 1, "0 of 1 ready"),
    ],
)
async def test_what_has_no_instances_is_run_by_its_provider_only_if_it_is(
    kind: Kind, wanted: int | None, said: str
) -> None:
    layer = worlds.layer("web", kind, 0, wanted=wanted, status=Status.STOPPED)
    made = session(EnvironmentState("shop", Status.STOPPED, (layer,)))
    assert said in await overview(made, WEB)


async def test_an_overview_of_a_layer_tells_everything_known_of_it() -> None:
    shown = await overview(busy(worlds.shop()), WEB)
    for said in ("running   3 of 3 ready", "docker", "shop:1.4.2", "small  0.5 cpu, 512 MB", "db, cache", "none"):
        assert said in shown, f"{said!r} is missing from\n{shown}"
    assert "● 1         running healthy          4 h" in shown


async def test_an_overview_says_where_instances_run_if_that_is_known_and_there_is_room() -> None:
    placed = tuple(replace(worlds.instance(name), host=f"node-{name}") for name in "12")
    made = busy(worlds.shop(instances=placed))
    assert "node-2" in await overview(made, WEB, WIDE)
    assert "node-2" not in await overview(made, WEB, (40, 24))


async def test_an_overview_says_what_differs_from_the_file_at_any_width() -> None:
    made = busy(worlds.drifted())
    for size in (WIDE, NARROW, (40, 24)):
        shown = " ".join((await overview(made, Address("shop-production", "web"), size)).split())
        assert "2 differences" in shown
        assert "image: shop:1.4.1 → shop:1.4.2" in shown, f"cut at {size}"


async def test_an_overview_of_a_silent_provider_says_since_when_why_and_what_to_do() -> None:
    shown = await overview(session(worlds.drifted()), Address("shop-production", "db"), NARROW)
    assert "unknown since 3 m" in shown
    assert "1 of 1 were ready" in shown
    assert "timed out after 10 s" in shown
    assert "Check the network" in shown


async def test_an_overview_of_an_environment_lists_its_layers() -> None:
    shown = await overview(session(worlds.drifted()), Address("shop-production"), NARROW)
    assert "prod.yaml" in shown
    assert "protected" in shown
    assert "2 differences" in shown
    assert "◐ web    app           2/3     docker" in shown


async def test_an_overview_of_what_others_made_says_so() -> None:
    assert "somebody else" in await overview(session(worlds.found()), Address("blog", "mysql"))
    assert "in no file" in await overview(session(worlds.found()), Address("blog"))


async def test_an_overview_of_an_instance_names_it_as_its_provider_does() -> None:
    made = session(worlds.shop(instances=(Instance("1", "6182eb56", Status.FAILED, "exited 137", None, "node-7"),)))
    shown = await overview(made, Address("shop", "web", "1"), NARROW)
    assert "6182eb56" in shown
    assert "node-7" in shown
    assert "failed  exited 137" in shown


async def test_with_nothing_there_the_first_steps_are_shown() -> None:
    shown = await overview(session(), None)
    assert "tuienv.yaml" in shown
    assert "tuienv demo" in shown


# --- Metrics ----------------------------------------------------------------------------------------------------


async def metrics(made: Session, address: Address | None, size: tuple[int, int] = WIDE) -> str:
    app = PaneApp(Metrics(made), address)
    async with app.run_test(size=size):
        return text_of(app.pane)


async def test_metrics_show_every_instance_and_what_they_use_together() -> None:
    shown = await metrics(busy(worlds.shop()), WEB)
    assert "3 instances together   over 59 s" in shown
    for name in "123":
        assert f"web/{name}   over 59 s" in shown
    assert "of 1.5 GB" in shown
    assert "of 512 MB" in shown
    assert "in 39 kB/s, out" in shown
    assert "requests" not in shown


async def test_one_way_of_traffic_alone_is_no_zero_the_other_way() -> None:
    made = session(worlds.shop())
    edge = Address("shop", "edge", "1")
    made.known.take(Samples((worlds.samples(edge, 1)[0]._replace(sent=4096.0),)))
    shown = await metrics(made, edge)
    assert "out 4 kB/s" in shown
    assert "in 0 B/s" not in shown


async def test_metrics_show_requests_where_somebody_counts_them() -> None:
    made = busy(worlds.shop())
    edge = Address("shop", "edge", "1")
    last = made.known.latest(edge, worlds.NOW)
    assert last is not None
    made.known.take(Samples((last._replace(time=worlds.NOW, requests=12.4, failed=0.2, service=0.14),)))
    shown = await metrics(made, edge)
    assert "requests" in shown
    assert "12/s, 140 ms, 0.2/s failed" in shown


async def test_what_was_stopped_uses_nothing_of_what_it_used_last() -> None:
    made = busy(worlds.shop())
    stopped = worlds.instance("2", Status.STOPPED)
    made.known.take(InstancesChanged("shop", "web", Status.DEGRADED, Status.DEGRADED, (stopped,)))
    assert made.known.latest(Address("shop", "web", "2"), worlds.NOW) is None
    shown = await metrics(made, WEB)
    assert "2 instances together" in shown
    assert "web/2" not in shown


@pytest.mark.parametrize("some", [True, False])
def test_a_sum_over_some_of_the_instances_says_over_how_many(some: bool) -> None:
    made = session(worlds.shop(count=100 if some else 2))
    for name in ("1", "2"):
        made.known.take(Samples((worlds.samples(Address("shop", "web", name), 1)[0],)))
    (cpu,) = (line for line in head_of(made, WEB, 100) if line and line[0][0].startswith("cpu"))
    assert ("  2 of 100 instances" in "".join(text for text, _ in cpu)) is some


async def test_what_was_measured_long_ago_is_no_part_of_the_sum() -> None:
    made = session(worlds.shop(count=3))
    for name, at, cpu in (("1", worlds.NOW, 0.5), ("2", worlds.NOW - 5, 0.25), ("3", worlds.NOW - 3600, 4.0)):
        sample = worlds.samples(Address("shop", "web", name), 1)[0]
        made.known.take(Samples((sample._replace(time=at, cpu=cpu),)))
    (cpu_line,) = (line for line in head_of(made, WEB, 100) if line and line[0][0].startswith("cpu"))
    said = "".join(text for text, _ in cpu_line)
    assert "75 %" in said
    assert "2 of 3 instances" in said
    shown = await metrics(made, WEB)
    assert "2 instances together" in shown
    assert "web/3" in shown, "by itself it is still shown, with how old it is"


async def test_a_sum_has_nothing_in_it_that_is_not_measured_with_the_rest() -> None:
    made = session(worlds.shop(count=3))
    for name, ago, cpu in (("1", 1, 0.5), ("2", 2, 0.25), ("3", 100, 4.0)):
        sample = worlds.samples(Address("shop", "web", name), 1)[0]
        made.known.take(Samples((sample._replace(time=worlds.NOW - ago, cpu=cpu),)))
    assert said_of_cpu(made, WEB).endswith("75 %  2 of 3 instances")
    made.clock = lambda: worlds.NOW + 61  # as of a provider that tells of minutes: none of them is of now
    assert said_of_cpu(made, WEB).endswith("475 %  1 m ago")


def said_of_cpu(made: Session, address: Address, width: int = 100) -> str:
    return "".join(
        text for line in head_of(made, address, width) if line and line[0][0].startswith("cpu") for text, _ in line
    )


@pytest.mark.parametrize("address", [WEB, Address("shop", "web", "1")])
def test_what_is_used_says_how_old_it_is_and_goes_when_it_is_too_old(address: Address) -> None:
    made = busy(worlds.shop(count=1))
    assert said_of_cpu(made, address).endswith("  16 %")
    made.clock = lambda: worlds.NOW + 130
    assert said_of_cpu(made, address).endswith("16 %  2 m ago")
    made.clock = lambda: worlds.NOW + 3600
    assert not said_of_cpu(made, address)


async def test_a_row_and_a_line_of_the_table_say_how_old_a_measurement_is() -> None:
    made = busy(worlds.shop(count=1))
    maker = RowMaker(made.known, Rows(made.known), {})
    instance = Address("shop", "web", "1")

    def row(width: int, later: float) -> str:
        return "".join(text for text, _ in maker.line(instance, width, worlds.NOW + later))

    assert row(44, 1).endswith("  16 %   88 MB ")
    assert row(44, 130).endswith("  16 %   88 MB  2 m ago ")
    assert row(34, 130).endswith("  16 %  2 m ago ")
    assert "%" not in row(44, 3600)
    for later, said in ((1, "16 %     88 MB  ▄"), (130, "16 %     88 MB  2 m ago"), (3600, "healthy          5 h\n")):
        made.clock = lambda later=later: worlds.NOW + later  # type: ignore[misc]  # mypy does not see the default
        assert said in await overview(made, WEB, NARROW)


async def test_no_number_in_the_table_of_instances_is_cut() -> None:
    names = ("a-name-of-four-and-twenty", "b")
    world = worlds.shop(instances=tuple(worlds.instance(name) for name in names))
    made = busy(world)
    for width in range(60, 90):
        (line,) = (each for each in (await overview(made, WEB, (width, 24))).splitlines() if " ● b" in each)
        assert "%" not in line or "32 %     88 MB" in line, width


async def test_metrics_of_an_instance_are_its_own_alone() -> None:
    shown = await metrics(busy(worlds.shop()), Address("shop", "web", "2"))
    assert "web/2" in shown
    assert "web/1" not in shown
    assert "together" not in shown


async def test_a_value_that_was_not_measured_is_no_zero() -> None:
    made = session(worlds.shop())
    made.known.take(Samples((worlds.samples(Address("shop", "web", "1"), 1)[0]._replace(memory=None),)))
    shown = await metrics(made, WEB)
    assert "memory    not measured" in shown
    assert "network   not measured" in shown
    assert "0 B" not in shown


async def test_old_measurements_say_how_old_they_are() -> None:
    made = busy(worlds.shop())
    made.clock = lambda: worlds.NOW + 120
    assert "until 2 m ago" in await metrics(made, WEB)


@pytest.mark.parametrize(
    ("said", "address", "changes"),
    [
        ("Select a layer", Address("shop"), {}),
        ("Select a layer", None, {}),
        ("does not exist any more", Address("shop", "gone"), {}),
        ("Not measured yet", WEB, {}),
        ("no instances", WEB, {"instances": ()}),
        ("None of its instances runs", WEB, {"instances": (worlds.instance("1", Status.STOPPED),)}),
        ("docker does not answer", WEB, {"unknown_since": worlds.NOW}),
    ],
)
async def test_metrics_say_why_there_is_nothing_to_draw(
    said: str, address: Address | None, changes: dict[str, object]
) -> None:
    world = worlds.shop(**changes)  # type: ignore[arg-type]  # fields of LayerState
    assert said in await metrics(session(world), address, NARROW)


async def test_metrics_of_what_does_not_run_are_not_about_to_come() -> None:
    made = session(worlds.drifted())
    assert "It does not run (failed)" in await metrics(made, Address("shop-production", "web", "3"), NARROW)
    assert "Not measured yet" in await metrics(made, Address("shop-production", "web", "1"), NARROW)


async def test_metrics_say_that_a_backend_does_not_measure() -> None:
    made = session(worlds.shop())
    made.descriptions[WEB] = Description(WEB, Capabilities(frozenset(), metrics=False))
    assert "docker does not tell how busy shop/web is" in await metrics(made, WEB)


async def test_ten_thousand_instances_of_which_some_are_measured() -> None:
    made = session(worlds.shop(count=10_000))
    for name in ("7", "9000"):
        made.known.take(Samples((worlds.samples(Address("shop", "web", name), 1)[0],)))
    shown = await metrics(made, WEB)
    assert "2 instances together" in shown
    assert "web/9000" in shown
    assert "web/8 " not in shown


# --- all of them ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", PANES, ids=lambda make: make.__name__)
async def test_nothing_is_painted_where_nothing_reads_differently(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = busy(worlds.shop())
    app = PaneApp(make(made), WEB)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        lines_of(app.pane)
        painted: list[int] = []
        monkeypatch.setattr(app.pane, "refresh_line", painted.append)
        made.known.take(EnvironmentsChanged((worlds.shop(), worlds.found())))
        app.pane.world_changed()  # type: ignore[attr-defined]  # a pane
        app.pane.samples_changed()  # type: ignore[attr-defined]  # a pane
        assert painted == []


async def test_only_the_line_of_the_instance_that_changed_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    made = session(worlds.shop())
    app = PaneApp(Overview(made), WEB)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        at = next(y for y, line in enumerate(lines_of(app.pane)) if "● 2 " in line)
        painted: list[int] = []
        monkeypatch.setattr(app.pane, "refresh_line", painted.append)
        other = worlds.instance("2", detail="unhealthy")
        made.known.take(InstancesChanged("shop", "web", Status.RUNNING, Status.RUNNING, (other,)))
        app.pane.world_changed()  # type: ignore[attr-defined]  # a pane
        assert painted == [at]


@pytest.mark.parametrize("make", PANES, ids=lambda make: make.__name__)
async def test_what_was_selected_may_vanish(make: Any) -> None:
    made = busy(worlds.shop())
    app = PaneApp(make(made), Address("shop", "web", "1"))
    async with app.run_test(size=NARROW) as pilot:
        for gone in (InstancesChanged("shop", "web", Status.ABSENT, Status.DEGRADED, gone=("1", "2", "3")),
                     EnvironmentsChanged((replace(worlds.shop(), layers=(worlds.layer("db", Kind.DATABASE),)),)),
                     EnvironmentsChanged(gone=("shop",))):  # fmt: skip
            made.known.take(gone)
            app.pane.world_changed()  # type: ignore[attr-defined]  # a pane
            await pilot.pause()
            assert "web/1" not in text_of(app.pane)
