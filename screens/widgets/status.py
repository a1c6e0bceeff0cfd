"""The line over the footer: what is staged, what is being done, or what to do about a worker that does not answer.
Nothing else, so it is mostly not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tuienv.model import Address, Size
from tuienv.screens import words
from tuienv.screens.keymap import shown_key
from tuienv.screens.session import Job, Session, layer_of
from tuienv.screens.widgets.lines import Bar
from tuienv.screens.widgets.pieces import Line, cut, spread
from tuienv.text import plain


class StatusBar(Bar):
    """Hidden while there is nothing to say."""

    def __init__(self, session: Session, selected: Callable[[], Address | None]) -> None:
        super().__init__(id="status")
        self._session, self._selected = session, selected

    def on_mount(self) -> None:
        self.look()

    def look(self) -> None:
        """Say what is so now."""
        self.set_class(bool(self._session.staged or self._jobs() or self._session.known.trouble), "-shown")
        self.refresh_changed()

    def bar(self, width: int) -> Line:
        running = self._jobs()
        if self._session.staged:
            return self._about_staged(self._session.staged, width)
        trouble = self._session.known.trouble
        if trouble is not None:
            return ((" ? ", "unknown"), (cut(f"nothing is confirmed. {trouble.remedy}", width - 3), "warning"))
        if not running:
            return ()
        shows: Line = ((shown_key(self.app, "job", "J"), "key"), (" shows it ", ""))
        return spread(_progress(running[-1], self._session.clock()), shows, width)

    def _jobs(self) -> list[Job]:
        return [job for job in self._session.jobs.values() if job.running]

    def _about_staged(self, staged: Mapping[Address, int], width: int) -> Line:
        """What enter would run: that of the selected layer. Of others it is only said that there is something."""
        selected = self._selected()
        here = layer_of(selected) if selected is not None else None
        address = here if here in staged else next(reversed(tuple(staged)))
        assert address is not None
        key = shown_key(self.app, "staged.run", "enter")
        runs: Line = ((key, "key"), (" runs it  ", "")) if address == here else (("staged  ", "dim"),)
        drops: Line = ((shown_key(self.app, "back", "esc"), "key"), (" drops it ", ""))
        return spread(self._staged(address, staged[address]), (*runs, *drops), width)

    def _staged(self, address: Address, wanted: int) -> Line:
        layer = self._session.known.layer(address)
        now = layer.there if layer else 0
        said: Line = ((f" {plain(str(address))} ", "strong"), (f"{now} → {wanted}", "staged"))
        described = self._session.descriptions.get(address)
        size = (described.size if described else None) or (layer.state.size if layer else None)
        more = wanted - now
        if size is not None and (capacity := _capacity(size, more)):
            said = (*said, (f"   {capacity}", ""))
        offers = described.capabilities.sizes if described else ()
        cost = next((offer.monthly_cost for offer in offers if size and offer.size.same_as(size)), None)
        price = "" if cost is None else f"   {more * cost:+,.2f} $ a month"
        drained = f"   {words.count_of(-more, 'instance')} drained before they stop" if more < 0 else ""
        return (*said, (price, "accent"), (drained, "dim"))


def _capacity(size: Size, more: int) -> str:
    parts = [] if size.cpu is None else [f"{size.cpu * more:+g} cpu"]
    if size.memory is not None:
        parts.append(f"{'+' if more > 0 else '-'}{words.amount(abs(size.memory * more))}")
    return ", ".join(parts)


def _progress(job: Job, now: float) -> Line:
    operation, newest = job.plan.operation, job.newest()
    step = f"   {newest.text or newest.stage} {newest.address}" if newest else ""
    return (
        (" ◔ ", "starting"),
        (plain(f"{operation.verb} {operation.target}"), "strong"),
        (f"   {job.done()} of {len(job.plan.changes)}", "accent"),
        (plain(step), "dim"),
        (f"   {words.age(now - job.started)}", "dim"),
    )
