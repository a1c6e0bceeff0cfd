"""From the size that was asked for to one that AWS sells, and back.

Fargate sells pairs of CPU and memory, RDS and ElastiCache sell node types. The size as it was asked for is written on
what is made (`SIZE`): as long as that snaps to what is there, what was asked for is what is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tuienv.backends.base import Invalid
from tuienv.model import Kind, Size, Storage

SIZE = "tuienv:size"
"""The tag with the size as it was asked for: ``small:0.5:536870912``."""

STORAGE = "tuienv:storage"
"""The tag with the storage as it was asked for, in bytes."""

MIB, GIB = 1024**2, 1024**3

LEAST_STORAGE = 20
"""GiB of the smallest gp3 volume that RDS has (Amazon RDS user guide, "DB instance storage")."""

FARGATE: Mapping[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}
"""MiB of memory that go with so many CPU units (1024ths of a core). Source: Amazon ECS developer guide, "Task CPU and
memory"."""

DATABASES: Mapping[str, str] = {
    "": "db.t4g.micro",
    "micro": "db.t4g.micro",
    "small": "db.t4g.small",
    "medium": "db.t4g.medium",
    "large": "db.t4g.large",
    "xlarge": "db.m6g.xlarge",
}
CACHES: Mapping[str, str] = {
    "": "cache.t4g.micro",
    "micro": "cache.t4g.micro",
    "small": "cache.t4g.small",
    "medium": "cache.t4g.medium",
    "large": "cache.m6g.large",
    "xlarge": "cache.m6g.xlarge",
}
"""Node types for the sizes that mean the same everywhere; a database or cache is given what it takes to run, which is
more memory than the same name gives an app."""


def fargate(size: Size) -> tuple[int, int]:
    """CPU units and MiB of memory: the smallest pair that has both. Raises `Invalid` if there is none so big."""
    cpu, memory = (size.cpu or 0.25) * 1024, (size.memory or 0) / MIB
    for units, choices in FARGATE.items():
        if units >= cpu:
            for mebibytes in choices:
                if mebibytes >= memory:
                    return units, mebibytes
    raise Invalid("use size", size, "Fargate has nothing so big", "The most is 16 cpu with 120 GiB.")


def size_of_fargate(units: int, mebibytes: int) -> Size:
    return Size(cpu=units / 1024, memory=mebibytes * MIB)


def node_type(kind: Kind, size: Size) -> str:
    """The RDS class or the ElastiCache node type for a size; a node type's own name stands for itself.

    Raises `Invalid` for a size without a name: node types are not put together.
    """
    known, prefix = (DATABASES, "db.") if kind is Kind.DATABASE else (CACHES, "cache.")
    if not size.name and (size.cpu or size.memory):
        remedy = f"Name one of {', '.join(name for name in known if name)}, or a node type such as {known['small']}."
        raise Invalid("use size", size, f"a {kind} has a node type, not so much CPU and memory", remedy)
    if size.name in known:
        return known[size.name]
    if size.name.startswith(prefix):
        return size.name
    raise Invalid("use size", size, f"there is no {kind} of that size", f"Names begin with {prefix}.")


def explained(asked: Size, units: int, mebibytes: int) -> str:
    """What to tell where Fargate's pair is not what was asked for; empty where it is."""
    got = size_of_fargate(units, mebibytes)
    if asked.cpu in (None, got.cpu) and asked.memory in (None, got.memory):
        return ""
    return f"{asked.cpu or 0.25:g} cpu with {(asked.memory or 0) / MIB:g} MiB is not sold: takes {got}"


def size_tag(size: Size) -> dict[str, str]:
    """The size as it was asked for, as a tag."""
    cpu = "" if size.cpu is None else f"{size.cpu:g}"
    memory = "" if size.memory is None else str(size.memory)
    return {SIZE: f"{size.name}:{cpu}:{memory}"}


def asked_for(tags: Mapping[str, str]) -> Size | None:
    """The size as it was asked for, from its tag; None where none is written."""
    name, _, numbers = tags.get(SIZE, "").rpartition(":")[0].partition(":")
    memory = tags.get(SIZE, "").rpartition(":")[2]
    if SIZE not in tags:
        return None
    try:
        return Size(name, float(numbers) if numbers else None, int(memory) if memory else None)
    except ValueError:
        return None


def as_asked(kind: Kind, tags: Mapping[str, str], there: Size | None) -> Size | None:
    """The size to tell for one that is there: as it was asked for, if that is what there is."""
    asked = asked_for(tags)
    if asked is None or asked == Size() or there is None:
        return there
    return asked if any(there == size for size in _snapped(kind, asked)) else there


def _snapped(kind: Kind, asked: Size) -> Iterator[Size]:
    try:
        if kind in (Kind.DATABASE, Kind.CACHE):
            yield Size(node_type(kind, asked))
        else:
            yield size_of_fargate(*fargate(asked))
    except Invalid:
        return


def gibibytes(storage: int | None) -> int:
    """GiB that RDS gives a database for a storage."""
    return max(LEAST_STORAGE, -(-(storage or 0) // GIB))


def storage_of(allocated: int | None, tags: Mapping[str, str]) -> Storage | None:
    """The storage of a database that was given so many GiB."""
    return None if allocated is None else Storage(allocated * GIB, storage_asked(tags))


def storage_asked(tags: Mapping[str, str]) -> int:
    """The storage as it was asked for, from its tag; 0 where none is written."""
    text = tags.get(STORAGE, "")
    return int(text) if text.isdecimal() else 0
