"""Makes the picture of the demo that the README shows: python -m tests.screens.picture docs/images/tuienv.svg"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tuienv.model import Address
from tuienv.screens.application import Application
from tuienv.screens.known import Known
from tuienv.screens.main import MainScreen
from tuienv.screens.session import Session
from tuienv.worker.client import Worker
from tuienv.worker.options import Options

SIZE = (125, 32)
LAYER = Address("shop-staging", "web")
MEASURED = 45.0
"""Seconds that the demo is left alone, so that there is something to draw."""


async def take(path: Path) -> None:
    """Write the screen, with a layer selected, opened and staged to be scaled."""
    worker = Worker(Options(demo=True))
    application = Application(Session(worker, Known(()), demo=True))
    await worker.start()
    try:
        async with application.run_test(size=SIZE, notifications=False) as pilot:
            await pilot.pause(2)
            if isinstance(application.screen, MainScreen):
                application.screen.go_to(LAYER)
            await pilot.press("right")
            await pilot.pause(MEASURED)
            await pilot.press("plus", "plus")
            await pilot.pause(1)
            path.write_text(application.export_screenshot(title="tuienv"), encoding="utf-8")
    finally:
        await worker.stop()


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1])))
