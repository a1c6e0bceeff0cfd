"""How an answer in JSON is read: as botocore reads it, by what is in it.

botocore goes through every member that its model of an object knows (42 of a service, 37 of a task) and asks whether
the answer has it; most answers have few. Here it is the other way round: what is in the answer is looked up in the
model. The result is the same, in a third of the time, which is most of what a listing of thousands of services costs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from botocore.parsers import JSONParser, ResponseParser, ResponseParserFactory

_Read = Callable[[Any], Any]
_Members = Mapping[str, tuple[str, _Read | None]]
"""By the name on the wire: the name in the answer, and how to read it; None for what is taken as it stands."""


class Answers(ResponseParserFactory):
    """botocore's readers, with another for its protocol ``json`` (ECS, Logs, Secrets Manager, SSM …)."""

    def __init__(self) -> None:
        super().__init__()
        self.set_parser_defaults(timestamp_parser=moment)
        self._json = JsonAnswers(timestamp_parser=moment)

    def create_parser(self, protocol_name: str) -> ResponseParser:
        """Asked for with each answer: the one for JSON is kept, for what it has learned of the model."""
        return self._json if protocol_name == "json" else super().create_parser(protocol_name)


class JsonAnswers(JSONParser):
    """One for all clients of a session; safe to use from several threads, as botocore's is."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._known: dict[Any, _Members] = {}

    def _handle_structure(self, shape: Any, value: Any) -> Any:
        # A null, an open document and a union have rules of their own, and are few.
        if value is None or shape.is_document_type or shape.is_tagged_union:
            return super()._handle_structure(shape, value)  # type: ignore[misc]  # its stubs do not tell of it
        members = self._known.get(shape)
        if members is None:
            members = self._known[shape] = self._members(shape)
        parsed = {}
        for name, raw in value.items():
            if raw is not None and name in members:
                known, read = members[name]
                parsed[known] = raw if read is None else read(raw)
        return parsed

    def _members(self, shape: Any) -> _Members:
        return {
            member.serialization.get("name", name): (name, self._reader(member))
            for name, member in shape.members.items()
        }

    def _reader(self, shape: Any) -> _Read | None:
        if shape.type_name == "list":
            return partial(_each, self._reader(shape.member))
        handler = getattr(self, f"_handle_{shape.type_name}", None)
        return None if handler is None else partial(handler, shape)


def _each(read: _Read | None, items: list[Any]) -> list[Any]:
    return items if read is None else [None if item is None else read(item) for item in items]


def moment(value: Any) -> datetime:
    """A time in an answer. botocore's own way to read numbers, by the time zone of this machine, takes a quarter of
    what reading a listing of services costs."""
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, UTC)
    from botocore.utils import parse_timestamp

    parsed: datetime = parse_timestamp(value)
    return parsed
