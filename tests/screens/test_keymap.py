"""Keys that a person sets: taken where they can be, refused where they would take another's key away."""

from __future__ import annotations

from tests.screens.sitting import sit
from tuienv.screens.help import HelpScreen
from tuienv.screens.keymap import check
from tuienv.settings import Settings


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
