"""How an environment is shown: its file, what each provider said of it, and what is remembered, put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tuienv.live.records import PairRecord
from tuienv.model import Layer, Status
from tuienv.model.state import EnvironmentState, LayerState
from tuienv.plan import drift, environment_status, is_managed

if TYPE_CHECKING:
    from tuienv.live.records import LayerRecord, Pair
    from tuienv.model import EnvironmentSpec, LayerSpec


@dataclass(frozen=True, slots=True)
class Picture:
    """One environment's sources. `remembered`: what the last session knew, as long as the files were not read."""

    name: str
    spec: EnvironmentSpec | None
    remembered: EnvironmentState | None
    pairs: Mapping[Pair, PairRecord]
    started: float

    def state(self) -> EnvironmentState | None:
        """The environment, its layers in the order of the file, then those that only exist; None without any."""
        layers = {layer.name: layer for layer in self._declared()}
        for layer in self._found():
            other = layers.setdefault(layer.name, layer)
            if (other.backend, other.profile) != (layer.backend, layer.profile):
                beside = replace(layer, name=beside_name(layer.name, (layer.backend, layer.profile)))
                layers[beside.name] = beside
        if not layers:
            return None
        declaring = self.spec or self.remembered
        marks = [pair.marks[self.name] for pair in self.pairs.values() if self.name in pair.marks]
        protected = (declaring is not None and declaring.protected) or any(mark.protected for mark in marks)
        return EnvironmentState(
            self.name,
            environment_status(layer.status for layer in layers.values()),
            tuple(layers.values()),
            declaring.source if declaring else "",
            protected,
            max((layer.observed_at for layer in layers.values() if layer.observed_at is not None), default=None),
            next((mark.lock for mark in marks if mark.lock is not None), None),
        )

    def _declared(self) -> Iterator[LayerState]:
        for spec in self.spec.layers if self.spec else ():
            pair = self.pairs.get((spec.backend, spec.profile)) or PairRecord((spec.backend, spec.profile))
            kept = pair.layer(self.name, spec.name)
            if kept is None:
                yield self._missing(spec, pair)
                continue
            layer = kept.whole()
            wanted = 0 if is_managed(layer) else spec.replicas
            yield replace(_as_shown(kept, pair, self.name), wanted=wanted, drift=tuple(map(str, drift(spec, layer))))

    def _found(self) -> Iterator[LayerState]:
        known = {layer.name: layer for layer in self.remembered.layers} if self.remembered else {}
        for pair in self.pairs.values():
            for kept in pair.environments.get(self.name, {}).values():
                state, before = _as_shown(kept, pair, self.name), known.get(kept.layer.name)
                yield replace(state, wanted=before.wanted, drift=before.drift) if before else state

    def _missing(self, spec: LayerSpec, pair: PairRecord) -> LayerState:
        """A layer that nobody has: absent if its provider said so, unknown if it says nothing."""
        silence = pair.silence(self.name, spec.kind)
        known = pair.answered and silence is None
        return LayerState(
            spec.name,
            spec.kind,
            spec.backend,
            spec.profile,
            Status.ABSENT if known else Status.UNKNOWN,
            wanted=spec.replicas,
            image=spec.image,
            size=spec.size,
            needs=spec.needs,
            drift=tuple(map(str, drift(spec, None))) if known else (),
            unknown_since=None if known else (silence and silence.since) or pair.since or self.started,
            failure=silence.failure if silence else None,
        )


def beside_name(name: str, pair: Pair) -> str:
    """What a layer is called whose name another provider's layer of the environment has already: ``web@work``."""
    return f"{name}@{pair[1] or pair[0]}"


def _as_shown(kept: LayerRecord, pair: PairRecord, environment: str) -> LayerState:
    layer, silence = kept.layer, pair.silence(environment, kept.layer.kind)
    return LayerState(
        layer.name,
        layer.kind,
        layer.backend,
        layer.profile,
        Status.UNKNOWN if silence else kept.status,
        tuple(kept.shown.values()),
        image=layer.image,
        size=layer.size,
        endpoints=layer.endpoints,
        needs=layer.needs,
        ours=layer.ours,
        observed_at=kept.at,
        unknown_since=silence.since if silence else pair.since,
        failure=silence.failure if silence else None,
    )


def as_observed(state: LayerState) -> Layer:
    """A layer that is remembered, as if it had been observed then."""
    return Layer(
        state.name,
        state.kind,
        state.backend,
        state.profile,
        state.status,
        state.instances,
        state.image,
        state.size,
        state.endpoints,
        needs=state.needs,
        ours=state.ours,
    )
