"""Which profile is used where, as people chose it on this machine, and the names of those whose secret we keep.

One small file in the state folder. It holds names and nothing secret: a keyring cannot be asked what it has.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tuienv.model import EnvironmentSpec
from tuienv.settings import private_folder

Pair = tuple[str, str]
"""A backend's name and a profile."""

MOST_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Choices:
    """`used`: a profile by backend, for what no file names one for; `environments`: by environment and backend, which
    goes before what the file says; `kept`: the profiles whose secret is in the keyring."""

    used: Mapping[str, str] = field(default_factory=dict)
    environments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    kept: tuple[Pair, ...] = ()

    def profile(self, environment: str, backend: str, named: str) -> str:
        """The profile for one backend of an environment whose file names `named`, or none."""
        chosen = self.environments.get(environment, {}).get(backend)
        return chosen if chosen is not None else named or self.used.get(backend, "")

    def applied(self, spec: EnvironmentSpec) -> EnvironmentSpec:
        """The environment with the profiles that it is used with here."""
        layers = tuple(
            replace(layer, profile=self.profile(spec.name, layer.backend, layer.profile)) for layer in spec.layers
        )
        return spec if layers == spec.layers else replace(spec, layers=layers)

    def pairs(self) -> list[Pair]:
        """Every pair that was chosen."""
        by_environment = (pair for chosen in self.environments.values() for pair in chosen.items())
        return list(dict.fromkeys([*self.used.items(), *by_environment]))

    # --- what changes them, as other choices

    def using(self, backend: str, profile: str, environment: str = "") -> Choices:
        """With this profile chosen; an empty one is the provider's own default, or what the environment's file says."""
        if environment:
            mine = _put(self.environments.get(environment, {}), backend, profile)
            others = {name: chosen for name, chosen in self.environments.items() if name != environment}
            return replace(self, environments={**others, **({environment: mine} if mine else {})})
        return replace(self, used=_put(self.used, backend, profile))

    def keeping(self, backend: str, profile: str) -> Choices:
        return replace(self, kept=tuple(dict.fromkeys([*self.kept, (backend, profile)])))

    def without(self, backend: str, profile: str) -> Choices:
        """With this profile neither kept nor chosen anywhere."""
        gone = (backend, profile)
        environments = {
            name: left
            for name, chosen in self.environments.items()
            if (left := {key: value for key, value in chosen.items() if (key, value) != gone})
        }
        used = {key: value for key, value in self.used.items() if (key, value) != gone}
        return Choices(used, environments, tuple(pair for pair in self.kept if pair != gone))


def _put(chosen: Mapping[str, str], backend: str, profile: str) -> dict[str, str]:
    others = {name: value for name, value in chosen.items() if name != backend}
    return {**others, backend: profile} if profile else others


def read_choices(path: Path) -> Choices:
    """What was chosen; nothing where the file is missing or is not ours to read. Raises nothing."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return Choices()
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return Choices()
    if not isinstance(data, dict):
        return Choices()
    environments = data.get("environments")
    kept = data.get("kept")
    return Choices(
        _texts(data.get("used")),
        {str(name): _texts(chosen) for name, chosen in environments.items()} if isinstance(environments, dict) else {},
        tuple(_pair(each) for each in kept if _is_pair(each)) if isinstance(kept, list) else (),
    )


def change_choices(path: Path, change: Callable[[Choices], Choices]) -> None:
    """Change what the file has now: another process may have written it since it was read. Raises `OSError`."""
    import fcntl

    folder = os.open(private_folder(path.parent), os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        _write(path, change(read_choices(path)))
    finally:
        os.close(folder)


def _write(path: Path, choices: Choices) -> None:
    """Replace the file, whole or not at all. Raises `OSError`."""
    data = {
        "used": dict(choices.used),
        "environments": {name: dict(chosen) for name, chosen in choices.environments.items()},
        "kept": [list(pair) for pair in choices.kept],
    }
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mkstemp: 0600 from the beginning
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(data, file, indent=1)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {key: each for key, each in value.items() if isinstance(each, str)}


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(each, str) for each in value)


def _pair(value: list[str]) -> Pair:
    return value[0], value[1]
