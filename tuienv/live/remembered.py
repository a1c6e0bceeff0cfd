"""The last known state, kept in the cache folder for the first frame of the next start.

It paints a picture and decides nothing: no plan is ever made from it, and losing it costs a blink. This module is
light, because the screen's process reads it too.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tuienv.model.observed import Instance
from tuienv.model.state import EnvironmentState, LayerState
from tuienv.model.wanted import Size
from tuienv.model.words import Kind, Status
from tuienv.redaction import redact_all

VERSION = 1

Json = Mapping[str, Any]


class Memory:
    """The file with the last known state. `place`: what the files of this start are found by (their folder): what
    files wanted is remembered for the same place alone. `stale` says that there is something new to write."""

    def __init__(self, path: Path, place: str) -> None:
        self._path, self._place = path, place
        self.stale = False
        self._written = -math.inf

    def read(self) -> list[EnvironmentState]:
        """What was known last, each layer marked as unknown since it was seen; nothing if it cannot be read."""
        try:
            data = json.loads(self._path.read_bytes())
            if data["version"] != VERSION:
                return []
            same = data["place"] == self._place
            return [_environment(each, declared=same) for each in data["environments"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def due(self, now: float, every: float) -> bool:
        """Whether there is something new, and the last write was long enough ago."""
        return self.stale and now - self._written >= every

    def write(self, states: Iterable[EnvironmentState], now: float) -> None:
        """Replace the file, whole or not at all. A cache that cannot be written is no reason to fail."""
        self._written = now
        data = {"version": VERSION, "place": self._place, "environments": [_plain(state) for state in states]}
        with contextlib.suppress(OSError):
            _replace(self._path, json.dumps(redact_all(data), separators=(",", ":")).encode())


def memory_for(directory: str, files: Sequence[str]) -> Memory:
    """What is remembered for these files, or for that folder: in the cache of this user."""
    from tuienv.settings import paths

    place = "\n".join((str(Path(directory).resolve()), *files))
    return Memory(paths().cache / "live.json", place)


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mkstemp: 0600 from the beginning
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _plain(state: EnvironmentState) -> dict[str, Any]:
    """As JSON, without what is empty."""
    return {
        "name": state.name,
        "status": state.status,
        "source": state.source,
        "protected": state.protected,
        "observed_at": state.observed_at,
        "layers": [_plain_layer(layer) for layer in state.layers],
    }


def _plain_layer(layer: LayerState) -> dict[str, Any]:
    plain = _without_empty(
        {name: getattr(layer, name) for name in LayerState.__slots__ if name not in ("instances", "failure", "size")}
    )
    plain["instances"] = [
        [each.name, each.id, each.status, each.detail, each.started_at, each.host] for each in layer.instances
    ]
    if layer.size is not None:
        plain["size"] = asdict(layer.size)
    return plain


def _without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in ((), "", None)}


def _environment(data: Json, *, declared: bool) -> EnvironmentState:
    return EnvironmentState(
        data["name"],
        Status(data["status"]),
        tuple(_layer(layer, declared=declared) for layer in data["layers"]),
        data["source"] if declared else "",
        bool(data["protected"]) and declared,
        data["observed_at"],
    )


def _layer(data: Json, *, declared: bool) -> LayerState:
    size = data.get("size")
    return LayerState(
        data["name"],
        Kind(data["kind"]),
        data["backend"],
        data.get("profile", ""),
        Status(data["status"]),
        tuple(Instance(name, id_, Status(status), *rest) for name, id_, status, *rest in data["instances"]),
        data.get("wanted") if declared else None,
        data.get("image", ""),
        Size(**size) if size else None,
        tuple(data.get("endpoints", ())),
        tuple(data.get("needs", ())),
        tuple(data.get("drift", ())) if declared else (),
        data.get("ours", False),
        data.get("observed_at"),
        data.get("observed_at"),
    )
