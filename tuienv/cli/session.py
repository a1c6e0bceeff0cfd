"""What a command works with: the environment files, the open backends and the engine, each made when first needed."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from tuienv.cli.codes import of_kind
from tuienv.cli.common import Common
from tuienv.cli.errors import Stop, unknown
from tuienv.model import Address, EnvironmentSpec, Failure, Layer, Observation

if TYPE_CHECKING:
    from tuienv.backends.base import Backends
    from tuienv.credentials import Book
    from tuienv.engine import Engine
    from tuienv.journal import Journal
    from tuienv.settings import Settings


FALLBACK = "docker"
"""The backend that ``--profile`` alone is about."""


@dataclass(frozen=True)
class Declared:
    """What the environment files say. `mistakes`: of the files that were found but refused."""

    specs: tuple[EnvironmentSpec, ...]
    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """An environment that was asked for by name: its file, and what exists of it. One of them is there at least."""

    name: str
    spec: EnvironmentSpec | None
    observations: tuple[Observation, ...]

    @property
    def failures(self) -> list[Failure]:
        return [failure for seen in self.observations for failure in seen.failures]

    def layers(self) -> list[str]:
        """The names of its layers, declared and found."""
        declared = [layer.name for layer in self.spec.layers] if self.spec else []
        return list(dict.fromkeys([*declared, *(layer.name for seen in self.observations for layer in seen.layers)]))

    def layer(self, name: str) -> Layer | None:
        """The layer as it was found, if it was. Ends the command if it could be this one or that."""
        from tuienv.plan.world import declared_at, meant, several

        layers = meant(name, (layer for seen in self.observations for layer in seen.layers), declared_at(self.spec))
        if len(layers) > 1:
            raise Stop(several(Address(self.name, name), layers))
        return layers[0] if layers else None


class Session:
    """One command's world. A context manager: leaving it closes every backend that was opened."""

    def __init__(self, common: Common) -> None:
        self.common = common
        self._closing = ExitStack()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.close()

    @cached_property
    def backends(self) -> Backends:
        from tuienv.backends.base import Backends
        from tuienv.credentials import profile_secret

        backends = Backends(read_secret=profile_secret)
        self._closing.callback(backends.close)
        return backends

    @cached_property
    def book(self) -> Book:
        from tuienv.credentials import Book
        from tuienv.settings import paths

        return Book(self.backends, paths().profiles, cache=paths().cache)

    @cached_property
    def engine(self) -> Engine:
        from tuienv.credentials import read_secret
        from tuienv.engine import Engine, Policy

        policy = Policy(self.common.read_only, self.settings.rules)
        return Engine(self.backends, self.journal, policy, read_secret=read_secret)

    @cached_property
    def settings(self) -> Settings:
        from tuienv.settings import read_settings

        return read_settings()

    @cached_property
    def journal(self) -> Journal:
        from tuienv.journal import Journal
        from tuienv.settings import paths

        return Journal(paths().journal, keep_days=self.settings.keep_days)

    @cached_property
    def declared(self) -> Declared:
        """All environments of the files named by ``--file``, or of those that are found. A named file that is wrong
        ends the command; one that was merely found is left out, and its mistakes are kept to be told."""
        from tuienv.settings import paths
        from tuienv.spec import find

        applied = self.book.applied
        if self.common.files:
            return Declared(tuple(applied(spec) for name in self.common.files for spec in _load(Path(name))))
        specs: list[EnvironmentSpec] = []
        mistakes: list[str] = []
        for path in find(Path(), paths().config):
            from tuienv.spec import SpecError

            try:
                specs += map(applied, _load(path))
            except SpecError as error:
                mistakes += map(str, error.mistakes)
        return Declared(tuple(specs), tuple(mistakes))

    def spec(self, name: str) -> EnvironmentSpec | None:
        """What a file says of this environment; None if no file declares it. Two files that do are refused."""
        specs = [spec for spec in self.declared.specs if spec.name == name]
        if len(specs) > 1:
            sources = " and ".join(spec.source for spec in specs)
            raise Stop(f"{name} is declared twice, in {sources}: say which with --file")
        return specs[0] if specs else None

    def places(self, spec: EnvironmentSpec | None) -> list[tuple[str, str]]:
        """The (backend, profile) pairs to look at beside those of the file: what ``--backend`` says; for what no
        file declares, those of all files and those that are in use."""
        if self.common.backend or self.common.profile:
            backend = self.common.backend or FALLBACK
            return [(backend, self.common.profile or self.book.choices.used.get(backend, ""))]
        return [] if spec else self.all_places()

    def all_places(self) -> list[tuple[str, str]]:
        """Every (backend, profile) pair that is known of, for finding all environments."""
        if self.common.backend or self.common.profile:
            return self.places(None)
        return self.book.in_use((layer.backend, layer.profile) for spec in self.declared.specs for layer in spec.layers)

    def find(self, name: str, *, thorough: bool = False) -> Found:
        """The environment of that name. Ends the command if neither a file nor a provider knows it."""
        spec = self.spec(name)
        seen = self.engine.observe(name, spec, self.places(spec), thorough=thorough)
        found = Found(name, spec, tuple(seen))
        if spec is None and not found.layers():
            self._refuse_unknown(found)
        return found

    def find_layer(self, address: Address) -> tuple[Found, Layer]:
        """A layer that exists now. Ends the command if it does not, or if its provider does not answer."""
        found = self.find(address.environment)
        layer = found.layer(address.layer)
        if layer is not None:
            return found, layer
        self.require_layer(found, address)
        for failure in found.failures:
            raise failed(failure)
        raise Stop(f"{address} does not exist yet: tuienv apply {address.environment} makes it")

    def require_layer(self, found: Found, address: Address) -> None:
        """Ends the command if the environment has no such layer, neither in its file nor at its provider."""
        if address.layer and address.layer not in found.layers():
            for failure in found.failures:
                raise failed(failure)
            raise unknown("layer", address.layer, found.layers(), f"{found.name} has {', '.join(found.layers())}.")

    def _refuse_unknown(self, found: Found) -> None:
        if self.declared.mistakes:  # first: whoever has just written the file asks for what is in it
            refused = "\n".join(self.declared.mistakes)
            raise Stop(f"no file that can be read declares {found.name}, but these are refused:\n{refused}")
        for failure in found.failures:
            raise failed(failure)
        known = [spec.name for spec in self.declared.specs]
        raise unknown("environment", found.name, [*known, *self._discovered()], "tuienv ls lists them.")

    def _discovered(self) -> Iterable[str]:
        return [seen.environment for seen in self.engine.discover(self.all_places()) if seen.environment]


def failed(failure: Failure) -> Stop:
    """The end of a command whose provider failed."""
    return Stop(str(failure), of_kind(failure.kind))


def _load(path: Path) -> list[EnvironmentSpec]:
    from tuienv.backends.base import backend_names
    from tuienv.credentials import has_secret
    from tuienv.spec import load

    return load(path, has_secret=has_secret, known_backends=backend_names())
