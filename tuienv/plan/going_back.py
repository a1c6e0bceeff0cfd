"""Going back to a version of a layer that was released before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tuienv.model import Action, Address, Change, Difference, EnvironmentSpec, Kind, Operation, Release
from tuienv.plan.draft import Draft
from tuienv.plan.world import PlanError, World

GOOD = "succeeded"
"""The status of a release that can be gone back to; see `tuienv.model.Release`."""


def plan_rollback(operation: Operation, spec: EnvironmentSpec | None, world: World) -> Draft:
    """Back to the release that is named, or to the last good one before the current. The file has no say in it."""
    if not operation.target.layer:
        raise PlanError(f"Name a layer: {operation.target.environment}/LAYER")
    layer = world.layer(operation.target)
    release = _chosen(operation, world.releases)
    if release.current:
        return Draft()
    return Draft(
        (
            Change(
                action=Action.ROLLBACK,
                address=Address(world.environment, layer.name),
                backend=layer.backend,
                profile=layer.profile,
                reason=f"back to {_called(release)}",
                differences=differences(world.releases, release),
                release=release.name,
                needs=layer.needs,
                interrupts=layer.kind is not Kind.APP,
            ),
        )
    )


def differences(releases: Sequence[Release], wanted: Release) -> tuple[Difference, ...]:
    """What differs between the current release and the wanted one, as far as the releases (newest first) tell."""
    at, now = releases.index(wanted), _current(releases)
    if at >= now:  # each release in between is taken back, the newest first
        steps = [_turned(each) for release in releases[now:at] for each in release.differences]
    else:
        steps = [each for release in reversed(releases[at:now]) for each in release.differences]
    return _summed(steps)


def _summed(steps: Iterable[Difference]) -> tuple[Difference, ...]:
    """One difference a facet, from before the first step to after the last; none where that is the same."""
    total: dict[str, Difference] = {}
    for step in steps:
        first = total.get(step.facet, step)
        total[step.facet] = Difference(step.facet, first.before, step.after)
    return tuple(total[facet] for facet in sorted(total) if total[facet].before != total[facet].after)


def _turned(difference: Difference) -> Difference:
    return Difference(difference.facet, difference.after, difference.before)


def _current(releases: Sequence[Release]) -> int:
    """Which of them is in force: the one that its provider says; else the newest."""
    return next((at for at, release in enumerate(releases) if release.current), 0)


def _chosen(operation: Operation, releases: Sequence[Release]) -> Release:
    if operation.release:
        return _named(operation, releases)
    for release in releases[_current(releases) + 1 :]:
        if release.status == GOOD:
            return release
    raise PlanError(f"{operation.target} has no earlier release that succeeded, so there is nothing to go back to")


def _named(operation: Operation, releases: Sequence[Release]) -> Release:
    name, target = operation.release, operation.target
    found = next((release for release in releases if release.name == name), None)
    if found is None:
        known = ", ".join(release.name for release in releases) or "none"
        raise PlanError(f"{target} has no release {name!r}. It has: {known}")
    if found.status != GOOD and not found.current:
        raise PlanError(f"Release {name} of {target} is {found.status}, so it cannot be gone back to")
    return found


def _called(release: Release) -> str:
    return f"{release.name} ({release.description})" if release.description else release.name
