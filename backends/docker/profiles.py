"""The profiles that the docker command has on this machine: its contexts, and what its variables say.

Read from its own files, in its own order (the docker CLI's documented precedence: ``DOCKER_HOST``, then
``DOCKER_CONTEXT``, then the context that ``docker context use`` chose, then the default socket), without the SDK:
these are asked for at every start.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tuienv.backends.docker_engine.endpoint import DEFAULT_SOCKET
from tuienv.model import Profile
from tuienv.text import mask, plain

MOST_BYTES = 2**20
"""A file of the docker command that is bigger is not read."""


def find_profiles(environ: Mapping[str, str] | None = None) -> list[Profile]:
    """Every context, and the engine that the docker command would use now. Raises nothing."""
    environ = os.environ if environ is None else environ
    folder = Path(environ.get("DOCKER_CONFIG") or Path("~/.docker").expanduser())
    contexts = _contexts(folder)
    if environ.get("DOCKER_HOST"):
        chosen = Profile("docker", "", "DOCKER_HOST", default=True)
        return [chosen, *_profiles(contexts, "")]
    current = environ.get("DOCKER_CONTEXT") or str(_json(folder / "config.json").get("currentContext") or "")
    if current not in ("", "default"):
        return _profiles(contexts, current)
    default = [Profile("docker", "", DEFAULT_SOCKET, default=True)] if _is_there(DEFAULT_SOCKET) else []
    return [*default, *_profiles(contexts, "")]


def _profiles(contexts: Mapping[str, str], current: str) -> list[Profile]:
    return [
        Profile("docker", name, f"docker context, {where}", default=name == current)
        for name, where in sorted(contexts.items())
    ]


def _contexts(folder: Path) -> dict[str, str]:
    """Where the engine of each context is, by the context's name."""
    found: dict[str, str] = {}
    try:
        files = sorted((folder / "contexts" / "meta").glob("*/meta.json"))
    except OSError:
        return {}
    for file in files:
        meta = _json(file)
        endpoints = meta.get("Endpoints")
        engine = endpoints.get("docker") if isinstance(endpoints, dict) else None
        if isinstance(meta.get("Name"), str) and isinstance(engine, dict) and engine.get("Host"):
            found[plain(meta["Name"])] = mask("Host", plain(str(engine["Host"])))
    return found


def _json(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > MOST_BYTES:
            return {}
        content = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _is_there(socket: str) -> bool:
    try:
        return Path(socket.removeprefix("unix://")).exists()
    except OSError:  # a folder that may not be looked into
        return True
