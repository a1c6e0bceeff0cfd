"""Logs on their way from the backends: followed over cuts, kept live, and sent no faster than they are drawn."""

from __future__ import annotations

from tuienv.worker.logs.streams import LogStreams

__all__ = ["LogStreams"]
