"""Asking several providers at once, so that a dead one costs its own answer and no other's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tuienv.backends.base import Backends, Looks, ProviderError
from tuienv.engine.policy import Place
from tuienv.model import EnvironmentSpec, Observation


def places_of(spec: EnvironmentSpec | None, others: Iterable[Place]) -> list[Place]:
    """Where an environment may have something: where its file says, and where we look anyway; once each."""
    declared = [] if spec is None else [(layer.backend, layer.profile) for layer in spec.layers]
    return list(dict.fromkeys([*declared, *others]))


def ask_all(
    backends: Backends,
    places: Sequence[Place],
    ask: Callable[[Looks], list[Observation]],
    failed: Callable[[Place, ProviderError], Observation],
) -> list[Observation]:
    """What every place answers, side by side; a failure is an observation too (made by `failed`)."""

    def one(place: Place) -> list[Observation]:
        try:
            return ask(backends.get(*place))
        except ProviderError as error:
            return [failed(place, error)]

    if not places:
        return []
    with ThreadPoolExecutor(max_workers=len(places), thread_name_prefix="observe") as pool:
        return [observation for answer in pool.map(one, places) for observation in answer]
