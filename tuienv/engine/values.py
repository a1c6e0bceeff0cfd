"""Variables with their references resolved: the moment where a secret becomes a value, and it goes to one backend."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from tuienv.backends.base import Backends, Connects, Inputs, Invalid
from tuienv.credentials import SecretMissing
from tuienv.model import REFERENCE, Address, Change, EnvironmentSpec, LayerSpec
from tuienv.redaction import learn_settings

ReadSecret = Callable[[str], str]
"""From a secret's name to its value; raises an error that says how to add it."""

VALUE = re.compile(r"(?P<escaped>\$\$\{)|" + REFERENCE.pattern)
"""A reference, or an escaped one; in one pass, so that nothing inside a resolved value is taken for either."""


def inputs_for(change: Change, spec: EnvironmentSpec | None, backends: Backends, read_secret: ReadSecret) -> Inputs:
    """What this change needs beside the plan. Raises `ProviderError` if a reference leads nowhere."""
    directory = str(Path(spec.source).parent) if spec is not None and spec.source else "."
    if change.spec is None:
        return Inputs({}, directory)
    resolve = _Resolver(change, spec, backends, read_secret)
    values = {key: resolve.value(value) for key, value in change.spec.environment.items()}
    learn_settings(values)
    return Inputs(values, directory)


class _Resolver:
    """Resolves the references of one change's layer; asks each layer it needs once."""

    def __init__(
        self, change: Change, spec: EnvironmentSpec | None, backends: Backends, read_secret: ReadSecret
    ) -> None:
        self._change = change
        self._spec = spec
        self._backends = backends
        self._read_secret = read_secret
        self._connections: dict[str, Mapping[str, str]] = {}

    def value(self, text: str) -> str:
        return VALUE.sub(self._replace, text)

    def _replace(self, match: re.Match[str]) -> str:
        if match["escaped"]:
            return "${"
        if match["secret"] is not None:
            return self._secret(match["secret"])
        layer, field = match["layer"], match["field"]
        connection = self._connection(layer)
        if field not in connection:
            raise Invalid("read", f"${{layers.{layer}.{field}}}", f"{layer} has only {', '.join(sorted(connection))}")
        return connection[field]

    def _secret(self, name: str) -> str:
        try:
            return self._read_secret(name)
        except SecretMissing as missing:
            raise Invalid("read", f"${{secret:{name}}}", str(missing)) from missing

    def _connection(self, name: str) -> Mapping[str, str]:
        if name not in self._connections:
            layer = self._layer(name)
            backend = self._backends.acting(layer.backend, layer.profile)
            if not isinstance(backend, Connects):
                raise Invalid("connect to", self._address(name), f"{layer.backend} cannot tell how it is reached")
            self._connections[name] = backend.connection(self._address(name))
            learn_settings(self._connections[name])
        return self._connections[name]

    def _layer(self, name: str) -> LayerSpec:
        layer = self._spec.layer(name) if self._spec is not None else None
        if layer is None:
            raise Invalid("read", f"${{layers.{name}.…}}", f"the file has no layer {name}")
        return layer

    def _address(self, name: str) -> Address:
        return Address(self._change.address.environment, name)
