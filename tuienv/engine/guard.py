"""What must hold at the providers before something of an environment is done: who we are there, that it is not
protected against it, and that nobody else has locked it. Looks, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tuienv.engine.locking import Locking
from tuienv.engine.policy import Place, Refused, operations_of
from tuienv.model import Action, Change, EnvironmentSpec, Identity, Observation, Plan, Verb


def check_protected(plan: Plan, spec: EnvironmentSpec | None, seen: Sequence[Observation] = ()) -> None:
    """Raises `Refused` for a teardown of what is protected, and for what would lose its data."""
    lifted = [f"set `protected: false` in {spec.source}"] if spec is not None and spec.protected else []
    if any(one.marks.protected for one in seen):
        lifted.append(f"run `tuienv unprotect {plan.environment}`")
    losing = [change for change in plan.changes if change.loses_data]
    if not lifted or not (losing or Verb.DESTROY in operations_of(plan.operation)):
        return
    what = f", and this would lose the data of {_names(losing)}" if losing else ""
    raise Refused(f"{plan.environment} is protected{what}. To allow it, {' and '.join(lifted)}")


def check_accounts(
    seen: Sequence[Observation], places: Sequence[Place], identify: Callable[[Place], Identity]
) -> dict[Place, Identity]:
    """Who we are at these places. Raises `Refused` where the environment was made with another account, and
    `ProviderError`. An environment of which nobody noted the account may be changed with any."""
    identities = {place: identify(place) for place in places}
    for observation in seen:
        made_with = observation.marks.account
        identity = identities.get((observation.backend, observation.profile))
        if identity is not None and made_with and made_with != identity.account:
            raise Refused(_other_account(observation, identity))
    return identities


def check_locks(plan: Plan, seen: Sequence[Observation], locking: Locking) -> None:
    """Raises `Refused` where another person has the lock: a run that has it is waited for. Locks that are to be taken
    off are judged one by one."""
    if any(change.action is not Action.UNLOCK for change in plan.changes):
        locking.check(plan.environment, seen, runs=False)
        return
    for change in plan.changes:
        if change.lock is not None and not plan.operation.others:
            locking.check_unlock(plan.environment, change.lock)


def places_of_changes(changes: Sequence[Change]) -> tuple[Place, ...]:
    """Where these are made, once each."""
    return tuple(dict.fromkeys((change.backend, change.profile) for change in changes))


def _other_account(seen: Observation, identity: Identity) -> str:
    place = f"{seen.backend} {seen.profile}".strip()
    return (
        f"{seen.environment} was made with the {seen.backend} account {seen.marks.account}, and {place} is "
        f"{identity.account} ({identity.name}): use the profile of the account that it was made with"
    )


def _names(changes: Sequence[Change]) -> str:
    return ", ".join(str(change.address) for change in changes)
