"""An app layer as its file wants it: app, attachments, variables, code, formation, pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tuienv.backends.base import Conflict, ProviderError
from tuienv.backends.heroku.attaching import attach, wanted_attachments
from tuienv.backends.heroku.facts import code_facets
from tuienv.backends.heroku.formation import formation_update, patch_formation
from tuienv.backends.heroku.job import Job
from tuienv.backends.heroku.making import ensure_app, ensure_ground
from tuienv.backends.heroku.marks import CODE, LayerMark
from tuienv.backends.heroku.options import check_options, text_option
from tuienv.backends.heroku.pipelines import couple
from tuienv.backends.heroku.readiness import BOOT, await_ready
from tuienv.backends.heroku.reading import mark_for
from tuienv.backends.heroku.releasing import bring_code, check_code, roll_back
from tuienv.backends.heroku.sizes import dyno_of
from tuienv.backends.heroku.state import WEB, AppState
from tuienv.model import LayerSpec
from tuienv.text import digest


@dataclass(frozen=True)
class _Wish:
    """What the file wants, in Heroku's words."""

    process: str
    dyno: str
    quantity: int
    grace: float
    code: Mapping[str, str]


def make_app(job: Job) -> None:
    """Bring the app to what its file says, one step after the other, each only where something differs."""
    wish = _wish(job)
    ground = ensure_ground(job)
    app = ensure_app(job, job.address.layer, ground)
    mark = _begin(job, ground, app, wish)
    app = job.live_app(app)
    formation_update(job.address, app, wish.process, wish.quantity, wish.dyno)  # what Heroku would refuse, before all
    good = app.settled.version if app.settled.has_code() else 0
    version = 0
    try:
        attached = attach(job, ground, app, wanted_attachments(job, ground))
        app = _settle(job, app)
        set_variables(job, app, _values(job, app), unset_others=True)
        app = _settle(job, app)
        if code_facets(mark, app) != wish.code:
            version = bring_code(job, app, wish.process)
            mark = replace(mark, code={**mark.code, str(version): dict(wish.code)})
        app = job.live_app(_settle(job, app))
        patch_formation(job, app, formation_update(job.address, app, wish.process, wish.quantity, wish.dyno))
        await_ready(job, app, wish.process, wish.quantity, max(version, app.settled.version), wish.grace)
    except Conflict as error:
        raise _undone(job, ground, app, wish, good, error) from error
    couple(job, app, text_option(job.spec, "pipeline"), text_option(job.spec, "stage", "production"), mark)
    _end(job, ground, mark, wish, attached)


def set_variables(job: Job, app: AppState, wanted: Mapping[str, str | None], *, unset_others: bool) -> None:
    """Set what differs, in one request: each is a release and restarts the dynos."""
    now = app.settled.own()
    changed: dict[str, str | None] = {key: value for key, value in wanted.items() if now.get(key) != value}
    if unset_others:
        changed |= {key: None for key in now if key not in wanted}
    if changed:
        job.say(f"set {', '.join(sorted(changed))}")
        job.set_config(app, changed)


def digests(values: Mapping[str, str]) -> dict[str, str]:
    return {key: digest(key, value) for key, value in values.items()}


# --- inside -----------------------------------------------------------------------------------------------------


def _wish(job: Job) -> _Wish:
    """Raises `Invalid` for what Heroku has no way to do, before anything was made."""
    spec: LayerSpec = job.spec
    check_options(spec)
    check_code(spec, job.inputs.directory)
    return _Wish(
        process=text_option(spec, "process", WEB),
        dyno=dyno_of(spec.size, job.address),
        quantity=spec.replicas if job.change.replicas is None else job.change.replicas,
        grace=spec.health.grace if spec.health else BOOT,
        code={key: value for key, value in job.change.facets.items() if key in CODE},
    )


def _begin(job: Job, ground: AppState, app: AppState, wish: _Wish) -> LayerMark:
    """The layer's mark. One that is new is noted at once as unfinished, so that an interruption shows."""
    mark = mark_for(job.layer_mark(ground), app)
    if mark.unfinished:
        mark = replace(mark, needs=job.change.needs, process=wish.process)
        job.write_mark(ground, mark)
    return mark


def _end(job: Job, ground: AppState, mark: LayerMark, wish: _Wish, attached: Mapping[str, str]) -> None:
    values = {key: value for key, value in job.inputs.environment.items() if key not in attached}
    job.write_mark(
        ground,
        replace(
            mark,
            facets=dict(job.change.facets),
            needs=job.change.needs,
            values=digests(values),
            process=wish.process,
            unfinished=False,
        ),
    )


def _settle(job: Job, app: AppState) -> AppState:
    """The app with what its last release changed."""
    mark, settled = job.looker.settled(app.row)
    return replace(app, mark=mark, settled=settled)


def _values(job: Job, app: AppState) -> dict[str, str | None]:
    """The variables to set: those that no attachment gives."""
    return {key: value for key, value in job.inputs.environment.items() if not app.settled.attached(key)}


def _undone(job: Job, ground: AppState, app: AppState, wish: _Wish, good: int, error: Conflict) -> Conflict:
    """Go back to the release that served before, if there was one and another took its place."""
    current = _settle(job, app).settled.version
    if not good or current == good:
        return error
    mark = mark_for(job.layer_mark(ground), app)
    job.write_mark(ground, replace(mark, bad=(*mark.bad, current)))
    try:
        version = roll_back(job, app, good)
        live = job.live_app(app)
        row = live.process(wish.process)
        await_ready(job, app, wish.process, int(row["quantity"]) if row else 0, version)
    except ProviderError as second:
        said = f"{error.said}; and going back to v{good} failed: {second.said}"
        return Conflict(error.tried, error.target, said, error.remedy)
    return Conflict(error.tried, error.target, f"{error.said}; v{good} serves again", error.remedy)
