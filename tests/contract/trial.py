"""One environment of the suite, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.contract import planted
from tests.contract.harness import Deed, Harness, Outside, perform
from tuienv.backends.base import Backends
from tuienv.engine import Engine
from tuienv.journal import Journal
from tuienv.model import (
    Address,
    EnvironmentSpec,
    Layer,
    Operation,
    Outcome,
    Plan,
    Progress,
    Size,
    Verb,
)


class Trial:
    """Does operations through the engine, with one client, and tells what there is."""

    def __init__(self, harness: Harness, spec: EnvironmentSpec, journal: Path) -> None:
        self.harness, self.spec, self.name = harness, spec, spec.name
        self.journal = journal
        self.backend = harness.open()

    def address(self, layer: str = "", instance: str = "") -> Address:
        return Address(self.name, layer, instance)

    def deed(
        self,
        verb: Verb,
        layer: str = "",
        instance: str = "",
        *,
        spec: EnvironmentSpec | None = None,
        replicas: int | None = None,
        size: Size | None = None,
        settings: Mapping[str, str | None] | None = None,
        delete_data: bool = False,
        release: str = "",
    ) -> Deed:
        operation = Operation(verb, self.address(layer, instance), replicas, size, settings or {}, delete_data, release)
        return Deed(operation, spec or self.spec)

    def try_to(self, deed: Deed, report: Callable[[Progress], None] | None = None) -> Outcome:
        return perform(self.backend, deed, self.journal, report)

    def do(self, deed: Deed, report: Callable[[Progress], None] | None = None) -> Outcome:
        """Do it; it must succeed."""
        outcome = self.try_to(deed, report)
        assert outcome.ok, outcome
        return outcome

    def apply(self, spec: EnvironmentSpec | None = None) -> Outcome:
        return self.do(self.deed(Verb.APPLY, spec=spec))

    def plan(self, deed: Deed | None = None) -> Plan:
        """What would be done; without a deed, to apply the file."""
        deed = deed or self.deed(Verb.APPLY)
        backends = Backends({self.backend.name: lambda profile="": self.backend})
        engine = Engine(backends, Journal(self.journal), read_secret=planted.read_secret)
        return engine.preview(deed.operation, deed.spec, [(self.backend.name, self.backend.profile)])

    def layers(self, *, thorough: bool = False) -> dict[str, Layer]:
        return {layer.name: layer for layer in self.backend.observe(self.name, thorough=thorough).layers}

    def layer(self, name: str, *, thorough: bool = False) -> Layer:
        return self.layers(thorough=thorough)[name]

    def outside(self) -> Outside:
        return self.harness.outside(self.name)

    def check(self, spec: EnvironmentSpec | None = None) -> None:
        """All is as the file says: nothing to plan, nothing doubled, nothing left over."""
        wanted = spec or self.spec
        plan = self.plan(self.deed(Verb.APPLY, spec=wanted))
        assert not plan.changes, plan.changes
        assert not plan.left_alone, plan.left_alone
        seen = self.outside()
        assert not seen.idle
        counted = [layer for layer in wanted.layers if layer.name not in self.harness.traits.managed]
        assert {layer.name: seen.count(layer.name) for layer in counted} == {
            layer.name: layer.replicas for layer in counted
        }
        assert len(seen.running) == sum(layer.replicas for layer in counted)
        assert len(seen.networks) == 1
        assert len(seen.volumes) == sum(layer.kind.value in ("cache", "database") for layer in wanted.layers)
