"""One service of AWS as a place to look for layers: how it is asked, and what became of it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import ClassVar, TypeVar

from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.looking.crew import Crew
from tuienv.backends.aws.looking.notes import Home, Notes
from tuienv.backends.aws.looking.parts import Form
from tuienv.backends.base import ProviderError
from tuienv.model import Kind

T = TypeVar("T")


@dataclass(frozen=True)
class Scope:
    """What is looked for. `environment`: the one that is looked at closely, if any; `home`: where that was found
    before, None to look everywhere; `thorough`: nothing that was noted before is believed."""

    notes: Notes
    environment: str | None = None
    home: Home | None = None
    thorough: bool = False

    def includes(self, forms: frozenset[Form]) -> bool:
        """Whether any of these may be there."""
        return self.home is None or bool(forms & self.home.forms)


@dataclass
class Source:
    """What one service has. Filled by several threads at once, each of which adds whole rows under `lock`.

    `failure`: why it did not answer; what it has is then not known. Each has `look`, which adds work page by page for
    all there is in the scope, then `look_closely` for what is told of one thing at a time, then `parts`.
    """

    forms: ClassVar[frozenset[Form]]
    kind: ClassVar[Kind]

    asker: Asker
    scope: Scope
    failure: ProviderError | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    crew: Crew = field(init=False)

    def __post_init__(self) -> None:
        self.crew = Crew(self.asker.pool)


def in_batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """`size` of them at a time."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
