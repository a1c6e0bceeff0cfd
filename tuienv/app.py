"""Opens the screen: paints what was seen last, starts the worker, then lets Textual take over.

Nothing heavy is imported before it is needed: the frame is painted, and the worker's process started, while Textual
is still to be read from the disk.
"""

from __future__ import annotations

from tuienv.start import Start


def run(start: Start) -> int:
    """Show the screen until somebody quits. Returns the exit code of the process."""
    import asyncio

    from tuienv.worker.client import Worker
    from tuienv.worker.messages import Options

    worker = Worker(_options(start, Options))
    worker.spawn()
    return asyncio.run(_show(worker, start))


def _options(start, Options):
    pair = (start.backend or "docker", start.profile)
    return Options(files=start.files, profiles=(pair,), read_only=start.read_only, demo=start.demo)


async def _show(worker, start):
    from tuienv.screens.application import Application
    from tuienv.screens.known import Known
    from tuienv.screens.session import Session

    await worker.start()
    try:
        code = await Application(
            Session(worker, Known(), read_only=start.read_only, files=start.files, demo=start.demo)
        ).run_async()
    finally:
        await worker.stop()
    return code or 0
