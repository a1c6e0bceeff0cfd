"""Marks that are kept with an environment, each a parameter of its own below ``/tuienv/ENVIRONMENT/``.

Writing a parameter that must not exist yet is one step that only one of two can win, which is all that a lock needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tuienv.backends.aws import naming
from tuienv.backends.aws.failures import code_of
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.session import Session
from tuienv.backends.base import NotFound, ProviderError
from tuienv.model import Lock, Marks
from tuienv.text import plain

ACCOUNT, PROTECTED, LOCK = "account", "protected", "lock"

_TAKEN = "ParameterAlreadyExists"


def marks_in(rows: Iterable[Mapping[str, Any]]) -> dict[str, Marks]:
    """What is kept with each environment, by the parameters that were found."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        environment, _, name = str(row["Name"]).removeprefix(naming.PARAMETERS).rpartition("/")
        found.setdefault(environment, {})[name] = str(row.get("Value", ""))
    return {
        environment: Marks(plain(told.get(ACCOUNT, ""), 64), PROTECTED in told, _lock_in(told.get(LOCK, "")))
        for environment, told in found.items()
    }


def marks_of(session: Session, environment: str) -> Marks:
    """What is kept with an environment; nothing where nothing is."""
    rows = session.items(
        "ssm",
        "get_parameters_by_path",
        "Parameters",
        tried="read the marks of",
        target=environment,
        Path=naming.parameter_path(environment),
    )
    return marks_in(rows).get(environment, Marks())


def take_lock(session: Session, environment: str, lock: Lock) -> Lock:
    """Put a lock on; gives the one that is on then."""
    text = json.dumps({"token": lock.token, "holder": lock.holder, "since": lock.since, "why": lock.why})
    while not _put(session, environment, LOCK, text):
        if there := _value(session, environment, LOCK):
            return _lock_in(there) or Lock("", "somebody", 0.0, "what is written there cannot be read")
    return lock


def drop_lock(session: Session, environment: str, token: str) -> None:
    """Take the lock with this token off; nothing if it is not on."""
    there = _lock_in(_value(session, environment, LOCK))
    if there is not None and there.token == token:
        _remove(session, environment, LOCK)


def note_protection(session: Session, environment: str, protected: bool) -> None:
    if not protected:
        _remove(session, environment, PROTECTED)
    elif not is_protected(session, environment):
        _put(session, environment, PROTECTED, "yes")


def is_protected(session: Session, environment: str) -> bool:
    return bool(_value(session, environment, PROTECTED))


def note_account(job: Job) -> None:
    """Write down with which account the environment is made, unless that was done before."""
    if not _value(job.session, job.environment, ACCOUNT):
        _put(job.session, job.environment, ACCOUNT, job.session.account)


def forget_marks(session: Session, environment: str) -> None:
    """What is written of an environment that is no more; whoever holds its lock takes that off."""
    for name in (ACCOUNT, PROTECTED):
        _remove(session, environment, name)


def _put(session: Session, environment: str, name: str, value: str) -> bool:
    """Write one mark; False if it is there already."""
    tags = naming.tag_list({naming.ENVIRONMENT: environment, naming.ACCOUNT: session.account})
    parameter = naming.parameter_path(environment) + name
    told: dict[str, Any] = {"Name": parameter, "Value": value, "Type": "String", "Tags": tags}
    try:
        session.call("ssm", "put_parameter", tried=f"write the {name} of", target=environment, **told)
    except ProviderError as error:
        if code_of(error) == _TAKEN:
            return False
        raise
    return True


def _value(session: Session, environment: str, name: str) -> str:
    parameter = naming.parameter_path(environment) + name
    try:
        found = session.call("ssm", "get_parameter", tried=f"read the {name} of", target=environment, Name=parameter)
    except NotFound:
        return ""
    return str((found.get("Parameter") or {}).get("Value", ""))


def _remove(session: Session, environment: str, name: str) -> None:
    if not _value(session, environment, name):
        return
    parameter = naming.parameter_path(environment) + name
    try:
        session.call("ssm", "delete_parameter", tried=f"remove the {name} of", target=environment, Name=parameter)
    except NotFound:
        return  # whoever was quicker wanted the same


def _lock_in(text: str) -> Lock | None:
    """What is written, if it is a lock of ours."""
    try:
        found = json.loads(text)
        return Lock(
            plain(str(found["token"]), 64),
            plain(str(found["holder"]), 128),
            float(found["since"]),
            plain(str(found["why"]), 256),
        )
    except (ValueError, TypeError, KeyError):
        return None
