"""``python -m tests.screens.strangers NUMBER``: the screen on this terminal, with one of the hostile texts wherever a
provider may put one, its log included."""

from __future__ import annotations

import asyncio
import sys

from tests.screens.fake import FakeWorker
from tests.screens.sitting import application
from tests.screens.test_hostile import HOSTILE, hostile
from tuienv.model import Failure, LogLine
from tuienv.model.state import ConnectionChanged, FilesRefused
from tuienv.screens.driver import TerminalDriver
from tuienv.worker.client import Call
from tuienv.worker.messages import LogBatch, OpenLog, Request


class Stranger(FakeWorker):
    """A worker whose logs are hostile too."""

    def __init__(self, text: str) -> None:
        super().__init__()
        raw = text.encode("utf-8", "surrogatepass")
        self._lines = tuple(LogLine(1_800_000_000.0, f"{text}/{text}/1", each) for each in (raw, raw + b"\xff\xfe"))

    def begin(self, request: Request) -> Call:
        call = super().begin(request)
        if isinstance(request, OpenLog):
            batch = LogBatch(call.number, self._lines)
            asyncio.get_running_loop().call_later(0.01, self.tell, batch)
        return call


def main() -> None:
    text = HOSTILE[int(sys.argv[1])]
    worker = Stranger(text)
    made, _ = application(worker, hostile(text))
    failure = Failure("Unreachable", text, text, text, text)
    worker.tell(ConnectionChanged("docker", text, None, failure, 1_800_000_000.0), FilesRefused((text,)))
    made.driver_class = TerminalDriver
    made.run()


if __name__ == "__main__":
    main()
