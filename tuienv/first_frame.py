"""The first frame: what the screen showed last, painted before Textual is imported.

It is a picture and nothing more: marked as remembered, gone as soon as Textual paints the same screen alive. Textual
takes a few tenths of a second to import; this takes a few milliseconds, so nothing is imported here that is not
already there when Python starts, or nearly so.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import threading
import time
import zlib
from collections.abc import Iterable

ENTER = "\x1b[?1049h"
"""Goes to the terminal's alternate screen (xterm, ctlseqs: DECSET 1049)."""

_LEAVE = "\x1b[?1049l\x1b[?25h"
_HIDE_CURSOR = "\x1b[?25l"
_MARK = "\x1b[1;10H\x1b[0;2;3m remembered, seen {} ago \x1b[0m"
PATIENCE = 1.0
"""Seconds that an end waits for a terminal that takes nothing."""

_MOST = 24
"""Frames that are kept: a few windows, a few places. The oldest go."""


def cache_folder() -> str:
    """Where frames are: a folder of `tuienv.settings.paths().cache`, found without its imports."""
    home = os.environ.get("TUIENV_HOME")
    if home:
        root = os.path.join(os.path.abspath(os.path.expanduser(home)), "cache")
    elif sys.platform == "darwin":
        root = os.path.expanduser("~/Library/Caches/tuienv")
    else:
        root = os.path.join(_absolute(os.environ.get("XDG_CACHE_HOME", "")) or os.path.expanduser("~/.cache"), "tuienv")
    return os.path.join(root, "frames")


class Frames:
    """The frames of one place: `place` names what is shown (folder, files, profile)."""

    def __init__(self, place: str, folder: str = "") -> None:
        look = [os.environ.get(name, "") for name in ("TERM", "COLORTERM", "NO_COLOR")]
        self._key = f"{zlib.crc32(chr(0).join((place, *look)).encode()):08x}"
        self._folder = folder or cache_folder()

    def read(self, columns: int, rows: int) -> tuple[float, list[str]] | None:
        """When the frame for that terminal was taken, and its lines; None if there is none."""
        try:
            with open(self._path(columns, rows), encoding="utf-8") as file:
                taken_at, *lines = file.read().split("\n")
            return (float(taken_at), lines) if len(lines) == rows else None
        except (OSError, ValueError):
            return None

    def write(self, columns: int, lines: list[str]) -> None:
        """Keep a frame. It is a convenience: where it cannot be written, there is none."""
        path = self._path(columns, len(lines))
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            with open(os.open(path + "~", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write("\n".join([str(time.time()), *lines]))
            os.replace(path + "~", path)
            self._forget_oldest()
        except OSError:
            return

    def _path(self, columns: int, rows: int) -> str:
        return os.path.join(self._folder, f"{self._key}-{columns}x{rows}")

    def _forget_oldest(self) -> None:
        paths = [os.path.join(self._folder, name) for name in os.listdir(self._folder)]
        for path in sorted(paths, key=os.path.getmtime)[:-_MOST]:
            os.unlink(path)


class Stage:
    """The terminal until Textual takes it over: what is shown before is painted here, by whichever thread.

    `painted`: whether there is a frame on it, and so the alternate screen.
    """

    def __init__(self) -> None:
        self.painted = False
        self._painting = threading.Lock()
        self._taken = False
        self._own: list[object] = []

    def size(self) -> tuple[int, int]:
        """Columns and rows. Raises `OSError` where there is no terminal."""
        return os.get_terminal_size(sys.stderr.fileno())

    def paint(self, lines: Iterable[str], mark: str = "") -> None:
        """Put a frame on the terminal, one line a row; none once the terminal is Textual's. Raises `OSError` where it
        is gone."""
        with self._painting:
            if self._taken:
                return
            enter = "" if self.painted else self._enter()
            self.painted = True
            _write(enter + "".join(f"\x1b[{row};1H{line}" for row, line in enumerate(lines, 1)) + mark)

    def hand_over(self) -> bool:
        """Leave the terminal to Textual, with its own attributes: a frame stays, and not a byte is written from here
        any more. Whether there is a frame."""
        with self._painting:
            self._taken = True
            self._give_back()
            return self.painted

    def leave(self) -> None:
        """Take the frame away, as if nothing had been painted. A terminal that takes nothing is given a second, and
        then left as it is: whoever ends must not wait for it."""
        ended = self._painting.acquire(timeout=PATIENCE)
        self._taken = True
        if self.painted:
            self._give_back()
            with contextlib.suppress(OSError):
                if ended and _takes(PATIENCE):
                    _write(_LEAVE)
        if ended:
            self._painting.release()

    def _enter(self) -> str:
        """Change the terminal's attributes so that keys typed ahead do not show; they are kept for Textual."""
        try:
            own = termios.tcgetattr(sys.stdin.fileno())
            quiet = [*own]
            quiet[3] &= ~(termios.ECHO | termios.ICANON)
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, quiet)
            self._own = [*own]
        except termios.error as error:
            raise OSError(*error.args) from error
        return ENTER + _HIDE_CURSOR

    def _give_back(self) -> None:
        """Give the terminal its own attributes back. One that is gone needs none."""
        with contextlib.suppress(termios.error):
            if self._own:
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, self._own)  # type: ignore[arg-type]  # typeshed's own alias is private


def show_remembered(frames: Frames, stage: Stage) -> None:
    """Paint the remembered frame for this terminal, if there is one."""
    with contextlib.suppress(OSError):
        frame = frames.read(*stage.size())
        if frame is not None:
            taken_at, lines = frame
            stage.paint(lines, _MARK.format(_age(time.time() - taken_at)))


def _write(text: str) -> None:
    """To stderr, where Textual paints too. Past its buffer, whose lock a thread that waits here would keep from the
    interpreter's end."""
    data = text.encode(sys.stderr.encoding, "backslashreplace")
    while data:
        data = data[os.write(sys.stderr.fileno(), data) :]


def _takes(seconds: float) -> bool:
    """Whether the terminal takes something within so many seconds: not after ctrl+s."""
    return bool(select.select([], [sys.stderr.fileno()], [], seconds)[1])


def _age(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(max(0.0, seconds))} s"


def _absolute(path: str) -> str:
    return path if os.path.isabs(path) else ""
