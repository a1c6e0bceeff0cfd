"""Wait for a condition at the double, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
PATIENCE = 30.0


def until(look: Callable[[], Found | None]) -> Found:
    """Look until there is something to see. Fails when there is still nothing after half a minute."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it did not come to that")
