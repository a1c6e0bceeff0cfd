"""Reading what there is, in few requests: lists of the whole account, and of an app only what they do not tell.

Of an app the lists of the account tell when it was released last. What changes with a release alone (config vars,
attachments, releases) is therefore read once a release; the formation and the dynos are read at each look at an
environment. Of the apps that nobody looks at, a discovery reads the dynos of a few, those read longest ago first.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from tuienv.backends.base import Forbidden, NotFound
from tuienv.backends.heroku.client import Client, Row
from tuienv.backends.heroku.marks import LayerMark, read_mark
from tuienv.backends.heroku.naming import LAYER_MARK, Mark, mark_of, may_be_ours, owners_of
from tuienv.backends.heroku.state import AppState, EnvironmentState, Settled

T = TypeVar("T")
U = TypeVar("U")

PARALLEL = 8
"""Requests under way at once."""

YOUNG = 3.0
"""Seconds for which what was read right after a release is not trusted: the API tells times by the second."""

RELEASES = 50

_SHORTENED = 20
"""So much of an environment's name begins the names of its apps, however long it is (`naming.app_name`)."""

SEASON = 60.0
"""Seconds for which the lists of add-ons and pipelines of the whole account are good enough to look by."""


@dataclass(frozen=True, slots=True)
class _Known:
    released: object
    first: float
    read: float
    settled: Settled

    @property
    def good(self) -> bool:
        return self.read - self.first >= YOUNG


class Looker:
    """Reads apps, and remembers what cannot have changed. Safe to use from several threads. `owner` gives the ID of
    the account, which the names of its apps follow from."""

    def __init__(self, client: Client, owner: Callable[[], str]) -> None:
        self._client, self._owner = client, owner
        self._lock = threading.Lock()
        self._settled: dict[str, _Known] = {}
        self._marks: dict[str, Mark | None] = {}
        self._given: dict[str, tuple[str, ...]] = {}
        self._lists: dict[str, tuple[float, list[Row]]] = {}
        self._live: dict[str, tuple[float, Sequence[Row] | None, Sequence[Row] | None]] = {}

    # --- lists of the account -------------------------------------------------------------------------------------

    def apps(self) -> list[Row]:
        return self._client.every("/apps", tried="list the apps of", target=self._whom)

    def pages_of_apps(self, size: int) -> Iterator[list[Row]]:
        """The same in smaller pages, so that the first is there soon."""
        return self._client.pages("/apps", tried="list the apps of", target=self._whom, span=f"id ..; max={size}")

    def addons(self) -> list[Row]:
        return self._kept_list("/addons", "list the add-ons of")

    def couplings(self) -> dict[str, Row]:
        """The coupling to a pipeline of each app that has one."""
        rows = self._kept_list("/pipeline-couplings", "list the pipelines of")
        return {str((row.get("app") or {}).get("id")): row for row in rows}

    def pipelines(self) -> dict[str, str]:
        rows = self._kept_list("/pipelines", "list the pipelines of")
        return {str(row["id"]): str(row.get("name", "")) for row in rows}

    # --- apps of ours ---------------------------------------------------------------------------------------------

    def marked(self, rows: Iterable[Row], environment: str = "", *, thorough: bool = False) -> list[AppState]:
        """Those of these apps that are ours (of one environment, if one is named), with what changes by releases.

        Only those are asked for their mark whose name is one of ours, or begins with the environment's. An app that may
        not be read is told with why (`refused`) where it is known to be ours. Of one environment that is an error, also
        for an app that may be ours by its name, or is this account's and begins with the environment's: it must not be
        taken for missing. A colleague's that only begins like it is none of ours.
        """
        prefix, owner = f"{environment}-", self._owner()
        asked = [
            row
            for row in rows
            if self._marks.get(str(row["id"]))
            or may_be_ours(str(row["name"]), (owner, *owners_of(row)))
            or (environment and str(row["name"]).startswith(prefix))
        ]
        # A mark is written once: what is known of another environment need not be read again.
        known = ((row, self._marks.get(str(row["id"]))) for row in asked)
        wanted = [row for row, mark in known if not environment or mark is None or mark.environment == environment]
        states = self._each(lambda row: self._state(row, thorough=thorough), wanted)
        for app in states if environment else ():
            if app.refused is not None and (app.mark or self._may_stand(app.row, prefix[:_SHORTENED])):
                raise app.refused
        return [app for app in states if app.mark and environment in ("", app.mark.environment)]

    def environment(self, name: str, apps: Sequence[AppState], addons: Sequence[Row]) -> EnvironmentState:
        """The apps of an environment put together."""
        ground = next((app for app in apps if app.mark and not app.mark.layer), None)
        layers: dict[str, LayerMark] = {}
        for key, text in (ground.settled.config if ground else {}).items():
            mark = read_mark(text) if key.startswith(LAYER_MARK) else None
            if mark is not None:
                layers[key[len(LAYER_MARK) :].lower().replace("_", "-")] = mark
        by_layer = {app.mark.layer: app for app in apps if app.mark and app.mark.layer}
        return EnvironmentState(name, ground, layers, by_layer, addons)

    def addons_on(self, ground: AppState) -> list[Row]:
        """The add-ons that an environment's ground pays for, and those attached to it."""
        return self._client.every(f"/apps/{ground.id}/addons", tried="list the add-ons of", target=ground.name)

    # --- what runs ------------------------------------------------------------------------------------------------

    def live(self, apps: Iterable[AppState]) -> list[AppState]:
        """These apps with their formation and dynos as they are now."""
        return self._each(self._read_live, apps)

    def glance(self, apps: Iterable[AppState]) -> int:
        """Read the same for `last_live`; how many were read. One that may not be read costs nobody else theirs: of it
        nothing is known."""
        return len(self._each(self._try_live, apps))

    def last_live(self, app: AppState) -> AppState:
        """The app with its formation and dynos as they were read last, if they ever were."""
        with self._lock:
            known = self._live.get(app.id)
        return app if known is None else replace(app, formation=known[1], dynos=known[2])

    def stalest(self, apps: Sequence[AppState], count: int) -> list[AppState]:
        """Those of the apps whose dynos were read longest ago; never is longest. What never ran has none."""
        running = [app for app in apps if app.row.get("released_at")]
        return sorted(running, key=lambda app: (self._live.get(app.id, (0.0,))[0], app.name))[: max(0, count)]

    def forget_lists(self) -> None:
        """Have the lists of the account read anew."""
        with self._lock:
            self._lists.clear()

    def forget(self, app: str = "") -> None:
        """What was remembered may have changed: we changed it."""
        with self._lock:
            if app:
                self._settled.pop(app, None)
                self._live.pop(app, None)
            else:
                self._settled.clear()
                self._lists.clear()
                self._live.clear()

    def is_ours(self, app: str) -> bool:
        """Whether a mark of ours was read on the app."""
        return self._marks.get(app) is not None

    def settled(self, row: Row) -> tuple[Mark | None, Settled]:
        """The mark on an app, and, if it is a layer of ours, what changes with a release; read now."""
        app, name = str(row["id"]), str(row["name"])
        config = self._client.get(f"/apps/{app}/config-vars", tried="read the settings of", target=name) or {}
        mark = mark_of(row, config)
        if mark is None or not mark.layer:
            return mark, Settled(config)
        path = f"/apps/{app}/addon-attachments"
        attached = self._client.every(path, tried="list the attachments of", target=name)
        releases = self._client.latest(f"/apps/{app}/releases", RELEASES, tried="list the releases of", target=name)
        pays = any(((one.get("addon") or {}).get("app") or {}).get("id") == app for one in attached)
        addons = self._client.every(f"/apps/{app}/addons", tried="list the add-ons of", target=name) if pays else []
        return mark, Settled(config, attached, releases, addons, self._gives(attached, addons))

    # --- inside ---------------------------------------------------------------------------------------------------

    def _may_stand(self, row: Row, start: str) -> bool:
        """Whether an app of that name may be one of ours whose name begins so, or was when somebody renamed it."""
        name, owners = str(row["name"]), owners_of(row)
        return name.startswith(start) and (self._owner() in owners or may_be_ours(name, (self._owner(), *owners)))

    def _gives(self, attachments: Iterable[Row], addons: Iterable[Row]) -> dict[str, tuple[str, ...]]:
        """By the ID of an add-on, the variables that it gives to the app that pays for it. Those of other apps are
        asked for once: what a provisioned one gives stays the same. Of what may not be looked at nothing is known."""
        found = {str(one["id"]): tuple(one.get("config_vars") or ()) for one in addons}
        for addon in {str((one.get("addon") or {}).get("id")) for one in attachments} - found.keys():
            if addon not in self._given:
                try:
                    row = self._client.get(f"/addons/{addon}", tried="look at add-on", target=addon)
                except (Forbidden, NotFound):
                    continue
                if row.get("state") == "provisioned":
                    self._given[addon] = tuple(row.get("config_vars") or ())
            found[addon] = self._given.get(addon, ())
        return found

    def _kept_list(self, path: str, tried: str) -> list[Row]:
        """A list of the account that changes seldom and is wanted at each look: read once a minute."""
        now = time.monotonic()
        with self._lock:
            at, rows = self._lists.get(path, (-SEASON, []))
        if now - at >= SEASON:
            rows = self._client.every(path, tried=tried, target=self._whom)
            with self._lock:
                self._lists[path] = now, rows
        return rows

    @property
    def _whom(self) -> str:
        return self._client.account.name

    def _state(self, row: Row, *, thorough: bool) -> AppState:
        """Raises nothing for an app that went away between the list and this: it is not ours then."""
        app, now = str(row["id"]), time.monotonic()
        with self._lock:
            known = self._settled.get(app)
        if known is None or known.released != row.get("released_at") or not known.good or thorough:
            first = known.first if known and known.released == row.get("released_at") else now
            try:
                mark, settled = self.settled(row)
            except NotFound:
                self.forget(app)
                return AppState(row)
            except Forbidden as error:
                return AppState(row, self._marks.get(app), refused=error)
            known = _Known(row.get("released_at"), first, now, settled)
            with self._lock:
                self._settled[app] = known
                self._marks[app] = mark
        return AppState(row, self._marks[app], known.settled)

    def _read_live(self, app: AppState) -> AppState:
        try:
            formation = self._client.every(f"/apps/{app.id}/formation", tried="list the formation of", target=app.name)
            dynos = self._client.every(f"/apps/{app.id}/dynos", tried="list the dynos of", target=app.name)
        except NotFound:
            return replace(app, formation=[], dynos=[])  # it was deleted since it was listed
        with self._lock:
            self._live[app.id] = (time.monotonic(), formation, dynos)
        return replace(app, formation=formation, dynos=dynos)

    def _try_live(self, app: AppState) -> None:
        try:
            self._read_live(app)
        except Forbidden:
            with self._lock:
                self._live[app.id] = (time.monotonic(), None, None)

    def _each(self, ask: Callable[[T], U], subjects: Iterable[T]) -> list[U]:
        rows = list(subjects)
        if len(rows) < 2:
            return [ask(row) for row in rows]
        with ThreadPoolExecutor(min(PARALLEL, len(rows)), thread_name_prefix="heroku") as pool:
            return list(pool.map(ask, rows))
