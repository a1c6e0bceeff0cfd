"""Logs out of CloudWatch: read, polled, and followed by Live Tail where that can be had."""

from tuienv.backends.aws.logs.stream import LogStream

__all__ = ["LogStream"]
