"""A plan before it has a name: the changes, and what is left alone or kept."""

from __future__ import annotations

from dataclasses import dataclass

from tuienv.model import Change, Resource


@dataclass(frozen=True, slots=True)
class Draft:
    """See `tuienv.model.Plan` for the parts."""

    changes: tuple[Change, ...] = ()
    left_alone: tuple[str, ...] = ()
    kept: tuple[Resource, ...] = ()
