"""What is allowed at all, asked in one place before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass

from tuienv.model import Change, EnvironmentSpec, Plan, Verb


class Refused(Exception):
    """Policy forbids this; says which rule, and how it is lifted."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of this run. `read_only`: nothing is changed, whoever asks."""

    read_only: bool = False

    def check(self, plan: Plan, spec: EnvironmentSpec | None) -> None:
        """Raises `Refused` if this plan may not run. A plan can always be made and looked at."""
        if self.read_only and plan.changes:
            raise Refused(f"{plan.environment} is not changed: this is a read-only session (--read-only)")
        if spec is None or not spec.protected:
            return
        if plan.operation.verb is Verb.DESTROY:
            raise Refused(f"{plan.environment} is protected. To destroy it, set `protected: false` in {spec.source}")
        losing = [change for change in plan.changes if change.loses_data]
        if losing:
            raise Refused(
                f"{plan.environment} is protected, and this would lose the data of {_names(losing)}. "
                f"To allow it, set `protected: false` in {spec.source}"
            )

    def check_session(self, target: object) -> None:
        """Raises `Refused` if no command may be run inside `target`: a shell can change anything."""
        if self.read_only:
            raise Refused(f"No command is run in {target}: this is a read-only session (--read-only)")


def _names(changes: list[Change]) -> str:
    return ", ".join(str(change.address) for change in changes)
