"""Streams the measurements of the instances in view, and of nothing else: each costs its provider something."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tuienv.backends.base import Looks, Measures, Stream

if TYPE_CHECKING:
    from tuienv.model import Address, Sample

AGAIN = 2.0
"""Seconds before a stream that ended is opened again, if its instances are still in view."""


@dataclass(eq=False)
class _Group:
    """Instances that are measured by one stream."""

    targets: frozenset[Address]
    closed: threading.Event = field(default_factory=threading.Event)
    stream: Stream[list[Sample]] | None = None

    def close(self) -> None:
        self.closed.set()
        if self.stream is not None:
            self.stream.close()


class Measuring:
    """The measurements of one pair. `samples` has the latest of each instance since they were taken last.

    A stream cannot be changed, so that scrolling by a row adds a stream for the new row; one is let go when most of
    what it measures is out of view.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: list[_Group] = []
        self._samples: dict[str, Sample] = {}
        self._wanted: frozenset[Address] = frozenset()
        self._closed = False

    def focus(self, backend: Looks, targets: Iterable[Address]) -> None:
        """Measure these from now on, and only these."""
        if not isinstance(backend, Measures):
            return
        wanted = frozenset(targets)
        with self._lock:
            if self._closed:
                return
            self._wanted = wanted
            kept = [group for group in self._groups if 2 * len(group.targets & wanted) > len(group.targets)]
            let_go = [group for group in self._groups if group not in kept]
            new = wanted.difference(*(group.targets for group in kept))
            self._groups = kept
            if new:
                self._open(backend, new)
        for group in let_go:
            group.close()

    def take(self) -> list[Sample]:
        """The samples since the last time; of instances in view alone."""
        with self._lock:
            samples, self._samples = self._samples, {}
            names = {str(address) for address in self._wanted}
        return [sample for sample in samples.values() if sample.address in names]

    def close(self) -> None:
        with self._lock:
            self._closed = True
            groups, self._groups = self._groups, []
        for group in groups:
            group.close()

    def _open(self, backend: Measures, targets: frozenset[Address]) -> None:
        group = _Group(targets)
        self._groups.append(group)
        threading.Thread(target=self._measure, args=(backend, group), name="measure", daemon=True).start()

    def _measure(self, backend: Measures, group: _Group) -> None:
        while not group.closed.is_set():
            with contextlib.suppress(Exception):  # the pair's own connection tells why; a mistake ends no measuring
                self._read(backend, group)
            group.closed.wait(AGAIN)

    def _read(self, backend: Measures, group: _Group) -> None:
        group.stream = backend.metrics(sorted(group.targets))
        if group.closed.is_set():
            group.stream.close()
        for batch in group.stream:
            self._put(batch)

    def _put(self, batch: Sequence[Sample]) -> None:
        with self._lock:
            self._samples.update((sample.address, sample) for sample in batch)
