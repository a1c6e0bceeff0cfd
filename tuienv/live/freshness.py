"""`Live`: everything that keeps the state of all environments fresh, put together.

world = what is known;  a `PairKeeper` per (backend, profile) and a `FileWatcher` take in;  one thread tells
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from tuienv.backends.base import ProviderError
from tuienv.live.declared import Declaration, FileWatcher
from tuienv.live.measuring import Measuring
from tuienv.live.pace import PACE
from tuienv.live.pair import PairKeeper
from tuienv.live.records import Pair
from tuienv.live.telling import Teller
from tuienv.live.world import World
from tuienv.model import EnvironmentSpec
from tuienv.model.state import EnvironmentsChanged, Notice, Samples

if TYPE_CHECKING:
    from tuienv.backends.base import Backends, Looks
    from tuienv.live.declared import Files
    from tuienv.live.pace import Pace
    from tuienv.live.remembered import Memory
    from tuienv.model import Address, Layer
    from tuienv.model.state import EnvironmentState

REST = 4
"""However big the world, the thread that tells rests four times as long as it works."""

Listener = Callable[[Sequence[Notice]], None]

LookAt = Callable[[Iterable[Pair]], Iterable[Pair]]
"""From the pairs that the files name to all that are looked at."""

Applied = Callable[[EnvironmentSpec], EnvironmentSpec]
"""From an environment as its file says it to the same with the profiles that it is used with here."""


class Live:
    """Keeps what exists at these pairs, and at those that the files name, fresh; tells `listener` what changes.

    `pairs` is None where they are still to be found out: then `use` says them, and nothing is called gone before.

    The listener is called from one thread, with what changed since the last time, first at once and then every
    `Pace.coalesce` seconds; while it takes its time, changes add up and are told as one. `expected`: the environments
    that it knows of from before; once every provider has answered, those that are no more are told to be gone.
    """

    def __init__(
        self,
        backends: Backends,
        pairs: Iterable[Pair] | None,
        listener: Listener,
        *,
        files: Files | None = None,
        memory: Memory | None = None,
        expected: Iterable[str] = (),
        pace: Pace = PACE,
    ) -> None:
        self._backends, self._listener, self._pace, self._memory = backends, listener, pace, memory
        self._look_at = None if pairs is None else _beside(pairs)
        self._applied: Applied = _as_it_is
        self._declared = Declaration()
        self._arranging, self._telling = threading.Lock(), threading.Lock()
        self._world = World(time.time())
        self._teller = Teller(self._world, expected)
        self._keepers: dict[Pair, PairKeeper] = {}
        self._measuring: dict[Pair, Measuring] = {}
        self._focus: tuple[Address, ...] = ()
        self._focused = threading.Event()
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._closed = threading.Event()
        self._threads: list[threading.Thread] = []
        self._answered = threading.Event()
        self._files = FileWatcher(files, self._declare, pace.files) if files else None

    # --- its life

    def start(self) -> None:
        """Tell what is remembered, and begin to look. Waits for nobody."""
        for pair in self._look_at(()) if self._look_at else ():
            self._keep(pair)
        if self._memory is not None:
            with self._world.lock:
                self._world.remember(self._memory.read())
            self._tell_soon()
        for run in (self._tell, self._tick):
            thread = threading.Thread(target=run, name=run.__name__, daemon=True)
            self._threads.append(thread)
            thread.start()
        if self._files is None:
            self._declare(Declaration())
        else:
            self._files.start(self._answered)

    def close(self) -> None:
        """End every thread, and write what is known for the next start."""
        for event in (self._closed, self._news, self._focused):
            event.set()
        if self._files is not None:
            self._files.close()
        for keeper in list(self._keepers.values()):
            keeper.close()
        for measuring in list(self._measuring.values()):
            measuring.close()
        self._remember()

    # --- what is asked of it

    def lives(self) -> bool:
        """Whether what changes can still be told. Waits, for ever if need be, where somebody holds on to what is known
        or to the telling of it: whoever asks concludes from the silence."""
        with self._telling, self._world.lock:
            return all(thread.is_alive() for thread in self._threads)

    def spec(self, environment: str) -> EnvironmentSpec | None:
        """What the files say of an environment."""
        with self._world.lock:
            return self._world.spec(environment)

    def layer(self, address: Address) -> Layer | None:
        """A layer as it was observed last."""
        with self._world.lock:
            return self._world.layer(address.environment, address.layer)

    def states(self) -> list[EnvironmentState]:
        """Every environment as it is now."""
        with self._world.lock:
            return [state for name in self._world.names() if (state := self._world.state(name)) is not None]

    def backends_of(self, address: Address) -> list[Looks]:
        """The backends that have something of this address, as far as is known, or where its file wants it. Raises
        `ProviderError`."""
        with self._world.lock:
            pairs = self._world.where(address) or self._world.wanted_at(address)
        return [self._backends.get(*pair) for pair in pairs]

    def pairs(self) -> list[Pair]:
        """Every (backend, profile) pair that is looked at."""
        with self._lock:
            return list(self._keepers)

    def use(self, look_at: LookAt, applied: Applied) -> None:
        """Look at these pairs from now on, and use the files' environments with these profiles. What another pair had
        is let go of: its threads, its connections, and all that was known there."""
        self._look_at, self._applied = look_at, applied
        self._arrange()
        with self._telling:  # whatever was on its way from before has been told now
            pass

    def tidy(self) -> None:
        """Close what somebody who began before a switch has opened at a pair that nobody looks at any more."""
        for pair in self._backends.opened():
            with self._arranging:
                if self._look_at is not None and pair not in self._keepers:
                    self._backends.let_go(*pair)

    def declared_pairs(self) -> list[Pair]:
        """The (backend, profile) pairs that the files name, with what was chosen for them."""
        specs = map(self._applied, self._declared.specs)
        return list(dict.fromkeys((layer.backend, layer.profile) for spec in specs for layer in spec.layers))

    def focus(self, addresses: Iterable[Address]) -> None:
        """These are in view: measure the instances, keep the environments fresh. Said often, done when it settles."""
        self._focus = tuple(addresses)
        self._focused.set()

    def refresh(self) -> None:
        """Look at everything again now, the files too."""
        if self._files is not None:
            self._files.again()
        for keeper in list(self._keepers.values()):
            keeper.refresh()

    def look(self, environment: str) -> None:
        """Look at one environment soon, wherever it is: something was done to it."""
        for keeper in list(self._keepers.values()):
            keeper.look(environment)

    def acted(self, address: Address) -> None:
        """Something is being done to this: where nobody pushes what changes, look."""
        for keeper in list(self._keepers.values()):
            if not keeper.pushes:
                keeper.look(address.environment)

    # --- what comes in

    def _keep(self, pair: Pair) -> None:
        with self._lock:
            if pair in self._keepers or self._closed.is_set():
                return
            keeper = self._keepers[pair] = PairKeeper(pair, self._backends, self._world, self._tell_soon, self._pace)
            self._measuring[pair] = Measuring()
        with self._world.lock:
            self._world.pair(pair)
        keeper.start()

    def _declare(self, declared: Declaration) -> None:
        self._declared = declared
        self._arrange(declared=True)

    def _arrange(self, *, declared: bool = False) -> None:
        """Bring what is looked at, and what the world knows, to what the files and the choices say now."""
        with self._arranging:
            specs = [self._applied(spec) for spec in self._declared.specs]
            wanted = dict.fromkeys((layer.backend, layer.profile) for spec in specs for layer in spec.layers)
            looked_at = list(dict.fromkeys(self._look_at(wanted))) if self._look_at else None
            let_go = [] if looked_at is None else self._end_all_but(looked_at)
            with self._world.lock:
                if declared or self._world.has_read_files:
                    self._world.declare(specs, self._declared.mistakes)
                if looked_at is not None:
                    self._world.watch(looked_at)
            for pair in let_go:
                self._backends.let_go(*pair)
            for pair in wanted if looked_at is None else looked_at:
                self._keep(pair)
        self._tell_soon()

    def _end_all_but(self, pairs: Iterable[Pair]) -> list[Pair]:
        """End whoever asks and measures at other pairs; which those were."""
        with self._lock:
            surplus = [pair for pair in self._keepers if pair not in pairs]
            let_go = [each for pair in surplus for each in (self._keepers.pop(pair), self._measuring.pop(pair))]
        for each in let_go:
            each.close()
        return surplus

    def _tell_soon(self) -> None:
        if not self._news.is_set():
            self._news.set()

    # --- the threads

    def _tell(self) -> None:
        while self._news.wait() and not self._closed.is_set():
            self._news.clear()
            began = time.monotonic()
            with self._telling:
                notices = self._teller.drain()
                if notices:
                    self._listener(notices)
            if notices:
                if any(isinstance(notice, EnvironmentsChanged) for notice in notices):
                    self._focused.set()  # what is in view may only now be there
                if self._memory is not None:
                    self._memory.stale = True
            if not self._answered.is_set() and self._world.answered():
                self._answered.set()
            self._closed.wait(max(self._pace.coalesce, REST * (time.monotonic() - began)))

    def _tick(self) -> None:
        """What happens about once a second: measurements, patience, remembering; and focus, when it changes."""
        while not self._closed.is_set():
            if self._focused.wait(self._pace.samples):
                self._closed.wait(self._pace.refocus)  # a cursor on the run says it often
                self._focused.clear()
                self._apply_focus()
            for keeper in list(self._keepers.values()):
                keeper.check_patience(time.monotonic())
            self._tell_samples()
            if self._memory is not None and self._memory.due(time.monotonic(), self._pace.remember):
                self._remember()

    def _tell_samples(self) -> None:
        with self._telling:
            samples = tuple(sample for measuring in list(self._measuring.values()) for sample in measuring.take())
            if samples:
                self._listener([Samples(samples)])

    def _apply_focus(self) -> None:
        instances: dict[Pair, set[Address]] = {}
        environments: dict[Pair, set[str]] = {}
        with self._world.lock:
            for address in self._focus:
                for pair in self._world.where(address):
                    environments.setdefault(pair, set()).add(address.environment)
                    if address.instance:
                        instances.setdefault(pair, set()).add(address)
        for pair, keeper in list(self._keepers.items()):
            near = frozenset(address.environment for address in instances.get(pair, ()))
            keeper.focus(near, frozenset(environments.get(pair, ())) - near)
            self._measure(pair, instances.get(pair, set()))

    def _measure(self, pair: Pair, targets: set[Address]) -> None:
        with self._lock:  # a pair that is let go of meanwhile must not be opened again
            measuring = self._measuring.get(pair)
            if measuring is None:
                return
            try:
                measuring.focus(self._backends.get(*pair), targets)
            except ProviderError:
                return  # it cannot be opened: the pair's connection says why

    def _remember(self) -> None:
        """Never when nobody answered: what is remembered then is better than nothing."""
        if self._memory is None or not self._world.answered():
            return
        self._memory.stale = False  # first: what changes while it is written is written the next time
        with self._world.lock:
            states = self._world.to_remember()
        self._memory.write(states, time.monotonic())


def _beside(pairs: Iterable[Pair]) -> LookAt:
    """These pairs in any case, and those that the files name."""
    kept = tuple(pairs)
    return lambda wanted: (*kept, *wanted)


def _as_it_is(spec: EnvironmentSpec) -> EnvironmentSpec:
    return spec
