"""The command that does the same as an operation, for the journal and for people who want to script what they did."""

from __future__ import annotations

import shlex

from tuienv.model import Operation, Verb
from tuienv.text import mask


def equivalent_command(operation: Operation) -> str:
    """``tuienv scale shop/web=5``. Values that may be secret are masked."""
    return shlex.join(["tuienv", *_words(operation)])


def _words(operation: Operation) -> list[str]:
    target = str(operation.target)
    if operation.verb is Verb.LOCK:
        return ["lock", target, *(["-m", operation.why] if operation.why else [])]
    if operation.verb is Verb.UNLOCK:
        return ["unlock", target, *(["--break"] if operation.others else [])]
    if operation.verb in (Verb.SCALE, Verb.RESIZE):
        sized = ["--size", str(operation.size)] if operation.size is not None else []
        return ["scale", target if operation.replicas is None else f"{target}={operation.replicas}", *sized]
    if operation.verb is Verb.CONFIGURE:
        sets = [f"{key}={mask(key, value)}" for key, value in operation.settings.items() if value is not None]
        unsets = [word for key, value in operation.settings.items() if value is None for word in ("--unset", key)]
        return ["config", target, *sets, *unsets]
    if operation.verb is Verb.ROLLBACK:
        return ["rollback", target, *([operation.release] if operation.release else [])]
    data = ["--delete-data"] if operation.delete_data else []
    if operation.delete_data and not operation.final_snapshot:
        data.append("--no-final-snapshot")
    return [str(operation.verb), target, *data]
