"""Spec + observation → plan. Pure: no I/O, no clock, so that a plan can be shown, tested and trusted.

Who looks needs the words of it alone: `tuienv.plan.making` is imported where a plan is made.
"""

from tuienv.plan.facets import drift, facets, is_managed
from tuienv.plan.order import sort_names
from tuienv.plan.world import PlanError, environment_status

__all__ = ["PlanError", "drift", "environment_status", "facets", "is_managed", "sort_names"]
