"""The command line of the main screen: opens its field, and does what was typed."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tuienv.model import Operation, Verb
from tuienv.screens.commands import Command, Said, complete, understand
from tuienv.screens.session import layer_of
from tuienv.screens.terminal import run_in_terminal
from tuienv.screens.widgets.typing import CommandInput
from tuienv.text import plain
from tuienv.worker.messages import Refresh

if TYPE_CHECKING:
    from tuienv.screens.main import MainScreen


def open_command_line(screen: MainScreen) -> None:
    """Show the field over the footer, and give it the keys; the one that is there, if ":" was typed twice before it
    had them."""
    for there in screen.query(CommandInput):
        there.focus()
        return

    def candidates(text: str) -> Iterable[str]:
        return complete(text, screen.session.known.addresses(), sorted(screen.app.available_themes))

    def done(text: str) -> None:
        screen.environments.focus()
        if text:
            do(screen, text)

    field = CommandInput(candidates, done)
    screen.mount(field, before="#footer")
    field.focus()


def do(screen: MainScreen, text: str) -> None:
    """Do what a typed line says; say what is wrong with it if that cannot be."""
    try:
        _do(screen, understand(text))
    except ValueError as mistake:
        screen.notify(plain(str(mistake)), severity="warning", markup=False)


def _do(screen: MainScreen, said: Said) -> None:
    if said.address is not None and not screen.go_to(said.address):
        raise ValueError(f"{said.address} is not here")
    if said.command is not None:
        _carry_out(screen, said.command, said.rest)


def _carry_out(screen: MainScreen, command: Command, rest: str) -> None:
    if command.is_about_something and screen.selected is None:
        raise ValueError(f"{command.name}: nothing is selected")
    match command.action:
        case "theme":
            _theme(screen, rest)
        case "scale_to":
            _scale(screen, rest)
        case "lock":
            screen.keep(Verb.LOCK, why=rest)
        case "unlock":
            _unlock(screen, rest)
        case "authorize":
            _authorize(screen, rest.split())
        case "quit":
            screen.app.call_later(screen.app.run_action, "quit")
        case action if screen.check_action(action, ()):
            screen.call_later(screen.run_action, action)
        case _:
            raise ValueError(_not_offered(screen, command.name))


def _not_offered(screen: MainScreen, name: str) -> str:
    """Why a command that there is does nothing to what is selected."""
    selected, session = screen.selected, screen.session
    if selected is not None and session.fixed(selected):
        return f"{name}: {selected} is read-only from here"
    if name == "shell" and session.demo:
        return "shell: there is none in the demo, where nothing is real"
    return f"{name} does not apply to {selected}"


def _unlock(screen: MainScreen, word: str) -> None:
    if word not in ("", "break"):
        raise ValueError("write unlock, or unlock break to take somebody else's lock off")
    screen.keep(Verb.UNLOCK, others=bool(word))


def _authorize(screen: MainScreen, words: list[str]) -> None:
    """The code is typed hidden, in place of the screen."""
    if len(words) < 2 or any(word.startswith("-") and word != "--profile" for word in words):
        raise ValueError("write authorize BACKEND NAME, as the refusal has it")
    run_in_terminal(
        screen.app, [sys.executable, "-m", "tuienv", "credentials", "authorize", *words], "giving the second factor"
    )
    screen.session.link.begin(Refresh())


def _theme(screen: MainScreen, name: str) -> None:
    if name not in screen.app.available_themes:
        raise ValueError(f"there is no theme {name!r}: {', '.join(sorted(screen.app.available_themes))}")
    screen.app.theme = name


def _scale(screen: MainScreen, count: str) -> None:
    selected = screen.selected
    if selected is None or not selected.layer:
        raise ValueError("select a layer first")
    if not (count.isascii() and count.isdigit()):
        raise ValueError(f"{count!r} is not a number of instances")
    operation = Operation(Verb.SCALE, layer_of(selected), replicas=int(count))
    screen.begin(screen.operations.carry_out(operation))
