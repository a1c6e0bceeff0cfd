"""Every operation on every backend under every policy, by every way in: refused before anything is changed, which the
provider's own count of calls says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest
from textual.widgets import Button, Input

from tests.contract import planted
from tests.contract.harness import Calls
from tests.contract.policies import (
    TABLE,
    Rule,
    Situation,
    Still,
    operation_of,
    plan_of,
    ruled,
    words_of,
    write_settings,
)
from tests.contract.trial import Trial
from tests.screens import worlds
from tuienv.backends.base import Backends
from tuienv.cli import run as tuienv
from tuienv.cli.session import Session as Commands
from tuienv.engine import Engine, Policy, Refused
from tuienv.journal import Journal
from tuienv.live.freshness import Live
from tuienv.model import OPERATIONS, REVEAL, RUN, Address, EnvironmentSpec, Observation, Operation, Plan, Verb
from tuienv.model.state import EnvironmentsChanged
from tuienv.screens.application import Application
from tuienv.screens.known import Known
from tuienv.screens.plan import PlanScreen
from tuienv.screens.session import Session
from tuienv.screens.typed_name import DATA, TypedName
from tuienv.settings import paths, read_settings
from tuienv.worker import messages
from tuienv.worker.answers import Answers, why
from tuienv.worker.client import Call, Handler, WorkerFailure
from tuienv.worker.messages import Preview, Request, Run
from tuienv.worker.options import Options

ENTRIES = {
    "check",
    "config",
    "discover",
    "events",
    "execute",
    "observe",
    "preview",
    "releases",
    "reveal",
    "run",
    "undoing",
}
"""Everything that the engine can be asked. What can change something (`run`, `execute`) or tell a secret (`reveal`) is
in the table under its operations; the others only look. A new one belongs in the table, or here."""


def test_the_table_has_every_operation() -> None:
    assert set(TABLE) == set(OPERATIONS)


def test_the_engine_has_no_other_way_in() -> None:
    public = {name for name in vars(Engine) if not name.startswith("_")}
    assert public == ENTRIES


def test_the_screen_has_no_other_way_to_change_something() -> None:
    """Runs are of plans, and plans of verbs; whatever else it asks for looks, or is about accounts and logs."""
    told = {kind.__name__ for kind in messages.Request.__args__}
    assert {name for name in told if name not in LOOKING} == {"Run", "UseProfile", "AddProfile", "RemoveProfile"}


LOOKING = {
    "Cancel", "CloseLog", "Describe", "Focus", "IdentifyProfile", "ListProfiles", "LogSeen", "OpenLog", "Preview",
    "Ping", "ReadEvents", "ReadJournal", "ReadReleases", "Refresh",
}  # fmt: skip


@contextmanager
def planned(trial: Trial) -> Iterator[Calls]:
    """Whatever is asked for, the plan has something to do; and calls are counted."""

    def make_plan(operation: Operation, spec: EnvironmentSpec | None, seen: list[Observation], *rest: Any) -> Plan:
        return plan_of(operation, trial.backend.name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tuienv.engine.engine.make_plan", make_plan)
        patch.setattr(
            "tuienv.engine.engine.undoing",
            lambda journal, environment: operation_of(Verb.UNDO, environment or trial.name),
        )
        patch.setattr("tuienv.engine.engine.left_as_it_is", lambda journal, operation: ())
        patch.setattr(Engine, "_releases_for", lambda engine, operation, seen: ())
        yield trial.harness.count(trial.backend)


@pytest.fixture(params=list(Rule), ids=lambda rule: rule.name.lower())
def rule(request: pytest.FixtureRequest) -> Rule:
    found: Rule = request.param
    return found


def refused_by(rule: Rule) -> list[str]:
    return [name for name, rules in TABLE.items() if rule in rules]


# --- from Python ------------------------------------------------------------------------------------------------


def test_from_python(made: Trial, rule: Rule) -> None:
    place = (made.backend.name, "")
    with ruled(rule, made) as situation, planned(made) as calls:
        engine = engine_for(made, situation)
        for name in refused_by(rule):
            with pytest.raises(Refused, match=rule.value):
                ask(engine, name, made.name, place)
            assert calls.changing == [], f"{name} changed something before it was refused"
    assert engine._journal.records() == [], "what was refused was not begun"


def engine_for(trial: Trial, situation: Situation) -> Engine:
    write_settings(situation, paths().config)
    backends = Backends({trial.backend.name: lambda profile="": trial.backend})
    policy = Policy(situation.read_only, read_settings().rules)
    return Engine(backends, Journal(paths().journal), policy, read_secret=planted.read_secret)


def ask(engine: Engine, name: str, environment: str, place: tuple[str, str]) -> object:
    """Do this operation."""
    web = Address(environment, "web")
    if name == RUN:
        return engine.execute(web, place, ["hostname"])
    if name == REVEAL:
        return engine.reveal(web, place)
    plan = engine.preview(operation_of(Verb(name), environment), None, [place])
    return engine.run(plan, None, [place], lambda progress: None)


# --- from the command line --------------------------------------------------------------------------------------


def test_from_the_command_line(made: Trial, rule: Rule, capfd: pytest.CaptureFixture[str]) -> None:
    backends = Backends({made.backend.name: lambda profile="": made.backend})
    with ruled(rule, made) as situation, planned(made) as calls, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Commands, "backends", backends)
        write_settings(situation, paths().config)
        for name in refused_by(rule):
            flags = ["--read-only"] if situation.read_only else []
            code = tuienv([*flags, "--backend", made.backend.name, "--yes", *words_of(name, made.name)])
            said = capfd.readouterr()
            assert (code, said.out) == (3, ""), (name, said.err)
            assert rule.value in said.err.replace("\n", " "), name
            assert calls.changing == [], f"{name} changed something before it was refused"


# --- from the screen --------------------------------------------------------------------------------------------


class Link:
    """The worker's answers, in this process."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.failures: list[str] = []

    def subscribe(self, handler: Handler) -> Callable[[], None]:
        handler(EnvironmentsChanged((worlds.shop(),)))
        return lambda: None

    def restart(self) -> None:
        """There is no process."""

    async def call(self, request: Request) -> messages.Answer:
        return await self.begin(request)

    def begin(self, request: Request) -> Call:
        answer: asyncio.Future[messages.Answer] = asyncio.get_running_loop().create_future()
        try:
            answer.set_result(self._ask(request))
        except Exception as error:  # noqa: BLE001 - as the worker does
            failure = why(error, request)
            self.failures.append(f"{failure.kind}: {failure}")
            answer.set_exception(WorkerFailure(failure))
            answer.exception()
        return Call(1, answer)

    def _ask(self, request: Request) -> messages.Answer:
        match request:
            case Preview(operation):
                return self._answers.preview(operation)
            case Run(plan):
                return self._answers.run(plan, lambda progress: None, threading.Event())
        return None


async def test_from_the_screen(made: Trial, rule: Rule) -> None:
    """Every verb. A shell is the command line's `run`, and secrets are never told to the screen."""
    backends = Backends({made.backend.name: lambda profile="": made.backend})
    with ruled(rule, made) as situation, planned(made) as calls:
        write_settings(situation, paths().config)
        options = Options(read_only=situation.read_only)
        link = Link(Answers(cast(Live, Still(made)), backends, options))
        # The screen itself offers nothing in a read-only session; here it is made to ask.
        session = Session(link, Known(), read_only=False)
        application = Application(session)
        async with application.run_test(size=(120, 40)) as pilot:
            for name in refused_by(rule):
                if name not in (RUN, REVEAL):
                    link.failures.clear()
                    operation = operation_of(Verb(name), made.name)
                    screen = application.screen_stack[0]
                    screen.run_worker(application._main.operations.carry_out(operation))
                    await go_through(application, pilot, made.name, link)
                    assert link.failures[0].startswith("Refused: "), (name, link.failures)
                    assert rule.value in link.failures[0]
                    assert calls.changing == [], f"{name} changed something before it was refused"


async def go_through(application: Application, pilot: Any, environment: str, link: Link) -> None:
    """Say yes to whatever is asked, until the worker has answered; then go back to the main screen."""
    for _ in range(400):
        if link.failures:
            break
        await pilot.pause(0.01)
        if isinstance(application.screen, TypedName):
            application.screen.query_one("#name", Input).value = environment
            for field in application.screen.query("#data").results(Input):
                field.value = DATA
            await pilot.pause()
            application.screen.query_one("#go", Button).press()
        elif isinstance(application.screen, PlanScreen):
            await pilot.press("enter")
    assert link.failures, "the worker was never asked to run it"
    while len(application.screen_stack) > 1:
        application.pop_screen()
        await pilot.pause()


async def test_a_shell_on_the_screen_is_the_command_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr("tuienv.screens.actions.run_in_terminal", lambda app, words, what: started.append(words))
    application = Application(Session(Link(cast(Answers, None)), Known()))
    async with application.run_test():
        monkeypatch.setattr(type(application._main), "selected", Address("shop", "web"))
        application._main.action_shell()
    assert [words[1:4] for words in started] == [["-m", "tuienv", "run"]]
