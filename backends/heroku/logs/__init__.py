"""Logs of Heroku: sessions that are read as streams, run out, and are begun again."""

from __future__ import annotations

from tuienv.backends.heroku.logs.stream import LogStream

__all__ = ["LogStream"]
