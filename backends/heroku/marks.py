"""What is written down about a layer on its environment's ground: what it was made from, and what it needs.

It is JSON in one config var a layer, so that two layers that are made at the same time do not overwrite each other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tuienv.model import Kind

CODE = frozenset({"image", "build", "build.contents", "options.source"})
"""The facets that say what code runs: they are known by the release that brought it."""

ACM = "options.acm"
"""The facet of a router's certificates, where the file says something of them."""

KEPT_RELEASES = 12
"""Of so many releases it is kept which code they brought: going back further than these shows as drift."""

UNFINISHED = "unfinished"
"""The facet of a layer whose change was interrupted: a difference to every file, so that it is mended."""


@dataclass(frozen=True, slots=True)
class LayerMark:
    """`app`: the UUID of the app or add-on that is meant. `facets`: as of the last change that was completed.
    `values`: digests of the variables as they were set. `code`: the code facets by the version of the release that
    brought them. `bad`: versions that never got ready. `stopped`: how many dynos there were before a stop. `domains`:
    those that were given to a router, so that none of others is taken away."""

    kind: Kind
    app: str = ""
    facets: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    code: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    bad: tuple[int, ...] = ()
    process: str = ""
    stopped: int = 0
    unfinished: bool = False
    domains: tuple[str, ...] = ()

    def written(self) -> str:
        code = dict(sorted(self.code.items(), key=lambda item: -_number(item[0]))[:KEPT_RELEASES])
        parts: dict[str, object] = {
            "kind": str(self.kind),
            "app": self.app,
            "facets": dict(self.facets),
            "needs": list(self.needs),
            "values": dict(self.values),
            "code": code,
            "bad": list(self.bad[-KEPT_RELEASES:]),
            "process": self.process,
            "stopped": self.stopped,
            "unfinished": self.unfinished,
            "domains": list(self.domains),
        }
        return json.dumps({key: value for key, value in parts.items() if value}, sort_keys=True)


def read_mark(text: str | None) -> LayerMark | None:
    """A mark as it was written; None for none, or for what is none of ours."""
    try:
        found = json.loads(text or "null")
        kind = Kind(found["kind"])
    except (ValueError, TypeError, KeyError):
        return None
    code = found.get("code")
    stopped = found.get("stopped", 0)
    return LayerMark(
        kind=kind,
        app=str(found.get("app", "")),
        facets=_texts(found.get("facets")),
        needs=_names(found.get("needs")),
        values=_texts(found.get("values")),
        code={str(key): _texts(value) for key, value in code.items()} if isinstance(code, dict) else {},
        bad=tuple(version for version in found.get("bad") or () if isinstance(version, int)),
        process=str(found.get("process", "")),
        stopped=stopped if isinstance(stopped, int) else 0,
        unfinished=bool(found.get("unfinished")),
        domains=_names(found.get("domains")),
    )


def _names(value: object) -> tuple[str, ...]:
    return tuple(name for name in value if isinstance(name, str)) if isinstance(value, list) else ()


def _texts(value: object) -> dict[str, str]:
    return {str(key): str(text) for key, text in value.items()} if isinstance(value, dict) else {}


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else 0
