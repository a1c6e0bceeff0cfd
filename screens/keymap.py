"""The keys that a person has set: what they may be called, and which of them would take another's key away.

Textual itself lets a key that is given twice silently lose one of its meanings, so it is checked here, before.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import App
from textual.binding import Binding, BindingsMap
from textual.dom import DOMNode


def check(keymap: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The part of a keymap that can be used, and a sentence for everything that cannot."""
    usable, mistakes = dict(keymap), []
    known = {binding.id for chain in _chains() for node in chain for binding in _bindings(node)}
    for name in keymap:
        if name not in known:
            mistakes.append(f"keymap: there is no action {name!r}")
            del usable[name]
    for chain in _chains():
        for name, key, other in _clashes(chain, usable):
            mistakes.append(f"keymap: {key!r} for {name!r} is the key of {other!r}: give that another key too")
            usable.pop(name, None)
    return usable, tuple(dict.fromkeys(mistakes))


def shown_key(app: App[object], name: str, own: str) -> str:
    """How a text should call the key of an action: `own`, the one it comes with, unless somebody has set another."""
    from tuienv.screens.application import Application

    key = app.keys.get(name, "").split(",")[0].strip() if isinstance(app, Application) else ""
    return app.get_key_display(Binding(key, "")) if key else own


def _chains() -> list[tuple[type[DOMNode], ...]]:
    """What hears a key together: the focused widget, its screen, the application."""
    from tuienv.screens.add_profile import AddDialog
    from tuienv.screens.application import Application
    from tuienv.screens.confirm import Confirm
    from tuienv.screens.credentials import CredentialsScreen
    from tuienv.screens.describe import DescribeScreen
    from tuienv.screens.help import HelpScreen
    from tuienv.screens.journal import JournalScreen
    from tuienv.screens.logs import LogPane
    from tuienv.screens.main import MainScreen
    from tuienv.screens.plan import PlanScreen
    from tuienv.screens.setting import SettingDialog
    from tuienv.screens.size import SizeChooser
    from tuienv.screens.typed_name import TypedName
    from tuienv.screens.widgets.choices import Choices, Text
    from tuienv.screens.widgets.config import Config
    from tuienv.screens.widgets.events import Events
    from tuienv.screens.widgets.log_view import LogView
    from tuienv.screens.widgets.metrics import Metrics
    from tuienv.screens.widgets.releases import Releases
    from tuienv.screens.widgets.tree import EnvironmentTree
    from tuienv.screens.widgets.typing import CommandInput, FilterInput

    return [
        (EnvironmentTree, MainScreen, Application),
        (Text, MainScreen, Application),
        (Metrics, MainScreen, Application),
        (Config, MainScreen, Application),
        (Releases, MainScreen, Application),
        (Events, MainScreen, Application),
        (LogView, LogPane),
        (Text, PlanScreen, Application),
        (Text, JournalScreen, Application),
        (Text, DescribeScreen, Application),
        (Text, HelpScreen, Application),
        (Choices, CredentialsScreen, Application),
        (Choices, SizeChooser),
        (Text, Confirm),
        (Text, TypedName),
        (SettingDialog,),
        (AddDialog,),
        (FilterInput,),
        (CommandInput,),
    ]


def _bindings(node: type[DOMNode]) -> list[Binding]:
    """The bindings that a class and those it is made from declare."""
    found = [binding for base in node.__mro__ for binding in vars(base).get("BINDINGS", ())]
    made = BindingsMap(found).key_to_bindings.values()
    return [binding for bindings in made for binding in bindings if binding.id]


def _clashes(chain: tuple[type[DOMNode], ...], keymap: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Where a set key is another action's too: the action, the key, the other one."""
    taken: dict[str, str] = {}
    for binding in (binding for node in chain for binding in _bindings(node)):
        assert binding.id is not None
        if binding.id not in keymap:
            taken.setdefault(binding.key, binding.id)
    here = {binding.id for node in chain for binding in _bindings(node)}
    found = []
    for name, keys in keymap.items():
        for key in keys.split(",") if name in here else ():
            if taken.setdefault(key.strip(), name) != name:
                found.append((name, key.strip(), taken[key.strip()]))
    return found
