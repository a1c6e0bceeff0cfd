"""The panes of the main screen, each imported when it is first asked for; the Overview is there from the start."""

from __future__ import annotations

from collections.abc import Callable

from textual.widget import Widget

from tuienv.screens.session import Session
from tuienv.screens.widgets.overview import Overview


def _logs(session: Session) -> Widget:
    from tuienv.screens.logs import LogPane

    return LogPane(session)


def _metrics(session: Session) -> Widget:
    from tuienv.screens.widgets.metrics import Metrics

    return Metrics(session)


def _config(session: Session) -> Widget:
    from tuienv.screens.widgets.config import Config

    return Config(session)


def _releases(session: Session) -> Widget:
    from tuienv.screens.widgets.releases import Releases

    return Releases(session)


def _events(session: Session) -> Widget:
    from tuienv.screens.widgets.events import Events

    return Events(session)


MAKERS: dict[str, Callable[[Session], Widget]] = {
    "Overview": Overview,
    "Logs": _logs,
    "Metrics": _metrics,
    "Config": _config,
    "Releases": _releases,
    "Events": _events,
}
