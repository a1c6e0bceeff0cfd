"""How a profile reads: its line in the list, and what is said of the one that is selected."""

from __future__ import annotations

import shlex

from tuienv.model import Failure, Identity, Profile
from tuienv.model.state import ProfileState
from tuienv.screens import words
from tuienv.screens.widgets.pieces import Line, Piece, fit, wrap
from tuienv.text import plain

SOON = 600.0
"""Seconds before credentials run out from which on that is a warning."""

_BACKEND, _NAME, _LEFT = 9, 18, 13
_LABEL = 10
_SOURCE = 26
_DIALOG = 62
"""Cells inside a dialog."""


def called(profile: Profile) -> str:
    """``aws acme-dev``; ``docker (default)``."""
    return plain(f"{profile.backend} {profile.name or '(default)'}")


def who(identity: Identity) -> str:
    """Who it turned out to be: its name, and the account behind it."""
    return " · ".join(dict.fromkeys(part for part in (identity.name, identity.account) if part))


def time_left(identity: Identity, now: float) -> Piece | None:
    """``52 min left``, as it is coloured; None for credentials that do not run out."""
    if identity.expires_at is None:
        return None
    left = identity.expires_at - now
    if left <= 0:
        return "expired", "error"
    return f"{words.left(left)} left", "warning" if left < SOON else ""


def why_not(failure: Failure) -> str:
    """Why nobody can tell who it is, in a few words."""
    return "signed out" if failure.kind == "NotAuthenticated" else failure.said


def line_of(state: ProfileState, known: Identity | Failure | None, now: float, width: int) -> Line:
    """One line of the list."""
    profile = state.profile
    source = _SOURCE if width >= 110 else 0
    room = max(10, width - 3 - _BACKEND - _NAME - _LEFT - source)
    return (
        (" ● " if state.in_use else "   ", "running"),
        (fit(profile.backend, _BACKEND), ""),
        (fit(profile.name or "(default)", _NAME - 1) + " ", "strong"),
        *_identity(known, now, room),
        (fit(profile.source, source), "dim"),
    )


def _identity(known: Identity | Failure | None, now: float, room: int) -> Line:
    if known is None:
        return ((fit("not asked: t asks", room), "dim"), (" " * _LEFT, ""))
    if isinstance(known, Failure):
        return ((fit(f"✗ {why_not(known)}", room), "error"), (" " * _LEFT, ""))
    text, tone = time_left(known, now) or ("", "")
    return (("✓ ", "good"), (fit(who(known), room - 3) + " ", ""), (fit(text, _LEFT), tone))


def more_of(state: ProfileState, known: Identity | Failure | None, now: float, width: int) -> list[Line]:
    """What there is to say about one profile, in the lines under the list."""
    profile = state.profile
    lines: list[Line] = [(), ((f" {called(profile)}", "strong"),)]
    if isinstance(known, Failure):
        lines += _told("error", str(known), width, "error")
    elif known is not None:
        lines += _told("account", known.account, width)
        lines += _told("name", known.name, width)
        left = time_left(known, now)
        lines += _told("session", left[0], width, left[1]) if left else []
    used = [f"environment {name}" for name in state.environments]
    everywhere = state.in_use and not state.environments
    lines += _told("used for", ", ".join([*(["what names no other"] if everywhere else []), *used]), width)
    lines += _told("kept in", profile.source or "nothing that is on this machine", width)
    if profile.default:
        lines += _told("default", f"the {profile.backend} tools use it now", width)
    if profile.renew:
        lines += _told("sign in", f"{shlex.join(profile.renew)}   (L runs it here)", width)
    return lines


def asked_of(profile: Profile, identity: Identity, environment: str) -> list[Line]:
    """What somebody must have read before a switch counts: who that is, and where it will act."""
    where = environment or f"every environment that names no {profile.backend} profile"
    return [
        *_told("name", identity.name, _DIALOG),
        *_told("account", identity.account, _DIALOG),
        *_told("for", where, _DIALOG),
    ]


def _told(label: str, text: str, width: int, tone: str = "") -> list[Line]:
    if not text:
        return []
    return [
        ((fit(f" {label if not index else ''}", _LABEL), "dim"), (part, tone))
        for index, part in enumerate(wrap(text, max(20, width - _LABEL)))
    ]
