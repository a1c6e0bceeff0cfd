"""The lines of the Overview pane, by what is selected."""

from __future__ import annotations

from collections.abc import Sequence

from tuienv.model import Address, Failure, Instance, Sample, Status
from tuienv.model.state import LayerState
from tuienv.screens import words
from tuienv.screens.known import LASTS, Environment, Layer
from tuienv.screens.session import Session
from tuienv.screens.widgets.graph import spark
from tuienv.screens.widgets.pieces import Line, fit, wrap
from tuienv.screens.widgets.usage import CPU, MEMORY, aged, summed, together
from tuienv.text import plain

_LABEL = 10
_SPARK = 16

_SUMMED = 50
"""Instances at most whose use is added up for their layer: as many as are measured at once."""

_RESOURCES = 3
"""Lines at most that name resources; `d` shows all of them."""

_NAME = 24
"""Cells at most of a name in a table."""

_HOST = 16
"""Cells of a host's name in the table of instances."""

_LOADS = 19
"""Cells of what each instance in a table uses."""

_AGO = 11
"""Cells of how long ago that was, where it is not now."""


def head_of(session: Session, address: Address | None, width: int) -> list[Line]:
    """What there is to say about an address, but for the table of a layer's instances."""
    mistakes = _mistakes(session.known.mistakes, width)
    environment = session.known.environment(address.environment) if address else None
    if address is None or environment is None:
        return mistakes or ([(), (("Nothing is selected.", "dim"),)] if session.known.environments else _welcome())
    if not address.layer:
        return [*mistakes, *_environment(session, environment, width)]
    layer = session.known.layer(address)
    if layer is None:
        return []
    if not address.instance:
        return _layer(session, address, layer, width)
    instance = layer.instances.get(address.instance)
    return _instance(session, address, layer, instance, width) if instance else []


# --- by what is selected ----------------------------------------------------------------------------------------


def _welcome() -> list[Line]:
    return [
        (),
        (("Nothing to show yet.", "strong"),),
        (),
        (("Write a ", ""), ("tuienv.yaml", "key"), (" beside your code, and it appears here: ", "")),
        (("its layers, what they run on, how they are.", ""),),
        (),
        (
            ("tuienv schema", "key"),
            (" prints what the file may say; ", ""),
            ("tuienv demo", "key"),
            (" shows a world", ""),
        ),
        (("to play with.", ""),),
    ]


def _environment(session: Session, environment: Environment, width: int) -> list[Line]:
    state = environment.state
    lines: list[Line] = [
        _fact("status", *_status(state.status)),
        _fact("declared", (plain(state.source), "") if state.declared else ("in no file: found running", "dim")),
        _fact("drift", *_drift_count(environment.drift)),
    ]
    if state.protected:
        lines.append(_fact("protected", ("nothing that holds data is destroyed or replaced", "")))
    lines += _read_only(session, Address(state.name), width)
    if state.lock is not None:
        said = words.locked(state.lock, session.clock()).removeprefix("locked ")
        for index, text in enumerate(wrap(said, width - _LABEL)):
            lines.append(_fact("" if index else "locked", (plain(text), "warning")))
    if environment.remembered:
        lines.append(_fact("seen", (f"{_ago(session, state.observed_at)}, not confirmed since", "stale")))
    lines += [(), *_layer_table(session, environment, width)]
    for name, layer in environment.layers.items():
        if layer.state.drift:
            lines += [
                ((fit(name, _LABEL), "strong"), ("differs from its file:", "dim")),
                *_drift_lines(layer.state, width),
            ]
    failures = {str(layer.state.failure): layer.state.failure for layer in environment.layers.values()}
    return lines + [line for failure in failures.values() if failure for line in _failure(failure, width)]


def _layer(session: Session, address: Address, layer: Layer, width: int) -> list[Line]:
    state = layer.state
    lines = [_fact("status", *_layer_status(session, layer))]
    if state.unknown_since is not None:
        lines.append(_fact("seen", (f"{_ago(session, state.observed_at)}; what follows is as it was then", "stale")))
    lines += _read_only(session, address, width)
    lines += _facts_of(session, address, state)
    lines += _resources(session, address, width)
    if state.drift:
        lines += [_fact("drift", *_drift_count(len(state.drift))), *_drift_lines(state, width)]
    else:
        lines.append(_fact("drift", *_drift_count(0)))
    if state.failure is not None:
        lines += _failure(state.failure, width)
    now = session.clock()
    names = together(session.known, address, now)[:_SUMMED]
    part = f"  {len(names)} of {layer.ready} instances" if len(names) < layer.ready else ""
    lines += _use(summed(session.known, address, names), width, now, part)
    return [*lines, ()]


def _instance(session: Session, address: Address, layer: Layer, instance: Instance, width: int) -> list[Line]:
    lines = [
        _fact("status", *_status(instance.status), (f"  {plain(instance.detail)}" if instance.detail else "", "dim")),
        _fact("id", (plain(instance.id), "")),
    ]
    if instance.started_at is not None:
        lines.append(_fact("started", (_ago(session, instance.started_at), "")))
    if instance.host:
        lines.append(_fact("host", (plain(instance.host), "")))
    if layer.state.unknown_since is not None:
        lines.append(_fact("seen", (f"{_ago(session, layer.state.observed_at)}; its provider is silent", "stale")))
    lines += _facts_of(session, address, layer.state)
    now = session.clock()
    used = list(session.known.samples(address)) if session.known.latest(address, now) else []
    return lines + _use(used, width, now)


# --- parts ------------------------------------------------------------------------------------------------------


def _fact(label: str, *pieces: tuple[str, str]) -> Line:
    return ((label.ljust(_LABEL), "dim"), *pieces)


def _read_only(session: Session, address: Address, width: int) -> list[Line]:
    """The rule of the settings that keeps it as it is, if one does."""
    why = session.known.read_only(address)
    said = wrap(f"settings.yaml has {why}", width - _LABEL) if why else []
    return [_fact("" if index else "read-only", (plain(text), "")) for index, text in enumerate(said)]


def _status(status: Status) -> Line:
    return ((f"{words.GLYPHS[status]} {status}", str(status)),)


def _layer_status(session: Session, layer: Layer) -> Line:
    state = layer.state
    if state.unknown_since is not None:
        since = words.age(session.clock() - state.unknown_since)
        before = f"   {layer.ready} of {layer.wanted} were ready" if state.told and layer.wanted else ""
        return ((f"{words.GLYPHS[Status.UNKNOWN]} unknown since {since}", "unknown"), (before, "stale"))
    ready = f"{layer.ready} of {layer.wanted} ready" if layer.count != "-" else "run by its provider"
    return (*_status(state.status), (f"   {ready}", ""))


def _facts_of(session: Session, address: Address, state: LayerState) -> list[Line]:
    """What is the same for a layer and its instances."""
    lines = [_fact("runs on", (f"{state.backend} {state.profile}".strip(), ""))]
    if state.image:
        lines.append(_fact("image", (plain(state.image), "")))
    lines.append(_fact("size", *_size(session, address, state)))
    lines += [
        _fact("address" if not index else "", (plain(url), "accent")) for index, url in enumerate(state.endpoints)
    ]
    if state.needs:
        lines.append(_fact("needs", (plain(words.listed(state.needs)), "")))
    if not state.ours:
        lines.append(_fact("made by", ("somebody else: it can be watched, not changed from a file", "dim")))
    return lines


def _size(session: Session, address: Address, state: LayerState) -> Line:
    described = session.descriptions.get(Address(address.environment, address.layer))
    size = (described.size if described else None) or state.size
    if size is None:
        return (("not told", "dim"),)
    numbers = words.size_numbers(size)
    offers = described.capabilities.sizes if described else ()
    cost = next((offer.monthly_cost for offer in offers if offer.size.same_as(size)), None)
    parts = [part for part in (numbers if size.name else "", words.money(cost)) if part]
    return ((plain(str(size)), ""), (f"  {', '.join(parts)}" if parts else "", "dim"))


def _resources(session: Session, address: Address, width: int) -> list[Line]:
    """What a teardown would remove, once the worker was asked."""
    described = session.descriptions.get(address)
    resources = described.facts.get("resources", "") if described else ""
    lines = wrap(resources, width - _LABEL)[:_RESOURCES] if resources else []
    return [_fact("" if index else "made of", (text, "dim")) for index, text in enumerate(lines)]


def _drift_count(count: int) -> Line:
    return ((words.count_of(count, "difference"), "drift"),) if count else (("none", "dim"),)


def _drift_lines(state: LayerState, width: int) -> list[Line]:
    return [
        ((" " * _LABEL, ""), ("  " if index else "~ ", "drift"), (text, ""))
        for difference in state.drift
        for index, text in enumerate(wrap(difference, width - _LABEL - 2))
    ]


def _failure(failure: Failure, width: int) -> list[Line]:
    said, remedy = words.failure_lines(failure)
    lines: list[Line] = [()]
    lines += [
        ((("✗ " if not index else "  "), "error"), (text, "error")) for index, text in enumerate(wrap(said, width - 2))
    ]
    return lines + [(("  ", ""), (text, "")) for text in wrap(remedy, width - 2) if text]


def _mistakes(mistakes: tuple[str, ...], width: int) -> list[Line]:
    if not mistakes:
        return []
    lines: list[Line] = [((f"Files refused: {words.count_of(len(mistakes), 'mistake')}", "error strong"),)]
    lines += [(("  ", ""), (text, "error")) for mistake in mistakes for text in wrap(mistake, width - 2)]
    return [*lines, ()]


def _ago(session: Session, then: float | None) -> str:
    return "at an unknown time" if then is None else f"{words.age(session.clock() - then)} ago"


def _layer_table(session: Session, environment: Environment, width: int) -> list[Line]:
    names = max(5, min(_NAME, max(map(len, environment.layers), default=0)))
    lines: list[Line] = [
        ((f"  {'layer':<{names}}  {'kind':<14}{'ready':<8}{'runs on':<10}", "dim"), ("address", "dim"))
    ]
    for name, layer in environment.layers.items():
        state = layer.state
        stale = "stale" if environment.remembered or state.unknown_since is not None else ""
        glyph = words.GLYPHS[Status.UNKNOWN if state.unknown_since is not None else state.status]
        lines.append(
            (
                (f"{glyph} ", str(state.status) if not stale else "unknown"),
                (fit(name, names) + "  ", stale or "strong"),
                (fit(words.kind_words(state), 14), stale),
                (fit(layer.count, 8), stale or str(state.status)),
                (fit(state.backend, 10), stale),
                (plain(words.listed(state.endpoints)), "accent"),
            )
        )
    return [*lines, ()]


def _use(samples: Sequence[Sample], width: int, now: float, part: str = "") -> list[Line]:
    """CPU and memory as sparklines with their newest value, and how old that is where it is not of now; `part`: of how
    many, where that is not all of them. Nothing of what was measured too long ago."""
    if not samples or now - samples[-1].time >= LASTS:
        return []
    ago = aged(samples[-1], now)
    more: Line = (*(((f"  {ago}", "stale"),) if ago else ()), *(((part, "dim"),) if part else ()))
    room = min(60, width - _LABEL - 18 - (_AGO if ago else 0))
    lines: list[Line] = []
    for reading in (CPU, MEMORY):
        values = reading.values(samples)
        if values:
            graph = spark(values, min(room, len(values)), reading.top(samples, values))
            said = reading.say(samples[-1])
            lines.append(_fact(reading.label, (graph, "graph"), (f"  {said}", "stale" if ago else "strong"), *more))
    return [(), *lines] if lines else []


class InstanceTable:
    """A layer's instances, a line each, made when seen."""

    def __init__(self, session: Session, address: Address, layer: Layer) -> None:
        self._session, self._address, self._layer = session, address, layer
        self._names = max(8, min(_NAME, max(map(len, layer.names), default=0)))
        self._hosts = any(instance.host for instance in layer.instances.values())

    def count(self) -> int:
        return len(self._layer.names) + 1

    def line(self, index: int, width: int) -> Line:
        if not index:
            return self._title(width)
        instance = self._layer.instances.get(self._layer.names[index - 1])
        return self._instance(instance, width) if instance else ()

    def _title(self, width: int) -> Line:
        if not self._layer.names:
            return (("no instances", "dim"),)
        title = f"  {'instance':<{self._names}}  {'status':<22}{'for':>6}"
        if width >= self._to_loads:
            title += f"{'cpu':>9}{'memory':>10}"
        return ((title, "dim"), ("  host" if self._shows_host(width) else "", "dim"))

    def _instance(self, instance: Instance, width: int) -> Line:
        stale = "stale" if self._layer.state.unknown_since is not None else ""
        started = instance.started_at
        age = "" if started is None else words.age(self._session.clock() - started)
        said = f"{instance.status} {instance.detail}".strip() if instance.detail != instance.status else instance.detail
        line: Line = (
            (f"{words.GLYPHS[instance.status]} ", stale or str(instance.status)),
            (fit(instance.name, self._names) + "  ", stale or "strong"),
            (fit(said, 22), stale or str(instance.status)),
            (f"{age:>6}", stale or "dim"),
        )
        if width < self._to_loads:
            return line
        now = self._session.clock()
        sample = None if stale else self._session.known.latest(self._at(instance), now)
        ago = aged(sample, now) if sample else ""
        apart = width >= self._to_loads + _AGO + (_HOST + 2 if self._hosts else 0)
        line = (*line, *_load(sample, "" if apart else ago, "stale" if ago else ""))
        if self._shows_host(width):
            line = (*line, (f"  {fit(instance.host or '', _HOST)}", "dim"))
        if ago:
            return (*line, (f"  {ago}", "stale")) if apart else line
        return (*line, *self._graph(instance, width)) if sample else line

    @property
    def _to_loads(self) -> int:
        """Cells up to the end of what an instance uses."""
        return self._names + 32 + _LOADS

    def _graph(self, instance: Instance, width: int) -> Line:
        """How busy it was, where there is room to the right of all else."""
        taken = self._to_loads + (_HOST + 2 if self._hosts else 0)
        if width < taken + 2 + _SPARK:
            return ()
        values = CPU.values(self._session.known.samples(self._at(instance)))
        return (("  " + spark(values, _SPARK, max([CPU.least, *values])), "graph"),)

    def _shows_host(self, width: int) -> bool:
        return self._hosts and width >= self._to_loads + 2 + _HOST

    def _at(self, instance: Instance) -> Address:
        return Address(self._address.environment, self._address.layer, instance.name)


def _load(sample: Sample | None, ago: str, style: str) -> Line:
    """What an instance uses; as wide where nothing is known. `ago`: how old that is, in the place of the memory."""
    cpu, memory = (sample.cpu, sample.memory) if sample else (None, None)
    return ((f"{words.percent(cpu):>9}", style), (f"{ago or words.amount(memory):>10}", style))
