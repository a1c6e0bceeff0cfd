"""What the worker answers to the requests that are about one environment: describe, preview, run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tuienv.backends.base import Backends, NotFound, ProviderError
from tuienv.engine import Engine, PlanOutdated, Policy, Refused
from tuienv.journal import Journal, JournalError
from tuienv.live.freshness import Live
from tuienv.model import Address, Failure, Layer, Operation, Outcome, Plan, Progress
from tuienv.plan import PlanError
from tuienv.redaction import redact
from tuienv.settings import Settings, paths, read_settings
from tuienv.text import plain
from tuienv.worker.messages import (
    Describe,
    Description,
    EventList,
    ReadEvents,
    ReadJournal,
    ReadReleases,
    RecordList,
    ReleaseList,
)
from tuienv.worker.options import Options

MOST_EVENTS = 300
"""Events that the screen is given at once: more than anybody reads there."""


class Answers:
    """The engine, as the screen asks it. Imported when the first such request comes."""

    def __init__(self, live: Live, backends: Backends, options: Options) -> None:
        self._live, self._backends = live, backends
        settings = Settings() if options.demo else read_settings()
        # The demo's is thrown away with its world.
        self._folder = TemporaryDirectory(prefix="tuienv-demo-") if options.demo else None
        journal = Path(self._folder.name, "journal.db") if self._folder else paths().journal
        self._journal = Journal(journal, keep_days=settings.keep_days)
        policy = Policy(options.read_only, settings.rules)
        self._engine = Engine(backends, self._journal, policy, read_secret=_read_secret)

    def close(self) -> None:
        """Leave nothing of a demo behind."""
        if self._folder is not None:
            self._folder.cleanup()

    def looked_up(
        self, request: Describe | ReadReleases | ReadEvents | ReadJournal
    ) -> Description | ReleaseList | EventList | RecordList:
        """What is asked of one layer, or of the journal. Raises `ProviderError`, `JournalError`."""
        match request:
            case ReadJournal(limit):
                return self.records(limit)
            case Describe(address):
                return self.describe(address)
            case ReadReleases(address):
                return self.releases(address)
            case ReadEvents(address):
                return self.events(address)

    def describe(self, address: Address) -> Description:
        """Everything about a layer. Raises `ProviderError`."""
        layer = self._thorough(address)
        backend = self._backends.get(layer.backend, layer.profile)
        target = Address(address.environment, layer.name)
        able = backend.capabilities(layer)
        config = self._engine.config(target, (layer.backend, layer.profile)) if able.config else {}
        return Description(
            target,
            able,
            {plain(key): value for key, value in sorted(config.items())},
            _facts(layer),
            layer.size or next((instance.size for instance in layer.instances if instance.size), None),
        )

    def releases(self, address: Address) -> ReleaseList:
        """Raises `ProviderError`."""
        target, layer = self._known(address, "read the releases of")
        return ReleaseList(tuple(self._engine.releases(target, layer)))

    def events(self, address: Address) -> EventList:
        """Raises `ProviderError`."""
        target, layer = self._known(address, "read the events of")
        return EventList(tuple(self._engine.events(target, layer)[:MOST_EVENTS]))

    def preview(self, operation: Operation) -> Plan:
        """Raises `PlanError`."""
        environment = operation.target.environment
        if "@" in operation.target.layer:
            raise PlanError(_beside(operation.target, self._live.layer(operation.target)))
        return self._engine.preview(operation, self._live.spec(environment), self._live.pairs())

    def records(self, limit: int) -> RecordList:
        """What was done from here, newest first. Raises `JournalError`."""
        return RecordList(tuple(self._journal.records(limit=limit)))

    def run(self, plan: Plan, report: Callable[[Progress], None], cancel: threading.Event) -> Outcome:
        """Raises `Refused`, `PlanOutdated`, `PlanError`, `JournalError`."""

        def told(progress: Progress) -> None:
            report(progress)
            self._live.acted(progress.address)

        try:
            return self._engine.run(plan, self._live.spec(plan.environment), self._live.pairs(), told, cancel)
        finally:
            self._live.look(plan.environment)

    def _known(self, address: Address, tried: str) -> tuple[Address, Layer]:
        layer = self._live.layer(address)
        if layer is None:
            raise NotFound(tried, address, "it does not exist", f"tuienv apply {address.environment} makes it")
        return Address(address.environment, layer.name), layer

    def _thorough(self, address: Address) -> Layer:
        known = self._live.layer(address)
        if known is not None:
            backend = self._backends.get(known.backend, known.profile)
            for layer in backend.observe(address.environment, thorough=True).layers:
                if layer.name == known.name:
                    return layer
        raise NotFound("describe", address, "it does not exist", f"tuienv apply {address.environment} makes it")


def _beside(target: Address, layer: Layer | None) -> str:
    """Why a layer is only shown that stands beside another of its name."""
    if layer is None:
        return f"{target} does not exist any more"
    place = f"--backend {layer.backend} --profile {layer.profile}" if layer.profile else f"--backend {layer.backend}"
    return (
        f"Two accounts have {target.environment}/{layer.name}, and this is the one at {layer.backend} {layer.profile}. "
        f"To change it: tuienv {place}, with {target.environment}/{layer.name} as its name"
    )


def why(error: Exception, request: object) -> Failure:
    """Why there is no answer, as data."""
    match error:
        case ProviderError():
            return error.as_failure()
        case PlanError(failure=Failure() as failure):
            return failure
        case PlanError() | Refused() | PlanOutdated() | JournalError():
            return Failure(type(error).__name__, "", "", redact(plain(str(error))), "")
    said = f"an unexpected {type(error).__name__}"
    return Failure(
        "Unexpected", "answer", type(request).__name__, said, "This is a mistake in tuienv: please report it"
    )


def _facts(layer: Layer) -> dict[str, str]:
    facts = {
        "kind": str(layer.kind),
        "backend": f"{layer.backend} {layer.profile}".strip(),
        "image": layer.image,
        "endpoints": ", ".join(layer.endpoints),
        "needs": ", ".join(layer.needs),
        "size": str(layer.size) if layer.size else "",
        "made by": "tuienv" if layer.ours else "others",
        "resources": ", ".join(map(str, layer.resources)),
    }
    facts |= {f"instance {instance.name}": instance.id for instance in layer.instances}
    return {key: plain(value) for key, value in facts.items() if value}


def _read_secret(name: str) -> str:
    from tuienv.credentials import read_secret

    return read_secret(name)
