"""From the text of a file to the environments it describes, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from tuienv.model import EnvironmentSpec, Health, LayerSpec, Options, Route, Size
from tuienv.source import Mapping, Mistake, Node, Place, Source
from tuienv.spec.draft import Draft, drafts, text_at
from tuienv.spec.explain import explain, shape_data
from tuienv.spec.kinds import ENGINES
from tuienv.spec.rules import World, check_environment
from tuienv.spec.shape import EnvironmentShape, LayerShape


class SpecError(Exception):
    """An environment file is refused. `mistakes`: everything that is wrong with it, in the file's order."""

    def __init__(self, mistakes: Collection[Mistake]) -> None:
        self.mistakes = tuple(dict.fromkeys(sorted(mistakes)))
        super().__init__("\n".join(map(str, self.mistakes)))


def read(
    text: str,
    source: str,
    *,
    has_secret: Callable[[str], bool] | None = None,
    known_backends: Collection[str] | None = None,
    folder: Path | None = None,
) -> list[EnvironmentSpec]:
    """The environments of a file's text; `source` is its path as the user would type it.

    What is not given is not judged: `has_secret` says whether a secret exists (asked once a name), `known_backends`
    are those installed, `folder` is where relative paths start. Raises `SpecError` with every mistake.
    """
    page = Source(source, text)
    world = World(known_backends, folder, cache(has_secret) if has_secret else None)
    documents = page.documents()
    shapes = [_shape(document, page, world) for document in documents]
    if not documents and not page.mistakes:
        page.add(Place(1, 1), "there is no environment in this file: begin with environment: NAME")
    _check_twins(documents, page)
    if page.mistakes:
        raise SpecError(page.mistakes)
    return [_spec(shape, document, source) for shape, document in zip(shapes, documents, strict=True) if shape]


def _shape(document: Node, page: Source, world: World) -> EnvironmentShape | None:
    """One document as the models have it, after every rule was asked about it; None if it has not that shape."""
    if not isinstance(document, Mapping):
        page.add(document.place, "an environment is keys and values: begin with environment: NAME")
        return None
    check_environment(document, page, world)
    try:
        return EnvironmentShape.model_validate(shape_data(document))
    except ValidationError as error:
        explain(error, document, page)
        return None


def _check_twins(documents: list[Node], page: Source) -> None:
    """No two documents of a file describe the same environment."""
    lines: dict[str, int] = {}
    for document in documents:
        name = text_at(document.entries, "environment") if isinstance(document, Mapping) else ""
        if name and isinstance(document, Mapping):
            place = document.entries["environment"].node.place
            first = lines.setdefault(name, place.line)
            if first != place.line:
                page.add(place, f"environment {name!r} is described twice, first in line {first}: choose another name")


def _spec(shape: EnvironmentShape, document: Node, source: str) -> EnvironmentSpec:
    places = {draft.name: draft for draft in drafts(document)} if isinstance(document, Mapping) else {}
    options = {provider: dict(values) for provider, values in shape.options.items()}
    layers = tuple(_layer(layer, places[name], options) for name, layer in shape.layers.items())
    return EnvironmentSpec(shape.environment, layers, shape.protected, source, options)


def _layer(shape: LayerShape, draft: Draft, shared: Options) -> LayerSpec:
    """A layer, with what the environment has for all that are at its provider."""
    own = {provider: dict(values) for provider, values in shape.options.items()}
    if draft.backend in shared:
        own[draft.backend] = {**shared[draft.backend], **own.get(draft.backend, {})}
    return LayerSpec(
        name=draft.name,
        kind=shape.kind,
        backend=draft.backend,
        profile=draft.profile,
        image=shape.image,
        build=shape.build,
        command=tuple(shape.command),
        port=shape.port,
        replicas=shape.replicas,
        size=shape.size.as_size() if shape.size else Size(),
        health=_health(shape),
        environment=dict(shape.environment),
        routes=tuple(Route(app, route.port, route.path) for app, route in shape.routes.items()),
        ports=tuple(shape.ports),
        engine=shape.engine or ENGINES.get(shape.kind, ""),
        version=shape.version,
        storage=shape.storage,
        options=own,
        line=draft.place.line,
    )


def _health(shape: LayerShape) -> Health | None:
    health = shape.health
    if health is None:
        return None
    return Health(health.path, tuple(health.command), health.interval, health.timeout, health.grace)
