"""What is done with one layer past any plan: commands inside it, and what its variables are.

Only the engine calls these, after policy was asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from tuienv.backends.base import Backend, Configures, Execution, Invalid, Runs
from tuienv.journal import JournalError
from tuienv.model import Address
from tuienv.redaction import learn_settings


class Recorded:
    """An execution whose end is written down: call `ended` with how it ended once it is over."""

    def __init__(self, execution: Execution, ended: Callable[[str, str], None]) -> None:
        self._execution, self._ended = execution, ended
        self._said = ("cancelled", "left before it ended")

    def read(self) -> tuple[int, bytes]:
        return self._execution.read()

    def write(self, data: bytes) -> None:
        self._execution.write(data)

    def resize(self, rows: int, columns: int) -> None:
        self._execution.resize(rows, columns)

    def exit_code(self) -> int:
        code = self._execution.exit_code()
        self._said = ("done", f"exit code {code}" if code else "")
        return code

    def close(self) -> None:
        self._execution.close()
        with suppress(JournalError):  # it is over all the same, and nothing follows that should not be done then
            self._ended(*self._said)


def execute(backend: Backend, target: Address, argv: Sequence[str], *, tty: bool, stdin: bool) -> Execution:
    """Start a command in an instance. Raises `Invalid` where the backend has no way to, and `ProviderError`."""
    if not isinstance(backend, Runs):
        raise Invalid("run a command in", target, f"{backend.name} cannot do that")
    return backend.run(target, argv, tty=tty, stdin=stdin)


def variables(backend: Backend, target: Address) -> Mapping[str, str]:
    """The variables of a layer, secrets and all. Raises `Invalid` where the backend cannot tell, `ProviderError`."""
    if not isinstance(backend, Configures):
        raise Invalid("read the variables of", target, f"{backend.name} cannot read them back")
    found = backend.config(target)
    learn_settings(found)
    return found
