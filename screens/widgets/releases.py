"""The Releases pane: what was released of the selected layer, and the way back to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message

from tuienv.model import Action, Address, Release
from tuienv.screens.session import Session
from tuienv.screens.widgets.past import Past
from tuienv.screens.widgets.pieces import Line, cut, fit, wrap
from tuienv.text import plain
from tuienv.worker.messages import Answer, ReadReleases, ReleaseList, Request

_WIDEST_NAME, _WIDEST_BY = 12, 24

_STATUS = {"succeeded": ("○", "dim"), "failed": ("✗", "failed"), "pending": ("◔", "starting")}


class Releases(Past[Release]):
    """A line a release; below them, how the one under the cursor differs from the one before it.

    It changes nothing itself: `Wanted` tells the screen where somebody wants to go back to, and a plan is shown for it.
    """

    what = "releases"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "go back to it", id="releases.rollback"),
    ]

    @dataclass
    class Wanted(Message):
        """The layer shall go back to this release."""

        address: Address
        release: str

    def __init__(self, session: Session) -> None:
        super().__init__(session, id="releases")
        self._names = 0

    def on_choices_chosen(self, event: Past.Chosen) -> None:
        event.stop()
        chosen = self.chosen
        if chosen is not None and self._address is not None and self._can_go_to(chosen):
            self.post_message(self.Wanted(self._address, chosen.name))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "choose":
            chosen = self.chosen
            return chosen is not None and self._can_go_to(chosen)
        return True

    def _can_go_to(self, release: Release) -> bool:
        return not release.current and self._session.can(self._address, Action.ROLLBACK)

    def request(self, address: Address) -> Request:
        return ReadReleases(address)

    def items(self, answer: Answer) -> tuple[Release, ...]:
        assert isinstance(answer, ReleaseList)
        return answer.releases

    def same(self, one: Release, other: Release) -> bool:
        return one.name == other.name

    def kept(self) -> bool:
        return self._able("releases")

    def world_changed(self) -> None:
        self._names = min(_WIDEST_NAME, max((cell_len(plain(each.name)) for each in self._found or ()), default=0))
        super().world_changed()

    def line(self, item: Release, width: int) -> Line:
        glyph, tone = ("●", "good") if item.current else _STATUS.get(item.status, ("○", "dim"))
        name = max(4, self._names)
        by = f"  {cut(item.by, _WIDEST_BY)}" if item.by else ""
        said = ("" if item.status == "succeeded" else f"{item.status}  ") + (item.description or item.status)
        room = max(8, width - name - 12 - cell_len(by))
        return (
            (f" {glyph} ", tone),
            (fit(item.name, name), "strong" if item.current else ""),
            (fit(f"  {self._age(item.at)}", 8), "dim"),
            (cut(said, room), "failed" if item.status == "failed" else ""),
            (by, "dim"),
        )

    def below(self, item: Release, width: int) -> list[Line]:
        heading = (
            f"{item.name}: what it changed" if item.differences else f"{item.name}: nothing is told of what it changed"
        )
        lines: list[Line] = [(), ((f" {heading}", "dim"),)]
        for difference in item.differences:
            for index, part in enumerate(wrap(str(difference), width - 4)):
                lines.append(((" ~ " if not index else "   ", "drift"), (part, "")))
        return lines
