"""Who acts: every profile with its identity and the time it has left. Switch, test, add, remove, sign in again.

A new identity is fetched and shown before the switch counts. Profiles in use say who they are by themselves; no other
provider is contacted before somebody asks.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tuienv.model import Failure, Identity, Profile
from tuienv.model.state import ProfileState
from tuienv.screens.profile_lines import asked_of, called, line_of, more_of, who
from tuienv.screens.session import Session
from tuienv.screens.terminal import run_in_terminal
from tuienv.screens.widgets.bars import Footer, Heading
from tuienv.screens.widgets.choices import Choices
from tuienv.screens.widgets.pieces import Line
from tuienv.text import plain
from tuienv.worker.client import WorkerFailure
from tuienv.worker.messages import (
    AddProfile,
    IdentifyProfile,
    ListProfiles,
    Profiles,
    Refresh,
    RemoveProfile,
    UseProfile,
)

AGEING = 1.0
"""Seconds between looks at how much time is left, and at who was found out to be who."""

Asked = Identity | Failure


class CredentialsScreen(Screen[None]):
    """The list. `environment`: the one that was selected, which a profile can be chosen for alone."""

    CSS_PATH = "credentials.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "use", "use", id="credentials.use", key_display="⏎ u"),  # enter is the list's own
        Binding("e", "use_here", "for this environment", id="credentials.use_here"),
        Binding("t", "test", "test", id="credentials.test"),
        Binding("a", "add", "add", id="credentials.add"),
        Binding("L", "sign_in", "sign in", id="credentials.sign_in"),
        Binding("x", "remove", "remove", id="credentials.remove"),
        Binding("escape,q,c", "dismiss", "back", id="credentials.back"),
    ]

    def __init__(self, session: Session, environment: str = "") -> None:
        super().__init__()
        self._session = session
        self._environment = environment
        self._states: tuple[ProfileState, ...] = ()
        self._asked: dict[tuple[str, str], Asked] = {}

    def compose(self) -> ComposeResult:
        yield Heading((("credentials", "strong"),))
        yield Choices(id="profiles")
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(Choices).focus()
        self._begin(self._list())
        self.set_interval(AGEING, self._show)

    def on_resize(self) -> None:
        self._show()

    # --- what is shown ------------------------------------------------------------------------------------------

    @property
    def _chosen(self) -> ProfileState | None:
        cursor = self.query_one(Choices).cursor
        return self._states[cursor] if cursor < len(self._states) else None

    async def _list(self) -> None:
        answer = await self._session.link.call(ListProfiles())
        assert isinstance(answer, Profiles)
        self._states = answer.profiles
        self._show()
        self.refresh_bindings()

    def _show(self) -> None:
        choices = self.query_one(Choices)
        width, now = max(40, choices.size.width - 2), self._session.clock()
        lines = [line_of(state, self._known(state), now, width) for state in self._states]
        chosen = self._chosen
        below: list[Line] = more_of(chosen, self._known(chosen), now, width) if chosen is not None else []
        choices.set_lines(lines, below)

    def _known(self, state: ProfileState) -> Asked | None:
        """Who it is, or why nobody can tell: as it was asked last, else as the live picture has it."""
        profile = state.profile
        asked = self._asked.get((profile.backend, profile.name))
        if asked is not None or state.looked_at is None:
            return asked
        connection = self._session.known.connections.get((profile.backend, state.looked_at))
        return (connection.failure or connection.identity) if connection is not None else None

    def on_choices_chosen(self) -> None:
        self.action_use()

    def on_choices_moved(self) -> None:
        self._show()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action not in ("use", "use_here", "test", "sign_in", "remove"):
            return True
        chosen = self._chosen
        if chosen is None:
            return False
        match action:
            case "use_here":
                return bool(self._environment)
            case "sign_in":
                return bool(chosen.profile.renew)
            case "remove":
                return chosen.profile.source == "keyring"
        return True

    # --- what is done -------------------------------------------------------------------------------------------

    def action_use(self) -> None:
        if self._chosen is not None:
            self._begin(self._use(self._chosen.profile, ""))

    def action_use_here(self) -> None:
        if self._chosen is not None:
            self._begin(self._use(self._chosen.profile, self._environment))

    def action_test(self) -> None:
        if self._chosen is not None:
            self._begin(self._identify(self._chosen.profile))

    def action_add(self) -> None:
        self._begin(self._add())

    def action_remove(self) -> None:
        if self._chosen is not None:
            self._begin(self._remove(self._chosen.profile))

    def action_sign_in(self) -> None:
        """Run what signs in again, in place of the screen; whoever it is then is found out anew."""
        chosen = self._chosen
        if chosen is None or not chosen.profile.renew:
            return
        run_in_terminal(self.app, chosen.profile.renew, "signing in")
        self._session.link.begin(Refresh())
        self._begin(self._identify(chosen.profile))

    def _begin(self, doing: Coroutine[Any, Any, object]) -> None:
        self.run_worker(self._safely(doing), group="credentials")

    async def _safely(self, doing: Coroutine[Any, Any, object]) -> None:
        try:
            await doing
        except WorkerFailure as failed:
            self.app.notify(plain(str(failed.failure)), severity="error", markup=False, timeout=10)

    async def _identify(self, profile: Profile) -> Identity:
        """Ask who it is, and keep the answer. Raises `WorkerFailure`."""
        key = profile.backend, profile.name
        try:
            answer = await self._session.link.call(IdentifyProfile(*key))
        except WorkerFailure as failed:
            self._asked[key] = failed.failure
            self._show()
            raise
        assert isinstance(answer, Identity)
        self._asked[key] = answer
        self._show()
        return answer

    async def _use(self, profile: Profile, environment: str) -> None:
        from tuienv.screens.confirm import Confirm

        identity = await self._identify(profile)
        lines = asked_of(profile, identity, environment)
        if not await self.app.push_screen_wait(Confirm(f"Use {called(profile)}?", lines, yes="use")):
            return
        await self._session.link.call(UseProfile(profile.backend, profile.name, environment, identity.account))
        self._asked.clear()
        self.app.notify(f"{called(profile)}: {plain(who(identity))}", title="In use", markup=False)
        await self._list()

    async def _add(self) -> None:
        from tuienv.screens.add_profile import AddDialog

        chosen = self._chosen
        added = await self.app.push_screen_wait(AddDialog(chosen.profile.backend if chosen is not None else ""))
        if added is None:
            return
        identity = await self._session.link.call(AddProfile(*added))
        assert isinstance(identity, Identity)
        self._asked[added[0], added[1]] = identity
        self.app.notify(f"{added[0]} {added[1]}: {plain(who(identity))}", title="Added", markup=False)
        await self._list()

    async def _remove(self, profile: Profile) -> None:
        from tuienv.screens.confirm import Confirm

        lines: list[Line] = [(("Its secret is taken out of the keyring.", ""),)]
        if await self.app.push_screen_wait(Confirm(f"Remove {called(profile)}?", lines, yes="remove")):
            await self._session.link.call(RemoveProfile(profile.backend, profile.name))
            await self._list()
