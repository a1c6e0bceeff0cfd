"""Making the changes of one run: each by its backend, or as a mark, and each as the journal takes it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from tuienv.backends.base import Backend, Backends, Conflict, Invalid, Keeps, ProviderError, Releases, Steps
from tuienv.engine.costs import Found, key_of
from tuienv.engine.holding import Holder
from tuienv.engine.inverses import inverse_of
from tuienv.engine.locking import said_of
from tuienv.engine.policy import Place
from tuienv.engine.values import ReadSecret, inputs_for
from tuienv.model import MARKING, Action, Change, Entry, EnvironmentSpec, Identity, Lock, Plan


def new_run() -> str:
    """A name for what is done together."""
    return secrets.token_hex(8)


@dataclass(frozen=True)
class Making:
    """What the changes of one run have in common. `layers`: the layers as they are before it; `identities`: who we are
    at each place; `lock`: the one that this run holds; `command`: what does the same from a
    shell."""

    plan: Plan
    spec: EnvironmentSpec | None
    backends: Backends
    read_secret: ReadSecret
    layers: Found
    identities: Mapping[Place, Identity]
    holder: Holder
    lock: Lock | None
    started: float
    command: str
    run: str = field(default_factory=new_run)

    def make(self, change: Change, steps: Steps) -> None:
        """Make one change. Raises `ProviderError`."""
        backend = self.backends.acting(change.backend, change.profile)
        if change.action in MARKING:
            steps.say(f"{change.action} {change.address}")
            _mark(backend, change, self.holder.lock(change.reason, self.started, kept=True))
        else:
            backend.apply(change, inputs_for(change, self.spec, self.backends, self.read_secret), steps)
            if change.action is Action.CREATE and not change.address.layer:
                self._hold(backend, change)

    def _hold(self, backend: Backend, change: Change) -> None:
        """A ground is there now. Where marks lie on the ground, there was no place for the lock before. Raises
        `Conflict` if somebody else makes the same environment, and was first."""
        if self.lock is None or not isinstance(backend, Keeps):
            return
        there = backend.take_lock(change.address.environment, self.lock)
        if there.token != self.lock.token and not self.holder.owns(there):
            said = f"{there.holder} is making it as well"
            raise Conflict("lock", change.address, said, "Look at what there is, then apply again.")

    def entry(self, change: Change) -> Entry:
        """The change as the journal takes it, before it is made."""
        identity = self.identities.get((change.backend, change.profile))
        return Entry(
            environment=self.plan.environment,
            address=str(change.address),
            action=str(change.action),
            backend=change.backend,
            profile=change.profile,
            identity=f"{identity.name} ({identity.account})" if identity is not None else "",
            reason=change.reason,
            command=self.command,
            before=_before(change),
            after="; ".join(f"{each.facet}: {each.after}" for each in change.differences if each.after),
            run=self.run,
            undoes=self.plan.operation.undone,
            inverse=inverse_of(change, self.layers.get(key_of(change)), self._release(change)),
        )

    def _release(self, change: Change) -> str:
        """The release that is current now, where this change leaves it."""
        backend = self.backends.get(change.backend, change.profile)
        if change.action is not Action.ROLLBACK or not isinstance(backend, Releases):
            return ""
        try:
            return next((release.name for release in backend.releases(change.address) if release.current), "")
        except ProviderError:
            return ""


def _before(change: Change) -> str:
    """What a change takes away, for people: the old values, what is removed, the lock that goes."""
    if change.lock is not None:
        return said_of(change.lock)
    values = (f"{each.facet}: {each.before}" for each in change.differences if each.before)
    return "; ".join(values) or ", ".join(map(str, change.resources))


def _mark(backend: Backend, change: Change, lock: Lock) -> None:
    """Put a mark on an environment, or take it off. Raises `Conflict` for a lock that came second."""
    environment = change.address.environment
    if not isinstance(backend, Keeps):
        raise Invalid(str(change.action), change.address, f"{backend.name} cannot keep that with it")
    if change.action is Action.UNLOCK:
        backend.drop_lock(environment, change.lock.token if change.lock is not None else "")
    elif change.action is Action.LOCK:
        there = backend.take_lock(environment, lock)
        if there.token != lock.token:
            raise Conflict("lock", change.address, f"{there.holder} was first: {there.why}", "Ask them.")
    else:
        backend.protect(environment, change.action is Action.PROTECT)
