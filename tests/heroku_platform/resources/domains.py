"""Domains: the app's own, and those that were added, each with a certificate where ACM or somebody gave it one."""

from __future__ import annotations

import re

from tests.heroku_platform import errors
from tests.heroku_platform.clock import stamp
from tests.heroku_platform.records import App, Domain
from tests.heroku_platform.resources import certificates
from tests.heroku_platform.routes import Answer, Call, Row, pages, route
from tests.heroku_platform.shapes import app_named

HOSTNAME = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")


def shape(app: App, domain: Domain) -> Row:
    return {
        "acm_status": domain.acm_status,
        "acm_status_reason": None,
        "app": app_named(app),
        "cname": domain.cname,
        "created_at": stamp(domain.created_at),
        "hostname": domain.hostname,
        "id": domain.id,
        "kind": domain.kind,
        "updated_at": stamp(domain.updated_at),
        "status": domain.status,
        "sni_endpoint": domain.sni_endpoint,
    }


@route("GET", "/apps/{app}/domains")
def listed(call: Call) -> Answer:
    app = call.app
    return pages([shape(app, domain) for domain in app.domains], "hostname", "id")


@route("GET", "/apps/{app}/domains/{domain}")
def info(call: Call) -> Answer:
    app = call.app
    return Answer(shape(app, _find(call, app)))


def _find(call: Call, app: App) -> Domain:
    for domain in app.domains:
        if call.names["domain"] in (domain.id, domain.hostname):
            return domain
    raise errors.not_found("domain_name", "domain name")


@route("POST", "/apps/{app}/domains")
def create(call: Call) -> Answer:
    app, world, hostname = call.app, call.world, str(call.body["hostname"]).lower()
    if not HOSTNAME.fullmatch(hostname):
        raise errors.invalid("Hostname is not a valid domain name.")
    if any(domain.hostname == hostname for domain in app.domains):
        raise errors.invalid("Domain already added to this app.")
    if any(domain.hostname == hostname for other in world.apps.values() for domain in other.domains):
        raise errors.invalid(f"{hostname} is currently in use by another app.")
    now, cname = world.now(), f"{world.word()}-{world.word()}-{world.hexadecimal(24)}.herokudns.com"
    made = Domain(world.new_id(), hostname, "custom", now, now, cname, "pending")
    app.domains.append(made)
    answer = Answer(shape(app, made), 201)
    if app.acm:
        certificates.certify(world, app, made)

    def found() -> None:
        made.status, made.updated_at = "succeeded", world.now()

    world.clock.after(world.seconds["domain"], found)
    return answer


@route("PATCH", "/apps/{app}/domains/{domain}")
def update(call: Call) -> Answer:
    app, wanted = call.app, call.body["sni_endpoint"]
    domain = _find(call, app)
    row = certificates.find(app, wanted) if wanted else None
    domain.sni_endpoint = {"id": row["id"], "name": row["name"]} if row else None
    domain.updated_at = call.world.now()
    return Answer(shape(app, domain))


@route("DELETE", "/apps/{app}/domains/{domain}")
def delete(call: Call) -> Answer:
    app = call.app
    domain = _find(call, app)
    if domain.kind == "heroku":
        raise errors.forbidden("The app's own domain cannot be removed.")
    app.domains.remove(domain)
    return Answer(shape(app, domain))
