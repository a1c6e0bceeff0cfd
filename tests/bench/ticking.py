"""Runs tuienv with a tick in the screen's own loop, and writes how late each tick came.

``python -m tests.bench.ticking DELAYS ARGUMENT…``: the delays, in milliseconds, one a line, are in the file DELAYS at
the end. The program itself knows nothing of it.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

TICK = 0.005


def main() -> None:
    """Start tuienv with the tick beside it."""
    path = Path(sys.argv[1])
    sys.argv[1:] = sys.argv[2:]
    late: list[float] = []
    run = asyncio.run

    def ticked(program: Coroutine[Any, Any, Any], **options: Any) -> Any:
        return run(_beside(program, late), **options)

    asyncio.run = ticked  # type: ignore[assignment]  # the seam: tuienv calls asyncio.run once, for its screen
    from tuienv.__main__ import main as tuienv

    try:
        tuienv()
    finally:
        path.write_text("\n".join(f"{delay * 1000:.3f}" for delay in late))


async def _beside(program: Coroutine[Any, Any, Any], late: list[float]) -> Any:
    ticking = asyncio.create_task(_tick(late))
    try:
        return await program
    finally:
        ticking.cancel()


async def _tick(late: list[float]) -> None:
    while True:
        begin = time.perf_counter()
        await asyncio.sleep(TICK)
        late.append(time.perf_counter() - begin - TICK)


if __name__ == "__main__":
    main()
