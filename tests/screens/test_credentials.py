"""The credentials screen: who everybody is is shown before it counts, and nothing of another account stays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.widgets import Input

from tests.screens import worlds
from tests.screens.fake import FakeWorker
from tests.screens.sitting import Sitting, application, sit
from tuienv.model import Address, Failure, Identity, Profile
from tuienv.model.state import ConnectionChanged, EnvironmentsChanged, ProfileState
from tuienv.screens.application import Application
from tuienv.screens.credentials import CredentialsScreen
from tuienv.screens.main import MainScreen
from tuienv.screens.widgets.bars import Header
from tuienv.screens.widgets.pieces import Line
from tuienv.worker.messages import (
    AddProfile,
    IdentifyProfile,
    Refresh,
    RemoveProfile,
    Switched,
    UseProfile,
)

MINUTE = 60.0
SIZES = [(80, 24), (160, 50)]
DEV = Identity("aws", "acme-dev", "471112345678", "arn:aws:iam::471112345678:user/me", worlds.NOW + 52 * MINUTE)
PROD = Identity("aws", "acme-prod", "982200000001", "arn:aws:sts::982200000001:assumed-role/deploy/me")
WORK = Failure("NotAuthenticated", "sign in to", "Heroku", "401 invalid credentials", "Run heroku login")
RENEW = ("aws", "sso", "login", "--profile", "acme-dev")
PROFILES = (
    ProfileState(Profile("aws", "acme-dev", "~/.aws/config", RENEW, default=True), "acme-dev", ("shop",)),
    ProfileState(Profile("aws", "acme-prod", "~/.aws/config")),
    ProfileState(Profile("docker", "", "unix:///var/run/docker.sock", default=True), ""),
    ProfileState(Profile("heroku", "work", "keyring"), "work"),
)
CONNECTIONS = (
    ConnectionChanged("aws", "acme-dev", DEV),
    ConnectionChanged("docker", "", Identity("docker", "", "4K2X", "workstation")),
    ConnectionChanged("heroku", "work", None, WORK, worlds.NOW - 3 * MINUTE),
)


def prepared(worker: FakeWorker) -> Application:
    """An application with these profiles, on its main screen."""
    worker.profiles = PROFILES
    worker.identities = {("aws", "acme-dev"): DEV, ("aws", "acme-prod"): PROD, ("heroku", "work"): WORK}
    made, _ = application(worker)
    worker.tell(*CONNECTIONS)
    return made


@asynccontextmanager
async def listed() -> AsyncIterator[Sitting]:
    """Somebody looks at the list."""
    async with sit() as sitting:
        sitting.worker.profiles = PROFILES
        sitting.worker.identities = {("aws", "acme-dev"): DEV, ("aws", "acme-prod"): PROD, ("heroku", "work"): WORK}
        sitting.worker.tell(*CONNECTIONS)
        await sitting.press("c")
        await sitting.shows("acme-prod")
        yield sitting


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_list_looks_as_it_did(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(prepared(FakeWorker()), press=["c"], terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_profile_that_is_signed_out_looks_as_it_did(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(prepared(FakeWorker()), press=["c", "G"], terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_switch_that_is_asked_about_looks_as_it_did(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(prepared(FakeWorker()), press=["c", "j", "enter"], terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_header_looks_as_it_did(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(prepared(FakeWorker()), terminal_size=size)


async def test_the_identity_is_shown_before_the_switch_counts() -> None:
    async with listed() as sitting:
        await sitting.press("j", "enter")
        await sitting.shows("Use aws acme-prod?")
        await sitting.shows("982200000001")
        assert sitting.worker.all_asked(UseProfile) == []
        await sitting.press("n")
        assert sitting.worker.all_asked(UseProfile) == []
        await sitting.press("enter")
        await sitting.shows("Use aws acme-prod?")
        await sitting.press("y")
        await sitting.until(lambda: sitting.worker.all_asked(UseProfile))
        assert sitting.worker.all_asked(UseProfile) == [UseProfile("aws", "acme-prod", "", "982200000001")]


async def test_one_environment_alone_can_use_a_profile() -> None:
    async with listed() as sitting:
        await sitting.press("j", "e")
        await sitting.shows("Use aws acme-prod?")
        await sitting.press("y")
        await sitting.until(lambda: sitting.worker.all_asked(UseProfile))
        assert sitting.worker.all_asked(UseProfile)[0].environment == "shop"


async def test_nobody_who_is_not_in_use_is_asked_by_itself() -> None:
    async with listed() as sitting:
        assert sitting.worker.all_asked(IdentifyProfile) == []
        assert "not asked" in sitting.text()
        await sitting.press("j", "t")
        await sitting.shows("assumed-role/deploy")
        assert sitting.worker.all_asked(IdentifyProfile) == [IdentifyProfile("aws", "acme-prod")]


async def test_one_that_is_signed_out_is_not_switched_to() -> None:
    async with listed() as sitting:
        await sitting.press("G", "enter")
        await sitting.shows("401 invalid credentials")
        assert isinstance(sitting.application.screen, CredentialsScreen)
        assert sitting.worker.all_asked(UseProfile) == []


async def test_a_secret_is_typed_hidden_and_goes_to_the_worker_alone() -> None:
    async with listed() as sitting:
        await sitting.press("G", "a")
        await sitting.shows("Add a profile")
        sitting.worker.identities["heroku", "mine"] = Identity("heroku", "mine", "me@example.com", "me@example.com")
        await sitting.press(*"mine", "enter", *"hunter2", "enter")
        await sitting.until(lambda: sitting.worker.all_asked(AddProfile))
        request = sitting.worker.all_asked(AddProfile)[0]
        assert (request.backend, request.profile, request.secret) == ("heroku", "mine", "hunter2")
        assert "hunter2" not in sitting.text() + repr(request)


async def test_what_is_typed_as_a_secret_stands_nowhere() -> None:
    async with listed() as sitting:
        await sitting.press("a")
        await sitting.shows("Add a profile")
        sitting.application.screen.query_one("#secret", Input).focus()
        await sitting.press(*"hunter2")
        assert sitting.application.screen.query_one("#secret", Input).value == "hunter2"
        assert "hunter2" not in sitting.text()


async def test_only_what_we_keep_can_be_removed() -> None:
    async with listed() as sitting:
        await sitting.press("x")
        assert isinstance(sitting.application.screen, CredentialsScreen)
        await sitting.press("G", "x")
        await sitting.shows("Remove heroku work?")
        await sitting.press("y")
        await sitting.until(lambda: sitting.worker.all_asked(RemoveProfile))
        assert sitting.worker.all_asked(RemoveProfile) == [RemoveProfile("heroku", "work")]


async def test_signing_in_again_runs_in_place_and_looks_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[object] = []

    def run(_app: object, command: object, _what: str) -> bool:
        ran.append(command)
        return True

    monkeypatch.setattr("tuienv.screens.credentials.run_in_terminal", run)
    async with listed() as sitting:
        await sitting.press("L")
        assert ran == [RENEW]
        await sitting.until(lambda: sitting.worker.all_asked(IdentifyProfile))
        assert sitting.worker.all_asked(Refresh) == [Refresh()]


async def test_after_a_switch_nothing_of_the_old_account_stays() -> None:
    async with sit(worlds.shop(image="old:1")) as sitting:
        await sitting.press("j", "j")
        for pane in "123456":
            await sitting.press(pane)
        await sitting.press("1")
        await sitting.until(lambda: sitting.session.descriptions)
        assert sitting.session.known.samples(Address("shop", "web", "1"))
        sitting.worker.tell(
            ConnectionChanged("docker", "", gone=True),
            Switched("docker", "other"),
            EnvironmentsChanged((worlds.shop(image="new:2", count=1),)),
            ConnectionChanged("docker", "other", Identity("docker", "other", "9ZZZ", "another machine")),
        )
        await sitting.shows("new:2")
        await sitting.shows("another machine")
        assert "old:1" not in sitting.text()
        assert "workstation" not in sitting.text()
        assert not sitting.session.known.samples(Address("shop", "web", "1"))
        assert isinstance(sitting.application.screen, MainScreen)


def header(width: int, *connections: ConnectionChanged, now: float = worlds.NOW) -> str:
    """What the header says."""
    from tuienv.screens.known import Known

    known = Known()
    for connection in connections:
        known.take(connection)
    line: Line = Header(known, read_only=False, clock=lambda: now).bar(width)
    return "".join(text for text, _ in line)


def test_the_header_counts_down_at_every_width() -> None:
    for width in (80, 160):
        said = header(width, *CONNECTIONS)
        assert "aws acme-dev" in said
        assert "52 min left" in said
        assert "heroku work ✗ signed out" in said
        assert "docker" in said
        assert len(said) <= width
    assert "50 s left" in header(160, *CONNECTIONS, now=worlds.NOW + 52 * MINUTE - 50)
    assert "expired" in header(160, *CONNECTIONS, now=worlds.NOW + 53 * MINUTE)


async def test_a_narrow_screen_has_the_list_too() -> None:
    async with sit(size=(40, 12)) as sitting:
        sitting.worker.profiles = PROFILES
        await sitting.press("c")
        await sitting.shows("acme-prod")
