"""CloudFormation: which stacks there are, and which of them are parts of others."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.looking.parts import Row, tail_of
from tuienv.backends.base import ProviderError

GONE = "DELETE_COMPLETE"


@dataclass
class Stacks:
    """What CloudFormation has."""

    asker: Asker
    rows: list[Row] = field(default_factory=list)
    told: bool = False

    def look(self) -> None:
        """All of them. They only say how what was found hangs together: where they may not be read, it hangs together
        a little less, and nothing is unknown."""
        with suppress(ProviderError):
            for page in self.asker.pages("cloudformation", "describe_stacks", "Stacks"):
                self.rows += [row for row in page if row.get("StackStatus") != GONE]
            self.told = True

    def roots(self) -> dict[str, str]:
        """The name of the outermost stack of each nested one, by the nested one's ID."""
        names = {str(row["StackId"]): str(row["StackName"]) for row in self.rows}
        return {
            str(row["StackId"]): names.get(str(row["RootId"]), stack_name(str(row["RootId"])))
            for row in self.rows
            if row.get("RootId")
        }


def stack_name(identity: str) -> str:
    """``shop`` of ``arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/51af3dc0…``."""
    parts = identity.split("/")
    return parts[1] if len(parts) > 1 else tail_of(identity)
