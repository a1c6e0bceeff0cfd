"""What the shop asks of a store."""

from __future__ import annotations

from typing import Protocol


class StoreDown(Exception):
    """A store does not answer; the message names it and nothing else: an address may hold a password."""


class Store(Protocol):
    """Something that counts visits."""

    def count(self) -> int:
        """Count one visit and return how many there are. Raises `StoreDown`."""

    def check(self) -> None:
        """Raise `StoreDown` where the store does not answer."""
