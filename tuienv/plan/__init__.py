"""Spec + observation → plan. Pure: no I/O, no clock, so that a plan can be shown, tested and trusted."""

from tuienv.plan.facets import drift, facets, is_managed
from tuienv.plan.making import make_plan
from tuienv.plan.order import sort_names
from tuienv.plan.world import PlanError, environment_status

__all__ = ["PlanError", "drift", "environment_status", "facets", "is_managed", "make_plan", "sort_names"]
