"""What an interrupted change left of a layer of ours: its security group, which is made first and goes last."""

from __future__ import annotations

from collections.abc import Sequence

from tuienv.backends.aws import naming
from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.looking.parts import Row, resource, tags_in, word
from tuienv.backends.aws.looking.source import Scope
from tuienv.backends.base import ProviderError
from tuienv.model import Kind, Layer, Status


class Remains:
    """Asked for only where everything is looked at: a plan wants to know, a screen does not."""

    def __init__(self, asker: Asker, scope: Scope) -> None:
        self._asker, self._scope = asker, scope
        self._groups: list[Row] = []

    def look(self) -> None:
        """Nothing of ours is lost sight of where they may not be listed: it is only not cleared away."""
        if not self._scope.thorough or self._scope.environment is None:
            return
        filters = [{"Name": f"tag:{naming.ENVIRONMENT}", "Values": [self._scope.environment]}]
        try:
            pages = self._asker.pages("ec2", "describe_security_groups", "SecurityGroups", Filters=filters)
            self._groups = [row for page in pages for row in page]
        except ProviderError:
            return

    def layers(self, there: Sequence[Layer], backend: str, profile: str) -> list[Layer]:
        """The layers of which nothing else is left, beside those that are there."""
        names, found = {layer.name for layer in there}, []
        for row in self._groups:
            tags = tags_in(row.get("Tags"))
            name, kind = word(tags.get(naming.LAYER), 64), tags.get(naming.KIND, "")
            if name and name not in names and kind in set(Kind):
                names.add(name)
                held = (resource("security group", str(row.get("GroupName", ""))),)
                needs = naming.needs_of(tags)
                found.append(Layer(name, Kind(kind), backend, profile, Status.ABSENT, resources=held, needs=needs))
        return found
