"""A client in this process that dies in the middle of what it does: for providers that are in this process as well."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

from tests.contract.harness import Deed, perform
from tuienv.backends.base import Backend
from tuienv.model import Outcome


class Dead(BaseException):
    """Ends the threads of a client that died, once the test is over. No error handling sees it."""


class Death:
    """The hook of a client that dies before its `step`-th changing call: from then on none of its threads gets any
    further, not even into its clean-up."""

    def __init__(self, step: int) -> None:
        self._left = step
        self._lock = threading.Lock()
        self._buried = threading.Event()
        self.came = threading.Event()

    def __call__(self, name: str, mutating: bool) -> None:
        with self._lock:
            self._left -= mutating
            if self._left <= 0:
                self.came.set()
        if self.came.is_set():
            self._buried.wait()
            raise Dead

    def strikes(self, backend: Backend, deed: Deed, journal: Path) -> bool:
        """Do this with a client that this is the hook of. False if it came to its end before; then it ended well."""
        ended = threading.Event()
        outcomes: list[Outcome] = []

        def live() -> None:
            with suppress(Dead):
                outcomes.append(perform(backend, deed, journal))
            ended.set()

        threading.Thread(target=live, daemon=True).start()
        while not (self.came.wait(0.01) or ended.is_set()):
            pass
        if self.came.is_set():
            return True
        assert outcomes, "the client ended without an outcome"
        assert outcomes[0].ok, outcomes[0]
        return False

    def bury(self) -> None:
        self._buried.set()
