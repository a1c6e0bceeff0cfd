"""The pipeline that an app is in."""

from __future__ import annotations

from tuienv.backends.base import Invalid
from tuienv.backends.heroku.client import Row
from tuienv.backends.heroku.job import Job
from tuienv.backends.heroku.marks import LayerMark
from tuienv.backends.heroku.state import AppState


def couple(job: Job, app: AppState, pipeline: str, stage: str, mark: LayerMark) -> None:
    """Have the app in this pipeline's stage; without a pipeline it leaves the one that the file named before."""
    if not pipeline and "options.pipeline" not in mark.facets:
        return
    there = job.find(f"/apps/{app.id}/pipeline-couplings", tried="look at the pipeline of", target=app.name)
    wanted = _pipeline(job, pipeline) if pipeline else None
    if there is not None and (wanted is None or (there.get("pipeline") or {}).get("id") != wanted["id"]):
        job.say("leave the pipeline")
        job.send("DELETE", f"/pipeline-couplings/{there['id']}", tried="take out of its pipeline", target=app.name)
        there = None
    if wanted is None:
        return
    if there is None:
        job.say(f"join pipeline {pipeline} ({stage})")
        body = {"app": app.id, "pipeline": wanted["id"], "stage": stage}
        job.send("POST", "/pipeline-couplings", body, tried=f"put into pipeline {pipeline}", target=app.name)
    elif there.get("stage") != stage:
        job.say(f"move to stage {stage}")
        path = f"/pipeline-couplings/{there['id']}"
        job.send("PATCH", path, {"stage": stage}, tried=f"move to stage {stage}", target=app.name)


def _pipeline(job: Job, name: str) -> Row:
    """Raises `Invalid` if there is none of that name."""
    row = job.find(f"/pipelines/{name}", tried="look for pipeline", target=name)
    if row is None:
        remedy = f"Create it: heroku pipelines:create {name}"
        raise Invalid("put into pipeline", name, "there is no pipeline of that name", remedy)
    return row
