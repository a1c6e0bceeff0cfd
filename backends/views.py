"""What everybody may have of a backend: its looking, and nothing that changes anything or tells a secret.

The whole backend is the engine's alone, where policy is asked first. A view is made by naming what may be called, so
that whatever else a third party's backend can do stays out of reach too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

LOOKING = (
    "identity",
    "discover",
    "observe",
    "capabilities",
    "watch",
    "logs",
    "copy",
    "metrics",
    "releases",
    "events",
    "budget",
    "objections",
    "pages",
)
"""The calls of the contract that only look. Their answers hold no secrets."""


def view_of(backend: Any, *more: str) -> Any:
    """An object with those calls of `backend` that only look, and with `more` of its calls: it has the small protocols
    that the backend has, as far as they are about looking."""
    calls = {name: _passing(backend, name) for name in (*LOOKING, *more) if hasattr(backend, name)}
    # A class of its own: protocols are told by what a class has (`inspect.getattr_static` since Python 3.12).
    view = type(f"{type(backend).__name__}View", (), {"__slots__": ("name", "profile"), **calls})()
    view.name, view.profile = backend.name, backend.profile
    return view


def _passing(backend: Any, name: str) -> Callable[..., Any]:
    def call(view: object, /, *args: Any, **kwargs: Any) -> Any:
        return getattr(backend, name)(*args, **kwargs)

    return call
