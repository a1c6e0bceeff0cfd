"""The words that `:` understands: what each takes, how they are completed, what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tuienv.model import Address


@dataclass(frozen=True, slots=True)
class Command:
    """One word. `action`: the main screen's action; `takes`: what may follow."""

    name: str
    action: str
    help: str
    takes: str = ""

    @property
    def needs_more(self) -> bool:
        """Whether it means nothing without what follows."""
        return bool(self.takes) and not self.takes.startswith("[")

    @property
    def is_about_something(self) -> bool:
        """Whether it is done to what is selected."""
        return any(word in self.takes for word in ("ENV", "ADDRESS")) or self.name in ("lock", "unlock")

    @property
    def usage(self) -> str:
        return f"{self.name} {self.takes}".strip()


WORDS = ("N", "NAME", "BACKEND NAME", "[TEXT]", "[break]")
"""What may follow a command and is no address."""

COMMANDS = (
    Command("apply", "apply", "show the plan of an environment, and run it", "[ENV]"),
    Command("destroy", "destroy", "show what a teardown of an environment removes", "[ENV]"),
    Command("scale", "scale_to", "change how many instances a layer has", "N"),
    Command("size", "size", "change how big a layer's instances are", "[ENV/LAYER]"),
    Command("restart", "restart", "restart a layer or an environment", "[ADDRESS]"),
    Command("stop", "stop", "stop a layer or an environment", "[ADDRESS]"),
    Command("start", "start", "start a layer or an environment", "[ADDRESS]"),
    Command("protect", "protect", "keep an environment from being destroyed", "[ENV]"),
    Command("unprotect", "unprotect", "take that protection off", "[ENV]"),
    Command("lock", "lock", "keep an environment to yourself, and say why", "[TEXT]"),
    Command("unlock", "unlock", "take a lock off: your own, or with 'break' anybody's", "[break]"),
    Command("undo", "undo", "undo what was done last from here", "[ENV]"),
    Command("journal", "journal", "what was done from here"),
    Command("shell", "shell", "a shell inside an instance", "[ADDRESS]"),
    Command("logs", "logs", "the Logs pane", "[ADDRESS]"),
    Command("metrics", "metrics", "the Metrics pane", "[ADDRESS]"),
    Command("config", "config", "the Config pane", "[ADDRESS]"),
    Command("releases", "releases", "the Releases pane", "[ADDRESS]"),
    Command("events", "events", "the Events pane", "[ADDRESS]"),
    Command("rollback", "rollback", "show what going back to the last good release changes", "[ENV/LAYER]"),
    Command("describe", "describe", "everything about it", "[ADDRESS]"),
    Command("job", "job", "how the last plan goes, or went"),
    Command("credentials", "credentials", "who acts: switch, test, add, remove accounts"),
    Command("authorize", "authorize", "give a provider the second factor that it asks for", "BACKEND NAME"),
    Command("worker", "restart_worker", "end the worker process and start another: for one that hangs"),
    Command("refresh", "refresh", "look at everything again"),
    Command("theme", "theme", "other colours", "NAME"),
    Command("help", "app.help", "all keys and commands"),
    Command("quit", "quit", "leave"),
)
_BY_NAME = {command.name: command for command in COMMANDS} | {"q": COMMANDS[-1]}


@dataclass(frozen=True, slots=True)
class Said:
    """What a typed line means: a command, or none to go to an address. `rest`: what follows and is no address."""

    command: Command | None
    address: Address | None = None
    rest: str = ""


def understand(text: str) -> Said:
    """Read a typed line. Raises `ValueError` with what is wrong and what would be right."""
    word, _, rest = text.strip().partition(" ")
    rest = rest.strip()
    command = _BY_NAME.get(word)
    if command is None:
        if rest or not word:
            raise ValueError(f"{word!r} is no command: {', '.join(each.name for each in COMMANDS)}")
        return Said(None, Address.parse(word))
    if command.takes in WORDS:
        if not rest and command.needs_more:
            raise ValueError(f"write {command.usage}")
        return Said(command, rest=rest)
    return Said(command, Address.parse(rest) if rest else None)


def complete(text: str, addresses: Iterable[Address], themes: Iterable[str]) -> Iterator[str]:
    """Whole lines that a half-typed one may become."""
    word, space, rest = text.partition(" ")
    if not space:
        yield from (command.name for command in COMMANDS if command.name.startswith(word))
        yield from (str(address) for address in addresses if str(address).startswith(word) and word)
        return
    command = _BY_NAME.get(word)
    if command is None:
        return
    names = themes if command.takes == "NAME" else map(str, addresses) if command.takes not in ("", *WORDS) else ()
    yield from (f"{word} {name}" for name in names if name.startswith(rest))
