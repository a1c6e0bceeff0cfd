"""What is done with one layer past any plan: commands inside it, and what its variables are.

Only the engine calls these, after policy was asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tuienv.backends.base import Backend, Configures, Execution, Invalid, Runs
from tuienv.model import Address
from tuienv.redaction import learn_settings


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
