"""The logs of some layers as one stream of lines, each with the instance that wrote it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tuienv.backends.heroku.client import Client
from tuienv.backends.heroku.logs.following import Follower
from tuienv.backends.heroku.logs.lines import Line, parse_samples
from tuienv.backends.heroku.logs.session import MOST, read_lines
from tuienv.backends.heroku.naming import segment
from tuienv.backends.heroku.reading import address_of_dyno
from tuienv.backends.heroku.targets import Target
from tuienv.model import Address, Kind, LogLine


class LogStream:
    """The lines of an instance, a layer or an environment; see `tuienv.backends.base.Reads`.

    Where a log session ran out and more was written before the next than is kept, it raises `Unreachable`, so that
    the reader can say where the gap is.
    """

    def __init__(
        self,
        client: Client,
        wanted: Address,
        targets: Sequence[Target],
        tail: int | None,
        since: float | None,
        follow: bool,
    ) -> None:
        self._client, self._tail, self._since = client, tail, since
        self._closed = False
        by_app: defaultdict[str, list[Target]] = defaultdict(list)
        for target in targets:
            by_app[target.app.id].append(target)
        self._logs = [Log(mine, wanted.instance) for mine in by_app.values()]
        self._once: Iterator[list[LogLine]] = iter([self._kept()] if not follow else [])
        self._follower = Follower(client, [(log.id, log.name) for log in self._logs]) if follow else None

    def __iter__(self) -> LogStream:
        return self

    def __next__(self) -> list[LogLine]:
        if self._closed:
            raise StopIteration
        if self._follower is None:
            return next(self._once)
        while True:
            heard = self._follower.next()
            if heard is None:
                continue
            log = self._logs[heard.app]
            lines = log.cut(heard.lines, self._tail, self._since) if heard.kept else log.take(heard.lines)
            if lines:
                return lines

    def close(self) -> None:
        self._closed = True
        if self._follower is not None:
            self._follower.close()

    def _kept(self) -> list[LogLine]:
        """All that is kept of each app is read: the last lines of one instance may lie far back."""
        found = [
            line
            for log in self._logs
            for line in log.cut(read_lines(self._client, log.id, log.name, MOST), self._tail, self._since)
        ]
        return sorted(found, key=lambda line: line.time)


class Log:
    """The log of one app, and which of its lines belong to which layer that is looked at."""

    def __init__(self, targets: Sequence[Target], instance: str) -> None:
        self.id, self.name = targets[0].app.id, targets[0].app.name
        self._there = {str(address) for target in targets for address in instances_of(target)}
        self._targets, self._instance = targets, instance

    def take(self, lines: Sequence[Line]) -> list[LogLine]:
        """Those that somebody wrote who is looked at. Measurements are shown as such, and are no lines."""
        said = (line for line in lines if not parse_samples(line))
        return [LogLine(line.time, source, line.raw) for line in said if (source := self._source(line))]

    def cut(self, lines: Sequence[Line], tail: int | None, since: float | None) -> list[LogLine]:
        """The lines since a time, of each instance that is still there at most so many, in order."""
        there = [line for line in self.take(lines) if line.source in self._there]
        wanted = [line for line in there if since is None or line.time >= since]
        if tail is None:
            return wanted
        kept: list[LogLine] = []
        counts: defaultdict[str, int] = defaultdict(int)
        for line in reversed(wanted):
            counts[line.source] += 1
            if counts[line.source] <= tail:
                kept.append(line)
        return kept[::-1]

    def _source(self, line: Line) -> str:
        """The address of the instance that wrote a line; empty for lines of nobody that is looked at."""
        for target in self._targets:
            name = instance_of(target, line)
            if name and self._instance in ("", name):
                return str(Address(target.address.environment, target.address.layer, name))
        return ""


def instances_of(target: Target) -> list[Address]:
    """The instances that a layer has now, if its app was looked at; an add-on and the router are one each."""
    at = target.address
    if target.kind is not Kind.APP:
        return [Address(at.environment, at.layer, "1")]
    mine = [str(dyno["name"]) for dyno in target.app.dynos or () if dyno.get("type") == target.process]
    return [address_of_dyno(at.environment, at.layer, name) for name in mine]


def instance_of(target: Target, line: Line) -> str:
    """Which instance of a layer wrote a line: a dyno by its number, an add-on is one, and the router is one."""
    process, _, number = line.process.partition(".")
    if target.kind is Kind.APP:
        return segment(number) if process == target.process and number else ""
    if target.kind is Kind.LOAD_BALANCER:
        return "1" if (line.source, line.process) == ("heroku", "router") else ""
    service = str(((target.addon or {}).get("addon_service") or {}).get("name", ""))
    names = (service, service.replace("postgresql", "postgres"), str((target.addon or {}).get("name", "")))
    return "1" if line.process in names else ""
