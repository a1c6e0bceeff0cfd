"""The equivalent command of an operation."""

from __future__ import annotations

import pytest

from tests.plan.worlds import operation
from tuienv.engine.commands import equivalent_command
from tuienv.model import Operation, Size, Verb


@pytest.mark.parametrize(
    ("asked", "command"),
    [
        (operation(Verb.APPLY), "tuienv apply shop"),
        (operation(Verb.DESTROY, delete_data=True), "tuienv destroy shop --delete-data"),
        (operation(Verb.SCALE, "shop/web", replicas=5), "tuienv scale shop/web=5"),
        (operation(Verb.RESIZE, "shop/web", size=Size("large")), "tuienv scale shop/web --size large"),
        (operation(Verb.ROLLBACK, "shop/web", release="v12"), "tuienv rollback shop/web v12"),
        (operation(Verb.ROLLBACK, "shop/web"), "tuienv rollback shop/web"),
        (operation(Verb.RESTART, "shop/web/2"), "tuienv restart shop/web/2"),
        (
            operation(Verb.CONFIGURE, "shop/web", settings={"LEVEL": "a b", "OLD": None}),
            "tuienv config shop/web 'LEVEL=a b' --unset OLD",
        ),
    ],
)
def test_what_does_the_same_from_a_shell(asked: Operation, command: str) -> None:
    assert equivalent_command(asked) == command


def test_a_secret_is_not_written_down() -> None:
    asked = operation(Verb.CONFIGURE, "shop/web", settings={"API_TOKEN": "hunter2-hunter2"})
    assert "hunter2" not in equivalent_command(asked)
