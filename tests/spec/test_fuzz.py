"""Ten thousand bad files: each gives specs or clear mistakes inside the file, and never anything else."""

from __future__ import annotations

import re
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.spec.good import GOOD
from tuienv.model import EnvironmentSpec
from tuienv.spec import Mistake, SpecError, read
from tuienv.spec.shape import EnvironmentShape, HealthShape, LayerShape
from tuienv.text import plain

LINES = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
KEYS = [*EnvironmentShape.model_fields, *LayerShape.model_fields, *HealthShape.model_fields]
WORDS = [*KEYS, "web", "db", "edge", "app", "database", "load-balancer", "docker", "small", "512MiB", "30s", "x" * 41]
TRICKY_WORDS = (
    "${ ${layers.db.url} ${layers.web.url} ${layers.edge.host} ${secret:x} $${ 1e999 .nan 0x1f << *a &a !!int ~ yes "
    "22:22 8080:80 [::1]:80 ' \" \x1b[2J é漢"
)
TRICKY = TRICKY_WORDS.split(" ")
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(WORDS),
    st.sampled_from(TRICKY),
)
GARBAGE = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS + TRICKY), inner, max_size=3),
    max_leaves=6,
)
EXAMPLE: dict[str, Any] = yaml.safe_load(GOOD)


def check(text: str) -> None:
    """Read it, and hold every mistake against the file."""
    specs, mistakes = outcome(text)
    assert bool(specs) != bool(mistakes)
    assert all(isinstance(spec, EnvironmentSpec) and spec.layers for spec in specs)
    lines = LINES.split(text.removeprefix("\ufeff"))
    for mistake in mistakes:
        assert 1 <= mistake.line <= len(lines)
        assert 1 <= mistake.column <= len(lines[mistake.line - 1]) + 1
        assert mistake.message
        assert plain(mistake.message) == mistake.message


def outcome(text: str) -> tuple[list[EnvironmentSpec], tuple[Mistake, ...]]:
    try:
        return read(text, "f.yaml", has_secret=lambda name: name != "x", known_backends=("aws", "docker")), ()
    except SpecError as error:
        return [], error.mistakes


def containers(node: Any) -> list[Any]:
    """Every mapping and list in a document, itself first."""
    if not isinstance(node, dict | list):
        return []
    inner = node.values() if isinstance(node, dict) else node
    return [node, *(found for part in inner for found in containers(part))]


def copied(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: copied(value) for key, value in node.items()}
    return [copied(item) for item in node] if isinstance(node, list) else node


def mutate(data: st.DataObject, document: dict[str, Any]) -> None:
    """Drop, rename or replace one thing."""
    place = data.draw(st.sampled_from([found for found in containers(document) if found]))
    key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
    how = data.draw(st.sampled_from(["drop", "rename", "replace"]))
    if how == "drop":
        del place[key]
    elif how == "rename" and isinstance(place, dict):
        place[data.draw(st.sampled_from(WORDS) | st.text(max_size=8))] = place.pop(key)
    else:
        place[key] = data.draw(GARBAGE)


@settings(max_examples=4000, suppress_health_check=list(HealthCheck))
@given(st.data(), st.integers(1, 3))
def test_a_good_file_with_something_wrong_in_it(data: st.DataObject, times: int) -> None:
    document = copied(EXAMPLE)
    for _ in range(times):
        if document:
            mutate(data, document)
    check(
        yaml.dump(document, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), allow_unicode=True, sort_keys=False)
    )


@settings(max_examples=3000, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(GOOD)),
            st.integers(0, 12),
            st.one_of(st.text(max_size=6), st.sampled_from([*WORDS, *TRICKY, "\ud800"])),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_good_file_with_its_text_cut_and_overwritten(edits: list[tuple[int, int, str]]) -> None:
    text = GOOD
    for start, length, new in edits:
        text = text[:start] + new + text[start + length :]
    check(text)


@settings(max_examples=2000, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.text(max_size=100),
        st.text("abc:-[]{}&*!|>'\"%@`#,?<\n \t~", max_size=60),
        st.binary(max_size=60).map(lambda raw: raw.decode("utf-8", "replace")),
        st.lists(
            st.sampled_from([*WORDS, *TRICKY, "\ud800", ": ", "\n", "\n  ", "- ", "{", "}", "[", "]", ", "]),
            max_size=30,
        ).map("".join),
    )
)
def test_no_file_at_all(text: str) -> None:
    check(text)


@settings(max_examples=1000, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdefg"), max_size=3), min_size=1))
def test_layers_that_need_each_other_in_every_way(needs: dict[str, list[str]]) -> None:
    lines = ["environment: e", "backend: docker", "layers:"]
    for name, others in needs.items():
        lines += [f"  {name}:", "    kind: app", "    image: x", "    port: 1", "    environment:"]
        lines += [f"      V{number}: ${{layers.{other}.url}}" for number, other in enumerate(others)] or ["      {}"]
    text = "\n".join(lines)
    check(text)
    if has_no_order(needs):
        assert outcome(text)[1]


def has_no_order(needs: dict[str, list[str]]) -> bool:
    """Whether some need is unknown, or in a circle: it cannot be taken off from the end."""
    left = {name: set(others) for name, others in needs.items()}
    while ready := [name for name, others in left.items() if not others]:
        for name in ready:
            del left[name]
        for others in left.values():
            others.difference_update(ready)
    return bool(left)
