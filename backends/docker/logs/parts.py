"""What every log that is copied has in common, wherever its bytes are from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator


class Parts(ABC):
    """A `Stream` of parts of a log: whole lines, each with its newline."""

    def __init__(self) -> None:
        self._parts = self._read()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._parts)

    @abstractmethod
    def close(self) -> None:
        """End it; a reader in another thread comes out of it."""

    @abstractmethod
    def _read(self) -> Generator[bytes, None, None]:
        """The parts, one after the other. Nothing is done before the first is asked for."""
