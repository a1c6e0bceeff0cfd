"""The rows of the tree against the plainest way to work them out, over random worlds, changes, folds and filters."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.screens import worlds
from tuienv.model import Address, Kind, Status
from tuienv.model.state import EnvironmentsChanged, EnvironmentState, InstancesChanged, LayersChanged
from tuienv.screens.known import Known, by_number
from tuienv.screens.rows import FEW, Filter, Rows, environment_text, instance_text, layer_text

ENVIRONMENTS, LAYERS = ("dev", "prod", "stage"), ("api", "cache", "web")

names = st.lists(st.integers(1, 30).map(str), max_size=12, unique=True)
environment = st.builds(
    lambda name, layers, declared: EnvironmentState(
        name,
        Status.RUNNING,
        tuple(
            worlds.layer(layer, Kind.APP, 0, instances=tuple(map(worlds.instance, each)))
            for layer, each in layers.items()
        ),
        source="tuienv.yaml" if declared else "",
    ),
    st.sampled_from(ENVIRONMENTS),
    st.dictionaries(st.sampled_from(LAYERS), names, max_size=3),
    st.booleans(),
)
updates = st.one_of(
    st.builds(lambda each: EnvironmentsChanged((each,)), environment),
    st.builds(lambda name: EnvironmentsChanged((), (name,)), st.sampled_from(ENVIRONMENTS)),
    st.builds(
        lambda env, layer, changed, gone: InstancesChanged(
            env, layer, Status.DEGRADED, Status.DEGRADED, tuple(map(worlds.instance, changed)), tuple(gone)
        ),
        st.sampled_from(ENVIRONMENTS),
        st.sampled_from(LAYERS),
        names,
        names,
    ),
)
addresses = st.builds(Address, st.sampled_from(ENVIRONMENTS), st.sampled_from(("", *LAYERS)))
folds = st.dictionaries(addresses, st.booleans(), max_size=6)


def plainly(known: Known, rows: Rows) -> list[Address]:
    """Every visible address, by walking everything."""
    found = []
    for name, each in sorted(known.environments.items(), key=lambda item: (not item[1].state.declared, item[0])):
        found.append(Address(name))
        for layer_name, layer in each.layers.items() if rows.is_open(Address(name)) else ():
            found.append(Address(name, layer_name))
            if rows.is_open(Address(name, layer_name)):
                found += [Address(name, layer_name, one) for one in sorted(layer.instances, key=by_number)]
    return found


@given(st.lists(updates, max_size=12), folds)
def test_rows_are_what_walking_everything_gives(
    told: list[EnvironmentsChanged | InstancesChanged], folded: dict[Address, bool]
) -> None:
    known = Known()
    rows = Rows(known)
    for address, opened in folded.items():
        rows.fold(address, opened)
    for update in told:
        known.take(update)
        rows.build()
        expected = plainly(known, rows)
        assert [rows[line] for line in range(len(rows))] == expected
        assert [rows.line(address) for address in expected] == list(range(len(expected)))


@given(st.lists(updates, max_size=12))
def test_counts_follow_every_change(told: list[EnvironmentsChanged | InstancesChanged]) -> None:
    known = Known()
    for update in told:
        known.take(update)
        for each in known.environments.values():
            for layer in each.layers.values():
                assert layer.ready == sum(one.status is Status.RUNNING for one in layer.instances.values())
                assert set(layer.names) == set(layer.instances)


@given(
    st.lists(updates, max_size=8),
    st.lists(st.sampled_from(["web", "1", "2", "!cache", "prod", "running", "zz"]), max_size=3),
)
def test_a_filter_shows_what_it_finds_and_nothing_else(
    told: list[EnvironmentsChanged | InstancesChanged], words: list[str]
) -> None:
    known = Known()
    for update in told:
        known.take(update)
    rows = Rows(known)
    wanted = Filter.parse(" ".join(words))
    rows.filter = wanted
    rows.build()
    if wanted is None:
        return
    shown = {rows[line] for line in range(len(rows))}
    for address in shown:
        assert address.parent in shown, "a row never stands without what it stands under"
    for name, each in known.environments.items():
        own = environment_text(each)
        assert not wanted.finds(own, "") or Address(name) in shown
        for layer_name, layer in each.layers.items():
            over = f"{own} {layer_text(layer)}"
            for one in layer.instances.values():
                points = wanted.points_at(instance_text(one), over)
                assert points == (Address(name, layer_name, one.name) in shown)


def test_many_environments_begin_closed() -> None:
    known = Known(worlds.shop(f"shop-{number}") for number in range(FEW + 1))
    assert len(Rows(known)) == FEW + 1


def test_what_comes_and_goes_folds_nothing_else() -> None:
    known = Known(worlds.shop(f"shop-{number}") for number in range(FEW))
    rows = Rows(known)
    before = len(rows)
    known.take(EnvironmentsChanged((worlds.shop("one-more"),)))
    rows.build()
    assert len(rows) == before + 1, "the new one begins closed, and those that were open stay so"


def test_layers_told_without_their_instances_keep_them() -> None:
    known = Known()
    known.take(EnvironmentsChanged((worlds.shop(),)))
    state = known.environments["shop"].freeze()
    silent = tuple(replace(layer, instances=(), unknown_since=worlds.NOW) for layer in state.layers)
    known.take(LayersChanged(replace(state, layers=silent)))
    layer = known.layer(Address("shop", "web"))
    assert layer is not None
    assert len(layer.instances) == 3
    assert layer.state.unknown_since == worlds.NOW
