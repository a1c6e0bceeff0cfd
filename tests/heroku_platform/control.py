"""The double's own paths, under ``/_double/``: for what stands alone and is steered from another process."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.heroku_platform.api import Response

if TYPE_CHECKING:
    from tests.heroku_platform.server import Site

PREFIX = "/_double/"


def owns(path: str) -> bool:
    """Whether this path is answered here."""
    return path.startswith(PREFIX)


def answer(site: Site, method: str, path: str, content: bytes) -> Response:
    """Do what was asked, in JSON."""
    body = json.loads(content) if content else {}
    deeds: dict[tuple[str, str], Callable[[], Any]] = {
        ("GET", "faults"): lambda: [vars(fault) for fault in site.faults.waiting()],
        ("POST", "faults"): lambda: vars(site.faults.add(**body)),
        ("DELETE", "faults"): site.faults.clear,
        ("GET", "requests"): lambda: [str(request) for request in site.recorder.requests],
        ("POST", "skip"): lambda: _skip(site, body),
    }
    deed = deeds.get((method, path.removeprefix(PREFIX)))
    if deed is None:
        return Response(404, b"{}")
    return Response(200, json.dumps(deed()).encode(), {"Content-Type": "application/json"})


def _skip(site: Site, body: dict[str, Any]) -> None:
    """Let so many seconds go by at once."""
    with site.world.held():
        site.world.clock.skip(body["seconds"])
    with site.world.held():
        return
