"""The JSON that commands print: stable, documented in docs/reference/json.md, and null where nothing is known."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

import click

from tuienv.model import Change, Event, Instance, Lock, Outcome, Plan, Release
from tuienv.model.state import EnvironmentState, LayerState
from tuienv.redaction import redact_all


def print_json(value: object, *, reveal: bool = False) -> None:
    """Print for another program. Control characters are escaped, so a terminal obeys none of it either; secrets are
    taken out, unless somebody asked to `reveal` them."""
    shown = value if reveal else redact_all(value)
    ascii_only = not (sys.stdout.encoding or "").lower().startswith("utf")
    click.echo(json.dumps(shown, indent=2, ensure_ascii=ascii_only).translate(_CONTROLS))


_CONTROLS = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029, *range(0xD800, 0xE000))}
"""What `json.dumps` leaves as it is although terminals and line readers act on it, or no UTF-8 has it (the bytes of a
file's name that are no text)."""


def instant(time: float | None) -> str | None:
    """Unix seconds as ``2026-11-23T08:00:00Z``, RFC 3339 in UTC."""
    if time is None:
        return None
    return datetime.fromtimestamp(int(time), UTC).isoformat().replace("+00:00", "Z")


def environment(state: EnvironmentState, *, instances: bool = True) -> dict[str, Any]:
    """One environment: the object of ``status``, and without `instances` one entry of ``ls``."""
    return {
        "environment": state.name,
        "status": str(state.status),
        "declared": state.declared,
        "source": state.source or None,
        "protected": state.protected,
        "lock": None if state.lock is None else lock(state.lock),
        "layers": [layer(one, instances=instances) for one in state.layers],
    }


def lock(one: Lock) -> dict[str, Any]:
    """Who holds an environment; its token is nobody's business."""
    return {"holder": one.holder, "since": instant(one.since), "why": one.why or None}


def layer(state: LayerState, *, instances: bool = True) -> dict[str, Any]:
    """One layer. What its provider never told is null, and so is what no file wants."""
    shape: dict[str, Any] = {
        "name": state.name,
        "kind": str(state.kind),
        "backend": state.backend,
        "profile": state.profile or None,
        "status": str(state.status),
        "wanted": state.wanted,
        "ready": state.ready if state.told else None,
        "image": state.image or None,
        "size": None if state.size is None else str(state.size),
        "endpoints": list(state.endpoints),
        "drift": list(state.drift),
        "observed_at": instant(state.observed_at),
        "error": None if state.failure is None else str(state.failure),
    }
    if instances:
        shape["instances"] = [instance(one) for one in state.instances]
    return shape


def instance(found: Instance) -> dict[str, Any]:
    return {
        "name": found.name,
        "id": found.id or None,
        "status": str(found.status),
        "started_at": instant(found.started_at),
        "host": found.host,
    }


def plan(made: Plan) -> dict[str, Any]:
    """A plan, its changes in the order in which they would run."""
    return {
        "environment": made.environment,
        "fingerprint": made.fingerprint,
        "changes": [change(one) for one in made.changes],
    }


def change(one: Change) -> dict[str, Any]:
    return {
        "action": str(one.action),
        "address": str(one.address),
        "reason": one.reason,
        "loses_data": one.loses_data,
        "interrupts": one.interrupts,
        "reversible": one.reversible,
        "monthly_cost": one.monthly_cost,
        "leaves": list(one.leaves),
    }


def outcome(made: Plan, ended: Outcome) -> dict[str, Any]:
    """What became of a plan; each change by action and address."""
    names = {one.key: f"{one.action} {one.address}" for one in made.changes}
    return {
        "environment": made.environment,
        "fingerprint": made.fingerprint,
        "done": [names[key] for key in ended.done],
        "failed": [{"change": names[key], "error": str(failure)} for key, failure in ended.failed],
        "skipped": [names[key] for key in ended.skipped],
        "cancelled": ended.cancelled,
        "kept": [str(resource) for resource in made.kept],
    }


def release(one: Release) -> dict[str, Any]:
    return {
        "name": one.name,
        "at": instant(one.at),
        "by": one.by or None,
        "description": one.description or None,
        "status": one.status,
        "current": one.current,
        "differences": [{"facet": each.facet, "before": each.before, "after": each.after} for each in one.differences],
    }


def event(one: Event) -> dict[str, Any]:
    return {"time": instant(one.time), "source": one.source, "text": one.text}
