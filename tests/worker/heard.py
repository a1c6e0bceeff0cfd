"""What a worker process tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from tuienv.worker.client import Worker
from tuienv.worker.messages import Update

T = TypeVar("T")


class Heard:
    """A subscriber that can be waited for."""

    def __init__(self, worker: Worker) -> None:
        self.updates: list[Update] = []
        self._news = asyncio.Event()
        worker.subscribe(self._take)

    def of(self, kind: type[T]) -> list[T]:
        return [update for update in self.updates if isinstance(update, kind)]

    async def wait(self, found: Callable[[], T]) -> T:
        async with asyncio.timeout(60):
            while not (result := found()):
                self._news.clear()
                await self._news.wait()
            return result

    def _take(self, update: Update) -> None:
        self.updates.append(update)
        self._news.set()
