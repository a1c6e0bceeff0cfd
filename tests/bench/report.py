"""The findings as a page: ``docs/explanation/performance.md``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from tests.bench.result import Finding, NotMeasured, Result

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "performance.md"
HEAD = """# Performance

Written by `make bench`; do not edit by hand. Everything is measured from outside, on a real terminal (160 × 50) and a
Docker Engine of its own, in one run: a program's bytes on the pty, its CPU time and its memory (PSS), all its processes
together.
What is held against another program is a ratio, because seconds belong to the machine that took them.
How each number comes about is in `tests/bench/`; what is done to keep them low in [two processes](two-processes.md).

| | ours | against | ratio | goal | |
|---|---|---|---|---|---|
"""


def page(findings: Sequence[Finding]) -> str:
    """The whole page."""
    lines = []
    for topic, group in groupby(findings, key=lambda finding: finding.topic):
        lines.append(f"| **{topic}** | | | | | |")
        lines += [_row(finding) for finding in group]
    return HEAD + "\n".join(lines) + "\n" + _tail(findings)


def _row(finding: Finding) -> str:
    if isinstance(finding, NotMeasured):
        return f"| {finding.what} | not measured: {finding.why} | | | | – |"
    sign = "kept" if finding.kept else "**missed**"
    ours = _number(finding.value, finding.unit)
    if finding.base is None:
        return f"| {finding.what} | {ours} | | | {_number(finding.goal, finding.unit)} | {sign} |"
    against = f"{finding.against} {_number(finding.base, finding.unit)}"
    return f"| {finding.what} | {ours} | {against} | {finding.measured:.2f} | {finding.goal:g} | {sign} |"


def _number(value: float, unit: str) -> str:
    return f"{value:.3g} {unit}"


def _tail(findings: Sequence[Finding]) -> str:
    missed = [finding for finding in findings if isinstance(finding, Result) and not finding.kept]
    if not missed:
        return "\nEvery goal is kept.\n"
    names = "\n".join(f"- {finding.topic}: {finding.what}" for finding in missed)
    return f"\n## Missed\n\n{names}\n"
