"""How often things are done. Seconds, all of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """The budgets. The defaults serve a person at a screen; tests take what makes them quick.

    `coalesce`: between two tellings of a busy world (the first is told at once). `probe`: between two questions
    whether a quiet provider is still there, and `patience`: how long an answer may take before the provider counts
    as gone (it is not interrupted: when it answers after all, it is back). `sweep`: between two full discoveries,
    the safety net under missed hints. At a provider that must be polled, `focus`: between two looks at an
    environment whose instances are in view, and `glance`: at others in view; both and the sweeps take longer where
    requests are dear (`spending`), and cost at most `spend` requests a second together. `again`: between two looks
    at one environment that hints ask for. `settle`: after instances came or went, the quiet time before the
    environment is looked at for what no hint carries (images, endpoints), and `settle_again` the least time between
    two of those. `retry`: after a failure that came at once, as from a local socket that refuses; others wait
    longer each time, up to `retry_most`. `files`: between two looks whether the environment files changed.
    `samples`: between two batches of measurements. `remember`: between two writes of the last known state.
    """

    coalesce: float = 0.05
    probe: float = 15.0
    patience: float = 3.0
    patience_long: float = 20.0
    sweep: float = 60.0
    focus: float = 5.0
    glance: float = 30.0
    spend: float = 0.9
    again: float = 0.25
    settle: float = 1.0
    settle_again: float = 5.0
    retry: float = 0.2
    retry_most: float = 5.0
    files: float = 1.0
    samples: float = 1.0
    refocus: float = 0.2
    remember: float = 5.0


PACE = Pace()
