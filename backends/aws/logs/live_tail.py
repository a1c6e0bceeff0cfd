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
from tuienv.backends.aws.failures import code_of
from tuienv.backends.aws.logs.places import Place
from tuienv.backends.aws.logs.reading import by_prefix, by_time, lines_in
from tuienv.backends.aws.looking.parts import Row
from tuienv.backends.base import ProviderError
from tuienv.model import LogLine

SWITCH, SETTING = "TUIENV_AWS_LIVE_TAIL", "tuienv_live_tail"
"""The variable, and what a profile has in AWS's config file: with ``on``, logs are followed by Live Tail where it can
be had, else by polling alone. Beyond what is free it costs a cent a minute, and nobody should pay for a pane that was
left open; so it is for each account to choose."""


class LiveTail:
    """One session on one place. Opening it raises the contract's errors. `timed_out`: it ended for its age alone."""

    def __init__(self, asker: Asker, place: Place) -> None:
        self._place, self.timed_out = place, False
        prefixes = {"logStreamNamePrefixes": [place.prefix]} if by_prefix(place) else {}
        identifier = group_arn(asker, place.group)
        told = asker.ask("logs", "start_live_tail", place.group, logGroupIdentifiers=[identifier], **prefixes)
        self._events: Any = told["responseStream"]

    def __iter__(self) -> Iterator[list[LogLine]]:
        """Batches as they come, empty ones too. It ends when it would leave something out, when AWS ends it or the
        connection breaks, and when it is closed."""
        for event in self._updates():
            update = event.get("sessionUpdate")
            if update is not None:
                yield sorted(lines_in(update.get("sessionResults") or (), self._place), key=by_time)
                if (update.get("sessionMetadata") or {}).get("sampled"):
                    return

    def _updates(self) -> Iterator[Row]:
        try:
            yield from self._events
        except Exception as error:  # noqa: BLE001 - botocore has many words for a connection that ended, or was closed
            self.timed_out = code_of(error) == "SessionTimeoutException"

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
    wanted = os.environ.get(SWITCH) or asker.session.setting(SETTING)
    if wanted.lower() != "on" or not _at_aws(asker):
        return None
    try:
        return LiveTail(asker, place)
    except ProviderError:
        return None


def _at_aws(asker: Asker) -> bool:
    """Live Tail is served at an address of its own, which an endpoint of somebody else's does not have."""
    host = urlsplit(str(asker.session.client("logs").meta.endpoint_url)).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))
