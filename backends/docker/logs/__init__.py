"""Logs of the Docker Engine: its raw streams taken apart, several merged into one, followed while containers come."""

from __future__ import annotations

from tuienv.backends.docker.logs.copying import copy_log
from tuienv.backends.docker.logs.stream import LogStream

__all__ = ["LogStream", "copy_log"]
