"""What is pasted is text, whatever is in it: Textual takes what follows an escape character in it for keys."""

from __future__ import annotations

from collections.abc import Iterable

from textual._xterm_parser import XTermParser
from textual.message import Message

BEGIN, END = "\x1b[200~", "\x1b[201~"
"""Around what is pasted (xterm, ctlseqs: bracketed paste mode)."""


class PasteSafeParser(XTermParser):
    """Textual's parser of what a terminal sends, fed with pastes that have no escape character in them."""

    _pasting = False
    _passed = ""
    _held = ""

    def feed(self, data: str) -> Iterable[Message]:
        cleaned = self._cleaned(data) if data else data
        if cleaned or not data:  # to Textual nothing at all is the end
            yield from super().feed(cleaned)

    def _cleaned(self, data: str) -> str:
        """The data without the escape characters of pastes. What may be the start of a paste's end is held back until
        the rest of it has come; that of its beginning is not, for it may be a key."""
        data, self._held = self._held + data, ""
        parts: list[str] = []
        while data:
            data = self._pasted(data, parts) if self._pasting else self._typed(data, parts)
        return "".join(parts)

    def _typed(self, data: str, parts: list[str]) -> str:
        """Pass on what was typed; gives what is left for a paste."""
        seen = self._passed + data
        at = seen.find(BEGIN)
        self._pasting = at >= 0
        end = at + len(BEGIN) - len(self._passed) if self._pasting else len(data)
        self._passed = "" if self._pasting else seen[-len(BEGIN) + 1 :]
        parts.append(data[:end])
        return data[end:]

    def _pasted(self, data: str, parts: list[str]) -> str:
        """Pass on what was pasted; gives what comes after it."""
        text, end, rest = data.partition(END)
        if end:
            self._pasting = False
        else:
            count = next((size for size in range(len(END) - 1, 0, -1) if text.endswith(END[:size])), 0)
            self._held, text = text[len(text) - count :], text[: len(text) - count]
        parts.append(text.replace("\x1b", "") + end)
        return rest
