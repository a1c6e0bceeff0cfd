"""The main screen: the tree, moving in it, filtering, panes, the command line, help, and what the worker tells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.screens import worlds
from tests.screens.fake import FakeWorker
from tests.screens.sitting import WEB, application, planned, sit
from tuienv.model import Address, Budget, Failure, Instance, Kind, Status
from tuienv.model.state import ConnectionChanged, EnvironmentsChanged, FilesRefused, InstancesChanged
from tuienv.screens.describe import DescribeScreen
from tuienv.screens.help import HelpScreen
from tuienv.screens.logs import LogPane
from tuienv.screens.main import MainScreen
from tuienv.settings import Settings
from tuienv.worker.messages import Focus, OpenLog, Refresh, WorkerAnswers, WorkerLost, WorkerSilent

SIZES = [(80, 24), (160, 50)]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_main_screen_looks_as_it_did(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(application(FakeWorker(planned))[0], press=["j", "j", "right"], terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_staged_scaling_looks_as_it_did(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(application(FakeWorker(planned))[0], press=["j", "j", "plus", "plus"], terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_plan_looks_as_it_did(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(application(FakeWorker(planned))[0], press=["a"], terminal_size=size)


@pytest.mark.parametrize("theme", ["tuienv-light", "tuienv-contrast"])
def test_the_other_themes_look_as_they_did(snap_compare: Any, theme: str) -> None:
    made, _ = application(FakeWorker(), settings=Settings(theme=theme))
    assert snap_compare(made, terminal_size=(120, 30))


def test_it_reads_without_colour(snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(application(FakeWorker())[0], terminal_size=(120, 30))


async def test_every_status_reads_as_a_word_or_a_number() -> None:
    layers = tuple(worlds.layer(f"l-{status}", Kind.APP, status=status) for status in Status)
    shop = replace(worlds.shop(), layers=layers)
    async with sit(shop) as sitting:
        for status in Status:
            row = next(line for line in sitting.text().splitlines() if f"l-{status}" in line)
            assert status is Status.RUNNING or str(status) in row.replace(f"l-{status}", ""), row


async def test_a_layer_that_cannot_be_described_says_why_and_is_asked_again() -> None:
    async with sit() as sitting:
        sitting.worker.no_description = Failure("Forbidden", "describe shop/web", "shop/web", "not allowed", "Ask.")
        sitting.main.go_to(WEB)
        await sitting.press("4")
        await sitting.shows("Not known: ")
        await sitting.shows("not allowed")
        await sitting.press("d")
        await sitting.shows("not allowed")
        await sitting.press("escape")
        sitting.worker.no_description = None
        await sitting.press("r")
        await sitting.shows("No variables were given")


async def test_moving_with_arrows_and_with_letters() -> None:
    async with sit() as sitting:
        tree = sitting.main.environments
        await sitting.press("j", "down")
        assert tree.cursor == WEB
        await sitting.press("right", "j", "j")
        assert tree.cursor == Address("shop", "web", "2")
        await sitting.press("h")
        assert tree.cursor == WEB
        await sitting.press("h", "h")
        assert tree.cursor == Address("shop")
        await sitting.press("G")
        assert tree.cursor == tree.rows[len(tree.rows) - 1]
        await sitting.press("g", "space")
        assert not tree.rows.is_open(Address("shop"))


async def test_the_cursor_stays_on_its_address_when_rows_come_above() -> None:
    async with sit() as sitting:
        sitting.main.go_to(Address("shop-production", "web"))
        sitting.worker.tell(EnvironmentsChanged((worlds.shop("aaa"),)))
        await sitting.shows("aaa")
        assert sitting.main.selected == Address("shop-production", "web")


async def test_the_cursor_goes_up_when_its_instance_is_gone() -> None:
    async with sit() as sitting:
        sitting.main.go_to(Address("shop", "web", "2"))
        sitting.worker.tell(InstancesChanged("shop", "web", Status.DEGRADED, Status.DEGRADED, (), ("2",)))
        await sitting.until(lambda: sitting.main.selected == WEB)
        await sitting.shows("degraded 2/3")


async def test_only_lines_that_read_differently_are_painted() -> None:
    async with sit() as sitting:
        tree = sitting.main.environments
        assert tree.refresh_changed() == 0
        sitting.session.known.take(InstancesChanged("blog", "mysql", Status.FAILED, Status.DEGRADED))
        assert tree.refresh_changed() == 1


async def test_a_new_instance_shows_at_once() -> None:
    async with sit() as sitting:
        sitting.main.go_to(Address("shop", "web", "1"))
        new = Instance("4", "id4", Status.STARTING, "pulling")
        sitting.worker.tell(InstancesChanged("shop", "web", Status.STARTING, Status.STARTING, (new,)))
        await sitting.shows("pulling")


async def test_the_filter_narrows_and_escape_drops_it() -> None:
    async with sit() as sitting:
        await sitting.press("slash", *"mysql")
        await sitting.until(lambda: len(sitting.main.environments.rows) == 2)
        await sitting.press("enter")
        assert sitting.main.environments.has_focus
        await sitting.press("escape")
        assert len(sitting.main.environments.rows) > 2


async def test_letters_in_the_filter_are_letters() -> None:
    async with sit() as sitting:
        await sitting.press("slash", *"qlas")
        assert sitting.application.screen.query_one("#filter").value == "qlas"  # type: ignore[attr-defined]
        assert sitting.application.is_running


async def test_what_is_on_the_screen_is_told_to_the_worker() -> None:
    async with sit() as sitting:
        sitting.main.go_to(WEB)
        await sitting.until(
            lambda: any(Address("shop", "web", "3") in each.addresses for each in sitting.worker.all_asked(Focus))
        )
        asked = len(sitting.worker.all_asked(Focus))
        await sitting.pilot.pause(0.3)
        assert len(sitting.worker.all_asked(Focus)) == asked, "the same is not told twice"


async def test_logs_open_for_what_is_selected() -> None:
    async with sit() as sitting:
        sitting.main.go_to(WEB)
        await sitting.press("l")
        await sitting.until(lambda: sitting.worker.all_asked(OpenLog))
        assert sitting.worker.all_asked(OpenLog)[0].target == WEB
        assert sitting.main.query_one(LogPane).has_focus_within
        await sitting.press("escape")
        await sitting.until(lambda: sitting.main.environments.has_focus)


@pytest.mark.parametrize(("key", "text"), [("3", "most"), ("4", "DATABASE_URL"), ("1", "instance")])
async def test_panes_by_number(key: str, text: str) -> None:
    async with sit() as sitting:
        sitting.worker.config = {"DATABASE_URL": "postgres://db/shop"}
        sitting.main.go_to(WEB)
        await sitting.press("2", key)
        await sitting.shows(text)


async def test_the_command_line_goes_completes_and_says_what_is_wrong() -> None:
    async with sit(planner=planned) as sitting:
        await sitting.press("colon", *"shop", "slash", *"cache", "enter")
        await sitting.until(lambda: sitting.main.selected == Address("shop", "cache"))
        await sitting.press("colon", *"nosuch", "enter")
        await sitting.shows("nosuch is not here")
        await sitting.press("colon", *"theme", "space", *"tuienv-light", "enter")
        await sitting.until(lambda: sitting.application.theme == "tuienv-light")
        await sitting.press("colon", *"scale", "space", *"x", "enter")
        await sitting.shows("is not a number")


async def test_help_lists_the_keys_that_do_something() -> None:
    async with sit() as sitting:
        await sitting.press("question_mark")
        assert isinstance(sitting.application.screen, HelpScreen)
        await sitting.shows("fold or unfold")
        await sitting.press("escape")
        assert isinstance(sitting.application.screen, MainScreen)


async def test_describe_has_what_the_provider_adds() -> None:
    async with sit() as sitting:
        sitting.main.go_to(WEB)
        await sitting.press("d")
        assert isinstance(sitting.application.screen, DescribeScreen)
        await sitting.shows("unless-stopped")


async def test_refresh_asks_the_worker() -> None:
    async with sit() as sitting:
        await sitting.press("r")
        assert sitting.worker.all_asked(Refresh)


async def test_copying_gives_the_address() -> None:
    async with sit() as sitting:
        await sitting.press("y")
        assert sitting.application.clipboard == "shop"
        sitting.main.go_to(Address("shop", "edge"))
        await sitting.press("Y")
        assert sitting.application.clipboard == "http://127.0.0.1:8080"


async def test_a_lost_worker_is_told_and_the_tree_stays_until_it_is_told_again() -> None:
    async with sit() as sitting:
        sitting.worker.tell(WorkerLost(-9))
        await sitting.shows("worker process died")
        await sitting.shows("unknown since 0 s")
        assert "shop-production" in sitting.text()
        assert "docker workstation" not in sitting.text()

        sitting.worker.tell(WorkerAnswers())
        await sitting.shows("docker workstation")
        assert "unknown since 0 s" in sitting.text(), "nobody has confirmed it yet"
        sitting.worker.tell(EnvironmentsChanged((worlds.shop(), worlds.drifted(), worlds.found())))
        await sitting.until(lambda: "unknown since 0 s" not in sitting.text())


SILENCE = WorkerSilent(
    worlds.NOW - 5,
    Failure("WorkerSilent", "ask", "the worker process", "it does not answer, since 12:03:04", "It is started again"),
)


async def test_a_silent_worker_is_told_what_it_told_is_marked_and_keys_answer() -> None:
    async with sit() as sitting:
        before = sitting.text()
        sitting.worker.tell(SILENCE)
        await sitting.shows("✗ the worker process: it does not answer, since 12:03:04")
        await sitting.shows("nothing is confirmed. It is started again")
        assert sitting.text().count("unknown since 5 s") > 1
        assert "unknown since 3 m" in sitting.text(), "a provider that was silent before is since then"
        sitting.main.go_to(Address("shop", "web"))
        await sitting.shows("what follows is as it was then")
        await sitting.press("r")
        assert not sitting.worker.all_asked(Refresh)

        sitting.worker.tell(WorkerAnswers())
        sitting.main.go_to(Address("shop"))
        await sitting.until(lambda: "does not answer, since" not in sitting.text().splitlines()[0])
        sitting.application.clear_notifications()
        await sitting.until(lambda: sitting.text() == before)


async def test_an_open_log_is_opened_again_from_the_next_worker_and_nothing_fails_at_the_end() -> None:
    async with sit() as sitting:
        sitting.main.go_to(WEB)
        await sitting.press("l")
        await sitting.until(lambda: len(sitting.worker.all_asked(OpenLog)) == 1)
        sitting.worker.tell(SILENCE)
        await sitting.until(lambda: "live" not in sitting.text().splitlines()[-3])
        sitting.worker.tell(WorkerLost(-9), WorkerAnswers())
        await sitting.until(lambda: len(sitting.worker.all_asked(OpenLog)) == 2)
        sitting.worker.tell(WorkerLost(-9))
        await sitting.press("q")


async def test_it_is_said_on_the_screen_of_a_plan_that_runs() -> None:
    async with sit(planner=planned) as sitting:
        await sitting.press("a", "enter")
        await sitting.until(lambda: sitting.worker.running)
        sitting.worker.tell(SILENCE)
        await sitting.until(lambda: "does not answer, since 12:03:04" in sitting.text().splitlines()[0])


async def test_the_worker_is_ended_when_that_is_wanted_and_asked_about_while_a_plan_runs() -> None:
    async with sit(planner=planned) as sitting:
        await sitting.press("colon", *"worker", "enter")
        await sitting.until(lambda: sitting.worker.restarts == 1)
        await sitting.press("a", "enter")
        await sitting.until(lambda: sitting.worker.running)
        await sitting.press("escape", "colon", *"worker", "enter")
        await sitting.shows("A plan is running in the worker process")
        await sitting.press("n")
        assert sitting.worker.restarts == 1
        await sitting.press("colon", *"worker", "enter")
        await sitting.shows("A plan is running in the worker process")
        await sitting.press("y")
        await sitting.until(lambda: sitting.worker.restarts == 2)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_silent_worker_looks_as_it_did(snap_compare: Any, size: tuple[int, int]) -> None:
    worker = FakeWorker(planned)
    made = application(worker)[0]

    async def silence(pilot: Any) -> None:
        worker.tell(SILENCE)
        await pilot.pause()
        made.clear_notifications()
        await pilot.pause()

    assert snap_compare(made, run_before=silence, terminal_size=size)


async def test_refused_files_are_listed() -> None:
    async with sit() as sitting:
        sitting.worker.tell(FilesRefused(("tuienv.yaml:3:5: unknown key 'imge': did you mean image?",)))
        await sitting.shows("did you mean image?")


async def test_a_silent_provider_is_marked_and_its_last_state_stays() -> None:
    async with sit() as sitting:
        assert "unknown since 3 m" in sitting.text()
        sitting.main.go_to(Address("shop-production", "db"))
        await sitting.shows("1 of 1 were ready")


async def test_clicking_selects_and_folds() -> None:
    async with sit() as sitting:
        await sitting.pilot.click("#tree", offset=(12, 2))
        assert sitting.main.selected == WEB
        await sitting.pilot.click("#tree", offset=(3, 2))
        await sitting.until(lambda: sitting.main.environments.rows.is_open(WEB))


async def test_tabs_can_be_clicked() -> None:
    async with sit() as sitting:
        await sitting.pilot.click("#tabs", offset=(22, 0))
        await sitting.until(lambda: sitting.main._pane == "Metrics")


async def test_nothing_is_painted_while_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sit() as sitting:
        await sitting.pilot.pause(0.3)
        painted: list[object] = []
        compositor_paints = sitting.main._compositor_refresh

        def watched() -> None:
            painted.append(sitting.main._dirty_widgets.copy())
            compositor_paints()

        monkeypatch.setattr(sitting.main, "_compositor_refresh", watched)
        await sitting.pilot.pause(2.2)
        assert not [dirty for dirty in painted if dirty], "two looks at the clock painted something"


async def test_where_there_is_no_terminal_to_give_away_a_shell_says_so() -> None:
    async with sit() as sitting:
        sitting.main.go_to(WEB)
        await sitting.press("s")
        await sitting.shows("no terminal here")


async def test_help_is_offered_however_narrow_the_screen() -> None:
    async with sit(size=(60, 20)) as sitting:
        sitting.main.go_to(WEB)
        await sitting.shows("? help")
        await sitting.pilot.click("#footer", offset=(55, 0))
        await sitting.until(lambda: isinstance(sitting.application.screen, HelpScreen))


async def test_the_header_tells_what_may_still_be_asked() -> None:
    async with sit(size=(160, 40)) as sitting:
        who = worlds.connections()[0].identity
        for budget, said in (
            (Budget(4275, 4500, 1.25), "4,275 of 4,500 requests left"),
            (Budget(300, 4500, 1.25), "300 of 4,500 requests left"),
        ):
            sitting.worker.tell(ConnectionChanged("heroku", "work", who, budget=budget))
            await sitting.shows(said)
        sitting.worker.tell(ConnectionChanged("heroku", "work", who, budget=Budget(1, 2, own=True)))
        await sitting.until(lambda: "requests left" not in sitting.text())
        await sitting.pilot.resize_terminal(70, 24)
        sitting.worker.tell(ConnectionChanged("heroku", "work", who, budget=Budget(300, 4500, 1.25)))
        await sitting.shows("300 left")
