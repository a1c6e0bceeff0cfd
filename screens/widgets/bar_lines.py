"""How the bars of the main screen read: the header, the tabs, and the title of what is selected."""

from __future__ import annotations

from collections.abc import Sequence

from tuienv.model import Address, Budget, Failure, Status
from tuienv.model.state import ConnectionChanged
from tuienv.screens import words
from tuienv.screens.known import Environment, Known, Layer
from tuienv.screens.profile_lines import time_left
from tuienv.screens.widgets.pieces import Line, Piece, cut, spread, width_of
from tuienv.text import plain

PANES = ("Overview", "Logs", "Metrics", "Config", "Releases", "Events")

HALF, LOW = 0.5, 0.2
"""Parts of the requests that a provider grants, below which what is left is shown as a warning, and as an error."""


# --- the header -------------------------------------------------------------------------------------------------


def header_line(known: Known, read_only: bool, now: float, width: int) -> Line:
    """The name, the connections and how they are, and whether anything may be changed."""
    mark: Line = ((" READ-ONLY ", "warning strong"),) if read_only else ()
    room = width - 12 - width_of(mark)
    connections = trouble_line(known.trouble, room) if known.trouble else _connections(known, now, room)
    return spread(((" tuienv ", "title"),), (*connections, *mark, (" ", "")), width)


def trouble_line(trouble: Failure, width: int) -> Line:
    """Why nobody knows how anything is: the worker process says nothing."""
    said = plain(f"✗ {trouble.target}: {trouble.said}  ")
    return ((said if width_of(((said, ""),)) <= width else cut(f"✗ {trouble.said}", width), "error"),)


def _connections(known: Known, now: float, width: int) -> Line:
    """Every connection in full; where there is no room, what failed first and the rest as a count."""
    found = sorted(known.connections.values(), key=lambda each: (each.failure is None, each.backend))
    for room in (48, 24, 0):
        line = tuple(piece for each in found for piece in _connection(each, now, room))
        if width_of(line) <= width:
            return line
    failed = sum(each.failure is not None for each in found)
    asked = sum(each.failure is None and each.identity is None for each in found)
    counts = ((len(found) - failed - asked, "✓", "good"), (asked, "…", "dim"), (failed, "✗", "error"))
    return tuple((f"{count} {mark}  ", tone) for count, mark, tone in counts if count)


def _connection(connection: ConnectionChanged, now: float, room: int) -> Line:
    """One connection; `room` cells for who it is or why it does not answer."""
    name = plain(f"{connection.backend} {connection.profile}".strip(), 32)
    failure, identity = connection.failure, connection.identity
    if failure is not None and failure.kind == "NotAuthenticated":
        return ((f"{name} ✗ signed out  ", "error"),)
    if failure is not None:
        since = "" if connection.since is None else f" {words.age(now - connection.since)}"
        reason = f" {cut(failure.said, room)}" if room else ""
        return ((f"{name} ✗{reason}{since}  ", "error"),)
    if identity is None:
        return ((f"{name} …  ", "dim"),)
    who = identity.name
    shown = f" {cut(who, room)}" if room and who and who not in (connection.backend, connection.profile) else ""
    lasts = time_left(identity, now)
    last: Piece = (f"{lasts[0]}  ", lasts[1]) if lasts else ("✓  ", "good")
    return ((f"{name}{shown} ", ""), *_left(connection.budget, room), last)


def _left(budget: Budget | None, room: int) -> Line:
    """What the provider lets us still ask; in any case where little is left."""
    if budget is None or budget.own or not budget.limit:
        return ()
    part = budget.remaining / budget.limit
    tone = "error" if part < LOW else "warning" if part < HALF else "dim"
    if not room and part >= HALF:
        return ()
    return (
        (
            f"{budget.remaining:,} of {budget.limit:,} requests left " if room > 24 else f"{budget.remaining:,} left ",
            tone,
        ),
    )


# --- the tabs ---------------------------------------------------------------------------------------------------


def tabs_line(names: Sequence[str], chosen: str, width: int) -> Line:
    """One piece a pane; an empty one for each of the first that give way where the chosen one would have no room."""
    said = [f" {number} {name} " for number, name in enumerate(names, 1)]
    first, last = 0, names.index(chosen)
    while first < last and len("".join(said[first : last + 1])) > width:
        first += 1
    return tuple(
        (text if number >= first else "", "tab" if number == last else "dim") for number, text in enumerate(said)
    )


# --- the title --------------------------------------------------------------------------------------------------


def title_line(known: Known, address: Address | None, width: int) -> Line:
    """``web   app · docker · 3/3 running · shop:1.4.2 · small``."""
    environment = known.environment(address.environment) if address else None
    if address is None or environment is None:
        return ((" tuienv", "strong"),)
    name: Line = ((f" {plain(str(address))}  ", "strong"),)
    layer = known.layer(address)
    return spread((*name, *(_environment(environment) if layer is None else _layer(layer))), (), width)


def _environment(environment: Environment) -> Line:
    parts = [words.count_of(len(environment.layers), "layer"), str(environment.state.status)]
    if environment.drift:
        parts.append(f"{environment.drift} drift")
    return ((" · ".join(parts), "dim"),)


def _layer(layer: Layer) -> Line:
    state = layer.state
    status = Status.UNKNOWN if state.unknown_since is not None else state.status
    parts = [
        words.KINDS[state.kind],
        state.backend,
        f"{layer.count} {status}".removeprefix("- "),
        words.image_name(state.image),
    ]
    if state.size is not None:
        parts.append(str(state.size))
    return ((plain(" · ".join(part for part in parts if part)), "dim"),)
