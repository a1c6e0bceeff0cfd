"""Whether the worker lives: how long nothing came from it, counted in beats of the screen's own event loop.

Beats are counted and no clock is read. A process that did not run itself (the machine slept, it was stopped, a shell
had its terminal) has no beats meanwhile, and so takes its own absence for nobody's silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Patience:
    """`beat` in seconds, the others in beats: nothing came for `ask`, so it is asked; for `tell`, so it is silent
    (`first`, before its first word: it imports what it needs, from a slow disk perhaps); `restart` more, so it is
    ended, if nothing is lost by that. One that talks is asked too, every `every`, and is held to be silent where it
    has answered none of that for `talk`: a log may run on where nobody tells any more what changes.

    Three seconds for an answer are long: the thread that gives it does nothing else that takes time. Half a minute
    more outlasts a machine that has run out of memory for a moment, and people have been told meanwhile.
    """

    beat: float = 1.0
    ask: int = 2
    tell: int = 5
    first: int = 30
    restart: int = 30
    every: int = 10
    talk: int = 40


PATIENCE = Patience()


class Beat(Enum):
    """What is to be done now."""

    NOTHING = "nothing"
    ASK = "ask"
    TELL = "tell"
    RESTART = "restart"


class Pulse:
    """The silence of one process. `silent`: it is held to be hung."""

    def __init__(self, patience: Patience = PATIENCE) -> None:
        self._patience = patience
        self._spoke = self.silent = False
        self._quiet = self._unanswered = 0

    @property
    def doubtful(self) -> bool:
        """Whether it is to be asked, whatever else comes from it."""
        return self._unanswered >= self._patience.every

    def heard(self) -> None:
        """Anything came from it."""
        self._quiet = 0
        self._spoke, self.silent = True, self._unanswered >= self._patience.talk

    def answered(self) -> None:
        """It was asked, and says that it lives."""
        self._unanswered = 0
        self.heard()

    def beat(self) -> Beat:
        """One more beat without a word, or without an answer."""
        self._quiet += 1
        self._unanswered += self._spoke
        allowed = self._patience.tell if self._spoke else self._patience.first
        late = max(self._quiet - allowed, self._unanswered - self._patience.talk)
        if late == 0:
            self.silent = True
            return Beat.TELL
        if late >= self._patience.restart:
            return Beat.RESTART
        doubts = self.doubtful and self._unanswered % self._patience.every == 0
        return Beat.ASK if doubts or self._quiet == self._patience.ask else Beat.NOTHING
