"""The first frame: what the screen showed last, painted before Textual is imported.

It is a picture and nothing more: marked as remembered, gone as soon as Textual paints the same screen alive. Textual
takes a few tenths of a second to import; this takes a few milliseconds, so nothing is imported here that is not
already there when Python starts, or nearly so.
"""

from __future__ import annotations

import os
import sys
import termios
import time
import zlib

ENTER = "\x1b[?1049h"
"""Goes to the terminal's alternate screen (xterm, ctlseqs: DECSET 1049)."""

_LEAVE = "\x1b[?1049l\x1b[?25h"
_HIDE_CURSOR = "\x1b[?25l"
_MARK = "\x1b[1;10H\x1b[0;2;3m remembered, seen {} ago \x1b[0m"
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


class Painted:
    """A frame that is on the terminal. `attributes`: the terminal's own, which were changed so that keys typed
    ahead do not show; they are kept for Textual."""

    def __init__(self, attributes: list[object]) -> None:
        self.attributes = attributes

    def calm(self) -> None:
        """Give the terminal its own attributes back; the frame stays. One that is gone needs none."""
        try:
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, self.attributes)  # type: ignore[arg-type]  # typeshed's own alias is private
        except termios.error:
            return

    def leave(self) -> None:
        """Take the frame away, as if nothing had been painted."""
        self.calm()
        _write(_LEAVE)


def paint(frames: Frames) -> Painted | None:
    """Paint the remembered frame for this terminal; None if there is none."""
    try:
        columns, rows = os.get_terminal_size(sys.stderr.fileno())
        attributes = termios.tcgetattr(sys.stdin.fileno())
    except (OSError, termios.error):
        return None
    frame = frames.read(columns, rows)
    if frame is None:
        return None
    taken_at, lines = frame
    quiet = [*attributes]
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, quiet)
    painted = "".join(f"\x1b[{row};1H{line}" for row, line in enumerate(lines, 1))
    _write(ENTER + _HIDE_CURSOR + painted + _MARK.format(_age(time.time() - taken_at)))
    return Painted(attributes)


def _write(text: str) -> None:
    """To stderr, where Textual paints too."""
    sys.stderr.write(text)
    sys.stderr.flush()


def _age(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(max(0.0, seconds))} s"


def _absolute(path: str) -> str:
    return path if os.path.isabs(path) else ""
