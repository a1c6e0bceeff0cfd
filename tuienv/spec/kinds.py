"""Which keys mean something for which kind of layer, and what each kind cannot do without."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tuienv.model import Kind

_ALL = frozenset(Kind)
_APP = frozenset({Kind.APP})
_BALANCER = frozenset({Kind.LOAD_BALANCER})
_STORES = frozenset({Kind.CACHE, Kind.DATABASE})

KEYS: Mapping[str, frozenset[Kind]] = MappingProxyType(
    {
        "kind": _ALL,
        "backend": _ALL,
        "profile": _ALL,
        "image": _ALL,
        "size": _ALL,
        "replicas": _ALL,
        "options": _ALL,
        "build": _APP,
        "port": _APP,
        "health": _APP,
        "command": _APP | _STORES,
        "environment": _APP | _STORES,
        "routes": _BALANCER,
        "ports": _BALANCER | _APP,
        "engine": _BALANCER | _STORES,
        "version": _BALANCER | _STORES,
        "storage": _STORES,
    }
)
"""The keys of a layer and the kinds that take them."""

ENGINES: Mapping[Kind, str] = MappingProxyType(
    {Kind.LOAD_BALANCER: "haproxy", Kind.CACHE: "redis", Kind.DATABASE: "postgres"}
)
"""The software of a kind; an app brings its own."""

_ADDRESS = ("url", "host", "port")
FIELDS: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        Kind.LOAD_BALANCER: _ADDRESS,
        Kind.APP: _ADDRESS,
        Kind.CACHE: _ADDRESS,
        Kind.DATABASE: (*_ADDRESS, "user", "password", "name"),
    }
)
"""What can be asked of a layer: ``${layers.db.password}``. Backends give these (`tuienv.backends.base.Connects`)."""
