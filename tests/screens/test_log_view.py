"""The Logs pane: what it shows, keeps, leaves out, and never lets through."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region

from tests.screens.fake import FakeWorker
from tests.screens.logged import line, lines
from tuienv.model import Address
from tuienv.screens import themes
from tuienv.screens.known import Known
from tuienv.screens.logs import LogPane, Standing
from tuienv.screens.session import Session
from tuienv.screens.widgets.log_pattern import Pattern
from tuienv.screens.widgets.log_view import LogView
from tuienv.worker.messages import CloseLog, LogBatch, LogSeen, OpenLog

WEB = Address("shop", "web")


class Bench(App[None]):
    """The pane alone."""

    CSS_PATH: ClassVar = [
        Path(__file__).parents[2] / "screens" / "widgets" / "lines.tcss",
        Path(__file__).parents[2] / "screens" / "logs.tcss",
    ]

    def __init__(self, folder: Path | None) -> None:
        super().__init__()
        self.worker = FakeWorker()
        self.pane = LogPane(Session(self.worker, Known()), folder=folder)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(themes.VARIABLES)

    def on_load(self) -> None:
        for theme in themes.load((themes.FOLDER,)).themes:
            self.register_theme(theme)
        self.theme = themes.DEFAULT

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_mount(self) -> None:
        self.pane.focus()

    @property
    def opened(self) -> list[OpenLog]:
        return [request for request in self.worker.asked if isinstance(request, OpenLog)]

    @property
    def stream(self) -> int:
        return self.pane._stream

    async def open(self, pilot: object) -> None:
        """Show the log of the web layer, and wait until it is open."""
        self.pane.show(WEB)
        for _ in range(200):
            await pilot.pause(0.01)  # type: ignore[attr-defined]  # Textual's Pilot is generic in the app
            if self.stream:
                return
        raise AssertionError("the log was not opened")

    def standing(self) -> str:
        return "".join(text for text, *_ in self.query_one(Standing).bar(80))

    def screen_text(self) -> str:
        view = self.pane.view
        return "\n".join(view.render_line(y).text.rstrip() for y in range(view.size.height))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_it_follows_acknowledges_and_says_what_was_skipped(bench: Bench) -> None:
    async with bench.run_test(size=(80, 12)) as pilot:
        await bench.open(pilot)
        bench.worker.tell(LogBatch(bench.stream, lines(50)), LogBatch(bench.stream, lines(1, 60), skipped=12_431))
        await pilot.pause()
        assert "— 12,431 lines skipped to stay live —" in bench.screen_text()
        assert bench.screen_text().endswith("line 60")
        async with asyncio.timeout(10):  # it is acknowledged once it was drawn, and not before
            while bench.worker.asked.count(LogSeen(bench.stream)) < 2:
                await pilot.pause()
        assert bench.worker.asked.count(LogSeen(bench.stream)) == 2


async def test_all_that_was_skipped_is_counted_where_it_stays_in_view(bench: Bench) -> None:
    async with bench.run_test(size=(80, 12)) as pilot:
        await bench.open(pilot)
        bench.worker.tell(LogBatch(bench.stream, lines(50), skipped=12_000))
        bench.worker.tell(LogBatch(bench.stream, lines(50, 60), skipped=431, gap=0.6))
        await pilot.pause()
        assert "— 12,000 lines skipped to stay live —" not in bench.screen_text(), "it went by"
        assert "▶ live  12,431 lines and 0.6 s skipped" in bench.standing()


async def test_a_busy_log_does_not_lay_the_screen_out_anew(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench.run_test(size=(80, 12)) as pilot:
        await bench.open(pilot)
        bench.worker.tell(LogBatch(bench.stream, lines(50)))
        await pilot.pause()
        asked: list[dict[str, bool]] = []
        monkeypatch.setattr(LogView, "refresh", lambda view, *regions, **how: asked.append(how))
        bench.worker.tell(LogBatch(bench.stream, lines(50, 60)))
        await pilot.pause()
        assert bench.screen_text().endswith("line 109")
        assert asked
        assert not any(how.get("layout") for how in asked)
        assert bench.pane.view.vertical_scrollbar.window_virtual_size == 100


async def test_a_pause_paints_the_rows_that_say_so_and_no_others(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench.run_test(size=(80, 12)) as pilot:
        await bench.open(pilot)
        bench.worker.tell(LogBatch(bench.stream, lines(50)))
        await pilot.pause()
        painted: list[tuple[Region, ...]] = []
        monkeypatch.setattr(LogView, "refresh", lambda view, *regions, **how: painted.append(regions))
        await pilot.press("space")
        assert "paused" in bench.standing()
        last = Region(0, bench.pane.view.size.height - 1, bench.pane.view.scrollable_content_region.width, 1)
        assert painted == [(last,)]
        await pilot.press("space")
        assert "live" in bench.standing()
        assert painted == [(last,), (last,)]


async def test_what_is_painted_is_as_wide_as_the_view_and_on_its_ground(bench: Bench) -> None:
    async with bench.run_test(size=(80, 12)) as pilot:
        await bench.open(pilot)
        texts = (b"", b"plain", b"\x1b[31mred\x1b[0m", b"x" * 500, "漢字".encode() * 60)
        bench.worker.tell(LogBatch(bench.stream, tuple(line(at, text) for at, text in enumerate(texts))))
        await pilot.pause()
        view = bench.pane.view
        await pilot.press("g", "v", "j")
        strips = view.render_lines(Region(0, 0, *view.size))
        assert len(strips) == view.size.height
        assert {strip.cell_length for strip in strips} == {view.scrollable_content_region.width}
        grounds = [{segment.style.bgcolor for segment in strip if segment.style} for strip in strips]
        assert [len(each) for each in grounds] == [1] * len(strips)
        assert grounds[0] != grounds[1] != grounds[2], "marked, under the cursor, neither"
        assert grounds[2:] == [grounds[2]] * (len(strips) - 2)


async def test_a_cut_and_what_is_missing_after_it_are_said_where_they_are(bench: Bench) -> None:
    from tuienv.model import Failure

    async with bench.run_test(size=(100, 12)) as pilot:
        await bench.open(pilot)
        cut = Failure("Unreachable", "follow the log of", "shop/web", "the engine cut it off", "Wait.")
        bench.worker.tell(
            LogBatch(bench.stream, lines(2)), LogBatch(bench.stream, failure=cut), LogBatch(bench.stream, lines(1, 9))
        )
        await pilot.pause()
        shown = bench.screen_text().split("\n")
        assert shown[1:4] == ["line 1", "— the log was cut off here: the engine cut it off —", "line 9"]


async def test_looking_back_pauses_and_new_lines_move_nothing(bench: Bench) -> None:
    async with bench.run_test(size=(80, 12)) as pilot:
        await bench.open(pilot)
        bench.worker.tell(LogBatch(bench.stream, lines(100)))
        await pilot.pause()
        await pilot.press("pageup", "k")
        before = bench.screen_text()
        bench.worker.tell(LogBatch(bench.stream, lines(100, 100)))
        await pilot.pause()
        assert bench.screen_text() == before
        await pilot.press("G")
        await pilot.pause()
        assert bench.screen_text().endswith("line 199")


async def test_filter_and_search_work_together(bench: Bench) -> None:
    async with bench.run_test(size=(80, 14)) as pilot:
        await bench.open(pilot)
        bench.worker.tell(LogBatch(bench.stream, lines(200)))
        await pilot.pause()
        await pilot.press("slash", *"5$", "enter", "f", *"15", "enter")
        await pilot.pause()
        shown = [each for each in bench.screen_text().split("\n") if each]
        assert all(each.endswith("5") for each in shown)
        cursor = bench.pane.view.cursor
        assert cursor is not None
        assert bench.pane.view.chosen()[0].raw == b"line 155"
        await pilot.press("N")
        assert bench.pane.view.chosen()[0].raw == b"line 115"
        await pilot.press("escape")
        await pilot.pause()
        assert bench.pane.view.buffer.rows == 200


async def test_a_filter_says_how_many_of_the_lines_it_shows(bench: Bench) -> None:
    async with bench.run_test(size=(80, 14)) as pilot:
        await bench.open(pilot)
        bench.worker.tell(LogBatch(bench.stream, lines(1200), skipped=3))
        await pilot.pause()
        assert bench.standing().endswith(" 1,200 lines "), "a remark is no line"
        await pilot.press("slash", *"5$", "enter")
        await pilot.pause()
        assert bench.standing().endswith(" 120 of 1,200 lines ")
        bench.worker.tell(LogBatch(bench.stream, lines(10, 1200)))
        await pilot.pause()
        assert bench.standing().endswith(" 121 of 1,210 lines ")
        await pilot.press("escape")
        await pilot.pause()
        assert bench.standing().endswith(" 1,210 lines ")


async def test_a_search_that_finds_nothing_says_so_until_a_line_has_it(bench: Bench) -> None:
    async with bench.run_test(size=(80, 14)) as pilot:
        await bench.open(pilot)
        bench.worker.tell(LogBatch(bench.stream, lines(20)))
        await pilot.pause()
        await pilot.press("f", *"needle", "enter")
        await pilot.pause()
        assert "find needle in no line" in bench.standing()
        bench.worker.tell(LogBatch(bench.stream, lines(5, 20)))
        await pilot.pause()
        assert "in no line" in bench.standing()
        bench.worker.tell(LogBatch(bench.stream, (line(30, b"the needle"),)))
        await pilot.pause()
        assert "in no line" not in bench.standing()
        await pilot.press("n")
        assert bench.pane.view.chosen()[0].raw == b"the needle"


async def test_a_cursor_whose_line_was_let_go_is_on_the_oldest(bench: Bench) -> None:
    async with bench.run_test(size=(80, 12)) as pilot:
        await bench.open(pilot)
        view = bench.pane.view
        view.buffer._most = 80
        view.add(lines(40))
        await pilot.press("w", "space", "k", "v")
        view.add(lines(400))
        await pilot.press("t", "j", "k", "k")
        assert view.cursor == view.buffer.first
        await pilot.press("y")
        assert "copied" in "".join(str(notice.message) for notice in bench._notifications)


@pytest.mark.parametrize("typed", ["a{99999999999}", "(" * 2000 + ")" * 2000], ids=["count", "brackets"])
def test_what_is_no_pattern_for_python_is_taken_as_it_is(typed: str) -> None:
    assert Pattern(typed).look()(f"x {typed} y".encode())


async def test_saving_in_a_folder_that_is_no_more_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    bench = Bench(None)
    async with bench.run_test(size=(80, 12)) as pilot:
        await bench.open(pilot)
        (tmp_path / "gone").rmdir()
        await pilot.press("ctrl+s")
        assert "The log was not saved" in "".join(str(notice.message) for notice in bench._notifications)


async def test_the_raw_bytes_are_copied_and_saved_for_this_user_alone(bench: Bench, tmp_path: Path) -> None:
    async with bench.run_test(size=(80, 12)) as pilot:
        await bench.open(pilot)
        bench.worker.tell(LogBatch(bench.stream, (line(0, b"\x1b[31mred\x1b[0m"), line(1, b"\xff"))))
        await pilot.pause()
        await pilot.press("g", "y")
        assert bench.clipboard == "\x1b[31mred\x1b[0m"
        await pilot.press("ctrl+s")
        (saved,) = tmp_path.iterdir()
        assert saved.read_bytes() == b"\x1b[31mred\x1b[0m\n\xff\n"
        assert saved.stat().st_mode & 0o777 == 0o600
        assert os.fspath(saved) in "".join(str(notice.message) for notice in bench._notifications)


async def test_scrolling_past_the_oldest_line_fetches_older_ones(bench: Bench) -> None:
    async with bench.run_test(size=(80, 12)) as pilot:
        await bench.open(pilot)
        bench.worker.tell(LogBatch(bench.stream, lines(5, start=100)))
        await pilot.pause()
        await pilot.press("g", "k")
        await pilot.pause()
        assert bench.opened[-1] == OpenLog(WEB, 10_000, follow=False)
        past = bench.pane._past.stream
        bench.worker.tell(LogBatch(past, lines(105)), LogBatch(past, ended=True))
        await pilot.pause()
        assert [entry.raw for entry in bench.pane.view.buffer.shown()][:2] == [b"line 0", b"line 1"]  # type: ignore[union-attr]  # no remarks
        assert len(bench.pane.view.buffer) == 105


async def test_wrapping_shows_all_of_a_long_line(bench: Bench) -> None:
    async with bench.run_test(size=(40, 12)) as pilot:
        await bench.open(pilot)
        bench.worker.tell(LogBatch(bench.stream, (line(0, b"a" * 90 + b"END"),)))
        await pilot.pause()
        assert "END" not in bench.screen_text()
        await pilot.press("w")
        await pilot.pause()
        assert "END" in bench.screen_text()
        assert bench.pane.view.buffer.rows == 3


async def test_another_selection_closes_the_log(bench: Bench) -> None:
    async with bench.run_test(size=(80, 12)) as pilot:
        await bench.open(pilot)
        first = bench.stream
        bench.pane.show(Address("shop", "db"))
        await pilot.pause()
        assert CloseLog(first) in bench.worker.asked
        bench.worker.tell(LogBatch(first, lines(3)))
        await pilot.pause()
        assert len(bench.pane.view.buffer) == 0


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
def test_how_it_looks(snap_compare: object, tmp_path: Path, size: tuple[int, int]) -> None:
    async def fill(pilot: object) -> None:
        app = pilot.app  # type: ignore[attr-defined]
        await app.open(pilot)
        texts = [
            b"GET /healthz 200",
            b"\x1b[33mslow query\x1b[0m 812 ms",
            b"\x1b[31merror\x1b[0m \x1b[2Jconnection reset",
        ]
        batch = tuple(line(n, texts[n % 3], f"shop/{('web', 'db')[n % 2]}/{n % 3}") for n in range(60))
        app.worker.tell(LogBatch(app.stream, batch[:55]), LogBatch(app.stream, batch[55:], skipped=12_431))
        await pilot.pause()  # type: ignore[attr-defined]
        await pilot.press("f", *"query", "enter")  # type: ignore[attr-defined]
        await pilot.pause()  # type: ignore[attr-defined]

    assert snap_compare(Bench(tmp_path), terminal_size=size, run_before=fill)  # type: ignore[operator]  # the plugin has no types
