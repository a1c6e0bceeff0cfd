"""The one kind of field that something is typed into."""

from __future__ import annotations

import unicodedata

from rich.text import Text
from textual.widgets import Input


class Field(Input):
    """Keeps its value as it is, and shows of it what a terminal does not obey: what begins in it may be a provider's,
    and what is pasted into it anybody's."""

    @property
    def _value(self) -> Text:
        """What Textual paints: as long as the value, or the cursor would be elsewhere."""
        shown = super()._value
        if not shown.plain.isprintable():
            shown.plain = "".join(map(_shown, shown.plain))
        return shown


def _shown(letter: str) -> str:
    if letter.isprintable():
        return letter
    return " " if unicodedata.category(letter) == "Zs" else "�"
