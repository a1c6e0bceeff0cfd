"""``python -m tests.bench [TOPIC…]``: measure, print, and (when all was measured) write the page."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping

from tests.bench.apps import apps
from tests.bench.crowd import Crowd, crowd
from tests.bench.idle import idle
from tests.bench.logs import flood, million
from tests.bench.outage import outage
from tests.bench.programs import Program, neighbours
from tests.bench.report import PAGE, page
from tests.bench.result import Finding, NotMeasured, Result
from tests.bench.scale import scale
from tests.bench.screens import at_rest, events, first_paint, memory, whole_tree
from tests.bench.services import services

Topic = Callable[[Crowd, Mapping[str, Program]], Iterator[Finding]]


def paints(there: Crowd, beside: Mapping[str, Program]) -> Iterator[Finding]:
    """First paint and events at 100 containers."""
    there.grow(100)
    yield from first_paint(there, beside)
    yield from events(there, beside, 0.8, 100)


def many(there: Crowd, beside: Mapping[str, Program]) -> Iterator[Finding]:
    """500 containers: the tree, memory, rest, events."""
    there.grow(10)
    few = memory(there)
    there.grow(100, 400)
    yield from whole_tree(there)
    grown = (memory(there) - few) / 1024**2
    yield Result("500 containers (100 running)", "memory grows from 10 to 500 by", grown, "MiB", 10)
    yield from at_rest(there, beside)
    yield from events(there, beside, 0.25, 500)


def logs(there: Crowd, beside: Mapping[str, Program]) -> Iterator[Finding]:
    """A million lines, and a flood."""
    yield from million(there)
    yield from flood(there)


def quiet(there: Crowd, beside: Mapping[str, Program]) -> Iterator[Finding]:
    """Containers of which none runs."""
    there.grow(0, 50)
    yield from idle(there)


def outages(there: Crowd, beside: Mapping[str, Program]) -> Iterator[Finding]:
    """The engine killed, back, frozen."""
    there.grow(0, 20)
    yield from outage(there.daemon)


def crowded(there: Crowd, beside: Mapping[str, Program]) -> Iterator[Finding]:
    """The sandbox's big world; no engine is asked."""
    yield from scale()


def distant(there: Crowd, beside: Mapping[str, Program]) -> Iterator[Finding]:
    """AWS with very many services; no engine is asked."""
    yield from services()


def listed(there: Crowd, beside: Mapping[str, Program]) -> Iterator[Finding]:
    """Heroku with very many apps; no engine is asked."""
    yield from apps()


TOPICS: Mapping[str, Topic] = {
    "paint": paints,
    "many": many,
    "logs": logs,
    "idle": quiet,
    "outage": outages,
    "scale": crowded,
    "aws": distant,
    "heroku": listed,
}


def main(names: list[str]) -> int:
    """Measure these topics, or all. Returns the exit code: 1 if a goal was missed."""
    beside = neighbours()
    findings: list[Finding] = []
    for name in names or TOPICS:
        for finding in _careful(TOPICS[name], name, beside):
            print(_line(finding), flush=True)  # noqa: T201 - a program's output
            findings.append(finding)
    if not names:
        PAGE.write_text(page(findings))
    return int(any(isinstance(finding, NotMeasured) or not finding.kept for finding in findings))


def _careful(topic: Topic, name: str, beside: Mapping[str, Program]) -> Iterator[Finding]:
    """What a topic finds; if it breaks, in whatever way, that is said, and the others go on.

    Each has an engine of its own, so that none is slower for what another left behind.
    """
    try:
        with crowd() as there:
            yield from topic(there, beside)
    except Exception as error:  # noqa: BLE001 - a run of a quarter of an hour does not end for one number
        yield NotMeasured(name, "the rest of it", f"{type(error).__name__}: {error}")


def _line(finding: Finding) -> str:
    if isinstance(finding, NotMeasured):
        return f"  --    {finding.topic}: {finding.what}: {finding.why}"
    sign = "kept  " if finding.kept else "MISSED"
    against = f" = {finding.measured:.2f} x {finding.against} ({finding.base:.3g})" if finding.base else ""
    value = f"{finding.value:.3g} {finding.unit}{against}"
    return f"  {sign}  {finding.topic}: {finding.what}: {value} (goal {finding.goal:g})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
