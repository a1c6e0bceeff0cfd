"""Following by Live Tail: CloudWatch sends what it takes in, once a second.

A session sends at most 500 events a second and leaves the rest out (it then says that it `sampled`), ends after three
hours, and an account may have few of them: where it cannot be had or would leave something out, polling goes on.
Source: "StartLiveTail", Amazon CloudWatch Logs API reference.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.logs.places import Place
from tuienv.backends.aws.logs.reading import by_prefix, by_time, lines_in
from tuienv.backends.aws.looking.parts import Row
from tuienv.backends.base import ProviderError
from tuienv.model import LogLine

SWITCH = "TUIENV_AWS_LIVE_TAIL"
"""Set to ``on``, logs are followed by Live Tail where it can be had, else by polling alone: beyond what is free, Live
Tail costs a cent a minute, and nobody should pay for a pane that was left open."""


class LiveTail:
    """One session on one place. Opening it raises the contract's errors."""

    def __init__(self, asker: Asker, place: Place) -> None:
        self._place = place
        prefixes = {"logStreamNamePrefixes": [place.prefix]} if by_prefix(place) else {}
        identifier = group_arn(asker, place.group)
        told = asker.ask("logs", "start_live_tail", place.group, logGroupIdentifiers=[identifier], **prefixes)
        self._events: Any = told["responseStream"]

    def __iter__(self) -> Iterator[list[LogLine]]:
        """Batches as they come, empty ones too. It ends when it would leave something out, when AWS ends it or the
        connection breaks, and when it is closed."""
        for event in self._updates():
            if "SessionTimeoutException" in event or "SessionStreamingException" in event:
                return
            update = event.get("sessionUpdate")
            if update is not None:
                yield sorted(lines_in(update.get("sessionResults") or (), self._place), key=by_time)
                if (update.get("sessionMetadata") or {}).get("sampled"):
                    return

    def _updates(self) -> Iterator[Row]:
        with suppress(Exception):  # botocore has many words for a connection that ended, or was closed by us
            yield from self._events

    def close(self) -> None:
        """End it; who reads it is let go at once where urllib3 can do that, else with the next update, in a second."""
        with suppress(Exception):  # it may have ended by itself meanwhile, in more ways than one
            self._events._raw_stream.shutdown()
        with suppress(Exception):
            self._events.close()


def group_arn(asker: Asker, group: str) -> str:
    """Live Tail takes ARNs alone. Raises the contract's errors; a group that is not listed goes by its name."""
    told = asker.ask("logs", "describe_log_groups", group, logGroupNamePrefix=group)
    rows = [row for row in told.get("logGroups") or () if row.get("logGroupName") == group]
    return str(rows[0].get("logGroupArn") or str(rows[0]["arn"]).removesuffix(":*")) if rows else group


def open_live_tail(asker: Asker, place: Place) -> LiveTail | None:
    """A session, or None where it was not asked for or cannot be had: not allowed, too many of them, not offered."""
    if os.environ.get(SWITCH, "").lower() != "on" or not _at_aws(asker):
        return None
    try:
        return LiveTail(asker, place)
    except ProviderError:
        return None


def _at_aws(asker: Asker) -> bool:
    """Live Tail is served at an address of its own, which an endpoint of somebody else's does not have."""
    host = urlsplit(str(asker.session.client("logs").meta.endpoint_url)).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))
