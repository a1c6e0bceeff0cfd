"""The load balancer: Heroku's own router before an app, with its domains, certificates and maintenance page.

Domains that somebody else gave the app stay, and so do certificates of which the file says nothing: Heroku switches
them on by itself with the first paid dyno, and without them nobody gets through to a domain.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from tuienv.backends.base import Invalid, NotFound
from tuienv.backends.heroku.client import Row
from tuienv.backends.heroku.job import Job
from tuienv.backends.heroku.making import ensure_ground
from tuienv.backends.heroku.marks import ACM, LayerMark
from tuienv.backends.heroku.options import check_options, flag_option, list_option
from tuienv.backends.heroku.state import AppState
from tuienv.model import Kind, LayerSpec


def make_router(job: Job) -> None:
    """Domains, certificates and maintenance as the file says; the router itself is always there."""
    spec = job.spec
    check_options(spec)
    app_layer = routed(spec)
    domains, acm, maintenance = list_option(spec, "domains"), flag_option(spec, "acm"), flag_option(spec, "maintenance")
    ground = ensure_ground(job)
    app = job.need_app(app_layer)
    mark = job.layer_mark(ground)
    if mark is None:
        mark = LayerMark(Kind.LOAD_BALANCER, needs=job.change.needs, unfinished=True)
        job.write_mark(ground, mark)
    given = tuple(dict.fromkeys((*mark.domains, *domains)))
    if given != mark.domains:  # noted before they are added: an interruption between leaves none that nobody takes away
        mark = replace(mark, domains=given)
        job.write_mark(ground, mark)
    _set_domains(job, app, domains, given)
    if acm is not None or ACM in mark.facets:
        _set_acm(job, app, wanted=bool(acm))
    _set_maintenance(job, app, wanted=bool(maintenance))
    facets = dict(job.change.facets)
    done = replace(mark, app=app.id, facets=facets, needs=job.change.needs, unfinished=False, domains=tuple(domains))
    job.write_mark(ground, done)


def delete_router(job: Job, ground: AppState, mark: LayerMark) -> None:
    """Take away what was given to the router; the app may be gone already."""
    app = next((found for need in mark.needs if (found := job.app_of(need)) is not None), None)
    if app is not None:
        _set_domains(job, app, [], mark.domains)
        if ACM in mark.facets:
            _set_acm(job, app, wanted=False)
        _set_maintenance(job, app, wanted=False)
    job.write_mark(ground, None)


def routed(spec: LayerSpec) -> str:
    """The one app behind it. Raises `Invalid` for more, or for paths: Heroku's router knows hosts alone."""
    if len(spec.routes) != 1 or spec.routes[0].path != "/":
        said = "Heroku's router sends each host to one app, whatever the path"
        raise Invalid("route", spec.name, said, "Route to one app, or put a proxy of your own into an app layer.")
    return spec.routes[0].layer


def _set_domains(job: Job, app: AppState, wanted: list[str], given: Collection[str]) -> None:
    """Those that are wanted are there, and of the others those go that were `given`: not what somebody added."""
    rows = job.every(f"/apps/{app.id}/domains", tried="list the domains of", target=app.name)
    there = {str(row["hostname"]): row for row in rows if row.get("kind") == "custom"}
    for hostname in wanted:
        if hostname not in there:
            job.say(f"add domain {hostname}")
            body = {"hostname": hostname, "sni_endpoint": None}
            job.send("POST", f"/apps/{app.id}/domains", body, tried="add domain", target=hostname)
    for hostname, row in there.items():
        if hostname in given and hostname not in wanted:
            _drop(job, app, row)


def _drop(job: Job, app: AppState, row: Row) -> None:
    job.say(f"remove domain {row['hostname']}")
    try:
        job.send("DELETE", f"/apps/{app.id}/domains/{row['id']}", tried="remove domain", target=row["hostname"])
    except NotFound:
        return


def _set_acm(job: Job, app: AppState, *, wanted: bool) -> None:
    row = job.get(f"/apps/{app.id}", tried="look at", target=app.name)
    if bool(row.get("acm")) is not wanted:
        job.say(f"switch automatic certificates {'on' if wanted else 'off'}")
        method = "POST" if wanted else "DELETE"
        job.send(method, f"/apps/{app.id}/acm", tried="switch certificates of", target=app.name)


def _set_maintenance(job: Job, app: AppState, *, wanted: bool) -> None:
    row = job.get(f"/apps/{app.id}", tried="look at", target=app.name)
    if bool(row.get("maintenance")) is not wanted:
        job.say(f"switch maintenance {'on' if wanted else 'off'}")
        body = {"maintenance": wanted}
        job.send("PATCH", f"/apps/{app.id}", body, tried="switch maintenance of", target=app.name)
