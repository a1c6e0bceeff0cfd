"""A terminal driver that goes on from a frame which is painted already (`tuienv.first_frame`), without a flicker."""

from __future__ import annotations

from collections.abc import Callable

from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver


def taking_over(calm: Callable[[], None], enter: str) -> type[Driver]:
    """A driver that does not enter the alternate screen again (some terminals would clear it), and calls `calm`
    first, so that it remembers the terminal's own attributes as those to go back to."""

    class TakingOver(LinuxDriver):
        _entered = True

        def start_application_mode(self) -> None:
            if self._entered:
                calm()
            super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's own lacks it
            self._entered = False

        def write(self, data: str) -> None:
            if not (self._entered and data == enter):
                super().write(data)

    return TakingOver
