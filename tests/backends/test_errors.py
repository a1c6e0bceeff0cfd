"""What an error of the contract reads like."""

from __future__ import annotations

import pytest

from tuienv.backends.base import Conflict

TOLD = {
    "it ended": "start web: it ended. Mend it.",
    "it ended; its last lines:\n  no map": "start web: it ended; its last lines:\n  no map\nMend it.",
}


@pytest.mark.parametrize("said", TOLD)
def test_the_remedy_is_no_part_of_a_log(said: str) -> None:
    error = Conflict("start", "web", said, "Mend it.")
    assert (str(error), str(error.as_failure())) == (TOLD[said], TOLD[said])
