"""A log on the line API: raw lines are kept, and drawn only when they are seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tuienv.model import LogLine
from tuienv.screens.widgets.log_buffer import Entry, Filter, LogBuffer
from tuienv.screens.widgets.log_pattern import Pattern, TooSlow
from tuienv.screens.widgets.log_strips import TAB, Look, height_of, source_column, strips_of

_REMEMBERED = 3
"""Screens full of entries whose strips are kept. Each strip has seven caches of its own, all of which Python's search
for garbage goes through."""


class LogView(ScrollView, can_focus=True, inherit_bindings=False):
    """Follows the newest line until somebody looks back; then it stays where it is, with a cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"log--{name}" for name in ("time", "marker", "found", "cursor", "marked")}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False, id="log.up"),
        Binding("down,j", "move(1)", "down", show=False, id="log.down"),
        Binding("pageup,ctrl+b", "page(-1)", "page up", show=False, id="log.page_up"),
        Binding("pagedown,ctrl+f", "page(1)", "page down", show=False, id="log.page_down"),
        Binding("home,g", "oldest", "oldest line", show=False, id="log.oldest"),
        Binding("end,G", "newest", "newest line", show=False, id="log.newest"),
        Binding("left,h", "sideways(-8)", "left", show=False, id="log.left"),
        Binding("right,L", "sideways(8)", "right", show=False, id="log.right"),
        Binding("space", "pause", "pause", id="log.pause"),
        Binding("w", "wrap", "wrap", id="log.wrap"),
        Binding("t", "timestamps", "times", id="log.timestamps"),
        Binding("n", "find(1)", "next found", show=False, id="log.find_next"),
        Binding("N", "find(-1)", "previous found", show=False, id="log.find_previous"),
        Binding("v", "mark", "mark lines", show=False, id="log.mark"),
        Binding("y", "copy", "copy", id="log.copy"),
    ]

    class AtTop(Message):
        """Somebody looks for lines older than the first."""

    def __init__(
        self,
        changed: Callable[[], None] = lambda: None,
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        """`changed` is called when it follows or not, shows other things, or found nothing: what is said about it may
        have to be said anew. No message, for that would come one painting too late to answer a key with it."""
        super().__init__(id=id)
        self._changed = changed
        self.buffer = LogBuffer()
        self.following = True
        self.search = ""
        self.found_nowhere = False
        self.cursor: int | None = None
        self._anchor: int | None = None
        self._look = Look()
        self._strips: dict[tuple[int, str], list[Strip]] = {}
        self._widest = 0

    # --- lines --------------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Another log."""
        self.buffer.clear()
        self.cursor = self._anchor = None
        self.following = True
        self.found_nowhere = False
        self._widest = 0
        self._draw_anew()

    def add(self, entries: Sequence[Entry]) -> None:
        """Newer lines, and remarks between them."""
        sources, all_shown = len(self.buffer.sources), self.buffer.shows_all
        gone = self.buffer.add(entries)
        self.found_nowhere = self.found_nowhere and not self._found_in(entries)
        self._stay_inside()
        if len(self.buffer.sources) != sources:
            self._draw_anew()
        self._fit()
        if self.buffer.shows_all is not all_shown:
            self._other_lines()
        elif self.following:
            self._to_end()
        elif gone:
            self.scroll_to(y=max(0, self.scroll_offset.y - gone), animate=False, immediate=True, force=True)
        self.refresh()

    def _stay_inside(self) -> None:
        """What the cursor is on, or where marking began, may have been let go: it is on the oldest line then."""
        first = self.buffer.first
        self.cursor = None if self.cursor is None else max(self.cursor, first)
        self._anchor = None if self._anchor is None else max(self._anchor, first)

    def add_older(self, entries: Sequence[Entry]) -> None:
        """Lines from before the first; what is looked at stays where it is."""
        all_shown = self.buffer.shows_all
        came = self.buffer.add_older(entries)
        self.found_nowhere = self.found_nowhere and not self._found_in(entries)
        self._draw_anew()
        if self.buffer.shows_all is not all_shown:
            self._other_lines()
        elif not self.following:
            self.scroll_to(y=self.scroll_offset.y + came, animate=False, immediate=True, force=True)

    def show_only(self, text: str) -> None:
        """Show only the lines that match (see `Filter`); all of them for an empty text."""
        self.buffer.show_only(Filter(text) if text else None)
        self.found_nowhere = False
        self._draw_anew()
        self._other_lines()

    def _other_lines(self) -> None:
        """The filter lets others through: stay at the end, or where the cursor is."""
        if self.following:
            self._to_end()
        elif self.cursor is not None:
            self._center(self.buffer.row_of(self.cursor))
        self._changed()

    @property
    def search_too_slow(self) -> bool:
        """Whether what is searched for takes too long: it is marked nowhere then."""
        return self._look.found is not None and self._look.found.too_slow

    def search_for(self, text: str) -> None:
        """Mark where this is found, and go to the nearest place above; nothing is marked for an empty text."""
        self.search, self.found_nowhere = text, False
        self._look = replace(self._look, found=Pattern(text) if text else None)
        self._strips.clear()
        self.refresh()
        if text:
            self.action_find(-1)
        self._changed()

    def _found_in(self, entries: Sequence[Entry]) -> bool:
        """Whether what is searched for is in one of these lines, or may be."""
        pattern = self._look.found
        try:
            found = pattern.look() if pattern is not None else None
            return found is None or any(found(entry.raw) for entry in entries if isinstance(entry, LogLine))
        except TooSlow:
            return True

    def chosen(self) -> list[LogLine]:
        """The marked lines, or the one under the cursor."""
        if self.cursor is None:
            return []
        low, high = sorted((self.cursor, self.cursor if self._anchor is None else self._anchor))
        shown = (self.buffer[number] for number in self.buffer.numbers(low, high))
        return [entry for entry in shown if isinstance(entry, LogLine)]

    # --- drawing ------------------------------------------------------------------------------------------------

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows in view, straight: this view has no border, no padding and no opacity for Textual to look after, and
        a busy log changes all of its rows many times a second."""
        offset, width = self.scroll_offset, self.scrollable_content_region.width
        strips = [self._row(row, offset.x, width) for row in range(offset.y + crop.y, offset.y + crop.bottom)]
        if filters := self.get_line_filters():
            _, background = self.background_colors
            for each in filters:
                strips = [strip.apply_filter(each, background) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        return self._row(y + self.scroll_offset.y, self.scroll_offset.x, self.scrollable_content_region.width)

    def _row(self, row: int, x: int, width: int) -> Strip:
        place = self.buffer.at_row(row)
        if place is None:
            return Strip.blank(width, self._look.base)
        number, part = place
        ground = self._ground(number)
        strips = self._strips_of(number, ground)
        strip = strips[min(part, len(strips) - 1)]
        if strip.cell_length > self._widest and not self._look.wrap:
            self._widest = strip.cell_length
            self.call_later(self._fit)
        return strip.crop_extend(x, x + width, self._look.style(ground))

    def _ground(self, number: int) -> str:
        """The name of the style that an entry lies on, beside the view's own."""
        if self.cursor is None or self.following:
            return ""
        if number == self.cursor:
            return "cursor"
        low, high = sorted((self.cursor, self.cursor if self._anchor is None else self._anchor))
        return "marked" if low <= number <= high else ""

    def _strips_of(self, number: int, ground: str = "") -> list[Strip]:
        strips = self._strips.get((number, ground))
        if strips is None:
            if len(self._strips) >= _REMEMBERED * (self.size.height + 1):
                self._strips.clear()
            look = replace(self._look, base=self._look.style(ground)) if ground else self._look
            too_slow = self.search_too_slow
            strips = self._strips[number, ground] = strips_of(self.buffer[number], look)
            if self.search_too_slow is not too_slow:
                self.call_later(self._search_given_up)
        return strips

    def _search_given_up(self) -> None:
        """What is marked is not all that would have to be."""
        self._strips.clear()
        self.refresh()
        self._changed()

    def _draw_anew(self) -> None:
        """Other widths, other styles, other lines."""
        source, drop = source_column(list(self.buffer.sources))
        wrap = max(1, self.scrollable_content_region.width) if self._look.wrap else 0
        names = ("time", "marker", "found", "cursor", "marked")
        styles = {name: self.get_component_rich_style(f"log--{name}", partial=True) for name in names}
        look = self._look = replace(
            self._look, wrap=wrap, source=source, drop=drop, styles=styles, base=self.rich_style
        )
        self._strips.clear()
        self.buffer.lay_out((lambda entry: height_of(entry, look)) if wrap else None)
        self._fit()
        self.refresh()

    def _fit(self) -> None:
        width = 0 if self._look.wrap else min(self._widest, TAB + self._look.prefix)
        size = Size(max(width, self.scrollable_content_region.width), self.buffer.rows)
        if size.width == self.virtual_size.width and self.show_vertical_scrollbar:
            # Textual lays the whole screen out anew for it, many times a second while a log is busy; but only the
            # scroll bar's thumb differs, for the bar itself is always there.
            self.set_reactive(LogView.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height
        elif size != self.virtual_size:
            self.virtual_size = size

    def on_mount(self) -> None:
        self._draw_anew()

    def on_resize(self) -> None:
        if self._look.wrap:
            self._draw_anew()
        self._fit()
        if self.following:
            self._to_end()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self.is_mounted:  # before that, Textual has no component styles to give
            self._draw_anew()

    # --- moving -------------------------------------------------------------------------------------------------

    def _to_end(self) -> None:
        self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True, force=True)

    def _center(self, row: int) -> None:
        """Bring a row into the middle, so that what stands around it is seen too."""
        self.scroll_to(y=max(0, row - self.size.height // 2), animate=False, immediate=True, force=True)

    def _refresh_cursor(self) -> None:
        """Paint only the row of the cursor again, if that is in view: so a key is answered at once however busy the
        log is."""
        if self.cursor is None or self._look.wrap or self._anchor is not None:
            self.refresh()
            return
        row = self.buffer.row_of(self.cursor) - self.scroll_offset.y
        if 0 <= row < self.scrollable_content_region.height:
            self.refresh(Region(0, row, self.scrollable_content_region.width, 1))

    def _stop_following(self) -> None:
        if self.following:
            self.following = False
            bottom = self.buffer.at_row(min(self.scroll_offset.y + self.size.height, self.buffer.rows) - 1)
            self.cursor = bottom[0] if bottom else None
            self._changed()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value and self.following and new_value < self.max_scroll_y:
            self._stop_following()
        if new_value <= 0 < old_value and not self.following:
            self.post_message(self.AtTop())

    def action_move(self, rows: int) -> None:
        self._stop_following()
        if self.cursor is None:
            return
        row = self.buffer.row_of(self.cursor)
        if rows > 0:
            row += len(self._strips_of(self.cursor)) if self._look.wrap else 1
        else:
            row -= 1
        self._point(row)

    def action_page(self, pages: int) -> None:
        self._stop_following()
        if self.cursor is not None:
            self._point(self.buffer.row_of(self.cursor) + pages * max(1, self.size.height - 1))

    def action_oldest(self) -> None:
        self._stop_following()
        self._point(0)

    def action_newest(self) -> None:
        """To the newest line, and follow again."""
        self._refresh_cursor()
        self.following = True
        self.cursor = self._anchor = None
        self._to_end()
        self._changed()

    def action_sideways(self, cells: int) -> None:
        self.scroll_to(x=max(0, self.scroll_offset.x + cells), animate=False, immediate=True, force=True)

    def _point(self, row: int) -> None:
        """Put the cursor on the entry at a row, and bring it into view."""
        at_top = row < 0 or (row == 0 and self.scroll_offset.y == 0)
        place = self.buffer.at_row(min(max(0, row), self.buffer.rows - 1))
        if place is None:
            return
        self.cursor = place[0]
        first = self.buffer.row_of(place[0])
        height = len(self._strips_of(place[0])) if self._look.wrap else 1
        region = Region(self.scroll_offset.x, first, 1, min(height, self.size.height))
        self.scroll_to_region(region, animate=False, immediate=True, force=True)
        self.refresh()
        if at_top:
            self.post_message(self.AtTop())

    # --- doing --------------------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        if self.following:
            self._stop_following()
            self._refresh_cursor()
        else:
            self.action_newest()

    def action_wrap(self) -> None:
        top = self.buffer.at_row(self.scroll_offset.y)
        self._look = replace(self._look, wrap=0 if self._look.wrap else 1)
        self._draw_anew()
        if self.following:
            self._to_end()
        elif top is not None:
            self.scroll_to(x=0, y=self.buffer.row_of(top[0]), animate=False, immediate=True, force=True)
        self._changed()

    def action_timestamps(self) -> None:
        self._look = replace(self._look, timestamps=not self._look.timestamps)
        self._draw_anew()
        self._changed()

    def action_find(self, step: int) -> None:
        """Go to the next place (1), or the one before (-1), where what was searched for is found."""
        pattern = self._look.found
        if pattern is None:
            return
        fresh = self.following
        self._stop_following()
        start = (self.cursor or 0) + (1 if fresh and step < 0 else 0)
        try:
            number = self.buffer.find(pattern, start, step)
        except TooSlow:
            self._search_given_up()
            return
        self.found_nowhere = number is None
        if number is None:
            self._changed()
            return
        self.cursor = number
        self._center(self.buffer.row_of(number))
        self.refresh()

    def action_mark(self) -> None:
        """Begin to mark lines at the cursor, or stop marking."""
        self._stop_following()
        self._anchor = self.cursor if self._anchor is None else None
        self.refresh()

    def action_copy(self) -> None:
        """The chosen lines as they were written, colours and all."""
        self._stop_following()
        lines = self.chosen()
        if lines:
            text = b"\n".join(line.raw for line in lines).decode("utf-8", "replace")
            self.app.copy_to_clipboard(text)
            self.notify(f"{len(lines)} line{'s' if len(lines) > 1 else ''} copied", markup=False)
        self._anchor = None
        self.refresh()
