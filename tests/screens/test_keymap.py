"""Keys that a person sets: taken where they can be, refused where they would take another's key away."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

from textual.dom import DOMNode

from tests.screens.sitting import sit
from tuienv import screens
from tuienv.screens.help import HelpScreen
from tuienv.screens.keymap import check
from tuienv.settings import Settings

REPOSITORY = Path(__file__).parents[2]


def test_a_free_key_is_taken() -> None:
    assert check({"help": "f1", "pane.logs": "f2,f3"}) == ({"help": "f1", "pane.logs": "f2,f3"}, ())


def test_an_unknown_action_is_said() -> None:
    usable, mistakes = check({"help": "f1", "hlep": "f2"})
    assert usable == {"help": "f1"}
    assert "hlep" in mistakes[0]


def test_a_key_that_another_action_has_is_refused() -> None:
    usable, mistakes = check({"help": "l"})
    assert usable == {}
    assert "pane.logs" in mistakes[0]


def test_a_key_of_the_tree_is_refused_for_the_screen_around_it() -> None:
    usable, mistakes = check({"help": "j"})
    assert usable == {}
    assert "tree.down" in mistakes[0]


def test_keys_may_be_swapped() -> None:
    assert check({"help": "l", "pane.logs": "question_mark"})[1] == ()


def test_the_keys_as_they_come_do_not_clash() -> None:
    from tuienv.screens.keymap import _bindings, _chains

    for chain in _chains():
        taken: dict[str, str] = {}
        for node in chain[:-1]:
            for binding in _bindings(node):
                other = taken.setdefault(binding.key, str(binding.id))
                assert other == binding.id or {other, binding.id} <= SHARED, f"{binding.key}: {other}, {binding.id}"


SHARED = {"releases.rollback", "tree.enter", "staged.run", "config.set", "config.unset", "list.choose"}
"""Enter runs what is staged, and does its usual thing where nothing is (`EnvironmentTree.check_action`)."""


def test_every_key_can_be_set_and_its_name_is_in_the_reference() -> None:
    from tuienv.screens.keymap import _bindings, _chains

    settable = {binding.id for chain in _chains() for node in chain for binding in _bindings(node)}
    written = set(re.findall(r"`([\w.]+)`", (REPOSITORY / "docs" / "reference" / "keys.md").read_text("utf-8")))
    assert declared() <= settable
    assert settable <= written


def declared() -> set[str]:
    """The names of all keys that any screen or widget of ours has."""
    modules = (import_module(each.name) for each in walk_packages(screens.__path__, "tuienv.screens."))
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    ours = (kind for kind in kinds if issubclass(kind, DOMNode) and kind.__module__.startswith("tuienv.screens."))
    return {binding.id for kind in ours for binding in vars(kind).get("BINDINGS", ()) if binding.id}


async def test_a_set_key_works() -> None:
    async with sit(settings=Settings(keymap={"help": "f1"})) as sitting:
        await sitting.press("f1")
        assert isinstance(sitting.application.screen, HelpScreen)


async def test_what_is_wrong_in_the_settings_is_said_once() -> None:
    async with sit(
        settings=Settings(theme="nope", keymap={"help": "l"}, mistakes=("settings.yaml:1:1: bad",))
    ) as sitting:
        await sitting.shows("there is no theme 'nope'")
        await sitting.shows("settings.yaml:1:1: bad")
        assert sitting.text().count("Settings") == 1
