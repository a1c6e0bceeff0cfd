"""The marks that are kept with environments: read beside everything else."""

from __future__ import annotations

from dataclasses import dataclass, field

from tuienv.backends.aws import naming
from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.keeping import marks_in
from tuienv.backends.aws.looking.parts import Row
from tuienv.backends.aws.looking.source import Scope
from tuienv.backends.base import ProviderError
from tuienv.model import Marks


@dataclass
class Marked:
    """What was found of it. `failure`: why it could not be read."""

    asker: Asker
    scope: Scope
    marks: dict[str, Marks] = field(default_factory=dict)
    failure: ProviderError | None = None

    def look(self) -> None:
        """Those of the environment that is looked at, else all."""
        environment = self.scope.environment
        path = naming.PARAMETERS if environment is None else naming.parameter_path(environment)
        rows: list[Row] = []
        try:
            for page in self.asker.pages(
                "ssm", "get_parameters_by_path", "Parameters", environment or "", Path=path, Recursive=True
            ):
                rows += page
        except ProviderError as error:
            self.failure = error
        self.marks = marks_in(rows)

    def of(self, environment: str, ours: bool) -> Marks:
        """What is kept with an environment. Raises what kept it from being read where something is about to be done (a
        thorough look) to what is ours: it may be protected, and nobody could tell."""
        if self.failure is not None and self.scope.thorough and ours:
            raise self.failure
        return self.marks.get(environment, Marks())
